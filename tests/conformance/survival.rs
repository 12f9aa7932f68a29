//! Survival inference and metrics against R and scikit-survival.

use diptych::stats::Censored;
use diptych::survival::concordance::{TimeWeight, concordance};
use diptych::survival::cox::baseline::baseline;
use diptych::survival::cox::proportionality::{TimeScale, proportional_hazards};
use diptych::survival::cox::{CoxData, CoxOptions, Ties, fit, residuals};
use diptych::survival::kaplan_meier::{KaplanMeier, Transform, follow_up, kaplan_meier};
use diptych::survival::life_table::Counted;
use diptych::survival::logrank::logrank;
use ndarray::Array2;
use serde_json::Value as Json;

use super::shared;

/// The worst difference seen so far, by what was compared.
#[derive(Default)]
pub struct Worst(Vec<(String, f64)>);

impl Worst {
    /// Relative to the size of their number, absolute below 1e-6.
    pub fn see(&mut self, what: &str, ours: f64, theirs: f64) {
        let difference = (ours - theirs).abs() / theirs.abs().max(1e-6);
        match self.0.iter_mut().find(|(name, _)| name == what) {
            Some((_, worst)) => *worst = worst.max(difference),
            None => self.0.push((what.to_owned(), difference)),
        }
        assert!(difference.is_finite(), "{what}: {ours} beside {theirs}");
    }

    pub fn see_all(&mut self, what: &str, ours: &[f64], theirs: &Json) {
        let theirs = numbers(theirs);
        assert_eq!(ours.len(), theirs.len(), "{what}");
        for (ours, theirs) in ours.iter().zip(theirs) {
            self.see(what, *ours, theirs);
        }
    }

    pub fn report(&self, file: &str, allowed: f64) {
        println!("{file}");
        for (what, worst) in &self.0 {
            println!("  {what:<28} {worst:9.2e}");
        }
        for (what, worst) in &self.0 {
            assert!(*worst <= allowed, "{file}: {what} differs by {worst:e}");
        }
    }
}

/// The numbers of an array, of an object's values, or a number alone.
pub fn numbers(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(values) => values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect(),
        Json::Object(values) => values.values().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect(),
        other => vec![other.as_f64().unwrap_or(f64::NAN)],
    }
}

pub fn number(json: &Json) -> f64 {
    json.as_f64().unwrap_or(f64::NAN)
}

/// A table of the shared folder with quoted words as text.
pub struct Table {
    names: Vec<String>,
    cells: Vec<Vec<String>>,
}

impl Table {
    pub fn read(path: &str) -> Option<Self> {
        let text = std::fs::read_to_string(shared::file(path)?).ok()?;
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<String>>());
        Some(Table { names: lines.next()?, cells: lines.collect() })
    }

    pub fn text(&self, name: &str) -> Vec<&str> {
        let column = self.names.iter().position(|other| other == name).expect("a column");
        self.cells.iter().map(|row| row[column].as_str()).collect()
    }

    pub fn number(&self, name: &str) -> Vec<f64> {
        self.text(name).into_iter().map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
    }

    /// Columns side by side for the rows that miss none of them, and those rows.
    pub fn complete(&self, names: &[&str]) -> (Array2<f64>, Vec<usize>) {
        let columns: Vec<Vec<f64>> = names.iter().map(|name| self.number(name)).collect();
        let rows: Vec<usize> =
            (0..self.cells.len()).filter(|row| columns.iter().all(|column| !column[*row].is_nan())).collect();
        (Array2::from_shape_fn((rows.len(), names.len()), |(i, j)| columns[j][rows[i]]), rows)
    }
}

pub fn lung() -> Option<(Table, Censored)> {
    let table = Table::read("data/tables/R_lung.csv")?;
    let event = table.number("status").iter().map(|status| u8::from(*status == 2.0)).collect();
    let outcome = Censored::new(table.number("time"), event);
    Some((table, outcome))
}

pub fn veteran() -> Option<(Table, Censored)> {
    let table = Table::read("data/tables/R_veteran.csv")?;
    let event = table.number("status").iter().map(|status| *status as u8).collect();
    let outcome = Censored::new(table.number("time"), event);
    Some((table, outcome))
}

pub fn whas500() -> Option<(Table, Censored)> {
    let table = Table::read("data/tables/sksurv_whas500.csv")?;
    let event = table.number("event").iter().map(|status| *status as u8).collect();
    let outcome = Censored::new(table.number("time"), event);
    Some((table, outcome))
}

