"""The PRIME study with PyRadiomics, scikit-learn, scikit-survival, shap and gseapy.

Written as a careful analyst would glue it today, for comparison with examples/prime/prime.study.
Usage: prime.py FOLDER OUT [PREDICTIONS], after prime_radiomics.py FOLDER OUT, where FOLDER is what `diptych simulate
prime` wrote. PREDICTIONS (predictions/PRIME_R.csv of a study that was run) gives both sides one division into training
and internal validation; without it the patients are divided here. Tables and tests of inference, Kaplan-Meier, Cox models and limma follow in prime.R, which reads what
this writes.
"""
import itertools
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.ensemble import (AdaBoostClassifier, BaggingClassifier, GradientBoostingClassifier,
                              RandomForestClassifier, StackingClassifier)
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.linear_model import CoxnetSurvivalAnalysis, CoxPHSurvivalAnalysis
from sksurv.metrics import (brier_score, concordance_index_censored, cumulative_dynamic_auc,
                            integrated_brier_score)
from sksurv.svm import FastSurvivalSVM
from sksurv.util import Surv

warnings.filterwarnings("ignore")
FOLDER, OUT = Path(sys.argv[1]), Path(sys.argv[2])
OUT.mkdir(parents=True, exist_ok=True)
SEED = 20260620
MONTH = 365.25 / 12


def done(stage):
    print(f"{stage}: {time.process_time():.0f} CPU seconds so far", flush=True)


# Data ---------------------------------------------------------------------------------------

p = pd.read_csv(FOLDER / "patients.csv", parse_dates=["treatment_start", "ct_date", "death_date", "last_contact"],
                dtype={"patient": str})
flags = ["resectable", "infiltrative", "other_malignancy", "subsequent_therapy", "male", "hbv", "cirrhosis",
         "ascites", "extrahepatic", "pvtt"]
for flag in flags:
    p[flag] = p[flag].map({True: 1.0, False: 0.0, "yes": 1.0, "no": 0.0, 1: 1.0, 0: 0.0, "true": 1.0, "false": 0.0})
p["albi"] = 0.66 * np.log10(p.bilirubin * 17.104) - 0.085 * (p.albumin * 10)
p["pni"] = p.albumin * 10 + 5 * p.lymphocytes
p["d_mon"] = (p.mon_1m - p.mon) / p.mon
p["d_pt"] = (p.pt_1m - p.pt) / p.pt

# Population ---------------------------------------------------------------------------------

flow = [("all", len(p))]


def keep(rows, label, condition):
    rows = rows[condition(rows).fillna(False)]
    flow.append((label, len(rows)))
    return rows


def has_images(rows):
    return rows.patient.map(lambda k: all((FOLDER / "ct" / str(k) / phase).exists() for phase in ("arterial", "venous")))


e = p
e = keep(e, "enrolled 2020-01 to 2024-01", lambda d: d.treatment_start.between("2020-01-01", "2024-01-31"))
e = keep(e, "unresectable HCC", lambda d: (d.diagnosis == "HCC") & (d.resectable == 0))
e = keep(e, "Child-Pugh A or B", lambda d: d.child_pugh.isin(["A", "B"]))
e = keep(e, "ECOG 0-1", lambda d: d.ecog <= 1)
e = keep(e, "therapy", lambda d: d.therapy.isin(["TACE", "HAIC", "TACE+HAIC"]))
e = keep(e, "dual-phase CT", lambda d: (d.ct_date >= d.treatment_start - pd.DateOffset(months=1))
         & (d.ct_date <= d.treatment_start) & has_images(d))
e = keep(e, "not infiltrative", lambda d: d.infiltrative != 1)
e = keep(e, "no other malignancy", lambda d: d.other_malignancy != 1)
e = keep(e, "two cycles", lambda d: ~(d.cycles < 2))
e = keep(e, "followed up", lambda d: d.last_contact.notna())
pd.DataFrame(flow, columns=["step", "n"]).to_csv(OUT / "flow.csv", index=False)

