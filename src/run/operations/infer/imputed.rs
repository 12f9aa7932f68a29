//! `imputations = 20`: missing covariates of a formula completed by chained equations, one fit for
//! each completed copy, coefficients pooled by Rubin's rules.

use crate::frame::Cells;
use crate::learn::Block;
use crate::learn::block::{Column, Values};
use crate::learn::mice::{Plan, Pooled, impute, pool};
use crate::plan::node::{Infer, Term};
use crate::run::fault::Fault;
use crate::run::results::{Cell, EstimateRecord, Kind};
use crate::run::step::Step;
use crate::run::world::coded;
use crate::stats::{Estimate, Outcome};
use crate::survival::life_table::Counted;
use crate::survival::nelson_aalen::nelson_aalen;

use super::matrix::{Frame, Gathered};
use super::{Coefficient, Fit, Fitted, level};

/// The completed frames of a formula: rows whose outcome is known, whatever they miss.
///
/// # Errors
/// A factor that chained equations cannot complete.
pub(super) fn frames(step: &Step<'_>, spec: &Infer, terms: &[&Term], copies: usize) -> Result<Vec<Frame>, Fault> {
    if let Some(factor) = terms.iter().flat_map(|term| &term.factors).find(|factor| factor.knots.is_some()) {
        return Err(Fault::run(
            "run::not-estimable",
            format!("`{}` has other knots in every completed copy, which cannot be pooled", factor.label),
        )
        .helped("enter it linearly, or leave `imputations` out"));
    }
    let gathered = Gathered::new(step, spec, terms)?;
    let known = gathered.known();
    let rows: Vec<usize> = gathered.set.rows.iter().copied().filter(|row| known[*row]).collect();
    if rows.is_empty() {
        return Err(Fault::data("data::empty", format!("no patient of `{}` has an outcome", gathered.set.label)));
    }
    // One column for each factor, under its label; a factor of several terms stands once.
    let mut labels: Vec<&str> = Vec::new();
    let mut columns = Vec::new();
    for (term, cells) in terms.iter().zip(&gathered.cells) {
        for (factor, cells) in term.factors.iter().zip(cells) {
            if !labels.contains(&factor.label.as_str()) {
                labels.push(&factor.label);
                columns.push(column(&factor.label, &cells.select(rows.iter().copied().map(Some)))?);
            }
        }
    }
    columns.extend(outcome_columns(&gathered.endpoint.outcome.select(&rows))?);
    let plan = Plan { imputations: copies, ..Plan::default() };
    let stream = step.stream.named("imputations");
    let completed = impute(&Block::new(rows.len(), columns), &plan, &stream, step.watch)?;
    completed
        .iter()
        .map(|block| {
            let cells: Vec<Vec<Cells>> = terms
                .iter()
                .zip(&gathered.cells)
                .map(|(term, cells)| {
                    let own = term.factors.iter().zip(cells);
                    own.map(|(factor, cells)| {
                        let column = block.columns().iter().find(|column| column.name == factor.label);
                        column.map_or_else(|| cells.clone(), |column| filled(cells, &rows, &column.values))
                    })
                    .collect()
                })
                .collect();
            let mut frame = gathered.frame(step, spec, &cells)?;
            frame.missing = gathered.set.rows.len() - rows.len();
            Ok(frame)
        })
        .collect()
}

fn column(label: &str, cells: &Cells) -> Result<Column, Fault> {
    let values = match cells {
        Cells::Number(values) | Cells::Duration(values) => Values::Number(values.clone()),
        _ => {
            let (codes, levels) = coded(cells, &[]);
            if levels.len() > 2 && codes.iter().any(Option::is_none) {
                return Err(Fault::run(
                    "run::not-estimable",
                    format!(
                        "`{label}` has {} levels and missing values; numbers and two levels are completed",
                        levels.len()
                    ),
                )
                .helped("enter it as conditions, such as `stage == \"III\"`"));
            }
            Values::Level { codes, levels }
        }
    };
    Ok(Column { name: label.to_owned(), values })
}

