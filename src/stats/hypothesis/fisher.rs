//! Fisher's exact test of an r x c table.
//!
//! The p-value is the probability, given the margins, of tables no more likely than the observed
//! one (relative tolerance 1e-7, as in R). Columns are filled one after the other. Partial
//! tables that leave the same row sums (in any order) are one node of a network; two bounds on
//! what completions can still contribute close most paths early (Mehta & Patel 1983).

use std::collections::BTreeMap;

use rand_xoshiro::rand_core::Rng;

use super::chi_square::occupied;
use super::{Effect, TestResult};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::distribution::ln_factorial;
use crate::stats::estimate::{Interval, NotEstimable};

/// Paths after which the exact sum is given up.
const MOST_PATHS: usize = 30_000_000;

/// Fisher's exact test. A 2 x 2 table also has the conditional maximum-likelihood odds ratio
/// with its exact interval.
///
/// # Errors
/// Fewer than two rows or columns with counts; a table so large that the exact sum is out of
/// reach, in which case [`fisher_monte_carlo`] or the chi-square test serves.
pub fn fisher(table: &[Vec<u64>], level: f64) -> Result<TestResult, NotEstimable> {
    let table = occupied(table)?;
    let n = table.iter().flatten().sum::<u64>() as usize;
    if table.len() == 2 && table[0].len() == 2 {
        return Ok(two_by_two(&table, n, level));
    }
    // Columns along the longer side: fewer row sums to keep.
    let table = if table.len() > table[0].len() { transposed(&table) } else { table };
    let p = network_p(&table)?;
    Ok(TestResult::exact("Fisher's exact test", p, n))
}

