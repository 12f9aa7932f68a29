//! CSV as it is met: any delimiter, decimal commas, Latin-1 and UTF-16, byte-order marks.

use std::io::Cursor;
use std::num::NonZeroUsize;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use polars::prelude::DataType;
use polars_io::SerReader;
use polars_io::csv::read::CsvReadOptions;

use super::{Column, DataError, Raw};
use crate::frame::infer::Conventions;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Raw, DataError> {
    let (text, encoding) = decode(path, bytes)?;
    if text.trim().is_empty() {
        return Err(DataError::Format { path: path.to_owned(), reason: "it is empty".to_owned() });
    }
    let delimiter = delimiter(&text);
    check_shape(path, &text, delimiter)?;
    let names = header(&text, delimiter);
    let rows = records(&text, delimiter).count().saturating_sub(1);
    let columns = if rows == 0 {
        names.iter().map(|_| Column::Text(Vec::new())).collect()
    } else {
        parse(path, &text, delimiter, names.len())?
    };
    let mut notes = Vec::new();
    if encoding != UTF_8 {
        notes.push(format!("read as {}", encoding.name()));
    }
    if delimiter != b',' {
        notes.push(format!("fields are separated by {}", spoken(delimiter)));
    }
    Ok(Raw { names, columns, conventions: Conventions { decimal_comma: delimiter != b',' }, notes })
}

/// Every field as text; types are decided afterwards, over whole columns.
fn parse(path: &str, text: &str, delimiter: u8, width: usize) -> Result<Vec<Column>, DataError> {
    let refuse =
        |error: polars::error::PolarsError| DataError::Format { path: path.to_owned(), reason: error.to_string() };
    // Polars would read a blank line as a row without values.
    let body: Vec<&str> =
        records(text, delimiter).skip(1).map(|record| text[record.start..record.end].trim_end_matches('\n')).collect();
    let body = body.join("\n");
    let schema = (0..width).map(|place| (format!("c{place}").into(), DataType::String)).collect();
    let mut options = CsvReadOptions::default().with_has_header(false).with_schema(Some(std::sync::Arc::new(schema)));
    options.infer_schema_files = NonZeroUsize::MIN;
    let frame = options
        .map_parse_options(|parse| parse.with_separator(delimiter).with_truncate_ragged_lines(true))
        .into_reader_with_file_handle(Cursor::new(body.into_bytes()))
        .finish()
        .map_err(refuse)?;
    frame
        .columns()
        .iter()
        .map(|column| {
            let texts = column.as_materialized_series().str().map_err(refuse)?;
            Ok(Column::Text(texts.iter().map(|text| text.map(|text| text.trim_end_matches('\r').to_owned())).collect()))
        })
        .collect()
}

/// By byte-order mark, by the zeros of UTF-16, else UTF-8 if it is, else Windows-1252, which
/// holds Latin-1.
fn decode(path: &str, bytes: &[u8]) -> Result<(String, &'static Encoding), DataError> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => {
            let head = &bytes[..bytes.len().min(2000)];
            let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
            if zeros(1) * 4 > head.len() {
                UTF_16LE
            } else if zeros(0) * 4 > head.len() {
                UTF_16BE
            } else if std::str::from_utf8(bytes).is_ok() {
                UTF_8
            } else if head.contains(&0) {
                return Err(DataError::Format { path: path.to_owned(), reason: "it is not text".to_owned() });
            } else {
                WINDOWS_1252
            }
        }
    };
    let (text, encoding, _) = encoding.decode(bytes);
    // One kind of line end; a lone carriage return ends a line of old Excel exports.
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into_owned() };
    Ok((text, encoding))
}

/// The delimiter that cuts the header and the next records into most fields, all alike.
fn delimiter(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let widths: Vec<usize> = records(text, delimiter).take(20).map(|record| record.fields).collect();
        let first = widths.first().copied().unwrap_or(1);
        let alike = widths.iter().filter(|width| **width == first).count();
        (first > 1, alike == widths.len(), first)
    };
    let mut best = DELIMITERS[0];
    for delimiter in DELIMITERS {
        if score(delimiter) > score(best) {
            best = delimiter;
        }
    }
    best
}

/// A record of the file: its first line (from 1), its number of fields, and its bytes.
struct Record {
    line: usize,
    fields: usize,
    start: usize,
    end: usize,
}

