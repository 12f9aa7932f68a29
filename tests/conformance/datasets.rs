//! Our numbers beside R's and scikit-survival's on data sets that come with R's packages.
//!
//! `scripts/reference/datasets.R FOLDER` and `datasets.py FOLDER` ask the peers; the test reads
//! what they wrote: `DIPTYCH_DATASETS=FOLDER cargo test --release --test suite datasets -- --nocapture`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diptych::card::{Settings, Value as Setting};
use diptych::learn::glmnet::{Control, Lambdas, Penalty, cross_validation};
use diptych::learn::logistic_regression::{self, Firth, Options};
use diptych::learn::{Learner, Model, Task};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::{Censored, Outcome, SurvivalCurves};
use diptych::survival::brier::{brier_at, integrated_brier};
use diptych::survival::censoring::Side;
use diptych::survival::competing_risks::{cumulative_incidence, gray_test};
use diptych::survival::componentwise_gbsa::{ComponentwiseBoosting, ComponentwiseModel};
use diptych::survival::concordance::{TimeWeight, concordance, harrell};
use diptych::survival::cox::baseline::predict;
use diptych::survival::cox::proportionality::{TimeScale, proportional_hazards};
use diptych::survival::cox::{CoxData, CoxOptions, Ties, fit, residuals};
use diptych::survival::coxnet;
use diptych::survival::finegray::fine_gray;
use diptych::survival::forest::SurvivalForest;
use diptych::survival::fsvm::{self, SvmPlan, time_ranks};
use diptych::survival::gbsa::{BoostedSurvivalTrees, GradientBoostingSurvival};
use diptych::survival::kaplan_meier::{Transform, kaplan_meier};
use diptych::survival::life_table::Counted;
use diptych::survival::logrank::logrank;
use diptych::survival::nelson_aalen::nelson_aalen;
use diptych::survival::rsf::RandomSurvivalForest;
use diptych::survival::survival_tree::SurvivalTreeLearner;
use diptych::survival::time_dependent_auc::integrated_auc;
use diptych::survival::tree::fitted::LEAF;
use diptych::survival::uno::uno;
use ndarray::{Array2, Axis};
use serde_json::Value as Json;

use super::survival::{Worst, number, numbers};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("DIPTYCH_DATASETS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: DIPTYCH_DATASETS names no folder of scripts/reference/datasets.R");
    }
    folder
}

fn json(folder: &std::path::Path, name: &str) -> Json {
    let text = std::fs::read_to_string(folder.join(name)).expect("the peer's file; see the head of this test");
    serde_json::from_str(&text).expect("JSON")
}

/// A table of numbers by column.
struct Table(BTreeMap<String, Vec<f64>>);

impl Table {
    fn read(folder: &std::path::Path, name: &Json) -> Self {
        let name = name.as_str().expect("a table");
        let text = std::fs::read_to_string(folder.join(format!("{name}.csv"))).expect("a table");
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); header.len()];
        for line in lines {
            for (column, cell) in columns.iter_mut().zip(line.split(',')) {
                column.push(cell.parse().expect("a number"));
            }
        }
        Table(header.into_iter().map(str::to_owned).zip(columns).collect())
    }

    fn column(&self, name: &str) -> &[f64] {
        &self.0[name]
    }

    fn named(&self, name: &Json) -> Option<Vec<f64>> {
        name.as_str().map(|name| self.column(name).to_vec())
    }

    fn labels(&self, name: &Json) -> Option<Vec<u32>> {
        self.named(name).map(|values| values.into_iter().map(|value| value as u32).collect())
    }

    fn matrix(&self, names: &Json) -> (Array2<f64>, Vec<String>) {
        let names: Vec<String> =
            names.as_array().expect("names").iter().filter_map(Json::as_str).map(str::to_owned).collect();
        let rows = self.column(&names[0]).len();
        (Array2::from_shape_fn((rows, names.len()), |(row, column)| self.column(&names[column])[row]), names)
    }

    fn outcome(&self) -> Censored {
        Censored::new(self.column("time").to_vec(), self.column("event").iter().map(|event| *event as u8).collect())
    }

    fn entered(&self, entry: &Json) -> Censored {
        Censored { entry: self.named(entry), ..self.outcome() }
    }
}

fn cases<'a>(reference: &'a Json, kind: &str) -> impl Iterator<Item = &'a Json> {
    reference[kind].as_array().expect("cases").iter()
}

