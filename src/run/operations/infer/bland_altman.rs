//! `bland_altman(volume ~ reader)`: bias and limits of agreement.

use crate::figures::bland_altman::Agreement;
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::bland_altman::bland_altman;

use super::level;
use super::readings::Readings;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let level = level(step, spec);
    let readings = Readings::gather(step, spec)?;
    let values = readings.numbers()?;
    let coverage = spec.settings.real("coverage");
    let mut answer = Answer::default();
    let mut table =
        ResultTable::new("agreement", step.node.stem.clone(), ["readings", "what", "estimate", "patients", "left out"]);
    for (first, second) in readings.pairs() {
        let column = |reader: usize| -> Vec<f64> { values.iter().map(|own| own[reader]).collect() };
        let who = format!("{} minus {}", readings.readers[first], readings.readers[second]);
        let found = match bland_altman(&column(first), &column(second), coverage, level) {
            Ok(found) => found,
            Err(reason) => {
                table.push([
                    Cell::text(who),
                    Cell::text("bias"),
                    Cell::NotEstimable(reason.reason),
                    Cell::Empty,
                    Cell::Empty,
                ]);
                continue;
            }
        };
        for estimate in [&found.bias, &found.lower_limit, &found.upper_limit] {
            let mut record = EstimateRecord::new(estimate, Kind::Descriptive).of("", &readings.cohort);
            let what = record.metric.clone();
            record.metric = format!("{what} of {who}");
            table.push([
                Cell::text(who.as_str()),
                Cell::text(what),
                record.cell(3),
                Cell::count(record.n),
                Cell::count(record.missing),
            ]);
            answer.estimates.push(record);
        }
        if let Ok(test) = &found.proportional {
            table
                .notes
                .push(format!("{who}: difference and mean correlate with {}", crate::figures::words::p_is(test.p)));
        }
        let limit = |estimate: &crate::stats::Estimate| estimate.value.as_ref().ok().copied();
        let figure = Agreement {
            readings: who.clone(),
            points: found.points.iter().map(|(mean, difference)| (*mean, *difference)).collect(),
            bias: limit(&found.bias),
            lower: limit(&found.lower_limit),
            upper: limit(&found.upper_limit),
            coverage,
        };
        answer.figures.push(FigureData::new(who.clone(), &figure));
    }
    table.notes.push(format!("limits hold {:.0}% of differences if these are normal", 100.0 * coverage));
    answer.tables.push(table);
    Ok(answer)
}
