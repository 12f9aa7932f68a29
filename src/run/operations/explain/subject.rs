//! What is explained: a model, the patients, and for each patient the fitted design that did not
//! see that patient.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::explain::ExplainError;
use crate::explain::shap::prepared::Prepared;
use crate::explain::shap::{Features, Patients};
use crate::fuse::{self, CrossFit, FittedDesign, Work};
use crate::learn::recipe::{Design, Recipe};
use crate::learn::{Block, Column, Values};
use crate::plan::node::{Explain, ModelRef};
use crate::run::fault::Fault;
use crate::run::step::Step;

use super::super::judge;
use super::super::model::{Data, ModelValue, told};

/// Patients that one fitted design explains.
pub(super) struct Piece<'a> {
    pub design: &'a FittedDesign,
    /// Rows of the model's own table that it was fitted on.
    pub train: Cow<'a, [usize]>,
    /// Rows that it explains, by their places among [`Subject::rows`].
    pub places: Vec<usize>,
}

/// A model and the patients on whom it is explained.
pub(super) struct Subject<'a> {
    pub label: String,
    pub cohort: String,
    pub model: &'a ModelValue,
    /// Blocks and outcome of the patients explained.
    pub data: &'a Data,
    pub features: Features,
    /// Rows explained.
    pub rows: Vec<usize>,
    pub pieces: Vec<Piece<'a>>,
    /// How patients and models were brought together, in words.
    pub how: String,
}

/// The folds asked for: those of the model where they are the same, else fitted again.
pub(super) fn crossed(
    step: &Step<'_>,
    spec: &Explain,
    model: &ModelValue,
    label: &str,
) -> Result<Option<CrossFit>, Fault> {
    let own = model.cross.is_some() && model.design.cross_fit == spec.over;
    let set = step.world.rows(&spec.rows)?;
    let fitted: HashSet<usize> = model.rows.iter().copied().collect();
    if own || set.table != model.data.table || !set.rows.iter().any(|row| fitted.contains(row)) {
        return Ok(None);
    }
    let memo = step.memo();
    let work = Work::new(step.stream.named(label), step.watch).with_memo(&memo).with_folds(step.folds());
    let work = work.named("explain").named(&model.name);
    Ok(Some(fuse::cross_fit(&model.design, &spec.over, &model.data.cohort(), &model.rows, &work)?))
}

/// What the model sees of another table than its own.
pub(super) fn other_table(
    step: &Step<'_>,
    spec: &Explain,
    reference: &ModelRef,
    model: &ModelValue,
) -> Result<Option<Data>, Fault> {
    let set = step.world.rows(&spec.rows)?;
    if set.table == model.data.table {
        return Ok(None);
    }
    judge::foreign(step, reference.model, set.table).map(Some)
}

