//! `zscore`: the combined z-score of a set in each sample (Lee et al. 2008).

use crate::card::{Card, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use super::error::OmicsError;
use super::matrix::Expression;
use super::method::{ADJUST, Enrichment, Found, LEAST, MOST, Subject};
use super::sets::MeasuredSet;
use super::single_sample::Scores;

pub struct Zscore;

static CARD: Card = Card {
    name: "zscore",
    title: "Combined z-score",
    role: Role::Enrichment,
    endpoints: &[],
    parameters: &[LEAST, Parameter { default: Initial::Integer(1_000_000), ..MOST }, ADJUST],
    summary: "Sum of the standardised genes of a set over the root of their number.",
    documentation: r#"
Each gene is standardised over the samples; the score of a set of `k` genes is the sum of their z over `k^(1/2)`, which has unit
variance if they are independent. Genes that do not vary are left out. As GSVA's `method = "zscore"`. A score depends on the
other samples.
"#,
    references: &[
        "Lee E et al. Inferring pathway activity toward precise disease classification. PLoS Comput Biol 2008;4:e1000217.",
    ],
    example: r#"enrich zscore("immune28.gmt")"#,
};

/// Scores of every set in every sample.
///
/// # Errors
/// No sets with a gene that varies.
pub fn scores(matrix: &Expression, sets: &[MeasuredSet]) -> Result<Scores, OmicsError> {
    let width = matrix.samples().len();
    let z = |gene: usize| -> Option<Vec<f64>> {
        let row = matrix.row(gene);
        let mean = row.iter().sum::<f64>() / width as f64;
        let spread = (row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (width as f64 - 1.0)).sqrt();
        let varies = row.iter().any(|value| *value != row[0]);
        (varies && spread > 0.0).then(|| row.iter().map(|value| (value - mean) / spread).collect())
    };
    let (mut kept, mut values) = (Vec::new(), Vec::new());
    for set in sets {
        let mut sum = vec![0.0; width];
        let mut genes = 0;
        for gene in &set.members {
            if let Some(z) = z(*gene as usize) {
                genes += 1;
                sum.iter_mut().zip(z).for_each(|(sum, z)| *sum += z);
            }
        }
        if genes > 0 {
            kept.push(set.clone());
            values.extend(sum.into_iter().map(|sum| sum / f64::from(genes).sqrt()));
        }
    }
    if kept.is_empty() {
        return Err(OmicsError::none("no gene set is left to score"));
    }
    Ok(Scores { sets: kept, samples: matrix.samples().to_vec(), values, notes: Vec::new() })
}

impl Enrichment for Zscore {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn per_sample(&self) -> bool {
        true
    }

    fn run(
        &self,
        subject: &Subject<'_>,
        sets: &[MeasuredSet],
        _: &Settings,
        _: &Stream,
        watch: &Watch,
    ) -> Result<Found, OmicsError> {
        watch.check()?;
        Ok(Found::Scored { scores: scores(subject.matrix, sets)?, how: "combined z-score".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    #[test]
    fn genes_are_standardised_and_summed() {
        let genes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let values = vec![1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 5.0, 5.0, 5.0];
        let matrix = Expression::new(genes, (0..3).map(|s| s.to_string()).collect(), values, Scale::Log);
        let set = |members: Vec<u32>| MeasuredSet { name: "s".into(), collection: "c".into(), size: 3, members };
        let told = scores(&matrix, &[set(vec![0, 1, 2])]).unwrap();
        assert!((told.values[2] - 2.0f64.sqrt()).abs() < 1e-12);
        assert!(scores(&matrix, &[set(vec![2])]).is_err());
    }
}