const WHAS500: [&str; 14] =
    ["afb", "age", "av3", "bmi", "chf", "cvd", "diasbp", "gender", "hr", "los", "miord", "mitype", "sho", "sysbp"];

/// Covariates, outcome, names, strata and weights of one model of cox.json.
type Model = (Array2<f64>, Censored, Vec<String>, Option<Vec<u32>>, Option<Vec<f64>>);

fn model(key: &str) -> Option<Model> {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let from = |data: Option<(Table, Censored)>, names: &[&str]| {
        let (table, outcome) = data?;
        let (x, rows) = table.complete(names);
        Some((table, x, outcome.select(&rows), named(names), rows))
    };
    let label = |table: &Table, name: &str, rows: &[usize]| -> Vec<u32> {
        let column = table.number(name);
        rows.iter().map(|row| column[*row] as u32).collect()
    };
    Some(match key {
        "lung_age_sex_ecog" => {
            let (_, x, y, names, _) = from(lung(), &["age", "sex", "ph.ecog"])?;
            (x, y, names, None, None)
        }
        "lung_full" => {
            let (_, x, y, names, _) = from(lung(), &["age", "sex", "ph.ecog", "ph.karno", "wt.loss"])?;
            (x, y, names, None, None)
        }
        "lung_strata_sex" => {
            let (table, x, y, names, rows) = from(lung(), &["age", "ph.ecog"])?;
            let strata = label(&table, "sex", &rows);
            (x, y, names, Some(strata), None)
        }
        "veteran" => {
            let (_, x, y, names, _) = from(veteran(), &["trt", "karno", "diagtime", "age", "prior"])?;
            (x, y, names, None, None)
        }
        "veteran_celltype" => {
            let (table, x, y, _, _) = from(veteran(), &["trt", "karno"])?;
            let cell = table.text("celltype");
            let levels = ["adeno", "large", "smallcell"];
            let x = Array2::from_shape_fn((x.nrows(), 5), |(row, column)| match column {
                0 => x[[row, 0]],
                4 => x[[row, 1]],
                other => f64::from(u8::from(cell[row] == levels[other - 1])),
            });
            (x, y, named(&["trt", "celltypeadeno", "celltypelarge", "celltypesmallcell", "karno"]), None, None)
        }
        "whas500" => {
            let (_, x, y, names, _) = from(whas500(), &WHAS500)?;
            (x, y, names, None, None)
        }
        _ => {
            let (_, x, y, names, rows) = from(veteran(), &["trt", "karno"])?;
            let weights = rows.iter().map(|row| 1.0 + ((row + 1) % 3) as f64).collect();
            (x, y, names, None, Some(weights))
        }
    })
}

