//! What a file consists of, each part with a hash of its own, so that a change is named by slice,
//! set, line, row or column and not by its file alone.

use super::inputs::{MOST_ROWS, short};
use crate::omics::read::grid;

type Parts = Vec<(String, String)>;

/// The lines of a text, each by its first field: of a dictionary the column, of a collection of
/// gene sets the set. None of a file that is no text.
pub(super) fn lines(content: &[u8]) -> Parts {
    let Ok(text) = std::str::from_utf8(content) else { return Vec::new() };
    let text = text.trim_start_matches('\u{feff}');
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let name = line.split(['\t', ',', ';']).next().unwrap_or("").trim();
            (name.to_owned(), short(blake3::hash(line.trim_end().as_bytes()).as_bytes()))
        })
        .collect()
}

/// The rows and the columns of a matrix of expression; none of what cannot be read as one, nor of
/// a side that is too long.
pub(super) fn matrix(path: &str, content: Vec<u8>, key: Option<&str>) -> Parts {
    let Ok(grid) = grid(path, content, key) else { return Vec::new() };
    let (rows, columns) = (grid.rows.len(), grid.columns.len());
    let mut of_rows = vec![blake3::Hasher::new(); rows];
    let mut of_columns = vec![blake3::Hasher::new(); columns];
    for (row, values) in of_rows.iter_mut().zip(grid.values.chunks(columns.max(1))) {
        for (column, value) in of_columns.iter_mut().zip(values) {
            // Every missing value is the same.
            let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            row.update(&bits.to_le_bytes());
            column.update(&bits.to_le_bytes());
        }
    }
    let named = |word: &str, names: &[String], hashers: &[blake3::Hasher]| -> Parts {
        if names.len() > MOST_ROWS {
            return Vec::new();
        }
        let of = names.iter().zip(hashers);
        of.map(|(name, hasher)| (format!("{word} {name}"), short(hasher.finalize().as_bytes()))).collect()
    };
    let mut parts = named("row", &grid.rows, &of_rows);
    parts.extend(named("column", &grid.columns, &of_columns));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_what_it_is() {
        let names = |parts: Parts| parts.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(lines(b"column,type\nage,number\n\nsex,text\n")), ["column", "age", "sex"]);
        assert_eq!(names(lines(b"SET A\tnote\tTP53\r\nSET B\tnote\tMYC\r\n")), ["SET A", "SET B"]);
        assert_eq!(lines(&[0xff, 0xfe, 0]), []);
        let of = |text: &str| matrix("e.csv", text.as_bytes().to_vec(), Some("id"));
        let (was, is) = (of("id,g1,g2\na,1,2\nb,3,4\n"), of("id,g1,g2\na,1,2\nb,3,5\n"));
        assert_eq!(names(was.clone()), ["row a", "row b", "column g1", "column g2"]);
        let changed: Vec<&str> = was.iter().zip(&is).filter(|(was, is)| was != is).map(|(was, _)| &*was.0).collect();
        assert_eq!(changed, ["row b", "column g2"]);
        assert_eq!(of("nothing"), []);
    }
}
