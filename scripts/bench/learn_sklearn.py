"""scikit-learn on the tables of learn_data.py, as learn.rs: learn_sklearn.py WHAT TABLE, where WHAT is `saga` (a
grid of 100 strengths with 5 folds), `random_forest`, `gradient_boosting` or `read`."""

import sys

import numpy as np

what, path = sys.argv[1], sys.argv[2]
data = np.loadtxt(path, delimiter=",")
x, y = data[:, :-1], data[:, -1].astype(int)
if what == "saga":
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.preprocessing import StandardScaler

    x = StandardScaler().fit_transform(x)
    model = LogisticRegressionCV(
        Cs=100, cv=5, penalty="elasticnet", solver="saga", l1_ratios=[0.5], max_iter=200, n_jobs=1
    ).fit(x, y)
    told = model.C_[0]
elif what == "random_forest":
    from sklearn.ensemble import RandomForestClassifier

    told = RandomForestClassifier(100, n_jobs=1, random_state=1).fit(x, y).predict_proba(x[:1])[0, 1]
elif what == "gradient_boosting":
    from sklearn.ensemble import GradientBoostingClassifier

    told = GradientBoostingClassifier(random_state=1).fit(x, y).predict_proba(x[:1])[0, 1]
else:
    told = x.sum()
print(what, path, told)
