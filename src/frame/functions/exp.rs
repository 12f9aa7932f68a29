//! Exponential.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`exp`", f64::exp),
};

static CARD: Card = Card {
    name: "exp",
    title: "Exponential",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "e to the power of a number.",
    documentation: r"$e^x$. A result too large for a number is missing.",
    references: &[],
    example: r#"derive odds = exp(score)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![0.0, 1e9])]) else { panic!("not numbers") };
        assert_eq!(format!("{values:?}"), "[1.0, NaN]");
    }
}
