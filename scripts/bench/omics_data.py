"""A matrix of 20,000 genes by 400 samples of log2 values, and 50 gene sets on it.
Usage: python omics_data.py FOLDER"""
import random
import sys

folder = sys.argv[1]
random.seed(20260620)
genes, samples = 20_000, 400
with open(f"{folder}/matrix.csv", "w") as out:
    out.write("gene," + ",".join(f"S{s}" for s in range(samples)) + "\n")
    for gene in range(genes):
        mean = random.uniform(1, 12)
        row = (mean + (gene < 500) * 0.5 * (s >= samples // 2) + random.gauss(0, 1) for s in range(samples))
        out.write(f"G{gene}," + ",".join(f"{value:.4f}" for value in row) + "\n")
with open(f"{folder}/sets.gmt", "w") as out:
    for number in range(50):
        members = random.sample(range(genes), random.randint(30, 200))
        out.write(f"SET_{number}\tsynthetic\t" + "\t".join(f"G{gene}" for gene in members) + "\n")