#[test]
fn cox_regression_is_that_of_r() {
    let Some(reference) = shared::json("reference/survival/cox.json") else { return };
    let mut worst = Worst::default();
    for (key, theirs) in reference.as_object().expect("models") {
        let (data, ties) = key.split_once("__").expect("data and ties");
        let Some((x, outcome, names, strata, weights)) = model(data) else { return };
        let named = |values: &Json| names.iter().map(|name| values[name].clone()).collect::<Json>();
        let ties = match ties {
            "breslow" => Ties::Breslow,
            "exact" => Ties::Exact,
            _ => Ties::Efron,
        };
        let data = CoxData {
            strata: strata.as_deref(),
            weights: weights.as_deref(),
            ..CoxData::new(x.view(), &names, &outcome)
        };
        let ours = fit(&data, &CoxOptions { ties, ..CoxOptions::default() }).expect("a fit");
        assert_eq!((ours.n as f64, ours.events as f64), (number(&theirs["n"]), number(&theirs["nevent"])), "{key}");
        let field = |pick: fn(&diptych::survival::cox::Coefficient) -> f64| -> Vec<f64> {
            ours.coefficients.iter().map(|one| pick(one.as_ref().expect("estimable"))).collect()
        };
        worst.see_all("coefficients", &ours.beta, &named(&theirs["coef"]));
        worst.see_all("standard errors", &field(|one| one.se), &named(&theirs["se"]));
        worst.see_all("hazard ratios", &field(|one| one.hazard_ratio), &named(&theirs["hr"]));
        worst.see_all("lower limits", &field(|one| one.lower), &named(&theirs["hr_lower95"]));
        worst.see_all("upper limits", &field(|one| one.upper), &named(&theirs["hr_upper95"]));
        worst.see_all("z", &field(|one| one.z), &named(&theirs["z"]));
        worst.see_all("p", &field(|one| one.p), &named(&theirs["p"]));
        for (i, row) in theirs["vcov"].as_array().expect("rows").iter().enumerate() {
            worst.see_all("covariance", &ours.variance().row(i).to_vec(), row);
        }
        worst.see_all("log likelihood", &ours.log_likelihood, &theirs["loglik"]);
        worst.see("likelihood-ratio test", ours.likelihood_ratio.statistic, number(&theirs["lr_test"]["test"]));
        worst.see("likelihood-ratio p", ours.likelihood_ratio.p, number(&theirs["lr_test"]["pvalue"]));
        // summary.coxph rounds Wald's statistic to two decimals.
        let rounded = (ours.wald.statistic * 100.0).round() / 100.0;
        worst.see("Wald test (2 decimals)", rounded, number(&theirs["wald_test"]["test"]));
        worst.see("Wald p", ours.wald.p, number(&theirs["wald_test"]["pvalue"]));
        worst.see("score test", ours.score.statistic, number(&theirs["score_test"]["test"]));
        worst.see("score p", ours.score.p, number(&theirs["score_test"]["pvalue"]));
        worst.see("AIC", ours.aic(), number(&theirs["aic"]));
        worst.see("BIC", ours.bic(), number(&theirs["bic"]));
        let lp = ours.linear_predictor(x.view());
        // R does not centre covariates that are 0 or 1; differences between patients do not depend on it.
        let theirs_lp = numbers(&theirs["lp_first10"]);
        // predict.coxph centres within strata.
        for row in if strata.is_none() { 1..10 } else { 0..0 } {
            worst.see("linear predictor", lp[row] - lp[0], theirs_lp[row] - theirs_lp[0]);
        }
        if ties != Ties::Exact {
            let martingale = residuals::martingale(&ours, &data);
            worst.see_all("martingale residuals", &martingale[..10], &theirs["martingale_first10"]);
        }
        let listed: Vec<String> = theirs["zph"]["names"]
            .as_array()
            .expect("names")
            .iter()
            .filter_map(|name| name.as_str())
            .filter(|name| *name != "GLOBAL")
            .map(str::to_owned)
            .collect();
        let terms: Vec<(String, Vec<usize>)> = listed
            .iter()
            .map(|term| {
                let columns = (0..names.len()).filter(|column| {
                    names[*column] == *term || term == "celltype" && names[*column].starts_with("celltype")
                });
                (term.clone(), columns.collect())
            })
            .collect();
        let zph = proportional_hazards(&ours, &data, &terms, TimeScale::KaplanMeier).expect("a test");
        for (at, (_, test)) in zph.terms.iter().enumerate() {
            let test = test.expect("estimable");
            worst.see("proportional hazards", test.statistic, numbers(&theirs["zph"]["chisq"])[at]);
            worst.see("its p", test.p, numbers(&theirs["zph"]["p"])[at]);
        }
        worst.see("proportional hazards", zph.global.statistic, numbers(&theirs["zph"]["chisq"])[terms.len()]);
        if let Some(hazard) = theirs.get("basehaz_uncentered") {
            let base = baseline(&ours, 0, false);
            for (time, value) in numbers(&hazard["time"]).into_iter().zip(numbers(&hazard["hazard"])) {
                worst.see("baseline hazard", base.at(time), value);
            }
        }
        if strata.is_none() && weights.is_none() {
            let c = concordance(&outcome, &lp, None, TimeWeight::Pairs).expect("pairs");
            worst.see("concordance", c.c, number(&theirs["concordance"]["C"]));
            worst.see("its standard error", c.variance().sqrt(), number(&theirs["concordance"]["se(C)"]));
        }
    }
    worst.report("cox.json", 1e-8);
}

#[test]
fn univariable_cox_is_that_of_r() {
    let Some(reference) = shared::json("reference/survival/cox_univariate_lung.json") else { return };
    let Some((table, outcome)) = lung() else { return };
    let mut worst = Worst::default();
    for theirs in reference.as_array().expect("models") {
        let name = theirs["var"].as_str().expect("a name");
        let (x, rows) = table.complete(&[name]);
        let outcome = outcome.select(&rows);
        let names = [name.to_owned()];
        let ours = fit(&CoxData::new(x.view(), &names, &outcome), &CoxOptions::default()).expect("a fit");
        let one = ours.coefficients[0].as_ref().expect("estimable");
        assert_eq!(ours.n as f64, number(&theirs["n"]));
        worst.see("coefficient", one.value, number(&theirs["coef"]));
        worst.see("hazard ratio", one.hazard_ratio, number(&theirs["hr"]));
        worst.see("limits", one.lower, number(&theirs["lo"]));
        worst.see("limits", one.upper, number(&theirs["hi"]));
        worst.see("p", one.p, number(&theirs["p"]));
        let lp = ours.linear_predictor(x.view());
        let c = concordance(&outcome, &lp, None, TimeWeight::Pairs).expect("pairs");
        worst.see("concordance", c.c, number(&theirs["c"]));
    }
    worst.report("cox_univariate_lung.json", 1e-8);
}

