//! The typed plan: nodes, types, content hashes, and how it is shown.
//!
//! May import: `syntax` for spans, and the parameter types of the engines. Knows neither text nor
//! data. Deliberately absent: anything that runs.

pub mod node;
pub mod provenance;

pub use node::{Node, NodeId, Operation, Rows};
pub use provenance::{Known, Provenance};

/// A study as it will run: nodes in an order in which inputs come first.
#[derive(Clone)]
pub struct Plan {
    pub study: Study,
    nodes: Vec<Node>,
}

/// What holds for the whole study.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    pub name: String,
    pub documentation: String,
    pub seed: u64,
    /// `predict at treatment_start + 1 month`: origin and days.
    pub predict_at: Option<Known>,
    /// Checklists asked for.
    pub report: Vec<String>,
    /// Coverage of intervals.
    pub level: f64,
    /// Bootstrap resamples where an interval needs them.
    pub resamples: usize,
}

impl Plan {
    pub fn new(study: Study) -> Self {
        Plan { study, nodes: Vec::new() }
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Adds a node made by `make` from its id.
    pub fn add(&mut self, make: impl FnOnce(NodeId) -> Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(make(id));
        id
    }

    pub fn find(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }
}
