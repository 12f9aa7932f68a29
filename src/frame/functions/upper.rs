//! Upper case.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one text",
    signature: |types| super::all_text(types).then_some(Type::Text),
    compute: |arguments| super::map_text(arguments, "`upper`", str::to_uppercase),
};

static CARD: Card = Card {
    name: "upper",
    title: "Upper case",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The text in upper case.",
    documentation: r"The text in upper case, by the rules of Unicode.",
    references: &[],
    example: r#"derive site_name = upper(site)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn letters_change_their_case() {
        let texts = Cells::Text(vec![Some("Ab".into()), None]);
        assert_eq!(FUNCTION.apply(&[texts]), Ok(Cells::Text(vec![Some("AB".into()), None])));
    }
}
