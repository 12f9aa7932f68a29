//! Cox's proportional hazards regression.
//!
//! The hazard of a patient is `h0(t) exp(x'beta)`; the coefficients maximise the log partial
//! likelihood, by Newton's method on standardised columns. Ties by Efron, Breslow or the exact
//! (discrete) method; case weights, strata, left truncation and `(entry, time]` intervals,
//! offsets, robust (sandwich) errors grouped by cluster. Follows R's `survival::coxph`.

pub mod baseline;
pub mod events;
pub mod ldl;
pub mod likelihood;
pub mod proportionality;
pub mod residuals;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::error::{SurvivalError, check_follow_up, check_weights, same_length};
use crate::stats::distribution::{chi_square_sf, normal_multiplier, normal_two_sided};
use crate::stats::{Censored, NotEstimable};
use ldl::Ldl;
use likelihood::{Derivatives, PartialLikelihood, RiskOrder};

/// Relative size below which a pivot of the information counts as zero.
const PIVOT: f64 = 1e-11;
const MAX_ITERATIONS: usize = 100;

/// How tied event times share a risk set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    Efron,
    Breslow,
    /// The discrete conditional likelihood (Gail, Lubin and Rubinstein 1981).
    Exact,
}

/// The patients of a Cox regression.
#[derive(Clone, Copy, Debug)]
pub struct CoxData<'a> {
    /// Patients by covariates, nothing missing.
    pub x: ArrayView2<'a, f64>,
    /// One a column of `x`.
    pub names: &'a [String],
    /// Event 1 is the event; every other code counts as censored.
    pub outcome: &'a Censored,
    /// Case weights above 0.
    pub weights: Option<&'a [f64]>,
    /// Each stratum has its own baseline hazard.
    pub strata: Option<&'a [u32]>,
    /// Rows of one cluster are not independent; asks for robust errors.
    pub cluster: Option<&'a [u32]>,
    /// Added to the linear predictor with coefficient 1.
    pub offset: Option<&'a [f64]>,
}

impl<'a> CoxData<'a> {
    /// Unweighted, unstratified.
    pub fn new(x: ArrayView2<'a, f64>, names: &'a [String], outcome: &'a Censored) -> Self {
        CoxData { x, names, outcome, weights: None, strata: None, cluster: None, offset: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoxOptions {
    pub ties: Ties,
    /// Coverage of intervals.
    pub level: f64,
    /// `penalty/2 |beta|^2` is taken off the log partial likelihood (scikit-survival's `alpha`).
    pub penalty: f64,
    /// Sandwich errors; a cluster asks for them as well.
    pub robust: bool,
}

impl Default for CoxOptions {
    fn default() -> Self {
        CoxOptions { ties: Ties::Efron, level: 0.95, penalty: 0.0, robust: false }
    }
}

/// The estimate of one coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coefficient {
    pub value: f64,
    /// Robust where asked for, otherwise from the information.
    pub se: f64,
    /// From the information; equal to `se` unless robust.
    pub naive_se: f64,
    pub z: f64,
    pub p: f64,
    pub hazard_ratio: f64,
    pub lower: f64,
    pub upper: f64,
}

/// A chi-squared test of all coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChiSquared {
    pub statistic: f64,
    pub df: usize,
    pub p: f64,
}

impl ChiSquared {
    pub fn new(statistic: f64, df: usize) -> Self {
        ChiSquared { statistic, df, p: chi_square_sf(statistic, df as f64) }
    }
}

/// A fitted Cox regression.
#[derive(Clone, Debug)]
pub struct CoxFit {
    pub names: Vec<String>,
    pub n: usize,
    pub events: usize,
    pub ties: Ties,
    pub level: f64,
    /// Maximum likelihood estimates; 0 where aliased.
    pub beta: Vec<f64>,
    /// Inverse information, and the sandwich where asked for.
    pub naive_variance: Array2<f64>,
    pub robust_variance: Option<Array2<f64>>,
    /// Log partial likelihood at 0 and at `beta`, without the penalty.
    pub log_likelihood: [f64; 2],
    /// One a covariate.
    pub coefficients: Vec<Result<Coefficient, NotEstimable>>,
    pub likelihood_ratio: ChiSquared,
    pub wald: ChiSquared,
    pub score: ChiSquared,
    /// Weighted mean of each covariate: the origin of [`CoxFit::linear_predictor`].
    pub means: Vec<f64>,
    /// Covariates along which the likelihood has no maximum, by index: a combination of them
    /// ranks every event at the extreme of its risk set, and their coefficients are infinite.
    pub monotone: Vec<usize>,
    pub iterations: usize,
    /// Events by stratum and time at the fitted coefficients.
    pub event_times: Vec<events::EventTime>,
}

impl CoxFit {
    /// The covariance in use: robust where asked for.
    pub fn variance(&self) -> &Array2<f64> {
        self.robust_variance.as_ref().unwrap_or(&self.naive_variance)
    }

