//! The Kaplan-Meier estimate of survival, and of follow-up by its reverse.
//!
//! `S(t) = prod (1 - d/n)` over event times up to `t`; Greenwood's variance of `log S` is the sum
//! of `d / (n (n - d))`. Numbers and conventions are those of R's `survival::survfit`.

use super::error::SurvivalError;
use super::life_table::{Counted, LifeTable, step_at};
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Censored, Estimate, Interval};

/// The scale on which an interval for survival is symmetric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Transform {
    Plain,
    /// R's default.
    #[default]
    Log,
    LogLog,
}

impl Transform {
    /// Bounds of survival `s` where `se` is the standard error of `log s`; NaN where the scale
    /// has no interval (at 0, and for log-log at 1).
    pub(crate) fn bounds(self, s: f64, se: f64, quantile: f64) -> (f64, f64) {
        let width = quantile * se;
        match self {
            Transform::Plain if s > 0.0 => ((s - width * s).max(0.0), (s + width * s).min(1.0)),
            Transform::Log if s > 0.0 => (s * (-width).exp(), (s * width.exp()).min(1.0)),
            Transform::LogLog if s > 0.0 && s < 1.0 => {
                let (centre, width) = ((-s.ln()).ln(), width / s.ln());
                ((-(centre - width).exp()).exp(), (-(centre + width).exp()).exp())
            }
            _ => (f64::NAN, f64::NAN),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Transform::Plain => "plain",
            Transform::Log => "log",
            Transform::LogLog => "log-log",
        }
    }
}

/// A Kaplan-Meier curve, one element a distinct time of follow-up.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    pub n: usize,
    pub events: usize,
    pub table: LifeTable,
    /// Just after each time.
    pub survival: Vec<f64>,
    /// Greenwood's standard error of `log S`; infinite once survival is 0.
    pub se_log: Vec<f64>,
    /// Pointwise bounds; `None` where the transform has none.
    pub bounds: Vec<Option<Interval>>,
    pub transform: Transform,
    pub level: f64,
}

/// Estimates survival of those who count `counted` as the event.
///
/// # Errors
/// Follow-up or weights that do not fit, or nobody.
pub fn kaplan_meier(
    outcome: &Censored,
    weights: Option<&[f64]>,
    counted: Counted,
    transform: Transform,
    level: f64,
) -> Result<KaplanMeier, SurvivalError> {
    let table = LifeTable::new(outcome, weights, counted)?;
    let quantile = normal_multiplier(level);
    let (mut survival, mut variance) = (1.0, 0.0);
    let mut curve = KaplanMeier {
        n: outcome.len(),
        events: outcome.event.iter().filter(|event| counted.holds(**event)).count(),
        survival: Vec::with_capacity(table.time.len()),
        se_log: Vec::with_capacity(table.time.len()),
        bounds: Vec::with_capacity(table.time.len()),
        table: LifeTable::default(),
        transform,
        level,
    };
    for (at_risk, events) in table.at_risk.iter().zip(&table.events) {
        if *events > 0.0 {
            // Sums of weights may end a rounding error above 0.
            let left = if at_risk - events <= 1e-12 * at_risk { 0.0 } else { at_risk - events };
            survival *= left / at_risk;
            variance += if left > 0.0 { events / (at_risk * left) } else { f64::INFINITY };
        }
        let se = variance.sqrt();
        let (lower, upper) = transform.bounds(survival, se, quantile);
        curve.survival.push(survival);
        curve.se_log.push(se);
        curve.bounds.push((!lower.is_nan()).then_some(Interval { lower, upper, level }));
    }
    curve.table = table;
    Ok(curve)
}

/// Follow-up by the reverse Kaplan-Meier method (Schemper and Smith 1996): being censored is the
/// event, and the event ends observation.
///
/// # Errors
/// As [`kaplan_meier`].
pub fn follow_up(outcome: &Censored, transform: Transform, level: f64) -> Result<KaplanMeier, SurvivalError> {
    kaplan_meier(outcome, None, Counted::Censoring, transform, level)
}

