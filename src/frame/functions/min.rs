//! Smallest of several.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, usize::MAX),
    wants: "wants numbers",
    signature: super::all_numbers,
    compute: |arguments| super::fold(arguments, "`min`", |values| values.iter().copied().fold(f64::INFINITY, f64::min)),
};

static CARD: Card = Card {
    name: "min",
    title: "Smallest of several",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The smallest of the values of a row; missing if one is missing.",
    documentation: r"The smallest of its arguments on each row. Missing if one of them is missing: nothing is left out in silence.",
    references: &[],
    example: r#"derive min_size = min(size_1, size_2)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_goes_over_the_values_of_a_row() {
        let Ok(Cells::Number(values)) =
            FUNCTION.apply(&[Cells::Number(vec![1.0, 2.0]), Cells::Number(vec![3.0, f64::NAN])])
        else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[1.0, NaN]");
    }
}
