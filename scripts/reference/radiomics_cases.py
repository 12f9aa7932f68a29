"""Writes tests/data/radiomics_cases.json: small synthetic cases and their PyRadiomics values.

Needs pyradiomics 3.0.1, SimpleITK, PyWavelets, scikit-image, trimesh and SciPy 1.11. The images follow a formula that the test repeats; masks and
parameter files are in the JSON. Usage: python scripts/reference/radiomics_cases.py [folder for NRRD copies]
"""
import json
import logging
import math
import sys
import tempfile

import numpy as np
import radiomics
import SimpleITK as sitk
from radiomics import featureextractor

radiomics.logger.setLevel(logging.CRITICAL)
TEXTURES = "glcm: , glrlm: , glszm: , gldm: , ngtdm: "
ALL = "featureClass: {shape: , firstorder: , %s}" % TEXTURES


def voxel(x, y, z, kind):
    v = (x * 73 + y * 151 + z * 283 + x * y * 7 + y * z * 11) % 97 + 6 * x - 4 * z
    return v * 0.37 - 20.0 if kind != "int16" else v * 3 - 150


def image(size, spacing, direction, kind):
    nx, ny, nz = size
    data = np.array([[[voxel(x, y, z, kind) for x in range(nx)] for y in range(ny)] for z in range(nz)])
    out = sitk.GetImageFromArray(data.astype(kind))
    out.SetSpacing(spacing)
    out.SetDirection(direction)
    out.SetOrigin((-12.5, 7.25, 30.0))
    return out


def ball(size, centre, radius, label=1):
    nx, ny, nz = size
    m = np.zeros((nz, ny, nx), dtype=np.uint8)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                if sum(((p - c) / r) ** 2 for p, c, r in zip((x, y, z), centre, radius)) <= 1:
                    m[z, y, x] = label
    return m


