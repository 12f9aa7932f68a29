//! Examples of every figure: a plain one with the name `plain`, and awkward ones.

use serde::Serialize;
use serde_json::Value as Json;

use crate::figures::*;

pub struct Example {
    pub kind: &'static str,
    pub name: &'static str,
    pub data: Json,
}

/// Evenly scattered numbers between 0 and 1, the same every time.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() * 1.41 - 4.23
    }

    fn many(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

const LONG: &str = "arterial_wavelet-LLH_glszm_SmallAreaHighGrayLevelEmphasis_after_resampling";
const FEATURES: [&str; 8] = [
    "age",
    "afp",
    "original_glcm_Imc1",
    "albi",
    "original_shape_SurfaceVolumeRatio",
    LONG,
    "Child-Pugh: B",
    "log-sigma-4-0-mm-3D_firstorder_90Percentile",
];

fn feature(place: usize) -> String {
    if place < FEATURES.len() { FEATURES[place].to_owned() } else { format!("{} {}", FEATURES[place % 8], place / 8) }
}

struct Examples(Vec<Example>);

impl Examples {
    fn add<F: Figure + Serialize>(&mut self, name: &'static str, figure: F) {
        let data = serde_json::to_value(&figure).expect("numbers become JSON");
        self.0.push(Example { kind: figure.card().name, name, data });
    }
}

pub fn all() -> Vec<Example> {
    let mut out = Examples(Vec::new());
    survival(&mut out);
    tables(&mut out);
    judged(&mut out);
    features(&mut out);
    shapley(&mut out);
    genes(&mut out);
    out.0
}

fn km_of(names: &[&str], n: usize, end: f64, notes: &[&str]) -> km::SurvivalCurves {
    let mut scatter = Scatter(7);
    let curves = names.iter().enumerate().map(|(group, name)| {
        let mut times: Vec<(f64, bool)> = (0..n)
            .map(|_| {
                (
                    (-scatter.next().max(1e-9).ln() * end / 3.0 / (1.0 + group as f64 * 0.6)).min(end),
                    scatter.next() < 0.7,
                )
            })
            .collect();
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut survival, mut variance, mut events, mut median) = (1.0, 0.0, 0, None);
        let steps = times.iter().enumerate().map(|(place, (time, event))| {
            let at_risk = n - place;
            if *event {
                events += 1;
                survival *= 1.0 - 1.0 / at_risk as f64;
                variance += 1.0 / (at_risk as f64 * (at_risk as f64 - 1.0)).max(1.0);
            }
            if survival <= 0.5 && median.is_none() {
                median = Some(*time);
            }
            let half = 1.96 * survival * f64::sqrt(variance);
            km::Step {
                time: *time,
                at_risk: at_risk as u64,
                events: u64::from(*event),
                censored: u64::from(!*event),
                survival,
                lower: (survival > 0.0).then_some((survival - half).max(0.0)),
                upper: (survival > 0.0).then_some((survival + half).min(1.0)),
            }
        });
        let steps: Vec<km::Step> = steps.collect();
        km::Curve {
            name: (*name).to_owned(),
            n: n as u64,
            events,
            median,
            median_limits: (median.map(|m| m * 0.7), (group == 0).then_some(end * 0.8).filter(|_| median.is_some())),
            steps,
        }
    });
    km::SurvivalCurves {
        time: "Time since TACE (months)".into(),
        outcome: "Probability of overall survival".into(),
        cohort: "train".into(),
        method: "95% confidence bands, log-transformed".into(),
        curves: curves.collect(),
        missing: 3,
        notes: notes.iter().map(|n| (*n).to_owned()).collect(),
    }
}

