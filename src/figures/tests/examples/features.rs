//! Features: correlation, heat maps, selection, paths.

use super::*;

pub(super) fn features(out: &mut Examples) {
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
    let mut scores = map(5, &[("high", 9), ("low", 12)], true);
    if let [heat_map::Annotation::Levels { name: first, .. }, heat_map::Annotation::Numbers { name: second, .. }] =
        scores.annotations.as_mut_slice()
    {
        *first = "PRIME_S.radiomics, group".into();
        *second = "PRIME_S.radiomics, score".into();
    }
    out.add("long annotations", scores);
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
