//! Kernel SHAP: Shapley values as weighted least squares over known sets (Lundberg & Lee 2017),
//! with the sum to the prediction as a constraint. All sets when they fit the budget, which is
//! exact; otherwise complementary pairs drawn from the Shapley kernel.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::exact::assembled;
use super::{Background, ExplainError, Explanation, Predictor};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::bootstrap::below;

/// Kernel SHAP values of the rows of `x` against `background`, from at most `budget` sets a row.
///
/// # Errors
/// A budget below twice the features, other features than the background, no background, those
/// of the model, stopped.
pub fn kernel(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
    budget: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    let background = Background::new(model, background)?;
    background.check(x)?;
    let m = x.ncols();
    if budget < 2 * m {
        return Err(ExplainError::NotEstimable {
            reason: format!("{budget} sets cannot tell {m} features apart; at least {} are needed", 2 * m),
        });
    }
    let all = m < 30 && (1usize << m) - 2 <= budget;
    let rows: Vec<Vec<f64>> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            watch.check()?;
            let (mut sets, weights) =
                if all { every_set(m) } else { drawn_sets(m, budget, &stream.indexed(row as u64)) };
            sets.push(vec![false; m]);
            sets.push(vec![true; m]);
            let values = background.values(x.row(row), &sets)?;
            let count = weights.len();
            let (empty, full) = (values[count], values[count + 1]);
            let mut phi = solve(&sets[..count], &weights, &values[..count], empty, full, m)?;
            phi.push(empty);
            phi.push(full);
            watch.advance("explain", 1);
            Ok(phi)
        })
        .collect::<Result<_, ExplainError>>()?;
    Ok(assembled(&rows, m, None))
}

/// Weight of one set of `size` known features: `(M - 1) / (C(M, s) s (M - s))`.
fn every_set(m: usize) -> (Vec<Vec<bool>>, Vec<f64>) {
    let last = 1usize << m;
    (1..last.saturating_sub(1))
        .map(|set| {
            let size = set.count_ones() as usize;
            let choose: f64 = (1..=size).map(|i| (m - size + i) as f64 / i as f64).product();
            let weight = (m - 1) as f64 / (choose * (size * (m - size)) as f64);
            ((0..m).map(|feature| set >> feature & 1 == 1).collect::<Vec<bool>>(), weight)
        })
        .unzip()
}

/// Pairs of a set and its complement; sizes follow `1 / (s (M - s))`, so each draw weighs 1.
fn drawn_sets(m: usize, budget: usize, stream: &Stream) -> (Vec<Vec<bool>>, Vec<f64>) {
    use rand_xoshiro::rand_core::Rng;
    let mut rng = stream.rng();
    let mass: Vec<f64> = (1..m).map(|size| 1.0 / (size * (m - size)) as f64).collect();
    let total: f64 = mass.iter().sum();
    let mut sets = Vec::with_capacity(budget);
    let mut order: Vec<usize> = (0..m).collect();
    while sets.len() + 2 <= budget {
        let mut at = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * total;
        let size = 1 + mass
            .iter()
            .position(|mass| {
                at -= mass;
                at < 0.0
            })
            .unwrap_or(m - 2);
        for place in 0..size {
            order.swap(place, place + below(&mut rng, m - place));
        }
        let mut set = vec![false; m];
        for feature in &order[..size] {
            set[*feature] = true;
        }
        sets.push(set.iter().map(|known| !known).collect());
        sets.push(set);
    }
    let weights = vec![1.0; sets.len()];
    (sets, weights)
}

/// Least squares under `sum phi = full - empty`, the last feature eliminated.
fn solve(
    sets: &[Vec<bool>],
    weights: &[f64],
    values: &[f64],
    empty: f64,
    full: f64,
    m: usize,
) -> Result<Vec<f64>, ExplainError> {
    let total = full - empty;
    if m == 0 {
        return Ok(Vec::new());
    }
    let k = m - 1;
    let mut left = vec![0.0; k * k];
    let mut right = vec![0.0; k];
    let mut design = vec![0.0; k];
    for ((set, weight), value) in sets.iter().zip(weights).zip(values) {
        let last = f64::from(u8::from(set[k]));
        for (slot, known) in design.iter_mut().zip(set) {
            *slot = f64::from(u8::from(*known)) - last;
        }
        let target = value - empty - last * total;
        for i in 0..k {
            if design[i] == 0.0 {
                continue;
            }
            right[i] += weight * design[i] * target;
            for j in 0..=i {
                left[i * k + j] += weight * design[i] * design[j];
            }
        }
    }
    let fault =
        || ExplainError::NotEstimable { reason: "the drawn sets do not tell the features apart; draw more".to_owned() };
    // Cholesky, in place in the lower triangle.
    for i in 0..k {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|l| left[i * k + l] * left[j * k + l]).sum();
            let value = left[i * k + j] - dot;
            if i == j {
                if value.is_nan() || value <= 1e-12 {
                    return Err(fault());
                }
                left[i * k + i] = value.sqrt();
            } else {
                left[i * k + j] = value / left[j * k + j];
            }
        }
    }
    for i in 0..k {
        let dot: f64 = (0..i).map(|l| left[i * k + l] * right[l]).sum();
        right[i] = (right[i] - dot) / left[i * k + i];
    }
    for i in (0..k).rev() {
        let dot: f64 = (i + 1..k).map(|l| left[l * k + i] * right[l]).sum();
        right[i] = (right[i] - dot) / left[i * k + i];
    }
    let last = total - right.iter().sum::<f64>();
    right.push(last);
    Ok(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn all_sets_are_exact_and_drawn_sets_come_close() {
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(x.rows().into_iter().map(|row| row[0] * row[1] + row[2].sin() + row[3] * row[4] * row[5]).collect())
        };
        let x = Array2::from_shape_fn((2, 6), |(i, j)| ((i * 7 + j * 3) % 5) as f64 - 1.0);
        let background = Array2::from_shape_fn((5, 6), |(i, j)| ((i * 3 + j * 5) % 7) as f64 / 3.0);
        let watch = Watch::silent();
        let truth = super::super::exact(&model, x.view(), background.view(), &watch).unwrap();
        let full = kernel(&model, x.view(), background.view(), 62, &Stream::root(1), &watch).unwrap();
        for (a, b) in full.values.iter().zip(&truth.values) {
            assert!((a - b).abs() < 1e-10, "{a} is not {b}");
        }
        let drawn = kernel(&model, x.view(), background.view(), 60, &Stream::root(1), &watch).unwrap();
        drawn.check_additivity(1e-10).unwrap();
        for (a, b) in drawn.values.iter().zip(&truth.values) {
            assert!((a - b).abs() < 0.8, "{a} is not near {b}");
        }
        assert!(kernel(&model, x.view(), background.view(), 3, &Stream::root(1), &watch).is_err());
    }
}
