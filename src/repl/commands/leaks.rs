//! `:leaks`.

use crate::plan::node::Operation;
use crate::plan::{Plan, Rows};
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};
use crate::run::world;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "leaks",
    usage: "",
    summary: "Which rows each model was fitted on and judged on, and what keeps them apart.",
    documentation: "A leak is an error, so none is in a study that runs; here stands why. `out of fold`: every row is \
        predicted by a model fitted without it. `frozen`: the model was fitted on other rows. Leaks that were \
        accepted with a reason are listed with it.",
    example: ":leaks",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let Some(sound) = &session.sound else { return super::nothing_yet() };
    let plan = &sound.plan;
    let mut table = ResultTable::new(
        "leaks",
        "Rows of the fit and rows of the judgement",
        ["question", "model", "fitted on", "judged on", "kept apart by"],
    );
    let mut accepted = Vec::new();
    for node in plan.nodes() {
        for acceptance in &node.accepted {
            accepted.push(format!("{}: accepted {}: {}", node.name, acceptance.code, acceptance.reason));
        }
        let Operation::Evaluate(evaluate) = &node.operation else { continue };
        for model in evaluate.models.iter().chain(&evaluate.against) {
            let Operation::Model(fitted) = &plan.node(model.model).operation else { continue };
            let name = match &model.part {
                Some(part) => format!("{}.{part}", world::word(plan.node(model.model))),
                None => world::word(plan.node(model.model)).to_owned(),
            };
            for rows in &evaluate.on {
                let apart = match &evaluate.over {
                    Some(_) => "resampling of the whole fit",
                    None if *rows == fitted.rows && evaluate.apparent => "nothing: apparent, and named so",
                    None if *rows == fitted.rows => "out of fold, everything nested",
                    None => "frozen: fitted on other rows",
                };
                table.push([
                    Cell::text(node.name.as_str()),
                    Cell::text(name.as_str()),
                    Cell::text(rows_words(plan, &fitted.rows)),
                    Cell::text(rows_words(plan, rows)),
                    Cell::text(apart),
                ]);
            }
        }
    }
    if table.rows.is_empty() {
        return Reply::note("no model is judged yet, so nothing can leak");
    }
    let mut reply = Reply::table(table);
    if accepted.is_empty() {
        reply.push(Piece::Note("no leak was accepted".to_owned()));
    }
    for line in accepted {
        reply.push(Piece::Caution(line));
    }
    reply
}

fn rows_words(plan: &Plan, rows: &Rows) -> String {
    match rows {
        Rows::Table(id) => format!("every row of {}", world::word(plan.node(*id))),
        Rows::Cohort(id) => world::word(plan.node(*id)).to_owned(),
        Rows::Part { part, .. } => part.clone(),
    }
}
