//! RNA of the third cohort: genes on a logarithmic scale, two programmes of which follow the tumour
//! and the host, and sets of genes that hold them.

use std::fmt::Write as _;
use std::io::Cursor;

use polars_io::parquet::write::ParquetWriter;

use crate::frame::{Cells, Table};
use crate::random::Stream;
use crate::simulate::SimulationFault;
use crate::simulate::draw::Draw;

use super::Patient;

pub(super) const GENES: usize = 1200;
/// Genes of the programme of the tumour, and after them those of the host.
pub(super) const PROGRAMME: usize = 60;
/// Shift of a programme's gene for each standard deviation of its latent number.
pub(super) const SHIFT: f64 = 0.9;

fn gene(place: usize) -> String {
    format!("GENE{:04}", place + 1)
}

/// `rna.parquet`: a row for each patient, a column for each gene.
pub(super) fn parquet(patients: &[&Patient], stream: &Stream) -> Result<Vec<u8>, SimulationFault> {
    let mut columns =
        vec![("patient".to_owned(), Cells::Text(patients.iter().map(|patient| Some(patient.key.clone())).collect()))];
    for place in 0..GENES {
        let mut draw = Draw::new(&stream.named("gene").indexed(place as u64));
        let (mean, spread) = (draw.between(2.0, 10.0), draw.between(0.5, 1.1));
        let values = patients
            .iter()
            .map(|patient| {
                let pull = match place {
                    place if place < PROGRAMME => SHIFT * patient.geometry,
                    place if place < 2 * PROGRAMME => SHIFT * patient.host,
                    _ => 0.0,
                };
                // Four digits are what anybody would report.
                ((mean + pull + spread * draw.normal()).max(0.0) * 1e4).round() / 1e4
            })
            .collect();
        columns.push((gene(place), Cells::Number(values)));
    }
    let mut frame = Table::new(columns)?.to_frame()?;
    let mut bytes = Vec::new();
    ParquetWriter::new(Cursor::new(&mut bytes))
        .finish(&mut frame)
        .map_err(|error| SimulationFault::Refused(error.to_string()))?;
    Ok(bytes)
}

/// The files of gene sets with their names; in each collection one set holds the programme of the
/// tumour and one that of the host.
pub(super) fn gene_sets(stream: &Stream) -> Vec<(&'static str, String)> {
    [
        ("hallmark.gmt", "HALLMARK", 50, 40),
        ("go.gmt", "GO", 120, 25),
        ("kegg.gmt", "KEGG", 60, 30),
        ("immune28.gmt", "IMMUNE", 28, 20),
    ]
    .into_iter()
    .map(|(file, collection, sets, size)| {
        let mut draw = Draw::new(&stream.named(collection));
        let mut text = String::new();
        let mut put = |name: String, genes: Vec<usize>| {
            let genes: Vec<String> = genes.into_iter().map(gene).collect();
            let _ = writeln!(text, "{name}\tsimulated\t{}", genes.join("\t"));
        };
        let size: usize = size;
        put(format!("{collection}_SIMULATED_TUMOUR"), (0..size.min(PROGRAMME)).collect());
        put(format!("{collection}_SIMULATED_HOST"), (PROGRAMME..PROGRAMME + size.min(PROGRAMME)).collect());
        for set in 2..sets {
            let mut all: Vec<usize> = (0..GENES).collect();
            draw.shuffle(&mut all);
            all.truncate(size / 2 + draw.index(size));
            all.sort_unstable();
            put(format!("{collection}_SIMULATED_{:03}", set + 1), all);
        }
        (file, text)
    })
    .collect()
}
