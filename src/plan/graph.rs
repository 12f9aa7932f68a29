//! A plan as JSON and as a Graphviz graph.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::canonical;
use super::{Plan, hash};

/// The whole plan as JSON: study, nodes with parameters, defaults, inputs and hashes.
pub fn json(plan: &Plan) -> Json {
    let nodes: Json = plan
        .nodes()
        .iter()
        .map(|node| {
            json!({
                "name": node.name,
                "operation": canonical::kind(&node.operation),
                "documentation": node.documentation,
                "inputs": node.inputs.iter().map(|input| &plan.node(*input).name).collect::<Vec<_>>(),
                "parameters": canonical::parameters(node),
                "defaults": node.defaults.iter().map(|spelt| json!({ "what": spelt.what, "value": spelt.value })).collect::<Json>(),
                "accepted": node.accepted.iter().map(|a| json!({ "code": a.code, "reason": a.reason })).collect::<Json>(),
                "hash": plan.hash(node.id).map(|hash| hash.to_string()),
            })
        })
        .collect();
    json!({
        "study": plan.study.name,
        "documentation": plan.study.documentation,
        "seed": plan.study.seed,
        "predict_at": plan.study.predict_at.as_ref().map(super::describe::time),
        "report": plan.study.report,
        "level": plan.study.level,
        "resamples": plan.study.resamples,
        "hash": hash::of_plan(plan).to_string(),
        "nodes": nodes,
    })
}

/// The plan as a directed graph in the DOT language: data to questions, from left to right.
pub fn dot(plan: &Plan) -> String {
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [shape=box, fontname=\"Helvetica\"];\n",
        quoted(&plan.study.name)
    );
    for node in plan.nodes() {
        let shape = match canonical::kind(&node.operation) {
            "table" | "images" => "cylinder",
            "model" => "component",
            "cohort" | "split" => "folder",
            "evaluate" | "describe" | "infer" | "flow" | "stratify" | "correlate" | "explain" | "quadrants"
            | "contrast" | "recalibrate" => "note",
            _ => "box",
        };
        let _ = writeln!(text, "  n{} [label={}, shape={shape}];", node.id.0, quoted(&node.name));
    }
    for node in plan.nodes() {
        for input in &node.inputs {
            let _ = writeln!(text, "  n{} -> n{};", input.0, node.id.0);
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
