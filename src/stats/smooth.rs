//! Smoothers of a yes/no outcome over a predicted probability.

use super::estimate::NotEstimable;
use super::ranks::quantile_of_sorted;

/// Locally weighted regression (Cleveland 1979) without robustness iterations: `lowess(x, y, f,
/// iter = 0)` of R. Local lines with tricube weights over the nearest `span` share of points;
/// points within `delta` of a fitted one are interpolated.
///
/// `x` ascends; the result has one value a point. Fewer than two points are returned as they are.
pub fn lowess(x: &[f64], y: &[f64], span: f64, delta: f64) -> Vec<f64> {
    let n = x.len();
    let mut fitted = vec![0.0; n];
    if n < 2 {
        fitted.copy_from_slice(y);
        return fitted;
    }
    let window = ((span * n as f64 + 1e-7) as usize).clamp(2, n);
    let range = x[n - 1] - x[0];
    along_windows(x, window, delta, &mut fitted, |at, left, right| {
        local_line(x, y, at, left, right, range).unwrap_or(y[at])
    });
    fitted
}

/// The walk of R's `lowess` over ascending `x`: `fit(at, left, right)` gives the value at a point from its window of
/// nearest neighbours; points closer than `delta` to the last one fitted are interpolated, and ties share a value.
pub(crate) fn along_windows(
    x: &[f64],
    window: usize,
    delta: f64,
    fitted: &mut [f64],
    mut fit: impl FnMut(usize, usize, usize) -> f64,
) {
    let n = x.len();
    let (mut left, mut right) = (0, window - 1);
    let mut last: Option<usize> = None;
    let mut at = 0;
    loop {
        while right + 1 < n && x[at] - x[left] > x[right + 1] - x[at] {
            left += 1;
            right += 1;
        }
        fitted[at] = fit(at, left, right);
        if let Some(previous) = last
            && previous + 1 < at
        {
            let width = x[at] - x[previous];
            for between in previous + 1..at {
                let share = (x[between] - x[previous]) / width;
                fitted[between] = share * fitted[at] + (1.0 - share) * fitted[previous];
            }
        }
        let mut done = at;
        let cut = x[done] + delta;
        let mut next = done + 1;
        while next < n && x[next] <= cut {
            if x[next] == x[done] {
                fitted[next] = fitted[done];
                done = next;
            }
            next += 1;
        }
        last = Some(done);
        if done + 1 >= n {
            return;
        }
        at = (done + 1).max(next - 1);
    }
}

/// Weighted sums over a window, four lanes at a time: the lanes are independent, so the compiler
/// may keep them in one register, and their order is fixed, so the result is reproducible.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: [f64; 4],
    x: [f64; 4],
    xx: [f64; 4],
    y: [f64; 4],
    xy: [f64; 4],
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, lane: usize, x: f64, y: f64, near: f64, inverse_width: f64) {
        let distance = x.abs();
        let tricube = cube(1.0 - cube(distance * inverse_width));
        let weight = if distance > near { tricube } else { 1.0 };
        let moment = weight * x;
        self.weight[lane] += weight;
        self.x[lane] += moment;
        self.xx[lane] += moment * x;
        self.y[lane] += weight * y;
        self.xy[lane] += moment * y;
    }
}

