//! Readers on small files that other software wrote (`scripts/reference/dicom.py`), on broken ones, and on mutations.

mod broken;
mod fuzz;

use std::path::PathBuf;

use diptych::imaging::volume::Number;
use diptych::imaging::{self, Geometry, Millimetres, Mismatch, Volume};
use diptych::on_voxels;

fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/imaging/data")).join(name)
}

fn read(name: &str) -> Volume {
    imaging::read(&data(name)).unwrap_or_else(|error| panic!("{error}"))
}

fn reals(volume: &Volume) -> Vec<f64> {
    on_voxels!(&volume.voxels, values => values.iter().map(|value| value.real()).collect())
}

#[test]
fn frames_of_an_enhanced_image_are_slices_in_their_order_in_the_patient() {
    let found = read("enhanced.dcm");
    assert_eq!((found.size(), found.geometry.origin()), ([7, 6, 3], Millimetres([-20.0, -15.0, 7.0])));
    assert_eq!(found.geometry.spacing(), Millimetres([0.7, 0.8, 2.5]));
    // Frames 1, 2 and 3 hold 0, 1, 2, ... in turn, with slopes 1, 2 and 3; the second is the lowest.
    let expected = (0..3).flat_map(|slice| {
        let frame = [1, 0, 2][slice];
        (0..42).map(move |pixel| f64::from((frame * 42 + pixel) * (frame + 1) - 1000))
    });
    assert_eq!(reals(&found), expected.collect::<Vec<f64>>());
}

#[test]
fn every_transfer_syntax_gives_the_same_values() {
    let lossless = [
        ("explicit.dcm", "implicit big_endian deflated rle jpeg_lossless jpeg_lossless_6 jpeg_ls jpeg2000 monochrome1"),
        ("signed.dcm", "rle_signed jpeg_lossless_signed jpeg_ls_signed jpeg2000_signed"),
        ("eight.dcm", "rle_eight jpeg_ls_eight"),
    ];
    for (plain, packed) in lossless {
        let expected = read(plain);
        assert_eq!(expected.size(), [40, 30, 1]);
        assert_eq!(expected.geometry.spacing().0, [0.7, 0.8, 2.5]);
        for name in packed.split(' ') {
            let found = read(&format!("{name}.dcm"));
            assert_eq!(found.geometry, expected.geometry, "{name}");
            assert!(reals(&found) == reals(&expected), "{name}");
        }
    }
    // The first pixels of the signed picture, as they were made.
    assert_eq!(reals(&read("signed.dcm"))[..2], [-10_923.0 - 1024.0; 2]);
}

#[test]
fn lossy_syntaxes_give_what_others_decode() {
    // Transforms may round to either side; JPEG-LS has none.
    for (name, tolerance) in [("jpeg_ls_near", 0.0), ("jpeg_baseline", 1.0), ("jpeg2000_lossy", 1.0)] {
        let (found, expected) = (read(&format!("{name}.dcm")), read(&format!("{name}_is.dcm")));
        let worst = reals(&found).iter().zip(reals(&expected)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= tolerance, "{name}: {worst}");
    }
    let error = imaging::read(&data("jpeg_extended.dcm")).unwrap_err().to_string();
    assert!(error.contains("jpeg_extended.dcm") && error.contains("12 bits"), "{error}");
}

fn grid(slices: usize) -> Geometry {
    let direction = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let (origin, spacing) = (Millimetres([-20.0, -15.0, 7.0]), Millimetres([0.7, 0.8, 2.5]));
    Geometry::new([7, 6, slices], origin, spacing, direction).unwrap()
}

/// Which voxels have the label, as (x, y, z).
fn voxels(mask: &Volume, label: u32) -> Vec<[usize; 3]> {
    let [nx, ny, _] = mask.size();
    let flags = reals(mask);
    let at = |index: usize| [index % nx, index / nx % ny, index / nx / ny];
    (0..flags.len()).filter(|index| flags[*index] == f64::from(label)).map(at).collect()
}

fn block(low: [usize; 3], high: [usize; 3]) -> Vec<[usize; 3]> {
    let mut out = Vec::new();
    for z in low[2]..high[2] {
        for y in low[1]..high[1] {
            out.extend((low[0]..high[0]).map(|x| [x, y, z]));
        }
    }
    out
}

