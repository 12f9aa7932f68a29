//! Shapley values of a whole fitted design, from its prediction down to the original features of
//! each block.
//!
//! A design is explained exactly where its prediction, on the scale asked for, is a weighted sum
//! of models that are themselves sums of features or of trees: a boosted or linear model in
//! log-odds, a forest in its probability, risk, or event probability at a time, and late fusions
//! that weigh such parts. Shapley values are linear, so the parts' values are weighed as the parts
//! are. A part that is no such sum on its scale is walked by sampling; a fusion that is no weighted
//! sum (`bma`, `rank_average`, `stack`) is walked as a whole. Which it was is told, with the
//! Monte-Carlo error.
//!
//! Features enter as their preparation leaves them, those of the background rows too; a feature
//! that no model holds has the value 0 exactly. Indicators of one column are summed.

mod chain;
mod leaf;
pub mod prepared;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ndarray::Array2;

use self::chain::{Chain, Found};
use self::leaf::{Leaf, LeafView, leaves};
use super::form::{Link, form};
use super::{ExplainError, Explanation};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};
use crate::fuse::FittedDesign;
use crate::learn::Block;
use crate::progress::Watch;
use crate::random::Stream;

/// The method as a study names it.
pub static CARD: Card = Card {
    name: "SHAP",
    title: "Shapley values",
    role: Role::Explanation,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "background",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Training patients, evenly spread, from whom an unknown feature takes its value.",
        },
        Parameter {
            name: "orders",
            domain: Domain::Integer { low: 1, high: 10_000 },
            default: Initial::Integer(1),
            summary: "Where values are sampled: pairs of feature orders for each patient of the background.",
        },
        Parameter {
            name: "scale",
            domain: Domain::Choice(&["log-odds", "prediction"]),
            default: Initial::Derived("log-odds where the model is a sum of them, else the prediction"),
            summary: "Whether a binary model is explained in log-odds or in probability.",
        },
        Parameter {
            name: "perturbation",
            domain: Domain::Choice(&["interventional", "path"]),
            default: Initial::Choice("interventional"),
            summary: "Whether an unknown feature of a tree follows the background or the tree's own training cover.",
        },
        Parameter {
            name: "interactions",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Shapley interaction values of pairs, for trees (path-dependent).",
        },
    ],
    summary: "Attributes each prediction to the original features, so that the values sum to it.",
    documentation: "`phi_i` is the mean, over all orders of the features, of what feature i adds when it becomes \
known; the values of a patient sum to the prediction less the mean prediction of the background. Exact for trees \
(TreeSHAP, interventional or path-dependent), linear models and weighted sums of them; otherwise sampled by \
antithetic walks from background patients, with the Monte-Carlo standard error told; a walk predicts once for each \
feature that the model holds, so that a kernel over thousands of features wants a selection before it or a smaller \
background. Follows shap's `TreeExplainer` \
for trees and `LinearExplainer` (independent features) for linear models.",
    references: &[
        "Lundberg SM, Lee SI. A unified approach to interpreting model predictions. NeurIPS 2017.",
        "Lundberg SM, et al. From local explanations to global understanding with explainable AI for trees. Nat Mach Intell 2020;2:56-67.",
        "Strumbelj E, Kononenko I. Explaining prediction models and individual predictions with feature contributions. Knowl Inf Syst 2014;41:647-65.",
    ],
    example: "explain RESPONSE by SHAP(background = 200, scale = prediction) over 5 folds",
};

/// On what scale a prediction is explained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// As the model predicts: probability, risk, value.
    Prediction,
    LogOdds,
    /// Probability of the event by this time.
    EventBy(f64),
}

/// How an unknown feature of a tree is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perturbation {
    Interventional,
    PathDependent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    pub scale: Scale,
    pub perturbation: Perturbation,
    /// Pairs of orders for each background row, where values are sampled.
    pub orders: usize,
    pub interactions: bool,
}

/// Rows of a table by its blocks.
#[derive(Clone, Copy, Debug)]
pub struct Patients<'a> {
    pub blocks: &'a BTreeMap<String, Block>,
    pub rows: &'a [usize],
}

/// The original features: block and column, in the order of the values.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Features(pub Vec<(String, String)>);

/// What explains a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// Positions among the rows asked for that have a prediction.
    pub positions: Vec<usize>,
    pub explanation: Explanation,
    /// Models explained exactly, and those sampled (names of their learners or rules).
    pub exact: Vec<String>,
    pub sampled: Vec<String>,
    /// Interaction of each pair of features that share a tree: one value a position.
    pub interactions: BTreeMap<(usize, usize), Vec<f64>>,
    /// Whether interactions were asked for and some model has none that can be computed.
    pub without_interactions: bool,
}