#[test]
fn concordance_is_that_of_r() {
    let Some(reference) = shared::json("reference/survival/concordance_R.json") else { return };
    let mut worst = Worst::default();
    for (key, theirs) in reference.as_object().expect("cases") {
        let (data, weight) = key.split_once('_').expect("data and weight");
        let Some((x, outcome, names, _, _)) = model(if data == "lung" { "lung_age_sex_ecog" } else { "whas500" })
        else {
            return;
        };
        let scores: Vec<f64> = if weight == "hr_alone" {
            x.column(8).to_vec()
        } else {
            let options = CoxOptions::default();
            fit(&CoxData::new(x.view(), &names, &outcome), &options).expect("a fit").linear_predictor(x.view())
        };
        let weight = match weight {
            "S" => TimeWeight::Survival,
            "S/G" | "n/G2" => TimeWeight::Uno,
            "I" => TimeWeight::Risk,
            _ => TimeWeight::Pairs,
        };
        let ours = concordance(&outcome, &scores, None, weight).expect("pairs");
        worst.see("C", ours.c, number(&theirs["c"]));
        worst.see("variance", ours.variance(), number(&theirs["var"]));
        let counts = &theirs["counts"];
        worst.see("concordant", ours.concordant, number(&counts["concordant"]));
        worst.see("discordant", ours.discordant, number(&counts["discordant"]));
        worst.see("tied scores", ours.tied_score, number(&counts["tied.x"]));
        worst.see("tied times", ours.tied_time, number(&counts["tied.y"]));
        worst.see("tied in both", ours.tied_both, number(&counts["tied.xy"]));
    }
    worst.report("concordance_R.json", 1e-8);
}

fn compare_curve(worst: &mut Worst, ours: &KaplanMeier, theirs: &Json, range: std::ops::Range<usize>) {
    let part = |name: &str| numbers(&theirs[name])[range.clone()].to_vec();
    let mut see = |what: &str, ours: &[f64], theirs: Vec<f64>| {
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            // R has no number (or an infinite error) where survival is 0.
            if theirs.is_finite() && ours.is_finite() {
                worst.see(what, *ours, theirs);
            }
        }
    };
    see("times", &ours.table.time, part("time"));
    see("at risk", &ours.table.at_risk, part("n_risk"));
    see("events", &ours.table.events, part("n_event"));
    see("survival", &ours.survival, part("surv"));
    see("standard error", &ours.se_log, part("std_err"));
    let lower: Vec<f64> = ours.bounds.iter().map(|b| b.map_or(f64::NAN, |b| b.lower)).collect();
    let upper: Vec<f64> = ours.bounds.iter().map(|b| b.map_or(f64::NAN, |b| b.upper)).collect();
    see("lower limits", &lower, part("lower"));
    see("upper limits", &upper, part("upper"));
}

