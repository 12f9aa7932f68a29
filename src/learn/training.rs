//! What every learner asks of its training rows before it fits: an endpoint it serves, both
//! classes, no missing value, weights that are weights.

use ndarray::ArrayView2;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::stats::{Classes, Outcome};

use super::seam::{FitError, Task};

/// The labels of a binary endpoint with both classes present, after all checks of the rows.
///
/// # Errors
/// [`FitError::WrongEndpoint`], [`FitError::Missing`] or [`FitError::NotEstimable`] with the reason.
pub(crate) fn binary<'a>(task: &Task<'a>, learner: &'static str) -> Result<&'a [bool], FitError> {
    let Outcome::Binary(labels) = task.outcome else {
        return Err(FitError::WrongEndpoint { learner, kind: task.outcome.kind() });
    };
    complete(task, learner)?;
    let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
    let events = labels.iter().enumerate().filter(|(row, label)| **label && weight(*row) > 0.0).count();
    let others = labels.iter().enumerate().filter(|(row, label)| !**label && weight(*row) > 0.0).count();
    if events == 0 || others == 0 {
        let class = if events == 0 { "without the event" } else { "with the event" };
        return Err(refuse(learner, format!("all {} training rows are {class}", labels.len())));
    }
    Ok(labels)
}

/// The values of a continuous endpoint, after all checks of the rows.
///
/// # Errors
/// As [`binary`].
pub(crate) fn continuous<'a>(task: &Task<'a>, learner: &'static str) -> Result<&'a [f64], FitError> {
    let Outcome::Continuous(values) = task.outcome else {
        return Err(FitError::WrongEndpoint { learner, kind: task.outcome.kind() });
    };
    complete(task, learner)?;
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(refuse(learner, format!("the endpoint of row {} is not a finite number", row + 1)));
    }
    Ok(values)
}

/// The classes of a nominal endpoint with two of them present, after all checks of the rows.
///
/// # Errors
/// As [`binary`].
pub(crate) fn nominal<'a>(task: &Task<'a>, learner: &'static str) -> Result<&'a Classes, FitError> {
    let Outcome::Nominal(classes) = task.outcome else {
        return Err(FitError::WrongEndpoint { learner, kind: task.outcome.kind() });
    };
    complete(task, learner)?;
    let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
    let mut present: Vec<usize> =
        (0..classes.len()).filter(|row| weight(*row) > 0.0).map(|row| classes.class[row]).collect();
    present.sort_unstable();
    present.dedup();
    if present.len() < 2 {
        return Err(refuse(learner, format!("all {} training rows are of one class", classes.len())));
    }
    Ok(classes)
}

/// Rows and columns are there, nothing is missing or infinite, weights are not negative.
///
/// # Errors
/// As [`binary`].
pub(crate) fn complete(task: &Task<'_>, learner: &'static str) -> Result<(), FitError> {
    let (rows, columns) = task.x.dim();
    if rows == 0 {
        return Err(refuse(learner, "there is no training row"));
    }
    if columns == 0 {
        return Err(refuse(learner, "there is no feature"));
    }
    if task.outcome.len() != rows {
        return Err(FitError::Shape { expected: task.outcome.len(), given: rows });
    }
    for (index, column) in task.x.columns().into_iter().enumerate() {
        if column.iter().any(|value| value.is_nan()) {
            return Err(FitError::Missing { learner, column: name(task, index) });
        }
        if column.iter().any(|value| value.is_infinite()) {
            return Err(refuse(learner, format!("column `{}` holds an infinite value", name(task, index))));
        }
    }
    if let Some(weights) = task.weights {
        if weights.len() != rows {
            return Err(refuse(learner, format!("there are {} case weights for {rows} rows", weights.len())));
        }
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(refuse(learner, "a case weight is negative or not a number"));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(refuse(learner, "all case weights are zero"));
        }
    }
    Ok(())
}

/// The name of a column of the task.
pub(crate) fn name(task: &Task<'_>, column: usize) -> String {
    task.names.get(column).cloned().unwrap_or_else(|| format!("column {}", column + 1))
}

/// The columns given to a fitted model are as many as it was fitted on, and nothing is missing.
///
/// # Errors
/// [`FitError::Shape`]; [`FitError::Missing`] with the column's place.
pub(crate) fn same_columns(x: ArrayView2<'_, f64>, expected: usize, learner: &'static str) -> Result<(), FitError> {
    if x.ncols() != expected {
        return Err(FitError::Shape { expected, given: x.ncols() });
    }
    for (index, column) in x.columns().into_iter().enumerate() {
        if column.iter().any(|value| value.is_nan()) {
            return Err(FitError::Missing { learner, column: format!("{} of {expected}", index + 1) });
        }
    }
    Ok(())
}

