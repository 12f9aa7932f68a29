//! Rounding.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::{Cells, DataError};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 2),
    wants: "wants a number and, if wanted, a number of digits",
    signature: super::all_numbers,
    compute: rounded,
};

static CARD: Card = Card {
    name: "round",
    title: "Rounding",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Rounds to whole numbers or to so many digits, halves away from zero.",
    documentation: r"`round(x)` to the nearest whole number, `round(x, 2)` to two digits; halves go away from zero. A missing number of digits is missing.",
    references: &[],
    example: r#"derive size_cm = round(size / 10, 1)"#,
};

fn rounded(arguments: &[Cells]) -> Result<Cells, DataError> {
    match arguments {
        [_, _] => super::fold(arguments, "`round`", |values| {
            let scale = 10_f64.powf(values[1].round());
            (values[0] * scale).round() / scale
        }),
        _ => super::map(arguments, "`round`", f64::round),
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn halves_go_away_from_zero() {
        let Ok(Cells::Number(values)) =
            FUNCTION.apply(&[Cells::Number(vec![2.5, -0.125]), Cells::Number(vec![0.0, 2.0])])
        else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[3.0, -0.13]");
    }
}
