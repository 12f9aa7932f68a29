//! Calibration: whether predicted probabilities are the observed ones.
//!
//! The logistic calibration leaves out predictions of exactly 0 or 1, which have no log-odds, and
//! counts them, as `val.prob` of rms does.

use serde::{Deserialize, Serialize};

use super::binomial::{ProportionInterval, proportion_interval};
use super::distribution::{chi_square_sf, normal_multiplier, normal_two_sided};
use super::estimate::{Interval, NotEstimable};
use super::hypothesis::TestResult;
use super::ranks::{order, quantile_of_sorted};
use super::smooth::{SplineFit, lowess};

/// A logistic calibration model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationFit {
    pub intercept: f64,
    pub intercept_error: f64,
    /// 1 where the slope is fixed.
    pub slope: f64,
    /// 0 where the slope is fixed.
    pub slope_error: f64,
    /// Patients with log-odds.
    pub n: usize,
    pub events: usize,
    /// Patients predicted exactly 0 or 1.
    pub left_out: usize,
}

/// How a calibration curve is smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Smoother {
    /// Local lines with tricube weights over the nearest share of patients.
    Lowess { span: f64 },
    /// Logistic regression on a restricted cubic spline of the log-odds, 3 to 5 knots.
    Spline { knots: usize },
}

impl Smoother {
    /// As a Methods section states it.
    pub fn described(self) -> String {
        match self {
            Smoother::Lowess { span } => format!("lowess, span {span:.3}"),
            Smoother::Spline { knots } => format!("logistic regression on a restricted cubic spline, {knots} knots"),
        }
    }
}

impl Default for Smoother {
    fn default() -> Self {
        Smoother::Lowess { span: 2.0 / 3.0 }
    }
}

/// A group of patients of similar prediction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Mean prediction.
    pub predicted: f64,
    /// Share with the event.
    pub observed: f64,
    /// Wilson's.
    pub interval: Interval,
    pub n: usize,
    pub events: usize,
}

/// How patients are dealt into bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binning {
    /// Between quantiles of the prediction.
    Quantiles,
    /// Of equal width between 0 and 1.
    EqualWidth,
}

/// Distances between predicted and smoothed observed risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationErrors {
    /// ICI.
    pub mean: f64,
    /// E50.
    pub median: f64,
    /// E90.
    pub ninetieth: f64,
    /// Emax.
    pub maximum: f64,
}

/// Log-odds and outcomes of the patients that have log-odds, and the number of those that have
/// none.
pub(super) fn log_odds(events: &[bool], p: &[f64]) -> (Vec<f64>, Vec<f64>, usize) {
    let mut logits = Vec::with_capacity(p.len());
    let mut outcomes = Vec::with_capacity(p.len());
    for (event, p) in events.iter().zip(p) {
        let logit = p.ln() - (-p).ln_1p();
        if logit.is_finite() {
            logits.push(logit);
            outcomes.push(f64::from(u8::from(*event)));
        }
    }
    let left_out = p.len() - logits.len();
    (logits, outcomes, left_out)
}

/// Intercept and slope of `logit P(y) = a + b logit p`.
///
/// # Errors
/// One class only, log-odds that do not vary, or separation.
pub fn logistic_calibration(events: &[bool], p: &[f64]) -> Result<CalibrationFit, NotEstimable> {
    let (logits, outcomes, left_out) = log_odds(events, p);
    fit_slope(&logits, &outcomes, left_out)
}

/// Intercept of `logit P(y) = a + logit p`.
///
/// # Errors
/// One class only.
pub fn calibration_in_the_large(events: &[bool], p: &[f64]) -> Result<CalibrationFit, NotEstimable> {
    let (logits, outcomes, left_out) = log_odds(events, p);
    fit_intercept(&logits, &outcomes, left_out)
}

