//! `wilcoxon`: the rank-sum test of every gene.

use rayon::prelude::*;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::stats::hypothesis::{Exactness, RankSums};

use super::differential::{Differential, GeneResult, averages};
use super::error::OmicsError;
use super::method::{ADJUST, Question, Test};
use super::welch::{parted, two_groups};

pub struct Wilcoxon;

static CARD: Card = Card {
    name: "wilcoxon",
    title: "Wilcoxon rank-sum test",
    role: Role::Differential,
    endpoints: &[],
    parameters: &[
        ADJUST,
        Parameter {
            name: "exact",
            domain: Domain::Choice(&["auto", "never"]),
            default: Initial::Choice("auto"),
            summary: "`auto` sums the null distribution below 50 a group without ties, as R does.",
        },
    ],
    summary: "Mann-Whitney test of every gene, which the scale does not move.",
    documentation: r#"
The rank sum of the group, exact below 50 samples a group where the gene has no ties, otherwise by the normal approximation
with ties and continuity corrected; as R's `wilcox.test`. The effect shown is the difference of means of log2 expression; the
ranking statistic is the standardised rank sum. Two groups, no covariates. A gene with equal values is not tested. With five
against five samples the smallest p is 0.008: no gene of thousands can pass an adjustment, whatever is true.
"#,
    references: &["Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60."],
    example: "test wilcoxon",
};

impl Test for Wilcoxon {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn run(&self, question: &Question<'_>, settings: &Settings, watch: &Watch) -> Result<Differential, OmicsError> {
        watch.check()?;
        let inside = two_groups(question, "wilcoxon")?;
        let matrix = question.matrix;
        let averages = averages(matrix);
        let exactness = if settings.choice("exact") == "never" { Exactness::Corrected } else { Exactness::Automatic };
        let inside_count = inside.iter().filter(|inside| **inside).count();
        let sums = RankSums::new(inside_count, inside.len() - inside_count, exactness);
        let genes = (0..matrix.genes().len())
            .into_par_iter()
            .map(|gene| {
                let (a, b) = parted(matrix.row(gene), inside);
                let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
                let test = sums.test(&a, &b).ok();
                // Ties are not corrected here, so that the ranking of genes is one of effects.
                let (m, n) = (a.len() as f64, b.len() as f64);
                let spread = (m * n * (m + n + 1.0) / 12.0).sqrt();
                let statistic =
                    test.as_ref().and_then(|test| test.statistic_value()).map_or(0.0, |w| (w - m * n / 2.0) / spread);
                GeneResult {
                    gene: matrix.genes()[gene].clone(),
                    log_fold_change: mean(&a) - mean(&b),
                    lower: f64::NAN,
                    upper: f64::NAN,
                    average: averages[gene],
                    statistic,
                    df: f64::NAN,
                    p: test.map(|test| test.p),
                    adjusted: None,
                    log_odds: None,
                }
            })
            .collect();
        let how = "Wilcoxon rank-sum test".to_owned();
        let adjustment = super::method::adjustment(settings);
        Ok(Differential::finish(genes, question.design.contrast(), how, adjustment, question.level))
    }

    fn adjusts(&self) -> bool {
        false
    }
}
