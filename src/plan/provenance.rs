//! Where a value comes from: the rows it was fitted on, the outcomes it saw, and when it is
//! known. Joined componentwise along the plan; the checker proves its guarantees on it.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{NodeId, Rows};

/// The provenance of a node's value.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Provenance {
    /// Rows that anything upstream was fitted on.
    pub fitted_on: BTreeSet<Rows>,
    /// Outcomes seen, by endpoint, and on which rows.
    pub outcomes: BTreeMap<NodeId, BTreeSet<Rows>>,
    /// When it is known.
    pub known: Known,
}

/// The time at which a value is known, relative to the study's time zero.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Known {
    /// No dictionary says.
    #[default]
    Unknown,
    /// So many days after (negative: before) the named origin.
    At { origin: String, days: f64 },
    /// Shares its lineage with this endpoint's event.
    WithOutcome(NodeId),
}

impl Provenance {
    /// Componentwise join: what a value made from both has seen.
    #[must_use]
    pub fn join(mut self, other: &Provenance) -> Self {
        self.fitted_on.extend(other.fitted_on.iter().cloned());
        for (endpoint, rows) in &other.outcomes {
            self.outcomes.entry(*endpoint).or_default().extend(rows.iter().cloned());
        }
        self.known = self.known.later(&other.known);
        self
    }
}

impl Known {
    /// The later of two; unknown only if neither says more.
    #[must_use]
    pub fn later(&self, other: &Known) -> Known {
        match (self, other) {
            (Known::WithOutcome(endpoint), _) | (_, Known::WithOutcome(endpoint)) => Known::WithOutcome(*endpoint),
            (Known::Unknown, known) | (known, Known::Unknown) => known.clone(),
            (Known::At { days: left, .. }, Known::At { days: right, .. }) => {
                if left >= right {
                    self.clone()
                } else {
                    other.clone()
                }
            }
        }
    }
}
