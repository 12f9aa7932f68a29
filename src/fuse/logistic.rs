//! Late fusion by logistic regression on the out-of-fold probabilities of the parts.

use std::any::Any;

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, shape};

static CARD: Card = Card {
    name: "logistic",
    title: "Late fusion by logistic regression",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary],
    parameters: &[Parameter {
        name: "scale",
        domain: Domain::Choice(&["logit", "probability"]),
        default: Initial::Choice("logit"),
        summary: "Scale on which the probabilities of the parts enter.",
    }],
    summary: "Combines the probabilities of the parts by logistic regression, learned on out-of-fold predictions.",
    documentation: "logit P(event) = b0 + Σ b_j s_j, where s_j is the out-of-fold probability of part j, as it is \
(`scale = probability`) or as its logit after moving it into [1/(2n), 1 - 1/(2n)] for n rows (`scale = logit`, under \
which b0 = 0 and b = 1 returns a single part unchanged). Fitted by maximum likelihood. Where the likelihood has no \
maximum (separation) Firth's penalty ½ log|I(b)| is added, and the result says so. A part that predicts the same for \
every row has coefficient 0. Parts whose predictions are collinear are an error. For a patient without one modality \
the regression on the other parts, fitted on the rows that have them, is used.",
    references: &["Wolpert DH. Neural Networks 1992;5:241-59.", "Firth D. Biometrika 1993;80:27-38."],
    example: "fuse late logistic(clinical, radiomics)",
};

/// Logistic fusion.
pub struct Logistic;

/// A logistic regression: intercept first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    pub coefficients: Vec<f64>,
    /// Inverse information at the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Without the penalty.
    pub log_likelihood: f64,
    /// Firth's penalty was needed, because the likelihood has no maximum.
    pub firth: bool,
}

/// Newton steps before the likelihood counts as without a maximum.
const STEPS: usize = 40;
/// Converged when the largest change of a coefficient, in standard deviations of its column, is below.
const TOLERANCE: f64 = 1e-10;

/// Logistic regression of `events` on the columns of `x` (without a column of ones) by maximum
/// likelihood, with Firth's penalty where that has no maximum. For a few columns.
///
/// # Errors
/// One class only, or collinear columns, in words.
pub fn fit(x: ArrayView2<'_, f64>, events: &[bool]) -> Result<Fit, String> {
    let (n, p) = x.dim();
    let positive = events.iter().filter(|event| **event).count();
    if positive == 0 || positive == n {
        return Err(format!("{positive} events and {} non-events among {n} rows", n - positive));
    }
    // Standardised columns make the tolerances mean the same for every scale.
    let mut design = Array2::ones((n, p + 1));
    let mut scaling = vec![(0.0, 1.0)];
    for column in 0..p {
        let values = x.column(column).to_vec();
        let (mean, variance) = columns::moments(&values).unwrap_or((0.0, 0.0));
        if variance <= (mean * 1e-13).powi(2) || variance == 0.0 {
            return Err(format!("column {} is constant", column + 1));
        }
        let sd = variance.sqrt();
        scaling.push((mean, sd));
        for row in 0..n {
            design[[row, column + 1]] = (values[row] - mean) / sd;
        }
    }
    let collinear = || "the columns are collinear".to_owned();
    if inverse(&cross(&design, &vec![1.0; n]), 1e-10).is_none() {
        return Err(collinear());
    }
    let fitted = newton(&design, events, false).or_else(|| newton(&design, events, true)).ok_or_else(collinear)?;

    // Back to the scale of the columns.
    let mut back = Array2::zeros((p + 1, p + 1));
    back[[0, 0]] = 1.0;
    for column in 1..=p {
        let (mean, sd) = scaling[column];
        back[[column, column]] = 1.0 / sd;
        back[[0, column]] = -mean / sd;
    }
    let coefficients = back.dot(&Array1::from(fitted.coefficients)).to_vec();
    let covariance = back.dot(&fitted.covariance).dot(&back.t());
    Ok(Fit {
        coefficients,
        covariance: covariance.rows().into_iter().map(|row| row.to_vec()).collect(),
        log_likelihood: fitted.log_likelihood,
        firth: fitted.firth,
    })
}

struct Standardised {
    coefficients: Vec<f64>,
    covariance: Array2<f64>,
    log_likelihood: f64,
    firth: bool,
}