#[test]
fn kaplan_meier_is_that_of_r() {
    let Some(reference) = shared::json("reference/survival/km.json") else { return };
    let (Some((table, lung)), Some((_, whas))) = (lung(), whas500()) else { return };
    let mut worst = Worst::default();
    for (word, transform) in [("log", Transform::Log), ("log-log", Transform::LogLog), ("plain", Transform::Plain)] {
        let curve = |outcome: &Censored| kaplan_meier(outcome, None, Counted::Event, transform, 0.95).expect("a curve");
        let reverse = follow_up(&lung, transform, 0.95).expect("a curve");
        for (key, ours) in [("lung", curve(&lung)), ("whas500", curve(&whas)), ("lung_reverse", reverse)] {
            let theirs = &reference[&format!("{key}_{word}")];
            let n = numbers(&theirs["time"]).len();
            compare_curve(&mut worst, &ours, theirs, 0..n);
            let limit = ours.table.time.last().copied().expect("a time");
            let (mean, se) = ours.restricted_mean_se(limit);
            worst.see("restricted mean", mean, number(&theirs["table"]["rmean"]));
            worst.see("its standard error", se, number(&theirs["table"]["se(rmean)"]));
            let quantiles = numbers(&theirs["quantile"]["quantile"]);
            for (at, probability) in [0.25, 0.5, 0.75].into_iter().enumerate() {
                let estimate = ours.quantile(probability);
                worst.see("quantiles", estimate.value.clone().expect("reached"), quantiles[at]);
                if let Some(interval) = estimate.interval {
                    worst.see("quantile limits", interval.lower, numbers(&theirs["quantile"]["lower"])[at]);
                    let upper = numbers(&theirs["quantile"]["upper"])[at];
                    // A limit that follow-up does not reach is missing in R and infinite here.
                    if interval.upper.is_finite() || !upper.is_nan() {
                        worst.see("quantile limits", interval.upper, upper);
                    }
                } else {
                    assert!(numbers(&theirs["quantile"]["upper"])[at].is_nan(), "{key} {word} {probability}");
                }
            }
        }
        let theirs = &reference[&format!("lung_sex_{word}")];
        let sex = table.number("sex");
        let mut start = 0;
        for (label, code) in [("sex=1", 1.0), ("sex=2", 2.0)] {
            let rows: Vec<usize> = (0..sex.len()).filter(|row| sex[*row] == code).collect();
            let ours = curve(&lung.select(&rows));
            let length = number(&theirs["strata"][label]) as usize;
            compare_curve(&mut worst, &ours, theirs, start..start + length);
            start += length;
            let (mean, se) = ours.restricted_mean_se(1022.0);
            worst.see("restricted mean", mean, number(&theirs["table"][label]["rmean"]));
            worst.see("its standard error", se, number(&theirs["table"][label]["se(rmean)"]));
        }
    }
    let km = kaplan_meier(&lung, None, Counted::Event, Transform::Log, 0.95).expect("a curve");
    let theirs = &reference["lung_summary_at_180_365_730"];
    for (at, time) in [180.0, 365.0, 730.0].into_iter().enumerate() {
        let estimate = km.estimate_at(time);
        worst.see("survival", estimate.value.expect("within follow-up"), numbers(&theirs["surv"])[at]);
        worst.see("at risk", km.at_risk(&lung, time) as f64, numbers(&theirs["n_risk"])[at]);
    }
    let (mean, se) = km.restricted_mean_se(365.0);
    worst.see("restricted mean", mean, number(&reference["lung_rmst_365"]["rmean"]));
    worst.see("its standard error", se, number(&reference["lung_rmst_365"]["se(rmean)"]));
    worst.report("km.json", 1e-8);
}

#[test]
fn the_log_rank_family_is_that_of_r() {
    let Some(reference) = shared::json("reference/survival/logrank.json") else { return };
    let (Some((lung_table, lung)), Some((veteran_table, veteran))) = (lung(), veteran()) else { return };
    let code = |levels: &[&str], column: &[&str]| -> (Vec<usize>, Vec<u32>) {
        let known = |value: &&str| levels.iter().position(|level| level == value);
        let rows: Vec<usize> = (0..column.len()).filter(|row| known(&column[*row]).is_some()).collect();
        let codes = rows.iter().map(|row| known(&column[*row]).map_or(0, |code| code as u32)).collect();
        (rows, codes)
    };
    let cells = ["squamous", "smallcell", "adeno", "large"];
    let mut worst = Worst::default();
    for (key, theirs) in reference.as_object().expect("cases") {
        let (outcome, levels, column, strata, rho): (&Censored, Vec<&str>, Vec<&str>, Option<Vec<u32>>, f64) =
            match key.as_str() {
                "lung_sex" => (&lung, vec!["1", "2"], lung_table.text("sex"), None, 0.0),
                "lung_sex_peto_rho1" => (&lung, vec!["1", "2"], lung_table.text("sex"), None, 1.0),
                "lung_ecog" => (&lung, vec!["0", "1", "2", "3"], lung_table.text("ph.ecog"), None, 0.0),
                "veteran_celltype" => {
                    let column = veteran_table.text("celltype");
                    let theirs_n = numbers(&theirs["n"]);
                    let count = |level: &str| column.iter().filter(|cell| **cell == level).count() as f64;
                    let mut levels = cells.to_vec();
                    levels.sort_by_key(|level| theirs_n.iter().position(|n| *n == count(level)));
                    // Two levels have 27 patients; observed events tell them apart below.
                    (&veteran, levels, column, None, 0.0)
                }
                _ => {
                    let strata = code(&cells, &veteran_table.text("celltype")).1;
                    (&veteran, vec!["1", "2"], veteran_table.text("trt"), Some(strata), 0.0)
                }
            };
        let (rows, codes) = code(&levels, &column);
        let ours = logrank(&outcome.select(&rows), &codes, levels.len(), strata.as_deref(), rho).expect("a test");
        worst.see("chi-squared", ours.test.statistic, number(&theirs["chisq"]));
        if let Some(p) = theirs.get("p") {
            worst.see("p", ours.test.p, number(p));
        }
        let (mut expected, mut theirs_expected) = (ours.expected.clone(), numbers(&theirs["exp"]));
        expected.sort_by(f64::total_cmp);
        theirs_expected.sort_by(f64::total_cmp);
        for (ours, theirs) in expected.iter().zip(theirs_expected) {
            worst.see("expected", *ours, theirs);
        }
        if key != "veteran_celltype" {
            worst.see_all("observed", &ours.observed, &theirs["obs"]);
            for (i, row) in theirs["var"].as_array().expect("rows").iter().enumerate() {
                worst.see_all("variance", &ours.variance.row(i).to_vec(), row);
            }
        }
    }
    worst.report("logrank.json", 1e-8);
}

