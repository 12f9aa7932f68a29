//! Evaluates a plan: scheduler, store, progress, cancellation.
//!
//! May import: `plan`, and every engine. Never parses.
