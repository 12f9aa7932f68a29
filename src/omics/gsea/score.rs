//! The running sum of a set along a ranking.

use super::ranking::Ranking;

/// The largest deviation of the running sum and the genes before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    pub es: f64,
    /// Ranks of the leading edge, from the end of the ranking inwards.
    pub leading: Vec<u32>,
}

/// ES of the genes at `ranks` (ascending), each adding `steps`.
pub fn walk(steps: &[f64], ranks: &[u32]) -> Walk {
    let (n, k) = (steps.len() as f64, ranks.len());
    let total: f64 = ranks.iter().map(|rank| steps[*rank as usize]).sum();
    let out = n - k as f64;
    let (mut top, mut bottom) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut top_at, mut bottom_at) = (0, 0);
    let mut sum = 0.0;
    for (index, rank) in ranks.iter().enumerate() {
        let step = if total > 0.0 { steps[*rank as usize] } else { 1.0 };
        let whole = if total > 0.0 { total } else { k as f64 };
        sum += step;
        let missed = (f64::from(*rank) - index as f64) / out;
        let above = sum / whole - missed;
        let below = above - step / whole;
        if above > top {
            (top, top_at) = (above, index);
        }
        if below < bottom {
            (bottom, bottom_at) = (below, index);
        }
    }
    if k == 0 || top == -bottom {
        return Walk { es: 0.0, leading: Vec::new() };
    }
    if top > -bottom {
        Walk { es: top, leading: ranks[..=top_at].to_vec() }
    } else {
        Walk { es: bottom, leading: ranks[bottom_at..].iter().rev().copied().collect() }
    }
}

/// The running sum for a drawing: ranks and values at every gene of the set, before and after its
/// step, from (0, 0) to (N, 0).
pub fn running_sum(ranking: &Ranking, weight: f64, ranks: &[u32]) -> Vec<(f64, f64)> {
    let steps = ranking.steps(weight);
    let total: f64 = ranks.iter().map(|rank| steps[*rank as usize]).sum();
    let (n, k) = (steps.len() as f64, ranks.len() as f64);
    let mut points = vec![(0.0, 0.0)];
    let mut sum = 0.0;
    for (index, rank) in ranks.iter().enumerate() {
        let missed = (f64::from(*rank) - index as f64) / (n - k);
        points.push((f64::from(*rank), sum - missed));
        sum += if total > 0.0 { steps[*rank as usize] / total } else { 1.0 / k };
        points.push((f64::from(*rank) + 1.0, sum - missed));
    }
    points.push((n, 0.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_at_the_ends_score_one() {
        let steps = [3.0, 2.0, 1.0, 1.0, 2.0, 3.0];
        assert_eq!(walk(&steps, &[0, 1]), Walk { es: 1.0, leading: vec![0, 1] });
        let low = walk(&steps, &[4, 5]);
        assert_eq!((low.es, low.leading), (-1.0, vec![5, 4]));
        assert_eq!(walk(&steps, &[0, 5]).es, 0.0);
        assert_eq!(walk(&steps, &[]).es, 0.0);
        // Steps of nothing count alike.
        assert_eq!(walk(&[0.0; 4], &[0, 1]).es, 1.0);
    }

    #[test]
    fn the_drawing_ends_where_it_begins() {
        let genes: Vec<String> = (0..5).map(|gene| gene.to_string()).collect();
        let ranking = Ranking::new(&genes, &[5.0, 4.0, 1.0, -2.0, -3.0]).unwrap();
        let points = running_sum(&ranking, 1.0, &[0, 3]);
        assert_eq!(points.first(), Some(&(0.0, 0.0)));
        assert_eq!(points.last(), Some(&(5.0, 0.0)));
        let top = points.iter().map(|point| point.1).fold(0.0, f64::max);
        assert!((top - walk(&ranking.steps(1.0), &[0, 3]).es).abs() < 1e-15);
    }
}
