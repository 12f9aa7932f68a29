//! Statistics and explanations against the peers' reference values: R (stats, pROC, psych, rms),
//! scikit-learn, pingouin and shap. Prints the worst difference per file.

use std::path::PathBuf;

use diptych::explain::{
    ExplainError, SplitRule, Tree, TreeEnsemble, exact, interactions, interventional, kernel, path_dependent,
};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::binomial::{ProportionInterval, proportion_interval};
use diptych::stats::calibration::{
    Binning, bins, calibration_errors, calibration_in_the_large, logistic_calibration, spiegelhalter, unreliability,
};
use diptych::stats::confusion::Confusion;
use diptych::stats::decision_curve::decision_curve;
use diptych::stats::delong::{paired_test, placements};
use diptych::stats::hypothesis::{
    Correlation, Exactness, anova, chi_square, correlation, fisher, kruskal_wallis, mann_whitney, mcnemar, paired_t,
    shapiro_wilk, student_t, welch_t, wilcoxon_signed_rank,
};
use diptych::stats::icc::{IccKind, MeanSquares};
use diptych::stats::metrics::{AveragePrecision, Brier, LogLoss};
use diptych::stats::multiplicity::{Adjustment, adjust};
use diptych::stats::roc::{roc_curve, youden};
use diptych::stats::{Judged, Metric, Outcome, Prediction, TestResult};
use ndarray::{Array2, ArrayView2, Axis, s};
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("DIPTYCH_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    if path.join("reference/survival").is_dir() {
        return Some(path);
    }
    println!("skipped: no ../shared");
    None
}

fn reference(name: &str) -> Option<Value> {
    let path = shared()?.join("reference/survival").join(name);
    let text = std::fs::read_to_string(path).expect("the reference file is there");
    Some(serde_json::from_str(&text).expect("the reference file is JSON"))
}

/// Columns of a CSV by name, as text.
struct Csv {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    fn read(name: &str) -> Option<Self> {
        let text = std::fs::read_to_string(shared()?.join("data/tables").join(name)).expect("the table is there");
        let split = |line: &str| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>();
        let mut lines = text.lines();
        let names = split(lines.next().expect("a header"));
        Some(Csv { names, rows: lines.filter(|line| !line.is_empty()).map(split).collect() })
    }

    fn text(&self, name: &str) -> Vec<String> {
        let column = self.names.iter().position(|other| other == name).expect("the column is there");
        self.rows.iter().map(|row| row[column].clone()).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.text(name).iter().map(|cell| cell.parse().expect("a number")).collect()
    }
}

struct Worst {
    file: &'static str,
    tolerance: f64,
    difference: f64,
    what: String,
    count: usize,
}

impl Worst {
    fn new(file: &'static str, tolerance: f64) -> Self {
        Worst { file, tolerance, difference: 0.0, what: String::new(), count: 0 }
    }

    /// Relative beyond 1, absolute below.
    fn see(&mut self, what: &str, ours: f64, theirs: f64) {
        let difference = (ours - theirs).abs() / theirs.abs().max(1.0);
        self.count += 1;
        if !(difference <= self.difference) {
            self.difference = difference;
            self.what = format!("{what}: {ours} beside {theirs}");
        }
    }

    fn see_all(&mut self, what: &str, ours: impl IntoIterator<Item = f64>, theirs: &Value) {
        let theirs = list(theirs);
        let ours: Vec<f64> = ours.into_iter().collect();
        assert_eq!(ours.len(), theirs.len(), "{what}");
        for (a, b) in ours.into_iter().zip(theirs) {
            self.see(what, a, b);
        }
    }

