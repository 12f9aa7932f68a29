//! From a formula to the rows and columns of a regression: complete cases, reference coding of
//! levels, restricted cubic splines, products of factors.

use ndarray::Array2;

use crate::frame::Cells;
use crate::frame::expression::{Expression, Type};
use crate::plan::NodeId;
use crate::plan::node::{Competing, Infer, Term};
use crate::run::fault::Fault;
use crate::run::step::Step;
use crate::run::world::{EndpointValue, RowSet, coded};
use crate::stats::{Censored, Outcome};

/// One line of the table of a term.
pub struct Line {
    pub level: String,
    /// `None` for the reference.
    pub column: Option<usize>,
    pub n: usize,
    pub events: Option<usize>,
}

pub struct TermColumns {
    pub label: String,
    pub lines: Vec<Line>,
    /// Whether its columns are those of one restricted cubic spline, the linear one first.
    pub spline: bool,
}

/// Complete rows with their response and design matrix.
pub struct Frame {
    pub label: String,
    /// Rows of the table.
    pub rows: Vec<usize>,
    /// Rows left out because something of the formula is missing.
    pub missing: usize,
    pub outcome: Outcome,
    pub unit: Option<crate::plan::node::TimeUnit>,
    pub names: Vec<String>,
    /// Rows by columns.
    pub x: Array2<f64>,
    pub terms: Vec<TermColumns>,
    pub strata: Option<Vec<u32>>,
    pub strata_levels: usize,
    pub cluster: Option<Vec<u32>>,
    pub weights: Option<Vec<f64>>,
    /// Patients who are not followed up to the landmark.
    pub before_landmark: usize,
}

/// The columns of one factor before they are multiplied.
struct Coded {
    /// Name of the column and its values; the level for a category.
    columns: Vec<(String, Vec<f64>)>,
    /// Reference level and the level of each row, where the factor is a category.
    category: Option<(Vec<String>, Vec<Option<u32>>)>,
}

/// The response of every row: a declared endpoint, or an expression.
///
/// # Errors
/// Neither, or a response of another type.
pub fn response(step: &Step<'_>, spec: &Infer) -> Result<EndpointValue, Fault> {
    let table = step.world.rows(&spec.rows)?.table;
    if let Some(id) = spec.endpoint {
        let endpoint = (*step.world.endpoint_on(id, table)?).clone();
        return competing(step, spec, endpoint);
    }
    let Some(expression) = &spec.formula.response else {
        return Err(Fault::run("run::skipped", "the formula has no left side"));
    };
    let cells = step.world.evaluate(expression, table)?;
    let name = spec.formula.response_label.clone();
    let (outcome, known) = match &cells {
        Cells::Flag(flags) => (
            Outcome::Binary(flags.iter().map(|flag| flag.unwrap_or(false)).collect()),
            flags.iter().map(Option::is_some).collect(),
        ),
        _ => {
            let numbers = cells.numbers().ok_or_else(|| {
                Fault::data(
                    "data::type",
                    format!("`{name}` holds {}, not numbers", crate::frame::fault::words(cells.kind())),
                )
            })?;
            let known: Vec<bool> = numbers.iter().map(|value| !value.is_nan()).collect();
            (Outcome::Continuous(numbers.into_iter().map(|v| if v.is_nan() { 0.0 } else { v }).collect()), known)
        }
    };
    Ok(EndpointValue { name, table, outcome, known, unit: None, notes: Vec::new() })
}

