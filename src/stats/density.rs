//! A kernel density estimate.

use super::ranks::quantile_of_sorted;

/// Density of the values on `points` places, Gaussian kernel with the bandwidth of `bw.nrd0` in R
/// (Silverman 1986, eq. 3.31), from three bandwidths below the smallest to three above the largest.
/// Empty for fewer than two distinct values.
pub fn density(values: &[f64], points: usize) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first().copied(), sorted.last().copied()) else { return Vec::new() };
    let n = sorted.len() as f64;
    if low == high || points < 2 {
        return Vec::new();
    }
    let mean = sorted.iter().sum::<f64>() / n;
    let sd = (sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let quartile = |q| quantile_of_sorted(&sorted, q);
    let iqr = quartile(0.75).zip(quartile(0.25)).map(|(upper, lower)| upper - lower);
    let scale = iqr.filter(|iqr| *iqr > 0.0).map_or(sd, |iqr| sd.min(iqr / 1.34));
    let width = 0.9 * scale * n.powf(-0.2);
    let (from, to) = (low - 3.0 * width, high + 3.0 * width);
    (0..points)
        .map(|place| {
            let x = from + (to - from) * place as f64 / (points - 1) as f64;
            // Beyond eight bandwidths a kernel adds nothing that a double could hold beside the rest.
            let first = sorted.partition_point(|v| *v < x - 8.0 * width);
            let last = sorted.partition_point(|v| *v <= x + 8.0 * width);
            let sum: f64 = sorted[first..last].iter().map(|v| (-0.5 * ((x - v) / width).powi(2)).exp()).sum();
            (x, sum / (n * width * (2.0 * std::f64::consts::PI).sqrt()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_to_one_and_peaks_among_the_values() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i % 10) + f64::from(i) / 100.0).collect();
        let found = density(&values, 400);
        let step = found[1].0 - found[0].0;
        let area: f64 = found.iter().map(|d| d.1 * step).sum();
        assert!((area - 1.0).abs() < 2e-3, "{area}");
        assert!(density(&[3.0, 3.0], 9).is_empty() && density(&[], 9).is_empty());
    }

    #[test]
    fn the_bandwidth_is_that_of_r() {
        // bw.nrd0(c(1, 2, 3, 4, 10)) = 0.8821 in R, so the grid starts at 1 - 3 bw.
        let found = density(&[1.0, 2.0, 3.0, 4.0, 10.0], 5);
        let width = (1.0 - found[0].0) / 3.0;
        let expected = 0.9 * (2.0f64 / 1.34) * 5.0f64.powf(-0.2);
        assert!((width - expected).abs() < 1e-12);
    }
}
