//! Calibration of predicted survival at a horizon: in the large, slope, groups, and the
//! integrated calibration index.

use ndarray::{Array2, ArrayView1};

use super::cox::baseline::baseline;
use super::cox::{Coefficient, CoxData, CoxOptions, fit};
use super::design::{Complete, Design, harrell_knots};
use super::error::{SurvivalError, check_follow_up, same_length};
use super::kaplan_meier::{Transform, kaplan_meier};
use super::life_table::Counted;
use crate::stats::binomial::{ProportionInterval, proportion_interval};
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Censored, Estimate, Interval};

/// Patients of similar predicted risk.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationGroup {
    pub n: usize,
    pub events: usize,
    /// Mean predicted risk of the event by the horizon.
    pub predicted: f64,
    /// One minus Kaplan-Meier, with its interval.
    pub observed: Estimate,
}

/// Calibration at one horizon.
#[derive(Clone, Debug)]
pub struct Calibration {
    pub horizon: f64,
    /// Observed (Kaplan-Meier) over mean predicted risk.
    pub ratio: Estimate,
    /// Coefficient of the complementary log-log of the predicted risk in a Cox regression: 1 is
    /// ideal, below 1 too extreme.
    pub slope: Result<Coefficient, SurvivalError>,
    pub groups: Vec<CalibrationGroup>,
    /// Smoothed observed risk of each patient (Austin, Harrell and van Klaveren 2020), and the
    /// mean, median and 0.9 quantile of its distance from the predicted one.
    pub smoothed: Result<Smoothed, SurvivalError>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    pub observed: Vec<f64>,
    pub ici: f64,
    pub e50: f64,
    pub e90: f64,
}

/// Judges predicted `risk` of the event by `horizon`, one a patient, in `groups` quantile groups.
///
/// # Errors
/// Input that does not fit; risks outside 0 to 1; a horizon beyond follow-up.
pub fn calibration(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    horizon: f64,
    groups: usize,
    level: f64,
) -> Result<Calibration, SurvivalError> {
    check_follow_up(outcome)?;
    let n = outcome.len();
    same_length("the predicted risk", n, risk.len())?;
    if let Some(row) = risk.iter().position(|value| !(0.0..=1.0).contains(value)) {
        return Err(SurvivalError::because(format!("the predicted risk of row {row} is not between 0 and 1")));
    }
    let last = outcome.time.iter().copied().fold(0.0, f64::max);
    if horizon > last {
        return Err(SurvivalError::because(format!("follow-up ends at {last}, before the horizon {horizon}")));
    }
    let mean = risk.sum() / n as f64;
    let observed = observed_risk(outcome, horizon, level)?;
    let ratio = match (&observed.value, mean > 0.0) {
        (Ok(value), true) if *value > 0.0 => {
            let km = kaplan_meier(outcome, None, Counted::Event, Transform::Log, level)?;
            let s = 1.0 - value;
            let se = km.table.time.iter().rposition(|time| *time <= horizon).map_or(0.0, |at| km.se_log[at]);
            // Standard error of log risk by the delta method.
            let width = (normal_multiplier(level) * se * s / value).exp();
            let how = "Kaplan-Meier over mean predicted risk; normal interval of its logarithm";
            Estimate::new("observed / expected", value / mean, n, how).with_events(observed.events).within(
                value / mean / width,
                value / mean * width,
                level,
            )
        }
        (Ok(_), _) => Estimate::not_estimable("observed / expected", n, "no event was observed or none is expected"),
        (Err(reason), _) => Estimate::not_estimable("observed / expected", n, reason.reason.clone()),
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| risk[*a].total_cmp(&risk[*b]));
    let mut parts = Vec::new();
    let groups = groups.clamp(1, n);
    let mut start = 0;
    for group in 0..groups {
        let mut end = ((group + 1) * n) / groups;
        // Equal predictions stay together.
        while end > start && end < n && risk[order[end]] == risk[order[end - 1]] {
            end += 1;
        }
        if end <= start {
            continue;
        }
        let rows = &order[start..end];
        let own = outcome.select(rows);
        let predicted = rows.iter().map(|row| risk[*row]).sum::<f64>() / rows.len() as f64;
        parts.push(CalibrationGroup {
            n: rows.len(),
            events: (0..own.len()).filter(|row| own.event[*row] == 1 && own.time[*row] <= horizon).count(),
            predicted,
            observed: observed_risk(&own, horizon, level)?,
        });
        start = end;
    }
    let linear: Vec<f64> = risk.iter().map(|risk| cloglog(*risk)).collect();
    Ok(Calibration {
        horizon,
        ratio,
        slope: slope(outcome, &linear, level),
        groups: parts,
        smoothed: smooth(outcome, risk, &linear, horizon),
    })
}

