//! Every integration test in one binary: a second one would link Polars again.

mod check;
mod conformance;
mod syntax;
