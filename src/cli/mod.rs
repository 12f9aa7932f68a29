//! The command line: thin, no logic of its own. One file a command.
//!
//! May import everything above the line. Exit codes: 0 done, 1 study rejected, 2 data rejected,
//! 3 run failed or stopped, 64 the command line itself was wrong.

mod archived;
mod check;
mod demo;
mod dummy;
mod explain;
mod export;
mod extract;
mod fmt;
mod lock;
mod machine;
mod manual;
mod notebook;
mod plan;
mod predict;
pub(crate) mod progress;
mod repl;
mod run;
mod schema;
pub mod show;
mod simulate;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Why a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    StudyRejected,
    DataRejected,
    RunFailed,
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::StudyRejected => 1,
            Exit::DataRejected => 2,
            Exit::RunFailed => 3,
            Exit::Usage => 64,
        })
    }
}

/// A study language: write the Methods section of a prediction study, get its Results.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// Without one, the prompt.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Tell every mistake of a study before any data is read.
    Check {
        study: PathBuf,
        /// `json` prints one diagnostic a line.
        #[arg(long, default_value = "text")]
        format: Format,
        #[command(flatten)]
        parameters: Parameters,
    },
    /// Run a study: its answers on the terminal; `results.json`, `report.html` and `tables/` in a folder.
    Run(run::Run),
    /// Show what a study will do, every default spelt out.
    Plan {
        study: PathBuf,
        #[arg(long, default_value = "tree")]
        format: plan::Form,
        #[command(flatten)]
        parameters: Parameters,
    },
    /// Predict new patients by models that a study has fitted.
    Predict(predict::Predict),
    /// Write a study in its canonical layout.
    Fmt {
        studies: Vec<PathBuf>,
        /// Only say which files would change; exit code 1 if any.
        #[arg(long)]
        check: bool,
    },
    /// Write a study at the prompt, each line answered at once; `diptych` alone does the same.
    Repl(repl::Repl),
    /// Run a study cell by cell into one HTML file, with the prose of its comments.
    Notebook(notebook::Notebook),
    /// Measure the radiomics features of an image inside a mask, or of a table of cases.
    Extract(extract::Extract),
    /// Explain a diagnostic by its code, or anything else by its name: `rsf`, `split`, `AUC`.
    Explain { name: String },
    /// Write the reference part of the manual from the code.
    Manual {
        /// Folder that it is written to.
        #[arg(long, default_value = "docs")]
        out: PathBuf,
    },
    /// Print the JSON Schema of `results.json`.
    Schema,
    /// Run a study and record what it was made from and what it found, for `verify`.
    Lock(lock::LockStudy),
    /// Run a study again and tell every difference from its lock.
    Verify(verify::Verify),
    /// Write one archive that another person can run: study, data, lock, results.
    Export(export::Export),
    /// Make up rows that satisfy a study's dictionary, to try it before data arrive.
    Dummy(dummy::Dummy),
    /// Make up a cohort whose truth is known.
    #[command(subcommand)]
    Simulate(simulate::Simulate),
    /// Run a small study that comes with Diptych, on made-up patients.
    Demo(demo::Demo),
}

#[derive(clap::Args, Clone, Default)]
struct Parameters {
    /// Gives a `parameter` of the study its value.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads the arguments of the process and does what they say.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // Nothing is left to tell it to if this fails.
            let _ = error.print();
            return exit.into();
        }
    };
    match arguments.command.unwrap_or_else(|| Command::Repl(repl::Repl::default())) {
        Command::Check { study, format, parameters } => check::check(&study, &parameters, format == Format::Json),
        Command::Run(run) => run::run(&run),
        Command::Plan { study, format, parameters } => plan::plan(&study, &parameters, format),
        Command::Predict(predict) => predict::predict(&predict),
        Command::Fmt { studies, check } => fmt::fmt(&studies, check),
        Command::Repl(repl) => repl::repl(repl),
        Command::Notebook(notebook) => notebook::notebook(notebook),
        Command::Extract(arguments) => extract::extract(&arguments),
        Command::Explain { name } => explain::explain(&name),
        Command::Manual { out } => manual::manual(&out),
        Command::Schema => schema::schema(),
        Command::Lock(lock) => lock::lock(&lock),
        Command::Verify(verify) => verify::verify(&verify),
        Command::Export(export) => export::export(&export),
        Command::Dummy(dummy) => dummy::dummy(&dummy),
        Command::Simulate(what) => simulate::simulate(&what),
        Command::Demo(demo) => demo::demo(&demo),
    }
    .into()
}

/// Opens a study with its parameters, or says why not.
fn open(path: &std::path::Path, parameters: &Parameters) -> Result<crate::Study, Exit> {
    let mut study = crate::Study::open(path).map_err(|error| {
        show::complain(&format!("{} cannot be read: {error}", path.display()));
        Exit::StudyRejected
    })?;
    for (name, value) in &parameters.set {
        study = study.set(name, value);
    }
    Ok(study)
}