/// Fisher's exact test by `draws` random tables with the margins of the observed one:
/// `p = (1 + tables no more likely) / (1 + draws)`.
///
/// # Errors
/// Fewer than two rows or columns with counts; stopped.
pub fn fisher_monte_carlo(
    table: &[Vec<u64>],
    draws: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<TestResult, NotEstimable> {
    let table = occupied(table)?;
    let (rows, columns) = (table.len(), table[0].len());
    let mut labels = Vec::new();
    let mut sums = Vec::new();
    for row in &table {
        sums.push(row.iter().sum::<u64>() as usize);
        for (column, count) in row.iter().enumerate() {
            labels.extend(std::iter::repeat_n(column, *count as usize));
        }
    }
    let n = labels.len();
    let observed: f64 = table.iter().flatten().map(|count| ln_factorial(*count as f64)).sum();
    let factorials: Vec<f64> = (0..=n).map(|count| ln_factorial(count as f64)).collect();
    let mut extreme = 0usize;
    let mut rng = stream.named("fisher").rng();
    let mut counts = vec![0usize; columns];
    for draw in 0..draws {
        if draw % 1024 == 0 && watch.check().is_err() {
            return Err(NotEstimable::new("stopped"));
        }
        for last in (1..n).rev() {
            let other = ((u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64) as usize;
            labels.swap(last, other);
        }
        let mut start = 0;
        let mut value = 0.0;
        for sum in &sums[..rows] {
            counts.fill(0);
            for label in &labels[start..start + sum] {
                counts[*label] += 1;
            }
            value += counts.iter().map(|count| factorials[*count]).sum::<f64>();
            start += sum;
        }
        if value >= observed - 1e-7 {
            extreme += 1;
        }
    }
    let p = (1 + extreme) as f64 / (1 + draws) as f64;
    Ok(TestResult::exact(format!("Fisher's exact test by {draws} random tables"), p, n))
}

fn transposed(table: &[Vec<u64>]) -> Vec<Vec<u64>> {
    (0..table[0].len()).map(|j| table.iter().map(|row| row[j]).collect()).collect()
}

/// Sum over the network. Logs are of `prod 1 / n_ij!`, the part of the probability that differs
/// between tables.
fn network_p(table: &[Vec<u64>]) -> Result<f64, NotEstimable> {
    let rows: Vec<u64> = table.iter().map(|row| row.iter().sum()).collect();
    // Large columns first: their choices shrink the row sums the most.
    let mut columns: Vec<u64> = (0..table[0].len()).map(|j| table.iter().map(|row| row[j]).sum()).collect();
    columns.sort_unstable_by(|a, b| b.cmp(a));
    let n: u64 = rows.iter().sum();
    let log_factorial: Vec<f64> = (0..=n).map(|count| ln_factorial(count as f64)).collect();
    let log = |count: u64| log_factorial[count as usize];
    let observed = -table.iter().flatten().map(|count| log(*count)).sum::<f64>();
    let limit = observed + 1e-7;
    let scale = rows.iter().chain(&columns).map(|sum| log(*sum)).sum::<f64>() - log(n);

    let mut total = 0.0;
    let mut paths = 0usize;
    let mut start = rows;
    start.sort_unstable();
    // Node (row sums left) -> past log value, rounded to merge equal ones -> (value, paths).
    let mut stage: BTreeMap<Vec<u64>, BTreeMap<i64, (f64, f64)>> = BTreeMap::new();
    stage.entry(start).or_default().insert(0, (0.0, 1.0));
    for (index, column) in columns.iter().enumerate() {
        let rest = &columns[index + 1..];
        let mut next: BTreeMap<Vec<u64>, BTreeMap<i64, (f64, f64)>> = BTreeMap::new();
        for (left, pasts) in &stage {
            let mut children: BTreeMap<Vec<u64>, BTreeMap<i64, (f64, f64)>> = BTreeMap::new();
            let mut choice = vec![0u64; left.len()];
            fill(left, *column, 0, &mut choice, &mut |choice| {
                let value = -choice.iter().map(|count| log(*count)).sum::<f64>();
                let mut sums: Vec<u64> = left.iter().zip(choice).map(|(left, taken)| left - taken).collect();
                sums.sort_unstable();
                let slot = children.entry(sums).or_default().entry(key(value)).or_insert((value, 0.0));
                slot.1 += 1.0;
            });
            for (sums, values) in children {
                let (most, least, all) = bounds(&sums, rest, &log);
                for (value, ways) in values.values() {
                    for (past, weight) in pasts.values() {
                        paths += 1;
                        let past = past + value;
                        let weight = weight * ways;
                        if past + most <= limit {
                            total += weight * (past + all + scale).exp();
                        } else if past + least <= limit {
                            let node = next.entry(sums.clone()).or_default();
                            node.entry(key(past)).or_insert((past, 0.0)).1 += weight;
                        }
                    }
                }
                if paths > MOST_PATHS {
                    return Err(NotEstimable::new(
                        "the table is too large for Fisher's exact test; use random tables or the chi-square test",
                    ));
                }
            }
        }
        stage = next;
    }
    Ok(total.min(1.0))
}

/// Values within 1e-9 are one; the sums of logarithms of equal tables differ by rounding only.
fn key(value: f64) -> i64 {
    (value * 1e9).round() as i64
}

/// Upper and lower bound on the log value of a completion, and the log of the sum over all.
fn bounds(rows: &[u64], columns: &[u64], log: &impl Fn(u64) -> f64) -> (f64, f64, f64) {
    let left: u64 = rows.iter().sum();
    let of_rows: f64 = rows.iter().map(|sum| log(*sum)).sum();
    let of_columns: f64 = columns.iter().map(|sum| log(*sum)).sum();
    // Largest when every line is spread evenly, smallest when each is in one cell.
    let spread = |sums: &[u64], cells: u64| -> f64 {
        if cells == 0 {
            return 0.0;
        }
        sums.iter()
            .map(|sum| {
                let (share, extra) = (sum / cells, sum % cells);
                extra as f64 * log(share + 1) + (cells - extra) as f64 * log(share)
            })
            .sum()
    };
    let most = -spread(rows, columns.len() as u64).max(spread(columns, rows.len() as u64));
    let least = -of_rows.min(of_columns);
    (most, least, log(left) - of_rows - of_columns)
}

/// Every way to take `count` out of `left`.
fn fill(left: &[u64], count: u64, row: usize, choice: &mut [u64], visit: &mut impl FnMut(&[u64])) {
    if row + 1 == left.len() {
        if count <= left[row] {
            choice[row] = count;
            visit(choice);
        }
        return;
    }
    let room: u64 = left[row + 1..].iter().sum();
    for taken in count.saturating_sub(room)..=count.min(left[row]) {
        choice[row] = taken;
        fill(left, count - taken, row + 1, choice, visit);
    }
}

fn two_by_two(table: &[Vec<u64>], n: usize, level: f64) -> TestResult {
    let (x, m) = (table[0][0], table[0][0] + table[1][0]);
    let (others, k) = (table[0][1] + table[1][1], table[0][0] + table[0][1]);
    let (low, high) = (k.saturating_sub(others), k.min(m));
    // Log probability of each possible first cell at odds ratio 1, up to a constant.
    let support: Vec<f64> = (low..=high).map(|v| v as f64).collect();
    let log_density: Vec<f64> = (low..=high)
        .map(|v| {
            let choose =
                |n: u64, k: u64| ln_factorial(n as f64) - ln_factorial(k as f64) - ln_factorial((n - k) as f64);
            choose(m, v) + choose(others, k - v)
        })
        .collect();
    let density = |log_odds: f64| -> Vec<f64> {
        let logs: Vec<f64> = support.iter().zip(&log_density).map(|(v, l)| l + v * log_odds).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|l| (l - top).exp()).sum();
        logs.iter().map(|l| (l - top).exp() / sum).collect()
    };
    let here = (x - low) as usize;
    let null = density(0.0);
    let p: f64 = null.iter().filter(|p| **p <= null[here] * (1.0 + 1e-7)).sum();
    let mean = |log_odds: f64| density(log_odds).iter().zip(&support).map(|(p, v)| p * v).sum::<f64>();
    let upper_tail = |log_odds: f64| density(log_odds)[here..].iter().sum::<f64>();
    let lower_tail = |log_odds: f64| density(log_odds)[..=here].iter().sum::<f64>();
    let odds = if x == low {
        0.0
    } else if x == high {
        f64::INFINITY
    } else {
        root(|log_odds| mean(log_odds) - x as f64).exp()
    };
    let tail = (1.0 - level) / 2.0;
    let lower = if x == low { 0.0 } else { root(|log_odds| upper_tail(log_odds) - tail).exp() };
    let upper = if x == high { f64::INFINITY } else { root(|log_odds| tail - lower_tail(log_odds)).exp() };
    let result = TestResult::exact("Fisher's exact test", p, n);
    if odds.is_finite() && upper.is_finite() {
        result.with_effect(Effect {
            name: "conditional odds ratio".to_owned(),
            value: odds,
            interval: Some(Interval { lower, upper, level }),
        })
    } else {
        result.with_note(format!("the odds ratio has no finite estimate; it is at least {lower:.3}"))
    }
}

/// The zero of an increasing function of a log odds ratio.
fn root(f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    while f(low) > 0.0 && low > -700.0 {
        low *= 2.0;
    }
    while f(high) < 0.0 && high < 700.0 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle == low || middle == high {
            break;
        }
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    // fisher.test of R on the tea taster and on the job satisfaction table.
    #[test]
    fn agrees_with_r() {
        let tea = fisher(&[vec![3, 1], vec![1, 3]], 0.95).unwrap();
        assert!((tea.p - 0.4857142857142857).abs() < 1e-12);
        assert!((tea.effect.unwrap().value - 6.408308867005793).abs() < 1e-4);
        let job = [vec![1, 2, 1, 0], vec![3, 3, 6, 1], vec![10, 10, 14, 9], vec![6, 7, 12, 11]];
        assert!((fisher(&job, 0.95).unwrap().p - 0.7826849389656096).abs() < 1e-9);
    }

    #[test]
    fn zeros_and_random_tables() {
        let zero = fisher(&[vec![0, 5], vec![4, 3]], 0.95).unwrap();
        assert_eq!(zero.effect.unwrap().value, 0.0);
        let infinite = fisher(&[vec![5, 0], vec![3, 4]], 0.95).unwrap();
        assert!(infinite.effect.is_none() && !infinite.notes.is_empty());
        let table = [vec![3, 1, 4], vec![1, 5, 2]];
        let exact = fisher(&table, 0.95).unwrap().p;
        let drawn = fisher_monte_carlo(&table, 20_000, &Stream::root(1), &Watch::silent()).unwrap().p;
        assert!((exact - drawn).abs() < 0.02, "{exact} {drawn}");
        let turned = [vec![3, 1], vec![1, 5], vec![4, 2]];
        assert!((fisher(&turned, 0.95).unwrap().p - exact).abs() < 1e-12);
    }
}
