//! The prior of variances, fitted so that genes with outlying variances do not widen it (Phipson et
//! al. 2016), and those genes drawn to it less. As limma's `fitFDistRobustly` with its default of
//! 5 % and 10 % of the lower and upper tail winsorised, for equal residual degrees of freedom.

use crate::stats::distribution::{chi_square_sf, f_quantile, f_sf, ln_gamma};
use crate::stats::ranks::{midranks, order, quantile_of_sorted};

use super::ebayes::{self, VariancePrior};
use super::error::OmicsError;
use super::lowess::lowess;

const LOWER: f64 = 0.05;
const UPPER: f64 = 0.1;
/// Nodes of the quadrature over the winsorised density.
const NODES: usize = 128;

pub(super) fn fit(variances: &[f64], df: f64, trend: Option<&[f64]>) -> Result<VariancePrior, OmicsError> {
    let n = variances.len();
    let mut sorted = variances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = quantile_of_sorted(&sorted, 0.5).unwrap_or(0.0);
    if median <= 0.0 {
        return Err(OmicsError::none("most genes do not vary within the groups: a robust prior cannot be fitted"));
    }
    let x: Vec<f64> = variances.iter().map(|variance| variance.max(median * 1e-12)).collect();
    let plain = ebayes::fit(&x, df, trend);
    let each = |prior: VariancePrior| VariancePrior { df: vec![prior.df_of(0); n], ..prior };
    if LOWER.max(UPPER) < 1.0 / n as f64 {
        return Ok(each(plain));
    }
    let z: Vec<f64> = x.iter().map(|variance| variance.ln()).collect();
    let centre: Vec<f64> = match trend {
        None => vec![trimmed_mean(&z); n],
        Some(trend) => {
            let places = order(trend);
            let along: Vec<f64> = places.iter().map(|place| trend[*place]).collect();
            let values: Vec<f64> = places.iter().map(|place| z[*place]).collect();
            let mut centre = vec![0.0; n];
            for (place, value) in places.iter().zip(lowess(&along, &values, 0.4, 3)) {
                centre[*place] = value;
            }
            centre
        }
    };
    let residuals: Vec<f64> = z.iter().zip(&centre).map(|(z, centre)| z - centre).collect();
    let mut ranked = residuals.clone();
    ranked.sort_by(f64::total_cmp);
    let low = quantile_of_sorted(&ranked, LOWER).unwrap_or(0.0);
    let high = quantile_of_sorted(&ranked, 1.0 - UPPER).unwrap_or(0.0);
    let held: Vec<f64> = residuals.iter().map(|value| value.clamp(low, high)).collect();
    let mean = held.iter().sum::<f64>() / n as f64;
    let variance = held.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);

    let quadrature = gauss_legendre(NODES);
    let at_infinity = winsorised(df, f64::INFINITY, &quadrature);
    let finish = |moment: f64| -> Vec<f64> { centre.iter().map(|centre| centre + mean - moment).collect() };
    let shared = |corrected: &[f64]| -> Vec<f64> {
        if trend.is_some() { corrected.iter().map(|value| value.exp()).collect() } else { vec![corrected[0].exp()] }
    };
    let value_at_infinity = (variance / at_infinity.1).ln();
    if value_at_infinity <= 0.0 {
        let corrected = finish(at_infinity.0);
        let f: Vec<f64> = z.iter().zip(&corrected).map(|(z, centre)| (z - centre).exp()).collect();
        let tail: Vec<f64> = f.iter().map(|f| chi_square_sf(f * df, df)).collect();
        let ranks = midranks(&f);
        let mut shrunk = vec![f64::INFINITY; n];
        let mut any = false;
        for gene in 0..n {
            let empirical = (n as f64 - ranks[gene] + 0.5) / n as f64;
            let inlier = (tail[gene] / empirical).min(1.0);
            if inlier < 1.0 {
                shrunk[gene] = inlier * n as f64 * df;
                any = true;
            }
        }
        if any {
            increasing(&mut shrunk, &order(&tail));
        }
        return Ok(VariancePrior { df: shrunk, variance: shared(&corrected) });
    }
    if plain.df_of(0).is_infinite() {
        return Ok(each(plain));
    }
    // The prior df whose winsorised variance is the observed one, on the scale df / (1 + df).
    let gap = |place: f64| (variance / winsorised(df, place / (1.0 - place), &quadrature).1).ln();
    let start = plain.df_of(0) / (1.0 + plain.df_of(0));
    let prior_df = if gap(start) >= 0.0 {
        plain.df_of(0)
    } else {
        let (mut low, mut high) = (start, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if gap(middle) < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let place = 0.5 * (low + high);
        place / (1.0 - place)
    };
    let corrected = finish(winsorised(df, prior_df, &quadrature).0);
    let f: Vec<f64> = z.iter().zip(&corrected).map(|(z, centre)| (z - centre).exp()).collect();
    let log_tail: Vec<f64> = f.iter().map(|f| f_sf(*f, df, prior_df).ln()).collect();
    let ranks = midranks(&f);
    let log_inlier: Vec<f64> = log_tail
        .iter()
        .zip(&ranks)
        .map(|(tail, rank)| (tail - ((n as f64 - rank + 0.5).ln() - (n as f64).ln())).min(0.0))
        .collect();
    let mut shrunk = vec![prior_df; n];
    if log_inlier.iter().any(|value| *value < 0.0) {
        let least = log_tail.iter().copied().fold(f64::INFINITY, f64::min);
        let outlier = if least == f64::NEG_INFINITY {
            0.0
        } else {
            let first = 0.5f64.ln() / least * prior_df;
            let most = f.iter().copied().fold(0.0, f64::max);
            0.5f64.ln() / f_sf(most, df, first).ln() * first
        };
        for (shrunk, log) in shrunk.iter_mut().zip(&log_inlier) {
            *shrunk = log.exp() * prior_df - log.exp_m1() * outlier;
        }
        let places = order(&log_tail);
        let mut sum = 0.0;
        let (mut least, mut until) = (f64::INFINITY, 0);
        for (rank, place) in places.iter().enumerate() {
            sum += shrunk[*place];
            let mean = sum / (rank + 1) as f64;
            if mean < least {
                (least, until) = (mean, rank);
            }
        }
        for place in &places[..=until] {
            shrunk[*place] = least;
        }
        increasing(&mut shrunk, &places);
    }
    Ok(VariancePrior { df: shrunk, variance: shared(&corrected) })
}

