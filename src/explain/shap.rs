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

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::form::{Form, Link, Margin, form, form_at};
use super::walk::walks;
use super::{ExplainError, Explanation, Predictor, interactions, interventional, linear, path_dependent};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};
use crate::fuse::{FittedDesign, Fused, Learned};
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
antithetic walks from background patients, with the Monte-Carlo standard error told. Follows shap's `TreeExplainer` \
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

/// The models of a design, in the order of its parts.
fn leaves(design: &FittedDesign) -> Vec<&Learned> {
    match (design.learned(), design.fused()) {
        (Some(learned), _) => vec![learned],
        (_, Some(fused)) => fused.parts().iter().flat_map(|part| leaves(&part.design)).collect(),
        _ => Vec::new(),
    }
}

fn failed(error: impl std::fmt::Display) -> ExplainError {
    ExplainError::Model { reason: error.to_string() }
}

/// One model with its prepared rows and background.
struct Leaf<'a> {
    learned: &'a Learned,
    /// Original feature of each column.
    owner: Vec<usize>,
    x: Array2<f64>,
    /// Row of `x` of each row asked for.
    at: Vec<Option<usize>>,
    background: Array2<f64>,
    behind: Vec<Option<usize>>,
}

/// A leaf on the rows of one pattern.
struct LeafView<'a> {
    /// Its number among all leaves.
    number: usize,
    learned: &'a Learned,
    owner: &'a [usize],
    x: Array2<f64>,
    background: Array2<f64>,
}

impl<'a> Leaf<'a> {
    fn new(
        learned: &'a Learned,
        features: &Features,
        patients: Patients<'_>,
        background: Patients<'_>,
    ) -> Result<Self, ExplainError> {
        let placed = |positions: Vec<usize>, asked: usize| {
            let mut at = vec![None; asked];
            positions.into_iter().enumerate().for_each(|(row, position)| at[position] = Some(row));
            at
        };
        let (x, positions) = learned.features(patients.blocks, patients.rows).map_err(failed)?;
        let (behind_x, behind) = learned.features(background.blocks, background.rows).map_err(failed)?;
        Ok(Leaf {
            learned,
            owner: owners(learned, background.blocks, features),
            x,
            at: placed(positions, patients.rows.len()),
            background: behind_x,
            behind: placed(behind, background.rows.len()),
        })
    }

    fn view(&self, number: usize, members: &[usize], others: &[usize]) -> LeafView<'_> {
        let chosen = |places: &[usize], at: &[Option<usize>]| -> Vec<usize> {
            places.iter().filter_map(|place| at[*place]).collect()
        };
        LeafView {
            number,
            learned: self.learned,
            owner: &self.owner,
            x: self.x.select(Axis(0), &chosen(members, &self.at)),
            background: self.background.select(Axis(0), &chosen(others, &self.behind)),
        }
    }
}

/// The original feature that each column of a model comes from: the column of that name in its
/// block, or the one whose indicator it is.
fn owners(learned: &Learned, blocks: &BTreeMap<String, Block>, features: &Features) -> Vec<usize> {
    let names = learned.names();
    let mut owners = Vec::with_capacity(names.len());
    for pipeline in learned.pipelines() {
        let block = pipeline.block();
        let given = blocks.get(block).map_or(0, |block| block.columns().len());
        let width = pipeline.trace().last().map_or(given, |step| step.after);
        let own: Vec<(usize, &str)> = features
            .0
            .iter()
            .enumerate()
            .filter(|(_, (of, _))| of == block)
            .map(|(place, (_, column))| (place, column.as_str()))
            .collect();
        let find = |name: &str| {
            own.iter().find(|(_, column)| *column == name).map(|(place, _)| *place).or_else(|| {
                let stems = own
                    .iter()
                    .filter(|(_, column)| name.strip_prefix(column).is_some_and(|rest| rest.starts_with('=')));
                stems.max_by_key(|(_, column)| column.len()).map(|(place, _)| *place)
            })
        };
        for name in names.iter().skip(owners.len()).take(width).collect::<Vec<_>>() {
            let joined = name.strip_prefix(block).and_then(|rest| rest.strip_prefix('.'));
            let found = find(name).or_else(|| joined.and_then(find));
            // A column that no original one is known of stands for the first of its block.
            owners.push(found.or_else(|| own.first().map(|(place, _)| *place)).unwrap_or(0));
        }
    }
    owners.resize(names.len(), 0);
    owners
}