/// The local line at `x[at]`; positions are taken from there, so that nothing large cancels.
fn local_line(x: &[f64], y: &[f64], at: usize, left: usize, right: usize, range: f64) -> Option<f64> {
    let here = x[at];
    let width = (here - x[left]).max(x[right] - here);
    let (far, near) = (0.999 * width, 0.001 * width);
    // Ties of the last neighbour belong to the window; points at its very edge have no weight.
    let start = left + x[left..=at].partition_point(|x| here - x > far);
    let end = at + x[at..].partition_point(|x| x - here <= far);
    if width <= 0.0 {
        return Some(y[start..end].iter().sum::<f64>() / (end - start) as f64);
    }
    let inverse_width = 1.0 / width;
    let mut sums = Sums::default();
    let (xs, ys) = (x[start..end].chunks_exact(4), y[start..end].chunks_exact(4));
    let (rest_x, rest_y) = (xs.remainder(), ys.remainder());
    for (x, y) in xs.zip(ys) {
        for lane in 0..4 {
            sums.add(lane, x[lane] - here, y[lane], near, inverse_width);
        }
    }
    for (lane, (x, y)) in rest_x.iter().zip(rest_y).enumerate() {
        sums.add(lane, x - here, *y, near, inverse_width);
    }
    let total = |lanes: [f64; 4]| (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    let weight = total(sums.weight);
    if weight <= 0.0 {
        return None;
    }
    let (centre, level) = (total(sums.x) / weight, total(sums.y) / weight);
    let spread = total(sums.xx) / weight - centre * centre;
    if spread.max(0.0).sqrt() > 0.001 * range {
        Some(level - centre / spread * (total(sums.xy) / weight - centre * level))
    } else {
        Some(level)
    }
}

#[inline(always)]
fn cube(value: f64) -> f64 {
    value * value * value
}

/// Places of the knots of a restricted cubic spline, as quantiles (Harrell).
fn knot_quantiles(knots: usize) -> &'static [f64] {
    match knots {
        3 => &[0.10, 0.50, 0.90],
        4 => &[0.05, 0.35, 0.65, 0.95],
        5 => &[0.05, 0.275, 0.50, 0.725, 0.95],
        _ => &[],
    }
}

/// A logistic regression of the outcome on a restricted cubic spline of `x`.
#[derive(Clone, Debug, PartialEq)]
pub struct SplineFit {
    knots: Vec<f64>,
    coefficients: Vec<f64>,
    covariance: Vec<Vec<f64>>,
}

impl SplineFit {
    /// Fits with 3 to 5 knots at Harrell's quantiles of `x`.
    ///
    /// # Errors
    /// Another number of knots, knots that coincide, or a likelihood without a maximum.
    pub fn new(x: &[f64], y: &[f64], knots: usize) -> Result<Self, NotEstimable> {
        let quantiles = knot_quantiles(knots);
        if quantiles.is_empty() {
            return Err(NotEstimable::new(format!("{knots} knots; a calibration spline takes 3 to 5")));
        }
        let mut sorted = x.to_vec();
        sorted.sort_by(f64::total_cmp);
        let places: Vec<f64> = quantiles.iter().filter_map(|q| quantile_of_sorted(&sorted, *q)).collect();
        if places.len() < knots || places.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(NotEstimable::new("the predictions take too few values for a spline"));
        }
        let design: Vec<Vec<f64>> = x.iter().map(|x| basis(*x, &places)).collect();
        let (coefficients, covariance) = logistic(&design, y)?;
        Ok(SplineFit { knots: places, coefficients, covariance })
    }

    /// The log-odds at `x` and its standard error.
    pub fn log_odds(&self, x: f64) -> (f64, f64) {
        let basis = basis(x, &self.knots);
        let value = basis.iter().zip(&self.coefficients).map(|(b, c)| b * c).sum();
        let variance: f64 = basis
            .iter()
            .zip(&self.covariance)
            .map(|(b, row)| b * row.iter().zip(&basis).map(|(v, other)| v * other).sum::<f64>())
            .sum();
        (value, variance.max(0.0).sqrt())
    }
}

/// `1, x`, and the restricted cubic terms scaled by the squared range of the knots.
fn basis(x: f64, knots: &[f64]) -> Vec<f64> {
    let k = knots.len();
    let (first, before, end) = (knots[0], knots[k - 2], knots[k - 1]);
    let positive = |value: f64| cube(value.max(0.0));
    let mut row = vec![1.0, x];
    for knot in &knots[..k - 2] {
        let term = positive(x - knot) - positive(x - before) * (end - knot) / (end - before)
            + positive(x - end) * (before - knot) / (end - before);
        row.push(term / (end - first).powi(2));
    }
    row
}

