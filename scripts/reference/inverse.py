"""Inverses of grids' axes as ITK holds them, to the last digit: tests/data/inverse.csv. Needs SimpleITK 2.5.7.

python scripts/reference/inverse.py, from the project's folder.
"""
import math
import random

import SimpleITK as sitk

rng = random.Random(20)
with open("tests/data/inverse.csv", "w") as file:
    file.write(",".join(f"{what}{i}" for what in ("axes", "inverse") for i in range(9)) + "\n")
    for turn in range(24):
        a = [rng.gauss(0, 1) for _ in range(4)]
        n = math.sqrt(sum(x * x for x in a))
        w, x, y, z = (v / n for v in a)
        if turn < 4:
            w, x, y, z = math.cos(0.1 * turn + 0.1), 0.0, 0.0, math.sin(0.1 * turn + 0.1)
        axes = (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
                2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
                2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y))
        spacing = [rng.choice([1.0, 0.7, 1.25, 2.5, 3.0, 0.9765625]) for _ in range(3)]
        image = sitk.Image(2, 2, 2, sitk.sitkUInt8)
        image.SetSpacing(spacing)
        image.SetDirection(axes)
        columns = [image.TransformPhysicalPointToContinuousIndex([float(i == k) for i in range(3)]) for k in range(3)]
        row = [axes[r * 3 + c] * spacing[c] for r in range(3) for c in range(3)]
        row += [columns[c][r] for r in range(3) for c in range(3)]
        file.write(",".join(repr(v) for v in row) + "\n")
