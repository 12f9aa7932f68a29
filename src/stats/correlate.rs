//! Correlations of many columns at once, with adjusted p-values: redundancy within and between
//! modalities.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::estimate::NotEstimable;
use super::hypothesis::{Correlation, TestResult, correlation};
use super::multiplicity::{Adjustment, adjust_present};

/// One pair of columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrelatedPair {
    pub first: String,
    pub second: String,
    /// On the pairs of values that are both present.
    pub result: Result<TestResult, NotEstimable>,
    /// Rows left out because either value is missing.
    pub missing: usize,
    pub p_adjusted: Option<f64>,
}

/// A named column; NaN is missing.
pub type NamedColumn<'a> = (&'a str, &'a [f64]);

/// Every pair within `columns`.
///
/// # Errors
/// Columns of different numbers of rows.
pub fn correlate(
    columns: &[NamedColumn<'_>],
    which: Correlation,
    adjustment: Adjustment,
    level: f64,
) -> Result<Vec<CorrelatedPair>, NotEstimable> {
    let pairs = (0..columns.len()).flat_map(|i| (i + 1..columns.len()).map(move |j| (columns[i], columns[j])));
    correlate_pairs(pairs.collect(), which, adjustment, level)
}

/// Every column of `first` with every one of `second`.
///
/// # Errors
/// Columns of different numbers of rows.
pub fn correlate_between(
    first: &[NamedColumn<'_>],
    second: &[NamedColumn<'_>],
    which: Correlation,
    adjustment: Adjustment,
    level: f64,
) -> Result<Vec<CorrelatedPair>, NotEstimable> {
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| (*a, *b)));
    correlate_pairs(pairs.collect(), which, adjustment, level)
}

fn correlate_pairs(
    pairs: Vec<(NamedColumn<'_>, NamedColumn<'_>)>,
    which: Correlation,
    adjustment: Adjustment,
    level: f64,
) -> Result<Vec<CorrelatedPair>, NotEstimable> {
    if let Some((a, b)) = pairs.iter().find(|(a, b)| a.1.len() != b.1.len()) {
        return Err(NotEstimable::new(format!("columns `{}` and `{}` are of different numbers of rows", a.0, b.0)));
    }
    let mut results: Vec<CorrelatedPair> = pairs
        .into_par_iter()
        .map(|((first, a), (second, b))| {
            let (x, y): (Vec<f64>, Vec<f64>) =
                a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan()).map(|(x, y)| (*x, *y)).unzip();
            CorrelatedPair {
                first: first.to_owned(),
                second: second.to_owned(),
                missing: a.len() - x.len(),
                result: correlation(&x, &y, which, level),
                p_adjusted: None,
            }
        })
        .collect();
    let p: Vec<Option<f64>> = results.iter().map(|pair| pair.result.as_ref().ok().map(|test| test.p)).collect();
    if adjustment != Adjustment::None {
        for (pair, p) in results.iter_mut().zip(adjust_present(&p, adjustment)) {
            pair.p_adjusted = p;
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_missing_values() {
        let a = [1.0, 2.0, 3.0, 4.0, f64::NAN];
        let b = [1.0, 3.0, 2.0, 4.0, 5.0];
        let c = [1.0; 5];
        let columns: [NamedColumn<'_>; 3] = [("a", &a), ("b", &b), ("c", &c)];
        let pairs = correlate(&columns, Correlation::Spearman, Adjustment::Holm, 0.95).unwrap();
        assert_eq!(pairs.len(), 3);
        assert_eq!(pairs[0].missing, 1);
        assert!(pairs[0].p_adjusted.is_some() && pairs[1].result.is_err());
        let between = correlate_between(&columns[..1], &columns[1..2], Correlation::Pearson, Adjustment::None, 0.95);
        assert_eq!(between.unwrap().len(), 1);
        assert!(correlate(&[("a", &a), ("d", &a[..2])], Correlation::Pearson, Adjustment::None, 0.95).is_err());
    }
}
