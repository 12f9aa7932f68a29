//! `GSVA`: gene set variation analysis (Hanzelmann et al. 2013).

use rayon::prelude::*;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::distribution::normal_cdf;

use super::error::OmicsError;
use super::matrix::Expression;
use super::method::{ADJUST, Enrichment, Found, LEAST, MOST, Subject};
use super::sets::MeasuredSet;
use super::single_sample::Scores;
use super::ssgsea::ascending;

pub struct Gsva;

static CARD: Card = Card {
    name: "GSVA",
    title: "Gene set variation analysis",
    role: Role::Enrichment,
    endpoints: &[],
    parameters: &[
        LEAST,
        Parameter { default: Initial::Integer(1_000_000), ..MOST },
        Parameter {
            name: "weight",
            domain: Domain::Real { low: 0.0, high: 4.0 },
            default: Initial::Real(1.0),
            summary: "Power of the rank statistic in the running sum (tau).",
        },
        ADJUST,
    ],
    summary: "Scores each set in each sample against the other samples.",
    documentation: r#"
Each value becomes the log-odds of its place in the gene's distribution over the samples, estimated with a Gaussian kernel of a
quarter of the gene's standard deviation. Within a sample genes are then ranked by it; the running sum of GSEA, with steps of
the distance of the rank from the middle, has a largest positive and a largest negative deviation, and the score is their sum.
Genes that do not vary are left out, and genes with equal places in their distributions stand in the order of rows. Follows GSVA
1.46 with its default `mx.diff = TRUE`, the table of the normal distribution that it interpolates among it. A score depends on
the other samples.
"#,
    references: &[
        "Hanzelmann S et al. GSVA: gene set variation analysis for microarray and RNA-seq data. BMC Bioinformatics 2013;14:7.",
    ],
    example: r#"enrich GSVA("hallmark.gmt")"#,
};

/// The normal distribution at steps of a thousandth up to 10, as GSVA tabulates it.
const TABLE: usize = 10_000;
const FAR: f64 = 10.0;
/// Bandwidth of the kernel in standard deviations.
const BANDWIDTH: f64 = 4.0;

/// Scores of every set in every sample.
///
/// # Errors
/// No sets, fewer than two samples, no gene that varies; stopped.
pub fn scores(matrix: &Expression, sets: &[MeasuredSet], weight: f64, watch: &Watch) -> Result<Scores, OmicsError> {
    let width = matrix.samples().len();
    if width < 2 {
        return Err(OmicsError::none("GSVA compares samples with each other, and there is one"));
    }
    let varies: Vec<usize> =
        (0..matrix.genes().len()).filter(|gene| matrix.row(*gene).iter().any(|v| *v != matrix.row(*gene)[0])).collect();
    let mut place = vec![u32::MAX; matrix.genes().len()];
    for (new, old) in varies.iter().enumerate() {
        place[*old] = new as u32;
    }
    let sets: Vec<MeasuredSet> = sets
        .iter()
        .map(|set| MeasuredSet {
            members: set.members.iter().map(|gene| place[*gene as usize]).filter(|new| *new != u32::MAX).collect(),
            ..set.clone()
        })
        .filter(|set| !set.members.is_empty() && set.members.len() < varies.len())
        .collect();
    if sets.is_empty() {
        return Err(OmicsError::none("no gene set is left to score"));
    }
    let table: Vec<f64> = (0..=TABLE).map(|step| normal_cdf(FAR * step as f64 / TABLE as f64)).collect();
    let densities: Vec<Vec<f64>> = varies
        .par_iter()
        .map(|gene| {
            watch.check()?;
            Ok(places_in_distribution(matrix.row(*gene), &table))
        })
        .collect::<Result<_, OmicsError>>()?;
    let n = varies.len();
    let columns: Vec<Vec<f64>> = (0..width)
        .into_par_iter()
        .map(|sample| {
            watch.check()?;
            // From the highest; equal ones in the order of rows.
            let negative: Vec<f64> = densities.iter().map(|density| -density[sample]).collect();
            let order = ascending(&negative);
            let mut position = vec![0u32; n];
            for (at, gene) in order.iter().enumerate() {
                position[*gene] = at as u32;
            }
            let step = |at: u32| {
                let distance = ((n - at as usize) as f64 - n as f64 / 2.0).abs();
                if weight == 1.0 { distance } else { distance.powf(weight) }
            };
            Ok(sets
                .iter()
                .map(|set| {
                    let mut at: Vec<u32> = set.members.iter().map(|gene| position[*gene as usize]).collect();
                    at.sort_unstable();
                    let total: f64 = at.iter().map(|at| step(*at)).sum();
                    let out = 1.0 / (n - at.len()) as f64;
                    let (mut top, mut bottom, mut sum) = (0.0f64, 0.0f64, 0.0);
                    for (index, at) in at.iter().enumerate() {
                        let missed = f64::from(*at - index as u32) * out;
                        bottom = bottom.min(sum - missed);
                        sum += step(*at) / total;
                        top = top.max(sum - missed);
                    }
                    top + bottom
                })
                .collect())
        })
        .collect::<Result<_, OmicsError>>()?;
    let values = (0..sets.len()).flat_map(|set| columns.iter().map(move |column| column[set])).collect();
    let mut notes = Vec::new();
    if varies.len() < matrix.genes().len() {
        notes.push(format!("{} genes do not vary and are left out", matrix.genes().len() - varies.len()));
    }
    Ok(Scores { sets, samples: matrix.samples().to_vec(), values, notes })
}