/// The records of the file by the rules of RFC 4180; blank lines are no records.
fn records(text: &str, delimiter: u8) -> impl Iterator<Item = Record> + '_ {
    let bytes = text.as_bytes();
    let (mut place, mut line) = (0, 1);
    std::iter::from_fn(move || {
        while place < bytes.len() {
            let (start, start_line) = (place, line);
            let mut fields = 1;
            let mut quoted = false;
            while place < bytes.len() {
                let byte = bytes[place];
                place += 1;
                match byte {
                    b'"' => quoted = !quoted,
                    b'\n' => {
                        line += 1;
                        if !quoted {
                            break;
                        }
                    }
                    byte if byte == delimiter && !quoted => fields += 1,
                    _ => {}
                }
            }
            if bytes[start..place].iter().all(|byte| *byte == b'\n') {
                continue;
            }
            return Some(Record { line: start_line, fields, start, end: place });
        }
        None
    })
}

fn check_shape(path: &str, text: &str, delimiter: u8) -> Result<(), DataError> {
    let mut records = records(text, delimiter);
    let expected = records.next().map_or(0, |record| record.fields);
    match records.find(|record| record.fields != expected) {
        Some(record) => {
            Err(DataError::Ragged { path: path.to_owned(), line: record.line, found: record.fields, expected })
        }
        None => Ok(()),
    }
}

fn first_record_end(text: &str) -> usize {
    let mut quoted = false;
    let mut content = false;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => {
                quoted = !quoted;
                content = true;
            }
            b'\n' if !quoted && content => return place + 1,
            b'\n' => {}
            _ => content = true,
        }
    }
    text.len()
}

/// The fields of the first record; a column without a name is called by its place.
fn header(text: &str, delimiter: u8) -> Vec<String> {
    let record = text[..first_record_end(text)].trim_matches('\n');
    let mut names = vec![String::new()];
    let mut quoted = false;
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                if let Some(name) = names.last_mut() {
                    name.push('"');
                }
            }
            '"' => quoted = !quoted,
            character if character == char::from(delimiter) && !quoted => names.push(String::new()),
            character => {
                if let Some(name) = names.last_mut() {
                    name.push(character);
                }
            }
        }
    }
    names
        .iter()
        .enumerate()
        .map(|(place, name)| match name.trim() {
            "" => format!("column_{}", place + 1),
            name => name.to_owned(),
        })
        .collect()
}

fn spoken(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolons",
        b'\t' => "tabs",
        b'|' => "bars",
        _ => "commas",
    }
}

#[cfg(test)]
mod tests {
    use crate::frame::dictionary::Dictionary;
    use crate::frame::{Cells, DataError, Table, read::read_bytes};

    fn table(bytes: &[u8]) -> Table {
        read_bytes("t.csv", bytes.to_vec(), &Dictionary::default(), None).unwrap()
    }

    #[test]
    fn delimiters_encodings_and_decimal_commas() {
        let plain = table(b"id,age,name\na,1.5,\"x, \"\"y\"\"\"\nb,,z\n");
        assert_eq!(plain.get("age").unwrap().text(0).as_deref(), Some("1.5"));
        assert_eq!(plain.get("age").unwrap().missing(), 1);
        assert_eq!(plain.get("name").unwrap().text(0).as_deref(), Some("x, \"y\""));
        let german = table("id;größe\r\na;1,5\r\nb;2\r\n".as_bytes());
        assert!(matches!(&**german.get("größe").unwrap(), Cells::Number(values) if values == &[1.5, 2.0]));
        let latin = table(b"id;gr\xf6\xdfe\na;1,5\n");
        assert!(latin.get("größe").is_some());
        assert_eq!(latin.notes[0], "read as windows-1252");
        let utf16: Vec<u8> = "id\tx\na\t1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(table(&utf16).get("x").unwrap().text(0).as_deref(), Some("1"));
        let marked = table(b"\xef\xbb\xbfid,x\na,1\n");
        assert!(marked.get("id").is_some());
        assert_eq!(table(b"id,x\n").rows(), 0);
        assert_eq!(table(b"x\n1\n2\n").rows(), 2);
        assert_eq!(table(b"id,x\na,\"two\nlines\"\n\nb,c").rows(), 2);
    }

    #[test]
    fn a_ragged_line_is_named() {
        let fault = read_bytes("t.csv", b"a,b\n1,2\n3\n".to_vec(), &Dictionary::default(), None).unwrap_err();
        assert_eq!(fault.to_string(), "line 3 of `t.csv` has 1 fields where the header has 2");
        let twice = read_bytes("t.csv", b"a,a\n1,2\n".to_vec(), &Dictionary::default(), None).unwrap_err();
        assert!(matches!(twice, DataError::ColumnTwice { .. }));
        assert!(read_bytes("t.csv", b"".to_vec(), &Dictionary::default(), None).is_err());
        assert!(read_bytes("t.doc", b"a".to_vec(), &Dictionary::default(), None).is_err());
    }
}
