//! Units of measurement and their conversions, molar ones by analyte.
//!
//! A unit is a dimension with a factor to that dimension's base unit (g/L, mol/L, 1/L, mm, kg, L,
//! days, 1). Between mass and amount concentrations the molar mass of the analyte is needed; the
//! analyte is taken from the words of the column's name (`bilirubin_baseline`), or from the
//! dictionary's unit where that names it (`mg/dL of bilirubin`).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    MassConcentration,
    AmountConcentration,
    /// Cells per volume.
    CountConcentration,
    /// International units per volume: not comparable between analytes, and to nothing else.
    ActivityConcentration,
    Length,
    Area,
    Volume,
    Mass,
    Time,
    Pressure,
    Temperature,
    Share,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    pub dimension: Dimension,
    /// Value in the base unit = value * factor + offset.
    pub factor: f64,
    pub offset: f64,
    pub analyte: Option<String>,
}

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NoConversion {
    Dimensions,
    /// Mass and amount of an analyte whose molar mass is not known here.
    Analyte,
}

/// Molar masses in g/mol (IUPAC atomic weights), with the words by which a column is recognised.
const ANALYTES: &[(&str, &[&str], f64)] = &[
    ("albumin", &["albumin", "alb"], 66_500.0),
    ("ammonia", &["ammonia", "nh3"], 17.03),
    ("bilirubin", &["bilirubin", "bili", "tbil", "tb", "dbil"], 584.66),
    ("calcium", &["calcium", "ca"], 40.078),
    ("cholesterol", &["cholesterol", "hdl", "ldl", "chol"], 386.65),
    ("cortisol", &["cortisol"], 362.46),
    ("creatinine", &["creatinine", "crea", "creat", "scr"], 113.12),
    ("glucose", &["glucose", "gluc"], 180.16),
    ("haemoglobin", &["haemoglobin", "hemoglobin", "hb", "hgb"], 16_114.0),
    ("iron", &["iron"], 55.845),
    ("lactate", &["lactate"], 90.08),
    ("magnesium", &["magnesium"], 24.305),
    ("phosphate", &["phosphate", "phosphorus"], 30.974),
    ("testosterone", &["testosterone"], 288.42),
    ("triglycerides", &["triglycerides", "triglyceride", "tg"], 885.7),
    ("urea", &["urea"], 60.06),
    ("urea nitrogen", &["bun"], 28.014),
    ("uric acid", &["urate", "uric"], 168.11),
    ("vitamin D", &["vitamin_d", "25ohd"], 400.64),
];

/// The unit as written, `None` if it is not known here.
pub(super) fn parse(text: &str) -> Option<Unit> {
    let text = text.trim();
    if let Some((unit, analyte)) = text.split_once(" of ") {
        let mut unit = parse(unit)?;
        unit.analyte = Some(analyte.trim().to_lowercase());
        return Some(unit);
    }
    let plain = text.replace(['µ', 'μ'], "u").replace(['×', ' '], "").replace('²', "^2").replace('³', "^3");
    let unit = |dimension, factor| Some(Unit { dimension, factor, offset: 0.0, analyte: None });
    match plain.as_str() {
        "mm" => return unit(Dimension::Length, 1.0),
        "cm" => return unit(Dimension::Length, 10.0),
        "m" => return unit(Dimension::Length, 1000.0),
        "um" => return unit(Dimension::Length, 1e-3),
        "in" | "inch" => return unit(Dimension::Length, 25.4),
        "mm2" | "mm^2" => return unit(Dimension::Area, 1.0),
        "cm2" | "cm^2" => return unit(Dimension::Area, 100.0),
        "m2" | "m^2" => return unit(Dimension::Area, 1e6),
        "mL" | "ml" | "cm3" | "cm^3" | "cc" => return unit(Dimension::Volume, 1e-3),
        "mm3" | "mm^3" | "uL" | "ul" => return unit(Dimension::Volume, 1e-6),
        "dL" | "dl" => return unit(Dimension::Volume, 0.1),
        "L" | "l" => return unit(Dimension::Volume, 1.0),
        "kg" => return unit(Dimension::Mass, 1.0),
        "g" => return unit(Dimension::Mass, 1e-3),
        "mg" => return unit(Dimension::Mass, 1e-6),
        "lb" | "lbs" => return unit(Dimension::Mass, 0.453_592_37),
        "%" | "percent" => return unit(Dimension::Share, 0.01),
        "1" | "fraction" | "ratio" => return unit(Dimension::Share, 1.0),
        "mmHg" => return unit(Dimension::Pressure, 1.0),
        "kPa" => return unit(Dimension::Pressure, 7.500_616_8),
        "Cel" | "°C" | "degC" | "C" => return unit(Dimension::Temperature, 1.0),
        "°F" | "degF" | "F" => {
            return Some(Unit {
                dimension: Dimension::Temperature,
                factor: 5.0 / 9.0,
                offset: -160.0 / 9.0,
                analyte: None,
            });
        }
        _ => {}
    }
    if let Some(days) = days(&plain) {
        return unit(Dimension::Time, days);
    }
    let (top, bottom) = plain.split_once('/')?;
    let volume = match bottom {
        "L" | "l" => 1.0,
        "dL" | "dl" => 0.1,
        "cL" | "cl" => 0.01,
        "mL" | "ml" | "cm3" | "cm^3" => 1e-3,
        "uL" | "ul" | "mm3" | "mm^3" => 1e-6,
        "nL" | "nl" => 1e-9,
        _ => return None,
    };
    let (dimension, factor) = match top {
        "kg" => (Dimension::MassConcentration, 1e3),
        "g" => (Dimension::MassConcentration, 1.0),
        "mg" => (Dimension::MassConcentration, 1e-3),
        "ug" | "mcg" => (Dimension::MassConcentration, 1e-6),
        "ng" => (Dimension::MassConcentration, 1e-9),
        "pg" => (Dimension::MassConcentration, 1e-12),
        "mol" => (Dimension::AmountConcentration, 1.0),
        "mmol" => (Dimension::AmountConcentration, 1e-3),
        "umol" => (Dimension::AmountConcentration, 1e-6),
        "nmol" => (Dimension::AmountConcentration, 1e-9),
        "pmol" => (Dimension::AmountConcentration, 1e-12),
        "kU" | "kIU" => (Dimension::ActivityConcentration, 1e3),
        "U" | "IU" => (Dimension::ActivityConcentration, 1.0),
        "mU" | "mIU" => (Dimension::ActivityConcentration, 1e-3),
        "uU" | "uIU" => (Dimension::ActivityConcentration, 1e-6),
        "" | "cells" | "1" => (Dimension::CountConcentration, 1.0),
        "K" | "k" => (Dimension::CountConcentration, 1e3),
        "M" => (Dimension::CountConcentration, 1e6),
        power => {
            let exponent = ["10^", "10*", "x10^", "x10*", "10e", "10E"]
                .iter()
                .find_map(|mark| power.strip_prefix(mark))
                .and_then(|exponent| exponent.parse::<i32>().ok())
                .filter(|exponent| (0..=15).contains(exponent))?;
            (Dimension::CountConcentration, 10f64.powi(exponent))
        }
    };
    unit(dimension, factor / volume)
}

