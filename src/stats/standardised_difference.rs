//! Standardised mean differences between groups: the size of an imbalance, whatever n.

/// `(m1 - m2) / sqrt((v1 + v2) / 2)`; absent for fewer than two values in a group. Two groups
/// that are constant differ by 0 if they are equal, and the difference is otherwise unknown.
pub fn of_numbers(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let moments = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (mean, x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0))
    };
    let ((ma, va), (mb, vb)) = (moments(a), moments(b));
    let pooled = ((va + vb) / 2.0).sqrt();
    if pooled > 0.0 {
        Some((ma - mb) / pooled)
    } else if ma == mb {
        Some(0.0)
    } else {
        None
    }
}

/// The multivariate difference of level proportions (Yang & Dalton 2012):
/// `sqrt((T - C)' S^-1 (T - C))` over all levels but the first, `S` the mean of the two
/// multinomial covariances. For two levels it is the usual difference of proportions. `a` and `b`
/// are counts by level.
pub fn of_counts(a: &[u64], b: &[u64]) -> Option<f64> {
    let (na, nb) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    if na == 0.0 || nb == 0.0 {
        return None;
    }
    // Levels absent from both groups would make the covariance singular.
    let levels: Vec<usize> = (0..a.len().min(b.len())).filter(|level| a[*level] + b[*level] > 0).collect();
    if levels.len() < 2 {
        return Some(0.0);
    }
    let share =
        |counts: &[u64], n: f64| -> Vec<f64> { levels[1..].iter().map(|level| counts[*level] as f64 / n).collect() };
    let (pa, pb) = (share(a, na), share(b, nb));
    let k = pa.len();
    let mut matrix: Vec<Vec<f64>> = (0..k)
        .map(|i| {
            (0..k)
                .map(|j| {
                    if i == j {
                        (pa[i] * (1.0 - pa[i]) + pb[i] * (1.0 - pb[i])) / 2.0
                    } else {
                        -(pa[i] * pa[j] + pb[i] * pb[j]) / 2.0
                    }
                })
                .collect()
        })
        .collect();
    let difference: Vec<f64> = pa.iter().zip(&pb).map(|(a, b)| a - b).collect();
    if difference.iter().all(|value| *value == 0.0) {
        return Some(0.0);
    }
    let solved = solve(&mut matrix, &difference)?;
    let square: f64 = solved.iter().zip(&difference).map(|(x, d)| x * d).sum();
    (square.is_finite() && square >= 0.0).then(|| square.sqrt())
}

/// Gaussian elimination with pivots; absent for a singular matrix.
pub(super) fn solve(matrix: &mut [Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut x = right.to_vec();
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        x.swap(column, pivot);
        for row in column + 1..n {
            let factor = matrix[row][column] / matrix[column][column];
            if factor != 0.0 {
                let (above, below) = matrix.split_at_mut(row);
                for (value, over) in below[0][column..].iter_mut().zip(&above[column][column..]) {
                    *value -= factor * over;
                }
                x[row] -= factor * x[column];
            }
        }
    }
    for row in (0..n).rev() {
        let rest: f64 = (row + 1..n).map(|column| matrix[row][column] * x[column]).sum();
        x[row] = (x[row] - rest) / matrix[row][row];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_levels_are_the_difference_of_proportions() {
        let smd = of_counts(&[30, 10], &[20, 20]).unwrap();
        let expected = 0.25 / ((0.25 * 0.75 + 0.25) / 2.0f64).sqrt();
        assert!((smd - expected).abs() < 1e-12);
        assert_eq!(of_counts(&[3, 0], &[5, 0]), Some(0.0));
        assert_eq!(of_counts(&[0, 0], &[5, 0]), None);
        // Disjoint groups: no finite difference.
        assert_eq!(of_counts(&[5, 0], &[0, 5]), None);
    }

    #[test]
    fn numbers() {
        assert_eq!(of_numbers(&[1.0, 3.0], &[2.0, 4.0]), Some(-1.0 / 2.0f64.sqrt()));
        assert_eq!(of_numbers(&[1.0, 1.0], &[1.0, 1.0]), Some(0.0));
        assert_eq!(of_numbers(&[1.0, 1.0], &[2.0, 2.0]), None);
    }
}
