//! Mean of several.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, usize::MAX),
    wants: "wants numbers",
    signature: super::all_numbers,
    compute: |arguments| super::fold(arguments, "`mean`", |values| values.iter().sum::<f64>() / values.len() as f64),
};

static CARD: Card = Card {
    name: "mean",
    title: "Mean of several",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The mean of the values of a row; missing if one is missing.",
    documentation: r"The mean of its arguments on each row. Missing if one of them is missing: nothing is left out in silence.",
    references: &[],
    example: r#"derive mean_size = mean(size_1, size_2)"#,
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
        assert_eq!(format!("{values:?}"), "[2.0, NaN]");
    }
}
