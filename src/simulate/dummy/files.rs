//! Files of made-up data: tables, expression, gene sets, images and masks.

use std::io::Write;
use std::path::Path;

use crate::frame::{Cells, Table};
use crate::imaging::dicom::{SeriesText, write_series};
use crate::imaging::write_image;
use crate::omics::scale::Scale;
use crate::plan::node;
use crate::progress::Watch;
use crate::random::Stream;
use crate::simulate::SimulationFault;
use crate::simulate::draw::Draw;
use crate::simulate::phantom::{Lesion, Phase, Reader, write_mask};

use super::{Made, place};

/// Genes of a made-up expression table.
const GENES: usize = 300;

fn gene(place: usize) -> String {
    format!("GENE{:04}", place + 1)
}

/// The content of a table in the format that its path names.
pub(super) fn encoded(path: &str, table: &Table) -> Result<Vec<u8>, SimulationFault> {
    let lower = path.to_ascii_lowercase();
    let (stem, packed) = lower.strip_suffix(".gz").map_or((lower.as_str(), false), |stem| (stem, true));
    let content = match stem.rsplit('.').next().unwrap_or("") {
        "csv" => delimited(table, ','),
        "tsv" | "txt" | "tab" => delimited(table, '\t'),
        "parquet" | "pq" => parquet(table)?,
        ending => {
            return Err(SimulationFault::Refused(format!(
                "no file of the format `.{ending}` is made up (`{path}`); name a `.csv` or `.parquet`"
            )));
        }
    };
    if !packed {
        return Ok(content);
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder.write_all(&content).and_then(|()| encoder.finish());
    packed.map_err(|source| SimulationFault::Unwritable { path: path.into(), source })
}

fn delimited(table: &Table, by: char) -> Vec<u8> {
    let field = |text: &str| {
        if text.contains([by, '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    };
    let line = |fields: Vec<String>| format!("{}\n", fields.join(&by.to_string()));
    let mut text = line(table.names().map(field).collect());
    for row in 0..table.rows() {
        text.push_str(&line(table.columns().map(|(_, cells)| field(&cells.text(row).unwrap_or_default())).collect()));
    }
    text.into_bytes()
}

fn parquet(table: &Table) -> Result<Vec<u8>, SimulationFault> {
    let mut bytes = Vec::new();
    polars_io::parquet::write::ParquetWriter::new(std::io::Cursor::new(&mut bytes))
        .finish(&mut table.to_frame()?)
        .map_err(|error| SimulationFault::Refused(error.to_string()))?;
    Ok(bytes)
}

pub(super) fn is_gct(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".gct")
}

/// A matrix of patients by genes as GCT 1.2, which has genes in rows.
pub(super) fn gct(table: &Table) -> Vec<u8> {
    let mut columns = table.columns();
    let patients = columns.next().map(|(_, cells)| cells.clone());
    let names: Vec<String> =
        (0..table.rows()).filter_map(|row| patients.as_ref().and_then(|cells| cells.text(row))).collect();
    let genes: Vec<_> = columns.collect();
    let mut text = format!("#1.2\n{}\t{}\nNAME\tDescription\t{}\n", genes.len(), names.len(), names.join("\t"));
    for (gene, cells) in genes {
        let values: Vec<String> = (0..cells.len()).map(|row| cells.text(row).unwrap_or_default()).collect();
        text.push_str(&format!("{gene}\tmade up\t{}\n", values.join("\t")));
    }
    text.into_bytes()
}

/// Expression of every patient, on the scale that the study declares.
pub(super) fn expression(
    table: &node::Table,
    genes: &node::Genes,
    patients: &[String],
    stream: &Stream,
) -> Result<Table, SimulationFault> {
    let key = table.key.clone().unwrap_or_else(|| "patient".to_owned());
    let counted = genes.scale.as_deref().and_then(Scale::from_word) == Some(Scale::Counts);
    let mut columns = vec![(key, Cells::Text(patients.iter().cloned().map(Some).collect()))];
    for place in 0..GENES {
        let mut draw = Draw::new(&stream.indexed(place as u64));
        let mean = draw.between(2.0, 10.0);
        let values = patients.iter().map(|_| {
            let value: f64 = (mean + draw.normal()).max(0.0);
            if counted { value.exp2().round() } else { (value * 1e4).round() / 1e4 }
        });
        columns.push((gene(place), Cells::Number(values.collect())));
    }
    Ok(Table::new(columns)?)
}

/// Identifiers of the made-up genes, which are their names.
pub(super) fn names() -> Result<Table, SimulationFault> {
    let genes = || Cells::Text((0..GENES).map(|place| Some(gene(place))).collect());
    Ok(Table::new(vec![("identifier".to_owned(), genes()), ("name".to_owned(), genes())])?)
}

pub(super) fn sets(stream: &Stream) -> String {
    let mut draw = Draw::new(stream);
    (0..20)
        .map(|set| {
            let mut genes: Vec<usize> = (0..GENES).collect();
            draw.shuffle(&mut genes);
            let genes: Vec<String> = genes.into_iter().take(25).map(gene).collect();
            format!("SET_{:02}\tmade up\t{}\n", set + 1, genes.join("\t"))
        })
        .collect()
}

/// A series and masks for every patient and phase; formats follow from the names of the pattern.
pub(super) fn images(
    spec: &node::Images,
    patients: &[String],
    out: &Path,
    stream: &Stream,
    made: &mut Made,
    watch: &Watch,
) -> Result<(), SimulationFault> {
    let phases: Vec<&str> =
        if spec.phases.is_empty() { vec![""] } else { spec.phases.iter().map(String::as_str).collect() };
    let named =
        |pattern: &str, patient: &str, phase: &str| pattern.replace("{patient}", patient).replace("{phase}", phase);
    let pattern = place(&spec.pattern, made);
    let masks: Vec<(&String, String)> =
        spec.masks.iter().map(|(reader, pattern)| (reader, place(pattern, made))).collect();
    for patient in patients {
        watch.check()?;
        let own = stream.named(patient);
        let mut draw = Draw::new(&own);
        let lesion = Lesion::new("", draw.normal(), draw.between(60.0, 110.0), &own.named("lesion"));
        for (number, phase) in phases.iter().enumerate() {
            // Any phase looks like one of the two that the phantom knows.
            let seen = if number % 2 == 0 { Phase::Arterial } else { Phase::Venous };
            let volume = lesion.volume(seen, &own.named(phase))?;
            let path = out.join(named(&pattern, patient, phase));
            if path.extension().is_some() {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)
                        .map_err(|source| SimulationFault::Unwritable { path: folder.to_owned(), source })?;
                }
                write_image(&path, &volume)?;
            } else {
                let text = SeriesText {
                    patient: patient.clone(),
                    description: format!("{phase} made up"),
                    number: number as u32 + 1,
                    seed: 1,
                };
                write_series(&path, &volume, &text)?;
            }
            made.files.push(path);
            for (number, (reader, pattern)) in masks.iter().enumerate() {
                let hand = if number == 0 { Reader::First } else { Reader::Second };
                let mask = lesion.mask(hand, &own.named(phase).named(reader))?;
                let path = out.join(named(pattern, patient, phase));
                if path.to_string_lossy().ends_with(".nrrd") {
                    write_mask(&path, &mask)?;
                } else {
                    if let Some(folder) = path.parent() {
                        std::fs::create_dir_all(folder)
                            .map_err(|source| SimulationFault::Unwritable { path: folder.to_owned(), source })?;
                    }
                    write_image(&path, &mask)?;
                }
                made.files.push(path);
            }
        }
    }
    Ok(())
}
