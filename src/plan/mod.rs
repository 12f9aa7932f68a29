//! The typed plan: nodes, types, content hashes, and how it is shown.
//!
//! May import: `syntax` for spans, and the parameter types of the engines. Knows neither text nor
//! data. Deliberately absent: anything that runs.

pub mod canonical;
pub mod describe;
pub mod graph;
pub mod hash;
pub mod node;
pub mod procedures;
pub mod provenance;

pub use hash::Hash;
pub use node::{Node, NodeId, Operation, Rows};
pub use provenance::{Known, Provenance};

/// A study as it will run: nodes in an order in which inputs come first.
#[derive(Clone)]
pub struct Plan {
    pub study: Study,
    nodes: Vec<Node>,
    /// One a node, after [`hash::seal`].
    hashes: Vec<Hash>,
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
        Plan { study, nodes: Vec::new(), hashes: Vec::new() }
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// Adds a node made by `make` from its id.
    pub fn add(&mut self, make: impl FnOnce(NodeId) -> Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(make(id));
        id
    }

    /// Content hash of a node; `None` before the plan was sealed.
    pub fn hash(&self, id: NodeId) -> Option<Hash> {
        self.hashes.get(id.0 as usize).copied()
    }

    /// Marks nodes with what the study accepted, and everything made from them.
    pub(crate) fn accept(&mut self, of: impl Fn(NodeId) -> Vec<node::Acceptance>) {
        for index in 0..self.nodes.len() {
            let mut accepted = of(self.nodes[index].id);
            for input in &self.nodes[index].inputs {
                accepted.extend(self.nodes[input.0 as usize].accepted.iter().cloned());
            }
            let mut unique: Vec<node::Acceptance> = Vec::new();
            for acceptance in accepted {
                if !unique.contains(&acceptance) {
                    unique.push(acceptance);
                }
            }
            self.nodes[index].accepted = unique;
        }
    }

    pub fn find(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }
}
