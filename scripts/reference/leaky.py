"""What src/fuse/leakage_tests.rs cannot do: features selected on all rows, tuned on the rows that
are judged, combined on predictions of rows that the parts have learned from.

Labels are permuted, so every honest AUC is 0.5. Needs numpy and scikit-learn.
"""
import sys

import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PERMUTATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
N, P = 100, 1000


def once(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, P))
    y = rng.permutation(np.arange(N) % 2)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    blocks = np.split(x, [P // 10], axis=1)
    grid = {"logisticregression__C": [0.01, 0.1, 1, 10]}

    def model():
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))

    # Wrong: selection sees the rows that the folds hold out.
    selected = [SelectKBest(f_classif, k=10).fit_transform(block, y) for block in blocks]
    held = []
    for block in selected:
        tuned = GridSearchCV(model(), grid, scoring="roc_auc", cv=folds).fit(block, y).best_estimator_
        held.append(cross_val_predict(tuned, block, y, cv=folds, method="predict_proba")[:, 1])
    selection = max(roc_auc_score(y, score) for score in held)

    # Worse: the combiner learns from predictions of rows that the parts were fitted on, and is
    # judged on them.
    fitted = [model().fit(block, y).predict_proba(block)[:, 1] for block in selected]
    stacked = np.column_stack(fitted)
    fusion = roc_auc_score(y, LogisticRegression().fit(stacked, y).predict_proba(stacked)[:, 1])
    return selection, fusion


scores = np.array([once(seed) for seed in range(PERMUTATIONS)])
for name, column in zip(["selection on all rows, then folds", "selection and combiner on all rows"], scores.T):
    half = 1.96 * column.std(ddof=1) / np.sqrt(len(column))
    print(f"{name:<38} AUC {column.mean():.3f} ({column.mean() - half:.3f} to {column.mean() + half:.3f})")
