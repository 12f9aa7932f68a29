//! Features against PyRadiomics' own numbers, and filtered images against its intermediate volumes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diptych::imaging::{self, Volume, VoxelBox};
use diptych::progress::Watch;
use diptych::radiomics::{Extraction, Settings, extract, read_parameters};

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("DIPTYCH_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    if folder.join("reference/radiomics").is_dir() {
        Some(folder)
    } else {
        println!("skipped: no ../shared");
        None
    }
}

fn parameters(folder: &Path, name: &str) -> Settings {
    let path = folder.join("reference/radiomics/params").join(format!("{name}.yaml"));
    read_parameters(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn extraction(image: &Path, mask: &Path, settings: &Settings) -> Extraction {
    let image = imaging::read_image(image).unwrap();
    let mask = imaging::read_segmentation(mask).unwrap();
    extract(image, mask.labelled(settings.label).unwrap(), settings, &Watch::silent()).unwrap()
}

/// `relative` when the reference is not near zero; 0 within 1e-9.
fn difference(ours: Option<f64>, theirs: Option<f64>) -> f64 {
    match (ours, theirs) {
        (Some(a), Some(b)) if (a - b).abs() <= 1e-9 => 0.0,
        (Some(a), Some(b)) => (a - b).abs() / b.abs().max(1e-300),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

fn parse(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|v| v.is_finite())
}

/// The worst difference over the reference's features, and how many there were.
fn compare(found: &Extraction, reference: &[(String, Option<f64>)]) -> (usize, String, f64) {
    let ours: BTreeMap<String, Option<f64>> = found.features.iter().map(|f| (f.full_name(), f.value)).collect();
    let mut worst = (String::from("-"), 0.0);
    for (name, theirs) in reference {
        let d = difference(ours.get(name).copied().flatten(), *theirs);
        if d > worst.1 {
            worst = (name.clone(), d);
        }
    }
    (reference.len(), worst.0, worst.1)
}

#[test]
fn every_feature_agrees_with_pyradiomics() {
    let Some(folder) = shared() else { return };
    let imaging = folder.join("data/imaging");
    let nrrd = |name: &str, what: &str| imaging.join(format!("pyradiomics/{name}_{what}.nrrd"));
    let ct = imaging.join("ibsi1/ibsi_1_ct_radiomics_phantom/nifti");
    let cases = [
        ("brain1", nrrd("brain1", "image"), nrrd("brain1", "label")),
        ("brain2", nrrd("brain2", "image"), nrrd("brain2", "label")),
        ("lung1", nrrd("lung1", "image"), nrrd("lung1", "label")),
        ("ibsi_ct", ct.join("image/phantom.nii.gz"), ct.join("mask/mask.nii.gz")),
    ];
    let mut failed = 0;
    println!("{:<12} {:<8} {:>8} {:>10}  feature", "parameters", "image", "features", "worst");
    for set in ["A_raw_bw25", "B_norm_bw25", "C_norm_bc32"] {
        let settings = parameters(&folder, set);
        for (name, image, mask) in &cases {
            let text = std::fs::read_to_string(folder.join(format!("reference/radiomics/{set}/{name}.csv"))).unwrap();
            let reference: Vec<(String, Option<f64>)> = text
                .lines()
                .skip(1)
                .filter(|line| !line.starts_with("diagnostics"))
                .filter_map(|line| line.split_once(','))
                .map(|(feature, value)| (feature.to_owned(), parse(value)))
                .collect();
            let found = extraction(image, mask, &settings);
            let order: Vec<String> = found.features.iter().map(|f| f.full_name()).collect();
            let theirs: Vec<String> = reference.iter().map(|(feature, _)| feature.clone()).collect();
            assert_eq!(order, theirs, "names and order of {set} {name}");
            let (n, feature, worst) = compare(&found, &reference);
            println!("{set:<12} {name:<8} {n:>8} {worst:>10.1e}  {feature}");
            failed += usize::from(worst > 1e-6);
        }
    }
    assert_eq!(failed, 0, "differences above 1e-6");
}

#[test]
fn sarcoma_patients_agree_with_pyradiomics() {
    let Some(folder) = shared() else { return };
    let settings = parameters(&folder, "A_raw_bw25");
    let text = std::fs::read_to_string(folder.join("reference/radiomics/sts_features_A.csv")).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let mut failed = 0;
    for line in lines {
        let mut cells = line.split(',');
        let patient = cells.next().unwrap();
        let reference: Vec<(String, Option<f64>)> =
            names.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), parse(cell))).collect();
        let number: String = patient.chars().rev().take_while(char::is_ascii_digit).collect();
        let number: String = number.chars().rev().collect();
        let file = |what: &str| folder.join(format!("data/imaging/sts/ct/STS_{number:0>3}_{what}.nii.gz"));
        let found = extraction(&file("ct"), &file("gtv"), &settings);
        let (n, feature, worst) = compare(&found, &reference);
        println!("sts {patient:<8} {n:>6} {worst:>10.1e}  {feature}");
        failed += usize::from(worst > 1e-6);
    }
    assert_eq!(failed, 0, "differences above 1e-6");
}

#[test]
fn filtered_volumes_agree_voxel_by_voxel() {
    use diptych::radiomics::filter::{Part, log, wavelet};
    use diptych::radiomics::region::Region;
    let Some(folder) = shared() else { return };
    for set in ["lung1_A_raw_bw25", "lung1_C_norm_bc32"] {
        let place = folder.join("reference/radiomics/intermediates").join(set);
        let read = |name: &str| -> Volume { imaging::read_image(&place.join(format!("{name}.nrrd"))).unwrap() };
        let image = read("image_resampled");
        let whole: VoxelBox = image.whole();
        let region = Region::new(whole, image.geometry.spacing().0, vec![1; whole.voxels()]);
        let worst = |ours: &[f64], theirs: &Volume| {
            ours.iter().zip(theirs.reals(&whole)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let ours = log::apply(&image, &region, &log::Sigma::new(4.0)).unwrap();
        let d = worst(&ours.values, &read("log-sigma-4-0-mm-3D"));
        println!("{set} {:<22} {d:.1e}", ours.name);
        assert!(d <= 1e-5, "{d}");
        wavelet::apply::<()>(&image, &region, &wavelet::Settings::default(), None, Part::Whole, &mut |derived| {
            let d = worst(&derived.values, &read(&derived.name));
            println!("{set} {:<22} {d:.1e}", derived.name);
            assert!(d <= 1e-9, "{d}");
            Ok(())
        })
        .unwrap()
        .unwrap();
    }
}
