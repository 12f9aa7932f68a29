//! `roc(response ~ each(afp, albi))`: areas with DeLong's intervals, compared on common patients.

use crate::figures::roc::{Curve, RocCurves};
use crate::figures::words;
use crate::plan::node::{Infer, Term};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::delong::{area, paired_test, placements};
use crate::stats::roc::roc_curve;
use crate::stats::{Estimate, Outcome};

use super::level;
use super::matrix::response;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let level = level(step, spec);
    let set = step.world.rows(&spec.rows)?;
    let endpoint = response(step, spec)?;
    let Outcome::Binary(all) = &endpoint.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`roc` wants a binary endpoint"));
    };
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "auc",
        step.node.stem.clone(),
        ["marker", "direction", "AUC", "patients", "events", "missing"],
    );
    let mut markers: Vec<(&Term, Vec<f64>)> = Vec::new();
    let mut drawn: Vec<Curve> = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for term in spec.formula.terms.iter().chain(&spec.formula.each) {
        let Some(factor) = term.factors.first() else { continue };
        let cells = step.world.evaluate(&factor.expression, set.table)?;
        let mut values = cells.numbers().ok_or_else(|| {
            Fault::data(
                "data::type",
                format!("`{}` holds {}, not numbers", term.label, crate::frame::fault::words(cells.kind())),
            )
        })?;
        let rows: Vec<usize> =
            set.rows.iter().copied().filter(|row| endpoint.known[*row] && !values[*row].is_nan()).collect();
        let events: Vec<bool> = rows.iter().map(|row| all[*row]).collect();
        let lower = match spec.settings.choice("direction") {
            "lower" => true,
            "auto" => {
                area(&events, &rows.iter().map(|row| values[*row]).collect::<Vec<_>>()).is_ok_and(|area| area < 0.5)
            }
            _ => false,
        };
        if lower {
            values.iter_mut().for_each(|value| *value = -*value);
        }
        let scores: Vec<f64> = rows.iter().map(|row| values[*row]).collect();
        let how = "trapezoid; DeLong";
        let happened = events.iter().filter(|event| **event).count();
        let name = format!("AUC of {}", term.label);
        let estimate = match placements(&events, &scores) {
            Ok(found) => {
                let estimate = Estimate::new(name, found.area, rows.len(), how);
                match found.interval(level) {
                    Some(interval) => estimate.within(interval.lower, interval.upper, level),
                    None => Estimate { no_interval: Some(found.without_interval().to_owned()), ..estimate },
                }
            }
            Err(reason) => Estimate::not_estimable(name, rows.len(), reason.reason),
        };
        let estimate = estimate.with_events(Some(happened)).with_missing(set.rows.len() - rows.len());
        let record = EstimateRecord::new(&estimate, Kind::Descriptive).of("", &set.label);
        let record_area = record.value.zip(record.lower).zip(record.upper).map(|((a, l), u)| (a, l, u));
        table.push([
            Cell::text(term.label.as_str()),
            Cell::text(if lower { "lower speaks for the event" } else { "higher speaks for the event" }),
            record.cell(3),
            Cell::count(record.n),
            Cell::events(record.events),
            Cell::count(record.missing),
        ]);
        answer.estimates.push(record);
        drawn.push(Curve {
            name: if lower { format!("{} (lower speaks for the event)", term.label) } else { term.label.clone() },
            n: rows.len() as u64,
            events: happened as u64,
            area: record_area,
            bare: None,
            points: roc_curve(&events, &scores)
                .map(|curve| curve.iter().map(|point| (1.0 - point.specificity, point.sensitivity)).collect())
                .unwrap_or_default(),
        });
        markers.push((term, values));
    }
    answer.tables.push(table);
    if markers.len() > 1 {
        let mut tests = ResultTable::new(
            "comparison",
            "Differences in AUC on common patients",
            ["marker", "against", "difference", "p", "patients"],
        );
        for (place, (first, a)) in markers.iter().enumerate() {
            for (second, b) in &markers[place + 1..] {
                let rows: Vec<usize> = set
                    .rows
                    .iter()
                    .copied()
                    .filter(|row| endpoint.known[*row] && !a[*row].is_nan() && !b[*row].is_nan())
                    .collect();
                let events: Vec<bool> = rows.iter().map(|row| all[*row]).collect();
                let pick = |values: &[f64]| rows.iter().map(|row| values[*row]).collect::<Vec<f64>>();
                let (cell, p) = match paired_test(&events, &pick(a), &pick(b), level) {
                    Ok(test) => {
                        let effect = test.effect.as_ref();
                        let cell = effect.map_or(Cell::Empty, |effect| Cell::Estimate {
                            value: effect.value,
                            lower: effect.interval.map(|i| i.lower),
                            upper: effect.interval.map(|i| i.upper),
                            digits: 3,
                        });
                        said.push(format!("{} against {}: {}", first.label, second.label, words::p_is(test.p)));
                        (cell, Cell::P(test.p))
                    }
                    Err(reason) => (Cell::NotEstimable(reason.reason), Cell::Empty),
                };
                tests.push([
                    Cell::text(first.label.as_str()),
                    Cell::text(second.label.as_str()),
                    cell,
                    p,
                    Cell::count(rows.len()),
                ]);
            }
        }
        tests.notes.push(
            "DeLong's test of two correlated ROC curves; p not adjusted for the number of comparisons".to_owned(),
        );
        answer.tables.push(tests);
    }
    // More curves than can be told apart are drawn six by six.
    for curves in drawn.chunks(6) {
        let figure = RocCurves {
            title: format!("{} on {}", step.node.stem, set.label),
            curves: curves.to_vec(),
            method: format!("{}% CI, DeLong", (level * 1000.0).round() / 10.0),
            notes: if drawn.len() <= 4 { said.clone() } else { Vec::new() },
        };
        answer.figures.push(FigureData::new(step.node.stem.clone(), &figure));
    }
    Ok(answer)
}
