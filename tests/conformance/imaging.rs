//! Readers against the same images and masks in other formats, and against what ITK reads.

use std::path::Path;

use diptych::figures::{self, Figure, image_slices};
use diptych::imaging::slices::{self, View, Window};
use diptych::imaging::volume::Number;
use diptych::imaging::{self, Mismatch, Volume};
use diptych::on_voxels;
use diptych::run::operations;

use super::shared;

fn reals(volume: &Volume) -> Vec<f64> {
    on_voxels!(&volume.voxels, values => values.iter().map(|value| value.real()).collect())
}

fn inside(mask: &Volume, label: u32) -> Vec<bool> {
    reals(mask).iter().map(|value| *value == f64::from(label)).collect()
}

fn count(flags: &[bool]) -> usize {
    flags.iter().filter(|flag| **flag).count()
}

/// Smallest and largest value, sum, and sum weighted by the voxel's place modulo 251.
fn digest(volume: &Volume) -> [i64; 4] {
    let values = reals(volume);
    let (mut low, mut high, mut sum, mut weighted) = (i64::MAX, i64::MIN, 0, 0);
    for (index, value) in values.iter().enumerate() {
        assert_eq!(value.fract(), 0.0);
        let value = *value as i64;
        (low, high) = (low.min(value), high.max(value));
        sum += value;
        weighted += value * (index % 251) as i64;
    }
    [low, high, sum, weighted]
}

