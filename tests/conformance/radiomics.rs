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
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
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
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
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

/// Our own small cases with PyRadiomics' values, made by `scripts/reference/radiomics_cases.py`: odd sizes, oblique
/// axes, one slice, several labels, the border, tiny and constant regions, and most settings.
#[test]
fn small_cases_agree_with_pyradiomics() {
    use diptych::imaging::{Geometry, Millimetres, Voxels};
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/radiomics_cases.json");
    let path = std::env::var_os("DIPTYCH_CASES").map_or(path, PathBuf::from);
    let cases: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut failed = 0;
    for case in cases.as_array().unwrap() {
        let numbers =
            |key: &str| -> Vec<f64> { case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
        let size: [usize; 3] = std::array::from_fn(|k| numbers("size")[k] as usize);
        let spacing = Millimetres(std::array::from_fn(|k| numbers("spacing")[k]));
        let flat = numbers("direction");
        let direction = std::array::from_fn(|row| std::array::from_fn(|axis| flat[row * 3 + axis]));
        let geometry = Geometry::new(size, Millimetres([-12.5, 7.25, 30.0]), spacing, direction).unwrap();
        let voxel = |i: usize| {
            let (x, y, z) = ((i % size[0]) as i64, (i / size[0] % size[1]) as i64, (i / size[0] / size[1]) as i64);
            (x * 73 + y * 151 + z * 283 + x * y * 7 + y * z * 11) % 97 + 6 * x - 4 * z
        };
        let every = 0..geometry.voxels();
        let voxels = match case["kind"].as_str().unwrap() {
            "int16" => Voxels::I16(every.map(|i| (voxel(i) * 3 - 150) as i16).collect()),
            "constant" => Voxels::I16(every.map(|_| 42).collect()),
            "float32" => Voxels::F32(every.map(|i| (voxel(i) as f64 * 0.37 - 20.0) as f32).collect()),
            _ => Voxels::F64(every.map(|i| voxel(i) as f64 * 0.37 - 20.0).collect()),
        };
        let mask = case["mask"].as_str().unwrap().bytes().map(|b| b - b'0').collect();
        let image = Volume::new(geometry.clone(), voxels).unwrap();
        let mask = Volume::new(geometry, Voxels::U8(mask)).unwrap();
        let mut settings = read_parameters(case["parameters"].as_str().unwrap()).unwrap();
        settings.label = case["label"].as_u64().unwrap() as u32;
        let found = extract(image, &mask, &settings, &Watch::silent()).unwrap();
        let names: Vec<String> =
            case["names"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect();
        assert_eq!(names, found.features.iter().map(|f| f.full_name()).collect::<Vec<_>>(), "{}", case["name"]);
        let values = case["values"].as_array().unwrap().iter().map(serde_json::Value::as_f64);
        let reference: Vec<(String, Option<f64>)> = names.into_iter().zip(values).collect();
        let (n, feature, worst) = compare(&found, &reference);
        println!("{:<36} {n:>5} {worst:>10.1e}  {feature}", case["name"].as_str().unwrap());
        failed += usize::from(worst > 1e-6);
    }
    assert_eq!(failed, 0, "differences above 1e-6");
}

/// The result does not depend on the number of threads.
#[test]
fn any_number_of_threads_gives_the_same_features() {
    let Some(folder) = shared() else { return };
    let settings = parameters(&folder, "A_raw_bw25");
    let file = |what: &str| folder.join(format!("data/imaging/pyradiomics/lung1_{what}.nrrd"));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| extraction(&file("image"), &file("label"), &settings).features)
    };
    assert_eq!(run(1), run(3));
}
