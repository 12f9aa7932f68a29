//! Multiple imputation by chained equations, and pooling by Rubin's rules.
//!
//! [`impute`] draws m completed data sets for inference, as R's `mice`: each number column by
//! predictive mean matching, each column of two levels by Bayesian logistic regression, given all
//! other columns, over several rounds. [`pool`] combines the estimates. For prediction, where one
//! fitted rule must complete any new patient, see the step `mice`.

use ndarray::Array2;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::distribution::{normal_quantile, t_quantile, t_two_sided};

use super::block::{Block, Column, Values};
use super::seam::FitError;

const NAME: &str = "mice";

/// How data sets are completed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Number of completed data sets.
    pub imputations: usize,
    /// Rounds over the columns for each of them.
    pub rounds: usize,
    /// Observed rows that a matched value is drawn from.
    pub donors: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { imputations: 5, rounds: 5, donors: 5 }
    }
}

fn refuse(reason: String) -> FitError {
    FitError::NotEstimable { learner: NAME, reason }
}

/// A standard normal draw.
fn normal(rng: &mut impl RngExt) -> f64 {
    let uniform: f64 = rng.random_range(0.0..1.0);
    normal_quantile(uniform.clamp(1e-15, 1.0 - 1e-15))
}

/// Cholesky factor (lower) of a symmetric positive definite matrix.
pub(super) fn cholesky(matrix: &Array2<f64>) -> Option<Array2<f64>> {
    let p = matrix.nrows();
    let mut lower = Array2::<f64>::zeros((p, p));
    for a in 0..p {
        for b in 0..=a {
            let dot: f64 = (0..b).map(|k| lower[[a, k]] * lower[[b, k]]).sum();
            if a == b {
                let pivot = matrix[[a, a]] - dot;
                if pivot.is_nan() || pivot <= 0.0 {
                    return None;
                }
                lower[[a, a]] = pivot.sqrt();
            } else {
                lower[[a, b]] = (matrix[[a, b]] - dot) / lower[[b, b]];
            }
        }
    }
    Some(lower)
}

/// Solves `L L' x = b`.
pub(super) fn solve(lower: &Array2<f64>, b: &[f64]) -> Vec<f64> {
    let p = b.len();
    let mut x = b.to_vec();
    for a in 0..p {
        let dot: f64 = (0..a).map(|k| lower[[a, k]] * x[k]).sum();
        x[a] = (x[a] - dot) / lower[[a, a]];
    }
    back(lower, &mut x);
    x
}

/// Solves `L' x = b` in place.
fn back(lower: &Array2<f64>, x: &mut [f64]) {
    let p = x.len();
    for a in (0..p).rev() {
        let dot: f64 = (a + 1..p).map(|k| lower[[k, a]] * x[k]).sum();
        x[a] = (x[a] - dot) / lower[[a, a]];
    }
}

/// `X'WX` with R mice's ridge of `ridge` times the diagonal, and `X'Wz`.
pub(super) fn normal_equations(
    x: &[Vec<f64>],
    weights: Option<&[f64]>,
    z: &[f64],
    ridge: f64,
) -> (Array2<f64>, Vec<f64>) {
    let p = x.first().map_or(0, Vec::len);
    let mut gram = Array2::zeros((p, p));
    let mut right = vec![0.0; p];
    for (index, row) in x.iter().enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[index]);
        for a in 0..p {
            right[a] += weight * row[a] * z[index];
            for b in 0..=a {
                gram[[a, b]] += weight * row[a] * row[b];
            }
        }
    }
    for a in 0..p {
        for b in a + 1..p {
            gram[[a, b]] = gram[[b, a]];
        }
        let diagonal = gram[[a, a]];
        gram[[a, a]] += ridge * diagonal + if diagonal == 0.0 { ridge } else { 0.0 };
    }
    (gram, right)
}

fn product(row: &[f64], beta: &[f64]) -> f64 {
    row.iter().zip(beta).map(|(x, b)| x * b).sum()
}

/// A draw of the coefficients around `beta`: `beta + scale L'^-1 e` with `L L'` the information.
fn drawn(beta: &[f64], lower: &Array2<f64>, scale: f64, rng: &mut impl RngExt) -> Vec<f64> {
    let mut noise: Vec<f64> = beta.iter().map(|_| normal(rng)).collect();
    back(lower, &mut noise);
    beta.iter().zip(noise).map(|(beta, noise)| beta + scale * noise).collect()
}

