//! Pearson's, Spearman's and Kendall's correlation with their tests.

use serde::{Deserialize, Serialize};

use super::{Effect, TestResult, all_finite, is_constant, moments};
use crate::stats::distribution::{normal_multiplier, normal_sf, normal_two_sided, t_two_sided};
use crate::stats::estimate::{Interval, NotEstimable};
use crate::stats::ranks::{midranks, order, tie_sizes};

/// Which correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Correlation {
    Pearson,
    Spearman,
    /// Tau-b.
    Kendall,
}

/// The coefficient alone.
///
/// # Errors
/// Unequal lengths, fewer than two pairs, or a side that does not vary.
pub fn correlation_coefficient(x: &[f64], y: &[f64], which: Correlation) -> Result<f64, NotEstimable> {
    if x.len() != y.len() {
        return Err(NotEstimable::new("paired values are of different numbers of rows"));
    }
    all_finite(x)?;
    all_finite(y)?;
    if x.len() < 2 {
        return Err(NotEstimable::new(format!("{} pairs; a correlation needs two", x.len())));
    }
    match which {
        Correlation::Pearson => pearson(x, y),
        Correlation::Spearman => pearson(&midranks(x), &midranks(y)),
        Correlation::Kendall => Ok(kendall_counts(x, y)?.tau()),
    }
}

/// The correlation with its two-sided test, as `cor.test` of R computes it: Pearson by t with
/// Fisher's z interval; Spearman exactly up to 9 pairs and by an Edgeworth series (AS 89) above,
/// by t where there are ties; Kendall exactly below 50 pairs, otherwise, and with ties, by the
/// normal distribution. R gives the rank correlations no interval; theirs is on Fisher's scale with
/// the variances `(1 + r^2 / 2) / (n - 3)` of rho and `0.437 / (n - 4)` of tau (Bonett & Wright,
/// Psychometrika 2000;65:23-28).
///
/// # Errors
/// As [`correlation_coefficient`]; fewer than three pairs for a test.
pub fn correlation(x: &[f64], y: &[f64], which: Correlation, level: f64) -> Result<TestResult, NotEstimable> {
    let r = correlation_coefficient(x, y, which)?;
    let n = x.len();
    if n < 3 {
        return Err(NotEstimable::new(format!("{n} pairs; a test of a correlation needs three")));
    }
    let size = n as f64;
    let tied = |values: &[f64]| tie_sizes(values).len() < n;
    let effect = |name: &str, interval| Effect { name: name.to_owned(), value: r, interval };
    match which {
        Correlation::Pearson => {
            let df = size - 2.0;
            let t = df.sqrt() * r / (1.0 - r * r).sqrt();
            let interval = fisher(r, (size - 3.0).recip(), level);
            Ok(TestResult::new("Pearson correlation", "t", t, t_two_sided(t, df), n)
                .with_df(&[df])
                .with_effect(effect("r", interval)))
        }
        Correlation::Spearman => {
            let s = (size.powi(3) - size) * (1.0 - r) / 6.0;
            let ties = tied(x) || tied(y);
            let p = if ties || n > 1290 {
                t_two_sided(r / ((1.0 - r * r) / (size - 2.0)).sqrt(), size - 2.0)
            } else {
                let middle = (size.powi(3) - size) / 6.0;
                let tail = if s > middle { spearman_upper(s, n) } else { 1.0 - spearman_upper(s.round() + 2.0, n) };
                (2.0 * tail).min(1.0)
            };
            let mut result = TestResult::new("Spearman rank correlation", "S", s, p, n)
                .with_effect(effect("rho", fisher(r, (1.0 + r * r / 2.0) / (size - 3.0), level)));
            if ties {
                result = result.with_note("ties: p by the t distribution");
            }
            Ok(result)
        }
        Correlation::Kendall => {
            let counts = kendall_counts(x, y)?;
            let ties = tied(x) || tied(y);
            let name = "Kendall rank correlation";
            let effect = effect("tau", fisher(r, 0.437 / (size - 4.0), level));
            if !ties && n < 50 {
                let concordant = counts.concordant;
                let pairs = (n * (n - 1) / 2) as f64;
                let p = (2.0 * kendall_tail(concordant.min(pairs - concordant) as usize, n)).min(1.0);
                return Ok(TestResult::new(name, "T", concordant, p, n).with_effect(effect));
            }
            let z = counts.score / kendall_variance(x, y).sqrt();
            Ok(TestResult::new(name, "z", z, normal_two_sided(z), n).with_effect(effect))
        }
    }
}

