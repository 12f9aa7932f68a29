//! Risk groups: cut-offs learned on training rows, groups in any rows, and the four profiles of a
//! response and a risk.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;

use super::binomial::{ProportionInterval, proportion};
use super::bootstrap::{ResampleFault, below};
use super::distribution::normal_density;
use super::estimate::{Estimate, NotEstimable};
use super::outcome::{Censored, Outcome};
use super::ranks::{order, quantile_of_sorted};

/// How cut-offs are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum CutoffRule {
    /// Two groups of about equal size.
    Median,
    /// Three groups of about equal size.
    Tertiles,
    /// The cut-off that separates outcomes most, with its p-value corrected for the search; each
    /// group holds at least the share `smallest` of patients.
    MaximallySelected { smallest: f64 },
}

/// Cut-offs; group `g` holds the scores above `g` of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cutoffs {
    /// Ascending. A score equal to a cut-off belongs below it.
    pub cuts: Vec<f64>,
    /// Of a maximally selected cut-off.
    pub selection: Option<Selection>,
}

/// The search for a maximally selected cut-off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Largest standardised rank statistic.
    pub statistic: f64,
    /// Lausen & Schumacher's (1992) approximation.
    pub p_approximate: f64,
    /// Share of permutations of the outcome with as large a statistic.
    pub p_permutation: f64,
    pub permutations: usize,
    /// Cut-offs that were tried.
    pub candidates: usize,
}

impl Cutoffs {
    /// The group of each score: 0 is the lowest; `None` for a missing score.
    pub fn assign(&self, scores: &[f64]) -> Vec<Option<u32>> {
        scores
            .iter()
            .map(|score| (!score.is_nan()).then(|| self.cuts.iter().filter(|cut| score > *cut).count() as u32))
            .collect()
    }

