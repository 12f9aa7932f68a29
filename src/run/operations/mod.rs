//! What each node of a plan does, one file each. Data nodes put a value into the [`World`];
//! all others answer from it.
//!
//! May import: `plan`, the engines, and `run`'s own types. Deliberately absent: any decision that
//! the study should have made; where an engine has not landed, the step says so.
//!
//! [`World`]: super::world::World

mod classes;
pub mod cohort;
pub mod columns;
pub mod compare;
pub mod contrast;
pub mod correlate;
pub mod derive;
pub mod describe;
pub mod drawn;
pub mod endpoint;
pub mod evaluate;
pub mod explain;
pub mod expression;
pub mod extraction;
pub mod flow;
pub mod groups;
pub mod infer;
pub mod judge;
pub mod model;
pub mod optimism;
pub mod probability;
pub mod quadrants;
pub mod recalibrate;
pub mod slices;
pub mod split;
pub mod stratify;
pub mod table;
