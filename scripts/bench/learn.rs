//! Learners as whole processes, to be timed beside glmnet and scikit-learn (`learn_glmnet.R`,
//! `learn_sklearn.py`, both by `side_by_side.py`) on the tables of `learn_data.py`.
//!
//! Usage: `RAYON_NUM_THREADS=1 cargo bench --bench learn -- WHAT TABLE`, where WHAT is `path`
//! (elastic-net path with five folds), `random_forest`, `gradient_boosting` or `read`.

use diptych::card::{Settings, Value};
use diptych::learn::glmnet::{Control, Lambdas, Measure, Penalty, cross_validate};
use diptych::learn::{Task, learners};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::Outcome;
use ndarray::Array2;

fn table(path: &str) -> (Array2<f64>, Outcome) {
    let text = std::fs::read_to_string(path).expect("run learn_data.py first");
    let columns = text.lines().next().map_or(0, |line| line.split(',').count());
    let values: Vec<f64> =
        text.lines().flat_map(|line| line.split(',')).map(|cell| cell.parse().expect("a number")).collect();
    let all = Array2::from_shape_vec((values.len() / columns, columns), values).expect("a rectangle");
    let labels = all.column(columns - 1).iter().map(|value| *value == 1.0).collect();
    (all.slice(ndarray::s![.., ..columns - 1]).to_owned(), Outcome::Binary(labels))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let (Some(what), Some(path)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: cargo bench --bench learn -- WHAT TABLE");
        return;
    };
    let (x, outcome) = table(path);
    let silent = Watch::silent();
    let told = match what.as_str() {
        "read" => format!("{}", x.sum()),
        "path" => {
            let folds: Vec<usize> = (0..x.nrows()).map(|row| row % 5).collect();
            let penalty = Penalty { alpha: 0.5, factors: None };
            let (lambdas, control) = (Lambdas::default(), Control::default());
            let deviance = Measure::Deviance;
            let found =
                cross_validate(x.view(), &outcome, None, &penalty, &lambdas, &control, &folds, deviance, &silent)
                    .expect("a path");
            format!("{} lambdas, lambda.min {:.6}", found.path.lambda.len(), found.lambda_min)
        }
        name => {
            let Some(learner) = learners().iter().find(|learner| learner.card().name == name) else {
                eprintln!("`{name}` is no learner, `path` or `read`");
                return;
            };
            let names: Vec<String> = (0..x.ncols()).map(|feature| format!("x{feature}")).collect();
            let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
            let given = if name == "random_forest" { vec![("trees", Value::Integer(100))] } else { vec![] };
            let settings = Settings::new(learner.card(), given).expect("settings");
            let model = learner.fit(&task, &settings, &Stream::root(1), &silent).expect("a model");
            format!("{:.4}", model.predict(x.view()).expect("p").scores()[0])
        }
    };
    println!("{what} {path}: {told}");
}
