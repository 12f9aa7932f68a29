//! Text test: ends with.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (2, 2),
    wants: "wants a text and the part to look for",
    signature: |types| super::all_text(types).then_some(Type::Flag),
    compute: |arguments| super::test_text(arguments, "`ends_with`", |text, part| text.ends_with(part)),
};

static CARD: Card = Card {
    name: "ends_with",
    title: "Text test: ends with",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Whether a text ends with another.",
    documentation: r"Whether the first text ends with the second, upper and lower case told apart; missing if one is missing.",
    references: &[],
    example: r#"include "HCC": ends_with(diagnosis, "HCC")"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn case_counts_and_missing_stays_missing() {
        let texts = Cells::Text(vec![Some("abcd".into()), Some("abcd".into()), None]);
        let parts = Cells::Text(vec![Some("cd".into()), Some("c".into()), Some("a".into())]);
        assert_eq!(FUNCTION.apply(&[texts, parts]), Ok(Cells::Flag(vec![Some(true), Some(false), None])));
    }
}
