"""Random images, masks and settings through PyRadiomics and through `diptych extract`, and the worst difference.

Needs pyradiomics 3.0.1, SimpleITK, PyWavelets, and for local binary patterns scikit-image, trimesh and SciPy 1.11. Usage:
python scripts/reference/radiomics_random.py DIPTYCH [CASES [SEED]]
"""
import csv
import json
import logging
import math
import random
import subprocess
import sys
import tempfile

import numpy as np
import radiomics
import SimpleITK as sitk
from radiomics import featureextractor

radiomics.logger.setLevel(logging.CRITICAL)
FAMILIES = ["haar", "db2", "db3", "db5", "sym4", "coif1", "coif2", "bior1.3", "bior2.2", "bior3.1", "rbio1.3"]
TEXTURES = ["firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"]


def rotation(rng):
    a = [rng.gauss(0, 1) for _ in range(4)]
    n = math.sqrt(sum(x * x for x in a))
    w, x, y, z = (v / n for v in a)
    return (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
            2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
            2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y))


def case(rng, folder, number):
    size = [rng.randint(7, 23) for _ in range(3)]
    shape = size[::-1]
    noise = np.random.default_rng(rng.randrange(1 << 30))
    data = noise.normal(0, 60, shape)
    if rng.random() < 0.6:  # smooth textures have runs and zones
        for axis in range(3):
            data = (data + np.roll(data, 1, axis) + np.roll(data, 2, axis)) / 2
    kind = rng.choice(["int16", "float32", "float64", "uint8", "int32"])
    if kind == "uint8":
        data = np.clip(data + 120, 0, 255)
    image = sitk.GetImageFromArray(data.astype(kind))
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    centre = [rng.uniform(0, n - 1) for n in shape]
    radius = [rng.uniform(1.2, max(2.0, n / 2)) for n in shape]
    inside = sum(((g - c) / r) ** 2 for g, c, r in zip((z, y, x), centre, radius)) <= 1
    if rng.random() < 0.3:
        inside &= noise.random(shape) < 0.8
    if rng.random() < 0.15:
        inside &= z == round(centre[0])
    label = rng.choice([1, 1, 2, 7])
    mask = np.where(inside, label, 0)
    if rng.random() < 0.4:
        mask[(noise.random(shape) < 0.1) & ~inside] = 3
    mask = sitk.GetImageFromArray(mask.astype(np.uint8))
    spacing = tuple(rng.choice([1.0, 0.7, 1.25, 2.5, 3.0, 0.9765625]) for _ in range(3))
    direction = rng.choice([(1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0), (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0), rotation(rng)])
    for volume in (image, mask):
        volume.SetSpacing(spacing)
        volume.SetDirection(direction)
        volume.SetOrigin((-12.5, 7.25, 30.0))
    setting = {"label": label}
    flat = rng.random() < 0.2
    if flat:
        setting |= {"force2D": True, "force2Ddimension": rng.randint(0, 2)}
    if rng.random() < 0.4:
        setting["resampledPixelSpacing"] = [rng.choice([0, 1, 1.5, 2]) for _ in range(3)]
        setting["interpolator"] = rng.choice(["sitkBSpline", "sitkLinear", "sitkNearestNeighbor"])
        setting["padDistance"] = rng.choice([0, 3, 5])
    if rng.random() < 0.3:
        setting |= {"normalize": True, "normalizeScale": rng.choice([1, 50, 100])}
        if rng.random() < 0.5:
            setting["removeOutliers"] = rng.choice([1.5, 3])
    if rng.random() < 0.4:
        setting["binCount"] = rng.choice([8, 16, 32])
    else:
        setting["binWidth"] = rng.choice([2.5, 10, 25])
    if setting.get("normalizeScale") == 1 and "binWidth" in setting:
        setting["binWidth"] = 0.1
    if rng.random() < 0.25:
        setting |= {"resegmentRange": [-2, 2.5], "resegmentMode": "sigma", "resegmentShape": rng.random() < 0.5}
    if rng.random() < 0.2:
        setting["distances"] = rng.choice([[1, 2], [2], [3]])
    if rng.random() < 0.2:
        setting["weightingNorm"] = rng.choice(["manhattan", "euclidean", "infinity", "no_weighting"])
    if rng.random() < 0.2:
        setting |= {"symmetricalGLCM": False, "gldm_a": 1, "voxelArrayShift": 100}
    if rng.random() < 0.2:
        setting["preCrop"] = True
    images = {"Original": {}}
    if rng.random() < 0.5:
        images["Wavelet"] = {"wavelet": rng.choice(FAMILIES), "level": rng.choice([1, 1, 2]), "start_level": rng.choice([0, 0, 1])}
    if rng.random() < 0.3:
        images["LoG"] = {"sigma": [rng.choice([1.0, 2.5, 4.0])]}
    for name in ("Square", "SquareRoot", "Logarithm", "Exponential", "Gradient"):
        if rng.random() < 0.15:
            images[name] = {}
    if rng.random() < 0.15:
        images["LBP2D"] = {"binWidth": 1, "lbp2DRadius": rng.choice([1, 1.5, 3]), "lbp2DSamples": rng.choice([6, 8, 12]),
                           "lbp2DMethod": rng.choice(["uniform", "uniform", "ror", "default"])}
    if rng.random() < 0.15:
        images["LBP3D"] = {"binWidth": 0.25, "lbp3DLevels": rng.choice([2, 3]),
                           "lbp3DIcosphereRadius": rng.choice([1, 1.5, 3]),
                           "lbp3DIcosphereSubdivision": rng.choice([0, 1, 2])}
    classes = {name: None for name in ["shape"] + TEXTURES}
    parameters = {"setting": setting, "imageType": images, "featureClass": classes}
    place = f"{folder}/{number}"
    sitk.WriteImage(image, place + "_image.nrrd")
    sitk.WriteImage(mask, place + "_mask.nrrd")
    with open(place + ".json", "w") as file:
        json.dump(parameters, file)
    return place, label


