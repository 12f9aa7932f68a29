//! Speed; ignored, run by the scripts in `scripts/bench`.

mod stats;
