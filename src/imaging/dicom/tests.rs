//! Whole series, sound and broken, each made from a written one.

use std::path::{Path, PathBuf};

use super::write::{SeriesText, write_series};
use super::{DicomFault, Gaps, SeriesChoice, list, read};
use crate::imaging::{Fault, Geometry, Millimetres, Volume, Voxels};

/// A volume of 4 x 3 pixels whose value is 100 times the slice plus the pixel's place.
fn volume(slices: usize) -> Volume {
    let direction = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let geometry =
        Geometry::new([4, 3, slices], Millimetres([-5.0, 7.5, 100.0]), Millimetres([0.7, 0.8, 2.5]), direction)
            .unwrap();
    let values = (0..12 * slices as i16).map(|index| index / 12 * 100 + index % 12).collect();
    Volume::new(geometry, Voxels::I16(values)).unwrap()
}

fn written(slices: usize) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let files = write_series(folder.path(), &volume(slices), &text(1)).unwrap();
    (folder, files)
}

fn text(number: u32) -> SeriesText {
    SeriesText { patient: "P1".into(), description: format!("phase {number}"), number, seed: 7 }
}

/// The file with another value of an attribute that has a short length.
fn with(bytes: &[u8], group: u16, element: u16, value: &[u8]) -> Vec<u8> {
    let tag = [group.to_le_bytes(), element.to_le_bytes()].concat();
    let at = bytes.windows(4).skip(132).position(|four| four == tag).expect("the attribute") + 132;
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    [&bytes[..at + 6], &(value.len() as u16).to_le_bytes(), &value, &bytes[at + 8 + length..]].concat()
}

fn edit(path: &Path, group: u16, element: u16, value: &[u8]) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, with(&bytes, group, element, value)).unwrap();
}

fn fault(path: &Path) -> DicomFault {
    let error = read(path, &SeriesChoice::default()).unwrap_err();
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    match error.fault {
        Fault::Dicom(fault) => fault,
        other => panic!("{other}"),
    }
}

