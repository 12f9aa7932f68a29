//! Shapley values: beeswarm, importance, waterfall, dependence.

use super::*;

pub(super) fn shapley(out: &mut Examples) {
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
        blocks: Vec::new(),
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
    let mut tiny = fall(10, 0.5);
    tiny.parts.iter_mut().for_each(|part| part.shapley *= 0.01);
    tiny.prediction = 0.5 + tiny.parts.iter().map(|part| part.shapley).sum::<f64>();
    out.add("tiny", tiny);
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
