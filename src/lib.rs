//! Diptych is a study language: a prediction study is written as a text file, proved sound
//! before any data is read, run, and reported.
//!
//! Text flows down this list once; nothing flows back up:
//! `syntax` → `check` → `plan` → `run` → `report`, `figures`. Below them stand the engines, which
//! know nothing of the language: `frame`, `imaging`, `radiomics`, `learn`, `survival`, `fuse`,
//! `explain`, `stats`, `omics`.

pub mod card;
pub mod progress;
pub mod random;

pub mod check;
pub mod cli;
pub mod figures;
pub mod plan;
pub mod repl;
pub mod report;
pub mod run;
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
