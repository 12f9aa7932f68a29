//! Leakage cannot be had: with labels that have nothing to do with the features, the cross-fitted
//! AUC of selection, choice, tuning and fusion together is 0.5. `scripts/reference/leaky.py` shows
//! what the same gives when selection and combiner see the rows they are judged on.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::testing::auc;
use super::*;
use crate::card::{EndpointKind, Settings, Value};
use crate::learn::Block;
use crate::learn::recipe::{Candidate, Design, Part, Recipe, Resampling, Search, StepPlan};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

fn plan(name: &str, settings: &[(&str, Value)]) -> StepPlan {
    let step = step(name).expect("a registered step");
    StepPlan { step, settings: Settings::new(step.card(), settings.iter().cloned()).expect("settings of the card") }
}

fn candidate(name: &str, given: &[(&str, Value)]) -> Option<Candidate> {
    let learner = learner(name, EndpointKind::Binary)?;
    let settings = Settings::new(learner.card(), given.iter().cloned()).ok()?;
    let free = |setting: &&'static str| given.iter().all(|(name, _)| name != setting);
    let grid = learner.grid().into_iter().filter(|(setting, _)| free(setting)).collect();
    Some(Candidate { learner, settings, grid })
}

struct Trial {
    rows: usize,
    features: usize,
    fusion: &'static str,
    selection: Vec<StepPlan>,
    candidates: Vec<Candidate>,
}

impl Trial {
    fn design(&self) -> Design {
        let search = Search {
            metric: "AUC".to_owned(),
            over: Resampling::Folds { folds: 5, repeats: 1 },
            draws: Some(6),
            one_standard_error: false,
        };
        let blocks = ["clinical".to_owned(), "radiomics".to_owned()];
        let recipe = if self.fusion == "early" {
            Recipe::Learn { blocks: blocks.to_vec(), candidates: self.candidates.clone() }
        } else {
            let part = |name: &String| Part {
                name: name.clone(),
                recipe: Recipe::Learn { blocks: vec![name.clone()], candidates: self.candidates.clone() },
            };
            let settings = Settings::defaults(rule(self.fusion).expect("a registered rule").card());
            Recipe::Late { rule: self.fusion.to_owned(), settings, parts: blocks.iter().map(part).collect() }
        };
        Design {
            recipe,
            prepare: blocks.iter().map(|block| (block.clone(), self.selection.clone())).collect(),
            choose: (self.candidates.len() > 1).then(|| search.clone()),
            tune: Some(search),
            cross_fit: Resampling::Folds { folds: 5, repeats: 1 },
        }
    }

    /// AUC of the out-of-fold predictions, the mean over folds and that of all rows together.
    fn run(&self, seed: u64) -> (f64, f64) {
        let stream = Stream::root(seed);
        let mut rng = stream.named("data").rng();
        let mut block = |columns: usize| {
            let x = ndarray::Array2::from_shape_fn((self.rows, columns), |_| {
                (0..4).map(|_| rng.random_range(-1.0..1.0)).sum::<f64>()
            });
            Block::from_matrix(&(0..columns).map(|index| format!("x{index}")).collect::<Vec<_>>(), &x)
        };
        let few = self.features / 10;
        let blocks =
            BTreeMap::from([("clinical".to_owned(), block(few)), ("radiomics".to_owned(), block(self.features - few))]);
        let mut events: Vec<bool> = (0..self.rows).map(|row| row % 2 == 0).collect();
        events.shuffle(&mut rng);
        let outcome = Outcome::Binary(events.clone());
        let columns = BTreeMap::new();
        let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
        let rows: Vec<usize> = (0..self.rows).collect();
        let design = self.design();
        let watch = Watch::silent();
        let held = cross_fit(&design, &design.cross_fit, &cohort, &rows, &Work::new(stream, &watch)).expect("a fit");
        let score = |rows: &[usize]| {
            let scores: Vec<f64> = rows.iter().map(|row| held.whole.average.prediction.scores()[*row]).collect();
            auc(&rows.iter().map(|row| events[*row]).collect::<Vec<_>>(), &scores).expect("two classes")
        };
        let by_fold: Vec<f64> = held.folds.iter().map(|fold| score(&fold.fold.test)).collect();
        (by_fold.iter().sum::<f64>() / by_fold.len() as f64, score(&rows))
    }
}

/// Mean, and half the width of its 95% interval.
fn summary(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    (mean, 2.01 * sd / n.sqrt())
}

#[test]
fn permuted_labels_give_chance() {
    let trial = Trial {
        rows: 50,
        features: 60,
        fusion: "logistic",
        selection: vec![plan("univariate", &[("p", Value::Real(0.05))]), plan("z-score", &[])],
        candidates: candidate("test_centroid", &[]).into_iter().collect(),
    };
    let scores: Vec<f64> = (0..6).map(|seed| trial.run(seed).0).collect();
    let (mean, half) = summary(&scores);
    assert!((mean - 0.5).abs() < half.max(0.08), "{mean} ± {half}");
}

/// The full proof; takes minutes, so it is asked for: `cargo test --release leakage -- --ignored`.
/// `LEAKAGE_PERMUTATIONS` and `LEAKAGE_LEARNERS` narrow it.
#[test]
#[ignore = "takes minutes"]
fn leakage_of_every_learner_and_both_fusions() {
    let permutations = std::env::var("LEAKAGE_PERMUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let wanted = std::env::var("LEAKAGE_LEARNERS").ok();
    let wanted: Option<Vec<&str>> = wanted.as_deref().map(|text| text.split(',').collect());
    let names: Vec<&str> = learners()
        .map(|learner| learner.card())
        .filter(|card| card.serves(EndpointKind::Binary) && !card.name.starts_with("test_"))
        .map(|card| card.name)
        .filter(|name| wanted.as_ref().is_none_or(|wanted| wanted.contains(name)))
        .collect();
    let mut outside = Vec::new();
    println!("{:<24} {:<10} {:>7} {:>17} {:>8}", "learner", "fusion", "AUC", "interval", "pooled");
    for name in names {
        let few = [("trees", Value::Integer(20))];
        let Some(candidate) = candidate(name, &few).or_else(|| candidate(name, &[])) else { continue };
        for fusion in ["early", "logistic"] {
            let trial = Trial {
                rows: 100,
                features: 1000,
                fusion,
                selection: vec![
                    plan("univariate", &[("p", Value::Real(0.05))]),
                    plan("z-score", &[]),
                    plan("elastic_net", &[("folds", Value::Integer(5)), ("top", Value::Integer(10))]),
                ],
                candidates: vec![candidate.clone()],
            };
            let scores: Vec<(f64, f64)> = (0..permutations).map(|seed| trial.run(seed)).collect();
            let (mean, half) = summary(&scores.iter().map(|score| score.0).collect::<Vec<_>>());
            let (pooled, _) = summary(&scores.iter().map(|score| score.1).collect::<Vec<_>>());
            println!("{name:<24} {fusion:<10} {mean:>7.3} {:>8.3}-{:<8.3} {pooled:>8.3}", mean - half, mean + half);
            if (mean - 0.5).abs() > half * 1.5 {
                outside.push(format!("{name} {fusion} {mean:.3}"));
            }
        }
    }
    assert!(outside.is_empty(), "{outside:?}");
}
