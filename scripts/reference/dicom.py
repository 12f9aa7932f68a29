#!/usr/bin/env python3
"""Writes the small DICOM files of tests/imaging/data with pydicom, DCMTK and GDCM.

A slice of 40 x 30 pixels (a step, a ramp, flat parts and noise) is stored in every transfer syntax that is read. What
a lossy syntax decodes to is stored beside it, as DCMTK or GDCM decode it, in explicit little endian (`..._is.dcm`).
Segmentations (binary with overlap and empty slices left out; fractional) and a structure set lie on the grid of a
series of five slices, which is not stored: its geometry is in the test.

Needs pydicom and numpy, and the tools of dcmtk and libgdcm-tools.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/imaging/data")
CT = "1.2.840.10008.5.1.4.1.1.2"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


def uid(name):
    return generate_uid(entropy_srcs=[name])


def picture(bits, signed):
    """Pixels with everything a codec treats in its own way, from fixed numbers."""
    rng = np.random.default_rng(20)
    y, x = np.mgrid[0:30, 0:40]
    top = (1 << bits) - 1
    values = (x * y * top / (29 * 39)).astype(int)
    values[:, :12] = top // 3
    values[5:12, 2:9] = top
    values[20:, 25:] = rng.integers(0, top + 1, (10, 15))
    values[15:18, :] += rng.integers(0, 4, (3, 40))
    values = np.clip(values, 0, top)
    return values - (1 << (bits - 1)) if signed else values


def image(name, pixels, bits, signed):
    allocated = 8 if bits <= 8 else 16
    kind = ("i" if signed else "u") + str(allocated // 8)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CT
    meta.MediaStorageSOPInstanceUID = uid(name)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = CT, uid(name), "CT"
    ds.PatientName = ds.PatientID = "synthetic"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid("study"), uid("series " + name)
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [-20, -15, 7], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.8, 0.7], 2.5
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = allocated, bits, bits - 1, int(signed)
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = pixels.astype("<" + kind).tobytes()
    return ds


def enhanced():
    """Three slices of 6 x 7 in one object, the lowest second; slopes of their own."""
    stored = np.arange(3 * 42).reshape(3, 6, 7)
    ds = image("enhanced", stored[0], 16, True)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
                 "RescaleIntercept"):
        delattr(ds, name)
    ds.NumberOfFrames = 3
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = [0.8, 0.7], 2.5
    shared.PlaneOrientationSequence = Sequence([orientation])
    shared.PixelMeasuresSequence = Sequence([measures])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for number, z in enumerate([9.5, 7, 12]):
        frame, position, values = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [-20, -15, z]
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = number + 1, -1000, "HU"
        frame.PlanePositionSequence = Sequence([position])
        frame.PixelValueTransformationSequence = Sequence([values])
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.PixelData = stored.astype("<i2").tobytes()
    return ds


def grouped(frames, kind, segments, pixels, bits):
    """A segmentation: `frames` are (segment, z)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SEG
    meta.MediaStorageSOPInstanceUID = uid("seg" + kind)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = SEG, uid("seg" + kind), "SEG"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid("study"), uid("series seg" + kind)
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.NumberOfFrames = 1, "MONOCHROME2", len(frames)
    ds.Rows, ds.Columns = 6, 7
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    ds.SegmentationType = kind
    if kind == "FRACTIONAL":
        ds.SegmentationFractionalType, ds.MaximumFractionalValue = "PROBABILITY", 255
    described = []
    for number, label in segments:
        item = Dataset()
        item.SegmentNumber, item.SegmentLabel = number, label
        described.append(item)
    ds.SegmentSequence = Sequence(described)
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = [0.8, 0.7], 2.5, 2.5
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    items = []
    for number, z in frames:
        item, place, segment = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient, segment.ReferencedSegmentNumber = [-20, -15, z], number
        item.PlanePositionSequence, item.SegmentIdentificationSequence = Sequence([place]), Sequence([segment])
        items.append(item)
    ds.PerFrameFunctionalGroupsSequence = Sequence(items)
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    return ds


def packed(frames):
    return np.packbits(np.concatenate([frame.ravel() for frame in frames]).astype(np.uint8), bitorder="little").tobytes()


