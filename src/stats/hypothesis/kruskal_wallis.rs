//! The Kruskal-Wallis test of several groups.

use super::TestResult;
use crate::stats::distribution::chi_square_sf;
use crate::stats::estimate::NotEstimable;
use crate::stats::ranks::{midranks, tie_term};

/// `H = (12 / (N (N + 1)) sum(R_g^2 / n_g) - 3 (N + 1)) / (1 - sum(t^3 - t) / (N^3 - N))` on the
/// chi-square distribution. Empty groups do not count.
///
/// # Errors
/// Fewer than two groups with values, or all values equal.
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<TestResult, NotEstimable> {
    let groups: Vec<&[f64]> = groups.iter().copied().filter(|group| !group.is_empty()).collect();
    if groups.len() < 2 {
        return Err(NotEstimable::new("fewer than two groups have values"));
    }
    let all: Vec<f64> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    if all.iter().any(|value| value.is_nan()) {
        return Err(NotEstimable::new("a value is missing"));
    }
    let n = all.len() as f64;
    let ranks = midranks(&all);
    let correction = 1.0 - tie_term(&all) / (n.powi(3) - n);
    if correction.is_nan() || correction <= 0.0 {
        return Err(NotEstimable::new("all values are equal"));
    }
    let mut start = 0;
    let mut sum = 0.0;
    for group in &groups {
        let of_group: f64 = ranks[start..start + group.len()].iter().sum();
        sum += of_group * of_group / group.len() as f64;
        start += group.len();
    }
    let h = (12.0 * sum / (n * (n + 1.0)) - 3.0 * (n + 1.0)) / correction;
    let df = (groups.len() - 1) as f64;
    Ok(TestResult::new("Kruskal-Wallis test", "H", h, chi_square_sf(h, df), all.len()).with_df(&[df]))
}

#[cfg(test)]
mod tests {
    use super::*;

    // kruskal.test of R on Hollander & Wolfe's mucociliary efficiency: H = 0.77143, p = 0.68.
    #[test]
    fn agrees_with_r() {
        let result =
            kruskal_wallis(&[&[2.9, 3.0, 2.5, 2.6, 3.2], &[3.8, 2.7, 4.0, 2.4], &[2.8, 3.4, 3.7, 2.2, 2.0]]).unwrap();
        assert!((result.statistic_value().unwrap() - 0.7714285714285722).abs() < 1e-12);
        assert!((result.p - 0.6799647735788936).abs() < 1e-12);
        assert!(kruskal_wallis(&[&[1.0, 1.0], &[1.0]]).is_err());
        assert!(kruskal_wallis(&[&[1.0, 2.0]]).is_err());
    }
}
