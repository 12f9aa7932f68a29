"""Tables for the comparison of learners with glmnet and scikit-learn: correlated features, the last
column the label. Usage: learn_data.py FOLDER"""

import sys

import numpy as np

folder = sys.argv[1]
for n, p in [(80, 1700), (500, 1700), (10_000, 100)]:
    rng = np.random.default_rng(n)
    factors = rng.normal(size=(n, 20))
    x = factors @ rng.normal(size=(20, p)) * 0.5 + rng.normal(size=(n, p))
    eta = x[:, :10] @ np.linspace(0.6, -0.6, 10)
    y = rng.random(n) < 1 / (1 + np.exp(-eta))
    np.savetxt(f"{folder}/learn_{n}.csv", np.column_stack([x, y]), delimiter=",", fmt="%.9g")
