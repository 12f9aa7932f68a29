//! Flow, forests, subgroups, quadrants.

use super::*;

pub(super) fn tables(out: &mut Examples) {
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
    let names = [
        ("trt:age >= 65", "trt x age >= 65"),
        ("肿瘤直径（厘米）", ""),
        ("Größe", "≥ 5 cm²"),
        ("δ-bilirubin", "µmol/l"),
    ];
    let others = names.iter().map(|(term, level)| row(term, level, estimate(11.9, 8.3, 0.02))).collect();
    out.add("products and other scripts", of(others, forest::Scale::Ratio));

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
