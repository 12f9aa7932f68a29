//! `diptych dummy`.

use std::path::PathBuf;

use crate::run::store::write_whole;
use crate::simulate::dummy;

use super::{Exit, Parameters, open, progress, show};

#[derive(clap::Args)]
pub struct Dummy {
    pub study: PathBuf,
    /// Rows of each table.
    #[arg(long, default_value_t = 200)]
    pub rows: usize,
    /// Folder that the made-up data, the study and its dictionaries are written to.
    #[arg(long)]
    pub out: PathBuf,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub(super) parameters: Parameters,
}

pub fn dummy(arguments: &Dummy) -> Exit {
    let study = match open(&arguments.study, &arguments.parameters) {
        Ok(study) => study,
        Err(exit) => return exit,
    };
    let review = study.check();
    let Some(plan) = &review.checked.plan else {
        show::diagnostics(&review.checked.diagnostics, &review.sources);
        show::print(&format!("{}\n", show::tally(&review.checked.diagnostics)));
        return Exit::StudyRejected;
    };
    let watch = progress::watch(&crate::report::Stopwatch::default());
    progress::stop_at_interrupt(&watch);
    let observed = study.observed(plan);
    let mut made = match dummy::write(plan, &observed, arguments.rows, arguments.seed, &arguments.out, &watch) {
        Ok(made) => made,
        Err(fault) => {
            show::complain(&fault.to_string());
            return Exit::RunFailed;
        }
    };
    let own = arguments.study.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut copies: Vec<(String, std::io::Result<Vec<u8>>)> = review
        .read
        .iter()
        .map(|file| (dummy::place(&file.path, &mut made), std::fs::read(study.folder().join(&file.path))))
        .collect();
    // What left the study's folder lies below that of the copy, which says so.
    let here = made.moved.iter().fold(study.text().to_owned(), |text, (path, below)| {
        text.replace(&format!("\"{path}\""), &format!("\"{below}\""))
    });
    copies.push((own.clone(), Ok(here.into_bytes())));
    for (name, content) in copies {
        let path = arguments.out.join(&name);
        if let Err(error) = content.and_then(|content| write_whole(&path, &content)) {
            show::complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::RunFailed;
        }
    }
    let mut text = String::new();
    for (cohort, count) in &made.cohorts {
        text.push_str(&format!("{count} of {} rows fulfil the conditions of `{cohort}`\n", arguments.rows));
    }
    for note in &made.notes {
        text.push_str(&format!("! {note}\n"));
    }
    for table in observed.keys() {
        text.push_str(&format!("! `{table}` has no dictionary: its made-up rows keep to what its own file holds\n"));
    }
    let set: String = arguments
        .parameters
        .set
        .iter()
        .map(|(name, value)| format!(" --set {name}={}", made.moved.get(value).unwrap_or(value)))
        .collect();
    text.push_str(&format!(
        "{} made-up files are in {}; nothing in them predicts anything. `diptych run {}{set}` runs the study on them.\n",
        made.files.len(),
        arguments.out.display(),
        arguments.out.join(&own).display()
    ));
    show::print(&text);
    Exit::Done
}
