//! Coverage of intervals in simulation; ignored, run by the scripts in `scripts/coverage`.

mod stats;
mod survival;
