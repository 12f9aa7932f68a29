use super::chain::on_scale;
use super::*;
use crate::card::{Settings, Value};
use crate::explain::exact;
use crate::fuse::{self, Cohort, Work};
use crate::learn::recipe::{Candidate, Design, Part, Recipe, Resampling};
use crate::learn::{Column, Values};
use crate::stats::Outcome;
use ndarray::ArrayView2;
use rand_xoshiro::rand_core::Rng;

const N: usize = 60;

fn blocks() -> (BTreeMap<String, Block>, Outcome) {
    let mut rng = Stream::root(3).rng();
    let mut unit = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 6];
    let mut events = Vec::new();
    for _ in 0..N {
        columns.iter_mut().for_each(|column| column.push(unit()));
        let last = |column: usize| columns[column][columns[column].len() - 1];
        let eta = 4.0 * (last(0) - 0.5) + 3.0 * (last(3) - 0.5) - 2.0 * (last(4) - 0.5) * (last(5) - 0.2);
        events.push(unit() < 1.0 / (1.0 + (-eta).exp()));
    }
    let block = |from: usize| {
        let columns =
            (from..from + 3).map(|c| Column { name: format!("x{c}"), values: Values::Number(columns[c].clone()) });
        Block::new(N, columns.collect())
    };
    let blocks = BTreeMap::from([("a".to_owned(), block(0)), ("b".to_owned(), block(3))]);
    (blocks, Outcome::Binary(events))
}

fn design(rule: &str, learners: [&str; 2]) -> Design {
    // On logits a fusion by logistic regression is a sum of its parts' margins.
    let given = (rule == "logistic").then(|| ("scale", Value::Text("logit".to_owned())));
    let part = |block: &str, name: &str| {
        let learner = fuse::learner(name, EndpointKind::Binary).unwrap();
        let candidate = Candidate { learner, settings: Settings::defaults(learner.card()), grid: Vec::new() };
        Part {
            name: block.to_owned(),
            recipe: Recipe::Learn { blocks: vec![block.to_owned()], candidates: vec![candidate] },
        }
    };
    Design {
        recipe: Recipe::Late {
            rule: rule.to_owned(),
            settings: Settings::new(fuse::rule(rule).unwrap().card(), given).unwrap(),
            parts: vec![part("a", learners[0]), part("b", learners[1])],
        },
        prepare: BTreeMap::new(),
        choose: None,
        tune: None,
        cross_fit: Resampling::Folds { folds: 3, repeats: 1 },
    }
}

/// The attribution of a fusion beside full enumeration of its prediction on the scale.
fn both(rule: &str, learners: [&str; 2], scale: Scale) -> (Attribution, Explanation) {
    let (blocks, outcome) = blocks();
    let columns = BTreeMap::new();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let all: Vec<usize> = (0..N).collect();
    let work = Work::new(Stream::root(1), &watch);
    let fitted = fuse::fit(&design(rule, learners), &cohort, &all, &work).unwrap();
    let features = Features::of(blocks.iter().map(|(name, block)| (name.as_str(), block)));
    let (rows, background) = ([1, 7, 20], [2, 5, 11, 30, 41, 50]);
    let plan = Plan { scale, perturbation: Perturbation::Interventional, orders: 40, interactions: false };
    let ours = attribute(
        &fitted,
        &features,
        Patients { blocks: &blocks, rows: &rows },
        Patients { blocks: &blocks, rows: &background },
        &plan,
        &Stream::root(9),
        &watch,
    )
    .unwrap();
    let matrix = |rows: &[usize]| {
        Array2::from_shape_fn((rows.len(), 6), |(row, column)| {
            let block = &blocks[if column < 3 { "a" } else { "b" }];
            match &block.columns()[column % 3].values {
                Values::Number(values) => values[rows[row]],
                Values::Level { .. } => f64::NAN,
            }
        })
    };
    let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
        let block = |from: usize| {
            let columns = (from..from + 3)
                .map(|c| Column { name: format!("x{c}"), values: Values::Number(x.column(c).to_vec()) });
            Block::new(x.nrows(), columns.collect())
        };
        let blocks = BTreeMap::from([("a".to_owned(), block(0)), ("b".to_owned(), block(3))]);
        let rows: Vec<usize> = (0..x.nrows()).collect();
        let held = fitted.predict(&blocks, &rows).map_err(failed)?;
        Ok(on_scale(held.prediction.scores().to_vec(), scale))
    };
    let truth = exact(&model, matrix(&rows).view(), matrix(&background).view(), &watch).unwrap();
    (ours, truth)
}

