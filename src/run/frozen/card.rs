//! The model card: what a model is for, what it was made from, how well it does, what it wants.
//! After Mitchell et al. 2019, with what TRIPOD+AI asks of a prediction model.

use crate::card::EndpointKind;
use crate::run::results::{EstimateRecord, Kind, fixed};

use super::{BlockSource, ColumnRule, ModelFile};

/// The card of a model as Markdown.
pub fn card(model: &ModelFile) -> String {
    let mut text = format!("# {}\n\n", model.name);
    if !model.documentation.is_empty() {
        text.push_str(&format!("{}\n\n", model.documentation));
    }
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    let predicts = match model.endpoint.kind {
        EndpointKind::Binary => "the probability of",
        EndpointKind::Survival => "the risk (higher is earlier) and the survival of",
        EndpointKind::Continuous => "the value of",
        EndpointKind::Nominal => "the probability of each class of",
    };
    line("## What it predicts\n");
    line(&format!("- It predicts {predicts} `{}`.", model.endpoint.name));
    if !model.endpoint.documentation.is_empty() {
        line(&format!("- {}", model.endpoint.documentation));
    }
    if let Some(at) = &model.predict_at {
        line(&format!("- The prediction is made at {at}; every value has to be known by then."));
    }
    line(&format!(
        "- It comes from the study {} (Diptych {}, seed {}).",
        model.study.name, model.diptych, model.study.seed
    ));
    line(
        "- It predicts; it does not say what a treatment would change. Whether it may guide care is for those who care to judge.",
    );

    line("\n## What it was fitted on\n");
    let fitted = &model.fitted_on;
    let events = fitted.events.map_or(String::new(), |events| format!(", {events} with the event"));
    line(&format!("- {} patients of `{}`{events}; {} were left out.", fitted.patients, fitted.rows, fitted.left_out));
    let held = model.background.first().and_then(|block| block.columns.first()).map_or(0, |(_, values)| values.len());
    line(&format!(
        "- The file holds the values of {held} training patients, without their names, as the background of explanations. Share it as you would share those."
    ));
    for (code, reason) in &model.accepted {
        line(&format!("- The study accepted `{code}`: {reason}. Every number below stands under it."));
    }

    performance(model, &mut line);
    drivers(model, &mut line);

    if !model.groups.is_empty() {
        line("\n## Groups\n");
        for rule in &model.groups {
            let cuts: Vec<String> = rule.cuts.iter().map(|cut| fixed(*cut, 4)).collect();
            let of = rule.part.as_ref().map_or(String::new(), |part| format!(" of the part `{part}`"));
            line(&format!("- `{}`: {}, cut{of} at {}.", rule.name, rule.labels.join(", "), cuts.join(" and ")));
        }
    }

    line("\n## What it wants of a patient\n");
    for table in &model.tables {
        let key = table.key.as_ref().map_or(String::new(), |key| format!(", named by `{key}`"));
        line(&format!("Table `{}`{key}:\n", table.name));
        line("| column | type | unit | lawful values | in training | known by | may be missing | may be absent |");
        line("|---|---|---|---|---|---|---|---|");
        for (column, rule) in &table.columns {
            line(&row(column, rule));
        }
        line("");
    }
    for derived in &model.derived {
        line(&format!(
            "- `{}` is derived: `{}`",
            derived.column,
            crate::plan::describe::expression(&derived.expression)
        ));
    }
    for block in &model.blocks {
        if let BlockSource::Images { images, declarations, columns, .. } = &block.source {
            line(&format!(
                "- `{}`: {} radiomic features of the images `{images}`, extracted as in the study:\n",
                block.name,
                columns.len()
            ));
            line(&format!("```\n{}\n```", declarations.trim_end()));
        }
    }
    line("\n## Use\n");
    let images = model.blocks.iter().any(|block| matches!(block.source, BlockSource::Images { .. }));
    line("```");
    let with = if images { " --images FOLDER" } else { "" };
    line(&format!("diptych predict {}.json --data new.csv{with}", model.name));
    line("```");
    line(
        "\nA unit, level or value outside these, or a column that is not there, is refused. A value outside those of training is told with the prediction.",
    );
    text
}

/// How much an estimate proves, the most first.
const EVIDENCE: [Kind; 5] = [Kind::External, Kind::HeldOut, Kind::OptimismCorrected, Kind::OutOfFold, Kind::Apparent];