#[test]
fn metrics_are_those_of_scikit_survival() {
    use diptych::survival::brier::{brier_at, integrated_brier};
    use diptych::survival::censoring::Side;
    use diptych::survival::concordance::harrell;
    use diptych::survival::time_dependent_auc::integrated_auc;
    use diptych::survival::uno::uno;
    let Some(reference) = shared::json("reference/survival/sksurv_metrics.json") else { return };
    let Some((table, all)) = whas500() else { return };
    let (x, _) = table.complete(&WHAS500);
    let even: Vec<usize> = (0..all.len()).step_by(2).collect();
    let odd: Vec<usize> = (1..all.len()).step_by(2).collect();
    let (train, test) = (all.select(&even), all.select(&odd));
    let scaled = Array2::from_shape_fn(x.dim(), |(row, column)| {
        let values: Vec<f64> = even.iter().map(|row| x[[*row, column]]).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        (x[[row, column]] - mean) / sd
    });
    let names: Vec<String> = WHAS500.iter().map(|name| (*name).to_owned()).collect();
    let (x_train, x_test) = (scaled.select(ndarray::Axis(0), &even), scaled.select(ndarray::Axis(0), &odd));
    let cox = fit(&CoxData::new(x_train.view(), &names, &train), &CoxOptions::default()).expect("a fit");
    let mut worst = Worst::default();
    worst.see_all("coefficients", &cox.beta, &reference["cox_efron_train_coef"]);
    let risk = numbers(&reference["risk_test"]);
    worst.see_all("risk scores", &cox.linear_predictor(x_test.view()), &reference["risk_test"]);
    worst.see("Harrell's C", harrell(&test, &risk).expect("pairs"), number(&reference["harrell"]["cindex"]));
    for (key, tau) in [("None", None), ("1000.0", Some(1000.0)), ("2000.0", Some(2000.0))] {
        let ours = uno(&train, &test, &risk, tau, Side::At).expect("weights").value;
        worst.see("Uno's C", ours, number(&reference[&format!("uno_c_tau_{key}")]["cindex"]));
    }
    let times = numbers(&reference["cd_auc"]["times"]);
    let (auc, mean) = integrated_auc(&train, &test, &risk, &times, Side::At).expect("AUC");
    worst.see_all("AUC(t)", &auc, &reference["cd_auc"]["auc"]);
    worst.see("mean AUC", mean.value, number(&reference["cd_auc"]["mean_auc"]));
    let breslow = CoxOptions { ties: Ties::Efron, ..CoxOptions::default() };
    let cox = fit(&CoxData::new(x_train.view(), &names, &train), &breslow).expect("a fit");
    // scikit-survival's curves use Breslow's baseline at Efron's coefficients.
    let risk_train: Vec<f64> = cox.linear_predictor(x_train.view()).iter().map(|lp| lp.exp()).collect();
    let order = diptych::survival::cox::likelihood::RiskOrder::new(&train, None);
    let events = diptych::survival::cox::events::event_times(&[], 0, &train, None, &risk_train, &order, Ties::Breslow);
    let hazard = |time: f64| events.iter().filter(|event| event.time <= time).map(|event| event.hazard).sum::<f64>();
    let survival =
        Array2::from_shape_fn((test.len(), times.len()), |(row, at)| (-hazard(times[at]) * risk[row].exp()).exp());
    for (row, theirs) in reference["brier"]["surv_first5"].as_array().expect("rows").iter().enumerate() {
        worst.see_all("survival curves", &survival.row(row).to_vec(), theirs);
    }
    let curves = diptych::stats::SurvivalCurves { times: times.clone(), survival };
    for (at, theirs) in numbers(&reference["brier"]["brier"]).into_iter().enumerate() {
        let ours = brier_at(&train, &test, curves.survival.column(at), times[at], Side::At).expect("weights");
        worst.see("Brier score", ours.value, theirs);
    }
    let (_, ibs) = integrated_brier(&train, &test, &curves, (0.0, 1e9), Side::At).expect("weights");
    worst.see("IBS", ibs.value, number(&reference["brier"]["ibs"]));
    let reverse = kaplan_meier(&train, None, Counted::Censoring, Transform::Log, 0.95).expect("follow-up");
    let theirs = &reference["censoring_km_train"];
    for (time, value) in numbers(&theirs["time"]).into_iter().zip(numbers(&theirs["prob"])) {
        worst.see("reverse Kaplan-Meier", reverse.at(time), value);
    }
    worst.report("sksurv_metrics.json", 1e-8);
}

