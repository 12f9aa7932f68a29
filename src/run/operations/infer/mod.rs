//! Inference over a formula: `cox(os ~ age + strata(centre))`. One procedure, one file; what
//! rows they use and how terms become columns is in [`matrix`].

mod bland_altman;
mod competing;
mod cox;
mod icc;
mod imputed;
mod kappa;
pub mod km;
mod linear;
mod logistic;
pub mod matrix;
mod readings;
mod rmst;
mod roc;
mod sample_size;

use crate::figures::forest::{Effect, Forest, Row, Scale};
use crate::figures::words;
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, ResultTable};
use crate::run::step::Step;
use crate::stats::{NotEstimable, hypothesis};

use matrix::Frame;

/// # Errors
/// A formula that the data cannot fill; a procedure that has no engine yet.
pub fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let of_readings = matches!(spec.procedure.as_str(), "icc" | "kappa" | "bland_altman" | "sample_size");
    if !of_readings && spec.formula.cluster.is_none() {
        step.rows_as_patients(&spec.rows)?;
    }
    match spec.procedure.as_str() {
        "km" => km::run(step, spec),
        "cox" => regressions(step, spec, cox::fit),
        "logistic" => regressions(step, spec, logistic::fit),
        "linear" => regressions(step, spec, linear::fit),
        "roc" => roc::run(step, spec),
        "rmst" => rmst::run(step, spec),
        "cif" => competing::cif(step, spec),
        "finegray" => regressions(step, spec, competing::fine_gray),
        "icc" => icc::run(step, spec),
        "kappa" => kappa::run(step, spec),
        "bland_altman" => bland_altman::run(step, spec),
        "sample_size" => sample_size::run(step, spec),
        other => Err(Fault::unavailable(
            &format!("`{other}`"),
            "`km`, `cox`, `logistic`, `linear`, `roc`, `rmst`, `cif`, `finegray`, `icc`, `kappa`, `bland_altman` and \
             `sample_size` are",
        )),
    }
}

/// Coverage of the intervals: the procedure's own, else the study's.
fn level(step: &Step<'_>, spec: &Infer) -> f64 {
    spec.settings.real_if_given("level").unwrap_or_else(|| step.level())
}

/// What a regression says of one column of its matrix.
struct Coefficient {
    estimate: EstimateRecord,
    p: Option<f64>,
    /// Estimate and variance on the scale on which they are normal: what imputations pool.
    link: Option<(f64, f64)>,
}

/// A fitted regression.
struct Fitted {
    /// One a column of the matrix, in order.
    coefficients: Vec<Coefficient>,
    n: usize,
    events: Option<usize>,
    /// `HR`, `OR`, `slope`.
    measure: &'static str,
    how: String,
    notes: Vec<String>,
    /// Tests and fit of the whole model.
    whole: Vec<(String, Cell)>,
    /// Degrees of freedom of the residuals, of events for Cox.
    freedom: f64,
    /// Whatever else was asked for: predicted survival, residuals.
    tables: Vec<ResultTable>,
}

impl Fitted {
    fn empty() -> Self {
        Fitted {
            coefficients: Vec::new(),
            n: 0,
            events: None,
            measure: "",
            how: String::new(),
            notes: Vec::new(),
            whole: Vec::new(),
            freedom: 0.0,
            tables: Vec::new(),
        }
    }
}

/// As a row of the forest plot.
fn effect(coefficient: &Coefficient) -> Effect {
    let record = &coefficient.estimate;
    match (record.value, &record.why) {
        (Some(value), _) => Effect::Estimate {
            value,
            lower: record.lower.filter(|limit| limit.is_finite()),
            upper: record.upper.filter(|limit| limit.is_finite()),
            p: coefficient.p.filter(|p| p.is_finite()),
        },
        (None, why) => Effect::NotEstimable(why.clone().unwrap_or_default()),
    }
}

/// Tests of terms with several coefficients: whether all are zero, and of a spline whether it is a
/// straight line.
fn joint(
    frame: &Frame,
    value: impl Fn(usize) -> Option<f64>,
    covariance: impl Fn(usize, usize) -> f64,
    n: usize,
) -> Vec<(String, Cell)> {
    let test = |name: String, columns: &[usize]| {
        let b: Option<Vec<f64>> = columns.iter().map(|column| value(*column)).collect();
        let tested = b
            .ok_or_else(|| NotEstimable::new("a coefficient is not estimable"))
            .and_then(|b| hypothesis::wald(&b, |i, j| covariance(columns[i], columns[j]), n));
        let cell = match tested {
            Ok(test) => Cell::text(format!(
                "chi-square {:.2} on {} df, {}",
                test.statistic_value().unwrap_or_default(),
                columns.len(),
                words::p_is(test.p)
            )),
            Err(reason) => Cell::NotEstimable(reason.reason),
        };
        (name, cell)
    };
    let mut tests = Vec::new();
    for term in &frame.terms {
        let columns: Vec<usize> = term.lines.iter().filter_map(|line| line.column).collect();
        if columns.len() > 1 {
            tests.push(test(format!("{}, overall", term.label), &columns));
            if term.spline {
                tests.push(test(format!("{}, non-linear", term.label), &columns[1..]));
            }
        }
    }
    tests
}