/// The model's own performance, the strongest evidence first, and its parts beside it.
fn performance(model: &ModelFile, line: &mut dyn FnMut(&str)) {
    line("\n## How well it does\n");
    let judged: Vec<&EstimateRecord> =
        model.performance.iter().filter(|estimate| EVIDENCE.contains(&estimate.kind)).collect();
    // Net benefit belongs to a curve and differences to comparisons: the report has both.
    let headline = |estimate: &&&EstimateRecord| {
        !estimate.metric.starts_with("net benefit") && !estimate.model.contains(" against ")
    };
    let own: Vec<&EstimateRecord> =
        judged.iter().filter(headline).filter(|estimate| estimate.model == model.name).copied().collect();
    if own.is_empty() {
        line("The study did not evaluate it.");
        return;
    }
    line("| patients of | evidence | metric | estimate | n | events |");
    line("|---|---|---|---|---|---|");
    for kind in EVIDENCE {
        for estimate in own.iter().filter(|estimate| estimate.kind == kind) {
            line(&format!(
                "| {} | {} | {} | {} | {} | {} |",
                cell(&estimate.cohort),
                kind.words(),
                cell(&estimate.measure()),
                told(estimate),
                estimate.n,
                estimate.events.map_or(String::new(), |events| events.to_string())
            ));
        }
    }
    if own.iter().any(|estimate| estimate.metric.starts_with("calibration")) {
        line(
            "\nRight is an intercept of 0, a slope of 1 and EO (expected over observed) of 1; ICI and E90 are the mean and the 90% quantile of the distance between predicted and observed risk.",
        );
    }
    let strongest = EVIDENCE.into_iter().find(|kind| own.iter().any(|estimate| estimate.kind == *kind));
    let first = own.iter().find(|estimate| Some(estimate.kind) == strongest);
    let beside: Vec<&&EstimateRecord> = judged
        .iter()
        .filter(headline)
        .filter(|estimate| {
            Some(estimate.kind) == strongest && first.is_some_and(|first| first.measure() == estimate.measure())
        })
        .collect();
    if beside.iter().any(|estimate| estimate.model != model.name) {
        line("\n| it and its parts | patients of | metric | estimate |");
        line("|---|---|---|---|");
        for estimate in beside {
            let (name, cohort) = (cell(&estimate.model), cell(&estimate.cohort));
            line(&format!("| {name} | {cohort} | {} | {} |", cell(&estimate.measure()), told(estimate)));
        }
    }
}

/// Features that a card names.
const DRIVERS: usize = 10;

/// What the prediction stands on, by Shapley values, as far as the study asked for them.
fn drivers(model: &ModelFile, line: &mut dyn FnMut(&str)) {
    let shapley = |estimate: &EstimateRecord| -> Option<String> {
        Some(estimate.metric.strip_prefix("mean |SHAP| of ")?.to_owned())
    };
    let own = model.performance.iter().filter(|estimate| estimate.model == model.name);
    let all: Vec<(String, &EstimateRecord)> = own.filter_map(|estimate| Some((shapley(estimate)?, estimate))).collect();
    let summed = |name: &str| name.starts_with("block ") || name.starts_with("class ");
    let mut features: Vec<&(String, &EstimateRecord)> = all.iter().filter(|(name, _)| !summed(name)).collect();
    if features.is_empty() {
        return;
    }
    features.sort_by(|(_, left), (_, right)| right.value.unwrap_or(0.0).total_cmp(&left.value.unwrap_or(0.0)));
    line("\n## What drives it\n");
    line("| feature | mean absolute Shapley value |");
    line("|---|---|");
    let sums = all.iter().filter(|(name, _)| summed(name));
    for (name, estimate) in features.iter().take(DRIVERS).copied().chain(sums) {
        line(&format!("| {} | {} |", cell(name), told(estimate)));
    }
    if let Some((_, estimate)) = features.first() {
        line(&format!("\nOf {} patients of `{}`; {}.", estimate.n, estimate.cohort, estimate.how));
    }
}

fn told(estimate: &EstimateRecord) -> String {
    match (estimate.value, estimate.lower, estimate.upper) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} ({} to {})", fixed(value, 3), fixed(low, 3), fixed(high, 3))
        }
        (Some(value), ..) => fixed(value, 3),
        (None, ..) => format!("not estimable: {}", cell(estimate.why.as_deref().unwrap_or_default())),
    }
}

/// Text in a table of Markdown, where a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn row(column: &str, rule: &ColumnRule) -> String {
    let lawful = match (&rule.levels[..], rule.low, rule.high) {
        ([], None, None) => String::new(),
        ([], low, high) => {
            let bound = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            format!("{} .. {}", bound(low), bound(high))
        }
        (levels, ..) => levels.join(", "),
    };
    let observed = rule.observed.map_or(String::new(), |(low, high)| format!("{low} .. {high}"));
    let nullable = match rule.nullable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not said",
    };
    format!(
        "| {column} | {} | {} | {lawful} | {observed} | {} | {nullable} | {} |",
        crate::frame::fault::words(rule.kind),
        rule.unit.clone().unwrap_or_default(),
        rule.known_at.clone().unwrap_or_default(),
        if rule.needed { "no" } else { "yes" }
    )
}