#[test]
fn slices_are_sorted_by_position_whatever_their_names() {
    let (folder, files) = written(4);
    std::fs::rename(&files[0], folder.path().join("zz")).unwrap();
    std::fs::rename(&files[3], folder.path().join("aa.ima")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not an image").unwrap();
    let back = read(folder.path(), &SeriesChoice::default()).unwrap();
    assert_eq!(back, volume(4));
}

#[test]
fn a_gap_is_a_fault_and_is_filled_when_asked() {
    let (folder, files) = written(5);
    std::fs::remove_file(&files[2]).unwrap();
    let found = fault(folder.path());
    assert!(matches!(&found, DicomFault::Gap { before, after, missing: Some(1), .. }
        if before == "slice0002.dcm" && after == "slice0004.dcm"));
    let choice = SeriesChoice { gaps: Gaps::Interpolate, ..SeriesChoice::default() };
    // Values rise evenly from slice to slice, so that interpolation gives back what was lost.
    assert_eq!(read(folder.path(), &choice).unwrap(), volume(5));
    // No whole number of slices fits between these two.
    edit(&files[3], 0x0020, 0x0032, b"-5\\7.5\\106");
    edit(&files[4], 0x0020, 0x0032, b"-5\\7.5\\108.5");
    assert!(matches!(fault(folder.path()), DicomFault::Gap { missing: None, .. }));
    let error = read(folder.path(), &choice).unwrap_err();
    assert!(error.to_string().contains("irregular"), "{error}");
}

#[test]
fn duplicates_tilt_and_mixtures_are_faults() {
    let (folder, files) = written(3);
    std::fs::copy(&files[1], folder.path().join("copy.dcm")).unwrap();
    assert!(matches!(fault(folder.path()), DicomFault::Duplicate { one, other, .. }
        if one == "copy.dcm" && other == "slice0002.dcm"));

    let (folder, files) = written(3);
    for (index, file) in files.iter().enumerate() {
        let position = format!("-5\\{}\\{}", 7.5 + index as f64, 100.0 + 2.5 * index as f64);
        edit(file, 0x0020, 0x0032, position.as_bytes());
    }
    assert!(matches!(fault(folder.path()), DicomFault::Tilt { degrees } if (degrees - 21.801).abs() < 1e-3));

    let (folder, files) = written(3);
    edit(&files[1], 0x0020, 0x0032, b"-4\\7.5\\102.5");
    assert!(matches!(fault(folder.path()), DicomFault::OffLine { file, .. } if file == "slice0002.dcm"));

    let (folder, files) = written(3);
    edit(&files[2], 0x0020, 0x0037, b"0\\1\\0\\1\\0\\0");
    assert!(matches!(fault(folder.path()), DicomFault::MixedOrientation { .. }));

    let (folder, files) = written(3);
    edit(&files[2], 0x0028, 0x0010, &[4, 0]);
    assert!(matches!(fault(folder.path()), DicomFault::Mixed { what: "sizes", .. }));

    let (folder, files) = written(3);
    edit(&files[2], 0x0028, 0x0030, b"0.8\\0.9");
    assert!(matches!(fault(folder.path()), DicomFault::Mixed { what: "pixel spacings", .. }));
}

#[test]
fn several_series_have_to_be_told_apart() {
    let (folder, _) = written(3);
    let other = tempfile::tempdir().unwrap();
    for file in write_series(other.path(), &volume(2), &text(2)).unwrap() {
        std::fs::copy(&file, folder.path().join(format!("b{}", file.file_name().unwrap().display()))).unwrap();
    }
    let found = list(folder.path()).unwrap();
    assert_eq!(found.iter().map(|series| series.slices).collect::<Vec<_>>(), [2, 3]);
    let message = fault(folder.path()).to_string();
    assert!(message.contains("`phase 1`") && message.contains("`phase 2`"), "{message}");
    let choice = SeriesChoice { series: Some(found[1].uid.clone()), ..SeriesChoice::default() };
    assert_eq!(read(folder.path(), &choice).unwrap(), volume(3));
    let absent = SeriesChoice { series: Some("1.2".into()), ..SeriesChoice::default() };
    assert!(read(folder.path(), &absent).unwrap_err().to_string().contains("holds no series 1.2"));
    let none = tempfile::tempdir().unwrap();
    assert_eq!(fault(none.path()), DicomFault::NoImage);
}

#[test]
fn every_slice_is_rescaled_by_its_own_numbers() {
    let (folder, files) = written(2);
    edit(&files[0], 0x0028, 0x1053, b"2");
    edit(&files[1], 0x0028, 0x1052, b"-1024");
    let Voxels::I16(values) = read(folder.path(), &SeriesChoice::default()).unwrap().voxels else { panic!() };
    assert_eq!((values[5], values[12]), (10, 100 - 1024));
    edit(&files[1], 0x0028, 0x1053, b"0.5");
    let Voxels::F64(values) = read(folder.path(), &SeriesChoice::default()).unwrap().voxels else { panic!() };
    assert_eq!((values[5], values[13]), (10.0, 50.5 - 1024.0));
    // Beyond 16 bits the values widen, beyond 32 they are a fault.
    edit(&files[1], 0x0028, 0x1053, b"1000");
    assert!(matches!(read(folder.path(), &SeriesChoice::default()).unwrap().voxels, Voxels::I32(_)));
    edit(&files[1], 0x0028, 0x1053, b"2000000000");
    assert!(read(folder.path(), &SeriesChoice::default()).unwrap_err().to_string().contains("beyond 32 bits"));
    edit(&files[1], 0x0028, 0x1053, b"0");
    assert!(read(folder.path(), &SeriesChoice::default()).unwrap_err().to_string().contains("RescaleSlope"));
}

#[test]
fn bits_signs_and_monochrome_one() {
    let (folder, files) = written(1);
    // Twelve bits of an unsigned number: the upper four are no part of it.
    for (element, value) in [(0x0101, 12u16), (0x0102, 11), (0x0103, 0)] {
        edit(&files[0], 0x0028, element, &value.to_le_bytes());
    }
    let mut bytes = std::fs::read(&files[0]).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&[0xff, 0xff, 0x01, 0xf8]);
    std::fs::write(&files[0], &bytes).unwrap();
    let last_two = || match read(folder.path(), &SeriesChoice::default()).unwrap().voxels {
        Voxels::I16(values) => values[10..].to_vec(),
        other => panic!("{other:?}"),
    };
    assert_eq!(last_two(), [4095, 2049]);
    edit(&files[0], 0x0028, 0x0103, &[1, 0]);
    assert_eq!(last_two(), [-1, -2047]);
    edit(&files[0], 0x0028, 0x0004, b"MONOCHROME1");
    assert_eq!(last_two(), [-1, -2047]);
    edit(&files[0], 0x0028, 0x0004, b"RGB");
    assert!(matches!(
        read(folder.path(), &SeriesChoice::default()).unwrap_err().fault,
        Fault::Dicom(DicomFault::Value { keyword: "PhotometricInterpretation", .. })
    ));
}