#[test]
fn segmentations_with_overlap_and_slices_left_out() {
    let own = imaging::read_segmentation(&data("seg_binary.dcm")).unwrap();
    assert_eq!(own.layers.len(), 2);
    assert_eq!(own.layers[0].size(), [7, 6, 3]);
    let names: Vec<_> = own.segments.iter().map(|segment| (segment.name.as_str(), segment.label)).collect();
    assert_eq!(names, [("tumour", 1), ("vessel", 2), ("nothing", 4)]);
    let mask = imaging::read_mask(&data("seg_binary.dcm"), &grid(5), Mismatch::Refuse).unwrap();
    assert_eq!(mask.layers[0].geometry, grid(5));
    let (tumour, label) = mask.named("tumour").unwrap();
    assert_eq!(voxels(tumour, label), [block([1, 1, 1], [5, 4, 2]), block([1, 1, 3], [5, 4, 4])].concat());
    let (vessel, label) = mask.named("vessel").unwrap();
    assert_eq!(voxels(vessel, label), block([3, 2, 1], [7, 6, 2]));
    assert!(mask.labelled(4).unwrap_err().to_string().contains("its labels are 1, 2"));
    // An image that the mask reaches out of.
    let error = imaging::read_mask(&data("seg_binary.dcm"), &grid(3), Mismatch::Refuse).unwrap_err().to_string();
    assert!(error.contains("do not share a grid") && error.contains("7 x 6 x 3"), "{error}");
    let resampled = imaging::read_mask(&data("seg_binary.dcm"), &grid(3), Mismatch::ResampleMask).unwrap();
    assert_eq!(voxels(resampled.named("tumour").unwrap().0, 1), block([1, 1, 1], [5, 4, 2]));
}

#[test]
fn fractional_segments_are_cut_at_a_half() {
    let mask = imaging::read_mask(&data("seg_fractional.dcm"), &grid(5), Mismatch::Refuse).unwrap();
    assert_eq!(voxels(&mask.layers[0], 1), [[3, 1, 1], [4, 1, 1], [5, 1, 1]]);
}

#[test]
fn contours_become_masks() {
    let mask = imaging::read_mask(&data("structures.dcm"), &grid(5), Mismatch::Refuse).unwrap();
    let labels: Vec<_> = mask.segments.iter().map(|segment| (segment.name.as_str(), segment.label)).collect();
    assert_eq!(labels, [("ring", 1), ("core", 2)]);
    let ring: Vec<_> = block([1, 1, 1], [6, 6, 2])
        .into_iter()
        .filter(|[x, y, _]| !((3..5).contains(x) && (3..5).contains(y)))
        .collect();
    assert_eq!(voxels(mask.named("ring").unwrap().0, 1), ring);
    let core = [block([2, 2, 1], [5, 5, 2]), block([2, 2, 2], [4, 4, 3])].concat();
    assert_eq!(voxels(mask.named("core").unwrap().0, 2), core);
    assert_eq!(mask.layers.len(), 2);
    let error = imaging::read_segmentation(&data("structures.dcm")).unwrap_err().to_string();
    assert!(error.contains("only on the grid of an image"), "{error}");
    // Contours between the slices of another image.
    let off = Geometry::new([7, 6, 5], Millimetres([-20.0, -15.0, 8.25]), grid(5).spacing(), *grid(5).direction());
    let error = imaging::read_mask(&data("structures.dcm"), &off.unwrap(), Mismatch::Refuse).unwrap_err().to_string();
    assert!(error.contains("`ring`") && error.contains("between two slices"), "{error}");
    let error = imaging::read_mask(&data("structures.dcm"), &grid(1), Mismatch::Refuse).unwrap_err().to_string();
    assert!(error.contains("outside the image"), "{error}");
}

#[test]
fn a_folder_may_hold_an_image_or_a_segmentation() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data("explicit.dcm"), folder.path().join("a")).unwrap();
    std::fs::copy(data("seg_binary.dcm"), folder.path().join("b")).unwrap();
    assert_eq!(imaging::read(folder.path()).unwrap(), read("explicit.dcm"));
    assert_eq!(imaging::read_segmentation(folder.path()).unwrap().segments.len(), 3);
    std::fs::copy(data("structures.dcm"), folder.path().join("c")).unwrap();
    let error = imaging::read_segmentation(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds 2 segmentations"), "{error}");
    std::fs::copy(data("signed.dcm"), folder.path().join("d")).unwrap();
    assert!(imaging::read(folder.path()).unwrap_err().to_string().contains("holds 2 series"));
}
