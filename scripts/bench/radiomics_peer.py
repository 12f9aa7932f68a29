"""All features of one image and mask by PyRadiomics, for a comparison of whole processes on one thread.

python scripts/bench/radiomics_peer.py IMAGE MASK PARAMETERS LABEL OUT.csv
"""

import csv
import logging
import sys

import SimpleITK as sitk
from radiomics import featureextractor

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
logging.getLogger("radiomics").setLevel(logging.ERROR)


def main() -> None:
    image, mask, parameters, label, out = sys.argv[1:6]
    extractor = featureextractor.RadiomicsFeatureExtractor(parameters)
    features = extractor.execute(image, mask, label=int(label))
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        for name, value in features.items():
            if not name.startswith("diagnostics"):
                writer.writerow([name, repr(float(value))])


if __name__ == "__main__":
    main()
