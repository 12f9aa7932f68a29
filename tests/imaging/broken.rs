//! Broken files of every kind: each is refused with an error that names the file and the fault.

use std::path::{Path, PathBuf};

use diptych::imaging::{self, Fault, Geometry, ImagingError, Mismatch, Volume, Voxels};

fn volume(voxels: Voxels) -> Volume {
    Volume::new(Geometry::axis_aligned([4, 3, 2], [0.5, 0.75, 2.0]).unwrap(), voxels).unwrap()
}

fn sound() -> Volume {
    volume(Voxels::I16((0..24).map(|value| value * 10).collect()))
}

fn bytes_of(name: &str, volume: &Volume) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    imaging::write_image(&path, volume).unwrap();
    std::fs::read(&path).unwrap()
}

/// Writes the bytes and expects an error of this file that says `fault`.
fn refused(name: &str, bytes: &[u8], fault: &str) {
    expect(name, bytes, fault, |path| imaging::read(path).map(drop));
}

fn expect(name: &str, bytes: &[u8], fault: &str, read: impl Fn(&Path) -> Result<(), ImagingError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let error = read(&path).expect_err(fault);
    assert_eq!(error.path, path);
    let text = error.to_string();
    assert!(text.contains(name) && text.contains(fault), "wanted `{fault}`: {text}");
}

fn with(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + new.len()].copy_from_slice(new);
    out
}

#[test]
fn paths() {
    for name in ["nowhere.nii", "nowhere", "nowhere.dcm"] {
        let error = imaging::read(Path::new(name)).unwrap_err();
        assert!(matches!(error.fault, Fault::Io(_)) && error.to_string().contains(name), "{error}");
    }
    refused("image.png", b"\x89PNG", "announces no format");
    let empty = tempfile::tempdir().unwrap();
    let error = imaging::read(empty.path()).unwrap_err();
    assert!(error.to_string().contains("holds no DICOM image"), "{error}");
}

#[test]
fn nifti() {
    let whole = bytes_of("a.nii", &sound());
    refused("empty.nii", b"", "truncated");
    refused("head.nii", &whole[..200], "truncated: 348 bytes");
    refused("short.nii", &whole[..whole.len() - 1], "truncated: 48 bytes of voxels announced, 47 found");
    refused("text.nii", &b"patient,age\n".repeat(60), "is no NIfTI file");
    refused("pair.nii", &with(&whole, 344, b"ni1\0"), "header and voxels in two files");
    refused("type.nii", &with(&whole, 70, &128i16.to_le_bytes()), "no type with one real number");
    refused("none.nii", &with(&whole, 42, &0i16.to_le_bytes()), "an axis without voxels");
    refused("below.nii", &with(&whole, 42, &(-4i16).to_le_bytes()), "an axis without voxels");
    refused("rank.nii", &with(&whole, 40, &9i16.to_le_bytes()), "number of dimensions");
    let absurd = [32_767i16; 3].map(i16::to_le_bytes).concat();
    refused("absurd.nii", &with(&whole, 42, &absurd), "more than a file of");
    let mut four = with(&whole, 40, &4i16.to_le_bytes());
    four[48..50].copy_from_slice(&7i16.to_le_bytes());
    refused("four.nii", &four, "more than three dimensions");
    refused("place.nii", &with(&whole, 108, &f32::NAN.to_le_bytes()), "vox_offset");
    refused("far.nii", &with(&whole, 108, &1e9f32.to_le_bytes()), "truncated");
    refused("flat.nii", &with(&whole, 280, &[0; 12]), "perpendicular");
    // A shear is no grid with right angles.
    refused("shear.nii", &with(&whole, 284, &0.4f32.to_le_bytes()), "perpendicular");
    let packed = bytes_of("a.nii.gz", &sound());
    refused("cut.nii.gz", &packed[..packed.len() / 2], "truncated");
    let mut torn = packed.clone();
    torn.truncate(40);
    torn.extend([0xaa; 200]);
    refused("torn.nii.gz", &torn, "torn.nii.gz");
}

