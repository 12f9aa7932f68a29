//! Our numbers beside the peers'.

mod learn;
mod shared;
mod survival_learners;
