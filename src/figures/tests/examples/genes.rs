//! Genes and images, and what has no other place: volcano, enrichment, slices, scores, agreement, boxes.

use super::*;

pub(super) fn genes(out: &mut Examples) {
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
    out.add("one comparison", sets(8, &["group == \"AML\""], false));
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
            readings: "reader_1 minus reader_2".into(),
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
