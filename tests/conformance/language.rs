//! The words of inference on a small made-up table beside R's numbers, which
//! `scripts/reference/inference.R` tells.

use diptych::progress::Watch;
use diptych::run::Store;
use diptych::run::results::{Answer, Cell};
use diptych::{Rejected, Study};
use polars::prelude::*;

/// The table of `inference.R`, months told as days so that no unit stands in between.
fn frame() -> DataFrame {
    let i = || (0..60).map(f64::from);
    let column = |f: fn(f64) -> f64| i().map(f).collect::<Vec<f64>>();
    df!(
        "days" => column(|i| 1.0 + (i * 7.0) % 23.0 + (i % 4.0) / 4.0),
        "died" => column(|i| f64::from(u8::from((i * 5.0) % 3.0 > 0.0))),
        "code" => column(|i| (i * 5.0) % 3.0),
        "arm" => column(|i| i % 3.0),
        "sex" => column(|i| (i / 2.0).floor() % 2.0),
        "x" => column(|i| (i * 11.0) % 13.0),
        "z" => column(|i| ((i * 3.0) % 7.0) / 2.0),
        "gaps" => column(|i| if i % 9.0 == 4.0 { f64::NAN } else { (i * 11.0) % 13.0 }),
        "whole" => column(|i| 1.0 + i % 3.0),
        "part" => column(|i| 0.5 + (i % 5.0) / 4.0),
        "start" => column(|i| (i % 6.0) / 8.0),
        "y" => column(|i| f64::from(u8::from((i * 11.0) % 13.0 + 5.0 * i.sin() > 6.0))),
    )
    .expect("columns of one length")
}

fn asked(line: &str) -> Answer {
    let text = format!(
        "study T\n  seed 1\ntable trial\n\nendpoint os = survival(days, died == 1)\n\
         endpoint late = survival(days, died == 1, entry = start)\n\
         endpoint first = survival(days, code == 1)\nendpoint response = binary(y == 1)\n\n{line}\n"
    );
    let study = Study::new("t.study", text).bind("trial", &frame()).expect("a frame");
    let finished = match study.run(&Store::none(), &Watch::silent()) {
        Ok(finished) => finished,
        Err(_) => panic!("`{line}` was rejected"),
    };
    finished.report.results.answers.into_iter().next_back().expect("an answer")
}

fn ratios(answer: &Answer) -> Vec<f64> {
    answer.estimates.iter().map(|estimate| estimate.value.expect("estimable")).collect()
}

#[track_caller]
fn near(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{ours:?}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{ours} beside {theirs}");
    }
}

fn table<'a>(answer: &'a Answer, name: &str) -> &'a [Vec<Cell>] {
    &answer.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table `{name}`")).rows
}

fn value(cell: &Cell) -> f64 {
    match cell {
        Cell::Number { value, .. } | Cell::P(value) | Cell::Estimate { value, .. } => *value,
        Cell::Count(count) => *count as f64,
        other => panic!("no number: {other:?}"),
    }
}

#[test]
fn cox_takes_weights_strata_clusters_late_entry_and_exact_ties() {
    near(&ratios(&asked("cox(os ~ x + z, weights = whole)")), &[1.0634010605104, 1.1337817040712]);
    let part = asked("cox(os ~ x + z, weights = part)");
    near(&ratios(&part), &[1.0620964690223, 1.1620350664341]);
    // The robust error of coxph under weights that are no counts.
    let half = part.estimates[0].upper.expect("a bound").ln() - 1.0620964690223_f64.ln();
    near(&[half / 1.959_963_984_540_054], &[0.0506022594298]);
    near(&ratios(&asked("cox(os ~ x + strata(sex) + cluster(arm))")), &[1.0989413133132]);
    near(&ratios(&asked("cox(os ~ x + z, ties = exact)")), &[1.08177044027, 1.11827589237]);
    near(&ratios(&asked("cox(late ~ x + z)")), &[1.08177044027, 1.11827589237]);
}