/// Numbers for the missing rows by predictive mean matching (type 1, as R's mice).
fn match_means(
    observed: &[Vec<f64>],
    y: &[f64],
    missing: &[Vec<f64>],
    donors: usize,
    rng: &mut impl RngExt,
) -> Option<Vec<f64>> {
    let (gram, right) = normal_equations(observed, None, y, 1e-5);
    let lower = cholesky(&gram)?;
    let beta = solve(&lower, &right);
    let fitted: Vec<f64> = observed.iter().map(|row| product(row, &beta)).collect();
    let squares: f64 = fitted.iter().zip(y).map(|(fitted, y)| (y - fitted).powi(2)).sum();
    let freedom = observed.len().saturating_sub(beta.len()).max(1);
    let chi_square: f64 = (0..freedom).map(|_| normal(rng).powi(2)).sum();
    let sigma = (squares / chi_square.max(1e-300)).sqrt();
    let star = drawn(&beta, &lower, sigma, rng);
    let mut order: Vec<usize> = (0..y.len()).collect();
    Some(
        missing
            .iter()
            .map(|row| {
                let target = product(row, &star);
                let near = donors.min(order.len());
                let by_distance = |a: &usize, b: &usize| {
                    (fitted[*a] - target).abs().total_cmp(&(fitted[*b] - target).abs()).then(a.cmp(b))
                };
                if near < order.len() {
                    order.select_nth_unstable_by(near, by_distance);
                }
                let mut nearest = order[..near].to_vec();
                nearest.sort_by(by_distance);
                y[nearest[rng.random_range(0..near)]]
            })
            .collect(),
    )
}

/// 0 or 1 for the missing rows by Bayesian logistic regression.
fn draw_levels(observed: &[Vec<f64>], y: &[f64], missing: &[Vec<f64>], rng: &mut impl RngExt) -> Option<Vec<f64>> {
    let p = observed.first().map_or(0, Vec::len);
    let mut beta = vec![0.0; p];
    let mut lower = None;
    // A small ridge keeps separated classes finite; R's mice augments the data to the same end.
    for _ in 0..25 {
        let eta: Vec<f64> = observed.iter().map(|row| product(row, &beta).clamp(-30.0, 30.0)).collect();
        let mean: Vec<f64> = eta.iter().map(|eta| 1.0 / (1.0 + (-eta).exp())).collect();
        let weights: Vec<f64> = mean.iter().map(|mean| (mean * (1.0 - mean)).max(1e-6)).collect();
        let z: Vec<f64> = (0..y.len()).map(|row| eta[row] + (y[row] - mean[row]) / weights[row]).collect();
        let (gram, right) = normal_equations(observed, Some(&weights), &z, 1e-3);
        let factor = cholesky(&gram)?;
        let next = solve(&factor, &right);
        let change = next.iter().zip(&beta).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        beta = next;
        lower = Some(factor);
        if change < 1e-8 {
            break;
        }
    }
    let star = drawn(&beta, &lower?, 1.0, rng);
    Some(
        missing
            .iter()
            .map(|row| {
                let probability = 1.0 / (1.0 + (-product(row, &star)).exp());
                f64::from(u8::from(rng.random_range(0.0..1.0) < probability))
            })
            .collect(),
    )
}

