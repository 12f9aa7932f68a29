//! `explain M by partial_dependence`: the mean prediction as a feature is set to value after value.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::card::EndpointKind;
use crate::explain::ExplainError;
use crate::explain::partial_dependence::quantile_grid;
use crate::figures::dependence::{Dependence, Feature};
use crate::plan::node::Explain;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, FigureData, ResultTable};
use crate::run::step::Step;

use super::fault;
use super::permutation::reached;
use super::subject::{Replacement, Subject};

pub(super) fn run(step: &Step<'_>, spec: &Explain, subject: &Subject<'_>, answer: &mut Answer) -> Result<(), Fault> {
    let points = spec.settings.count("points");
    let grids: BTreeMap<usize, Vec<f64>> = (0..subject.features.len())
        .filter(|feature| subject.is_number(*feature))
        .map(|feature| (feature, quantile_grid(subject.values(feature), points)))
        .collect();
    let donors = subject.grid(&grids, grids.values().map(Vec::len).max().unwrap_or(0));
    let prepared = subject.prepared(Some(&donors)).map_err(fault)?;
    let candidates: Vec<usize> =
        reached(subject, &prepared).into_iter().filter(|feature| grids.contains_key(feature)).collect();
    step.watch.begin("explain", Some(candidates.len() as u64));
    let curves: Result<Vec<(usize, Vec<f64>, Vec<f64>)>, ExplainError> = candidates
        .par_iter()
        .map(|feature| {
            let grid = grids.get(feature).cloned().unwrap_or_default();
            let means = grid
                .iter()
                .enumerate()
                .map(|(point, value)| {
                    step.watch.check()?;
                    let (mut sum, mut count) = (0.0, 0.0_f64);
                    for (piece, prepared) in subject.pieces.iter().zip(&prepared) {
                        let scores = match prepared {
                            Some(prepared) => {
                                let same = vec![point; piece.places.len()];
                                prepared.predict(Some((*feature, &same)))?.into_iter().map(Some).collect()
                            }
                            None => subject.predict(piece, Some((*feature, &Replacement::Value(*value))))?,
                        };
                        for score in scores.into_iter().flatten() {
                            sum += score;
                            count += 1.0;
                        }
                    }
                    Ok(sum / count.max(1.0))
                })
                .collect::<Result<Vec<f64>, ExplainError>>()?;
            step.watch.advance("explain", 1);
            Ok((*feature, grid, means))
        })
        .collect();
    step.watch.end("explain");
    let mut curves = curves.map_err(fault)?;
    let reach = |means: &[f64]| {
        means.iter().copied().fold(f64::NEG_INFINITY, f64::max) - means.iter().copied().fold(f64::INFINITY, f64::min)
    };
    curves.sort_by(|a, b| reach(&b.2).total_cmp(&reach(&a.2)).then(a.0.cmp(&b.0)));
    let unit = match subject.model.data.endpoint.outcome.kind() {
        EndpointKind::Binary => "probability",
        EndpointKind::Survival => "risk score",
        EndpointKind::Continuous | EndpointKind::Nominal => "predicted value",
    };
    let mut table = ResultTable::new(
        &format!("dependence-{}-{}", subject.label, subject.cohort),
        format!("Partial dependence of {} on {}: mean {unit}", subject.label, subject.cohort),
        ["feature", "block", "from", "to", "mean at the lowest", "mean at the highest", "reach"],
    );
    let mut drawn = Vec::new();
    for (feature, grid, means) in curves.into_iter().take(spec.settings.count("features")) {
        let (Some(low), Some(high)) = (grid.first(), grid.last()) else { continue };
        let (Some(first), Some(last)) = (means.first(), means.last()) else { continue };
        let (block, name) = &subject.features.0[feature];
        table.push([
            Cell::text(name.as_str()),
            Cell::text(block.as_str()),
            Cell::number(*low, 3),
            Cell::number(*high, 3),
            Cell::number(*first, 4),
            Cell::number(*last, 4),
            Cell::number(reach(&means), 4),
        ]);
        drawn.push(Feature {
            name: name.clone(),
            other: String::new(),
            points: Vec::new(),
            levels: subject.levels(feature),
            smooth: grid
                .iter()
                .copied()
                .zip(means.iter().copied())
                .filter(|(x, y)| x.is_finite() && y.is_finite())
                .collect(),
        });
    }
    table.notes.push(subject.how.clone());
    table.notes.push(format!(
        "every patient predicted with the feature set to each of up to {points} quantiles; the features whose mean prediction moves most"
    ));
    answer.tables.push(table);
    for features in drawn.chunks(6) {
        let figure = Dependence {
            model: subject.label.clone(),
            cohort: subject.cohort.clone(),
            n: subject.rows.len() as u64,
            measure: "Mean prediction".to_owned(),
            unit: unit.to_owned(),
            method: "every patient predicted with the feature set to each value".to_owned(),
            features: features.to_vec(),
        };
        answer.figures.push(FigureData::new(format!("Partial dependence of {}", subject.label), &figure));
    }
    Ok(())
}
