//! One file that another person can run: the study, the studies and dictionaries that it uses, its
//! lock, its data or only their hashes, its results. A zip archive, in which every path stands as
//! it does beside the study.
//!
//! An archive is a stranger's file: a name that leaves the folder it is unpacked into, a link, or a
//! name that stands twice is refused before anything of the archive is written.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::lock;
use super::store::{put_in_place, write_whole};

/// Number of the format of an archive.
pub const FORMAT: u32 = 1;

/// Where an archive says what it is.
const MANIFEST: &str = "archive.json";

/// What an archive says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub diptych: String,
    /// Paths within the archive.
    pub study: String,
    pub lock: String,
    pub set: Vec<(String, String)>,
    pub data: DataKept,
}

/// Whether the data travels with the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataKept {
    Included,
    /// Only their hashes, in the lock.
    Hashes,
}

/// Why an archive cannot be written or is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("it is no archive of a study: {0}")]
    NotArchive(String),
    #[error("it is refused: the entry `{name}` {reason}")]
    Refused { name: String, reason: &'static str },
    #[error("`{0}` is an absolute path, which means nothing on another machine; write it from the study's folder")]
    Absolute(String),
    #[error("`{0}` leaves the tree of folders that the study lies in")]
    Outside(String),
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ArchiveFault {
    let path = path.display().to_string();
    move |source| ArchiveFault::Io { path, source }
}

/// What stands in an archive under a name.
pub enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// Where paths that a study writes stand in its archive: as many folders above the study's own are
/// kept as the paths climb.
pub struct Layout {
    /// Names of the folders kept above and including the study's own.
    own: Vec<String>,
}

impl Layout {
    /// # Errors
    /// An absolute path, or one that climbs above the root.
    pub fn new<'p>(folder: &Path, paths: impl Iterator<Item = &'p str>) -> Result<Self, ArchiveFault> {
        let folder = std::fs::canonicalize(folder).map_err(io(folder))?;
        let names: Vec<String> = folder
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        let mut climb = 0;
        for path in paths {
            let mut depth: i64 = 0;
            for part in Path::new(path).components() {
                match part {
                    Component::Prefix(_) | Component::RootDir => return Err(ArchiveFault::Absolute(path.to_owned())),
                    Component::ParentDir => depth -= 1,
                    Component::Normal(_) => depth += 1,
                    Component::CurDir => {}
                }
                climb = climb.max(-depth);
            }
            if climb as usize > names.len() {
                return Err(ArchiveFault::Outside(path.to_owned()));
            }
        }
        Ok(Layout { own: names[names.len() - climb as usize..].to_vec() })
    }

    /// The name in the archive of a path from the study's folder.
    pub fn name(&self, path: &str) -> String {
        let mut parts = vec!["study".to_owned()];
        parts.extend(self.own.iter().cloned());
        for part in Path::new(path).components() {
            match part {
                Component::ParentDir => {
                    parts.pop();
                }
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                _ => {}
            }
        }
        parts.join("/")
    }

    /// The entries of a path: the file, or every file of the folder.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn entries(&self, folder: &Path, path: &str) -> Result<Vec<(String, Content)>, ArchiveFault> {
        let whole = folder.join(path);
        if !whole.is_dir() {
            return Ok(vec![(self.name(path), Content::File(whole))]);
        }
        let files = lock::within(&whole).map_err(io(&whole))?;
        Ok(files
            .into_iter()
            .map(|file| {
                let below = file.strip_prefix(&whole).unwrap_or(&file).to_string_lossy().replace('\\', "/");
                (format!("{}/{below}", self.name(path)), Content::File(file))
            })
            .collect())
    }
}

/// Writes an archive, whole or not at all. The same content gives the same bytes.
///
/// # Errors
/// What cannot be read or written.
pub fn pack(out: &Path, manifest: &Manifest, entries: Vec<(String, Content)>) -> Result<(), ArchiveFault> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(io(folder))?;
    let broken = |error: zip::result::ZipError| ArchiveFault::Io {
        path: out.display().to_string(),
        source: std::io::Error::other(error),
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(BufWriter::new(temporary.as_file_mut()));
    let said = serde_json::to_vec_pretty(manifest).map_err(|error| ArchiveFault::NotArchive(error.to_string()))?;
    let first = std::iter::once((MANIFEST.to_owned(), Content::Bytes(said)));
    let mut seen = BTreeSet::new();
    for (name, content) in first.chain(entries) {
        if !seen.insert(name.clone()) {
            continue;
        }
        match content {
            Content::Bytes(bytes) => {
                archive.start_file(name, options).map_err(broken)?;
                archive.write_all(&bytes).map_err(io(out))?;
            }
            Content::File(path) => {
                let mut file = File::open(&path).map_err(io(&path))?;
                let length = file.metadata().map_err(io(&path))?.len();
                archive.start_file(name, options.large_file(length >= u64::from(u32::MAX))).map_err(broken)?;
                std::io::copy(&mut file, &mut archive).map_err(io(&path))?;
            }
        }
    }
    archive.finish().map_err(broken)?.flush().map_err(io(out))?;
    put_in_place(temporary, out).map_err(io(out))
}

