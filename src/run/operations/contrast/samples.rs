//! Patients with expression, and what they are contrasted by.

use std::collections::HashSet;

use crate::frame::Cells;
use crate::frame::expression::{Comparison, Expression as Row, Type};
use crate::omics::Expression;
use crate::omics::design::Covariate;
use crate::plan::node::{Along, Contrast, ModelRef};
use crate::run::fault::Fault;
use crate::run::operations::evaluate::predicted;
use crate::run::results::{Cell, ResultTable};
use crate::run::step::Step;

/// The patients asked for whom there is expression.
pub struct Gathered {
    /// `tcga`.
    pub label: String,
    /// Rows of the table.
    pub rows: Vec<usize>,
    pub table: crate::plan::NodeId,
    /// Samples in the order of `rows`.
    pub matrix: Expression,
    /// Patients asked without expression.
    pub without: usize,
    /// Samples whose patient was not asked.
    pub beyond: usize,
    /// Several samples of one patient are lawful.
    pub repeated: bool,
}

/// What one contrast is along; a value for each gathered patient.
#[derive(Clone)]
pub struct Asked {
    /// `PRIME_R.radiomics: high against low`.
    pub label: String,
    /// What stands after `by`: `PRIME_R.radiomics`.
    pub source: String,
    /// Names of the group and of those beside it; `None` of a slope.
    pub groups: Option<(String, String)>,
    /// 1 and 0 for groups; missing where the patient has none.
    pub values: Vec<Option<f64>>,
    /// `log2 fold change`, `log2 change for one standard deviation`.
    pub effect: String,
    pub note: Option<String>,
}

impl Asked {
    /// Patients in the group and beside it.
    pub fn sizes(&self) -> (usize, usize) {
        let count = |wanted: f64| self.values.iter().filter(|value| **value == Some(wanted)).count();
        (count(1.0), count(0.0))
    }
}

/// # Errors
/// No key, or no patient in common.
pub fn gather(step: &Step<'_>, spec: &Contrast) -> Result<Gathered, Fault> {
    let world = step.world;
    let set = world.rows(&spec.rows)?;
    let matrix = world.expression(spec.expression)?;
    let here = world.table(set.table)?;
    let there = world.table(spec.expression)?;
    if here.key.is_none() {
        return Err(Fault::data(
            "data::no-key",
            format!("`{}` and `{}` can be brought together only by a key", here.name, there.name),
        )
        .helped(format!("say `key ...` under `table {}`", here.name)));
    }
    let places = here.keys.match_to(&there.keys, (&here.name, &there.name))?.places;
    let (mut rows, mut samples) = (Vec::new(), Vec::new());
    for row in &set.rows {
        if let Some(Some(place)) = places.get(*row) {
            rows.push(*row);
            samples.push(*place);
        }
    }
    if rows.is_empty() {
        return Err(Fault::data(
            "data::no-match",
            format!("none of the {} patients in `{}` has expression in `{}`", set.rows.len(), set.label, there.name),
        ));
    }
    let taken: HashSet<usize> = samples.iter().copied().collect();
    if taken.len() < samples.len() {
        return Err(Fault::data(
            "data::duplicate-key",
            format!("several rows of `{}` share one sample of `{}`", here.name, there.name),
        )
        .helped("contrast rows that are one a sample"));
    }
    Ok(Gathered {
        label: set.label,
        without: set.rows.len() - rows.len(),
        beyond: matrix.samples().len() - taken.len(),
        matrix: matrix.of_samples(&samples),
        rows,
        table: set.table,
        repeated: here.repeated,
    })
}

/// The contrasts of one thing after `by`.
///
/// # Errors
/// A model of another table, or one that has seen some of the patients but not all.
pub fn contrasts(step: &Step<'_>, along: &Along, gathered: &Gathered) -> Result<Vec<Asked>, Fault> {
    match along {
        Along::Model(reference) => by_model(step, reference, gathered),
        Along::Groups(id) => {
            let groups = step.groups(*id)?;
            if groups.table != gathered.table {
                return Err(Fault::run("run::not-estimable", format!("`{}` groups another table", groups.name)));
            }
            // With tertiles the ends are contrasted.
            let (Some(low), Some(high), last) =
                (groups.labels.first(), groups.labels.last(), groups.labels.len().saturating_sub(1) as u32)
            else {
                return Err(Fault::run("run::not-estimable", format!("`{}` has no groups", groups.name)));
            };
            let values = gathered.rows.iter().map(|row| match groups.group.get(row) {
                Some(0) => Some(0.0),
                Some(group) if *group == last => Some(1.0),
                _ => None,
            });
            Ok(vec![Asked {
                label: format!("{}: {high} against {low}", groups.name),
                source: groups.name.clone(),
                groups: Some((high.clone(), low.clone())),
                values: values.collect(),
                effect: "log2 fold change".to_owned(),
                note: None,
            }])
        }
        Along::Column { label, expression } => {
            let cells = step.world.evaluate(expression, gathered.table)?;
            let here = |cells: &Cells| cells.select(gathered.rows.iter().copied().map(Some));
            let sides = match condition(expression) {
                Some((column, chosen)) => {
                    let own = step.world.evaluate(&Row::Column(column.to_owned()), gathered.table)?;
                    sides(&chosen, &here(&own))
                }
                None => (label.clone(), "others".to_owned()),
            };
            by_column(step, label, &here(&cells), gathered, sides).map(|asked| vec![asked])
        }
    }
}

