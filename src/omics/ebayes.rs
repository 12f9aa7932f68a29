//! Empirical Bayes moderation of variances (Smyth 2004): the prior that all genes' variances share,
//! constant or along a trend with expression, and each gene's variance drawn to it.
//!
//! As limma 3.54: `fitFDist`, `squeezeVar`, `tmixture.vector`.

use crate::learn::least_squares::Orthogonal;
use crate::stats::distribution::{t_quantile, t_sf, t_two_sided};
use crate::stats::ranks::quantile_of_sorted;

use super::error::OmicsError;
use super::polygamma::{digamma, trigamma, trigamma_inverse};
use super::robust;

/// A scaled F distribution of residual variances.
#[derive(Clone, Debug, PartialEq)]
pub struct VariancePrior {
    /// Infinite where variances do not differ more than by chance; one, or one a gene.
    pub df: Vec<f64>,
    /// One, or one a gene.
    pub variance: Vec<f64>,
}

impl VariancePrior {
    pub fn df_of(&self, gene: usize) -> f64 {
        self.df.get(gene).or(self.df.first()).copied().unwrap_or(0.0)
    }

    pub fn variance_of(&self, gene: usize) -> f64 {
        self.variance.get(gene).or(self.variance.first()).copied().unwrap_or(f64::NAN)
    }

    /// The variance of a gene drawn to the prior.
    pub fn posterior(&self, gene: usize, variance: f64, df: f64) -> f64 {
        let (prior_df, prior) = (self.df_of(gene), self.variance_of(gene));
        if prior_df.is_infinite() { prior } else { (df * variance + prior_df * prior) / (df + prior_df) }
    }
}

/// Fits the prior to `variances` of `df` residual degrees of freedom each, along `trend` if given.
///
/// # Errors
/// Fewer than two genes, or variances that are mostly zero and cannot be fitted robustly.
pub fn prior(variances: &[f64], df: f64, trend: Option<&[f64]>, robust: bool) -> Result<VariancePrior, OmicsError> {
    match variances {
        [] => Err(OmicsError::none("there is no gene")),
        [one] => Ok(VariancePrior { df: vec![0.0], variance: vec![*one] }),
        _ if robust && variances.len() > 2 => robust::fit(variances, df, trend),
        _ => Ok(fit(variances, df, trend)),
    }
}

/// Moments of the log variances, whose distribution is that of Fisher's z.
pub(super) fn fit(variances: &[f64], df: f64, trend: Option<&[f64]>) -> VariancePrior {
    let n = variances.len();
    let mut sorted = variances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = quantile_of_sorted(&sorted, 0.5).filter(|median| *median > 0.0).unwrap_or(1.0);
    // Variances of zero are set off, so that they have a logarithm.
    let moved: Vec<f64> = variances.iter().map(|variance| variance.max(1e-5 * median)).collect();
    let shift = (df / 2.0).ln() - digamma(df / 2.0);
    let e: Vec<f64> = moved.iter().map(|variance| variance.ln() + shift).collect();
    let basis = trend.and_then(spline_basis);
    let (centre, spread) = match basis {
        None => {
            let mean = e.iter().sum::<f64>() / n as f64;
            (vec![mean], e.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0))
        }
        Some(columns) => {
            let factors = Orthogonal::new(columns, n, 1e-7);
            let mut fitted = vec![0.0; n];
            for index in 0..factors.rank() {
                let direction = factors.direction(index);
                let along: f64 = direction.iter().zip(&e).map(|(a, b)| a * b).sum();
                for (fitted, value) in fitted.iter_mut().zip(direction) {
                    *fitted += along * value;
                }
            }
            let rest: f64 = e.iter().zip(&fitted).map(|(a, b)| (a - b).powi(2)).sum();
            (fitted, rest / (n - factors.rank()).max(1) as f64)
        }
    };
    let excess = spread - trigamma(df / 2.0);
    if excess > 0.0 {
        let prior_df = 2.0 * trigamma_inverse(excess);
        let back = digamma(prior_df / 2.0) - (prior_df / 2.0).ln();
        VariancePrior { df: vec![prior_df], variance: centre.iter().map(|centre| (centre + back).exp()).collect() }
    } else {
        let variance = if trend.is_some() && centre.len() == n {
            centre.iter().map(|centre| centre.exp()).collect()
        } else {
            vec![moved.iter().sum::<f64>() / n as f64]
        };
        VariancePrior { df: vec![f64::INFINITY], variance }
    }
}