#[test]
fn a_broken_file_is_named() {
    let (folder, files) = written(3);
    let whole = std::fs::read(&files[1]).unwrap();
    for cut in [0, 100, 131, 200, 500, whole.len() - 30, whole.len() - 1] {
        std::fs::write(&files[1], &whole[..cut]).unwrap();
        let error = read(folder.path(), &SeriesChoice::default()).unwrap_err();
        assert!(error.path == files[1], "{cut}: {error}");
    }
    // A length that lies, and pixels that are fewer than rows and columns say.
    let at = whole.windows(4).position(|four| four == [0xe0, 0x7f, 0x10, 0x00]).unwrap();
    let mut lying = whole.clone();
    lying[at + 8..at + 12].copy_from_slice(&[0xf0, 0xff, 0xff, 0xff]);
    std::fs::write(&files[1], &lying).unwrap();
    let error = read(folder.path(), &SeriesChoice::default()).unwrap_err().to_string();
    assert!(error.contains("PixelData") && error.contains("4294967280"), "{error}");
    std::fs::write(&files[1], &whole).unwrap();
    for file in &files {
        edit(file, 0x0028, 0x0011, &60_000u16.to_le_bytes());
        edit(file, 0x0028, 0x0010, &60_000u16.to_le_bytes());
    }
    let error = read(folder.path(), &SeriesChoice::default()).unwrap_err().to_string();
    assert!(error.contains("24 bytes where 60000 rows of 60000 pixels need 7200000000"), "{error}");
}

/// One attribute, explicit and little-endian.
fn attribute(group: u16, element: u16, kind: &str, value: &[u8]) -> Vec<u8> {
    let mut out = [group.to_le_bytes(), element.to_le_bytes()].concat();
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if kind == "UI" { 0 } else { b' ' });
    }
    out.extend(kind.as_bytes());
    if matches!(kind, "SQ" | "OW") {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
    out
}

fn sequence(group: u16, element: u16, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |item: &Vec<u8>| [&[0xfe, 0xff, 0x00, 0xe0][..], &(item.len() as u32).to_le_bytes(), item].concat();
    attribute(group, element, "SQ", &items.iter().flat_map(item).collect::<Vec<u8>>())
}

/// An enhanced CT image of the volume's slices, in the order of `places`; each frame has its own intercept.
fn enhanced(path: &Path, places: &[usize]) {
    let mut frames = Vec::new();
    let mut pixels: Vec<u8> = Vec::new();
    for place in places {
        let position = format!("-5\\7.5\\{}", 100.0 + 2.5 * *place as f64);
        let position = sequence(0x20, 0x9113, &[attribute(0x20, 0x32, "DS", position.as_bytes())]);
        let intercept = attribute(0x28, 0x1052, "DS", format!("{}", 100 * place).as_bytes());
        let values = sequence(0x28, 0x9145, &[[intercept, attribute(0x28, 0x1053, "DS", b"1")].concat()]);
        frames.push([position, values].concat());
        pixels.extend((0..12i16).flat_map(i16::to_le_bytes));
    }
    let orientation = attribute(0x20, 0x37, "DS", b"1\\0\\0\\0\\1\\0");
    let measures = [attribute(0x18, 0x50, "DS", b"2.5"), attribute(0x28, 0x30, "DS", b"0.8\\0.7")].concat();
    let shared = [sequence(0x20, 0x9116, &[orientation]), sequence(0x28, 0x9110, &[measures])].concat();
    let short = |element: u16, value: u16| attribute(0x28, element, "US", &value.to_le_bytes());
    let syntax = attribute(2, 0x10, "UI", b"1.2.840.10008.1.2.1");
    let body = [
        attribute(0x08, 0x16, "UI", b"1.2.840.10008.5.1.4.1.1.2.1"),
        attribute(0x20, 0x0e, "UI", b"1.2.3"),
        short(2, 1),
        attribute(0x28, 4, "CS", b"MONOCHROME2"),
        attribute(0x28, 8, "IS", places.len().to_string().as_bytes()),
        short(0x10, 3),
        short(0x11, 4),
        short(0x100, 16),
        short(0x101, 16),
        short(0x102, 15),
        short(0x103, 1),
        sequence(0x5200, 0x9229, &[shared]),
        sequence(0x5200, 0x9230, &frames),
        attribute(0x7fe0, 0x10, "OW", &pixels),
    ];
    std::fs::write(path, [&[0; 128][..], b"DICM", &syntax, &body.concat()].concat()).unwrap();
}

#[test]
fn frames_of_an_enhanced_image_are_slices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enhanced.dcm");
    enhanced(&path, &[2, 0, 1]);
    assert_eq!(read(&path, &SeriesChoice::default()).unwrap(), volume(3));
    assert_eq!(read(folder.path(), &SeriesChoice::default()).unwrap(), volume(3));
    assert_eq!(list(folder.path()).unwrap()[0].slices, 3);
    // Two frames of one place are phases in time, or a fault; either way no volume.
    enhanced(&path, &[2, 0, 1, 0]);
    match fault(&path) {
        DicomFault::Duplicate { one, other, .. } => {
            assert_eq!((one.as_str(), other.as_str()), ("enhanced.dcm, frame 2", "enhanced.dcm, frame 4"));
        }
        other => panic!("{other}"),
    }
}