/// Draws `plan.imputations` completed copies of a block. For inference the outcome belongs among
/// the columns (for survival the event and the Nelson-Aalen hazard), or associations with it are
/// diluted.
///
/// # Errors
/// A column without a value, a column of three or more levels with missing values (code it by
/// `one_hot` first), or more coefficients than the rows can tell.
pub fn impute(block: &Block, plan: &Plan, stream: &Stream, watch: &Watch) -> Result<Vec<Block>, FitError> {
    let rows = block.rows();
    if plan.imputations == 0 || plan.donors == 0 {
        return Err(refuse("imputation wants at least one data set and one donor".to_owned()));
    }
    // Everything as numbers: a column of levels enters by indicators of all levels but the first.
    struct Target {
        missing: Vec<usize>,
        observed: Vec<usize>,
        binary: bool,
    }
    let mut targets = Vec::new();
    for column in block.columns() {
        let absent = |row: usize| match &column.values {
            Values::Number(values) => values[row].is_nan(),
            Values::Level { codes, .. } => codes[row].is_none(),
        };
        let (missing, observed): (Vec<usize>, Vec<usize>) = (0..rows).partition(|row| absent(*row));
        if observed.is_empty() {
            return Err(refuse(format!("column `{}` has no value in {rows} rows", column.name)));
        }
        let binary = match &column.values {
            Values::Number(_) => false,
            Values::Level { levels, .. } if levels.len() <= 2 => true,
            Values::Level { .. } if missing.is_empty() => true,
            Values::Level { levels, .. } => {
                return Err(refuse(format!(
                    "column `{}` has {} levels and missing values; code it by `one_hot` first",
                    column.name,
                    levels.len()
                )));
            }
        };
        targets.push(Target { missing, observed, binary });
    }
    let coded: Vec<Vec<Vec<f64>>> = block.columns().iter().map(indicators).collect();
    (0..plan.imputations)
        .into_par_iter()
        .map(|index| {
            let mut rng = stream.indexed(index as u64).rng();
            let mut values = coded.clone();
            for (target, own) in targets.iter().zip(&mut values) {
                for column in own.iter_mut() {
                    for row in &target.missing {
                        column[*row] = column[target.observed[rng.random_range(0..target.observed.len())]];
                    }
                }
            }
            for _ in 0..plan.rounds {
                for (place, target) in targets.iter().enumerate() {
                    watch.check()?;
                    if target.missing.is_empty() {
                        continue;
                    }
                    let row_of = |row: usize| -> Vec<f64> {
                        let others = values.iter().enumerate().filter(|(other, _)| *other != place);
                        std::iter::once(1.0)
                            .chain(others.flat_map(|(_, own)| own.iter().map(move |c| c[row])))
                            .collect()
                    };
                    let observed: Vec<Vec<f64>> = target.observed.iter().map(|row| row_of(*row)).collect();
                    let missing: Vec<Vec<f64>> = target.missing.iter().map(|row| row_of(*row)).collect();
                    let y: Vec<f64> = target.observed.iter().map(|row| values[place][0][*row]).collect();
                    let drawn = if target.binary {
                        draw_levels(&observed, &y, &missing, &mut rng)
                    } else {
                        match_means(&observed, &y, &missing, plan.donors, &mut rng)
                    };
                    let drawn = drawn.ok_or_else(|| {
                        refuse(format!("column `{}` has no regression on the others", block.columns()[place].name))
                    })?;
                    for (row, value) in target.missing.iter().zip(drawn) {
                        values[place][0][*row] = value;
                    }
                }
            }
            Ok(completed(block, &values))
        })
        .collect()
}

/// A column as numbers: itself, or 0/1 for each level but the first; missing is NaN.
fn indicators(column: &Column) -> Vec<Vec<f64>> {
    match &column.values {
        Values::Number(values) => vec![values.clone()],
        Values::Level { codes, levels } => (1..levels.len().max(2) as u32)
            .map(|level| {
                codes.iter().map(|code| code.map_or(f64::NAN, |code| f64::from(u8::from(code == level)))).collect()
            })
            .collect(),
    }
}

fn completed(block: &Block, values: &[Vec<Vec<f64>>]) -> Block {
    let columns = block
        .columns()
        .iter()
        .zip(values)
        .map(|(column, own)| {
            let values = match &column.values {
                Values::Number(_) => Values::Number(own[0].clone()),
                Values::Level { codes, levels } => {
                    let code = |row: usize| codes[row].or(Some(u32::from(own[0][row] == 1.0)));
                    Values::Level { codes: (0..codes.len()).map(code).collect(), levels: levels.clone() }
                }
            };
            Column { name: column.name.clone(), values }
        })
        .collect();
    Block::new(block.rows(), columns)
}

/// An estimate pooled over imputations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    pub estimate: f64,
    pub standard_error: f64,
    /// Mean variance within imputations, and variance between them.
    pub within: f64,
    pub between: f64,
    /// Degrees of freedom of Barnard and Rubin.
    pub freedom: f64,
    /// Fraction of information that is missing.
    pub missing_information: f64,
    /// Two-sided p of a zero estimate, and the interval at `level`.
    pub p: f64,
    pub lower: f64,
    pub upper: f64,
    pub level: f64,
}