fn survival(out: &mut Examples) {
    let notes = ["HR 2.31 (1.46–3.66), high against low", "log-rank p < 0.001"];
    out.add("plain", km_of(&["low risk", "high risk"], 52, 84.0, &notes));
    out.add("one of five", km_of(&["all"], 5, 3.0, &[]));
    let long = [
        "profile low, risk low by the fused signature of both phases",
        "profile low, risk high by the fused signature",
        "profile high, risk low",
        "profile high, risk high",
    ];
    out.add("long names", km_of(&long, 40, 60.0, &["log-rank p = 0.012"]));
    out.add("six of ten thousand", km_of(&["A", "B", "C", "D", "E", "F"], 1700, 240.0, &["log-rank p < 0.001"]));
    let mut flat = km_of(&["low", "high"], 30, 24.0, &notes);
    for curve in &mut flat.curves {
        for step in &mut curve.steps {
            (step.survival, step.lower, step.upper) = (1.0, None, None);
        }
        (curve.median, curve.median_limits, curve.events) = (None, (None, None), 0);
    }
    out.add("no events", flat);

    let curve = |name: &str, top: f64| cif::Curve {
        name: name.to_owned(),
        n: 60,
        events: 21,
        competing: 9,
        steps: (1..40)
            .map(|i| {
                let incidence = top * (1.0 - (-f64::from(i) / 15.0).exp());
                let limit = |by: f64| Some((incidence + by * 0.2 * top).clamp(0.0, 1.0));
                cif::Step {
                    time: f64::from(i) * 1.5,
                    at_risk: Some(60 - i as u64),
                    incidence,
                    lower: limit(-1.0),
                    upper: limit(1.0),
                }
            })
            .collect(),
    };
    let incidence = |names: &[&str]| cif::Incidence {
        time: "Time (months)".into(),
        outcome: "relapse".into(),
        cohort: "trial".into(),
        method: "Aalen-Johansen; 95% bands, normal".into(),
        curves: names.iter().enumerate().map(|(i, n)| curve(n, 0.2 + 0.1 * i as f64)).collect(),
        missing: 0,
        notes: vec!["Gray's test p = 0.031".into()],
    };
    out.add("plain", incidence(&["standard", "experimental"]));
    out.add(
        "six groups",
        incidence(&["A", "B", "C", "a much longer name of an arm of the trial with two drugs", "E", "F"]),
    );

    let auc = |names: &[&str]| time_auc::TimeAuc {
        title: "overall survival on train (out of fold)".into(),
        time: "Time (months)".into(),
        method: "inverse probability of censoring weights; 95% CI by 1,000 bootstraps".into(),
        curves: names
            .iter()
            .enumerate()
            .map(|(i, name)| time_auc::Curve {
                name: (*name).to_owned(),
                n: 104,
                events: 93,
                points: [6.0, 12.0, 24.0, 36.0]
                    .iter()
                    .enumerate()
                    .map(|(at, time)| time_auc::Point {
                        time: *time,
                        area: (i + at != 4).then_some(0.62 + 0.03 * at as f64 - 0.04 * i as f64),
                        lower: Some(0.5 + 0.02 * at as f64 - 0.05 * i as f64),
                        upper: Some(0.75 + 0.02 * at as f64),
                        at_risk: 90 - 22 * at as u64,
                    })
                    .collect(),
            })
            .collect(),
    };
    out.add("plain", auc(&["PRIME_S", "PRIME_S.clinical"]));
    out.add(
        "six models",
        auc(&[
            "PRIME_S",
            "PRIME_S.clinical",
            "PRIME_S.radiomics",
            "early rsf(clinical, arterial, venous)",
            "late bma(rsf(clinical), early gbsa(arterial, venous))",
            "F",
        ]),
    );

    let brier = |names: &[&str]| {
        let curve = |name: &str, by: f64| brier::Curve {
            name: name.to_owned(),
            points: (0..60).map(|i| (f64::from(i), by * (1.0 - (-f64::from(i) / 20.0).exp()))).collect(),
            integrated: Some(by * 0.7),
        };
        brier::Brier {
            cohort: "train (out of fold)".into(),
            n: 104,
            events: 93,
            time: "Time (months)".into(),
            method: "inverse probability of censoring weights".into(),
            range: (0.0, 59.0),
            curves: names.iter().enumerate().map(|(i, n)| curve(n, 0.2 + 0.012 * i as f64)).collect(),
            null: curve("null model (Kaplan-Meier)", 0.24),
        }
    };
    out.add("plain", brier(&["PRIME_S", "PRIME_S.clinical"]));
    out.add(
        "long names",
        brier(&["late bma(rsf(clinical), early gbsa(arterial, venous, delayed))", "B", "C", "D", "E", "F"]),
    );
}

