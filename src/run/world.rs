//! What the data nodes of a plan hold once the data is read: tables with their derived columns,
//! cohorts, splits, endpoints, blocks. Steps that fit or estimate read it and never change it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use crate::frame::dictionary::Dictionary;
use crate::frame::expression::{Expression, Type};
use crate::frame::{Cells, Keys, Table, evaluate};
use crate::learn::{Block, Column, Values};
use crate::omics::Expression as GeneMatrix;
use crate::plan::node::{Model, Operation, TimeUnit};
use crate::plan::{Node, NodeId, Plan, Rows};
use crate::stats::Outcome;

use super::fault::Fault;
use super::results::{Answer, DataRecord, Notice};

/// A table as it was read, with the columns derived so far.
#[derive(Clone)]
pub struct TableValue {
    /// Name in the study: `patients`.
    pub name: String,
    pub table: Table,
    /// Columns of the file itself.
    pub own: usize,
    pub keys: Arc<Keys>,
    pub key: Option<String>,
    pub repeated: bool,
    pub dictionary: Dictionary,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowStep {
    pub include: bool,
    pub label: String,
    pub before: usize,
    /// Rows that the condition removes, those on which it is unknown apart.
    pub removed: usize,
    /// Rows on which the condition is missing.
    pub unknown: usize,
    /// Whether rows with an unknown condition stay.
    pub unknown_stays: bool,
    pub after: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CohortValue {
    pub table: NodeId,
    pub rows: Vec<usize>,
    pub start: usize,
    pub steps: Vec<FlowStep>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SplitValue {
    pub cohort: NodeId,
    pub table: NodeId,
    /// In the order of the study.
    pub parts: Vec<(String, Vec<usize>)>,
    /// Rows of the cohort that are in no part.
    pub unused: usize,
}

/// The endpoint of every row of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointValue {
    /// Name in the study: `os`.
    pub name: String,
    pub table: NodeId,
    /// In days where the unit of time is known. A row that is not `known` holds a placeholder.
    pub outcome: Outcome,
    pub known: Vec<bool>,
    /// The unit in which times are shown.
    pub unit: Option<TimeUnit>,
    pub notes: Vec<String>,
}

/// Features of every row of their table.
#[derive(Clone)]
pub struct BlockValue {
    pub table: NodeId,
    pub block: Block,
}

/// Features measured of images, a row for each patient of any table.
#[derive(Clone)]
pub struct ExtractionValue {
    pub patients: Vec<String>,
    /// Row of each patient.
    pub rows: HashMap<String, usize>,
    pub block: Block,
    /// What is told of the measuring: who was measured, what failed, which features stayed.
    pub answer: Answer,
}

/// Rows that a step is asked on.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSet {
    pub table: NodeId,
    pub rows: Vec<usize>,
    /// `train`, `eligible`, `trial`.
    pub label: String,
}

/// Everything that was read and named.
pub struct World<'a> {
    pub plan: &'a Plan,
    /// Folder that relative paths of the study start from.
    pub folder: PathBuf,
    pub tables: HashMap<NodeId, TableValue>,
    /// Matrices of the expression tables; their samples are the rows of the table of that node.
    pub expressions: HashMap<NodeId, Arc<GeneMatrix>>,
    pub cohorts: HashMap<NodeId, CohortValue>,
    pub splits: HashMap<NodeId, SplitValue>,
    pub endpoints: HashMap<NodeId, Arc<EndpointValue>>,
    pub blocks: HashMap<NodeId, Arc<BlockValue>>,
    pub extractions: HashMap<NodeId, Arc<ExtractionValue>>,
    pub records: Vec<DataRecord>,
    pub notices: Vec<Notice>,
}

impl<'a> World<'a> {
    pub fn new(plan: &'a Plan, folder: PathBuf) -> Self {
        World {
            plan,
            folder,
            tables: HashMap::new(),
            expressions: HashMap::new(),
            cohorts: HashMap::new(),
            splits: HashMap::new(),
            endpoints: HashMap::new(),
            blocks: HashMap::new(),
            extractions: HashMap::new(),
            records: Vec::new(),
            notices: Vec::new(),
        }
    }

    pub fn notice(&mut self, node: &Node, code: &str, message: String) {
        self.notices.push(Notice { declaration: node.name.clone(), code: code.to_owned(), message });
    }

