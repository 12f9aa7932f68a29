//! Chance-corrected agreement on levels: Cohen's kappa of two raters, weighted for ordered levels,
//! and Fleiss' kappa of several.

use serde::{Deserialize, Serialize};

use super::distribution::{normal_multiplier, normal_two_sided};
use super::estimate::{Estimate, NotEstimable};

/// What a disagreement costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KappaWeights {
    /// Any disagreement alike.
    Unweighted,
    /// By the number of levels apart.
    Linear,
    /// By its square.
    Quadratic,
}

/// Kappa with the p-value of the test that it is 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kappa {
    pub estimate: Estimate,
    pub p: Option<f64>,
}

/// Cohen's kappa of two raters on the same subjects, with the large-sample standard error of
/// Fleiss, Cohen & Everitt (1969). Codes are places among `levels` levels; subjects that either
/// rater left out are counted as missing.
///
/// # Errors
/// Unequal rows, or a code without a level.
pub fn cohen_kappa(
    first: &[Option<u32>],
    second: &[Option<u32>],
    levels: usize,
    weights: KappaWeights,
    level: f64,
) -> Result<Kappa, NotEstimable> {
    if first.len() != second.len() {
        return Err(NotEstimable::new("the raters judged different numbers of subjects"));
    }
    let mut table = vec![vec![0.0; levels]; levels];
    let mut n = 0usize;
    for pair in first.iter().zip(second) {
        if let (Some(a), Some(b)) = pair {
            let (a, b) = (*a as usize, *b as usize);
            if a >= levels || b >= levels {
                return Err(NotEstimable::new("a code has no level"));
            }
            table[a][b] += 1.0;
            n += 1;
        }
    }
    let missing = first.len() - n;
    let name = match weights {
        KappaWeights::Unweighted => "kappa",
        KappaWeights::Linear => "kappa (linear weights)",
        KappaWeights::Quadratic => "kappa (quadratic weights)",
    };
    let none =
        |reason: &str| Kappa { estimate: Estimate::not_estimable(name, n, reason).with_missing(missing), p: None };
    if n == 0 {
        return Ok(none("no subject was judged by both raters"));
    }
    let size = n as f64;
    let weight = |i: usize, j: usize| -> f64 {
        let apart = i.abs_diff(j) as f64 / (levels.max(2) - 1) as f64;
        match weights {
            KappaWeights::Unweighted => f64::from(u8::from(i == j)),
            KappaWeights::Linear => 1.0 - apart,
            KappaWeights::Quadratic => 1.0 - apart * apart,
        }
    };
    let rows: Vec<f64> = table.iter().map(|row| row.iter().sum::<f64>() / size).collect();
    let columns: Vec<f64> = (0..levels).map(|j| table.iter().map(|row| row[j]).sum::<f64>() / size).collect();
    let cells = || (0..levels).flat_map(|i| (0..levels).map(move |j| (i, j)));
    let observed: f64 = cells().map(|(i, j)| weight(i, j) * table[i][j] / size).sum();
    let expected: f64 = cells().map(|(i, j)| weight(i, j) * rows[i] * columns[j]).sum();
    if 1.0 - expected < 1e-12 {
        return Ok(none("both raters used a single level"));
    }
    if rows.contains(&1.0) || columns.contains(&1.0) {
        return Ok(none("one of the raters used a single level"));
    }
    let kappa = (observed - expected) / (1.0 - expected);
    let of_row: Vec<f64> = (0..levels).map(|i| (0..levels).map(|j| columns[j] * weight(i, j)).sum()).collect();
    let of_column: Vec<f64> = (0..levels).map(|j| (0..levels).map(|i| rows[i] * weight(i, j)).sum()).collect();
    let spread: f64 = cells()
        .map(|(i, j)| table[i][j] / size * (weight(i, j) - (of_row[i] + of_column[j]) * (1.0 - kappa)).powi(2))
        .sum();
    let variance = (spread - (kappa - expected * (1.0 - kappa)).powi(2)) / (size * (1.0 - expected).powi(2));
    let null: f64 =
        cells().map(|(i, j)| rows[i] * columns[j] * (weight(i, j) - of_row[i] - of_column[j]).powi(2)).sum::<f64>()
            - expected * expected;
    let half = normal_multiplier(level) * variance.max(0.0).sqrt();
    let estimate = Estimate::new(name, kappa, n, "Cohen; large-sample interval").with_missing(missing).within(
        (kappa - half).max(-1.0),
        (kappa + half).min(1.0),
        level,
    );
    let error = (null / (size * (1.0 - expected).powi(2))).sqrt();
    let p = (error > 0.0).then(|| normal_two_sided(kappa / error));
    Ok(Kappa { estimate, p })
}

