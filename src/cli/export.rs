//! `diptych export`.

use std::path::PathBuf;

use crate::report::Circumstances;
use crate::run::archive::{self, ArchiveFault, Content, DataKept, FORMAT, Layout, Manifest};
use crate::run::lock::Lock;

use super::lock::{beside, locked};
use super::machine::Machine;
use super::run::{execute, written};
use super::{Exit, Parameters, open, show};

#[derive(clap::Args)]
pub struct Export {
    pub study: PathBuf,
    /// File of the archive; the study's name with `.zip` unless said.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Leave the data out: the lock holds their hashes, and whoever runs the archive brings them.
    #[arg(long)]
    pub without_data: bool,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    #[command(flatten)]
    pub(super) machine: Machine,
}

pub fn export(arguments: &Export) -> Exit {
    arguments.machine.take_threads();
    let done = open(&arguments.study, &arguments.parameters).and_then(|study| {
        let store = arguments.machine.store(&study)?;
        let study = study.with_models();
        let finished = execute(&study, &store)?;
        let lock = locked(&study, &finished)?;
        // Without timings: the same study makes the same archive.
        let results = written(&finished, &Circumstances::default());
        let out = arguments.out.clone().unwrap_or_else(|| arguments.study.with_extension("zip"));
        packed(arguments, study.folder(), study.text(), &lock, results, &out).map_err(|fault| {
            show::complain(&format!("{} cannot be written: {fault}", out.display()));
            Exit::RunFailed
        })?;
        let data = if arguments.without_data { "without its data" } else { "with its data" };
        show::print(&format!(
            "The study, {data}, its lock and its results are in {0}; `diptych run {0}` runs it.\n",
            out.display()
        ));
        Ok(())
    });
    done.map_or_else(|exit| exit, |()| Exit::Done)
}

fn packed(
    arguments: &Export,
    folder: &std::path::Path,
    text: &str,
    lock: &Lock,
    results: Vec<(String, Vec<u8>)>,
    out: &std::path::Path,
) -> Result<(), ArchiveFault> {
    let is_data = |what: &str| what == "image" || what == "mask";
    let tables = lock.tables.iter().filter_map(|table| table.path.as_deref());
    let mut paths: Vec<&str> = Vec::new();
    for file in &lock.files {
        if !(arguments.without_data && is_data(&file.what)) {
            paths.push(&file.path);
        }
    }
    if !arguments.without_data {
        paths.extend(tables.clone());
    }
    // Paths of data that stays at home keep their place all the same.
    let every = lock.files.iter().map(|file| file.path.as_str()).chain(tables);
    let layout = Layout::new(folder, every)?;
    let file = |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let study = layout.name(&file(&arguments.study));
    let locked = layout.name(&file(&beside(&arguments.study)));
    let mut entries = vec![
        (study.clone(), Content::Bytes(text.as_bytes().to_vec())),
        (locked.clone(), Content::Bytes(lock.text().into_bytes())),
    ];
    for path in paths {
        entries.extend(layout.entries(folder, path)?);
    }
    entries.extend(results.into_iter().map(|(name, bytes)| (format!("results/{name}"), Content::Bytes(bytes))));
    let manifest = Manifest {
        format: FORMAT,
        diptych: env!("CARGO_PKG_VERSION").to_owned(),
        study,
        lock: locked,
        set: lock.study.set.clone(),
        data: if arguments.without_data { DataKept::Hashes } else { DataKept::Included },
    };
    archive::pack(out, &manifest, entries)
}