/// A design over some of its leaves, on one scale.
struct Chain<'a> {
    design: &'a FittedDesign,
    leaves: &'a [LeafView<'a>],
    scale: Scale,
    /// Number of leaves of the whole design.
    all: usize,
}

/// A leaf's share of a weighted sum.
struct Term {
    /// Place among the leaves present.
    leaf: usize,
    weight: f64,
    scale: Scale,
}

struct Found {
    explanation: Explanation,
    exact: Vec<String>,
    sampled: Vec<String>,
    pairs: BTreeMap<(usize, usize), Vec<f64>>,
    without: bool,
}

impl Chain<'_> {
    fn explain(&self, features: usize, plan: &Plan, stream: &Stream, watch: &Watch) -> Result<Found, ExplainError> {
        let actual = self.predict(self.joined(|leaf| leaf.x.view()).view())?;
        let mut terms = Vec::new();
        let mut constant = 0.0;
        if self.terms(self.design, self.scale, 1.0, &mut 0, &mut terms, &mut constant).is_some() {
            let found = self.weighted(&terms, constant, &actual, features, plan, stream, watch);
            // A fusion bounds probabilities of 0 and 1 before it takes their logits; where that
            // happened it is no sum of the margins. Of a single model the margin is the truth, and the
            // log-odds of a probability near 0 or 1 is that margin with rounding.
            let alone = self.design.learned().is_some();
            let close = |(sum, actual): (&f64, &f64)| {
                (alone && (!actual.is_finite() || actual.abs() > 12.0))
                    || (sum - actual).abs() <= 1e-7 * actual.abs().max(1.0)
            };
            match found {
                // A part that votes with one voice has no log-odds of its own; the fusion, which bounds it, has.
                Err(ExplainError::NotFinite) if !alone => {}
                found => {
                    let found = found?;
                    if found.explanation.predictions.iter().zip(&actual).all(close) {
                        return Ok(found);
                    }
                }
            }
        }
        let owner: Vec<usize> = self.leaves.iter().flat_map(|leaf| leaf.owner.iter().copied()).collect();
        let explanation = walks(
            self,
            self.joined(|leaf| leaf.x.view()).view(),
            self.joined(|leaf| leaf.background.view()).view(),
            &owner,
            features,
            plan.orders,
            &stream.named("whole"),
            watch,
        )?;
        Ok(Found {
            explanation,
            exact: Vec::new(),
            sampled: vec![named(self.design)],
            pairs: BTreeMap::new(),
            without: plan.interactions,
        })
    }

    fn joined<'s>(&'s self, of: impl Fn(&'s LeafView<'s>) -> ArrayView2<'s, f64>) -> Array2<f64> {
        let views: Vec<ArrayView2<'_, f64>> = self.leaves.iter().map(of).collect();
        ndarray::concatenate(Axis(1), &views).unwrap_or_else(|_| Array2::zeros((0, 0)))
    }

    /// The design as a weighted sum of its leaves; `None` where it is none.
    fn terms(
        &self,
        design: &FittedDesign,
        scale: Scale,
        weight: f64,
        number: &mut usize,
        terms: &mut Vec<Term>,
        constant: &mut f64,
    ) -> Option<()> {
        let Some(fused) = design.fused() else {
            if let Some(leaf) = self.leaves.iter().position(|leaf| leaf.number == *number) {
                terms.push(Term { leaf, weight, scale });
            }
            *number += 1;
            return Some(());
        };
        if let Scale::EventBy(_) = scale {
            return None;
        }
        let (set, first) = self.present(fused, *number);
        let sum = fused.combiner_of(&set).ok()?.weighted_sum()?;
        if sum.sum_is_logit != (scale == Scale::LogOdds) {
            return None;
        }
        *constant += weight * sum.constant;
        let below = if sum.parts_as_logits { Scale::LogOdds } else { Scale::Prediction };
        for (part, start) in fused.parts().iter().zip(first) {
            *number = start;
            let place = fused.parts().iter().position(|other| std::ptr::eq(other, part))?;
            match set.iter().position(|member| *member == place) {
                Some(at) => {
                    let own = sum.weights.get(at)?;
                    self.terms(&part.design, below, weight * own, number, terms, constant)?;
                }
                None => *number = start + leaves(&part.design).len(),
            }
        }
        Some(())
    }

    /// Parts of a fusion that have a leaf present, and the number of each part's first leaf.
    fn present(&self, fused: &Fused, mut number: usize) -> (Vec<usize>, Vec<usize>) {
        let (mut set, mut first) = (Vec::new(), Vec::new());
        for (place, part) in fused.parts().iter().enumerate() {
            let count = leaves(&part.design).len();
            if self.leaves.iter().any(|leaf| (number..number + count).contains(&leaf.number)) {
                set.push(place);
            }
            first.push(number);
            number += count;
        }
        (set, first)
    }

    #[allow(clippy::too_many_arguments, reason = "the sum, its data, the plan, the surroundings")]
    fn weighted(
        &self,
        terms: &[Term],
        constant: f64,
        actual: &[f64],
        features: usize,
        plan: &Plan,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Found, ExplainError> {
        let n = actual.len();
        let mut found = Found {
            explanation: Explanation {
                base: vec![constant; n],
                values: Array2::zeros((n, features)),
                predictions: vec![constant; actual.len()],
                errors: None,
            },
            exact: Vec::new(),
            sampled: Vec::new(),
            pairs: BTreeMap::new(),
            without: false,
        };
        let mut variance: Option<Array2<f64>> = None;
        for term in terms {
            let leaf = &self.leaves[term.leaf];
            let of = match term.scale {
                Scale::EventBy(time) => form_at(leaf.learned.model(), time),
                _ => form(leaf.learned.model()),
            };
            let exact = of.filter(|form| form.margin == Margin::Constant || fits(form, term.scale));
            let own = match &exact {
                Some(form) => {
                    found.exact.push(learner(leaf.learned));
                    if plan.interactions {
                        match &form.margin {
                            Margin::Trees(ensemble) => {
                                let pairs = interactions(ensemble, leaf.x.view(), watch)?;
                                for row in 0..n {
                                    for i in 0..leaf.owner.len() {
                                        for j in 0..i {
                                            let (a, b) = (leaf.owner[i], leaf.owner[j]);
                                            // Both halves of the pair.
                                            let value = 2.0 * term.weight * pairs[[row, i, j]];
                                            if a != b && value != 0.0 {
                                                let pair = (a.min(b), a.max(b));
                                                found.pairs.entry(pair).or_insert_with(|| vec![0.0; n])[row] += value;
                                            }
                                        }
                                    }
                                }
                            }
                            Margin::Linear { .. } | Margin::Constant => {}
                        }
                    }
                    exactly(form, leaf, term.scale, plan, watch)?
                }
                None => {
                    found.sampled.push(learner(leaf.learned));
                    found.without |= plan.interactions;
                    let alone = Alone { learned: leaf.learned, scale: term.scale };
                    let owner: Vec<usize> = (0..leaf.owner.len()).collect();
                    let stream = stream.named("leaf").indexed(leaf.number as u64);
                    let (x, background) = (leaf.x.view(), leaf.background.view());
                    walks(&alone, x, background, &owner, owner.len(), plan.orders, &stream, watch)?
                }
            };
            for row in 0..n {
                found.explanation.base[row] += term.weight * own.base[row];
                found.explanation.predictions[row] += term.weight * own.predictions[row];
                for (column, feature) in leaf.owner.iter().enumerate() {
                    found.explanation.values[[row, *feature]] += term.weight * own.values[[row, column]];
                    if let Some(errors) = &own.errors {
                        let all = variance.get_or_insert_with(|| Array2::zeros((n, features)));
                        all[[row, *feature]] += (term.weight * errors[[row, column]]).powi(2);
                    }
                }
            }
        }
        found.explanation.errors = variance.map(|variance| variance.mapv(f64::sqrt));
        Ok(found)
    }
}

