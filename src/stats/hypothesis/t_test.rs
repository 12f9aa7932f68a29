//! Student's and Welch's t tests.

use super::{Effect, TestResult, all_finite, is_constant, moments};
use crate::stats::distribution::{t_quantile, t_two_sided};
use crate::stats::estimate::{Interval, NotEstimable};

/// Welch's two-sample t test: `t = (m1 - m2) / sqrt(v1/n1 + v2/n2)` on Satterthwaite's degrees
/// of freedom.
///
/// # Errors
/// Fewer than two values in a group, or no variation in either.
pub fn welch_t(a: &[f64], b: &[f64], level: f64) -> Result<TestResult, NotEstimable> {
    let (ma, va, mb, vb) = two_samples(a, b)?;
    let (ea, eb) = (va / a.len() as f64, vb / b.len() as f64);
    let error = (ea + eb).sqrt();
    let df = (ea + eb).powi(2) / (ea * ea / (a.len() as f64 - 1.0) + eb * eb / (b.len() as f64 - 1.0));
    finish(
        "Welch's t test",
        "difference in means",
        ma - mb,
        error,
        df,
        ma.abs().max(mb.abs()),
        a.len() + b.len(),
        level,
    )
}

/// Student's two-sample t test with a pooled variance.
///
/// # Errors
/// Fewer than two values in a group, or no variation in either.
pub fn student_t(a: &[f64], b: &[f64], level: f64) -> Result<TestResult, NotEstimable> {
    let (ma, va, mb, vb) = two_samples(a, b)?;
    let (na, nb) = (a.len() as f64, b.len() as f64);
    let df = na + nb - 2.0;
    let pooled = ((na - 1.0) * va + (nb - 1.0) * vb) / df;
    let error = (pooled * (1.0 / na + 1.0 / nb)).sqrt();
    finish(
        "Student's t test",
        "difference in means",
        ma - mb,
        error,
        df,
        ma.abs().max(mb.abs()),
        a.len() + b.len(),
        level,
    )
}

/// The t test of paired differences `a - b`.
///
/// # Errors
/// Unequal lengths, fewer than two pairs, or differences that do not vary.
pub fn paired_t(a: &[f64], b: &[f64], level: f64) -> Result<TestResult, NotEstimable> {
    if a.len() != b.len() {
        return Err(NotEstimable::new("paired values are of different numbers of rows"));
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let mut result = one_sample_t(&differences, 0.0, level)?;
    result.test = "paired t test".to_owned();
    if let Some(effect) = &mut result.effect {
        effect.name = "mean difference".to_owned();
    }
    Ok(result)
}

/// The t test that the mean is `expected`.
///
/// # Errors
/// Fewer than two values, or no variation.
pub fn one_sample_t(values: &[f64], expected: f64, level: f64) -> Result<TestResult, NotEstimable> {
    all_finite(values)?;
    if values.len() < 2 {
        return Err(NotEstimable::new(format!("{} values; a t test needs two", values.len())));
    }
    let n = values.len() as f64;
    let (mean, squares) = moments(values);
    let error = (squares / (n - 1.0) / n).sqrt();
    finish(
        "one-sample t test",
        "difference from expected mean",
        mean - expected,
        error,
        n - 1.0,
        mean,
        values.len(),
        level,
    )
}

fn two_samples(a: &[f64], b: &[f64]) -> Result<(f64, f64, f64, f64), NotEstimable> {
    all_finite(a)?;
    all_finite(b)?;
    if a.len() < 2 || b.len() < 2 {
        return Err(NotEstimable::new(format!("{} and {} values; a t test needs two in each group", a.len(), b.len())));
    }
    let ((ma, sa), (mb, sb)) = (moments(a), moments(b));
    Ok((ma, sa / (a.len() as f64 - 1.0), mb, sb / (b.len() as f64 - 1.0)))
}

#[allow(clippy::too_many_arguments, reason = "private, and each is one number of the same formula")]
fn finish(
    test: &str,
    effect: &str,
    difference: f64,
    error: f64,
    df: f64,
    size: f64,
    n: usize,
    level: f64,
) -> Result<TestResult, NotEstimable> {
    if is_constant(error, size) {
        return Err(NotEstimable::new("the values do not vary"));
    }
    let t = difference / error;
    let half = t_quantile(0.5 + level / 2.0, df) * error;
    Ok(TestResult::new(test, "t", t, t_two_sided(t, df), n).with_df(&[df]).with_effect(Effect {
        name: effect.to_owned(),
        value: difference,
        interval: Some(Interval { lower: difference - half, upper: difference + half, level }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    // t.test(extra ~ group, data = sleep) of R.
    #[test]
    fn agrees_with_r_on_sleep() {
        let a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let welch = welch_t(&a, &b, 0.95).unwrap();
        assert!((welch.statistic_value().unwrap() + 1.8608134674868526).abs() < 1e-12);
        assert!((welch.df[0] - 17.776473516178495).abs() < 1e-10);
        assert!((welch.p - 0.07939414018735812).abs() < 1e-12);
        let paired = paired_t(&a, &b, 0.95).unwrap();
        assert!((paired.p - 0.002832890197384253).abs() < 1e-12);
        assert!((student_t(&a, &b, 0.95).unwrap().p - 0.07918671421593818).abs() < 1e-12);
    }

    #[test]
    fn degenerate_groups_are_told() {
        assert!(welch_t(&[1.0], &[1.0, 2.0], 0.95).is_err());
        assert!(welch_t(&[1.0, 1.0], &[1.0, 1.0], 0.95).is_err());
        assert!(paired_t(&[1.0, 2.0], &[0.0, 1.0], 0.95).is_err());
        assert!(one_sample_t(&[f64::NAN, 1.0], 0.0, 0.95).is_err());
    }
}
