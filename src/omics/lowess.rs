//! Locally weighted regression with robustness iterations (Cleveland 1979), as R's `lowess`, on
//! which voom's trend and limma's robust trend rest. `stats` has the one without iterations.

use crate::stats::smooth::along_windows;

/// `lowess(x, y, f = span, iter)` of R, with its default `delta` of a hundredth of the range. `x`
/// ascends.
pub(super) fn lowess(x: &[f64], y: &[f64], span: f64, iterations: usize) -> Vec<f64> {
    let n = x.len();
    if n < 2 {
        return y.to_vec();
    }
    let window = ((span * n as f64 + 1e-7) as usize).clamp(2, n);
    let range = x[n - 1] - x[0];
    let delta = 0.01 * range;
    let mut fitted = vec![0.0; n];
    let mut robustness = vec![1.0; n];
    let mut residuals = vec![0.0; n];
    for iteration in 0..=iterations {
        let robust = (iteration > 0).then_some(robustness.as_slice());
        smooth(x, y, window, range, delta, robust, &mut fitted);
        for ((residual, y), fitted) in residuals.iter_mut().zip(y).zip(&fitted) {
            *residual = y - fitted;
        }
        if iteration == iterations {
            break;
        }
        let scale = residuals.iter().map(|residual| residual.abs()).sum::<f64>() / n as f64;
        let mut sizes: Vec<f64> = residuals.iter().map(|residual| residual.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        // Six median absolute deviations.
        let middle = n / 2;
        let limit = if n.is_multiple_of(2) { 3.0 * (sizes[middle - 1] + sizes[middle]) } else { 6.0 * sizes[middle] };
        if limit < 1e-7 * scale {
            break;
        }
        let (far, near) = (0.999 * limit, 0.001 * limit);
        for (weight, residual) in robustness.iter_mut().zip(&residuals) {
            let size = residual.abs();
            *weight = if size <= near {
                1.0
            } else if size <= far {
                let rest = 1.0 - (size / limit) * (size / limit);
                rest * rest
            } else {
                0.0
            };
        }
    }
    fitted
}

fn smooth(x: &[f64], y: &[f64], window: usize, range: f64, delta: f64, robustness: Option<&[f64]>, fitted: &mut [f64]) {
    let mut weights = vec![0.0; x.len()];
    along_windows(x, window, delta, fitted, |at, left, right| {
        local_line(x, y, at, left, right, range, robustness, &mut weights).unwrap_or(y[at])
    });
}

#[allow(clippy::too_many_arguments, reason = "private, and each is one array of the same fit")]
fn local_line(
    x: &[f64],
    y: &[f64],
    at: usize,
    left: usize,
    right: usize,
    range: f64,
    robustness: Option<&[f64]>,
    weights: &mut [f64],
) -> Option<f64> {
    let here = x[at];
    let width = (here - x[left]).max(x[right] - here);
    let (far, near) = (0.999 * width, 0.001 * width);
    let mut total = 0.0;
    let mut end = left;
    for (place, value) in x.iter().enumerate().skip(left) {
        let distance = (value - here).abs();
        weights[place] = 0.0;
        if distance <= far {
            let ratio = distance / width;
            let rest = 1.0 - ratio * ratio * ratio;
            let mut weight = if distance <= near { 1.0 } else { rest * rest * rest };
            if let Some(robustness) = robustness {
                weight *= robustness[place];
            }
            weights[place] = weight;
            total += weight;
        } else if *value > here {
            break;
        }
        end = place + 1;
    }
    if total <= 0.0 {
        return None;
    }
    for weight in &mut weights[left..end] {
        *weight /= total;
    }
    if width > 0.0 {
        let centre: f64 = (left..end).map(|place| weights[place] * x[place]).sum();
        let spread: f64 = (left..end).map(|place| weights[place] * (x[place] - centre) * (x[place] - centre)).sum();
        if spread.sqrt() > 0.001 * range {
            let slope = (here - centre) / spread;
            for place in left..end {
                weights[place] *= slope * (x[place] - centre) + 1.0;
            }
        }
    }
    Some((left..end).map(|place| weights[place] * y[place]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    // lowess(cars) of R.
    #[test]
    fn agrees_with_r_on_cars() {
        let speed = [
            4.0, 4.0, 7.0, 7.0, 8.0, 9.0, 10.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0, 12.0, 13.0, 13.0, 13.0, 13.0,
            14.0, 14.0, 14.0, 14.0, 15.0, 15.0, 15.0, 16.0, 16.0, 17.0, 17.0, 17.0, 18.0, 18.0, 18.0, 18.0, 19.0, 19.0,
            19.0, 20.0, 20.0, 20.0, 20.0, 20.0, 22.0, 23.0, 24.0, 24.0, 24.0, 24.0, 25.0,
        ];
        let dist = [
            2.0, 10.0, 4.0, 22.0, 16.0, 10.0, 18.0, 26.0, 34.0, 17.0, 28.0, 14.0, 20.0, 24.0, 28.0, 26.0, 34.0, 34.0,
            46.0, 26.0, 36.0, 60.0, 80.0, 20.0, 26.0, 54.0, 32.0, 40.0, 32.0, 40.0, 50.0, 42.0, 56.0, 76.0, 84.0, 36.0,
            46.0, 68.0, 32.0, 48.0, 52.0, 56.0, 64.0, 66.0, 54.0, 70.0, 92.0, 93.0, 120.0, 85.0,
        ];
        let fitted = lowess(&speed, &dist, 2.0 / 3.0, 3);
        for (place, value) in [(0, 4.9654592771868815), (23, 36.75772834164972), (49, 84.32869809683418)] {
            assert!((fitted[place] - value).abs() < 1e-11, "{} is not {value}", fitted[place]);
        }
    }
}
