//! What a test of every gene answers.

use crate::stats::multiplicity::{Adjustment, adjust_present};

use super::design::Contrast;
use super::matrix::Expression;

/// One gene.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneResult {
    pub gene: String,
    /// Difference of the means on the log2 scale, or change for one unit of the value that the slope
    /// is along.
    pub log_fold_change: f64,
    /// Bounds of its interval; NaN where the test has none.
    pub lower: f64,
    pub upper: f64,
    /// Mean expression over all samples.
    pub average: f64,
    /// Moderated t, Welch's t, or the standardised rank sum: what a ranking of genes is made of.
    pub statistic: f64,
    /// Degrees of freedom; NaN where the test has none.
    pub df: f64,
    /// Absent where the gene does not vary.
    pub p: Option<f64>,
    pub adjusted: Option<f64>,
    /// Log-odds of differential expression, of limma.
    pub log_odds: Option<f64>,
}

/// The prior that variances were drawn to.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// Prior degrees of freedom, infinite where variances do not differ; one a gene with `robust`.
    pub df: Vec<f64>,
    /// Prior variance; one a gene along a trend.
    pub variance: Vec<f64>,
    /// Variance of the contrast's coefficients among genes that differ.
    pub coefficient_variance: f64,
    pub residual_df: f64,
    /// Residual standard deviation and posterior variance of each gene.
    pub sigma: Vec<f64>,
    pub posterior: Vec<f64>,
}

/// Every gene, in the order of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Differential {
    pub genes: Vec<GeneResult>,
    /// As a Methods section says it.
    pub how: String,
    pub adjustment: Adjustment,
    /// Coverage of the intervals.
    pub level: f64,
    pub samples: usize,
    /// In the group and beside it.
    pub sizes: Option<(usize, usize)>,
    pub prior: Option<Prior>,
    pub notes: Vec<String>,
}

impl Differential {
    /// Adjusts the p of all genes as one family.
    pub(super) fn finish(
        mut genes: Vec<GeneResult>,
        contrast: &Contrast,
        how: String,
        adjustment: Adjustment,
        level: f64,
    ) -> Self {
        let p: Vec<Option<f64>> = genes.iter().map(|gene| gene.p).collect();
        for (gene, adjusted) in genes.iter_mut().zip(adjust_present(&p, adjustment)) {
            gene.adjusted = adjusted;
        }
        let untested = genes.iter().filter(|gene| gene.p.is_none()).count();
        let mut notes = Vec::new();
        if untested > 0 {
            notes.push(format!("{untested} genes do not vary and are not tested"));
        }
        Differential {
            genes,
            how,
            adjustment,
            level,
            samples: contrast.len(),
            sizes: contrast.sizes(),
            prior: None,
            notes,
        }
    }

    /// Genes with an adjusted p below `alpha`: higher, lower.
    pub fn passing(&self, alpha: f64) -> (usize, usize) {
        let pass = |up: bool| {
            self.genes
                .iter()
                .filter(|gene| gene.adjusted.is_some_and(|p| p < alpha) && (gene.log_fold_change > 0.0) == up)
                .count()
        };
        (pass(true), pass(false))
    }

    /// Places of the genes, the smallest p first; ties by the size of the statistic, then by name.
    pub fn by_p(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.genes.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.genes[*a], &self.genes[*b]);
            a.p.unwrap_or(f64::INFINITY)
                .total_cmp(&b.p.unwrap_or(f64::INFINITY))
                .then(b.statistic.abs().total_cmp(&a.statistic.abs()))
                .then_with(|| a.gene.cmp(&b.gene))
        });
        order
    }
}

/// Mean of each gene.
pub(super) fn averages(matrix: &Expression) -> Vec<f64> {
    let n = matrix.samples().len() as f64;
    matrix.rows().map(|(_, row)| row.iter().sum::<f64>() / n).collect()
}