#[test]
fn voxels_that_are_no_numbers() {
    let mut values = vec![1.0f32; 24];
    (values[3], values[4]) = (f32::NAN, f32::INFINITY);
    for name in ["nan.nii", "nan.nii.gz", "nan.nrrd"] {
        refused(name, &bytes_of(name, &volume(Voxels::F32(values.clone()))), "2 voxels are not a finite number");
    }
    // A slope that makes numbers infinite does the same.
    let wild = with(&bytes_of("a.nii", &sound()), 112, &3e38f32.to_le_bytes());
    refused("slope.nii", &wild, "not a finite number");
}

#[test]
fn nrrd() {
    let head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nendian: little\nencoding: raw\n\n";
    let voxels = "0123456789abcdef";
    let case = |from: &str, to: &str| format!("{}{voxels}", head.replace(from, to)).into_bytes();
    assert!(imaging::nrrd::read(&tempfile_with("ok.nrrd", &case("raw", "raw")).1).is_ok());
    refused("short.nrrd", &case("raw", "raw")[..head.len() + 9], "truncated: 16 bytes of voxels announced, 9 found");
    refused("sign.nrrd", b"NRDD0004\n", "is no NRRD file");
    refused("kind.nrrd", &case("short", "block"), "no type with one real number");
    refused("zero.nrrd", &case("2 2 2", "2 0 2"), "an axis without voxels");
    refused("word.nrrd", &case("2 2 2", "2 two 2"), "no list of whole numbers");
    refused("count.nrrd", &case("2 2 2", "2 2"), "as many numbers as `dimension`");
    refused("large.nrrd", &case("2 2 2", "99999 99999 99999"), "more than a file of");
    refused("huge.nrrd", &case("2 2 2", "18446744073709551615 4294967296 2"), "huge.nrrd");
    refused("end.nrrd", &case("endian: little\n", ""), "lacks `endian`");
    refused("odd.nrrd", &case("little", "middle"), "neither little nor big");
    refused("pack.nrrd", &case("raw", "zip"), "packed with `zip`");
    refused("gz.nrrd", &case("raw", "gzip"), "gz.nrrd");
    refused("size.nrrd", &case("dimension: 3\n", ""), "lacks `dimension`");
    refused("line.nrrd", &case("dimension: 3", "dimension 3"), "no `field: value`");
    refused("step.nrrd", &case("encoding", "spacings: 1 0 1\nencoding"), "not positive and finite");
    refused("axes.nrrd", &case("encoding", "space directions: (1,0,0) (0,1,0)\nencoding"), "one vector per axis");
    let flat = "space: left-posterior-superior\nspace directions: (1,0,0) (1,0,0) (0,0,1)\nencoding";
    refused("flat.nrrd", &case("encoding", flat), "no directions in space");
    refused("world.nrrd", &case("encoding", "space: 3D-right-handed\nencoding"), "no space of a patient");
    refused("lost.nrrd", &case("encoding", "data file: nowhere.raw\nencoding"), "cannot be read");
    refused("skip.nrrd", &case("encoding", "byte skip: -2\nencoding"), "negative");
    refused("files.nrrd", &case("encoding", "data file: a%d.raw 1 9999999999 1\nencoding"), "sensible number");
    let text = head.replace("raw", "ascii");
    refused("text.nrrd", format!("{text}1 2 3 four 5 6 7 8").as_bytes(), "a voxel is no number");
    refused("few.nrrd", format!("{text}1 2 3 4 5 6 7 ").as_bytes(), "truncated");
    refused("beyond.nrrd", format!("{text}1 2 3 4 5 6 7 40000").as_bytes(), "does not fit");
}