/// Rubin's rules: `T = W + (1 + 1/m) B`, with the degrees of freedom of Barnard and Rubin (1999).
/// `complete_freedom` is that of the complete data, infinity for a large sample.
///
/// # Errors
/// Fewer than two imputations, a variance that is not positive, or numbers that are not finite.
pub fn pool(estimates: &[f64], variances: &[f64], complete_freedom: f64, level: f64) -> Result<Pooled, FitError> {
    let m = estimates.len();
    if m < 2 || variances.len() != m {
        return Err(refuse(format!("{m} estimates with {} variances cannot be pooled", variances.len())));
    }
    if estimates.iter().chain(variances).any(|value| !value.is_finite()) || variances.iter().any(|v| *v <= 0.0) {
        return Err(refuse("an imputation has no finite estimate with a positive variance".to_owned()));
    }
    let count = m as f64;
    let estimate = estimates.iter().sum::<f64>() / count;
    let within = variances.iter().sum::<f64>() / count;
    let between = estimates.iter().map(|value| (value - estimate).powi(2)).sum::<f64>() / (count - 1.0);
    let added = (1.0 + 1.0 / count) * between;
    let total = within + added;
    let lambda = (added / total).max(1e-4);
    let ratio = added / within;
    let rubin = (count - 1.0) / lambda.powi(2);
    let freedom = if complete_freedom.is_finite() {
        let observed = (complete_freedom + 1.0) / (complete_freedom + 3.0) * complete_freedom * (1.0 - lambda);
        rubin * observed / (rubin + observed)
    } else {
        rubin
    };
    let standard_error = total.sqrt();
    let half = t_quantile(0.5 + level / 2.0, freedom) * standard_error;
    Ok(Pooled {
        estimate,
        standard_error,
        within,
        between,
        freedom,
        missing_information: (ratio + 2.0 / (freedom + 3.0)) / (ratio + 1.0),
        p: t_two_sided(estimate / standard_error, freedom),
        lower: estimate - half,
        upper: estimate + half,
        level,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_as_r() {
        // R: mice::pool.scalar(c(1.2, 1.5, 1.1, 1.4, 1.3), c(0.04, 0.05, 0.045, 0.06, 0.05), n = 100, k = 3)
        let pooled = pool(&[1.2, 1.5, 1.1, 1.4, 1.3], &[0.04, 0.05, 0.045, 0.06, 0.05], 97.0, 0.95).unwrap();
        assert!((pooled.estimate - 1.3).abs() < 1e-14);
        assert!((pooled.between - 0.025).abs() < 1e-14);
        assert!((pooled.standard_error.powi(2) - 0.079).abs() < 1e-14);
        assert!((pooled.freedom - 18.863_581_660_989_368).abs() < 1e-9, "{}", pooled.freedom);
        assert!((pooled.missing_information - 0.436_485_312_621_611_39).abs() < 1e-9, "{}", pooled.missing_information);
        assert!(pool(&[1.0], &[1.0], 10.0, 0.95).is_err());
        assert!(pool(&[1.0, f64::NAN], &[1.0, 1.0], 10.0, 0.95).is_err());
    }

    #[test]
    fn recovers_a_regression_from_values_missing_at_random() {
        let mut rng = Stream::root(8).rng();
        let n = 400;
        let x: Vec<f64> = (0..n).map(|_| normal(&mut rng)).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * x + 0.5 * normal(&mut rng)).collect();
        let sex: Vec<Option<u32>> = x.iter().map(|x| Some(u32::from(*x + 0.3 * normal(&mut rng) > 0.0))).collect();
        let gaps: Vec<bool> = y.iter().map(|y| *y > 1.0 && rng.random_range(0.0..1.0) < 0.7).collect();
        let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
        let masked = x.iter().zip(&gaps).map(|(x, gap)| if *gap { f64::NAN } else { *x }).collect();
        let codes = sex.iter().enumerate().map(|(row, code)| if row % 9 == 0 { None } else { *code }).collect();
        let levels = vec!["f".to_owned(), "m".to_owned()];
        let block = Block::new(
            n,
            vec![
                column("x", Values::Number(masked)),
                column("y", Values::Number(y.clone())),
                column("sex", Values::Level { codes, levels }),
            ],
        );
        let sets = impute(&block, &Plan::default(), &Stream::root(1), &Watch::silent()).unwrap();
        let again = impute(&block, &Plan::default(), &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(sets, again);
        assert_ne!(sets[0], sets[1]);
        let slopes: Vec<f64> = sets
            .iter()
            .map(|set| {
                assert!(set.columns().iter().all(|column| column.values.missing() == 0));
                let Values::Number(x) = &set.columns()[0].values else { unreachable!() };
                let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
                let (mx, my) = (mean(x), mean(&y));
                let cross: f64 = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum();
                cross / x.iter().map(|x| (x - mx).powi(2)).sum::<f64>()
            })
            .collect();
        let mean = slopes.iter().sum::<f64>() / slopes.len() as f64;
        assert!((mean - 2.0).abs() < 0.1, "{slopes:?}");
        // Complete cases would be biased: the missingness hangs on y.
        let Values::Level { codes, .. } = &sets[0].columns()[2].values else { unreachable!() };
        let right = (0..n).step_by(9).filter(|row| codes[*row] == sex[*row]).count();
        assert!(right as f64 > 0.75 * (n as f64 / 9.0), "{right}");
    }
}
