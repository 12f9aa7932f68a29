//! `diptych extract`: features of one image and mask, or of a table of cases.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::figures;
use crate::frame::dictionary::{self, Dictionary};
use crate::frame::{Cells, Table, read, write};
use crate::imaging::slices::View;
use crate::radiomics::cases::{self, Forgetful};
use crate::radiomics::{Case, CaseFault, Drawn, Label, Memory, Protocol, Reading, Settings, read_parameters};
use crate::report::Stopwatch;
use crate::run::Store;
use crate::run::operations::slices;
use crate::run::store::write_whole;

use super::machine::threads;
use super::{Exit, progress, show};

#[derive(clap::Args)]
pub struct Extract {
    /// The image.
    #[arg(long, requires = "mask", required_unless_present = "cases", conflicts_with = "cases")]
    image: Option<PathBuf>,
    /// The mask of the region.
    #[arg(long, requires = "image")]
    mask: Option<PathBuf>,
    /// A table with the columns `image` and `mask`, and if need be `id` and `label`; paths start from its folder.
    #[arg(long)]
    cases: Option<PathBuf>,
    /// Label of the region in the mask; that of the settings, else 1.
    #[arg(long, conflicts_with = "segment")]
    label: Option<u32>,
    /// Name of the region's segment, where the mask has names.
    #[arg(long)]
    segment: Option<String>,
    /// A parameter file of PyRadiomics, YAML or JSON; its defaults unless given.
    #[arg(long)]
    settings: Option<PathBuf>,
    /// Where the features go: `.csv` or `.parquet`, a row a case.
    #[arg(long)]
    out: PathBuf,
    /// Bring a mask on another grid to that of its image, by nearest neighbours.
    #[arg(long)]
    resample_mask: bool,
    /// Folder for a figure a case: three slices with the outline of the mask, for eyes to check.
    #[arg(long)]
    figures: Option<PathBuf>,
    /// Threads; results do not depend on it.
    #[arg(long)]
    threads: Option<usize>,
    /// Folder that remembers what was measured; nothing is remembered unless it is given.
    #[arg(long)]
    store: Option<PathBuf>,
}

/// A case as its table says it.
struct Row {
    id: Option<String>,
    image: String,
    mask: String,
    case: Case,
}

pub fn extract(arguments: &Extract) -> Exit {
    match work(arguments) {
        Ok(exit) => exit,
        Err((exit, reason)) => {
            show::complain(&reason);
            exit
        }
    }
}

fn work(arguments: &Extract) -> Result<Exit, (Exit, String)> {
    let settings = match &arguments.settings {
        None => Settings::default(),
        Some(path) => {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| (Exit::StudyRejected, format!("{shown} cannot be read: {error}")))?;
            read_parameters(&text).map_err(|fault| (Exit::StudyRejected, format!("{shown}: {fault}")))?
        }
    };
    let label = match (&arguments.segment, arguments.label) {
        (Some(segment), _) => Label::Segment(segment.clone()),
        (None, label) => Label::Number(label.unwrap_or(settings.label)),
    };
    let mut protocol = Protocol::Pyradiomics(settings);
    if arguments.resample_mask {
        protocol.set_corrects_mask(true);
    }
    for caution in protocol.cautions() {
        show::complain(&format!("note: {caution}"));
    }
    // A table that cannot be written is told before hours of work.
    Table::new(vec![("image".to_owned(), Cells::Text(Vec::new()))])
        .and_then(|empty| write::content(&arguments.out, &empty))
        .map_err(|fault| (Exit::Usage, fault.to_string()))?;
    let rows = match (&arguments.cases, &arguments.image, &arguments.mask) {
        (Some(cases), ..) => listed(cases, &label).map_err(|reason| (Exit::DataRejected, reason))?,
        (None, Some(image), Some(mask)) => {
            let drawn = Drawn { path: mask.clone(), label, perturbation: None };
            vec![Row {
                id: None,
                image: image.display().to_string(),
                mask: mask.display().to_string(),
                case: Case { image: image.clone(), masks: vec![drawn] },
            }]
        }
        _ => return Err((Exit::Usage, "give --image and --mask, or --cases".to_owned())),
    };
    let store = match &arguments.store {
        None => None,
        Some(place) => Some(
            Store::at(place)
                .map_err(|error| (Exit::RunFailed, format!("the store {} cannot be used: {error}", place.display())))?,
        ),
    };
    let memory: &dyn Memory = store.as_ref().map_or(&Forgetful, |store| store);
    threads(arguments.threads);
    let watch = progress::watch(&Stopwatch::default());
    progress::stop_at_interrupt(&watch);
    let all: Vec<Case> = rows.iter().map(|row| row.case.clone()).collect();
    watch.begin("cases", Some(all.len() as u64));
    let results = cases::measure_all(&all, &protocol, memory, &watch, &|_| watch.advance("cases", 1));
    watch.end("cases");
    // Every case has one mask.
    let results: Vec<Result<Reading, CaseFault>> = results.into_iter().flatten().collect();
    if results.iter().any(|result| matches!(result, Err(CaseFault::Stopped(_)))) {
        return Err((Exit::RunFailed, "stopped; with --store what was finished is kept".to_owned()));
    }
    for (row, result) in rows.iter().zip(&results) {
        let name = row.id.as_deref().unwrap_or(&row.mask);
        match result {
            Ok(reading) => reading.skipped.iter().for_each(|why| show::complain(&format!("{name}: {why}"))),
            Err(fault) => {
                let hint = if fault.is_mismatch() { " (`--resample-mask` does)" } else { "" };
                // A fault of a file names it already.
                match (&row.id, fault.to_string()) {
                    (None, told) => show::complain(&format!("{told}{hint}")),
                    (Some(id), told) => show::complain(&format!("{id}: {told}{hint}")),
                }
            }
        }
    }
    if let Some(folder) = &arguments.figures {
        draw(&rows, &protocol, folder)?;
    }
    let failed = results.iter().filter(|result| result.is_err()).count();
    let table = table(&rows, &results).map_err(|fault| (Exit::RunFailed, fault.to_string()))?;
    let content = write::content(&arguments.out, &table).map_err(|fault| (Exit::RunFailed, fault.to_string()))?;
    write_whole(&arguments.out, &content)
        .map_err(|error| (Exit::RunFailed, format!("{} cannot be written: {error}", arguments.out.display())))?;
    if arguments.cases.is_some() {
        let (all, out) = (results.len(), arguments.out.display());
        show::print(&format!("{} of {all} cases measured, {failed} failed; {out}\n", all - failed));
    }
    Ok(if failed == results.len() { Exit::DataRejected } else { Exit::Done })
}

