//! What is measured.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static FEATURES: Keyword = Keyword {
    word: "features",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::One(Kind::Measured))],
    expects_clauses: true,
    summary: "A block of features: columns of a table, or radiomics of images.",
    documentation: "It says what is measured, and fits nothing that sees an outcome; fitted steps stand in `prepare` of a model.",
    example: r#"features radiomics from ct
  resample to 1 mm
  discretize to 32 bins
  filter original, LoG(sigma = 4 mm)
  keep where ICC(2, 1) > 0.75 between reader_1, reader_2"#,
    clauses: &[
        Keyword {
            word: "columns",
            count: Count::Repeated,
            list: List::MaySome(Kind::Column),
            phrases: &[slot(Preposition::Where, List::MayOne(Kind::Condition))],
            summary: "Columns of the block.",
            documentation: "By name, or by what the dictionary says of them.",
            example: r#"columns where role == "predictor""#,
            ..PLAIN
        },
        Keyword {
            word: "phases",
            list: List::Some(Kind::Word),
            summary: "Phases that are measured.",
            documentation: "All, unless it is given.",
            example: "phases arterial",
            ..PLAIN
        },
        Keyword {
            word: "label",
            list: List::One(Kind::Value),
            summary: "Which region of the masks is measured.",
            documentation: "A number, or the name of a segment in quotes; label 1, unless it is given.",
            example: "label \"tumour\"",
            ..PLAIN
        },
        Keyword {
            word: "settings",
            list: List::One(Kind::File),
            summary: "A parameter file of PyRadiomics, as it is.",
            documentation: "It takes the place of `resample`, `normalize`, `resegment`, `discretize`, `filter`, `classes` and `convention`.",
            example: "settings \"params.yaml\"",
            ..PLAIN
        },
        Keyword {
            word: "resample",
            phrases: &[
                slot(Preposition::To, List::Some(Kind::Quantity)),
                slot(Preposition::By, List::MayOne(Kind::Choice(&["bspline", "linear", "nearest"]))),
            ],
            summary: "The size of the voxels that images are brought to.",
            documentation: "One length for cubes, or three; 0 keeps an axis as it is. By cubic B-splines unless it is said; masks always go to the nearest voxel, or by IBSI's convention linearly.",
            example: "resample to 1 mm by linear",
            ..PLAIN
        },
        Keyword {
            word: "resegment",
            phrases: &[slot(Preposition::To, List::One(Kind::Value))],
            summary: "Voxels outside a range of intensities leave the region.",
            documentation: "A range, or so many standard deviations around the region's mean: `to 3 sigma`. Shape is of the whole region.",
            example: "resegment to -150 .. 250",
            ..PLAIN
        },
        Keyword {
            word: "normalize",
            phrases: &[slot(Preposition::To, List::MayOne(Kind::Number))],
            summary: "Brings intensities to mean 0 and standard deviation 1.",
            documentation: "Per image; with `to`, the scale that is multiplied.",
            example: "normalize",
            ..PLAIN
        },
        Keyword {
            word: "discretize",
            phrases: &[slot(Preposition::To, List::One(Kind::Quantity))],
            summary: "How intensities are binned.",
            documentation: "A number of bins over each region's own range, or the width of a bin: `to 32 bins`, `to 25`.",
            example: "discretize to 32 bins",
            ..PLAIN
        },
        Keyword {
            word: "filter",
            count: Count::Repeated,
            list: List::Some(Kind::Filter),
            summary: "Images that are measured beside the original.",
            documentation: "Each adds its own features.",
            example: "filter original, LoG(sigma = 4 mm), wavelet(family = coif1)",
            ..PLAIN
        },
        Keyword {
            word: "classes",
            list: List::Some(Kind::FeatureClass),
            summary: "Classes of features.",
            documentation: "All, unless it is given. By IBSI's convention also `local`, `histogram`, `volume-histogram` and `gldzm`.",
            example: "classes shape, firstorder, glcm",
            ..PLAIN
        },
        Keyword {
            word: "aggregate",
            list: List::Some(Kind::Choice(&["slices", "merged-slices", "volume"])),
            summary: "Over what the textures of IBSI's convention are aggregated.",
            documentation: "`slices`: a matrix a slice, features averaged over slices (2D); `merged-slices`: one matrix of all slices (2.5D); `volume`: in space (3D), unless it is given. By direction and merged are both measured.",
            example: "aggregate slices, volume",
            ..PLAIN
        },
        Keyword {
            word: "convention",
            list: List::One(Kind::Choice(&["ibsi", "pyradiomics"])),
            summary: "Whose definitions hold.",
            documentation: "`ibsi` or `pyradiomics`.",
            example: "convention pyradiomics",
            ..PLAIN
        },
        Keyword {
            word: "keep",
            count: Count::Repeated,
            phrases: &[
                slot(Preposition::Where, List::One(Kind::Condition)),
                slot(Preposition::Between, List::MaySome(Kind::Word)),
                slot(Preposition::Over, List::MaySome(Kind::Perturbation)),
            ],
            summary: "Keeps features on which readers agree.",
            documentation: "It sees no outcome. The intraclass correlation is taken over the patients whom every reader has segmented; the second reading of one reader is a reader too. Where there is none, `over` takes the first reader's mask as it is and perturbed: `over rotation, erosion`, or `over perturbations` for all of them.",
            example: "keep where ICC(2, 1) > 0.75 between reader_1, reader_2",
            ..PLAIN
        },
        Keyword {
            word: "failures",
            list: List::One(Kind::Choice(&["stop", "missing"])),
            summary: "What becomes of a patient who cannot be measured.",
            documentation: "`missing`, unless it is said: the patient is told, counted, and has missing values. `stop` rejects the data.",
            example: "failures stop",
            ..PLAIN
        },
        Keyword {
            word: "mismatch",
            list: List::One(Kind::Choice(&["refuse", "resample"])),
            summary: "What becomes of a mask on another grid than its image.",
            documentation: "`refuse`, unless it is said: the patient cannot be measured. `resample` brings the mask to the image's grid by nearest neighbours.",
            example: "mismatch resample",
            ..PLAIN
        },
        Keyword {
            word: "show",
            list: List::Some(Kind::Choice(&["slices"])),
            summary: "Figures for eyes to check the masks.",
            documentation: "`slices`: an axial, a coronal and a sagittal slice with the outline of the first reader's mask, for the first patients of every phase. `diptych extract --figures` draws any number.",
            example: "show slices",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
