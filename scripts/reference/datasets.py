"""scikit-survival's and scikit-learn's numbers on the tables of datasets.R, for tests/conformance/datasets.rs.

Usage: datasets.py FOLDER. Writes datasets_python.json beside the tables. What is drawn at random is left out: single
trees and forests without bootstrap on all features, boosting on all rows, machines whose times are not tied.
"""
import json
import sys

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.ensemble import ComponentwiseGradientBoostingSurvivalAnalysis as Componentwise
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.metrics import brier_score, concordance_index_censored, concordance_index_ipcw, cumulative_dynamic_auc
from sksurv.metrics import integrated_brier_score
from sksurv.svm import FastSurvivalSVM
from sksurv.tree import SurvivalTree
from sksurv.util import Surv

folder = sys.argv[1]
out = {"trees": [], "forests": [], "boosting": [], "componentwise": [], "machines": [], "paths": [], "metrics": []}
FEATURES = {
    "veteran": ["trt", "karno", "diagtime", "age", "prior", "smallcell", "adeno", "large"],
    "gbsg": ["age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon"],
    "rotterdam": ["age", "meno", "size2", "size3", "grade", "nodes", "pgr", "er", "hormon", "chemo"],
    "lung": ["age", "sex", "ph.ecog", "ph.karno", "pat.karno", "meal.cal", "wt.loss"],
}


def flat(values):
    return [float(value) for value in np.asarray(values).ravel()]


for table, names in FEATURES.items():
    d = pd.read_csv(f"{folder}/{table}.csv")
    x, time, event = d[names].to_numpy(float), d.time.to_numpy(float), d.event.to_numpy() == 1
    y = Surv.from_arrays(event, time)
    about = {"table": table, "features": names}
    for depth, leaf in [(3, 15), (None, 10)]:
        tree = SurvivalTree(max_depth=depth, min_samples_leaf=leaf, random_state=0).fit(x, y)
        out["trees"].append({
            **about, "depth": depth, "leaf": leaf, "feature": tree.tree_.feature.tolist(),
            "threshold": flat(tree.tree_.threshold), "rows": tree.tree_.n_node_samples.tolist(), "risk": flat(tree.predict(x)[:100]),
        })
    forest = RandomSurvivalForest(2, bootstrap=False, max_features=None, min_samples_leaf=20, random_state=0).fit(x, y)
    out["forests"].append({**about, "leaf": 20, "risk": flat(forest.predict(x)[:100])})
    for loss in ["coxph", "squared", "ipcwls"]:
        model = GradientBoostingSurvivalAnalysis(loss=loss, n_estimators=30, max_depth=2, learning_rate=0.2, random_state=0).fit(x, y)
        out["boosting"].append({**about, "loss": loss, "trees": 30, "depth": 2, "rate": 0.2, "prediction": flat(model.predict(x)[:100])})
    model = Componentwise(n_estimators=50, learning_rate=0.3, random_state=0).fit((x - x.mean(0)) / x.std(0), y)
    out["componentwise"].append({**about, "trees": 50, "rate": 0.3, "coefficients": flat(model.coef_)})
    z = (x - x.mean(0)) / x.std(0)
    keep = ~pd.Series(time).duplicated().to_numpy()
    for ratio, intercept in [(1.0, False), (0.5, False), (0.0, True)]:
        machine = FastSurvivalSVM(alpha=0.5, rank_ratio=ratio, fit_intercept=intercept, max_iter=500, tol=1e-10, random_state=0)
        machine.fit(z[keep], y[keep])
        out["machines"].append({
            **about, "alpha": 0.5, "ratio": ratio, "intercept": intercept, "coefficients": flat(machine.coef_),
        })
    net = CoxnetSurvivalAnalysis(l1_ratio=0.8, n_alphas=20, tol=1e-14, max_iter=1000000).fit(z, y)
    out["paths"].append({**about, "l1_ratio": 0.8, "alphas": flat(net.alphas_), "coefficients": [flat(row) for row in net.coef_.T]})
    risk = z @ np.linspace(1, -0.5, len(names))
    even = (np.arange(len(x)) % 2 == 0) | (time == time.max())
    train, test = y[even], y[~even]
    grid = np.quantile(time[event & ~even], [0.2, 0.4, 0.6, 0.75])
    curves = np.exp(-np.outer(np.exp(0.3 * risk[~even]), grid) / grid[-1])
    auc, mean = cumulative_dynamic_auc(train, test, risk[~even], grid)
    out["metrics"].append({
        **about, "weights": flat(np.linspace(1, -0.5, len(names))), "times": flat(grid),
        "harrell": flat(concordance_index_censored(event, time, risk)),
        "uno": float(concordance_index_ipcw(train, test, risk[~even])[0]),
        "uno_tau": float(concordance_index_ipcw(train, test, risk[~even], tau=grid[2])[0]),
        "auc": flat(auc), "mean_auc": float(mean), "brier": flat(brier_score(train, test, curves, grid)[1]),
        "ibs": float(integrated_brier_score(train, test, curves, grid)),
    })
json.dump(out, open(f"{folder}/datasets_python.json", "w"))
