//! Scores of gene sets in each sample, and their comparison between groups.

use crate::stats::hypothesis::{Exactness, mann_whitney};
use crate::stats::multiplicity::{Adjustment, adjust_present};
use crate::stats::ranks::quantile_of_sorted;

use super::error::OmicsError;
use super::sets::MeasuredSet;

/// Sets by samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    pub sets: Vec<MeasuredSet>,
    pub samples: Vec<String>,
    /// Set after set.
    pub values: Vec<f64>,
    pub notes: Vec<String>,
}

impl Scores {
    pub fn row(&self, set: usize) -> &[f64] {
        &self.values[set * self.samples.len()..(set + 1) * self.samples.len()]
    }
}

/// One set between two groups.
#[derive(Clone, Debug, PartialEq)]
pub struct SetComparison {
    pub set: String,
    pub collection: String,
    pub size: usize,
    pub measured: usize,
    /// Medians inside and beside the group.
    pub medians: (f64, f64),
    pub counts: (usize, usize),
    /// Mann-Whitney's W, and the probability that a sample of the group has the higher score.
    pub w: f64,
    pub superiority: f64,
    pub p: Option<f64>,
    pub adjusted: Option<f64>,
}

/// Compares every set by the Mann-Whitney test (exact below 50 a group without ties), adjusted
/// over the sets.
///
/// # Errors
/// An empty group.
pub fn compared(scores: &Scores, inside: &[bool], adjustment: Adjustment) -> Result<Vec<SetComparison>, OmicsError> {
    let count = inside.iter().filter(|inside| **inside).count();
    if count == 0 || count == inside.len() || inside.len() != scores.samples.len() {
        return Err(OmicsError::none(format!("groups of {count} and {} samples", inside.len() - count)));
    }
    let mut compared: Vec<SetComparison> = scores
        .sets
        .iter()
        .enumerate()
        .map(|(place, set)| {
            let of = |wanted: bool| -> Vec<f64> {
                scores.row(place).iter().zip(inside).filter(|(_, i)| **i == wanted).map(|(v, _)| *v).collect()
            };
            let (a, b) = (of(true), of(false));
            let median = |values: &[f64]| {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                quantile_of_sorted(&sorted, 0.5).unwrap_or(f64::NAN)
            };
            let test = mann_whitney(&a, &b, Exactness::Automatic).ok();
            let w = test.as_ref().and_then(|test| test.statistic_value()).unwrap_or(f64::NAN);
            SetComparison {
                set: set.name.clone(),
                collection: set.collection.clone(),
                size: set.size,
                measured: set.members.len(),
                medians: (median(&a), median(&b)),
                counts: (a.len(), b.len()),
                w,
                superiority: w / (a.len() * b.len()) as f64,
                p: test.map(|test| test.p),
                adjusted: None,
            }
        })
        .collect();
    let p: Vec<Option<f64>> = compared.iter().map(|set| set.p).collect();
    for (set, adjusted) in compared.iter_mut().zip(adjust_present(&p, adjustment)) {
        set.adjusted = adjusted;
    }
    Ok(compared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_score_is_not_tested_and_an_empty_group_is_told() {
        let set = |name: &str| MeasuredSet { name: name.into(), collection: "c".into(), size: 9, members: vec![0] };
        let scores = Scores {
            sets: vec![set("a"), set("b")],
            samples: (0..4).map(|s| s.to_string()).collect(),
            values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0],
            notes: vec![],
        };
        let told = compared(&scores, &[false, false, true, true], Adjustment::BenjaminiHochberg).unwrap();
        assert_eq!((told[0].superiority, told[1].p), (1.0, None));
        assert_eq!(told[0].p, told[0].adjusted);
        assert!(compared(&scores, &[true; 4], Adjustment::BenjaminiHochberg).is_err());
    }
}
