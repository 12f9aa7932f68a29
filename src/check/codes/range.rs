//! Numbers, dates and shares that cannot be.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "range::bins",
        title: "Bins or a width outside their domain",
        explanation: "2 to 4096 bins, or a positive width.",
        bad: "discretize to 1 bins",
        good: "discretize to 32 bins",
    },
    Code {
        code: "range::cuts",
        title: "Cuts that do not ascend",
        explanation: "Several cuts stand in ascending order.",
        bad: "groups g from R at 0.7, 0.3",
        good: "groups g from R at 0.3, 0.7",
    },
    Code {
        code: "range::date",
        title: "A day that does not exist",
        explanation: "It is not in the calendar.",
        bad: "2025-02-30",
        good: "2025-02-28",
    },
    Code {
        code: "range::empty",
        title: "An empty range",
        explanation: "The lower bound lies above the upper.",
        bad: "age in 60 .. 40",
        good: "age in 40 .. 60",
    },
    Code {
        code: "range::folds",
        title: "A resampling that cannot be",
        explanation: "At least two folds, at least one repeat, whole numbers.",
        bad: "over 1 folds",
        good: "over 5 folds",
    },
    Code {
        code: "range::horizon",
        title: "A horizon that is no time after the start",
        explanation: "Horizons are positive.",
        bad: "at 0 months",
        good: "at 12 months",
    },
    Code {
        code: "range::intensities",
        title: "Something is no range of intensities",
        explanation: "A region is reduced to the voxels within two intensities, the lower first, or within so many standard deviations of its mean.",
        bad: "resegment to 250 .. -150",
        good: "resegment to -150 .. 250",
    },
    Code {
        code: "range::outside",
        title: "A number outside the column's range",
        explanation: "No row can have it: usually a slip of the unit.",
        bad: "ecog <= 7",
        good: "ecog <= 2",
    },
    Code {
        code: "range::scale",
        title: "A scale that is not positive",
        explanation: "Normalised intensities are multiplied with it.",
        bad: "normalize to 0",
        good: "normalize to 100",
    },
    Code {
        code: "range::seed",
        title: "A seed that is no whole number",
        explanation: "Seeds are whole numbers from 0.",
        bad: "seed 1.5",
        good: "seed 20260620",
    },
    Code {
        code: "range::share",
        title: "Shares that cannot be",
        explanation: "A share lies above 0% and up to 100%, and the shares of the same rows do not exceed the whole.",
        bad: r#"part a = 70%
part b = 40%"#,
        good: r#"part a = 70%
part b = 30%"#,
    },
    Code {
        code: "range::spacing",
        title: "A spacing that cannot be",
        explanation: "One positive length for all axes, or three.",
        bad: "resample to 0 mm",
        good: "resample to 1 mm",
    },
    Code {
        code: "range::threshold",
        title: "A threshold that is no probability",
        explanation: "It lies between 0 and 1.",
        bad: "groups g from R at 1.5",
        good: "groups g from R at 0.5",
    },
];
