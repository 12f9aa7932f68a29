//! Learners against glmnet, R's glm and scikit-learn, on `../shared`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diptych::learn::glmnet::cross_validation::cross_validate;
use diptych::learn::glmnet::{Control, Lambdas, Measure, Penalty, binomial};
use diptych::learn::logistic_regression::{self, Options};
use diptych::progress::Watch;
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
    for row in expected["LRO_univariate"].as_array().unwrap() {
        let name = row["var"].as_str().unwrap().to_owned();
        let x = table.select(std::slice::from_ref(&name));
        let fit = logistic_regression::fit(x.view(), &[name], &labels, None, &Options::default(), &silent).unwrap();
        let slope = &fit.coefficients[1];
        let profile = slope.profile.unwrap();
        for (what, ours) in [
            ("intercept", fit.coefficients[0].estimate),
            ("coef", slope.estimate),
            ("se", slope.standard_error),
            ("z", slope.z),
            ("p_wald", slope.p_wald),
            ("or", slope.estimate.exp()),
            ("or_wald_lo", slope.wald.lower.exp()),
            ("or_wald_hi", slope.wald.upper.exp()),
            ("or_profile_lo", profile.0.unwrap().exp()),
            ("or_profile_hi", profile.1.unwrap().exp()),
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
    for (what, difference) in &worst_of {
        assert!(*difference < 1e-6, "{what}: {difference:e}");
    }
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
        let (intercept, slopes) = logistic_regression::fit_ridge(z.view(), &labels, None, c, &silent).unwrap();
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
}

#[test]
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
        // With normalize = True columns have length 1, not standard deviation 1.
        let scale = if raw { (x.nrows() as f64).sqrt() } else { 1.0 };
        let lambda: Vec<f64> = reals(&entry["alphas"]).iter().map(|value| value * scale).collect();
        let penalty = Penalty { alpha, factors: None };
        let z = if raw { x.clone() } else { z_scored(&x, 0.0) };
        let given = Lambdas::Given(lambda);
        let fit = coxnet::fit_path(z.view(), &outcome, None, &penalty, &given, &control, &silent).unwrap();
        let ratios = reals(&entry["deviance_ratio"]);
        for (index, ratio) in ratios.iter().enumerate() {
            worst(&mut worst_of, &format!("sksurv {key} deviance ratio"), (fit.deviance_ratio[index] - ratio).abs());
            let (_, slopes) = fit.at(fit.lambda[index]);
            for (feature, name) in names.iter().enumerate() {
                let theirs = entry["coef"][index].get(name).and_then(Value::as_f64).unwrap_or(0.0);
                let unit = if raw { sd[feature] } else { 1.0 };
                worst(
                    &mut worst_of,
                    &format!("sksurv {key} coefficient per sd"),
                    (slopes[feature] - theirs).abs() * unit,
                );
            }
        }
    }
    show("Cox paths: worst difference", &worst_of);
}
