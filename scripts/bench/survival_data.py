"""Tables for the comparison of survival learners with their peers: features, then time, then event.

Usage: survival_data.py FOLDER [WHAS500.csv]. Writes surv_N_P.csv for several sizes, and whas500.csv where the
table of scikit-survival's WHAS500 is given.
"""
import sys

import numpy as np

folder = sys.argv[1]
for n, p in [(500, 1700), (500, 10), (1_000, 50), (5_000, 50), (10_000, 50), (50_000, 50), (1_000_000, 1)]:
    rng = np.random.default_rng(n + p)
    x = rng.normal(size=(n, p))
    effect = np.zeros(p)
    effect[: min(p, 10)] = np.linspace(0.6, -0.6, min(p, 10)) if p > 1 else 0.5
    time = rng.exponential(np.exp(-(x @ effect)) * 1000)
    censor = rng.uniform(0, 3000, n)
    event = time <= censor
    time = np.ceil(np.minimum(time, censor)) if n < 1_000_000 else np.minimum(time, censor)
    np.savetxt(f"{folder}/surv_{n}_{p}.csv", np.column_stack([x, np.maximum(time, 1), event]), delimiter=",", fmt="%.9g")
if len(sys.argv) > 2:
    import pandas as pd

    d = pd.read_csv(sys.argv[2])
    features = d.drop(columns=["time", "event"])
    np.savetxt(f"{folder}/whas500.csv", np.column_stack([features, d.time, d.event]), delimiter=",", fmt="%.9g")
