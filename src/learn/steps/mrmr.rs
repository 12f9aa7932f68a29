//! Minimum redundancy, maximum relevance.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Censored, Outcome};

use super::columns::{numbers, thaw};
use super::rank_correlation::Ranks;
use super::selected::Selected;

static CARD: Card = Card {
    name: "mRMR",
    title: "Minimum redundancy, maximum relevance",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Integer(10),
            summary: "Number of features to keep.",
        },
        Parameter {
            name: "scheme",
            domain: Domain::Choice(&["difference", "quotient"]),
            default: Initial::Choice("difference"),
            summary: "Relevance minus, or divided by, the mean redundancy.",
        },
    ],
    summary: "Keeps the features that say most of the endpoint and least of each other.",
    documentation: "Greedy: the first feature has the largest relevance I(x; y); each next one maximises I(x; y) minus (or divided by) the mean of I(x; s) over the features s kept so far. I = -½ log(1 - ρ²) with Spearman’s ρ on the training rows that have both values, the estimate of De Jay and others. The endpoint is 0/1 for a binary one, the value for a continuous one, and the martingale residual of the model without covariates (event minus Nelson-Aalen hazard) for a censored one. Ties go to the earlier column. Levels must be coded first. Features without a relevance are never kept.",
    references: &[
        "Peng H, Long F, Ding C. IEEE Trans Pattern Anal Mach Intell 2005;27:1226-38.",
        "De Jay N, et al. Bioinformatics 2013;29:2365-8.",
    ],
    example: "prepare radiomics by z-score then mRMR(features = 20)",
};

/// Minimum redundancy, maximum relevance.
pub struct Mrmr;

impl Step for Mrmr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn sees_outcome(&self) -> bool {
        true
    }

    fn fit(
        &self,
        block: &Block,
        outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let ranks = block
            .columns()
            .iter()
            .map(|column| Ok(Ranks::new(numbers(column)?)))
            .collect::<Result<Vec<_>, FitError>>()?;
        let endpoint = match outcome {
            Outcome::Binary(events) => events.iter().map(|event| f64::from(u8::from(*event))).collect(),
            Outcome::Continuous(values) => values.clone(),
            Outcome::Survival(censored) => martingale(censored),
            Outcome::Nominal(_) => {
                return Err(FitError::WrongEndpoint { learner: CARD.name, kind: outcome.kind() });
            }
        };
        let target = Ranks::new(&endpoint);
        let information =
            |a: &Ranks, b: &Ranks| a.correlation(b).map_or(0.0, |rho| -0.5 * (1.0 - rho * rho).max(1e-12).ln());
        let relevance: Vec<f64> = ranks.iter().map(|own| information(own, &target)).collect();
        let quotient = settings.choice("scheme") == "quotient";
        let wanted = settings.count("features");
        let mut redundancy = vec![0.0; ranks.len()];
        let mut chosen: Vec<(usize, f64)> = Vec::new();
        while chosen.len() < wanted {
            watch.check()?;
            let mut best: Option<(usize, f64)> = None;
            for index in 0..ranks.len() {
                if relevance[index] <= 0.0 || chosen.iter().any(|(other, _)| *other == index) {
                    continue;
                }
                let mean = redundancy[index] / chosen.len().max(1) as f64;
                let score = match (chosen.is_empty(), quotient) {
                    (true, _) => relevance[index],
                    (false, true) => relevance[index] / mean.max(1e-12),
                    (false, false) => relevance[index] - mean,
                };
                if best.is_none_or(|(_, top)| score > top) {
                    best = Some((index, score));
                }
            }
            let Some((next, score)) = best else { break };
            chosen.push((next, score));
            for (index, own) in ranks.iter().enumerate() {
                redundancy[index] += information(own, &ranks[next]);
            }
        }
        let names = block.names();
        let mut kept: Vec<usize> = chosen.iter().map(|(index, _)| *index).collect();
        kept.sort_unstable();
        let scores = names.iter().cloned().zip(relevance).collect();
        let kept = kept.into_iter().map(|index| names[index].clone()).collect();
        Ok(Box::new(Selected::new(CARD.name, "relevance", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

/// Event indicator minus the Nelson-Aalen cumulative hazard over the row's time at risk.
fn martingale(censored: &Censored) -> Vec<f64> {
    let n = censored.len();
    let entry = |row: usize| censored.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[row]);
    let mut times: Vec<f64> = (0..n).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let hazard: Vec<f64> = times
        .iter()
        .map(|time| {
            let events = (0..n).filter(|row| censored.time[*row] == *time && censored.event[*row] == 1).count();
            let at_risk = (0..n).filter(|row| censored.time[*row] >= *time && entry(*row) < *time).count();
            events as f64 / at_risk.max(1) as f64
        })
        .collect();
    (0..n)
        .map(|row| {
            let from = times.partition_point(|time| *time <= entry(row));
            let until = times.partition_point(|time| *time <= censored.time[row]);
            f64::from(u8::from(censored.event[row] == 1)) - hazard[from.min(until)..until].iter().sum::<f64>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use rand::RngExt;

    #[test]
    fn a_copy_is_redundant() {
        let mut rng = Stream::root(5).rng();
        let mut x = ndarray::Array2::from_shape_fn((100, 5), |_| rng.random_range(-1.0f64..1.0));
        for row in 0..100 {
            x[[row, 1]] = x[[row, 0]] + 0.01 * x[[row, 4]];
        }
        let names: Vec<String> = (0..5).map(|index| format!("x{index}")).collect();
        let block = Block::from_matrix(&names, &x);
        let score: Vec<f64> = x.rows().into_iter().map(|row| 2.0 * row[0] + row[2]).collect();
        let settings = Settings::new(&CARD, [("features", Value::Integer(2))]).unwrap();
        let binary = Outcome::Binary(score.iter().map(|score| *score > 0.0).collect());
        let time = score.iter().map(|score| (-score).exp()).collect();
        let survival = Outcome::Survival(Censored::new(time, vec![1; 100]));
        for outcome in [binary, survival] {
            let fitted = Mrmr.fit(&block, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
            let kept = fitted.apply(&block).unwrap().names();
            assert!(kept[1] == "x2" && (kept[0] == "x0" || kept[0] == "x1"), "{kept:?}");
        }
    }

    #[test]
    fn martingale_residuals_sum_to_zero() {
        let outcome = Censored::new(vec![1.0, 2.0, 2.0, 3.0, 5.0], vec![1, 1, 0, 0, 1]);
        let residuals = martingale(&outcome);
        assert!(residuals.iter().sum::<f64>().abs() < 1e-12);
        assert!((residuals[0] - 0.8).abs() < 1e-12);
    }
}
