//! Content hashes: what decides a node's result, and nothing else.
//!
//! The hash of a node is BLAKE3 over the canonical JSON of its operation and parameters, the
//! hashes of its inputs in order, and the version of the code. Spans, documentation, the order of
//! declarations and names elsewhere do not enter. A node that draws random numbers adds its own
//! stem and the study's seed, from which its stream is made. The hash of the data that a table
//! reads is added by the runner, which reads it.

use std::fmt;

use serde_json::json;

use super::Plan;
use super::canonical;

/// Version of the code that computes nodes; raised when the same parameters give other numbers.
pub const CODE_VERSION: u32 = 1;

/// A content hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Hash(*blake3::hash(bytes).as_bytes())
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Computes the hash of every node; inputs stand before the nodes that use them.
pub fn seal(plan: &mut Plan) {
    let mut hashes: Vec<Hash> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let inputs: Vec<String> =
            node.inputs.iter().filter_map(|input| hashes.get(input.0 as usize)).map(ToString::to_string).collect();
        let stream = canonical::is_random(&node.operation).then(|| {
            json!({
                "name": node.stem,
                "seed": plan.study.seed,
                "level": plan.study.level,
                "resamples": plan.study.resamples,
            })
        });
        let text = json!({
            "operation": canonical::kind(&node.operation),
            "parameters": canonical::parameters(node),
            "inputs": inputs,
            "stream": stream,
            "accepted": node.accepted.iter().map(|accepted| &accepted.code).collect::<Vec<_>>(),
            "code": CODE_VERSION,
        });
        // Keys of a JSON object are sorted, so that the text is canonical.
        hashes.push(Hash::of(text.to_string().as_bytes()));
    }
    plan.hashes = hashes;
}

/// The hash of the whole plan: its nodes, whatever their order.
pub fn of_plan(plan: &Plan) -> Hash {
    let mut all: Vec<String> = plan.hashes.iter().map(ToString::to_string).collect();
    all.sort();
    Hash::of(all.join("\n").as_bytes())
}