    /// `(x - means)' beta` of each row.
    pub fn linear_predictor(&self, x: ArrayView2<'_, f64>) -> Vec<f64> {
        x.rows()
            .into_iter()
            .map(|row| row.iter().zip(&self.means).zip(&self.beta).map(|((x, mean), b)| (x - mean) * b).sum())
            .collect()
    }

    /// Akaike's criterion: `-2 l + 2 k`.
    pub fn aic(&self) -> f64 {
        -2.0 * self.log_likelihood[1] + 2.0 * self.likelihood_ratio.df as f64
    }

    /// Bayesian criterion with the number of events as its sample size (Volinsky and Raftery 2000).
    pub fn bic(&self) -> f64 {
        -2.0 * self.log_likelihood[1] + (self.events as f64).ln() * self.likelihood_ratio.df as f64
    }
}

/// Checks everything a Cox regression needs of its patients.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(data: &CoxData<'_>, options: &CoxOptions) -> Result<(), SurvivalError> {
    check_follow_up(data.outcome)?;
    let n = data.outcome.len();
    same_length("the covariate matrix", n, data.x.nrows())?;
    check_weights(data.weights, n)?;
    for (what, labels) in [("the strata", data.strata), ("the clusters", data.cluster)] {
        if let Some(labels) = labels {
            same_length(what, n, labels.len())?;
        }
    }
    if data.names.len() != data.x.ncols() {
        return Err(SurvivalError::Length {
            what: "the list of covariate names",
            expected: data.x.ncols(),
            found: data.names.len(),
        });
    }
    if data.x.ncols() == 0 {
        return Err(SurvivalError::NoCovariates);
    }
    if let Some(offset) = data.offset {
        same_length("the offset", n, offset.len())?;
        if let Some(row) = offset.iter().position(|value| !value.is_finite()) {
            return Err(SurvivalError::Covariate { column: "offset".to_owned(), row });
        }
    }
    for (column, name) in data.x.columns().into_iter().zip(data.names) {
        if let Some(row) = column.iter().position(|value| !value.is_finite()) {
            return Err(SurvivalError::Covariate { column: name.clone(), row });
        }
    }
    if options.ties == Ties::Exact && data.weights.is_some() {
        return Err(SurvivalError::WeightedExact);
    }
    if data.outcome.events() == 0 {
        return Err(SurvivalError::NoEvents { n });
    }
    Ok(())
}

