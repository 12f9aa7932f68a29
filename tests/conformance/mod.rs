//! Our numbers beside the peers'.

mod ibsi;
mod imaging;
mod learn;
mod radiomics;
mod shared;
mod stats;
mod survival;
mod survival_learners;