fn tempfile_with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn masks() {
    let mask = |path: &Path| imaging::read_segmentation(path).map(drop);
    let half = volume(Voxels::F32(vec![0.5; 24]));
    expect("half.nii", &bytes_of("half.nii", &half), "is no label map: a voxel holds 0.5", mask);
    let below = volume(Voxels::I16(vec![-1; 24]));
    expect("below.nrrd", &bytes_of("below.nrrd", &below), "a voxel holds -1", mask);
    let nan = volume(Voxels::F64(vec![f64::NAN; 24]));
    expect("nan.nii", &bytes_of("nan.nii", &nan), "a voxel holds NaN", mask);
    // Nothing segmented is read; asking for a label of it is refused.
    let (_folder, path) = tempfile_with("zero.nii", &bytes_of("zero.nii", &volume(Voxels::U8(vec![0; 24]))));
    let fault = imaging::read_segmentation(&path).unwrap().labelled(1).unwrap_err().to_string();
    assert!(fault.contains("none: nothing is segmented"), "{fault}");
    // Another grid: both are stated.
    let grid = Geometry::axis_aligned([4, 3, 2], [0.5, 0.75, 2.5]).unwrap();
    let on = |path: &Path| imaging::read_mask(path, &grid, Mismatch::Refuse).map(drop);
    expect("grid.nii", &bytes_of("grid.nii", &volume(Voxels::U8(vec![1; 24]))), "0.5 x 0.75 x 2.5 mm", on);
    expect("grid.nii", &bytes_of("grid.nii", &volume(Voxels::U8(vec![1; 24]))), "0.5 x 0.75 x 2 mm", on);
    let slicer =
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 1 1 1\nencoding: raw\nSegment0_ID:=a\nSegment0_Layer:=3\n\n1";
    expect("layer.seg.nrrd", slicer.as_bytes(), "Layer 3 of segment a", mask);
    let slicer = slicer.replace("Layer:=3", "LabelValue:=first");
    expect("label.seg.nrrd", slicer.as_bytes(), "LabelValue first", mask);
}

fn dicom(name: &str) -> Vec<u8> {
    std::fs::read(super::data(name)).unwrap()
}

/// Where an attribute's value starts, and its length, in a file with explicit types.
fn value(bytes: &[u8], group: u16, element: u16) -> std::ops::Range<usize> {
    let tag = [group.to_le_bytes(), element.to_le_bytes()].concat();
    let at = bytes.windows(4).skip(132).position(|four| four == tag).expect("the attribute") + 132;
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    at + 8..at + 8 + length
}

fn changed(name: &str, group: u16, element: u16, new: &[u8]) -> Vec<u8> {
    let bytes = dicom(name);
    let range = value(&bytes, group, element);
    let length = (new.len() as u16).to_le_bytes();
    [&bytes[..range.start - 2], &length, new, &bytes[range.end..]].concat()
}

/// With a text within a sequence, whose length has to stay.
fn padded(name: &str, group: u16, element: u16, text: &[u8]) -> Vec<u8> {
    let mut new = text.to_vec();
    new.resize(value(&dicom(name), group, element).len(), b' ');
    changed(name, group, element, &new)
}

