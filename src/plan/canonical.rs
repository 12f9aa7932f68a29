//! The parameters of a node as plain JSON: what its content hash is made of, and what
//! `diptych plan --format json` prints. Nodes stand as their place among the inputs, so that
//! neither names elsewhere nor the order of declarations show.

use serde_json::{Value as Json, json};

use crate::card::Settings;
use crate::learn::recipe::{Candidate, Design, Recipe, Resampling, Search, StepPlan};

use super::node::{
    Along, Balance, Competing, EndpointDefinition, Formula, Grouping, MissingCondition, ModelRef, Node, NodeId,
    Operation, Rows, Selection, Term,
};

/// The word for an operation.
pub fn kind(operation: &Operation) -> &'static str {
    match operation {
        Operation::Table(_) => "table",
        Operation::Images(_) => "images",
        Operation::Derive(_) => "derive",
        Operation::Cohort(_) => "cohort",
        Operation::Split(_) => "split",
        Operation::Endpoint(_) => "endpoint",
        Operation::Columns(_) => "columns",
        Operation::Extraction(_) => "extraction",
        Operation::Model(_) => "model",
        Operation::Groups(_) => "groups",
        Operation::Flow(_) => "flow",
        Operation::Describe(_) => "describe",
        Operation::Correlate(_) => "correlate",
        Operation::Evaluate(_) => "evaluate",
        Operation::Explain(_) => "explain",
        Operation::Quadrants(_) => "quadrants",
        Operation::Stratify(_) => "stratify",
        Operation::Contrast(_) => "contrast",
        Operation::Infer(_) => "infer",
        Operation::Recalibrate(_) => "recalibrate",
    }
}

/// Whether random numbers are drawn: then the node's own name and the study's seed, from which
/// its stream is made, are among what decides the result.
pub fn is_random(operation: &Operation) -> bool {
    !matches!(
        operation,
        Operation::Table(_)
            | Operation::Images(_)
            | Operation::Derive(_)
            | Operation::Cohort(_)
            | Operation::Endpoint(_)
            | Operation::Columns(_)
            | Operation::Extraction(_)
            | Operation::Flow(_)
    )
}

