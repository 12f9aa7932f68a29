//! Fine and Gray's regression on the subdistribution hazard of one event under competing risks.
//!
//! A patient with a competing event stays at risk with the weight `G(t-) / G(T-)` of not being
//! censored later, `G` the reverse Kaplan-Meier estimate; the weighted Breslow partial likelihood
//! is maximised. Coefficients are those of `cmprsk::crr` and of `survival::finegray` followed by
//! `coxph`; errors are the sandwich by patient of the latter, which takes `G` as known.

use ndarray::{Array2, ArrayView2};

use super::censoring::{CensoringSurvival, Side};
use super::cox::{CoxData, CoxFit, CoxOptions, Ties, check, fit};
use super::error::SurvivalError;
use crate::stats::Censored;

/// Fits the subdistribution hazard of event 1; every other code above 0 competes.
///
/// # Errors
/// As [`fit`] of a Cox regression; late entry.
pub fn fine_gray(
    x: ArrayView2<'_, f64>,
    names: &[String],
    outcome: &Censored,
    level: f64,
) -> Result<CoxFit, SurvivalError> {
    let options = CoxOptions { ties: Ties::Breslow, level, robust: true, penalty: 0.0 };
    check(&CoxData::new(x.view(), names, outcome), &options)?;
    let free = CensoringSurvival::new(outcome)?;
    let mut events: Vec<f64> =
        (0..outcome.len()).filter(|row| outcome.event[*row] == 1).map(|row| outcome.time[row]).collect();
    events.sort_by(f64::total_cmp);
    events.dedup();
    let (mut row_of, mut weights) = (Vec::new(), Vec::new());
    let mut expanded = Censored { time: Vec::new(), event: Vec::new(), entry: None };
    let mut entry = Vec::new();
    // Before everything: follow-up may start and end at 0.
    let origin = -1.0;
    for row in 0..outcome.len() {
        let end = outcome.time[row];
        let mut push = |from: f64, to: f64, event: u8, weight: f64| {
            row_of.push(row);
            entry.push(from);
            expanded.time.push(to);
            expanded.event.push(event);
            weights.push(weight);
        };
        if outcome.event[row] < 2 {
            push(origin, end, outcome.event[row], 1.0);
            continue;
        }
        let because = |reason: crate::stats::NotEstimable| SurvivalError::NotEstimable { reason: reason.reason };
        let own = free.at(end, Side::Before).map_err(because)?;
        let (mut from, mut to, mut weight) = (origin, end, 1.0);
        for time in &events[events.partition_point(|time| *time <= end)..] {
            // Where nobody is followed so long, nobody can be at risk either.
            let Ok(later) = free.at(*time, Side::Before) else { break };
            if later / own != weight {
                push(from, to, 0, weight);
                (from, weight) = (to, later / own);
            }
            to = *time;
        }
        push(from, to, 0, weight);
    }
    let rows = row_of.len();
    let x_expanded = Array2::from_shape_fn((rows, x.ncols()), |(at, column)| x[[row_of[at], column]]);
    expanded.entry = Some(entry);
    let cluster: Vec<u32> = row_of.iter().map(|row| *row as u32).collect();
    let data = CoxData {
        weights: Some(&weights),
        cluster: Some(&cluster),
        ..CoxData::new(x_expanded.view(), names, &expanded)
    };
    let mut fitted = fit(&data, &options)?;
    fitted.n = outcome.len();
    Ok(fitted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn without_competing_events_it_is_cox() {
        let outcome = Censored::new(vec![5.0, 3.0, 2.0, 4.0, 1.0, 6.0], vec![1, 1, 0, 1, 1, 0]);
        let x = array![[1.0], [2.0], [0.0], [4.0], [3.0], [2.5]];
        let names = ["x".to_owned()];
        let ours = fine_gray(x.view(), &names, &outcome, 0.95).unwrap();
        let options = CoxOptions { ties: Ties::Breslow, robust: true, ..CoxOptions::default() };
        let cox = fit(&CoxData::new(x.view(), &names, &outcome), &options).unwrap();
        assert_eq!(ours.beta, cox.beta);
        assert_eq!(ours.variance(), cox.variance());
        let none = Censored::new(vec![1.0; 6], vec![2; 6]);
        assert!(fine_gray(x.view(), &names, &none, 0.95).is_err());
    }
}
