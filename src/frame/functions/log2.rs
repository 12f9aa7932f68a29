//! Binary logarithm.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`log2`", f64::log2),
};

static CARD: Card = Card {
    name: "log2",
    title: "Binary logarithm",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Logarithm to base 2; missing for 0 and below.",
    documentation: r"$\log_2 x$; missing for $x \le 0$, where it has no finite value.",
    references: &[],
    example: r#"derive doublings = log2(volume)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![8.0, -1.0])]) else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[3.0, NaN]");
    }
}