/// The running maximum along `places`.
fn increasing(values: &mut [f64], places: &[usize]) {
    let mut most = f64::NEG_INFINITY;
    for place in places {
        most = most.max(values[*place]);
        values[*place] = most;
    }
}

/// Mean without the tenth at either end.
fn trimmed_mean(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = (UPPER * sorted.len() as f64).floor() as usize;
    let middle = &sorted[cut..sorted.len() - cut];
    middle.iter().sum::<f64>() / middle.len().max(1) as f64
}

/// Mean and variance of winsorised Fisher's z.
fn winsorised(df1: f64, df2: f64, quadrature: &[(f64, f64)]) -> (f64, f64) {
    let f = [f_at(LOWER, df1, df2), f_at(1.0 - UPPER, df1, df2)];
    let ends = f.map(|f| f / (1.0 + f));
    let tails = [(LOWER, f[0].ln()), (UPPER, f[1].ln())];
    let width = ends[1] - ends[0];
    let points: Vec<(f64, f64)> = quadrature
        .iter()
        .map(|(node, weight)| {
            let place = ends[0] + width * node;
            let f = place / (1.0 - place);
            (f.ln(), width * weight * f_density(f, df1, df2) / (1.0 - place).powi(2))
        })
        .collect();
    let all = || points.iter().map(|(z, weight)| (*z, *weight)).chain(tails.iter().map(|(weight, z)| (*z, *weight)));
    let mean: f64 = all().map(|(z, weight)| weight * z).sum();
    let variance = all().map(|(z, weight)| weight * (z - mean).powi(2)).sum();
    (mean, variance)
}

/// Above this the denominator's degrees of freedom are as good as infinite.
const INFINITE: f64 = 1e10;

fn f_at(p: f64, df1: f64, df2: f64) -> f64 {
    if df2 < INFINITE { f_quantile(p, df1, df2) } else { chi_square_quantile(p, df1) / df1 }
}

fn f_density(f: f64, df1: f64, df2: f64) -> f64 {
    let (a, b) = (df1 / 2.0, df2 / 2.0);
    if df2 < INFINITE {
        let ratio = df1 / df2;
        let log = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * ratio.ln() + (a - 1.0) * f.ln()
            - (a + b) * (ratio * f).ln_1p();
        log.exp()
    } else {
        (a * a.ln() - ln_gamma(a) + (a - 1.0) * f.ln() - a * f).exp()
    }
}

/// By bisection: it is asked a handful of times.
fn chi_square_quantile(p: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, df + 1.0);
    while chi_square_sf(high, df) > 1.0 - p && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if chi_square_sf(middle, df) > 1.0 - p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Nodes and weights on the unit interval, by Newton's method on Legendre's polynomials.
fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    (0..count)
        .map(|index| {
            let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut value) = (1.0, x);
                for k in 2..=count {
                    let k = k as f64;
                    (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
                }
                slope = n * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quadrature_integrates_polynomials() {
        let rule = gauss_legendre(12);
        let integral: f64 = rule.iter().map(|(x, w)| w * x.powi(7)).sum();
        assert!((integral - 0.125).abs() < 1e-14);
        assert!((rule.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn densities_integrate_to_what_is_not_winsorised() {
        let quadrature = gauss_legendre(NODES);
        for df2 in [3.0, 40.0, f64::INFINITY] {
            let ends = [f_at(LOWER, 5.0, df2), f_at(1.0 - UPPER, 5.0, df2)].map(|f| f / (1.0 + f));
            let inside: f64 = quadrature
                .iter()
                .map(|(node, weight)| {
                    let place = ends[0] + (ends[1] - ends[0]) * node;
                    (ends[1] - ends[0]) * weight * f_density(place / (1.0 - place), 5.0, df2) / (1.0 - place).powi(2)
                })
                .sum();
            assert!((inside - 0.85).abs() < 1e-9, "{inside}");
        }
    }

    #[test]
    fn mostly_constant_genes_are_told() {
        assert!(fit(&[0.0, 0.0, 0.0, 1.0], 4.0, None).is_err());
    }
}