impl KaplanMeier {
    /// Survival just after `time`; 1 before the first.
    pub fn at(&self, time: f64) -> f64 {
        step_at(&self.table.time, &self.survival, 1.0, time)
    }

    /// Survival at `time` with its interval. After the end of follow-up it is not estimable
    /// unless it has reached 0.
    pub fn estimate_at(&self, time: f64) -> Estimate {
        let name = format!("survival at {time}");
        let last = self.table.time.last().copied().unwrap_or(0.0);
        if time > last && self.at(time) > 0.0 {
            return Estimate::not_estimable(name, self.n, format!("follow-up ends at {last}"))
                .with_events(Some(self.events));
        }
        let how = format!("Kaplan-Meier; Greenwood, {} interval", self.transform.name());
        let estimate = Estimate::new(name, self.at(time), self.n, how).with_events(Some(self.events));
        match self.table.time.partition_point(|other| *other <= time).checked_sub(1).and_then(|at| self.bounds[at]) {
            Some(interval) => estimate.within(interval.lower, interval.upper, interval.level),
            None => Estimate { no_interval: Some("survival is 0 or 1 there".to_owned()), ..estimate },
        }
    }

    /// Number at risk just before `time`.
    pub fn at_risk(&self, outcome: &Censored, time: f64) -> usize {
        (0..outcome.len())
            .filter(|row| outcome.time[*row] >= time)
            .filter(|row| outcome.entry.as_ref().is_none_or(|entry| entry[*row] < time))
            .count()
    }

    /// The time by which a share `probability` has had the event: the first with
    /// `S(t) <= 1 - probability`, or the middle of the step where they are equal. The interval
    /// inverts the pointwise bounds (Brookmeyer and Crowley 1982); a limit to which its bound does
    /// not come down within follow-up is infinite, where R prints `NA`.
    pub fn quantile(&self, probability: f64) -> Estimate {
        let name = if probability == 0.5 { "median".to_owned() } else { format!("{probability} quantile") };
        let curve = |pick: &dyn Fn(usize) -> Option<f64>| -> Vec<(f64, f64)> {
            (0..self.survival.len()).filter_map(|at| pick(at).map(|s| (self.table.time[at], s))).collect()
        };
        let value = crossing(&curve(&|at| Some(self.survival[at])), probability);
        let lower = crossing(&curve(&|at| self.bounds[at].map(|bounds| bounds.lower)), probability);
        let upper = crossing(&curve(&|at| self.bounds[at].map(|bounds| bounds.upper)), probability);
        let how = format!("Kaplan-Meier; {} interval inverted", self.transform.name());
        let Some(value) = value else {
            let reason = format!("survival does not fall to {} within follow-up", 1.0 - probability);
            let estimate = Estimate { how, ..Estimate::not_estimable(name, self.n, reason) };
            return estimate.with_events(Some(self.events)).within_follow_up(lower, upper, self.level);
        };
        Estimate::new(name, value, self.n, how)
            .with_events(Some(self.events))
            .within_follow_up(lower, upper, self.level)
    }

    /// Mean time until `limit`: the area under the curve up to there, with Greenwood's variance.
    /// The curve stays at its last value between the end of follow-up and `limit`.
    pub fn restricted_mean(&self, limit: f64) -> Estimate {
        let (mean, se) = self.restricted_mean_se(limit);
        let half = normal_multiplier(self.level) * se;
        let name = format!("restricted mean to {limit}");
        let mut estimate = Estimate::new(name, mean, self.n, "area under Kaplan-Meier; Greenwood")
            .with_events(Some(self.events))
            .within(mean - half, mean + half, self.level);
        if self.events == 0 {
            estimate.interval = None;
            estimate.no_interval = Some("no events".to_owned());
        }
        estimate
    }

    /// Restricted mean to `limit` and its standard error.
    pub fn restricted_mean_se(&self, limit: f64) -> (f64, f64) {
        let times = &self.table.time;
        let within = times.partition_point(|time| *time <= limit);
        // area[k]: from time k to the limit.
        let (mut area, mut variance) = (0.0, 0.0);
        for at in (0..within).rev() {
            let next = if at + 1 < within { times[at + 1] } else { limit };
            area += self.survival[at] * (next - times[at]);
            let (n, d) = (self.table.at_risk[at], self.table.events[at]);
            if d > 0.0 && n - d > 1e-12 * n {
                variance += area * area * d / (n * (n - d));
            }
        }
        area += times.first().filter(|_| within > 0).copied().unwrap_or(limit);
        (area, variance.sqrt())
    }
}

