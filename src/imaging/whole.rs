//! A file is there whole or not at all: it is written under another name in the same folder and renamed.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Lets `fill` write the content, then gives the file its name.
///
/// # Errors
/// What `fill` or the file system reports; then there is no new file.
pub(super) fn write_whole<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut sink = BufWriter::with_capacity(1 << 16, tempfile::NamedTempFile::new_in(folder)?);
    fill(&mut sink)?;
    let file = sink.into_inner().map_err(|error| E::from(error.into_error()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; a result is as readable as any file its owner writes.
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| E::from(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::error::Fault;

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let failed: Result<(), Fault> = write_whole(&path, |sink| {
            sink.write_all(b"half")?;
            Err(Fault::UnknownFormat)
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        write_whole::<Fault>(&path, |sink| Ok(sink.write_all(b"whole")?)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }
}
