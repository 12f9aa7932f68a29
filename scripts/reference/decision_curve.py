"""Net benefit of twelve patients at 6, by dcurves 1.1: the values in src/survival/decision_curve.rs.

    pip install dcurves && python scripts/reference/decision_curve.py
"""

import dcurves
import pandas as pd

patients = pd.DataFrame(
    {
        "time": [1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
        "event": [1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0],
        "risk": [0.9, 0.4, 0.7, 0.6, 0.2, 0.55, 0.3, 0.35, 0.5, 0.1, 0.25, 0.15],
    }
)
thresholds = [0.1, 0.3, 0.5, 0.95]
curve = dcurves.dca(
    data=patients, outcome="event", time_to_outcome_col="time", time=6, modelnames=["risk"], thresholds=thresholds
)
for threshold in thresholds:
    at = curve[(curve.threshold - threshold).abs() < 1e-9].set_index("model").net_benefit
    print(f"({at['risk']!r}, {at['all']!r}),")
