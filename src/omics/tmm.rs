//! Trimmed mean of M-values (Robinson & Oshlack 2010): factors that make library sizes
//! comparable, as edgeR's `calcNormFactors` 3.40.

use crate::stats::ranks::{midranks, quantile_of_sorted};

use super::matrix::Expression;

/// Share of log ratios trimmed from each end.
const RATIO_TRIM: f64 = 0.3;
/// Share of absolute intensities trimmed from each end.
const SUM_TRIM: f64 = 0.05;

/// A factor for each sample; their geometric mean is 1. Multiply library sizes by them.
///
/// The reference is the sample whose upper quartile is nearest to the mean of upper quartiles.
/// Genes without a count anywhere do not take part.
pub fn factors(counts: &Expression) -> Vec<f64> {
    let width = counts.samples().len();
    if width < 2 {
        return vec![1.0; width];
    }
    let libraries = counts.totals();
    let present: Vec<usize> =
        (0..counts.genes().len()).filter(|gene| counts.row(*gene).iter().any(|count| *count > 0.0)).collect();
    let columns: Vec<Vec<f64>> =
        (0..width).map(|sample| present.iter().map(|gene| counts.row(*gene)[sample]).collect()).collect();
    let quartiles: Vec<f64> = columns
        .iter()
        .zip(&libraries)
        .map(|(column, library)| {
            let mut sorted = column.clone();
            sorted.sort_by(f64::total_cmp);
            quantile_of_sorted(&sorted, 0.75).unwrap_or(0.0) / library
        })
        .collect();
    let mut sorted = quartiles.clone();
    sorted.sort_by(f64::total_cmp);
    let best = |score: &dyn Fn(usize) -> f64| {
        (0..width).fold(0, |best, sample| if score(sample) < score(best) { sample } else { best })
    };
    let reference = if quantile_of_sorted(&sorted, 0.5).unwrap_or(0.0) < 1e-20 {
        best(&|sample| -columns[sample].iter().map(|count| count.sqrt()).sum::<f64>())
    } else {
        let mean = quartiles.iter().sum::<f64>() / width as f64;
        best(&|sample| (quartiles[sample] - mean).abs())
    };
    let raw: Vec<f64> = (0..width)
        .map(|sample| factor(&columns[sample], &columns[reference], libraries[sample], libraries[reference]))
        .collect();
    let mean = (raw.iter().map(|factor| factor.ln()).sum::<f64>() / width as f64).exp();
    raw.into_iter().map(|factor| factor / mean).collect()
}

fn factor(observed: &[f64], reference: &[f64], library: f64, reference_library: f64) -> f64 {
    let (mut ratios, mut sums, mut variances) = (Vec::new(), Vec::new(), Vec::new());
    for (observed, reference) in observed.iter().zip(reference) {
        let (a, b) = (observed / library, reference / reference_library);
        let ratio = (a / b).log2();
        let sum = (a.log2() + b.log2()) / 2.0;
        if ratio.is_finite() && sum.is_finite() {
            ratios.push(ratio);
            sums.push(sum);
            variances.push(
                (library - observed) / library / observed
                    + (reference_library - reference) / reference_library / reference,
            );
        }
    }
    if ratios.iter().all(|ratio| ratio.abs() < 1e-6) {
        return 1.0;
    }
    let n = ratios.len() as f64;
    let bounds = |trim: f64| {
        let low = (n * trim).floor() + 1.0;
        low..=n + 1.0 - low
    };
    let (by_ratio, by_sum) = (bounds(RATIO_TRIM), bounds(SUM_TRIM));
    let (ratio_ranks, sum_ranks) = (midranks(&ratios), midranks(&sums));
    let (mut total, mut weight) = (0.0, 0.0);
    for place in 0..ratios.len() {
        if by_ratio.contains(&ratio_ranks[place]) && by_sum.contains(&sum_ranks[place]) {
            total += ratios[place] / variances[place];
            weight += 1.0 / variances[place];
        }
    }
    let mean = total / weight;
    if mean.is_finite() { mean.exp2() } else { 1.0 }
}

/// Library sizes times their factors.
pub fn effective_libraries(counts: &Expression) -> Vec<f64> {
    counts.totals().into_iter().zip(factors(counts)).map(|(library, factor)| library * factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    #[test]
    fn libraries_of_the_same_make_have_factors_of_one() {
        let genes = (0..6).map(|gene| gene.to_string()).collect();
        let values = (1..=6).flat_map(|gene| [10.0 * f64::from(gene), 20.0 * f64::from(gene)]).collect();
        let counts = Expression::new(genes, vec!["a".to_owned(), "b".to_owned()], values, Scale::Counts);
        assert!(factors(&counts).iter().all(|factor| (factor - 1.0).abs() < 1e-12));
    }

    #[test]
    fn empty_libraries_do_not_break_it() {
        let counts =
            Expression::new(vec!["g".to_owned()], vec!["a".to_owned(), "b".to_owned()], vec![0.0, 0.0], Scale::Counts);
        assert!(factors(&counts).iter().all(|factor| *factor == 1.0));
    }
}