#[test]
fn inference_is_that_of_r() {
    let Some(folder) = folder() else { return };
    let reference = json(&folder, "datasets.json");
    let mut worst = Worst::default();
    let mut fits = BTreeMap::new();
    for theirs in cases(&reference, "cox") {
        let table = Table::read(&folder, &theirs["table"]);
        let (x, names) = table.matrix(&theirs["covariates"]);
        let outcome = table.entered(&theirs["entry"]);
        let (strata, cluster) = (table.labels(&theirs["strata"]), table.labels(&theirs["cluster"]));
        let weights = table.named(&theirs["weights"]);
        let ties = match theirs["ties"].as_str() {
            Some("exact") => Ties::Exact,
            Some("breslow") => Ties::Breslow,
            _ => Ties::Efron,
        };
        let data = CoxData {
            strata: strata.as_deref(),
            cluster: cluster.as_deref(),
            weights: weights.as_deref(),
            ..CoxData::new(x.view(), &names, &outcome)
        };
        let robust = theirs["robust"].as_bool().unwrap_or(false);
        let ours = fit(&data, &CoxOptions { ties, robust, ..CoxOptions::default() }).expect("a fit");
        let own: Vec<_> = ours.coefficients.iter().map(|one| one.as_ref().expect("estimable")).collect();
        worst.see_all("Cox: coefficients", &ours.beta, &theirs["coef"]);
        worst.see_all("Cox: standard errors", &own.iter().map(|one| one.se).collect::<Vec<_>>(), &theirs["se"]);
        worst.see_all("Cox: naive errors", &own.iter().map(|one| one.naive_se).collect::<Vec<_>>(), &theirs["naive"]);
        worst.see_all("Cox: log likelihood", &ours.log_likelihood, &theirs["loglik"]);
        worst.see("Cox: likelihood ratio", ours.likelihood_ratio.statistic, number(&theirs["lr"]));
        worst.see("Cox: score test", ours.score.statistic, number(&theirs["score"]));
        worst.see("Cox: Wald test", ours.wald.statistic, number(&theirs["wald"]));
        if ties != Ties::Exact {
            worst.see_all("Cox: martingale", &residuals::martingale(&ours, &data)[..20], &theirs["martingale"]);
            worst.see_all("Cox: deviance residuals", &residuals::deviance(&ours, &data)[..20], &theirs["deviance"]);
            let schoenfeld = residuals::schoenfeld(&ours, &data);
            let first: Vec<f64> = schoenfeld.values.column(0).iter().take(10).copied().collect();
            // Events at one time stand in the order of the rows here, and in another in R.
            let (mut first, mut expected) = (first, numbers(&theirs["schoenfeld"]));
            let tied = schoenfeld.times.windows(2).take(10).any(|pair| pair[0] == pair[1]);
            if !tied {
                first
                    .iter_mut()
                    .zip(&mut expected)
                    .for_each(|(ours, theirs)| worst.see("Cox: Schoenfeld", *ours, *theirs));
            }
            let terms: Vec<(String, Vec<usize>)> =
                names.iter().cloned().zip((0..names.len()).map(|at| vec![at])).collect();
            let zph = proportional_hazards(&ours, &data, &terms, TimeScale::KaplanMeier).expect("a test");
            let tests = zph.terms.iter().map(|(_, test)| test.expect("estimable")).chain([zph.global]);
            worst.see_all("Cox: proportional hazards", &tests.map(|t| t.statistic).collect::<Vec<_>>(), &theirs["zph"]);
        }
        if let Some(curve) = theirs.get("curve").filter(|curve| curve.is_object()) {
            let mean: Vec<f64> = x.mean_axis(Axis(0)).expect("rows").to_vec();
            let found = predict(&ours, 0, &mean, Transform::Log, 0.95);
            for (at, time) in numbers(&curve["time"]).into_iter().enumerate() {
                let Some(place) = found.times.partition_point(|other| *other <= time).checked_sub(1) else { continue };
                worst.see("Cox: survival", found.survival[place], numbers(&curve["surv"])[at]);
                worst.see("Cox: its error", found.se[place], numbers(&curve["se"])[at]);
                worst.see("Cox: its lower limit", found.lower[place], numbers(&curve["lower"])[at]);
                worst.see("Cox: its upper limit", found.upper[place], numbers(&curve["upper"])[at]);
            }
        }
        fits.insert(theirs["name"].as_str().unwrap_or_default().to_owned(), (ours.linear_predictor(x.view()), outcome));
    }
    for theirs in cases(&reference, "concordance") {
        let (scores, outcome) = &fits[theirs["name"].as_str().expect("a fit")];
        let ours = concordance(outcome, scores, None, TimeWeight::Pairs).expect("pairs");
        worst.see("concordance", ours.c, number(&theirs["c"]));
        worst.see("its variance", ours.variance(), number(&theirs["var"]));
    }
    for theirs in cases(&reference, "km") {
        let table = Table::read(&folder, &theirs["table"]);
        let outcome = table.entered(&theirs["entry"]);
        let weights = table.named(&theirs["weights"]);
        let transform = match theirs["type"].as_str() {
            Some("plain") => Transform::Plain,
            Some("log-log") => Transform::LogLog,
            _ => Transform::Log,
        };
        let ours = kaplan_meier(&outcome, weights.as_deref(), Counted::Event, transform, 0.95).expect("a curve");
        let hazard = nelson_aalen(&outcome, weights.as_deref(), Counted::Event, 0.95).expect("a hazard");
        // R lists the entries of late starters as times as well.
        for (at, time) in numbers(&theirs["time"]).into_iter().enumerate() {
            let Ok(place) = ours.table.time.binary_search_by(|known| known.total_cmp(&time)) else { continue };
            let mut see = |what: &str, ours: f64, name: &str| {
                let theirs = numbers(&theirs[name])[at];
                if ours.is_finite() && theirs.is_finite() {
                    worst.see(what, ours, theirs);
                }
            };
            see("Kaplan-Meier", ours.survival[place], "surv");
            see("Kaplan-Meier: error", ours.se_log[place], "se");
            see("Kaplan-Meier: lower", ours.bounds[place].map_or(f64::NAN, |bounds| bounds.lower), "lower");
            see("Kaplan-Meier: upper", ours.bounds[place].map_or(f64::NAN, |bounds| bounds.upper), "upper");
            see("Nelson-Aalen", hazard.hazard[place], "hazard");
            see("Nelson-Aalen: error", hazard.se[place], "hazard_se");
        }
        for (at, share) in [0.25, 0.5].into_iter().enumerate() {
            let estimate = ours.quantile(share);
            let theirs = numbers(&theirs["quantile"]["quantile"])[at];
            assert_eq!(estimate.value.is_ok(), theirs.is_finite());
            if let Ok(value) = estimate.value {
                worst.see("Kaplan-Meier: quantiles", value, theirs);
            }
        }
    }
    for theirs in cases(&reference, "logrank") {
        let table = Table::read(&folder, &theirs["table"]);
        let labels = table.labels(&theirs["group"]).expect("groups");
        let mut levels = labels.clone();
        levels.sort_unstable();
        levels.dedup();
        let codes: Vec<u32> = labels.iter().map(|label| levels.partition_point(|level| level < label) as u32).collect();
        let strata = table.labels(&theirs["strata"]);
        let rho = number(&theirs["rho"]);
        let ours = logrank(&table.outcome(), &codes, levels.len(), strata.as_deref(), rho).expect("a test");
        worst.see("log-rank family", ours.test.statistic, number(&theirs["chisq"]));
        worst.see_all("log-rank: observed", &ours.observed, &theirs["obs"]);
        worst.see_all("log-rank: expected", &ours.expected, &theirs["exp"]);
        let scores: Vec<f64> = (1..=levels.len()).map(|score| score as f64).collect();
        worst.see("log-rank: trend", ours.trend(&scores).expect("a trend").statistic, number(&theirs["trend"]));
    }
    let table = Table::read(&folder, &Json::from("mgus2"));
    let (x, names) = table.matrix(&serde_json::json!(["age", "sex", "hgb", "creat", "mspike"]));
    for theirs in cases(&reference, "incidence") {
        let code = number(&theirs["code"]) as u8;
        let outcome = table.outcome();
        let turned = Censored::new(
            outcome.time.clone(),
            outcome
                .event
                .iter()
                .map(|event| {
                    if *event == 0 {
                        0
                    } else if *event == code {
                        1
                    } else {
                        2
                    }
                })
                .collect(),
        );
        let ours = fine_gray(x.view(), &names, &turned, 0.95).expect("a fit");
        worst.see_all("Fine and Gray", &ours.beta, &theirs["coef"]);
        let groups: Vec<u32> = table.column("group").iter().map(|group| *group as u32 - 1).collect();
        let sex: Vec<u32> = table.column("sex").iter().map(|sex| *sex as u32).collect();
        let gray = |strata: Option<&[u32]>| gray_test(&turned, 1, &groups, 3, strata).expect("a test").statistic;
        worst.see("Gray's test", gray(None), number(&theirs["gray"]));
        worst.see("Gray's test, stratified", gray(Some(&sex)), number(&theirs["stratified"]));
        let curve = cumulative_incidence(&turned, 1).expect("a curve");
        for (at, time) in numbers(&theirs["times"]).into_iter().enumerate() {
            worst.see("cumulative incidence", curve.at(time), numbers(&theirs["incidence"])[at]);
            worst.see("its variance", curve.variance_at(time), numbers(&theirs["variance"])[at]);
        }
    }
    for theirs in cases(&reference, "logistic") {
        let table = Table::read(&folder, &theirs["table"]);
        let (x, names) = table.matrix(&theirs["covariates"]);
        let labels: Vec<bool> =
            table.named(&theirs["response"]).expect("a response").iter().map(|y| *y == 1.0).collect();
        let weights = table.named(&theirs["weights"]);
        let options = Options { firth: Firth::Never, profile: false, ..Options::default() };
        let ours = logistic_regression::fit(x.view(), &names, &labels, weights.as_deref(), &options, &Watch::silent());
        let ours = ours.expect("a fit");
        worst.see_all(
            "logistic",
            &ours.coefficients.iter().map(|one| one.estimate).collect::<Vec<_>>(),
            &theirs["coef"],
        );
        let errors: Vec<f64> = ours.coefficients.iter().map(|one| one.standard_error).collect();
        worst.see_all("logistic: errors", &errors, &theirs["se"]);
        worst.see("logistic: deviance", ours.deviance(), number(&theirs["deviance"]));
        worst.see("logistic: null deviance", ours.null_deviance(), number(&theirs["null"]));
    }
    worst.report("R's own data sets: inference", 1e-8);
}

