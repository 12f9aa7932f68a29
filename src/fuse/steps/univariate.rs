//! Screening of features one at a time.

use ndarray::Array2;
use rayon::prelude::*;
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::logistic_regression::{self, Firth, Options};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::learn::steps::columns::{moments, thaw};
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::distribution::{chi_square_sf, normal_two_sided};
use crate::stats::hypothesis::{self, Correlation, Exactness};
use crate::stats::multiplicity::{Adjustment, adjust_present};
use crate::stats::{Censored, Outcome};
use crate::survival::cox::{self, CoxData, CoxOptions};

static CARD: Card = Card {
    name: "univariate",
    title: "Univariable screening",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "p",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Real(0.05),
            summary: "A feature stays if its p is below this.",
        },
        Parameter {
            name: "test",
            domain: Domain::Choice(&["likelihood-ratio", "wald", "score", "t", "mann-whitney", "chi-square"]),
            default: Initial::Choice("likelihood-ratio"),
            summary: "The first three by the regression of the endpoint; score is the log-rank test of a Cox regression.",
        },
        Parameter {
            name: "adjust",
            domain: Domain::Choice(&["none", "bonferroni", "holm", "hochberg", "BH", "BY"]),
            default: Initial::Choice("none"),
            summary: "Adjustment of p for the number of features.",
        },
    ],
    summary: "Keeps the features that are associated with the endpoint one at a time.",
    documentation: "Each feature alone is tested on the training rows that have it. `likelihood-ratio` and `wald`: \
logistic regression for a binary endpoint (Firth's penalty where the feature separates the classes, its likelihood \
ratio with it), Cox regression with Efron's ties for a censored one (which also has `score`), and Pearson's \
correlation for a continuous one. Levels enter as indicators and are tested together (likelihood ratio only). For a \
binary endpoint also Welch's `t`, `mann-whitney` (exact where there are few rows and no ties) and, for levels and \
numbers of few values, `chi-square` without continuity correction. A feature that cannot be tested (constant, \
missing in all rows) is dropped and has no p. Screening by p on the rows that the model is then fitted on inflates \
apparent performance: estimates must come from folds around it, as they do here.",
    references: &[
        "Heinze G, Wallisch C, Dunkler D. Variable selection: a review and recommendations for the practicing statistician. Biom J 2018;60:431-449.",
    ],
    example: "prepare clinical by median then univariate(p = 0.05) then z-score",
};

/// Univariable screening.
pub struct Univariate;