impl Features {
    /// The columns of blocks, block after block.
    pub fn of<'a>(blocks: impl IntoIterator<Item = (&'a str, &'a Block)>) -> Self {
        let columns = blocks
            .into_iter()
            .flat_map(|(name, block)| block.columns().iter().map(move |c| (name.to_owned(), c.name.clone())));
        Features(columns.collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The scale on which a design is a sum: log-odds where its model or fusion is one, else its
/// prediction.
pub fn natural_scale(design: &FittedDesign) -> Scale {
    if design.kind() != EndpointKind::Binary {
        return Scale::Prediction;
    }
    let logit = match (design.learned(), design.fused()) {
        (Some(learned), _) => form(learned.model()).is_some_and(|form| form.link == Link::Logit),
        (_, Some(fused)) => fused.combiner().and_then(|c| c.weighted_sum()).is_some_and(|sum| sum.sum_is_logit),
        _ => false,
    };
    if logit { Scale::LogOdds } else { Scale::Prediction }
}

/// Explains `patients` by `design`, against a `background` of training patients.
///
/// # Errors
/// A design that cannot predict the rows or the background, a scale on which a prediction is not
/// finite, stopped.
#[allow(clippy::too_many_arguments, reason = "the design, its data, the plan, the surroundings")]
pub fn attribute(
    design: &FittedDesign,
    features: &Features,
    patients: Patients<'_>,
    background: Patients<'_>,
    plan: &Plan,
    stream: &Stream,
    watch: &Watch,
) -> Result<Attribution, ExplainError> {
    let (rows, background_rows) = (patients.rows, background.rows);
    let leaves = leaves(design).into_iter().map(|learned| Leaf::new(learned, features, patients, background));
    let leaves = leaves.collect::<Result<Vec<_>, _>>()?;
    let mut patterns: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for position in 0..rows.len() {
        let present: Vec<usize> = (0..leaves.len()).filter(|leaf| leaves[*leaf].at[position].is_some()).collect();
        if !present.is_empty() {
            patterns.entry(present).or_default().push(position);
        }
    }
    let mut positions: Vec<usize> = patterns.values().flatten().copied().collect();
    positions.sort_unstable();
    let place: BTreeMap<usize, usize> = positions.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let count = positions.len();
    let mut whole = Attribution {
        positions,
        explanation: Explanation {
            base: vec![0.0; count],
            values: Array2::zeros((count, features.len())),
            predictions: vec![0.0; count],
            errors: None,
        },
        exact: Vec::new(),
        sampled: Vec::new(),
        interactions: BTreeMap::new(),
        without_interactions: false,
    };
    for (present, members) in patterns {
        let others: Vec<usize> = (0..background_rows.len())
            .filter(|b| present.iter().all(|leaf| leaves[*leaf].behind[*b].is_some()))
            .collect();
        if others.is_empty() {
            return Err(ExplainError::NoBackground);
        }
        let own: Vec<LeafView<'_>> = present.iter().map(|leaf| leaves[*leaf].view(*leaf, &members, &others)).collect();
        let chain = Chain { design, leaves: &own, scale: plan.scale, all: leaves.len() };
        let found = chain.explain(features.len(), plan, stream, watch)?;
        let places: Vec<usize> = members.iter().filter_map(|member| place.get(member).copied()).collect();
        whole.take(found, &places, count);
    }
    Ok(whole)
}

impl Attribution {
    fn take(&mut self, found: Found, places: &[usize], count: usize) {
        let Found { explanation, exact, sampled, pairs, without } = found;
        for (row, place) in places.iter().enumerate() {
            self.explanation.base[*place] = explanation.base[row];
            self.explanation.predictions[*place] = explanation.predictions[row];
            self.explanation.values.row_mut(*place).assign(&explanation.values.row(row));
            if let Some(errors) = &explanation.errors {
                let all = self.explanation.errors.get_or_insert_with(|| Array2::zeros((count, errors.ncols())));
                all.row_mut(*place).assign(&errors.row(row));
            }
        }
        for (pair, values) in pairs {
            let all = self.interactions.entry(pair).or_insert_with(|| vec![0.0; count]);
            for (value, place) in values.iter().zip(places) {
                all[*place] += value;
            }
        }
        for (names, all) in [(exact, &mut self.exact), (sampled, &mut self.sampled)] {
            for name in names {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
        self.without_interactions |= without;
    }
}
fn failed(error: impl std::fmt::Display) -> ExplainError {
    ExplainError::Model { reason: error.to_string() }
}
