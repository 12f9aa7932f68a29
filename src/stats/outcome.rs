//! What was observed and what was predicted. The types keep a risk from passing for a
//! probability.

use ndarray::Array2;

use crate::card::EndpointKind;

use super::classes::{ClassProbabilities, Classes};

/// Follow-up of patients, `(entry, time]`, one row each.
#[derive(Clone, Debug, PartialEq)]
pub struct Censored {
    /// End of follow-up, in the study's time unit, not negative.
    pub time: Vec<f64>,
    /// 0 where follow-up was censored, otherwise the number of the event (1 for the event of
    /// interest; competing events count from 2).
    pub event: Vec<u8>,
    /// Start of follow-up under left truncation; `None` when everybody enters at 0.
    pub entry: Option<Vec<f64>>,
}

/// The observed endpoint of the rows of a table, in row order, nothing missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Binary(Vec<bool>),
    Survival(Censored),
    Continuous(Vec<f64>),
    Nominal(Classes),
}

impl Censored {
    /// # Panics
    /// If lengths differ: rows come from one table.
    pub fn new(time: Vec<f64>, event: Vec<u8>) -> Self {
        assert_eq!(time.len(), event.len(), "times and events come from the same rows");
        Censored { time, event, entry: None }
    }

    pub fn len(&self) -> usize {
        self.time.len()
    }

    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Number of events of interest.
    pub fn events(&self) -> usize {
        self.event.iter().filter(|event| **event == 1).count()
    }

    /// The rows at `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        Censored {
            time: rows.iter().map(|row| self.time[*row]).collect(),
            event: rows.iter().map(|row| self.event[*row]).collect(),
            entry: self.entry.as_ref().map(|entry| rows.iter().map(|row| entry[*row]).collect()),
        }
    }
}

impl Outcome {
    pub fn kind(&self) -> EndpointKind {
        match self {
            Outcome::Binary(_) => EndpointKind::Binary,
            Outcome::Survival(_) => EndpointKind::Survival,
            Outcome::Continuous(_) => EndpointKind::Continuous,
            Outcome::Nominal(_) => EndpointKind::Nominal,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Outcome::Binary(values) => values.len(),
            Outcome::Survival(censored) => censored.len(),
            Outcome::Continuous(values) => values.len(),
            Outcome::Nominal(classes) => classes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Events of interest; `None` for a number and for several classes.
    pub fn events(&self) -> Option<usize> {
        match self {
            Outcome::Binary(values) => Some(values.iter().filter(|value| **value).count()),
            Outcome::Survival(censored) => Some(censored.events()),
            Outcome::Continuous(_) | Outcome::Nominal(_) => None,
        }
    }

    /// The rows at `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Outcome::Binary(values) => Outcome::Binary(rows.iter().map(|row| values[*row]).collect()),
            Outcome::Survival(censored) => Outcome::Survival(censored.select(rows)),
            Outcome::Continuous(values) => Outcome::Continuous(rows.iter().map(|row| values[*row]).collect()),
            Outcome::Nominal(classes) => Outcome::Nominal(classes.select(rows)),
        }
    }
}

/// What a model says of each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// Of the event, in `[0, 1]`.
    Probability(Vec<f64>),
    /// Higher means an earlier event; no unit and no zero.
    Risk(Vec<f64>),
    /// Of a continuous endpoint.
    Value(Vec<f64>),
    /// Of each class of a nominal endpoint.
    Classes(ClassProbabilities),
}

impl Prediction {
    /// The numbers, for ranking: higher means more likely or earlier. Of several classes the number of
    /// the most probable one, which ranks nothing.
    pub fn scores(&self) -> &[f64] {
        match self {
            Prediction::Probability(values) | Prediction::Risk(values) | Prediction::Value(values) => values,
            Prediction::Classes(classes) => classes.called(),
        }
    }

    pub fn len(&self) -> usize {
        self.scores().len()
    }

    pub fn is_empty(&self) -> bool {
        self.scores().is_empty()
    }

    /// Whether several rows have one and the same number: nobody is told apart.
    pub fn is_constant(&self) -> bool {
        constant(self.scores())
    }

    /// The same kind of prediction with other numbers.
    pub fn with_scores(&self, scores: Vec<f64>) -> Self {
        match self {
            Prediction::Probability(_) => Prediction::Probability(scores),
            Prediction::Risk(_) => Prediction::Risk(scores),
            Prediction::Value(_) => Prediction::Value(scores),
            Prediction::Classes(classes) => {
                let count = classes.levels().len();
                let rows = scores
                    .into_iter()
                    .map(|score| (0..count).map(|k| f64::from(u8::from(k as f64 == score))).collect());
                Prediction::Classes(ClassProbabilities::new(classes.levels().clone(), rows))
            }
        }
    }

    /// Everything that is said of a row: one number, or one a class.
    pub fn row(&self, row: usize) -> Vec<f64> {
        match self {
            Prediction::Classes(classes) => classes.row(row).to_vec(),
            _ => self.scores().get(row).copied().into_iter().collect(),
        }
    }

    /// The same kind of prediction with other rows, each as [`Prediction::row`] tells it.
    pub fn with_rows(&self, rows: impl IntoIterator<Item = Vec<f64>>) -> Self {
        match self {
            Prediction::Classes(classes) => {
                Prediction::Classes(ClassProbabilities::new(classes.levels().clone(), rows))
            }
            _ => self.with_scores(rows.into_iter().map(|row| row.first().copied().unwrap_or(f64::NAN)).collect()),
        }
    }

    pub fn select(&self, rows: &[usize]) -> Self {
        self.with_rows(rows.iter().map(|row| self.row(*row)))
    }
}

/// Whether there are several scores and all are the same.
pub fn constant(scores: &[f64]) -> bool {
    scores.len() > 1 && scores.iter().all(|score| *score == scores[0])
}

/// Predicted survival of each row at given times.
#[derive(Clone, Debug, PartialEq)]
pub struct SurvivalCurves {
    /// Ascending.
    pub times: Vec<f64>,
    /// Rows by times: probability of being free of the event just after each time.
    pub survival: Array2<f64>,
}
