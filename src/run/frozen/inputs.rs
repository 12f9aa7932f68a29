//! New patients as a model wants them: read, held against what the model says of its columns, and
//! refused where they do not fit, each fault for itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::frame::dictionary::Dictionary;
use crate::frame::expression::Type;
use crate::frame::fault::near;
use crate::frame::{self, Cells, DataError, Keys, Table};
use crate::run::fault::Fault;

use super::{InputTable, ModelFile};

/// Files of new patients.
#[derive(Clone, Debug, Default)]
pub struct NewData {
    /// By the name of the model's table; the empty name stands for its only table.
    pub tables: BTreeMap<String, PathBuf>,
    /// Folder that patterns of images start from.
    pub images: Option<PathBuf>,
    /// What the bringer says of the columns.
    pub dictionary: Option<Dictionary>,
}

/// The tables of a model over new patients, with notes on values outside those of training.
pub(super) fn tables(model: &ModelFile, data: &NewData) -> Result<(Vec<Table>, Vec<String>), Vec<Fault>> {
    let (mut tables, mut notes, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for name in data.tables.keys().filter(|name| !name.is_empty()) {
        if !model.tables.iter().any(|table| table.name == *name) {
            let known = model.tables.iter().map(|table| table.name.as_str());
            let near = near(name, known.clone()).map_or_else(
                || format!("; it has {}", known.collect::<Vec<_>>().join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            faults.push(Fault::data("data::unbound", format!("{} has no table `{name}`{near}", model.name)));
        }
    }
    for wanted in &model.tables {
        let path = data.tables.get(&wanted.name).or_else(|| data.tables.get("").filter(|_| model.tables.len() == 1));
        let Some(path) = path else {
            faults.push(
                Fault::data("data::unbound", format!("{} wants the table `{}`", model.name, wanted.name))
                    .helped(format!("give it as `--data {}=FILE`", wanted.name)),
            );
            continue;
        };
        match table(wanted, path, data.dictionary.as_ref()) {
            Ok((table, told)) => {
                tables.push(table);
                notes.extend(told);
            }
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok((tables, notes)) } else { Err(faults) }
}

fn table(wanted: &InputTable, path: &Path, said: Option<&Dictionary>) -> Result<(Table, Vec<String>), Vec<Fault>> {
    let dictionary =
        Dictionary { columns: wanted.columns.iter().map(|(name, rule)| (name.clone(), rule.entry())).collect() };
    let each = |error: DataError| -> Vec<Fault> { error.each().into_iter().cloned().map(Fault::from).collect() };
    let (mut table, mut of_data) = frame::read::read_on(path, &dictionary, wanted.key.as_deref()).map_err(each)?;
    let mut faults = Vec::new();
    if let Some(said) = said {
        faults.extend(against(wanted, said));
    }
    // `albumin [g/L]`: a column that states its unit.
    for (column, rule) in wanted.columns.iter().filter(|(column, _)| table.get(column).is_none()).collect::<Vec<_>>() {
        let stated = table.names().find_map(|name| {
            let rest = name.strip_prefix(column.as_str())?.trim();
            let unit = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let unit = unit.or_else(|| rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')))?;
            Some((name.to_owned(), unit.trim().to_owned()))
        });
        let Some((name, unit)) = stated else { continue };
        if Some(&unit) != rule.unit.as_ref() {
            faults.push(of_unit(column, &unit, rule.unit.as_deref()));
        }
        let cells = table.column(&name).map_err(each)?;
        let (cells, fault) = frame::infer::castable(column, cells, rule.kind, &|row| (row + 1).to_string());
        table = table.with(column, Arc::new(cells)).map_err(each)?;
        of_data.extend(fault);
    }
    let keys = match &wanted.key {
        Some(key) if table.get(key).is_none() => {
            faults.push(absent(key, &table).helped("a new patient needs a name by which the prediction is told"));
            Keys::new(&table, None, false)
        }
        key => Keys::new(&table, key.as_deref(), false),
    };
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => {
            of_data.push(error);
            Keys::new(&table, None, false).map_err(each)?
        }
    };
    if table.rows() == 0 {
        faults.push(Fault::data("data::empty", format!("`{}` has no row", path.display())));
    }
    let mut present = Dictionary::default();
    for (column, rule) in &wanted.columns {
        if table.get(column).is_some() {
            present.columns.insert(column.clone(), rule.entry());
        } else if rule.needed {
            let fault = absent(column, &table);
            faults.push(match &rule.unit {
                Some(unit) => fault.helped(format!("it is in {unit}")),
                None => fault,
            });
        } else {
            let none = Cells::none(rule.kind, table.rows());
            table = table.with(column, Arc::new(none)).map_err(each)?;
        }
    }
    frame::check::beside(&mut of_data, &table, &present, &keys);
    faults.extend(of_data.into_iter().map(Fault::from));
    if !faults.is_empty() {
        return Err(faults);
    }
    let notes = wanted.columns.iter().filter_map(|(column, rule)| {
        let (low, high) = rule.observed?;
        let values = table.get(column)?.numbers()?;
        let outside: Vec<String> = values
            .iter()
            .enumerate()
            .filter(|(_, value)| **value < low || **value > high)
            .map(|(row, value)| format!("{} has {value}", keys.name(row)))
            .collect();
        (!outside.is_empty() && rule.needed).then(|| {
            format!("`{column}` lies outside the {low} .. {high} of training: {}", frame::fault::list(&outside))
        })
    });
    let notes = notes.collect();
    Ok((table, notes))
}

fn absent(column: &str, table: &Table) -> Fault {
    let near = near(column, table.names()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Fault::data("data::no-column", format!("there is no column `{column}`{near}"))
}

fn of_unit(column: &str, given: &str, wanted: Option<&str>) -> Fault {
    let wanted = wanted.map_or("a number without a unit".to_owned(), |unit| unit.to_string());
    Fault::data("data::unit", format!("column `{column}` is in {given}, and the model wants {wanted}"))
        .helped("convert the values, and the unit with them")
}

/// What the bringer's dictionary says otherwise than the model.
fn against(wanted: &InputTable, said: &Dictionary) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (column, rule) in &wanted.columns {
        let Some(entry) = said.columns.get(column) else { continue };
        if entry.kind != rule.kind {
            faults.push(Fault::data(
                "data::type",
                format!(
                    "column `{column}` is said to hold {}, and the model wants {}",
                    frame::fault::words(entry.kind),
                    frame::fault::words(rule.kind)
                ),
            ));
        }
        if entry.unit != rule.unit && entry.kind != Type::Text {
            let given = entry.unit.as_deref().unwrap_or("no unit");
            faults.push(of_unit(column, given, rule.unit.as_deref()));
        }
    }
    faults
}
