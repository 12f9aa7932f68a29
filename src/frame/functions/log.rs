//! Natural logarithm.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &["ln"],
    arity: (1, 1),
    wants: "wants one number",
    signature: super::all_numbers,
    compute: |arguments| super::map(arguments, "`log`", f64::ln),
};

static CARD: Card = Card {
    name: "log",
    title: "Natural logarithm",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Natural logarithm; missing for 0 and below.",
    documentation: r"$\ln x$; missing for $x \le 0$, where it has no finite value. `ln` is the same.",
    references: &[],
    example: r#"derive log_crp = log(crp)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn it_is_what_it_says() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[Cells::Number(vec![1.0, 0.0])]) else { panic!("not numbers") };
        assert_eq!(format!("{values:?}"), "[0.0, NaN]");
    }
}
