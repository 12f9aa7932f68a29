//! What a study reads, as hashes: tables by column and by row, files by content.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::frame::{self, Keys};
use crate::plan::Plan;
use crate::plan::node::{Images, Operation};
use crate::run::Inputs;
use crate::run::fault::Fault;
use crate::run::world::word;

use super::{FileLock, TableLock, parts};

/// Tables of more rows have no hash of each row.
pub const MOST_ROWS: usize = 20_000;

/// Sixteen hexadecimal digits tell columns, rows and files of one study apart.
pub(super) fn short(hash: &[u8; 32]) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every table, and the patients of all of them.
pub(super) fn tables(plan: &Plan, inputs: &Inputs) -> Result<(Vec<TableLock>, BTreeSet<String>), Vec<Fault>> {
    let (mut tables, mut patients, mut faults) = (Vec::new(), BTreeSet::new(), Vec::new());
    for node in plan.nodes() {
        let Operation::Table(spec) = &node.operation else { continue };
        // A matrix of expression is a file: its rows may be genes.
        if spec.expression.is_some() {
            continue;
        }
        let name = word(node);
        let table = match (inputs.tables.get(name), &spec.path) {
            (Some(bound), _) => Ok(bound.clone()),
            (None, Some(path)) => frame::read::read(&inputs.folder.join(path), &spec.dictionary, spec.key.as_deref()),
            (None, None) => continue,
        };
        let keyed = table.and_then(|table| Ok((Keys::new(&table, spec.key.as_deref(), true)?, table)));
        let (keys, table) = match keyed {
            Ok(keyed) => keyed,
            Err(error) => {
                faults.push(Fault { declaration: node.name.clone(), span: node.span, ..Fault::from(error) });
                continue;
            }
        };
        if spec.key.is_some() {
            patients.extend(keys.values().iter().cloned());
        }
        let row_hashes = if table.rows() > MOST_ROWS {
            Vec::new()
        } else {
            (0..table.rows())
                .into_par_iter()
                .map(|row| (keys.name(row).to_owned(), short(&table.select(&[row]).hash())))
                .collect()
        };
        tables.push(TableLock {
            table: name.to_owned(),
            path: spec.path.clone().filter(|_| !inputs.tables.contains_key(name)),
            key: spec.key.clone(),
            hash: short(&table.hash()),
            columns: table.columns().map(|(name, cells)| (name.to_owned(), short(&cells.hash()))).collect(),
            rows: table.rows(),
            row_hashes,
        });
    }
    if faults.is_empty() { Ok((tables, patients)) } else { Err(faults) }
}

/// Gene sets, images and masks that are there.
pub(super) fn files(plan: &Plan, folder: &Path, patients: &BTreeSet<String>) -> Result<Vec<FileLock>, Fault> {
    // What is read, what it is, and the key of a matrix.
    let mut paths: Vec<(String, &str, Option<&str>)> = Vec::new();
    for node in plan.nodes() {
        match &node.operation {
            Operation::Table(spec) => {
                if let Some(genes) = &spec.expression {
                    let of = spec.path.iter().chain(&genes.names);
                    paths.extend(of.map(|path| (path.clone(), "expression", spec.key.as_deref())));
                }
            }
            Operation::Images(images) => {
                paths.extend(image_files(images, folder, patients).into_iter().map(|(path, what)| (path, what, None)));
            }
            Operation::Contrast(contrast) => {
                let sets = contrast.enrich.iter().flat_map(|enrich| &enrich.files);
                paths.extend(sets.map(|path| (path.clone(), "gene sets", None)));
            }
            _ => {}
        }
    }
    paths
        .into_par_iter()
        .map(|(path, what, key)| {
            let (hash, parts) = content(&folder.join(&path), what, key)
                .map_err(|error| Fault::data("data::unreadable", format!("`{path}` cannot be read: {error}")))?;
            Ok(FileLock { path, what: what.to_owned(), hash: short(&hash), parts })
        })
        .collect()
}

/// The images and masks of the patients that are there, as the study writes their paths, each with
/// what it is.
pub fn image_files(images: &Images, folder: &Path, patients: &BTreeSet<String>) -> Vec<(String, &'static str)> {
    let phases: Vec<&str> =
        if images.phases.is_empty() { vec![""] } else { images.phases.iter().map(String::as_str).collect() };
    let patterns =
        std::iter::once((&images.pattern, "image")).chain(images.masks.iter().map(|(_, pattern)| (pattern, "mask")));
    let mut found = BTreeSet::new();
    for (pattern, what) in patterns {
        for patient in patients {
            for phase in &phases {
                let path = pattern.replace("{patient}", patient).replace("{phase}", phase);
                if folder.join(&path).exists() {
                    found.insert((path, what));
                }
            }
        }
    }
    found.into_iter().collect()
}

/// Hash and parts of a file, or of every file of a folder with its name.
fn content(path: &Path, what: &str, key: Option<&str>) -> std::io::Result<([u8; 32], Vec<(String, String)>)> {
    if !path.is_dir() {
        let bytes = std::fs::read(path)?;
        let hash = *blake3::hash(&bytes).as_bytes();
        let parts = match what {
            "gene sets" => parts::lines(&bytes),
            "expression" => parts::matrix(&path.to_string_lossy(), bytes, key),
            _ => Vec::new(),
        };
        return Ok((hash, parts));
    }
    let mut hasher = blake3::Hasher::new();
    let mut parts = Vec::new();
    for file in within(path)? {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let bytes = std::fs::read(&file)?;
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
        parts.push((name, short(blake3::hash(&bytes).as_bytes())));
    }
    Ok((*hasher.finalize().as_bytes(), parts))
}

/// Every file below a folder, in the order of names.
pub fn within(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}