/// What stands for the outcome among the equations: the value, the event, or the event and its
/// Nelson-Aalen hazard (White and Royston 2009).
fn outcome_columns(outcome: &Outcome) -> Result<Vec<Column>, Fault> {
    let column = |name: &str, values: Vec<f64>| Column { name: name.to_owned(), values: Values::Number(values) };
    let number = |flag: bool| f64::from(u8::from(flag));
    Ok(match outcome {
        Outcome::Binary(events) => vec![column("(outcome)", events.iter().map(|event| number(*event)).collect())],
        Outcome::Continuous(values) => vec![column("(outcome)", values.clone())],
        // An indicator of each class but the first.
        Outcome::Nominal(classes) => (1..classes.levels.len())
            .map(|level| column(&format!("(outcome {level})"), classes.of(level).into_iter().map(number).collect()))
            .collect(),
        Outcome::Survival(censored) => {
            let hazard = nelson_aalen(censored, None, Counted::Event, 0.95)
                .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
            vec![
                column("(event)", censored.event.iter().map(|event| number(*event == 1)).collect()),
                column("(hazard)", censored.time.iter().map(|time| hazard.at(*time)).collect()),
            ]
        }
    })
}

/// `cells` with the completed values of `rows`; other rows as they are.
fn filled(cells: &Cells, rows: &[usize], values: &Values) -> Cells {
    let mut cells = cells.clone();
    for (place, row) in rows.iter().enumerate() {
        match (&mut cells, values) {
            (Cells::Number(held) | Cells::Duration(held), Values::Number(values)) => held[*row] = values[place],
            (Cells::Text(held), Values::Level { codes, levels }) => {
                held[*row] = codes[place].and_then(|code| levels.get(code as usize).cloned());
            }
            (Cells::Flag(held), Values::Level { codes, levels }) => {
                held[*row] = codes[place].and_then(|code| levels.get(code as usize)).map(|level| level == "yes");
            }
            _ => {}
        }
    }
    cells
}

/// One fit for each frame, pooled.
///
/// # Errors
/// A copy that cannot be fitted.
pub(super) fn fit(step: &Step<'_>, spec: &Infer, frames: &[Frame], fit: Fit) -> Result<Fitted, Fault> {
    let mut fits = frames.iter().map(|frame| fit(step, spec, frame)).collect::<Result<Vec<_>, _>>()?;
    let Some(mut pooled) = fits.pop() else {
        return Err(Fault::run("run::not-estimable", "there is no completed copy"));
    };
    fits.push(Fitted { coefficients: std::mem::take(&mut pooled.coefficients), ..Fitted::empty() });
    let level = level(step, spec);
    let ratio = pooled.measure != "slope";
    let copies = fits.len();
    let count = fits[0].coefficients.len();
    let mut shares: Vec<f64> = Vec::new();
    for place in 0..count {
        let record = &fits[0].coefficients[place].estimate;
        let title = record.metric.clone();
        let parts: Option<Vec<(f64, f64)>> = fits.iter().map(|fit| fit.coefficients.get(place)?.link).collect();
        let how = format!("{}; pooled over {copies} imputations by Rubin's rules, t", pooled.how);
        let found = parts.ok_or_else(|| "a completed copy has no estimate".to_owned()).and_then(|parts| {
            let (values, variances): (Vec<f64>, Vec<f64>) = parts.into_iter().unzip();
            let freedom = pooled.freedom.max(1.0);
            pool(&values, &variances, freedom, level).map_err(|error| error.to_string())
        });
        let (estimate, p, link) = match found {
            Ok(Pooled { estimate, standard_error, lower, upper, p, missing_information, .. }) => {
                shares.push(missing_information);
                let shown = |value: f64| if ratio { value.exp() } else { value };
                let told =
                    Estimate::new(title, shown(estimate), pooled.n, how).within(shown(lower), shown(upper), level);
                (told, Some(p), Some((estimate, standard_error * standard_error)))
            }
            Err(reason) => (Estimate::not_estimable(title, pooled.n, reason), None, None),
        };
        let record = EstimateRecord::new(&estimate.with_events(pooled.events), Kind::Descriptive);
        pooled.coefficients.push(Coefficient { estimate: record, p, link });
    }
    let most = shares.into_iter().fold(0.0, f64::max);
    pooled.how = format!("{}; pooled over {copies} imputations by Rubin's rules, t intervals", pooled.how);
    pooled.whole = vec![
        ("imputations".to_owned(), Cell::count(copies)),
        ("largest fraction of missing information".to_owned(), Cell::number(most, 3)),
    ];
    pooled.tables.clear();
    Ok(pooled)
}
