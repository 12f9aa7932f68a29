//! Imputation by chained equations as a fitted step.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::mice::{cholesky, normal_equations, solve};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{freeze, moments, positions, thaw};
use super::fill::Fill;
use super::rank_correlation::Ranks;

static CARD: Card = Card {
    name: "mice",
    title: "Imputation by chained equations",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "rounds",
            domain: Domain::Integer { low: 1, high: 100 },
            default: Initial::Integer(10),
            summary: "Rounds over the columns, in fitting and for every new row.",
        },
        Parameter {
            name: "predictors",
            domain: Domain::Integer { low: 1, high: 200 },
            default: Initial::Integer(15),
            summary: "Most columns that a column is predicted from: those with the largest rank correlation.",
        },
    ],
    summary: "Fills each missing number with its regression on the other columns, learned by chained equations.",
    documentation: "Missing numbers start at the mean of the training rows; then each column in turn is regressed \
(least squares with a ridge of 10⁻⁵ of the diagonal) on the columns it correlates with most, over the training rows \
that have it, and its gaps are replaced by the fitted means, for `rounds` rounds. The regressions of the last round \
are kept, one for every column, so that any gap of a new row is filled in the same way, from that row alone and \
without its outcome. Missing levels become the most frequent level. A prediction rule wants one value, the conditional \
mean; inference wants several draws, pooled by Rubin's rules, which the procedures of inference make instead. A column \
without any value in the training rows is an error.",
    references: &[
        "van Buuren S, Groothuis-Oudshoorn K. J Stat Softw 2011;45(3).",
        "Hoogland J, et al. Stat Med 2020;39:3591-607.",
    ],
    example: "prepare clinical by missing(max = 30%) then mice then z-score",
};

/// Imputation by chained equations.
pub struct Mice;

/// The regression of one number column on others, by their place among the number columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Equation {
    name: String,
    mean: f64,
    /// Smallest and largest training value: fitted means stay between them.
    range: (f64, f64),
    on: Vec<usize>,
    /// Intercept first.
    coefficients: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Chained {
    rounds: usize,
    equations: Vec<Equation>,
    /// Most frequent levels, and the means of what no equation reaches.
    fill: Fill,
}

impl Step for Mice {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fills_missing(&self) -> bool {
        true
    }

    fn mixes_columns(&self) -> bool {
        true
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let fill = Fill::learn(block, CARD.name, |values| moments(values).map(|(mean, _)| mean))?;
        let numbers: Vec<(&str, &[f64])> = block
            .columns()
            .iter()
            .filter_map(|column| match &column.values {
                Values::Number(values) => Some((column.name.as_str(), values.as_slice())),
                Values::Level { .. } => None,
            })
            .collect();
        let ranks: Vec<Ranks> = numbers.iter().map(|(_, values)| Ranks::new(values)).collect();
        let most = settings.count("predictors");
        let mut equations = Vec::with_capacity(numbers.len());
        for (index, (name, values)) in numbers.iter().enumerate() {
            watch.check()?;
            let mean = moments(values).map_or(0.0, |(mean, _)| mean);
            let there = values.iter().copied().filter(|value| !value.is_nan());
            let range = there.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
            let mut on: Vec<(f64, usize)> = (0..numbers.len())
                .filter(|other| *other != index)
                .filter_map(|other| ranks[index].correlation(&ranks[other]).map(|rho| (rho.abs(), other)))
                .collect();
            on.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // A regression wants several rows a coefficient.
            let observed = values.iter().filter(|value| !value.is_nan()).count();
            on.truncate(most.min(observed / 3));
            let mut on: Vec<usize> = on.into_iter().map(|(_, other)| other).collect();
            on.sort_unstable();
            equations.push(Equation { name: (*name).to_owned(), mean, range, on, coefficients: Vec::new() });
        }
        let mut fitted = Chained { rounds: settings.count("rounds"), equations, fill };
        fitted.learn(&numbers, watch)?;
        Ok(Box::new(fitted))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Chained>(frozen)?))
    }
}

impl Chained {
    fn start(&self, numbers: &[(&str, &[f64])]) -> Array2<f64> {
        let rows = numbers.first().map_or(0, |(_, values)| values.len());
        Array2::from_shape_fn((rows, numbers.len()), |(row, column)| {
            let value = numbers[column].1[row];
            if value.is_nan() { self.equations[column].mean } else { value }
        })
    }

