//! What one step is given to answer from: the data, its stream, its memory, and the models that
//! it asks.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use crate::plan::node::{ModelRef, Operation};
use crate::plan::{Node, NodeId, Plan, Rows};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::IntervalPlan;

use super::fault::Fault;
use super::operations::groups::GroupsValue;
use super::operations::model::ModelValue;
use super::results::{Answer, Notice};
use super::store::{Key, Scoped, Store};
use super::world::{World, word};

/// What a step leaves for others beside its answer.
#[derive(Clone)]
pub enum Made {
    Model(Arc<ModelValue>),
    Groups(Arc<GroupsValue>),
    Nothing,
}

/// An answer with what it leaves.
pub struct Done {
    pub answer: Answer,
    pub made: Made,
}

/// The surroundings of one step.
pub struct Step<'a> {
    pub world: &'a World<'a>,
    pub node: &'a Node,
    pub stream: Stream,
    pub watch: &'a Watch,
    pub store: &'a Store,
    pub key: Key,
    /// What earlier steps made.
    pub made: &'a Mutex<HashMap<NodeId, Made>>,
    pub notices: Mutex<Vec<Notice>>,
}

impl<'a> Step<'a> {
    pub fn plan(&self) -> &'a Plan {
        self.world.plan
    }

    pub fn level(&self) -> f64 {
        self.plan().study.level
    }

    pub fn intervals(&self) -> IntervalPlan {
        IntervalPlan {
            level: self.plan().study.level,
            resamples: self.plan().study.resamples,
            ..IntervalPlan::default()
        }
    }

    /// Deals the folds of all cross-fits of the study.
    pub fn folds(&self) -> Stream {
        Stream::root(self.plan().study.seed).named("folds")
    }

    pub fn notice(&self, code: &str, message: String) {
        let notice = Notice { declaration: self.node.stem.clone(), code: code.to_owned(), message };
        if let Ok(mut notices) = self.notices.lock()
            && !notices.contains(&notice)
        {
            notices.push(notice);
        }
    }

    /// Tells that an analysis takes rows as independent, where some are of one patient.
    ///
    /// # Errors
    /// The rows have no value.
    pub fn rows_as_patients(&self, rows: &Rows) -> Result<(), Fault> {
        let set = self.world.rows(rows)?;
        let Some(groups) = self.world.groups(set.table)? else { return Ok(()) };
        let patients: HashSet<u32> = set.rows.iter().map(|row| groups[*row]).collect();
        if patients.len() < set.rows.len() {
            let (rows, patients) = (set.rows.len(), patients.len());
            let words =
                format!("{rows} rows in `{}` are of {patients} patients and are taken as independent", set.label);
            self.notice("data::rows-of-one-patient", words);
        }
        Ok(())
    }

    fn made(&self, id: NodeId) -> Result<Made, Fault> {
        let made = self.made.lock().ok().and_then(|made| made.get(&id).cloned());
        made.ok_or_else(|| {
            Fault::run("run::skipped", format!("not run, because `{}` has no result", self.plan().node(id).name))
        })
    }

    /// # Errors
    /// The model was not fitted.
    pub fn model(&self, id: NodeId) -> Result<Arc<ModelValue>, Fault> {
        match self.made(id)? {
            Made::Model(model) => Ok(model),
            _ => Err(Fault::run("run::skipped", format!("`{}` is no model", self.plan().node(id).name))),
        }
    }

    /// # Errors
    /// The groups were not made.
    pub fn groups(&self, id: NodeId) -> Result<Arc<GroupsValue>, Fault> {
        match self.made(id)? {
            Made::Groups(groups) => Ok(groups),
            _ => Err(Fault::run("run::skipped", format!("`{}` are no groups", self.plan().node(id).name))),
        }
    }

    /// `PRIME_R`, `PRIME_R.clinical`.
    pub fn label(&self, model: &ModelRef) -> String {
        let name = word(self.plan().node(model.model));
        match &model.part {
            Some(part) => format!("{name}.{part}"),
            None => name.to_owned(),
        }
    }

    /// The memory of this step's pieces.
    pub fn memo(&self) -> Scoped<'a> {
        Scoped { store: self.store, key: self.key }
    }

    pub fn recall(&self, piece: &str) -> Option<Json> {
        self.store.get(&self.key.piece(piece))
    }

    pub fn remember(&self, piece: &str, value: &Json) {
        // What cannot be kept is computed again: slower, not wrong.
        let _ = self.store.put(&self.key.piece(piece), value);
    }

    /// Whether these rows are a part whose outcome is sealed.
    pub fn sealed(&self, rows: &Rows) -> bool {
        matches!(rows, Rows::Part { split, part } if matches!(
            &self.plan().node(*split).operation, Operation::Split(split) if split.sealed.contains(part)))
    }
}
