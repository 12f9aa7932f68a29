"""TreeSHAP beside shap's C++: 500 trees, 500 rows, one thread.

Usage: python scripts/bench/shap_trees.py OUT.json
       DIPTYCH_BENCH=OUT.json cargo test --release --test suite -- --ignored --nocapture tree_shap

Needs numpy, scikit-learn and shap. Prints shap's CPU seconds; the second command prints ours and
the worst difference of the values.
"""

import json
import sys
import time

import numpy as np
import shap
from sklearn.ensemble import RandomForestRegressor

rng = np.random.default_rng(1)
n, p = 500, 30
x = rng.normal(size=(n, p)).astype(np.float32).astype(float)
y = x[:, 0] * x[:, 1] + x[:, 2] + np.sin(x[:, 3]) + rng.normal(size=n)
for name, leaf, features in [("grown to leaves of 5", 5, 1.0 / 3.0)]:
    forest = RandomForestRegressor(500, min_samples_leaf=leaf, max_features=features, random_state=1).fit(x, y)
    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    seconds = []
    for _ in range(3):
        start = time.process_time()
        values = explainer.shap_values(x)
        seconds.append(time.process_time() - start)
    nodes = sum(t.tree_.node_count for t in forest.estimators_)
    depth = max(t.tree_.max_depth for t in forest.estimators_)
    print(f"shap {shap.__version__}: {min(seconds):.3f} CPU s, best of 3; {name}, {nodes} nodes, depth {depth}")
    trees = []
    for estimator in forest.estimators_:
        t = estimator.tree_
        trees.append({
            "left": t.children_left.tolist(), "right": t.children_right.tolist(), "feature": t.feature.tolist(),
            "threshold": t.threshold.tolist(), "value": t.value[:, 0, 0].tolist(),
            "cover": t.weighted_n_node_samples.tolist(),
        })
    json.dump({"x": x.tolist(), "shap": values.tolist(), "trees": trees}, open(sys.argv[1], "w"))