impl<'a> Subject<'a> {
    pub fn new(
        step: &Step<'_>,
        spec: &Explain,
        reference: &ModelRef,
        model: &'a ModelValue,
        crossed: Option<&'a CrossFit>,
        other: Option<&'a Data>,
        label: String,
    ) -> Result<Self, Fault> {
        let set = step.world.rows(&spec.rows)?;
        let part = reference.part.as_deref();
        let of = |design: &'a FittedDesign| match part {
            None => Ok(design),
            Some(part) => {
                design.part(part).ok_or_else(|| Fault::run("run::no-part", format!("there is no part `{part}`")))
            }
        };
        let data = other.unwrap_or(&model.data);
        let fitted: HashSet<usize> =
            if other.is_none() { model.rows.iter().copied().collect() } else { HashSet::new() };
        // Patients of the fit whose outcome is unknown were not fitted on; the frozen model explains them too.
        let rows = set.rows.clone();
        let place: BTreeMap<usize, usize> = rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
        let mut pieces = Vec::new();
        let mut how = Vec::new();
        let inside = rows.iter().filter(|row| fitted.contains(row)).count();
        if let Some(cross) = crossed.or(model.cross.as_ref()).filter(|_| inside > 0) {
            for fold in &cross.folds {
                let places = fold.fold.test.iter().filter_map(|row| place.get(row).copied()).collect();
                pieces.push(Piece { design: of(&fold.design)?, train: Cow::Borrowed(&fold.fold.train), places });
            }
            how.push(format!("{inside} patients each by models fitted without them ({})", told(&spec.over)));
        }
        let outside: Vec<usize> = (0..rows.len()).filter(|place| !fitted.contains(&rows[*place])).collect();
        if !outside.is_empty() {
            how.push(format!("{} patients by the frozen model, which has not seen them", outside.len()));
            pieces.push(Piece { design: of(&model.fitted)?, train: Cow::Borrowed(&model.rows), places: outside });
        }
        let used = used(&model.design, part);
        let blocks = used.iter().filter_map(|name| model.data.blocks.get(name).map(|block| (name.as_str(), block)));
        let mut features = Features::of(blocks);
        features.0.retain(|(block, column)| !model.design.used_up(block).contains(&column.as_str()));
        Ok(Subject { label, cohort: set.label, model, data, features, rows, pieces, how: how.join("; ") })
    }

    /// The column of a feature in the data of the patients explained.
    pub fn column(&self, feature: usize) -> Option<&Column> {
        let (block, column) = self.features.0.get(feature)?;
        self.data.blocks.get(block)?.columns().iter().find(|other| other.name == *column)
    }

    /// Values of a feature over the patients explained; levels by their number.
    pub fn values(&self, feature: usize) -> Vec<f64> {
        match self.column(feature).map(|column| &column.values) {
            Some(Values::Number(values)) => self.rows.iter().map(|row| values[*row]).collect(),
            Some(Values::Level { codes, .. }) => {
                self.rows.iter().map(|row| codes[*row].map_or(f64::NAN, f64::from)).collect()
            }
            None => vec![f64::NAN; self.rows.len()],
        }
    }

    /// What the codes of a feature stand for; empty where it holds numbers.
    pub fn levels(&self, feature: usize) -> Vec<String> {
        match self.column(feature).map(|column| &column.values) {
            Some(Values::Level { levels, .. }) => levels.clone(),
            _ => Vec::new(),
        }
    }

    /// A value of a feature as a reader writes it.
    pub fn shown(&self, feature: usize, place: usize) -> String {
        match self.column(feature).map(|column| &column.values) {
            Some(Values::Number(values)) => {
                let value = values[self.rows[place]];
                if value.is_nan() { "missing".to_owned() } else { crate::figures::words::brief(value) }
            }
            Some(Values::Level { codes, levels }) => codes[self.rows[place]]
                .and_then(|code| levels.get(code as usize).cloned())
                .unwrap_or_else(|| "missing".to_owned()),
            None => String::new(),
        }
    }

    /// Events among these patients (places among the rows explained) whose outcome is known.
    pub fn events(&self, places: impl IntoIterator<Item = usize>) -> Option<usize> {
        let endpoint = &self.data.endpoint;
        let rows: Vec<usize> =
            places.into_iter().map(|place| self.rows[place]).filter(|row| endpoint.known[*row]).collect();
        endpoint.outcome.select(&rows).events()
    }

    pub fn is_number(&self, feature: usize) -> bool {
        matches!(self.column(feature).map(|column| &column.values), Some(Values::Number(_)))
    }

    /// Each piece with its patients prepared once, beside the prepared values that may take the
    /// place of a feature's own: those of `donors`, or of all patients explained. `None` for a
    /// piece whose preparation has to be done anew.
    ///
    /// # Errors
    /// A step that fails.
    pub fn prepared(
        &self,
        donors: Option<&BTreeMap<String, Block>>,
    ) -> Result<Vec<Option<Prepared<'_>>>, ExplainError> {
        self.pieces
            .iter()
            .map(|piece| {
                let rows: Vec<usize> = piece.places.iter().map(|place| self.rows[*place]).collect();
                let patients = Patients { blocks: &self.data.blocks, rows: &rows };
                let Some(blocks) = donors else {
                    let all = Patients { blocks: &self.data.blocks, rows: &self.rows };
                    return Prepared::new(piece.design, &self.features, patients, all);
                };
                let given: Vec<usize> = (0..blocks.values().map(Block::rows).max().unwrap_or(0)).collect();
                Prepared::new(piece.design, &self.features, patients, Patients { blocks, rows: &given })
            })
            .collect()
    }

    /// Rows in which every number stands at its value of a grid, the same row of every grid at once:
    /// donors for [`Subject::prepared`]. Levels are those of the first patients that have them.
    pub fn grid(&self, grids: &BTreeMap<usize, Vec<f64>>, points: usize) -> BTreeMap<String, Block> {
        let mut blocks: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for (feature, (block, name)) in self.features.0.iter().enumerate() {
            let Some(column) = self.column(feature) else { continue };
            let values = match (&column.values, grids.get(&feature)) {
                (Values::Level { codes, levels }, _) => {
                    let code = self.rows.iter().find_map(|row| codes[*row]);
                    Values::Level { codes: vec![code; points], levels: levels.clone() }
                }
                (Values::Number(_), Some(grid)) if !grid.is_empty() => {
                    Values::Number((0..points).map(|point| grid[point.min(grid.len() - 1)]).collect())
                }
                (Values::Number(values), _) => {
                    let known = self.rows.iter().map(|row| values[*row]).find(|value| !value.is_nan());
                    Values::Number(vec![known.unwrap_or(f64::NAN); points])
                }
            };
            blocks.entry(block.clone()).or_default().push(Column { name: name.clone(), values });
        }
        blocks.into_iter().map(|(name, columns)| (name, Block::new(points, columns))).collect()
    }

    /// Predictions of the patients of a piece with some features replaced: `replaced` gives the
    /// rows from which each feature takes its value, or the value itself.
    pub fn predict(
        &self,
        piece: &Piece<'_>,
        feature: Option<(usize, &Replacement<'_>)>,
    ) -> Result<Vec<Option<f64>>, ExplainError> {
        let rows: Vec<usize> = piece.places.iter().map(|place| self.rows[*place]).collect();
        let mut blocks = BTreeMap::new();
        for name in self.features.0.iter().map(|(block, _)| block) {
            if blocks.contains_key(name) {
                continue;
            }
            if let Some(block) = self.data.blocks.get(name) {
                blocks.insert(name.clone(), block.select(&rows));
            }
        }
        if let Some((feature, replacement)) = feature
            && let Some((block, column)) = self.features.0.get(feature)
            && let Some(chosen) = blocks.remove(block)
        {
            let count = chosen.rows();
            let columns = chosen
                .into_columns()
                .into_iter()
                .map(|own| if own.name == *column { replacement.of(own, self, feature, piece) } else { own })
                .collect();
            blocks.insert(block.clone(), Block::new(count, columns));
        }
        let all: Vec<usize> = (0..rows.len()).collect();
        let held =
            piece.design.predict(&blocks, &all).map_err(|error| ExplainError::Model { reason: error.to_string() })?;
        let mut scores = vec![None; rows.len()];
        for (row, score) in held.rows.iter().zip(held.prediction.scores()) {
            scores[*row] = Some(*score);
        }
        Ok(scores)
    }
}

