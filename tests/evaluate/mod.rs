//! Evaluations of whole studies.

mod told;
