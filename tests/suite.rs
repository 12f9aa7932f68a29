//! Every integration test in one binary: a second one would link Polars again.

mod bench;

mod check;
mod conformance;
mod coverage;
mod reproduce;
mod radiomics;
mod run;
mod syntax;
