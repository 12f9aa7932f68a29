//! `correlate PRIME_R, PRIME_S by spearman`: predictions and columns, pair by pair.

use crate::figures::correlation::{Column, Correlations, Pair};
use crate::learn::Values;
use crate::plan::node::Correlate;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;
use crate::stats::correlate::correlate;
use crate::stats::density::density;
use crate::stats::hypothesis::{Correlation, correlation};
use crate::stats::multiplicity::Adjustment;
use crate::stats::ranks::quantile_of_sorted;

use super::evaluate::predicted;

/// # Errors
/// A model on another table; a column that holds no numbers.
pub fn run(step: &Step<'_>, spec: &Correlate) -> Result<Answer, Fault> {
    step.rows_as_patients(&spec.rows)?;
    let set = step.world.rows(&spec.rows)?;
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for reference in &spec.models {
        let model = step.model(reference.model)?;
        let label = step.label(reference);
        if model.data.table != set.table {
            return Err(Fault::run("run::not-estimable", format!("{label} predicts patients of another table")));
        }
        let held = predicted(&model, reference.part.as_deref(), &set.rows)?;
        let values = set.rows.iter().map(|row| {
            held.rows.iter().position(|other| other == row).map_or(f64::NAN, |place| held.prediction.scores()[place])
        });
        columns.push((label, values.collect()));
    }
    for (label, expression) in &spec.columns {
        let cells = step.world.evaluate(expression, set.table)?;
        let numbers =
            cells.numbers().ok_or_else(|| Fault::data("data::type", format!("`{label}` holds no numbers")))?;
        columns.push((label.clone(), set.rows.iter().map(|row| numbers[*row]).collect()));
    }
    let (which, words) = match spec.method.as_str() {
        "pearson" => (Correlation::Pearson, "Pearson's r"),
        "kendall" => (Correlation::Kendall, "Kendall's tau-b"),
        _ => (Correlation::Spearman, "Spearman's rho"),
    };
    let mut answer = Answer::default();
    if spec.blocks.len() > 1 {
        redundancy(step, spec, which, words, &mut answer)?;
    }
    if columns.len() < 2 {
        return Ok(answer);
    }
    let named: Vec<(&str, &[f64])> = columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
    let pairs = correlate(&named, which, Adjustment::BenjaminiHochberg, step.level())?;
    let mut table = ResultTable::new(
        "correlations",
        format!("Correlations on {}, {words}", set.label),
        ["first", "second", "correlation", "p", "p adjusted", "patients", "missing"],
    );
    let mut drawn = Vec::new();
    for pair in &pairs {
        let name = format!("correlation of {} and {}", pair.first, pair.second);
        let (estimate, p) = match &pair.result {
            Ok(test) => {
                let effect = test.effect.as_ref();
                let value = effect.map(|effect| effect.value).or(test.statistic.as_ref().map(|(_, value)| *value));
                let estimate = Estimate::new(name, value.unwrap_or(f64::NAN), test.n, test.test.as_str());
                let estimate = match effect.and_then(|effect| effect.interval) {
                    Some(i) => estimate.within(i.lower, i.upper, i.level),
                    None => Estimate { no_interval: Some(NO_INTERVAL.to_owned()), ..estimate },
                };
                (estimate, Some(test.p))
            }
            Err(reason) => (Estimate::not_estimable(name, set.rows.len() - pair.missing, reason.reason.clone()), None),
        };
        let record = EstimateRecord::new(&estimate.with_missing(pair.missing), Kind::Descriptive).of("", &set.label);
        let place = |name: &str| columns.iter().position(|column| column.0 == name);
        if let (Some(a), Some(b)) = (place(&pair.first), place(&pair.second)) {
            drawn.push(Pair {
                first: a.min(b),
                second: a.max(b),
                coefficient: record.value,
                lower: record.lower,
                upper: record.upper,
                p: p.filter(|p| p.is_finite()),
                p_adjusted: pair.p_adjusted.filter(|p| p.is_finite()),
                n: record.n as u64,
                line: least_squares(&columns[a.min(b)].1, &columns[a.max(b)].1),
            });
        }
        table.push([
            Cell::text(pair.first.as_str()),
            Cell::text(pair.second.as_str()),
            record.cell(2),
            p.map_or(Cell::Empty, Cell::P),
            pair.p_adjusted.map_or(Cell::Empty, Cell::P),
            Cell::count(record.n),
            Cell::count(pair.missing),
        ]);
        answer.estimates.push(record);
    }
    table.notes.push(
        "p adjusted by Benjamini-Hochberg over the pairs; predictions of patients of the fit are out of fold"
            .to_owned(),
    );
    answer.tables.push(table);
    let figure = Correlations {
        method: words.to_owned(),
        adjustment: format!(
            "p adjusted by Benjamini-Hochberg over {} pair{}",
            pairs.len(),
            if pairs.len() == 1 { "" } else { "s" }
        ),
        cohort: set.label.clone(),
        n: set.rows.len() as u64,
        columns: columns
            .iter()
            .map(|(name, values)| Column {
                name: name.clone(),
                values: values.iter().map(|v| v.is_finite().then_some(*v)).collect(),
                density: density(values, 64),
            })
            .collect(),
        pairs: drawn,
    };
    if figure.columns.len() > 1 {
        answer.figures.push(FigureData::new(format!("Correlations on {}", set.label), &figure));
    }
    Ok(answer)
}

