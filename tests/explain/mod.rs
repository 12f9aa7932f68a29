//! Explanations of whole studies.

mod recovered;
