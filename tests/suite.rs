//! Every integration test in one binary: a second one would link Polars again.

mod bench;

mod check;
mod conformance;
mod coverage;
mod imaging;
mod omics;
mod repl;
mod explain;
mod radiomics;
mod reproduce;
mod run;
mod syntax;
