//! Genes behind a prediction.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static CONTRAST: Keyword = Keyword {
    word: "contrast",
    list: List::One(Kind::Expression),
    phrases: &[slot(Preposition::By, List::Some(Kind::Asked)), slot(Preposition::On, List::MaySome(Kind::Rows))],
    summary: "Contrasts gene expression by a prediction.",
    documentation: "Differential expression along the prediction, with false discovery rates.",
    example: r#"contrast rna by PRIME_R.radiomics on tcga
  enrich GSEA("hallmark.gmt"), ssGSEA("immune28.gmt")"#,
    clauses: &[
        Keyword {
            word: "enrich",
            count: Count::Repeated,
            list: List::Some(Kind::Enrichment),
            summary: "Gene sets that are tested.",
            documentation: "Each method with its files: `GSEA`, `ORA`, `ssGSEA`, `GSVA`.",
            example: r#"enrich GSEA("hallmark.gmt"), ORA("go.gmt", "kegg.gmt")"#,
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
