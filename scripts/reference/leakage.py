"""Labels permuted: selection, tuning and fusion as the language runs them, beside a script that leaks.

Usage: leakage.py DIPTYCH FOLDER [--permutations 50] [--learners a,b,...]

One table of noise, 100 patients by 1,000 features in two blocks, and so many permutations of its labels. For each
learner of a binary endpoint a study of every permutation: univariable screening, z-scores and mRMR inside the folds, the
learner tuned over 3 folds inside them, fused early and late, judged by 5-fold cross-fitting as the report tells it. An
honest AUC is 0.5: it counts pairs of one fold, for over all folds at once a model that knows nothing lies below 0.5. The
interval is that of the mean over permutations (t), and of 32 such one or two miss by chance. Ends with the same question asked of leaky.py, on the same noise by its own seeds.
Needs numpy; leaky.py also scikit-learn. Answers that exist in FOLDER are kept, so that an interrupted run goes on.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROWS, CLINICAL, RADIOMICS = 100, 100, 900
# Two or three points of each learner's grid, ensembles kept small: the question is bias, not skill.
LEARNERS = {
    "logistic": "logistic(penalty = L2, C in (0.01, 1))",
    "naive_bayes": "naive_bayes(smoothing in (0.1, 1e-9))",
    "knn": "knn(k in (3, 9))",
    "decision_tree": "decision_tree(depth in (1, 3))",
    "ridge": "ridge(C in (0.001, 0.1))",
    "lasso": "lasso(C in (0.1, 1))",
    "elastic_net": "elastic_net(C = 0.3, l1_ratio in (0.25, 0.75))",
    "adaboost": "adaboost(rounds = 20, rate in (0.1, 1))",
    "boosting": "boosting(rounds = 20, rate in (0.1, 1))",
    "bagging": "bagging(trees = 15, features in (0.5, 1.0))",
    "random_forest": "random_forest(trees = 15, leaf in (1, 5))",
    "gradient_boosting": "gradient_boosting(rounds = 15, depth in (1, 3))",
    "gtbr": "gtbr(rounds = 15, depth in (1, 3))",
    "svm": "svm(C in (0.1, 1), folds = 3)",
    "rotation_forest": "rotation_forest(trees = 8, group in (2, 3))",
    "stacking": "stacking(trees = 8, folds = 3, C in (0.1, 1))",
}


def noise(folder, permutations):
    rng = np.random.default_rng(20261125)
    x = rng.normal(size=(ROWS, CLINICAL + RADIOMICS))
    labels = np.arange(ROWS) % 2
    y = np.array([rng.permutation(labels) for _ in range(permutations)]).T
    names = [f"c{i}" for i in range(CLINICAL)] + [f"r{i}" for i in range(RADIOMICS)]
    with open(folder / "noise.csv", "w") as file:
        file.write(",".join(names + [f"y{k}" for k in range(permutations)]) + "\n")
        for features, own in zip(x, y):
            file.write(",".join([f"{value:.6f}" for value in features] + [str(label) for label in own]) + "\n")


def study(learner, permutations):
    blocks = "".join(
        f'features {block} from patients\n  columns where starts_with(name, "{block[0]}")\n\n'
        for block in ("clinical", "radiomics")
    )
    text = f'study LEAKAGE\n  seed 1\n\ntable patients from "../noise.csv"\n\n{blocks}'
    for k in range(permutations):
        text += f"endpoint e{k} = binary(y{k} == 1)\n\n"
        early = LEARNERS[learner].replace("(", "(clinical, radiomics, ", 1)
        for name, fusion in [("E", f"early {early}"), ("L", "late logistic(clinical, radiomics)")]:
            steps = "univariate(p = 0.05) then z-score then mRMR(features = 10)"
            text += f"model {name}{k} for e{k}\n"
            text += f"  prepare clinical by {steps}\n  prepare radiomics by {steps}\n"
            learn = f"  learn {LEARNERS[learner]}\n" if name == "L" else ""
            text += f"{learn}  tune by AUC over 3 folds\n  fuse {fusion}\n\n"
            text += f"evaluate {name}{k} over 5 folds\n  show AUC\n\n"
    return text


def estimates(results):
    found = {}
    for answer in json.load(open(results))["answers"]:
        for estimate in answer.get("estimates", []):
            if estimate["metric"] == "AUC" and estimate["kind"] == "out-of-fold":
                found[answer["declaration"].split()[1]] = estimate["value"]
    return found


def told(name, fusion, values):
    values = np.array(values)
    half = 2.01 * values.std(ddof=1) / np.sqrt(len(values))
    low, high = values.mean() - half, values.mean() + half
    far = abs(values.mean() - 0.5) / (half / 2.01)
    verdict = "holds 0.5" if low <= 0.5 <= high else "ABOVE 0.5" if low > 0.5 else "below 0.5"
    print(f"{name:<20}{fusion:<10}{values.mean():>7.3f}  ({low:.3f} to {high:.3f})  {verdict}, {far:.1f} standard errors away", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("diptych")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--permutations", type=int, default=50)
    parser.add_argument("--learners", default=",".join(LEARNERS))
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    noise(asked.folder, asked.permutations)
    print(f"{ROWS} patients, {CLINICAL} + {RADIOMICS} features of noise, {asked.permutations} permutations of the labels")
    print(f"{'learner':<20}{'fusion':<10}{'AUC':>7}  (95% interval of the mean)", flush=True)
    for learner in asked.learners.split(","):
        own = asked.folder / learner
        own.mkdir(exist_ok=True)
        (own / "leakage.study").write_text(study(learner, asked.permutations))
        if not (own / "out" / "results.json").exists():
            started = time.time()
            command = [asked.diptych, "run", "leakage.study", "--out", "out", "--threads", "1"]
            child = subprocess.Popen(command, cwd=own, stdout=open(own / "told.txt", "w"), stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                print(f"{learner}: the study ended with {child.returncode}; see {own / 'told.txt'}")
                continue
            spent = usage.ru_utime + usage.ru_stime
            print(f"  {learner}: {spent:.0f} CPU s, {time.time() - started:.0f} s of the clock", file=sys.stderr)
        found = estimates(own / "out" / "results.json")
        for name, fusion in [("E", "early"), ("L", "late")]:
            told(learner, fusion, [value for model, value in found.items() if model[0] == name])
    print("\nthe same asked of a script that leaks:", flush=True)
    subprocess.run([sys.executable, str(HERE / "leaky.py"), str(asked.permutations)], check=True)


if __name__ == "__main__":
    main()
