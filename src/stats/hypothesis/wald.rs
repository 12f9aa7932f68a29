//! The joint Wald test.

use super::TestResult;
use crate::stats::distribution::chi_square_sf;
use crate::stats::estimate::NotEstimable;
use crate::stats::standardised_difference::solve;

/// Whether coefficients `b` are all zero, given their covariance `V`: `W = b' V^-1 b`, chi-square with
/// as many degrees of freedom, as the tests of terms of R's `rms::anova` and `aod::wald.test`. It is
/// computed from `z = b / se` and their correlations, which have no unit.
///
/// # Errors
/// No coefficient; a variance that is not positive; coefficients that determine one another.
pub fn wald(b: &[f64], covariance: impl Fn(usize, usize) -> f64, n: usize) -> Result<TestResult, NotEstimable> {
    let se: Vec<f64> = (0..b.len()).map(|place| covariance(place, place).sqrt()).collect();
    if b.is_empty() || se.iter().any(|se| !(*se > 0.0 && se.is_finite())) {
        return Err(NotEstimable::new("a coefficient has no variance"));
    }
    let z: Vec<f64> = b.iter().zip(&se).map(|(b, se)| b / se).collect();
    let mut correlation: Vec<Vec<f64>> =
        (0..b.len()).map(|i| (0..b.len()).map(|j| covariance(i, j) / (se[i] * se[j])).collect()).collect();
    let solved = solve(&mut correlation, &z).ok_or_else(|| NotEstimable::new("the coefficients are collinear"))?;
    let statistic: f64 = solved.iter().zip(&z).map(|(x, z)| x * z).sum();
    if !(statistic >= 0.0 && statistic.is_finite()) {
        return Err(NotEstimable::new("the coefficients are collinear"));
    }
    let df = b.len() as f64;
    Ok(TestResult {
        test: "joint Wald test".to_owned(),
        statistic: Some(("chi-square".to_owned(), statistic)),
        df: vec![df],
        p: chi_square_sf(statistic, df),
        effect: None,
        n,
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_correlated_coefficients() {
        // By hand: V^-1 = [[0.09, -0.01], [-0.01, 0.04]] / 0.0035, b = (0.3, -0.2).
        let v = [[0.04, 0.01], [0.01, 0.09]];
        let test = wald(&[0.3, -0.2], |i, j| v[i][j], 50).unwrap();
        let expected = (0.09 * 0.09 + 2.0 * 0.01 * 0.06 + 0.04 * 0.04) / 0.0035;
        assert!((test.statistic_value().unwrap() - expected).abs() < 1e-12);
        assert!((test.p - (-expected / 2.0_f64).exp()).abs() < 1e-12);
        // The unit of a covariate does not count.
        let scaled = wald(&[0.3e-5, -0.2], |i, j| v[i][j] * [1e-5, 1.0][i] * [1e-5, 1.0][j], 50).unwrap();
        assert!((scaled.p - test.p).abs() < 1e-12);
        assert!(wald(&[0.1, 0.1], |_, _| 0.01, 50).is_err());
        assert!(wald(&[0.1], |_, _| 0.0, 50).is_err());
    }
}
