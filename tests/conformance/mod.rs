//! Our numbers beside the peers'.

mod shared;
mod survival;
mod survival_learners;