/// `tanh(atanh(r) ± z sqrt(variance))`; absent where the variance is not positive or `|r|` is 1.
fn fisher(r: f64, variance: f64, level: f64) -> Option<Interval> {
    (variance > 0.0 && variance.is_finite() && r.abs() < 1.0).then(|| {
        let half = normal_multiplier(level) * variance.sqrt();
        Interval { lower: (r.atanh() - half).tanh(), upper: (r.atanh() + half).tanh(), level }
    })
}

fn pearson(x: &[f64], y: &[f64]) -> Result<f64, NotEstimable> {
    let ((mx, sx), (my, sy)) = (moments(x), moments(y));
    let n = x.len() as f64;
    if is_constant((sx / n).sqrt(), mx) || is_constant((sy / n).sqrt(), my) {
        return Err(NotEstimable::new("a side does not vary"));
    }
    let product: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
    Ok((product / (sx.sqrt() * sy.sqrt())).clamp(-1.0, 1.0))
}

/// `P(S >= s)` of Spearman's sum of squared rank differences.
fn spearman_upper(s: f64, n: usize) -> f64 {
    let s = s.round();
    let size = n as f64;
    let most = size * (size * size - 1.0) / 3.0;
    if s <= 0.0 {
        return 1.0;
    }
    if s > most {
        return 0.0;
    }
    if n <= 9 {
        let mut ranks: Vec<usize> = (0..n).collect();
        let (mut extreme, mut all) = (0u64, 0u64);
        permutations(&mut ranks, 0, &mut |ranks| {
            let sum: usize = ranks.iter().enumerate().map(|(i, rank)| i.abs_diff(*rank).pow(2)).sum();
            all += 1;
            extreme += u64::from(sum as f64 >= s);
        });
        return extreme as f64 / all as f64;
    }
    let b = 1.0 / size;
    let x = (6.0 * (s - 1.0) * b / (size * size - 1.0) - 1.0) * (size - 1.0).sqrt();
    let y = x * x;
    let series = x
        * b
        * (0.2274
            + b * (0.2531 + 0.1745 * b)
            + y * (-0.0758 + b * (0.1033 + 0.3932 * b)
                - y * b * (0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y)))));
    (series * (-y / 2.0).exp() + normal_sf(x)).clamp(0.0, 1.0)
}

fn permutations(items: &mut [usize], from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == items.len() {
        visit(items);
        return;
    }
    for other in from..items.len() {
        items.swap(from, other);
        permutations(items, from + 1, visit);
        items.swap(from, other);
    }
}

struct KendallCounts {
    concordant: f64,
    /// Concordant minus discordant pairs.
    score: f64,
    /// Pairs not tied in x, and not tied in y.
    untied: (f64, f64),
}

impl KendallCounts {
    fn tau(&self) -> f64 {
        (self.score / (self.untied.0 * self.untied.1).sqrt()).clamp(-1.0, 1.0)
    }
}

/// Knight's algorithm: discordant pairs are the exchanges of a merge sort.
fn kendall_counts(x: &[f64], y: &[f64]) -> Result<KendallCounts, NotEstimable> {
    let n = x.len();
    let mut by_x = order(x);
    by_x.sort_by(|a, b| x[*a].total_cmp(&x[*b]).then(y[*a].total_cmp(&y[*b])));
    let pairs = |sizes: Vec<usize>| sizes.into_iter().map(|t| (t * (t - 1) / 2) as f64).sum::<f64>();
    let (tied_x, tied_y) = (pairs(tie_sizes(x)), pairs(tie_sizes(y)));
    let mut tied_both = 0.0;
    let mut run = 1.0;
    for pair in by_x.windows(2) {
        if x[pair[0]] == x[pair[1]] && y[pair[0]] == y[pair[1]] {
            tied_both += run;
            run += 1.0;
        } else {
            run = 1.0;
        }
    }
    let mut values: Vec<f64> = by_x.iter().map(|row| y[*row]).collect();
    let mut buffer = values.clone();
    let discordant = exchanges(&mut values, &mut buffer);
    let all = (n * (n - 1) / 2) as f64;
    let untied = (all - tied_x, all - tied_y);
    if untied.0 == 0.0 || untied.1 == 0.0 {
        return Err(NotEstimable::new("a side does not vary"));
    }
    let concordant = all - tied_x - tied_y + tied_both - discordant;
    Ok(KendallCounts { concordant, score: concordant - discordant, untied })
}

