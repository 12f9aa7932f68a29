//! Square root.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`sqrt`", f64::sqrt),
};

static CARD: Card = Card {
    name: "sqrt",
    title: "Square root",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Square root of a number.",
    documentation: r"$\sqrt{x}$; missing below 0.",
    references: &[],
    example: r#"derive root = sqrt(volume)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![4.0, -1.0])]) else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[2.0, NaN]");
    }
}