type Fit = fn(&Step<'_>, &Infer, &Frame) -> Result<Fitted, Fault>;

/// One fit with all terms, or one for each of `each(...)` beside them.
fn regressions(step: &Step<'_>, spec: &Infer, fit: Fit) -> Result<Answer, Fault> {
    let formula = &spec.formula;
    let mut answer = Answer::default();
    let title = step.node.stem.clone();
    let mut table =
        ResultTable::new("terms", title.clone(), ["term", "level", "patients", "events", "estimate", "p", "missing"]);
    let sets: Vec<(Vec<&crate::plan::node::Term>, usize)> = if formula.each.is_empty() {
        vec![(formula.terms.iter().collect(), 0)]
    } else {
        formula.each.iter().map(|term| (std::iter::once(term).chain(&formula.terms).collect(), 1)).collect()
    };
    let mut whole: Vec<(String, Cell)> = Vec::new();
    let mut more: Vec<ResultTable> = Vec::new();
    let mut hows: Vec<String> = Vec::new();
    let mut measure = "";
    let mut forest: Vec<Row> = Vec::new();
    for (terms, shown) in sets {
        step.watch.check()?;
        let (frame, fitted) = match spec.settings.count_if_given("imputations") {
            None => {
                let frame = Frame::new(step, spec, &terms)?;
                let fitted = fit(step, spec, &frame);
                (frame, fitted)
            }
            Some(copies) => {
                let mut frames = imputed::frames(step, spec, &terms, copies)?;
                let fitted = imputed::fit(step, spec, &frames, fit);
                (frames.swap_remove(0), fitted)
            }
        };
        let fitted = match fitted {
            Ok(fitted) => fitted,
            // One marker of a screen that cannot be fitted does not stop the others.
            Err(fault) if shown > 0 && fault.kind == crate::run::FaultKind::Run => {
                let label = terms.first().map_or("", |term| term.label.as_str());
                table.push([
                    Cell::text(label),
                    Cell::Empty,
                    Cell::count(frame.rows.len()),
                    Cell::Empty,
                    Cell::NotEstimable(fault.message.clone()),
                    Cell::Empty,
                    Cell::count(frame.missing),
                ]);
                answer.notes.push(format!("{label}: {}", fault.message));
                forest.push(Row {
                    term: label.to_owned(),
                    level: String::new(),
                    n: frame.rows.len() as u64,
                    events: None,
                    missing: frame.missing as u64,
                    effect: Effect::NotEstimable(fault.message.clone()),
                });
                continue;
            }
            Err(fault) => return Err(fault),
        };
        table.columns[4] = format!("{} ({}% interval)", fitted.measure, level(step, spec) * 100.0);
        measure = fitted.measure;
        let limit = if shown == 0 { terms.len() } else { shown };
        for (place, term) in frame.terms.iter().enumerate().take(limit) {
            for line in &term.lines {
                let coefficient = line.column.map(|column| &fitted.coefficients[column]);
                forest.push(Row {
                    term: term.label.clone(),
                    level: line.level.clone(),
                    n: line.n as u64,
                    events: line.events.map(|events| events as u64),
                    missing: frame.missing as u64,
                    effect: coefficient.map_or(Effect::Reference, effect),
                });
                let (cell, p) = match line.column {
                    None => (Cell::text("reference"), Cell::Empty),
                    Some(column) => {
                        let coefficient = &fitted.coefficients[column];
                        let mut record = coefficient.estimate.clone().of("", &frame.label);
                        record.missing = frame.missing;
                        let (null, least) = if fitted.measure == "slope" { (0.0, 3) } else { (1.0, 2) };
                        let cell = record.cell(match (record.lower, record.upper) {
                            (Some(lower), Some(upper)) => words::digits_apart(lower, upper, null, least),
                            _ => least,
                        });
                        answer.estimates.push(record);
                        (cell, coefficient.p.map_or(Cell::Empty, Cell::P))
                    }
                };
                table.push([
                    Cell::text(term.label.as_str()),
                    Cell::text(line.level.as_str()),
                    Cell::count(line.n),
                    Cell::events(line.events),
                    cell,
                    p,
                    if place == 0 { Cell::count(frame.missing) } else { Cell::Empty },
                ]);
            }
        }
        if formula.each.is_empty() {
            whole.push(("patients".to_owned(), Cell::count(fitted.n)));
            whole.push(("events".to_owned(), Cell::events(fitted.events)));
            whole.push(("left out, something missing".to_owned(), Cell::count(frame.missing)));
            whole.extend(fitted.whole);
            more.extend(fitted.tables);
        }
        for note in fitted.notes {
            if !table.notes.contains(&note) {
                table.notes.push(note);
            }
        }
        if !hows.contains(&fitted.how) {
            hows.push(fitted.how);
        }
    }
    table.notes.extend(hows);
    if !formula.each.is_empty() {
        table.notes.push(if formula.terms.is_empty() {
            "one fit for each row: estimates are not adjusted for one another".to_owned()
        } else {
            let by: Vec<&str> = formula.terms.iter().map(|term| term.label.as_str()).collect();
            format!("one fit for each, adjusted for {}", by.join(", "))
        });
    }
    if forest.iter().any(|row| matches!(row.effect, Effect::Estimate { .. })) {
        let ratio = matches!(measure, "HR" | "OR" | "SHR");
        let figure = Forest {
            measure: match measure {
                "HR" => "Hazard ratio".to_owned(),
                "OR" => "Odds ratio".to_owned(),
                "SHR" => "Subdistribution hazard ratio".to_owned(),
                other => other.to_owned(),
            },
            scale: if ratio { Scale::Ratio } else { Scale::Difference },
            interval: format!("{}% CI", (level(step, spec) * 1000.0).round() / 10.0),
            method: table.notes.join(". "),
            rows: forest,
        };
        answer.figures.push(FigureData::new(title.clone(), &figure));
    }
    answer.tables.push(table);
    if !whole.is_empty() {
        let mut fit = ResultTable::new("fit", format!("{title}: the model"), ["what", "value"]);
        for (what, value) in whole {
            fit.push([Cell::Text(what), value]);
        }
        answer.tables.push(fit);
    }
    answer.tables.extend(more);
    Ok(answer)
}