S = (13, 11, 9)
AXES = (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
c, s = math.cos(0.3), math.sin(0.3)
OBLIQUE = (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)
FLIPPED = (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0)
ROUND = ball(S, (6, 5, 4), (4.2, 3.6, 3.1))
EDGE = ball(S, (0, 5, 8), (4.2, 3.6, 3.1))
SLICE = np.where(np.arange(9)[:, None, None] == 4, ROUND, 0)
COLUMN = np.where(np.arange(11)[None, :, None] == 5, ROUND, 0)
LABELS = ROUND + ball(S, (11, 9, 7), (1.5, 1.5, 1.5), 3)
PAIR = np.zeros_like(ROUND)
PAIR[4, 5, 6] = PAIR[4, 5, 7] = 1
CORNER = PAIR.copy()
CORNER[5, 6, 8] = CORNER[4, 6, 6] = 1
RESAMPLE = "resampledPixelSpacing: [1.5, 1.5, 1.5]"
SP = (1.25, 0.8, 2.5)

CASES = [
    ("odd sizes, anisotropic", SP, AXES, "int16", ROUND, 1, "setting: {binWidth: 20}\n" + ALL),
    ("oblique axes, resampled", SP, OBLIQUE, "int16", ROUND, 1, "setting: {%s}\n" % RESAMPLE + ALL),
    ("flipped axes, resampled 3 to 1", (3.0, 3.0, 3.0), FLIPPED, "int16", ROUND, 1,
     "setting: {resampledPixelSpacing: [1, 1, 1]}\nimageType: {Original: {}, Wavelet: {}}\n" + ALL),
    ("mask at the border, resampled", SP, AXES, "float32", EDGE, 1, "setting: {%s, binWidth: 5}\n" % RESAMPLE + ALL),
    ("one slice in space", SP, AXES, "int16", SLICE, 1, "setting: {}\n" + ALL),
    ("one slice, resampled", SP, AXES, "int16", SLICE, 1, "setting: {%s}\n" % RESAMPLE + ALL),
    ("one slice, flat", SP, AXES, "int16", SLICE, 1,
     "setting: {force2D: true}\nimageType: {Original: {}, Wavelet: {wavelet: haar}}\nfeatureClass: {shape2D: , firstorder: , %s}" % TEXTURES),
    ("flat across y", SP, AXES, "int16", ROUND, 1, "setting: {force2D: true, force2Ddimension: 1}\n" + ALL),
    ("flat across x", SP, AXES, "int16", ROUND, 1, "setting: {force2D: true, force2Ddimension: 2}\n" + ALL),
    ("second label", SP, AXES, "int16", LABELS, 3, "setting: {}\n" + ALL),
    ("two voxels", SP, AXES, "int16", PAIR, 1, "setting: {minimumROIDimensions: 1}\n" + ALL),
    ("four voxels", SP, AXES, "float64", CORNER, 1, "setting: {binWidth: 3}\n" + ALL),
    ("constant", SP, AXES, "constant", ROUND, 1, "setting: {binWidth: 10}\n" + ALL),
    ("counted bins in single precision", SP, AXES, "float32", ROUND, 1,
     "setting: {binCount: 16}\nimageType: {Original: {}, LoG: {sigma: [2.0, 3]}, Wavelet: {}}\n" + ALL),
    ("narrow bins", SP, AXES, "float32", ROUND, 1, "setting: {binWidth: 0.1}\n" + ALL),
    ("two distances, one way, cutoff", SP, AXES, "int16", ROUND, 1,
     "setting: {distances: [1, 2], symmetricalGLCM: false, gldm_a: 2, voxelArrayShift: 300}\n" + ALL),
    ("manhattan", SP, AXES, "int16", ROUND, 1, "setting: {weightingNorm: manhattan}\n" + ALL),
    ("euclidean", SP, AXES, "int16", ROUND, 1, "setting: {weightingNorm: euclidean}\n" + ALL),
    ("infinity", SP, AXES, "int16", ROUND, 1, "setting: {weightingNorm: infinity}\n" + ALL),
    ("no weighting", SP, AXES, "int16", ROUND, 1, "setting: {weightingNorm: no_weighting}\n" + ALL),
    ("range kept", SP, AXES, "int16", ROUND, 1, "setting: {resegmentRange: [-50, 120]}\n" + ALL),
    ("sigmas kept, shape too", SP, AXES, "int16", ROUND, 1,
     "setting: {resegmentRange: [-1, 1.5], resegmentMode: sigma, resegmentShape: true}\n" + ALL),
    ("fraction of the maximum", SP, AXES, "int16", ROUND, 1,
     "setting: {resegmentRange: [0.3], resegmentMode: relative}\n" + ALL),
    ("normalised, outliers", SP, AXES, "int16", ROUND, 1,
     "setting: {normalize: true, normalizeScale: 100, removeOutliers: 1.5}\n" + ALL),
    ("pointwise filters and gradient", SP, AXES, "int16", ROUND, 1,
     "setting: {binWidth: 20}\nimageType: {Square: {}, SquareRoot: {}, Logarithm: {}, Exponential: {}, Gradient: {}}\nfeatureClass: {firstorder: , ngtdm: }"),
    ("gradient per voxel", SP, AXES, "float64", ROUND, 1,
     "setting: {gradientUseSpacing: false}\nimageType: {Gradient: {}}\nfeatureClass: {firstorder: }"),
    ("two levels of db2", SP, AXES, "int16", ROUND, 1,
     "setting: {}\nimageType: {Wavelet: {wavelet: db2, level: 2}}\nfeatureClass: {firstorder: }"),
    ("later level of bior2.2", SP, AXES, "float64", EDGE, 1,
     "setting: {}\nimageType: {Wavelet: {wavelet: bior2.2, start_level: 1}}\nfeatureClass: {firstorder: }"),
    ("linear", SP, AXES, "int16", ROUND, 1, "setting: {%s, interpolator: sitkLinear}\n" % RESAMPLE + ALL),
    ("nearest", SP, AXES, "int16", ROUND, 1, "setting: {%s, interpolator: sitkNearestNeighbor}\n" % RESAMPLE + ALL),
    ("cropped first", SP, AXES, "int16", ROUND, 1,
     "setting: {preCrop: true, padDistance: 2}\nimageType: {LoG: {sigma: [1.5]}}\nfeatureClass: {firstorder: }"),
    ("LBP in slices", SP, AXES, "int16", ROUND, 1,
     "setting: {binWidth: 1}\nimageType: {LBP2D: {}}\nfeatureClass: {firstorder: , glcm: }"),
    ("LBP across y, a wider circle", SP, AXES, "float64", ROUND, 1,
     "setting: {binWidth: 1, force2D: true, force2Ddimension: 1, lbp2DRadius: 1.5, lbp2DSamples: 12}\nimageType: {LBP2D: {}}\nfeatureClass: {firstorder: , glrlm: }"),
    ("LBP across x, the least rotation", SP, AXES, "int16", EDGE, 1,
     "setting: {binWidth: 8, force2Ddimension: 2, lbp2DMethod: ror}\nimageType: {LBP2D: {}}\nfeatureClass: {firstorder: , glszm: }"),
    ("LBP in space", SP, AXES, "int16", ROUND, 1,
     "setting: {binWidth: 0.2}\nimageType: {LBP3D: {}}\nfeatureClass: {firstorder: , glcm: }"),
    ("LBP in space, three levels, further out", SP, AXES, "float64", EDGE, 1,
     "setting: {binWidth: 0.5, lbp3DLevels: 3, lbp3DIcosphereRadius: 2.5, lbp3DIcosphereSubdivision: 2}\nimageType: {LBP3D: {}}\nfeatureClass: {firstorder: , ngtdm: }"),
    ("LBP in space, resampled", SP, OBLIQUE, "float32", ROUND, 1,
     "setting: {%s, binCount: 16, lbp3DIcosphereSubdivision: 0}\nimageType: {LBP3D: {}}\nfeatureClass: {firstorder: , gldm: }" % RESAMPLE),
    ("features by name", SP, AXES, "int16", ROUND, 1,
     "setting: {}\nfeatureClass: {shape: [Compactness1, MeshVolume], firstorder: [StandardDeviation, Mean], glcm: [MCC]}"),
]

out = []
for number, (name, spacing, direction, kind, mask, label, parameters) in enumerate(CASES):
    img = image(S, spacing, direction, "int16" if kind == "constant" else kind)
    if kind == "constant":
        img = sitk.Cast(img * 0 + 42, sitk.sitkInt16)
    m = sitk.GetImageFromArray(mask.astype(np.uint8))
    m.CopyInformation(img)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(parameters)
        f.flush()
        extractor = featureextractor.RadiomicsFeatureExtractor(f.name)
    found = extractor.execute(img, m, label=label)
    values = {k: float(v) for k, v in found.items() if not k.startswith("diagnostics")}
    if len(sys.argv) > 1:
        sitk.WriteImage(img, f"{sys.argv[1]}/{number}.image.nrrd")
        sitk.WriteImage(m, f"{sys.argv[1]}/{number}.mask.nrrd")
        open(f"{sys.argv[1]}/{number}.yaml", "w").write(parameters)
        json.dump(values, open(f"{sys.argv[1]}/{number}.json", "w"))
    out.append({
        "name": name, "size": S, "spacing": spacing, "direction": direction, "kind": kind, "label": label,
        "mask": "".join(str(v) for v in mask.ravel()), "parameters": parameters,
        "names": list(values), "values": [v if math.isfinite(v) else None for v in values.values()],
    })
with open("tests/data/radiomics_cases.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(case) for case in out) + "\n]\n")
print(len(out), "cases,", sum(len(case["names"]) for case in out), "values")
