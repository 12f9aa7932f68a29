//! Units of measurement.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "unit::analyte",
        title: "A molar conversion of an unknown substance",
        explanation: "Between mass and amount stands the molar mass. The analyte is taken from the words of the column's name, or from the dictionary's unit: `mg/dL of bilirubin`.",
        bad: "crp as umol/L",
        good: "bilirubin as umol/L",
    },
    Code {
        code: "unit::assumed",
        title: "The unit of a column is taken from the literal",
        explanation: "Nothing states the column's unit; the study runs, and the plan says so.",
        bad: "age >= 18 years",
        good: r#"column age
  unit years"#,
    },
    Code {
        code: "unit::dimension",
        title: "A value measures something else than the unit",
        explanation: "Grams per litre are not millimetres.",
        bad: "albumin as mm",
        good: "albumin as g/L",
    },
    Code {
        code: "unit::mixed",
        title: "Values in different units are added or compared",
        explanation: "Convert one of them.",
        bad: "crp_post > crp",
        good: "(crp_post as mg/L) > crp",
    },
    Code {
        code: "unit::unconvertible",
        title: "The dictionary has a unit that is not converted",
        explanation: "The column serves as it is; `as` another unit would be refused.",
        bad: "x,number,points",
        good: "score,number,",
    },
    Code {
        code: "unit::unknown",
        title: "A unit is not known",
        explanation: "Units are those of clinical chemistry, lengths, volumes, masses and times.",
        bad: "albumin as g/furlong",
        good: "albumin as g/L",
    },
    Code {
        code: "unit::unstated",
        title: "Nothing says in which unit a value is",
        explanation: "A conversion needs the unit it starts from, and a horizon its unit of time.",
        bad: "score as g/L",
        good: r#"column score
  unit g/dL"#,
    },
];
