//! What operations have to show, as figures: their numbers gathered from what was estimated.
//! Nothing is estimated here.

pub mod model;
