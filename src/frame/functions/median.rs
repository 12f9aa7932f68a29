//! Median of several.

use super::Function;
use crate::card::{Card, Role};

pub(super) static FUNCTION: Function = Function {
    card: &CARD,
    aliases: &[],
    arity: (1, usize::MAX),
    wants: "wants numbers",
    signature: super::all_numbers,
    compute: |arguments| {
        super::fold(arguments, "`median`", |values| {
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
        })
    },
};

static CARD: Card = Card {
    name: "median",
    title: "Median of several",
    role: Role::Function,
    endpoints: &[],
    parameters: &[],
    summary: "The median of the values of a row; missing if one is missing.",
    documentation: r"The median of its arguments on each row, the mean of the middle two where they are even in number. Missing if one of them is missing.",
    references: &[],
    example: r#"derive reading = median(reader_1, reader_2, reader_3)"#,
};

#[cfg(test)]
mod tests {
    use super::FUNCTION;
    use crate::frame::Cells;

    #[test]
    fn the_middle_of_a_row() {
        let Ok(Cells::Number(values)) = FUNCTION.apply(&[
            Cells::Number(vec![5.0, 1.0]),
            Cells::Number(vec![1.0, 2.0]),
            Cells::Number(vec![3.0, f64::NAN]),
        ]) else {
            panic!("not numbers")
        };
        assert_eq!(format!("{values:?}"), "[3.0, NaN]");
    }
}
