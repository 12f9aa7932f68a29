"""The radiomics of the PRIME study with PyRadiomics, for comparison with examples/prime/prime.study.

PyRadiomics 3.0.1 and scikit-survival want different versions of numpy, so this runs in an environment of its own.
Usage: prime_radiomics.py FOLDER OUT, where FOLDER is what `diptych simulate prime` wrote.
"""
import sys
from pathlib import Path

import pandas as pd
import SimpleITK as sitk
from radiomics import featureextractor

FOLDER, OUT = Path(sys.argv[1]), Path(sys.argv[2])
OUT.mkdir(parents=True, exist_ok=True)

import logging
logging.getLogger("radiomics").setLevel(logging.ERROR)
extractor = featureextractor.RadiomicsFeatureExtractor(normalize=True, binCount=32, resampledPixelSpacing=[1, 1, 1],
                                                        interpolator="sitkBSpline")
extractor.settings.pop("binWidth", None)
extractor.disableAllImageTypes()
extractor.enableImageTypes(Original={}, LoG={"sigma": [4.0]}, Wavelet={"wavelet": "coif1"})
extractor.enableAllFeatures()


def read_series(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def extract(patient, phase, masks):
    path = FOLDER / masks / f"{patient}_{phase}.seg.nrrd"
    if not path.exists():
        return None
    mask = sitk.ReadImage(str(path))
    if mask.GetNumberOfComponentsPerPixel() > 1:
        mask = sitk.VectorIndexSelectionCast(mask, 0)
    image = read_series(FOLDER / "ct" / str(patient) / phase)
    found = extractor.execute(image, sitk.Cast(mask > 0, sitk.sitkUInt8))
    return {f"{phase}_{k}": float(v) for k, v in found.items() if not k.startswith("diagnostics_")}


def table_of(masks, patients):
    rows = {}
    for patient in patients:
        row = {}
        for phase in ("arterial", "venous"):
            try:
                row.update(extract(patient, phase, masks) or {})
            except Exception as fault:
                print("not measured:", patient, phase, masks, fault)
        if row:
            rows[patient] = row
    return pd.DataFrame.from_dict(rows, orient="index")


patients = pd.read_csv(FOLDER / "patients.csv", dtype={"patient": str}).patient
table_of("masks", patients).to_csv(OUT / "radiomics_reader_1.csv")
table_of("masks/reader_2", patients).to_csv(OUT / "radiomics_reader_2.csv")