#[test]
fn paths_are_those_of_glmnet() {
    let Some(folder) = folder() else { return };
    let reference = json(&folder, "datasets.json");
    println!("R's own data sets: glmnet's paths, worst absolute difference of a coefficient per standard deviation");
    for theirs in cases(&reference, "path") {
        let table = Table::read(&folder, &theirs["table"]);
        let (x, _) = table.matrix(&theirs["covariates"]);
        let factors = theirs["factors"].as_array().map(|_| numbers(&theirs["factors"]));
        let penalty = Penalty { alpha: number(&theirs["alpha"]), factors };
        let lambdas = Lambdas::Given(numbers(&theirs["lambda"]));
        let control = Control { threshold: 1e-15, ..Control::default() };
        let silent = Watch::silent();
        let outcome = match theirs["family"].as_str() {
            Some("cox") => Outcome::Survival(table.outcome()),
            Some("gaussian") => Outcome::Continuous(table.column("time").to_vec()),
            _ => Outcome::Binary(table.column("event").iter().map(|event| *event == 1.0).collect()),
        };
        let path = match &outcome {
            Outcome::Survival(censored) => {
                coxnet::fit_path(x.view(), censored, None, &penalty, &lambdas, &control, &silent).expect("a path")
            }
            _ => cross_validation::fit_path(x.view(), &outcome, None, &penalty, &lambdas, &control, &silent)
                .expect("a path"),
        };
        let sd = x.std_axis(Axis(0), 0.0);
        // The gaussian family's coefficients have the unit of the response.
        let unit = match &outcome {
            Outcome::Continuous(y) => ndarray::ArrayView1::from(y).std(0.0),
            _ => 1.0,
        };
        let (mut worst, mut ours_off, mut theirs_off): (f64, f64, f64) = (0.0, 0.0, 0.0);
        for ((slopes, row), lambda) in
            path.slopes.iter().zip(theirs["beta"].as_array().expect("rows")).zip(&path.lambda)
        {
            let mut own = vec![0.0; x.ncols()];
            slopes.iter().for_each(|(feature, slope)| own[*feature] = *slope);
            for ((own, theirs), sd) in own.iter().zip(numbers(row)).zip(&sd) {
                worst = worst.max((own - theirs).abs() * sd / unit);
            }
            if let Outcome::Survival(censored) = &outcome {
                ours_off = ours_off.max(off_the_optimum(&x, censored, &penalty, *lambda, &own));
                theirs_off = theirs_off.max(off_the_optimum(&x, censored, &penalty, *lambda, &numbers(row)));
            }
        }
        let name = theirs["name"].as_str().unwrap_or_default();
        print!("  {name:<26} alpha {:<4} {:>3} lambdas {worst:9.2e}", penalty.alpha, path.lambda.len());
        println!("; off the optimum: ours {ours_off:.1e}, glmnet {theirs_off:.1e}");
        // glmnet's Cox solutions stop at a gradient of about 1e-5 whatever the threshold: where the
        // two are further apart it has to be glmnet that is off.
        assert!(worst < 1e-5 || 100.0 * ours_off < theirs_off && worst < 1e-3, "{name}");
    }
}

