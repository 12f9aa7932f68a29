//! McNemar's test of paired yes/no answers.

use super::TestResult;
use crate::stats::binomial::{ProportionInterval, proportion_interval};
use crate::stats::distribution::{chi_square_sf, ln_factorial};
use crate::stats::estimate::NotEstimable;

/// McNemar's test of `b` pairs with yes/no against `c` with no/yes, among `pairs` pairs:
/// `(|b - c| - 1)^2 / (b + c)` on chi-square with 1 degree of freedom, or, when `exact`, the
/// binomial probability. The correction is 0 where `b = c`.
///
/// # Errors
/// No discordant pair.
pub fn mcnemar(b: usize, c: usize, pairs: usize, exact: bool) -> Result<TestResult, NotEstimable> {
    let n = b + c;
    if n == 0 {
        return Err(NotEstimable::new("no pair is discordant"));
    }
    // Rejects impossible counts with the same words as every other proportion.
    proportion_interval(n, pairs, ProportionInterval::Exact, 0.95)?;
    if exact {
        let log_choose = |k: usize| {
            ln_factorial(n as f64)
                - ln_factorial(k as f64)
                - ln_factorial((n - k) as f64)
                - n as f64 * std::f64::consts::LN_2
        };
        let p = 2.0 * (0..=b.min(c)).map(|k| log_choose(k).exp()).sum::<f64>();
        return Ok(TestResult::exact("exact McNemar test", p.min(1.0), pairs));
    }
    let difference = b.abs_diff(c) as f64;
    let statistic = (difference - 1.0).max(0.0).powi(2) / n as f64;
    Ok(TestResult::new("McNemar's test", "χ²", statistic, chi_square_sf(statistic, 1.0), pairs).with_df(&[1.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    // mcnemar.test(matrix(c(794, 86, 150, 570), 2)) of R; 63^2 / 236 = 16.818.
    #[test]
    fn agrees_with_r() {
        let result = mcnemar(150, 86, 1600, false).unwrap();
        assert_eq!(result.statistic_value().unwrap(), 63.0f64.powi(2) / 236.0);
        assert!((mcnemar(1, 5, 10, true).unwrap().p - 0.21875).abs() < 1e-12);
        assert!(mcnemar(0, 0, 10, false).is_err());
    }
}
