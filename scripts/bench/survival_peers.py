"""scikit-survival on the tables of survival_data.py: survival_peers.py WHAT TABLE [SIZE], as survival.rs."""
import sys

import numpy as np
from sksurv.metrics import concordance_index_censored
from sksurv.util import Surv

what, path = sys.argv[1], sys.argv[2]
size = int(sys.argv[3]) if len(sys.argv) > 3 else 100
d = np.loadtxt(path, delimiter=",")
x, time, event = d[:, :-2], d[:, -2], d[:, -1] == 1
y = Surv.from_arrays(event, time)
if what == "rsf":
    from sksurv.ensemble import RandomSurvivalForest

    told = RandomSurvivalForest(size, random_state=1, n_jobs=1, low_memory="low" in sys.argv).fit(x, y)
    told = concordance_index_censored(event, time, told.predict(x))[0]
elif what == "gbsa":
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis

    model = GradientBoostingSurvivalAnalysis(n_estimators=size, subsample=0.5, random_state=1).fit(x, y)
    told = concordance_index_censored(event, time, model.predict(x))[0]
elif what == "bootstrap":
    rng = np.random.default_rng(1)
    values = []
    for _ in range(size):
        rows = rng.integers(0, len(x), len(x))
        values.append(concordance_index_censored(event[rows], time[rows], x[rows, 0])[0])
    told = np.mean(values)
elif what == "concordance":
    told = concordance_index_censored(event, time, x[:, 0])[0]
else:
    told = x.sum()
print(what, path, size, told)
