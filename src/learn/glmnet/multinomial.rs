//! The multinomial likelihood with one coefficient vector a class (glmnet's ungrouped, symmetric
//! parametrisation): given the other classes each class is a binomial with an offset, and the
//! classes take turns.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::progress::Watch;

use super::super::seam::FitError;
use super::super::training::{log_one_plus_exp, logistic, refuse};
use super::path::{Control, Family, Lambdas, Penalty, Walker, factors, sequence};
use super::standardise::StandardisedColumns;

const NAME: &str = "elastic_net";

/// One class given the others: `log_rest` is the log of the summed exponentials of the others.
struct ClassGivenOthers<'a> {
    class: usize,
    classes: &'a [usize],
    weights: &'a [f64],
    log_rest: Vec<f64>,
}

impl Family for ClassGivenOthers<'_> {
    fn loss(&self, eta: &[f64]) -> f64 {
        (0..eta.len())
            .map(|row| {
                let own = if self.classes[row] == self.class { eta[row] - self.log_rest[row] } else { 0.0 };
                self.weights[row] * (log_one_plus_exp(eta[row] - self.log_rest[row]) - own)
            })
            .sum()
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]) {
        for row in 0..eta.len() {
            let p = logistic(eta[row] - self.log_rest[row]);
            let observed = if self.classes[row] == self.class { 1.0 } else { 0.0 };
            score[row] = self.weights[row] * (observed - p);
            curvature[row] = self.weights[row] * (p * (1.0 - p)).max(1e-9);
        }
    }

    fn saturated(&self) -> f64 {
        0.0
    }
}

/// Intercept and nonzero slopes of one class.
pub type ClassCoefficients = (f64, Vec<(usize, f64)>);

/// Solutions over lambda, one coefficient vector a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultinomialPath {
    pub lambda: Vec<f64>,
    /// By lambda, by class; intercepts sum to zero over classes.
    pub coefficients: Vec<Vec<ClassCoefficients>>,
    pub deviance_ratio: Vec<f64>,
    pub null_deviance: f64,
    pub features: usize,
    pub stopped: Option<String>,
}

impl MultinomialPath {
    /// Class probabilities of one row of features at the lambda numbered `index`.
    pub fn probabilities(&self, index: usize, row: &[f64]) -> Vec<f64> {
        let eta: Vec<f64> = self.coefficients[index]
            .iter()
            .map(|(intercept, slopes)| {
                slopes.iter().fold(*intercept, |sum, (feature, slope)| sum + slope * row[*feature])
            })
            .collect();
        let total = log_sum_exp(eta.iter().copied());
        eta.iter().map(|eta| (eta - total).exp()).collect()
    }
}

fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln()
}

/// Mean loss of all classes together.
fn loss(etas: &[&[f64]], classes: &[usize], weights: &[f64]) -> f64 {
    (0..classes.len())
        .map(|row| weights[row] * (log_sum_exp(etas.iter().map(|eta| eta[row])) - etas[classes[row]][row]))
        .sum()
}