    fn done(self) {
        println!("{:<34} {:>5} values  worst {:.2e}  {}", self.file, self.count, self.difference, self.what);
        assert!(self.difference <= self.tolerance, "{}: {}", self.file, self.what);
    }
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().expect("rows").iter().map(list).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

#[test]
fn delong() {
    let (Some(reference), Some(data)) = (reference("delong.json"), Csv::read("R_aSAH.csv")) else { return };
    let mut worst = Worst::new("delong.json", 1e-8);
    let events: Vec<bool> = data.text("outcome").iter().map(|outcome| outcome == "Poor").collect();
    let score = |name: &str| data.numbers(name);
    for name in ["s100b", "ndka", "wfns"] {
        let theirs = &reference[format!("aSAH_{name}")];
        let placed = placements(&events, &score(name)).unwrap();
        worst.see("auc", placed.area, number(&theirs["auc"]));
        worst.see("variance", placed.variance().unwrap(), number(&theirs["var"]));
        let interval = placed.interval(0.95).unwrap();
        worst.see_all("interval", [interval.lower, placed.area, interval.upper], &theirs["ci"]);
    }
    for other in ["ndka", "wfns"] {
        let theirs = &reference[format!("aSAH_s100b_vs_{other}")];
        let test = paired_test(&events, &score("s100b"), &score(other), 0.95).unwrap();
        worst.see("z", test.statistic_value().unwrap(), number(&theirs["z"]));
        worst.see("p", test.p, number(&theirs["p"]));
        if theirs.get("conf_int").is_some() {
            let interval = test.effect.unwrap().interval.unwrap();
            worst.see_all("interval", [interval.lower, interval.upper], &theirs["conf_int"]);
        }
    }
    let best = youden(&events, &score("s100b")).unwrap();
    let theirs = &reference["aSAH_s100b_youden"];
    worst.see("threshold", best.threshold, number(&theirs["threshold"]));
    worst.see("sensitivity", best.sensitivity, number(&theirs["sensitivity"]));
    let counts = Confusion::at(&events, &score("s100b"), best.threshold);
    let ratio = |(a, b): (usize, usize)| a as f64 / b as f64;
    worst.see("ppv", ratio(counts.positive_predictive_value()), number(&theirs["ppv"]));
    worst.see("npv", ratio(counts.negative_predictive_value()), number(&theirs["npv"]));
    worst.see("accuracy", ratio(counts.accuracy()), number(&theirs["accuracy"]));
    let curve = roc_curve(&events, &score("s100b")).unwrap();
    let theirs = &reference["aSAH_s100b_roc"];
    worst.see_all("sensitivities", curve.iter().map(|point| point.sensitivity), &theirs["sens"]);
    worst.see_all("specificities", curve.iter().map(|point| point.specificity), &theirs["spec"]);
    for (point, theirs) in curve.iter().zip(list(&theirs["thresholds"])) {
        if theirs.is_finite() {
            worst.see("threshold", point.threshold, theirs);
        }
    }
    worst.done();
}

#[test]
fn classification_metrics_and_val_prob() {
    let Some(reference) = reference("classification_metrics.json") else { return };
    let events: Vec<bool> = list(&reference["y"]).iter().map(|y| *y == 1.0).collect();
    let p = list(&reference["p"]);
    let outcome = Outcome::Binary(events.clone());
    let prediction = Prediction::Probability(p.clone());
    let judged = Judged {
        outcome: &outcome,
        prediction: &prediction,
        held: None,
        patients: None,
        curves: None,
        training: None,
        horizon: None,
        threshold: Some(0.3),
    };
    let mut worst = Worst::new("classification_metrics.json", 1e-8);
    worst.see("auc", placements(&events, &p).unwrap().area, number(&reference["auc"]));
    worst.see("average precision", AveragePrecision.score(&judged).unwrap(), number(&reference["average_precision"]));
    worst.see("brier", Brier.score(&judged).unwrap(), number(&reference["brier"]));
    worst.see("log loss", LogLoss.score(&judged).unwrap(), number(&reference["logloss"]));
    let counts = Confusion::at(&events, &p, 0.3);
    worst.see("mcc", counts.matthews().unwrap(), number(&reference["mcc_0.3"]));
    worst.see("balanced accuracy", counts.balanced_accuracy().unwrap(), number(&reference["bal_acc_0.3"]));
    worst.see("f1", counts.f1().unwrap(), number(&reference["f1_0.3"]));
    for (name, binning) in [("cal_uniform5", Binning::EqualWidth), ("cal_quantile5", Binning::Quantiles)] {
        let bins = bins(&events, &p, binning, 5, 0.95).unwrap();
        worst.see_all(name, bins.iter().map(|bin| bin.observed), &reference[name]["obs"]);
        worst.see_all(name, bins.iter().map(|bin| bin.predicted), &reference[name]["pred"]);
    }
    let fit = logistic_calibration(&events, &p).unwrap();
    worst.see("slope", fit.slope, number(&reference["cal_slope"]));
    worst.see("intercept", fit.intercept, number(&reference["cal_intercept_with_slope"]));
    let large = calibration_in_the_large(&events, &p).unwrap();
    worst.see("in the large", large.intercept, number(&reference["cal_in_the_large"]));
    for (threshold, theirs) in reference["net_benefit"].as_object().unwrap() {
        let point = &decision_curve(&events, &p, &[threshold.parse().unwrap()]).unwrap()[0];
        worst.see("net benefit", point.net_benefit, number(&theirs["model"]));
        worst.see("treat all", point.treat_all, number(&theirs["all"]));
    }
    worst.done();

    let Some(rms) = self::reference("rms_valprob.json") else { return };
    let mut worst = Worst::new("rms_valprob.json", 1e-8);
    let errors = calibration_errors(&events, &p).unwrap();
    worst.see("Eavg", errors.mean, number(&rms["Eavg"]));
    worst.see("E90", errors.ninetieth, number(&rms["E90"]));
    worst.see("Emax", errors.maximum, number(&rms["Emax"]));
    worst.see("Slope", fit.slope, number(&rms["Slope"]));
    worst.see("Intercept", fit.intercept, number(&rms["Intercept"]));
    worst.see("Brier", Brier.score(&judged).unwrap(), number(&rms["Brier"]));
    let test = spiegelhalter(&events, &p).unwrap();
    worst.see("S:z", test.statistic_value().unwrap(), number(&rms["S:z"]));
    worst.see("S:p", test.p, number(&rms["S:p"]));
    let test = unreliability(&events, &p).unwrap();
    worst.see("U:Chi-sq", test.statistic_value().unwrap(), number(&rms["U:Chi-sq"]));
    worst.see("U:p", test.p, number(&rms["U:p"]));
    worst.done();
    // rms bins the linear predictor before it counts pairs; ours are the pairs themselves.
    println!(
        "{:<34} C (ROC) differs on purpose: {} beside {}, which rms takes from binned predictions",
        "rms_valprob.json",
        placements(&events, &p).unwrap().area,
        number(&rms["C (ROC)"])
    );
}

#[test]
fn tests_of_a_paper() {
    let (Some(reference), Some(data)) = (reference("tests.json"), Csv::read("LRO_HN_petct_delta_multimodal.csv"))
    else {
        return;
    };
    let mut worst = Worst::new("tests.json", 1e-8);
    let label: Vec<bool> = data.numbers("label").iter().map(|label| *label == 1.0).collect();
    let age = data.numbers("Age");
    let by = |wanted: bool| -> Vec<f64> {
        age.iter().zip(&label).filter(|(_, label)| **label == wanted).map(|(age, _)| *age).collect()
    };
    let (with, without) = (by(true), by(false));
    let mut check = |name: &str, test: &TestResult| {
        let theirs = &reference[name];
        if let (Some(ours), Some(theirs)) = (test.statistic_value(), theirs.get("statistic")) {
            worst.see(&format!("{name} statistic"), ours, number(theirs));
        }
        worst.see(&format!("{name} p"), test.p, number(&theirs["p.value"]));
        if let Some(df) = theirs.get("parameter").and_then(Value::as_f64) {
            worst.see(&format!("{name} df"), test.df[0], df);
        }
        // R finds Fisher's interval to about 1e-4 only, so it is not compared here.
        if let (Some(theirs), Some(interval)) =
            (theirs.get("conf.int"), test.effect.as_ref().and_then(|effect| effect.interval))
            && !name.starts_with("fisher")
        {
            worst.see_all(&format!("{name} interval"), [interval.lower, interval.upper], theirs);
        }
    };
    check("welch_age", &welch_t(&with, &without, 0.95).unwrap());
    check("student_age", &student_t(&with, &without, 0.95).unwrap());
    check("mw_age_asymp_cc", &mann_whitney(&with, &without, Exactness::Corrected).unwrap());
    check("mw_age_asymp_nocc", &mann_whitney(&with, &without, Exactness::Uncorrected).unwrap());
    let (pre, post) = (data.numbers("ct_pre_HU_mean"), data.numbers("ct_post_HU_mean"));
    check("paired_ct_pre_post_mean", &paired_t(&pre, &post, 0.95).unwrap());
    check("wilcoxon_signed_ct", &wilcoxon_signed_rank(&pre, &post, Exactness::Automatic).unwrap());
    // Ranks 1, 2, 4, 8, 12 without ties have no such W; five against six with W = 12 do.
    let small = mann_whitney(&[1.0, 3.0, 5.0, 7.0, 11.0], &[2.0, 4.0, 6.0, 8.0, 9.0, 10.0], Exactness::Automatic);
    check("mw_small_exact", &small.unwrap());
    let table = |name: &str| -> Vec<Vec<u64>> {
        matrix(&reference[name]).rows().into_iter().map(|row| row.iter().map(|v| *v as u64).collect()).collect()
    };
    let hpv = table("table_label_hpv");
    check("chisq_hpv", &chi_square(&hpv, false).unwrap());
    check("chisq_hpv_yates", &chi_square(&hpv, true).unwrap());
    let fisher_hpv = fisher(&hpv, 0.95).unwrap();
    check("fisher_hpv", &fisher_hpv);
    let stage = table("table_label_tstage");
    check("chisq_tstage", &chi_square(&stage, false).unwrap());
    check("fisher_tstage", &fisher(&stage, 0.95).unwrap());
    let pairs = |which| correlation(&age, &pre, which, 0.95).unwrap();
    for (name, which) in
        [("spearman", Correlation::Spearman), ("pearson", Correlation::Pearson), ("kendall", Correlation::Kendall)]
    {
        check(name, &pairs(which));
    }
    let small = correlation(
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        &[2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 6.0],
        Correlation::Spearman,
        0.95,
    );
    check("spearman_exact_small", &small.unwrap());
    let stages = data.numbers("T-Stage");
    let mut levels = stages.clone();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let groups: Vec<Vec<f64>> = levels
        .iter()
        .map(|level| stages.iter().zip(&age).filter(|(stage, _)| *stage == level).map(|(_, age)| *age).collect())
        .collect();
    let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
    check("kruskal", &kruskal_wallis(&groups).unwrap());
    check("shapiro_age", &shapiro_wilk(&age).unwrap());
    check("mcnemar", &mcnemar(12, 5, 100, false).unwrap());
    for (name, which) in
        [("spearman", Correlation::Spearman), ("pearson", Correlation::Pearson), ("kendall", Correlation::Kendall)]
    {
        worst.see(name, pairs(which).effect.unwrap().value, number(&reference[name]["estimate"]));
    }
    let f = anova(&groups).unwrap();
    worst.see("F", f.statistic_value().unwrap(), number(&reference["anova_F"]["F"]));
    worst.see("anova p", f.p, number(&reference["anova_F"]["p"]));
    let interval = proportion_interval(57, 224, ProportionInterval::Exact, 0.95).unwrap();
    worst.see_all("binomial interval", [interval.lower, interval.upper], &reference["binom_ci"]);
    let p = list(&reference["padjust"]["p"]);
    for (name, how) in [
        ("BH", Adjustment::BenjaminiHochberg),
        ("BY", Adjustment::BenjaminiYekutieli),
        ("holm", Adjustment::Holm),
        ("bonferroni", Adjustment::Bonferroni),
    ] {
        worst.see_all(name, adjust(&p, how), &reference["padjust"][name]);
    }
    worst.done();
    let mut worst = Worst::new("tests.json (Fisher's odds ratio)", 1e-4);
    let effect = fisher_hpv.effect.unwrap();
    let interval = effect.interval.unwrap();
    worst.see("odds ratio", effect.value, number(&reference["fisher_hpv"]["estimate"]));
    worst.see_all("interval", [interval.lower, interval.upper], &reference["fisher_hpv"]["conf.int"]);
    worst.done();
}

#[test]
fn intraclass_correlation() {
    let (Some(psych), Some(pingouin)) = (reference("icc.json"), reference("icc_pingouin.json")) else { return };
    let squares = MeanSquares::new(matrix(&psych["shrout_fleiss_data"]).view()).unwrap();
    let mut worst = Worst::new("icc.json", 1e-8);
    let mut other = Worst::new("icc_pingouin.json", 1e-8);
    for (name, place) in [("ICC1", 0), ("ICC2", 1), ("ICC3", 2), ("ICC1k", 3), ("ICC2k", 4), ("ICC3k", 5)] {
        let kind = IccKind::ALL[place];
        let theirs = &psych["shrout_fleiss"][name];
        let (f, df1, df2, p) = squares.test(kind.form);
        worst.see(name, squares.coefficient(kind), number(&theirs["ICC"]));
        for (ours, field) in [(f, "F"), (df1, "df1"), (df2, "df2"), (p, "p")] {
            worst.see(&format!("{name} {field}"), ours, number(&theirs[field]));
        }
        let (lower, upper) = squares.interval(kind, 0.95).unwrap();
        worst.see(&format!("{name} lower"), lower, number(&theirs["lower bound"]));
        worst.see(&format!("{name} upper"), upper, number(&theirs["upper bound"]));
        // pingouin tells coefficients to 10 digits and bounds to 2.
        let theirs = &pingouin[place];
        other.see(name, squares.coefficient(kind), number(&theirs["ICC"]));
        other.see(name, f, number(&theirs["F"]));
        other.see(name, p, number(&theirs["pval"]));
        let bounds = list(&theirs["CI"]);
        assert!((lower - bounds[0]).abs() <= 0.00501 && (upper - bounds[1]).abs() <= 0.00501);
    }
    worst.done();
    other.done();
}

/// A stored scikit-learn tree; `class` picks one of several values of a leaf.
fn tree(value: &Value, class: usize) -> Tree {
    let indices = |name: &str| -> Vec<u32> {
        value[name]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| u32::try_from(v.as_i64().unwrap()).unwrap_or(Tree::LEAF))
            .collect()
    };
    let cover = ["weighted_n", "weighted_n_node_samples", "n_node_samples"]
        .iter()
        .find_map(|name| value.get(*name))
        .map(list)
        .unwrap();
    let leaves = value["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leaf| {
            leaf.as_f64().unwrap_or_else(|| {
                let values = list(leaf);
                values[class.min(values.len() - 1)]
            })
        })
        .collect();
    Tree {
        left: indices("left"),
        right: indices("right"),
        feature: indices("feature"),
        threshold: list(&value["threshold"]),
        value: leaves,
        cover,
        missing_left: Vec::new(),
    }
}

