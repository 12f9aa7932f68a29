"""Learners beside their peers as whole processes, in turn, on one thread: user and system seconds and
peak memory of each, from the kernel's account of the child.

Usage: side_by_side.py survival|learn FOLDER [--runs N] [--only WORD] [--long]

FOLDER holds the tables of survival_data.py or learn_data.py. Ours is the binary that
`cargo bench --no-run --bench NAME` tells, given as DIPTYCH_BENCH; the peers are this Python and
`Rscript`. Pairs whose peer takes minutes run once, and only with --long. Of the suite `learn` each run is
followed by one of the same program that only reads the table; what is left of both is told as well.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ONE_THREAD = {name: "1" for name in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]}

# What, ours, peer's program, peer's arguments, whether the peer takes minutes, what is wanted of peer / ours.
PAIRS = {
    "survival": [
        ("RSF WHAS500, 500 trees", "rsf whas500.csv 500", "python", "rsf whas500.csv 500", False, 10),
        ("RSF 5,000 x 50, 100 trees", "rsf surv_5000_50.csv 100", "python", "rsf surv_5000_50.csv 100", True, 50),
        ("boosting 5,000 x 50, 100 trees", "gbsa surv_5000_50.csv 100", "R", "gbsa surv_5000_50.csv 100", False, 1),
        ("elastic-net Cox 500 x 1,700, 50 lambdas", "coxnet surv_500_1700.csv 50", "R", "coxnet surv_500_1700.csv 50", False, 1),
        ("1,000 bootstrap C, n = 500", "bootstrap surv_500_10.csv 1000", "python", "bootstrap surv_500_10.csv 1000", False, 50),
        ("C at n = 1,000,000", "concordance surv_1000000_1.csv", "R", "concordance surv_1000000_1.csv", False, 1),
    ],
    "learn": [
        ("elastic-net path, 5 folds, 80 x 1,700", "path learn_80.csv", "R", "path learn_80.csv", False, 1),
        ("elastic-net path, 5 folds, 500 x 1,700", "path learn_500.csv", "R", "path learn_500.csv", False, 1),
        ("the same against saga, n = 80", "path learn_80.csv", "python", "saga learn_80.csv", True, 15),
        ("the same against saga, n = 500", "path learn_500.csv", "python", "saga learn_500.csv", True, 15),
        ("random forest 10,000 x 100", "random_forest learn_10000.csv", "python", "random_forest learn_10000.csv", False, 1),
        ("gradient boosting 10,000 x 100", "gradient_boosting learn_10000.csv", "python", "gradient_boosting learn_10000.csv", False, 1),
    ],
}
PEERS = {
    ("survival", "python"): [sys.executable, str(HERE / "survival_peers.py")],
    ("survival", "R"): ["Rscript", str(HERE / "survival_peers.R")],
    ("learn", "python"): [sys.executable, str(HERE / "learn_sklearn.py")],
    ("learn", "R"): ["Rscript", str(HERE / "learn_glmnet.R")],
}


def spent(command, folder):
    """CPU seconds, peak MB and the last line told by one run."""
    child = subprocess.Popen(command, cwd=folder, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True)
    told = child.stdout.read().strip().splitlines()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told[-1] if told else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("suite", choices=PAIRS)
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--long", action="store_true")
    asked = parser.parse_args()
    ours = os.environ.get("DIPTYCH_BENCH") or parser.error("DIPTYCH_BENCH names no binary")
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, medians of {asked.runs} runs in turn (long: 1)")
    print(f"{'':<42}{'CPU s':>16}{'peer':>10}{'peer/ours':>10}{'wanted':>8}{'MB':>8}{'peer':>8}{'share':>7}", flush=True)
    for what, own, program, peer, long, wanted in PAIRS[asked.suite]:
        if asked.only not in what or long and not asked.long:
            continue
        pairs, reading = [], []
        for _ in range(1 if long else asked.runs):
            pairs.append((
                spent([ours, *own.split()], asked.folder),
                spent([*PEERS[asked.suite, program], *peer.split()], asked.folder),
            ))
            if asked.suite == "learn":
                table = own.split()[1]
                reading.append((
                    spent([ours, "read", table], asked.folder)[0],
                    spent([*PEERS[asked.suite, program], "read", table], asked.folder)[0],
                ))
        middle = lambda side, figure: statistics.median(pair[side][figure] for pair in pairs)
        a, b, m, n = middle(0, 0), middle(1, 0), middle(0, 1), middle(1, 1)
        ratio = statistics.median(pair[1][0] / pair[0][0] for pair in pairs)
        print(f"{what:<42}{a:>16.2f}{b:>10.2f}{ratio:>10.1f}{wanted:>8}{m:>8.0f}{n:>8.0f}{m / n:>7.2f}")
        if reading:
            net = [(run[0][0] - read[0], run[1][0] - read[1]) for run, read in zip(pairs, reading)]
            less = [statistics.median(run[side] for run in net) for side in (0, 1)]
            ratio = statistics.median(run[1] / max(run[0], 0.005) for run in net)
            print(f"{'    less reading the table':<42}{less[0]:>16.2f}{less[1]:>10.2f}{ratio:>10.1f}")
        print(f"    ours told {pairs[0][0][2]}; the peer {pairs[0][1][2]}", flush=True)


if __name__ == "__main__":
    main()
