//! The grids that `tune` walks where the study gives none.
//!
//! They stand together because a reviewer reads them together: the plan and the report print them
//! as they are. Every value list goes from the simpler to the more complex model, for the
//! one-standard-error rule takes the first of equals. Learners that are absent have nothing to
//! tune, or choose their penalty by their own cross-validation.

use crate::card::{Card, Value};

/// Values of one setting.
enum Axis {
    Integers(&'static [i64]),
    Reals(&'static [f64]),
    Words(&'static [&'static str]),
}

use Axis::{Integers, Reals, Words};

type Grid = &'static [(&'static str, Axis)];

/// By name of the learner.
static GRIDS: &[(&str, Grid)] = &[
    (
        "adaboost",
        &[("depth", Integers(&[1, 2])), ("rate", Reals(&[0.1, 0.5, 1.0])), ("rounds", Integers(&[25, 50, 100, 200]))],
    ),
    (
        "bagging",
        &[
            ("trees", Integers(&[25, 50, 100])),
            ("features", Reals(&[0.3, 0.6, 1.0])),
            ("rows", Reals(&[0.5, 0.75, 1.0])),
        ],
    ),
    (
        "boosting",
        &[("depth", Integers(&[1, 2])), ("rate", Reals(&[0.1, 0.5, 1.0])), ("rounds", Integers(&[25, 50, 100, 200]))],
    ),
    ("componentwise_gbsa", &[("learning_rate", Reals(&[0.05, 0.1])), ("rounds", Integers(&[25, 50, 100, 200, 400]))]),
    ("coxnet", &[("l1_ratio", Reals(&[1.0, 0.75, 0.5, 0.25, 0.1]))]),
    ("decision_tree", &[("depth", Integers(&[1, 2, 3, 4, 5, 6])), ("leaf", Integers(&[20, 10, 5, 1]))]),
    ("elastic_net", &[("l1_ratio", Reals(&[1.0, 0.75, 0.5, 0.25, 0.1]))]),
    ("extra_survival_trees", &[("depth", Integers(&[2, 4, 8])), ("leaf", Integers(&[15, 9, 6, 3]))]),
    (
        "fsvm",
        &[("alpha", Reals(&[0.000_244_140_625, 0.000_976_562_5, 0.003_906_25, 0.015_625, 0.0625, 0.25, 1.0, 4.0]))],
    ),
    (
        "gradient_boosting",
        &[("depth", Integers(&[1, 2, 3, 4])), ("rate", Reals(&[0.05, 0.1])), ("rounds", Integers(&[50, 100, 200]))],
    ),
    (
        "gtbr",
        &[
            ("depth", Integers(&[1, 3])),
            ("rate", Reals(&[0.05, 0.1])),
            ("rounds", Integers(&[50, 100, 200])),
            ("rows", Reals(&[0.5, 0.75])),
        ],
    ),
    (
        "gbsa",
        &[
            ("depth", Integers(&[1, 2, 3])),
            ("learning_rate", Reals(&[0.05, 0.1])),
            ("trees", Integers(&[50, 100, 200])),
            ("subsample", Reals(&[0.5, 1.0])),
        ],
    ),
    ("knn", &[("k", Integers(&[15, 11, 9, 7, 5, 3])), ("weight", Words(&["uniform", "distance"]))]),
    ("naive_bayes", &[("smoothing", Reals(&[1e-1, 1e-2, 1e-3, 1e-6, 1e-9]))]),
    ("random_forest", &[("leaf", Integers(&[10, 5, 3, 1])), ("trees", Integers(&[200, 500]))]),
    (
        "rotation_forest",
        &[("trees", Integers(&[25, 50, 100])), ("group", Integers(&[5, 4, 3, 2])), ("rows", Reals(&[0.5, 0.75]))],
    ),
    ("rsf", &[("depth", Integers(&[2, 4, 8])), ("leaf", Integers(&[15, 9, 6, 3])), ("trees", Integers(&[100, 300]))]),
    (
        "stacking",
        &[
            ("bases", Words(&["forest and logistic", "forest, boosting and svm", "all"])),
            ("C", Reals(&[0.1, 0.3, 1.0, 3.0])),
            ("trees", Integers(&[50, 100])),
        ],
    ),
    ("survival_tree", &[("depth", Integers(&[1, 2, 3, 4])), ("leaf", Integers(&[20, 10, 5, 3]))]),
    ("svm", &[("kernel", Words(&["linear", "rbf"])), ("C", Reals(&[0.01, 0.1, 1.0, 10.0, 100.0]))]),
];

/// The grid of a learner; values that its card does not admit are left out, and so is a setting
/// that it does not have.
pub fn of(card: &Card) -> Vec<(&'static str, Vec<Value>)> {
    let Some((_, grid)) = GRIDS.iter().find(|(name, _)| *name == card.name) else { return Vec::new() };
    grid.iter()
        .filter_map(|(name, axis)| {
            let parameter = card.parameter(name)?;
            let values = values(axis).into_iter().filter_map(|value| parameter.domain.admit(value).ok());
            let values: Vec<Value> = values.collect();
            (!values.is_empty()).then_some((parameter.name, values))
        })
        .collect()
}

fn values(axis: &Axis) -> Vec<Value> {
    match axis {
        Integers(values) => values.iter().map(|value| Value::Integer(*value)).collect(),
        Reals(values) => values.iter().map(|value| Value::Real(*value)).collect(),
        Words(values) => values.iter().map(|value| Value::Text((*value).to_owned())).collect(),
    }
}

/// Names of learners with a grid, each with its settings and how many values they have.
#[cfg(test)]
pub(crate) fn stated() -> Vec<(&'static str, Vec<(&'static str, usize)>)> {
    let axes = |grid: &Grid| grid.iter().map(|(name, axis)| (*name, values(axis).len())).collect();
    GRIDS.iter().map(|(name, grid)| (*name, axes(grid))).collect()
}
