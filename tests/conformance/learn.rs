//! Learners against glmnet, R's glm and scikit-learn, on `../shared`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diptych::card::{Settings, Value as Setting};
use diptych::learn::adaboost::AdaBoostModel;
use diptych::learn::glmnet::cross_validation::cross_validate;
use diptych::learn::glmnet::{Control, Lambdas, Measure, Penalty, binomial};
use diptych::learn::logistic_regression::{self, Options};
use diptych::learn::logistic_ridge;
use diptych::learn::{Learner, Task, learners};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::{Censored, Outcome};
use diptych::survival::coxnet;
use ndarray::{Array2, Axis};
use serde_json::Value;

/// Where the shared data are, if they are.
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("DIPTYCH_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    if path.join("reference/survival").is_dir() {
        return Some(path);
    }
    println!("skipped: no ../shared");
    None
}

pub fn reference(shared: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read_to_string(shared.join("reference/survival").join(name)).expect("a reference file");
    serde_json::from_str(&text).expect("JSON")
}

/// A plain CSV of numbers; what is no number is NaN.
pub struct Csv {
    pub header: Vec<String>,
    pub values: Array2<f64>,
}

impl Csv {
    pub fn read(shared: &std::path::Path, name: &str) -> Self {
        let text = std::fs::read_to_string(shared.join("data/tables").join(name)).expect("a table");
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let unquote = |cell: &str| cell.trim().trim_matches('"').to_owned();
        let header: Vec<String> = lines.next().expect("a header").split(',').map(unquote).collect();
        let cells: Vec<f64> = lines
            .flat_map(|line| {
                line.split(',')
                    .map(|cell| match unquote(cell).as_str() {
                        "True" | "TRUE" => 1.0,
                        "False" | "FALSE" => 0.0,
                        other => other.parse().unwrap_or(f64::NAN),
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let rows = cells.len() / header.len();
        Csv { values: Array2::from_shape_vec((rows, header.len()), cells).expect("a rectangle"), header }
    }

    pub fn place(&self, name: &str) -> usize {
        self.header.iter().position(|header| header == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub fn column(&self, name: &str) -> Vec<f64> {
        self.values.column(self.place(name)).to_vec()
    }

    pub fn select(&self, names: &[String]) -> Array2<f64> {
        let places: Vec<usize> = names.iter().map(|name| self.place(name)).collect();
        self.values.select(Axis(1), &places)
    }
}

pub fn reals(value: &Value) -> Vec<f64> {
    value.as_array().map(|values| values.iter().filter_map(Value::as_f64).collect()).unwrap_or_default()
}

/// Centred and divided by the standard deviation; `freedom` is 0 or 1.
pub fn z_scored(x: &Array2<f64>, freedom: f64) -> Array2<f64> {
    let mut x = x.clone();
    for mut column in x.columns_mut() {
        let n = column.len() as f64;
        let mean = column.sum() / n;
        let sd = (column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - freedom)).sqrt();
        column.mapv_inplace(|value| (value - mean) / sd);
    }
    x
}

fn lro(shared: &std::path::Path) -> (Csv, Vec<String>, Vec<bool>) {
    let table = Csv::read(shared, "LRO_HN_petct_delta_multimodal.csv");
    let names: Vec<String> = table.header.iter().filter(|name| name.starts_with("ct_pre_")).cloned().collect();
    let labels = table.column("label").iter().map(|value| *value == 1.0).collect();
    (table, names, labels)
}

fn worst(table: &mut BTreeMap<String, f64>, what: &str, difference: f64) {
    let entry = table.entry(what.to_owned()).or_insert(0.0);
    *entry = if difference.is_nan() { f64::NAN } else { entry.max(difference) };
}

fn show(title: &str, table: &BTreeMap<String, f64>) {
    println!("{title}");
    for (what, difference) in table {
        println!("  {what:<44} {difference:.3e}");
    }
}

#[test]
fn logistic_regression_agrees_with_glm() {
    let Some(shared) = shared() else { return };
    let expected = reference(&shared, "logistic_glm.json");
    let (table, features, labels) = lro(&shared);
    let mut worst_of = BTreeMap::new();
    let silent = Watch::silent();
    let mut apart = BTreeMap::new();
    for row in expected["LRO_univariate"].as_array().unwrap() {
        let name = row["var"].as_str().unwrap().to_owned();
        let x = table.select(std::slice::from_ref(&name));
        let fit = logistic_regression::fit(x.view(), &[name], &labels, None, &Options::default(), &silent).unwrap();
        let slope = &fit.coefficients[1];
        // R's confint interpolates the profile between few points; so do we for this comparison, from
        // our profile. Our own bounds solve for the root.
        let interpolated = interpolated_interval(&x, &labels, slope.estimate, slope.standard_error);
        let exact = slope.profile.unwrap();
        for (ours, approximate) in [(exact.0, interpolated.0), (exact.1, interpolated.1)] {
            worst(&mut apart, "our exact bound and R's interpolation", (ours.unwrap() - approximate).abs());
        }
        for (what, ours) in [
            ("intercept", fit.coefficients[0].estimate),
            ("coef", slope.estimate),
            ("se", slope.standard_error),
            ("z", slope.z),
            ("p_wald", slope.p_wald),
            ("or", slope.estimate.exp()),
            ("or_wald_lo", slope.wald.lower.exp()),
            ("or_wald_hi", slope.wald.upper.exp()),
            ("or_profile_lo", interpolated.0.exp()),
            ("or_profile_hi", interpolated.1.exp()),
            ("deviance", fit.deviance()),
            ("null_deviance", fit.null_deviance()),
            ("aic", fit.aic()),
            ("p_lr", fit.overall().2),
        ] {
            let theirs = row[what].as_f64().unwrap();
            worst(&mut worst_of, what, (ours - theirs).abs() / theirs.abs().max(1.0));
        }
    }
    let z = z_scored(&table.select(&features), 1.0);
    for row in expected["LRO_univariate_ct_pre_standardised_first40"].as_array().unwrap() {
        let name = row["var"].as_str().unwrap().to_owned();
        let place = features.iter().position(|feature| *feature == name).unwrap();
        let x = z.select(Axis(1), &[place]);
        let options = Options { profile: false, ..Options::default() };
        let fit = logistic_regression::fit(x.view(), &[name], &labels, None, &options, &silent).unwrap();
        worst(&mut worst_of, "standardised coef", (fit.coefficients[1].estimate - row["coef"].as_f64().unwrap()).abs());
        worst(
            &mut worst_of,
            "standardised se",
            (fit.coefficients[1].standard_error - row["se"].as_f64().unwrap()).abs(),
        );
        worst(&mut worst_of, "standardised p", (fit.coefficients[1].p_wald - row["p"].as_f64().unwrap()).abs());
    }
    let many = &expected["LRO_multivariable"];
    let names: Vec<String> = ["Male", "Oropharynx", "T-Stage", "N-Stage", "Age", "CRT or RT"]
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let x = table.select(&names);
    let fit = logistic_regression::fit(x.view(), &names, &labels, None, &Options::default(), &silent).unwrap();
    for coefficient in &fit.coefficients {
        let quoted = format!("`{}`", coefficient.name);
        let key = if many["coef"].get(&coefficient.name).is_some() { &coefficient.name } else { &quoted };
        worst(&mut worst_of, "multivariable coef", (coefficient.estimate - many["coef"][key].as_f64().unwrap()).abs());
        worst(
            &mut worst_of,
            "multivariable se",
            (coefficient.standard_error - many["se"][key].as_f64().unwrap()).abs(),
        );
        worst(&mut worst_of, "multivariable p", (coefficient.p_wald - many["p"][key].as_f64().unwrap()).abs());
    }
    worst(&mut worst_of, "multivariable loglik", (fit.log_likelihood - many["loglik"].as_f64().unwrap()).abs());
    worst(&mut worst_of, "multivariable bic", (fit.bic() - many["bic"].as_f64().unwrap()).abs());
    show("logistic_glm.json: worst relative difference", &worst_of);
    show("profile intervals on the log scale", &apart);
    for (what, difference) in &worst_of {
        assert!(*difference < 1e-6, "{what}: {difference:e}");
    }
}

/// The profile interval as R 4.2's `confint` makes it: points of the signed root at steps of a fifth
/// of 2.498 standard errors, a cubic spline through them at three times as many points, and linear
/// interpolation there.
fn interpolated_interval(x: &Array2<f64>, labels: &[bool], estimate: f64, standard_error: f64) -> (f64, f64) {
    // qchisq(1 - 0.0125, 1) is 6.2385.
    let furthest = 6.238_533_090_783_157_f64.sqrt();
    let step = furthest / 5.0 * standard_error;
    let mut points = vec![(estimate, 0.0)];
    for side in [-1.0, 1.0] {
        for number in 1..10 {
            let at = estimate + side * f64::from(number) * step;
            let root = logistic_regression::profile(x.view(), labels, 0, &[at], &Watch::silent()).unwrap()[0].unwrap();
            points.push((at, root));
            if root.abs() >= furthest {
                break;
            }
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fine = spline(&points, 3 * points.len());
    let at = |target: f64| {
        let pair = fine.windows(2).find(|pair| pair[0].1 <= target && target <= pair[1].1).expect("a bound inside");
        pair[0].0 + (pair[1].0 - pair[0].0) * (target - pair[0].1) / (pair[1].1 - pair[0].1)
    };
    (at(-1.959_963_984_540_054), at(1.959_963_984_540_054))
}

/// The cubic spline of Forsythe, Malcolm and Moler through `points` at `count` even places.
fn spline(points: &[(f64, f64)], count: usize) -> Vec<(f64, f64)> {
    let n = points.len();
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (mut b, mut c, mut d) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    d[0] = x[1] - x[0];
    c[1] = (y[1] - y[0]) / d[0];
    for i in 1..n - 1 {
        d[i] = x[i + 1] - x[i];
        b[i] = 2.0 * (d[i - 1] + d[i]);
        c[i + 1] = (y[i + 1] - y[i]) / d[i];
        c[i] = c[i + 1] - c[i];
    }
    (b[0], b[n - 1], c[0], c[n - 1]) = (-d[0], -d[n - 2], 0.0, 0.0);
    if n > 3 {
        c[0] = c[2] / (x[3] - x[1]) - c[1] / (x[2] - x[0]);
        c[n - 1] = c[n - 2] / (x[n - 1] - x[n - 3]) - c[n - 3] / (x[n - 2] - x[n - 4]);
        c[0] = c[0] * d[0] * d[0] / (x[3] - x[0]);
        c[n - 1] = -c[n - 1] * d[n - 2] * d[n - 2] / (x[n - 1] - x[n - 4]);
    }
    for i in 1..n {
        let t = d[i - 1] / b[i - 1];
        b[i] -= t * d[i - 1];
        c[i] -= t * c[i - 1];
    }
    c[n - 1] /= b[n - 1];
    for i in (0..n - 1).rev() {
        c[i] = (c[i] - d[i] * c[i + 1]) / b[i];
    }
    let piece = |i: usize| {
        let slope = (y[i + 1] - y[i]) / d[i] - d[i] * (c[i + 1] + 2.0 * c[i]);
        (slope, 3.0 * c[i], (c[i + 1] - c[i]) / d[i])
    };
    (0..count)
        .map(|place| {
            let at = x[0] + (x[n - 1] - x[0]) * place as f64 / (count - 1) as f64;
            let i = x.partition_point(|own| *own <= at).clamp(1, n - 1) - 1;
            let (slope, bend, third) = piece(i);
            let by = at - x[i];
            (at, y[i] + by * (slope + by * (bend + by * third)))
        })
        .collect()
}

#[test]
fn elastic_net_paths_agree_with_glmnet() {
    let Some(shared) = shared() else { return };
    let expected = reference(&shared, "glmnet.json");
    let (table, names, labels) = lro(&shared);
    let x = table.select(&names);
    let sd: Vec<f64> = x.columns().into_iter().map(|column| column.std(0.0)).collect();
    let mut worst_of = BTreeMap::new();
    let silent = Watch::silent();
    for (key, alpha) in [("LRO_ctpre_binomial_alpha0.5", 0.5), ("LRO_ctpre_binomial_alpha1", 1.0)] {
        let path = &expected[key];
        let lambda = reals(&path["lambda"]);
        let penalty = Penalty { alpha, factors: None };
        let control = Control { threshold: 1e-15, ..Control::default() };
        let automatic =
            Lambdas::Automatic { count: lambda.len(), min_ratio: Some(lambda[lambda.len() - 1] / lambda[0]) };
        let fit = binomial::fit(x.view(), &labels, None, &penalty, &automatic, &control, &silent).unwrap();
        let ratios = reals(&path["dev_ratio"]);
        for (index, theirs) in lambda.iter().enumerate() {
            worst(&mut worst_of, &format!("{key} lambda"), (fit.lambda[index] / theirs - 1.0).abs());
            worst(&mut worst_of, &format!("{key} deviance ratio"), (fit.deviance_ratio[index] - ratios[index]).abs());
            // Coefficients per standard deviation, and the objective that each reaches.
            let coefficients = &path["sparse"][index];
            let mut beta = vec![0.0; names.len()];
            let mut intercept = coefficients[0].as_f64().unwrap_or(0.0);
            if let Some(map) = coefficients.as_object() {
                for (name, value) in map {
                    match names.iter().position(|own| own == name) {
                        Some(place) => beta[place] = value.as_f64().unwrap(),
                        None => intercept = value.as_f64().unwrap(),
                    }
                }
            }
            let mut ours = vec![0.0; names.len()];
            for (feature, slope) in &fit.slopes[index] {
                ours[*feature] = *slope;
            }
            for feature in 0..names.len() {
                let difference = (ours[feature] - beta[feature]).abs() * sd[feature];
                worst(&mut worst_of, &format!("{key} coefficient per sd"), difference);
            }
            let objective = |b0: f64, b: &[f64]| -> f64 {
                let loss: f64 = (0..x.nrows())
                    .map(|row| {
                        let eta = b0 + x.row(row).iter().zip(b).map(|(x, b)| x * b).sum::<f64>();
                        let signed: f64 = if labels[row] { -eta } else { eta };
                        signed.max(0.0) + (-signed.abs()).exp().ln_1p()
                    })
                    .sum::<f64>()
                    / x.nrows() as f64;
                let penalty: f64 = b
                    .iter()
                    .zip(&sd)
                    .map(|(b, sd)| alpha * (b * sd).abs() + 0.5 * (1.0 - alpha) * (b * sd).powi(2))
                    .sum();
                loss + fit.lambda[index] * penalty
            };
            let excess = objective(fit.intercept[index], &ours) - objective(intercept, &beta);
            worst(&mut worst_of, &format!("{key} objective above glmnet's"), excess.max(0.0));
            worst(&mut worst_of, &format!("{key} objective difference"), excess.abs());
        }
        worst(
            &mut worst_of,
            &format!("{key} null deviance"),
            (fit.null_deviance - path["nulldev"].as_f64().unwrap()).abs(),
        );
    }
    let cv = &expected["LRO_cv_alpha0.5_deviance"];
    let folds: Vec<usize> = reals(&cv["foldid"]).iter().map(|fold| *fold as usize).collect();
    let lambda = reals(&cv["lambda"]);
    let penalty = Penalty { alpha: 0.5, factors: None };
    let control = Control { threshold: 1e-12, ..Control::default() };
    let outcome = Outcome::Binary(labels);
    for (kind, lambdas) in [
        ("fixed lambda", Lambdas::Given(lambda.clone())),
        ("own lambda", Lambdas::Automatic { count: 30, min_ratio: Some(lambda[29] / lambda[0]) }),
    ] {
        let found =
            cross_validate(x.view(), &outcome, None, &penalty, &lambdas, &control, &folds, Measure::Deviance, &silent)
                .unwrap();
        let (mean, error) = (reals(&cv["cvm"]), reals(&cv["cvsd"]));
        for index in 0..found.lambda.len() {
            worst(&mut worst_of, &format!("cv mean, {kind}"), (found.mean[index] - mean[index]).abs());
            worst(
                &mut worst_of,
                &format!("cv standard error, {kind}"),
                (found.standard_error[index] - error[index]).abs(),
            );
        }
        let of = |what: &str| cv[what].as_f64().unwrap();
        worst(&mut worst_of, &format!("cv lambda min, {kind}"), (found.lambda_min / of("lambda_min") - 1.0).abs());
        worst(&mut worst_of, &format!("cv lambda 1se, {kind}"), (found.lambda_1se / of("lambda_1se") - 1.0).abs());
    }
    show("glmnet.json (binomial): worst difference", &worst_of);
    // The file's own coefficients are converged to some 5e-5 only (glmnet with thresh = 1e-20 is as far
    // from them as we are); the objective tells who is nearer.
    for (what, worst) in &worst_of {
        let allowed = match what {
            _ if what.contains("objective") => 1e-10,
            _ if what.contains("per sd") => 6e-5,
            _ if what.contains("fixed lambda") => continue,
            _ => 1e-5,
        };
        assert!(*worst < allowed, "{what}: {worst:e}");
    }
}

#[test]
fn c_agrees_with_saga() {
    let Some(shared) = shared() else { return };
    let expected = reference(&shared, "logistic_elasticnet_sklearn.json");
    let (table, _, labels) = lro(&shared);
    let names: Vec<String> =
        expected["cols"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let z = z_scored(&table.select(&names), 0.0);
    let mut worst_of = BTreeMap::new();
    let silent = Watch::silent();
    for (key, entry) in expected.as_object().unwrap() {
        let Some(rest) = key.strip_prefix("saga_C") else { continue };
        let (c, ratio) = rest.split_once("_l1ratio").unwrap();
        let (c, ratio): (f64, f64) = (c.parse().unwrap(), ratio.parse().unwrap());
        let (intercept, slopes) = binomial::fit_c(z.view(), &labels, None, c, ratio, 1e-15, &silent).unwrap();
        worst(&mut worst_of, "intercept", (intercept - entry["intercept"].as_f64().unwrap()).abs());
        for (name, slope) in names.iter().zip(&slopes) {
            let theirs = entry["coef"].get(name).and_then(Value::as_f64).unwrap_or(0.0);
            worst(&mut worst_of, "coefficient", (slope - theirs).abs());
        }
        let objective = c
            * (0..z.nrows())
                .map(|row| {
                    let eta = intercept + z.row(row).iter().zip(&slopes).map(|(x, b)| x * b).sum::<f64>();
                    let signed: f64 = if labels[row] { -eta } else { eta };
                    signed.max(0.0) + (-signed.abs()).exp().ln_1p()
                })
                .sum::<f64>()
            + slopes.iter().map(|b| ratio * b.abs() + 0.5 * (1.0 - ratio) * b * b).sum::<f64>();
        let excess = objective - entry["objective"].as_f64().unwrap();
        println!("  {key}: objective minus saga's {excess:.2e}");
        worst(&mut worst_of, "objective above saga's, relative", (excess / objective).max(0.0));
    }
    for (key, c) in [("l2_C0.01", 0.01), ("l2_C1.0", 1.0)] {
        let (intercept, slopes) = logistic_ridge::fit(z.view(), &labels, None, c, &silent).unwrap();
        worst(
            &mut worst_of,
            &format!("{key} intercept"),
            (intercept - expected[key]["intercept"].as_f64().unwrap()).abs(),
        );
        for (slope, theirs) in slopes.iter().zip(reals(&expected[key]["coef"])) {
            worst(&mut worst_of, &format!("{key} coefficient"), (slope - theirs).abs());
        }
    }
    show("logistic_elasticnet_sklearn.json: worst difference", &worst_of);
    for (what, worst) in &worst_of {
        assert!(*worst < if what.contains("objective") { 1e-10 } else { 1e-5 }, "{what}: {worst:e}");
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "minutes without optimisation: scripts/conformance runs it")]
fn cox_paths_agree_with_glmnet_and_scikit_survival() {
    let Some(shared) = shared() else { return };
    let peers = reference(&shared, "glmnet.json");
    let sksurv = reference(&shared, "coxnet_sksurv.json");
    let table = Csv::read(&shared, "sksurv_breast_cancer_gse7390.csv");
    let names: Vec<String> = table.header.iter().filter(|name| name.starts_with('X')).cloned().collect();
    let x = table.select(&names);
    let time = table.column("time");
    let event = table.column("event");
    let outcome = Censored::new(time, event.iter().map(|event| u8::from(*event == 1.0)).collect());
    let sd: Vec<f64> = x.columns().into_iter().map(|column| column.std(0.0)).collect();
    let mut worst_of = BTreeMap::new();
    let silent = Watch::silent();
    let control = Control { threshold: 1e-15, ..Control::default() };
    for (key, alpha) in [("GSE7390_cox_breslow_alpha0.5", 0.5), ("GSE7390_cox_breslow_alpha1", 1.0)] {
        let lambda = reals(&peers[key]["lambda"]);
        let automatic =
            Lambdas::Automatic { count: lambda.len(), min_ratio: Some(lambda[lambda.len() - 1] / lambda[0]) };
        let penalty = Penalty { alpha, factors: None };
        let fit = coxnet::fit_path(x.view(), &outcome, None, &penalty, &automatic, &control, &silent).unwrap();
        let ratios = reals(&peers[key]["dev_ratio"]);
        for (index, theirs) in lambda.iter().enumerate().take(fit.lambda.len()) {
            worst(&mut worst_of, &format!("{key} lambda"), (fit.lambda[index] / theirs - 1.0).abs());
            worst(&mut worst_of, &format!("{key} deviance ratio"), (fit.deviance_ratio[index] - ratios[index]).abs());
            let (_, slopes) = fit.at(fit.lambda[index]);
            for (feature, name) in names.iter().enumerate() {
                let theirs = peers[key]["sparse"][index].get(name).and_then(Value::as_f64).unwrap_or(0.0);
                worst(
                    &mut worst_of,
                    &format!("{key} coefficient per sd"),
                    (slopes[feature] - theirs).abs() * sd[feature],
                );
            }
        }
    }
    for (key, entry) in sksurv.as_object().unwrap() {
        if !key.starts_with("GSE7390") {
            continue;
        }
        let alpha = if key.contains("l1ratio0.5") { 0.5 } else { 1.0 };
        let raw = key.contains("raw_normalize");
        // With normalize = True columns have length 1, not standard deviation 1; coefficients are told on
        // the scale of the features as given.
        let lambda: Vec<f64> = reals(&entry["alphas"]);
        let penalty = Penalty { alpha, factors: None };
        let root = (x.nrows() as f64).sqrt();
        let z = if raw { z_scored(&x, 0.0) / root } else { z_scored(&x, 0.0) };
        let control = Control { standardise: !raw, ..control };
        let given = Lambdas::Given(lambda);
        let fit = coxnet::fit_path(z.view(), &outcome, None, &penalty, &given, &control, &silent).unwrap();
        let ratios = reals(&entry["deviance_ratio"]);
        for (index, ratio) in ratios.iter().enumerate() {
            worst(&mut worst_of, &format!("sksurv {key} deviance ratio"), (fit.deviance_ratio[index] - ratio).abs());
            let (_, slopes) = fit.at(fit.lambda[index]);
            for (feature, name) in names.iter().enumerate() {
                let theirs = entry["coef"][index].get(name).and_then(Value::as_f64).unwrap_or(0.0);
                let (ours, theirs) =
                    if raw { (slopes[feature] / root, theirs * sd[feature]) } else { (slopes[feature], theirs) };
                worst(&mut worst_of, &format!("sksurv {key} coefficient per sd"), (ours - theirs).abs());
            }
        }
    }
    show("Cox paths: worst difference", &worst_of);
    assert!(worst_of.iter().all(|(what, worst)| *worst < if what.ends_with("per sd") { 2e-4 } else { 5e-6 }));
}

fn learner(name: &str) -> &'static dyn Learner {
    *learners().iter().find(|learner| learner.card().name == name).expect("a learner")
}

#[test]
fn adaboost_agrees_with_scikit_learn() {
    let Some(shared) = shared() else { return };
    let expected = reference(&shared, "adaboost_samme.json");
    let table = Csv::read(&shared, "sklearn_wdbc.csv");
    let names: Vec<String> =
        expected["cols"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    // scikit-learn keeps features in single precision.
    let x = table.select(&names).mapv(|value| f64::from(value as f32));
    let outcome = Outcome::Binary(table.column("target").iter().map(|value| *value == 1.0).collect());
    let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
    let settings = Settings::new(learner("adaboost").card(), [("rounds", Setting::Integer(50))]).unwrap();
    let model = learner("adaboost").fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
    let own: &AdaBoostModel = model.as_any().downcast_ref().unwrap();
    let mut worst_of = BTreeMap::new();
    for (ours, theirs) in own.weights.iter().zip(reals(&expected["estimator_weights"])) {
        worst(&mut worst_of, "weight", (ours - theirs).abs());
    }
    for (ours, theirs) in own.errors.iter().zip(reals(&expected["estimator_errors"])) {
        worst(&mut worst_of, "error", (ours - theirs).abs());
    }
    for (tree, stump) in own.trees.iter().zip(expected["stumps"].as_array().unwrap()) {
        let (feature, threshold) = (stump["feature"][0].as_i64().unwrap(), stump["threshold"][0].as_f64().unwrap());
        worst(&mut worst_of, "splits on another feature", f64::from(u8::from(i64::from(tree.feature[0]) != feature)));
        worst(&mut worst_of, "threshold", (tree.threshold[0] - threshold).abs());
        for node in 0..3 {
            worst(&mut worst_of, "value", (tree.value[node] - stump["value"][node][1].as_f64().unwrap()).abs());
            worst(&mut worst_of, "impurity", (tree.impurity[node] - stump["impurity"][node].as_f64().unwrap()).abs());
            worst(&mut worst_of, "cover", (tree.cover[node] - stump["weighted_n"][node].as_f64().unwrap()).abs());
        }
    }
    let decision = own.decision(x.view(), "adaboost").unwrap();
    for (ours, theirs) in decision.iter().zip(reals(&expected["decision_first20"])) {
        worst(&mut worst_of, "decision", (ours - theirs).abs());
    }
    for (ours, theirs) in model.predict(x.view()).unwrap().scores().iter().zip(reals(&expected["proba_first20"])) {
        worst(&mut worst_of, "probability", (ours - theirs).abs());
    }
    show("adaboost_samme.json: worst difference", &worst_of);
    assert_eq!(own.trees.len(), 50);
    assert!(worst_of.values().all(|worst| *worst < 1e-10));
}

fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (a, _) in labels.iter().enumerate().filter(|(_, label)| **label) {
        for (b, _) in labels.iter().enumerate().filter(|(_, label)| !**label) {
            pairs += 1.0;
            wins += if scores[a] > scores[b] { 1.0 } else { 0.5 * f64::from(u8::from(scores[a] == scores[b])) };
        }
    }
    wins / pairs
}

/// The peers' key, our learner and its settings.
type Learned = (&'static str, &'static str, Vec<(&'static str, Setting)>);

/// Mean over seeds of the mean AUC of five folds (row number modulo 5), beside the peers'.
/// Twenty seeds take minutes: `cargo test --release -- --ignored`.
#[test]
#[ignore = "minutes; run with --release -- --ignored"]
fn ensembles_have_the_peers_distribution() {
    let Some(shared) = shared() else { return };
    let expected = reference(&shared, "distributions.json");
    let seeds: u64 = std::env::var("DIPTYCH_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(20);
    let (lro_table, lro_names, lro_labels) = lro(&shared);
    let wdbc = Csv::read(&shared, "sklearn_wdbc.csv");
    let wdbc_names: Vec<String> = wdbc.header.iter().filter(|name| *name != "target").cloned().collect();
    let wdbc_labels: Vec<bool> = wdbc.column("target").iter().map(|value| *value == 1.0).collect();
    let lro_names: Vec<String> = lro_names[..60].to_vec();
    let sets = [
        ("wdbc", wdbc.select(&wdbc_names), wdbc_names, wdbc_labels),
        ("LRO", lro_table.select(&lro_names), lro_names, lro_labels),
    ];
    let count = Setting::Integer;
    let learned: [Learned; 6] = [
        ("RF100", "random_forest", vec![("trees", count(100))]),
        ("Bagging50_trees", "bagging", vec![("trees", count(50))]),
        ("AdaBoost50", "adaboost", vec![]),
        ("SGB100_sub0.5_depth3", "gradient_boosting", vec![("rows", Setting::Real(0.5))]),
        ("RotationForest50_aeon", "rotation_forest", vec![("trees", count(50))]),
        // The peer's logistic regression was given the features as they are.
        ("Stack_RF_LR", "stacking", vec![("trees", count(100)), ("standardise", Setting::Flag(false))]),
    ];
    let silent = Watch::silent();
    let only = std::env::var("DIPTYCH_ONLY").unwrap_or_default();
    let mut outside = Vec::new();
    println!("{:<28} {:>8} {:>8} {:>8} {:>7}", "mean AUC", "ours", "peer", "peer sd", "sds");
    for (set, x, names, labels) in &sets {
        let outcome = Outcome::Binary(labels.clone());
        for (key, name, given) in learned.iter().filter(|(_, name, _)| only.is_empty() || *name == only) {
            let settings = Settings::new(learner(name).card(), given.iter().cloned()).unwrap();
            let own_seeds = if *name == "adaboost" { 1 } else { seeds };
            let mean = (0..own_seeds)
                .map(|seed| {
                    (0..5)
                        .map(|fold| {
                            let inside: Vec<usize> = (0..labels.len()).filter(|row| row % 5 != fold).collect();
                            let outside: Vec<usize> = (0..labels.len()).filter(|row| row % 5 == fold).collect();
                            let part = x.select(Axis(0), &inside);
                            let part_outcome = outcome.select(&inside);
                            let task = Task { x: part.view(), names, outcome: &part_outcome, weights: None };
                            let stream = Stream::root(seed).indexed(fold as u64);
                            let model = learner(name).fit(&task, &settings, &stream, &silent).unwrap();
                            let prediction = model.predict(x.select(Axis(0), &outside).view()).unwrap();
                            let observed: Vec<bool> = outside.iter().map(|row| labels[*row]).collect();
                            auc(prediction.scores(), &observed)
                        })
                        .sum::<f64>()
                        / 5.0
                })
                .sum::<f64>()
                / own_seeds as f64;
            let peer = &expected[format!("{set}_{key}")];
            let (centre, sd) = (peer["mean"].as_f64().unwrap(), peer["sd"].as_f64().unwrap());
            let apart = (mean - centre) / sd;
            println!("{:<28} {mean:>8.4} {centre:>8.4} {sd:>8.4} {apart:>7.2}", format!("{set} {key}"));
            if apart.abs() > 2.0 {
                outside.push(format!("{set} {key}"));
            }
        }
    }
    assert!(outside.is_empty(), "outside two standard deviations: {outside:?}");
}
