//! Fonts of the system, for letters that the embedded face lacks: Chinese, Japanese, Korean, Arabic, ...
//!
//! Only the letters of a PNG need one, as whoever shows an SVG letters it. The place that a letter takes does not depend
//! on the font it is borrowed from, so that a drawing is laid out alike on all machines, with a font and without.

use ab_glyph::{Font, FontRef};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Fonts of many letters, the preferred first, by what their file names begin with.
const KNOWN: [&str; 18] = [
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "wqy",
    "droidsansfallback",
    "pingfang",
    "hiragino sans gb",
    "stheiti",
    "msyh",
    "simhei",
    "simsun",
    "meiryo",
    "malgun",
    "arial unicode",
    "notosans-regular",
    "dejavusans.",
    "arial.",
    "unifont",
];

/// Where systems keep fonts.
const FOLDERS: [&str; 5] =
    ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:\\Windows\\Fonts"];

/// No font of letters is larger.
const LARGEST: u64 = 128 << 20;

/// A font of the system.
pub(super) struct Borrowed {
    pub face: FontRef<'static>,
    pub path: PathBuf,
}

/// What was looked for already.
struct Shelf {
    /// Files not read yet, the preferred last; None before the first look.
    waiting: Option<Vec<PathBuf>>,
    read: Vec<&'static Borrowed>,
    letters: Option<HashMap<char, Option<&'static Borrowed>>>,
}

/// The font of the system that has a letter; None where none has.
pub(super) fn font_with(letter: char) -> Option<&'static Borrowed> {
    static SHELF: Mutex<Shelf> = Mutex::new(Shelf { waiting: None, read: Vec::new(), letters: None });
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = shelf.letters.get_or_insert_default().get(&letter) {
        return *known;
    }
    let has = |font: &&'static Borrowed| font.face.glyph_id(letter).0 != 0;
    let mut found = shelf.read.iter().copied().find(has);
    while found.is_none() {
        let Some(path) = shelf.waiting.get_or_insert_with(candidates).pop() else { break };
        let Some(font) = opened(path) else { continue };
        shelf.read.push(font);
        found = Some(font).filter(has);
    }
    shelf.letters.get_or_insert_default().insert(letter, found);
    found
}

/// A font that stays open as long as the program runs.
fn opened(path: PathBuf) -> Option<&'static Borrowed> {
    if std::fs::metadata(&path).ok()?.len() > LARGEST {
        return None;
    }
    let bytes: &'static [u8] = Box::leak(std::fs::read(&path).ok()?.into_boxed_slice());
    let face = FontRef::try_from_slice_and_index(bytes, 0).ok()?;
    Some(Box::leak(Box::new(Borrowed { face, path })))
}

/// The known fonts in the folders of the system and of the user, the preferred last.
fn candidates() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(Path::new(folder), 0, &mut files);
    }
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        for own in [".fonts", ".local/share/fonts", "Library/Fonts"] {
            collect(&home.join(own), 0, &mut files);
        }
    }
    let rank = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let bold = name.contains("bold") || name.contains("black") || name.contains("light") || name.contains("thin");
        KNOWN.iter().position(|known| name.starts_with(known)).map(|place| (bold, place, path.clone()))
    };
    let mut ranked: Vec<(bool, usize, PathBuf)> = files.iter().filter_map(rank).collect();
    ranked.sort();
    ranked.into_iter().rev().map(|(_, _, path)| path).collect()
}

/// The files of fonts in a folder and those below it.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if matches!(ending.as_str(), "ttf" | "otf" | "ttc") {
            files.push(path);
        } else if depth < 4 && path.is_dir() {
            collect(&path, depth + 1, files);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_that_is_found_has_the_letter() {
        // Machines differ in their fonts; the letter of no script is in none of them.
        if let Some(font) = font_with('龄') {
            assert_ne!(font.face.glyph_id('龄').0, 0);
            assert!(font.path.exists());
        }
        assert!(font_with('\u{10FFFD}').is_none());
        assert!(opened(PathBuf::from("no-such-font.ttf")).is_none());
    }

    #[test]
    fn fonts_are_sought_in_folders_below() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("truetype/droid");
        std::fs::create_dir_all(&below).expect("folders");
        std::fs::write(below.join("A.TTF"), b"no font").expect("written");
        std::fs::write(below.join("A.txt"), b"no font").expect("written");
        let mut files = Vec::new();
        collect(folder.path(), 0, &mut files);
        assert_eq!(files, [below.join("A.TTF")]);
        assert!(opened(below.join("A.TTF")).is_none());
    }
}