fn classes(outcomes: &[f64]) -> Result<usize, NotEstimable> {
    let events = outcomes.iter().filter(|y| **y > 0.5).count();
    if outcomes.is_empty() {
        return Err(NotEstimable::new("no patient has a prediction other than 0 or 1"));
    }
    if events == 0 || events == outcomes.len() {
        return Err(NotEstimable::new(format!("{events} of {} patients have the event", outcomes.len())));
    }
    Ok(events)
}

pub(super) fn fit_intercept(logits: &[f64], outcomes: &[f64], left_out: usize) -> Result<CalibrationFit, NotEstimable> {
    let events = classes(outcomes)?;
    let mut a = 0.0;
    let mut information = 0.0;
    // One concave parameter; Newton damped to steps of at most 2.
    for _ in 0..200 {
        let mut gradient = 0.0;
        information = 0.0;
        for (logit, y) in logits.iter().zip(outcomes) {
            let p = 1.0 / (1.0 + (-(a + logit)).exp());
            gradient += y - p;
            information += p * (1.0 - p);
        }
        let step = (gradient / information).clamp(-2.0, 2.0);
        if !step.is_finite() {
            return Err(NotEstimable::new("the likelihood of the intercept is flat"));
        }
        a += step;
        if step.abs() < 1e-12 * (1.0 + a.abs()) {
            break;
        }
    }
    Ok(CalibrationFit {
        intercept: a,
        intercept_error: information.powf(-0.5),
        slope: 1.0,
        slope_error: 0.0,
        n: outcomes.len(),
        events,
        left_out,
    })
}