    fn learn(&mut self, numbers: &[(&str, &[f64])], watch: &Watch) -> Result<(), FitError> {
        let mut x = self.start(numbers);
        let gaps: Vec<bool> = numbers.iter().map(|(_, values)| values.iter().any(|value| value.is_nan())).collect();
        for round in 0..self.rounds {
            for (index, (_, values)) in numbers.iter().enumerate() {
                // Columns without gaps need their equation once, from the final state.
                if !gaps[index] && round + 1 < self.rounds {
                    continue;
                }
                watch.check()?;
                let on = &self.equations[index].on;
                let row_of = |row: usize| -> Vec<f64> {
                    std::iter::once(1.0).chain(on.iter().map(|other| x[[row, *other]])).collect()
                };
                let observed: Vec<usize> = (0..values.len()).filter(|row| !values[*row].is_nan()).collect();
                let design: Vec<Vec<f64>> = observed.iter().map(|row| row_of(*row)).collect();
                let y: Vec<f64> = observed.iter().map(|row| values[*row]).collect();
                let (gram, right) = normal_equations(&design, None, &y, 1e-5);
                let coefficients = cholesky(&gram).map(|lower| solve(&lower, &right));
                let mean_only = || {
                    let mut mean_only = vec![0.0; on.len() + 1];
                    mean_only[0] = self.equations[index].mean;
                    mean_only
                };
                let coefficients = coefficients.unwrap_or_else(mean_only);
                self.equations[index].coefficients = coefficients;
                self.refill(&mut x, numbers, index);
            }
        }
        Ok(())
    }

    /// Replaces the gaps of one column by its equation.
    fn refill(&self, x: &mut Array2<f64>, numbers: &[(&str, &[f64])], index: usize) {
        let equation = &self.equations[index];
        for (row, value) in numbers[index].1.iter().enumerate() {
            if value.is_nan() {
                let terms = equation.on.iter().zip(&equation.coefficients[1..]);
                let fitted = terms.fold(equation.coefficients[0], |sum, (other, b)| sum + b * x[[row, *other]]);
                x[[row, index]] = fitted.clamp(equation.range.0, equation.range.1);
            }
        }
    }
}

impl FittedStep for Chained {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = positions(block);
        let mut places = Vec::with_capacity(self.equations.len());
        let mut numbers: Vec<(&str, &[f64])> = Vec::with_capacity(self.equations.len());
        for equation in &self.equations {
            let place =
                *at.get(equation.name.as_str()).ok_or_else(|| FitError::NoColumn { column: equation.name.clone() })?;
            numbers.push((equation.name.as_str(), super::columns::numbers(&block.columns()[place])?));
            places.push(place);
        }
        let mut x = self.start(&numbers);
        for _ in 0..self.rounds {
            for index in 0..numbers.len() {
                self.refill(&mut x, &numbers, index);
            }
        }
        let mut columns: Vec<Column> = block.columns().to_vec();
        for (index, place) in places.iter().enumerate() {
            columns[*place].values = Values::Number(x.column(index).to_vec());
        }
        self.fill.apply(&Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn fills_new_rows_from_their_other_columns() {
        let mut rng = Stream::root(6).rng();
        let n = 200;
        let mut x = Array2::from_shape_fn((n, 4), |_| rng.random_range(-1.0f64..1.0));
        for row in 0..n {
            x[[row, 1]] = 3.0 * x[[row, 0]] + 1.0 + 0.01 * x[[row, 3]];
        }
        for row in 0..60 {
            x[[row, 1]] = f64::NAN;
        }
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let train = Block::from_matrix(&names, &x);
        let outcome = Outcome::Binary(vec![true; n]);
        let fitted =
            Mice.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let fitted = Mice.thaw(&fitted.freeze()).unwrap();
        let new = ndarray::array![[0.5, f64::NAN, 0.1, 0.0], [f64::NAN, 1.6, 0.0, 0.2], [f64::NAN; 4]];
        let filled = fitted.apply(&Block::from_matrix(&names, &new)).unwrap().matrix().unwrap();
        assert!((filled[[0, 1]] - 2.5).abs() < 0.05, "{filled}");
        assert!((filled[[1, 0]] - 0.2).abs() < 0.05, "{filled}");
        assert!(filled.iter().all(|value| value.is_finite()));
        let alone = fitted.apply(&Block::from_matrix(&names, &new).select(&[1])).unwrap().matrix().unwrap();
        assert_eq!(alone.row(0), filled.row(1));
    }
}
