//! Calendar year.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one date",
    signature: |types| super::all_dates(types).then_some(Type::Number),
    compute: |arguments| {
        let dates = crate::frame::evaluate::dates(&arguments[0], "`year`")?;
        Ok(crate::frame::Cells::Number(
            dates.iter().map(|date| date.map_or(f64::NAN, |date| f64::from(chrono::Datelike::year(&date)))).collect(),
        ))
    },
};

static CARD: Card = Card {
    name: "year",
    title: "Calendar year",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The calendar year of a date.",
    documentation: r"The calendar year of a date, as a number.",
    references: &[],
    example: r#"derive enrolled = year(treatment_start)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    use chrono::NaiveDate;

    fn dates(year: i32, month: u32, day: u32) -> Cells {
        Cells::Date(vec![NaiveDate::from_ymd_opt(year, month, day), None])
    }

    #[test]
    fn the_year_of_a_date() {
        assert_eq!(FUNCTION.apply(&[dates(2021, 1, 31)]), Ok(Cells::Number(vec![2021.0, f64::NAN])));
    }
}