e = e.copy()
e["response"] = e.mrecist.isin(["CR", "PR"]).where(e.mrecist.notna())
end = e.last_contact.clip(upper=pd.Timestamp("2025-09-28"))
e["event"] = e.death_date.notna() & (e.death_date <= end)
e["time"] = (e.death_date.where(e.event, end) - e.treatment_start).dt.days
sch = e[e.centre == "SCH"]
if len(sys.argv) > 3:
    given = pd.read_csv(sys.argv[3], dtype=str).set_index("patient").rows
    train, internal = (sch[sch.patient.map(given) == part] for part in ("train", "internal"))
    assert len(train) + len(internal) == len(sch), "the division is of another population"
else:
    train, internal = train_test_split(sch, train_size=0.7, random_state=SEED, stratify=sch.response == True)  # noqa: E712
parts = {"train": train, "internal": internal, "external": e[e.centre == "QL"]}

# Radiomics ----------------------------------------------------------------------------------

first = pd.read_csv(OUT / "radiomics_reader_1.csv", index_col=0)
second = pd.read_csv(OUT / "radiomics_reader_2.csv", index_col=0)
first.index, second.index = first.index.astype(str), second.index.astype(str)


def icc_2_1(a, b):
    x = np.column_stack([a, b])
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    grand = x.mean()
    rows = k * ((x.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((x.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    rest = (((x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + grand) ** 2).sum()) / ((n - 1) * (k - 1))
    return (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)


both = second.index.intersection(first.index)
stable = [c for c in first.columns if icc_2_1(first.loc[both, c], second.loc[both, c]) > 0.75]
radiomics = first[stable]
clinical_columns = ["age", "male", "hbv", "cirrhosis", "ascites", "tumour_number", "tumour_size", "extrahepatic", "pvtt",
                    "afp", "pivka", "bilirubin", "albumin", "alt", "ast", "creatinine", "platelets", "neutrophils",
                    "lymphocytes", "mon", "pt", "ecog", "albi", "pni", "d_mon", "d_pt"]


def block(rows, name):
    if name == "clinical":
        return rows[clinical_columns].astype(float)
    return radiomics.reindex(rows.patient).set_index(rows.index)


# Steps that scikit-learn does not have -------------------------------------------------------

class Columns(TransformerMixin, BaseEstimator):
    """Base of selectors that keep a list of columns."""

    def transform(self, x):
        return x[:, self.kept_]


class Univariate(Columns):
    def __init__(self, p=0.05):
        self.p = p

    def fit(self, x, y):
        import statsmodels.api as sm
        kept = []
        for j in range(x.shape[1]):
            try:
                fit = sm.Logit(y, sm.add_constant(x[:, j])).fit(disp=0)
                if stats.chi2.sf(2 * (fit.llf - fit.llnull), 1) < self.p:
                    kept.append(j)
            except Exception:
                pass
        self.kept_ = np.array(kept or [0])
        return self


class NotMissing(Columns):
    def __init__(self, most=0.3):
        self.most = most

    def fit(self, x, y=None):
        self.kept_ = np.flatnonzero(np.isnan(x).mean(axis=0) <= self.most)
        return self


class ElasticNet(Columns):
    def __init__(self, min_coef=1e-4):
        self.min_coef = min_coef

    def fit(self, x, y):
        # saga at its default tolerance and 30 penalties would take minutes for each of some 400 fits.
        net = LogisticRegressionCV(solver="saga", l1_ratios=[0.5], Cs=np.logspace(-2.5, -0.5, 8), cv=5, max_iter=1000, tol=1e-3,
                                   scoring="neg_log_loss", use_legacy_attributes=True, random_state=SEED).fit(x, y)
        kept = np.flatnonzero(np.abs(net.coef_[0]) > self.min_coef)
        self.kept_ = kept if len(kept) else np.array([np.argmax(np.abs(net.coef_[0]))])
        return self


class CoxNet(Columns):
    def __init__(self, l1_ratio=1.0, top=None):
        self.l1_ratio, self.top = l1_ratio, top

    def fit(self, x, y):
        path = CoxnetSurvivalAnalysis(l1_ratio=self.l1_ratio, alpha_min_ratio=0.05, n_alphas=30).fit(x, y)
        scores = np.zeros(len(path.alphas_))
        folds = StratifiedKFold(5, shuffle=True, random_state=SEED).split(x, y["event"])
        for fit, test in folds:
            net = CoxnetSurvivalAnalysis(l1_ratio=self.l1_ratio, alphas=path.alphas_).fit(x[fit], y[fit])
            for i, alpha in enumerate(path.alphas_):
                scores[i] += concordance_index_censored(y["event"][test], y["time"][test], net.predict(x[test], alpha=alpha))[0]
        size = np.abs(path.coef_[:, scores.argmax()])
        kept = np.argsort(-size)[: min(self.top or len(size), np.count_nonzero(size))]
        self.kept_ = np.sort(kept) if len(kept) else np.array([np.argmax(np.abs(path.coef_[:, -1]))])
        return self


class RotationForest(ClassifierMixin, BaseEstimator):
    """Rodriguez 2006: disjoint groups, PCA of a 75% bootstrap, a tree on all rotated features."""

    def __init__(self, n_estimators=50, group=3, share=0.75):
        self.n_estimators, self.group, self.share = n_estimators, group, share

    def fit(self, x, y):
        chance = np.random.RandomState(SEED)
        self.classes_ = np.unique(y)
        self.trees_ = []
        for _ in range(self.n_estimators):
            order = chance.permutation(x.shape[1])
            rotation = np.zeros((x.shape[1], x.shape[1]))
            for start in range(0, len(order), self.group):
                columns = order[start:start + self.group]
                rows = chance.choice(len(x), max(2, int(self.share * len(x))))
                axes = PCA().fit(x[rows][:, columns]).components_
                rotation[np.ix_(columns, columns[: len(axes)])] = axes.T
            self.trees_.append((rotation, DecisionTreeClassifier(random_state=chance.randint(2**31)).fit(x @ rotation, y)))
        return self

    def predict_proba(self, x):
        return np.mean([tree.predict_proba(x @ rotation) for rotation, tree in self.trees_], axis=0)

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(axis=1)]


# PRIME-R ------------------------------------------------------------------------------------

PREPARE_R = {
    "clinical": [NotMissing(0.3), SimpleImputer(strategy="median"), Univariate(0.05), StandardScaler(), ElasticNet()],
    "radiomics": [SimpleImputer(strategy="median"), VarianceThreshold(0.01), StandardScaler(), ElasticNet()],
}
bases = [("forest", RandomForestClassifier(100, random_state=SEED)), ("boost", AdaBoostClassifier(random_state=SEED)),
         ("svm", SVC()), ("logistic", LogisticRegression(max_iter=1000))]
LEARNERS_R = {
    "bagging": (BaggingClassifier(DecisionTreeClassifier(), random_state=SEED),
                {"n_estimators": [25, 50, 100], "max_features": [0.3, 0.6, 1.0], "max_samples": [0.5, 0.75, 1.0]}),
    "boosting": (AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), random_state=SEED),
                 {"estimator__max_depth": [1, 2], "learning_rate": [0.1, 0.5, 1.0], "n_estimators": [25, 50, 100, 200]}),
    "stacking": (StackingClassifier(bases, LogisticRegression(), cv=5), {"final_estimator__C": [0.1, 0.3, 1.0, 3.0]}),
    "rotation_forest": (RotationForest(), {"n_estimators": [25, 50, 100], "group": [5, 4, 3, 2], "share": [0.5, 0.75]}),
    "gtbr": (GradientBoostingClassifier(max_features=0.5, random_state=SEED),
             {"max_depth": [1, 3], "learning_rate": [0.05, 0.1], "n_estimators": [50, 100, 200], "subsample": [0.5, 0.75]}),
}


def folds_of(y, seed):
    return list(StratifiedKFold(5, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def chosen(x, y, steps, learners, score, seed):
    """The learner with the best cross-validated score, then tuned: the paper's order. Preparation is fitted once a fold."""
    prepared = []
    for fit, test in folds_of(y if y.dtype == bool else y["event"], seed):
        prepare = Pipeline([(str(i), clone(step)) for i, step in enumerate(steps)]).fit(x[fit], y[fit])
        prepared.append((prepare.transform(x[fit]), y[fit], prepare.transform(x[test]), y[test]))

    def judged(learner):
        return np.mean([score(clone(learner).fit(a, b), c, d) for a, b, c, d in prepared])

    best = max(learners, key=lambda name: judged(learners[name][0]))
    learner, grid = learners[best]
    points = [clone(learner).set_params(**dict(zip(grid, values))) for values in itertools.product(*grid.values())]
    tuned = max(points, key=judged)
    return Pipeline([(str(i), clone(step)) for i, step in enumerate(steps)] + [("learner", tuned)]).fit(x, y), best


def used(pipe, width):
    """The columns that reach the learner."""
    columns = np.arange(width)
    for _, step in pipe.steps[:-1]:
        if hasattr(step, "kept_"):
            columns = columns[step.kept_]
        elif hasattr(step, "get_support"):
            columns = columns[step.get_support()]
    return columns


def auc_score(pipe, x, y):
    return roc_auc_score(y, pipe.predict_proba(x)[:, 1])


def logit(q):
    q = np.clip(q, 1e-6, 1 - 1e-6)
    return np.log(q / (1 - q))


known = {name: rows[rows.response.notna()] for name, rows in parts.items()}
y_train = known["train"].response.astype(bool).to_numpy()
x_train = {b: block(known["train"], b).to_numpy(float) for b in PREPARE_R}


def fused_r(x, y, seed):
    """Base models, with the combiner learned from their out-of-fold predictions."""
    bases, out = {}, {}
    for name in x:
        out[name] = np.zeros(len(y))
        for fit, test in folds_of(y, seed + 1):
            model, _ = chosen(x[name][fit], y[fit], PREPARE_R[name], LEARNERS_R, auc_score, seed + 2)
            out[name][test] = model.predict_proba(x[name][test])[:, 1]
        bases[name], _ = chosen(x[name], y, PREPARE_R[name], LEARNERS_R, auc_score, seed + 2)
    z = np.column_stack([logit(out[name]) for name in x])
    return bases, LogisticRegression(C=np.inf).fit(z, y)


def predict_r(model, x):
    bases, combiner = model
    q = {name: bases[name].predict_proba(x[name])[:, 1] for name in x}
    return combiner.predict_proba(np.column_stack([logit(q[name]) for name in x]))[:, 1], q


prime_r = fused_r(x_train, y_train, SEED)
done("PRIME_R on train")
oof_r = np.zeros(len(y_train))
oof_parts = {b: np.zeros(len(y_train)) for b in PREPARE_R}
fold_models_r = []
for fit, test in folds_of(y_train, SEED):
    inner = fused_r({b: v[fit] for b, v in x_train.items()}, y_train[fit], SEED)
    fold_models_r.append((fit, test, inner))
    oof_r[test], q = predict_r(inner, {b: v[test] for b, v in x_train.items()})
    for b in q:
        oof_parts[b][test] = q[b]
    done("PRIME_R without a fold")
early_pipe = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler()), ("select", ElasticNet()),
                       ("learner", GradientBoostingClassifier(subsample=0.5, max_features=0.5, random_state=SEED))])