/// Whether a form is a sum on this scale.
fn fits(form: &Form, scale: Scale) -> bool {
    match scale {
        Scale::LogOdds => form.link == Link::Logit,
        Scale::Prediction | Scale::EventBy(_) => form.link == Link::Identity,
    }
}

fn learner(learned: &Learned) -> String {
    learned.learner().map_or_else(|| "no feature".to_owned(), |learner| learner.card().name.to_owned())
}

fn named(design: &FittedDesign) -> String {
    match (design.learned(), design.fused()) {
        (Some(learned), _) => learner(learned),
        (_, Some(fused)) => {
            let parts: Vec<String> = fused.parts().iter().map(|part| named(&part.design)).collect();
            format!("late {}({})", fused.rule().card().name, parts.join(", "))
        }
        _ => String::new(),
    }
}

fn exactly(
    form: &Form,
    leaf: &LeafView<'_>,
    scale: Scale,
    plan: &Plan,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    let (x, background) = (leaf.x.view(), leaf.background.view());
    match &form.margin {
        Margin::Constant => {
            let values = Array2::zeros(x.dim());
            let same = predicted(leaf.learned, scale, x)?;
            Ok(Explanation { base: same.clone(), values, predictions: same, errors: None })
        }
        Margin::Linear { intercept, slopes } => linear(slopes, *intercept, x, background),
        Margin::Trees(ensemble) => match plan.perturbation {
            Perturbation::Interventional => interventional(ensemble, x, background, watch),
            Perturbation::PathDependent => path_dependent(ensemble, x, watch),
        },
    }
}

