//! The area under the ROC curve with DeLong's variance, in O(n log n) by midranks
//! (Sun & Xu 2014), and the tests of two areas.
//!
//! With `m` patients with the event and `n` without, the placement of a patient with the event
//! is the share of the others that score lower, ties as half:
//! `V10_i = (R_i - R_i^events) / n`, `V01_j = 1 - (R_j - R_j^others) / m`, where `R` are midranks
//! among all and among the patient's own class. `AUC = mean(V10)` and
//! `var(AUC) = var(V10) / m + var(V01) / n` (DeLong, DeLong & Clarke-Pearson 1988).
//!
//! Out of fold only pairs within a fold are counted. With `m_f` and `n_f` in fold `f` and
//! `N = sum m_f n_f` pairs, `AUC = sum m_f n_f AUC_f / N`, and the placements are
//! `AUC + m n_f (V10_i - AUC) / N` and `AUC + n m_f (V01_j - AUC) / N`: their means are the area, they
//! are those above where there is one fold, and their variance is that of the infinitesimal jackknife
//! (R's `survival::concordance` with `strata`) times `m / (m - 1)` and `n / (n - 1)`, as DeLong's is.
//! Over repeats the mean of a patient's placements is taken.

use super::distribution::{normal_multiplier, normal_two_sided, t_quantile, t_two_sided};
use super::estimate::{Interval, NotEstimable, SAME_SCORE};
use super::hypothesis::{Effect, TestResult};
use super::outcome::constant;
use super::ranks::{each_tie, order};
use super::strata::{Counted, Strata};

/// An area with the placements from which its variance comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Placements {
    pub area: f64,
    /// Of the patients with the event, in row order.
    pub events: Vec<f64>,
    /// Of the others, in row order.
    pub others: Vec<f64>,
}

/// # Errors
/// When a class is empty or a score is not finite.
pub fn placements(events: &[bool], scores: &[f64]) -> Result<Placements, NotEstimable> {
    check(events, scores)?;
    let m = events.iter().filter(|event| **event).count();
    let n = events.len() - m;
    let order = order(scores);
    let mut below = vec![0.0; scores.len()];
    // `below` of the other class, ties as half: the difference of the two midranks at once.
    let (mut events_before, mut others_before) = (0usize, 0usize);
    each_tie(&order, scores, |start, end| {
        let tied_events = order[start..end].iter().filter(|row| events[**row]).count();
        let tied_others = end - start - tied_events;
        for row in &order[start..end] {
            below[*row] = if events[*row] {
                others_before as f64 + 0.5 * tied_others as f64
            } else {
                events_before as f64 + 0.5 * tied_events as f64
            };
        }
        events_before += tied_events;
        others_before += tied_others;
    });
    let mut placements = Placements { area: 0.0, events: Vec::with_capacity(m), others: Vec::with_capacity(n) };
    let mut twice = 0.0;
    for (below, event) in below.iter().zip(events) {
        if *event {
            twice += 2.0 * below;
            placements.events.push(below / n as f64);
        } else {
            placements.others.push(1.0 - below / m as f64);
        }
    }
    placements.area = twice / (2.0 * m as f64 * n as f64);
    Ok(placements)
}

