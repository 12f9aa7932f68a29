//! One-way analysis of variance, with equal variances and Welch's.

use super::{TestResult, all_finite, is_constant, moments};
use crate::stats::distribution::f_sf;
use crate::stats::estimate::NotEstimable;

/// One-way ANOVA, equal variances: `F = MS_between / MS_within`. Empty groups do not count.
///
/// # Errors
/// Fewer than two groups, no residual degrees of freedom, or no variation within groups.
pub fn anova(groups: &[&[f64]]) -> Result<TestResult, NotEstimable> {
    let groups = occupied(groups)?;
    let n: usize = groups.iter().map(|group| group.len()).sum();
    let k = groups.len();
    if n <= k {
        return Err(NotEstimable::new("no group has two values, so nothing varies within groups"));
    }
    let grand = groups.iter().flat_map(|group| group.iter()).sum::<f64>() / n as f64;
    let (mut between, mut within) = (0.0, 0.0);
    for group in &groups {
        let (mean, squares) = moments(group);
        between += group.len() as f64 * (mean - grand).powi(2);
        within += squares;
    }
    let (df1, df2) = ((k - 1) as f64, (n - k) as f64);
    if is_constant((within / df2).sqrt(), grand) {
        return Err(NotEstimable::new("the values do not vary within groups"));
    }
    let f = (between / df1) / (within / df2);
    Ok(TestResult::new("one-way ANOVA", "F", f, f_sf(f, df1, df2), n).with_df(&[df1, df2]))
}

/// Welch's (1951) one-way ANOVA, variances not assumed equal (R's `oneway.test`).
///
/// # Errors
/// Fewer than two groups; a group with fewer than two values or without variation.
pub fn welch_anova(groups: &[&[f64]]) -> Result<TestResult, NotEstimable> {
    let groups = occupied(groups)?;
    let k = groups.len() as f64;
    let mut weights = Vec::new();
    for group in &groups {
        if group.len() < 2 {
            return Err(NotEstimable::new("a group has a single value"));
        }
        let (mean, squares) = moments(group);
        let variance = squares / (group.len() as f64 - 1.0);
        if is_constant(variance.sqrt(), mean) {
            return Err(NotEstimable::new("the values of a group do not vary"));
        }
        weights.push((group.len() as f64 / variance, mean, group.len() as f64));
    }
    let total: f64 = weights.iter().map(|(weight, ..)| weight).sum();
    let centre = weights.iter().map(|(weight, mean, _)| weight * mean).sum::<f64>() / total;
    let spread: f64 =
        weights.iter().map(|(weight, _, n)| (1.0 - weight / total).powi(2) / (n - 1.0)).sum::<f64>() / (k * k - 1.0);
    let between: f64 = weights.iter().map(|(weight, mean, _)| weight * (mean - centre).powi(2)).sum();
    let f = between / ((k - 1.0) * (1.0 + 2.0 * (k - 2.0) * spread));
    let (df1, df2) = (k - 1.0, 1.0 / (3.0 * spread));
    let n = groups.iter().map(|group| group.len()).sum();
    Ok(TestResult::new("Welch's ANOVA", "F", f, f_sf(f, df1, df2), n).with_df(&[df1, df2]))
}

fn occupied<'a>(groups: &[&'a [f64]]) -> Result<Vec<&'a [f64]>, NotEstimable> {
    let groups: Vec<&[f64]> = groups.iter().copied().filter(|group| !group.is_empty()).collect();
    if groups.len() < 2 {
        return Err(NotEstimable::new("fewer than two groups have values"));
    }
    for group in &groups {
        all_finite(group)?;
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_are_a_squared_t() {
        let (a, b) = ([1.0, 2.5, 3.0, 4.0], [2.0, 5.0, 6.5]);
        let f = anova(&[&a, &b, &[]]).unwrap();
        let t = super::super::student_t(&a, &b, 0.95).unwrap();
        assert!((f.statistic_value().unwrap() - t.statistic_value().unwrap().powi(2)).abs() < 1e-12);
        assert!((f.p - t.p).abs() < 1e-12);
        let f = welch_anova(&[&a, &b]).unwrap();
        let t = super::super::welch_t(&a, &b, 0.95).unwrap();
        assert!((f.p - t.p).abs() < 1e-12);
    }

    #[test]
    fn degenerate_groups_are_told() {
        assert!(anova(&[&[1.0, 2.0]]).is_err());
        assert!(anova(&[&[1.0], &[2.0]]).is_err());
        assert!(anova(&[&[1.0, 1.0], &[2.0, 2.0]]).is_err());
    }
}