/// The endpoint with the events that compete with it, numbered from 2: whichever comes first counts.
fn competing(step: &Step<'_>, spec: &Infer, mut endpoint: EndpointValue) -> Result<EndpointValue, Fault> {
    for (place, other) in spec.competing.iter().enumerate() {
        let code = place as u8 + 2;
        let Outcome::Survival(censored) = &mut endpoint.outcome else { continue };
        match other {
            Competing::Endpoint(id) => {
                let other = step.world.endpoint_on(*id, endpoint.table)?;
                let Outcome::Survival(others) = &other.outcome else { continue };
                for row in 0..censored.len() {
                    endpoint.known[row] &= other.known[row];
                    let earlier = others.time[row] < censored.time[row]
                        || (others.time[row] == censored.time[row] && censored.event[row] == 0);
                    if others.event[row] == 1 && earlier {
                        censored.time[row] = others.time[row];
                        censored.event[row] = code;
                    }
                }
            }
            Competing::Event(expression) => {
                let cells = step.world.evaluate(expression, endpoint.table)?;
                let flags =
                    cells.flags().ok_or_else(|| Fault::data("data::type", "a competing event is a condition"))?;
                for (row, flag) in flags.iter().enumerate() {
                    if *flag == Some(true) && censored.event[row] == 0 {
                        censored.event[row] = code;
                    }
                    endpoint.known[row] &= flag.is_some() || censored.event[row] == 1;
                }
            }
        }
    }
    Ok(endpoint)
}

/// Follow-up from a landmark on: who had the event or left before is not counted.
pub fn landmark(outcome: &Outcome, rows: &mut Vec<usize>, at: Option<f64>) -> (Outcome, usize) {
    let (Some(at), Outcome::Survival(censored)) = (at, outcome) else { return (outcome.select(rows), 0) };
    let before = rows.len();
    rows.retain(|row| censored.time[*row] > at);
    let mut kept: Censored = censored.select(rows);
    kept.time.iter_mut().for_each(|time| *time -= at);
    if let Some(entry) = &mut kept.entry {
        entry.iter_mut().for_each(|entry| *entry = (*entry - at).max(0.0));
    }
    (Outcome::Survival(kept), before - rows.len())
}

/// What a formula names, of every row of its table, before rows are left out.
pub(super) struct Gathered<'a> {
    pub set: RowSet,
    pub endpoint: EndpointValue,
    pub terms: &'a [&'a Term],
    /// Of each factor of each term.
    pub cells: Vec<Vec<Cells>>,
    strata: Vec<(Vec<Option<u32>>, usize)>,
    cluster: Option<(Vec<Option<u32>>, usize)>,
    weights: Option<Vec<f64>>,
}

