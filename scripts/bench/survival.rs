//! The survival engine as whole processes, to be timed against its peers (`survival_peers.py`,
//! `survival_peers.R`) on the tables of `survival_data.py`.
//!
//! Usage: `RAYON_NUM_THREADS=1 cargo bench --bench survival -- WHAT TABLE [SIZE]`, where WHAT is
//! `rsf`, `gbsa`, `coxnet`, `bootstrap`, `concordance` or `read` (the cost of reading alone).

use diptych::card::{Settings, Value};
use diptych::learn::Task;
use diptych::learn::glmnet::{Control, Lambdas, Penalty};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::{Censored, Outcome};
use diptych::survival::concordance::{Resampler, harrell};
use diptych::survival::{coxnet, learners};
use ndarray::Array2;
use rand::RngExt;

fn table(path: &str) -> (Array2<f64>, Censored) {
    let text = std::fs::read_to_string(path).expect("run survival_data.py first");
    let columns = text.lines().next().map_or(0, |line| line.split(',').count());
    let values: Vec<f64> =
        text.lines().flat_map(|line| line.split(',')).map(|cell| cell.parse().expect("a number")).collect();
    let all = Array2::from_shape_vec((values.len() / columns, columns), values).expect("a rectangle");
    let x = all.slice(ndarray::s![.., ..columns - 2]).to_owned();
    let event = all.column(columns - 1).iter().map(|event| u8::from(*event == 1.0)).collect();
    (x, Censored::new(all.column(columns - 2).to_vec(), event))
}

fn learn(name: &str, x: &Array2<f64>, outcome: Censored, given: &[(&'static str, Value)]) -> Vec<f64> {
    let names: Vec<String> = (0..x.ncols()).map(|feature| format!("x{feature}")).collect();
    let outcome = Outcome::Survival(outcome);
    let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
    let learner = learners().iter().find(|learner| learner.card().name == name).expect("a learner");
    let settings = Settings::new(learner.card(), given.iter().cloned()).expect("settings");
    let model = learner.fit(&task, &settings, &Stream::root(1), &Watch::silent()).expect("a model");
    model.predict(x.view()).expect("a risk").scores().to_vec()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let (Some(what), Some(path)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: cargo bench --bench survival -- WHAT TABLE [SIZE]");
        return;
    };
    let size: i64 = arguments.get(2).and_then(|size| size.parse().ok()).unwrap_or(100);
    let (x, outcome) = table(path);
    let told = match what.as_str() {
        "read" => x.sum(),
        "rsf" => harrell(&outcome, &learn("rsf", &x, outcome.clone(), &[("trees", Value::Integer(size))])).expect("C"),
        "gbsa" => {
            let given = [("trees", Value::Integer(size)), ("subsample", Value::Real(0.5))];
            harrell(&outcome, &learn("gbsa", &x, outcome.clone(), &given)).expect("C")
        }
        "coxnet" => {
            let lambdas = Lambdas::Automatic { count: size as usize, min_ratio: Some(0.05) };
            let penalty = Penalty { alpha: 0.5, factors: None };
            let path =
                coxnet::fit_path(x.view(), &outcome, None, &penalty, &lambdas, &Control::default(), &Watch::silent());
            path.expect("a path").lambda.len() as f64
        }
        "bootstrap" => {
            let resampler = Resampler::new(&outcome, &x.column(0).to_vec()).expect("pairs");
            let mut rng = Stream::root(1).rng();
            let n = outcome.len();
            let mut sum = 0.0;
            for _ in 0..size {
                let mut counts = vec![0u32; n];
                for _ in 0..n {
                    counts[rng.random_range(0..n)] += 1;
                }
                sum += resampler.c(Some(&counts)).expect("pairs");
            }
            sum / size as f64
        }
        "concordance" => harrell(&outcome, &x.column(0).to_vec()).expect("pairs"),
        other => {
            eprintln!("`{other}` is none of rsf, gbsa, coxnet, bootstrap, concordance, read");
            return;
        }
    };
    println!("{what} {path} {size}: {told:.6}");
}
