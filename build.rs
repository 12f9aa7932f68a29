//! Names the build: a hash of all that the program is made from. The store keeps answers by build,
//! so that a Diptych whose code has changed takes no answer from the one before it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const SOURCES: [&str; 4] = ["src", "grammar", "Cargo.lock", "Cargo.toml"];

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        let source = Path::new(source);
        // A packaged crate may come without its lock.
        if source.exists() {
            for file in files(source)? {
                file.hash(&mut hasher);
                fs::read(&file)?.hash(&mut hasher);
            }
        }
    }
    // Another processor may round a transcendental function otherwise.
    env::var("TARGET").unwrap_or_default().hash(&mut hasher);
    println!("cargo::rustc-env=DIPTYCH_BUILD={:016x}", hasher.finish());
    Ok(())
}

/// The file itself, or the files below a folder in the order of their names.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let below: Vec<Vec<PathBuf>> = entries.iter().map(|entry| files(entry)).collect::<Result<_, _>>()?;
    Ok(below.concat())
}