/// Fits the regression.
///
/// Aliased columns (constant, or a combination of earlier ones) and covariates with a monotone
/// likelihood have no estimate and say so; the rest is estimated.
///
/// # Errors
/// Input that [`check`] rejects, or a likelihood that cannot be maximised.
pub fn fit(data: &CoxData<'_>, options: &CoxOptions) -> Result<CoxFit, SurvivalError> {
    check(data, options)?;
    let (n, p) = data.x.dim();
    let weight = |row: usize| data.weights.map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..n).map(weight).sum();
    let means: Vec<f64> = data
        .x
        .columns()
        .into_iter()
        .map(|column| column.iter().enumerate().map(|(row, x)| weight(row) * x).sum::<f64>() / total)
        .collect();
    let scales: Vec<f64> = data
        .x
        .columns()
        .into_iter()
        .zip(&means)
        .map(|(column, mean)| {
            let spread = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
            // Rounding of the mean alone is no variation.
            if spread > 1e-12 * mean.abs() && spread > 0.0 { spread } else { 0.0 }
        })
        .collect();
    let mut z = Array2::zeros((n, p));
    for j in (0..p).filter(|j| scales[*j] > 0.0) {
        for row in 0..n {
            z[[row, j]] = (data.x[[row, j]] - means[j]) / scales[j];
        }
    }
    let order = RiskOrder::new(data.outcome, data.strata);
    let likelihood = PartialLikelihood {
        x: z.view(),
        outcome: data.outcome,
        weights: data.weights,
        offset: data.offset,
        order: &order,
        ties: options.ties,
    };
    let ridge: Vec<f64> = scales.iter().map(|s| if *s > 0.0 { options.penalty / (s * s) } else { 0.0 }).collect();
    let maximum = maximise(&likelihood, &ridge)?;

    let monotone = maximum.monotone.clone();
    let unscale = |j: usize| if scales[j] > 0.0 { 1.0 / scales[j] } else { 0.0 };
    let beta: Vec<f64> = (0..p).map(|j| maximum.beta[j] * unscale(j)).collect();
    let factor = Ldl::new(&maximum.information, PIVOT);
    let inverse = factor.inverse();
    let naive_variance = Array2::from_shape_fn((p, p), |(i, j)| inverse[[i, j]] * unscale(i) * unscale(j));

    let eta = likelihood.predictor(&maximum.beta);
    let x: Vec<f64> = (0..n).flat_map(|row| (0..p).map(move |j| (row, j))).map(|at| data.x[at] - means[at.1]).collect();
    let risk: Vec<f64> = eta.iter().map(|eta| eta.exp()).collect();
    let event_times = events::event_times(&x, p, data.outcome, data.weights, &risk, &order, options.ties);

    let mut fit = CoxFit {
        names: data.names.to_vec(),
        n,
        events: data.outcome.events(),
        ties: options.ties,
        level: options.level,
        naive_variance,
        robust_variance: None,
        log_likelihood: [maximum.at_zero, maximum.value],
        coefficients: Vec::new(),
        likelihood_ratio: ChiSquared::new(2.0 * (maximum.value - maximum.at_zero).max(0.0), maximum.rank),
        wald: ChiSquared { statistic: 0.0, df: maximum.rank, p: 1.0 },
        score: ChiSquared::new(maximum.score_test, maximum.rank),
        means,
        monotone,
        iterations: maximum.iterations,
        event_times,
        beta,
    };
    if options.robust || data.cluster.is_some() {
        fit.robust_variance = Some(residuals::sandwich(&fit, data)?);
    }
    finish(&mut fit, &maximum.aliased, &scales);
    Ok(fit)
}