/// How far the gradient of the partial likelihood, per standard deviation, is from what the penalty
/// wants of the coefficients that are not zero.
fn off_the_optimum(x: &Array2<f64>, outcome: &Censored, penalty: &Penalty, lambda: f64, beta: &[f64]) -> f64 {
    use diptych::learn::glmnet::Family;
    let eta = x.dot(&ndarray::Array1::from(beta.to_vec())).to_vec();
    let (mut score, mut curvature) = (vec![0.0; eta.len()], vec![0.0; eta.len()]);
    coxnet::BreslowPartialLikelihood::new(outcome, None).derivatives(&eta, &mut score, &mut curvature);
    let factors = penalty.factors.clone().unwrap_or_else(|| vec![1.0; beta.len()]);
    let scale = factors.len() as f64 / factors.iter().sum::<f64>();
    let mut most: f64 = 0.0;
    for (column, (beta, factor)) in beta.iter().zip(&factors).enumerate().filter(|(_, (beta, _))| **beta != 0.0) {
        let values = x.column(column);
        let (mean, sd) = (values.mean().expect("rows"), values.std(0.0));
        let gradient: f64 = values.iter().zip(&score).map(|(value, score)| (value - mean) / sd * score).sum();
        let wanted = penalty.alpha * beta.signum() + (1.0 - penalty.alpha) * beta * sd;
        most = most.max((gradient - lambda * factor * scale * wanted).abs());
    }
    most
}