    /// Names of the groups, lowest first.
    pub fn labels(&self) -> Vec<String> {
        let names: &[&str] = match self.cuts.len() {
            1 => &["low", "high"],
            2 => &["low", "intermediate", "high"],
            _ => return (0..=self.cuts.len()).map(|group| format!("group {}", group + 1)).collect(),
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// Cut-offs of the training `scores`. Missing scores do not count.
///
/// # Errors
/// Too few distinct scores, an outcome without events, stopped.
pub fn cutoffs(
    scores: &[f64],
    outcome: &Outcome,
    rule: CutoffRule,
    permutations: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Cutoffs, ResampleFault> {
    if scores.len() != outcome.len() {
        return Err(NotEstimable::new("scores and outcomes are of different numbers of rows").into());
    }
    let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let shares: &[f64] = match rule {
        CutoffRule::Median => &[0.5],
        CutoffRule::Tertiles => &[1.0 / 3.0, 2.0 / 3.0],
        CutoffRule::MaximallySelected { smallest } => {
            return maximally_selected(scores, outcome, smallest, permutations, stream, watch);
        }
    };
    let cuts: Vec<f64> = shares.iter().filter_map(|share| quantile_of_sorted(&sorted, *share)).collect();
    let groups = Cutoffs { cuts, selection: None };
    let mut sizes = vec![0usize; shares.len() + 1];
    for group in groups.assign(&sorted).into_iter().flatten() {
        sizes[group as usize] += 1;
    }
    if groups.cuts.is_empty() || sizes.contains(&0) {
        return Err(NotEstimable::new("the scores take too few values to be cut").into());
    }
    Ok(groups)
}

/// The cut-off of the largest standardised two-sample statistic of outcome scores: log-rank scores
/// of a survival outcome, the outcome itself of a binary one, midranks of a number.
fn maximally_selected(
    scores: &[f64],
    outcome: &Outcome,
    smallest: f64,
    permutations: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Cutoffs, ResampleFault> {
    if !(smallest > 0.0 && smallest < 0.5) {
        return Err(NotEstimable::new(format!("a smallest share of {smallest} is not between 0 and 0.5")).into());
    }
    let rows: Vec<usize> = (0..scores.len()).filter(|row| !scores[*row].is_nan()).collect();
    let x: Vec<f64> = rows.iter().map(|row| scores[*row]).collect();
    let points = match outcome.select(&rows) {
        Outcome::Survival(censored) => log_rank_scores(&censored)?,
        Outcome::Binary(events) => events.into_iter().map(|event| f64::from(u8::from(event))).collect(),
        Outcome::Continuous(values) => super::ranks::midranks(&values),
        Outcome::Nominal(_) => return Err(NotEstimable::new("several classes have no order to cut by").into()),
    };
    let n = x.len();
    let order = order(&x);
    let least = (smallest * n as f64).ceil().max(1.0) as usize;
    // After how many sorted rows a cut is possible: where the score changes.
    let places: Vec<usize> =
        (least..=n.saturating_sub(least)).filter(|m| *m > 0 && *m < n && x[order[m - 1]] < x[order[*m]]).collect();
    if places.is_empty() {
        return Err(NotEstimable::new("no cut-off leaves enough patients on both sides").into());
    }
    let mean = points.iter().sum::<f64>() / n as f64;
    let spread: f64 = points.iter().map(|point| (point - mean).powi(2)).sum();
    if spread.is_nan() || spread <= 0.0 {
        return Err(NotEstimable::new("the outcome does not vary, so no cut-off separates it").into());
    }
    let largest = |sorted_points: &dyn Fn(usize) -> f64| -> (f64, usize) {
        let (mut sum, mut done) = (0.0, 0);
        let mut best = (0.0, places[0]);
        for place in &places {
            while done < *place {
                sum += sorted_points(done) - mean;
                done += 1;
            }
            let m = *place as f64;
            let variance = m * (n as f64 - m) / (n as f64 * (n as f64 - 1.0)) * spread;
            let statistic = sum.abs() / variance.sqrt();
            if statistic > best.0 {
                best = (statistic, *place);
            }
        }
        best
    };
    let (statistic, place) = largest(&|i| points[order[i]]);
    let extreme = (0..permutations)
        .into_par_iter()
        .map(|index| {
            watch.check()?;
            let mut rng = stream.indexed(index as u64).rng();
            let mut shuffled = points.clone();
            for last in (1..n).rev() {
                shuffled.swap(last, below(&mut rng, last + 1));
            }
            Ok(usize::from(largest(&|i| shuffled[i]).0 >= statistic - 1e-9))
        })
        .collect::<Result<Vec<usize>, crate::progress::Cancelled>>()?
        .into_iter()
        .sum::<usize>();
    let first = places[0] as f64 / n as f64;
    let last = places[places.len() - 1] as f64 / n as f64;
    let density = normal_density(statistic);
    let approximate = density * (statistic - 1.0 / statistic) * ((last * (1.0 - first)) / (first * (1.0 - last))).ln()
        + 4.0 * density / statistic;
    let selection = Selection {
        statistic,
        p_approximate: approximate.clamp(0.0, 1.0),
        p_permutation: (1 + extreme) as f64 / (1 + permutations) as f64,
        permutations,
        candidates: places.len(),
    };
    let cut = 0.5 * (x[order[place - 1]] + x[order[place]]);
    Ok(Cutoffs { cuts: vec![cut], selection: Some(selection) })
}

/// Log-rank scores `event - cumulative hazard (Nelson-Aalen) at the patient's time`.
///
/// # Errors
/// No events; left truncation, under which the scores do not exist.
pub fn log_rank_scores(outcome: &Censored) -> Result<Vec<f64>, NotEstimable> {
    if outcome.entry.is_some() {
        return Err(NotEstimable::new("log-rank scores do not exist under left truncation"));
    }
    if outcome.events() == 0 {
        return Err(NotEstimable::new(format!("no events among {} patients", outcome.len())));
    }
    let order = order(&outcome.time);
    let mut scores = vec![0.0; outcome.len()];
    let mut hazard = 0.0;
    super::ranks::each_tie(&order, &outcome.time, |start, end| {
        let events = order[start..end].iter().filter(|row| outcome.event[**row] == 1).count() as f64;
        hazard += events / (order.len() - start) as f64;
        for row in &order[start..end] {
            scores[*row] = f64::from(u8::from(outcome.event[*row] == 1)) - hazard;
        }
    });
    Ok(scores)
}

/// One of the four profiles of predicted response and risk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quadrant {
    /// "predicted responder, high risk".
    pub label: String,
    pub responder: bool,
    pub high_risk: bool,
    /// The rows in it, for survival curves.
    pub rows: Vec<usize>,
    /// Share of all patients that have both predictions.
    pub share: Estimate,
    /// Observed response with an exact interval; `None` without an observed response.
    pub response: Option<Estimate>,
}

/// The four profiles in the order responder/low, responder/high, non-responder/low,
/// non-responder/high. Rows with a missing prediction are left out and counted in `share`;
/// observed responses that are missing are counted in `response`.
///
/// # Errors
/// Different numbers of rows.
pub fn quadrants(
    responder: &[Option<bool>],
    high_risk: &[Option<bool>],
    observed: Option<&[Option<bool>]>,
    level: f64,
) -> Result<[Quadrant; 4], NotEstimable> {
    if responder.len() != high_risk.len() || observed.is_some_and(|observed| observed.len() != responder.len()) {
        return Err(NotEstimable::new("profiles and observations are of different numbers of rows"));
    }
    let known = responder.iter().zip(high_risk).filter(|(a, b)| a.is_some() && b.is_some()).count();
    Ok([(true, false), (true, true), (false, false), (false, true)].map(|(wanted_response, wanted_risk)| {
        let rows: Vec<usize> = (0..responder.len())
            .filter(|row| responder[*row] == Some(wanted_response) && high_risk[*row] == Some(wanted_risk))
            .collect();
        let who = if wanted_response { "predicted responder" } else { "predicted non-responder" };
        let risk = if wanted_risk { "high risk" } else { "low risk" };
        let response = observed.map(|observed| {
            let seen: Vec<bool> = rows.iter().filter_map(|row| observed[*row]).collect();
            let responses = seen.iter().filter(|response| **response).count();
            proportion("observed response", responses, seen.len(), ProportionInterval::Exact, level)
                .with_missing(rows.len() - seen.len())
        });
        Quadrant {
            label: format!("{who}, {risk}"),
            responder: wanted_response,
            high_risk: wanted_risk,
            share: proportion("share", rows.len(), known, ProportionInterval::Exact, level)
                .with_missing(responder.len() - known),
            rows,
            response,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_tertiles() {
        let scores = [5.0, 1.0, 3.0, 2.0, 4.0, 6.0];
        let outcome = Outcome::Binary(vec![true; 6]);
        let run = |scores: &[f64], rule| {
            let outcome = Outcome::Binary(vec![true; scores.len()]);
            cutoffs(scores, &outcome, rule, 0, &Stream::root(1), &Watch::silent())
        };
        let median = run(&scores, CutoffRule::Median).unwrap();
        assert_eq!(median.cuts, [3.5]);
        assert_eq!(median.labels(), ["low", "high"]);
        assert_eq!(median.assign(&[3.5, 4.0, f64::NAN]), [Some(0), Some(1), None]);
        assert_eq!(run(&scores, CutoffRule::Tertiles).unwrap().labels().len(), 3);
        assert!(run(&[1.0; 6], CutoffRule::Median).is_err());
        assert!(run(&[], CutoffRule::Median).is_err());
        let selected = CutoffRule::MaximallySelected { smallest: 0.2 };
        assert!(cutoffs(&scores, &outcome, selected, 0, &Stream::root(1), &Watch::silent()).is_err());
    }

    #[test]
    fn the_true_cut_is_found() {
        let n = 80;
        let scores: Vec<f64> = (0..n).map(|i| f64::from((i * 37) % n)).collect();
        let time: Vec<f64> =
            scores.iter().enumerate().map(|(i, s)| if *s > 49.0 { 1.0 } else { 20.0 } + (i % 7) as f64).collect();
        let event = (0..n).map(|i| u8::from(i % 5 != 0)).collect();
        let outcome = Outcome::Survival(Censored::new(time, event));
        let rule = CutoffRule::MaximallySelected { smallest: 0.1 };
        let found = cutoffs(&scores, &outcome, rule, 200, &Stream::root(1), &Watch::silent()).unwrap();
        assert!((found.cuts[0] - 49.5).abs() < 5.0, "{found:?}");
        let selection = found.selection.unwrap();
        assert!(selection.p_permutation < 0.01 && selection.p_approximate < 0.001);
    }

    #[test]
    fn log_rank_scores_sum_to_zero() {
        let outcome = Censored::new(vec![3.0, 1.0, 2.0, 2.0, 5.0], vec![1, 0, 1, 1, 0]);
        let scores = log_rank_scores(&outcome).unwrap();
        assert!(scores.iter().sum::<f64>().abs() < 1e-12);
        assert!(log_rank_scores(&Censored::new(vec![1.0], vec![0])).is_err());
    }

    #[test]
    fn four_profiles() {
        let responder = [Some(true), Some(true), Some(false), None];
        let risk = [Some(true), Some(false), Some(false), Some(true)];
        let observed = [Some(false), Some(true), None, Some(true)];
        let profiles = quadrants(&responder, &risk, Some(&observed), 0.95).unwrap();
        assert_eq!(profiles.each_ref().map(|quadrant| quadrant.rows.len()), [1, 1, 1, 0]);
        assert_eq!(profiles[0].share.missing, 1);
        assert_eq!(profiles[1].response.as_ref().unwrap().value, Ok(0.0));
        assert!(profiles[2].response.as_ref().unwrap().value.is_err());
    }
}
