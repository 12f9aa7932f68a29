//! Stability selection.

use ndarray::Axis;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::Block;
use crate::learn::glmnet::cross_validation::fit_path;
use crate::learn::glmnet::{Control, Lambdas, Path, Penalty};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::learn::steps::columns::thaw;
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;
use crate::survival::coxnet;

use super::penalised::complete_matrix;

static CARD: Card = Card {
    name: "stability",
    title: "Stability selection",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "threshold",
            domain: Domain::RealOpen { low: 0.5, high: 1.0 },
            default: Initial::Real(0.75),
            summary: "A feature stays if it is selected in more than this share of the subsamples.",
        },
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Derived("the square root of (2 threshold - 1) times the number of features"),
            summary: "Most features selected in a subsample, q: the first to enter the path.",
        },
        Parameter {
            name: "resamples",
            domain: Domain::Integer { low: 2, high: 10_000 },
            default: Initial::Integer(100),
            summary: "Number of subsamples, drawn in complementary pairs of half the rows.",
        },
        Parameter {
            name: "l1_ratio",
            domain: Domain::Real { low: 0.01, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Share of the absolute penalty: 1 is the lasso.",
        },
    ],
    summary: "Keeps the features that a lasso selects in most subsamples of the training rows.",
    documentation: "The training rows are split `resamples / 2` times into two halves, each class (events, censored) \
halved. In each half the features are those of the last penalty on the lasso path (logistic, linear or Cox) at which \
at most q have a coefficient. A feature stays if its selection frequency π is above `threshold`. For q features and p \
columns the expected number of falsely selected ones is at most q² / ((2 threshold - 1) p), so that the default q \
bounds it by 1. The frequencies are part of the result. A half in which the path cannot be fitted selects nothing.",
    references: &[
        "Meinshausen N, Bühlmann P. J R Stat Soc B 2010;72:417-73.",
        "Shah RD, Samworth RJ. J R Stat Soc B 2013;75:55-80.",
    ],
    example: "prepare radiomics by z-score then stability(threshold = 0.7)",
};

/// Stability selection.
pub struct Stability;

impl Step for Stability {
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
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let x = complete_matrix(block, CARD.name)?;
        let (n, p) = x.dim();
        if n < 4 {
            return Err(FitError::NotEstimable {
                learner: CARD.name,
                reason: format!("{n} rows cannot be halved and fitted"),
            });
        }
        let threshold = settings.real("threshold");
        let most = settings
            .count_if_given("features")
            .unwrap_or_else(|| (((2.0 * threshold - 1.0) * p as f64).sqrt().floor() as usize).max(1));
        let penalty = Penalty { alpha: settings.real("l1_ratio"), factors: None };
        let pairs = settings.count("resamples").div_ceil(2);
        let selected: Vec<Vec<usize>> = (0..pairs)
            .into_par_iter()
            .map(|pair| {
                let mut halves = Vec::with_capacity(2);
                for rows in halve(outcome, &stream.indexed(pair as u64)) {
                    watch.check()?;
                    let part = x.select(Axis(0), &rows);
                    let own = outcome.select(&rows);
                    let (lambdas, control) = (Lambdas::default(), Control::default());
                    let path = match &own {
                        Outcome::Survival(censored) => {
                            coxnet::fit_path(part.view(), censored, None, &penalty, &lambdas, &control, watch)
                        }
                        _ => fit_path(part.view(), &own, None, &penalty, &lambdas, &control, watch),
                    };
                    match path {
                        Ok(path) => halves.push(first(&path, most)),
                        Err(FitError::Cancelled(cancelled)) => return Err(cancelled.into()),
                        Err(_) => halves.push(Vec::new()),
                    }
                }
                Ok(halves)
            })
            .collect::<Result<Vec<_>, FitError>>()?
            .into_iter()
            .flatten()
            .collect();
        let mut counts = vec![0usize; p];
        selected.iter().flatten().for_each(|feature| counts[*feature] += 1);
        let share = |count: usize| count as f64 / selected.len() as f64;
        let names = block.names();
        let kept = (0..p).filter(|feature| share(counts[*feature]) > threshold).map(|f| names[f].clone()).collect();
        let scores = (0..p).filter(|f| counts[*f] > 0).map(|f| (names[f].clone(), share(counts[f]))).collect();
        Ok(Box::new(Selected::new(CARD.name, "selection frequency", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

/// Features at the last penalty at which at most `most` have a coefficient.
fn first(path: &Path, most: usize) -> Vec<usize> {
    let within = path.slopes.iter().take_while(|slopes| slopes.len() <= most).last();
    within.map_or_else(Vec::new, |slopes| slopes.iter().map(|(feature, _)| *feature).collect())
}

/// Two disjoint halves of the rows, each class halved.
fn halve(outcome: &Outcome, stream: &Stream) -> [Vec<usize>; 2] {
    let class = |row: usize| match outcome {
        Outcome::Binary(events) => usize::from(events[row]),
        Outcome::Survival(censored) => usize::from(censored.event[row] == 1),
        Outcome::Continuous(_) | Outcome::Nominal(_) => 0,
    };
    let mut rng = stream.rng();
    let mut halves = [Vec::new(), Vec::new()];
    let mut turn = 0;
    for wanted in 0..2 {
        let mut members: Vec<usize> = (0..outcome.len()).filter(|row| class(*row) == wanted).collect();
        members.shuffle(&mut rng);
        for row in members {
            halves[turn % 2].push(row);
            turn += 1;
        }
    }
    halves.iter_mut().for_each(|half| half.sort_unstable());
    halves
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn keeps_the_true_features_and_hardly_any_noise() {
        let mut rng = Stream::root(3).rng();
        let x = ndarray::Array2::from_shape_fn((150, 60), |_| rng.random_range(-1.0..1.0));
        let names: Vec<String> = (0..60).map(|index| format!("x{index}")).collect();
        let events: Vec<bool> =
            x.rows().into_iter().map(|row| row[3] - row[7] + rng.random_range(-0.5..0.5) > 0.0).collect();
        let block = Block::from_matrix(&names, &x);
        let outcome = Outcome::Binary(events);
        let fitted =
            Stability.fit(&block, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let kept = fitted.apply(&block).unwrap().names();
        assert!(kept.contains(&"x3".to_owned()) && kept.contains(&"x7".to_owned()) && kept.len() <= 3, "{kept:?}");
        let [a, b] = halve(&outcome, &Stream::root(2));
        assert!(a.len() + b.len() == 150 && a.iter().all(|row| !b.contains(row)));
    }
}
