//! What judges predictions: ROC, comparison, calibration, decision curves, learners.

use super::*;

pub(super) fn judged(out: &mut Examples) {
    let roc = |names: &[&str], n: usize| {
        let mut scatter = Scatter(11);
        let curves = names.iter().enumerate().map(|(i, name)| {
            let (mut x, mut y, mut points) = (0.0f64, 0.0f64, vec![(0.0, 0.0)]);
            for _ in 0..n {
                if scatter.next() < 0.5 {
                    y = (y + 2.0 / n as f64).min(1.0);
                } else if y > x * (0.8 + 0.1 * i as f64) {
                    x = (x + 2.0 / n as f64).min(1.0);
                } else {
                    y = (y + 2.0 / n as f64).min(1.0);
                }
                points.push((x, y));
            }
            points.push((1.0, 1.0));
            roc::Curve {
                name: (*name).to_owned(),
                n: n as u64,
                events: n as u64 / 2,
                area: (i != 2).then_some((0.71, 0.58, 0.84)),
                bare: None,
                points,
            }
        });
        roc::RocCurves {
            title: "PRIME_R".into(),
            curves: curves.collect(),
            method: "95% CI, DeLong".into(),
            notes: vec!["PRIME_R against PRIME_R.clinical on external: p = 0.041".into()],
        }
    };
    out.add("plain", roc(&["train (out of fold)", "internal (held out)"], 70));
    out.add(
        "six long names of five",
        roc(
            &[
                "late logistic(gtbr(clinical), early gtbr(arterial, venous)) on external",
                "B",
                "one class only",
                "D",
                "E",
                "F",
            ],
            5,
        ),
    );
    out.add("six", roc(&["train", "internal", "external", "centre 4", "centre 5", "centre 6"], 100));

    let comparison = |models: &[&str], cohorts: &[&str]| comparison::Comparison {
        metric: "C-index".into(),
        method: "95% CI by the infinitesimal jackknife".into(),
        chance: Some(0.5),
        against: models[0].to_owned(),
        rows: cohorts
            .iter()
            .flat_map(|cohort| {
                models.iter().enumerate().map(move |(i, model)| comparison::Row {
                    cohort: (*cohort).to_owned(),
                    name: (*model).to_owned(),
                    n: 1040,
                    events: Some(93),
                    value: (i != 3).then_some(0.66 - 0.03 * i as f64),
                    lower: Some(0.58 - 0.03 * i as f64),
                    upper: Some(0.74 - 0.03 * i as f64),
                    p: (i > 0 && i != 3).then_some(0.0004 * 30f64.powi(i as i32)),
                })
            })
            .collect(),
    };
    out.add(
        "plain",
        comparison(
            &["PRIME_S", "PRIME_S.clinical", "PRIME_S.radiomics"],
            &["train (out of fold)", "external (external)"],
        ),
    );
    out.add(
        "long names",
        comparison(
            &[
                "late bma(rsf(clinical), early gbsa(arterial, venous))",
                "early rsf(clinical, arterial, venous, delayed phase)",
                "C",
                "D",
            ],
            &["the external validation cohort of the second centre (external)"],
        ),
    );

    let centres = ["centre 1 (out of fold)", "centre 2 (out of fold)", "centre 10 (out of fold)"];
    let mut single = comparison(&["PRIME_S"], &centres);
    (single.rows[1].n, single.rows[1].events, single.rows[1].value) = (2, Some(1), Some(1.0));
    (single.rows[1].lower, single.rows[1].upper) = (None, None);
    out.add("one model in centres", single);

    let calibration = |names: &[&str], most: f64| calibration::Calibration {
        title: "PRIME_R on train".into(),
        horizon: (most < 0.5).then(|| "24 months".to_owned()),
        method: "loess, span 0.75; 95% CI; groups by deciles with exact intervals".into(),
        curves: names
            .iter()
            .enumerate()
            .map(|(i, name)| calibration::Curve {
                name: (*name).to_owned(),
                n: 104,
                events: 47,
                told: vec!["intercept −0.04 (−0.44 to 0.36)".into(), "slope 0.91 (0.62–1.20)".into()],
                smooth: (0..=40)
                    .map(|p| {
                        let x = most * f64::from(p) / 40.0;
                        let y = (x * (0.8 + 0.1 * i as f64) + 0.05 * most).min(1.0);
                        (x, y, Some(((y - 0.15 * most).max(0.0), (y + 0.15 * most).min(1.0))))
                    })
                    .collect(),
                why: None,
                bins: (0..5)
                    .map(|b| {
                        let x = most * (f64::from(b) + 0.5) / 5.0;
                        calibration::Bin {
                            n: 21,
                            predicted: x,
                            observed: (x * 0.9 + 0.02).min(1.0),
                            lower: Some((x * 0.6).max(0.0)),
                            upper: Some((x * 1.25).min(1.0)),
                        }
                    })
                    .collect(),
                histogram: (0..20)
                    .map(|cell| if f64::from(cell) / 20.0 < most { 3 + (cell as u64 * 7) % 11 } else { 0 })
                    .collect(),
            })
            .collect(),
    };
    out.add("plain", calibration(&["PRIME_R"], 1.0));
    out.add(
        "small risks",
        calibration(&["PRIME_S", "PRIME_S.clinical", "early rsf(clinical, radiomics of both phases)"], 0.2),
    );

    let decision = |names: &[&str], end: f64| {
        let at = |i: i32| end * f64::from(i) / 50.0;
        decision_curve::DecisionCurves {
            cohort: "train (out of fold)".into(),
            n: 104,
            events: 47,
            horizon: None,
            method: "out-of-fold predictions; thresholds in steps of 1%".into(),
            curves: names
                .iter()
                .enumerate()
                .map(|(k, name)| decision_curve::Curve {
                    name: (*name).to_owned(),
                    points: (1..50)
                        .map(|i| {
                            let (threshold, net_benefit) = (at(i), 0.45 - at(i) * (0.5 + 0.05 * k as f64));
                            let limit = |by: f64| (k == 0).then_some(net_benefit + by);
                            decision_curve::Point { threshold, net_benefit, lower: limit(-0.07), upper: limit(0.07) }
                        })
                        .collect(),
                })
                .collect(),
            all: (1..50).map(|i| (at(i), 0.45 - 0.55 * at(i) / (1.0 - at(i)))).collect(),
        }
    };
    out.add("plain", decision(&["PRIME_R", "PRIME_R.clinical"], 0.99));
    out.add(
        "small thresholds",
        decision(&["late logistic(gtbr(clinical), early gtbr(arterial, venous))", "B", "C", "D", "E", "F"], 0.2),
    );

    let learners = |count: usize| {
        let mut scatter = Scatter(17);
        let names = ["rsf", "gbsa", "fsvm", "rotation_forest, trees = 500, leaf = 15, features = sqrt"];
        learners::Learners {
            model: "PRIME_S.clinical".into(),
            metric: "C-index".into(),
            higher: true,
            base: 0.5,
            resampling: "5 folds of the training patients, the same for all".into(),
            n: 104,
            events: Some(93),
            candidates: (0..count)
                .map(|i| learners::Candidate {
                    name: if i < 4 { names[i].to_owned() } else { format!("gbsa, trees = {i}, rate = 0.05") },
                    mean: (i != 2).then(|| 0.55 + 0.15 * scatter.next()),
                    sd: (i != 2).then_some(0.05),
                    folds: if i == 2 { 0 } else { 5 },
                    failed: if i == 2 { 5 } else { 0 },
                    why: (i == 2).then(|| "the training fold has no event among those without thrombosis".to_owned()),
                    chosen: i == 1,
                })
                .collect(),
        }
    };
    out.add("plain", learners(4));
    out.add("hundred", learners(100));
}