#[test]
fn a_sum_of_trees_and_a_line_is_explained_exactly_through_the_fusion() {
    let (ours, truth) = both("logistic", ["logistic", "gtbr"], Scale::LogOdds);
    assert_eq!((ours.exact.len(), ours.sampled.len()), (2, 0));
    assert!(ours.explanation.errors.is_none());
    for (a, b) in ours.explanation.values.iter().zip(&truth.values) {
        assert!((a - b).abs() < 1e-8, "{a} is not {b}");
    }
    for (a, b) in ours.explanation.base.iter().zip(&truth.base) {
        assert!((a - b).abs() < 1e-8, "{a} is not {b}");
    }
}

#[test]
fn what_is_no_sum_is_sampled_says_so_and_comes_close() {
    // Probabilities of a logistic part are no sum, those of a forest are.
    for (rule, learners, scale, sampled) in [
        ("average", ["logistic", "random_forest"], Scale::Prediction, 1),
        ("rank_average", ["logistic", "naive_bayes"], Scale::Prediction, 1),
    ] {
        let (ours, truth) = both(rule, learners, scale);
        assert_eq!(ours.sampled.len(), sampled, "{:?}", ours.sampled);
        ours.explanation.check_additivity(1e-9).unwrap();
        let errors = ours.explanation.errors.as_ref().unwrap();
        for ((a, b), error) in ours.explanation.values.iter().zip(&truth.values).zip(errors) {
            assert!((a - b).abs() < 6.0 * error + 1e-9, "{a} is not {b} within {error}");
        }
    }
}

#[test]
fn rows_prepared_once_predict_as_rows_prepared_anew() {
    use super::prepared::Prepared;
    let (blocks, outcome) = blocks();
    let columns = BTreeMap::new();
    let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
    let watch = Watch::silent();
    let all: Vec<usize> = (0..N).collect();
    let work = Work::new(Stream::root(1), &watch);
    let fitted = fuse::fit(&design("logistic", ["logistic", "gtbr"]), &cohort, &all, &work).unwrap();
    let features = Features::of(blocks.iter().map(|(name, block)| (name.as_str(), block)));
    let rows = [1, 7, 20, 33];
    let patients = Patients { blocks: &blocks, rows: &rows };
    let prepared = Prepared::new(&fitted, &features, patients, Patients { blocks: &blocks, rows: &all }).unwrap();
    let prepared = prepared.expect("every step treats a column by itself");
    let from = [40, 2, 7, 59];
    for feature in 0..features.len() {
        let (block, name) = &features.0[feature];
        let mut replaced = blocks.clone();
        let changed = blocks[block].columns().iter().map(|column| match &column.values {
            Values::Number(values) if column.name == *name => {
                let mut values = values.clone();
                let own = values.clone();
                rows.iter().zip(from).for_each(|(row, donor)| values[*row] = own[donor]);
                Column { name: name.clone(), values: Values::Number(values) }
            }
            _ => column.clone(),
        });
        replaced.insert(block.clone(), Block::new(N, changed.collect()));
        let anew = fitted.predict(&replaced, &rows).unwrap();
        assert_eq!(prepared.predict(Some((feature, &from))).unwrap(), anew.prediction.scores());
        assert!(prepared.moves(feature) || anew.prediction.scores() == prepared.predict(None).unwrap());
    }
}
