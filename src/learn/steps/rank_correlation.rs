//! Spearman's correlation of many columns: ranks are made once, pairs with missing values apart.

use crate::stats::ranks::midranks;

/// A column with its standardised midranks.
pub struct Ranks<'a> {
    values: &'a [f64],
    /// Standardised to mean 0 and length 1; `None` where a value is missing.
    unit: Option<Vec<f64>>,
}

impl<'a> Ranks<'a> {
    pub fn new(values: &'a [f64]) -> Self {
        let complete = values.iter().all(|value| !value.is_nan());
        Ranks { values, unit: complete.then(|| standardised(values)) }
    }

    /// Spearman's ρ over the rows that both have; `None` where either is constant there.
    pub fn correlation(&self, other: &Ranks<'_>) -> Option<f64> {
        let dot = |a: &[f64], b: &[f64]| {
            let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            let varies = a.iter().any(|value| *value != 0.0) && b.iter().any(|value| *value != 0.0);
            varies.then(|| product.clamp(-1.0, 1.0))
        };
        if let (Some(a), Some(b)) = (&self.unit, &other.unit) {
            return dot(a, b);
        }
        let both = self.values.iter().zip(other.values).filter(|(a, b)| !a.is_nan() && !b.is_nan());
        let (a, b): (Vec<f64>, Vec<f64>) = both.map(|(a, b)| (*a, *b)).unzip();
        dot(&standardised(&a), &standardised(&b))
    }
}

/// Midranks minus their mean, divided by their length; zeros for a constant column.
fn standardised(values: &[f64]) -> Vec<f64> {
    let ranks = midranks(values);
    let mean = (values.len() as f64 + 1.0) / 2.0;
    let centred: Vec<f64> = ranks.iter().map(|rank| rank - mean).collect();
    let length = centred.iter().map(|rank| rank * rank).sum::<f64>().sqrt();
    if length < 1e-9 { vec![0.0; values.len()] } else { centred.iter().map(|rank| rank / length).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_r_with_ties_and_missing_values() {
        // R: cor(c(1,2,2,4,7), c(3,1,4,4,9), method = "spearman")
        let a = [1.0, 2.0, 2.0, 4.0, 7.0];
        let b = [3.0, 1.0, 4.0, 4.0, 9.0];
        let rho = Ranks::new(&a).correlation(&Ranks::new(&b)).unwrap();
        assert!((rho - 0.763_157_894_736_842_1).abs() < 1e-15, "{rho}");
        let with = [1.0, 2.0, 2.0, 4.0, 7.0, f64::NAN, 3.0];
        let other = [3.0, 1.0, 4.0, 4.0, 9.0, 1.0, f64::NAN];
        assert_eq!(Ranks::new(&with).correlation(&Ranks::new(&other)), Some(rho));
        assert_eq!(Ranks::new(&a).correlation(&Ranks::new(&[2.0; 5])), None);
    }
}
