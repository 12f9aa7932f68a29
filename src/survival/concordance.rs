//! The concordance index: the share of comparable pairs that a risk score ranks as observed.
//!
//! A pair is comparable when the one with the shorter time had the event (a censored time equal
//! to an event time counts as longer); ties of the score count one half, two events at the same
//! time do not count. One pass over the patients with a tree of counts by score: O(n log n).
//! Counts, time weights and the infinitesimal jackknife variance are those of R's
//! `survival::concordance`.

pub mod resampler;
mod within;

pub use resampler::Resampler;
pub(crate) use within::{Weights, compare_judged, within};

use super::error::{SurvivalError, check_follow_up, check_weights, same_length};
use super::influence::{Comparison, Influenced};
use super::life_table::{Counted, LifeTable};
use super::uno::told;
use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::metric::IntervalPlan;
use crate::stats::{Censored, Direction, Estimate, Judged, Metric, NotEstimable, Outcome};

/// How much a pair counts, by the time of its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimeWeight {
    /// 1: Harrell's C.
    #[default]
    Pairs,
    /// `n S(t-) / n(t)`: Peto and Wilcoxon.
    Survival,
    /// `1 / G(t-)^2` from these patients: Uno's C without a limit.
    Uno,
    /// `1 / n(t)`, the weight of the log-rank score.
    Risk,
}

/// Pairs counted, and the concordance they make.
#[derive(Clone, Debug, PartialEq)]
pub struct Concordance {
    pub n: usize,
    pub events: usize,
    pub concordant: f64,
    pub discordant: f64,
    /// Comparable pairs with equal scores.
    pub tied_score: f64,
    /// Pairs of events at the same time, with different and with equal scores.
    pub tied_time: f64,
    pub tied_both: f64,
    /// `(concordant + tied_score / 2) / (concordant + discordant + tied_score)`.
    pub c: f64,
    /// Change of `c` with the weight of each patient, times the weight: its squares sum to the
    /// variance.
    pub influence: Vec<f64>,
}

impl Concordance {
    pub fn variance(&self) -> f64 {
        self.influence.iter().map(|value| value * value).sum()
    }

    /// The index alone with its influence.
    pub fn influenced(self) -> Influenced {
        Influenced { value: self.c, influence: self.influence, events: self.events }
    }
}

/// Pairs before they make an index.
struct Tally {
    /// Concordant, discordant, tied score.
    sum: [f64; 3],
    tied_time: f64,
    tied_both: f64,
    /// The same three of each patient.
    own: Vec<[f64; 3]>,
}

/// A Fenwick tree of weights by rank.
struct Counts {
    tree: Vec<f64>,
    total: f64,
}

impl Counts {
    fn new(ranks: usize) -> Self {
        Counts { tree: vec![0.0; ranks + 1], total: 0.0 }
    }

    fn add(&mut self, rank: usize, weight: f64) {
        self.total += weight;
        let mut at = rank + 1;
        while at < self.tree.len() {
            self.tree[at] += weight;
            at += at & at.wrapping_neg();
        }
    }

    /// Sum over ranks below `rank`.
    fn below(&self, rank: usize) -> f64 {
        let (mut at, mut sum) = (rank, 0.0);
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }

    /// Sums below, at and above `rank`.
    fn split(&self, rank: usize) -> [f64; 3] {
        let below = self.below(rank);
        let through = self.below(rank + 1);
        [below, through - below, self.total - through]
    }
}

/// Dense ranks from 0, and how many there are.
fn ranks(scores: &[f64]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let mut ranks = vec![0; scores.len()];
    let mut rank = 0;
    for at in 0..order.len() {
        if at > 0 && scores[order[at]] != scores[order[at - 1]] {
            rank += 1;
        }
        ranks[order[at]] = rank;
    }
    (ranks, if order.is_empty() { 0 } else { rank + 1 })
}

fn check(outcome: &Censored, scores: &[f64], weights: Option<&[f64]>) -> Result<(), SurvivalError> {
    check_follow_up(outcome)?;
    same_length("the risk score", outcome.len(), scores.len())?;
    check_weights(weights, outcome.len())?;
    if let Some(row) = scores.iter().position(|score| score.is_nan()) {
        return Err(SurvivalError::Covariate { column: "risk score".to_owned(), row });
    }
    if outcome.events() == 0 {
        return Err(SurvivalError::NoEvents { n: outcome.len() });
    }
    Ok(())
}