fn read(path: &Path) -> Volume {
    imaging::read(path).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn series_are_what_itk_reads() {
    // Sizes, spacing, origin and digests as SimpleITK 2.5.7 gives them.
    let cases = [
        (
            "totalsegmentator/example_ct_dicom",
            [512, 512, 20],
            [0.9765625, 0.9765625, 2.0],
            [-249.51171875, -437.51171875, -804.5],
            [-1024, 1839, -3_272_217_339, -409_046_996_784],
        ),
        (
            "dcmqi_liver/ct-3slice",
            [512, 512, 3],
            [0.810547, 0.810547, 0.999_999_999_999_992_9],
            [-235.199997, -226.800003, -128.690002],
            [-3024, 1381, -750_951_030, -93_923_695_516],
        ),
        (
            "ibsi1/ibsi_1_ct_radiomics_phantom/dicom/image",
            [204, 201, 60],
            [0.976_999_998_092_65, 0.976_999_998_092_65, 2.999_999_999_999_848_6],
            [-174.394_500_732_42, -79.625_503_540_039, -100.400_001_525_87],
            [-1000, 3065, -655_581_056, -81_922_471_493],
        ),
    ];
    for (place, size, spacing, origin, expected) in cases {
        let Some(folder) = shared::file(&format!("data/imaging/{place}")) else { continue };
        // Twenty slices of JPEG 2000 take a minute without optimisation.
        if cfg!(debug_assertions) && place.starts_with("totalsegmentator") {
            println!("skipped without optimisation: {place}");
            continue;
        }
        let volume = read(&folder);
        assert_eq!(volume.size(), size, "{place}");
        for axis in 0..3 {
            assert!((volume.geometry.spacing().0[axis] - spacing[axis]).abs() < 1e-9, "{place}: {}", volume.geometry);
            assert!((volume.geometry.origin().0[axis] - origin[axis]).abs() < 1e-9, "{place}: {}", volume.geometry);
        }
        assert_eq!(digest(&volume), expected, "{place}");
        println!("{place}: {} voxels as ITK reads them", volume.voxels.len());
    }
}

#[test]
fn the_series_of_the_phantom_is_its_nifti() {
    let Some(folder) = shared::file("data/imaging/ibsi1/ibsi_1_ct_radiomics_phantom") else { return };
    let (series, nifti) = (read(&folder.join("dicom/image")), read(&folder.join("nifti/image/phantom.nii.gz")));
    assert!(series.geometry.mismatch(&nifti.geometry, 1e-4).is_none(), "{}\n{}", series.geometry, nifti.geometry);
    assert_eq!(reals(&series), reals(&nifti));
}

#[test]
fn the_grid_of_a_series_is_that_of_its_label_map() {
    let Some(folder) = shared::file("data/imaging/totalsegmentator") else { return };
    let labels = imaging::read_segmentation(&folder.join("example_seg_dicom.nii.gz")).unwrap();
    if cfg!(debug_assertions) {
        println!("skipped without optimisation: totalsegmentator");
        return;
    }
    let series = read(&folder.join("example_ct_dicom"));
    // The label map's axes run the other way: the same box of the patient, voxel by voxel.
    let map = labels.on(&series.geometry, Mismatch::ResampleMask).unwrap();
    let values = reals(&series);
    let liver = inside(&map.layers[0], 5);
    let mean = values.iter().zip(&liver).filter(|(_, flag)| **flag).map(|(value, _)| value).sum::<f64>()
        / count(&liver) as f64;
    println!("liver of the series: {} voxels, mean {mean:.1} HU", count(&liver));
    assert!(count(&liver) > 10_000 && (20.0..200.0).contains(&mean), "{} {mean}", count(&liver));
}

#[test]
fn the_structure_set_of_the_phantom_gives_its_mask() {
    let Some(folder) = shared::file("data/imaging/ibsi1/ibsi_1_ct_radiomics_phantom") else { return };
    let image = read(&folder.join("dicom/image"));
    let drawn = imaging::read_mask(&folder.join("dicom/mask"), &image.geometry, Mismatch::Refuse).unwrap();
    assert_eq!(drawn.segments[0].name, "GTV-1");
    let nifti = imaging::read_segmentation(&folder.join("nifti/mask/mask.nii.gz")).unwrap();
    let (ours, theirs) = (inside(&drawn.layers[0], 1), inside(&nifti.layers[0], 1));
    let differ = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
    let share = differ as f64 / count(&theirs) as f64;
    println!(
        "structure set of the IBSI phantom: {} voxels, its mask {}, {differ} differ ({:.3} %)",
        count(&ours),
        count(&theirs),
        100.0 * share
    );
    assert!(share <= 0.005);
}

#[test]
fn a_dicom_segmentation_is_its_label_map() {
    let Some(folder) = shared::file("data/imaging/dcmqi_liver") else { return };
    let segmentation = imaging::read_segmentation(&folder.join("liver.dcm")).unwrap();
    let map = imaging::read_segmentation(&folder.join("liver_seg.nrrd")).unwrap();
    let image = read(&folder.join("ct-3slice"));
    let label = imaging::segmentation::labels(&map.layers[0])[0];
    let (layer, number) = segmentation.named("Liver").unwrap();
    assert!(layer.geometry.mismatch(&map.layers[0].geometry, 1e-4).is_none());
    assert_eq!(inside(layer, number), inside(&map.layers[0], label));
    println!("liver of dcmqi: {} voxels, the same in both", count(&inside(layer, number)));
    // On the grid of its image it is the same again.
    let on = imaging::read_mask(&folder.join("liver.dcm"), &image.geometry, Mismatch::Refuse).unwrap();
    assert_eq!(on.layers[0].geometry, image.geometry);
    assert_eq!(inside(&on.layers[0], 1), inside(&map.layers[0], label));
    // Five segments, of which some overlap.
    let several = imaging::read_segmentation(&folder.join("partial_overlaps.dcm")).unwrap();
    assert_eq!(several.segments.len(), 5);
    assert!(several.layers.len() > 1);
    let counts: Vec<usize> =
        several.segments.iter().map(|segment| count(&inside(&several.layers[segment.layer], segment.label))).collect();
    println!("segments of partial_overlaps: {counts:?} on {} layers", several.layers.len());
    // As pydicom counts them.
    assert_eq!(counts, [9602, 11_888, 10_743, 6693, 4713]);
}

#[test]
fn the_slices_of_the_phantom_are_drawn() {
    let Some(folder) = shared::file("data/imaging/ibsi1/ibsi_1_ct_radiomics_phantom/nifti") else { return };
    let image = read(&folder.join("image/phantom.nii.gz"));
    let mask = imaging::read_segmentation(&folder.join("mask/mask.nii.gz")).unwrap();
    let window = Window { level: -100.0, width: 1000.0 };
    let view = View { window: Some(window), ..View::default() };
    let (shown, _) = slices::through(&image, &mask.layers[0], 1, &view).unwrap();
    let figure = image_slices::ImageSlices {
        patient: "IBSI phantom".into(),
        region: "GTV-1".into(),
        voxels: count(&inside(&mask.layers[0], 1)) as u64,
        window: (window.level, window.width),
        unit: "HU".into(),
        slices: shown.iter().map(operations::slices::slice).collect(),
    };
    assert!(figure.draw(figure.width()).unwrap().svg().unwrap().contains("IBSI phantom, GTV-1"));
    // For eyes: DIPTYCH_FIGURES names a folder to keep the figure in.
    if let Some(folder) = std::env::var_os("DIPTYCH_FIGURES") {
        figures::write(Path::new(&folder), "image_slices", &figure).unwrap();
    }
}
