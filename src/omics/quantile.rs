//! Quantile normalisation (Bolstad et al. 2003): every sample gets the same distribution, the mean
//! of the sorted samples. Ties share the mean of the values of their ranks, as limma's
//! `normalizeQuantiles`.

use crate::stats::ranks::{each_tie, order};

use super::matrix::Expression;

/// The matrix with every sample on the mean distribution.
#[must_use]
pub fn normalised(matrix: &Expression) -> Expression {
    let (genes, width) = (matrix.genes().len(), matrix.samples().len());
    if genes == 0 || width < 2 {
        return matrix.clone();
    }
    let columns: Vec<Vec<f64>> = (0..width).map(|sample| matrix.column(sample)).collect();
    let orders: Vec<Vec<usize>> = columns.iter().map(|column| order(column)).collect();
    let mut shared = vec![0.0; genes];
    for (column, order) in columns.iter().zip(&orders) {
        for (shared, place) in shared.iter_mut().zip(order) {
            *shared += column[*place] / width as f64;
        }
    }
    let mut values = vec![0.0; genes * width];
    for (sample, (column, order)) in columns.iter().zip(&orders).enumerate() {
        each_tie(order, column, |start, end| {
            // The mean distribution at the mean rank of the tie.
            let middle = 0.5 * (start + end - 1) as f64;
            let below = shared[middle.floor() as usize];
            let value = below + middle.fract() * (shared[middle.ceil() as usize] - below);
            for place in &order[start..end] {
                values[place * width + sample] = value;
            }
        });
    }
    matrix.with_values(values, matrix.scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    // normalizeQuantiles(matrix(c(5,2,3,4, 4,1,4,2, 3,4,6,8), 4)) of limma.
    #[test]
    fn agrees_with_limma() {
        let genes = (0..4).map(|gene| gene.to_string()).collect();
        let samples = (0..3).map(|sample| sample.to_string()).collect();
        let values = vec![5.0, 4.0, 3.0, 2.0, 1.0, 4.0, 3.0, 4.0, 6.0, 4.0, 2.0, 8.0];
        let told = normalised(&Expression::new(genes, samples, values, Scale::Log));
        for (value, expected) in told.values().iter().zip(LIMMA) {
            assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
        }
    }

    const LIMMA: [f64; 12] =
        [17.0 / 3.0, 31.0 / 6.0, 2.0, 2.0, 2.0, 3.0, 3.0, 31.0 / 6.0, 14.0 / 3.0, 14.0 / 3.0, 3.0, 17.0 / 3.0];
}
