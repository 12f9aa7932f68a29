//! `limma`: linear models with moderated t statistics.

use rayon::prelude::*;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::stats::distribution::{t_quantile, t_two_sided};
use crate::stats::multiplicity::Adjustment;
use crate::stats::ranks::quantile_of_sorted;

use super::design::Design;
use super::differential::{Differential, GeneResult, Prior, averages};
use super::ebayes;
use super::error::OmicsError;
use super::matrix::Expression;
use super::method::{ADJUST, Question, Test};

pub struct Limma;

static CARD: Card = Card {
    name: "limma",
    title: "Linear models with moderated t statistics",
    role: Role::Differential,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "trend",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Whether the prior variance follows the mean expression.",
        },
        Parameter {
            name: "robust",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Whether genes with outlying variances are kept from widening the prior.",
        },
        ADJUST,
    ],
    summary: "Moderated t of every gene: variances borrow from each other.",
    documentation: r#"
For each gene a linear model of log2 expression on the contrast and the covariates by least squares (weighted, for counts
by voom). Its residual variance is drawn to a prior that all genes share,
`s2.post = (d0 s0^2 + d s^2) / (d0 + d)`, and `t = b / (s2.post u)^(1/2)` has `d0 + d` degrees of freedom, at most the pooled
ones. `s0` and `d0` are fitted by moments of the log variances, along a natural spline of the mean expression with `trend`,
and winsorised with `robust` (then genes with outlying variances have their own, smaller `d0`). Intervals of the log fold
change use the same t. A gene without any variation keeps a t of 0.

Paired samples and batches are covariates: `adjust for patient`. Follows limma 3.54 (`lmFit`, `eBayes`, `topTable`).
"#,
    references: &[
        "Smyth GK. Linear models and empirical Bayes methods for assessing differential expression. Stat Appl Genet Mol Biol 2004;3:3.",
        "Phipson B et al. Robust hyperparameter estimation protects against hypervariable genes. Ann Appl Stat 2016;10:946-63.",
    ],
    example: "test limma(trend = yes)",
};

/// Switches of the moderation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub trend: bool,
    pub robust: bool,
    pub adjustment: Adjustment,
    pub level: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { trend: false, robust: false, adjustment: Adjustment::BenjaminiHochberg, level: 0.95 }
    }
}

/// The proportion of genes that differ, assumed for the log-odds.
const PROPORTION: f64 = 0.01;
/// Bounds of the standard deviation of true coefficients, in residual standard deviations.
const DEVIATIONS: (f64, f64) = (0.1, 4.0);

/// One gene's least squares.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fit {
    pub coefficient: f64,
    /// Standard deviation of the coefficient for a residual variance of 1.
    pub unscaled: f64,
    pub variance: f64,
}

/// Least squares of every gene. `weights` gene after gene, where observations are weighted.
pub(super) fn fit_all(
    matrix: &Expression,
    design: &Design,
    weights: Option<&[f64]>,
) -> Result<(Vec<Fit>, f64), OmicsError> {
    let n = matrix.samples().len();
    if design.samples() != n {
        return Err(OmicsError::none(format!("a design of {} samples for {n}", design.samples())));
    }
    let shared = design.factors(None);
    let df = (n - shared.rank()) as f64;
    let gene = |values: &[f64], factors: &crate::learn::least_squares::Orthogonal| {
        let rank = factors.rank();
        let mut residual = values.to_vec();
        let mut last = 0.0;
        for index in 0..rank {
            let direction = factors.direction(index);
            let along: f64 = direction.iter().zip(values).map(|(a, b)| a * b).sum();
            for (residual, value) in residual.iter_mut().zip(direction) {
                *residual -= along * value;
            }
            last = along;
        }
        // The contrast is the last column, so its coefficient and its variance are those of R's corner.
        let corner = factors.upper(rank - 1, rank - 1);
        let squares: f64 = residual.iter().map(|value| value * value).sum();
        Fit { coefficient: last / corner, unscaled: 1.0 / corner.abs(), variance: squares / df }
    };
    let fits = match weights {
        None => matrix.values().par_chunks(n.max(1)).map(|values| gene(values, &shared)).collect(),
        Some(weights) => matrix
            .values()
            .par_chunks(n.max(1))
            .zip(weights.par_chunks(n.max(1)))
            .map(|(values, weights)| {
                let factors = design.factors(Some(weights));
                let values: Vec<f64> =
                    values.iter().zip(weights).map(|(value, weight)| value * weight.sqrt()).collect();
                gene(&values, &factors)
            })
            .collect(),
    };
    Ok((fits, df))
}