early_train = np.hstack(list(x_train.values()))
early_pipe.fit(early_train, y_train)

rows = []
for name, part in known.items():
    y = part.response.astype(bool).to_numpy()
    x = {b: block(part, b).to_numpy(float) for b in PREPARE_R}
    whole, q = (oof_r, oof_parts) if name == "train" else predict_r(prime_r, x)
    early = early_pipe.predict_proba(np.hstack(list(x.values())))[:, 1]
    for label, score in {"PRIME_R": whole, **{f"PRIME_R.{b}": v for b, v in q.items()}, "early": early}.items():
        pd.DataFrame({"patient": part.patient, "y": y, "score": score}).to_csv(OUT / f"R_{label}_{name}.csv", index=False)
        rows.append([label, name, "AUC", roc_auc_score(y, score)])
        rows.append([label, name, "Brier", brier_score_loss(y, score)])

# PRIME-S ------------------------------------------------------------------------------------

PREPARE_S = {
    "clinical": [NotMissing(0.3), SimpleImputer(strategy="median"), StandardScaler(), CoxNet(1.0), CoxNet(0.5, 10)],
    "radiomics": [SimpleImputer(strategy="median"), VarianceThreshold(0.1), StandardScaler(), CoxNet(1.0), CoxNet(0.5, 10)],
}
LEARNERS_S = {
    "rsf": (RandomSurvivalForest(random_state=SEED), {"n_estimators": [100, 300], "min_samples_leaf": [15, 9, 6, 3]}),
    "gbsa": (GradientBoostingSurvivalAnalysis(random_state=SEED),
             {"n_estimators": [50, 100, 200], "learning_rate": [0.05, 0.1], "max_depth": [1, 2, 3]}),
    "fsvm": (FastSurvivalSVM(max_iter=200, random_state=SEED), {"alpha": [2.0**k for k in range(-12, 3, 2)]}),
}


