//! Length of a text.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, 1),
    wants: "wants one text",
    signature: |types| super::all_text(types).then_some(Type::Number),
    compute: |arguments| {
        let texts = crate::frame::evaluate::texts(&arguments[0], "`length`")?;
        Ok(crate::frame::Cells::Number(
            texts.iter().map(|text| text.as_ref().map_or(f64::NAN, |text| text.chars().count() as f64)).collect(),
        ))
    },
};

static CARD: Card = Card {
    name: "length",
    title: "Length of a text",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "Number of characters of a text.",
    documentation: r"Number of characters (Unicode scalar values) of a text.",
    references: &[],
    example: r#"derive id_length = length(id)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn characters_are_counted_not_bytes() {
        let texts = Cells::Text(vec![Some("äb".into())]);
        assert_eq!(FUNCTION.apply(&[texts]), Ok(Cells::Number(vec![2.0])));
    }
}
