//! Every integration test in one binary: a second one would link Polars again.

mod bench {
    mod stats;
}
mod conformance {
    mod stats;
}
mod coverage {
    mod stats;
}