/// The parameters of a node.
pub fn parameters(node: &Node) -> Json {
    let at = |id: &NodeId| json!(node.inputs.iter().position(|input| input == id));
    let rows = |rows: &Rows| match rows {
        Rows::Table(id) => json!({ "table": at(id) }),
        Rows::Cohort(id) => json!({ "cohort": at(id) }),
        Rows::Part { split, part } => json!({ "split": at(split), "part": part }),
    };
    let all_rows = |list: &[Rows]| -> Json { list.iter().map(&rows).collect() };
    let model = |of: &ModelRef| json!({ "model": at(&of.model), "part": of.part });
    let models = |list: &[ModelRef]| -> Json { list.iter().map(&model).collect() };
    let ids = |list: &[NodeId]| -> Json { list.iter().map(&at).collect() };
    match &node.operation {
        Operation::Table(table) => json!({
            // A table without a file is bound by its name.
            "name": if table.path.is_none() { Some(&node.name) } else { None },
            "path": table.path,
            "key": table.key,
            "repeated": table.repeated,
            "dictionary": table.dictionary,
            "expression": table.expression,
        }),
        Operation::Images(images) => {
            json!({ "pattern": images.pattern, "phases": images.phases, "masks": images.masks })
        }
        Operation::Derive(derive) => {
            json!({ "table": at(&derive.table), "column": derive.column, "expression": derive.expression })
        }
        Operation::Cohort(cohort) => json!({
            "table": at(&cohort.table),
            "conditions": cohort.conditions.iter().map(|condition| json!({
                "include": condition.include,
                "label": condition.label,
                "expression": condition.expression,
                "missing": match condition.missing {
                    MissingCondition::Leaves => "leaves",
                    MissingCondition::Stays => "stays",
                },
            })).collect::<Json>(),
        }),
        Operation::Split(split) => json!({
            "cohort": at(&split.cohort),
            "parts": split.parts.iter().map(|part| json!({
                "name": part.name, "share": part.share, "predicate": part.predicate,
            })).collect::<Json>(),
            "balance": split.balance.iter().map(|balance| match balance {
                Balance::Endpoint(id) => json!({ "endpoint": at(id) }),
                Balance::Column(column) => json!({ "column": column }),
            }).collect::<Json>(),
            "sealed": split.sealed,
        }),
        Operation::Endpoint(endpoint) => {
            json!({ "table": at(&endpoint.table), "definition": definition(&endpoint.definition) })
        }
        Operation::Columns(columns) => json!({
            "table": at(&columns.table),
            "selections": columns.selections.iter().map(|selection| match selection {
                Selection::Named(names) => json!({ "named": names }),
                Selection::Where(predicate) => json!({ "where": predicate }),
            }).collect::<Json>(),
            "derived": ids(&columns.derived),
        }),
        Operation::Extraction(extraction) => json!({
            "images": at(&extraction.images),
            "phases": extraction.phases,
            "tables": ids(&extraction.tables),
            "label": format!("{:?}", extraction.label),
            "settings": extraction.settings,
            "protocol": format!("{:?}", extraction.protocol),
            "keep": extraction.keep.iter().map(|keep| json!({
                "measure": keep.measure.name(), "above": keep.above, "between": keep.between.to_string(),
            })).collect::<Json>(),
            "strict": extraction.strict,
            "slices": extraction.slices,
        }),
        Operation::Model(of) => json!({
            "endpoint": at(&of.endpoint),
            "blocks": of.blocks.iter().map(|(name, id)| json!([name, at(id)])).collect::<Json>(),
            "design": design(&of.design),
            "rows": rows(&of.rows),
        }),
        Operation::Groups(groups) => json!({
            "model": model(&groups.model),
            "cut": format!("{:?}", groups.cut),
            "from": groups.from.as_ref().map(&rows),
        }),
        Operation::Flow(flow) => json!({ "cohort": at(&flow.cohort), "splits": ids(&flow.splits) }),
        Operation::Describe(describe) => json!({
            "rows": rows(&describe.rows),
            "by": describe.by.as_ref().map(|by| match by {
                Grouping::Expression { label, expression } => json!({ "label": label, "expression": expression }),
                Grouping::Parts(id) => json!({ "parts": at(id) }),
                Grouping::Groups(id) => json!({ "groups": at(id) }),
            }),
            "columns": describe.columns,
            "show": describe.show,
            "mean": describe.mean,
            "median": describe.median,
            "levels": describe.levels,
            "adjust": describe.adjust,
            "endpoints": ids(&describe.endpoints),
        }),
        Operation::Correlate(correlate) => json!({
            "models": models(&correlate.models),
            "blocks": correlate.blocks.iter().map(|(name, id)| json!([name, at(id)])).collect::<Vec<_>>(),
            "columns": correlate.columns,
            "method": correlate.method,
            "rows": rows(&correlate.rows),
        }),
        Operation::Evaluate(evaluate) => json!({
            "models": models(&evaluate.models),
            "against": models(&evaluate.against),
            "on": all_rows(&evaluate.on),
            "over": evaluate.over.as_ref().map(resampling),
            "horizons": evaluate.horizons,
            "horizon_labels": evaluate.horizon_labels,
            "metrics": evaluate.metrics,
            "figures": evaluate.figures,
            "adjust": evaluate.adjust,
            "bca": evaluate.bca,
            "apparent": evaluate.apparent,
            "threshold": evaluate.threshold,
        }),
        Operation::Explain(explain) => json!({
            "models": models(&explain.models),
            "method": explain.method,
            "settings": settings(&explain.settings),
            "horizon": explain.horizon,
            "over": resampling(&explain.over),
            "rows": rows(&explain.rows),
        }),
        Operation::Quadrants(quadrants) => json!({
            "first": at(&quadrants.first),
            "second": at(&quadrants.second),
            "endpoints": ids(&quadrants.endpoints),
            "on": all_rows(&quadrants.on),
        }),
        Operation::Stratify(stratify) => json!({
            "endpoint": at(&stratify.endpoint),
            "by": at(&stratify.by),
            "on": all_rows(&stratify.on),
            "within": stratify.within,
            "adjust_for": stratify.adjust_for,
        }),
        Operation::Contrast(contrast) => json!({
            "expression": at(&contrast.expression),
            "by": contrast.by.iter().map(|along| match along {
                Along::Model(of) => json!({ "model": model(of) }),
                Along::Groups(id) => json!({ "groups": at(id) }),
                Along::Column { label, expression } => json!({ "label": label, "expression": expression }),
            }).collect::<Json>(),
            "rows": rows(&contrast.rows),
            "adjust_for": contrast.adjust_for,
            "test": contrast.test,
            "settings": settings(&contrast.test_settings),
            "enrich": contrast.enrich.iter().map(|enrich| json!({
                "method": enrich.method, "files": enrich.files, "settings": settings(&enrich.settings),
            })).collect::<Json>(),
        }),
        Operation::Infer(infer) => json!({
            "procedure": infer.procedure,
            "endpoint": infer.endpoint.as_ref().map(&at),
            "competing": infer.competing.iter().map(|competing| match competing {
                Competing::Endpoint(id) => json!({ "endpoint": at(id) }),
                Competing::Event(event) => json!({ "event": event }),
            }).collect::<Json>(),
            "formula": formula(&infer.formula),
            "settings": infer.settings,
            "rows": rows(&infer.rows),
        }),
        Operation::Recalibrate(recalibrate) => json!({
            "model": model(&recalibrate.model),
            "on": rows(&recalibrate.on),
            "method": recalibrate.method,
        }),
    }
}

