//! Genes behind a prediction, or between groups of samples.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static CONTRAST: Keyword = Keyword {
    word: "contrast",
    list: List::One(Kind::Expression),
    phrases: &[slot(Preposition::By, List::Some(Kind::Asked)), slot(Preposition::On, List::MaySome(Kind::Rows))],
    summary: "Contrasts gene expression by a prediction, by groups, or by a column.",
    documentation: "Differential expression, gene by gene, with false discovery rates, and enrichment of gene sets. \
        By a model, its frozen prediction is contrasted twice: as groups cut at the median of the training rows, and \
        as a slope along the score, which loses less where patients are few. By `groups`, by their own cut. By a \
        column of two levels or a condition (`type == \"tumour\"`), the second level against the first, or those of \
        whom it holds against the others; by a number, along it. With two things after `by` their enrichments are \
        compared: shared, opposing, of one alone.",
    example: r#"contrast rna by PRIME_R.radiomics on tcga
  enrich GSEA("hallmark.gmt"), ssGSEA("immune28.gmt")"#,
    clauses: &[
        Keyword {
            word: "enrich",
            count: Count::Repeated,
            list: List::Some(Kind::Enrichment),
            summary: "Gene sets that are tested.",
            documentation: "Each method with its files and settings: `GSEA`, `ORA`, `ssGSEA`, `GSVA`, `zscore`. Sets with \
                too few measured genes are refused, and told.",
            example: r#"enrich GSEA("hallmark.gmt"), ORA("go.gmt", "kegg.gmt")"#,
            ..PLAIN
        },
        Keyword {
            word: "test",
            list: List::One(Kind::Value),
            summary: "How genes are tested: `limma`, `welch`, `wilcoxon`.",
            documentation: "`limma` unless said otherwise: its variances borrow from each other, and it alone takes \
                covariates and slopes. Counts are weighted by voom for it.",
            example: "test limma(trend = yes)",
            ..PLAIN
        },
        Keyword {
            word: "adjust",
            count: Count::Repeated,
            phrases: &[slot(Preposition::For, List::Some(Kind::Value))],
            summary: "Covariates of the model of every gene.",
            documentation: "Numbers enter as they are, text as levels; paired samples are adjusted for their patient.",
            example: "adjust for batch, age",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
