//! A plan as a statistician reads it before signing it: every step with what it is made of, every
//! default spelt out.

use std::fmt::Write;

use crate::card::Settings;
use crate::frame::expression::{Comparison, Expression, Operation as Arithmetic};
use crate::learn::recipe::{Candidate, Design, Recipe, Resampling, Search, StepPlan};

use super::node::{
    Along, Balance, Competing, Condition, Cut, EndpointDefinition, Grouping, ModelRef, Node, NodeId, Operation, Rows,
    Selection, Spelt, TimeUnit,
};
use super::provenance::Known;
use super::{Plan, hash};

/// The whole plan as a tree of text.
pub fn describe(plan: &Plan) -> String {
    let mut text = format!("study {}\n", plan.study.name);
    if !plan.study.documentation.is_empty() {
        for line in plan.study.documentation.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    let mut lines = Vec::new();
    if let Some(at) = &plan.study.predict_at {
        lines.push(format!("predict at: {}", time(at)));
    }
    lines.push(format!("seed: {}", plan.study.seed));
    lines.push(format!("intervals: {}%, bootstrap resamples: {}", plan.study.level * 100.0, plan.study.resamples));
    lines.push("month: 365.25 / 12 = 30.4375 days".to_owned());
    if !plan.study.report.is_empty() {
        lines.push(format!("report: {}", plan.study.report.join(", ")));
    }
    lines.push(format!("plan: {}", short(&hash::of_plan(plan).to_string())));
    tree(&mut text, &lines.into_iter().map(Branch::leaf).collect::<Vec<_>>(), "  ");
    for node in plan.nodes() {
        text.push('\n');
        text.push_str(&self::node(plan, node.id));
    }
    text
}

/// One step of the plan as a tree of text.
pub fn node(plan: &Plan, id: NodeId) -> String {
    let node = plan.node(id);
    let hash = plan.hash(node.id).map(|hash| format!("  [{}]", short(&hash.to_string()))).unwrap_or_default();
    let mut text = format!("{}{hash}\n", node.name);
    for line in node.documentation.lines() {
        let _ = writeln!(text, "  {line}");
    }
    tree(&mut text, &branches(plan, node), "  ");
    text
}

/// A line with what hangs below it.
struct Branch {
    line: String,
    below: Vec<Branch>,
}

impl Branch {
    fn leaf(line: impl Into<String>) -> Self {
        Branch { line: line.into(), below: Vec::new() }
    }

    fn with(line: impl Into<String>, below: Vec<Branch>) -> Self {
        Branch { line: line.into(), below }
    }
}

fn tree(text: &mut String, branches: &[Branch], indent: &str) {
    for (index, branch) in branches.iter().enumerate() {
        let last = index + 1 == branches.len();
        let _ = writeln!(text, "{indent}{} {}", if last { "└─" } else { "├─" }, branch.line);
        tree(text, &branch.below, &format!("{indent}{}  ", if last { " " } else { "│" }));
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn branches(plan: &Plan, node: &Node) -> Vec<Branch> {
    let name = |id: &NodeId| bare(&plan.node(*id).name);
    let rows = |of: &Rows| rows_words(plan, of);
    let all_rows = |list: &[Rows]| list.iter().map(&rows).collect::<Vec<_>>().join(", ");
    let model = |of: &ModelRef| match &of.part {
        Some(part) => format!("{}.{part}", name(&of.model)),
        None => name(&of.model),
    };
    let models = |list: &[ModelRef]| list.iter().map(&model).collect::<Vec<_>>().join(", ");
    let labelled =
        |list: &[(String, Expression)]| list.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    let mut say = |what: &str, value: String| {
        if !value.is_empty() {
            lines.push(Branch::leaf(format!("{what}: {value}")));
        }
    };
    match &node.operation {
        Operation::Table(table) => {
            say("file", table.path.clone().unwrap_or_else(|| "bound by name".to_owned()));
            say("key", table.key.clone().unwrap_or_default());
            if table.repeated {
                say("rows", "several of one key are lawful; they stay together in every part and fold".to_owned());
            }
            if !table.dictionary.columns.is_empty() {
                say("dictionary", format!("{} columns", table.dictionary.columns.len()));
            }
        }
        Operation::Images(images) => {
            say("pattern", images.pattern.clone());
            say("phases", images.phases.join(", "));
            say(
                "masks",
                images.masks.iter().map(|(reader, path)| format!("{reader} = {path}")).collect::<Vec<_>>().join(", "),
            );
        }
        Operation::Derive(derive) => {
            say("table", name(&derive.table));
            say("value", expression(&derive.expression));
        }
        Operation::Cohort(cohort) => {
            say("from", name(&cohort.table));
            for condition in &cohort.conditions {
                lines.push(condition_branch(condition));
            }
        }
        Operation::Split(split) => {
            say("from", name(&split.cohort));
            for part in &split.parts {
                let share = part.share.map_or_else(|| "all".to_owned(), percent);
                let place = part
                    .predicate
                    .as_ref()
                    .map(|predicate| format!(" where {}", expression(predicate)))
                    .unwrap_or_default();
                let seal = if split.sealed.contains(&part.name) { "; sealed, looks are counted" } else { "" };
                say(&format!("part {}", part.name), format!("{share}{place}{seal}"));
            }
            say(
                "balance",
                split
                    .balance
                    .iter()
                    .map(|balance| match balance {
                        Balance::Endpoint(id) => name(id),
                        Balance::Column(column) => column.clone(),
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
            );
        }
        Operation::Endpoint(endpoint) => {
            say("table", name(&endpoint.table));
            match &endpoint.definition {
                EndpointDefinition::Binary { event } => say("binary, event where", expression(event)),
                EndpointDefinition::Continuous { value } => say("continuous", expression(value)),
                EndpointDefinition::Nominal { value, levels } => {
                    say("nominal", expression(value));
                    say("classes", levels.join(", "));
                }
                EndpointDefinition::SurvivalDates { from, to, censor } => {
                    say("survival from", expression(from));
                    say("to", expression(to));
                    say("censored at the earliest of", censor.iter().map(expression).collect::<Vec<_>>().join(", "));
                }
                EndpointDefinition::SurvivalDuration { time, event, competing, entry, .. } => {
                    say("survival, time", expression(time));
                    say("event where", expression(event));
                    say("competing", competing.iter().map(expression).collect::<Vec<_>>().join(", "));
                    say("entry", entry.as_ref().map(expression).unwrap_or_default());
                }
            }
        }
        Operation::Columns(columns) => {
            say("table", name(&columns.table));
            for selection in &columns.selections {
                match selection {
                    Selection::Named(names) => say("columns", names.join(", ")),
                    Selection::Where(predicate) => say("columns where", expression(predicate)),
                }
            }
        }
        Operation::Extraction(extraction) => {
            say("images", name(&extraction.images));
            say("phases", extraction.phases.join(", "));
            for (keyword, value) in &extraction.settings {
                say(keyword, value.to_string());
            }
            for keep in &extraction.keep {
                say("keep", keep.to_string());
            }
        }
        Operation::Model(of) => {
            say("endpoint", name(&of.endpoint));
            say("blocks", of.blocks.iter().map(|(block, _)| block.clone()).collect::<Vec<_>>().join(", "));
            say("rows", rows(&of.rows));
            lines.extend(design(&of.design));
        }
        Operation::Groups(groups) => {
            say("model", model(&groups.model));
            say("cut", cut(&groups.cut));
            say("taken from", groups.from.as_ref().map(&rows).unwrap_or_default());
        }
        Operation::Flow(flow) => {
            say("cohort", name(&flow.cohort));
            say("splits", flow.splits.iter().map(&name).collect::<Vec<_>>().join(", "));
        }
        Operation::Describe(describe) => {
            say("rows", rows(&describe.rows));
            say(
                "by",
                match &describe.by {
                    Some(Grouping::Expression { label, .. }) => label.clone(),
                    Some(Grouping::Parts(id) | Grouping::Groups(id)) => name(id),
                    None => String::new(),
                },
            );
            say("columns", describe.columns.join(", "));
            say("show", describe.show.join(", "));
            say("told as mean", describe.mean.join(", "));
            say("told as median", describe.median.join(", "));
            say("told as levels", describe.levels.join(", "));
            say("p adjusted by", describe.adjust.clone().unwrap_or_default());
            say("endpoints", describe.endpoints.iter().map(&name).collect::<Vec<_>>().join(", "));
        }
        Operation::Correlate(correlate) => {
            say("models", models(&correlate.models));
            say("blocks", correlate.blocks.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", "));
            say("columns", labelled(&correlate.columns));
            say("method", correlate.method.clone());
            say("rows", rows(&correlate.rows));
        }
        Operation::Evaluate(evaluate) => {
            say("models", models(&evaluate.models));
            say("against", models(&evaluate.against));
            say("on", all_rows(&evaluate.on));
            say("over", evaluate.over.as_ref().map(resampling).unwrap_or_default());
            say(
                "at",
                evaluate
                    .horizon_labels
                    .iter()
                    .zip(&evaluate.horizons)
                    .map(|(label, days)| format!("{label} ({days} days)"))
                    .collect::<Vec<_>>()
                    .join(", "),
            );
            say("threshold", evaluate.threshold.map(|value| value.to_string()).unwrap_or_default());
            say("metrics", evaluate.metrics.join(", "));
            say("figures and analyses", evaluate.figures.join(", "));
            say("p of comparisons adjusted by", evaluate.adjust.clone().unwrap_or_default());
            say("bootstrap intervals", if evaluate.bca { "BCa".to_owned() } else { String::new() });
        }
        Operation::Explain(explain) => {
            say("models", models(&explain.models));
            say("method", explain.method.clone());
            say(
                "settings",
                explain.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", "),
            );
            say("at", explain.horizon.as_ref().map(|(_, label)| label.clone()).unwrap_or_default());
            say("over", resampling(&explain.over));
            say("rows", rows(&explain.rows));
        }
        Operation::Quadrants(quadrants) => {
            say("groups", format!("{}, {}", name(&quadrants.first), name(&quadrants.second)));
            say("endpoints", quadrants.endpoints.iter().map(&name).collect::<Vec<_>>().join(", "));
            say("on", all_rows(&quadrants.on));
        }
        Operation::Stratify(stratify) => {
            say("endpoint", name(&stratify.endpoint));
            say("by", name(&stratify.by));
            say("on", all_rows(&stratify.on));
            say("within", labelled(&stratify.within));
            say("adjusted for", labelled(&stratify.adjust_for));
        }
        Operation::Contrast(contrast) => {
            say("expression", name(&contrast.expression));
            let by: Vec<String> = contrast
                .by
                .iter()
                .map(|along| match along {
                    Along::Model(of) => models(std::slice::from_ref(of)),
                    Along::Groups(id) => name(id),
                    Along::Column { label, .. } => label.clone(),
                })
                .collect();
            say("by", by.join(", "));
            say("rows", rows(&contrast.rows));
            say("adjusted for", labelled(&contrast.adjust_for));
            say("test", contrast.test.clone());
            say(
                "enrich",
                contrast
                    .enrich
                    .iter()
                    .map(|enrich| format!("{} ({})", enrich.method, enrich.files.join(", ")))
                    .collect::<Vec<_>>()
                    .join("; "),
            );
        }
        Operation::Infer(infer) => {
            say("procedure", infer.procedure.clone());
            say("explains", infer.formula.response_label.clone());
            let terms =
                |list: &[super::node::Term]| list.iter().map(|term| term.label.clone()).collect::<Vec<_>>().join(" + ");
            say("by", terms(&infer.formula.terms));
            say("each of", infer.formula.each.iter().map(|term| term.label.clone()).collect::<Vec<_>>().join(", "));
            say("strata", labelled(&infer.formula.strata));
            say("cluster", infer.formula.cluster.as_ref().map(|(label, _)| label.clone()).unwrap_or_default());
            say("weights", infer.formula.weights.as_ref().map(|(label, _)| label.clone()).unwrap_or_default());
            say(
                "competing",
                infer
                    .competing
                    .iter()
                    .map(|competing| match competing {
                        Competing::Endpoint(id) => name(id),
                        Competing::Event(event) => expression(event),
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
            );
            say("rows", rows(&infer.rows));
            say("settings", settings(&infer.settings));
        }
        Operation::Recalibrate(recalibrate) => {
            say("model", model(&recalibrate.model));
            say("on", rows(&recalibrate.on));
            say("method", recalibrate.method.clone());
        }
    }
    if !node.defaults.is_empty() {
        let below =
            node.defaults.iter().map(|Spelt { what, value }| Branch::leaf(format!("{what}: {value}"))).collect();
        lines.push(Branch::with("defaults", below));
    }
    for accepted in &node.accepted {
        lines.push(Branch::leaf(format!("accepted {}: {}", accepted.code, accepted.reason)));
    }
    lines
}

fn condition_branch(condition: &Condition) -> Branch {
    let keyword = if condition.include { "include" } else { "exclude" };
    Branch::with(format!("{keyword} \"{}\"", condition.label), vec![Branch::leaf(expression(&condition.expression))])
}

fn design(design: &Design) -> Vec<Branch> {
    let mut lines = Vec::new();
    for (block, steps) in &design.prepare {
        lines.push(Branch::with(format!("prepare {block}"), steps.iter().map(step).collect()));
    }
    lines.push(recipe(&design.recipe, "predicts by"));
    if let Some(choose) = &design.choose {
        lines.push(Branch::leaf(format!("choose {}", search(choose))));
    }
    if let Some(tune) = &design.tune {
        lines.push(Branch::leaf(format!("tune {}", search(tune))));
    }
    lines.push(Branch::leaf(format!("out-of-fold predictions over {}", resampling(&design.cross_fit))));
    lines
}

fn step(plan: &StepPlan) -> Branch {
    let given = settings(&plan.settings);
    let name = plan.step.card().name;
    Branch::leaf(if given.is_empty() { name.to_owned() } else { format!("{name} ({given})") })
}

fn recipe(of: &Recipe, what: &str) -> Branch {
    match of {
        Recipe::Learn { blocks, candidates } => {
            let early = if blocks.len() > 1 { "early fusion of " } else { "" };
            Branch::with(format!("{what}: {early}{}", blocks.join(", ")), candidates.iter().map(candidate).collect())
        }
        Recipe::Late { rule, settings: given, parts } => {
            let given = settings(given);
            let given = if given.is_empty() { given } else { format!(" ({given})") };
            Branch::with(
                format!("{what}: late fusion by {rule}{given}, learned from out-of-fold predictions"),
                parts.iter().map(|part| recipe(&part.recipe, &part.name)).collect(),
            )
        }
    }
}

fn candidate(candidate: &Candidate) -> Branch {
    let card = candidate.learner.card();
    let given: Vec<String> = candidate
        .settings
        .iter()
        .filter(|(name, _)| !candidate.grid.iter().any(|(known, _)| known == name))
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let below = candidate
        .grid
        .iter()
        .map(|(name, values)| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            Branch::leaf(format!("{name} in ({})", values.join(", ")))
        })
        .collect();
    let given = if given.is_empty() { String::new() } else { format!(" ({})", given.join(", ")) };
    Branch::with(format!("{}{given}", card.name), below)
}

fn settings(settings: &Settings) -> String {
    settings.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

fn search(search: &Search) -> String {
    let rule = if search.one_standard_error { ", simplest within one standard error" } else { ", the best" };
    let draws = search.draws.map_or_else(String::new, |draws| format!(", {draws} points drawn"));
    format!("by {} over {}{rule}{draws}", search.metric, resampling(&search.over))
}

fn resampling(over: &Resampling) -> String {
    match over {
        Resampling::Folds { folds, repeats: 1 } => format!("{folds} folds"),
        Resampling::Folds { folds, repeats } => format!("{folds} folds, {repeats} repeats"),
        Resampling::LeaveOut { column } => format!("each level of {column} left out"),
        Resampling::Bootstraps { resamples } => format!("{resamples} bootstraps"),
    }
}

fn cut(cut: &Cut) -> String {
    match cut {
        Cut::At(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Cut::Median => "median".to_owned(),
        Cut::Tertiles => "tertiles".to_owned(),
        Cut::MaximallySelected => "maximally selected rank statistic, p corrected".to_owned(),
        Cut::Youden => "Youden's index".to_owned(),
        Cut::Threshold(criterion) => criterion.to_string(),
    }
}

/// Rows in words.
pub fn rows_words(plan: &Plan, rows: &Rows) -> String {
    match rows {
        Rows::Table(id) => format!("every row of {}", bare(&plan.node(*id).name)),
        Rows::Cohort(id) => bare(&plan.node(*id).name),
        Rows::Part { split, part } => format!("{part} of {}", bare(&plan.node(*split).name)),
    }
}

fn bare(name: &str) -> String {
    name.split_once(' ').map_or(name, |(_, bare)| bare).to_owned()
}

fn percent(share: f64) -> String {
    format!("{}%", (share * 1e6).round() / 1e4)
}

/// A time in words.
pub fn time(known: &Known) -> String {
    match known {
        Known::Unknown => "not known".to_owned(),
        Known::WithOutcome(_) => "with the outcome".to_owned(),
        Known::At { origin, days } if *days == 0.0 => origin.clone(),
        Known::At { origin, days } => {
            format!("{origin} {} {}", if *days < 0.0 { '-' } else { '+' }, duration(days.abs()))
        }
    }
}

/// A time with its unit, be that given as one or as many: `1 year`, `3 years`, `0.5 years`.
pub fn counted(value: f64, unit: impl std::fmt::Display) -> String {
    let unit = unit.to_string();
    let one = unit.strip_suffix('s').unwrap_or(&unit);
    format!("{value} {one}{}", if value == 1.0 { "" } else { "s" })
}

/// A duration in the largest unit that counts it in whole numbers: `3 months`, not 91.3125 days.
pub fn duration(days: f64) -> String {
    let whole = [TimeUnit::Years, TimeUnit::Months].into_iter().find(|unit| days > 0.0 && days % unit.days() == 0.0);
    let unit = whole.unwrap_or(TimeUnit::Days);
    counted(days / unit.days(), unit)
}

/// A row expression in the words of the language, conversions spelt out.
pub fn expression(of: &Expression) -> String {
    let inner = |of: &Expression| match of {
        Expression::Arithmetic { .. } | Expression::Compare { .. } | Expression::And(..) | Expression::Or(..) => {
            format!("({})", expression(of))
        }
        _ => expression(of),
    };
    match of {
        Expression::Column(name) => {
            let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
                && name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if plain { name.clone() } else { format!("`{name}`") }
        }
        Expression::Number(value) => value.to_string(),
        Expression::Text(text) => format!("\"{text}\""),
        Expression::Date(date) => date.to_string(),
        Expression::Flag(value) => if *value { "yes" } else { "no" }.to_owned(),
        Expression::Missing => "missing".to_owned(),
        Expression::Not(of) => match of.as_ref() {
            Expression::IsMissing(of) => format!("{} is present", inner(of)),
            Expression::OneOf { value, set } => {
                format!("{} not in ({})", inner(value), set.iter().map(expression).collect::<Vec<_>>().join(", "))
            }
            of => format!("not {}", inner(of)),
        },
        Expression::Negate(of) => format!("-{}", inner(of)),
        Expression::And(left, right) => format!("{} and {}", grouped(left, true), grouped(right, true)),
        Expression::Or(left, right) => format!("{} or {}", grouped(left, false), grouped(right, false)),
        Expression::Compare { comparison, left, right } => {
            let sign = match comparison {
                Comparison::Equal => "==",
                Comparison::NotEqual => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{} {sign} {}", inner(left), inner(right))
        }
        Expression::Arithmetic { operation, left, right } => {
            let sign = match operation {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
                Arithmetic::Power => "^",
            };
            format!("{} {sign} {}", inner(left), inner(right))
        }
        Expression::OneOf { value, set } => {
            format!("{} in ({})", inner(value), set.iter().map(expression).collect::<Vec<_>>().join(", "))
        }
        Expression::Within { value, low, high } => {
            format!("{} in {} .. {}", inner(value), expression(low), expression(high))
        }
        Expression::IsMissing(of) => format!("{} is missing", inner(of)),
        Expression::Shift { date, months, days } => {
            let mut text = inner(date);
            for (count, unit) in [(*months, "month"), (*days, "day")] {
                if count != 0 {
                    let sign = if count < 0 { '-' } else { '+' };
                    let plural = if count.abs() == 1 { "" } else { "s" };
                    let _ = write!(text, " {sign} {} {unit}{plural}", count.abs());
                }
            }
            text
        }
        Expression::Convert { value, factor, offset, from, to } => {
            let offset = if *offset == 0.0 { String::new() } else { format!(" + {offset}") };
            format!("{} as {to} (from {from}: × {}{offset})", inner(value), (factor * 1e9).round() / 1e9)
        }
        Expression::Call { function, arguments } => {
            format!("{function}({})", arguments.iter().map(expression).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Conjunctions inside disjunctions and the reverse stand in brackets.
fn grouped(of: &Expression, in_conjunction: bool) -> String {
    match (of, in_conjunction) {
        (Expression::And(..), false) | (Expression::Or(..), true) => format!("({})", expression(of)),
        _ => expression(of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_unit_that_counts_them() {
        let told = [365.25, 91.3125, 30.4375, 730.5, 14.0, 0.5].map(duration);
        assert_eq!(told, ["1 year", "3 months", "1 month", "2 years", "14 days", "0.5 days"]);
        assert_eq!(
            [counted(1.0, "years"), counted(3.0, "year"), counted(0.5, "years")],
            ["1 year", "3 years", "0.5 years"]
        );
    }
}