fn by_model(step: &Step<'_>, reference: &ModelRef, gathered: &Gathered) -> Result<Vec<Asked>, Fault> {
    let model = step.model(reference.model)?;
    let label = step.label(reference);
    if model.data.table != gathered.table {
        return Err(Fault::run("run::not-estimable", format!("{label} predicts patients of another table"))
            .helped("contrast rows of the table that the model was fitted on, such as a cohort of it"));
    }
    let fitted_on: HashSet<usize> = model.rows.iter().copied().collect();
    let inside = gathered.rows.iter().filter(|row| fitted_on.contains(row)).count();
    if inside > 0 && inside < gathered.rows.len() && step.node.accepted.is_empty() {
        return Err(Fault::data(
            "data::overlapping-cohorts",
            format!(
                "{inside} of the {} patients with expression in `{}` are among those that {label} was fitted on",
                gathered.rows.len(),
                gathered.label
            ),
        )
        .helped("contrast patients apart from the fit, or accept `leak::fitted-on-test` with a reason"));
    }
    let part = reference.part.as_deref();
    // A patient may lack what the model needs: such a one has no score and is counted.
    let mut values: Vec<Option<f64>> = vec![None; gathered.rows.len()];
    match predicted(&model, part, &gathered.rows) {
        Ok(held) => {
            for (row, score) in held.rows.iter().zip(held.prediction.scores()) {
                if let Some(place) = gathered.rows.iter().position(|other| other == row) {
                    values[place] = Some(*score);
                }
            }
        }
        Err(fault) if fault.kind == crate::run::FaultKind::Stopped => return Err(fault),
        Err(_) => {
            for (place, row) in gathered.rows.iter().enumerate() {
                values[place] =
                    predicted(&model, part, &[*row]).ok().and_then(|held| held.prediction.scores().first().copied());
            }
        }
    }
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let spread = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (known.len() as f64 - 1.0)).sqrt();
    // A score that is the same for all stays one value, which the design refuses in those words.
    let spread = if known.iter().all(|value| Some(value) == known.first()) { 1.0 } else { spread };

    let mut training = predicted(&model, part, &model.rows)?.prediction.scores().to_vec();
    training.sort_by(f64::total_cmp);
    let cut = crate::stats::ranks::quantile_of_sorted(&training, 0.5)
        .ok_or_else(|| Fault::run("run::not-estimable", format!("{label} predicts nobody to take a cut from")))?;
    let words = if inside > 0 { "out of fold" } else { "by the frozen model" };
    let groups = Asked {
        label: format!("{label}: high against low"),
        source: label.clone(),
        groups: Some(("high".to_owned(), "low".to_owned())),
        values: values.iter().map(|value| value.map(|value| f64::from(u8::from(value > cut)))).collect(),
        effect: "log2 fold change".to_owned(),
        note: Some(format!(
            "{label} predicted {words}; high is above {cut:.4}, the median of {} training patients (out of fold)",
            training.len()
        )),
    };
    let slope = Asked {
        label: format!("{label}: along the score"),
        source: label.clone(),
        groups: None,
        values: values.iter().map(|value| value.map(|value| (value - mean) / spread)).collect(),
        effect: "log2 change for one standard deviation".to_owned(),
        note: Some(format!(
            "the slope along {label} uses each patient's score, where two groups use only its side of the cut: with few \
             patients it loses less"
        )),
    };
    Ok(vec![groups, slope])
}

/// The column and the levels of `type == "Tumor"` and `grade in ("G3", "G4")`.
fn condition(expression: &Row) -> Option<(&str, Vec<&str>)> {
    match expression {
        Row::Compare { comparison: Comparison::Equal, left, right } => match (&**left, &**right) {
            (Row::Column(column), Row::Text(level)) | (Row::Text(level), Row::Column(column)) => {
                Some((column, vec![level]))
            }
            _ => None,
        },
        Row::OneOf { value, set } => {
            let Row::Column(column) = &**value else { return None };
            let mut levels = Vec::new();
            for level in set {
                let Row::Text(level) = level else { return None };
                levels.push(level.as_str());
            }
            Some((column, levels))
        }
        _ => None,
    }
}

/// The names of the two sides: the levels that are chosen, and the others that these rows have.
fn sides(chosen: &[&str], cells: &Cells) -> (String, String) {
    let others: Vec<String> = cells.levels().into_iter().filter(|level| !chosen.contains(&level.as_str())).collect();
    let outside = if (1..=3).contains(&others.len()) { others.join(", ") } else { "others".to_owned() };
    (chosen.join(", "), outside)
}