impl<'a> Gathered<'a> {
    /// # Errors
    /// What cannot be evaluated; weights that are no numbers.
    pub fn new(step: &Step<'_>, spec: &Infer, terms: &'a [&'a Term]) -> Result<Self, Fault> {
        let world = step.world;
        let set = world.rows(&spec.rows)?;
        let endpoint = response(step, spec)?;
        let level_of = |named: &(String, Expression)| -> Result<(Vec<Option<u32>>, usize), Fault> {
            let cells = world.evaluate(&named.1, set.table)?;
            let (codes, levels) = coded(&cells, &[]);
            Ok((codes, levels.len()))
        };
        let cells = terms
            .iter()
            .map(|term| term.factors.iter().map(|factor| world.evaluate(&factor.expression, set.table)).collect())
            .collect::<Result<Vec<Vec<Cells>>, _>>()?;
        let strata = spec.formula.strata.iter().map(level_of).collect::<Result<Vec<_>, _>>()?;
        let cluster = spec.formula.cluster.as_ref().map(level_of).transpose()?;
        let weights = weights(step, spec, set.table)?;
        Ok(Gathered { set, endpoint, terms, cells, strata, cluster, weights })
    }

    /// Rows whose outcome, strata, cluster and weight are known; the factors apart.
    pub fn known(&self) -> Vec<bool> {
        let mut known = self.endpoint.known.clone();
        for (codes, _) in self.strata.iter().chain(&self.cluster) {
            known.iter_mut().zip(codes).for_each(|(known, code)| *known &= code.is_some());
        }
        if let Some(weights) = &self.weights {
            known.iter_mut().zip(weights).for_each(|(known, weight)| *known &= !weight.is_nan());
        }
        known
    }

    /// Complete rows with their design matrix, the factors being `cells`.
    ///
    /// # Errors
    /// A column of the formula that cannot enter a regression.
    pub fn frame(&self, step: &Step<'_>, spec: &Infer, cells: &[Vec<Cells>]) -> Result<Frame, Fault> {
        let (set, terms) = (&self.set, self.terms);
        let mut complete = self.known();
        // Knots and levels come from the rows that can be used, so completeness is found first.
        for held in cells.iter().flatten() {
            complete.iter_mut().enumerate().for_each(|(row, complete)| *complete &= !held.is_missing(row));
        }
        let mut rows: Vec<usize> = set.rows.iter().copied().filter(|row| complete[*row]).collect();
        let missing = set.rows.len() - rows.len();
        let (outcome, before_landmark) =
            landmark(&self.endpoint.outcome, &mut rows, spec.settings.real_if_given("landmark"));
        if rows.is_empty() {
            return Err(Fault::data(
                "data::empty",
                format!("no patient of `{}` has everything that the formula names", set.label),
            ));
        }
        let value = step.world.table(set.table)?;
        let mut factors: Vec<Vec<(Coded, &str)>> = Vec::new();
        for (term, cells) in terms.iter().zip(cells) {
            let mut coded = Vec::new();
            for (factor, cells) in term.factors.iter().zip(cells) {
                let declared = match &factor.expression {
                    Expression::Column(name) => {
                        value.dictionary.columns.get(name).map_or(&[][..], |entry| &entry.levels)
                    }
                    _ => &[],
                };
                let held = cells.select(rows.iter().copied().map(Some));
                coded.push((columns_of(&factor.label, &held, factor.knots, declared)?, factor.label.as_str()));
            }
            factors.push(coded);
        }

        let events: Option<Vec<bool>> = match &outcome {
            Outcome::Binary(values) => Some(values.clone()),
            Outcome::Survival(censored) => Some(censored.event.iter().map(|event| *event == 1).collect()),
            Outcome::Continuous(_) | Outcome::Nominal(_) => None,
        };
        let count = |inside: &dyn Fn(usize) -> bool| {
            let n = (0..rows.len()).filter(|row| inside(*row)).count();
            let happened =
                events.as_ref().map(|events| (0..rows.len()).filter(|row| inside(*row) && events[*row]).count());
            (n, happened)
        };
        let mut names: Vec<String> = Vec::new();
        let mut columns: Vec<Vec<f64>> = Vec::new();
        let mut told = Vec::new();
        for (term, coded) in terms.iter().zip(factors) {
            let mut lines = Vec::new();
            if let [(single, _)] = coded.as_slice() {
                if let Some((levels, codes)) = &single.category {
                    let (n, happened) = count(&|row| codes[row] == Some(0));
                    lines.push(Line {
                        level: levels.first().cloned().unwrap_or_default(),
                        column: None,
                        n,
                        events: happened,
                    });
                    for (place, level) in levels.iter().enumerate().skip(1) {
                        let (n, happened) = count(&|row| codes[row] == Some(place as u32));
                        lines.push(Line { level: level.clone(), column: Some(columns.len()), n, events: happened });
                        let (name, values) = &single.columns[place - 1];
                        names.push(name.clone());
                        columns.push(values.clone());
                    }
                } else {
                    let several = single.columns.len() > 1;
                    for (place, (name, values)) in single.columns.iter().enumerate() {
                        let (n, happened) = count(&|_| true);
                        let level = if several { format!("spline {}", place + 1) } else { String::new() };
                        lines.push(Line { level, column: Some(columns.len()), n, events: happened });
                        names.push(name.clone());
                        columns.push(values.clone());
                    }
                }
            } else {
                let mut products: Vec<(String, Vec<f64>)> = vec![(String::new(), vec![1.0; rows.len()])];
                for (factor, _) in &coded {
                    products = products
                        .iter()
                        .flat_map(|(left, a)| {
                            factor.columns.iter().map(move |(right, b)| {
                                let name = if left.is_empty() { right.clone() } else { format!("{left} x {right}") };
                                (name, a.iter().zip(b).map(|(a, b)| a * b).collect())
                            })
                        })
                        .collect();
                }
                for (name, values) in products {
                    let (n, happened) = count(&|_| true);
                    lines.push(Line { level: name.clone(), column: Some(columns.len()), n, events: happened });
                    names.push(name);
                    columns.push(values);
                }
            }
            let spline =
                matches!(coded.as_slice(), [(single, _)] if single.category.is_none() && single.columns.len() > 1);
            told.push(TermColumns { label: term.label.clone(), lines, spline });
        }
        let x = Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| columns[column][row]);
        let (strata, strata_levels) = combined(&self.strata, &rows);
        let cluster = self.cluster.as_ref().map(|(codes, _)| rows.iter().map(|row| codes[*row].unwrap_or(0)).collect());
        let weights = self.weights.as_ref().map(|weights| rows.iter().map(|row| weights[*row]).collect());
        Ok(Frame {
            label: set.label.clone(),
            rows,
            missing,
            outcome,
            unit: self.endpoint.unit,
            names,
            x,
            terms: told,
            strata,
            strata_levels,
            cluster,
            weights,
            before_landmark,
        })
    }
}

