//! The bootstrap: resamples of rows, percentile and bias-corrected accelerated intervals.
//!
//! Resample `i` draws from `stream.indexed(i)` alone, so replicates are the same for any number
//! of threads, and a longer run begins with the shorter one.

use std::collections::BTreeMap;

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::progress::{Cancelled, Watch};
use crate::random::Stream;

use super::distribution::{normal_cdf, normal_quantile};
use super::estimate::NotEstimable;
use super::ranks::quantile_of_sorted;

/// Which bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BootstrapInterval {
    Percentile,
    /// Bias-corrected and accelerated; costs one more evaluation a patient.
    Bca,
}

/// Why resampling gave nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResampleFault {
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    NotEstimable(#[from] NotEstimable),
}

/// A whole number below `bound`, from 64 random bits; the bias is below `bound / 2^64`.
pub fn below(rng: &mut impl Rng, bound: usize) -> usize {
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// What is drawn: rows, or patients with all their rows, where some have several.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    n: usize,
    /// Empty where each row is a unit.
    of_patient: Vec<Vec<usize>>,
}

impl Units {
    pub fn rows(n: usize) -> Self {
        Units { n, of_patient: Vec::new() }
    }

    /// From the patient of each row; rows, where nobody has two.
    pub fn of(patients: &[u32]) -> Self {
        let mut of_patient: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (row, patient) in patients.iter().enumerate() {
            of_patient.entry(*patient).or_default().push(row);
        }
        if of_patient.len() == patients.len() {
            return Units::rows(patients.len());
        }
        Units { n: patients.len(), of_patient: of_patient.into_values().collect() }
    }

    /// How many there are, and are drawn.
    pub fn count(&self) -> usize {
        if self.of_patient.is_empty() { self.n } else { self.of_patient.len() }
    }

    /// Rows of all units.
    pub fn rows_in_all(&self) -> usize {
        self.n
    }

    /// Draws as many units as there are with replacement into `rows`.
    pub fn draw(&self, stream: &Stream, rows: &mut Vec<usize>) {
        if self.of_patient.is_empty() {
            return draw_rows(stream, self.n, rows);
        }
        let mut rng = stream.rng();
        rows.clear();
        for _ in 0..self.of_patient.len() {
            rows.extend(&self.of_patient[below(&mut rng, self.of_patient.len())]);
        }
    }

    /// How often each row stands in a resample: the draws of [`Units::draw`], counted.
    fn draw_counts(&self, stream: &Stream, counts: &mut [f64]) {
        if self.of_patient.is_empty() {
            return draw_counts(stream, counts);
        }
        let mut rng = stream.rng();
        counts.fill(0.0);
        for _ in 0..self.of_patient.len() {
            let drawn = &self.of_patient[below(&mut rng, self.of_patient.len())];
            drawn.iter().for_each(|row| counts[*row] += 1.0);
        }
    }
}

/// Draws `n` rows out of `n` with replacement into `rows`.
pub fn draw_rows(stream: &Stream, n: usize, rows: &mut Vec<usize>) {
    let mut rng = stream.rng();
    rows.clear();
    rows.extend((0..n).map(|_| below(&mut rng, n)));
}

/// How often each of `n` rows stands in a resample: the same draws as [`draw_rows`], counted.
pub fn draw_counts(stream: &Stream, counts: &mut [f64]) {
    let mut rng = stream.rng();
    let n = counts.len();
    counts.fill(0.0);
    for _ in 0..n {
        counts[below(&mut rng, n)] += 1.0;
    }
}

/// `statistic` on each of `resamples` resamples, in order of the resample.
///
/// # Errors
/// [`Cancelled`] when the watch is stopped.
pub fn replicates<T: Send>(
    units: &Units,
    resamples: usize,
    stream: &Stream,
    watch: &Watch,
    statistic: impl Fn(&[usize]) -> T + Sync,
) -> Result<Vec<T>, Cancelled> {
    (0..resamples)
        .into_par_iter()
        .map_init(Vec::new, |rows, index| {
            watch.check()?;
            units.draw(&stream.indexed(index as u64), rows);
            let value = statistic(rows);
            watch.advance("bootstrap", 1);
            Ok(value)
        })
        .collect()
}

/// [`replicates`] of a statistic that takes row counts instead of rows.
///
/// # Errors
/// [`Cancelled`] when the watch is stopped.
pub fn counted_replicates<T: Send>(
    units: &Units,
    resamples: usize,
    stream: &Stream,
    watch: &Watch,
    statistic: impl Fn(&[f64]) -> T + Sync,
) -> Result<Vec<T>, Cancelled> {
    (0..resamples)
        .into_par_iter()
        .map_init(
            || vec![0.0; units.n],
            |counts, index| {
                watch.check()?;
                units.draw_counts(&stream.indexed(index as u64), counts);
                let value = statistic(counts);
                watch.advance("bootstrap", 1);
                Ok(value)
            },
        )
        .collect()
}

/// Percentile interval: the `(1 ± level) / 2` quantiles (type 7) of the replicates that are
/// finite. Absent below ten of them.
pub fn percentile(replicates: &[f64], level: f64) -> Option<(f64, f64)> {
    let sorted = finite_sorted(replicates)?;
    let tail = (1.0 - level) / 2.0;
    Some((quantile_of_sorted(&sorted, tail)?, quantile_of_sorted(&sorted, 1.0 - tail)?))
}