#[test]
fn cox_predicts_survival_and_tells_residuals() {
    let answer = asked("cox(os ~ x + z, at = (6, 12), residuals = yes)");
    let survival: Vec<f64> = table(&answer, "survival").iter().map(|row| value(&row[3])).collect();
    near(&survival, &[0.815625230857, 0.625442847541]);
    let Cell::Estimate { lower, upper, .. } = &table(&answer, "survival")[0][3] else { panic!("no estimate") };
    near(&[lower.expect("a bound"), upper.expect("a bound")], &[0.722122940862, 0.921234431933]);
    let residuals = table(&answer, "residuals");
    assert_eq!(residuals.len(), 60);
    near(&[value(&residuals[1][3]), value(&residuals[2][3])], &[0.5606128963296, -0.0708480955786]);
    near(&[value(&residuals[1][4]), value(&residuals[2][4])], &[0.7235489934971, -0.0692408602786]);
    assert_eq!(table(&answer, "schoenfeld").len(), 40);
}

/// The chi-square of a note `... chi-square 21.61 on 2 df, p ...`.
fn chi_square(answer: &Answer, start: &str) -> f64 {
    let note = answer.notes.iter().find(|note| note.starts_with(start)).unwrap_or_else(|| panic!("{:?}", answer.notes));
    let words = note.split("chi-square ").nth(1).and_then(|rest| rest.split(' ').next());
    words.and_then(|word| word.parse().ok()).expect("a chi-square")
}

#[test]
fn the_log_rank_family_has_its_words() {
    let plain = asked("km(os ~ arm, trend = yes, pairwise = holm, at = (6, 12), quantiles = 25%)");
    assert_eq!(table(&plain, "quantiles").len(), 3);
    assert_eq!(chi_square(&plain, "Log-rank test"), 21.61);
    assert_eq!(chi_square(&plain, "Trend"), 17.18);
    let pairs = table(&plain, "pairs");
    let p: Vec<f64> = pairs.iter().map(|row| value(&row[3])).collect();
    near(&p, &[1.34618974441e-05, 1.78074215428e-06, 8.49617415653e-01]);
    let adjusted: Vec<f64> = pairs.iter().map(|row| value(&row[4])).collect();
    near(&adjusted, &[2.69237948881e-05, 5.34222646283e-06, 8.49617415653e-01]);
    assert_eq!(table(&plain, "survival").len(), 6);
    assert_eq!(chi_square(&asked("km(os ~ arm, rho = 1)"), "G-rho test"), 19.15);
    assert_eq!(chi_square(&asked("km(os ~ arm + strata(sex))"), "Stratified log-rank test"), 21.44);
    let all = asked("km(os ~ 1, at = (6, 12))");
    let rows = table(&all, "survival");
    near(&[value(&rows[0][3]), value(&rows[1][3])], &[0.809713405239, 0.622865909289]);
    near(&[value(&rows[0][4]), value(&rows[1][4])], &[0.209051514305, 0.467946334307]);
    let weighted = asked("km(os ~ 1, at = (6, 12), weights = whole)");
    let rows = table(&weighted, "survival");
    near(&[value(&rows[0][3]), value(&rows[1][3])], &[0.770886867144, 0.541424569129]);
    assert!(asked("km(os ~ arm, weights = whole)").notes.iter().any(|note| note.contains("case weights")));
}

#[test]
fn grays_test_takes_strata() {
    assert_eq!(chi_square(&asked("cif(first ~ arm, competing = code == 2)"), "Gray's test"), 51.11);
    assert_eq!(chi_square(&asked("cif(first ~ arm + strata(sex), competing = code == 2)"), "Gray's test"), 48.15);
}

#[test]
fn regressions_take_weights_and_intervals() {
    let wald = asked("logistic(response ~ x + z, interval = wald)");
    near(&ratios(&wald), &[12.817623930232, 1.404267041959]);
    near(&[wald.estimates[0].lower.expect("a bound")], &[1.694751012075]);
    let profile = asked("logistic(response ~ x + z)");
    assert!(profile.estimates[0].lower > wald.estimates[0].lower);
    let weighted = asked("logistic(response ~ x + z, weights = whole, interval = wald)");
    near(&ratios(&weighted), &[29.165114654504, 2.300048522121]);
    let linear = asked("linear(x ~ z + sex, weights = whole)");
    near(&ratios(&linear), &[-0.434304450289, 0.293522092057]);
    near(&[linear.estimates[0].lower.expect("a bound")], &[-1.426981111461]);
}

