//! `icc(volume ~ reader)`: agreement of readers, one row per patient and reader.

use std::collections::BTreeMap;

use ndarray::Array2;

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::run::world::coded;
use crate::stats::Outcome;
use crate::stats::icc::{IccKind, icc};

use super::level;
use super::matrix::response;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let set = step.world.rows(&spec.rows)?;
    let measured = response(step, spec)?;
    let Outcome::Continuous(values) = &measured.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`icc` wants a number on the left"));
    };
    let reader = spec.formula.terms.first().and_then(|term| term.factors.first());
    let reader = reader.ok_or_else(|| Fault::run("run::skipped", "`icc` wants the reader on the right"))?;
    let cells = step.world.evaluate(&reader.expression, set.table)?;
    let (codes, readers) = coded(&cells, &[]);
    let keys = &step.world.table(set.table)?.keys;
    let mut patients: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut twice = 0;
    for row in &set.rows {
        let Some(code) = codes[*row] else { continue };
        let readings = patients.entry(keys.name(*row)).or_insert_with(|| vec![f64::NAN; readers.len()]);
        let place = code as usize;
        if measured.known[*row] {
            twice += usize::from(!readings[place].is_nan());
            readings[place] = values[*row];
        }
    }
    if twice > 0 {
        return Err(Fault::data(
            "data::duplicate-key",
            format!("{twice} readings are a second one of the same reader and patient"),
        ));
    }
    if patients.len() == set.rows.len() && readers.len() > 1 {
        return Err(Fault::data(
            "data::one-reading",
            "every patient has a single row, so no two readers saw the same patient",
        )
        .helped("one row per patient and reader, with `key` and `repeated` under the table"));
    }
    let rows: Vec<&Vec<f64>> = patients.values().collect();
    let ratings = Array2::from_shape_fn((rows.len(), readers.len()), |(row, column)| rows[row][column]);
    let wanted = format!("ICC{}", spec.settings.choice("form"));
    let kinds = IccKind::ALL.into_iter().filter(|kind| wanted == "ICC" || kind.name() == wanted);
    let mut answer = Answer::default();
    let mut table =
        ResultTable::new("icc", step.node.name.clone(), ["coefficient", "estimate", "patients", "readers", "left out"]);
    for kind in kinds {
        let estimate = icc(ratings.view(), kind, level(step, spec));
        let left_out = rows.iter().filter(|readings| readings.iter().any(|value| value.is_nan())).count();
        let record = EstimateRecord::new(&estimate.with_missing(left_out), Kind::Descriptive).of("", &set.label);
        table.push([
            Cell::text(kind.name()),
            record.cell(3),
            Cell::count(rows.len() - left_out),
            Cell::count(readers.len()),
            Cell::count(left_out),
        ]);
        answer.estimates.push(record);
    }
    answer.tables.push(table);
    Ok(answer)
}
