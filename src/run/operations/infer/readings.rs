//! What readers saw: one row per patient and reader with the reader on the right of the formula, or
//! one row per patient with the second reading there.

use std::collections::BTreeMap;

use crate::frame::Cells;
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::step::Step;
use crate::run::world::coded;

/// Readings of patients by readers.
pub struct Readings {
    pub readers: Vec<String>,
    cells: Vec<Cells>,
    /// One a patient, one a reader: which column, and which row of the table.
    at: Vec<Vec<Option<(usize, usize)>>>,
    pub cohort: String,
}

impl Readings {
    /// # Errors
    /// No reader; two readings of one reader and patient.
    pub fn gather(step: &Step<'_>, spec: &Infer) -> Result<Self, Fault> {
        let set = step.world.rows(&spec.rows)?;
        let factor = spec.formula.terms.first().and_then(|term| term.factors.first());
        let factor = factor
            .ok_or_else(|| Fault::run("run::skipped", format!("`{}` wants the reader on the right", spec.procedure)))?;
        let left = match (&spec.formula.response, spec.endpoint) {
            (Some(expression), _) => step.world.evaluate(expression, set.table)?,
            (None, Some(id)) => {
                let endpoint = step.world.endpoint_on(id, set.table)?;
                let crate::stats::Outcome::Continuous(values) = &endpoint.outcome else {
                    return Err(Fault::run("run::wrong-endpoint", "readings are numbers or levels"));
                };
                let shown = values.iter().zip(&endpoint.known).map(|(v, known)| if *known { *v } else { f64::NAN });
                Cells::Number(shown.collect())
            }
            (None, None) => return Err(Fault::run("run::skipped", "the formula has no left side")),
        };
        let right = step.world.evaluate(&factor.expression, set.table)?;
        let keys = &step.world.table(set.table)?.keys;
        let mut patients: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in &set.rows {
            patients.entry(keys.name(*row)).or_default().push(*row);
        }
        if patients.len() == set.rows.len() {
            if left.kind() != right.kind() {
                return Err(Fault::data(
                    "data::one-reading",
                    "every patient has a single row, so no two readers saw the same patient",
                )
                .helped("one row per patient and reader, with `key` and `repeated` under the table; or the second reading on the right"));
            }
            return Ok(Readings {
                readers: vec![spec.formula.response_label.clone(), factor.label.clone()],
                at: set.rows.iter().map(|row| vec![Some((0, *row)), Some((1, *row))]).collect(),
                cells: vec![left, right],
                cohort: set.label,
            });
        }
        let (codes, readers) = coded(&right, &[]);
        let mut at = Vec::new();
        let mut twice = 0;
        for rows in patients.values() {
            let mut own = vec![None; readers.len()];
            for row in rows {
                if let Some(code) = codes[*row]
                    && let Some(slot) = own.get_mut(code as usize)
                {
                    twice += usize::from(slot.is_some());
                    *slot = Some((0, *row));
                }
            }
            at.push(own);
        }
        if twice > 0 {
            return Err(Fault::data(
                "data::duplicate-key",
                format!("{twice} readings are a second one of the same reader and patient"),
            ));
        }
        Ok(Readings { readers, cells: vec![left], at, cohort: set.label })
    }

    pub fn patients(&self) -> usize {
        self.at.len()
    }

    /// Patients by readers as numbers; NaN is missing.
    ///
    /// # Errors
    /// Readings that are no numbers.
    pub fn numbers(&self) -> Result<Vec<Vec<f64>>, Fault> {
        let columns = self
            .cells
            .iter()
            .map(|cells| {
                cells.numbers().ok_or_else(|| {
                    let found = crate::frame::fault::words(cells.kind());
                    Fault::data("data::type", format!("readings are {found}, not numbers"))
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let value = |at: &Option<(usize, usize)>| at.map_or(f64::NAN, |(column, row)| columns[column][row]);
        Ok(self.at.iter().map(|own| own.iter().map(value).collect()).collect())
    }

    /// Patients by readers as places among the levels, in the order of numbers where all are
    /// numbers, else of the alphabet.
    pub fn levels(&self) -> (Vec<Vec<Option<u32>>>, Vec<String>) {
        let text = |at: &Option<(usize, usize)>| at.and_then(|(column, row)| self.cells[column].text(row));
        let mut levels: Vec<String> = self.at.iter().flatten().filter_map(text).collect();
        levels.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        });
        levels.dedup();
        let code = |at: &Option<(usize, usize)>| {
            text(at).and_then(|text| levels.iter().position(|level| *level == text)).map(|place| place as u32)
        };
        let codes = self.at.iter().map(|own| own.iter().map(code).collect()).collect();
        (codes, levels)
    }

    /// Every pair of readers.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let count = self.readers.len();
        (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
    }
}
