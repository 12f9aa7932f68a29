//! `icc(volume ~ reader)`: agreement of readers on a measurement.

use ndarray::Array2;

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::icc::{IccKind, icc};

use super::level;
use super::readings::Readings;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let readings = Readings::gather(step, spec)?;
    let rows = readings.numbers()?;
    let readers = readings.readers.len();
    let ratings = Array2::from_shape_fn((rows.len(), readers), |(row, column)| rows[row][column]);
    // `ICC2` is ICC(2,1), `ICC2k` is ICC(2,k).
    let form = spec.settings.choice("form").trim_start_matches("ICC");
    let wanted = match form.strip_suffix('k') {
        Some(model) => format!("ICC({model},k)"),
        None => format!("ICC({form},1)"),
    };
    let kinds = IccKind::ALL.into_iter().filter(|kind| form == "all" || kind.name() == wanted);
    let mut answer = Answer::default();
    let mut table =
        ResultTable::new("icc", step.node.stem.clone(), ["coefficient", "estimate", "patients", "readers", "left out"]);
    let left_out = rows.iter().filter(|readings| readings.iter().any(|value| value.is_nan())).count();
    for kind in kinds {
        let estimate = icc(ratings.view(), kind, level(step, spec));
        let record = EstimateRecord::new(&estimate.with_missing(left_out), Kind::Descriptive).of("", &readings.cohort);
        table.push([
            Cell::text(kind.name()),
            record.cell(3),
            Cell::count(rows.len() - left_out),
            Cell::count(readers),
            Cell::count(left_out),
        ]);
        answer.estimates.push(record);
    }
    table.notes.push(format!("readings: {}", readings.readers.join(", ")));
    answer.tables.push(table);
    Ok(answer)
}
