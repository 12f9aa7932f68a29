//! A content-addressed store: one file a key, where the key is the hash of everything that the
//! value follows from. A file is written under another name and renamed, and begins with the
//! checksum of what follows; one that is partial or spoilt counts as absent. What another build of
//! Diptych has kept is not found: its code may have computed something else.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::fuse::Memo;

/// Hash of everything that a value follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// The key of a piece of the value of this key.
    pub fn piece(&self, name: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(name.as_bytes());
        Key(*hasher.finalize().as_bytes())
    }

    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

/// The build of this Diptych: a hash of all that it was made from (`build.rs`).
pub const BUILD: &str = env!("DIPTYCH_BUILD");

/// A folder of finished work, or the memory of this process; else nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Store {
    place: Place,
}

#[derive(Clone, Debug, Default)]
enum Place {
    #[default]
    Nowhere,
    Memory(Arc<Mutex<HashMap<[u8; 32], Json>>>),
    Folder {
        folder: PathBuf,
        build: &'static str,
    },
}

impl Store {
    /// Keeps nothing.
    pub fn none() -> Self {
        Store { place: Place::Nowhere }
    }

    /// Keeps everything until the process ends; clones share it.
    pub fn memory() -> Self {
        Store { place: Place::Memory(Arc::default()) }
    }

    /// # Errors
    /// The folder cannot be made.
    pub fn at(folder: &Path) -> io::Result<Self> {
        Self::of_build(folder, BUILD)
    }

    fn of_build(folder: &Path, build: &'static str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Store { place: Place::Folder { folder: folder.to_owned(), build } })
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        let Place::Folder { folder, build } = &self.place else { return None };
        let hex = key.piece(build).hex();
        Some(folder.join(&hex[..2]).join(&hex[2..]))
    }

    /// The value, if it is there and whole.
    pub fn get(&self, key: &Key) -> Option<Json> {
        if let Place::Memory(kept) = &self.place {
            // A poisoned lock means that another thread failed while it held whole values only.
            return kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key.0).cloned();
        }
        let content = std::fs::read(self.path(key)?).ok()?;
        let (sum, body) = content.split_at_checked(64)?;
        let body = body.strip_prefix(b"\n")?;
        if blake3::hash(body).to_hex().as_bytes() != sum {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    /// Keeps the value. A store that cannot be written keeps nothing; the run goes on without it.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn put(&self, key: &Key, value: &Json) -> io::Result<()> {
        if let Place::Memory(kept) = &self.place {
            kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key.0, value.clone());
            return Ok(());
        }
        let Some(path) = self.path(key) else { return Ok(()) };
        let body = serde_json::to_vec(value).map_err(io::Error::other)?;
        let mut content = blake3::hash(&body).to_hex().as_bytes().to_vec();
        content.push(b'\n');
        content.extend(body);
        write_whole(&path, &content)
    }

    /// Throws away what is kept, and tells how many pieces there were. Whatever else lies in the
    /// folder stays.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn clear(&self) -> io::Result<usize> {
        match &self.place {
            Place::Nowhere => Ok(0),
            Place::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let count = kept.len();
                kept.clear();
                Ok(count)
            }
            Place::Folder { folder, .. } => {
                let mut count = 0;
                for entry in std::fs::read_dir(folder)? {
                    let entry = entry?;
                    let name = entry.file_name();
                    let is_ours =
                        name.len() == 2 && name.to_string_lossy().bytes().all(|sign| sign.is_ascii_hexdigit());
                    if is_ours && entry.file_type()?.is_dir() {
                        count += std::fs::read_dir(entry.path())?.count();
                        std::fs::remove_dir_all(entry.path())?;
                    }
                }
                Ok(count)
            }
        }
    }
}

/// Writes a file under another name in the same folder and renames it, so that it is there whole
/// or not at all.
///
/// # Errors
/// What the file system reports.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.flush()?;
    put_in_place(file, path)
}

/// Gives a temporary file, written to its end, the name that it is meant for.
///
/// # Errors
/// What the file system reports.
pub fn put_in_place(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; a result is as readable as any file its owner writes.
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The memory of one long fit: its pieces under the key of the whole.
pub struct Scoped<'a> {
    pub store: &'a Store,
    pub key: Key,
}

impl Memo for Scoped<'_> {
    fn get(&self, key: &str) -> Option<Json> {
        self.store.get(&self.key.piece(key))
    }

    fn put(&self, key: &str, value: &Json) {
        // What cannot be kept is computed again: slower, not wrong.
        let _ = self.store.put(&self.key.piece(key), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_build_has_kept_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key([7; 32]);
        let before = Store::of_build(folder.path(), "before").unwrap();
        before.put(&key, &Json::Bool(false)).unwrap();
        let after = Store::of_build(folder.path(), "after").unwrap();
        assert_eq!(after.get(&key), None);
        after.put(&key, &Json::Bool(true)).unwrap();
        assert_eq!((before.get(&key), after.get(&key)), (Some(Json::Bool(false)), Some(Json::Bool(true))));
        assert_eq!(after.clear().unwrap(), 2);
        assert_eq!(BUILD.len(), 16);
    }

    #[test]
    fn what_is_spoilt_or_partial_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path()).unwrap();
        let key = Key([7; 32]);
        assert_eq!(store.get(&key), None);
        store.put(&key, &serde_json::json!({ "x": 1.5 })).unwrap();
        assert_eq!(store.get(&key), Some(serde_json::json!({ "x": 1.5 })));
        let path = store.path(&key).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(store.get(&key), None);
        std::fs::write(&path, b"short").unwrap();
        assert_eq!(store.get(&key), None);
        let mut spoilt = whole.clone();
        spoilt[70] ^= 1;
        std::fs::write(&path, spoilt).unwrap();
        assert_eq!(store.get(&key), None);
        assert!(Store::none().put(&key, &Json::Null).is_ok());
        std::fs::write(folder.path().join("history"), b"kept").unwrap();
        assert_eq!(store.clear().unwrap(), 1);
        assert!(folder.path().join("history").exists());
        let memory = Store::memory();
        memory.clone().put(&key, &Json::Null).unwrap();
        assert_eq!(memory.get(&key), Some(Json::Null));
        assert_eq!((memory.clear().unwrap(), memory.get(&key)), (1, None));
        assert_ne!(key.piece("a"), key.piece("b"));
    }
}
