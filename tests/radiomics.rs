//! Radiomics inside a study, on small made-up images: who is measured, what is remembered, which features stay.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use diptych::imaging::{self, Geometry, Volume, Voxels};
use diptych::progress::{Event, Watch};
use diptych::run::{FaultKind, Results, Store};
use diptych::{Rejected, Study};

const PATIENTS: usize = 16;

/// A ball with texture in every image; patient 3 has no image, patient 5 an empty mask, and only the first ten were
/// read twice in the arterial phase.
fn images(folder: &Path) {
    let size = [12, 11, 9];
    let mut table = "patient,size,event\n".to_owned();
    for patient in 1..=PATIENTS {
        let radius = 2.6 + (patient * 7 % 5) as f64 * 0.4;
        table.push_str(&format!("p{patient:02},{radius},{}\n", usize::from(patient * 11 % 7 < 3)));
        if patient == 3 {
            continue;
        }
        for (phase, offset) in [("arterial", 0usize), ("venous", 40)] {
            let geometry = Geometry::axis_aligned(size, [1.0, 1.0, 1.5]).unwrap();
            let place = |i: usize| [i % size[0], i / size[0] % size[1], i / size[0] / size[1]];
            let far = |i: usize, cx: f64| {
                let at = place(i);
                (0..3).map(|k| (at[k] as f64 - [cx, 5.0, 4.0][k]).powi(2)).sum::<f64>().sqrt()
            };
            let voxel = |i: usize| ((i * (patient + 3) * 31 + i / 7 * offset + patient * 13) % 173) as i16;
            let ball = |cx: f64| -> Volume {
                let inside = |i| u8::from(patient != 5 && far(i, cx) <= radius);
                Volume::new(geometry.clone(), Voxels::U8((0..geometry.voxels()).map(inside).collect())).unwrap()
            };
            let image = Voxels::I16((0..geometry.voxels()).map(voxel).collect());
            let image = Volume::new(geometry.clone(), image).unwrap();
            let write = |name: &str, volume: &Volume| {
                let path = folder.join(format!("{name}/p{patient:02}_{phase}.nrrd"));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                imaging::write_image(&path, volume).unwrap();
            };
            write("ct", &image);
            write("masks", &ball(6.0));
            if patient <= 10 {
                write("second", &ball(if patient % 2 == 0 { 6.0 } else { 5.6 }));
            }
        }
    }
    std::fs::write(folder.join("patients.csv"), table).unwrap();
}

const STUDY: &str = r#"study R
  seed 3

table patients from "patients.csv"
  key patient

images ct from "ct/{patient}_{phase}.nrrd"
  phases arterial, venous
  masks reader_1 = "masks/{patient}_{phase}.nrrd"
  masks reader_2 = "second/{patient}_{phase}.nrrd"

endpoint event = binary(event == 1)

features radiomics from ct
  filter original
  classes shape, firstorder, gldm
  keep where ICC(2, 1) > 0.5 between reader_1, reader_2

model M for event
  prepare radiomics by median then variance(min = 0.01) then z-score
  learn ridge
  fuse radiomics
"#;

fn run(folder: &Path, text: &str, watch: &Watch) -> Result<Results, Rejected> {
    std::fs::write(folder.join("r.study"), text).unwrap();
    let store = Store::at(&folder.join("store")).unwrap();
    Study::open(&folder.join("r.study")).unwrap().run(&store, watch).map(|finished| finished.report.results)
}

fn done(folder: &Path, text: &str) -> Results {
    run(folder, text, &Watch::silent()).unwrap_or_else(|rejected| match rejected {
        Rejected::Study(review) => panic!("{:?}", review.checked.diagnostics),
        Rejected::Run { failure, .. } => panic!("{:?}", failure.faults),
    })
}

