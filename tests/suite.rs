//! Every integration test in one binary: a second one would link Polars again.

mod bench;

mod check;
mod conformance;
mod coverage;
mod evaluate;
mod explain;
mod imaging;
mod omics;
mod radiomics;
mod repl;
mod reproduce;
mod run;
mod syntax;