/// Concordance of a risk score (higher means an earlier event) with its variance.
///
/// # Errors
/// Input that does not fit, no events, or no comparable pair.
pub fn concordance(
    outcome: &Censored,
    scores: &[f64],
    weights: Option<&[f64]>,
    time_weight: TimeWeight,
) -> Result<Concordance, SurvivalError> {
    check(outcome, scores, weights)?;
    finish(outcome, weights, tally(outcome, scores, weights, time_weight)?)
}

fn tally(
    outcome: &Censored,
    scores: &[f64],
    weights: Option<&[f64]>,
    time_weight: TimeWeight,
) -> Result<Tally, SurvivalError> {
    if outcome.entry.is_some() {
        return with_entry(outcome, scores, weights, time_weight);
    }
    let n = outcome.len();
    let (rank, distinct) = ranks(scores);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|a, b| outcome.time[*a].total_cmp(&outcome.time[*b]).then(a.cmp(b)));
    let groups = tied_groups(&order, &outcome.time);
    let at_time = event_weights(outcome, weights, time_weight)?;
    let at_event: Vec<f64> = {
        let mut values = vec![0.0; n];
        for (group, value) in groups.iter().zip(at_time) {
            order[group.clone()].iter().for_each(|row| values[*row] = value);
        }
        values
    };
    Ok(count(outcome, weights, (&rank, distinct), &order, &groups, &at_event))
}

/// Concordance where each pair weighs what its event's row weighs in `event_weight`; rows weigh 1.
///
/// # Errors
/// As [`concordance`]; late entry.
pub(crate) fn weighted_by_event(
    outcome: &Censored,
    scores: &[f64],
    event_weight: &[f64],
) -> Result<Concordance, SurvivalError> {
    check(outcome, scores, None)?;
    finish(outcome, None, tally_by_event(outcome, scores, event_weight)?)
}

fn tally_by_event(outcome: &Censored, scores: &[f64], event_weight: &[f64]) -> Result<Tally, SurvivalError> {
    if outcome.entry.is_some() {
        return Err(SurvivalError::because("weights for censoring are not defined under late entry"));
    }
    let (rank, distinct) = ranks(scores);
    let mut order: Vec<usize> = (0..outcome.len()).collect();
    order.sort_unstable_by(|a, b| outcome.time[*a].total_cmp(&outcome.time[*b]).then(a.cmp(b)));
    let groups = tied_groups(&order, &outcome.time);
    Ok(count(outcome, None, (&rank, distinct), &order, &groups, event_weight))
}

/// Counts pairs; `order` is by ascending time with runs of equal times in `groups`.
fn count(
    outcome: &Censored,
    weights: Option<&[f64]>,
    (rank, distinct): (&[usize], usize),
    order: &[usize],
    groups: &[std::ops::Range<usize>],
    at_event: &[f64],
) -> Tally {
    let n = outcome.len();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    // Sums of pair weights by patient: concordant, discordant, tied score.
    let mut own = vec![[0.0f64; 3]; n];
    let (mut tied_time, mut tied_both) = (0.0, 0.0);
    let mut later = Counts::new(distinct);
    for group in groups.iter().rev() {
        let members = &order[group.clone()];
        let dead = |row: &&usize| outcome.event[**row] == 1;
        for row in members.iter().filter(|row| !dead(row)) {
            later.add(rank[*row], weight(*row));
        }
        for row in members.iter().filter(dead) {
            let [below, equal, above] = later.split(rank[*row]);
            own[*row] = [at_event[*row] * below, at_event[*row] * above, at_event[*row] * equal];
        }
        let mut events: Vec<usize> = members.iter().filter(dead).copied().collect();
        if events.len() > 1 {
            let (all, squares) = sums(&events, weight);
            events.sort_unstable_by_key(|row| rank[*row]);
            let mut same = 0.0;
            for run in events.chunk_by(|a, b| rank[*a] == rank[*b]) {
                let (sum, squares) = sums(run, weight);
                same += 0.5 * (sum * sum - squares);
            }
            // Ties in time share the weight of their time.
            tied_both += at_event[events[0]] * same;
            tied_time += at_event[events[0]] * (0.5 * (all * all - squares) - same);
        }
        for row in events {
            later.add(rank[row], weight(row));
        }
    }
    let mut sum = [0.0; 3];
    for (row, own) in own.iter().enumerate() {
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += weight(row) * own);
    }
    // The same pairs once more, from the patient with the longer time.
    let mut earlier = Counts::new(distinct);
    for group in groups {
        let members = &order[group.clone()];
        let give = |row: usize, earlier: &Counts, own: &mut [[f64; 3]]| {
            let [below, equal, above] = earlier.split(rank[row]);
            own[row][0] += above;
            own[row][1] += below;
            own[row][2] += equal;
        };
        for row in members.iter().filter(|row| outcome.event[**row] == 1) {
            give(*row, &earlier, &mut own);
        }
        for row in members.iter().filter(|row| outcome.event[**row] == 1) {
            earlier.add(rank[*row], weight(*row) * at_event[*row]);
        }
        for row in members.iter().filter(|row| outcome.event[**row] != 1) {
            give(*row, &earlier, &mut own);
        }
    }
    Tally { sum, tied_time, tied_both, own }
}