fn definition(definition: &EndpointDefinition) -> Json {
    match definition {
        EndpointDefinition::Binary { event } => json!({ "binary": event }),
        EndpointDefinition::Continuous { value } => json!({ "continuous": value }),
        EndpointDefinition::Nominal { value, levels } => json!({ "nominal": { "value": value, "levels": levels } }),
        EndpointDefinition::SurvivalDates { from, to, censor } => {
            json!({ "survival_dates": { "from": from, "to": to, "censor": censor } })
        }
        EndpointDefinition::SurvivalDuration { time, event, unit, competing, entry } => json!({
            "survival_duration": {
                "time": time,
                "event": event,
                "unit": unit.map(|unit| unit.to_string()),
                "competing": competing,
                "entry": entry,
            }
        }),
    }
}

fn formula(formula: &Formula) -> Json {
    let terms = |list: &[Term]| -> Json {
        list.iter()
            .map(|term| {
                let factors: Json = term
                    .factors
                    .iter()
                    .map(|factor| json!({ "label": factor.label, "expression": factor.expression, "knots": factor.knots }))
                    .collect();
                json!({ "label": term.label, "factors": factors })
            })
            .collect()
    };
    json!({
        "response": formula.response,
        "response_label": formula.response_label,
        "terms": terms(&formula.terms),
        "strata": formula.strata,
        "cluster": formula.cluster,
        "weights": formula.weights,
        "each": terms(&formula.each),
    })
}

fn design(design: &Design) -> Json {
    let prepare: serde_json::Map<String, Json> =
        design.prepare.iter().map(|(block, plan)| (block.clone(), steps(plan))).collect();
    json!({
        "recipe": recipe(&design.recipe),
        "prepare": prepare,
        "choose": design.choose.as_ref().map(search),
        "tune": design.tune.as_ref().map(search),
        "cross_fit": resampling(&design.cross_fit),
    })
}

fn steps(plan: &[StepPlan]) -> Json {
    plan.iter().map(|plan| json!({ "step": plan.step.card().name, "settings": settings(&plan.settings) })).collect()
}

fn recipe(of: &Recipe) -> Json {
    match of {
        Recipe::Learn { blocks, candidates } => json!({
            "learn": candidates.iter().map(candidate).collect::<Json>(),
            "blocks": blocks,
        }),
        Recipe::Late { rule, settings: given, parts } => json!({
            "late": rule,
            "settings": settings(given),
            "parts": parts.iter().map(|part| json!({ "name": part.name, "recipe": recipe(&part.recipe) })).collect::<Json>(),
        }),
    }
}

fn candidate(candidate: &Candidate) -> Json {
    json!({
        "learner": candidate.learner.card().name,
        "settings": settings(&candidate.settings),
        "grid": candidate.grid,
    })
}

fn settings(settings: &Settings) -> Json {
    json!(settings.iter().collect::<std::collections::BTreeMap<_, _>>())
}

fn search(search: &Search) -> Json {
    json!({
        "metric": search.metric,
        "over": resampling(&search.over),
        "draws": search.draws,
        "one_standard_error": search.one_standard_error,
    })
}

fn resampling(over: &Resampling) -> Json {
    match over {
        Resampling::Folds { folds, repeats } => json!({ "folds": folds, "repeats": repeats }),
        Resampling::LeaveOut { column } => json!({ "leave_out": column }),
        Resampling::Bootstraps { resamples } => json!({ "bootstraps": resamples }),
    }
}