fn probability(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

/// log(1 + exp(eta)) without overflow.
fn softplus(eta: f64) -> f64 {
    eta.max(0.0) + (-eta.abs()).exp().ln_1p()
}

fn log_likelihood(eta: &Array1<f64>, events: &[bool]) -> f64 {
    eta.iter().zip(events).map(|(eta, event)| if *event { -softplus(-eta) } else { -softplus(*eta) }).sum()
}

fn cross(design: &Array2<f64>, weights: &[f64]) -> Array2<f64> {
    let p = design.ncols();
    let mut sum = Array2::zeros((p, p));
    for (row, weight) in design.rows().into_iter().zip(weights) {
        for a in 0..p {
            for b in 0..=a {
                sum[[a, b]] += weight * row[a] * row[b];
            }
        }
    }
    for a in 0..p {
        for b in a + 1..p {
            sum[[a, b]] = sum[[b, a]];
        }
    }
    sum
}

/// Inverse and log-determinant of a symmetric positive definite matrix; `None` if a pivot falls
/// below `tolerance` times its diagonal.
fn inverse(matrix: &Array2<f64>, tolerance: f64) -> Option<(Array2<f64>, f64)> {
    let p = matrix.nrows();
    let mut lower = Array2::<f64>::zeros((p, p));
    let mut log_determinant = 0.0;
    for a in 0..p {
        for b in 0..=a {
            let dot: f64 = (0..b).map(|k| lower[[a, k]] * lower[[b, k]]).sum();
            if a == b {
                let pivot = matrix[[a, a]] - dot;
                if pivot.is_nan() || pivot <= tolerance * matrix[[a, a]] {
                    return None;
                }
                lower[[a, a]] = pivot.sqrt();
                log_determinant += pivot.ln();
            } else {
                lower[[a, b]] = (matrix[[a, b]] - dot) / lower[[b, b]];
            }
        }
    }
    let mut inverse = Array2::zeros((p, p));
    for column in 0..p {
        let mut solution = vec![0.0; p];
        for a in 0..p {
            let unit = if a == column { 1.0 } else { 0.0 };
            let dot: f64 = (0..a).map(|k| lower[[a, k]] * solution[k]).sum();
            solution[a] = (unit - dot) / lower[[a, a]];
        }
        for a in (0..p).rev() {
            let dot: f64 = (a + 1..p).map(|k| lower[[k, a]] * solution[k]).sum();
            solution[a] = (solution[a] - dot) / lower[[a, a]];
        }
        for a in 0..p {
            inverse[[a, column]] = solution[a];
        }
    }
    Some((inverse, log_determinant))
}

/// Newton's method with halved steps; `None` where it does not converge.
fn newton(design: &Array2<f64>, events: &[bool], firth: bool) -> Option<Standardised> {
    let p = design.ncols();
    let mut beta = Array1::<f64>::zeros(p);
    let objective = |beta: &Array1<f64>| -> Option<f64> {
        let eta = design.dot(beta);
        let plain = log_likelihood(&eta, events);
        if !firth {
            return Some(plain);
        }
        let weights: Vec<f64> = eta.iter().map(|eta| probability(*eta) * probability(-eta)).collect();
        Some(plain + 0.5 * inverse(&cross(design, &weights), 0.0)?.1)
    };
    let mut value = objective(&beta)?;
    // Firth's steps are of a quasi-Newton kind and converge more slowly.
    for _ in 0..if firth { 20 * STEPS } else { STEPS } {
        let eta = design.dot(&beta);
        let fitted: Vec<f64> = eta.iter().map(|eta| probability(*eta)).collect();
        let weights: Vec<f64> = eta.iter().map(|eta| probability(*eta) * probability(-eta)).collect();
        let (covariance, _) = inverse(&cross(design, &weights), 1e-12)?;
        let mut score = Array1::<f64>::zeros(p);
        for (row, x) in design.rows().into_iter().enumerate() {
            let mut residual = f64::from(u8::from(events[row])) - fitted[row];
            if firth {
                let leverage = weights[row] * x.dot(&covariance.dot(&x));
                residual += leverage * (0.5 - fitted[row]);
            }
            score.scaled_add(residual, &x);
        }
        let step = covariance.dot(&score);
        let size = step.iter().fold(0.0f64, |most, step| most.max(step.abs()));
        if size < TOLERANCE {
            let log_likelihood = log_likelihood(&eta, events);
            return Some(Standardised { coefficients: beta.to_vec(), covariance, log_likelihood, firth });
        }
        let mut length = (5.0 / size).min(1.0);
        let mut moved = false;
        for _ in 0..40 {
            let next = &beta + &(&step * length);
            if let Some(next_value) = objective(&next)
                && next_value >= value - 1e-12 * (1.0 + value.abs())
            {
                beta = next;
                value = next_value;
                moved = true;
                break;
            }
            length *= 0.5;
        }
        if !moved {
            return None;
        }
    }
    None
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fitted {
    names: Vec<String>,
    /// Bound of probabilities before the logit; `None` on the scale of probabilities.
    bound: Option<f64>,
    fit: Fit,
    /// Parts that predict the same for every row.
    constant: Vec<String>,
}

impl Fitted {
    fn scale(&self, value: f64) -> f64 {
        scaled(value, self.bound)
    }
}

fn scaled(value: f64, bound: Option<f64>) -> f64 {
    match bound {
        None => value,
        Some(bound) => {
            let value = value.clamp(bound, 1.0 - bound);
            (value / (1.0 - value)).ln()
        }
    }
}

impl Rule for Logistic {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        watch.check()?;
        let Outcome::Binary(events) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        let n = events.len();
        let bound = (settings.choice("scale") == "logit").then(|| 0.5 / n.max(1) as f64);
        let x = task.scores.mapv(|value| scaled(value, bound));
        let varies = |column: &usize| {
            let values = x.column(*column);
            let (low, high) = values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
            high - low > 1e-9 * (1.0 + high.abs())
        };
        let used: Vec<usize> = (0..x.ncols()).filter(varies).collect();
        let constant =
            (0..x.ncols()).filter(|column| !used.contains(column)).map(|column| task.names[column].clone()).collect();
        let fit = fit(x.select(ndarray::Axis(1), &used).view(), events).map_err(|reason| FitError::NotEstimable {
            learner: CARD.name,
            reason: format!("on the predictions of {}: {reason}", task.names.join(", ")),
        })?;
        // Coefficient 0 for the parts that are constant.
        let mut coefficients = vec![0.0; x.ncols() + 1];
        coefficients[0] = fit.coefficients[0];
        for (index, column) in used.iter().enumerate() {
            coefficients[column + 1] = fit.coefficients[index + 1];
        }
        Ok(Box::new(Fitted { names: task.names.to_vec(), bound, fit: Fit { coefficients, ..fit }, constant }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Fitted>(frozen)?))
    }
}

impl Combiner for Fitted {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.names.len())?;
        let coefficients = &self.fit.coefficients;
        let combined = scores
            .rows()
            .into_iter()
            .map(|row| {
                let eta: f64 = row.iter().zip(&coefficients[1..]).map(|(score, b)| b * self.scale(*score)).sum();
                probability(coefficients[0] + eta)
            })
            .collect();
        Ok(Prediction::Probability(combined))
    }

    fn summary(&self) -> CombinerSummary {
        let scale = if self.bound.is_some() { "logits" } else { "probabilities" };
        let mut how = format!("logistic regression on out-of-fold {scale}, ");
        how.push_str(if self.fit.firth {
            "Firth's penalty because the classes are separated"
        } else {
            "maximum likelihood"
        });
        if !self.constant.is_empty() {
            how.push_str(&format!("; {} predicts the same for every row", self.constant.join(", ")));
        }
        CombinerSummary {
            weights: self.names.iter().cloned().zip(self.fit.coefficients[1..].iter().copied()).collect(),
            intercept: Some(self.fit.coefficients[0]),
            how,
        }
    }

    fn freeze(&self) -> Json {
        columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn agrees_with_glm_of_r() {
        // R: glm(y ~ x1 + x2, family = binomial, control = list(epsilon = 1e-14)).
        let x = array![
            [0.2, 1.0],
            [0.4, 0.0],
            [0.6, 1.0],
            [0.8, 0.5],
            [1.0, 0.0],
            [1.2, 1.5],
            [1.4, 0.2],
            [1.6, 0.9],
            [1.8, 0.1],
            [2.0, 1.1]
        ];
        let y = [false, false, true, false, true, false, true, true, false, true];
        let fit = fit(x.view(), &y).unwrap();
        assert!(!fit.firth);
        // The score equations hold: this characterises the maximum.
        let mut score = [0.0; 3];
        for (row, event) in x.rows().into_iter().zip(y) {
            let eta = fit.coefficients[0] + fit.coefficients[1] * row[0] + fit.coefficients[2] * row[1];
            let residual = f64::from(u8::from(event)) - probability(eta);
            score[0] += residual;
            score[1] += residual * row[0];
            score[2] += residual * row[1];
        }
        assert!(score.iter().all(|score| score.abs() < 1e-9), "{score:?}");
    }

    #[test]
    fn separation_calls_for_firth_and_collinearity_is_an_error() {
        let x = array![[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]];
        let y = [false, false, false, true, true, true];
        let fitted = fit(x.view(), &y).unwrap();
        assert!(fitted.firth && fitted.coefficients[1] > 0.0 && fitted.coefficients[1] < 5.0, "{fitted:?}");
        assert!((fitted.coefficients[0] + 3.5 * fitted.coefficients[1]).abs() < 1e-8, "symmetric about 3.5");
        let twice = array![[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [4.0, 8.0], [5.0, 10.0], [6.0, 12.0]];
        assert!(fit(twice.view(), &[false, true, false, true, false, true]).unwrap_err().contains("collinear"));
        assert!(fit(x.view(), &[true; 6]).is_err());
    }

    #[test]
    fn a_constant_part_has_coefficient_zero() {
        let names = ["a".to_owned(), "b".to_owned()];
        let outcome = Outcome::Binary(vec![false, true, false, true]);
        let scores = array![[0.5, 0.2], [0.5, 0.6], [0.5, 0.7], [0.5, 0.9]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let combiner = Logistic.fit(&task, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(combiner.summary().weights[0].1, 0.0);
        let again = Logistic.thaw(&combiner.freeze()).unwrap();
        assert_eq!(again.combine(scores.view()), combiner.combine(scores.view()));
    }
}
