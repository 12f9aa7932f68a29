//! Filters against the consensus of IBSI-2: every voxel of a response map within 1 % of the map's range, and features of
//! filtered images of the CT phantom within their tolerances.

use std::path::PathBuf;

use diptych::imaging::{self, Interpolation, Volume};
use diptych::progress::Watch;
use diptych::radiomics::Filter;
use diptych::radiomics::filter::mean::Boundary;
use diptych::radiomics::filter::{gabor, laws, mean, sampled_log, separable_wavelet};
use diptych::radiomics::ibsi::{Family, IbsiSettings, extract};

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("DIPTYCH_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let folder = folder.join("data/imaging/ibsi2");
    if folder.is_dir() {
        Some(folder)
    } else {
        println!("skipped: no ../shared");
        None
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
fn response_maps_are_met() {
    let Some(folder) = shared() else { return };
    let phantom = |name: &str| -> Volume {
        let place = folder.join(format!("ibsi_2_digital_phantom/nifti/{name}/image"));
        let file = std::fs::read_dir(place).unwrap().next().unwrap().unwrap().path();
        imaging::read(&file).unwrap()
    };
    let [board, impulse, sphere] = ["checkerboard", "impulse", "sphere"].map(phantom);
    let log = |image: &Volume, sigma: f64, flat: bool, boundary| {
        sampled_log::response(image, &sampled_log::Settings { sigma, cutoff: 4.0, flat, boundary })
    };
    let laws = |image: &Volume, word: &str, invariant: bool, energy: usize, boundary| {
        let kernels = laws::named(word).unwrap();
        laws::response(image, &laws::Settings { word: word.into(), kernels, invariant, energy, boundary })
    };
    let gabor = |image: &Volume, [sigma, lambda, gamma, theta, step]: [f64; 5], boundary| {
        let all_planes = step > 0.0;
        let settings = gabor::Settings { sigma, lambda, gamma, theta, step, all_planes, boundary };
        gabor::response(image, &image.whole(), &settings)
    };
    let wavelet = |image: &Volume, family: &str, band: &str, level: usize, invariant: bool, boundary| {
        let settings =
            separable_wavelet::Settings { family: family.into(), band: band.into(), level, invariant, boundary };
        separable_wavelet::response(image, &settings)
    };
    use Boundary::{Mirror, Nearest, Periodic, Zero};
    let maps = [
        ("1_a_1", mean::response(&board, 15, Zero, false)),
        ("1_a_2", mean::response(&board, 15, Nearest, false)),
        ("1_a_3", mean::response(&board, 15, Periodic, false)),
        ("1_a_4", mean::response(&board, 15, Mirror, false)),
        ("1_b_1", mean::response(&impulse, 15, Zero, true)),
        ("2_a", log(&impulse, 3.0, false, Zero)),
        ("2_b", log(&board, 5.0, false, Mirror)),
        ("2_c", log(&board, 5.0, true, Mirror)),
        ("3_a_1", laws(&impulse, "E5L5S5", false, 0, Zero)),
        ("3_a_2", laws(&impulse, "E5L5S5", true, 0, Zero)),
        ("3_a_3", laws(&impulse, "E5L5S5", true, 7, Zero)),
        ("3_b_1", laws(&board, "E3W5R5", false, 0, Mirror)),
        ("3_b_2", laws(&board, "E3W5R5", true, 0, Mirror)),
        ("3_b_3", laws(&board, "E3W5R5", true, 7, Mirror)),
        ("3_c_1", laws(&board, "L5S5", false, 0, Mirror)),
        ("3_c_2", laws(&board, "L5S5", true, 0, Mirror)),
        ("3_c_3", laws(&board, "L5S5", true, 7, Mirror)),
        ("4_a_1", gabor(&impulse, [10.0, 4.0, 0.5, 60.0, 0.0], Zero)),
        ("4_a_2", gabor(&impulse, [10.0, 4.0, 0.5, 0.0, 45.0], Zero)),
        ("4_b_1", gabor(&sphere, [20.0, 8.0, 2.5, 225.0, 0.0], Mirror)),
        ("4_b_2", gabor(&sphere, [20.0, 8.0, 2.5, 0.0, 22.5], Mirror)),
        ("5_a_1", wavelet(&impulse, "db2", "LHL", 1, false, Zero)),
        ("5_a_2", wavelet(&impulse, "db2", "LHL", 1, true, Zero)),
        ("6_a_1", wavelet(&sphere, "coif1", "HHL", 1, false, Periodic)),
        ("6_a_2", wavelet(&sphere, "coif1", "HHL", 1, true, Periodic)),
        ("7_a_1", wavelet(&board, "haar", "LLL", 2, true, Mirror)),
        ("7_a_2", wavelet(&board, "haar", "HHH", 2, true, Mirror)),
    ];
    let mut failed = Vec::new();
    println!("{:<8} {:>22} {:>8}", "map", "worst over tolerance", "outside");
    for (name, ours) in &maps {
        let path = folder.join(format!("reference_response_maps/{name}-ValidCRM.nii.gz"));
        let reference = imaging::read(&path).unwrap();
        let theirs = reference.reals(&reference.whole());
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let (low, high) = theirs.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
        let tolerance = 0.01 * (high - low);
        let differences = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / tolerance);
        let worst = differences.clone().fold(0.0, f64::max);
        let outside = differences.filter(|d| !(*d <= 1.0)).count();
        println!("{name:<8} {worst:>22.2e} {outside:>8}");
        if outside > 0 {
            failed.push(*name);
        }
    }
    println!("not offered: 8_a (Simoncelli), 9_a, 9_b_1 (Riesz with LoG), 10_b_1 (Riesz with Simoncelli)");
    assert!(failed.is_empty(), "outside the tolerance: {failed:?}");
}

/// The second phase: statistics of responses on the CT phantom, in slices as it is (A) and in space at 1 mm (B).
#[test]
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
fn features_of_responses_are_met() {
    let Some(folder) = shared() else { return };
    let phantom = folder.join("../ibsi1/ibsi_1_ct_radiomics_phantom/nifti");
    let image = imaging::read_image(&phantom.join("image/phantom.nii.gz")).unwrap();
    let mask = imaging::read_segmentation(&phantom.join("mask/mask.nii.gz")).unwrap();
    let slices =
        IbsiSettings { range: Some((-1000.0, 400.0)), families: vec![Family::Statistics], ..IbsiSettings::default() };
    let space =
        IbsiSettings { spacing: Some([1.0; 3]), interpolation: Interpolation::BSpline, round: true, ..slices.clone() };
    let boundary = Boundary::Mirror;
    let filters = |flat: bool| {
        let word = if flat { "L5E5" } else { "L5E5E5" };
        let kernels = laws::named(word).unwrap();
        let wavelet = |flat_band: &str, band: &str, level: usize| {
            let band = if flat { flat_band } else { band };
            Filter::SeparableWavelet(separable_wavelet::Settings {
                family: "db3".into(),
                band: band.into(),
                level,
                invariant: true,
                boundary,
            })
        };
        [
            Filter::Original,
            Filter::Mean { support: 5, flat },
            Filter::SampledLoG(sampled_log::Settings { sigma: 1.5, cutoff: 4.0, flat, boundary }),
            Filter::Laws(laws::Settings { word: word.into(), kernels, invariant: true, energy: 7, boundary }),
            Filter::Gabor(gabor::Settings {
                sigma: 5.0,
                lambda: 2.0,
                gamma: 1.5,
                theta: 0.0,
                step: 22.5,
                all_planes: !flat,
                boundary,
            }),
            wavelet("LH", "LLH", 1),
            wavelet("HH", "HHH", 2),
        ]
    };
    let text = std::fs::read_to_string(folder.join("reference_values.csv")).unwrap();
    let mut unmatched = Vec::new();
    println!("{:<6} {:>8} {:>10}", "filter", "matched", "unmatched");
    for (letter, settings, flat) in [("A", slices, true), ("B", space, false)] {
        for (number, filter) in filters(flat).into_iter().enumerate() {
            let name = format!("{}.{letter}", number + 1);
            let settings = IbsiSettings { filters: vec![filter], ..settings.clone() };
            let found = extract(&image, &mask.layers[0], &settings, &Watch::silent()).unwrap();
            assert!(found.skipped.is_empty(), "{:?}", found.skipped);
            let (mut matched, before) = (0, unmatched.len());
            for line in text.lines().skip(1).filter(|line| line.split(';').next() == Some(name.as_str())) {
                let cells: Vec<&str> = line.split(';').collect();
                let (tag, value, tolerance): (&str, f64, f64) =
                    (cells[2], cells[3].parse().unwrap(), cells[4].parse().unwrap());
                let ours = found.features.iter().find(|(known, _)| known.ends_with(tag)).and_then(|(_, value)| *value);
                match ours {
                    // Values are given to three digits.
                    Some(ours) if (ours - value).abs() <= tolerance + 0.005 * value.abs() * 0.2 => matched += 1,
                    ours => unmatched.push(format!("{name} {tag}: {ours:?} where {value} ± {tolerance}")),
                }
            }
            println!("{name:<6} {matched:>8} {:>10}", unmatched.len() - before);
            assert_eq!(matched + unmatched.len() - before, 18, "{name}");
        }
    }
    println!("not offered: 8 and 9 (Simoncelli)");
    assert!(unmatched.is_empty(), "{unmatched:#?}");
}
