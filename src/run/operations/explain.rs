//! `explain PRIME_R by SHAP over 5 folds`: Shapley values of the original features, each patient
//! explained by a model that was fitted without that patient.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};

use crate::explain::{ExplainError, Explanation, permutation_sampling};
use crate::fuse::{self, FittedDesign, Work};
use crate::learn::recipe::{Design, Recipe};
use crate::learn::{Block, Column, Values};
use crate::plan::node::Explain;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, ResultTable};
use crate::run::step::Step;

use super::drawn::shapley::Explained;
use super::model::ModelValue;

/// Rows of the background that a feature is averaged over, and permutations of the features.
const BACKGROUND: usize = 30;
const PERMUTATIONS: usize = 10;
/// Features shown in the table.
const SHOWN: usize = 30;

/// # Errors
/// A model that cannot be fitted again; stopped.
pub fn run(step: &Step<'_>, spec: &Explain) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    for reference in &spec.models {
        let model = step.model(reference.model)?;
        let label = step.label(reference);
        let memo = step.memo();
        let work =
            Work::new(step.stream.named(&label), step.watch).with_memo(&memo).named("explain").named(&model.name);
        let cross = fuse::cross_fit(&model.design, &spec.over, &model.data.cohort(), &model.rows, &work)?;
        let features = Features::of(&model);
        let mut folds: Vec<(Vec<usize>, Explanation)> = Vec::new();
        let place: BTreeMap<usize, usize> = model.rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
        for (index, fold) in cross.folds.iter().enumerate() {
            step.watch.check()?;
            let fitted = match &reference.part {
                None => &fold.design,
                Some(part) => fold
                    .design
                    .part(part)
                    .ok_or_else(|| Fault::run("run::no-part", format!("there is no part `{part}`")))?,
            };
            let predictor = |x: ArrayView2<'_, f64>| features.predict(fitted, x);
            let background = features.matrix(&evenly(&fold.fold.train, BACKGROUND));
            let stream = step.stream.named(&label).named("shap").indexed(index as u64);
            let rows = features.matrix(&fold.fold.test);
            let found =
                permutation_sampling(&predictor, rows.view(), background.view(), PERMUTATIONS, &stream, step.watch)
                    .map_err(fault)?;
            let places = fold.fold.test.iter().filter_map(|row| place.get(row).copied()).collect();
            folds.push((places, found));
        }
        let whole = crate::explain::out_of_fold(model.rows.len(), &folds).map_err(fault)?;
        let importance = whole.importance();
        let mut table = ResultTable::new(
            &format!("shapley-{label}"),
            format!("Shapley values of {label}, out of fold"),
            ["feature", "block", "mean absolute value", "direction"],
        );
        for feature in whole.ranking().into_iter().filter(|feature| importance[*feature] > 0.0).take(SHOWN) {
            let direction = features.direction(feature, &model.rows, &whole);
            table.push([
                Cell::text(features.names[feature].as_str()),
                Cell::text(features.blocks[feature].as_str()),
                Cell::number(importance[feature], 4),
                Cell::text(direction),
            ]);
        }
        table.notes.push(format!(
            "{} patients, each explained by a model fitted without them; {PERMUTATIONS} permutations over {BACKGROUND} training patients; on the scale of the prediction",
            model.rows.len()
        ));
        answer.tables.push(table);
        let ranking: Vec<usize> = whole.ranking().into_iter().filter(|feature| importance[*feature] > 0.0).collect();
        let values = features.matrix(&model.rows);
        let explained = Explained {
            model: &label,
            cohort: "the patients of the fit (out of fold)",
            unit: "scale of the prediction",
            method: &answer.tables.last().map_or(String::new(), |table| table.notes.join(". ")),
            names: &features.names,
            blocks: &features.blocks,
            values: whole.values.view(),
            of: values.view(),
            ranking: &ranking,
        };
        answer.figures.extend(explained.figures());
    }
    Ok(answer)
}

fn fault(error: ExplainError) -> Fault {
    match error {
        ExplainError::Cancelled(cancelled) => cancelled.into(),
        other => Fault::run("run::not-explained", other.to_string()),
    }
}

/// So many of the rows, evenly spread.
fn evenly(rows: &[usize], most: usize) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    (0..most).map(|place| rows[place * rows.len() / most]).collect()
}

/// The original features of a design side by side; levels by their number.
struct Features<'m> {
    model: &'m ModelValue,
    names: Vec<String>,
    blocks: Vec<String>,
    used: Vec<String>,
}

impl<'m> Features<'m> {
    fn of(model: &'m ModelValue) -> Self {
        let used = used(&model.design);
        let (mut names, mut blocks) = (Vec::new(), Vec::new());
        for name in &used {
            for column in model.data.blocks.get(name).map_or(&[][..], Block::columns) {
                names.push(column.name.clone());
                blocks.push(name.clone());
            }
        }
        Features { model, names, blocks, used }
    }

    fn columns(&self) -> impl Iterator<Item = &Column> {
        self.used.iter().filter_map(|name| self.model.data.blocks.get(name)).flat_map(|block| block.columns())
    }

    fn matrix(&self, rows: &[usize]) -> Array2<f64> {
        let columns: Vec<Vec<f64>> = self
            .columns()
            .map(|column| match &column.values {
                Values::Number(values) => rows.iter().map(|row| values[*row]).collect(),
                Values::Level { codes, .. } => rows.iter().map(|row| codes[*row].map_or(f64::NAN, f64::from)).collect(),
            })
            .collect();
        Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| columns[column][row])
    }

    fn predict(&self, fitted: &FittedDesign, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        let model = |reason: String| ExplainError::Model { reason };
        let mut blocks = BTreeMap::new();
        let mut at = 0;
        for name in &self.used {
            let Some(block) = self.model.data.blocks.get(name) else { continue };
            let columns = block
                .columns()
                .iter()
                .map(|column| {
                    let values = x.column(at).to_vec();
                    at += 1;
                    let values = match &column.values {
                        Values::Number(_) => Values::Number(values),
                        Values::Level { levels, .. } => Values::Level {
                            codes: values.iter().map(|value| (!value.is_nan()).then_some(*value as u32)).collect(),
                            levels: levels.clone(),
                        },
                    };
                    Column { name: column.name.clone(), values }
                })
                .collect();
            blocks.insert(name.clone(), Block::new(x.nrows(), columns));
        }
        let rows: Vec<usize> = (0..x.nrows()).collect();
        let predicted = fitted.predict(&blocks, &rows).map_err(|error| model(error.to_string()))?;
        if !predicted.left_out.is_empty() {
            return Err(model("a patient lacks what the model needs; impute it in `prepare`".to_owned()));
        }
        Ok(predicted.prediction.scores().to_vec())
    }

    /// Whether larger values push the prediction up or down.
    fn direction(&self, feature: usize, rows: &[usize], whole: &Explanation) -> String {
        let Some(column) = self.columns().nth(feature) else { return String::new() };
        let Values::Number(values) = &column.values else { return "levels".to_owned() };
        let pairs: Vec<(f64, f64)> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| (values[*row], whole.values[[place, feature]]))
            .filter(|(value, _)| !value.is_nan())
            .collect();
        let n = pairs.len().max(1) as f64;
        let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
        let covariance: f64 = pairs.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
        if covariance > 0.0 { "higher raises" } else { "higher lowers" }.to_owned()
    }
}

/// Blocks that a design uses, in order.
fn used(design: &Design) -> Vec<String> {
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
    let mut names = Vec::new();
    walk(&design.recipe, &mut names);
    names
}
