//! A content-addressed store: one file a key, where the key is the hash of everything that the
//! value follows from. A file is written under another name and renamed, and begins with the
//! checksum of what follows; one that is partial or spoilt counts as absent.

use std::io;
use std::path::{Path, PathBuf};

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

/// A folder of finished work; without a folder nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// Keeps nothing.
    pub fn none() -> Self {
        Store { folder: None }
    }

    /// # Errors
    /// The folder cannot be made.
    pub fn at(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Store { folder: Some(folder.to_owned()) })
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        let hex = key.hex();
        Some(self.folder.as_ref()?.join(&hex[..2]).join(&hex[2..]))
    }

    /// The value, if it is there and whole.
    pub fn get(&self, key: &Key) -> Option<Json> {
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
        let Some(path) = self.path(key) else { return Ok(()) };
        let body = serde_json::to_vec(value).map_err(io::Error::other)?;
        let mut content = blake3::hash(&body).to_hex().as_bytes().to_vec();
        content.push(b'\n');
        content.extend(body);
        write_whole(&path, &content)
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
        assert_ne!(key.piece("a"), key.piece("b"));
    }
}