/// Bias-corrected accelerated interval (Efron 1987).
///
/// With `z0` the normal quantile of the share of replicates below the estimate (half of those
/// equal to it) and `a = sum(d^3) / (6 sum(d^2)^1.5)` of the jackknife differences
/// `d = mean - value`, the bounds are the replicates' quantiles at
/// `Phi(z0 + (z0 + z) / (1 - a (z0 + z)))`. Absent below ten finite replicates, when the jackknife
/// does not vary, and when so many of the replicates lie on one side of the estimate that the
/// interval would leave it out.
pub fn bca(estimate: f64, replicates: &[f64], jackknife: &[f64], level: f64) -> Option<(f64, f64)> {
    let sorted = finite_sorted(replicates)?;
    let below = sorted.iter().filter(|value| **value < estimate).count() as f64;
    let equal = sorted.iter().filter(|value| **value == estimate).count() as f64;
    let z0 = normal_quantile((below + 0.5 * equal) / sorted.len() as f64);
    let values: Vec<f64> = jackknife.iter().copied().filter(|value| value.is_finite()).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (mean - value).powi(2)).sum();
    let cubes: f64 = values.iter().map(|value| (mean - value).powi(3)).sum();
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    if !z0.is_finite() || !acceleration.is_finite() {
        return None;
    }
    let bound = |p: f64| {
        let z = z0 + normal_quantile(p);
        quantile_of_sorted(&sorted, normal_cdf(z0 + z / (1.0 - acceleration * z)))
    };
    let tail = (1.0 - level) / 2.0;
    let (lower, upper) = (bound(tail)?, bound(1.0 - tail)?);
    (lower..=upper).contains(&estimate).then_some((lower, upper))
}

/// `statistic` with each row left out in turn.
pub fn jackknife(n: usize, statistic: impl Fn(&[usize]) -> f64 + Sync) -> Vec<f64> {
    (0..n)
        .into_par_iter()
        .map(|left_out| {
            let rows: Vec<usize> = (0..n).filter(|row| *row != left_out).collect();
            statistic(&rows)
        })
        .collect()
}

/// "percentile bootstrap, 1000 resamples", with those told on which it was not estimable.
pub fn described(kind: &str, replicates: &[f64]) -> String {
    let failed = replicates.iter().filter(|value| !value.is_finite()).count();
    if failed == 0 {
        format!("{kind} bootstrap, {} resamples", replicates.len())
    } else {
        format!("{kind} bootstrap, {} resamples, {failed} of them not estimable", replicates.len())
    }
}

fn finite_sorted(replicates: &[f64]) -> Option<Vec<f64>> {
    let mut sorted: Vec<f64> = replicates.iter().copied().filter(|value| value.is_finite()).collect();
    if sorted.len() < 10 {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_for_any_number_of_threads_and_close_to_theory() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i % 13)).collect();
        let mean = |rows: &[usize]| rows.iter().map(|row| x[*row]).sum::<f64>() / rows.len() as f64;
        let stream = Stream::root(7);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| replicates(&Units::rows(60), 400, &stream, &Watch::silent(), mean).unwrap())
        };
        let values = run(1);
        assert_eq!(values, run(3));
        let (low, high) = percentile(&values, 0.95).unwrap();
        let all: Vec<usize> = (0..60).collect();
        let centre = mean(&all);
        assert!(low < centre && centre < high);
        let (low, high) = bca(centre, &values, &jackknife(60, mean), 0.95).unwrap();
        assert!(low < centre && centre < high);
    }

    #[test]
    fn counts_and_rows_are_the_same_draw() {
        let stream = Stream::root(3).indexed(5);
        let mut rows = Vec::new();
        draw_rows(&stream, 20, &mut rows);
        let mut counts = vec![0.0; 20];
        draw_counts(&stream, &mut counts);
        for row in rows {
            counts[row] -= 1.0;
        }
        assert!(counts.iter().all(|count| *count == 0.0));
    }

    #[test]
    fn patients_are_drawn_with_all_their_rows() {
        let patients = [4, 4, 1, 9, 9, 9];
        let units = Units::of(&patients);
        assert_eq!((units.count(), units.rows_in_all()), (3, 6));
        let stream = Stream::root(2);
        for index in 0..50 {
            let (mut rows, mut counts) = (Vec::new(), vec![0.0; 6]);
            units.draw(&stream.indexed(index), &mut rows);
            units.draw_counts(&stream.indexed(index), &mut counts);
            assert_eq!((counts[0], counts[3], counts[4]), (counts[1], counts[4], counts[5]));
            assert_eq!(counts[0] + counts[2] + counts[3], 3.0);
            rows.iter().for_each(|row| counts[*row] -= 1.0);
            assert_eq!(counts, [0.0; 6]);
        }
        assert_eq!(Units::of(&[3, 1, 2]), Units::rows(3));
    }

    #[test]
    fn degenerate_replicates_have_no_interval() {
        assert_eq!(percentile(&[f64::NAN; 50], 0.95), None);
        assert_eq!(bca(1.0, &[2.0; 50], &[1.0, 2.0], 0.95), None);
        // All but three of a thousand above the estimate: what BCa makes of that lies beside it.
        let lopsided: Vec<f64> = (0..1000).map(|i| 0.997 + f64::from(i) / 1000.0).collect();
        let even: Vec<f64> = (0..50).map(f64::from).collect();
        assert_eq!(bca(1.0, &lopsided, &even, 0.95), None);
        let watch = Watch::silent();
        watch.cancel();
        assert!(replicates(&Units::rows(5), 5, &Stream::root(1), &watch, |_| 0.0).is_err());
    }
}