def c_score(pipe, x, y):
    return concordance_index_censored(y["event"], y["time"], pipe.predict(x))[0]


s_train = Surv.from_arrays(parts["train"].event, np.maximum(parts["train"].time, 0.5))
x_s = {b: block(parts["train"], b).to_numpy(float) for b in PREPARE_S}


def fused_s(x, y, seed):
    """Out-of-fold risks, each calibrated by Cox; all subsets averaged by BIC with the number of events."""
    bases, out = {}, {}
    for name in x:
        out[name] = np.zeros(len(y))
        for fit, test in folds_of(y["event"], seed + 1):
            model, _ = chosen(x[name][fit], y[fit], PREPARE_S[name], LEARNERS_S, c_score, seed + 2)
            out[name][test] = model.predict(x[name][test])
        bases[name], _ = chosen(x[name], y, PREPARE_S[name], LEARNERS_S, c_score, seed + 2)
    names = list(x)
    models, bic = [], []
    z = np.column_stack([stats.zscore(out[name]) for name in names])
    moments = {name: (out[name].mean(), out[name].std()) for name in names}
    for size in range(1, len(names) + 1):
        for subset in itertools.combinations(range(len(names)), size):
            cox = CoxPHSurvivalAnalysis(ties="efron").fit(z[:, subset], y)
            order = np.argsort(-y["time"])
            eta = cox.predict(z[:, subset])[order]
            cumulative = np.logaddexp.accumulate(eta)
            loglik = (eta - cumulative)[y["event"][order]].sum()
            models.append((subset, cox))
            bic.append(-2 * loglik + size * np.log(y["event"].sum()))
    weights = np.exp(-0.5 * (np.array(bic) - min(bic)))
    return bases, names, moments, models, weights / weights.sum()