/// Natural cubic splines of `x` with as many degrees of freedom as limma gives them: 4 from 30
/// genes on, inner knots at quantiles. Column after column; `None` where `x` does not vary.
fn spline_basis(x: &[f64]) -> Option<Vec<f64>> {
    let n = x.len();
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let df = (1 + usize::from(n >= 3) + usize::from(n >= 6) + usize::from(n >= 30)).min(distinct.len());
    if df < 2 || !(high > low) {
        return None;
    }
    let mut knots = vec![low];
    let inner = df - 2;
    for knot in 1..=inner {
        knots.push(quantile_of_sorted(&sorted, knot as f64 / (inner + 1) as f64)?);
    }
    knots.push(high);
    let scaled = |value: f64| (value - low) / (high - low);
    let knots: Vec<f64> = knots.into_iter().map(scaled).collect();
    let last = knots.len() - 1;
    let cube = |value: f64| value.max(0.0).powi(3);
    let bend = |x: f64, knot: usize| (cube(x - knots[knot]) - cube(x - knots[last])) / (knots[last] - knots[knot]);
    let mut columns = vec![1.0; n];
    columns.extend(x.iter().map(|value| scaled(*value)));
    for knot in 0..last.saturating_sub(1) {
        columns.extend(x.iter().map(|value| bend(scaled(*value), knot) - bend(scaled(*value), last - 1)));
    }
    Some(columns)
}

/// The variance of true coefficients among the genes that differ, a `proportion` of all, from the
/// largest statistics; within `limits`. Absent with too few genes.
pub fn coefficient_variance(
    t: &[f64],
    unscaled: &[f64],
    df: &[f64],
    proportion: f64,
    limits: (f64, f64),
) -> Option<f64> {
    let genes = t.len() as f64;
    let target = (proportion / 2.0 * genes).ceil() as usize;
    if target < 1 {
        return None;
    }
    let p = (target as f64 / genes).max(proportion);
    let most = df.iter().copied().fold(0.0, f64::max);
    let mut sizes: Vec<(f64, f64)> = t
        .iter()
        .zip(df)
        .zip(unscaled)
        .map(|((t, df), unscaled)| {
            let size = t.abs();
            // Statistics on fewer degrees of freedom are brought to the most by their tail.
            let tail = t_sf(size, *df);
            (if *df < most && tail > 0.0 { -t_quantile(tail, most) } else { size }, unscaled * unscaled)
        })
        .collect();
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut sum = 0.0;
    for (rank, (size, unscaled)) in sizes.iter().take(target).enumerate() {
        let p0 = t_two_sided(*size, most);
        let wanted = ((rank as f64 + 0.5) / genes - (1.0 - p) * p0) / p;
        let mut variance = 0.0;
        if wanted > p0 {
            let expected = -t_quantile(wanted / 2.0, most);
            variance = unscaled * ((size / expected).powi(2) - 1.0);
        }
        sum += variance.clamp(limits.0, limits.1);
    }
    Some(sum / target as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_variances_have_an_infinite_prior() {
        let prior = prior(&[2.0; 40], 6.0, None, false).unwrap();
        assert_eq!(prior.df, [f64::INFINITY]);
        assert!((prior.posterior(3, 9.0, 6.0) - 2.0).abs() < 1e-12);
        assert!(super::prior(&[], 6.0, None, false).is_err());
        assert_eq!(super::prior(&[2.0], 6.0, None, false).unwrap().df, [0.0]);
    }

    #[test]
    fn zero_variances_do_not_break_the_fit() {
        let prior = prior(&[0.0, 0.0, 0.0, 1.0], 4.0, None, false).unwrap();
        assert!(prior.variance[0].is_finite() && prior.df[0] > 0.0);
    }
}
