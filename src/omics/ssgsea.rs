//! `ssGSEA`: a score of each set in each sample (Barbie et al. 2009).

use rayon::prelude::*;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::ranks::each_tie;

use super::error::OmicsError;
use super::matrix::Expression;
use super::method::{ADJUST, Enrichment, Found, LEAST, MOST, Subject};
use super::sets::MeasuredSet;
use super::single_sample::Scores;

pub struct SsGsea;

static CARD: Card = Card {
    name: "ssGSEA",
    title: "Single-sample gene set enrichment analysis",
    role: Role::Enrichment,
    endpoints: &[],
    parameters: &[
        LEAST,
        Parameter { default: Initial::Integer(1_000_000), ..MOST },
        Parameter {
            name: "alpha",
            domain: Domain::Real { low: 0.0, high: 4.0 },
            default: Initial::Real(0.25),
            summary: "Power of the rank in the running sum.",
        },
        Parameter {
            name: "normalise",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Whether scores are divided by the range of all scores.",
        },
        Parameter {
            name: "ties",
            domain: Domain::Choice(&["shared", "row"]),
            default: Initial::Choice("shared"),
            summary: "Genes with equal values share their mean rank, or stand in the order of the rows.",
        },
        ADJUST,
    ],
    summary: "Scores each set in each sample by the ranks of its genes.",
    documentation: r#"
Within a sample genes are ranked from the lowest value (1) to the highest (n). The score is the sum over positions of the
difference between the weighted distribution of the set's genes (weights `rank^alpha`) and the distribution of the others,
which in closed form is `sum(rank^alpha position) / sum(rank^alpha) - mean position of the others`. With `normalise` all
scores are divided by the range over all sets and samples, as Barbie and GSVA do; they then depend on which samples are scored
together.

Ties: genes with equal values share their mean rank, as weight and as position, so that the order of rows does not matter;
floored arrays have many. GSVA 1.46 truncates the mean rank to a whole number and walks ties in the order of rows, which
`ties = row` reproduces; without ties both are the same. Sets with fewer than `min` measured genes are refused.
"#,
    references: &[
        "Barbie DA et al. Systematic RNA interference reveals that oncogenic KRAS-driven cancers require TBK1. Nature 2009;462:108-12.",
        "Hanzelmann S et al. GSVA. BMC Bioinformatics 2013;14:7.",
    ],
    example: r#"enrich ssGSEA("immune28.gmt")"#,
};

/// What happens to genes with equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// They share their mean rank.
    Shared,
    /// They stand in the order of rows, their weight that of the truncated mean rank, as GSVA.
    Row,
}

/// How sets are scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub alpha: f64,
    pub normalise: bool,
    pub ties: Ties,
}

impl Default for Options {
    fn default() -> Self {
        Options { alpha: 0.25, normalise: true, ties: Ties::Shared }
    }
}

/// Scores of every set in every sample.
///
/// # Errors
/// No sets; stopped.
pub fn scores(
    matrix: &Expression,
    sets: &[MeasuredSet],
    options: Options,
    watch: &Watch,
) -> Result<Scores, OmicsError> {
    if sets.is_empty() {
        return Err(OmicsError::none("no gene set is left to score"));
    }
    let n = matrix.genes().len();
    // Weights depend on the rank alone: twice the rank, because shared ranks are halves.
    let weights: Vec<f64> = (0..=2 * n).map(|twice| (twice as f64 / 2.0).powf(options.alpha)).collect();
    let everything = (n * (n + 1)) as f64 / 2.0;
    let columns: Vec<Vec<f64>> = (0..matrix.samples().len())
        .into_par_iter()
        .map(|sample| {
            watch.check()?;
            let values = matrix.column(sample);
            let order = ascending(&values);
            // Twice the rank that weighs, and the position that counts.
            let mut twice = vec![0u32; n];
            let mut position = vec![0.0; n];
            each_tie(&order, &values, |start, end| {
                let shared = (start + end + 1) as u32;
                for (index, gene) in order[start..end].iter().enumerate() {
                    match options.ties {
                        Ties::Shared => {
                            twice[*gene] = shared;
                            position[*gene] = f64::from(shared) / 2.0;
                        }
                        Ties::Row => {
                            twice[*gene] = shared / 2 * 2;
                            // The first row of a tie stands highest.
                            position[*gene] = (end - index) as f64;
                        }
                    }
                }
            });
            Ok(sets
                .iter()
                .map(|set| {
                    let (mut weighted, mut total, mut inside) = (0.0, 0.0, 0.0);
                    for gene in &set.members {
                        let gene = *gene as usize;
                        let weight = weights[twice[gene] as usize];
                        weighted += weight * position[gene];
                        total += weight;
                        inside += position[gene];
                    }
                    weighted / total - (everything - inside) / (n - set.members.len()) as f64
                })
                .collect())
        })
        .collect::<Result<_, OmicsError>>()?;
    let mut values: Vec<f64> = (0..sets.len()).flat_map(|set| columns.iter().map(move |column| column[set])).collect();
    let mut notes = Vec::new();
    if options.normalise {
        let (low, high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        if high > low {
            values.iter_mut().for_each(|value| *value /= high - low);
        } else {
            notes.push("all scores are equal and are not normalised".to_owned());
        }
    }
    Ok(Scores { sets: sets.to_vec(), samples: matrix.samples().to_vec(), values, notes })
}

/// Places in ascending order of value; equal ones in the order of rows.
pub(super) fn ascending(values: &[f64]) -> Vec<usize> {
    let mut keyed: Vec<(u64, u32)> = values
        .iter()
        .enumerate()
        .map(|(place, value)| {
            // Bits that sort as the numbers do; -0 is 0.
            let bits = (value + 0.0).to_bits();
            let key = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
            (key, place as u32)
        })
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, place)| place as usize).collect()
}

