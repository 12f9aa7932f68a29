//! Agreement of two measurements of the same quantity (Bland & Altman 1986).

use serde::{Deserialize, Serialize};

use super::distribution::{normal_multiplier, t_quantile};
use super::estimate::{Estimate, NotEstimable};
use super::hypothesis::{Correlation, TestResult, correlation};

/// Bias and limits of agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Mean of first minus second.
    pub bias: Estimate,
    pub lower_limit: Estimate,
    pub upper_limit: Estimate,
    pub sd: f64,
    /// `(mean of the two, difference)` of each complete pair.
    pub points: Vec<(f64, f64)>,
    /// Correlation of difference and mean: bias that grows with the size.
    pub proportional: Result<TestResult, NotEstimable>,
}

/// Limits `bias ± z SD` that hold `coverage` of the differences, each with an interval of `level`:
/// of the bias by t, of the limits by t with `SE = SD sqrt(1/n + z^2 / (2 (n - 1)))`. Pairs with a
/// missing value are counted.
///
/// # Errors
/// Unequal rows, fewer than two complete pairs, or differences that do not vary.
pub fn bland_altman(first: &[f64], second: &[f64], coverage: f64, level: f64) -> Result<Agreement, NotEstimable> {
    if first.len() != second.len() {
        return Err(NotEstimable::new("the two measurements are of different numbers of subjects"));
    }
    let pairs: Vec<(f64, f64)> =
        first.iter().zip(second).filter(|(a, b)| a.is_finite() && b.is_finite()).map(|(a, b)| (*a, *b)).collect();
    let missing = first.len() - pairs.len();
    if pairs.len() < 2 {
        return Err(NotEstimable::new(format!("{} complete pairs; two are needed", pairs.len())));
    }
    let n = pairs.len() as f64;
    let points: Vec<(f64, f64)> = pairs.iter().map(|(a, b)| (0.5 * (a + b), a - b)).collect();
    let bias = points.iter().map(|point| point.1).sum::<f64>() / n;
    let sd = (points.iter().map(|point| (point.1 - bias).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if sd.is_nan() || sd <= 0.0 {
        return Err(NotEstimable::new("the differences do not vary"));
    }
    let z = normal_multiplier(coverage);
    let t = t_quantile(0.5 + level / 2.0, n - 1.0);
    let error = sd * (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt();
    let estimate = |name: &str, value: f64, error: f64, how: &str| {
        Estimate::new(name, value, pairs.len(), how)
            .within(value - t * error, value + t * error, level)
            .with_missing(missing)
    };
    let (means, differences): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let limits = format!("{:.0}% limits of agreement", coverage * 100.0);
    Ok(Agreement {
        bias: estimate("bias", bias, sd / n.sqrt(), "mean difference; t interval"),
        lower_limit: estimate("lower limit", bias - z * sd, error, &limits),
        upper_limit: estimate("upper limit", bias + z * sd, error, &limits),
        sd,
        points,
        proportional: correlation(&means, &differences, Correlation::Pearson, level),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_example() {
        let a = [10.0, 12.0, 9.0, 15.0, f64::NAN];
        let b = [9.0, 12.5, 8.0, 13.0, 2.0];
        let agreement = bland_altman(&a, &b, 0.95, 0.95).unwrap();
        assert_eq!(agreement.bias.value, Ok(0.875));
        assert_eq!((agreement.bias.n, agreement.bias.missing), (4, 1));
        let sd = (((0.125f64).powi(2) * 2.0 + 1.375f64.powi(2) + 1.125f64.powi(2)) / 3.0).sqrt();
        assert!((agreement.upper_limit.value.unwrap() - (0.875 + 1.959963984540054 * sd)).abs() < 1e-9);
        assert!(bland_altman(&a, &a, 0.95, 0.95).is_err());
        assert!(bland_altman(&a, &b[..2], 0.95, 0.95).is_err());
    }
}
