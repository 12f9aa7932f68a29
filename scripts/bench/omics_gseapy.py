"""gseapy on one thread. Usage: python omics_gseapy.py gsea RANKING.rnk SETS.gmt PERMUTATIONS
or: python omics_gseapy.py ssgsea MATRIX.csv SETS.gmt"""
import sys

import gseapy
import pandas

if sys.argv[1] == "gsea":
    ranking = pandas.read_csv(sys.argv[2], sep="\t", header=None, index_col=0)[1]
    told = gseapy.prerank(ranking, sys.argv[3], min_size=15, max_size=500, permutation_num=int(sys.argv[4]),
                          threads=1, seed=1, outdir=None, no_plot=True)
    print(told.res2d[["Term", "ES", "NES", "NOM p-val"]])
else:
    matrix = pandas.read_csv(sys.argv[2], index_col=0)
    told = gseapy.ssgsea(matrix, sys.argv[3], min_size=1, max_size=100_000, threads=1, outdir=None, no_plot=True)
    print(len(told.res2d))
