//! Counts per million, and their logarithm with edgeR's prior count.

use super::matrix::Expression;
use super::scale::Scale;

/// Counts per million of each value, gene after gene.
pub(super) fn per_million(counts: &Expression, libraries: &[f64]) -> Vec<f64> {
    let width = libraries.len().max(1);
    counts.values().iter().enumerate().map(|(place, count)| count / libraries[place % width] * 1e6).collect()
}

/// `log2` of counts per million as edgeR's `cpm(log = TRUE)`: a prior count, in proportion to the
/// library, keeps zeros finite and small counts from spreading. `libraries` are effective sizes
/// (library size times its factor).
pub fn log_cpm(counts: &Expression, libraries: &[f64], prior: f64) -> Expression {
    let width = libraries.len().max(1);
    let mean = libraries.iter().sum::<f64>() / width as f64;
    let scaled: Vec<f64> = libraries.iter().map(|library| prior * library / mean).collect();
    let sizes: Vec<f64> = libraries.iter().zip(&scaled).map(|(library, prior)| library + 2.0 * prior).collect();
    let values = counts
        .values()
        .iter()
        .enumerate()
        .map(|(place, count)| ((count + scaled[place % width]) / sizes[place % width] * 1e6).log2())
        .collect();
    counts.with_values(values, Scale::Log)
}

/// `log2(TPM + 1)`.
pub fn log_tpm(tpm: &Expression) -> Expression {
    let values = tpm.values().iter().map(|value| (value + 1.0).log2()).collect();
    tpm.with_values(values, Scale::Log)
}