/// The integrated calibration index and the smoothed observed risk at each predicted risk of `grid`
/// (NaN beyond the range of the predictions), for the curve and for resampling.
///
/// # Errors
/// A spline that cannot be fitted.
pub fn smoothed_at(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    horizon: f64,
    grid: &[f64],
) -> Result<(f64, Vec<f64>), SurvivalError> {
    let linear: Vec<f64> = risk.iter().map(|risk| cloglog(*risk)).collect();
    let (smoothed, mut at) = smooth_on(outcome, risk, &linear, horizon, grid)?;
    let (low, high) = risk.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), risk| (low.min(*risk), high.max(*risk)));
    let beyond = grid.iter().zip(&mut at).filter(|(place, _)| !(low..=high).contains(*place));
    beyond.for_each(|(_, value)| *value = f64::NAN);
    Ok((smoothed.ici, at))
}

/// Complementary log-log of a risk, kept finite at 0 and 1.
fn cloglog(risk: f64) -> f64 {
    let risk = risk.clamp(1e-10, 1.0 - 1e-10);
    (-(1.0 - risk).ln()).ln()
}

fn observed_risk(outcome: &Censored, horizon: f64, level: f64) -> Result<Estimate, SurvivalError> {
    let km = kaplan_meier(outcome, None, Counted::Event, Transform::LogLog, level)?;
    let mut estimate = km.estimate_at(horizon);
    estimate.name = format!("risk by {horizon}");
    estimate.value = estimate.value.map(|s| 1.0 - s);
    estimate.interval =
        estimate.interval.map(|i| Interval { lower: 1.0 - i.upper, upper: 1.0 - i.lower, level: i.level });
    // Greenwood's variance is 0 where nobody has the event, or everybody.
    if let Ok(risk @ (0.0 | 1.0)) = estimate.value {
        let had = |row: &usize| outcome.event[*row] == 1 && outcome.time[*row] <= horizon;
        let known = (0..outcome.len()).filter(|row| had(row) || outcome.time[*row] >= horizon).count();
        let events = if risk == 0.0 { 0 } else { known };
        if let Ok(interval) = proportion_interval(events, known, ProportionInterval::Exact, level) {
            estimate = estimate.within(interval.lower, interval.upper, level);
            estimate.how = format!("Kaplan-Meier; exact binomial of {known} patients known at the horizon");
        }
    }
    Ok(estimate)
}

fn slope(outcome: &Censored, linear: &[f64], level: f64) -> Result<Coefficient, SurvivalError> {
    let x = Array2::from_shape_fn((linear.len(), 1), |(row, _)| linear[row]);
    let names = ["cloglog of the predicted risk".to_owned()];
    let options = CoxOptions { level, ..CoxOptions::default() };
    let fitted = fit(&CoxData::new(x.view(), &names, outcome), &options)?;
    match fitted.coefficients.into_iter().next() {
        Some(Ok(coefficient)) => Ok(coefficient),
        Some(Err(reason)) => Err(SurvivalError::because(reason.reason)),
        None => Err(SurvivalError::NoCovariates),
    }
}

fn smooth(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    linear: &[f64],
    horizon: f64,
) -> Result<Smoothed, SurvivalError> {
    Ok(smooth_on(outcome, risk, linear, horizon, &[])?.0)
}

