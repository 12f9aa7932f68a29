//! Midranks and tie counts, the ground of every rank statistic.

/// The order that sorts `values` ascending; ties stay in row order.
pub fn order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    order
}

/// Ranks from 1, ties sharing the mean of their ranks.
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let order = order(values);
    let mut ranks = vec![0.0; values.len()];
    each_tie(&order, values, |start, end| {
        let rank = 0.5 * (start + end + 1) as f64;
        for row in &order[start..end] {
            ranks[*row] = rank;
        }
    });
    ranks
}

/// Sizes of the groups of equal values, untied ones as 1.
pub fn tie_sizes(values: &[f64]) -> Vec<usize> {
    let order = order(values);
    let mut sizes = Vec::new();
    each_tie(&order, values, |start, end| sizes.push(end - start));
    sizes
}

/// `sum(t^3 - t)` over the tie groups.
pub fn tie_term(values: &[f64]) -> f64 {
    tie_sizes(values).into_iter().map(|size| (size as f64).powi(3) - size as f64).sum()
}

/// Calls `visit(start, end)` for each run of equal values in `order`. -0 equals 0.
pub fn each_tie(order: &[usize], values: &[f64], mut visit: impl FnMut(usize, usize)) {
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        visit(start, end);
        start = end;
    }
}

/// The quantile of sorted values by linear interpolation (R's type 7).
///
/// Absent for no values.
pub fn quantile_of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    // R's fuzz: a position within rounding of a whole number is that number.
    let below = (position + 4.0 * f64::EPSILON).floor();
    let fraction = position - below;
    let low = sorted[below as usize];
    if fraction.abs() < 1e-12 || below as usize == last {
        return Some(low);
    }
    let high = sorted[below as usize + 1];
    Some(low + fraction * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_ranks() {
        assert_eq!(midranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(midranks(&[0.0, -0.0]), [1.5, 1.5]);
        assert_eq!(tie_term(&[1.0, 1.0, 1.0, 2.0]), 24.0);
        assert!(midranks(&[]).is_empty());
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile_of_sorted(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.5));
        assert_eq!(quantile_of_sorted(&[1.0], 0.9), Some(1.0));
        assert_eq!(quantile_of_sorted(&[], 0.9), None);
    }
}
