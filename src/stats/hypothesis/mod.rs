//! Significance tests, one file each. Every test returns a [`TestResult`] or says why it cannot
//! be computed; semantics, continuity corrections and the choice of exact distributions follow
//! R's `stats` package, on which the reference values rest.
//!
//! Inputs are complete: the caller drops missing rows and counts them.

mod anova;
mod chi_square;
mod correlation;
mod fisher;
mod kruskal_wallis;
mod mann_whitney;
mod mcnemar;
mod shapiro_wilk;
mod t_test;
mod wald;
mod wilcoxon_signed_rank;

pub use anova::{anova, welch_anova};
pub use chi_square::{chi_square, expected_counts};
pub use correlation::{Correlation, correlation, correlation_coefficient};
pub use fisher::{fisher, fisher_monte_carlo};
pub use kruskal_wallis::kruskal_wallis;
pub use mann_whitney::{Exactness, RankSums, mann_whitney};
pub use mcnemar::mcnemar;
pub use shapiro_wilk::shapiro_wilk;
pub use t_test::{one_sample_t, paired_t, student_t, welch_t};
pub use wald::wald;
pub use wilcoxon_signed_rank::wilcoxon_signed_rank;

use serde::{Deserialize, Serialize};

use super::estimate::{Interval, NotEstimable};

/// The size of what was tested, in its own unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// "difference in means", "odds ratio".
    pub name: String,
    pub value: f64,
    pub interval: Option<Interval>,
}

/// The outcome of a two-sided significance test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// As a Methods section names it.
    pub test: String,
    /// Symbol and value; `None` for a test without one, such as Fisher's.
    pub statistic: Option<(String, f64)>,
    /// Degrees of freedom; two for an F.
    pub df: Vec<f64>,
    pub p: f64,
    pub effect: Option<Effect>,
    /// Observations; pairs for a paired test.
    pub n: usize,
    /// What the reader should know: ties, zero differences, small expected counts.
    pub notes: Vec<String>,
}

impl TestResult {
    /// A result with a statistic.
    pub fn new(test: impl Into<String>, symbol: &str, statistic: f64, p: f64, n: usize) -> Self {
        TestResult {
            test: test.into(),
            statistic: Some((symbol.to_owned(), statistic)),
            df: Vec::new(),
            p: p.clamp(0.0, 1.0),
            effect: None,
            n,
            notes: Vec::new(),
        }
    }

    /// A result whose p-value is summed exactly and has no statistic.
    pub fn exact(test: impl Into<String>, p: f64, n: usize) -> Self {
        TestResult {
            test: test.into(),
            statistic: None,
            df: Vec::new(),
            p: p.clamp(0.0, 1.0),
            effect: None,
            n,
            notes: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_df(mut self, df: &[f64]) -> Self {
        self.df = df.to_vec();
        self
    }

    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The value of the statistic, if the test has one.
    pub fn statistic_value(&self) -> Option<f64> {
        self.statistic.as_ref().map(|(_, value)| *value)
    }
}

/// Fails on a value that is missing or infinite.
fn all_finite(values: &[f64]) -> Result<(), NotEstimable> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(NotEstimable::new("a value is missing or infinite"))
    }
}

/// Mean and the sum of squared deviations from it.
fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum())
}

/// Whether the spread is nothing but rounding around a mean of this size.
fn is_constant(spread: f64, mean: f64) -> bool {
    spread.is_nan() || spread <= 10.0 * f64::EPSILON * mean.abs()
}
