//! The table of event times behind the baseline hazard, the residuals and the robust errors.

use super::Ties;
use super::likelihood::RiskOrder;
use crate::stats::Censored;

/// What happens at one event time of one stratum, at the fitted coefficients.
#[derive(Clone, Debug)]
pub struct EventTime {
    pub time: f64,
    /// Index of the stratum in the order of its label.
    pub stratum: usize,
    /// Number at risk just before, and number of events.
    pub at_risk: usize,
    pub deaths: usize,
    /// Sum of the weights of the events.
    pub weight: f64,
    /// Jump of the baseline cumulative hazard of a patient with covariates 0, and the part of it
    /// that counts for those who have their event here (smaller under Efron's ties).
    pub hazard: f64,
    pub hazard_dead: f64,
    /// Jump of the variance of the cumulative hazard, coefficients taken as known.
    pub variance: f64,
    /// Mean covariates of the risk set, averaged over Efron's steps.
    pub mean: Vec<f64>,
    /// Jumps of the hazard times the mean covariates, for all and for those with the event.
    pub hazard_mean: Vec<f64>,
    pub hazard_mean_dead: Vec<f64>,
}

/// Event times by stratum and ascending time. `risk` holds hazard ratios without the case
/// weights, `x` is row-major with `p` columns. Exact ties use Breslow's sums here, as R does
/// for what needs a baseline.
pub fn event_times(
    x: &[f64],
    p: usize,
    outcome: &Censored,
    weights: Option<&[f64]>,
    risk: &[f64],
    order: &RiskOrder,
    ties: Ties,
) -> Vec<EventTime> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let mut table = Vec::new();
    for (stratum, range) in order.strata.iter().enumerate() {
        let rows = &order.rows[range.clone()];
        let entries = if order.entries.is_empty() { &[][..] } else { &order.entries[range.clone()] };
        let mut entries = entries.iter().peekable();
        let first = table.len();
        let (mut s0, mut s1, mut at_risk) = (0.0, vec![0.0; p], 0usize);
        let mut at = 0;
        while at < rows.len() {
            let time = outcome.time[rows[at]];
            let (mut deaths, mut total, mut d0, mut d1) = (0usize, 0.0, 0.0, vec![0.0; p]);
            while at < rows.len() && outcome.time[rows[at]] == time {
                let row = rows[at];
                let r = weight(row) * risk[row];
                let values = &x[row * p..(row + 1) * p];
                s0 += r;
                s1.iter_mut().zip(values).for_each(|(sum, x)| *sum += r * x);
                at_risk += 1;
                if outcome.event[row] == 1 {
                    deaths += 1;
                    total += weight(row);
                    d0 += r;
                    d1.iter_mut().zip(values).for_each(|(sum, x)| *sum += r * x);
                }
                at += 1;
            }
            if deaths == 0 {
                continue;
            }
            if let Some(entry) = &outcome.entry {
                while let Some(row) = entries.next_if(|row| entry[**row] >= time) {
                    let r = weight(*row) * risk[*row];
                    s0 -= r;
                    s1.iter_mut().zip(&x[row * p..(row + 1) * p]).for_each(|(sum, x)| *sum -= r * x);
                    at_risk -= 1;
                }
            }
            let mut event = EventTime {
                time,
                stratum,
                at_risk,
                deaths,
                weight: total,
                hazard: 0.0,
                hazard_dead: 0.0,
                variance: 0.0,
                mean: vec![0.0; p],
                hazard_mean: vec![0.0; p],
                hazard_mean_dead: vec![0.0; p],
            };
            let steps = if ties == Ties::Efron { deaths } else { 1 };
            let each = total / steps as f64;
            for step in 0..steps {
                let gone = step as f64 / deaths as f64;
                let denominator = s0 - gone * d0;
                let jump = each / denominator;
                event.hazard += jump;
                event.hazard_dead += jump * (1.0 - gone);
                event.variance += jump / denominator;
                for j in 0..p {
                    let mean = (s1[j] - gone * d1[j]) / denominator;
                    event.mean[j] += mean / steps as f64;
                    event.hazard_mean[j] += jump * mean;
                    event.hazard_mean_dead[j] += jump * (1.0 - gone) * mean;
                }
            }
            table.push(event);
        }
        table[first..].reverse();
    }
    table
}
