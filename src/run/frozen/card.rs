//! The model card: what a model is for, what it was made from, how well it does, what it wants.
//! After Mitchell et al. 2019, with what TRIPOD+AI asks of a prediction model.

use crate::card::EndpointKind;
use crate::run::results::fixed;

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

    line("\n## How well it does\n");
    if model.performance.is_empty() {
        line("The study did not evaluate it.");
    } else {
        line("| model | patients of | evidence | metric | estimate | n | events |");
        line("|---|---|---|---|---|---|---|");
        for estimate in &model.performance {
            let horizon = estimate.horizon.as_ref().map_or(String::new(), |at| format!(" at {at}"));
            let value = match (estimate.value, estimate.lower, estimate.upper) {
                (Some(value), Some(low), Some(high)) => {
                    format!("{} ({} to {})", fixed(value, 3), fixed(low, 3), fixed(high, 3))
                }
                (Some(value), ..) => fixed(value, 3),
                (None, ..) => format!("not estimable: {}", estimate.why.clone().unwrap_or_default()),
            };
            line(&format!(
                "| {} | {} | {} | {}{horizon} | {value} | {} | {} |",
                estimate.model,
                estimate.cohort,
                estimate.kind.words(),
                estimate.metric,
                estimate.n,
                estimate.events.map_or(String::new(), |events| events.to_string())
            ));
        }
    }

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
