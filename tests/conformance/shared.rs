//! The peers' data and numbers, where they are at hand; tests pass over what is not.

use std::path::PathBuf;

use serde_json::Value as Json;

/// The file in the shared folder, or `None` with a word on the output.
pub fn file(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("DIPTYCH_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let file = root.join(path);
    if file.exists() {
        Some(file)
    } else {
        println!("skipped: no ../shared/{path}");
        None
    }
}

/// A JSON file.
pub fn json(path: &str) -> Option<Json> {
    let text = std::fs::read_to_string(file(path)?).expect("a readable file");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// A CSV of numbers without quotes: header and rows; what is no number is NaN.
pub fn table(path: &str) -> Option<(Vec<String>, Vec<Vec<f64>>)> {
    let text = std::fs::read_to_string(file(path)?).expect("a readable file");
    let mut lines = text.lines();
    let header = lines.next()?.split(',').map(str::to_owned).collect();
    let rows = lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()).collect();
    Some((header, rows))
}