def predict_s(model, x, times):
    bases, names, moments, models, weights = model
    risk = {name: bases[name].predict(x[name]) for name in names}
    z = np.column_stack([(risk[n] - moments[n][0]) / moments[n][1] for n in names])
    total = sum(w * cox.predict(z[:, subset]) for w, (subset, cox) in zip(weights, models))
    curves = sum(w * np.array([f(times) for f in cox.predict_survival_function(z[:, subset])]) for w, (subset, cox) in zip(weights, models))
    return total, curves, risk


horizons = np.array([6, 12, 24, 36]) * MONTH
prime_s = fused_s(x_s, s_train, SEED)
done("PRIME_S on train")
oof_s, oof_curves, oof_risk = np.zeros(len(s_train)), np.zeros((len(s_train), 4)), {b: np.zeros(len(s_train)) for b in PREPARE_S}
fold_models_s = []
for fit, test in folds_of(s_train["event"], SEED):
    inner = fused_s({b: v[fit] for b, v in x_s.items()}, s_train[fit], SEED)
    fold_models_s.append((fit, test, inner))
    oof_s[test], oof_curves[test], q = predict_s(inner, {b: v[test] for b, v in x_s.items()}, horizons)
    for b in q:
        oof_risk[b][test] = q[b]
    done("PRIME_S without a fold")
early_s = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler()), ("select", CoxNet(1.0)),
                    ("learner", RandomSurvivalForest(random_state=SEED))]).fit(np.hstack(list(x_s.values())), s_train)