impl Frame {
    /// # Errors
    /// A column of the formula that cannot enter a regression.
    pub fn new(step: &Step<'_>, spec: &Infer, terms: &[&Term]) -> Result<Self, Fault> {
        let gathered = Gathered::new(step, spec, terms)?;
        gathered.frame(step, spec, &gathered.cells)
    }
}

/// The case weight of every row of a table, NaN where it is missing.
///
/// # Errors
/// Weights that are no numbers, or not above 0.
pub fn weights(step: &Step<'_>, spec: &Infer, table: NodeId) -> Result<Option<Vec<f64>>, Fault> {
    let Some((label, expression)) = &spec.formula.weights else { return Ok(None) };
    let cells = step.world.evaluate(expression, table)?;
    let numbers = cells.numbers().ok_or_else(|| {
        Fault::data("data::type", format!("`{label}` holds {}, not weights", crate::frame::fault::words(cells.kind())))
    })?;
    if let Some(weight) = numbers.iter().find(|weight| **weight <= 0.0 || weight.is_infinite()) {
        return Err(Fault::data("data::weight", format!("`{label}` gives a patient the weight {weight}"))
            .helped("case weights are above 0; leave rows out by a cohort"));
    }
    Ok(Some(numbers))
}

/// Strata by the combination of their levels, numbered from 0 in order of appearance.
pub fn combined(strata: &[(Vec<Option<u32>>, usize)], rows: &[usize]) -> (Option<Vec<u32>>, usize) {
    if strata.is_empty() {
        return (None, 0);
    }
    let mut known: Vec<Vec<u32>> = Vec::new();
    let numbers = rows
        .iter()
        .map(|row| {
            let place: Vec<u32> = strata.iter().map(|(codes, _)| codes[*row].unwrap_or(0)).collect();
            let found = known.iter().position(|other| *other == place).unwrap_or_else(|| {
                known.push(place.clone());
                known.len() - 1
            });
            found as u32
        })
        .collect();
    (Some(numbers), known.len())
}

/// Columns of one variable as a regression takes them: a number as it is, levels against the first.
///
/// # Errors
/// Dates; a single value.
pub fn columns_for(label: &str, cells: &Cells) -> Result<Vec<(String, Vec<f64>)>, Fault> {
    Ok(columns_of(label, cells, None, &[])?.columns)
}

