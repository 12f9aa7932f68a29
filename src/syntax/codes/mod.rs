//! The pages of this layer's codes, one file per family; `diptych explain CODE` prints them.
//!
//! The checker keeps its own families beside its own code; whoever prints pages chains the two.

mod shape;
mod syntax;

use super::diagnostic::Code;

/// Every code that this layer tells.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [syntax::CODES, shape::CODES].into_iter().flatten()
}
