//! Adjustment of p-values for multiple comparisons.

use serde::{Deserialize, Serialize};

/// How p-values of one family are adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adjustment {
    /// As they are.
    None,
    /// `min(1, m p)`: family-wise error under any dependence.
    Bonferroni,
    /// Step-down Bonferroni (Holm 1979).
    Holm,
    /// Step-up (Hochberg 1988): family-wise error for independent or positively dependent tests.
    Hochberg,
    /// False discovery rate (Benjamini & Hochberg 1995).
    BenjaminiHochberg,
    /// False discovery rate under any dependence (Benjamini & Yekutieli 2001).
    BenjaminiYekutieli,
}

impl Adjustment {
    /// The word of a study; `None` for an unknown word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Adjustment::None,
            "bonferroni" => Adjustment::Bonferroni,
            "holm" => Adjustment::Holm,
            "hochberg" => Adjustment::Hochberg,
            "BH" | "fdr" => Adjustment::BenjaminiHochberg,
            "BY" => Adjustment::BenjaminiYekutieli,
            _ => return None,
        })
    }

    /// The name in a paper.
    pub fn title(self) -> &'static str {
        match self {
            Adjustment::None => "unadjusted",
            Adjustment::Bonferroni => "Bonferroni",
            Adjustment::Holm => "Holm",
            Adjustment::Hochberg => "Hochberg",
            Adjustment::BenjaminiHochberg => "Benjamini-Hochberg",
            Adjustment::BenjaminiYekutieli => "Benjamini-Yekutieli",
        }
    }
}

/// Adjusted p-values in the order given. A p that is absent stays absent and does not count
/// among the tests of the family.
pub fn adjust_present(p: &[Option<f64>], how: Adjustment) -> Vec<Option<f64>> {
    let present: Vec<f64> = p.iter().flatten().copied().collect();
    let mut adjusted = adjust(&present, how).into_iter();
    p.iter().map(|value| value.and_then(|_| adjusted.next())).collect()
}

/// Adjusted p-values in the order given.
pub fn adjust(p: &[f64], how: Adjustment) -> Vec<f64> {
    let m = p.len();
    let count = m as f64;
    match how {
        Adjustment::None => p.to_vec(),
        Adjustment::Bonferroni => p.iter().map(|p| (p * count).min(1.0)).collect(),
        Adjustment::Holm => {
            let order = super::ranks::order(p);
            let mut adjusted = vec![0.0; m];
            let mut worst = 0.0f64;
            for (index, row) in order.iter().enumerate() {
                worst = worst.max((count - index as f64) * p[*row]);
                adjusted[*row] = worst.min(1.0);
            }
            adjusted
        }
        Adjustment::Hochberg | Adjustment::BenjaminiHochberg | Adjustment::BenjaminiYekutieli => {
            let dependence = match how {
                Adjustment::BenjaminiYekutieli => (1..=m).map(|i| 1.0 / i as f64).sum(),
                _ => 1.0,
            };
            let order = super::ranks::order(p);
            let mut adjusted = vec![0.0; m];
            let mut best = 1.0f64;
            for (index, row) in order.iter().enumerate().rev() {
                let factor = match how {
                    Adjustment::Hochberg => count - index as f64,
                    _ => dependence * count / (index + 1) as f64,
                };
                best = best.min(factor * p[*row]);
                adjusted[*row] = best;
            }
            adjusted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_p_adjust_of_r() {
        let p = [0.01, 0.04, 0.03, 0.5];
        let near = |a: Vec<f64>, b: [f64; 4]| {
            for (a, b) in a.iter().zip(b) {
                assert!((a - b).abs() < 1e-12, "{a} is not {b}");
            }
        };
        near(adjust(&p, Adjustment::Holm), [0.04, 0.09, 0.09, 0.5]);
        near(adjust(&p, Adjustment::Hochberg), [0.04, 0.08, 0.08, 0.5]);
        near(adjust(&p, Adjustment::BenjaminiHochberg), [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5]);
        near(adjust(&p, Adjustment::Bonferroni), [0.04, 0.16, 0.12, 1.0]);
        assert!(adjust(&[], Adjustment::Holm).is_empty());
    }

    #[test]
    fn absent_p_values_do_not_count() {
        assert_eq!(
            adjust_present(&[Some(0.02), None, Some(0.5)], Adjustment::Bonferroni),
            [Some(0.04), None, Some(1.0)]
        );
    }
}