fn exchanges(values: &mut [f64], buffer: &mut [f64]) -> f64 {
    let n = values.len();
    if n < 2 {
        return 0.0;
    }
    let middle = n / 2;
    let mut count = exchanges(&mut values[..middle], &mut buffer[..middle])
        + exchanges(&mut values[middle..], &mut buffer[middle..]);
    let (mut left, mut right) = (0, middle);
    for slot in buffer[..n].iter_mut() {
        if right == n || (left < middle && values[left] <= values[right]) {
            *slot = values[left];
            left += 1;
        } else {
            *slot = values[right];
            right += 1;
            count += (middle - left) as f64;
        }
    }
    values.copy_from_slice(&buffer[..n]);
    count
}

/// `P(T <= t)` of the number of concordant pairs without ties.
fn kendall_tail(t: usize, n: usize) -> f64 {
    let most = n * (n - 1) / 2;
    // Probability of each number of inversions, one more item at a time.
    let mut ways = vec![0.0f64; most + 1];
    ways[0] = 1.0;
    for item in 2..=n {
        let mut next = vec![0.0; most + 1];
        let mut window = 0.0;
        for count in 0..=most {
            window += ways[count];
            if count >= item {
                window -= ways[count - item];
            }
            next[count] = window / item as f64;
        }
        ways = next;
    }
    ways[..=t.min(most)].iter().map(|p| p.max(0.0)).sum()
}

fn kendall_variance(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let sum = |sizes: &[usize], f: fn(f64) -> f64| sizes.iter().map(|size| f(*size as f64)).sum::<f64>();
    let (tx, ty) = (tie_sizes(x), tie_sizes(y));
    let full = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    let two = |t: f64| t * (t - 1.0);
    let three = |t: f64| t * (t - 1.0) * (t - 2.0);
    (full(n) - sum(&tx, full) - sum(&ty, full)) / 18.0
        + sum(&tx, two) * sum(&ty, two) / (2.0 * n * (n - 1.0))
        + sum(&tx, three) * sum(&ty, three) / (9.0 * n * (n - 1.0) * (n - 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    // cor.test of R on Hollander & Wolfe's tuna data.
    #[test]
    fn agrees_with_r() {
        let x = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1];
        let y = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8];
        let p = |which| correlation(&x, &y, which, 0.95).unwrap();
        let kendall = p(Correlation::Kendall);
        assert_eq!(kendall.statistic_value(), Some(26.0));
        assert!((kendall.p - 0.1194389329805996).abs() < 1e-12);
        assert!((kendall.effect.unwrap().value - 4.0 / 9.0).abs() < 1e-12);
        let spearman = p(Correlation::Spearman);
        assert!((spearman.statistic_value().unwrap() - 48.0).abs() < 1e-9);
        assert!((spearman.p - 0.09679783950617284).abs() < 1e-12);
        assert!((p(Correlation::Pearson).p - 0.1081730543494938).abs() < 1e-8);
    }

    #[test]
    fn ties_and_constants() {
        let x = [1.0, 2.0, 2.0, 3.0];
        assert!(correlation(&x, &[1.0; 4], Correlation::Kendall, 0.95).is_err());
        assert!(correlation(&x, &[1.0; 4], Correlation::Spearman, 0.95).is_err());
        assert!(correlation(&x[..2], &x[..2], Correlation::Pearson, 0.95).is_err());
        assert_eq!(correlation_coefficient(&x, &x, Correlation::Kendall), Ok(1.0));
    }
}