/// [`smooth`], and its curve at the predicted risks of `grid`.
fn smooth_on(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    linear: &[f64],
    horizon: f64,
    grid: &[f64],
) -> Result<(Smoothed, Vec<f64>), SurvivalError> {
    let knots = harrell_knots(linear, 3)?;
    let basis = |values: &[f64]| -> Result<Complete, SurvivalError> {
        let mut design = Design::new(values.len());
        design.spline("cloglog", values, &knots)?;
        Ok(design.complete())
    };
    let complete = basis(linear)?;
    let fitted = fit(&CoxData::new(complete.view(), &complete.names, outcome), &CoxOptions::default())?;
    if let Some(Err(reason)) = fitted.coefficients.iter().find(|coefficient| coefficient.is_err()) {
        return Err(SurvivalError::because(reason.reason.clone()));
    }
    let hazard = baseline(&fitted, 0, true).at(horizon);
    let by_horizon = |of: &Complete| -> Vec<f64> {
        fitted.linear_predictor(of.view()).into_iter().map(|lp| 1.0 - (-hazard * lp.exp()).exp()).collect()
    };
    let observed = by_horizon(&complete);
    let at = match grid {
        [] => Vec::new(),
        grid => by_horizon(&basis(&grid.iter().map(|risk| cloglog(*risk)).collect::<Vec<_>>())?),
    };
    let mut distance: Vec<f64> = observed.iter().zip(risk).map(|(observed, risk)| (observed - risk).abs()).collect();
    distance.sort_by(f64::total_cmp);
    let quantile = |p: f64| crate::stats::ranks::quantile_of_sorted(&distance, p).unwrap_or(0.0);
    let smoothed = Smoothed {
        ici: distance.iter().sum::<f64>() / distance.len() as f64,
        e50: quantile(0.5),
        e90: quantile(0.9),
        observed,
    };
    Ok((smoothed, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    #[test]
    fn a_true_model_is_calibrated() {
        // Exponential survival at its quantiles: 40 patients at each of 10 rates.
        let (mut time, mut risk) = (Vec::new(), Vec::new());
        for rate in 1..=10 {
            for k in 0..40 {
                let rate = 0.05 * f64::from(rate);
                time.push(-(1.0 - (f64::from(k) + 0.5) / 40.0).ln() / rate);
                risk.push(1.0 - (-rate).exp());
            }
        }
        let outcome = Censored::new(time, vec![1; 400]);
        let result = calibration(&outcome, Array1::from(risk).view(), 1.0, 5, 0.95).unwrap();
        assert!((result.ratio.value.unwrap() - 1.0).abs() < 0.02);
        assert!((result.slope.unwrap().value - 1.0).abs() < 0.05);
        assert!(result.smoothed.unwrap().ici < 0.01);
        assert_eq!(result.groups.len(), 5);
    }

    #[test]
    fn a_group_without_events_has_an_upper_limit() {
        let outcome = Censored::new(vec![3.0, 4.0, 5.0, 6.0, 0.5], vec![1, 0, 1, 0, 0]);
        let observed = observed_risk(&outcome, 2.0, 0.95).unwrap();
        let interval = observed.interval.unwrap();
        // The exact interval of none of the four who were followed so far.
        assert_eq!((observed.value, interval.lower), (Ok(0.0), 0.0));
        assert!((interval.upper - (1.0 - 0.025_f64.powf(0.25))).abs() < 1e-12);
    }

    #[test]
    fn the_curve_at_a_grid_is_that_of_the_patients() {
        let time: Vec<f64> = (1..=60).map(|row| f64::from(row * 7 % 61)).collect();
        let event: Vec<u8> = (0..60).map(|row| u8::from(row % 4 != 0)).collect();
        let risk = Array1::from_iter((0..60).map(|row| 0.05 + f64::from(row * 11 % 60) / 70.0));
        let outcome = Censored::new(time, event);
        let whole = calibration(&outcome, risk.view(), 20.0, 5, 0.95).unwrap().smoothed.unwrap();
        let (ici, curve) = smoothed_at(&outcome, risk.view(), 20.0, &[risk[3], risk[40], 0.999]).unwrap();
        assert_eq!(ici, whole.ici);
        assert!((curve[0] - whole.observed[3]).abs() < 1e-12 && (curve[1] - whole.observed[40]).abs() < 1e-12);
        assert!(curve[2].is_nan());
    }

    #[test]
    fn degenerate_risks_are_told() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 0, 0]);
        let flat = calibration(&outcome, Array1::from(vec![0.3; 3]).view(), 2.0, 3, 0.95).unwrap();
        assert_eq!(flat.groups.len(), 1);
        assert!(flat.slope.is_err() && flat.smoothed.is_err());
        assert!(calibration(&outcome, Array1::from(vec![1.3; 3]).view(), 2.0, 3, 0.95).is_err());
        assert!(calibration(&outcome, Array1::from(vec![0.3; 3]).view(), 9.0, 3, 0.95).is_err());
    }
}
