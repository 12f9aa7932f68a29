//! voom (Law et al. 2014): log counts per million with a weight for each value, from the trend of
//! the residual standard deviation with the size of the count; as limma 3.54's `voom`.

use crate::stats::ranks::order;

use super::design::Design;
use super::differential::averages;
use super::error::OmicsError;
use super::limma::fit_all;
use super::lowess::lowess;
use super::matrix::Expression;
use super::scale::Scale;

/// Values on the log scale with their precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Voom {
    pub matrix: Expression,
    /// Gene after gene.
    pub weights: Vec<f64>,
    /// The trend: log2 count and square root of the standard deviation, ascending.
    pub trend: Vec<(f64, f64)>,
}

/// Share of genes in each local fit of the trend.
const SPAN: f64 = 0.5;

/// # Errors
/// Negative counts, fewer than two genes, or a design of other samples.
pub fn voom(counts: &Expression, design: &Design, libraries: &[f64]) -> Result<Voom, OmicsError> {
    if counts.values().iter().any(|count| *count < 0.0) {
        return Err(OmicsError::none("negative counts"));
    }
    if counts.genes().len() < 2 {
        return Err(OmicsError::none("voom needs at least two genes"));
    }
    let width = libraries.len().max(1);
    let values: Vec<f64> = counts
        .values()
        .iter()
        .enumerate()
        .map(|(place, count)| ((count + 0.5) / (libraries[place % width] + 1.0) * 1e6).log2())
        .collect();
    let matrix = counts.with_values(values, Scale::Log);
    let (fits, _) = fit_all(&matrix, design, None)?;
    let million = 1e6f64.log2();
    let typical = libraries.iter().map(|library| (library + 1.0).log2()).sum::<f64>() / width as f64;
    let averages = averages(&matrix);
    let counted: Vec<usize> =
        (0..fits.len()).filter(|gene| counts.row(*gene).iter().any(|count| *count > 0.0)).collect();
    let x: Vec<f64> = counted.iter().map(|gene| averages[*gene] + typical - million).collect();
    let y: Vec<f64> = counted.iter().map(|gene| fits[*gene].variance.powf(0.25)).collect();
    if x.len() < 2 {
        return Err(OmicsError::none("voom needs at least two genes with counts"));
    }
    let places = order(&x);
    let x: Vec<f64> = places.iter().map(|place| x[*place]).collect();
    let y: Vec<f64> = places.iter().map(|place| y[*place]).collect();
    let smooth = lowess(&x, &y, SPAN, 3);
    let trend = distinct(&x, &smooth);

    let factors = design.factors(None);
    let mut weights = Vec::with_capacity(matrix.values().len());
    for gene in 0..matrix.genes().len() {
        let row = matrix.row(gene);
        let mut fitted = vec![0.0; row.len()];
        for index in 0..factors.rank() {
            let direction = factors.direction(index);
            let along: f64 = direction.iter().zip(row).map(|(a, b)| a * b).sum();
            for (fitted, value) in fitted.iter_mut().zip(direction) {
                *fitted += along * value;
            }
        }
        weights.extend(fitted.iter().zip(libraries).map(|(fitted, library)| {
            let count = (1e-6 * fitted.exp2() * (library + 1.0)).log2();
            interpolated(&trend, count).powi(-4)
        }));
    }
    Ok(Voom { matrix, weights, trend })
}

/// Ascending points, equal ones as their mean.
fn distinct(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut start = 0;
    while start < x.len() {
        let mut end = start + 1;
        while end < x.len() && x[end] == x[start] {
            end += 1;
        }
        points.push((x[start], y[start..end].iter().sum::<f64>() / (end - start) as f64));
        start = end;
    }
    points
}

/// Linear between points, constant beyond them.
fn interpolated(points: &[(f64, f64)], at: f64) -> f64 {
    let after = points.partition_point(|(x, _)| *x <= at);
    match (after.checked_sub(1).and_then(|before| points.get(before)), points.get(after)) {
        (Some((x, y)), Some((next_x, next_y))) => y + (next_y - y) * ((at - x) / (next_x - x)),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::design::Contrast;

    #[test]
    fn weights_are_positive_and_one_gene_is_refused() {
        let genes: Vec<String> = (0..40).map(|gene| gene.to_string()).collect();
        let samples: Vec<String> = (0..6).map(|sample| sample.to_string()).collect();
        let values = (0..240).map(|place| f64::from((place * 37 + place / 6 * 11) % 97)).collect();
        let counts = Expression::new(genes, samples, values, Scale::Counts);
        let design = Design::new(Contrast::Groups(vec![false, false, false, true, true, true]), vec![]).unwrap();
        let told = voom(&counts, &design, &counts.totals()).unwrap();
        assert!(told.weights.iter().all(|weight| *weight > 0.0 && weight.is_finite()));
        assert!(voom(&counts.of_genes(&[0]), &design, &[100.0; 6]).is_err());
        let negative = counts.with_values(vec![-1.0; 240], Scale::Counts);
        assert!(voom(&negative, &design, &[100.0; 6]).is_err());
    }
}