fn settled(learner: &dyn Learner, given: &[(&'static str, Setting)]) -> Settings {
    Settings::new(learner.card(), given.iter().cloned()).expect("settings")
}

fn learned(
    learner: &dyn Learner,
    x: &Array2<f64>,
    names: &[String],
    outcome: &Censored,
    given: &[(&'static str, Setting)],
) -> Box<dyn Model> {
    let outcome = Outcome::Survival(outcome.clone());
    let task = Task { x: x.view(), names, outcome: &outcome, weights: None };
    learner.fit(&task, &settled(learner, given), &Stream::root(1), &Watch::silent()).expect("a model")
}

#[test]
fn learners_and_metrics_are_those_of_scikit_survival() {
    let Some(folder) = folder() else { return };
    let reference = json(&folder, "datasets_python.json");
    let count = |value: &Json| Setting::Integer(value.as_i64().expect("a count"));
    let read = |theirs: &Json| {
        let table = Table::read(&folder, &theirs["table"]);
        let (x, names) = table.matrix(&theirs["features"]);
        (x, names, table.outcome())
    };
    let scaled = |x: &Array2<f64>| {
        let (mean, sd) = (x.mean_axis(Axis(0)).expect("rows"), x.std_axis(Axis(0), 0.0));
        (x - &mean) / &sd
    };
    let mut worst = Worst::default();
    let mut trees = 0;
    for theirs in cases(&reference, "trees") {
        let (x, names, outcome) = read(theirs);
        let mut given = vec![("leaf", count(&theirs["leaf"]))];
        if theirs["depth"].is_i64() {
            given.push(("depth", count(&theirs["depth"])));
        }
        let model = learned(&SurvivalTreeLearner, &x, &names, &outcome, &given);
        let tree = &model.as_any().downcast_ref::<SurvivalForest>().expect("a forest").trees[0];
        let features: Vec<i64> = tree.feature.iter().map(|f| if *f == LEAF { -2 } else { i64::from(*f) }).collect();
        // Where two features cut alike, scikit-survival's order of the draw decides.
        if serde_json::json!(features) == theirs["feature"] {
            trees += 1;
            assert_eq!(serde_json::json!(tree.rows), theirs["rows"]);
            let own: Vec<f64> =
                tree.threshold.iter().zip(&tree.feature).map(|(t, f)| if *f == LEAF { -2.0 } else { *t }).collect();
            worst.see_all("survival trees: thresholds", &own, &theirs["threshold"]);
            let risk = model.predict(x.slice(ndarray::s![..100, ..])).expect("risk");
            worst.see_all("survival trees: risk", risk.scores(), &theirs["risk"]);
            continue;
        }
        let node = (0..features.len()).find(|node| Some(features[*node]) != theirs["feature"][*node].as_i64());
        let node = node.expect("a node that differs");
        let members: Vec<usize> = (0..x.nrows())
            .filter(|row| {
                let mut at = 0;
                while at < node && tree.feature[at] != LEAF {
                    let left = x[[*row, tree.feature[at] as usize]] <= tree.threshold[at];
                    at = if left { tree.left[at] } else { tree.right[at] } as usize;
                }
                at == node
            })
            .collect();
        let cut = |feature: usize, threshold: f64| {
            let sides: Vec<u32> = members.iter().map(|row| u32::from(x[[*row, feature]] > threshold)).collect();
            logrank(&outcome.select(&members), &sides, 2, None, 0.0).expect("a cut").test.statistic
        };
        let ours = cut(tree.feature[node] as usize, tree.threshold[node]);
        let other = theirs["feature"][node].as_i64().expect("a feature") as usize;
        worst.see("survival trees: tied cuts", ours, cut(other, numbers(&theirs["threshold"])[node]));
    }
    println!("{trees} of {} survival trees alike node by node", cases(&reference, "trees").count());
    for theirs in cases(&reference, "forests") {
        let (x, names, outcome) = read(theirs);
        let all = Setting::Integer(names.len() as i64);
        let given = [
            ("trees", Setting::Integer(2)),
            ("bootstrap", Setting::Flag(false)),
            ("features", all),
            ("leaf", count(&theirs["leaf"])),
        ];
        let risk = learned(&RandomSurvivalForest, &x, &names, &outcome, &given);
        worst.see_all(
            "forest without chance",
            risk.predict(x.slice(ndarray::s![..100, ..])).expect("risk").scores(),
            &theirs["risk"],
        );
    }
    for theirs in cases(&reference, "boosting") {
        let (x, names, outcome) = read(theirs);
        let loss = theirs["loss"].as_str().expect("a loss");
        // Their trees leave the censoring weights out; ours do not, on purpose.
        if loss == "ipcwls" {
            continue;
        }
        let given = [
            ("loss", Setting::Text(loss.to_owned())),
            ("trees", count(&theirs["trees"])),
            ("depth", count(&theirs["depth"])),
            ("learning_rate", Setting::Real(number(&theirs["rate"]))),
        ];
        let model = learned(&GradientBoostingSurvival, &x, &names, &outcome, &given);
        let own = model.as_any().downcast_ref::<BoostedSurvivalTrees>().expect("boosting");
        let scores = own.scores(x.slice(ndarray::s![..100, ..])).expect("scores");
        let told: Vec<f64> = if loss == "coxph" { scores } else { scores.iter().map(|score| score.exp()).collect() };
        worst.see_all(&format!("boosting, {loss}"), &told, &theirs["prediction"]);
    }
    for theirs in cases(&reference, "componentwise") {
        let (x, names, outcome) = read(theirs);
        let given = [("rounds", count(&theirs["trees"])), ("learning_rate", Setting::Real(number(&theirs["rate"])))];
        let model = learned(&ComponentwiseBoosting, &scaled(&x), &names, &outcome, &given);
        let own = model.as_any().downcast_ref::<ComponentwiseModel>().expect("boosting");
        let all: Vec<f64> = std::iter::once(own.intercept).chain(own.coefficients.iter().copied()).collect();
        worst.see_all("component-wise boosting", &all, &theirs["coefficients"]);
    }
    worst.report("R's own data sets: scikit-survival's trees and boosting", 1e-8);

    let mut worst = Worst::default();
    for theirs in cases(&reference, "machines") {
        let (x, _, outcome) = read(theirs);
        let mut seen = Vec::new();
        let once: Vec<usize> = (0..outcome.len())
            .filter(|row| {
                let new = !seen.contains(&outcome.time[*row].to_bits());
                seen.push(outcome.time[*row].to_bits());
                new
            })
            .collect();
        let (z, outcome) = (scaled(&x).select(Axis(0), &once), outcome.select(&once));
        let plan = SvmPlan {
            alpha: number(&theirs["alpha"]),
            rank_ratio: number(&theirs["ratio"]),
            intercept: theirs["intercept"].as_bool().unwrap_or(false),
            iterations: 500,
        };
        let ours =
            fsvm::fit(z.view(), &outcome, &time_ranks(&outcome.time), plan, &Watch::silent()).expect("a machine");
        let scale = numbers(&theirs["coefficients"]).iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        for (ours, theirs) in ours.coefficients.iter().zip(numbers(&theirs["coefficients"])) {
            worst.see("survival machines", 1.0 + (ours - theirs) / scale, 1.0);
        }
    }
    worst.report("R's own data sets: FastSurvivalSVM, as a share of the largest coefficient", 1e-4);

    let mut worst = Worst::default();
    for theirs in cases(&reference, "paths") {
        let (x, _, outcome) = read(theirs);
        let penalty = Penalty { alpha: number(&theirs["l1_ratio"]), factors: None };
        let lambdas = Lambdas::Given(numbers(&theirs["alphas"]));
        let control = Control { threshold: 1e-15, standardise: false, ..Control::default() };
        let path = coxnet::fit_path(scaled(&x).view(), &outcome, None, &penalty, &lambdas, &control, &Watch::silent());
        let path = path.expect("a path");
        for (slopes, row) in path.slopes.iter().zip(theirs["coefficients"].as_array().expect("rows")) {
            let mut own = vec![0.0; x.ncols()];
            slopes.iter().for_each(|(feature, slope)| own[*feature] = *slope);
            for (own, theirs) in own.iter().zip(numbers(row)) {
                worst.see("penalised Cox, coefficients", 1.0 + own - theirs, 1.0);
            }
        }
    }
    worst.report("R's own data sets: scikit-survival's Coxnet, absolute", 1e-5);

    let mut worst = Worst::default();
    for theirs in cases(&reference, "metrics") {
        let (x, _, outcome) = read(theirs);
        let risk = scaled(&x).dot(&ndarray::Array1::from(numbers(&theirs["weights"]))).to_vec();
        let last = outcome.time.iter().copied().fold(0.0, f64::max);
        let (train, test): (Vec<usize>, Vec<usize>) =
            (0..outcome.len()).partition(|row| row % 2 == 0 || outcome.time[*row] == last);
        worst.see("Harrell's C", harrell(&outcome, &risk).expect("pairs"), numbers(&theirs["harrell"])[0]);
        let scores: Vec<f64> = test.iter().map(|row| risk[*row]).collect();
        let (train, test) = (outcome.select(&train), outcome.select(&test));
        let times = numbers(&theirs["times"]);
        worst.see("Uno's C", uno(&train, &test, &scores, None, Side::At).expect("C").value, number(&theirs["uno"]));
        let tau = Some(times[2]);
        worst.see(
            "Uno's C to tau",
            uno(&train, &test, &scores, tau, Side::At).expect("C").value,
            number(&theirs["uno_tau"]),
        );
        let (auc, mean) = integrated_auc(&train, &test, &scores, &times, Side::At).expect("AUC");
        worst.see_all("AUC(t)", &auc, &theirs["auc"]);
        worst.see("mean AUC", mean.value, number(&theirs["mean_auc"]));
        let end = times[times.len() - 1];
        let survival = Array2::from_shape_fn((test.len(), times.len()), |(row, at)| {
            (-(0.3 * scores[row]).exp() * times[at] / end).exp()
        });
        let curves = SurvivalCurves { times: times.clone(), survival };
        for (at, value) in numbers(&theirs["brier"]).into_iter().enumerate() {
            let ours = brier_at(&train, &test, curves.survival.column(at), times[at], Side::At).expect("weights");
            worst.see("Brier score", ours.value, value);
        }
        let (_, ibs) = integrated_brier(&train, &test, &curves, (0.0, 1e9), Side::At).expect("weights");
        worst.see("IBS", ibs.value, number(&theirs["ibs"]));
    }
    worst.report("R's own data sets: scikit-survival's metrics", 1e-8);
}