/// The first time at which a falling curve is at most `1 - probability`; the middle of the step
/// where it equals it, as R's `quantile.survfit` does.
fn crossing(curve: &[(f64, f64)], probability: f64) -> Option<f64> {
    let tolerance = f64::EPSILON.sqrt();
    let target = 1.0 - probability;
    let at = curve.iter().position(|(_, s)| *s <= target + tolerance)?;
    let (time, value) = curve[at];
    if (value - target).abs() > tolerance {
        return Some(time);
    }
    let next = curve[at..].iter().find(|(_, s)| *s < target - tolerance).or(curve.last())?;
    Some(0.5 * (time + next.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(time: &[f64], event: &[u8]) -> KaplanMeier {
        kaplan_meier(&Censored::new(time.to_vec(), event.to_vec()), None, Counted::Event, Transform::Log, 0.95).unwrap()
    }

    #[test]
    fn a_small_curve_by_hand() {
        let km = curve(&[1.0, 2.0, 2.0, 3.0, 4.0], &[1, 1, 0, 0, 1]);
        let expected = [0.8, 0.6, 0.6, 0.0];
        assert!(km.survival.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{:?}", km.survival);
        assert_eq!(km.bounds[3], None);
        assert!((km.se_log[1].powi(2) - (1.0 / 20.0 + 1.0 / 12.0)).abs() < 1e-15);
        assert_eq!(km.quantile(0.5).value, Ok(4.0));
        let (mean, _) = km.restricted_mean_se(4.0);
        assert!((mean - (1.0 + 0.8 + 0.6 * 2.0)).abs() < 1e-15);
    }

    #[test]
    fn a_plateau_at_the_quantile_gives_its_middle() {
        let km = curve(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 1, 1]);
        assert_eq!(km.quantile(0.5).value, Ok(2.5));
    }

    #[test]
    fn degenerate_follow_up_is_answered() {
        let none = curve(&[1.0, 2.0], &[0, 0]);
        assert_eq!(none.survival, [1.0, 1.0]);
        assert!(none.quantile(0.5).value.is_err());
        // Where R prints NA the limit is open, and told.
        let open = curve(&(1..=12).map(f64::from).collect::<Vec<_>>(), &[1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
        let (value, interval) = (open.quantile(0.5).value, open.quantile(0.5).interval.unwrap());
        assert!(value.is_ok() && interval.lower.is_finite() && interval.upper == f64::INFINITY, "{interval:?}");
        let never = none.quantile(0.5).interval.unwrap();
        assert!(never.upper == f64::INFINITY, "{never:?}");
        assert!(none.restricted_mean(2.0).interval.is_none());
        assert!(none.estimate_at(5.0).value.is_err());
        let zero = curve(&[0.0, 0.0, 0.0], &[1, 1, 0]);
        assert!((zero.at(0.0) - 1.0 / 3.0).abs() < 1e-15);
        let empty = Censored::new(vec![], vec![]);
        assert_eq!(follow_up(&empty, Transform::Log, 0.95).unwrap_err(), SurvivalError::Empty);
        let negative = Censored::new(vec![-1.0], vec![1]);
        assert!(matches!(follow_up(&negative, Transform::Log, 0.95), Err(SurvivalError::Time { row: 0, .. })));
    }

    #[test]
    fn late_entry_is_not_at_risk_before() {
        let outcome = Censored { time: vec![2.0, 3.0, 5.0], event: vec![1, 1, 1], entry: Some(vec![0.0, 2.0, 1.0]) };
        let km = kaplan_meier(&outcome, None, Counted::Event, Transform::Log, 0.95).unwrap();
        assert_eq!(km.table.at_risk, [2.0, 2.0, 1.0]);
        assert_eq!(km.at_risk(&outcome, 2.0), 2);
    }
}
