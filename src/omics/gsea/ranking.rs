//! Genes in order of a statistic.

use crate::omics::error::OmicsError;
use crate::omics::sets::MeasuredSet;

/// Genes from the highest statistic to the lowest; ties by name, so that the order of the file does
/// not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    genes: Vec<String>,
    statistics: Vec<f64>,
    /// Rank of each gene in the order given.
    rank: Vec<u32>,
    /// Genes that share their statistic with another.
    pub tied: usize,
}

impl Ranking {
    /// # Errors
    /// Fewer than two genes, a statistic that is not finite, or statistics that are all equal.
    pub fn new(genes: &[String], statistics: &[f64]) -> Result<Self, OmicsError> {
        if genes.len() < 2 || genes.len() != statistics.len() {
            return Err(OmicsError::none(format!("{} genes cannot be ranked", genes.len())));
        }
        if statistics.iter().any(|value| !value.is_finite()) {
            return Err(OmicsError::none("a gene has no statistic to be ranked by"));
        }
        let mut order: Vec<usize> = (0..genes.len()).collect();
        order.sort_by(|a, b| {
            // Through addition -0 equals 0.
            (statistics[*b] + 0.0).total_cmp(&(statistics[*a] + 0.0)).then_with(|| genes[*a].cmp(&genes[*b]))
        });
        let mut rank = vec![0; genes.len()];
        for (place, gene) in order.iter().enumerate() {
            rank[*gene] = place as u32;
        }
        let sorted: Vec<f64> = order.iter().map(|gene| statistics[*gene]).collect();
        if sorted.first() == sorted.last() {
            return Err(OmicsError::none("all genes have the same statistic: there is no ranking"));
        }
        let tied = (0..sorted.len())
            .filter(|place| {
                let value = sorted[*place];
                sorted.get(place + 1) == Some(&value)
                    || place.checked_sub(1).is_some_and(|before| sorted[before] == value)
            })
            .count();
        Ok(Ranking {
            genes: order.into_iter().map(|gene| genes[gene].clone()).collect(),
            statistics: sorted,
            rank,
            tied,
        })
    }

    /// From the highest.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    pub fn statistics(&self) -> &[f64] {
        &self.statistics
    }

    pub fn len(&self) -> usize {
        self.genes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.genes.is_empty()
    }

    /// Ranks of a set's genes, ascending.
    pub fn ranks(&self, set: &MeasuredSet) -> Vec<u32> {
        let mut ranks: Vec<u32> =
            set.members.iter().filter_map(|gene| self.rank.get(*gene as usize).copied()).collect();
        ranks.sort_unstable();
        ranks
    }

    /// What each gene adds to the running sum: `|statistic|^weight`.
    pub fn steps(&self, weight: f64) -> Vec<f64> {
        steps(&self.statistics, weight)
    }
}

pub(super) fn steps(statistics: &[f64], weight: f64) -> Vec<f64> {
    statistics
        .iter()
        .map(|value| match weight {
            0.0 => 1.0,
            1.0 => value.abs(),
            weight => value.abs().powf(weight),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_stand_by_name_and_faults_are_told() {
        let genes: Vec<String> = ["c", "a", "b"].map(str::to_owned).to_vec();
        let ranking = Ranking::new(&genes, &[1.0, 1.0, 3.0]).unwrap();
        assert_eq!(ranking.genes(), ["b", "a", "c"]);
        assert_eq!(ranking.tied, 2);
        assert_eq!(Ranking::new(&genes, &[0.0, -0.0, 1.0]).unwrap().genes(), ["b", "a", "c"]);
        assert!(Ranking::new(&genes, &[1.0; 3]).is_err());
        assert!(Ranking::new(&genes, &[1.0, f64::NAN, 2.0]).is_err());
        assert!(Ranking::new(&[], &[]).is_err());
    }
}
