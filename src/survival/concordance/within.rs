//! Concordance of out-of-fold risks: pairs of patients of one fold, as R's
//! `concordance(y ~ risk + strata(fold))`, averaged over repeats.

use super::{TimeWeight, check_follow_up, finish, tally, tally_by_event};
use crate::stats::strata::{Counted, Strata};
use crate::stats::{Censored, Judged, NotEstimable};
use crate::survival::error::SurvivalError;
use crate::survival::influence::{Comparison, Influenced};

/// How much a pair counts.
pub(crate) enum Weights {
    /// 1: Harrell's C.
    Pairs,
    /// By the row of its event: Uno's C.
    ByEvent(Vec<f64>),
}

/// The index over the pairs within folds, with the influence of every patient.
///
/// # Errors
/// Follow-up that does not fit; no fold with a comparable pair.
pub(crate) fn within(
    outcome: &Censored,
    strata: &Strata,
    weights: &Weights,
) -> Result<(Influenced, Counted), SurvivalError> {
    check_follow_up(outcome)?;
    if outcome.events() == 0 {
        return Err(SurvivalError::NoEvents { n: outcome.len() });
    }
    let mut counted = Counted { repeats: strata.repeats(), ..Counted::default() };
    let (mut value, mut influence, mut repeats) = (0.0, vec![0.0; outcome.len()], 0.0);
    let all = strata.strata();
    for of_repeat in all.chunk_by(|a, b| a.repeat == b.repeat) {
        let mut whole =
            super::Tally { sum: [0.0; 3], tied_time: 0.0, tied_both: 0.0, own: vec![[0.0; 3]; outcome.len()] };
        for stratum in of_repeat {
            counted.folds += 1;
            let own = outcome.select(&stratum.rows);
            let scores: Vec<f64> = stratum.rows.iter().map(|row| stratum.scores[*row]).collect();
            let found = if own.is_empty() || own.events() == 0 {
                None
            } else {
                Some(match weights {
                    Weights::Pairs => tally(&own, &scores, None, TimeWeight::Pairs)?,
                    Weights::ByEvent(weights) => {
                        let weights: Vec<f64> = stratum.rows.iter().map(|row| weights[*row]).collect();
                        tally_by_event(&own, &scores, &weights)?
                    }
                })
            };
            let Some(found) = found.filter(|found| found.sum.iter().sum::<f64>() > 0.0) else {
                counted.without += 1;
                continue;
            };
            whole.sum.iter_mut().zip(found.sum).for_each(|(sum, own)| *sum += own);
            for (row, own) in stratum.rows.iter().zip(found.own) {
                whole.own[*row] = own;
            }
        }
        if whole.sum.iter().sum::<f64>() > 0.0 {
            let found = finish(outcome, None, whole)?;
            value += found.c;
            influence.iter_mut().zip(&found.influence).for_each(|(sum, own)| *sum += own);
            repeats += 1.0;
        }
    }
    if repeats == 0.0 {
        return Err(SurvivalError::because(format!("none of the {} folds holds a comparable pair", counted.folds)));
    }
    influence.iter_mut().for_each(|value| *value /= repeats);
    Ok((Influenced { value: value / repeats, influence, events: outcome.events() }, counted))
}

/// The difference of two models' C-indices on the same patients, each out of fold or not.
///
/// # Errors
/// As [`within`] of either.
pub(crate) fn compare_judged(first: &Judged<'_>, second: &Judged<'_>, level: f64) -> Result<Comparison, NotEstimable> {
    let of = |judged: &Judged<'_>| -> Result<Influenced, NotEstimable> {
        let outcome = super::follow_up_of(judged)?;
        match judged.held {
            Some(strata) => Ok(within(outcome, strata, &Weights::Pairs)?.0),
            None => Ok(super::concordance(outcome, judged.prediction.scores(), None, TimeWeight::Pairs)?.influenced()),
        }
    };
    Ok(of(first)?.compare(&of(second)?, level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::strata::Layer;
    use crate::survival::concordance::{concordance, harrell};

    // scripts/reference/nominal.R: concordance(Surv ~ risk + strata(fold), reverse = TRUE).
    #[test]
    fn agrees_with_strata_of_r() {
        let i: Vec<f64> = (1..=60).map(f64::from).collect();
        // R rounds half to even; no time is halfway here. The same shift of all times changes no pair.
        let time = i.iter().map(|i| (30.0 + 9.0 * (1.9 * i).cos() + 5.0 * (0.3 * i).sin()).round()).collect();
        let event = i.iter().map(|i| u8::from((2.7 * i).sin() > -0.3)).collect();
        let scores = i.iter().map(|i| (1.3 * i).cos()).collect();
        let fold = (0..60).map(|row| Some(row % 5)).collect();
        let strata = Strata::new(vec![Layer { scores, fold, classes: Vec::new() }]);
        let (found, _) = within(&Censored::new(time, event), &strata, &Weights::Pairs).unwrap();
        assert!((found.value - 0.505434782609).abs() < 1e-11, "{}", found.value);
        assert!((found.variance() / 4.546624802120e-3 - 1.0).abs() < 1e-9, "{}", found.variance());
    }

    #[test]
    fn folds_count_their_own_pairs() {
        let y = Censored::new(vec![5.0, 3.0, 8.0, 2.0, 7.0, 4.0, 9.0, 1.0], vec![1, 1, 0, 1, 1, 0, 1, 1]);
        let risk = [0.3, 0.9, 0.1, 0.4, 0.5, 0.2, 0.6, 0.8];
        let layer =
            |fold: [usize; 8]| Layer { scores: risk.to_vec(), fold: fold.map(Some).to_vec(), classes: Vec::new() };
        let plain = concordance(&y, &risk, None, TimeWeight::Pairs).unwrap();
        let (one, counted) = within(&y, &Strata::new(vec![layer([0; 8])]), &Weights::Pairs).unwrap();
        assert_eq!((one.value, counted.folds, counted.without), (plain.c, 1, 0));
        assert_eq!(one.influence, plain.influence);
        let folds = Strata::new(vec![layer([0, 0, 0, 0, 1, 1, 1, 1])]);
        let (two, _) = within(&y, &folds, &Weights::Pairs).unwrap();
        let (first, second) = (y.select(&[0, 1, 2, 3]), y.select(&[4, 5, 6, 7]));
        let pairs = |y: &Censored, risk: &[f64]| {
            let found = concordance(y, risk, None, TimeWeight::Pairs).unwrap();
            (harrell(y, risk).unwrap(), found.concordant + found.discordant + found.tied_score)
        };
        let ((a, n), (b, m)) = (pairs(&first, &risk[..4]), pairs(&second, &risk[4..]));
        assert!((two.value - (a * n + b * m) / (n + m)).abs() < 1e-15);
        assert!(two.influence.iter().sum::<f64>().abs() < 1e-15);
        // A fold of one patient has no pair.
        let (_, counted) = within(&y, &Strata::new(vec![layer([0, 0, 0, 0, 1, 1, 1, 2])]), &Weights::Pairs).unwrap();
        assert_eq!(counted.without, 1);
        let apart = Strata::new(vec![layer([0, 1, 2, 3, 4, 5, 6, 7])]);
        assert!(within(&y, &apart, &Weights::Pairs).unwrap_err().to_string().contains("comparable pair"));
    }
}
