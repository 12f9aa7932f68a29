//! Diptych is a study language: a prediction study is written as a text file, proved sound
//! before any data is read, run, and reported.
//!
//! Text flows down this list once; nothing flows back up:
//! `syntax` → `check` → `plan` → `run` → `report`, `figures`. Below them stand the engines, which
//! know nothing of the language: `frame`, `imaging`, `radiomics`, `learn`, `survival`, `fuse`,
//! `explain`, `stats`, `omics`.
//!
//! # Embedding
//!
//! The command line, the prompt and every other front end are thin over [`Study`]: text in, typed
//! results out.
//!
//! ```
//! use diptych::Study;
//! use diptych::progress::Watch;
//! use diptych::run::Store;
//! use polars::prelude::*;
//!
//! let frame = df!(
//!     "age" => [61.0, 54.0, 70.0, 48.0, 66.0, 59.0, 73.0, 51.0],
//!     "responded" => [1, 0, 0, 1, 1, 0, 0, 1],
//! )?;
//! let study = Study::new(
//!     "first.study",
//!     "table patients\nendpoint response = binary(responded == 1)\nlogistic(response ~ age)\n",
//! )
//! .bind("patients", &frame)?;
//!
//! let finished = study.run(&Store::none(), &Watch::silent()).expect("a sound study");
//! let odds = finished.report.results.estimates().find(|estimate| estimate.metric.contains("age"));
//! assert_eq!(odds.map(|estimate| estimate.n), Some(8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod card;
mod predict;
pub mod progress;
pub mod random;
mod study;

pub use predict::predict;
pub use study::{Finished, Rejected, Review, Study};

pub mod check;
pub mod cli;
pub mod figures;
pub mod manual;
pub mod plan;
pub mod repl;
pub mod report;
pub mod run;
pub mod simulate;
pub mod syntax;

pub mod explain;
pub mod frame;
pub mod fuse;
pub mod imaging;
pub mod learn;
pub mod omics;
pub mod radiomics;
pub mod stats;
pub mod survival;
