//! Harmonisation between centres by ComBat.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{freeze, positions, thaw};

static CARD: Card = Card {
    name: "combat",
    title: "ComBat harmonisation",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "by",
            domain: Domain::Text,
            default: Initial::Required,
            summary: "The column that tells the centre (batch), of the block or of the patients' table; no feature itself.",
        },
        Parameter {
            name: "unseen",
            domain: Domain::Choice(&["error", "estimate", "as_is"]),
            default: Initial::Choice("error"),
            summary: "What to do with rows of a centre without training rows.",
        },
        Parameter {
            name: "mean_only",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Whether only the means of centres are aligned, not their variances.",
        },
    ],
    summary: "Removes differences of mean and variance between centres, by empirical Bayes.",
    documentation: "Model of feature j in centre i: x = α_j + σ_j (γ_ij + δ_ij ε). α_j is the mean and σ_j² the pooled \
within-centre variance (divisor n) of the training rows; γ and δ² are estimated for each centre and shrunk towards \
their normal and inverse gamma distribution over the features (Johnson, Li and Rabinovic 2007, parametric priors, as \
sva::ComBat without covariates, so that no outcome is seen). A harmonised value is α_j + σ_j (z - γ*_ij) / δ*_ij with \
z = (x - α_j) / σ_j. New rows of a training centre use the γ* and δ* of the training rows. A centre without training \
rows is an error, or with `unseen = estimate` its γ and δ are estimated from the rows that are given together (then \
the prediction of a patient depends on who else is predicted, and the report must say so), or with `unseen = as_is` \
its rows stay as they are. Centres need two training rows, one with `mean_only`. Columns that do not vary within \
centres, columns of levels and missing values stay as they are. With a single centre nothing changes.",
    references: &["Johnson WE, Li C, Rabinovic A. Biostatistics 2007;8:118-27."],
    example: "prepare radiomics by combat(by = centre) then z-score",
};

/// ComBat.
pub struct Combat;

/// Location and scale of one feature over all centres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Feature {
    name: String,
    mean: f64,
    sd: f64,
}

/// Shrunken shift and scale of every feature in one centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Centre {
    shift: Vec<f64>,
    scale: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Harmonised {
    by: String,
    unseen: String,
    mean_only: bool,
    features: Vec<Feature>,
    centres: BTreeMap<String, Centre>,
}

fn refuse(reason: String) -> FitError {
    FitError::NotEstimable { learner: CARD.name, reason }
}

/// Rows of each level of the column that tells the centre.
fn centres(block: &Block, by: &str) -> Result<BTreeMap<String, Vec<usize>>, FitError> {
    let column = block.columns().iter().find(|column| column.name == by);
    let column = column.ok_or_else(|| FitError::NoColumn { column: by.to_owned() })?;
    let Values::Level { codes, levels } = &column.values else {
        return Err(refuse(format!("column `{by}` holds numbers, not the levels of a centre")));
    };
    let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, code) in codes.iter().enumerate() {
        let level = code.and_then(|code| levels.get(code as usize));
        let level = level.ok_or_else(|| FitError::Missing { learner: CARD.name, column: by.to_owned() })?;
        rows.entry(level.clone()).or_default().push(row);
    }
    Ok(rows)
}

fn present(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squares about the mean.
fn squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

impl Step for Combat {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn uses_up<'a>(&self, settings: &'a Settings) -> Option<&'a str> {
        Some(settings.choice("by"))
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        watch.check()?;
        let by = settings.choice("by").to_owned();
        let mean_only = settings.flag("mean_only");
        let rows = centres(block, &by)?;
        let least = if mean_only { 1 } else { 2 };
        if let Some((centre, _)) = rows.iter().find(|(_, rows)| rows.len() < least) {
            return Err(refuse(format!("centre `{centre}` has one training row; a variance wants two")));
        }
        let mut features = Vec::new();
        for column in block.columns() {
            let Values::Number(values) = &column.values else { continue };
            let mut sum = 0.0;
            let mut within = 0.0;
            let mut n = 0usize;
            let mut everywhere = true;
            for rows in rows.values() {
                let own = present(values, rows);
                if own.len() < least {
                    everywhere = false;
                    break;
                }
                let centre = mean(&own);
                sum += own.iter().sum::<f64>();
                within += squares(&own, centre);
                n += own.len();
            }
            if !everywhere {
                return Err(refuse(format!("column `{}` has too few values in a centre; impute first", column.name)));
            }
            let sd = (within / n.max(1) as f64).sqrt();
            let mean = sum / n.max(1) as f64;
            if sd > mean.abs() * 1e-13 && sd > 0.0 {
                features.push(Feature { name: column.name.clone(), mean, sd });
            }
        }
        let mut fitted = Harmonised {
            by,
            unseen: settings.choice("unseen").to_owned(),
            mean_only,
            features,
            centres: BTreeMap::new(),
        };
        for (centre, own) in &rows {
            let centre_fit = if rows.len() == 1 { fitted.identity() } else { fitted.estimate(block, own)? };
            fitted.centres.insert(centre.clone(), centre_fit);
        }
        Ok(Box::new(fitted))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Harmonised>(frozen)?))
    }
}

