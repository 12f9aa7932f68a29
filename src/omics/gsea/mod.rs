//! `GSEA`: gene set enrichment analysis, preranked or by permutation of phenotypes.
//!
//! [`score`] walks the ranking, [`preranked`] draws random sets, [`multilevel`] reaches p that
//! draws do not, and [`phenotype`] permutes the labels of the samples.

pub mod multilevel;
pub mod phenotype;
pub mod preranked;
pub mod ranking;
pub mod score;

pub use ranking::Ranking;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use super::design::Contrast;
use super::error::OmicsError;
use super::method::{Enrichment, Found, LEAST, MOST, Subject, contrast_of};
use super::sets::MeasuredSet;

pub struct Gsea;

static CARD: Card = Card {
    name: "GSEA",
    title: "Gene set enrichment analysis",
    role: Role::Enrichment,
    endpoints: &[],
    parameters: &[
        Parameter { default: Initial::Integer(15), ..LEAST },
        MOST,
        Parameter {
            name: "permute",
            domain: Domain::Choice(&["genes", "phenotype"]),
            default: Initial::Choice("genes"),
            summary: "Random sets on the ranking of genes (preranked), or permuted labels of the patients.",
        },
        Parameter {
            name: "weight",
            domain: Domain::Real { low: 0.0, high: 4.0 },
            default: Initial::Real(1.0),
            summary: "Power of the ranking statistic in the running sum; 0 is Kolmogorov-Smirnov's.",
        },
        Parameter {
            name: "permutations",
            domain: Domain::Integer { low: 100, high: 10_000_000 },
            default: Initial::Integer(1000),
            summary: "Random sets of each size, or permutations of the labels.",
        },
        Parameter {
            name: "multilevel",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Whether small p values are followed by adaptive multilevel splitting (preranked only).",
        },
        Parameter {
            name: "eps",
            domain: Domain::Real { low: 0.0, high: 0.1 },
            default: Initial::Real(1e-50),
            summary: "p values below this are not followed further.",
        },
    ],
    summary: "Whether the genes of a set stand together at one end of the ranking.",
    documentation: r#"
Genes are ranked by the statistic of the contrast (moderated t), ties by name. Walking down, the running sum rises at a gene
of the set by `|r|^weight` over the set's total and falls at any other by `1 / (N - k)`; ES is its largest deviation from 0, and
the leading edge are the genes of the set before it (after it, for a negative ES). Equal deviations either way are an ES of 0.

Preranked: ES is compared with those of random sets of the same size. The p value is the share of random ES of the same sign that are as
extreme, `(1 + extreme) / (1 + same sign)`, as fgsea; NES is ES over the mean of random ES of the same sign. A p value that the
permutations do not resolve is followed by adaptive multilevel splitting (Korotkevich et al.), with its standard error on
the log2 scale. p values are adjusted by Benjamini-Hochberg over all sets of all files of the call. Genes of a set are correlated,
which random sets are not: p values of preranked GSEA are too small to that extent.

By phenotype (two groups without covariates, at least seven patients each): labels are permuted, genes ranked again by
signal to noise, which keeps the correlation; with Subramanian's FDR from the normalised scores. Follows GSEA 4 (the
floor of a standard deviation is 0.2 of the mean).
"#,
    references: &[
        "Subramanian A et al. Gene set enrichment analysis. PNAS 2005;102:15545-50.",
        "Korotkevich G et al. Fast gene set enrichment analysis. bioRxiv 2021:060012.",
    ],
    example: r#"enrich GSEA("hallmark.gmt")"#,
};

/// One set.
#[derive(Clone, Debug, PartialEq)]
pub struct GseaResult {
    pub set: String,
    pub collection: String,
    /// Genes of the set, and those that were measured.
    pub size: usize,
    pub measured: usize,
    pub es: f64,
    /// Absent where no random set has an ES of this sign.
    pub nes: Option<f64>,
    pub p: Option<f64>,
    /// Standard error of log2 p.
    pub log2_error: Option<f64>,
    /// Benjamini-Hochberg over the sets.
    pub adjusted: Option<f64>,
    /// Subramanian's FDR, by phenotype permutation.
    pub fdr: Option<f64>,
    /// From the end of the ranking inwards.
    pub leading_edge: Vec<String>,
}

impl Enrichment for Gsea {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn per_sample(&self) -> bool {
        false
    }

    fn run(
        &self,
        subject: &Subject<'_>,
        sets: &[MeasuredSet],
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Found, OmicsError> {
        let (design, told) = contrast_of(subject)?;
        let (weight, permutations) = (settings.real("weight"), settings.count("permutations"));
        if settings.choice("permute") == "phenotype" {
            let Contrast::Groups(inside) = design.contrast() else {
                return Err(OmicsError::none("labels are permuted of two groups; a slope wants `permute = genes`"));
            };
            if !design.covariates().is_empty() {
                return Err(OmicsError::none("labels cannot be permuted beside covariates"));
            }
            let (ranking, results) =
                phenotype::by_phenotype(subject.matrix, inside, sets, weight, permutations, stream, watch)?;
            let how =
                format!("GSEA, weight {weight}, ranked by signal to noise, {permutations} permutations of the labels");
            return Ok(Found::Ranked { ranking, results, how });
        }
        let genes: Vec<String> = told.genes.iter().map(|gene| gene.gene.clone()).collect();
        let statistics: Vec<f64> = told.genes.iter().map(|gene| gene.statistic).collect();
        let ranking = Ranking::new(&genes, &statistics)?;
        let multilevel = settings.flag("multilevel").then(|| settings.real("eps"));
        let options = preranked::Options { weight, permutations, multilevel };
        let results = preranked::preranked(&ranking, sets, options, stream, watch)?;
        let mut how = format!("preranked GSEA, weight {weight}, {permutations} random sets of each size");
        if multilevel.is_some() {
            how.push_str(", small p by adaptive multilevel splitting");
        }
        Ok(Found::Ranked { ranking, results, how })
    }
}

/// Adjusts p over all sets; absent ones do not count.
fn adjust(results: &mut [GseaResult]) {
    use crate::stats::multiplicity::{Adjustment, adjust_present};
    let p: Vec<Option<f64>> = results.iter().map(|result| result.p).collect();
    for (result, adjusted) in results.iter_mut().zip(adjust_present(&p, Adjustment::BenjaminiHochberg)) {
        result.adjusted = adjusted;
    }
}
