//! Fitting whole designs with the tiny learner of `testing`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rand::RngExt;
use serde_json::Value as Json;

use super::testing::{CENTROID, Centroid, auc};
use super::*;
use crate::card::{Settings, Value};
use crate::learn::recipe::{Candidate, Design, Part, Recipe, Resampling, Search, StepPlan};
use crate::learn::{Block, Column, Values};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Censored, Outcome};

fn candidate() -> Candidate {
    Candidate { learner: &Centroid, settings: Settings::defaults(&CENTROID), grid: Vec::new() }
}

fn learn(block: &str) -> Recipe {
    Recipe::Learn { blocks: vec![block.to_owned()], candidates: vec![candidate()] }
}

fn plan(name: &str) -> StepPlan {
    let step = step(name).unwrap();
    StepPlan { step, settings: Settings::defaults(step.card()) }
}

fn design(recipe: Recipe) -> Design {
    let steps = vec![plan("median"), plan("z-score")];
    Design {
        recipe,
        prepare: BTreeMap::from([("a".to_owned(), steps.clone()), ("b".to_owned(), steps)]),
        choose: None,
        tune: None,
        cross_fit: Resampling::Folds { folds: 4, repeats: 1 },
    }
}

fn late(rule_name: &str) -> Design {
    let settings = Settings::defaults(rule(rule_name).unwrap().card());
    let part = |name: &str| Part { name: name.to_owned(), recipe: learn(name) };
    design(Recipe::Late { rule: rule_name.to_owned(), settings, parts: vec![part("a"), part("b")] })
}

fn search() -> Search {
    Search {
        metric: "test_auc".to_owned(),
        over: Resampling::Folds { folds: 3, repeats: 2 },
        draws: None,
        one_standard_error: false,
    }
}

/// Two blocks of three columns; the outcome hangs on the first of each.
fn data(n: usize, seed: u64) -> (BTreeMap<String, Block>, Vec<bool>) {
    let mut rng = Stream::root(seed).rng();
    let mut events = Vec::new();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 6];
    for _ in 0..n {
        let row: Vec<f64> = (0..6).map(|_| rng.random_range(-1.0..1.0)).collect();
        events.push(row[0] + row[3] + rng.random_range(-0.8..0.8) > 0.0);
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let block = |from: usize| {
        let columns = (0..3)
            .map(|index| Column { name: format!("x{index}"), values: Values::Number(columns[from + index].clone()) })
            .collect();
        Block::new(n, columns)
    };
    (BTreeMap::from([("a".to_owned(), block(0)), ("b".to_owned(), block(3))]), events)
}

fn none() -> BTreeMap<String, Vec<Option<String>>> {
    BTreeMap::new()
}

