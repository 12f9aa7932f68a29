//! Inference by least squares: coefficients with t tests and intervals, R-squared, F test, as R's
//! `lm`.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use crate::stats::{Estimate, Interval};

use super::least_squares::Orthogonal;
use super::seam::FitError;
use super::training::refuse;

const NAME: &str = "linear";
/// As R's `lm`.
const ALIASED: f64 = 1e-7;

/// A coefficient with its test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearCoefficient {
    pub name: String,
    pub estimate: f64,
    pub standard_error: f64,
    pub t: f64,
    /// Two-sided.
    pub p: f64,
    pub interval: Interval,
}

/// A fitted linear regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearFit {
    /// Intercept first, then the covariates that are not aliased.
    pub coefficients: Vec<LinearCoefficient>,
    pub vcov: Vec<Vec<f64>>,
    /// Columns of `x` behind the coefficients after the intercept.
    pub kept: Vec<usize>,
    /// Names of covariates that others determine.
    pub aliased: Vec<String>,
    /// Residual standard deviation.
    pub sigma: f64,
    pub residual_freedom: usize,
    /// `None` where the endpoint does not vary.
    pub r_squared: Option<f64>,
    pub adjusted_r_squared: Option<f64>,
    /// F, its degrees of freedom and p, of all covariates together.
    pub overall: Option<(f64, usize, usize, f64)>,
    pub n: usize,
}

impl LinearFit {
    /// The slopes as estimates.
    pub fn estimates(&self) -> Vec<Estimate> {
        self.coefficients[1..]
            .iter()
            .map(|coefficient| {
                let name = format!("slope of {}", coefficient.name);
                Estimate::new(name, coefficient.estimate, self.n, "linear regression by least squares; t").within(
                    coefficient.interval.lower,
                    coefficient.interval.upper,
                    coefficient.interval.level,
                )
            })
            .collect()
    }
}

/// The factors of the weighted design with intercept, the coefficients of its kept columns, and
/// the weighted response.
fn solve(x: ArrayView2<'_, f64>, y: &[f64], weights: Option<&[f64]>) -> (Orthogonal, Vec<f64>, Vec<f64>) {
    let rows = x.nrows();
    let roots: Vec<f64> = weights.map_or_else(|| vec![1.0; rows], |weights| weights.iter().map(|w| w.sqrt()).collect());
    let mut columns = roots.clone();
    for column in x.columns() {
        columns.extend(column.iter().zip(&roots).map(|(x, root)| x * root));
    }
    let response: Vec<f64> = y.iter().zip(&roots).map(|(y, root)| y * root).collect();
    let factor = Orthogonal::new(columns, rows, ALIASED);
    let solution = factor.solve(&response);
    (factor, solution, response)
}