/// Whether a file is an archive, by how it begins.
pub fn is_archive(path: &Path) -> bool {
    let mut start = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"PK\x03\x04"
}

/// Why an entry's name is refused.
fn refusal(name: &str) -> Option<&'static str> {
    if name.starts_with('/') || name.contains('\\') || name.contains(':') {
        return Some("is no path from a folder");
    }
    if name.contains('\0') || name.chars().any(char::is_control) {
        return Some("holds a character that no name has");
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("leaves the folder that it is unpacked into");
    }
    None
}

/// An archive that is read where it lies, a few entries of it.
pub struct Opened {
    path: PathBuf,
    pub manifest: Manifest,
}

impl Opened {
    /// # Errors
    /// What is no archive.
    pub fn at(path: &Path) -> Result<Self, ArchiveFault> {
        let manifest = Manifest::parse(&entry(path, MANIFEST)?)?;
        Ok(Opened { path: path.to_owned(), manifest })
    }

    /// The lock that the archive holds.
    ///
    /// # Errors
    /// An archive without it.
    pub fn lock(&self) -> Result<Vec<u8>, ArchiveFault> {
        entry(&self.path, &self.manifest.lock)
    }

    /// What lies at a path from the study's folder, if it is in the archive.
    pub fn beside_study(&self, path: &str) -> Option<Vec<u8>> {
        let mut parts: Vec<&str> = self.manifest.study.split('/').collect();
        parts.pop();
        for part in path.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        entry(&self.path, &parts.join("/")).ok()
    }
}

impl Manifest {
    fn parse(said: &[u8]) -> Result<Self, ArchiveFault> {
        let manifest: Manifest =
            serde_json::from_slice(said).map_err(|error| ArchiveFault::NotArchive(format!("{MANIFEST}: {error}")))?;
        if manifest.format != FORMAT {
            return Err(ArchiveFault::NotArchive(format!(
                "it has format {}; this Diptych reads format {FORMAT}",
                manifest.format
            )));
        }
        Ok(manifest)
    }
}

fn entry(path: &Path, name: &str) -> Result<Vec<u8>, ArchiveFault> {
    let file = File::open(path).map_err(io(path))?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| ArchiveFault::NotArchive(error.to_string()))?;
    read_entry(&mut archive, path, name)
}

/// An entry, which is as long as it says and not longer.
fn read_entry(archive: &mut ZipArchive<BufReader<File>>, path: &Path, name: &str) -> Result<Vec<u8>, ArchiveFault> {
    let entry = archive.by_name(name).map_err(|error| ArchiveFault::NotArchive(format!("`{name}`: {error}")))?;
    let size = entry.size();
    let mut content = Vec::new();
    entry.take(size + 1).read_to_end(&mut content).map_err(io(path))?;
    if content.len() as u64 != size {
        return Err(ArchiveFault::NotArchive(format!("`{name}` is not as long as it says")));
    }
    Ok(content)
}