#[test]
fn features_are_measured_and_told() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let results = done(folder.path(), STUDY);
    let answer = results.answer("features radiomics").unwrap();
    let table = |name: &str| {
        let found = answer.tables.iter().find(|table| table.name == name);
        found.unwrap_or_else(|| panic!("no table {name}")).csv()
    };
    let measured = table("measured");
    assert!(measured.contains("arterial,reader_1,16,1,0,1,14,46"), "{measured}");
    assert!(measured.contains("venous,reader_2,16,1,6,1,8,46"), "{measured}");
    let failures = table("failures");
    assert!(failures.contains("p05,venous,reader_2,"), "{failures}");
    assert!(failures.contains("has no voxel with label 1"), "{failures}");
    let agreement = table("agreement");
    assert_eq!(agreement.lines().count(), 1 + 2 * 46);
    // Every coefficient has its interval and the patients who were read twice.
    let row = agreement.lines().find(|line| line.starts_with("arterial,original_shape_MeshVolume")).unwrap();
    assert!(row.contains(" to ") && row.ends_with(",8,0,yes"), "{row}");
    let trace = table("features");
    assert!(trace.contains("measured,46,46,92"), "{trace}");
    let kept: Vec<usize> =
        trace.lines().nth(2).unwrap().rsplit(',').take(3).map(|count| count.parse().unwrap()).collect();
    assert_eq!(kept[0], kept[1] + kept[2]);
    assert!(kept[0] > 10 && kept[0] < 92, "{trace}");
    assert!(results.notices.iter().any(|notice| notice.code == "data::not-measured"));
    assert!(results.answer("model M").is_some());
}

#[test]
fn a_changed_setting_measures_only_what_it_touches() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let first = done(folder.path(), STUDY);
    // Without images nothing can be measured, so a second run of the same study reads all from the store; a study
    // with another class of features has to read images, and fails.
    for entry in std::fs::read_dir(folder.path().join("store")).unwrap() {
        assert!(entry.unwrap().path().is_dir());
    }
    let again = done(folder.path(), &STUDY.replace("> 0.5 between", "> 0.9 between"));
    let measured = |results: &Results| results.answer("features radiomics").unwrap().tables[0].clone();
    assert_eq!(measured(&first), measured(&again));
    // The same files, remembered: replacing the engine's input by a broken mask of the same name is noticed.
    std::fs::write(folder.path().join("masks/p01_venous.nrrd"), b"NRRD0004\n\n").unwrap();
    let broken = done(folder.path(), STUDY);
    assert_ne!(measured(&first), measured(&broken));
}

#[test]
fn what_is_finished_is_kept_when_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let counted = std::sync::Arc::new(AtomicUsize::new(0));
    let heard = counted.clone();
    let slot: std::sync::Arc<std::sync::Mutex<Option<Watch>>> = std::sync::Arc::default();
    let inner = slot.clone();
    let watch = Watch::with_listener(move |event| {
        if matches!(event, Event::Advance { task: "features radiomics", .. })
            && heard.fetch_add(1, Ordering::SeqCst) == 3
            && let Some(watch) = &*inner.lock().unwrap()
        {
            watch.cancel();
        }
    });
    *slot.lock().unwrap() = Some(watch.clone());
    match run(folder.path(), STUDY, &watch) {
        Err(Rejected::Run { failure, .. }) => assert_eq!(failure.faults[0].kind, FaultKind::Stopped),
        _ => panic!("it was stopped"),
    }
    let kept = walk(&folder.path().join("store"));
    assert!(kept >= 4, "{kept} pieces");
    // And the run taken up again ends like one that was never stopped.
    let resumed = done(folder.path(), STUDY);
    let other = tempfile::tempdir().unwrap();
    images(other.path());
    assert!(resumed.answers == done(other.path(), STUDY).answers, "other answers");
}

fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[test]
fn perturbed_masks_stand_in_for_a_second_reader() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let study = STUDY.replace(
        "between reader_1, reader_2",
        "over rotation(degrees = 10), translation(distance = 0.5 mm), contour-noise(deviation = 0.3 mm)",
    );
    let results = done(folder.path(), &study);
    let answer = results.answer("features radiomics").unwrap();
    let agreement = answer.tables.iter().find(|table| table.name == "agreement").unwrap();
    assert!(agreement.title.contains("rotation(degrees = 10)"), "{}", agreement.title);
    assert!(agreement.csv().lines().any(|line| line.ends_with(",14,0,yes")), "{}", agreement.csv());
}

#[test]
fn failures_stop_where_the_study_says_so() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let study = STUDY.replace("  filter original\n", "  filter original\n  failures stop\n");
    match run(folder.path(), &study, &Watch::silent()) {
        Err(Rejected::Run { failure, .. }) => {
            assert_eq!(failure.faults[0].code, "data::not-measured");
            assert!(failure.faults[0].message.contains("p05"), "{}", failure.faults[0].message);
        }
        _ => panic!("p05 cannot be measured"),
    }
}