def main():
    ours, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    values = refused = differ = 0
    told = set()
    worst = (0.0, "", 0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            place, label = case(rng, folder, number)
            try:
                found = featureextractor.RadiomicsFeatureExtractor(place + ".json").execute(
                    place + "_image.nrrd", place + "_mask.nrrd", label=label)
                peer = {k: float(v) for k, v in found.items() if not k.startswith("diagnostics")}
                fault = ""
            except Exception as error:  # whatever the peer refuses
                peer, fault = None, str(error)
            run = subprocess.run([ours, "extract", "--image", place + "_image.nrrd", "--mask", place + "_mask.nrrd",
                                  "--settings", place + ".json", "--out", place + ".csv"], capture_output=True, text=True)
            if peer is None or run.returncode != 0:
                refused += 1
                if (peer is None) != (run.returncode != 0):
                    differ += 1
                    print(f"case {number}: the peer says {fault or 'nothing'}; Diptych {run.stderr.strip() or 'nothing'}")
                continue
            names, row = list(csv.reader(open(place + ".csv")))[:2]
            mine = dict(zip(names[3:], row[3:]))
            if list(mine) != list(peer):
                differ += 1
                odd = [n for n in peer if n not in mine][:2] + [n for n in mine if n not in peer][:2]
                print(f"case {number}: other features: {odd}; {run.stderr.strip()}; {open(place + '.json').read()}")
                continue
            for name, b in peer.items():
                a = float(mine[name]) if mine[name] else math.nan
                values += 1
                if math.isnan(a) and not math.isfinite(b) or abs(a - b) <= 1e-9:
                    continue
                relative = abs(a - b) / abs(b) if b else math.inf
                relative = math.inf if math.isnan(relative) else relative
                if relative > worst[0]:
                    worst = (relative, name, number)
                if relative > 1e-6:
                    differ += 1
                    if number not in told:
                        told.add(number)
                        direction = "oblique" if len(set(sitk.ReadImage(place + "_image.nrrd").GetDirection())) > 3 else "straight"
                        print(f"case {number}: first {name}: {a!r} here, {b!r} there; {direction}; {open(place + '.json').read()}")
    print(f"{count} cases, {refused} refused by both or one, {values} values; worst {worst[0]:.1e}: {worst[1]} of case {worst[2]}; {differ} differences in {len(told)} cases")


main()