fn tables(out: &mut Examples) {
    let flow = |conditions: &[(&str, u64, u64)], parts: &[(&str, u64)]| {
        let mut now = 10_512;
        let conditions = conditions
            .iter()
            .map(|(label, removed, unknown)| {
                let before = now;
                now -= removed;
                let label = (*label).to_owned();
                flow::Condition {
                    include: *unknown == 0,
                    label,
                    before,
                    removed: *removed,
                    unknown: *unknown,
                    unknown_stays: false,
                    after: now,
                }
            })
            .collect();
        let sum: u64 = parts.iter().map(|p| p.1).sum();
        let parts = parts
            .iter()
            .map(|(name, n)| flow::Part { name: (*name).to_owned(), n: *n, remark: String::new() })
            .collect();
        let splits =
            if sum == 0 { vec![] } else { vec![flow::Split { name: "centres".into(), parts, unused: now - sum }] };
        flow::Flow { source: "patients".into(), start: 10_512, conditions, cohort: "eligible".into(), end: now, splits }
    };
    out.add(
        "plain",
        flow(
            &[
                ("unresectable HCC", 9300, 0),
                ("infiltrative HCC", 12, 3),
                ("enrolled January 2020 to January 2024", 200, 0),
            ],
            &[("train", 600), ("internal", 250), ("external", 150)],
        ),
    );
    let long = "dual-phase contrast-enhanced CT within one month before the first interventional treatment with both phases readable by two readers";
    out.add(
        "long labels",
        flow(
            &[(long, 9300, 0), (long, 0, 5)],
            &[
                ("a part with quite a long name of a centre in another city", 600),
                ("b", 2),
                ("c", 3),
                ("d", 4),
                ("e", 5),
            ],
        ),
    );
    out.add("bare", flow(&[], &[]));

    let estimate = |value: f64, by: f64, p: f64| forest::Effect::Estimate {
        value,
        lower: Some(value / by),
        upper: Some(value * by),
        p: Some(p),
    };
    let row = |term: &str, level: &str, effect| forest::Row {
        term: term.to_owned(),
        level: level.to_owned(),
        n: 104,
        events: Some(93),
        missing: 0,
        effect,
    };
    let of = |rows: Vec<forest::Row>, scale| forest::Forest {
        measure: if scale == forest::Scale::Ratio { "Hazard ratio".into() } else { "Slope".into() },
        scale,
        interval: "95% CI".into(),
        method: "one Cox regression a row, ties by Efron; Wald".into(),
        rows,
    };
    let plain = vec![
        row("age, ten years", "", estimate(1.43, 1.2, 0.0004)),
        row("Child-Pugh", "A", forest::Effect::Reference),
        row("Child-Pugh", "B", estimate(1.86, 1.7, 0.024)),
        row("portal vein thrombosis", "yes", estimate(3.75, 1.8, 1e-9)),
        forest::Row {
            n: 53,
            events: Some(48),
            missing: 51,
            ..row("largest tumour, cm", "", estimate(1.01, 1.06, 0.684))
        },
        row("extrahepatic", "yes", forest::Effect::NotEstimable("no events among 4".into())),
    ];
    out.add("plain", of(plain, forest::Scale::Ratio));
    let wide = vec![
        row(LONG, "", estimate(250.0, 900.0, 1e-300)),
        row("tiny", "", estimate(0.004, 1.1, 0.0496)),
        row("no upper limit", "", forest::Effect::Estimate { value: 2.0, lower: Some(0.3), upper: None, p: None }),
        row(
            "a variable of many levels with a long name that needs room",
            "the first level with an even longer name than that",
            forest::Effect::Reference,
        ),
        row(
            "a variable of many levels with a long name that needs room",
            "second",
            forest::Effect::NotEstimable(
                "the likelihood has no maximum, as all who have this level had the event before anybody else".into(),
            ),
        ),
    ];
    out.add("wide intervals", of(wide, forest::Scale::Ratio));
    let mut scatter = Scatter(3);
    let forty =
        (0..40).map(|i| row(&feature(i), "", estimate((scatter.normal() * 0.5).exp(), 1.5, scatter.next()))).collect();
    out.add("forty", of(forty, forest::Scale::Ratio));
    let slopes = vec![
        row(
            "age",
            "",
            forest::Effect::Estimate { value: -0.013, lower: Some(-0.02), upper: Some(-0.006), p: Some(0.0002) },
        ),
        row(
            "sex",
            "male",
            forest::Effect::Estimate { value: 0.21, lower: Some(-0.4), upper: Some(0.82), p: Some(0.5) },
        ),
    ];
    out.add("slopes", of(slopes, forest::Scale::Difference));

    let level = |name: &str, n: u64, effect| subgroups::Level { name: name.to_owned(), n, events: n * 2 / 3, effect };
    let within =
        |value, by| forest::Effect::Estimate { value, lower: Some(value / by), upper: Some(value * by), p: None };
    let variables = vec![
        subgroups::Variable {
            name: "therapy".into(),
            p: Some(0.62),
            why: String::new(),
            missing: 0,
            levels: vec![level("TACE", 61, within(2.2, 1.7)), level("HAIC", 43, within(2.6, 1.9))],
        },
        subgroups::Variable {
            name: "age of sixty years or more at the first treatment".into(),
            p: None,
            why: "no events".into(),
            missing: 2,
            levels: vec![
                level("yes", 99, within(2.3, 1.6)),
                level("no", 3, forest::Effect::NotEstimable("no events among 3 patients".into())),
            ],
        },
    ];
    out.add(
        "plain",
        subgroups::Subgroups {
            measure: "Hazard ratio, high against low risk".into(),
            interval: "95% CI".into(),
            method: "Cox regression, ties by Efron; interaction by likelihood ratio".into(),
            cohort: "train".into(),
            overall: level("All patients", 104, within(2.31, 1.58)),
            adjusted: vec![level(
                "All patients, adjusted for subsequent therapy and liver function",
                101,
                within(2.1, 1.6),
            )],
            variables,
        },
    );

    let quadrants = |labels: &[&str], n: usize| {
        let mut scatter = Scatter(5);
        let points: Vec<quadrants::Point> = (0..n)
            .map(|_| {
                let x = scatter.next();
                let event = scatter.next();
                let event = if event < 0.1 { None } else { Some(event < x) };
                quadrants::Point { x, y: scatter.normal(), event }
            })
            .collect();
        let grouping = |name: &str, model: &str, cut| quadrants::Grouping {
            name: name.to_owned(),
            model: model.to_owned(),
            cuts: vec![cut],
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        };
        let told = vec!["response 61% (48–73)".to_owned(), "median os 31.2 months".to_owned()];
        let k = labels.len();
        let tiles = (0..k * k)
            .map(|i| quadrants::Tile { x: i / k, y: i % k, n: (n / k / k) as u64, told: told.clone() })
            .collect();
        quadrants::Quadrants {
            cohort: "train".into(),
            x: grouping("profile", "PRIME_R", 0.5),
            y: grouping("risk", "PRIME_S", 0.1),
            event: "response".into(),
            points,
            tiles,
            missing: 2,
        }
    };
    out.add("plain", quadrants(&["low", "high"], 80));
    out.add("three by three of thousands", quadrants(&["low", "middle", "high"], 2000));
}

