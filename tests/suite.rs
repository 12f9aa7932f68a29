//! Every integration test in one binary: a second one would link Polars again.

mod conformance;
mod syntax;