def structures():
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTSTRUCT
    meta.MediaStorageSOPInstanceUID = uid("rtstruct")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = RTSTRUCT, uid("rtstruct"), "RTSTRUCT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid("study"), uid("series rtstruct")

    def square(low, high, z):
        # Corners in voxels to millimetres.
        corners = [(low, low), (high, low), (high, high), (low, high)]
        return [number for x, y in corners for number in (-20 + 0.7 * x, -15 + 0.8 * y, z)]

    drawn = {
        ("ring", 5): [("CLOSED_PLANAR", square(0.5, 5.5, 9.5)), ("CLOSED_PLANAR", square(2.5, 4.5, 9.5))],
        ("core", 2): [("CLOSED_PLANAR", square(1.5, 4.5, 9.5)), ("POINT", [-20.0, -15.0, 9.5]),
                      ("CLOSED_PLANAR", square(1.5, 3.5, 12.0))],
    }
    rois, contours = [], []
    for (name, number), shapes in drawn.items():
        roi, contour = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        contour.ReferencedROINumber = number
        items = []
        for kind, numbers in shapes:
            item = Dataset()
            item.ContourGeometricType, item.NumberOfContourPoints = kind, len(numbers) // 3
            item.ContourData = [f"{number:.6f}" for number in numbers]
            items.append(item)
        contour.ContourSequence = Sequence(items)
        rois.append(roi)
        contours.append(contour)
    ds.StructureSetROISequence, ds.ROIContourSequence = Sequence(rois), Sequence(contours)
    return ds


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def main():
    OUT.mkdir(parents=True, exist_ok=True)

    def save(ds, name):
        path = OUT / f"{name}.dcm"
        ds.save_as(path, enforce_file_format=True)
        return path

    raw = save(image("unsigned", picture(12, False), 12, False), "explicit")
    signed = save(image("signed", picture(16, True), 16, True), "signed")
    small = save(image("small", picture(8, False), 8, False), "eight")
    inverted = image("inverted", picture(12, False), 12, False)
    inverted.PhotometricInterpretation = "MONOCHROME1"
    save(inverted, "monochrome1")

    for name, source, command in [
        ("implicit", raw, ["dcmconv", "+ti"]),
        ("big_endian", raw, ["dcmconv", "+tb"]),
        ("deflated", raw, ["dcmconv", "+td"]),
        ("rle", raw, ["dcmcrle"]),
        ("rle_signed", signed, ["dcmcrle"]),
        ("rle_eight", small, ["dcmcrle"]),
        ("jpeg_lossless", raw, ["dcmcjpeg", "+e1"]),
        ("jpeg_lossless_6", raw, ["dcmcjpeg", "+el", "+sv", "6"]),
        ("jpeg_lossless_signed", signed, ["dcmcjpeg", "+e1"]),
        ("jpeg_ls", raw, ["dcmcjpls", "+el"]),
        ("jpeg_ls_signed", signed, ["dcmcjpls", "+el"]),
        ("jpeg_ls_eight", small, ["dcmcjpls", "+el"]),
        ("jpeg_ls_near", raw, ["dcmcjpls", "+en", "+md", "3"]),
        ("jpeg_baseline", small, ["dcmcjpeg", "+eb"]),
        ("jpeg_extended", raw, ["dcmcjpeg", "+ee"]),
    ]:
        run(*command, source, OUT / f"{name}.dcm")
    run("gdcmconv", "--j2k", raw, OUT / "jpeg2000.dcm")
    run("gdcmconv", "--j2k", signed, OUT / "jpeg2000_signed.dcm")
    run("gdcmconv", "--j2k", "--lossy", "-I", "-r", "8", raw, OUT / "jpeg2000_lossy.dcm")
    run("dcmdjpls", OUT / "jpeg_ls_near.dcm", OUT / "jpeg_ls_near_is.dcm")
    run("dcmdjpeg", OUT / "jpeg_baseline.dcm", OUT / "jpeg_baseline_is.dcm")
    run("dcmdjpeg", OUT / "jpeg_extended.dcm", OUT / "jpeg_extended_is.dcm")
    run("gdcmconv", "--raw", OUT / "jpeg2000_lossy.dcm", OUT / "jpeg2000_lossy_is.dcm")

    a, b = np.zeros((6, 7), bool), np.zeros((6, 7), bool)
    a[1:4, 1:5], b[2:6, 3:7] = True, True
    # Segment 1 at 9.5 and 14.5 with nothing between, segment 2 at 9.5 over a part of it, segment 4 nowhere.
    frames = [(1, 9.5), (1, 14.5), (2, 9.5)]
    save(grouped(frames, "BINARY", [(1, "tumour"), (2, "vessel"), (4, "nothing")], packed([a, a, b]), 1), "seg_binary")
    share = np.zeros((6, 7), np.uint8)
    share[1, :] = [0, 50, 127, 128, 200, 255, 1]
    save(grouped([(1, 9.5)], "FRACTIONAL", [(1, "tumour")], share.tobytes(), 8), "seg_fractional")
    save(structures(), "structures")
    save(enhanced(), "enhanced")


main()