#[test]
fn late_fusion_beats_its_parts_and_freezes_exactly() {
    let (blocks, events) = data(160, 1);
    let outcome = Outcome::Binary(events.clone());
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let train: Vec<usize> = (0..100).collect();
    let test: Vec<usize> = (100..160).collect();
    for rule in ["logistic", "average", "weighted", "rank_average"] {
        let fitted = fit(&late(rule), &cohort, &train, &Work::new(Stream::root(5), &watch)).unwrap();
        let score = |predicted: &Predicted| {
            let own: Vec<bool> = predicted.rows.iter().map(|row| events[*row]).collect();
            auc(&own, predicted.prediction.scores()).unwrap()
        };
        let all = fitted.predict_parts(&blocks, &test).unwrap();
        assert!(score(&all[0].1) > score(&all[1].1).max(score(&all[2].1)), "{rule}");
        let again = FittedDesign::thaw(&serde_json::from_str(&fitted.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(again.predict_parts(&blocks, &test).unwrap(), all, "{rule}");
        assert_eq!(again.freeze(), fitted.freeze());
        assert_eq!(fitted.part("a").unwrap().learned().unwrap().names(), ["x0", "x1", "x2"]);
        assert_eq!(fitted.fused().unwrap().combiner().unwrap().summary().weights.len(), 2);
    }
}

#[test]
fn a_patient_without_a_modality_is_predicted_from_the_other() {
    let (mut blocks, events) = data(120, 2);
    let n = 120;
    let gaps = |block: &Block, missing: &[usize]| {
        let columns = block
            .columns()
            .iter()
            .map(|column| {
                let Values::Number(values) = &column.values else { unreachable!() };
                let mut values = values.clone();
                missing.iter().for_each(|row| values[*row] = f64::NAN);
                Column { name: column.name.clone(), values: Values::Number(values) }
            })
            .collect();
        Block::new(n, columns)
    };
    let b = gaps(&blocks["b"], &[3, 7, 110, 111]);
    let a = gaps(&blocks["a"], &[7, 111]);
    blocks.insert("a".to_owned(), a);
    blocks.insert("b".to_owned(), b);
    let outcome = Outcome::Binary(events);
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..100).collect();
    let fitted = fit(&late("logistic"), &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap();
    assert_eq!(fitted.left_out(), 1);
    assert_eq!(fitted.part("b").unwrap().left_out(), 2);
    let predicted = fitted.predict(&blocks, &[109, 110, 111]).unwrap();
    assert_eq!(predicted.rows, [109, 110]);
    assert_eq!(predicted.left_out, [111]);
    let early = design(Recipe::Learn { blocks: vec!["a".to_owned(), "b".to_owned()], candidates: vec![candidate()] });
    let fitted = fit(&early, &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap();
    assert_eq!(fitted.left_out(), 2);
    assert_eq!(fitted.learned().unwrap().names()[3], "b.x0");
    assert_eq!(fitted.predict(&blocks, &[109, 110, 111]).unwrap().rows, [109]);
}

#[test]
fn complete_cases_are_a_policy_and_missing_values_are_an_error_without_one() {
    let (mut blocks, events) = data(60, 3);
    let mut columns = blocks["a"].clone().into_columns();
    if let Values::Number(values) = &mut columns[1].values {
        values[4] = f64::NAN;
    }
    blocks.insert("a".to_owned(), Block::new(60, columns));
    let outcome = Outcome::Binary(events);
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..60).collect();
    let mut plain = design(learn("a"));
    plain.prepare.insert("a".to_owned(), vec![plan("z-score")]);
    let error = fit(&plain, &cohort, &rows, &Work::new(Stream::root(5), &watch)).err().unwrap();
    assert!(error.to_string().contains("missing values"), "{error}");
    plain.prepare.insert("a".to_owned(), vec![plan("complete_cases"), plan("z-score")]);
    let fitted = fit(&plain, &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap();
    assert_eq!((fitted.rows(), fitted.left_out()), (59, 1));
    assert_eq!(fitted.predict(&blocks, &rows).unwrap().left_out, [4]);
}

#[test]
fn chooses_and_tunes_and_tells_the_candidates() {
    let (blocks, events) = data(90, 4);
    let outcome = Outcome::Binary(events);
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..90).collect();
    let with = |search: Search| {
        let tuned = Candidate { grid: Centroid.grid(), ..candidate() };
        let mut design = design(Recipe::Learn { blocks: vec!["a".to_owned()], candidates: vec![tuned] });
        design.tune = Some(search);
        fit(&design, &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap()
    };
    let fitted = with(search());
    let tried = fitted.learned().unwrap().tried();
    assert_eq!(tried.len(), 3);
    assert_eq!(tried[0].mean, Some(0.5), "a constant prediction");
    assert!(tried.iter().all(|tried| tried.folds == 6 && tried.failed == 0));
    // 0.5 and 0 rank alike: the first of equals is chosen.
    assert_eq!(tried.iter().position(|tried| tried.chosen), Some(1));
    assert_eq!(with(Search { draws: Some(2), ..search() }).learned().unwrap().tried().len(), 2);

    let shrunk = Settings::new(&CENTROID, [("shrink", Value::Real(1.0))]).unwrap();
    let poor = Candidate { settings: shrunk, ..candidate() };
    let values = [0.0, 0.5, 1.0].map(Value::Real).to_vec();
    let good = Candidate { grid: vec![("shrink", values)], ..candidate() };
    let mut both = design(Recipe::Learn { blocks: vec!["a".to_owned()], candidates: vec![poor, good] });
    let failed = fit(&both, &cohort, &rows, &Work::new(Stream::root(5), &watch)).err().unwrap();
    assert!(matches!(failed, FuseError::Design { .. }));
    both.choose = Some(search());
    both.tune = Some(search());
    let fitted = fit(&both, &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap();
    let tried = fitted.learned().unwrap().tried();
    assert_eq!(tried.iter().filter(|tried| tried.stage == Stage::Choose).count(), 2);
    assert!(tried.len() == 5 && tried[1].chosen && !tried[0].chosen);
    // What the study fixes stays: without `tune` the learners are compared at their settings.
    both.tune = None;
    let Recipe::Learn { candidates, .. } = &mut both.recipe else { unreachable!() };
    candidates[1].grid = Vec::new();
    let fitted = fit(&both, &cohort, &rows, &Work::new(Stream::root(5), &watch)).unwrap();
    assert_eq!(fitted.learned().unwrap().tried().len(), 2);
}

#[derive(Default)]
struct Shelf {
    kept: Mutex<BTreeMap<String, Json>>,
    hits: Mutex<usize>,
}

impl Memo for Shelf {
    fn get(&self, key: &str) -> Option<Json> {
        let found = self.kept.lock().unwrap().get(key).cloned();
        *self.hits.lock().unwrap() += usize::from(found.is_some());
        found
    }

    fn put(&self, key: &str, value: &Json) {
        let text = value.to_string();
        self.kept.lock().unwrap().insert(key.to_owned(), serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn a_cross_fit_resumes_from_finished_folds_and_is_the_same_on_any_threads() {
    let (blocks, events) = data(80, 6);
    let outcome = Outcome::Binary(events);
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..80).collect();
    let shelf = Shelf::default();
    let mut design = late("logistic");
    design.tune = Some(search());
    let over = Resampling::Folds { folds: 4, repeats: 2 };
    let run =
        || cross_fit(&design, &over, &cohort, &rows, &Work::new(Stream::root(9), &watch).with_memo(&shelf)).unwrap();
    let first = run();
    assert_eq!(first.folds.len(), 8);
    assert_eq!(first.whole.repeats.len(), 2);
    assert_eq!(first.whole.average.rows, rows);
    assert_eq!(first.parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(first.fold_of.iter().flatten().all(Option::is_some));
    assert_eq!(*shelf.hits.lock().unwrap(), 0);
    let again = run();
    assert_eq!(*shelf.hits.lock().unwrap(), 8);
    assert_eq!(again.whole, first.whole);
    assert_eq!(again.parts, first.parts);
    assert_eq!(again.folds[3].design.freeze(), first.folds[3].design.freeze());
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone =
        alone.install(|| cross_fit(&design, &over, &cohort, &rows, &Work::new(Stream::root(9), &watch)).unwrap());
    assert_eq!(alone.whole, first.whole);
    assert_eq!(first.selection().len(), 6);
}

#[test]
fn an_out_of_fold_prediction_has_not_seen_its_row() {
    // The prediction of a row does not change when its own outcome does.
    let (blocks, mut events) = data(60, 7);
    let columns = none();
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..60).collect();
    let held = |events: &[bool]| {
        let outcome = Outcome::Continuous(vec![0.0; 60]);
        let folds = crate::learn::folds::deal(
            &Resampling::Folds { folds: 5, repeats: 1 },
            &crate::learn::folds::Layout { outcome: &outcome, groups: None, columns: &columns },
            &rows,
            &Stream::root(3),
        );
        let fold = folds.unwrap().swap_remove(0);
        let outcome = Outcome::Binary(events.to_vec());
        let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
        let fitted = fit(&late("logistic"), &cohort, &fold.train, &Work::new(Stream::root(2), &watch)).unwrap();
        (fold.test.clone(), fitted.predict(&blocks, &fold.test).unwrap())
    };
    let (test, before) = held(&events);
    test.iter().for_each(|row| events[*row] = !events[*row]);
    assert_eq!(held(&events).1, before);
}

#[test]
fn survival_endpoints_are_served_and_late_logistic_is_refused() {
    let (blocks, events) = data(80, 8);
    let time: Vec<f64> = (0..80).map(|row| 1.0 + f64::from(row)).collect();
    let outcome = Outcome::Survival(Censored::new(time, events.iter().map(|event| u8::from(*event)).collect()));
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..80).collect();
    let work = Work::new(Stream::root(9), &watch);
    let error = fit(&late("logistic"), &cohort, &rows, &work).err().unwrap();
    assert!(matches!(&error, FuseError::WrongEndpoint { instead, .. } if instead.contains("average")), "{error}");
    let fitted = fit(&late("average"), &cohort, &rows, &work).unwrap();
    assert!(matches!(fitted.predict(&blocks, &rows).unwrap().prediction, crate::stats::Prediction::Risk(_)));
    watch.cancel();
    assert_eq!(fit(&late("average"), &cohort, &rows, &work).err(), Some(FuseError::Cancelled));
}

#[test]
fn a_selection_that_keeps_nothing_predicts_the_same_for_all() {
    let (blocks, events) = data(40, 9);
    let events_of = events.iter().filter(|event| **event).count();
    let outcome = Outcome::Binary(events);
    let columns = none();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let rows: Vec<usize> = (0..40).collect();
    let mut nothing = design(learn("a"));
    let variance = step("variance").unwrap();
    let settings = Settings::new(variance.card(), [("min", Value::Real(1e9))]).unwrap();
    nothing.prepare.insert("a".to_owned(), vec![StepPlan { step: variance, settings }]);
    let fitted = fit(&nothing, &cohort, &rows, &Work::new(Stream::root(1), &watch)).unwrap();
    assert!(fitted.learned().unwrap().learner().is_none());
    assert_eq!(fitted.trace()[0].1[0].after, 0);
    let predicted = fitted.predict(&blocks, &[0, 1]).unwrap();
    assert_eq!(predicted.prediction.scores(), [events_of as f64 / 40.0; 2]);
    let again = FittedDesign::thaw(&fitted.freeze()).unwrap();
    assert_eq!(again.predict(&blocks, &[0, 1]).unwrap(), predicted);
}

#[test]
fn stated_grids_are_settings_of_their_learners() {
    for (name, axes) in crate::learn::grids::stated() {
        let of_name: Vec<_> = learners().filter(|learner| learner.card().name == name).collect();
        assert!(!of_name.is_empty(), "{name} has a grid and is no learner");
        for learner in of_name {
            let grid: Vec<(&str, usize)> = learner.grid().iter().map(|(name, values)| (*name, values.len())).collect();
            assert_eq!(grid, axes, "{name}");
        }
    }
}