#[test]
fn bayesian_model_averaging_is_that_of_all_cox_models() {
    use diptych::survival::bma::{AverageOptions, Signs, average};
    let Some(reference) = shared::json("reference/survival/bma_cox_bic.json") else { return };
    let Some((table, outcome)) = whas500() else { return };
    let covariates = ["age", "chf", "hr", "sysbp", "sho", "bmi"];
    let (x, _) = table.complete(&covariates);
    let names: Vec<String> = covariates.iter().map(|name| (*name).to_owned()).collect();
    let watch = diptych::progress::Watch::silent();
    let options = AverageOptions { signs: Signs::Free, ..AverageOptions::default() };
    let ours = average(x.view(), &names, &outcome, &options, &watch).expect("an average");
    let mut worst = Worst::default();
    for theirs in reference["models"].as_array().expect("models") {
        let member = &ours.members[number(&theirs["mask"]) as usize];
        worst.see("log likelihood", member.log_likelihood, number(&theirs["loglik"]));
        worst.see("BIC", member.criterion.expect("BIC"), number(&theirs["bic_events"]));
        for (at, name) in theirs["vars"].as_str().unwrap_or("").split('+').filter(|name| !name.is_empty()).enumerate() {
            worst.see("coefficients", member.coefficients[at], number(&theirs["coef"][name]));
            worst.see("standard errors", member.standard_errors[at], number(&theirs["se"][name]));
        }
        worst.see("log posterior weight", member.weight.ln(), number(&theirs["post"]).ln());
    }
    for (at, name) in covariates.into_iter().enumerate() {
        worst.see("inclusion", ours.inclusion[at], number(&reference["inclusion_prob"][name]));
        worst.see("posterior mean", ours.mean[at], number(&reference["postmean"][name]));
        worst.see("posterior sd", ours.sd[at], number(&reference["postsd"][name]));
    }
    worst.report("bma_cox_bic.json", 1e-8);
}

#[test]
fn scores_at_horizons_are_those_of_riskregression() {
    use diptych::survival::brier::{brier_at, null_curves};
    use diptych::survival::censoring::Side;
    use diptych::survival::cox::baseline::predict;
    use diptych::survival::time_dependent_auc::auc_at;
    let Some(reference) = shared::json("reference/survival/riskregression_score.json") else { return };
    let Some((table, all)) = whas500() else { return };
    let covariates = ["age", "chf", "hr", "sysbp", "sho", "bmi"];
    let (x, _) = table.complete(&covariates);
    let names: Vec<String> = covariates.iter().map(|name| (*name).to_owned()).collect();
    let even: Vec<usize> = (0..all.len()).step_by(2).collect();
    let odd: Vec<usize> = (1..all.len()).step_by(2).collect();
    let (train, outcome) = (all.select(&even), all.select(&odd));
    let x_train = x.select(ndarray::Axis(0), &even);
    let options = CoxOptions { ties: Ties::Breslow, ..CoxOptions::default() };
    let cox = fit(&CoxData::new(x_train.view(), &names, &train), &options).expect("a fit");
    let x = x.select(ndarray::Axis(0), &odd);
    let mut worst = Worst::default();
    for (at, name) in covariates.into_iter().enumerate() {
        worst.see("coefficients", cox.beta[at], number(&reference["coef"][name]));
    }
    let times = numbers(&reference["times"]);
    let survival = Array2::from_shape_fn((outcome.len(), times.len()), |(row, at)| {
        let curve = predict(&cox, 0, &x.row(row).to_vec(), Transform::Log, 0.95);
        match curve.times.partition_point(|time| *time <= times[at]) {
            0 => 1.0,
            k => curve.survival[k - 1],
        }
    });
    for (row, theirs) in reference["risk_first5"].as_array().expect("rows").iter().enumerate() {
        let ours: Vec<f64> = survival.row(row).iter().map(|s| 1.0 - s).collect();
        worst.see_all("predicted risk", &ours, theirs);
    }
    let null = null_curves(&outcome, outcome.len(), &times).expect("a curve");
    let time = |theirs: &Json| times.iter().position(|time| *time == number(&theirs["times"])).expect("a time");
    for theirs in reference["brier"].as_array().expect("rows") {
        let at = time(theirs);
        let is_null = theirs["model"] == "Null model";
        let predicted = if is_null { null.survival.column(at) } else { survival.column(at) };
        let ours = brier_at(&outcome, &outcome, predicted, times[at], Side::Before).expect("weights");
        worst.see(if is_null { "null Brier" } else { "Brier" }, ours.value, number(&theirs["Brier"]));
    }
    for theirs in reference["auc"].as_array().expect("rows") {
        let at = time(theirs);
        let risk: Vec<f64> = survival.column(at).iter().map(|s| 1.0 - s).collect();
        let ours = auc_at(&outcome, &outcome, &risk, times[at], Side::Before).expect("weights");
        worst.see("AUC", ours.value, number(&theirs["AUC"]));
    }
    worst.report("riskregression_score.json", 1e-8);
}

