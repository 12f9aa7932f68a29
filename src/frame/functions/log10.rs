//! Decimal logarithm.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`log10`", f64::log10),
};

static CARD: Card = Card {
    name: "log10",
    title: "Decimal logarithm",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Logarithm to base 10; missing for 0 and below.",
    documentation: r"$\log_{10} x$; missing for $x \le 0$, where it has no finite value.",
    references: &[],
    example: r#"derive log_afp = log10(afp)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![100.0, 0.0])]) else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[2.0, NaN]");
    }
}