/// Placements within the folds of out-of-fold predictions, and the folds that count.
///
/// # Errors
/// When no fold holds a patient of each class, or a row was not predicted.
pub fn placements_within(events: &[bool], strata: &Strata) -> Result<(Placements, Counted), NotEstimable> {
    let ranked = strata.layers().iter().find(|layer| layer.scores.len() == events.len());
    let ranked = ranked.ok_or_else(|| NotEstimable::new("there are no out-of-fold predictions"))?;
    // The classes of all rows, whatever the folds.
    check(events, &ranked.scores.iter().map(|score| if score.is_nan() { 0.0 } else { *score }).collect::<Vec<_>>())?;
    let (m, n) = classes(events);
    let mut counted = Counted { repeats: strata.repeats(), ..Counted::default() };
    let (mut placed, mut area) = (vec![0.0; events.len()], 0.0);
    let mut repeats = 0.0;
    let strata = strata.strata();
    for of_repeat in strata.chunk_by(|a, b| a.repeat == b.repeat) {
        let mut within = Vec::new();
        let (mut pairs, mut concordant) = (0.0, 0.0);
        for stratum in of_repeat {
            counted.folds += 1;
            let own: Vec<bool> = stratum.rows.iter().map(|row| events[*row]).collect();
            let scores: Vec<f64> = stratum.rows.iter().map(|row| stratum.scores[*row]).collect();
            let (m_f, n_f) = classes(&own);
            if m_f * n_f == 0.0 {
                counted.without += 1;
                continue;
            }
            let placed = placements(&own, &scores)?;
            pairs += m_f * n_f;
            concordant += m_f * n_f * placed.area;
            within.push((stratum, placed, m_f, n_f));
        }
        if pairs == 0.0 {
            continue;
        }
        let of_this = concordant / pairs;
        area += of_this;
        repeats += 1.0;
        // A row that no fold predicts, or whose fold holds no pair, says nothing: it stands at the area.
        let mut own = vec![of_this; events.len()];
        for (stratum, placed, m_f, n_f) in within {
            let (mut of_events, mut of_others) = (placed.events.iter(), placed.others.iter());
            for row in &stratum.rows {
                let (value, factor) =
                    if events[*row] { (of_events.next(), m * n_f) } else { (of_others.next(), n * m_f) };
                own[*row] += factor * (value.copied().unwrap_or(of_this) - of_this) / pairs;
            }
        }
        placed.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    if repeats == 0.0 {
        return Err(NotEstimable::new(format!(
            "none of the {} folds holds a patient with the event and one without",
            counted.folds
        )));
    }
    let of = |event: bool| -> Vec<f64> {
        let rows = placed.iter().zip(events).filter(|(_, own)| **own == event);
        rows.map(|(sum, _)| sum / repeats).collect()
    };
    Ok((Placements { area: area / repeats, events: of(true), others: of(false) }, counted))
}

/// Patients with the event, and without.
fn classes(events: &[bool]) -> (f64, f64) {
    let happened = events.iter().filter(|event| **event).count();
    (happened as f64, (events.len() - happened) as f64)
}

/// The area alone.
///
/// # Errors
/// As [`placements`].
pub fn area(events: &[bool], scores: &[f64]) -> Result<f64, NotEstimable> {
    check(events, scores)?;
    let order = order(scores);
    let m = events.iter().filter(|event| **event).count() as f64;
    let n = events.len() as f64 - m;
    let (mut others_before, mut concordant) = (0.0, 0.0);
    each_tie(&order, scores, |start, end| {
        let tied_events = order[start..end].iter().filter(|row| events[**row]).count() as f64;
        let tied_others = (end - start) as f64 - tied_events;
        concordant += tied_events * (others_before + 0.5 * tied_others);
        others_before += tied_others;
    });
    Ok(concordant / (m * n))
}

impl Placements {
    /// DeLong's variance; absent when a class has a single patient.
    pub fn variance(&self) -> Option<f64> {
        self.covariance(self)
    }

    /// DeLong's covariance of two areas on the same patients.
    pub fn covariance(&self, other: &Placements) -> Option<f64> {
        let events = covariance(&self.events, &other.events)?;
        let others = covariance(&self.others, &other.others)?;
        Some(events / self.events.len() as f64 + others / self.others.len() as f64)
    }

    /// Why there is no interval, in the words of a reader.
    pub fn without_interval(&self) -> &'static str {
        match self.variance() {
            None => "a class has a single patient, so DeLong's variance is unknown",
            // With one score for all every placement is one half.
            Some(_) if self.events.iter().chain(&self.others).all(|placed| *placed == 0.5) => SAME_SCORE,
            Some(_) => "every patient ranks alike among the other class, so DeLong's variance is 0",
        }
    }

    /// `AUC ± z SE`, clipped to `[0, 1]`. Absent when the variance is 0 or unknown.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let variance = self.variance().filter(|variance| *variance > 0.0)?;
        let half = normal_multiplier(level) * variance.sqrt();
        Some(Interval { lower: (self.area - half).max(0.0), upper: (self.area + half).min(1.0), level })
    }
}

/// DeLong's test of two areas on the same patients.
///
/// # Errors
/// As [`placements`]; when the difference has no variance.
pub fn paired_test(events: &[bool], first: &[f64], second: &[f64], level: f64) -> Result<TestResult, NotEstimable> {
    let (a, b) = (placements(events, first)?, placements(events, second)?);
    paired(&a, &b, (constant(first), constant(second)), level)
}

