//! The seams: a test of every gene is one file that implements [`Test`] and one line in [`tests`];
//! a method of enrichment is one file that implements [`Enrichment`] and one line in
//! [`enrichments`].

use crate::card::{Card, Domain, Initial, Parameter, Settings};
use crate::progress::Watch;
use crate::stats::multiplicity::Adjustment;

use crate::random::Stream;

use super::design::Design;
use super::differential::Differential;
use super::error::OmicsError;
use super::gsea::{GseaResult, Ranking};
use super::matrix::Expression;
use super::ora::OraResult;
use super::sets::MeasuredSet;
use super::single_sample::Scores;

/// What is asked of every gene.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// On the log scale.
    pub matrix: &'a Expression,
    pub design: &'a Design,
    /// Precision of each value, gene after gene, of counts by voom.
    pub weights: Option<&'a [f64]>,
    pub level: f64,
}

/// A test of every gene. One file each; stateless.
pub trait Test: Send + Sync {
    fn card(&self) -> &'static Card;

    /// # Errors
    /// A contrast or covariates that the test does not serve; stopped.
    fn run(&self, question: &Question<'_>, settings: &Settings, watch: &Watch) -> Result<Differential, OmicsError>;

    /// Whether it serves covariates and slopes.
    fn adjusts(&self) -> bool;
}

/// Every test of genes, in alphabetical order.
pub fn tests() -> &'static [&'static dyn Test] {
    &[&super::limma::Limma, &super::welch::Welch, &super::wilcoxon::Wilcoxon]
}

/// What sets are asked about: a contrast with its test, or the samples alone.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// On the log scale.
    pub matrix: &'a Expression,
    /// Absent for a method that scores each sample.
    pub contrast: Option<(&'a Design, &'a Differential)>,
}

/// What a method answers.
#[derive(Clone, Debug)]
pub enum Found {
    /// Sets along a ranking of genes.
    Ranked { ranking: Ranking, results: Vec<GseaResult>, how: String },
    /// Sets in lists of genes, each list with its name and length.
    Listed { lists: Vec<(String, usize, Vec<OraResult>)>, how: String },
    /// Sets in every sample.
    Scored { scores: Scores, how: String },
}

/// A method of enrichment. One file each; stateless.
pub trait Enrichment: Send + Sync {
    fn card(&self) -> &'static Card;

    /// Whether it scores each sample, rather than a list or a ranking of genes.
    fn per_sample(&self) -> bool;

    /// # Errors
    /// What keeps the method from an answer, such as no gene that is listed; stopped.
    fn run(
        &self,
        subject: &Subject<'_>,
        sets: &[MeasuredSet],
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Found, OmicsError>;
}

/// The contrast of a method that wants one.
pub(super) fn contrast_of<'a>(subject: &Subject<'a>) -> Result<(&'a Design, &'a Differential), OmicsError> {
    subject.contrast.ok_or_else(|| OmicsError::none("there is no contrast to rank genes by"))
}

/// Every method of enrichment, in alphabetical order.
pub fn enrichments() -> &'static [&'static dyn Enrichment] {
    &[&super::gsea::Gsea, &super::gsva::Gsva, &super::ora::Ora, &super::ssgsea::SsGsea, &super::zscore::Zscore]
}

/// The adjustment that every test takes.
pub(super) const ADJUST: Parameter = Parameter {
    name: "adjust",
    domain: Domain::Choice(&["none", "bonferroni", "holm", "hochberg", "BH", "BY"]),
    default: Initial::Choice("BH"),
    summary: "Adjustment of p over all genes.",
};

/// Sets with fewer measured genes are refused.
pub(super) const LEAST: Parameter = Parameter {
    name: "min",
    domain: Domain::Integer { low: 1, high: 100_000 },
    default: Initial::Integer(5),
    summary: "Fewest measured genes of a set; smaller ones are refused, and told.",
};

/// Sets with more measured genes are left out.
pub(super) const MOST: Parameter = Parameter {
    name: "max",
    domain: Domain::Integer { low: 1, high: 1_000_000 },
    default: Initial::Integer(500),
    summary: "Most measured genes of a set; larger ones are left out, and told.",
};

pub(super) fn adjustment(settings: &Settings) -> Adjustment {
    Adjustment::from_word(settings.choice("adjust")).unwrap_or(Adjustment::BenjaminiHochberg)
}

#[cfg(test)]
mod unit {
    #[test]
    fn names_are_in_order_and_examples_use_them() {
        let tests: Vec<&str> = super::tests().iter().map(|test| test.card().name).collect();
        let methods: Vec<&str> = super::enrichments().iter().map(|method| method.card().name).collect();
        assert!(tests.is_sorted(), "{tests:?}");
        assert!(methods.is_sorted_by_key(|name| name.to_lowercase()), "{methods:?}");
        for card in super::tests().iter().map(|t| t.card()).chain(super::enrichments().iter().map(|m| m.card())) {
            assert!(card.example.contains(card.name), "{}", card.name);
            assert!(!card.references.is_empty() && !card.documentation.is_empty(), "{}", card.name);
        }
    }
}
