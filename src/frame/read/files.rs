//! Files as they were read last: a front end that asks the same table again and again reads it
//! once, and anew when the file has changed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Dictionary, Table, read};
use crate::frame::fault::DataError;

/// Reads files, and remembers them if it was made by [`Files::remembered`]. Clones share what is
/// remembered.
#[derive(Clone, Debug, Default)]
pub struct Files {
    known: Option<Arc<Mutex<HashMap<PathBuf, Known>>>>,
}

/// A table with all that its reading followed from.
#[derive(Debug)]
struct Known {
    changed: SystemTime,
    bytes: u64,
    dictionary: Dictionary,
    key: Option<String>,
    table: Table,
}

impl Files {
    /// Remembers what it reads.
    pub fn remembered() -> Self {
        Files { known: Some(Arc::default()) }
    }

    /// As [`read()`].
    ///
    /// # Errors
    /// As [`read()`].
    pub fn read(&self, path: &Path, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
        let stamp = std::fs::metadata(path).and_then(|about| Ok((about.modified()?, about.len())));
        // A file system without times cannot tell that a file has changed.
        let (Some(known), Ok((changed, bytes))) = (&self.known, stamp) else { return read(path, dictionary, key) };
        // A poisoned lock means that another thread failed while it held whole tables only.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known.get(path)
            && (last.changed, last.bytes, last.key.as_deref()) == (changed, bytes, key)
            && last.dictionary == *dictionary
        {
            return Ok(last.table.clone());
        }
        let table = read(path, dictionary, key)?;
        let last = Known { changed, bytes, dictionary: dictionary.clone(), key: key.map(str::to_owned), table };
        let table = last.table.clone();
        known.insert(path.to_owned(), last);
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_is_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let files = Files::remembered();
        std::fs::write(&path, "a\n1\n").unwrap();
        assert_eq!(files.read(&path, &Dictionary::default(), None).unwrap().rows(), 1);
        std::fs::write(&path, "a\n1\n2\n").unwrap();
        assert_eq!(files.read(&path, &Dictionary::default(), None).unwrap().rows(), 2);
        std::fs::remove_file(&path).unwrap();
        assert!(files.read(&path, &Dictionary::default(), None).is_err());
    }
}