#[test]
fn missing_covariates_are_imputed_and_pooled() {
    let complete = asked("cox(os ~ gaps + z)");
    let pooled = asked("cox(os ~ gaps + z, imputations = 20)");
    assert_eq!((complete.estimates[0].n, pooled.estimates[0].n), (53, 60));
    assert_eq!((complete.estimates[0].missing, pooled.estimates[0].missing), (7, 0));
    // Near the fit without gaps (1.0818), with an interval wider than that of the full data.
    let full = asked("cox(os ~ x + z)");
    let (ours, theirs) = (ratios(&pooled)[0], ratios(&full)[0]);
    assert!((ours.ln() - theirs.ln()).abs() < 0.03, "{ours} beside {theirs}");
    let width = |answer: &Answer| {
        answer.estimates[0].upper.expect("a bound").ln() - answer.estimates[0].lower.expect("a bound").ln()
    };
    assert!(width(&pooled) > width(&full));
    assert!(pooled.estimates[0].how.contains("Rubin"));
    assert_eq!(
        ratios(&pooled),
        ratios(&asked("cox(os ~ gaps + z, imputations = 20)")),
        "the same seed, the same draws"
    );
    assert!(!ratios(&asked("logistic(response ~ gaps + z, imputations = 5)")).is_empty());
    assert!(!ratios(&asked("linear(z ~ gaps + sex, imputations = 5)")).is_empty());
}

#[test]
fn models_are_tuned_by_rule_calibrated_and_cut_by_threshold() {
    let model = "features f from trial\n  columns x, z, part\n\nmodel M for response\n  prepare f by z-score\n  \
                 tune by AUC, one-standard-error over 3 folds, 2 draws\n  \
                 fuse late RULE(random_forest(f, trees = 5, leaf in (1, 3, 5)))\n\n";
    for rule in ["platt", "isotonic"] {
        let model = model.replace("RULE", rule);
        for (cut, word) in [
            ("sensitivity(80%)", "sensitivity of at least 80%"),
            ("specificity(80%)", "specificity of at least 80%"),
            ("cost(miss = 5, alarm = 1)", "least cost"),
        ] {
            let answer = asked(&format!("{model}groups g from M at {cut}"));
            let told = answer.tables.iter().flat_map(|table| &table.notes).any(|note| note.contains(word));
            assert!(told, "{rule} {cut}: {:?}", answer.tables[0].notes);
        }
    }
}

#[test]
fn covariates_can_be_spared_the_penalty() {
    let net = |settings: &str| {
        let model =
            format!("features f from trial\n  columns x, z, part\n\nmodel M for os\n  fuse coxnet(f, {settings})\n\n");
        let answer = asked(&model);
        let held = answer.tables.iter().find(|table| table.columns.contains(&"feature".to_owned()));
        held.map_or(0, |table| table.rows.iter().filter(|row| value(&row[2]) != 0.0).count())
    };
    // So strong a penalty leaves nothing but what is spared.
    assert!(net("lambda = 5, unpenalised = \"z\"") > net("lambda = 5"));
}

#[test]
fn weights_that_are_none_are_refused() {
    for (line, code) in [
        ("cox(os ~ x, weights = arm)", "data::weight"),
        ("cox(os ~ x, weights = died == 1)", "kind::arithmetic"),
        ("rmst(os ~ arm, weights = whole)", "setting::unknown"),
        ("cox(os ~ rcs(gaps, 3), imputations = 5)", "run::not-estimable"),
    ] {
        let text = format!("study T\ntable trial\n\nendpoint os = survival(days, died == 1)\n\n{line}\n");
        let study = Study::new("t.study", text).bind("trial", &frame()).expect("a frame");
        let Err(rejected) = study.run(&Store::none(), &Watch::silent()) else { panic!("`{line}` was taken") };
        let codes: Vec<String> = match &rejected {
            Rejected::Study(review) => review.checked.diagnostics.iter().map(|one| one.code.to_owned()).collect(),
            Rejected::Run { failure, .. } => failure.faults.iter().map(|fault| fault.code.to_owned()).collect(),
        };
        assert!(codes.iter().any(|found| found == code), "`{line}`: {codes:?}");
    }
}
