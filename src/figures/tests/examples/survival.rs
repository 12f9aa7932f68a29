//! Curves over time: Kaplan-Meier, cumulative incidence, time-dependent AUC, Brier scores.

use super::*;

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

pub(super) fn survival(out: &mut Examples) {
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
    // Names of other scripts, accents and Greek: the first are not in the embedded font.
    let names = ["低风险组（肿瘤 < 5 cm）", "Fréquence élevée, β ≥ 2 µg/l"];
    let other = km::SurvivalCurves {
        time: "随访时间 (months)".into(),
        outcome: "Überlebenswahrscheinlichkeit, Größe ≥ 5 cm".into(),
        ..km_of(&names, 40, 60.0, &notes)
    };
    out.add("other scripts", other);

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