/// A model alone, on a scale.
struct Alone<'a> {
    learned: &'a Learned,
    scale: Scale,
}

impl Predictor for Alone<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        predicted(self.learned, self.scale, rows)
    }
}

/// Predictions of one model, of prepared features, on a scale.
fn predicted(learned: &Learned, scale: Scale, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
    if let Scale::EventBy(time) = scale {
        let curves = learned.model().curves(x, &[time]).map_err(failed)?;
        return event_by(curves.ok_or_else(|| no_curve(&learner(learned)))?);
    }
    let scores = learned.model().predict(x).map_err(failed)?.scores().to_vec();
    Ok(on_scale(scores, scale))
}

fn no_curve(name: &str) -> ExplainError {
    ExplainError::NotEstimable { reason: format!("`{name}` only ranks patients; it has no survival curve to explain") }
}

fn event_by(curves: crate::stats::SurvivalCurves) -> Result<Vec<f64>, ExplainError> {
    Ok(curves.survival.column(0).iter().map(|survival| 1.0 - survival).collect())
}

fn on_scale(mut scores: Vec<f64>, scale: Scale) -> Vec<f64> {
    if scale == Scale::LogOdds {
        scores.iter_mut().for_each(|p| *p = p.ln() - (-*p).ln_1p());
    }
    scores
}