#[test]
fn dicom_images() {
    let whole = dicom("explicit.dcm");
    refused("empty.dcm", b"", "is no DICOM file");
    refused("text.dcm", &b"patient,age\n".repeat(60), "is no DICOM file");
    refused("head.dcm", &whole[..150], "head.dcm");
    refused("mid.dcm", &whole[..400], "mid.dcm");
    refused("cut.dcm", &whole[..whole.len() - 100], "PixelData at byte");
    let image = |group, element, new: &[u8], fault: &str| {
        refused("a.dcm", &changed("explicit.dcm", group, element, new), fault)
    };
    image(0x0002, 0x0010, b"1.2.840.10008.1.2.4.100\0", "transfer syntax 1.2.840.10008.1.2.4.100");
    image(0x0002, 0x0010, b"1.2.840.10008.1.2.4.90", "not divided into fragments");
    image(0x0028, 0x0002, &[3, 0], "SamplesPerPixel is `3`");
    image(0x0028, 0x0004, b"PALETTE COLOR ", "neither MONOCHROME1 nor MONOCHROME2");
    image(0x0028, 0x0010, &[0, 0], "Rows is `0`");
    image(0x0028, 0x0010, &[31, 0], "2400 bytes where 31 rows of 40 pixels need 2480");
    image(0x0028, 0x0010, b"", "lacks the attribute Rows");
    image(0x0028, 0x0030, b"0.8 ", "as many numbers");
    image(0x0028, 0x0030, b"0\\0.7 ", "not positive");
    image(0x0028, 0x0030, b"a\\0.7 ", "no list of numbers");
    image(0x0028, 0x0100, &[12, 0], "none of 1, 8, 16 and 32");
    image(0x0028, 0x0101, &[17, 0], "does not fit into BitsAllocated");
    image(0x0028, 0x0102, &[3, 0], "HighBit");
    image(0x0028, 0x1053, b"nan ", "no list of numbers");
    image(0x0020, 0x0032, b"", "lacks the attribute ImagePositionPatient");
    image(0x0020, 0x0037, b"1\\0\\0\\1\\0\\0 ", "no pair of perpendicular unit vectors");
    image(0x0018, 0x0050, b"", "SliceThickness");
    // The length of a text that reaches beyond the end of the file.
    let mut lying = whole.clone();
    let at = value(&whole, 0x0028, 0x0030).start;
    lying[at - 2..at].copy_from_slice(&u16::MAX.to_le_bytes());
    refused("lying.dcm", &lying, "PixelSpacing at byte");
    // Sequences without end.
    let nested =
        [&whole[..value(&whole, 0x0008, 0x0016).start - 8], &[8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255]]
            .concat();
    let item = [0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255, 8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255];
    refused("nested.dcm", &[nested, item.repeat(100_000)].concat(), "nested without end");
    for name in ["deflated", "rle", "jpeg_lossless", "jpeg_baseline", "jpeg_ls", "jpeg2000"] {
        let bytes = dicom(&format!("{name}.dcm"));
        let file = format!("{name}.dcm");
        refused(&file, &bytes[..bytes.len() - bytes.len() / 4], &file);
    }
    // Streams whose own size is another than the image's.
    for name in ["rle", "jpeg_lossless", "jpeg_ls", "jpeg2000"] {
        let file = format!("{name}.dcm");
        refused(&file, &changed(&file, 0x0028, 0x0011, &[41, 0]), "cannot be decoded");
    }
}

#[test]
fn dicom_masks() {
    let mask = |path: &Path| imaging::read_segmentation(path).map(drop);
    let binary = |group, element, new: &[u8], fault: &str| {
        expect("s.dcm", &changed("seg_binary.dcm", group, element, new), fault, mask)
    };
    binary(0x0062, 0x0001, b"LABELMAP", "neither BINARY nor FRACTIONAL");
    binary(0x0028, 0x0008, b"4 ", "need 21");
    binary(0x0028, 0x0008, b"2 ", "where each of the frames lies");
    binary(0x0028, 0x0008, b"99999999", "16 bytes where 6 rows of 7 pixels need 524999995");
    binary(0x0062, 0x0004, &[9, 0], "belongs to segment 1, which is not described");
    binary(0x0062, 0x0004, &[2, 0], "there twice");
    binary(0x0020, 0x0032, b"-20.0\\-15.0\\1e9 ", "more than a patient has");
    binary(0x0020, 0x0032, b"-20.0\\-9.00\\9.5 ", "beside the stack");
    binary(0x0020, 0x0032, b"-20.0\\-15.\\10.5 ", "between the slices");
    let drawn = |path: &Path| imaging::read_mask(path, &super::grid(5), Mismatch::Refuse).map(drop);
    let contour = |group, element, new: &[u8], fault: &str| {
        expect("r.dcm", &padded("structures.dcm", group, element, new), fault, drawn)
    };
    contour(0x3006, 0x0042, b"OPEN_PLANAR", "encloses no region");
    contour(0x3006, 0x0050, b"1\\2\\3\\4 ", "4 numbers");
    contour(0x3006, 0x0050, b"1\\2\\x ", "no list of numbers");
    contour(0x3006, 0x0050, b"-19\\-14\\7\\-18\\-14\\9.5\\-18\\-13\\12 ", "not parallel to the image's");
    contour(0x3006, 0x0050, b"-19\\-14\\8\\-18\\-14\\8\\-18\\-13\\8 ", "between two slices");
    contour(0x3006, 0x0022, b"", "lacks the attribute ROINumber");
    expect("image.dcm", &dicom("explicit.dcm"), "holds no segmentation", mask);
    expect("cut.dcm", &dicom("seg_binary.dcm")[..600], "cut.dcm", mask);
}
