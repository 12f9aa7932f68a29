//! Lower case.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one text",
    signature: |types| super::all_text(types).then_some(Type::Text),
    compute: |arguments| super::map_text(arguments, "`lower`", str::to_lowercase),
};

static CARD: Card = Card {
    name: "lower",
    title: "Lower case",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The text in lower case.",
    documentation: r"The text in lower case, by the rules of Unicode.",
    references: &[],
    example: r#"derive site_name = lower(site)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn letters_change_their_case() {
        let texts = Cells::Text(vec![Some("Ab".into()), None]);
        assert_eq!(FUNCTION.apply(&[texts]), Ok(Cells::Text(vec![Some("ab".into()), None])));
    }
}
