//! Tails and quantiles of the normal and chi-squared distributions.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::erf::erfc;
use statrs::function::gamma::checked_gamma_ur;

/// Upper tail of the standard normal distribution.
pub fn normal_tail(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// Two-sided p of a standard normal statistic.
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Standard normal quantile.
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// Upper tail of the chi-squared distribution; 1 without degrees of freedom.
pub fn chi_squared_tail(statistic: f64, df: usize) -> f64 {
    if df == 0 || statistic <= 0.0 {
        return 1.0;
    }
    if df == 1 {
        return erfc((statistic / 2.0).sqrt());
    }
    checked_gamma_ur(df as f64 / 2.0, statistic / 2.0).unwrap_or(f64::NAN)
}
