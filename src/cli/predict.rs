//! `diptych predict`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::frame::dictionary;
use crate::run::frozen::{Asked, ModelFile, NewData, Predictions};
use crate::run::results::fixed;
use crate::run::store::write_whole;

use super::{Exit, progress, show};

/// Features of an explanation that are shown on the terminal; files have all.
const SHOWN: usize = 5;

#[derive(clap::Args)]
pub struct Predict {
    /// Model files, as `diptych run` writes them into `models/`.
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// New patients, a row each; `NAME=FILE` where a model reads several tables.
    #[arg(long, required = true, value_name = "[NAME=]FILE")]
    pub data: Vec<String>,
    /// Folder that the paths of images start from.
    #[arg(long)]
    pub images: Option<PathBuf>,
    /// What you say of your columns: another unit than the model's is refused.
    #[arg(long)]
    pub dictionary: Option<PathBuf>,
    /// `FILE.json` for everything, or `FILE.csv` for a line a patient, with explanations and
    /// survival curves in files beside it.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Leave explanations out, which take most of the time.
    #[arg(long)]
    pub without_explanations: bool,
}

pub fn predict(arguments: &Predict) -> Exit {
    let mut models = Vec::new();
    for path in &arguments.models {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match read.and_then(|text| ModelFile::parse(&text)) {
            Ok(model) => models.push(model),
            Err(reason) => {
                show::complain(&format!("{}: {reason}", path.display()));
                return Exit::Usage;
            }
        }
    }
    let data = match given(arguments) {
        Ok(data) => data,
        Err(exit) => return exit,
    };
    let watch = progress::watch(&crate::report::Stopwatch::default());
    progress::stop_at_interrupt(&watch);
    let asked = Asked { explanations: !arguments.without_explanations, curves: true };
    match crate::predict(&models, &data, asked, &watch) {
        Ok(predictions) => told(&predictions, arguments.out.as_deref()),
        Err(faults) => {
            for fault in &faults {
                show::complain(&format!("{}: {}", fault.code, fault.message));
                if let Some(help) = &fault.help {
                    show::complain(&format!("  help: {help}"));
                }
            }
            show::print(&format!(
                "Refused: {} {} in the data; nobody was predicted.\n",
                faults.len(),
                if faults.len() == 1 { "fault" } else { "faults" }
            ));
            Exit::DataRejected
        }
    }
}

fn given(arguments: &Predict) -> Result<NewData, Exit> {
    let mut data = NewData { images: arguments.images.clone(), ..NewData::default() };
    for word in &arguments.data {
        let (name, path) = match word.split_once('=') {
            Some((name, path)) if !Path::new(word).exists() => (name.trim(), path.trim()),
            _ => ("", word.as_str()),
        };
        if data.tables.insert(name.to_owned(), PathBuf::from(path)).is_some() {
            show::complain("one table is given twice; name each as `--data NAME=FILE`");
            return Err(Exit::Usage);
        }
    }
    if let Some(path) = &arguments.dictionary {
        let text = std::fs::read_to_string(path).map_err(|error| {
            show::complain(&format!("{}: {error}", path.display()));
            Exit::Usage
        })?;
        data.dictionary = Some(dictionary::parse(&text).map_err(|faults| {
            faults.iter().for_each(|fault| show::complain(&format!("{}: {fault}", path.display())));
            Exit::DataRejected
        })?);
    }
    Ok(data)
}

/// A number as a reader wants it beside others.
fn brief(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 { value.to_string() } else { fixed(value, 2) }
}

fn told(predictions: &Predictions, out: Option<&Path>) -> Exit {
    let mut text = format!("{}\n", show::drawn(&predictions.table()));
    for (patient, forecast, explained) in predictions.explained() {
        let Some(value) = forecast.value else { continue };
        let reasons: Vec<String> = explained
            .values
            .iter()
            .filter(|(.., shapley)| *shapley != 0.0)
            .take(SHOWN)
            .map(|(_, feature, value, shapley)| {
                let sign = if *shapley > 0.0 { "+" } else { "" };
                let value = value.parse::<f64>().map_or_else(|_| value.clone(), brief);
                format!("{feature} {value} ({sign}{})", fixed(*shapley, 3))
            })
            .collect();
        text.push_str(&format!(
            "{patient}, {}: {} {} from {} by {}\n",
            forecast.model,
            forecast.scale,
            fixed(value, 3),
            fixed(explained.base, 3),
            if reasons.is_empty() { "nothing".to_owned() } else { reasons.join(", ") }
        ));
    }
    for note in &predictions.notes {
        text.push_str(&format!("! {note}\n"));
    }
    show::print(&text);
    let Some(out) = out else { return Exit::Done };
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    if out.extension().is_some_and(|extension| extension == "json") {
        files.insert(out.to_owned(), serde_json::to_vec_pretty(predictions).unwrap_or_default());
    } else {
        let stem = out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(out.to_owned(), predictions.table().csv().into_bytes());
        for table in [predictions.explanations(), predictions.curves()] {
            if !table.rows.is_empty() {
                files.insert(out.with_file_name(format!("{stem}_{}.csv", table.name)), table.csv().into_bytes());
            }
        }
    }
    for (path, content) in files {
        if let Err(error) = write_whole(&path, &content) {
            show::complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::RunFailed;
        }
    }
    show::print(&format!("Predictions are in {}.\n", out.display()));
    Exit::Done
}