impl Chain<'_> {
    /// Scores of a part, by the scores of the leaves; `None` where it has no leaf.
    fn scores(
        &self,
        design: &FittedDesign,
        of_leaf: &[Option<Vec<f64>>],
        number: &mut usize,
    ) -> Result<Option<Vec<f64>>, ExplainError> {
        let Some(fused) = design.fused() else {
            let own = of_leaf.get(*number).cloned().flatten();
            *number += 1;
            return Ok(own);
        };
        let (set, matrix) = self.of_parts(fused, of_leaf, number)?;
        if set.is_empty() {
            return Ok(None);
        }
        let combiner = fused.combiner_of(&set).map_err(failed)?;
        Ok(Some(combiner.combine(matrix.view()).map_err(failed)?.scores().to_vec()))
    }

    fn of_parts(
        &self,
        fused: &Fused,
        of_leaf: &[Option<Vec<f64>>],
        number: &mut usize,
    ) -> Result<(Vec<usize>, Array2<f64>), ExplainError> {
        let (mut set, mut columns) = (Vec::new(), Vec::new());
        for (place, part) in fused.parts().iter().enumerate() {
            if let Some(scores) = self.scores(&part.design, of_leaf, number)? {
                set.push(place);
                columns.push(scores);
            }
        }
        let rows = columns.first().map_or(0, Vec::len);
        Ok((set, Array2::from_shape_fn((rows, columns.len()), |(row, column)| columns[column][row])))
    }
}