fn sums(rows: &[usize], weight: impl Fn(usize) -> f64) -> (f64, f64) {
    rows.iter().fold((0.0, 0.0), |(sum, squares), row| (sum + weight(*row), squares + weight(*row).powi(2)))
}

fn finish(outcome: &Censored, weights: Option<&[f64]>, tally: Tally) -> Result<Concordance, SurvivalError> {
    let Tally { sum, tied_time, tied_both, own } = tally;
    let [concordant, discordant, tied_score] = sum;
    let pairs = concordant + discordant + tied_score;
    if pairs.is_nan() || pairs <= 0.0 {
        return Err(SurvivalError::because(format!(
            "no comparable pair among {} patients with {} events",
            outcome.len(),
            outcome.events()
        )));
    }
    let c = (concordant + tied_score / 2.0) / pairs;
    let influence = own
        .iter()
        .enumerate()
        .map(|(row, [concordant, discordant, tied])| {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            weight * (concordant + tied / 2.0 - c * (concordant + discordant + tied)) / pairs
        })
        .collect();
    Ok(Concordance {
        n: outcome.len(),
        events: outcome.events(),
        concordant,
        discordant,
        tied_score,
        tied_time,
        tied_both,
        c,
        influence,
    })
}

/// Ranges of equal times in `order`.
fn tied_groups(order: &[usize], time: &[f64]) -> Vec<std::ops::Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    for end in 1..=order.len() {
        if end == order.len() || time[order[end]] != time[order[start]] {
            groups.push(start..end);
            start = end;
        }
    }
    groups
}

/// The weight of each distinct time, ascending.
fn event_weights(
    outcome: &Censored,
    weights: Option<&[f64]>,
    time_weight: TimeWeight,
) -> Result<Vec<f64>, SurvivalError> {
    let table = LifeTable::new(outcome, weights, Counted::Event)?;
    let total = weights.map_or(outcome.len() as f64, |weights| weights.iter().sum());
    let (mut survival, mut free) = (1.0, 1.0);
    Ok((0..table.time.len())
        .map(|at| {
            let (n, d, c) = (table.at_risk[at], table.events[at], table.censored[at]);
            let value = match time_weight {
                TimeWeight::Pairs => 1.0,
                TimeWeight::Survival => total * survival / n,
                TimeWeight::Uno => 1.0 / (free * free),
                TimeWeight::Risk => 1.0 / n,
            };
            survival *= 1.0 - d / n;
            // Events come before censorings at the same time.
            if n - d > 0.0 {
                free *= 1.0 - c / (n - d);
            }
            if d > 0.0 { value } else { 0.0 }
        })
        .collect())
}