/// Wald statistics of a fit whose variances are known.
fn finish(fit: &mut CoxFit, aliased: &[bool], scales: &[f64]) {
    let half_width = normal_multiplier(fit.level);
    let p = fit.beta.len();
    let variance = fit.variance().clone();
    fit.coefficients = (0..p)
        .map(|j| {
            if scales[j] == 0.0 {
                return Err(NotEstimable::new(format!("`{}` is constant", fit.names[j])));
            }
            if aliased[j] {
                return Err(NotEstimable::new(format!(
                    "`{}` is a linear combination of the covariates before it",
                    fit.names[j]
                )));
            }
            if fit.monotone.contains(&j) {
                return Err(NotEstimable::new(format!(
                    "the likelihood is monotone in `{}`: it separates the events from those who outlive them, \
                     and its hazard ratio is {}",
                    fit.names[j],
                    if fit.beta[j] < 0.0 { "0" } else { "infinite" }
                )));
            }
            let (value, se) = (fit.beta[j], variance[[j, j]].sqrt());
            let z = value / se;
            Ok(Coefficient {
                value,
                se,
                naive_se: fit.naive_variance[[j, j]].sqrt(),
                z,
                p: normal_two_sided(z),
                hazard_ratio: value.exp(),
                lower: (value - half_width * se).exp(),
                upper: (value + half_width * se).exp(),
            })
        })
        .collect();
    // Columns differ in scale by orders of magnitude; the pivots are judged on correlations.
    let sd: Vec<f64> = (0..p).map(|j| variance[[j, j]].sqrt()).collect();
    let correlation = Array2::from_shape_fn((p, p), |(i, j)| {
        if sd[i] > 0.0 && sd[j] > 0.0 { variance[[i, j]] / (sd[i] * sd[j]) } else { 0.0 }
    });
    let z: Vec<f64> = (0..p).map(|j| if sd[j] > 0.0 { fit.beta[j] / sd[j] } else { 0.0 }).collect();
    let solved = Ldl::new(&correlation, PIVOT).solve(&z);
    let statistic: f64 = z.iter().zip(solved).map(|(z, solved)| z * solved).sum();
    fit.wald = ChiSquared::new(statistic.max(0.0), fit.likelihood_ratio.df);
}

/// Where Newton's method ended, on standardised columns.
struct Maximum {
    beta: Vec<f64>,
    value: f64,
    at_zero: f64,
    score_test: f64,
    rank: usize,
    aliased: Vec<bool>,
    information: Array2<f64>,
    monotone: Vec<usize>,
    iterations: usize,
}

fn maximise(likelihood: &PartialLikelihood<'_>, ridge: &[f64]) -> Result<Maximum, SurvivalError> {
    let p = ridge.len();
    let penalised = |beta: &[f64]| -> (Derivatives, f64) {
        let mut at = likelihood.at(beta);
        let mut objective = at.value;
        for j in 0..p {
            objective -= 0.5 * ridge[j] * beta[j] * beta[j];
            at.score[j] -= ridge[j] * beta[j];
            at.information[[j, j]] += ridge[j];
        }
        (at, objective)
    };
    let mut beta = vec![0.0; p];
    let (mut at, mut objective) = penalised(&beta);
    if !at.value.is_finite() {
        return Err(SurvivalError::because("the partial likelihood has no finite value at the start"));
    }
    let start = Ldl::new(&at.information, PIVOT);
    let aliased = start.aliased();
    let (at_zero, rank) = (at.value, start.rank());
    let score_test = dot(&at.score, &start.solve(&at.score)).max(0.0);
    let mut iterations = 0;
    let mut monotone = Vec::new();
    while iterations < MAX_ITERATIONS {
        let mut information = at.information.clone();
        for j in (0..p).filter(|j| aliased[*j]) {
            information.row_mut(j).fill(0.0);
            information.column_mut(j).fill(0.0);
        }
        let factor = Ldl::new(&information, 0.0);
        let step = factor.solve(&at.score);
        let decrement = dot(&step, &at.score);
        if !decrement.is_finite() {
            return Err(SurvivalError::because(
                "the partial likelihood cannot be maximised: its information is singular",
            ));
        }
        // A covariate whose coefficient runs away moves by about as much in every step.
        let running = step.iter().fold(0.0, |most: f64, step| most.max(step.abs()));
        if iterations >= 8 && running > 1e-3 && ridge.iter().all(|ridge| *ridge == 0.0) {
            monotone = monotone_along(likelihood, &step);
            if !monotone.is_empty() {
                break;
            }
        }
        if decrement <= 1e-30 {
            break;
        }
        iterations += 1;
        let mut fraction = 1.0;
        let mut moved = false;
        for _ in 0..40 {
            let trial: Vec<f64> = beta.iter().zip(&step).map(|(b, step)| b + fraction * step).collect();
            let (next, value) = penalised(&trial);
            if value.is_finite() && value >= objective - 1e-13 * objective.abs() {
                (beta, at, objective) = (trial, next, value);
                moved = true;
                break;
            }
            fraction *= 0.5;
        }
        if !moved {
            break;
        }
        // That step was so short that the error left, its square, is below rounding.
        if fraction == 1.0 && decrement < 1e-14 {
            break;
        }
    }
    if iterations == MAX_ITERATIONS {
        return Err(SurvivalError::because(format!(
            "the partial likelihood did not converge in {MAX_ITERATIONS} iterations"
        )));
    }
    let mut information = at.information;
    for j in (0..p).filter(|j| aliased[*j]) {
        information.row_mut(j).fill(0.0);
        information.column_mut(j).fill(0.0);
    }
    Ok(Maximum { value: at.value, beta, at_zero, score_test, rank, aliased, information, monotone, iterations })
}