/// R: `coxph(Surv(start, stop, event) ~ age + year + surgery, heart, cluster = id)`, its
/// residuals and `survfit` at age 0, year 2, no surgery.
#[test]
fn counting_process_data_are_those_of_r() {
    use diptych::survival::cox::baseline::predict;
    let Some(table) = Table::read("data/tables/R_heart.csv") else { return };
    let names = ["age", "year", "surgery"].map(str::to_owned);
    let (x, _) = table.complete(&["age", "year", "surgery"]);
    let event = table.number("event").iter().map(|event| *event as u8).collect();
    let mut outcome = Censored::new(table.number("stop"), event);
    outcome.entry = Some(table.number("start"));
    let cluster: Vec<u32> = table.number("id").iter().map(|id| *id as u32).collect();
    let data = CoxData { cluster: Some(&cluster), ..CoxData::new(x.view(), &names, &outcome) };
    let ours = fit(&data, &CoxOptions::default()).expect("a fit");
    let mut worst = Worst::default();
    let theirs = [
        (0.027066594482011, 0.0136474988213746, 0.0133674828517846),
        (-0.146269756944670, 0.0728246985900912, 0.0704359796928155),
        (-0.637594632027144, 0.3571550884329420, 0.3670461659698480),
    ];
    for (ours, (value, robust, naive)) in ours.coefficients.iter().zip(theirs) {
        let ours = ours.as_ref().expect("estimable");
        worst.see("coefficients", ours.value, value);
        worst.see("robust errors", ours.se, robust);
        worst.see("naive errors", ours.naive_se, naive);
    }
    let dfbeta = residuals::dfbeta(&ours, &data);
    let score = residuals::score(&ours, &data);
    worst.see("dfbeta", dfbeta[[0, 0]], -1.85841143348174e-03);
    worst.see("dfbeta", dfbeta[[2, 2]], -3.46873713201152e-05);
    worst.see("score residuals", score[[0, 0]], -9.31079801062434065);
    worst.see("score residuals", score[[2, 1]], 0.04828400253731466);
    let schoenfeld = residuals::schoenfeld(&ours, &data);
    for (at, theirs) in [6.0456234721986579, -4.2981008670324714, 4.8736992698600714].into_iter().enumerate() {
        worst.see("Schoenfeld residuals", schoenfeld.values[[at, 0]], theirs);
    }
    let deviance = residuals::deviance(&ours, &data);
    for (at, theirs) in [0.735730651726347, 1.272081279691432, -0.196928137390495].into_iter().enumerate() {
        worst.see("deviance residuals", deviance[at], theirs);
    }
    let curve = predict(&ours, 0, &[0.0, 2.0, 0.0], Transform::Log, 0.95);
    for (time, survival, se, lower) in [
        (4.5, 0.912724327451052, 0.0348594832545635, 0.852446594840740),
        (23.0, 0.739392565574220, 0.0683580561069168, 0.646678759683235),
        (71.0, 0.495846338687964, 0.1207609179751337, 0.391340892402239),
    ] {
        let at = curve.times.partition_point(|other| *other <= time) - 1;
        worst.see("predicted survival", curve.survival[at], survival);
        worst.see("its standard error", curve.se[at], se);
        worst.see("its limits", curve.lower[at], lower);
    }
    worst.report("R_heart.csv (start, stop]", 1e-8);
}