/// Relative change below which the empirical Bayes iteration has converged, as in sva.
const CONVERGED: f64 = 1e-4;
const ITERATIONS: usize = 10_000;

impl Harmonised {
    fn identity(&self) -> Centre {
        Centre { shift: vec![0.0; self.features.len()], scale: vec![1.0; self.features.len()] }
    }

    /// Empirical Bayes estimates of a centre from its rows.
    fn estimate(&self, block: &Block, rows: &[usize]) -> Result<Centre, FitError> {
        let at = positions(block);
        let mut standardised = Vec::with_capacity(self.features.len());
        for feature in &self.features {
            let index =
                *at.get(feature.name.as_str()).ok_or_else(|| FitError::NoColumn { column: feature.name.clone() })?;
            let values = super::columns::numbers(&block.columns()[index])?;
            let own = present(values, rows);
            if own.len() < if self.mean_only { 1 } else { 2 } {
                return Err(refuse(format!("column `{}` has too few values in a centre", feature.name)));
            }
            standardised.push(own.iter().map(|value| (value - feature.mean) / feature.sd).collect::<Vec<f64>>());
        }
        let p = standardised.len();
        if p < 2 {
            // No distribution over features to shrink to.
            let shift: Vec<f64> = standardised.iter().map(|own| mean(own)).collect();
            let scale = standardised.iter().zip(&shift).map(|(own, shift)| self.spread(own, *shift).sqrt()).collect();
            return Ok(Centre { shift, scale });
        }
        let gamma: Vec<f64> = standardised.iter().map(|own| mean(own)).collect();
        let delta: Vec<f64> = standardised.iter().zip(&gamma).map(|(own, gamma)| self.spread(own, *gamma)).collect();
        let gamma_bar = mean(&gamma);
        let tau = squares(&gamma, gamma_bar) / (p - 1) as f64;
        let m = mean(&delta);
        let s = squares(&delta, m) / (p - 1) as f64;
        let mut shift = gamma.clone();
        let mut scale = delta.clone();
        for feature in 0..p {
            let own = &standardised[feature];
            let n = own.len() as f64;
            if self.mean_only {
                shift[feature] = (tau * n * gamma[feature] + gamma_bar) / (tau * n + 1.0);
                scale[feature] = 1.0;
                continue;
            }
            // Features with one common variance have nothing to be shrunk from.
            let prior = (s > 1e-12 * m * m).then(|| ((2.0 * s + m * m) / s, (m * s + m.powi(3)) / s));
            for _ in 0..ITERATIONS {
                let next = (tau * n * gamma[feature] + scale[feature] * gamma_bar) / (tau * n + scale[feature]);
                let spread = match prior {
                    Some((a, b)) => (0.5 * squares(own, next) + b) / (n / 2.0 + a - 1.0),
                    None => m,
                };
                let change = ((next - shift[feature]) / shift[feature])
                    .abs()
                    .max(((spread - scale[feature]) / scale[feature]).abs());
                shift[feature] = next;
                scale[feature] = spread;
                if change.is_nan() || change <= CONVERGED {
                    break;
                }
            }
        }
        let scale = scale.into_iter().map(|scale| if scale > 0.0 { scale.sqrt() } else { 1.0 }).collect();
        Ok(Centre { shift, scale })
    }

    /// Variance of a feature in a centre (divisor n - 1); 1 where only means are aligned.
    fn spread(&self, own: &[f64], gamma: f64) -> f64 {
        if self.mean_only || own.len() < 2 { 1.0 } else { squares(own, gamma) / (own.len() - 1) as f64 }
    }
}

