//! What was observed and what was predicted. The types keep a risk from passing for a
//! probability.

use ndarray::Array2;

use crate::card::EndpointKind;

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
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Outcome::Binary(values) => values.len(),
            Outcome::Survival(censored) => censored.len(),
            Outcome::Continuous(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Events of interest; `None` for a number.
    pub fn events(&self) -> Option<usize> {
        match self {
            Outcome::Binary(values) => Some(values.iter().filter(|value| **value).count()),
            Outcome::Survival(censored) => Some(censored.events()),
            Outcome::Continuous(_) => None,
        }
    }

    /// The rows at `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Outcome::Binary(values) => Outcome::Binary(rows.iter().map(|row| values[*row]).collect()),
            Outcome::Survival(censored) => Outcome::Survival(censored.select(rows)),
            Outcome::Continuous(values) => Outcome::Continuous(rows.iter().map(|row| values[*row]).collect()),
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
}

impl Prediction {
    /// The numbers, for ranking: higher means more likely or earlier.
    pub fn scores(&self) -> &[f64] {
        match self {
            Prediction::Probability(values) | Prediction::Risk(values) | Prediction::Value(values) => values,
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
        }
    }

    pub fn select(&self, rows: &[usize]) -> Self {
        self.with_scores(rows.iter().map(|row| self.scores()[*row]).collect())
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