/// DeLong's test of two areas whose placements are of the same patients; `constant` tells which of
/// the two scores is the same for all.
///
/// # Errors
/// When the difference has no variance.
pub fn paired(a: &Placements, b: &Placements, constant: (bool, bool), level: f64) -> Result<TestResult, NotEstimable> {
    let n = a.events.len() + a.others.len();
    let difference = a.area - b.area;
    let variance = match (a.variance(), b.variance(), a.covariance(b)) {
        (Some(a), Some(b), Some(both)) => a + b - 2.0 * both,
        _ => return Err(NotEstimable::new("a class has a single patient, so the area has no variance")),
    };
    // Rounding leaves about 1e-17 where the two scores rank the patients alike.
    if variance <= 1e-15 {
        let why = match constant {
            (true, true) => "neither score tells the patients apart: each is the same for all of them",
            (true, false) | (false, true) => {
                "one score is the same for all patients and the other one separates the classes"
            }
            (false, false) => "the difference of the areas has no variance: both scores rank the patients alike",
        };
        return Err(NotEstimable::new(why));
    }
    let error = variance.sqrt();
    let z = difference / error;
    let half = normal_multiplier(level) * error;
    Ok(TestResult::new("DeLong's test of two correlated ROC curves", "z", z, normal_two_sided(z), n).with_effect(
        Effect {
            name: "difference in AUC".to_owned(),
            value: difference,
            interval: Some(Interval { lower: difference - half, upper: difference + half, level }),
        },
    ))
}

/// DeLong's test of two areas on different patients: `D = (A1 - A2) / sqrt(V1 + V2)` on the t
/// distribution with Satterthwaite's degrees of freedom (Demidenko 2012), as pROC does.
///
/// # Errors
/// As [`placements`]; when the difference has no variance.
pub fn unpaired_test(
    first: (&[bool], &[f64]),
    second: (&[bool], &[f64]),
    level: f64,
) -> Result<TestResult, NotEstimable> {
    let (a, b) = (placements(first.0, first.1)?, placements(second.0, second.1)?);
    let (Some(va), Some(vb)) = (a.variance(), b.variance()) else {
        return Err(NotEstimable::new("a class has a single patient, so the area has no variance"));
    };
    if va + vb <= 0.0 {
        return Err(NotEstimable::new("neither area varies: both scores separate the classes"));
    }
    let (na, nb) = (first.0.len() as f64, second.0.len() as f64);
    let error = (va + vb).sqrt();
    let t = (a.area - b.area) / error;
    let df = (va + vb).powi(2) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
    let half = t_quantile(0.5 + level / 2.0, df) * error;
    let difference = a.area - b.area;
    Ok(TestResult::new("DeLong's test of two independent ROC curves", "D", t, t_two_sided(t, df), (na + nb) as usize)
        .with_df(&[df])
        .with_effect(Effect {
            name: "difference in AUC".to_owned(),
            value: difference,
            interval: Some(Interval { lower: difference - half, upper: difference + half, level }),
        }))
}

fn check(events: &[bool], scores: &[f64]) -> Result<(), NotEstimable> {
    if events.len() != scores.len() {
        return Err(NotEstimable::new("predictions and outcomes are of different numbers of rows"));
    }
    if scores.iter().any(|score| score.is_nan()) {
        return Err(NotEstimable::new("a prediction is missing"));
    }
    let count = events.iter().filter(|event| **event).count();
    if events.is_empty() {
        return Err(NotEstimable::new("no patients"));
    }
    if count == 0 {
        return Err(NotEstimable::new(format!("no events among {} patients", events.len())));
    }
    if count == events.len() {
        return Err(NotEstimable::new(format!("all {count} patients have the event")));
    }
    Ok(())
}

