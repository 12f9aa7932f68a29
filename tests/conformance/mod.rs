//! Our numbers beside the peers'.

mod shared;
mod survival_learners;