/// The path of `sum_i w_i (log sum_k exp(eta_ik) - eta_i,y_i) + penalty over all classes`.
/// `classes` are numbers below `count`.
///
/// # Errors
/// [`FitError::NotEstimable`] when a class is absent or no feature varies.
#[allow(clippy::too_many_arguments)]
pub fn fit(
    x: ArrayView2<'_, f64>,
    classes: &[usize],
    count: usize,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    watch: &Watch,
) -> Result<MultinomialPath, FitError> {
    let (rows, features) = x.dim();
    let columns = StandardisedColumns::new(x, weights, control.standardise);
    let mut shares = vec![0.0; count];
    for (class, weight) in classes.iter().zip(columns.weights()) {
        *shares.get_mut(*class).ok_or_else(|| refuse(NAME, format!("class {class} is not below {count}")))? += weight;
    }
    if classes.len() != rows || count < 2 || shares.iter().any(|share| *share <= 0.0) {
        return Err(refuse(NAME, "a class has no training row"));
    }
    let usable: Vec<usize> = (0..features).filter(|feature| columns.usable(*feature)).collect();
    if usable.is_empty() {
        return Err(refuse(NAME, "no feature varies"));
    }
    let factors = factors(&columns, penalty, NAME)?;
    let mean_log = shares.iter().map(|share| share.ln()).sum::<f64>() / count as f64;
    let mut walkers: Vec<_> = (0..count)
        .map(|class| {
            let family = ClassGivenOthers { class, classes, weights: columns.weights(), log_rest: vec![0.0; rows] };
            let mut walker = Walker::new(&columns, family, factors.clone(), penalty.alpha, control, watch);
            let start = shares[class].ln() - mean_log;
            walker.beta[features] = start;
            walker.eta.fill(start);
            walker.enter(features);
            for feature in usable.iter().filter(|feature| factors[**feature] == 0.0) {
                walker.enter(*feature);
            }
            walker
        })
        .collect();
    let total_loss = |walkers: &[Walker<'_, ClassGivenOthers<'_>>]| {
        let etas: Vec<&[f64]> = walkers.iter().map(|walker| walker.eta.as_slice()).collect();
        loss(&etas, classes, columns.weights())
    };
    let null = total_loss(&walkers);
    for walker in &mut walkers {
        walker.enough = control.threshold * null;
    }
    // Rounds over the classes until none moves.
    let rounds = |walkers: &mut [Walker<'_, ClassGivenOthers<'_>>]| -> Result<bool, FitError> {
        for _ in 0..10_000 {
            let mut moved = 0.0_f64;
            for class in 0..count {
                let rest: Vec<f64> = (0..rows)
                    .map(|row| {
                        let others = walkers.iter().enumerate().filter(|(other, _)| *other != class);
                        log_sum_exp(others.map(|(_, walker)| walker.eta[row]))
                    })
                    .collect();
                walkers[class].family.log_rest = rest;
                match walkers[class].solve()? {
                    Some(first) => moved = moved.max(first),
                    None => return Ok(false),
                }
            }
            if moved <= walkers[0].enough {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if factors.contains(&0.0) && !rounds(&mut walkers)? {
        return Err(refuse(NAME, "the model of the unpenalised features does not converge"));
    }
    let mut gradient = vec![0.0; features + 1];
    let mut largest = 0.0_f64;
    for class in 0..count {
        let rest: Vec<f64> = (0..rows)
            .map(|row| {
                let others = walkers.iter().enumerate().filter(|(other, _)| *other != class);
                log_sum_exp(others.map(|(_, walker)| walker.eta[row]))
            })
            .collect();
        walkers[class].family.log_rest = rest;
        walkers[class].refresh();
        for feature in usable.iter().filter(|feature| factors[**feature] > 0.0) {
            let value = super::super::least_squares::dot(columns.column(*feature), &walkers[class].score);
            largest = largest.max(value.abs() / factors[*feature]);
        }
    }
    largest /= penalty.alpha.max(1e-3);
    let mut path = MultinomialPath {
        lambda: Vec::new(),
        coefficients: Vec::new(),
        deviance_ratio: Vec::new(),
        null_deviance: 2.0 * null * rows as f64,
        features,
        stopped: None,
    };
    let automatic = matches!(lambdas, Lambdas::Automatic { .. });
    for lambda in sequence(lambdas, largest, rows, features, NAME)? {
        for walker in &mut walkers {
            walker.set_lambda(lambda);
        }
        let converged = loop {
            if !rounds(&mut walkers)? {
                break false;
            }
            let mut any = false;
            for walker in &mut walkers {
                walker.refresh();
                let outside: Vec<usize> =
                    usable.iter().copied().filter(|feature| !walker.in_working[*feature]).collect();
                any |= walker.violations(&outside, &mut gradient);
            }
            if !any {
                break true;
            }
        };
        if !converged {
            path.stopped = Some(format!("coordinate descent did not converge at lambda {lambda:.4e}"));
            break;
        }
        let mut coefficients: Vec<ClassCoefficients> =
            walkers.iter().map(|walker| columns.original(&walker.beta)).collect();
        let centre = coefficients.iter().map(|(intercept, _)| intercept).sum::<f64>() / count as f64;
        for (intercept, _) in &mut coefficients {
            *intercept -= centre;
        }
        let ratio = 1.0 - total_loss(&walkers) / null;
        path.lambda.push(lambda);
        path.coefficients.push(coefficients);
        path.deviance_ratio.push(ratio);
        let fitted = path.deviance_ratio.len();
        if automatic && fitted >= 5 && (ratio - path.deviance_ratio[fitted - 2] < 1e-5 || ratio > 0.999) {
            break;
        }
    }
    if path.lambda.is_empty() {
        return Err(refuse(NAME, path.stopped.unwrap_or_else(|| "there is no lambda".to_owned())));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::super::super::training::testing::two_classes;
    use super::super::binomial;
    use super::*;
    use crate::stats::Outcome;

    // With two classes the symmetric penalty halves each slope: the lasso at lambda equals the
    // binomial lasso at lambda.
    #[test]
    fn two_classes_are_the_binomial() {
        let (x, _, outcome) = two_classes(80, 6, 11);
        let Outcome::Binary(labels) = &outcome else { unreachable!() };
        let classes: Vec<usize> = labels.iter().map(|label| usize::from(*label)).collect();
        let penalty = Penalty { alpha: 1.0, factors: None };
        let control = Control { threshold: 1e-13, ..Control::default() };
        let given = Lambdas::Given(vec![0.1, 0.05, 0.02]);
        let a = binomial::fit(x.view(), labels, None, &penalty, &given, &control, &Watch::silent()).unwrap();
        let b = fit(x.view(), &classes, 2, None, &penalty, &given, &control, &Watch::silent()).unwrap();
        for index in 0..3 {
            assert!((a.deviance_ratio[index] - b.deviance_ratio[index]).abs() < 1e-6);
            let p = b.probabilities(index, &x.row(0).to_vec())[1];
            let (intercept, slopes) = a.at(a.lambda[index]);
            let eta = intercept + x.row(0).iter().zip(&slopes).map(|(x, b)| x * b).sum::<f64>();
            assert!((p - logistic(eta)).abs() < 1e-4, "{p} {}", logistic(eta));
        }
    }
}