/// Log-odds of the place of each value among all.
fn places_in_distribution(values: &[f64], table: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let width = if spread > 0.0 { spread / BANDWIDTH } else { 0.001 };
    values
        .iter()
        .map(|value| {
            let sum: f64 = values
                .iter()
                .map(|other| {
                    let v = (value - other) / width;
                    if v < -FAR {
                        0.0
                    } else if v > FAR {
                        1.0
                    } else {
                        let step = (v.abs() / FAR * TABLE as f64) as usize;
                        let below = table.get(step).copied().unwrap_or(1.0);
                        if v < 0.0 { 1.0 - below } else { below }
                    }
                })
                .sum();
            let left = sum / n;
            -((1.0 - left) / left).ln()
        })
        .collect()
}

impl Enrichment for Gsva {
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
        settings: &Settings,
        _: &Stream,
        watch: &Watch,
    ) -> Result<Found, OmicsError> {
        let scores = scores(subject.matrix, sets, settings.real("weight"), watch)?;
        Ok(Found::Scored { scores, how: "GSVA, Gaussian kernel".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    #[test]
    fn a_set_that_is_high_in_a_sample_scores_high_there() {
        let genes: Vec<String> = (0..20).map(|gene| gene.to_string()).collect();
        let samples: Vec<String> = (0..6).map(|sample| sample.to_string()).collect();
        let values = (0..120)
            .map(|place| {
                let (gene, sample) = (place / 6, place % 6);
                if gene == 19 {
                    4.0
                } else {
                    f64::from((gene * 7 + sample * 5) % 11) + if gene < 4 && sample == 2 { 9.0 } else { 0.0 }
                }
            })
            .collect();
        let matrix = Expression::new(genes, samples, values, Scale::Log);
        let set = MeasuredSet { name: "s".into(), collection: "c".into(), size: 4, members: vec![0, 1, 2, 3] };
        let told = scores(&matrix, std::slice::from_ref(&set), 1.0, &Watch::silent()).unwrap();
        let best = told.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(told.values[2], best);
        assert!(told.notes[0].starts_with("1 genes do not vary"));
        assert!(scores(&matrix.of_samples(&[0]), &[set], 1.0, &Watch::silent()).is_err());
    }
}
