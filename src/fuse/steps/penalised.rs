//! Selection by a penalised regression: what `elastic_net`, `lasso` and `cox_lasso` share.

use ndarray::Array2;

use crate::card::{Domain, EndpointKind, Initial, Parameter, Settings};
use crate::learn::block::Block;
use crate::learn::elastic_net::{self, NetPlan, Strength};
use crate::learn::glmnet::{Measure, Penalty, Rule};
use crate::learn::seam::{FitError, FittedStep, Unread};
use crate::learn::steps::columns::moments;
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;
use crate::survival::coxnet;

pub const FOLDS: Parameter = Parameter {
    name: "folds",
    domain: Domain::Integer { low: 2, high: 100 },
    default: Initial::Integer(10),
    summary: "Folds of the cross-validation of lambda, inside the training rows.",
};
pub const MIN_COEF: Parameter = Parameter {
    name: "min_coef",
    domain: Domain::Real { low: 0.0, high: f64::INFINITY },
    default: Initial::Real(0.0),
    summary: "A feature stays if its coefficient per standard deviation is above 0 and at least this in size.",
};
pub const TOP: Parameter = Parameter {
    name: "top",
    domain: Domain::Integer { low: 1, high: i64::MAX },
    default: Initial::Derived("all with a coefficient"),
    summary: "Keep at most so many features, those with the largest coefficients per standard deviation.",
};
pub const RULE: Parameter = Parameter {
    name: "rule",
    domain: Domain::Choice(&["min", "1se"]),
    default: Initial::Choice("min"),
    summary: "min: the lambda with the best mean deviance; 1se: the largest within one standard error of it.",
};
pub const LAMBDA: Parameter = Parameter {
    name: "lambda",
    domain: Domain::Real { low: 0.0, high: f64::INFINITY },
    default: Initial::Derived("by cross-validation"),
    summary: "Strength of the penalty on glmnet's scale; without it lambda is cross-validated.",
};

pub const DOCUMENTATION: &str = "Fits the penalised regression of the endpoint on all columns (logistic for a binary, \
linear for a continuous, Breslow's partial likelihood for a censored endpoint), features standardised, lambda by \
cross-validation inside the training rows. With b_j the coefficient and s_j the training standard deviation of \
feature j, it stays if |b_j| s_j > 0 and |b_j| s_j ≥ `min_coef`; with `top = k` the k largest of those. Columns keep \
their order. Where no feature stays the model has no feature of this block and predicts the same for everybody. The \
folds of lambda do not know groups of rows; the folds around the whole preparation do.";

/// What the penalised selections do not read once lambda is given.
pub fn unread(written: &[&str]) -> Unread {
    if written.contains(&"lambda") {
        Unread { settings: &["folds", "rule"], because: "`lambda` is given" }
    } else {
        Unread::NONE
    }
}

/// Numbers of a block for a selector that takes no missing value.
///
/// # Errors
/// [`FitError::Levels`] or [`FitError::Missing`] with the column.
pub fn complete_matrix(block: &Block, step: &'static str) -> Result<Array2<f64>, FitError> {
    let x = block.matrix()?;
    for (column, values) in block.columns().iter().zip(x.columns()) {
        if values.iter().any(|value| value.is_nan()) {
            return Err(FitError::Missing { learner: step, column: column.name.clone() });
        }
    }
    Ok(x)
}

/// Fits the regression and keeps what its coefficients say.
pub fn select(
    step: &'static str,
    l1_ratio: f64,
    block: &Block,
    outcome: &Outcome,
    settings: &Settings,
    stream: &Stream,
    watch: &Watch,
) -> Result<Box<dyn FittedStep>, FitError> {
    let x = complete_matrix(block, step)?;
    if x.ncols() == 0 {
        return Err(FitError::NothingLeft { step: step.to_owned() });
    }
    let rule = if settings.choice("rule") == "1se" { Rule::OneStandardError } else { Rule::Minimum };
    let folds = settings.count("folds");
    let lambda = settings.real_if_given("lambda");
    let (slopes, tuned) = match outcome {
        Outcome::Survival(censored) => {
            let strength = match lambda {
                Some(lambda) => coxnet::Strength::Lambda(lambda),
                None => coxnet::Strength::CrossValidated { folds, rule, measure: Measure::Deviance },
            };
            let penalty = Penalty { alpha: l1_ratio, factors: None };
            let net = coxnet::fit(x.view(), censored, None, &penalty, &strength, stream, watch)?;
            (net.slopes, net.tuned)
        }
        _ => {
            let measure =
                if outcome.kind() == EndpointKind::Binary { Measure::Deviance } else { Measure::MeanSquaredError };
            let strength = match lambda {
                Some(lambda) => Strength::Lambda(lambda),
                None => Strength::CrossValidated { folds, rule, measure },
            };
            let plan = NetPlan { alpha: l1_ratio, strength, standardise: true, factors: None, lambdas: 100 };
            let net = elastic_net::fit(x.view(), outcome, None, &plan, stream, watch)?;
            (net.slopes, net.tuned)
        }
    };
    let least = settings.real("min_coef");
    let scores: Vec<(usize, f64)> = slopes
        .iter()
        .enumerate()
        .filter(|(_, slope)| **slope != 0.0)
        .map(|(index, slope)| {
            let spread = moments(&x.column(index).to_vec()).map_or(0.0, |(_, variance)| variance.sqrt());
            (index, slope * spread)
        })
        .collect();
    let mut chosen: Vec<(usize, f64)> =
        scores.iter().copied().filter(|(_, score)| score.abs() > 0.0 && score.abs() >= least).collect();
    if let Some(top) = settings.count_if_given("top") {
        chosen.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        chosen.truncate(top);
        chosen.sort_by_key(|(index, _)| *index);
    }
    let name = |index: usize| block.columns()[index].name.clone();
    let kept = chosen.iter().map(|(index, _)| name(*index)).collect();
    let scores = scores.into_iter().map(|(index, score)| (name(index), score)).collect();
    Ok(Box::new(Selected::new(step, "coefficient per standard deviation", kept, scores)?.with_tuned(tuned)))
}