/// The same under late entry, where a pair is comparable only if both were at risk: every event
/// against its risk set, O(events n).
fn with_entry(
    outcome: &Censored,
    scores: &[f64],
    weights: Option<&[f64]>,
    time_weight: TimeWeight,
) -> Result<Tally, SurvivalError> {
    let n = outcome.len();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let entry = |row: usize| outcome.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[row]);
    if time_weight == TimeWeight::Uno {
        return Err(SurvivalError::because("weights for censoring are not defined under late entry"));
    }
    let table = LifeTable::new(outcome, weights, Counted::Event)?;
    let at_event = event_weights(outcome, weights, time_weight)?;
    let mut own = vec![[0.0f64; 3]; n];
    let mut sum = [0.0; 3];
    let (mut tied_time, mut tied_both) = (0.0, 0.0);
    for event in (0..n).filter(|row| outcome.event[*row] == 1) {
        let time = outcome.time[event];
        let factor = at_event[table.time.partition_point(|other| *other < time)];
        for other in (0..n).filter(|row| *row != event && entry(*row) < time && outcome.time[*row] >= time) {
            let pair = factor * weight(event) * weight(other);
            if outcome.time[other] == time && outcome.event[other] == 1 {
                if scores[event] == scores[other] {
                    tied_both += 0.5 * pair;
                } else {
                    tied_time += 0.5 * pair;
                }
                continue;
            }
            let kind = match scores[event].total_cmp(&scores[other]) {
                _ if scores[event] == scores[other] => 2,
                std::cmp::Ordering::Greater => 0,
                _ => 1,
            };
            sum[kind] += pair;
            own[event][kind] += factor * weight(other);
            own[other][kind] += factor * weight(event);
        }
    }
    Ok(Tally { sum, tied_time, tied_both, own })
}

/// Harrell's C alone, without variance: about half the work of [`concordance`].
///
/// # Errors
/// As [`concordance`].
pub fn harrell(outcome: &Censored, scores: &[f64]) -> Result<f64, SurvivalError> {
    check(outcome, scores, None)?;
    if outcome.entry.is_some() {
        return concordance(outcome, scores, None, TimeWeight::Pairs).map(|result| result.c);
    }
    Resampler::prepared(outcome, scores).c(None)
}

/// The difference of two scores' concordance on the same patients.
///
/// # Errors
/// As [`concordance`] of either.
pub fn compare(
    outcome: &Censored,
    first: &[f64],
    second: &[f64],
    time_weight: TimeWeight,
    level: f64,
) -> Result<Comparison, SurvivalError> {
    let first = concordance(outcome, first, None, time_weight)?.influenced();
    let second = concordance(outcome, second, None, time_weight)?.influenced();
    Ok(first.compare(&second, level))
}

/// The outcome as follow-up, or why not.
pub(crate) fn follow_up_of<'a>(judged: &Judged<'a>) -> Result<&'a Censored, NotEstimable> {
    match judged.outcome {
        Outcome::Survival(censored) => Ok(censored),
        _ => Err(NotEstimable::new("the endpoint is not a time to an event")),
    }
}

impl From<SurvivalError> for NotEstimable {
    fn from(error: SurvivalError) -> Self {
        NotEstimable::new(error.to_string())
    }
}

/// The metric `C-index`.
pub struct HarrellC;

static CARD: Card = Card {
    name: "C-index",
    title: "Harrell's concordance index",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Share of comparable pairs of patients in which the higher risk has the earlier event.",
    documentation: "\
A pair is comparable when the patient with the shorter time had the event; censoring at an event's time counts as \
later, and two events at the same time are not comparable.\n\n\
`C = (concordant + tied/2) / (concordant + discordant + tied)`\n\n\
where *tied* are comparable pairs with equal scores. 0.5 is chance, 1 perfect ranking. The interval is normal with \
the infinitesimal jackknife variance, cut at 0 and 1; where every pair is ranked alike, as by a score that is the same \
for all, the variance is 0 and no interval is told. Numbers are those of `survival::concordance` in R. Not \
estimable without events or without a comparable pair. It takes follow-up as it is, so that its limit depends on the \
censoring; `Uno-C` does not.\n\n\
Out of fold each fold has a model of its own, and only pairs of patients of one fold are counted: \
`concordance(y ~ risk + strata(fold), reverse = TRUE)` in R. Over all folds at once the risks of different models \
would be compared, which puts a model that knows nothing below 0.5. Over repeats the mean is taken. Time-dependent \
AUC, Brier score and calibration take all out-of-fold predictions together.",
    references: &[
        "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Statistics in Medicine 1996;15:361-387.",
        "Airola A, et al. An experimental comparison of cross-validation techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011;55:1828-1844.",
        "Therneau T, Atkinson E. Concordance. Vignette of the R package survival, 2024.",
    ],
    example: "judge PRIME_S by C-index",
};