impl Step for Univariate {
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
        let test = settings.choice("test");
        applies(test, outcome)?;
        let p: Vec<Option<f64>> = block
            .columns()
            .par_iter()
            .map(|column| {
                watch.check()?;
                Ok(p_value(column, outcome, test, watch)?.filter(|p| p.is_finite()))
            })
            .collect::<Result<_, FitError>>()?;
        let adjustment = Adjustment::from_word(settings.choice("adjust")).unwrap_or(Adjustment::None);
        let p = adjust_present(&p, adjustment);
        let limit = settings.real("p");
        let name = |index: usize| block.columns()[index].name.clone();
        let kept = (0..p.len()).filter(|index| p[*index].is_some_and(|p| p < limit)).map(name).collect();
        let scores = (0..p.len()).filter_map(|index| Some((name(index), p[index]?))).collect();
        Ok(Box::new(Selected::new(CARD.name, "p", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

fn refuse(reason: String) -> FitError {
    FitError::NotEstimable { learner: CARD.name, reason }
}

/// The test is one of this endpoint.
fn applies(test: &str, outcome: &Outcome) -> Result<(), FitError> {
    let fits = match outcome {
        Outcome::Binary(_) => test != "score",
        Outcome::Survival(_) => matches!(test, "likelihood-ratio" | "wald" | "score"),
        Outcome::Continuous(_) => matches!(test, "likelihood-ratio" | "wald"),
        Outcome::Nominal(_) => false,
    };
    if fits { Ok(()) } else { Err(refuse(format!("there is no {test} test of a {} endpoint", outcome.kind()))) }
}

/// p of one feature on the rows that have it; `None` where it cannot be tested.
fn p_value(column: &Column, outcome: &Outcome, test: &str, watch: &Watch) -> Result<Option<f64>, FitError> {
    let (rows, x) = design(column);
    let outcome = outcome.select(&rows);
    let Some(x) = x else { return Ok(None) };
    match &outcome {
        Outcome::Binary(events) => match test {
            "t" | "mann-whitney" => two_samples(column, &x, events, test),
            "chi-square" => contingency(column, &rows, events),
            _ => logistic(&x, events, test, watch),
        },
        Outcome::Survival(censored) => Ok(cox_regression(&x, censored, test)),
        Outcome::Nominal(_) => Ok(None),
        Outcome::Continuous(values) => {
            if x.ncols() > 1 {
                return Err(FitError::Levels { column: column.name.clone() });
            }
            let own = x.column(0).to_vec();
            Ok(hypothesis::correlation(&own, values, Correlation::Pearson, 0.95).ok().map(|result| result.p))
        }
    }
}

/// Rows that have the feature, and the feature as numbers: itself, or indicators of all levels but
/// the first that occurs. `None` where it does not vary.
fn design(column: &Column) -> (Vec<usize>, Option<Array2<f64>>) {
    match &column.values {
        Values::Number(values) => {
            let rows: Vec<usize> = (0..values.len()).filter(|row| values[*row].is_finite()).collect();
            let varies = rows.first().is_some_and(|first| rows.iter().any(|row| values[*row] != values[*first]));
            let x = varies.then(|| Array2::from_shape_fn((rows.len(), 1), |(row, _)| values[rows[row]]));
            (rows, x)
        }
        Values::Level { codes, .. } => {
            let rows: Vec<usize> = (0..codes.len()).filter(|row| codes[*row].is_some()).collect();
            let mut present: Vec<u32> = rows.iter().filter_map(|row| codes[*row]).collect();
            present.sort_unstable();
            present.dedup();
            let x = (present.len() > 1).then(|| {
                Array2::from_shape_fn((rows.len(), present.len() - 1), |(row, level)| {
                    f64::from(u8::from(codes[rows[row]] == Some(present[level + 1])))
                })
            });
            (rows, x)
        }
    }
}

fn single(x: &Array2<f64>, test: &str) -> Result<(), FitError> {
    if x.ncols() == 1 {
        return Ok(());
    }
    Err(refuse(format!("several levels are tested together by the likelihood ratio, not by the {test} test")))
}

/// p by Newton's method for one number; `None` where it does not settle quickly, as under
/// separation, which the general fit then tells apart. Screening makes this fit thousands of times.
fn one_number(x: &[f64], events: &[bool], test: &str) -> Option<f64> {
    let n = x.len() as f64;
    let positive = events.iter().filter(|event| **event).count() as f64;
    let (mean, variance) = moments(x)?;
    if positive == 0.0 || positive == n || variance <= (mean * 1e-12).powi(2) {
        return None;
    }
    let sd = variance.sqrt();
    let z: Vec<f64> = x.iter().map(|value| (value - mean) / sd).collect();
    let mut beta = [(positive / (n - positive)).ln(), 0.0];
    for _ in 0..25 {
        let (mut score, mut information) = ([0.0; 2], [0.0; 3]);
        let mut largest = 0.0f64;
        for (z, event) in z.iter().zip(events) {
            let eta = beta[0] + beta[1] * z;
            largest = largest.max(eta.abs());
            let fitted = 1.0 / (1.0 + (-eta).exp());
            let weight = fitted * (1.0 - fitted);
            let residual = f64::from(u8::from(*event)) - fitted;
            score[0] += residual;
            score[1] += residual * z;
            information[0] += weight;
            information[1] += weight * z;
            information[2] += weight * z * z;
        }
        let determinant = information[0] * information[2] - information[1] * information[1];
        if largest > 12.0 || determinant <= 1e-10 * information[0] * information[2] {
            return None;
        }
        let step = [
            (information[2] * score[0] - information[1] * score[1]) / determinant,
            (information[0] * score[1] - information[1] * score[0]) / determinant,
        ];
        if step[0].abs().max(step[1].abs()) < 1e-9 {
            if test == "wald" {
                return Some(normal_two_sided(beta[1] / (information[0] / determinant).sqrt()));
            }
            let log_likelihood: f64 = z
                .iter()
                .zip(events)
                .map(|(z, event)| {
                    let eta = beta[0] + beta[1] * z;
                    let against = if *event { -eta } else { eta };
                    -(against.max(0.0) + (-against.abs()).exp().ln_1p())
                })
                .sum();
            let share = positive / n;
            let null = positive * share.ln() + (n - positive) * (1.0 - share).ln();
            return Some(chi_square_sf((2.0 * (log_likelihood - null)).max(0.0), 1.0));
        }
        let length = step[0].abs().max(step[1].abs()).max(2.0) / 2.0;
        beta[0] += step[0] / length;
        beta[1] += step[1] / length;
    }
    None
}

fn logistic(x: &Array2<f64>, events: &[bool], test: &str, watch: &Watch) -> Result<Option<f64>, FitError> {
    if x.ncols() == 1
        && let Some(p) = one_number(&x.column(0).to_vec(), events, test)
    {
        return Ok(Some(p));
    }
    let names: Vec<String> = (0..x.ncols()).map(|index| format!("{index}")).collect();
    let with = |firth: Firth| {
        let options = Options { firth, profile: false, ..Options::default() };
        logistic_regression::fit(x.view(), &names, events, None, &options, watch)
    };
    let fit = match with(Firth::WhenSeparated) {
        Ok(fit) => fit,
        Err(FitError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(_) => return Ok(None),
    };
    if test == "wald" {
        single(x, test)?;
        return Ok(fit.coefficients.get(1).map(|coefficient| coefficient.p_wald));
    }
    if fit.method == logistic_regression::Method::MaximumLikelihood {
        return Ok(Some(chi_square_sf(
            (2.0 * (fit.log_likelihood - fit.null_log_likelihood)).max(0.0),
            fit.kept.len() as f64,
        )));
    }
    if x.ncols() > 1 {
        // Levels without one class: the likelihood still has a supremum, and its ratio is that of
        // the contingency table.
        return Ok(Some(chi_square_sf(level_deviance(x, events), x.ncols() as f64)));
    }
    let options = Options { firth: Firth::Always, profile: true, ..Options::default() };
    let penalised = logistic_regression::fit(x.view(), &names, events, None, &options, watch);
    Ok(penalised.ok().and_then(|fit| fit.coefficients.get(1)?.likelihood_ratio.map(|(_, p)| p)))
}

/// The likelihood-ratio statistic (G) of events by level.
fn level_deviance(x: &Array2<f64>, events: &[bool]) -> f64 {
    let mut counts = vec![[0.0f64; 2]; x.ncols() + 1];
    for (row, event) in x.rows().into_iter().zip(events) {
        let level = row.iter().position(|value| *value == 1.0).map_or(0, |index| index + 1);
        counts[level][usize::from(*event)] += 1.0;
    }
    let term = |count: f64, total: f64| if count > 0.0 { count * (count / total).ln() } else { 0.0 };
    let within: f64 = counts.iter().map(|c| term(c[0], c[0] + c[1]) + term(c[1], c[0] + c[1])).sum();
    let all = counts.iter().fold([0.0, 0.0], |sum, c| [sum[0] + c[0], sum[1] + c[1]]);
    let total = all[0] + all[1];
    2.0 * (within - term(all[0], total) - term(all[1], total)).max(0.0)
}

fn two_samples(column: &Column, x: &Array2<f64>, events: &[bool], test: &str) -> Result<Option<f64>, FitError> {
    if matches!(column.values, Values::Level { .. }) {
        return Err(FitError::Levels { column: column.name.clone() });
    }
    let of = |class: bool| -> Vec<f64> {
        x.column(0).iter().zip(events).filter(|(_, event)| **event == class).map(|(value, _)| *value).collect()
    };
    let (with, without) = (of(true), of(false));
    let result = if test == "t" {
        hypothesis::welch_t(&with, &without, 0.95)
    } else {
        hypothesis::mann_whitney(&with, &without, Exactness::Automatic)
    };
    Ok(result.ok().map(|result| result.p))
}

/// Numbers with more values than this are not cross-tabulated.
const MOST_VALUES: usize = 10;

fn contingency(column: &Column, rows: &[usize], events: &[bool]) -> Result<Option<f64>, FitError> {
    let labels: Vec<u64> = match &column.values {
        Values::Level { codes, .. } => rows.iter().map(|row| u64::from(codes[*row].unwrap_or(0))).collect(),
        Values::Number(values) => rows.iter().map(|row| values[*row].to_bits()).collect(),
    };
    let mut distinct = labels.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if matches!(column.values, Values::Number(_)) && distinct.len() > MOST_VALUES {
        return Err(refuse(format!("column `{}` has {} values, too many for chi-square", column.name, distinct.len())));
    }
    let mut table = vec![vec![0u64; 2]; distinct.len()];
    for (label, event) in labels.iter().zip(events) {
        if let Ok(index) = distinct.binary_search(label) {
            table[index][usize::from(*event)] += 1;
        }
    }
    Ok(hypothesis::chi_square(&table, false).ok().map(|result| result.p))
}

fn cox_regression(x: &Array2<f64>, outcome: &Censored, test: &str) -> Option<f64> {
    let names: Vec<String> = (0..x.ncols()).map(|index| format!("{index}")).collect();
    let fit = cox::fit(&CoxData::new(x.view(), &names, outcome), &CoxOptions::default()).ok()?;
    let statistic = match test {
        "wald" => match fit.coefficients.as_slice() {
            [Ok(coefficient)] => return Some(normal_two_sided(coefficient.z)),
            _ => fit.wald,
        },
        "score" => fit.score,
        _ => fit.likelihood_ratio,
    };
    (statistic.df > 0).then_some(statistic.p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;

    /// R 4.2.2, `mtcars`: am ~ each of mpg, qsec, hp and factor(gear == 4).
    fn mtcars() -> (Block, Outcome) {
        let mpg = [
            21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4,
            30.4, 33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4,
        ];
        let hp = [
            110.0, 110.0, 93.0, 110.0, 175.0, 105.0, 245.0, 62.0, 95.0, 123.0, 123.0, 180.0, 180.0, 180.0, 205.0,
            215.0, 230.0, 66.0, 52.0, 65.0, 97.0, 150.0, 150.0, 245.0, 175.0, 66.0, 91.0, 113.0, 264.0, 175.0, 335.0,
            109.0,
        ];
        let cyl = [6, 6, 4, 6, 8, 6, 8, 4, 4, 6, 6, 8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 8, 8, 8, 8, 4, 4, 4, 8, 6, 8, 4];
        let am = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
        let number =
            |name: &str, values: &[f64]| Column { name: name.to_owned(), values: Values::Number(values.to_vec()) };
        let codes = cyl.iter().map(|cyl| Some((cyl - 4) / 2)).collect();
        let levels = ["4", "6", "8"].map(str::to_owned).to_vec();
        let block = Block::new(
            32,
            vec![
                number("mpg", &mpg),
                number("hp", &hp),
                number("constant", &[1.0; 32]),
                Column { name: "cyl".to_owned(), values: Values::Level { codes, levels } },
            ],
        );
        (block, Outcome::Binary(am.iter().map(|am| *am == 1).collect()))
    }

    fn p(test: &str, block: &Block, outcome: &Outcome) -> Vec<(String, f64)> {
        let settings =
            Settings::new(&CARD, [("test", Value::Text(test.to_owned())), ("p", Value::Real(0.999_999))]).unwrap();
        let fitted = Univariate.fit(block, outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        fitted.scores().unwrap().1.to_vec()
    }

    #[test]
    fn agrees_with_r() {
        // scripts/reference/univariate.R
        let (block, outcome) = mtcars();
        let numbers = Block::new(32, block.columns()[..3].to_vec());
        for (test, block, expected) in [
            ("likelihood-ratio", &block, &REFERENCE_LR[..]),
            ("wald", &numbers, &REFERENCE_WALD[..]),
            ("t", &numbers, &REFERENCE_T[..]),
            ("mann-whitney", &numbers, &REFERENCE_MW[..]),
        ] {
            let own = p(test, block, &outcome);
            assert_eq!(own.len(), expected.len(), "{test}");
            for ((name, own), expected) in own.iter().zip(expected) {
                assert!((own / expected - 1.0).abs() < 1e-6, "{test} {name}: {own} against {expected}");
            }
        }
        let cyl = Block::new(32, block.columns()[3..].to_vec());
        assert!((p("chi-square", &cyl, &outcome)[0].1 / REFERENCE_CHI - 1.0).abs() < 1e-9);
    }

    #[test]
    fn survival_is_screened_by_cox_regression() {
        let (block, outcome) = mtcars();
        let Values::Number(hp) = &block.columns()[1].values else { unreachable!() };
        let Outcome::Binary(am) = &outcome else { unreachable!() };
        let outcome = Outcome::Survival(Censored::new(hp.clone(), am.iter().map(|am| u8::from(*am)).collect()));
        let mpg = Block::new(32, block.columns()[..1].to_vec());
        for (test, expected) in
            [("likelihood-ratio", REFERENCE_COX[0]), ("wald", REFERENCE_COX[1]), ("score", REFERENCE_COX[2])]
        {
            let own = p(test, &mpg, &outcome)[0].1;
            assert!((own / expected - 1.0).abs() < 1e-6, "{test}: {own} against {expected}");
        }
        let settings = Settings::new(&CARD, [("test", Value::Text("t".to_owned()))]).unwrap();
        assert!(Univariate.fit(&mpg, &outcome, &settings, &Stream::root(1), &Watch::silent()).is_err());
    }

    #[test]
    fn separation_has_a_p_and_adjustment_counts_the_tests() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let outcome = Outcome::Binary((0..20).map(|row| row >= 10).collect());
        let column = |name: &str, values: Vec<f64>| Column { name: name.to_owned(), values: Values::Number(values) };
        let noise = (0..20).map(|row| f64::from(row * 7 % 5)).collect();
        let block = Block::new(20, vec![column("x", x), column("noise", noise)]);
        let ratio = p("likelihood-ratio", &block, &outcome);
        assert!(ratio[0].1 < 0.001 && ratio[1].1 > 0.05, "{ratio:?}");
        // Wald's test is weak where the classes are separated (Hauck and Donner).
        assert!(p("wald", &block, &outcome)[0].1 > ratio[0].1);
        let settings = Settings::new(&CARD, [("adjust", Value::Text("bonferroni".to_owned()))]).unwrap();
        let fitted = Univariate.fit(&block, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(fitted.apply(&block).unwrap().names(), ["x"]);
        let raw = p("likelihood-ratio", &block, &outcome)[0].1;
        assert!((fitted.scores().unwrap().1[0].1 - 2.0 * raw).abs() < 1e-15);
    }

    const REFERENCE_LR: [f64; 3] = [0.00023172705372674475, 0.15707443770614968, 0.0095864690553744882];
    const REFERENCE_WALD: [f64; 2] = [0.0075066440418259349, 0.18145219027120116];
    const REFERENCE_T: [f64; 2] = [0.0013736383330710284, 0.22097958133591297];
    const REFERENCE_MW: [f64; 2] = [0.0018713913331785568, 0.045701316066335887];
    const REFERENCE_CHI: f64 = 0.01264660504610729;
    const REFERENCE_COX: [f64; 3] = [4.878175751214834e-07, 2.5408449168681984e-06, 6.64997128268237e-09];
}