/// Days in a unit of time; a month is 365.25 / 12 days.
pub(super) fn days(unit: &str) -> Option<f64> {
    Some(match unit {
        "d" | "day" | "days" => 1.0,
        "h" | "hour" | "hours" => 1.0 / 24.0,
        "wk" | "week" | "weeks" => 7.0,
        "mo" | "month" | "months" => 365.25 / 12.0,
        "a" | "y" | "yr" | "year" | "years" => 365.25,
        _ => return None,
    })
}

/// A time as it is told, its unit spelt out: `1 year` of `1 yr` and of `1 years`.
pub(super) fn told(value: f64, unit: &str) -> String {
    let word = match unit {
        "d" => "day",
        "h" => "hour",
        "wk" => "week",
        "mo" => "month",
        "a" | "y" | "yr" => "year",
        word => word,
    };
    crate::plan::describe::counted(value, word)
}

/// Factor and offset from one unit to another; `column` tells the analyte.
pub(super) fn convert(from: &Unit, to: &Unit, column: Option<&str>) -> Result<(f64, f64), NoConversion> {
    use Dimension::{AmountConcentration, MassConcentration};
    let mass = || {
        let named = from.analyte.as_deref().or(to.analyte.as_deref()).or(column);
        named.and_then(molar_mass).ok_or(NoConversion::Analyte)
    };
    let bridge = match (from.dimension, to.dimension) {
        (left, right) if left == right => 1.0,
        (MassConcentration, AmountConcentration) => 1.0 / mass()?,
        (AmountConcentration, MassConcentration) => mass()?,
        _ => return Err(NoConversion::Dimensions),
    };
    Ok((from.factor * bridge / to.factor, (from.offset - to.offset) / to.factor))
}

/// Molar mass in g/mol of the analyte that a column's name says.
fn molar_mass(column: &str) -> Option<f64> {
    let name = column.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    ANALYTES
        .iter()
        .find(|(full, aliases, _)| name == *full || aliases.iter().any(|alias| name == *alias || words.contains(alias)))
        .map(|(_, _, mass)| *mass)
}

/// The names of the analytes whose molar mass is known.
pub(super) fn analytes() -> Vec<String> {
    ANALYTES.iter().map(|(name, _, _)| (*name).to_owned()).collect()
}

/// Units that a misspelling may have meant.
pub(super) fn common() -> Vec<String> {
    [
        "g/L", "g/dL", "mg/dL", "mg/L", "ug/L", "ng/mL", "mmol/L", "umol/L", "10^9/L", "10^3/uL", "U/L", "mm", "cm",
        "days", "weeks", "months", "years", "kg", "mL", "%",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(from: &str, to: &str, column: &str) -> f64 {
        convert(&parse(from).unwrap(), &parse(to).unwrap(), Some(column)).unwrap().0
    }

    #[test]
    fn conversions_that_clinicians_know() {
        assert!((factor("mg/dL", "umol/L", "bilirubin") - 17.104).abs() < 1e-3);
        assert!((factor("mg/dL", "umol/L", "creatinine_0") - 88.40).abs() < 1e-2);
        assert!((factor("mmol/L", "mg/dL", "glucose") - 18.016).abs() < 1e-9);
        assert!((factor("g/dL", "g/L", "albumin") - 10.0).abs() < 1e-12);
        assert!((factor("10^3/uL", "10^9/L", "lymphocytes") - 1.0).abs() < 1e-12);
        assert!((factor("/mm3", "10^9/L", "platelets") - 1e-3).abs() < 1e-15);
        assert!((factor("years", "days", "age") - 365.25).abs() < 1e-12);
        let (factor, offset) = convert(&parse("°F").unwrap(), &parse("°C").unwrap(), None).unwrap();
        assert!((212.0 * factor + offset - 100.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_converted_says_why() {
        let (mass, amount) = (parse("mg/dL").unwrap(), parse("umol/L").unwrap());
        assert_eq!(convert(&mass, &amount, Some("afp")), Err(NoConversion::Analyte));
        assert_eq!(convert(&mass, &parse("mm").unwrap(), None), Err(NoConversion::Dimensions));
        assert_eq!(parse("g/furlong"), None);
        assert!(parse("mg/dL of bilirubin").unwrap().analyte.is_some());
    }
}