fn columns_of(label: &str, cells: &Cells, knots: Option<usize>, declared: &[String]) -> Result<Coded, Fault> {
    match cells.kind() {
        Type::Date => {
            Err(Fault::data("data::type", format!("`{label}` holds dates, which enter no regression as they are")))
        }
        Type::Text => {
            let (codes, mut levels) = coded(cells, declared);
            // A level that nobody has would be a column of zeros.
            let present: Vec<usize> = (0..levels.len()).filter(|level| codes.contains(&Some(*level as u32))).collect();
            let codes: Vec<Option<u32>> = codes
                .iter()
                .map(|code| {
                    code.and_then(|code| present.iter().position(|level| *level == code as usize)).map(|p| p as u32)
                })
                .collect();
            levels = present.iter().map(|level| levels[*level].clone()).collect();
            if levels.len() < 2 {
                return Err(Fault::data(
                    "data::one-level",
                    format!("`{label}` has a single level among the complete rows"),
                ));
            }
            let columns = (1..levels.len())
                .map(|level| {
                    let values = codes.iter().map(|code| f64::from(u8::from(*code == Some(level as u32)))).collect();
                    (format!("{label}: {}", levels[level]), values)
                })
                .collect();
            Ok(Coded { columns, category: Some((levels, codes)) })
        }
        _ => {
            let values = cells.numbers().unwrap_or_default();
            if values.iter().all(|value| *value == values[0]) {
                return Err(Fault::data(
                    "data::constant",
                    format!("`{label}` has a single value among the complete rows"),
                ));
            }
            match knots {
                None => Ok(Coded { columns: vec![(label.to_owned(), values)], category: None }),
                Some(knots) => spline(label, &values, knots),
            }
        }
    }
}

/// Restricted cubic spline (Harrell): linear beyond the outer knots, which lie at fixed quantiles;
/// the nonlinear parts are divided by the square of the distance of the outer knots.
fn spline(label: &str, values: &[f64], knots: usize) -> Result<Coded, Fault> {
    let shares: &[f64] = match knots {
        3 => &[0.1, 0.5, 0.9],
        4 => &[0.05, 0.35, 0.65, 0.95],
        5 => &[0.05, 0.275, 0.5, 0.725, 0.95],
        6 => &[0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
        7 => &[0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975],
        _ => {
            return Err(Fault::run(
                "run::not-estimable",
                format!("a spline of {label} wants 3 to 7 knots, not {knots}"),
            ));
        }
    };
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let t: Vec<f64> = shares
        .iter()
        .map(|share| {
            let place = share * (sorted.len() - 1) as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            low + (high - low) * place.fract()
        })
        .collect();
    if t.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Fault::run(
            "run::not-estimable",
            format!("`{label}` has too few distinct values for {knots} knots"),
        )
        .helped("use fewer knots, or enter it linearly"));
    }
    let k = t.len();
    let cube = |x: f64| x.max(0.0).powi(3);
    let scale = (t[k - 1] - t[0]).powi(2);
    let mut columns = vec![(label.to_owned(), values.to_vec())];
    for j in 0..k - 2 {
        let column = values
            .iter()
            .map(|x| {
                (cube(x - t[j]) - cube(x - t[k - 2]) * (t[k - 1] - t[j]) / (t[k - 1] - t[k - 2])
                    + cube(x - t[k - 1]) * (t[k - 2] - t[j]) / (t[k - 1] - t[k - 2]))
                    / scale
            })
            .collect();
        columns.push((format!("{label}{}", "'".repeat(j + 1)), column));
    }
    Ok(Coded { columns, category: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spline_is_linear_beyond_its_outer_knots() {
        let values: Vec<f64> = (0..101).map(f64::from).collect();
        let Ok(coded) = spline("x", &values, 4) else { panic!("no spline") };
        assert_eq!(coded.columns.len(), 3);
        let second = &coded.columns[1].1;
        // Knots at 5, 35, 65, 95: zero before the first, constant slope after the last.
        assert_eq!(second[4], 0.0);
        let slope = |at: usize| second[at + 1] - second[at];
        assert!((slope(96) - slope(98)).abs() < 1e-9);
        assert!(spline("x", &[1.0, 1.0, 2.0], 4).is_err());
        assert!(spline("x", &values, 2).is_err());
    }

    #[test]
    fn levels_are_coded_against_the_first_and_absent_ones_dropped() {
        let cells = Cells::Text(["b", "c", "b", "c"].iter().map(|t| Some((*t).to_owned())).collect());
        let declared = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let Ok(coded) = columns_of("s", &cells, None, &declared) else { panic!("not coded") };
        assert_eq!(coded.columns, [("s: c".to_owned(), vec![0.0, 1.0, 0.0, 1.0])]);
        assert!(columns_of("x", &Cells::Number(vec![1.0, 1.0]), None, &[]).is_err());
    }
}
