//! Absolute value.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`abs`", f64::abs),
};

static CARD: Card = Card {
    name: "abs",
    title: "Absolute value",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Absolute value of a number.",
    documentation: r"$|x|$. Missing stays missing.",
    references: &[],
    example: r#"derive change = abs(after - before)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![-2.0, f64::NAN])]) else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[2.0, NaN]");
    }
}