/// What takes the place of a feature's own values.
pub(super) enum Replacement<'r> {
    /// For each patient explained, the place of another one.
    From(&'r [usize]),
    Value(f64),
}

impl Replacement<'_> {
    fn of(&self, own: Column, subject: &Subject<'_>, feature: usize, piece: &Piece<'_>) -> Column {
        let values = match (self, own.values, subject.column(feature).map(|column| &column.values)) {
            (Replacement::Value(value), Values::Number(values), _) => Values::Number(vec![*value; values.len()]),
            (Replacement::From(from), Values::Number(_), Some(Values::Number(all))) => {
                Values::Number(piece.places.iter().map(|place| all[subject.rows[from[*place]]]).collect())
            }
            (Replacement::From(from), Values::Level { levels, .. }, Some(Values::Level { codes, .. })) => {
                Values::Level {
                    codes: piece.places.iter().map(|place| codes[subject.rows[from[*place]]]).collect(),
                    levels,
                }
            }
            (_, values, _) => values,
        };
        Column { name: own.name, values }
    }
}

/// Blocks that a design uses, or one of its parts by dotted name, in order.
fn used(design: &Design, part: Option<&str>) -> Vec<String> {
    fn walk(recipe: &Recipe, names: &mut Vec<String>) {
        match recipe {
            Recipe::Learn { blocks, .. } => {
                for block in blocks {
                    if !names.contains(block) {
                        names.push(block.clone());
                    }
                }
            }
            Recipe::Late { parts, .. } => parts.iter().for_each(|part| walk(&part.recipe, names)),
        }
    }
    fn find<'r>(recipe: &'r Recipe, part: &str) -> Option<&'r Recipe> {
        let Recipe::Late { parts, .. } = recipe else { return None };
        parts.iter().find_map(|own| {
            if own.name == part {
                return Some(&own.recipe);
            }
            find(&own.recipe, part.strip_prefix(own.name.as_str())?.strip_prefix('.')?)
        })
    }
    let mut names = Vec::new();
    walk(part.and_then(|part| find(&design.recipe, part)).unwrap_or(&design.recipe), &mut names);
    names
}
