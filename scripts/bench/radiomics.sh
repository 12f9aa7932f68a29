#!/bin/sh
# Features of one image by Diptych and by PyRadiomics, in turn, one thread each, as whole processes: CPU seconds (user
# and system) and peak memory of every run, then the medians and their ratios, and the largest difference of a feature.
#
#   scripts/bench/radiomics.sh IMAGE MASK PARAMETERS [LABEL [RUNS]]
#
# PYTHON is a Python with PyRadiomics 3.0.1; DIPTYCH the release binary.
set -eu
[ $# -ge 3 ] || { sed -n '2,8p' "$0"; exit 64; }
image=$1 mask=$2 parameters=$3 label=${4:-1} runs=${5:-5}
here=$(dirname "$0")
PYTHON=${PYTHON:-python3} DIPTYCH=${DIPTYCH:-$here/../../target/release/diptych}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1

exec "$PYTHON" - "$work" "$runs" "$label" "$DIPTYCH" "$here/radiomics_peer.py" "$image" "$mask" "$parameters" <<'PY'
import csv, os, statistics, subprocess, sys, time

work, runs, label, ours, peer, image, mask, parameters = sys.argv[1:9]
mine, theirs = f"{work}/ours.csv", f"{work}/peer.csv"
commands = {
    "Diptych": [ours, "extract", "--image", image, "--mask", mask, "--label", label,
                "--settings", parameters, "--out", mine, "--threads", "1"],
    "PyRadiomics": [sys.executable, peer, image, mask, parameters, label, theirs],
}


def run(command):
    """CPU seconds and peak memory in MB of one process, as the operating system counts them."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} ended with status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - start


found = {name: [] for name in commands}
for turn in range(int(runs) + 1):
    for name, command in commands.items():
        figures = run(command)
        if turn > 0:  # The first turn fills the caches.
            found[name].append(figures)
median = {name: [statistics.median(column) for column in zip(*figures)] for name, figures in found.items()}
print(f"{'':<12} {'CPU s':>9} {'peak MB':>9} {'wall s':>9}   medians of {runs} runs in turn, one thread")
for name, (cpu, peak, wall) in median.items():
    print(f"{name:<12} {cpu:9.3f} {peak:9.0f} {wall:9.3f}")
pairs = [b[0] / a[0] for a, b in zip(found["Diptych"], found["PyRadiomics"])]
print(f"CPU: {statistics.median(pairs):.1f} times less (pairs {min(pairs):.1f} to {max(pairs):.1f}); "
      f"memory: {median['PyRadiomics'][1] / median['Diptych'][1]:.1f} times less")
with open(mine) as file:
    names, values = list(csv.reader(file))[:2]
values = dict(zip(names, values))
worst = (0.0, "")
with open(theirs) as file:
    rows = list(csv.reader(file))
for name, value in rows:
    b = float(value)
    a = float(values[name]) if values[name] else float("nan")
    if a == a or b == b:
        difference = abs(a - b)
        relative = 0.0 if difference <= 1e-9 else difference / abs(b)
        worst = max(worst, (relative if relative == relative else float("inf"), name))
print(f"{len(rows)} features; largest relative difference {worst[0]:.1e}: {worst[1]}")
PY