/// Fits `y = b0 + b'x + error` by least squares, weighted by `weights`.
///
/// # Errors
/// [`FitError::NotEstimable`] when there are not more rows than coefficients.
pub fn fit(
    x: ArrayView2<'_, f64>,
    names: &[String],
    y: &[f64],
    weights: Option<&[f64]>,
    level: f64,
) -> Result<LinearFit, FitError> {
    let rows = x.nrows();
    if y.len() != rows || names.len() != x.ncols() || weights.is_some_and(|weights| weights.len() != rows) {
        return Err(FitError::Shape { expected: rows, given: y.len() });
    }
    if x.iter().chain(y).any(|value| !value.is_finite()) {
        return Err(refuse(NAME, "a value is missing or infinite"));
    }
    let (factor, solution, response) = solve(x, y, weights);
    let used = weights.map_or(rows, |weights| weights.iter().filter(|weight| **weight > 0.0).count());
    let rank = factor.rank();
    if used <= rank || rank == 0 {
        return Err(refuse(NAME, format!("{rank} coefficients want more than {used} rows")));
    }
    let freedom = used - rank;
    // Residual: what is left after projecting on each direction.
    let mut left = response.clone();
    for index in 0..rank {
        let direction = factor.direction(index);
        let projection = super::least_squares::dot(direction, &left);
        super::least_squares::add_scaled(&mut left, -projection, direction);
    }
    let residual: f64 = left.iter().map(|value| value * value).sum();
    let total_weight: f64 = weights.map_or(rows as f64, |weights| weights.iter().sum());
    let mean = y.iter().enumerate().map(|(row, y)| y * weights.map_or(1.0, |w| w[row])).sum::<f64>() / total_weight;
    let total: f64 = y.iter().enumerate().map(|(row, y)| weights.map_or(1.0, |w| w[row]) * (y - mean).powi(2)).sum();
    let variance = residual / freedom as f64;
    let t = StudentsT::new(0.0, 1.0, freedom as f64).map_err(|error| refuse(NAME, error.to_string()))?;
    let quantile = t.inverse_cdf(0.5 + level / 2.0);
    let gram = factor.inverse_gram();
    let coefficients = factor
        .kept()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let estimate = solution[index];
            let standard_error = (variance * gram[index * rank + index]).sqrt();
            let ratio = if standard_error > 0.0 { estimate / standard_error } else { 0.0 };
            LinearCoefficient {
                name: if *column == 0 { "(Intercept)".to_owned() } else { names[column - 1].clone() },
                estimate,
                standard_error,
                t: ratio,
                p: if standard_error > 0.0 { (2.0 * t.sf(ratio.abs())).min(1.0) } else { 0.0 },
                interval: Interval {
                    lower: estimate - quantile * standard_error,
                    upper: estimate + quantile * standard_error,
                    level,
                },
            }
        })
        .collect();
    let kept: Vec<usize> = factor.kept().iter().skip(1).map(|column| column - 1).collect();
    let varies = total > 0.0;
    let overall = (varies && rank > 1 && variance > 0.0).then(|| {
        let f = (total - residual) / (rank - 1) as f64 / variance;
        let p = FisherSnedecor::new((rank - 1) as f64, freedom as f64).map_or(1.0, |d| d.sf(f));
        (f, rank - 1, freedom, p)
    });
    Ok(LinearFit {
        coefficients,
        vcov: gram.chunks(rank).map(|row| row.iter().map(|value| value * variance).collect()).collect(),
        aliased: (0..names.len()).filter(|column| !kept.contains(column)).map(|c| names[c].clone()).collect(),
        kept,
        sigma: variance.sqrt(),
        residual_freedom: freedom,
        r_squared: varies.then(|| 1.0 - residual / total),
        adjusted_r_squared: varies.then(|| 1.0 - (residual / freedom as f64) / (total / (used - 1) as f64)),
        overall,
        n: rows,
    })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    // R: summary(lm(dist ~ speed, cars[1:10, ])) as scripts/reference/learn.py prints it, and closed forms.
    #[test]
    fn agrees_with_lm_on_the_first_ten_cars() {
        let speed = [4., 4., 7., 7., 8., 9., 10., 10., 10., 11.];
        let dist = [2., 10., 4., 22., 16., 10., 18., 26., 34., 17.];
        let x = Array2::from_shape_fn((10, 1), |(row, _)| speed[row]);
        let fit = fit(x.view(), &["speed".to_owned()], &dist, None, 0.95).unwrap();
        let slope = &fit.coefficients[1];
        for (ours, theirs) in [
            (fit.coefficients[0].estimate, -4.528571428571431),
            (slope.estimate, 2.553571428571429),
            (slope.standard_error, 1.068772750086065),
            (slope.t, 2.389255740629425),
            (slope.p, 0.04390680402796242),
        ] {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
        let (mx, my) = (8.0, 15.9);
        let sxx: f64 = speed.iter().map(|x| (x - mx) * (x - mx)).sum();
        let sxy: f64 = speed.iter().zip(&dist).map(|(x, y)| (x - mx) * (y - my)).sum();
        let slope = sxy / sxx;
        assert!((fit.coefficients[1].estimate - slope).abs() < 1e-12);
        let rss: f64 = speed.iter().zip(&dist).map(|(x, y)| (y - my - slope * (x - mx)).powi(2)).sum();
        assert!((fit.coefficients[1].standard_error - (rss / 8.0 / sxx).sqrt()).abs() < 1e-12);
        let (f, _, _, p) = fit.overall.unwrap();
        assert!((f - fit.coefficients[1].t.powi(2)).abs() < 1e-9);
        assert!((p - fit.coefficients[1].p).abs() < 1e-9);
    }

    #[test]
    fn a_constant_endpoint_has_no_r_squared_and_few_rows_are_refused() {
        let x = Array2::from_shape_fn((5, 1), |(row, _)| row as f64);
        let fit1 = fit(x.view(), &["a".to_owned()], &[2.0; 5], None, 0.95).unwrap();
        assert_eq!(fit1.r_squared, None);
        assert_eq!(fit1.overall, None);
        let x = Array2::from_shape_fn((2, 1), |(row, _)| row as f64);
        assert!(fit(x.view(), &["a".to_owned()], &[1.0, 2.0], None, 0.95).is_err());
    }
}