/// Maximum likelihood of a logistic regression with few columns: coefficients and covariance.
///
/// # Errors
/// When the likelihood has no maximum (separation) or columns are collinear.
pub fn logistic(design: &[Vec<f64>], y: &[f64]) -> Result<(Vec<f64>, Vec<Vec<f64>>), NotEstimable> {
    let k = design.first().map_or(0, Vec::len);
    let mut beta = vec![0.0; k];
    let fault = || NotEstimable::new("the logistic regression has no finite maximum: separation or collinear columns");
    for _ in 0..60 {
        let mut gradient = vec![0.0; k];
        let mut information = vec![vec![0.0; k]; k];
        for (row, y) in design.iter().zip(y) {
            let eta: f64 = row.iter().zip(&beta).map(|(x, b)| x * b).sum();
            let p = 1.0 / (1.0 + (-eta).exp());
            let weight = p * (1.0 - p);
            for i in 0..k {
                gradient[i] += row[i] * (y - p);
                for j in 0..=i {
                    information[i][j] += weight * row[i] * row[j];
                }
            }
        }
        symmetrise(&mut information);
        let covariance = inverse(&information).ok_or_else(fault)?;
        let step: Vec<f64> = covariance.iter().map(|row| row.iter().zip(&gradient).map(|(v, g)| v * g).sum()).collect();
        let decrement: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
        if !decrement.is_finite() {
            return Err(fault());
        }
        // Far from the optimum a full step may overshoot; the likelihood is concave, so a damped
        // Newton step always ascends.
        let damping = if decrement > 1.0 { 1.0 / (1.0 + decrement.sqrt()) * 2.0 } else { 1.0 }.min(1.0);
        for (beta, step) in beta.iter_mut().zip(&step) {
            *beta += damping * step;
        }
        if decrement < 1e-20 {
            return Ok((beta, covariance));
        }
    }
    Err(fault())
}

/// Copies the lower triangle to the upper one.
fn symmetrise(matrix: &mut [Vec<f64>]) {
    for i in 1..matrix.len() {
        let (above, below) = matrix.split_at_mut(i);
        for (row, value) in above.iter_mut().zip(&below[0]) {
            row[i] = *value;
        }
    }
}

/// Inverse of a small positive definite matrix by Gauss-Jordan; absent when singular.
pub(super) fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let scale = matrix.iter().enumerate().map(|(i, row)| row[i].abs()).fold(0.0, f64::max);
    let mut left = matrix.to_vec();
    let mut right: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        let size = left[pivot][column].abs();
        if size.is_nan() || size <= 1e-14 * scale {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let divisor = left[column][column];
        for j in 0..n {
            left[column][j] /= divisor;
            right[column][j] /= divisor;
        }
        for row in 0..n {
            let factor = left[row][column];
            if row != column && factor != 0.0 {
                for j in 0..n {
                    left[row][j] -= factor * left[column][j];
                    right[row][j] -= factor * right[column][j];
                }
            }
        }
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    // lowess(x, y, f = 2/3, iter = 0, delta = 0) of R.
    #[test]
    fn lowess_agrees_with_r() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let y = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let expected = LOWESS_R;
        for (ours, theirs) in lowess(&x, &y, 2.0 / 3.0, 0.0).iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
        }
        assert_eq!(lowess(&[1.0, 1.0, 1.0], &[0.0, 1.0, 1.0], 0.6, 0.0).len(), 3);
        assert_eq!(lowess(&[], &[], 0.6, 0.0).len(), 0);
    }

    const LOWESS_R: [f64; 8] = [
        -0.036443599228790653,
        0.23384452232793967,
        0.42737896494156929,
        0.57262103505843076,
        0.71368948247078468,
        0.71368948247078468,
        0.66461225873167273,
        0.65341984204141168,
    ];

    #[test]
    fn spline_needs_spread_and_overlap() {
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from((i * 7) % 11 > 5))).collect();
        let fit = SplineFit::new(&x, &y, 4).unwrap();
        assert!(fit.log_odds(20.0).1 > 0.0);
        assert!(SplineFit::new(&[1.0; 40], &y, 4).is_err());
        let separated: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i >= 20))).collect();
        assert!(SplineFit::new(&x, &separated, 3).is_err());
    }
}
