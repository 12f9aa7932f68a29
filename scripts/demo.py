"""Makes the patients of examples/demo: 240 in two centres, with effects built in.

Response follows tumour size and number; survival follows albumin, bilirubin and ECOG.
Run from the project's root: python3 scripts/demo.py
"""
import csv
import math
import random

random.seed(20260620)
rows = []
for number in range(1, 241):
    centre = "A" if number <= 140 else "B"
    age = round(random.gauss(58, 10))
    sex = "male" if random.random() < 0.8 else "female"
    ecog = int(random.random() < 0.35)
    albumin = round(random.gauss(39 if centre == "A" else 38, 5), 1)
    bilirubin = round(math.exp(random.gauss(2.8, 0.5)), 1)
    afp = round(math.exp(random.gauss(5, 2.2)), 1)
    size = round(math.exp(random.gauss(4.2, 0.45)), 1)
    tumours = 1 + int(random.expovariate(0.9))
    size_score = (math.log(size) - 4.2) / 0.45
    response = random.random() < 1 / (1 + math.exp(0.1 + 1.0 * size_score + 0.35 * (tumours - 2)))
    risk = -0.5 * (albumin - 39) / 5 + 0.45 * (math.log(bilirubin) - 2.8) / 0.5 + 0.6 * ecog - 0.25 * response
    death = random.weibullvariate(22 * math.exp(-risk / 1.2), 1.2)
    follow_up = random.uniform(9, 45)
    months, died = min(death, follow_up), int(death <= follow_up)
    miss = lambda value, share: "" if random.random() < share else value
    rows.append([f"P{number:03}", centre, age, sex, ecog, miss(albumin, 0.04), miss(bilirubin, 0.03),
                 miss(afp, 0.08), size, tumours, random.choice(["TACE", "HAIC", "TACE+HAIC"]),
                 ("PR" if response else random.choice(["SD", "SD", "PD"])), round(max(months, 0.1), 2), died])
header = ["patient", "centre", "age", "sex", "ecog", "albumin", "bilirubin", "afp", "size", "tumours", "therapy",
          "mrecist", "months", "died"]
with open("examples/demo/patients.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