fn covariance(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 {
        return None;
    }
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    Some(a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_example_by_hand() {
        // Pairs: (0.35 vs 0.1, 0.4), (0.8 vs both): 3 of 4 concordant.
        let events = [false, false, true, true];
        let scores = [0.1, 0.4, 0.35, 0.8];
        let placed = placements(&events, &scores).unwrap();
        assert_eq!(placed.area, 0.75);
        assert_eq!(area(&events, &scores).unwrap(), 0.75);
        assert_eq!(placed.events, [0.5, 1.0]);
        assert_eq!(placed.others, [1.0, 0.5]);
        assert_eq!(placed.variance(), Some(0.125));
    }

    #[test]
    fn one_fold_is_delong_and_folds_count_their_own_pairs() {
        use crate::stats::strata::Layer;
        let events = [false, false, true, true, false, true, true, false];
        let scores = [0.1, 0.4, 0.35, 0.8, 0.5, 0.6, 0.2, 0.9];
        let plain = placements(&events, &scores).unwrap();
        let layer =
            |folds: [usize; 8]| Layer { scores: scores.to_vec(), fold: folds.map(Some).to_vec(), classes: Vec::new() };
        let (one, counted) = placements_within(&events, &Strata::new(vec![layer([0; 8])])).unwrap();
        assert_eq!((one.area, counted.words().as_str()), (plain.area, "pairs within each of 1 folds"));
        assert!((one.variance().unwrap() - plain.variance().unwrap()).abs() < 1e-15);
        // Two folds of 2 x 2 pairs: 3 of 4 concordant, and 1 of 4.
        let folds = Strata::new(vec![layer([0, 0, 0, 0, 1, 1, 1, 1])]);
        let (two, counted) = placements_within(&events, &folds).unwrap();
        assert_eq!((two.area, counted.without), (0.5, 0));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean(&two.events) - 0.5).abs() < 1e-15 && (mean(&two.others) - 0.5).abs() < 1e-15);
        // A fold of one class gives no pair; repeats are averaged.
        let strange = [0, 0, 1, 1, 2, 2, 2, 2];
        let (some, counted) = placements_within(&events, &Strata::new(vec![layer(strange)])).unwrap();
        assert_eq!((some.area, counted.without), (0.25, 2));
        let both = Strata::new(vec![layer([0, 0, 0, 0, 1, 1, 1, 1]), layer(strange)]);
        let (mean, counted) = placements_within(&events, &both).unwrap();
        assert_eq!((mean.area, counted.repeats), (0.375, 2));
        let none = Strata::new(vec![layer([0, 0, 1, 1, 0, 1, 1, 0])]);
        assert!(placements_within(&events, &none).unwrap_err().reason.contains("none of the 2 folds"));
    }

    // scripts/reference/nominal.R: concordance(event ~ score + strata(fold)) of R's survival, its
    // influence with DeLong's divisors, and the areas of the folds.
    #[test]
    fn agrees_with_strata_of_r() {
        use crate::stats::strata::Layer;
        let i: Vec<f64> = (1..=60).map(f64::from).collect();
        let events: Vec<bool> = i.iter().map(|i| (3.3 * i).sin() + (0.7 * i).sin() > 0.2).collect();
        let scores: Vec<f64> = i.iter().map(|i| (0.7 * i).sin() + 0.5 * (5.9 * i).sin()).collect();
        let fold = (0..60).map(|row| Some(row % 5)).collect();
        let strata = Strata::new(vec![Layer { scores: scores.clone(), fold, classes: Vec::new() }]);
        let (placed, counted) = placements_within(&events, &strata).unwrap();
        assert!((placed.area - 0.747126436782).abs() < 1e-11, "{}", placed.area);
        assert!((placed.variance().unwrap() / 5.200776918351e-3 - 1.0).abs() < 1e-9, "{:?}", placed.variance());
        assert_eq!((counted.folds, counted.without), (5, 0));
        for (fold, theirs) in [0.8571428571, 0.8571428571, 0.6388888889, 0.6944444444, 0.6875].iter().enumerate() {
            let rows: Vec<usize> = (0..60).filter(|row| row % 5 == fold).collect();
            let own: Vec<bool> = rows.iter().map(|row| events[*row]).collect();
            let ours = area(&own, &rows.iter().map(|row| scores[*row]).collect::<Vec<_>>()).unwrap();
            assert!((ours - theirs).abs() < 1e-9);
        }
    }

    #[test]
    fn degenerate_input_is_told() {
        assert!(area(&[true, true], &[0.1, 0.2]).is_err());
        assert!(area(&[], &[]).is_err());
        assert!(area(&[true, false], &[f64::NAN, 0.2]).is_err());
        assert_eq!(area(&[true, false, true], &[0.3, 0.3, 0.3]).unwrap(), 0.5);
        let separated = placements(&[true, true, false, false], &[2.0, 3.0, 0.0, 1.0]).unwrap();
        assert_eq!(separated.area, 1.0);
        assert_eq!(separated.interval(0.95), None);
        let events = [true, false, true, false];
        assert!(paired_test(&events, &[1.0, 2.0, 3.0, 0.0], &[1.0, 2.0, 3.0, 0.0], 0.95).is_err());
        let same = placements(&events, &[0.4; 4]).unwrap();
        assert_eq!((same.area, same.interval(0.95), same.without_interval()), (0.5, None, SAME_SCORE));
        assert!(separated.without_interval().contains("ranks alike"));
        let both = paired_test(&events, &[0.4; 4], &[0.1; 4], 0.95).unwrap_err();
        assert!(both.reason.contains("the same for all"), "{both}");
    }
}