/// Fleiss' kappa of several raters: `counts[subject][level]` raters, the same number for each
/// subject. The interval uses the standard error of Fleiss, Nee & Landis (1979), which holds for
/// no agreement.
///
/// # Errors
/// Subjects with different numbers of raters, or fewer than two raters.
pub fn fleiss_kappa(counts: &[Vec<u32>], level: f64) -> Result<Kappa, NotEstimable> {
    let raters: u32 = counts.first().map_or(0, |row| row.iter().sum());
    let levels = counts.first().map_or(0, Vec::len);
    if raters < 2 {
        return Err(NotEstimable::new("fewer than two raters or no subjects"));
    }
    if counts.iter().any(|row| row.len() != levels || row.iter().sum::<u32>() != raters) {
        return Err(NotEstimable::new("subjects have different numbers of raters or levels"));
    }
    let (n, m) = (counts.len() as f64, f64::from(raters));
    let share: Vec<f64> =
        (0..levels).map(|j| counts.iter().map(|row| f64::from(row[j])).sum::<f64>() / (n * m)).collect();
    let observed = counts
        .iter()
        .map(|row| row.iter().map(|c| f64::from(*c) * (f64::from(*c) - 1.0)).sum::<f64>() / (m * (m - 1.0)))
        .sum::<f64>()
        / n;
    let expected: f64 = share.iter().map(|p| p * p).sum();
    if 1.0 - expected < 1e-12 {
        let estimate = Estimate::not_estimable("Fleiss' kappa", counts.len(), "all raters used a single level");
        return Ok(Kappa { estimate, p: None });
    }
    let kappa = (observed - expected) / (1.0 - expected);
    let pq: f64 = share.iter().map(|p| p * (1.0 - p)).sum();
    let skew: f64 = share.iter().map(|p| p * (1.0 - p) * (1.0 - 2.0 * p)).sum();
    let error = (2.0 / (n * m * (m - 1.0))).sqrt() * (pq * pq - skew).max(0.0).sqrt() / pq;
    let half = normal_multiplier(level) * error;
    let estimate = Estimate::new("Fleiss' kappa", kappa, counts.len(), "Fleiss; normal interval").within(
        (kappa - half).max(-1.0),
        (kappa + half).min(1.0),
        level,
    );
    Ok(Kappa { estimate, p: (error > 0.0).then(|| normal_two_sided(kappa / error)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    // psych::cohen.kappa on the same ratings.
    #[test]
    fn agrees_with_psych() {
        let a = [0, 0, 1, 1, 2, 2, 2, 1, 0, 1, 2, 0].map(Some);
        let b = [0, 1, 1, 1, 2, 1, 2, 1, 0, 2, 2, 0].map(Some);
        let plain = cohen_kappa(&a, &b, 3, KappaWeights::Unweighted, 0.95).unwrap();
        assert!((plain.estimate.value.unwrap() - PSYCH[0]).abs() < 1e-10);
        assert!((plain.estimate.interval.unwrap().lower - PSYCH[1]).abs() < 1e-6);
        let weighted = cohen_kappa(&a, &b, 3, KappaWeights::Quadratic, 0.95).unwrap();
        assert!((weighted.estimate.value.unwrap() - PSYCH[2]).abs() < 1e-10);
        assert!((weighted.estimate.interval.unwrap().lower - PSYCH[3]).abs() < 1e-6);
    }

    const PSYCH: [f64; 4] = [0.625000000000000, 0.256869296657117, 0.800000000000000, 0.577913453264249];

    #[test]
    fn degenerate_ratings_are_told() {
        let same = [Some(0), Some(0), None];
        let kappa = cohen_kappa(&same, &same, 2, KappaWeights::Unweighted, 0.95).unwrap();
        assert!(kappa.estimate.value.is_err());
        assert_eq!(kappa.estimate.missing, 1);
        assert!(cohen_kappa(&same, &same[..1], 2, KappaWeights::Linear, 0.95).is_err());
        assert!(fleiss_kappa(&[vec![2, 0], vec![1, 0]], 0.95).is_err());
        let perfect = fleiss_kappa(&[vec![3, 0], vec![0, 3]], 0.95).unwrap();
        assert_eq!(perfect.estimate.value, Ok(1.0));
    }
}