impl Metric for HarrellC {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let outcome = follow_up_of(judged)?;
        match judged.held {
            Some(strata) => Ok(within(outcome, strata, &Weights::Pairs)?.0.value),
            None => Ok(harrell(outcome, judged.prediction.scores())?),
        }
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let mut how = "Harrell's C; infinitesimal jackknife".to_owned();
        let result = follow_up_of(judged).and_then(|outcome| match judged.held {
            Some(strata) => {
                let (found, counted) = within(outcome, strata, &Weights::Pairs)?;
                how = format!("Harrell's C, {}; infinitesimal jackknife", counted.words());
                Ok(found)
            }
            None => Ok(concordance(outcome, judged.prediction.scores(), None, TimeWeight::Pairs)?.influenced()),
        });
        told(result, judged, CARD.name, &how, intervals.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(time: &[f64], event: &[u8]) -> Censored {
        Censored::new(time.to_vec(), event.to_vec())
    }

    #[test]
    fn ties_count_as_they_should() {
        let y = outcome(&[1.0, 1.0, 2.0, 2.0, 3.0], &[1, 1, 1, 0, 0]);
        let result = concordance(&y, &[3.0, 2.0, 2.0, 2.0, 1.0], None, TimeWeight::Pairs).unwrap();
        assert_eq!(
            (result.concordant, result.discordant, result.tied_score, result.tied_time, result.tied_both),
            (5.0, 0.0, 3.0, 1.0, 0.0)
        );
        assert_eq!(harrell(&y, &[3.0, 2.0, 2.0, 2.0, 1.0]).unwrap(), result.c);
    }

    #[test]
    fn the_tree_counts_what_the_definition_counts() {
        let mut rng = 12345u64;
        let mut draw = |below: u64| {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (rng >> 33) % below
        };
        let y = outcome(
            &(0..80).map(|_| draw(20) as f64).collect::<Vec<_>>(),
            &(0..80).map(|_| draw(2) as u8).collect::<Vec<_>>(),
        );
        let scores: Vec<f64> = (0..80).map(|_| draw(10) as f64).collect();
        let weights: Vec<f64> = (0..80).map(|_| 1.0 + draw(3) as f64).collect();
        let fast = concordance(&y, &scores, Some(&weights), TimeWeight::Survival).unwrap();
        let slow = with_entry(&y, &scores, Some(&weights), TimeWeight::Survival);
        let slow = finish(&y, Some(&weights), slow.unwrap()).unwrap();
        assert!((fast.c - slow.c).abs() < 1e-14 && (fast.tied_time - slow.tied_time).abs() < 1e-9);
        assert!((fast.tied_both - slow.tied_both).abs() < 1e-9);
        assert!(fast.influence.iter().zip(&slow.influence).all(|(a, b)| (a - b).abs() < 1e-14));
        let counts: Vec<u32> = weights.iter().map(|weight| *weight as u32).collect();
        let resampled = Resampler::new(&y, &scores).unwrap().c(Some(&counts)).unwrap();
        let plain = concordance(&y, &scores, Some(&weights), TimeWeight::Pairs).unwrap();
        assert!((resampled - plain.c).abs() < 1e-14);
    }

    #[test]
    fn degenerate_input_is_named() {
        assert_eq!(harrell(&outcome(&[], &[]), &[]).unwrap_err(), SurvivalError::Empty);
        let none = outcome(&[1.0, 2.0], &[0, 0]);
        assert_eq!(harrell(&none, &[1.0, 2.0]).unwrap_err(), SurvivalError::NoEvents { n: 2 });
        let tied = outcome(&[1.0, 1.0], &[1, 1]);
        assert!(harrell(&tied, &[1.0, 2.0]).unwrap_err().to_string().contains("comparable"));
        let one = outcome(&[1.0, 2.0, 3.0], &[0, 0, 1]);
        assert!(harrell(&one, &[1.0, 2.0, 3.0]).is_err());
        assert!(harrell(&outcome(&[1.0, 2.0], &[1, 0]), &[f64::NAN, 0.0]).is_err());
        let equal = harrell(&outcome(&[1.0, 2.0], &[1, 0]), &[1.0, 1.0]).unwrap();
        assert_eq!(equal, 0.5);
    }
}