impl FittedStep for Harmonised {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let rows = centres(block, &self.by)?;
        let at = positions(block);
        let mut columns: Vec<Column> = block.columns().to_vec();
        for (centre, own) in &rows {
            let estimated;
            let fitted = match (self.centres.get(centre), self.unseen.as_str()) {
                (Some(fitted), _) => fitted,
                (None, "as_is") => continue,
                (None, "estimate") => {
                    estimated = self.estimate(block, own)?;
                    &estimated
                }
                (None, _) => {
                    return Err(refuse(format!(
                        "centre `{centre}` has no training row; say `unseen = estimate` or `unseen = as_is`"
                    )));
                }
            };
            for (index, feature) in self.features.iter().enumerate() {
                let column = *at
                    .get(feature.name.as_str())
                    .ok_or_else(|| FitError::NoColumn { column: feature.name.clone() })?;
                let Values::Number(values) = &mut columns[column].values else {
                    return Err(FitError::Levels { column: feature.name.clone() });
                };
                for row in own {
                    let z = (values[*row] - feature.mean) / feature.sd;
                    values[*row] = feature.mean + feature.sd * (z - fitted.shift[index]) / fitted.scale[index];
                }
            }
        }
        columns.retain(|column| column.name != self.by);
        if columns.is_empty() {
            return Err(FitError::NothingLeft { step: CARD.name.to_owned() });
        }
        Ok(Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::card::Value;

    fn data(centres: &[&str], seed: u64) -> Block {
        let mut rng = Stream::root(seed).rng();
        let levels: Vec<String> = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let code = |name: &&str| levels.iter().position(|level| level == name).map(|at| at as u32);
        let mut columns = vec![Column {
            name: "centre".to_owned(),
            values: Values::Level { codes: centres.iter().map(code).collect(), levels: levels.clone() },
        }];
        for feature in 0..20 {
            let values = centres
                .iter()
                .map(|centre| {
                    let noise: f64 = (0..6).map(|_| rng.random_range(-1.0..1.0)).sum();
                    f64::from(feature) + if *centre == "a" { noise } else { 3.0 + 2.0 * noise }
                })
                .collect();
            columns.push(Column { name: format!("x{feature}"), values: Values::Number(values) });
        }
        Block::new(centres.len(), columns)
    }

    fn fit(block: &Block, unseen: &str) -> Box<dyn FittedStep> {
        let settings = Settings::new(
            &CARD,
            [("by", Value::Text("centre".to_owned())), ("unseen", Value::Text(unseen.to_owned()))],
        )
        .unwrap();
        let outcome = Outcome::Binary(vec![true; block.rows()]);
        Combat.fit(block, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap()
    }

    #[test]
    fn aligns_centres_and_applies_outside() {
        let centres: Vec<&str> = (0..80).map(|row| if row < 40 { "a" } else { "b" }).collect();
        let block = data(&centres, 1);
        let fitted = Combat.thaw(&fit(&block, "error").freeze()).unwrap();
        let moments = |block: &Block, from: usize, to: usize| {
            let matrix = block.matrix().unwrap();
            let column = matrix.column(0).to_vec()[from..to].to_vec();
            let m = mean(&column);
            (m, (squares(&column, m) / (column.len() - 1) as f64).sqrt())
        };
        let harmonised = fitted.apply(&block).unwrap();
        assert_eq!(harmonised.columns().len(), 20);
        let (a, b) = (moments(&harmonised, 0, 40), moments(&harmonised, 40, 80));
        assert!((a.0 - b.0).abs() < 1.0 && (a.1 / b.1 - 1.0).abs() < 0.5, "{a:?} {b:?}");
        // Other rows of the same centres, one at a time as well as together.
        let new = data(&centres, 2);
        let together = fitted.apply(&new).unwrap();
        let alone = fitted.apply(&new.select(&[50])).unwrap();
        assert_eq!(alone.matrix().unwrap().row(0), together.matrix().unwrap().row(50));
        let outside = data(&["c"; 30], 3);
        let error = fitted.apply(&outside).unwrap_err();
        assert!(error.to_string().contains("no training row"), "{error}");
        assert!(fit(&block, "estimate").apply(&outside).is_ok());
        let same = fit(&block, "as_is").apply(&outside).unwrap();
        assert_eq!(same.columns()[0], outside.columns()[1]);
    }

    #[test]
    fn one_centre_changes_nothing() {
        let block = data(&["a"; 20], 4);
        let same = fit(&block, "error").apply(&block).unwrap();
        for (own, given) in same.columns().iter().zip(&block.columns()[1..]) {
            let (Values::Number(own), Values::Number(given)) = (&own.values, &given.values) else { unreachable!() };
            assert!(own.iter().zip(given).all(|(own, given)| (own - given).abs() < 1e-12));
        }
    }

    #[test]
    fn agrees_with_the_published_algorithm() {
        // scripts/reference/combat.R, written from the paper.
        let centre = ["a", "a", "a", "b", "b", "b", "b"];
        let x = [
            [1.0, 2.0, 4.0, 3.0, 5.0, 7.0, 9.0],
            [0.5, 0.1, 0.9, 1.5, 1.9, 1.1, 2.5],
            [10.0, 12.0, 11.0, 14.0, 11.0, 12.0, 19.0],
        ];
        let mut block = data(&centre, 5).into_columns();
        block.truncate(1);
        for (index, values) in x.iter().enumerate() {
            block.push(Column { name: format!("x{index}"), values: Values::Number(values.to_vec()) });
        }
        let block = Block::new(7, block);
        let own = fit(&block, "error").apply(&block).unwrap().matrix().unwrap();
        for (row, expected) in EXPECTED.iter().enumerate() {
            for (column, expected) in expected.iter().enumerate() {
                assert!((own[[row, column]] - expected).abs() < 1e-6, "{own}");
            }
        }
    }

    const EXPECTED: [[f64; 3]; 7] = [
        [2.61042675111847, 1.08166729737351, 11.85429945551893],
        [4.000771244471511, 0.546572164024082, 14.890978836342972],
        [6.78146023117759, 1.61676243072294, 13.37263914593095],
        [2.25894924022299, 1.12465380460338, 12.26709046029057],
        [3.68935682063070, 1.41072443170644, 10.12560457575689],
        [5.119764401038408, 0.838583177500324, 10.839433203934785],
        [6.55017198144611, 1.83983037236103, 15.83623360118004],
    ];
}
