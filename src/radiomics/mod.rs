//! Features of a region of an image: one file per feature class and per filter.
//!
//! May import: `card`, `imaging`, `progress`, `random`. Knows nothing of the language or of outcomes.
//!
//! One code, two conventions. `extract` gives PyRadiomics' features under PyRadiomics' names and steps; `ibsi` gives
//! those of the Image Biomarker Standardisation Initiative. Both build on the same matrices.
//! `cases` measures many patients, and remembers. Deliberately absent: voxel-based feature maps, and choosing files.

pub mod cases;
pub mod discretise;
pub mod eigen;
pub mod extract;
pub mod filter;
pub mod firstorder;
pub mod glcm;
pub mod gldm;
pub mod glrlm;
pub mod glszm;
pub mod ibsi;
pub mod level_size;
pub mod ngtdm;
pub mod parameters;
pub mod perturb;
pub mod preprocess;
pub mod protocol;
pub mod region;
pub mod settings;
pub mod shape;
pub mod shape2d;
pub mod surface;
pub mod texture;
pub mod yaml;

pub use cases::{Case, CaseFault, Drawn, Label, Memory};
pub use discretise::Discretisation;
pub use extract::{Extraction, ExtractionFault, Feature, extract};
pub use filter::Filter;
pub use parameters::{ParameterFault, read_parameters};
pub use perturb::Perturbation;
pub use protocol::{Protocol, Reading};
pub use settings::{Caution, FeatureClass, Settings};