/// Draws every case; one that cannot be drawn is told.
fn draw(rows: &[Row], protocol: &Protocol, folder: &Path) -> Result<(), (Exit, String)> {
    let name = |row: &Row| -> String {
        let stem = |path: &str| Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
        row.id.clone().or_else(|| stem(&row.mask)).unwrap_or_default()
    };
    let mut taken: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let Some(drawn) = row.case.masks.first() else { continue };
        let shown = name(row);
        let safe: String =
            shown.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).collect();
        // Two cases of one name are two files.
        let turn = taken.entry(safe.clone()).or_insert(0);
        *turn += 1;
        let stem = if *turn == 1 { safe } else { format!("{safe}-{turn}") };
        match cases::look(&row.case, drawn, protocol, &View::default()) {
            Ok(seen) => {
                let figure = slices::figure(shown, format!("label {}", seen.label), &seen);
                figures::write(folder, &stem, &figure)
                    .map_err(|error| (Exit::RunFailed, format!("{}: {error}", folder.display())))?;
            }
            Err(fault) => show::complain(&format!("{shown}: not drawn: {fault}")),
        }
    }
    Ok(())
}

/// Reads the table of cases.
fn listed(path: &Path, label: &Label) -> Result<Vec<Row>, String> {
    let first = read::read(path, &Dictionary::default(), None).map_err(|fault| fault.to_string())?;
    // Names of files and patients are text, whatever they look like.
    let texts: String = ["id", "image", "mask"]
        .into_iter()
        .filter(|name| first.get(name).is_some())
        .map(|name| format!("{name},text\n"))
        .collect();
    let dictionary = dictionary::parse(&format!("column,type\n{texts}")).unwrap_or_default();
    let table = read::read(path, &dictionary, None).map_err(|fault| fault.to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = |name: &str, row: usize| {
        let cells = table.column(name).map_err(|fault| format!("{}: {fault}", path.display()))?;
        cells.text(row).ok_or_else(|| format!("{}: row {} has no `{name}`", path.display(), row + 1))
    };
    let labels = table.get("label").and_then(|cells| cells.numbers());
    (0..table.rows())
        .map(|row| {
            let (image, mask) = (text("image", row)?, text("mask", row)?);
            let own = match labels.as_ref().and_then(|labels| labels.get(row)).filter(|label| !label.is_nan()) {
                None => label.clone(),
                Some(value) if value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(value) => {
                    Label::Number(*value as u32)
                }
                Some(value) => {
                    return Err(format!("{}: row {}: {value} is no label", path.display(), row + 1));
                }
            };
            let drawn = Drawn { path: folder.join(&mask), label: own, perturbation: None };
            let case = Case { image: folder.join(&image), masks: vec![drawn] };
            Ok(Row { id: table.get("id").and_then(|cells| cells.text(row)), image, mask, case })
        })
        .collect()
}

/// A row a case: what was measured, on what, and why not.
fn table(rows: &[Row], results: &[Result<Reading, CaseFault>]) -> Result<Table, crate::frame::DataError> {
    let mut names: Vec<&str> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (name, _) in results.iter().flatten().flat_map(|reading| &reading.features) {
        places.entry(name).or_insert_with(|| {
            names.push(name);
            names.len() - 1
        });
    }
    let mut values = vec![vec![f64::NAN; rows.len()]; names.len()];
    for (row, result) in results.iter().enumerate() {
        for (name, value) in result.iter().flat_map(|reading| &reading.features) {
            if let (Some(place), Some(value)) = (places.get(name.as_str()), value) {
                values[*place][row] = *value;
            }
        }
    }
    let text = |of: &dyn Fn(&Row) -> Option<String>| Cells::Text(rows.iter().map(of).collect());
    let mut columns = Vec::new();
    if rows.iter().any(|row| row.id.is_some()) {
        columns.push(("id".to_owned(), text(&|row| row.id.clone())));
    }
    columns.push(("image".to_owned(), text(&|row| Some(row.image.clone()))));
    columns.push(("mask".to_owned(), text(&|row| Some(row.mask.clone()))));
    let faults = results.iter().map(|result| result.as_ref().err().map(ToString::to_string)).collect();
    columns.push(("error".to_owned(), Cells::Text(faults)));
    columns.extend(names.iter().zip(values).map(|(name, values)| ((*name).to_owned(), Cells::Number(values))));
    Table::new(columns)
}
