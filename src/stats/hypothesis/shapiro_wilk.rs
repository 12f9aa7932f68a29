//! Shapiro and Wilk's test of normality by Royston's (1995) approximation, AS R94.

use super::{TestResult, all_finite};
use crate::stats::distribution::{normal_quantile, normal_sf};
use crate::stats::estimate::NotEstimable;

/// `W` and its p-value for 3 to 5000 values.
///
/// # Errors
/// Other numbers of values, or values that do not vary.
pub fn shapiro_wilk(values: &[f64]) -> Result<TestResult, NotEstimable> {
    all_finite(values)?;
    let n = values.len();
    if !(3..=5000).contains(&n) {
        return Err(NotEstimable::new(format!("{n} values; the Shapiro-Wilk test takes 3 to 5000")));
    }
    let mut x = values.to_vec();
    x.sort_by(f64::total_cmp);
    let range = x[n - 1] - x[0];
    if range < 1e-19 {
        return Err(NotEstimable::new("the values do not vary"));
    }
    let weights = weights(n);
    // Squared correlation of the order statistics with the weights, as 1 - W to keep digits.
    let mean = x.iter().map(|value| value / range).sum::<f64>() / n as f64;
    let (mut aa, mut xx, mut ax) = (0.0, 0.0, 0.0);
    for (index, value) in x.iter().enumerate() {
        let mirror = n - 1 - index;
        let weight = match index.cmp(&mirror) {
            std::cmp::Ordering::Less => -weights[index],
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => weights[mirror],
        };
        let deviation = value / range - mean;
        aa += weight * weight;
        xx += deviation * deviation;
        ax += weight * deviation;
    }
    let norm = (aa * xx).sqrt();
    let lack = (norm - ax) * (norm + ax) / (aa * xx);
    let w = 1.0 - lack;
    let p = if n == 3 {
        (6.0 / std::f64::consts::PI * (w.sqrt().asin() - 0.75f64.sqrt().asin())).max(0.0)
    } else {
        small_or_large_sample_p(lack, n)
    };
    Ok(TestResult::new("Shapiro-Wilk test", "W", w, p, n))
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The upper half of the weights, largest first.
fn weights(n: usize) -> Vec<f64> {
    let half = n / 2;
    if n == 3 {
        return vec![0.5f64.sqrt()];
    }
    let scores: Vec<f64> = (1..=half).map(|i| normal_quantile((i as f64 - 0.375) / (n as f64 + 0.25))).collect();
    let squares = 2.0 * scores.iter().map(|score| score * score).sum::<f64>();
    let norm = squares.sqrt();
    let root = 1.0 / (n as f64).sqrt();
    let first = polynomial(&[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056], root) - scores[0] / norm;
    let mut weights = Vec::with_capacity(half);
    weights.push(first);
    let factor = if n > 5 {
        let second = -scores[1] / norm + polynomial(&[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], root);
        weights.push(second);
        ((squares - 2.0 * scores[0].powi(2) - 2.0 * scores[1].powi(2))
            / (1.0 - 2.0 * first.powi(2) - 2.0 * second.powi(2)))
        .sqrt()
    } else {
        ((squares - 2.0 * scores[0].powi(2)) / (1.0 - 2.0 * first.powi(2))).sqrt()
    };
    for score in &scores[weights.len()..] {
        weights.push(-score / factor);
    }
    weights
}

fn small_or_large_sample_p(lack: f64, n: usize) -> f64 {
    let size = n as f64;
    let mut y = lack.ln();
    let (mean, sd) = if n <= 11 {
        let gamma = polynomial(&[-2.273, 0.459], size);
        if y >= gamma {
            return 1e-99;
        }
        y = -(gamma - y).ln();
        (
            polynomial(&[0.544, -0.39978, 0.025054, -6.714e-4], size),
            polynomial(&[1.3822, -0.77857, 0.062767, -0.0020322], size).exp(),
        )
    } else {
        let log = size.ln();
        (
            polynomial(&[-1.5861, -0.31082, -0.083751, 0.0038915], log),
            polynomial(&[-0.4803, -0.082676, 0.0030302], log).exp(),
        )
    };
    normal_sf((y - mean) / sd)
}

#[cfg(test)]
mod tests {
    use super::*;

    // shapiro.test of R on c(148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236).
    #[test]
    fn agrees_with_r() {
        let x = [148.0, 154.0, 158.0, 160.0, 161.0, 162.0, 166.0, 170.0, 182.0, 195.0, 236.0];
        let result = shapiro_wilk(&x).unwrap();
        assert!((result.statistic_value().unwrap() - 0.7888146948353874).abs() < 1e-9);
        assert!((result.p - 0.006703814056502925).abs() < 1e-9);
        assert!(shapiro_wilk(&[1.0, 2.0]).is_err());
        assert!(shapiro_wilk(&[1.0, 1.0, 1.0]).is_err());
        assert!(shapiro_wilk(&[1.0, 2.0, 4.0]).unwrap().p > 0.5);
    }
}