fn by_column(
    step: &Step<'_>,
    label: &str,
    cells: &Cells,
    gathered: &Gathered,
    (inside, outside): (String, String),
) -> Result<Asked, Fault> {
    let of_groups = |inside: &str, outside: &str, values: Vec<Option<f64>>, words: String| Asked {
        label: words,
        source: label.to_owned(),
        groups: Some((inside.to_owned(), outside.to_owned())),
        values,
        effect: "log2 fold change".to_owned(),
        note: None,
    };
    if cells.kind() != Type::Text
        && let Some(flags) = cells.flags()
    {
        let values = flags.into_iter().map(|flag| flag.map(|flag| f64::from(u8::from(flag)))).collect();
        return Ok(of_groups(&inside, &outside, values, label.to_owned()));
    }
    if let Some(numbers) = cells.numbers() {
        return Ok(Asked {
            label: format!("along {label}"),
            source: label.to_owned(),
            groups: None,
            values: numbers.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect(),
            effect: format!("log2 change for one unit of {label}"),
            note: None,
        });
    }
    let declared = step
        .world
        .table(gathered.table)?
        .dictionary
        .columns
        .get(label)
        .map(|entry| entry.levels.clone())
        .unwrap_or_default();
    let (codes, levels) = crate::run::world::coded(cells, &declared);
    let present: Vec<u32> = (0..levels.len() as u32).filter(|level| codes.contains(&Some(*level))).collect();
    let [low, high] = present.as_slice() else {
        return Err(Fault::data(
            "data::level",
            format!(
                "`{label}` has {} levels among the patients with expression; a contrast is between two",
                present.len()
            ),
        )
        .helped(format!(
            "a condition has two sides: `{label} == \"{}\"`",
            levels.first().map_or("...", String::as_str)
        )));
    };
    let name = |level: u32| levels.get(level as usize).cloned().unwrap_or_default();
    let values = codes.iter().map(|code| code.map(|code| f64::from(u8::from(code == *high)))).collect();
    Ok(of_groups(&name(*high), &name(*low), values, format!("{} against {}", name(*high), name(*low))))
}

/// Covariates of the gathered patients.
///
/// # Errors
/// What cannot be evaluated.
pub fn covariates(step: &Step<'_>, spec: &Contrast, gathered: &Gathered) -> Result<Vec<(String, Cells)>, Fault> {
    spec.adjust_for
        .iter()
        .map(|(label, expression)| {
            let cells = step.world.evaluate(expression, gathered.table)?;
            Ok((label.clone(), cells.select(gathered.rows.iter().copied().map(Some))))
        })
        .collect()
}

/// A covariate on complete rows.
pub fn covariate(cells: &Cells, kept: &[usize]) -> Covariate {
    match cells.numbers() {
        Some(numbers) => Covariate::Number(kept.iter().map(|row| numbers[*row]).collect()),
        None => Covariate::Levels(kept.iter().map(|row| cells.text(*row).unwrap_or_default()).collect()),
    }
}

/// Who was asked and who has expression.
pub fn table(gathered: &Gathered, asked: &[Asked]) -> ResultTable {
    let mut table = ResultTable::new(
        "samples",
        format!("Patients with expression in {}", gathered.label),
        ["contrast", "patients with expression", "in the group", "beside it", "without a value"],
    );
    for contrast in asked {
        let known = contrast.values.iter().flatten().count();
        let (inside, outside) = contrast.sizes();
        let sizes = contrast.groups.is_some();
        table.push([
            Cell::text(contrast.label.as_str()),
            Cell::count(known),
            if sizes { Cell::count(inside) } else { Cell::Empty },
            if sizes { Cell::count(outside) } else { Cell::Empty },
            Cell::count(contrast.values.len() - known),
        ]);
        table.notes.extend(contrast.note.clone());
    }
    let (with, without) = (gathered.rows.len(), gathered.without);
    table.notes.push(format!(
        "of {} asked in {}, {with} have expression and {without} do not; {} samples are of others",
        with + without,
        gathered.label,
        gathered.beyond
    ));
    if gathered.repeated {
        table.notes.push(
            "several samples of one patient are treated as independent unless the contrast is adjusted for the patient"
                .to_owned(),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_a_condition_are_named_by_their_levels() {
        let column = || Box::new(Row::Column("type".to_owned()));
        let text = |level: &str| Row::Text(level.to_owned());
        let equal = Row::Compare { comparison: Comparison::Equal, left: column(), right: Box::new(text("Tumor")) };
        let of = Row::OneOf { value: column(), set: vec![text("G3"), text("G4")] };
        assert_eq!(condition(&equal), Some(("type", vec!["Tumor"])));
        assert_eq!(condition(&of), Some(("type", vec!["G3", "G4"])));
        assert_eq!(condition(&Row::Not(column())), None);
        let cells = |levels: &[&str]| Cells::Text(levels.iter().map(|level| Some((*level).to_owned())).collect());
        let two = cells(&["Tumor", "Normal", "Tumor"]);
        assert_eq!(sides(&["Tumor"], &two), ("Tumor".to_owned(), "Normal".to_owned()));
        let many = cells(&["a", "b", "c", "d", "e"]);
        assert_eq!(sides(&["a"], &many).1, "others");
    }
}