impl Enrichment for SsGsea {
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
        let ties = if settings.choice("ties") == "row" { Ties::Row } else { Ties::Shared };
        let options = Options { alpha: settings.real("alpha"), normalise: settings.flag("normalise"), ties };
        let scores = scores(subject.matrix, sets, options, watch)?;
        let shared = match ties {
            Ties::Shared => "tied genes share their mean rank",
            Ties::Row => "tied genes in the order of rows",
        };
        Ok(Found::Scored { scores, how: format!("ssGSEA, alpha {}, {shared}", options.alpha) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    fn set(members: &[u32]) -> MeasuredSet {
        MeasuredSet { name: "s".into(), collection: "c".into(), size: members.len(), members: members.to_vec() }
    }

    fn matrix(columns: &[Vec<f64>]) -> Expression {
        let genes = (0..columns[0].len()).map(|gene| format!("g{gene}")).collect();
        let samples = (0..columns.len()).map(|sample| sample.to_string()).collect();
        let values = (0..columns[0].len()).flat_map(|gene| columns.iter().map(move |c| c[gene])).collect();
        Expression::new(genes, samples, values, Scale::Log)
    }

    /// The sum over positions of the difference of the two distributions, as the definition has it.
    fn by_definition(values: &[f64], members: &[u32], alpha: f64) -> f64 {
        let order = ascending(values);
        let n = values.len();
        let rank = |gene: usize| order.iter().position(|other| *other == gene).unwrap() as f64 + 1.0;
        let total: f64 = members.iter().map(|gene| rank(*gene as usize).powf(alpha)).sum();
        let (mut inside, mut outside, mut sum) = (0.0, 0.0, 0.0);
        for gene in order.iter().rev() {
            if members.contains(&(*gene as u32)) {
                inside += rank(*gene).powf(alpha) / total;
            } else {
                outside += 1.0 / (n - members.len()) as f64;
            }
            sum += inside - outside;
        }
        sum
    }

    #[test]
    fn the_closed_form_is_the_sum_of_differences() {
        let values: Vec<f64> = (0..30).map(|gene| f64::from((gene * 17) % 31)).collect();
        let options = Options { normalise: false, ..Options::default() };
        let told =
            scores(&matrix(std::slice::from_ref(&values)), &[set(&[2, 5, 11, 28])], options, &Watch::silent()).unwrap();
        assert!((told.values[0] - by_definition(&values, &[2, 5, 11, 28], 0.25)).abs() < 1e-11);
    }

    #[test]
    fn the_order_of_rows_does_not_count_and_ties_share() {
        let values = vec![1.0, 1.0, 1.0, 4.0, 5.0, 5.0];
        let turned: Vec<f64> = values.iter().rev().copied().collect();
        let options = Options { normalise: false, ..Options::default() };
        let a = scores(&matrix(&[values]), &[set(&[0, 4])], options, &Watch::silent()).unwrap();
        let b = scores(&matrix(&[turned]), &[set(&[1, 5])], options, &Watch::silent()).unwrap();
        assert!((a.values[0] - b.values[0]).abs() < 1e-12);
        let flat = scores(&matrix(&[vec![2.0; 6]]), &[set(&[0, 4])], Options::default(), &Watch::silent()).unwrap();
        assert!(flat.values[0].abs() < 1e-12);
        assert_eq!(flat.notes.len(), 1);
        assert!(scores(&matrix(&[vec![2.0; 6]]), &[], Options::default(), &Watch::silent()).is_err());
    }
}
