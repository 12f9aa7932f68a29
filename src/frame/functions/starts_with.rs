//! Text test: starts with.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (2, 2),
    wants: "wants a text and the part to look for",
    signature: |types| super::all_text(types).then_some(Type::Flag),
    compute: |arguments| super::test_text(arguments, "`starts_with`", |text, part| text.starts_with(part)),
};

static CARD: Card = Card {
    name: "starts_with",
    title: "Text test: starts with",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Whether a text starts with another.",
    documentation: r"Whether the first text starts with the second, upper and lower case told apart; missing if one is missing.",
    references: &[],
    example: r#"include "HCC": starts_with(diagnosis, "HCC")"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn case_counts_and_missing_stays_missing() {
        let texts = Cells::Text(vec![Some("abcd".into()), Some("abcd".into()), None]);
        let parts = Cells::Text(vec![Some("ab".into()), Some("b".into()), Some("a".into())]);
        assert_eq!(FUNCTION.apply(&[texts, parts]), Ok(Cells::Flag(vec![Some(true), Some(false), None])));
    }
}