fn judged(out: &mut Examples) {
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

fn features(out: &mut Examples) {
    let correlations = |k: usize, n: usize| {
        let mut scatter = Scatter(23);
        let base = scatter.many(n);
        let columns: Vec<correlation::Column> = (0..k)
            .map(|i| {
                let values: Vec<Option<f64>> = base
                    .iter()
                    .map(|b| {
                        let missing = scatter.next() < 0.03;
                        let value = b * (if i % 3 == 0 { 1.0 } else { -0.4 }) + scatter.normal();
                        (!missing || n < 10).then_some(value)
                    })
                    .collect();
                let known: Vec<f64> = values.iter().flatten().copied().collect();
                correlation::Column { name: feature(i), values, density: crate::stats::density::density(&known, 48) }
            })
            .collect();
        let mut pairs = Vec::new();
        for first in 0..k {
            for second in first + 1..k {
                let r = (scatter.next() * 2.0 - 1.0) * 0.95;
                let known = (first + second) % 9 != 8;
                pairs.push(correlation::Pair {
                    first,
                    second,
                    coefficient: known.then_some(r),
                    lower: None,
                    upper: None,
                    p: known.then_some(0.01),
                    p_adjusted: known.then_some((1.0 - r.abs()).powi(4)),
                    n: n as u64,
                    line: Some((0.1, r)),
                });
            }
        }
        correlation::Correlations {
            method: "Spearman's rho".into(),
            adjustment: format!(
                "p adjusted by Benjamini-Hochberg over {} pair{}",
                pairs.len(),
                if pairs.len() == 1 { "" } else { "s" }
            ),
            cohort: "train".into(),
            n: n as u64,
            columns,
            pairs,
        }
    };
    out.add("plain", correlations(4, 104));
    out.add("two of five", correlations(2, 5));
    out.add("ten of ten thousand", correlations(10, 10_000));
    out.add("forty", correlations(40, 60));

    let map = |rows: usize, groups: &[(&str, usize)], annotated: bool| {
        let mut scatter = Scatter(29);
        let columns: usize = groups.iter().map(|g| g.1).sum();
        let chain = |leaves: usize| -> Vec<heat_map::Merge> {
            let mut merges = Vec::new();
            let mut last = 0;
            for leaf in 1..leaves {
                merges.push(heat_map::Merge { left: last, right: leaf, height: leaf as f64 });
                last = leaves + leaf - 1;
            }
            merges
        };
        heat_map::HeatMap {
            scale: "z-score".into(),
            clip: 2.0,
            rows: (0..rows)
                .map(|i| heat_map::Row {
                    name: feature(i),
                    remark: ["***", "*", "", "**"][i % 4].to_owned(),
                    values: (0..columns)
                        .map(|_| {
                            let v = scatter.normal();
                            (v < 2.4).then_some(v)
                        })
                        .collect(),
                })
                .collect(),
            row_tree: chain(rows),
            groups: groups
                .iter()
                .map(|(name, n)| heat_map::Group {
                    name: (*name).to_owned(),
                    columns: (0..*n).map(|i| format!("s{i}")).collect(),
                    tree: chain(*n),
                })
                .collect(),
            annotations: if annotated {
                vec![
                    heat_map::Annotation::Levels {
                        name: "sex".into(),
                        levels: vec!["female".into(), "male".into()],
                        of: (0..columns).map(|i| (i % 5 != 0).then_some(i % 2)).collect(),
                    },
                    heat_map::Annotation::Numbers {
                        name: "age at treatment".into(),
                        of: (0..columns).map(|i| Some(40.0 + i as f64)).collect(),
                    },
                ]
            } else {
                vec![]
            },
            method: "z-scores of each feature; complete linkage of Euclidean distances, columns within groups".into(),
        }
    };
    out.add("plain", map(12, &[("no response", 24), ("response", 24)], true));
    out.add("two features of five", map(2, &[("a group with a rather long name", 2), ("b", 3)], false));
    out.add("forty in six groups", map(40, &[("A", 50), ("B", 1), ("C", 9), ("D", 4), ("E", 30), ("F", 6)], true));

    let selection = |blocks: &[&str], features: usize| selection::Selection {
        model: "PRIME_R".into(),
        n: 70,
        traces: blocks
            .iter()
            .enumerate()
            .map(|(i, block)| selection::Trace {
                block: (*block).to_owned(),
                steps: [
                    ("missing(max = 30%)", 1),
                    ("median", 1),
                    ("univariable filter at p < 0.05 by the Mann-Whitney test", 3),
                    ("elastic_net(l1_ratio = 0.5)", 40),
                ]
                .iter()
                .scan(944 / (1 + 20 * i as u64), |now, (name, by)| {
                    let before = *now;
                    *now = (before / by).max(1);
                    Some(selection::Step { name: (*name).to_owned(), before, after: *now })
                })
                .collect(),
            })
            .collect(),
        folds: 5,
        frequencies: (0..features)
            .map(|i| selection::Frequency {
                feature: feature(i),
                block: blocks[i % blocks.len()].to_owned(),
                folds: (5 - i * 5 / features.max(1)) as u64,
                selected: i % 3 == 0,
            })
            .collect(),
    };
    out.add("plain", selection(&["radiomics", "clinical"], 12));
    out.add(
        "many",
        selection(&["arterial: radiomics of the arterial phase with a long name", "b", "c", "d", "e", "f", "g"], 60),
    );

    let path = |features: usize| {
        let mut scatter = Scatter(31);
        let lambdas: Vec<f64> = (0..80).map(|i| 0.5 * 0.93f64.powi(i)).collect();
        path::Path {
            model: "PRIME_R, radiomics".into(),
            n: 70,
            events: Some(31),
            coefficients: (0..features)
                .map(|i| {
                    let (start, slope) = (scatter.next() * 60.0, scatter.normal() * 0.02);
                    path::Coefficient {
                        feature: feature(i),
                        values: (0..80).map(|l| (f64::from(l) - start).max(0.0) * slope).collect(),
                    }
                })
                .collect(),
            measure: "binomial deviance".into(),
            error: (0..80).map(|i| (1.3 + 0.0002 * (f64::from(i) - 35.0).powi(2), 0.06)).collect(),
            chosen: lambdas[35],
            least: Some(lambdas[35]),
            one_error: Some(lambdas[20]),
            lambdas,
            method: "elastic net, l1 ratio 0.5; 5 folds".into(),
        }
    };
    out.add("plain", path(7));
    out.add("forty", path(40));
}

fn shapley(out: &mut Examples) {
    let swarm = |features: usize, n: usize| {
        let mut scatter = Scatter(37);
        let features = (0..features)
            .map(|i| {
                let of: Vec<Option<f64>> =
                    (0..n).map(|_| Some(scatter.normal()).filter(|_| scatter.next() > 0.05)).collect();
                let values =
                    of.iter().map(|v| v.unwrap_or(0.0) * 0.6 / (i + 1) as f64 + scatter.normal() * 0.05).collect();
                beeswarm::Feature {
                    name: feature(i),
                    block: "radiomics".into(),
                    importance: 0.5 / (i + 1) as f64,
                    values,
                    of,
                }
            })
            .collect();
        beeswarm::Beeswarm {
            model: "PRIME_R".into(),
            cohort: "train (out of fold)".into(),
            n: n as u64,
            unit: "log-odds".into(),
            method: "exact for linear models".into(),
            features,
            others: 47,
            rest: (0..n).map(|_| scatter.normal() * 0.3).collect(),
        }
    };
    out.add("plain", swarm(14, 104));
    out.add("two of five", swarm(2, 5));
    out.add("forty of ten thousand", swarm(40, 10_000));
    let bars = |count: usize| importance::Importance {
        model: "PRIME_R".into(),
        cohort: "train (out of fold)".into(),
        n: 104,
        measure: "Mean |Shapley value|".into(),
        unit: "log-odds".into(),
        method: "exact for linear models".into(),
        bars: (0..count)
            .map(|i| importance::Bar {
                name: feature(i),
                block: if i % 3 == 0 { "clinical".into() } else { "radiomics".into() },
                mean: 0.5 / (i + 1) as f64,
                direction: [Some(0.9), Some(-0.8), None][i % 3],
            })
            .collect(),
        others: Some((47, 0.03)),
    };
    out.add("plain", bars(12));
    out.add("forty", bars(40));
    let fall = |count: usize, base: f64| {
        let parts: Vec<waterfall::Part> = (0..count)
            .map(|i| waterfall::Part {
                name: feature(i),
                value: ["66", "−310.858", "missing", "1056.844"][i % 4].to_owned(),
                shapley: [0.52, -0.48, -0.35, 0.002][i % 4] / (1 + i / 4) as f64,
            })
            .collect();
        let sum: f64 = parts.iter().map(|p| p.shapley).sum();
        waterfall::Waterfall {
            model: "PRIME_R".into(),
            patient: "patient HCC_017, the highest prediction on train".into(),
            unit: "log-odds".into(),
            method: "exact for linear models".into(),
            base,
            prediction: base + sum,
            parts,
        }
    };
    out.add("plain", fall(10, -0.2));
    out.add("forty", fall(40, 3.0));
    out.add("two", fall(2, 0.0));
    let depend = |count: usize, n: usize| {
        let mut scatter = Scatter(41);
        dependence::Dependence {
            model: "PRIME_R".into(),
            cohort: "train (out of fold)".into(),
            n: n as u64,
            measure: "Shapley value".into(),
            unit: "log-odds".into(),
            method: "exact for linear models".into(),
            features: (0..count)
                .map(|i| dependence::Feature {
                    name: feature(i),
                    other: if i % 2 == 0 { feature(i + 1) } else { String::new() },
                    points: (0..n)
                        .map(|_| {
                            let value = scatter.normal();
                            dependence::Point {
                                value: (scatter.next() > 0.05).then_some(value),
                                shapley: value.tanh() + scatter.normal() * 0.1,
                                other: Some(scatter.normal()),
                            }
                        })
                        .collect(),
                    smooth: (-20..=20).map(|x| (f64::from(x) / 10.0, (f64::from(x) / 10.0).tanh())).collect(),
                    levels: vec![],
                })
                .collect(),
        }
    };
    out.add("plain", depend(2, 104));
    out.add("six of thousands", depend(6, 3000));
    let mut levels = depend(2, 60);
    for (place, point) in levels.features[0].points.iter_mut().enumerate() {
        point.value = (place != 7).then_some((place % 4) as f64);
    }
    levels.features[0].levels =
        ["Stage-A", "Stage-B", "Stage-C with portal vein thrombosis", "Stage-D"].map(str::to_owned).to_vec();
    levels.features[0].smooth.clear();
    out.add("levels", levels);
}

fn genes(out: &mut Examples) {
    let volcano = |n: usize, scale: f64| {
        let mut scatter = Scatter(43);
        let mut genes: Vec<volcano::Gene> = (0..n)
            .map(|i| {
                let effect = scatter.normal() * 1.4;
                let p = 10f64.powf(-(effect.abs() * scatter.next() * scale)).max(0.0);
                volcano::Gene {
                    name: format!("{}{i}", ["CLEC1B", "GDF", "C14orf18", "UBE2T", "ZIC", "HLA-DQA"][i % 6]),
                    effect,
                    p,
                    fdr: 1.0,
                }
            })
            .collect();
        genes.sort_by(|a, b| a.p.total_cmp(&b.p));
        for (rank, gene) in genes.iter_mut().enumerate() {
            gene.fdr = (gene.p * n as f64 / (rank + 1) as f64).min(1.0);
        }
        volcano::Volcano {
            contrast: "tumour against normal".into(),
            effect: "log₂ fold change".into(),
            method: "moderated t-test; Benjamini-Hochberg".into(),
            groups: vec![("tumour".into(), 50), ("normal".into(), 50)],
            fdr: 0.05,
            cut: 1.0,
            genes,
            untested: 3,
        }
    };
    out.add("plain", volcano(2000, 8.0));
    out.add("underflow", volcano(9000, 400.0));
    out.add("none found", volcano(5, 0.2));

    let sets = |count: usize, comparisons: &[&str], long: bool| {
        let mut scatter = Scatter(47);
        enrichment::Enrichment {
            score: "NES".into(),
            method: "GSEA, 10,000 permutations; Benjamini-Hochberg over 50 sets".into(),
            comparisons: comparisons.iter().map(|c| (*c).to_owned()).collect(),
            sets: (0..count)
                .map(|i| enrichment::Set {
                    name: if long {
                        format!(
                            "GOBP_POSITIVE_REGULATION_OF_ADAPTIVE_IMMUNE_RESPONSE_BASED_ON_SOMATIC_RECOMBINATION_{i}"
                        )
                    } else {
                        format!("HALLMARK_G2M_CHECKPOINT_{i}")
                    },
                    results: comparisons
                        .iter()
                        .enumerate()
                        .map(|(j, _)| {
                            let score = 3.0 - 6.0 * i as f64 / count as f64 + scatter.normal() * 0.4;
                            ((i + j) % 7 != 6).then(|| enrichment::Result {
                                score,
                                fdr: 10f64.powf(-score.abs() * 2.5).min(1.0),
                                size: 120,
                            })
                        })
                        .collect(),
                })
                .collect(),
            fdr: 0.05,
            choice: format!("{count} of 50 sets with the smallest false discovery rate"),
        }
    };
    out.add("plain", sets(15, &["G3/4 vs G1/2", "Tumour vs normal"], false));
    out.add(
        "forty long names",
        sets(40, &["PRIME_R.radiomics high against low", "PRIME_S.radiomics high against low", "C", "D"], true),
    );

    let curve = |name: &str, sign: f64| {
        let hits: Vec<u64> = (1..80).map(|i| (f64::from(i).powf(1.9) * 1.0) as u64 + 1).collect();
        let mut points = vec![(0.0, 0.0)];
        let mut score = 0.0;
        let mut last = 0.0;
        for hit in &hits {
            score -= (*hit as f64 - last - 1.0).max(0.0) / 5000.0;
            points.push((*hit as f64 - 1.0, sign * score));
            score += 1.0 / hits.len() as f64;
            points.push((*hit as f64, sign * score));
            last = *hit as f64;
        }
        points.push((5183.0, 0.0));
        running_score::Curve {
            set: name.to_owned(),
            size: hits.len() as u64,
            score: 0.74 * sign,
            normalised: Some(3.1 * sign),
            p: Some(1e-12),
            fdr: Some(1e-10),
            points,
            hits,
        }
    };
    let running = |curves: Vec<running_score::Curve>| running_score::RunningScore {
        contrast: "tumour against normal".into(),
        genes: 5183,
        metric: "moderated t".into(),
        ranking: (0..=200)
            .map(|i| (f64::from(i) * 5183.0 / 200.0, (100.0 - f64::from(i)).powi(3) / 60_000.0))
            .collect(),
        ends: ("tumour".into(), "normal".into()),
        method: "GSEA, weight 1, 10,000 permutations of genes".into(),
        curves,
    };
    out.add("plain", running(vec![curve("HALLMARK_G2M_CHECKPOINT", 1.0)]));
    let six = [
        "A",
        "B",
        "GOBP_POSITIVE_REGULATION_OF_ADAPTIVE_IMMUNE_RESPONSE_BASED_ON_SOMATIC_RECOMBINATION",
        "D",
        "E",
        "F",
    ];
    out.add(
        "six",
        running(six.iter().enumerate().map(|(i, n)| curve(n, if i % 2 == 0 { 1.0 } else { -1.0 })).collect()),
    );

    let mut scatter = Scatter(53);
    let mut edge = |count: usize, samples: usize| leading_edge::LeadingEdge {
        set: "HALLMARK_G2M_CHECKPOINT".into(),
        contrast: "tumour against normal".into(),
        size: 181,
        edge: count as u64,
        genes: (0..count)
            .map(|i| leading_edge::Gene {
                name: format!("CDC25C{i}"),
                rank: (i * i + 3) as u64,
                values: (0..samples * 2).map(|_| Some(scatter.normal())).collect(),
            })
            .collect(),
        groups: ["tumour", "normal"]
            .iter()
            .map(|name| heat_map::Group {
                name: (*name).to_owned(),
                columns: (0..samples).map(|i| format!("{name}{i}")).collect(),
                tree: vec![],
            })
            .collect(),
        clip: 2.0,
        method: "z-scores over all samples".into(),
    };
    let (plain, many) = (edge(30, 50), edge(120, 8));
    out.add("plain", plain);
    out.add("hundred genes", many);

    let slice = |plane: &str, columns: usize, rows: usize, pixel: (f64, f64)| image_slices::Slice {
        plane: plane.to_owned(),
        number: 31,
        columns,
        rows,
        pixel,
        values: (0..columns * rows)
            .map(|i| ((i % columns) as f64 - 20.0) * 8.0 + ((i / columns) as f64) * 3.0)
            .collect(),
        outlines: vec![vec![(10.0, 10.0), (25.0, 10.0), (25.0, 22.0), (10.0, 22.0), (10.0, 10.0)]],
    };
    out.add(
        "plain",
        image_slices::ImageSlices {
            patient: "HCC_017".into(),
            region: "arterial phase, label 1".into(),
            voxels: 10_234,
            window: (60.0, 400.0),
            unit: "HU".into(),
            slices: vec![
                slice("Axial", 40, 34, (2.0, 2.0)),
                slice("Coronal", 40, 30, (2.0, 3.0)),
                slice("Sagittal", 34, 30, (2.0, 3.0)),
            ],
        },
    );

    let scored = |n: usize, observed: &str| {
        let mut scatter = Scatter(67);
        let mut patients: Vec<scores::Patient> = Vec::new();
        for _ in 0..n {
            let predicted = scatter.next();
            patients.push(scores::Patient {
                predicted,
                event: Some(scatter.next() < predicted),
                observed: (!observed.is_empty()).then(|| -scatter.next().max(1e-9).ln() * 40.0 * (1.2 - predicted)),
            });
        }
        scores::Scores {
            model: "PRIME_S".into(),
            cohort: "train (out of fold)".into(),
            measure: "Predicted probability".into(),
            endpoint: "death by any cause as the registry tells it".into(),
            observed: observed.into(),
            patients,
        }
    };
    out.add("plain", scored(104, "Time (months)"));
    out.add("five", scored(5, ""));
    out.add("ten thousand", scored(10_000, "Time (months)"));

    let precision = |name: &str| precision_recall::Curve {
        name: name.to_owned(),
        n: 104,
        events: 47,
        points: (1..40).map(|i| (f64::from(i) / 39.0, 1.0 - 0.55 * f64::from(i) / 39.0)).collect(),
    };
    let curves =
        vec![precision("train (out of fold)"), precision("the external cohort of the second centre (external)")];
    out.add("plain", precision_recall::PrecisionRecall { title: "PRIME_R".into(), curves });
    let agreement = |n: usize, by: f64| {
        let mut scatter = Scatter(61);
        bland_altman::Agreement {
            readings: "volume by reader_1 and reader_2".into(),
            points: (0..n).map(|_| (40.0 + 10.0 * scatter.normal(), by * scatter.normal())).collect(),
            bias: Some(0.0),
            lower: Some(-1.96 * by),
            upper: Some(1.96 * by),
            coverage: 0.95,
        }
    };
    out.add("plain", agreement(60, 2.0));
    out.add("ten thousand alike", agreement(10_000, 0.0));

    let boxes = |count: usize, groups: &[&str], n: usize| {
        let mut scatter = Scatter(59);
        let names = [
            "Activated B cell",
            "CD56bright natural killer cell",
            "MDSC",
            "Plasmacytoid dendritic cell",
            "Type 17 T helper cell",
        ];
        boxes::Boxes {
            measure: "ssGSEA score".into(),
            groups: groups.iter().map(|g| ((*g).to_owned(), n as u64)).collect(),
            method: format!("Wilcoxon rank-sum test; Benjamini-Hochberg over {count} cell types"),
            scores: (0..count)
                .map(|i| boxes::Score {
                    name: if i < 5 { names[i].to_owned() } else { format!("{} {i}", names[i % 5]) },
                    coverage: Some((18, 20 + i as u64)),
                    p: (i != 3).then_some(0.01),
                    p_adjusted: (i != 3).then_some([1e-9, 0.004, 0.03, 0.5][i % 4]),
                    values: groups
                        .iter()
                        .enumerate()
                        .map(|(g, _)| scatter.many(n).iter().map(|v| v * 0.1 + 0.1 * g as f64).collect())
                        .collect(),
                })
                .collect(),
        }
    };
    out.add("plain", boxes(28, &["ALL", "AML"], 24));
    out.add("six groups of five", boxes(5, &["A", "B", "a longer name of a group", "D", "E", "F"], 5));
}
