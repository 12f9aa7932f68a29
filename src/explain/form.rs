//! What a fitted model is made of, where that allows an exact explanation: a sum of features or
//! of trees, under a link.

use crate::fuse::NullModel;
use crate::learn::Model;
use crate::learn::adaboost::AdaBoostModel;
use crate::learn::elastic_net::NetModel;
use crate::learn::gradient_boosting::BoostedTrees;
use crate::learn::linear::LinearRegressionModel;
use crate::learn::linear_model::{self, LinearModel};
use crate::learn::logistic::LogisticModel;
use crate::learn::svm::SvmModel;
use crate::learn::tree::{self, AveragedTrees};
use crate::survival::cox_learner::CoxModel;
use crate::survival::coxnet::CoxnetModel;
use crate::survival::forest::SurvivalForest;
use crate::survival::fsvm::FittedSvm;
use crate::survival::gbsa::BoostedSurvivalTrees;
use crate::survival::tree::fitted::{LEAF, Steps, SurvivalTree};

use super::{SplitRule, Tree, TreeEnsemble};

/// A sum that is explained exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Margin {
    /// The same for everybody.
    Constant,
    Linear {
        intercept: f64,
        slopes: Vec<f64>,
    },
    Trees(TreeEnsemble),
}

/// From the margin to the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The margin is the prediction.
    Identity,
    /// The margin is the log-odds of the predicted probability.
    Logit,
}

/// A model as a margin under a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub margin: Margin,
    pub link: Link,
}

/// The form of a model's prediction; `None` for a model that is neither linear nor of trees.
pub fn form(model: &dyn Model) -> Option<Form> {
    let any = model.as_any();
    let linear = |intercept: f64, slopes: Vec<f64>, link| Form { margin: Margin::Linear { intercept, slopes }, link };
    let of = |model: &LinearModel| {
        let link = if model.link == linear_model::Link::Logit { Link::Logit } else { Link::Identity };
        linear(model.intercept, model.slopes.clone(), link)
    };
    let trees = |ensemble, link| Form { margin: Margin::Trees(ensemble), link };
    if any.is::<NullModel>() {
        return Some(Form { margin: Margin::Constant, link: Link::Identity });
    }
    if let Some(model) = any.downcast_ref::<LogisticModel>() {
        return Some(of(&model.linear));
    }
    if let Some(model) = any.downcast_ref::<NetModel>() {
        return Some(of(&model.linear));
    }
    if let Some(model) = any.downcast_ref::<LinearRegressionModel>() {
        return Some(of(&model.linear));
    }
    if let Some(model) = any.downcast_ref::<CoxnetModel>() {
        return Some(of(&model.linear));
    }
    if let Some(model) = any.downcast_ref::<CoxModel>() {
        let origin: f64 = model.means.iter().zip(&model.coefficients).map(|(mean, b)| mean * b).sum();
        return Some(linear(-origin, model.coefficients.clone(), Link::Identity));
    }
    if let Some(model) = any.downcast_ref::<FittedSvm>() {
        let slopes = model.coefficients.iter().map(|coefficient| -coefficient).collect();
        return Some(linear(-model.intercept, slopes, Link::Identity));
    }
    if let Some(model) = any.downcast_ref::<SvmModel>() {
        // Platt's probability is a logistic function of the decision value.
        let slopes = model.machine.linear_weights()?.iter().map(|weight| -model.slope * weight).collect();
        let intercept = -(model.slope * model.machine.offset + model.intercept);
        return Some(linear(intercept, slopes, Link::Logit));
    }
    if let Some(model) = any.downcast_ref::<AveragedTrees>() {
        let scale = 1.0 / model.trees.len().max(1) as f64;
        return Some(trees(ensemble(model.trees.iter().map(grown), model.features, scale, 0.0, false), Link::Identity));
    }
    if let Some(model) = any.downcast_ref::<BoostedTrees>() {
        let link = if model.binary { Link::Logit } else { Link::Identity };
        let all = model.trees.iter().map(grown);
        return Some(trees(ensemble(all, model.features, model.rate, model.base, false), link));
    }
    if let Some(model) = any.downcast_ref::<AdaBoostModel>() {
        let total: f64 = model.weights.iter().sum();
        let votes = model.trees.iter().zip(&model.weights).map(|(tree, weight)| {
            let mut tree = grown(tree);
            tree.value.iter_mut().for_each(|value| *value = if *value > 0.5 { *weight } else { -weight });
            tree
        });
        return Some(trees(ensemble(votes, model.features, 2.0 / total, 0.0, false), Link::Logit));
    }
    if let Some(model) = any.downcast_ref::<BoostedSurvivalTrees>() {
        let scale = tree::TreeEnsemble::scale(model);
        return Some(trees(ensemble(model.trees.iter().map(grown), model.features, scale, 0.0, false), Link::Identity));
    }
    if let Some(model) = any.downcast_ref::<SurvivalForest>() {
        return Some(trees(of_forest(model, |tree, leaf| tree.risk[leaf]), Link::Identity));
    }
    None
}

/// The form of the probability of the event by `time`, where that itself is a sum of trees: the
/// mean of the leaves' curves of a survival forest.
pub fn form_at(model: &dyn Model, time: f64) -> Option<Form> {
    let forest = model.as_any().downcast_ref::<SurvivalForest>()?;
    let place = forest.times.partition_point(|known| *known <= time) as u32;
    let event = |tree: &SurvivalTree, leaf: usize| {
        let mut survival = [0.0];
        tree.add_steps(leaf, Steps::Survival, &[place], &mut survival);
        1.0 - survival[0]
    };
    Some(Form { margin: Margin::Trees(of_forest(forest, event)), link: Link::Identity })
}

fn of_forest(forest: &SurvivalForest, value: impl Fn(&SurvivalTree, usize) -> f64) -> TreeEnsemble {
    let trees = forest.trees.iter().map(|tree| {
        let leaf = |node: usize| tree.feature[node] == LEAF;
        let of_node = |node: usize| if leaf(node) { value(tree, node) } else { 0.0 };
        Tree {
            left: (0..tree.len()).map(|node| if leaf(node) { Tree::LEAF } else { tree.left[node] }).collect(),
            right: tree.right.clone(),
            feature: (0..tree.len()).map(|node| if leaf(node) { 0 } else { tree.feature[node] }).collect(),
            threshold: tree.threshold.clone(),
            value: (0..tree.len()).map(of_node).collect(),
            cover: tree.cover.clone(),
            missing_left: Vec::new(),
        }
    });
    ensemble(trees, forest.features, 1.0 / forest.trees.len().max(1) as f64, 0.0, true)
}

fn grown(tree: &tree::Tree) -> Tree {
    let index = |child: &i32| u32::try_from(*child).unwrap_or(Tree::LEAF);
    Tree {
        left: tree.left.iter().map(index).collect(),
        right: tree.right.iter().map(index).collect(),
        feature: tree.feature.iter().map(|feature| u32::try_from(*feature).unwrap_or(0)).collect(),
        threshold: tree.threshold.clone(),
        value: tree.value.clone(),
        cover: tree.cover.clone(),
        missing_left: Vec::new(),
    }
}

fn ensemble(
    trees: impl Iterator<Item = Tree>,
    features: usize,
    scale: f64,
    base: f64,
    single_precision: bool,
) -> TreeEnsemble {
    TreeEnsemble { features, trees: trees.collect(), scale, base, rule: SplitRule::AtMost, single_precision }
}
