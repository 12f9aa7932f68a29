//! Relative change.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (2, 2),
    wants: "wants two numbers, before and after",
    signature: super::all_numbers,
    compute: |arguments| super::fold(arguments, "`relative_change`", |values| (values[1] - values[0]) / values[0]),
};

static CARD: Card = Card {
    name: "relative_change",
    title: "Relative change",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Change from the first to the second, as a share of the first.",
    documentation: r"$(b - a) / a$ for `relative_change(a, b)`: a is before, b after. Missing where a is 0.",
    references: &[],
    example: r#"derive d_mon = relative_change(mon, mon_1m)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn the_first_is_before() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![2.0, 0.0]), Cells::Number(vec![3.0, 1.0])])
        else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[0.5, NaN]");
    }
}
