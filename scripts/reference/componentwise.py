"""scikit-survival's coefficients of the patients in src/survival/componentwise_gbsa.rs."""
import numpy as np
from sksurv.ensemble import ComponentwiseGradientBoostingSurvivalAnalysis
from sksurv.util import Surv

row, column = np.arange(12)[:, None], np.arange(3)[None, :]
wave = np.sin(row * 1.7 + column * 2.3) * 10
x = np.sign(wave) * np.floor(np.abs(wave) + 0.5) / 10 + np.where(column == 0, row / 12, 0)
time = np.array([9, 7, 12, 3, 8, 11, 2, 6, 5, 1, 10, 4], float)
event = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1], bool)
for loss in ("coxph", "squared"):
    model = ComponentwiseGradientBoostingSurvivalAnalysis(loss=loss, n_estimators=50, learning_rate=0.1)
    model.fit(x, Surv.from_arrays(event, time))
    print(loss, [float(c) for c in model.coef_])