impl Predictor for Chain<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        if let (Some(learned), [_]) = (self.design.learned(), self.leaves) {
            return predicted(learned, self.scale, rows);
        }
        let mut of_leaf: Vec<Option<Vec<f64>>> = vec![None; self.all];
        let mut start = 0;
        for leaf in self.leaves {
            let end = start + leaf.owner.len();
            let scores = predicted(leaf.learned, Scale::Prediction, rows.slice(s![.., start..end]))?;
            of_leaf[leaf.number] = Some(scores);
            start = end;
        }
        if let (Scale::EventBy(time), Some(fused)) = (self.scale, self.design.fused()) {
            let (set, matrix) = self.of_parts(fused, &of_leaf, &mut 0)?;
            let combiner = fused.combiner_of(&set).map_err(failed)?;
            let curves = combiner.curves(matrix.view(), &[time]).map_err(failed)?;
            return event_by(curves.ok_or_else(|| no_curve(fused.rule().card().name))?);
        }
        let scores = self.scores(self.design, &of_leaf, &mut 0)?;
        Ok(on_scale(scores.unwrap_or_default(), self.scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Settings;
    use crate::explain::exact;
    use crate::fuse::{self, Cohort, Work};
    use crate::learn::recipe::{Candidate, Design, Part, Recipe, Resampling};
    use crate::learn::{Column, Values};
    use crate::stats::Outcome;
    use rand_xoshiro::rand_core::Rng;

    const N: usize = 60;

    fn blocks() -> (BTreeMap<String, Block>, Outcome) {
        let mut rng = Stream::root(3).rng();
        let mut unit = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 6];
        let mut events = Vec::new();
        for _ in 0..N {
            columns.iter_mut().for_each(|column| column.push(unit()));
            let last = |column: usize| columns[column][columns[column].len() - 1];
            let eta = 4.0 * (last(0) - 0.5) + 3.0 * (last(3) - 0.5) - 2.0 * (last(4) - 0.5) * (last(5) - 0.2);
            events.push(unit() < 1.0 / (1.0 + (-eta).exp()));
        }
        let block = |from: usize| {
            let columns =
                (from..from + 3).map(|c| Column { name: format!("x{c}"), values: Values::Number(columns[c].clone()) });
            Block::new(N, columns.collect())
        };
        let blocks = BTreeMap::from([("a".to_owned(), block(0)), ("b".to_owned(), block(3))]);
        (blocks, Outcome::Binary(events))
    }

    fn design(rule: &str, learners: [&str; 2]) -> Design {
        let part = |block: &str, name: &str| {
            let learner = fuse::learner(name, EndpointKind::Binary).unwrap();
            let candidate = Candidate { learner, settings: Settings::defaults(learner.card()), grid: Vec::new() };
            Part {
                name: block.to_owned(),
                recipe: Recipe::Learn { blocks: vec![block.to_owned()], candidates: vec![candidate] },
            }
        };
        Design {
            recipe: Recipe::Late {
                rule: rule.to_owned(),
                settings: Settings::defaults(fuse::rule(rule).unwrap().card()),
                parts: vec![part("a", learners[0]), part("b", learners[1])],
            },
            prepare: BTreeMap::new(),
            choose: None,
            tune: None,
            cross_fit: Resampling::Folds { folds: 3, repeats: 1 },
        }
    }

    /// The attribution of a fusion beside full enumeration of its prediction on the scale.
    fn both(rule: &str, learners: [&str; 2], scale: Scale) -> (Attribution, Explanation) {
        let (blocks, outcome) = blocks();
        let columns = BTreeMap::new();
        let cohort = Cohort { blocks: &blocks, outcome: &outcome, groups: None, columns: &columns };
        let watch = Watch::silent();
        let all: Vec<usize> = (0..N).collect();
        let work = Work::new(Stream::root(1), &watch);
        let fitted = fuse::fit(&design(rule, learners), &cohort, &all, &work).unwrap();
        let features = Features::of(blocks.iter().map(|(name, block)| (name.as_str(), block)));
        let (rows, background) = ([1, 7, 20], [2, 5, 11, 30, 41, 50]);
        let plan = Plan { scale, perturbation: Perturbation::Interventional, orders: 40, interactions: false };
        let ours = attribute(
            &fitted,
            &features,
            Patients { blocks: &blocks, rows: &rows },
            Patients { blocks: &blocks, rows: &background },
            &plan,
            &Stream::root(9),
            &watch,
        )
        .unwrap();
        let matrix = |rows: &[usize]| {
            Array2::from_shape_fn((rows.len(), 6), |(row, column)| {
                let block = &blocks[if column < 3 { "a" } else { "b" }];
                match &block.columns()[column % 3].values {
                    Values::Number(values) => values[rows[row]],
                    Values::Level { .. } => f64::NAN,
                }
            })
        };
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            let block = |from: usize| {
                let columns = (from..from + 3)
                    .map(|c| Column { name: format!("x{c}"), values: Values::Number(x.column(c).to_vec()) });
                Block::new(x.nrows(), columns.collect())
            };
            let blocks = BTreeMap::from([("a".to_owned(), block(0)), ("b".to_owned(), block(3))]);
            let rows: Vec<usize> = (0..x.nrows()).collect();
            let held = fitted.predict(&blocks, &rows).map_err(failed)?;
            Ok(on_scale(held.prediction.scores().to_vec(), scale))
        };
        let truth = exact(&model, matrix(&rows).view(), matrix(&background).view(), &watch).unwrap();
        (ours, truth)
    }

    #[test]
    fn a_sum_of_trees_and_a_line_is_explained_exactly_through_the_fusion() {
        let (ours, truth) = both("logistic", ["logistic", "gtbr"], Scale::LogOdds);
        assert_eq!((ours.exact.len(), ours.sampled.len()), (2, 0));
        assert!(ours.explanation.errors.is_none());
        for (a, b) in ours.explanation.values.iter().zip(&truth.values) {
            assert!((a - b).abs() < 1e-8, "{a} is not {b}");
        }
        for (a, b) in ours.explanation.base.iter().zip(&truth.base) {
            assert!((a - b).abs() < 1e-8, "{a} is not {b}");
        }
    }

    #[test]
    fn what_is_no_sum_is_sampled_says_so_and_comes_close() {
        // Probabilities of a logistic part are no sum, those of a forest are.
        for (rule, learners, scale, sampled) in [
            ("average", ["logistic", "random_forest"], Scale::Prediction, 1),
            ("rank_average", ["logistic", "naive_bayes"], Scale::Prediction, 1),
        ] {
            let (ours, truth) = both(rule, learners, scale);
            assert_eq!(ours.sampled.len(), sampled, "{:?}", ours.sampled);
            ours.explanation.check_additivity(1e-9).unwrap();
            let errors = ours.explanation.errors.as_ref().unwrap();
            for ((a, b), error) in ours.explanation.values.iter().zip(&truth.values).zip(errors) {
                assert!((a - b).abs() < 6.0 * error + 1e-9, "{a} is not {b} within {error}");
            }
        }
    }
}