#[test]
fn shapley_values() {
    let (Some(reference), Some(data)) = (reference("shap_trees.json"), Csv::read("sklearn_wdbc.csv")) else { return };
    let names: Vec<String> =
        reference["cols"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let columns: Vec<Vec<f64>> = names.iter().map(|name| data.numbers(name)).collect();
    let x = Array2::from_shape_fn((columns[0].len(), names.len()), |(i, j)| columns[j][i]);
    let watch = Watch::silent();
    let ensemble = |trees: &Value, class: usize, scale: f64, base: f64| TreeEnsemble {
        features: names.len(),
        trees: trees.as_array().unwrap().iter().map(|t| tree(t, class)).collect(),
        scale,
        base,
        rule: SplitRule::AtMost,
        single_precision: true,
    };
    let mut worst = Worst::new("shap_trees.json", 1e-10);
    let first = x.slice(s![..20, ..]);

    let stored = &reference["gbm30_depth3"];
    let boosted = ensemble(&stored["trees"], 0, number(&stored["lr"]), number(&stored["init_log_odds"]));
    let ours = path_dependent(&boosted, first, &watch).unwrap();
    worst.see_all("gbm prediction", ours.predictions.clone(), &stored["raw_first20"]);
    worst.see("gbm additivity", ours.additivity_gap(), 0.0);
    worst.see("gbm base", ours.base[0], number(&stored["expected_value"]));
    let see_matrix = |worst: &mut Worst, what: &str, ours: ArrayView2<'_, f64>, theirs: &Value| {
        let theirs = matrix(theirs);
        assert_eq!(ours.dim(), theirs.dim(), "{what}");
        for (a, b) in ours.iter().zip(&theirs) {
            worst.see(what, *a, *b);
        }
    };
    see_matrix(&mut worst, "gbm path dependent", ours.values.view(), &stored["shap_path_dependent_first20"]);
    let every_sixth: Vec<usize> = (0..x.nrows()).step_by(6).take(90).collect();
    let background = x.select(Axis(0), &every_sixth);
    let theirs = &stored["shap_interventional_bg_every6th_first90_rows"];
    // shap took the interventional values in single precision: thresholds and scaled leaves are
    // rounded, the background is not. The same ensemble rounded alike is
    // compared to single precision; the exact one is held to enumeration to 1e-10.
    let ours = interventional(&boosted, first, background.view(), &watch).unwrap();
    worst.see("gbm interventional base", ours.base[0], number(&theirs["expected_value"]));
    let enumerated = exact(
        &|rows: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(rows.rows().into_iter().map(|row| boosted.predict_row(row)).collect())
        },
        x.slice(s![..5, ..]),
        background.view(),
        &watch,
    )
    .unwrap();
    for (a, b) in ours.values.slice(s![..5, ..]).iter().zip(&enumerated.values) {
        worst.see("gbm interventional beside enumeration", *a, *b);
    }
    let mut rounded = boosted.clone();
    rounded.single_precision = false;
    rounded.scale = 1.0;
    for tree in &mut rounded.trees {
        for (threshold, value) in tree.threshold.iter_mut().zip(&mut tree.value) {
            *threshold = f64::from(*threshold as f32);
            *value = f64::from((boosted.scale * *value) as f32);
        }
    }
    let single = interventional(&rounded, first, background.view(), &watch).unwrap();
    let mut worst_single = Worst::new("shap_trees.json (single precision)", 1e-7);
    see_matrix(&mut worst_single, "gbm interventional", single.values.view(), &theirs["first20"]);
    worst_single.done();
    let pairs = interactions(&boosted, x.slice(s![..3, ..]), &watch).unwrap();
    for (row, theirs) in stored["shap_interaction_first3"].as_array().unwrap().iter().enumerate() {
        see_matrix(&mut worst, "gbm interactions", pairs.index_axis(Axis(0), row), theirs);
    }

    let stored = &reference["rf10_depth5"];
    let count = stored["trees"].as_array().unwrap().len() as f64;
    let forest = ensemble(&stored["trees"], 1, 1.0 / count, 0.0);
    let ours = path_dependent(&forest, first, &watch).unwrap();
    see_matrix(&mut worst, "forest", ours.values.view(), &stored["shap_class1_path_dependent_first20"]);
    worst.see("forest base", ours.base[0], number(&stored["expected_value_class1"]));

    let stored = &reference["logistic_kernel"];
    let n = x.nrows() as f64;
    let mean = x.mean_axis(Axis(0)).unwrap();
    let sd = x.map_axis(Axis(0), |c| (c.iter().map(|v| (v - c.sum() / n).powi(2)).sum::<f64>() / n).sqrt());
    let z = (&x - &mean) / &sd;
    let rows: Vec<usize> = (0..x.nrows()).step_by(12).take(40).collect();
    let background = z.select(Axis(0), &rows);
    let (beta, intercept) = (list(&stored["coef"]), number(&stored["intercept"]));
    let model = |rows: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
        Ok(rows
            .rows()
            .into_iter()
            .map(|row| {
                let eta: f64 = row.iter().zip(&beta).map(|(x, b)| x * b).sum();
                1.0 / (1.0 + (-(eta + intercept)).exp())
            })
            .collect())
    };
    let five = z.slice(s![..5, ..]);
    let ours = exact(&model, five, background.view(), &watch).unwrap();
    see_matrix(&mut worst, "enumeration", ours.values.view(), &stored["exact_shapley_first5"]);
    worst.see("enumeration base", ours.base[0], number(&stored["base"]));
    let ours = kernel(&model, five, background.view(), 254, &Stream::root(1), &watch).unwrap();
    see_matrix(&mut worst, "kernel", ours.values.view(), &stored["shap_kernel_first5"]);
    worst.done();
}
