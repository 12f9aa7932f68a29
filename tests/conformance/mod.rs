//! Our numbers beside the peers'.

mod datasets;
mod ibsi;
mod ibsi2;
mod imaging;
mod language;
mod learn;
mod omics;
mod omics_cases;
mod radiomics;
mod shared;
mod stats;
mod survival;
mod survival_learners;