/// The covariates that carry `direction` if the likelihood rises along it for ever: at every
/// event time each event has the largest value of `direction' x` in its risk set.
fn monotone_along(likelihood: &PartialLikelihood<'_>, direction: &[f64]) -> Vec<usize> {
    let largest = direction.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    // Only the runaway part: the rest has converged.
    let direction: Vec<f64> =
        direction.iter().map(|value| if value.abs() < 1e-3 * largest { 0.0 } else { *value }).collect();
    let along: Vec<f64> =
        likelihood.x.rows().into_iter().map(|row| row.iter().zip(&direction).map(|(x, d)| x * d).sum()).collect();
    let (low, high) = along.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let tolerance = 1e-2 * (high - low);
    let outcome = likelihood.outcome;
    for range in &likelihood.order.strata {
        let rows = &likelihood.order.rows[range.clone()];
        let mut top = f64::NEG_INFINITY;
        let mut at = 0;
        while at < rows.len() {
            let time = outcome.time[rows[at]];
            let first = at;
            while at < rows.len() && outcome.time[rows[at]] == time {
                top = top.max(along[rows[at]]);
                at += 1;
            }
            let deaths = rows[first..at].iter().filter(|row| outcome.event[**row] == 1);
            let limit = match &outcome.entry {
                None => top,
                Some(entry) => rows[..at]
                    .iter()
                    .filter(|row| entry[**row] < time)
                    .map(|row| along[*row])
                    .fold(f64::NEG_INFINITY, f64::max),
            };
            for row in deaths {
                if along[*row] < limit - tolerance {
                    return Vec::new();
                }
            }
        }
    }
    (0..direction.len()).filter(|j| direction[*j] != 0.0).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The example of Therneau and Grambsch, appendix E.1, with its closed solution.
    #[test]
    fn the_textbook_example_has_its_closed_solution() {
        let outcome = Censored::new(vec![1.0, 1.0, 6.0, 6.0, 8.0, 9.0], vec![1, 0, 1, 1, 0, 1]);
        let x = array![[1.0], [1.0], [1.0], [0.0], [0.0], [0.0]];
        let names = named(&["x"]);
        let data = CoxData::new(x.view(), &names, &outcome);
        let breslow = fit(&data, &CoxOptions { ties: Ties::Breslow, ..CoxOptions::default() }).unwrap();
        let closed = ((3.0 + 33f64.sqrt()) / 2.0).ln();
        assert!((breslow.beta[0] - closed).abs() < 1e-12, "{}", breslow.beta[0]);
        let efron = fit(&data, &CoxOptions::default()).unwrap();
        let r = efron.beta[0].exp();
        // l(b) = 2b - log(3r+3) - log(r+3) - log((r+5)/2).
        let score = 2.0 - r / (r + 1.0) - r / (r + 3.0) - r / (r + 5.0);
        assert!(score.abs() < 1e-12, "{score}");
    }

    #[test]
    fn degenerate_patients_are_named() {
        let names = named(&["x"]);
        let x = array![[1.0], [2.0], [3.0]];
        let none = Censored::new(vec![1.0, 2.0, 3.0], vec![0, 0, 0]);
        assert_eq!(
            fit(&CoxData::new(x.view(), &names, &none), &CoxOptions::default()).unwrap_err(),
            SurvivalError::NoEvents { n: 3 }
        );
        let empty = Censored::new(vec![], vec![]);
        let nothing = Array2::zeros((0, 1));
        assert_eq!(
            fit(&CoxData::new(nothing.view(), &names, &empty), &CoxOptions::default()).unwrap_err(),
            SurvivalError::Empty
        );
        let constant = array![[1.0], [1.0], [1.0]];
        let events = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 1, 0]);
        let flat = fit(&CoxData::new(constant.view(), &names, &events), &CoxOptions::default()).unwrap();
        assert!(flat.coefficients[0].as_ref().unwrap_err().reason.contains("constant"));
        let bad = array![[1.0], [f64::NAN], [1.0]];
        assert!(matches!(
            fit(&CoxData::new(bad.view(), &names, &events), &CoxOptions::default()),
            Err(SurvivalError::Covariate { row: 1, .. })
        ));
    }

    #[test]
    fn one_event_and_all_tied_are_answered() {
        let names = named(&["x"]);
        let x = array![[1.0], [2.0], [4.0], [3.0]];
        let one = Censored::new(vec![1.0, 2.0, 3.0, 4.0], vec![0, 1, 0, 0]);
        let fitted = fit(&CoxData::new(x.view(), &names, &one), &CoxOptions::default()).unwrap();
        // Its covariate is the smallest in the risk set: the likelihood is monotone.
        assert_eq!(fitted.monotone, [0]);
        assert!(fitted.coefficients[0].as_ref().unwrap_err().reason.contains("monotone"));
        let tied = Censored::new(vec![0.0; 4], vec![1; 4]);
        for ties in [Ties::Efron, Ties::Breslow, Ties::Exact] {
            let fitted = fit(&CoxData::new(x.view(), &names, &tied), &CoxOptions { ties, ..CoxOptions::default() });
            assert!(fitted.is_ok(), "{fitted:?}");
        }
    }

    #[test]
    fn a_copy_of_a_column_is_aliased() {
        let names = named(&["x", "twice"]);
        let x = array![[1.0, 2.0], [2.0, 4.0], [4.0, 8.0], [3.0, 6.0], [0.0, 0.0]];
        let outcome = Censored::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![1, 1, 0, 1, 1]);
        let fitted = fit(&CoxData::new(x.view(), &names, &outcome), &CoxOptions::default()).unwrap();
        assert!(fitted.coefficients[0].is_ok());
        assert!(fitted.coefficients[1].as_ref().unwrap_err().reason.contains("linear combination"));
        assert_eq!(fitted.likelihood_ratio.df, 1);
    }

    #[test]
    fn separation_is_found_beside_an_ordinary_covariate() {
        let names = named(&["separates", "age"]);
        let mut x = Array2::zeros((20, 2));
        let mut outcome = Censored::new(vec![0.0; 20], vec![0; 20]);
        for row in 0..20 {
            outcome.time[row] = 1.0 + row as f64;
            outcome.event[row] = u8::from(row < 8);
            x[[row, 0]] = f64::from(u8::from(row < 8));
            x[[row, 1]] = ((row * 7) % 11) as f64;
        }
        let fitted = fit(&CoxData::new(x.view(), &names, &outcome), &CoxOptions::default()).unwrap();
        assert_eq!(fitted.monotone, [0]);
        let ridge =
            fit(&CoxData::new(x.view(), &names, &outcome), &CoxOptions { penalty: 1.0, ..CoxOptions::default() });
        assert!(ridge.unwrap().monotone.is_empty());
    }
}
