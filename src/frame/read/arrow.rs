//! Arrow IPC files (Feather version 2), through Polars.

use std::io::Cursor;

use polars_io::SerReader;
use polars_io::ipc::IpcReader;

use super::parquet::from_table;
use super::{DataError, Raw};
use crate::frame::Table;

pub(super) fn read(path: &str, bytes: Vec<u8>) -> Result<Raw, DataError> {
    let frame = IpcReader::new(Cursor::new(bytes))
        .finish()
        .map_err(|error| DataError::Format { path: path.to_owned(), reason: error.to_string() })?;
    from_table(Table::from_frame(&frame)?)
}
