//! Parquet, through Polars.

use std::io::Cursor;

use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::{Column, DataError, Raw};
use crate::frame::Table;
use crate::frame::infer::Conventions;

pub(super) fn read(path: &str, bytes: Vec<u8>) -> Result<Raw, DataError> {
    let frame = ParquetReader::new(Cursor::new(bytes))
        .finish()
        .map_err(|error| DataError::Format { path: path.to_owned(), reason: error.to_string() })?;
    from_table(Table::from_frame(&frame)?)
}

pub(super) fn from_table(table: Table) -> Result<Raw, DataError> {
    let names = table.names().map(str::to_owned).collect();
    let columns = table.columns().map(|(_, cells)| Column::Typed((**cells).clone())).collect();
    Ok(Raw { names, columns, conventions: Conventions { decimal_comma: false }, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use polars_io::SerWriter;
    use polars_io::ipc::IpcWriter;
    use polars_io::parquet::write::ParquetWriter;

    use crate::frame::dictionary::Dictionary;
    use crate::frame::{Cells, Table, read::read_bytes};

    #[test]
    fn parquet_and_arrow_give_the_same_table_as_they_were_given() {
        let table = Table::new(vec![
            ("id".into(), Cells::Text(vec![Some("a".into()), None])),
            ("x".into(), Cells::Number(vec![f64::NAN, 2.5])),
        ])
        .unwrap();
        let mut frame = table.to_frame().unwrap();
        let mut parquet = Vec::new();
        ParquetWriter::new(&mut parquet).finish(&mut frame).unwrap();
        let mut arrow = Vec::new();
        IpcWriter::new(&mut arrow).finish(&mut frame).unwrap();
        for (name, bytes) in [("t.parquet", parquet), ("t.arrow", arrow)] {
            let back = read_bytes(name, bytes, &Dictionary::default(), None).unwrap();
            assert_eq!(back.hash(), table.hash(), "{name}");
        }
        assert!(read_bytes("t.parquet", b"nothing".to_vec(), &Dictionary::default(), None).is_err());
        assert!(read_bytes("t.arrow", b"nothing".to_vec(), &Dictionary::default(), None).is_err());
    }
}
