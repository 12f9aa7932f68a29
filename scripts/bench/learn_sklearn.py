"""CPU seconds of scikit-learn's forest and boosting (n = 10,000, p = 100) and of a saga grid with
5 folds (n = 80 and 500, p = 1,700). Usage: learn_sklearn.py FOLDER [saga]"""

import sys
import time

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler


def table(n):
    data = np.loadtxt(f"{sys.argv[1]}/learn_{n}.csv", delimiter=",")
    return data[:, :-1], data[:, -1].astype(int)


def timed(name, model, x, y):
    start = time.process_time()
    model.fit(x, y)
    print(f"{name}: {time.process_time() - start:.2f} CPU s", flush=True)


if "saga" in sys.argv:
    for n in (80, 500):
        x, y = table(n)
        x = StandardScaler().fit_transform(x)
        grid = LogisticRegressionCV(
            Cs=100, cv=5, penalty="elasticnet", solver="saga", l1_ratios=[0.5], max_iter=200, n_jobs=1
        )
        timed(f"saga grid n={n}", grid, x, y)
else:
    x, y = table(10_000)
    timed("random forest 100 trees", RandomForestClassifier(100, n_jobs=1, random_state=1), x, y)
    timed("gradient boosting 100 rounds", GradientBoostingClassifier(random_state=1), x, y)
