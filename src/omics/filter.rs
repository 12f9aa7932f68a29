//! Which genes have counts enough to be compared.
//!
//! edgeR's `filterByExpr` 3.40: a gene is kept if it has at least `count` reads in a library of
//! median size (as counts per million, so that large libraries do not favour it) in as many samples
//! as the smaller group has, and `total` reads overall. Groups above 10 samples need 70 % of what
//! is above 10.

use super::cpm::per_million;
use super::design::Design;
use super::matrix::Expression;

/// Thresholds of the filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Least {
    pub count: f64,
    pub total: f64,
}

impl Default for Least {
    fn default() -> Self {
        Least { count: 10.0, total: 15.0 }
    }
}

const LARGE: f64 = 10.0;
const SHARE: f64 = 0.7;
const TOLERANCE: f64 = 1e-14;

/// Genes of `counts` that are kept, for a smallest group of `smallest` samples (of a slope or with
/// covariates: the inverse of the largest leverage, see [`smallest`]). `libraries` are effective
/// library sizes.
pub fn kept(counts: &Expression, smallest: f64, libraries: &[f64], least: Least) -> Vec<usize> {
    let mut needed = smallest;
    if needed > LARGE {
        needed = LARGE + (needed - LARGE) * SHARE;
    }
    let mut sorted = libraries.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = crate::stats::ranks::quantile_of_sorted(&sorted, 0.5).unwrap_or(0.0);
    let cut = least.count / median * 1e6;
    let rates = per_million(counts, libraries);
    let width = counts.samples().len();
    (0..counts.genes().len())
        .filter(|gene| {
            let enough = rates[gene * width..(gene + 1) * width].iter().filter(|rate| **rate >= cut).count() as f64;
            let total: f64 = counts.row(*gene).iter().sum();
            enough >= needed - TOLERANCE && total >= least.total - TOLERANCE
        })
        .collect()
}

/// Samples of the smaller group, or what stands for it in a design without groups.
pub fn smallest(design: &Design) -> f64 {
    match design.contrast().sizes() {
        Some((inside, outside)) if design.covariates().is_empty() => inside.min(outside) as f64,
        _ => 1.0 / design.factors(None).leverage().into_iter().fold(0.0, f64::max).max(f64::MIN_POSITIVE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    #[test]
    fn a_gene_needs_counts_in_as_many_samples_as_the_smaller_group() {
        let genes = ["all", "one", "none"].map(str::to_owned).to_vec();
        let samples = (0..4).map(|sample| sample.to_string()).collect();
        let values = vec![50.0, 60.0, 40.0, 55.0, 0.0, 300.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let counts = Expression::new(genes, samples, values, Scale::Counts);
        let libraries = [1e6; 4];
        assert_eq!(kept(&counts, 2.0, &libraries, Least::default()), [0]);
        assert_eq!(kept(&counts, 1.0, &libraries, Least::default()), [0, 1]);
    }
}