pub(super) fn fit_slope(logits: &[f64], outcomes: &[f64], left_out: usize) -> Result<CalibrationFit, NotEstimable> {
    let events = classes(outcomes)?;
    let fault = || {
        NotEstimable::new(
            "the calibration slope has no finite estimate: the predictions do not vary or separate the classes",
        )
    };
    let (mut a, mut b) = (0.0, 1.0);
    let mut covariance = (0.0, 0.0);
    let mut converged = false;
    for _ in 0..100 {
        let (mut g0, mut g1, mut i00, mut i01, mut i11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (logit, y) in logits.iter().zip(outcomes) {
            let p = 1.0 / (1.0 + (-(a + b * logit)).exp());
            let residual = y - p;
            let weight = p * (1.0 - p);
            g0 += residual;
            g1 += residual * logit;
            i00 += weight;
            i01 += weight * logit;
            i11 += weight * logit * logit;
        }
        let determinant = i00 * i11 - i01 * i01;
        if determinant.is_nan() || determinant <= 1e-12 * i00 * i11 {
            return Err(fault());
        }
        let (da, db) = ((i11 * g0 - i01 * g1) / determinant, (i00 * g1 - i01 * g0) / determinant);
        let decrement = da * g0 + db * g1;
        let damping = if decrement > 1.0 { (2.0 / (1.0 + decrement.sqrt())).min(1.0) } else { 1.0 };
        a += damping * da;
        b += damping * db;
        covariance = (i11 / determinant, i00 / determinant);
        if !decrement.is_finite() || b.abs() > 1e6 {
            return Err(fault());
        }
        if decrement < 1e-22 {
            converged = true;
            break;
        }
    }
    // Near-perfect separation creeps on for ever with errors that grow without bound.
    if !converged && covariance.1.sqrt() > 1e3 * (1.0 + b.abs()) {
        return Err(fault());
    }
    Ok(CalibrationFit {
        intercept: a,
        intercept_error: covariance.0.sqrt(),
        slope: b,
        slope_error: covariance.1.sqrt(),
        n: outcomes.len(),
        events,
        left_out,
    })
}

fn log_likelihood(logits: &[f64], outcomes: &[f64], a: f64, b: f64) -> f64 {
    logits
        .iter()
        .zip(outcomes)
        .map(|(logit, y)| {
            let eta = a + b * logit;
            // ln(1 + exp(eta)) without overflow.
            y * eta - if eta > 0.0 { eta + (-eta).exp().ln_1p() } else { eta.exp().ln_1p() }
        })
        .sum()
}

/// Ratio of expected to observed events and the standard error of its logarithm.
///
/// # Errors
/// Without an event.
pub fn expected_to_observed(events: &[bool], p: &[f64]) -> Result<(f64, f64), NotEstimable> {
    let observed = events.iter().filter(|event| **event).count() as f64;
    if observed == 0.0 {
        return Err(NotEstimable::new(format!("no events among {} patients", events.len())));
    }
    let share = observed / events.len() as f64;
    Ok((p.iter().sum::<f64>() / observed, ((1.0 - share) / observed).sqrt()))
}

/// ICI, E50, E90 and Emax by lowess with span 2/3 (`val.prob` of rms).
///
/// # Errors
/// Fewer than ten patients, or one prediction for everybody.
pub fn calibration_errors(events: &[bool], p: &[f64]) -> Result<CalibrationErrors, NotEstimable> {
    let order = order(p);
    let x: Vec<f64> = order.iter().map(|row| p[*row]).collect();
    let y: Vec<f64> = order.iter().map(|row| f64::from(u8::from(events[*row]))).collect();
    sorted_errors(&x, &y)
}

pub(super) fn sorted_errors(x: &[f64], y: &[f64]) -> Result<CalibrationErrors, NotEstimable> {
    if x.len() < 10 {
        return Err(NotEstimable::new(format!("{} patients; a smooth calibration curve needs ten", x.len())));
    }
    errors_of(x, &sorted_lowess(x, y, 2.0 / 3.0))
}

/// Distances between predictions and their smoothed observed risk.
pub(super) fn errors_of(x: &[f64], smooth: &[f64]) -> Result<CalibrationErrors, NotEstimable> {
    let mut errors: Vec<f64> = x.iter().zip(smooth).map(|(p, smooth)| (p - smooth).abs()).collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    errors.sort_unstable_by(f64::total_cmp);
    match [0.5, 0.9, 1.0].map(|q| quantile_of_sorted(&errors, q)) {
        [Some(median), Some(ninetieth), Some(maximum)] => Ok(CalibrationErrors { mean, median, ninetieth, maximum }),
        _ => Err(NotEstimable::new("no patients")),
    }
}

/// Lowess with R's default `delta` of a hundredth of the range.
pub(super) fn sorted_lowess(x: &[f64], y: &[f64], span: f64) -> Vec<f64> {
    let range = match (x.first(), x.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0.0,
    };
    lowess(x, y, span, 0.01 * range)
}

/// The smoothed observed risk at each of `grid`, within the range of the predictions, with a
/// pointwise interval for a spline. Points outside that range are left out: a calibration curve
/// is not extrapolated.
///
/// # Errors
/// Too few patients or predictions for the smoother.
pub fn calibration_curve(
    events: &[bool],
    p: &[f64],
    smoother: Smoother,
    grid: &[f64],
    level: f64,
) -> Result<Vec<(f64, f64, Option<Interval>)>, NotEstimable> {
    let order = order(p);
    let x: Vec<f64> = order.iter().map(|row| p[*row]).collect();
    let y: Vec<f64> = order.iter().map(|row| f64::from(u8::from(events[*row]))).collect();
    let (Some(first), Some(last)) = (x.first().copied(), x.last().copied()) else {
        return Err(NotEstimable::new("no patients"));
    };
    let inside = grid.iter().copied().filter(|at| (first..=last).contains(at));
    match smoother {
        Smoother::Lowess { span } => {
            if x.len() < 10 {
                return Err(NotEstimable::new(format!("{} patients; a smooth calibration curve needs ten", x.len())));
            }
            let smooth = sorted_lowess(&x, &y, span);
            Ok(inside.map(|at| (at, interpolate(&x, &smooth, at).clamp(0.0, 1.0), None)).collect())
        }
        Smoother::Spline { knots } => {
            let (logits, outcomes, _) = log_odds(events, p);
            let fit = SplineFit::new(&logits, &outcomes, knots)?;
            let z = normal_multiplier(level);
            let risk = |eta: f64| 1.0 / (1.0 + (-eta).exp());
            Ok(inside
                .filter(|at| *at > 0.0 && *at < 1.0)
                .map(|at| {
                    let (eta, error) = fit.log_odds(at.ln() - (-at).ln_1p());
                    let interval = Interval { lower: risk(eta - z * error), upper: risk(eta + z * error), level };
                    (at, risk(eta), Some(interval))
                })
                .collect())
        }
    }
}

/// Linear interpolation of `y` over ascending `x`; the ends are held.
pub(super) fn interpolate(x: &[f64], y: &[f64], at: f64) -> f64 {
    let above = x.partition_point(|x| *x < at);
    if above == 0 {
        return y[0];
    }
    if above == x.len() {
        return y[x.len() - 1];
    }
    let width = x[above] - x[above - 1];
    if width <= 0.0 { y[above] } else { y[above - 1] + (y[above] - y[above - 1]) * (at - x[above - 1]) / width }
}

/// Groups of similar prediction. A prediction on an edge belongs to the group below it; empty
/// groups are left out.
///
/// # Errors
/// No patients, or no bins.
pub fn bins(events: &[bool], p: &[f64], binning: Binning, count: usize, level: f64) -> Result<Vec<Bin>, NotEstimable> {
    let groups = grouped(events, p, binning, count)?;
    groups
        .into_iter()
        .filter(|group| group.0 > 0)
        .map(|(n, events, sum)| {
            Ok(Bin {
                predicted: sum / n as f64,
                observed: events as f64 / n as f64,
                interval: proportion_interval(events, n, ProportionInterval::Wilson, level)?,
                n,
                events,
            })
        })
        .collect()
}

/// `(n, events, sum of predictions)` of each group.
fn grouped(
    events: &[bool],
    p: &[f64],
    binning: Binning,
    count: usize,
) -> Result<Vec<(usize, usize, f64)>, NotEstimable> {
    if p.is_empty() || count == 0 {
        return Err(NotEstimable::new("no patients or no groups"));
    }
    let edges: Vec<f64> = match binning {
        Binning::EqualWidth => (1..count).map(|i| i as f64 / count as f64).collect(),
        Binning::Quantiles => {
            let mut sorted = p.to_vec();
            sorted.sort_by(f64::total_cmp);
            (1..count).filter_map(|i| quantile_of_sorted(&sorted, i as f64 / count as f64)).collect()
        }
    };
    let mut groups = vec![(0, 0, 0.0); count];
    for (event, p) in events.iter().zip(p) {
        let group = &mut groups[edges.partition_point(|edge| edge < p)];
        group.0 += 1;
        group.1 += usize::from(*event);
        group.2 += p;
    }
    Ok(groups)
}

/// The Hosmer-Lemeshow test over `groups` quantile groups: on `groups - 2` degrees of freedom
/// where the model was fitted to these patients, on `groups` where it was not.
///
/// # Errors
/// Fewer than three occupied groups, or a group in which the expected count is 0.
pub fn hosmer_lemeshow(
    events: &[bool],
    p: &[f64],
    groups: usize,
    fitted_here: bool,
) -> Result<TestResult, NotEstimable> {
    let groups: Vec<_> =
        grouped(events, p, Binning::Quantiles, groups)?.into_iter().filter(|group| group.0 > 0).collect();
    if groups.len() < 3 {
        return Err(NotEstimable::new("fewer than three groups of predictions are occupied"));
    }
    let mut statistic = 0.0;
    for (n, events, expected) in &groups {
        let (n, events) = (*n as f64, *events as f64);
        if *expected <= 0.0 || *expected >= n {
            return Err(NotEstimable::new("a group has an expected count of 0"));
        }
        statistic += (events - expected).powi(2) * (1.0 / expected + 1.0 / (n - expected));
    }
    let df = (groups.len() - if fitted_here { 2 } else { 0 }) as f64;
    Ok(TestResult::new("Hosmer-Lemeshow test", "χ²", statistic, chi_square_sf(statistic, df), p.len())
        .with_df(&[df])
        .with_note("the test has little power in small samples and rejects any model in large ones"))
}

/// Spiegelhalter's z: `sum((y - p)(1 - 2p)) / sqrt(sum((1 - 2p)^2 p (1 - p)))`.
///
/// # Errors
/// When every prediction is 0, 1/2 or 1.
pub fn spiegelhalter(events: &[bool], p: &[f64]) -> Result<TestResult, NotEstimable> {
    let (mut sum, mut variance) = (0.0, 0.0);
    for (event, p) in events.iter().zip(p) {
        let lean = 1.0 - 2.0 * p;
        sum += (f64::from(u8::from(*event)) - p) * lean;
        variance += lean * lean * p * (1.0 - p);
    }
    if variance.is_nan() || variance <= 0.0 {
        return Err(NotEstimable::new("the statistic has no variance"));
    }
    let z = sum / variance.sqrt();
    Ok(TestResult::new("Spiegelhalter's test", "z", z, normal_two_sided(z), p.len()))
}

/// The likelihood ratio test of intercept 0 and slope 1 together (Cox; `U` of rms), 2 degrees of
/// freedom.
///
/// # Errors
/// As [`logistic_calibration`].
pub fn unreliability(events: &[bool], p: &[f64]) -> Result<TestResult, NotEstimable> {
    let (logits, outcomes, left_out) = log_odds(events, p);
    let fit = fit_slope(&logits, &outcomes, left_out)?;
    let fitted = log_likelihood(&logits, &outcomes, fit.intercept, fit.slope);
    let statistic = (2.0 * (fitted - log_likelihood(&logits, &outcomes, 0.0, 1.0))).max(0.0);
    Ok(TestResult::new("unreliability test", "χ²", statistic, chi_square_sf(statistic, 2.0), fit.n).with_df(&[2.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<bool>, Vec<f64>) {
        let p: Vec<f64> = (1..200).map(|i| f64::from(i) / 200.0).collect();
        let events = (1..200).map(|i| (i * 37) % 200 < i).collect();
        (events, p)
    }

    #[test]
    fn a_calibrated_model_is_calibrated() {
        let (events, p) = sample();
        let fit = logistic_calibration(&events, &p).unwrap();
        assert!((fit.slope - 1.0).abs() < 2.0 * fit.slope_error, "{fit:?}");
        let large = calibration_in_the_large(&events, &p).unwrap();
        assert!(large.intercept.abs() < 2.0 * large.intercept_error);
        assert!(calibration_errors(&events, &p).unwrap().mean < 0.1);
        assert!(hosmer_lemeshow(&events, &p, 10, false).unwrap().p > 0.01);
        let bins = bins(&events, &p, Binning::Quantiles, 5, 0.95).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.n).sum::<usize>(), 199);
        for smoother in [Smoother::default(), Smoother::Spline { knots: 4 }] {
            let curve = calibration_curve(&events, &p, smoother, &[0.0, 0.3, 0.6], 0.95).unwrap();
            assert_eq!(curve.len(), 2);
            assert!(curve.iter().all(|(at, observed, _)| (at - observed).abs() < 0.15));
        }
    }

    #[test]
    fn degenerate_predictions_are_told() {
        assert!(logistic_calibration(&[true, false, true], &[0.5; 3]).is_err());
        assert!(logistic_calibration(&[true, true], &[0.2, 0.5]).is_err());
        assert!(logistic_calibration(&[true, false], &[1.0, 0.0]).is_err());
        assert!(logistic_calibration(&[false, false, true, true], &[0.1, 0.2, 0.7, 0.9]).is_err());
        let fit = calibration_in_the_large(&[true, false, true], &[1.0, 0.3, 0.6]).unwrap();
        assert_eq!((fit.n, fit.left_out), (2, 1));
        assert!(spiegelhalter(&[true, false], &[0.5, 0.5]).is_err());
        assert!(expected_to_observed(&[false], &[0.5]).is_err());
        assert!(hosmer_lemeshow(&[true, false], &[0.5, 0.5], 10, true).is_err());
    }
}