#[test]
fn ibsi_and_parameter_files_are_other_protocols() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    std::fs::write(
        folder.path().join("params.yaml"),
        "setting: {binCount: 16}\nimageType: {Original: {}, Square: {}}\nfeatureClass: {firstorder: [Mean]}\n",
    )
    .unwrap();
    let clauses = "  filter original\n  classes shape, firstorder, gldm\n";
    let by_file = STUDY.replace(clauses, "  settings \"params.yaml\"\n").replace("> 0.5", "> 0.001");
    let trace = |results: &Results| results.answer("features radiomics").unwrap().tables[1].csv();
    let results = done(folder.path(), &by_file);
    assert!(trace(&results).contains("measured,2,2,4"), "{}", trace(&results));
    let by_ibsi = STUDY.replace(clauses, "  convention ibsi\n  discretize to 16 bins\n");
    let results = done(folder.path(), &by_ibsi);
    assert!(results.answer("features radiomics").unwrap().tables[0].rows.len() == 4);
}

#[test]
fn ibsi_aggregates_filters_and_chooses() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    let clauses = "  filter original\n  classes shape, firstorder, gldm\n";
    let study = STUDY.replace("> 0.5", "> 0.001").replace(
        clauses,
        "  convention ibsi\n  discretize to 8 bins\n  filter original, mean(support = 3)\n  classes firstorder, glcm, gldzm\n  aggregate slices, volume\n",
    );
    let names = |study: &str| -> Vec<String> {
        let results = done(folder.path(), study);
        let answer = results.answer("features radiomics").unwrap();
        let agreement = answer.tables.iter().find(|table| table.name == "agreement").unwrap().csv();
        agreement
            .lines()
            .filter_map(|line| line.strip_prefix("arterial,")?.split(',').next().map(str::to_owned))
            .collect()
    };
    let all = names(&study);
    let count = |start: &str, part: &str| all.iter().filter(|n| n.starts_with(start) && n.contains(part)).count();
    assert_eq!((count("stat_", ""), count("mean-3_stat_", "")), (18, 18), "{all:?}");
    assert_eq!((count("cm_", "_2D_avg"), count("cm_", "_3D_comb"), count("mean-3_cm_", "_2D_comb")), (25, 25, 25));
    assert_eq!((count("dzm_", "_2D"), count("dzm_", "_3D"), count("dzm_", "")), (16, 16, 32));
    // Nothing of what was not asked for: 2.5D, shape, run lengths.
    assert_eq!((count("", "_2_5D"), count("morph_", ""), count("", "rlm_")), (0, 0, 0));
    // Each convention knows its own classes.
    let wrong = study.replace("  convention ibsi\n", "").replace("  aggregate slices, volume\n", "");
    match run(folder.path(), &wrong, &Watch::silent()) {
        Err(Rejected::Study(review)) => {
            assert!(review.checked.diagnostics.iter().any(|found| found.code == "name::unknown-class"));
        }
        _ => panic!("PyRadiomics has no gldzm"),
    }
}

#[test]
fn slices_are_shown_and_masks_on_another_grid_are_resampled_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    // The mask of one patient lies a tenth of a voxel away.
    let path = folder.path().join("masks/p02_arterial.nrrd");
    let mask = imaging::read(&path).unwrap();
    let moved = Geometry::new(
        mask.size(),
        imaging::Millimetres([0.1, 0.0, 0.0]),
        mask.geometry.spacing(),
        *mask.geometry.direction(),
    )
    .unwrap();
    imaging::write_image(&path, &Volume::new(moved, mask.voxels).unwrap()).unwrap();
    let clause = "  filter original\n";
    let failures = |results: &Results| {
        let answer = results.answer("features radiomics").unwrap();
        answer.tables.iter().find(|table| table.name == "failures").unwrap().csv()
    };
    let refused = done(folder.path(), &STUDY.replace(clause, "  filter original\n  show slices\n"));
    let lines = failures(&refused);
    assert!(lines.contains("p02,arterial,reader_1,") && lines.contains("do not share a grid"), "{lines}");
    // 14 of 16 patients have an image and a region, and one of them another grid.
    let figures = &refused.answer("features radiomics").unwrap().figures;
    assert_eq!(figures.len(), 13 + 14);
    assert!(figures.iter().all(|figure| figure.kind == "image-slices"));
    assert!(figures.iter().any(|figure| figure.title.contains("venous, p02")));
    let both = STUDY.replace(clause, "  filter original\n  show slices\n  mismatch resample\n");
    let resampled = done(folder.path(), &both);
    assert!(!failures(&resampled).contains("p02"), "{}", failures(&resampled));
    assert_eq!(resampled.answer("features radiomics").unwrap().figures.len(), 14 + 14);
}