/// Unpacks an archive into `into`, which is new, or holds what was unpacked from the same archive.
///
/// # Errors
/// What is no archive, or is refused; then nothing was written.
pub fn unpack(path: &Path, into: &Path) -> Result<Manifest, ArchiveFault> {
    let not = |error: zip::result::ZipError| ArchiveFault::NotArchive(error.to_string());
    let file = File::open(path).map_err(io(path))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(not)?;
    let mut names = Vec::with_capacity(archive.len());
    let mut seen = BTreeSet::new();
    for place in 0..archive.len() {
        let entry = archive.by_index_data(place).map_err(not)?;
        let name = entry.name().map_err(not)?.into_owned();
        let reason = refusal(&name)
            .or(entry.is_symlink().then_some("is a link"))
            .or(entry.encrypted().then_some("is encrypted"))
            .or((!seen.insert(name.to_lowercase())).then_some("stands there twice"));
        if let Some(reason) = reason {
            return Err(ArchiveFault::Refused { name, reason });
        }
        names.push((name, entry.is_dir()));
    }
    if !names.iter().any(|(name, ..)| name == MANIFEST) {
        return Err(ArchiveFault::NotArchive(format!("it has no `{MANIFEST}`")));
    }
    let said = read_entry(&mut archive, path, MANIFEST)?;
    let manifest = Manifest::parse(&said)?;
    for named in [&manifest.study, &manifest.lock] {
        if !names.iter().any(|(name, ..)| name == named) {
            return Err(ArchiveFault::NotArchive(format!("it does not hold its `{named}`")));
        }
    }
    let other = std::fs::read(into.join(MANIFEST)).ok();
    if into.exists() && other.as_ref() != Some(&said) {
        let source = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is something else already");
        return Err(ArchiveFault::Io { path: into.display().to_string(), source });
    }
    // The manifest first: a later attempt then knows the folder for its own.
    write_whole(&into.join(MANIFEST), &said).map_err(io(into))?;
    for (name, is_dir) in &names {
        if *is_dir || name == MANIFEST {
            continue;
        }
        let target = into.join(name);
        let content = read_entry(&mut archive, path, name)?;
        write_whole(&target, &content).map_err(io(&target))?;
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            diptych: "0".to_owned(),
            study: "study/a.study".to_owned(),
            lock: "study/a.lock".to_owned(),
            set: Vec::new(),
            data: DataKept::Included,
        }
    }

    fn sound() -> Vec<(String, Content)> {
        vec![
            ("study/a.study".to_owned(), Content::Bytes(b"study A".to_vec())),
            ("study/a.lock".to_owned(), Content::Bytes(b"{}".to_vec())),
        ]
    }

    #[test]
    fn what_was_packed_is_unpacked_and_packs_to_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one.zip"), folder.path().join("two.zip"));
        pack(&one, &manifest(), sound()).unwrap();
        pack(&two, &manifest(), sound()).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        assert!(is_archive(&one));
        let into = folder.path().join("into");
        assert_eq!(unpack(&one, &into).unwrap(), manifest());
        assert_eq!(std::fs::read(into.join("study/a.study")).unwrap(), b"study A");
        // Again into its own folder, but not into somebody else's.
        unpack(&one, &into).unwrap();
        assert!(matches!(unpack(&one, folder.path()), Err(ArchiveFault::Io { .. })));
    }

    #[test]
    fn names_that_leave_the_folder_are_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../evil", "/evil", "study/../../evil", "study\\..\\evil", "C:/evil", "study//evil", "./evil"] {
            let path = folder.path().join("bad.zip");
            let mut entries = sound();
            entries.push((name.to_owned(), Content::Bytes(b"x".to_vec())));
            pack(&path, &manifest(), entries).unwrap();
            let into = folder.path().join("into");
            let refused = unpack(&path, &into);
            // The writer may itself have mended a name; what it mended lies inside.
            match refused {
                Err(ArchiveFault::Refused { .. }) => assert!(!into.exists(), "{name}"),
                Ok(_) => {
                    assert!(!folder.path().join("evil").exists(), "{name}");
                    std::fs::remove_dir_all(&into).unwrap();
                }
                Err(other) => panic!("{name}: {other}"),
            }
            assert!(refusal(name).is_some(), "{name}");
        }
        assert_eq!(refusal("study/ct/P 1/arterial/IM 0001.dcm"), None);
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        std::fs::write(&path, b"PK\x03\x04 and nothing").unwrap();
        assert!(matches!(unpack(&path, &folder.path().join("i")), Err(ArchiveFault::NotArchive(_))));
        let lost = Manifest { study: "study/b.study".to_owned(), ..manifest() };
        pack(&path, &lost, sound()).unwrap();
        assert!(matches!(unpack(&path, &folder.path().join("i")), Err(ArchiveFault::NotArchive(_))));
    }

    #[test]
    fn paths_above_the_study_keep_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("a/b");
        std::fs::create_dir_all(&own).unwrap();
        let layout = Layout::new(&own, ["x.csv", "../../data/y.csv"].into_iter()).unwrap();
        assert_eq!(layout.name("x.csv"), "study/a/b/x.csv");
        assert_eq!(layout.name("../../data/y.csv"), "study/data/y.csv");
        assert!(matches!(Layout::new(&own, ["/x.csv"].into_iter()), Err(ArchiveFault::Absolute(_))));
    }
}