cut = None
for name, part in parts.items():
    y = Surv.from_arrays(part.event, np.maximum(part.time, 0.5))
    x = {b: block(part, b).to_numpy(float) for b in PREPARE_S}
    risk, curves, q = (oof_s, oof_curves, oof_risk) if name == "train" else predict_s(prime_s, x, horizons)
    early = early_s.predict(np.hstack(list(x.values())))
    cut = np.median(risk) if cut is None else cut
    for label, score in {"PRIME_S": risk, **{f"PRIME_S.{b}": v for b, v in q.items()}, "early": early}.items():
        pd.DataFrame({"patient": part.patient, "time": y["time"], "event": y["event"], "score": score}).to_csv(OUT / f"S_{label}_{name}.csv", index=False)
        rows.append([label, name, "C-index", concordance_index_censored(y["event"], y["time"], score)[0]])
    possible = horizons[(horizons < y["time"].max()) & (horizons < s_train["time"].max())]
    try:
        auc, mean = cumulative_dynamic_auc(s_train, y, risk, possible)
        rows += [["PRIME_S", name, f"AUC at {t / MONTH:.0f} months", a] for t, a in zip(possible, auc)]
        _, brier = brier_score(s_train, y, curves[:, : len(possible)], possible)
        rows += [["PRIME_S", name, f"Brier at {t / MONTH:.0f} months", b] for t, b in zip(possible, brier)]
        rows.append(["PRIME_S", name, "IBS", integrated_brier_score(s_train, y, curves[:, : len(possible)], possible)])
    except ValueError as fault:
        print("not estimable in", name, fault)
    groups = part[["patient", "time", "event", "therapy", "age", "tumour_number", "extrahepatic", "subsequent_therapy", "mrecist", "centre"]].copy()
    groups["high"] = risk > cut
    groups.to_csv(OUT / f"groups_{name}.csv", index=False)
pd.DataFrame(rows, columns=["model", "cohort", "metric", "value"]).to_csv(OUT / "performance.csv", index=False)
e.to_csv(OUT / "eligible.csv", index=False)

# Explanation --------------------------------------------------------------------------------

import shap  # noqa: E402

names = [c for b in PREPARE_R for c in (clinical_columns if b == "clinical" else stable)]


def shapley(x, fold_models, predict, file):
    """Of out-of-fold patients, over the columns that reach a learner: all others count for nothing."""
    both, edges = np.hstack(list(x.values())), np.cumsum([v.shape[1] for v in x.values()])[:-1]
    starts = dict(zip(x, [0, *edges]))
    values = np.zeros_like(both)
    for fit, test, model in fold_models:
        columns = np.concatenate([starts[b] + used(model[0][b], x[b].shape[1]) for b in x])
        middle = np.nanmedian(both[fit], axis=0)

        def predicted(rows):
            whole = np.tile(middle, (len(rows), 1))
            whole[:, columns] = rows
            return predict(model, dict(zip(x, np.split(whole, edges, axis=1))))

        explainer = shap.PermutationExplainer(predicted, shap.maskers.Independent(both[fit][:, columns], max_samples=30), seed=SEED)
        values[np.ix_(test, columns)] = explainer(both[test][:, columns], max_evals=4 * len(columns) + 2, silent=True).values
    pd.Series(np.abs(values).mean(axis=0), names).sort_values(ascending=False).to_csv(OUT / file)


shapley(x_train, fold_models_r, lambda model, x: predict_r(model, x)[0], "shap_R.csv")
done("Shapley values of PRIME_R")
shapley(x_s, fold_models_s, lambda model, x: predict_s(model, x, horizons)[0], "shap_S.csv")
done("Shapley values of PRIME_S")

# Scores of the patients with RNA, for limma ----------------------------------------------------

tcga = p[p.centre == "TCGA"]
x = {b: block(tcga, b).to_numpy(float) for b in PREPARE_R}
tcga_scores = pd.DataFrame({"patient": tcga.patient, "R": prime_r[0]["radiomics"].predict_proba(x["radiomics"])[:, 1],
                            "S": prime_s[0]["radiomics"].predict(x["radiomics"])})
tcga_scores.to_csv(OUT / "tcga_scores.csv", index=False)
pd.read_parquet(FOLDER / "rna.parquet").to_csv(OUT / "rna.csv", index=False)
