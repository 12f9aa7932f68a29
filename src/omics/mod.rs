//! Differential expression, enrichment, single-sample scores.
//!
//! The way of the data: [`read`] makes an [`Expression`] of a file, [`identifiers`] and
//! [`duplicates`] make its rows genes, [`filter`], [`tmm`], [`cpm`], [`quantile`] and [`voom`] bring
//! it to the log scale, [`differential`] and its tests compare, and [`gsea`], [`ora`] and
//! [`single_sample`] speak of sets of genes, which [`gmt`] reads.
//!
//! May import: `card`, `random`, `progress`, `stats`, the least squares of `learn`, and the readers
//! of `frame` for formats without text. Knows nothing of the language.
//! Deliberately absent: negative-binomial models (voom serves counts), and any gene set of its own:
//! collections are the user's files.

pub mod comparative;
pub mod cpm;
pub mod design;
pub mod differential;
pub mod duplicates;
pub mod ebayes;
mod error;
pub mod filter;
pub mod gmt;
pub mod gsea;
pub mod gsva;
pub mod identifiers;
pub mod limma;
mod lowess;
pub mod matrix;
pub mod method;
pub mod ora;
mod polygamma;
pub mod quantile;
pub mod read;
mod robust;
pub mod scale;
pub mod sets;
pub mod single_sample;
pub mod ssgsea;
pub mod tmm;
pub mod voom;
pub mod welch;
pub mod wilcoxon;
pub mod zscore;

pub use error::OmicsError;
pub use matrix::Expression;
pub use method::{enrichments, tests};
