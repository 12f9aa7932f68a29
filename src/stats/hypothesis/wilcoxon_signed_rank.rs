//! Wilcoxon's signed rank test of paired values.

use super::TestResult;
use crate::stats::distribution::normal_two_sided;
use crate::stats::estimate::NotEstimable;
use crate::stats::hypothesis::Exactness;
use crate::stats::ranks::{midranks, tie_term};

/// The two-sided test that differences `a - b` are symmetric about 0. `V` is the sum of the
/// ranks of the positive ones. Zero differences are dropped, and then, as with ties or from 50
/// pairs on, the distribution is the normal one.
///
/// # Errors
/// Unequal lengths, or no difference other than 0.
pub fn wilcoxon_signed_rank(a: &[f64], b: &[f64], exactness: Exactness) -> Result<TestResult, NotEstimable> {
    if a.len() != b.len() {
        return Err(NotEstimable::new("paired values are of different numbers of rows"));
    }
    let all: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    if all.iter().any(|value| value.is_nan()) {
        return Err(NotEstimable::new("a value is missing"));
    }
    let differences: Vec<f64> = all.iter().copied().filter(|value| *value != 0.0).collect();
    let zeros = all.len() - differences.len();
    if differences.is_empty() {
        return Err(NotEstimable::new("no pair differs"));
    }
    let sizes: Vec<f64> = differences.iter().map(|value| value.abs()).collect();
    let ranks = midranks(&sizes);
    let v: f64 = ranks.iter().zip(&differences).filter(|(_, value)| **value > 0.0).map(|(rank, _)| rank).sum();
    let n = differences.len() as f64;
    let ties = tie_term(&sizes);
    let noted = |result: TestResult| match zeros {
        0 => result,
        _ => result.with_note(format!("{zeros} pairs without a difference are left out")),
    };
    if exactness == Exactness::Automatic && differences.len() < 50 && ties == 0.0 && zeros == 0 {
        let most = differences.len() * (differences.len() + 1) / 2;
        let mut ways = vec![0.0f64; most + 1];
        ways[0] = 1.0;
        for rank in 1..=differences.len() {
            for sum in (rank..=most).rev() {
                ways[sum] += ways[sum - rank];
            }
        }
        let smaller = (v.round() as usize).min(most - v.round() as usize);
        let p = ways[..=smaller].iter().sum::<f64>() / ways.iter().sum::<f64>();
        return Ok(TestResult::new("Wilcoxon signed rank test, exact", "V", v, (2.0 * p).min(1.0), all.len()));
    }
    let z = v - n * (n + 1.0) / 4.0;
    let sigma = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0).sqrt();
    let correction = if exactness == Exactness::Uncorrected || z == 0.0 { 0.0 } else { 0.5 * z.signum() };
    let p = normal_two_sided((z - correction) / sigma);
    Ok(noted(TestResult::new("Wilcoxon signed rank test", "V", v, p, all.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    // R: depression scores of Hollander & Wolfe, wilcox.test(x, y, paired = TRUE), V = 40.
    #[test]
    fn exact_agrees_with_r() {
        let x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        let y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
        let result = wilcoxon_signed_rank(&x, &y, Exactness::Automatic).unwrap();
        assert_eq!(result.statistic_value(), Some(40.0));
        assert!((result.p - 0.0390625).abs() < 1e-12);
    }

    #[test]
    fn degenerate_pairs_are_told() {
        assert!(wilcoxon_signed_rank(&[1.0, 2.0], &[1.0, 2.0], Exactness::Automatic).is_err());
        assert!(wilcoxon_signed_rank(&[1.0], &[], Exactness::Automatic).is_err());
        let zeros = wilcoxon_signed_rank(&[1.0, 2.0, 4.0], &[1.0, 1.0, 2.0], Exactness::Automatic).unwrap();
        assert_eq!(zeros.notes.len(), 1);
    }
}