/// Why a correlation has no interval.
const NO_INTERVAL: &str = "too few pairs, or a correlation of 1 or -1, for Fisher's transformation";

/// Intercept and slope of the second on the first by least squares, where the first varies.
fn least_squares(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let both: Vec<(f64, f64)> =
        x.iter().copied().zip(y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let n = both.len() as f64;
    let (mx, my) = (both.iter().map(|p| p.0).sum::<f64>() / n, both.iter().map(|p| p.1).sum::<f64>() / n);
    let square: f64 = both.iter().map(|p| (p.0 - mx).powi(2)).sum();
    let slope = both.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / square;
    slope.is_finite().then_some((my - slope * mx, slope))
}

/// Absolute correlation from which two features are said to tell the same.
const SAME: f64 = 0.9;
/// Pairs shown.
const NEAREST: usize = 20;

/// How much of one block another one tells already: every feature of one with every feature of
/// the other.
fn redundancy(
    step: &Step<'_>,
    spec: &Correlate,
    which: Correlation,
    words: &str,
    answer: &mut Answer,
) -> Result<(), Fault> {
    let set = step.world.rows(&spec.rows)?;
    let mut held: Vec<(&str, Vec<(String, Vec<f64>)>)> = Vec::new();
    for (name, id) in &spec.blocks {
        let block = step.world.block_on(*id, set.table)?.select(&set.rows);
        let numbers = block.into_columns().into_iter().filter_map(|column| match column.values {
            Values::Number(values) => Some((column.name, values)),
            Values::Level { .. } => None,
        });
        held.push((name, numbers.collect()));
    }
    let mut summary = ResultTable::new(
        "redundancy",
        format!("Redundancy of blocks on {}, {words}", set.label),
        [
            "block",
            "with",
            "features",
            "nearest: median",
            "nearest: largest",
            &format!("told already (at least {SAME})"),
        ],
    );
    let mut nearest = ResultTable::new(
        "nearest",
        "Features that another block tells best",
        ["block", "feature", "with", "nearest feature", "correlation", "p", "p adjusted", "patients"],
    );
    let mut found = Vec::new();
    for (place, (first, own)) in held.iter().enumerate() {
        for (second, others) in held.iter().skip(place + 1) {
            step.watch.check()?;
            // Each feature of the larger block with the one of the smaller that is nearest to it.
            let ((from, from_name), (to, to_name)) = if own.len() >= others.len() {
                ((own, first), (others, second))
            } else {
                ((others, second), (own, first))
            };
            let mut best = Vec::new();
            for (name, values) in from {
                let mut closest: Option<(&str, crate::stats::TestResult, f64)> = None;
                for (other, against) in to {
                    let both: Vec<(f64, f64)> = values
                        .iter()
                        .copied()
                        .zip(against.iter().copied())
                        .filter(|(a, b)| a.is_finite() && b.is_finite())
                        .collect();
                    let (a, b): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
                    let Ok(test) = correlation(&a, &b, which, step.level()) else { continue };
                    let Some(value) = test.effect.as_ref().map(|effect| effect.value) else { continue };
                    if closest.as_ref().is_none_or(|(_, _, most)| value.abs() > most.abs()) {
                        closest = Some((other, test, value));
                    }
                }
                if let Some((other, test, value)) = closest {
                    best.push((name.as_str(), other, test, value));
                }
            }
            let mut sizes: Vec<f64> = best.iter().map(|(.., value)| value.abs()).collect();
            sizes.sort_by(f64::total_cmp);
            let told = sizes.iter().filter(|size| **size >= SAME).count();
            summary.push([
                Cell::text(*from_name),
                Cell::text(*to_name),
                Cell::count(from.len()),
                quantile_of_sorted(&sizes, 0.5).map_or(Cell::Empty, |value| Cell::number(value, 2)),
                sizes.last().map_or(Cell::Empty, |value| Cell::number(*value, 2)),
                Cell::count_of(told, from.len()),
            ]);
            let tests = from.len() * to.len();
            for (name, other, test, value) in best {
                found.push((
                    from_name.to_string(),
                    name.to_owned(),
                    to_name.to_string(),
                    other.to_owned(),
                    test,
                    value,
                    tests,
                ));
            }
        }
    }
    found.sort_by(|a, b| b.5.abs().total_cmp(&a.5.abs()).then_with(|| a.1.cmp(&b.1)));
    for (block, name, with, other, test, value, tests) in found.into_iter().take(NEAREST) {
        let mut estimate =
            Estimate::new(format!("correlation of {name} and {other}"), value, test.n, test.test.as_str());
        estimate = match test.effect.as_ref().and_then(|effect| effect.interval) {
            Some(i) => estimate.within(i.lower, i.upper, i.level),
            None => Estimate { no_interval: Some(NO_INTERVAL.to_owned()), ..estimate },
        };
        let estimate = estimate.with_missing(set.rows.len().saturating_sub(test.n));
        let record = EstimateRecord::new(&estimate, Kind::Descriptive).of("", &set.label);
        nearest.push([
            Cell::text(block),
            Cell::text(name),
            Cell::text(with),
            Cell::text(other),
            record.cell(2),
            Cell::P(test.p),
            Cell::P((test.p * tests as f64).min(1.0)),
            Cell::count(record.n),
        ]);
        answer.estimates.push(record);
    }
    nearest.notes.push("p adjusted by Bonferroni over all pairs of features of the two blocks".to_owned());
    answer.tables.extend([summary, nearest]);
    Ok(())
}
