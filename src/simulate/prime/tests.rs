//! The simulated cohort is what its truth says, and the same every time.

use crate::progress::Watch;

use super::{Effects, Group, Simulation};

fn small(effects: Effects) -> Simulation {
    Simulation { patients: 24, sequenced: 3, seed: 5, effects, images: true }
}

#[test]
fn both_centres_have_the_sizes_asked_for_and_effects_go_where_they_are_said() {
    let of = |effects| Simulation { effects, ..Simulation::default() }.draw();
    let patients = of(Effects::On);
    let enrolled: Vec<_> = patients.iter().filter(|patient| patient.group == Group::Enrolled).collect();
    let of_centre = |centre: &str| enrolled.iter().filter(|patient| patient.centre == centre).count();
    assert_eq!((enrolled.len(), of_centre("SCH"), of_centre("QL")), (246, 133, 113));
    assert_eq!(patients.iter().filter(|patient| patient.group == Group::Sequenced).count(), 33);
    let difference = |effects, latent: fn(&super::Patient) -> f64| {
        let patients = of(effects);
        let mean = |responds: bool| {
            let of: Vec<f64> = patients
                .iter()
                .filter(|patient| patient.group == Group::Enrolled && patient.responds == responds)
                .map(latent)
                .collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        mean(true) - mean(false)
    };
    assert!(difference(Effects::On, |patient| patient.geometry) > 0.9);
    assert!(difference(Effects::Swapped, |patient| -patient.host) > 0.9);
    assert!(difference(Effects::Off, |patient| patient.geometry).abs() < 0.4);
    let rate = enrolled.iter().filter(|patient| patient.responds).count() as f64 / 246.0;
    assert!((0.4..0.65).contains(&rate), "{rate}");
    let deaths = enrolled.iter().filter(|patient| patient.died).count();
    assert!((120..220).contains(&deaths), "{deaths}");
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_the_study_accepts_them() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        small(Effects::On).write(folder.path(), &Watch::silent()).unwrap();
    }
    let files = crate::run::lock::within(folders[0].path()).unwrap();
    assert!(files.len() > 800, "{}", files.len());
    for file in &files {
        let other = folders[1].path().join(file.strip_prefix(folders[0].path()).unwrap());
        assert!(std::fs::read(file).unwrap() == std::fs::read(other).unwrap(), "{}", file.display());
    }
    let study = crate::Study::open(&folders[0].path().join("prime.study")).unwrap();
    let review = study.prepare().unwrap();
    let lock = study.lock_inputs(&review).unwrap();
    assert_eq!(lock.tables.len(), 1);
    assert_eq!(lock.files.iter().filter(|file| file.what == "expression").count(), 1);
    assert!(lock.files.iter().filter(|file| file.what == "image").count() > 40);
}

#[test]
fn a_lesion_lies_in_its_image_with_a_mask_of_the_same_grid() {
    use crate::simulate::phantom::{Lesion, Phase, Reader};
    let patients = Simulation::default().draw();
    let stream = crate::random::Stream::root(1);
    for patient in patients.iter().take(12) {
        let lesion = Lesion::new(patient.centre, patient.geometry, patient.size, &stream.named(&patient.key));
        let image = lesion.volume(Phase::Arterial, &stream).unwrap();
        let mask = lesion.mask(Reader::First, &stream).unwrap();
        assert!(image.geometry.mismatch(&mask.geometry, 1e-6).is_none());
        let region = crate::imaging::segmentation::label_box(&mask, 1).unwrap();
        // A margin of voxels on every side, so that the lesion is whole.
        assert!(region.low.iter().all(|low| *low > 0), "{region:?}");
        assert!((0..3).all(|axis| region.high[axis] < mask.size()[axis]), "{region:?}");
    }
}

/// The longest axis of a lesion over the two others, from the second moments of its voxels.
fn elongation(mask: &crate::imaging::Volume) -> f64 {
    let [nx, ny, _] = mask.size();
    let spacing = mask.geometry.spacing().0;
    let values = mask.reals(&mask.whole());
    let points: Vec<[f64; 3]> = (0..values.len())
        .filter(|place| values[*place] > 0.0)
        .map(|place| [place % nx, (place / nx) % ny, place / (nx * ny)])
        .map(|at| std::array::from_fn(|axis| at[axis] as f64 * spacing[axis]))
        .collect();
    let n = points.len() as f64;
    let mean: [f64; 3] = std::array::from_fn(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
    let moment =
        |i: usize, j: usize| points.iter().map(|point| (point[i] - mean[i]) * (point[j] - mean[j])).sum::<f64>() / n;
    let matrix: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| moment(i, j)));
    // The largest eigenvalue by power iteration.
    let (mut direction, mut largest) = ([1.0, 0.7, 0.4], 0.0);
    for _ in 0..60 {
        let next: [f64; 3] = std::array::from_fn(|i| (0..3).map(|j| matrix[i][j] * direction[j]).sum());
        largest = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        direction = next.map(|x| x / largest);
    }
    let trace = matrix[0][0] + matrix[1][1] + matrix[2][2];
    (largest / (0.5 * (trace - largest))).sqrt()
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let product =
        |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 { a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum() };
    product(x, mx, y, my) / (product(x, mx, x, mx) * product(y, my, y, my)).sqrt()
}

#[test]
fn geometry_shows_in_the_shape_of_a_lesion_and_not_in_its_volume() {
    use crate::simulate::phantom::{Lesion, Reader};
    let patients = Simulation::default().draw();
    let stream = crate::random::Stream::root(1);
    let (mut geometry, mut long, mut volume) = (Vec::new(), Vec::new(), Vec::<f64>::new());
    for patient in patients.iter().take(40) {
        let lesion = Lesion::new(patient.centre, patient.geometry, patient.size, &stream.named(&patient.key));
        let mask = lesion.mask(Reader::First, &stream.named("hand").named(&patient.key)).unwrap();
        geometry.push(patient.geometry);
        long.push(elongation(&mask).ln());
        volume.push(mask.reals(&mask.whole()).iter().sum());
    }
    assert!(correlation(&geometry, &long) < -0.85, "{}", correlation(&geometry, &long));
    assert!(correlation(&geometry, &volume).abs() < 0.4, "{}", correlation(&geometry, &volume));
}
