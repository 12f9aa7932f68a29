//! From text to typed columns: by what the dictionary says, otherwise by what every value is.

use chrono::NaiveDate;

use super::cells::Cells;
use super::expression::Type;
use super::fault::{DataError, words};

/// Text that stands for a missing value, in any table.
pub const MISSING: &[&str] = &["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "."];

/// How the text of a table is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conventions {
    /// Numbers may be written `1,5`; off where the comma separates fields.
    pub decimal_comma: bool,
}

/// Text that is one of [`MISSING`] becomes `None`; blanks around a value do not count.
pub fn cleaned(text: Option<&str>) -> Option<&str> {
    let text = text?.trim();
    (!MISSING.contains(&text)).then_some(text)
}

/// A finite number; `1,5` only by `comma`. No `inf`, no `nan`.
pub fn number(text: &str, comma: bool) -> Option<f64> {
    let first = text.bytes().find(|byte| !matches!(byte, b'+' | b'-'))?;
    if !(first.is_ascii_digit() || first == b'.' || (comma && first == b',')) {
        return None;
    }
    if comma && text.matches(',').count() == 1 && !text.contains('.') {
        return text.replace(',', ".").parse::<f64>().ok().filter(|value| value.is_finite());
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The order of day and month in dates that are written with slashes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slashes {
    DayFirst,
    MonthFirst,
}

fn date(text: &str, slashes: Option<Slashes>) -> Option<NaiveDate> {
    let day = text.split(['T', ' ']).next()?;
    if let Some((_, time)) = text.split_once(['T', ' ']) {
        // A time of day may follow and does not count.
        if !time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z' | b'+' | b'-')) {
            return None;
        }
    }
    let digits_first = day.bytes().take_while(u8::is_ascii_digit).count();
    if digits_first == 4 {
        return ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"].iter().find_map(|f| NaiveDate::parse_from_str(day, f).ok());
    }
    // Two-digit years are nobody's dates.
    if day.rsplit(['.', '/', '-']).next().map(str::len) != Some(4) {
        return None;
    }
    if day.contains('.') {
        return NaiveDate::parse_from_str(day, "%d.%m.%Y").ok();
    }
    match slashes {
        Some(Slashes::DayFirst) => NaiveDate::parse_from_str(day, "%d/%m/%Y").ok(),
        Some(Slashes::MonthFirst) => NaiveDate::parse_from_str(day, "%m/%d/%Y").ok(),
        None => None,
    }
}

/// The order that fits every value, if only one does; `Err` with an example if both do.
fn slashes<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Result<Option<Slashes>, String> {
    let slashed = values.clone().filter(|value| value.contains('/'));
    let Some(example) = slashed.clone().next() else { return Ok(None) };
    let fits = |order| values.clone().all(|value| date(value, Some(order)).is_some());
    match (fits(Slashes::DayFirst), fits(Slashes::MonthFirst)) {
        (true, true) => Err(example.to_owned()),
        (true, false) => Ok(Some(Slashes::DayFirst)),
        (false, true) => Ok(Some(Slashes::MonthFirst)),
        (false, false) => Ok(None),
    }
}

fn flag(text: &str, wide: bool) -> Option<bool> {
    match text {
        "true" | "TRUE" | "True" => Some(true),
        "false" | "FALSE" | "False" => Some(false),
        _ if wide => match text.to_ascii_lowercase().as_str() {
            "1" | "1.0" | "yes" | "y" | "t" => Some(true),
            "0" | "0.0" | "no" | "n" | "f" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// `007` is a name, not a number.
fn leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit()
}

/// The typed column that every value of `texts` fits: numbers, dates, flags (`true`, `false`), or
/// text. `yes` and `no`, and dates whose day and month cannot be told apart, stay text.
pub fn infer(texts: &[Option<&str>], conventions: Conventions) -> Cells {
    let present = || texts.iter().filter_map(|text| cleaned(*text));
    if present().next().is_none() {
        return Cells::Number(vec![f64::NAN; texts.len()]);
    }
    let all = |test: &dyn Fn(&str) -> bool| present().all(test);
    if !present().any(leading_zero) {
        for comma in [false, true] {
            if (!comma || conventions.decimal_comma) && all(&|text| number(text, comma).is_some()) {
                let values = texts.iter().map(|text| cleaned(*text).and_then(|t| number(t, comma)).unwrap_or(f64::NAN));
                return Cells::Number(values.collect());
            }
        }
    }
    if all(&|text| flag(text, false).is_some()) {
        return Cells::Flag(texts.iter().map(|text| cleaned(*text).and_then(|text| flag(text, false))).collect());
    }
    if let Ok(order) = slashes(present())
        && all(&|text| date(text, order).is_some())
    {
        return Cells::Date(texts.iter().map(|text| cleaned(*text).and_then(|text| date(text, order))).collect());
    }
    Cells::Text(texts.iter().map(|text| cleaned(*text).map(str::to_owned)).collect())
}

/// The column as the type that the dictionary gives it.
///
/// # Errors
/// The first value that is not of the type, with its row as `row` names it and how many there are.
pub fn read_as(
    column: &str,
    texts: &[Option<&str>],
    kind: Type,
    conventions: Conventions,
    row: &dyn Fn(usize) -> String,
) -> Result<Cells, DataError> {
    let (cells, fault) = readable(column, texts, kind, conventions, row);
    fault.map_or(Ok(cells), Err)
}

/// [`read_as`] that goes on: values that are not of the type are missing, and told beside the
/// column, so that what else is wrong with it can be told as well.
pub fn readable(
    column: &str,
    texts: &[Option<&str>],
    kind: Type,
    conventions: Conventions,
    row: &dyn Fn(usize) -> String,
) -> (Cells, Option<DataError>) {
    let comma = conventions.decimal_comma;
    let order = if kind == Type::Date {
        match slashes(texts.iter().filter_map(|text| cleaned(*text))) {
            Ok(order) => order,
            Err(value) => {
                let fault = DataError::AmbiguousDate { column: column.to_owned(), value };
                return (Cells::none(kind, texts.len()), Some(fault));
            }
        }
    } else {
        None
    };
    let fault = |fits: &dyn Fn(&str) -> bool| {
        let wrong: Vec<(usize, &str)> = texts
            .iter()
            .enumerate()
            .filter_map(|(index, text)| cleaned(*text).map(|text| (index, text)))
            .filter(|(_, text)| !fits(text))
            .collect();
        wrong.first().map(|(index, value)| DataError::Value {
            column: column.to_owned(),
            expected: words(kind).to_owned(),
            row: row(*index),
            value: (*value).to_owned(),
            count: wrong.len(),
        })
    };
    match kind {
        Type::Number | Type::Duration => {
            let values = texts
                .iter()
                .map(|text| cleaned(*text).and_then(|text| number(text, comma)).unwrap_or(f64::NAN))
                .collect();
            let cells = if kind == Type::Number { Cells::Number(values) } else { Cells::Duration(values) };
            (cells, fault(&|text| number(text, comma).is_some()))
        }
        Type::Date => (
            Cells::Date(texts.iter().map(|text| cleaned(*text).and_then(|text| date(text, order))).collect()),
            fault(&|text| date(text, order).is_some()),
        ),
        Type::Flag => (
            Cells::Flag(texts.iter().map(|text| cleaned(*text).and_then(|text| flag(text, true))).collect()),
            fault(&|text| flag(text, true).is_some()),
        ),
        Type::Text => (Cells::Text(texts.iter().map(|text| cleaned(*text).map(str::to_owned)).collect()), None),
    }
}

/// Typed cells of a frame as another type, where the dictionary says so: numbers 0 and 1 as
/// flags, anything as text, text as whatever it reads as.
///
/// # Errors
/// As [`read_as`].
pub fn cast(column: &str, cells: &Cells, kind: Type, row: &dyn Fn(usize) -> String) -> Result<Cells, DataError> {
    let (cells, fault) = castable(column, cells, kind, row);
    fault.map_or(Ok(cells), Err)
}

/// [`cast`] that goes on, as [`readable`] does.
pub fn castable(column: &str, cells: &Cells, kind: Type, row: &dyn Fn(usize) -> String) -> (Cells, Option<DataError>) {
    if cells.kind() == kind {
        return (cells.clone(), None);
    }
    if let (Type::Duration, Cells::Number(values)) = (kind, cells) {
        return (Cells::Duration(values.clone()), None);
    }
    let texts: Vec<Option<String>> = (0..cells.len()).map(|row| cells.text(row)).collect();
    let borrowed: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    readable(column, &borrowed, kind, Conventions { decimal_comma: false }, row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Conventions = Conventions { decimal_comma: false };

    fn infer_all(values: &[&str]) -> Cells {
        infer(&values.iter().map(|value| Some(*value)).collect::<Vec<_>>(), PLAIN)
    }

    #[test]
    fn every_value_decides_the_type() {
        assert_eq!(infer_all(&["1", " 2.5 ", "NA", "-1e3"]).kind(), Type::Number);
        assert_eq!(infer_all(&["1", "x"]).kind(), Type::Text);
        assert_eq!(infer_all(&["007", "12"]).kind(), Type::Text);
        assert_eq!(infer_all(&["inf", "1"]).kind(), Type::Text);
        assert_eq!(infer_all(&["TRUE", "false", ""]).kind(), Type::Flag);
        assert_eq!(infer_all(&["yes", "no"]).kind(), Type::Text);
        assert_eq!(infer_all(&["2021-01-31", "2020-02-29 10:30:00"]).kind(), Type::Date);
        assert_eq!(infer_all(&["31.01.2021"]).kind(), Type::Date);
        assert_eq!(infer_all(&["31/01/2021", "01/02/2021"]).kind(), Type::Date);
        assert_eq!(infer_all(&["03/01/2021", "01/02/2021"]).kind(), Type::Text);
        assert_eq!(infer_all(&["2021-02-30"]).kind(), Type::Text);
        assert_eq!(infer_all(&["", "NA"]).missing(), 2);
    }

    #[test]
    fn a_decimal_comma_is_read_where_the_comma_is_no_delimiter() {
        let texts = [Some("1,5"), Some("2"), Some("-0,25")];
        let Cells::Number(values) = infer(&texts, Conventions { decimal_comma: true }) else { panic!() };
        assert_eq!(values, [1.5, 2.0, -0.25]);
        assert_eq!(infer(&texts, PLAIN).kind(), Type::Text);
    }

    #[test]
    fn a_wrong_value_is_told_with_its_row() {
        let fault = read_as("age", &[Some("1"), Some("old"), Some("x")], Type::Number, PLAIN, &|row| format!("P{row}"));
        assert_eq!(
            fault.unwrap_err().to_string(),
            "column `age` should hold numbers, but row P1 holds \"old\" (and 1 more)"
        );
        assert!(matches!(
            read_as("d", &[Some("03/01/2021")], Type::Date, PLAIN, &|row| row.to_string()),
            Err(DataError::AmbiguousDate { .. })
        ));
        assert!(read_as("f", &[Some("yes"), Some("0")], Type::Flag, PLAIN, &|row| row.to_string()).is_ok());
    }
}