    /// # Errors
    /// The table's own fault was told; what stands on it is told as not run.
    pub fn table(&self, id: NodeId) -> Result<&TableValue, Fault> {
        self.tables.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn expression(&self, id: NodeId) -> Result<&Arc<GeneMatrix>, Fault> {
        self.expressions.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn cohort(&self, id: NodeId) -> Result<&CohortValue, Fault> {
        self.cohorts.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn split(&self, id: NodeId) -> Result<&SplitValue, Fault> {
        self.splits.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn endpoint(&self, id: NodeId) -> Result<&Arc<EndpointValue>, Fault> {
        self.endpoints.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn block(&self, id: NodeId) -> Result<&Arc<BlockValue>, Fault> {
        self.blocks.get(&id).ok_or_else(|| self.absent(id))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn extraction(&self, id: NodeId) -> Result<&Arc<ExtractionValue>, Fault> {
        self.extractions.get(&id).ok_or_else(|| self.absent(id))
    }

    fn absent(&self, id: NodeId) -> Fault {
        Fault::run("run::skipped", format!("not run, because `{}` has no value", self.plan.node(id).name))
    }

    /// # Errors
    /// As [`World::table`].
    pub fn rows(&self, rows: &Rows) -> Result<RowSet, Fault> {
        match rows {
            Rows::Table(id) => {
                let value = self.table(*id)?;
                Ok(RowSet { table: *id, rows: (0..value.table.rows()).collect(), label: value.name.clone() })
            }
            Rows::Cohort(id) => {
                let value = self.cohort(*id)?;
                Ok(RowSet { table: value.table, rows: value.rows.clone(), label: word(self.plan.node(*id)).to_owned() })
            }
            Rows::Part { split, part } => {
                let value = self.split(*split)?;
                let rows = value.parts.iter().find(|(name, _)| name == part).map(|(_, rows)| rows.clone());
                let rows = rows.ok_or_else(|| Fault::run("run::skipped", format!("there is no part `{part}`")))?;
                Ok(RowSet { table: value.table, rows, label: part.clone() })
            }
        }
    }

    /// The expression over every row of a table. Words such as `ct.arterial` or `rna` stand for
    /// what a patient has there.
    ///
    /// # Errors
    /// What the expression asks and the data does not hold.
    pub fn evaluate(&self, expression: &Expression, table: NodeId) -> Result<Cells, Fault> {
        Ok(evaluate(expression, &self.seen(expression, table)?)?)
    }

    /// The table with whatever else the expression names: presence in other tables.
    ///
    /// # Errors
    /// As [`World::evaluate`].
    pub fn seen(&self, expression: &Expression, table: NodeId) -> Result<Table, Fault> {
        let value = self.table(table)?;
        let mut seen = value.table.clone();
        for column in evaluate::columns(expression) {
            if seen.get(&column).is_some() {
                continue;
            }
            let other = self.tables.values().find(|other| other.name == column);
            if let Some(other) = other {
                let present = value.keys.values().iter().map(|key| (!other.keys.rows(key).is_empty()).then_some(true));
                seen = seen.with(&column, Arc::new(Cells::Flag(present.collect())))?;
            } else if let Some(presence) = self.images_present(&column, value)? {
                seen = seen.with(&column, Arc::new(presence))?;
            }
        }
        Ok(seen)
    }

    /// `ct.arterial`: whether there is such an image; present is `yes`, absent is missing.
    fn images_present(&self, column: &str, value: &TableValue) -> Result<Option<Cells>, Fault> {
        let (name, phase) = column.split_once('.').map_or((column, None), |(name, phase)| (name, Some(phase)));
        let images = self.plan.nodes().iter().find_map(|node| match &node.operation {
            Operation::Images(images) if word(node) == name => Some(images),
            _ => None,
        });
        let Some(images) = images else { return Ok(None) };
        let present = |patient: &str, phase: &str| {
            let path = images.pattern.replace("{patient}", patient).replace("{phase}", phase);
            self.folder.join(path).exists()
        };
        let phases: Vec<&str> = match phase {
            Some(phase) => vec![phase],
            // A set without phases has one image of each patient.
            None if images.phases.is_empty() => vec![""],
            None => images.phases.iter().map(String::as_str).collect(),
        };
        let cells = value
            .keys
            .values()
            .iter()
            .map(|patient| phases.iter().all(|phase| present(patient, phase)).then_some(true));
        Ok(Some(Cells::Flag(cells.collect())))
    }

    /// The endpoint on the rows of another table of the same patients.
    ///
    /// # Errors
    /// No patient in common.
    pub fn endpoint_on(&self, id: NodeId, table: NodeId) -> Result<Arc<EndpointValue>, Fault> {
        let value = self.endpoint(id)?;
        if value.table == table {
            return Ok(Arc::clone(value));
        }
        let places = self.places(table, value.table)?;
        let known: Vec<bool> = places.iter().map(|place| place.is_some_and(|row| value.known[row])).collect();
        let rows: Vec<usize> = places.iter().map(|place| place.unwrap_or(0)).collect();
        Ok(Arc::new(EndpointValue { table, outcome: value.outcome.select(&rows), known, ..(**value).clone() }))
    }

    /// The block on the rows of another table of the same patients; a patient who is not in the
    /// block's table has no value there.
    ///
    /// # Errors
    /// No patient in common.
    pub fn block_on(&self, id: NodeId, table: NodeId) -> Result<Block, Fault> {
        if let Some(value) = self.extractions.get(&id) {
            let keys = &self.table(table)?.keys;
            let places: Vec<Option<usize>> =
                keys.values().iter().map(|patient| value.rows.get(patient).copied()).collect();
            return Ok(placed(&value.block, &places));
        }
        let value = self.block(id)?;
        if value.table == table {
            return Ok(value.block.clone());
        }
        Ok(placed(&value.block, &self.places(table, value.table)?))
    }

    /// A block of a model, with the columns that its preparation uses up as levels: those of the
    /// block, or else of the table.
    ///
    /// # Errors
    /// As [`World::block_on`]; a column that neither has.
    pub fn block_of(&self, model: &Model, name: &str, id: NodeId, table: NodeId) -> Result<Block, Fault> {
        let mut block = self.block_on(id, table)?;
        for used_up in model.design.used_up(name) {
            let rows = block.rows();
            let mut columns = block.into_columns();
            let own = columns.iter().position(|column| column.name == used_up).map(|place| columns.remove(place));
            let values = match own.map(|column| column.values) {
                Some(levels @ Values::Level { .. }) => levels,
                Some(Values::Number(numbers)) => levels(&Cells::Number(numbers)),
                None => levels(self.table(table)?.table.column(used_up)?),
            };
            columns.push(Column { name: used_up.to_owned(), values });
            block = Block::new(rows, columns);
        }
        Ok(block)
    }

    /// For each row of `here` the row of the same patient in `there`.
    ///
    /// # Errors
    /// No patient in common, or several rows of one.
    pub fn places(&self, here: NodeId, there: NodeId) -> Result<Vec<Option<usize>>, Fault> {
        let (here, there) = (self.table(here)?, self.table(there)?);
        if here.key.is_none() || there.key.is_none() {
            return Err(Fault::data(
                "data::no-key",
                format!("`{}` and `{}` can be brought together only by a key", here.name, there.name),
            )
            .helped("say `key patient` under both tables"));
        }
        Ok(here.keys.match_to(&there.keys, (&here.name, &there.name))?.places)
    }

    /// Number of each row's patient, where rows of one patient must stay together.
    pub fn groups(&self, table: NodeId) -> Result<Option<Vec<u32>>, Fault> {
        let value = self.table(table)?;
        if !value.repeated {
            return Ok(None);
        }
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        Ok(Some(
            value
                .keys
                .values()
                .iter()
                .map(|key| {
                    let next = numbers.len() as u32;
                    *numbers.entry(key).or_insert(next)
                })
                .collect(),
        ))
    }

    /// The unit that the dictionary gives a column.
    pub fn unit(&self, table: NodeId, column: &str) -> Option<&str> {
        self.tables.get(&table)?.dictionary.columns.get(column)?.unit.as_deref()
    }
}

/// The block with other rows: where each comes from, missing where from nowhere.
fn placed(block: &Block, places: &[Option<usize>]) -> Block {
    use crate::learn::{Column, Values};
    let columns = block
        .columns()
        .iter()
        .map(|column| Column {
            name: column.name.clone(),
            values: match &column.values {
                Values::Number(values) => {
                    Values::Number(places.iter().map(|place| place.map_or(f64::NAN, |row| values[row])).collect())
                }
                Values::Level { codes, levels } => Values::Level {
                    codes: places.iter().map(|place| place.and_then(|row| codes[row])).collect(),
                    levels: levels.clone(),
                },
            },
        })
        .collect();
    Block::new(places.len(), columns)
}

/// The node's own word: `PRIME_R` of `model PRIME_R`.
pub fn word(node: &Node) -> &str {
    node.name.split_once(' ').map_or(node.name.as_str(), |(_, word)| word)
}

/// Any cells as levels.
pub fn levels(cells: &Cells) -> Values {
    let (codes, levels) = coded(cells, &[]);
    Values::Level { codes, levels }
}

/// Levels of a column in the order of the dictionary, else of the values; with the place of each
/// row's level.
pub fn coded(cells: &Cells, levels: &[String]) -> (Vec<Option<u32>>, Vec<String>) {
    let levels = if levels.is_empty() || matches!(cells.kind(), Type::Number | Type::Date) {
        cells.levels()
    } else {
        levels.to_vec()
    };
    let codes = (0..cells.len())
        .map(|row| {
            let text = cells.text(row)?;
            levels.iter().position(|level| *level == text).map(|place| place as u32)
        })
        .collect();
    (codes, levels)
}