pub(crate) fn refuse(learner: &'static str, reason: impl Into<String>) -> FitError {
    FitError::NotEstimable { learner, reason: reason.into() }
}

/// A model as JSON. Fields are numbers, texts and lists, which always have a JSON form; numbers
/// are finite by the fit and come back to the bit.
pub(crate) fn freeze(model: &impl Serialize) -> Json {
    serde_json::to_value(model).unwrap_or(Json::Null)
}

/// # Errors
/// [`FitError::Frozen`] if the JSON is not such a model.
pub(crate) fn thaw<M: DeserializeOwned>(frozen: &Json) -> Result<M, FitError> {
    M::deserialize(frozen).map_err(|error| FitError::Frozen { reason: error.to_string() })
}

/// `1 / (1 + exp(-eta))` without overflow.
pub(crate) fn logistic(eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + (-eta).exp())
    } else {
        let e = eta.exp();
        e / (1.0 + e)
    }
}

/// `log(1 + exp(eta))` without overflow.
pub(crate) fn log_one_plus_exp(eta: f64) -> f64 {
    if eta > 0.0 { eta + (-eta).exp().ln_1p() } else { eta.exp().ln_1p() }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Small synthetic data for the tests of learners.

    use ndarray::Array2;
    use rand::RngExt;

    use crate::random::Stream;
    use crate::stats::Outcome;

    /// Two features that matter, the others noise; about 40% events.
    pub fn two_classes(rows: usize, columns: usize, seed: u64) -> (Array2<f64>, Vec<String>, Outcome) {
        let mut rng = Stream::root(seed).rng();
        let x = Array2::from_shape_simple_fn((rows, columns), || {
            let sum: f64 = (0..6).map(|_| rng.random::<f64>()).sum();
            (sum - 3.0) * std::f64::consts::SQRT_2
        });
        let labels = (0..rows)
            .map(|row| {
                let eta = 1.5 * x[[row, 0]] - 1.0 * x[[row, 1 % columns]] - 0.4;
                rng.random::<f64>() < super::logistic(eta)
            })
            .collect();
        (x, (0..columns).map(|column| format!("x{column}")).collect(), Outcome::Binary(labels))
    }

    /// Age, sex and death of twelve, as in `scripts/reference/learn.py`.
    pub fn cohort_of_twelve() -> (Array2<f64>, Vec<String>, Outcome) {
        const AGE: [f64; 12] = [45., 50., 61., 38., 72., 66., 55., 49., 58., 63., 41., 70.];
        const SEX: [f64; 12] = [0., 1., 1., 0., 0., 1., 1., 0., 1., 0., 1., 1.];
        const DEAD: [u8; 12] = [0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1];
        let x = Array2::from_shape_fn((12, 2), |(row, column)| if column == 0 { AGE[row] } else { SEX[row] });
        (x, vec!["age".to_owned(), "sex".to_owned()], Outcome::Binary(DEAD.iter().map(|dead| *dead == 1).collect()))
    }

    /// Probabilities of a learner on the cohort that it was fitted on, with the first `columns` features.
    pub fn fitted_to_twelve(
        learner: &dyn crate::learn::Learner,
        given: &[(&'static str, crate::card::Value)],
        columns: usize,
    ) -> Vec<f64> {
        let (x, names, outcome) = cohort_of_twelve();
        let (x, names) = (x.slice(ndarray::s![.., ..columns]), names[..columns].to_vec());
        let task = crate::learn::Task { x, names: &names, outcome: &outcome, weights: None };
        let settings = crate::card::Settings::new(learner.card(), given.iter().cloned()).unwrap();
        let silent = crate::progress::Watch::silent();
        let model = learner.fit(&task, &settings, &Stream::root(1), &silent).unwrap();
        model.predict(x).unwrap().scores().to_vec()
    }

    /// Area under the curve by counting pairs.
    pub fn auc(scores: &[f64], outcome: &Outcome) -> f64 {
        let Outcome::Binary(labels) = outcome else { return f64::NAN };
        let mut wins = 0.0;
        let mut pairs = 0.0;
        for (a, _) in labels.iter().enumerate().filter(|(_, label)| **label) {
            for (b, _) in labels.iter().enumerate().filter(|(_, label)| !**label) {
                pairs += 1.0;
                wins += f64::from(scores[a] > scores[b]) + 0.5 * f64::from(scores[a] == scores[b]);
            }
        }
        wins / pairs
    }
}
