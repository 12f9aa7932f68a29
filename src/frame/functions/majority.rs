//! Majority of readings.

use super::Function;
use crate::card::{Card, Role};
use crate::frame::expression::Type;
use crate::frame::{Cells, DataError};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (2, usize::MAX),
    wants: "wants two or more readings of one type",
    signature: same,
    compute: majority,
};

static CARD: Card = Card {
    name: "majority",
    title: "Majority of readings",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The value that more than half of the readers give on a row.",
    documentation: r"The value that more than half of the arguments give on a row, as in a decision by several readers. A missing reading votes for nothing and counts as a reader; where no value has a majority the result is missing.",
    references: &[],
    example: r#"endpoint response = binary(majority(reader_1, reader_2, reader_3) in (1, 2))"#,
};

fn same(types: &[Type]) -> Option<Type> {
    let first = *types.first()?;
    types.iter().all(|kind| *kind == first).then_some(first)
}

fn majority(arguments: &[Cells]) -> Result<Cells, DataError> {
    let kind = arguments.iter().find(|cells| !cells.all_missing()).map_or(Type::Number, Cells::kind);
    if arguments.iter().any(|cells| cells.kind() != kind && !cells.all_missing()) {
        return Err(DataError::Function { function: "majority".to_owned(), reason: FUNCTION.wants.to_owned() });
    }
    let rows = arguments.first().map_or(0, Cells::len);
    // Reader and row from whom each row takes its value: the first reader who is of the majority.
    let deciding = |row: usize| -> Option<usize> {
        let readings: Vec<(usize, String)> = arguments
            .iter()
            .enumerate()
            .filter_map(|(reader, cells)| cells.text(row).map(|text| (reader, text)))
            .collect();
        let agree = |text: &String| readings.iter().filter(|(_, other)| other == text).count();
        readings.iter().find(|(_, text)| agree(text) * 2 > arguments.len()).map(|(reader, _)| *reader)
    };
    let mut result = Cells::none(kind, rows);
    for row in 0..rows {
        let Some(reader) = deciding(row) else { continue };
        match (&mut result, &arguments[reader]) {
            (Cells::Number(to), Cells::Number(from)) | (Cells::Duration(to), Cells::Duration(from)) => {
                to[row] = from[row];
            }
            (Cells::Text(to), Cells::Text(from)) => to[row].clone_from(&from[row]),
            (Cells::Date(to), Cells::Date(from)) => to[row] = from[row],
            (Cells::Flag(to), Cells::Flag(from)) => to[row] = from[row],
            _ => {}
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn more_than_half_of_the_readers_decide() {
        let readings = [
            Cells::Number(vec![1.0, 1.0, f64::NAN, f64::NAN, 1.0]),
            Cells::Number(vec![1.0, 2.0, 2.0, f64::NAN, 2.0]),
            Cells::Number(vec![2.0, 3.0, 2.0, f64::NAN, f64::NAN]),
        ];
        let Ok(Cells::Number(values)) = FUNCTION.apply(&readings) else { panic!("not numbers") };
        assert_eq!(format!("{values:?}"), "[1.0, NaN, 2.0, NaN, NaN]");
        assert!(FUNCTION.apply(&[Cells::Number(vec![1.0]), Cells::Text(vec![Some("a".into())])]).is_err());
    }
}
