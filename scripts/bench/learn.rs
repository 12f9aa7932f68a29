//! CPU seconds of the learners that glmnet and scikit-learn are timed on. Tables come from
//! `learn_data.py`. Usage: `RAYON_NUM_THREADS=1 cargo bench --bench learn -- FOLDER`.

use diptych::card::{Settings, Value};
use diptych::learn::glmnet::{Control, Lambdas, Measure, Penalty, cross_validate};
use diptych::learn::{Task, learners};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::Outcome;
use ndarray::Array2;

/// User and system time of this process, from the kernel's clock of hundredths.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    (fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0)) / 100.0
}

fn table(folder: &str, n: usize) -> (Array2<f64>, Outcome) {
    let text = std::fs::read_to_string(format!("{folder}/learn_{n}.csv")).expect("run learn_data.py first");
    let values: Vec<f64> =
        text.lines().flat_map(|line| line.split(',')).map(|cell| cell.parse().expect("a number")).collect();
    let columns = values.len() / n;
    let all = Array2::from_shape_vec((n, columns), values).expect("a rectangle");
    let labels = all.column(columns - 1).iter().map(|value| *value == 1.0).collect();
    (all.slice(ndarray::s![.., ..columns - 1]).to_owned(), Outcome::Binary(labels))
}

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        eprintln!("usage: cargo bench --bench learn -- FOLDER");
        return;
    };
    let silent = Watch::silent();
    for n in [80, 500] {
        let (x, outcome) = table(&folder, n);
        let folds: Vec<usize> = (0..n).map(|row| row % 5).collect();
        for _ in 0..3 {
            let start = cpu_seconds();
            let penalty = Penalty { alpha: 0.5, factors: None };
            let (lambdas, control) = (Lambdas::default(), Control::default());
            let deviance = Measure::Deviance;
            let found =
                cross_validate(x.view(), &outcome, None, &penalty, &lambdas, &control, &folds, deviance, &silent)
                    .expect("a path");
            println!(
                "cross-validated path n={n}: {:.3} CPU s, {} lambdas, lambda min {:.6}",
                cpu_seconds() - start,
                found.path.lambda.len(),
                found.lambda_min
            );
        }
    }
    let (x, outcome) = table(&folder, 10_000);
    let names: Vec<String> = (0..x.ncols()).map(|feature| format!("x{feature}")).collect();
    let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
    for (name, given) in [("random_forest", vec![("trees", Value::Integer(100))]), ("gradient_boosting", vec![])] {
        let learner = learners().iter().find(|learner| learner.card().name == name).expect("a learner");
        let settings = Settings::new(learner.card(), given).expect("settings");
        let start = cpu_seconds();
        let model = learner.fit(&task, &settings, &Stream::root(1), &silent).expect("a model");
        let spent = cpu_seconds() - start;
        println!("{name}: {spent:.2} CPU s, first probability {:.4}", model.predict(x.view()).expect("p").scores()[0]);
    }
}
