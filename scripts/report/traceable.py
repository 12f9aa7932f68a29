"""Whether every estimate of a run can be traced: to rows (n, missing), events, method, interval or
the reason for its absence, and the seed and number of resamples of its study.

Usage: python scripts/report/traceable.py RESULTS.json ...

Prints a line for each file and what is lacking; the exit code says whether anything is.
"""

import json
import sys


def faults(record):
    """What a record lacks."""
    if not record["declaration"] or not record["cohort"]:
        yield "where it belongs"
    if not record["n"]:
        yield "patients"
    if record["value"] is None:
        if not record["why"]:
            yield "why it is not estimable"
        return
    if not record["how"]:
        yield "how it was made"
    if record["lower"] is None and not record["no_interval"]:
        yield "an interval, or why there is none"
    if record["lower"] is not None and record["level"] is None:
        yield "the level of its interval"
    if "bootstrap" in record["how"] and "resamples" not in record["how"]:
        yield "the number of resamples"
    upper = float("inf") if record["upper"] is None else record["upper"]
    if record["lower"] is not None and not record["lower"] - 1e-12 <= record["value"] <= upper + 1e-12:
        yield "an interval that holds it"


lacking = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        results = json.load(file)
    study = results["study"]
    found = [
        (record, fault)
        for answer in results["answers"]
        for record in answer["estimates"]
        for fault in faults(record)
    ]
    count = sum(len(answer["estimates"]) for answer in results["answers"])
    print(f"{path}: {count} estimates, seed {study['seed']}, {study['resamples']} resamples, {len(found)} faults")
    for record, fault in found:
        what = [record["declaration"], record["model"], record["cohort"], record["metric"], record["horizon"]]
        print("  lacks", fault + ":", ", ".join(str(part) for part in what if part))
    lacking += len(found)
sys.exit(1 if lacking else 0)
