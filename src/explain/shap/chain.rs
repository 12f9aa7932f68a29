//! A design on one scale: as a weighted sum of its models where it is one, each explained by the
//! method that its form allows, and walked by sampling where it is none.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::super::form::{Form, Link, Margin, form, form_at};
use super::super::walk::walks;
use super::super::{ExplainError, Explanation, Predictor, interactions, interventional, linear, path_dependent};
use super::leaf::{LeafView, leaves};
use super::{Perturbation, Plan, Scale, failed};
use crate::fuse::{FittedDesign, Fused, Learned};
use crate::progress::Watch;
use crate::random::Stream;

/// A design over some of its leaves, on one scale.
pub(super) struct Chain<'a> {
    pub design: &'a FittedDesign,
    pub leaves: &'a [LeafView<'a>],
    pub scale: Scale,
    /// Number of leaves of the whole design.
    pub all: usize,
}

/// A leaf's share of a weighted sum.
struct Term {
    /// Place among the leaves present.
    leaf: usize,
    weight: f64,
    scale: Scale,
}

pub(super) struct Found {
    pub explanation: Explanation,
    pub exact: Vec<String>,
    pub sampled: Vec<String>,
    pub pairs: BTreeMap<(usize, usize), Vec<f64>>,
    pub without: bool,
}

impl Chain<'_> {
    pub fn explain(&self, features: usize, plan: &Plan, stream: &Stream, watch: &Watch) -> Result<Found, ExplainError> {
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

pub(super) fn on_scale(mut scores: Vec<f64>, scale: Scale) -> Vec<f64> {
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