/// Moderated t statistics of every gene.
///
/// # Errors
/// Too few genes for a prior; another number of samples than the design's.
pub fn moderated(
    matrix: &Expression,
    design: &Design,
    weights: Option<&[f64]>,
    options: Options,
) -> Result<Differential, OmicsError> {
    let (fits, df) = fit_all(matrix, design, weights)?;
    let averages = averages(matrix);
    let variances: Vec<f64> = fits.iter().map(|fit| fit.variance).collect();
    let prior = ebayes::prior(&variances, df, options.trend.then_some(&averages), options.robust)?;
    let pooled = df * fits.len() as f64;
    let posterior: Vec<f64> =
        variances.iter().enumerate().map(|(gene, variance)| prior.posterior(gene, *variance, df)).collect();
    let total: Vec<f64> = (0..fits.len()).map(|gene| (df + prior.df_of(gene)).min(pooled)).collect();
    let t: Vec<f64> = fits
        .iter()
        .zip(&posterior)
        .map(|(fit, posterior)| {
            let t = fit.coefficient / fit.unscaled / posterior.sqrt();
            if t.is_nan() { 0.0 } else { t }
        })
        .collect();

    let mut prior_variances = prior.variance.clone();
    prior_variances.sort_by(f64::total_cmp);
    let typical = quantile_of_sorted(&prior_variances, 0.5).unwrap_or(f64::NAN);
    let limits = (DEVIATIONS.0.powi(2) / typical, DEVIATIONS.1.powi(2) / typical);
    let unscaled: Vec<f64> = fits.iter().map(|fit| fit.unscaled).collect();
    let coefficient_variance =
        ebayes::coefficient_variance(&t, &unscaled, &total, PROPORTION, limits).unwrap_or(1.0 / typical);
    let odds = (PROPORTION / (1.0 - PROPORTION)).ln();

    // The multiplier of an interval depends on the degrees of freedom alone.
    let multiplier = |df: f64| t_quantile(0.5 + options.level / 2.0, df);
    let shared = multiplier(total.first().copied().unwrap_or(1.0));
    let genes = (0..fits.len())
        .into_par_iter()
        .map(|gene| {
            let fit = &fits[gene];
            let ratio = (fit.unscaled.powi(2) + coefficient_variance) / fit.unscaled.powi(2);
            let square = t[gene] * t[gene];
            let kernel = if prior.df_of(gene) > 1e6 {
                square * (1.0 - 1.0 / ratio) / 2.0
            } else {
                (1.0 + total[gene]) / 2.0 * ((square + total[gene]) / (square / ratio + total[gene])).ln()
            };
            let times = if total[gene] == total[0] { shared } else { multiplier(total[gene]) };
            let half = times * posterior[gene].sqrt() * fit.unscaled;
            GeneResult {
                gene: matrix.genes()[gene].clone(),
                log_fold_change: fit.coefficient,
                lower: fit.coefficient - half,
                upper: fit.coefficient + half,
                average: averages[gene],
                statistic: t[gene],
                df: total[gene],
                p: Some(t_two_sided(t[gene], total[gene])),
                adjusted: None,
                log_odds: Some(odds - ratio.ln() / 2.0 + kernel),
            }
        })
        .collect();
    let mut how = format!("moderated t (limma), {}", design.words());
    for (word, on) in [("trend", options.trend), ("robust", options.robust), ("voom weights", weights.is_some())] {
        if on {
            how.push_str(", ");
            how.push_str(word);
        }
    }
    let mut told = Differential::finish(genes, design.contrast(), how, options.adjustment, options.level);
    told.prior = Some(Prior {
        df: prior.df,
        variance: prior.variance,
        coefficient_variance,
        residual_df: df,
        sigma: variances.iter().map(|variance| variance.sqrt()).collect(),
        posterior,
    });
    Ok(told)
}

impl Test for Limma {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn run(&self, question: &Question<'_>, settings: &Settings, watch: &Watch) -> Result<Differential, OmicsError> {
        watch.check()?;
        let options = Options {
            trend: settings.flag("trend"),
            robust: settings.flag("robust"),
            adjustment: super::method::adjustment(settings),
            level: question.level,
        };
        moderated(question.matrix, question.design, question.weights, options)
    }

    fn adjusts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::design::{Contrast, Covariate};
    use crate::omics::scale::Scale;

    fn matrix(rows: &[&[f64]]) -> Expression {
        let genes = (0..rows.len()).map(|gene| format!("g{gene}")).collect();
        let samples = (0..rows[0].len()).map(|sample| format!("s{sample}")).collect();
        Expression::new(genes, samples, rows.concat(), Scale::Log)
    }

    #[test]
    fn a_constant_gene_has_no_effect_and_the_others_are_tested() {
        let matrix = matrix(&[&[5.0; 4], &[1.0, 2.0, 6.0, 7.5], &[0.5, 3.0, 2.0, 1.0], &[4.0, 4.1, 4.2, 3.9]]);
        let design = Design::new(Contrast::Groups(vec![false, false, true, true]), vec![]).unwrap();
        let told = moderated(&matrix, &design, None, Options::default()).unwrap();
        assert_eq!((told.genes[0].statistic, told.genes[0].p), (0.0, Some(1.0)));
        assert!((told.genes[1].log_fold_change - 5.25).abs() < 1e-12);
        assert!(told.genes.iter().all(|gene| gene.lower <= gene.upper));
        assert_eq!(told.sizes, Some((2, 2)));
    }

    #[test]
    fn a_pair_is_a_covariate() {
        let matrix = matrix(&[&[1.0, 2.0, 5.0, 6.5], &[3.0, 3.5, 1.0, 0.7], &[2.0, 2.2, 2.1, 2.6]]);
        let pairs = Covariate::Levels(["a", "a", "b", "b"].map(str::to_owned).to_vec());
        let design =
            Design::new(Contrast::Groups(vec![false, true, false, true]), vec![("patient".to_owned(), pairs)]).unwrap();
        let told = moderated(&matrix, &design, None, Options::default()).unwrap();
        assert!((told.genes[0].log_fold_change - 1.25).abs() < 1e-12);
        assert_eq!(told.prior.as_ref().map(|prior| prior.residual_df), Some(1.0));
        assert!(told.how.contains("adjusted for patient"));
    }

    #[test]
    fn weights_of_one_change_nothing() {
        let matrix = matrix(&[&[1.0, 2.0, 6.0, 7.5], &[0.5, 3.0, 2.0, 1.0], &[4.0, 4.1, 4.2, 3.9]]);
        let design = Design::new(Contrast::Slope(vec![0.1, 0.4, 0.2, 0.9]), vec![]).unwrap();
        let plain = moderated(&matrix, &design, None, Options::default()).unwrap();
        let weighted = moderated(&matrix, &design, Some(&[1.0; 12]), Options::default()).unwrap();
        assert_eq!(plain.genes, weighted.genes);
    }
}
