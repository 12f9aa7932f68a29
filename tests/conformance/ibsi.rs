//! The IBSI convention against the reference values of IBSI-1: the digital phantom and CT configurations A to E.

use std::path::PathBuf;

use diptych::imaging::{self, Interpolation};
use diptych::progress::Watch;
use diptych::radiomics::Discretisation;
use diptych::radiomics::ibsi::{Aggregation, IbsiSettings, VolumeHistogram, extract};

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("DIPTYCH_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    if folder.join("data/imaging/ibsi1").is_dir() {
        Some(folder.join("data/imaging/ibsi1"))
    } else {
        println!("skipped: no ../shared");
        None
    }
}

/// Reference values are given to three digits.
fn to_three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[test]
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
fn reference_values_are_met() {
    let Some(folder) = shared() else { return };
    let digital = IbsiSettings {
        discretisation: Discretisation::None,
        aggregation: Aggregation::ALL.to_vec(),
        ..IbsiSettings::default()
    };
    let a = IbsiSettings {
        range: Some((-500.0, 400.0)),
        discretisation: Discretisation::SizeFrom { width: 25.0, lowest: -500.0 },
        aggregation: Aggregation::PLANAR.to_vec(),
        ..digital.clone()
    };
    let b = IbsiSettings {
        spacing: Some([2.0, 2.0, 0.0]),
        round: true,
        discretisation: Discretisation::Number(32),
        ..a.clone()
    };
    let c = IbsiSettings {
        spacing: Some([2.0, 2.0, 2.0]),
        range: Some((-1000.0, 400.0)),
        discretisation: Discretisation::SizeFrom { width: 25.0, lowest: -1000.0 },
        volume_histogram: VolumeHistogram::Width(2.5),
        aggregation: vec![Aggregation::Volume],
        ..b.clone()
    };
    let d = IbsiSettings {
        range: None,
        outliers: Some(3.0),
        discretisation: Discretisation::Number(32),
        volume_histogram: VolumeHistogram::Units,
        ..c.clone()
    };
    let e = IbsiSettings {
        interpolation: Interpolation::BSpline,
        range: Some((-1000.0, 400.0)),
        volume_histogram: VolumeHistogram::Number(1000),
        ..d.clone()
    };
    let ct = "ibsi_1_ct_radiomics_phantom/nifti";
    let cases = [
        ("dig_phantom", "ibsi_1_digital_phantom/nifti", digital),
        ("chest_config_a", ct, a),
        ("chest_config_b", ct, b),
        ("chest_config_c", ct, c),
        ("chest_config_d", ct, d),
        ("chest_config_e", ct, e),
    ];
    let mut unmatched = 0;
    for (name, place, settings) in cases {
        let place = folder.join(place);
        let image = imaging::read_image(&place.join("image/phantom.nii.gz")).unwrap();
        let mask = imaging::read_segmentation(&place.join("mask/mask.nii.gz")).unwrap();
        let found = extract(&image, &mask.layers[0], &settings, &Watch::silent()).unwrap().features;
        let text = std::fs::read_to_string(folder.join(format!("reference_values/ibsi_1_{name}.csv"))).unwrap();
        let (mut matched, mut wrong, mut absent) = (0, 0, 0);
        for line in text.lines().skip(1) {
            let mut cells = line.split(';');
            let (value, tolerance, tag) =
                (cells.next().unwrap_or(""), cells.next().unwrap_or(""), cells.next().unwrap_or("").trim());
            let (Ok(value), Ok(tolerance)) = (value.parse::<f64>(), tolerance.parse::<f64>()) else { continue };
            let family = tag.split('_').next().unwrap_or("");
            if matches!(family, "img" | "vox" | "mean" | "min" | "max" | "int") || tag.starts_with("morph_mask") {
                continue;
            }
            match found.get(tag).copied().flatten() {
                None => {
                    absent += 1;
                    println!("{name:<15} {tag:<28} not offered");
                }
                Some(ours) => {
                    let near = |v: f64| (v - value).abs() <= tolerance + 1e-9 * value.abs();
                    if near(ours) || near(to_three_digits(ours)) {
                        matched += 1;
                    } else {
                        wrong += 1;
                        println!("{name:<15} {tag:<28} {ours:.6} where {value} ± {tolerance}");
                    }
                }
            }
        }
        println!("{name:<15} matched {matched}, unmatched {wrong}, not offered {absent}");
        unmatched += wrong;
    }
    assert_eq!(unmatched, 0);
}
