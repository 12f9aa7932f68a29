//! `welch`: Welch's t test of every gene.

use rayon::prelude::*;

use crate::card::{Card, Role, Settings};
use crate::progress::Watch;
use crate::stats::hypothesis::welch_t;

use super::design::Contrast;
use super::differential::{Differential, GeneResult, averages};
use super::error::OmicsError;
use super::method::{ADJUST, Question, Test};

pub struct Welch;

static CARD: Card = Card {
    name: "welch",
    title: "Welch's t test",
    role: Role::Differential,
    endpoints: &[],
    parameters: &[ADJUST],
    summary: "Two-sample t of every gene on its own variances.",
    documentation: r#"
The difference of means over `(v1 / n1 + v2 / n2)^(1/2)` on Satterthwaite's degrees of freedom, gene by gene, with its interval;
as R's `t.test`. Two groups, no covariates. A gene that varies in neither group is not tested and does not count in the
adjustment. With few patients `limma` finds more, because its variances borrow from each other.
"#,
    references: &["Welch BL. Biometrika 1947;34:28-35."],
    example: "test welch",
};

/// The values of the two groups.
pub(super) fn two_groups<'d>(question: &Question<'d>, name: &str) -> Result<&'d [bool], OmicsError> {
    if !question.design.covariates().is_empty() {
        return Err(OmicsError::none(format!("`{name}` takes no covariates; `limma` does")));
    }
    match question.design.contrast() {
        Contrast::Groups(of) => Ok(of),
        Contrast::Slope(_) => Err(OmicsError::none(format!("`{name}` compares two groups; a slope wants `limma`"))),
    }
}

pub(super) fn parted(values: &[f64], inside: &[bool]) -> (Vec<f64>, Vec<f64>) {
    let of = |wanted: bool| {
        values.iter().zip(inside).filter(|(_, inside)| **inside == wanted).map(|(value, _)| *value).collect()
    };
    (of(true), of(false))
}

impl Test for Welch {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn run(&self, question: &Question<'_>, settings: &Settings, watch: &Watch) -> Result<Differential, OmicsError> {
        watch.check()?;
        let inside = two_groups(question, "welch")?;
        let matrix = question.matrix;
        let averages = averages(matrix);
        let genes = (0..matrix.genes().len())
            .into_par_iter()
            .map(|gene| {
                let (a, b) = parted(matrix.row(gene), inside);
                let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
                let mut result = GeneResult {
                    gene: matrix.genes()[gene].clone(),
                    log_fold_change: mean(&a) - mean(&b),
                    lower: f64::NAN,
                    upper: f64::NAN,
                    average: averages[gene],
                    statistic: 0.0,
                    df: f64::NAN,
                    p: None,
                    adjusted: None,
                    log_odds: None,
                };
                if let Ok(test) = welch_t(&a, &b, question.level) {
                    result.statistic = test.statistic_value().unwrap_or(0.0);
                    result.df = test.df.first().copied().unwrap_or(f64::NAN);
                    result.p = Some(test.p);
                    if let Some(interval) = test.effect.and_then(|effect| effect.interval) {
                        (result.lower, result.upper) = (interval.lower, interval.upper);
                    }
                }
                result
            })
            .collect();
        let how = "Welch's t test".to_owned();
        let adjustment = super::method::adjustment(settings);
        Ok(Differential::finish(genes, question.design.contrast(), how, adjustment, question.level))
    }

    fn adjusts(&self) -> bool {
        false
    }
}
