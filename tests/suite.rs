//! Every integration test in one binary: a second one would link Polars again.

mod bench;

mod check;
mod conformance;
mod coverage;
mod radiomics;
mod reproduce;
mod run;
mod syntax;
