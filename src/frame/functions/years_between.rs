//! Years between two dates.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (2, 2),
    wants: "wants two dates, from and to",
    signature: |types| super::all_dates(types).then_some(Type::Number),
    compute: |arguments| {
        super::between(arguments, "`years_between`", |from, to| {
            to.signed_duration_since(from).num_days() as f64 / 365.25
        })
    },
};

static CARD: Card = Card {
    name: "years_between",
    title: "Years between two dates",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Years from the first date to the second.",
    documentation: r"Years from the first date to the second, negative if the second is earlier. A year is 365.25 days.",
    references: &[],
    example: r#"derive waiting = years_between(diagnosis_date, treatment_start)"#,
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
    fn from_the_first_to_the_second() {
        let values = FUNCTION.apply(&[dates(2021, 1, 1), dates(2021, 2, 1)]);
        assert_eq!(values, Ok(Cells::Number(vec![31.0 / 365.25, f64::NAN])));
    }
}
