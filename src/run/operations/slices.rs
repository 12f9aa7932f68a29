//! `show slices`: what was measured, for eyes to check the masks. One figure a patient and phase: axial, coronal and
//! sagittal slices with the outline of the first reader's mask.

use std::path::Path;

use rayon::prelude::*;

use crate::figures::image_slices::{ImageSlices, Slice};
use crate::imaging::slices::View;
use crate::plan::node::{Extraction, Images};
use crate::progress::{Cancelled, Watch};
use crate::radiomics::cases::{self, Case, CaseFault, Drawn, Seen};
use crate::run::results::{Answer, FigureData};

use super::extraction::{Measured, place};

/// A report with more pictures than these is looked at by nobody.
const MOST: usize = 24;

/// A slice as its figure takes it.
pub fn slice(slice: &crate::imaging::slices::Slice) -> Slice {
    Slice {
        plane: format!("{:?}", slice.plane),
        number: slice.index as u64 + 1,
        columns: slice.columns,
        rows: slice.rows,
        pixel: (slice.pixel[0], slice.pixel[1]),
        values: slice.values.clone(),
        outlines: slice.outlines.iter().map(|line| line.iter().map(|[x, y]| (*x, *y)).collect()).collect(),
    }
}

/// The figure of a region.
pub fn figure(patient: String, region: String, seen: &Seen) -> ImageSlices {
    ImageSlices {
        patient,
        region,
        voxels: seen.voxels,
        window: (seen.window.level, seen.window.width),
        // Files say what their numbers are for CT alone, and not all of them do.
        unit: String::new(),
        slices: seen.slices.iter().map(slice).collect(),
    }
}

/// Draws the first patients of every phase who were measured; the files are read again.
///
/// # Errors
/// When it is stopped.
pub(super) fn draw(
    name: &str,
    folder: &Path,
    images: &Images,
    spec: &Extraction,
    measured: &Measured,
    watch: &Watch,
    answer: &mut Answer,
) -> Result<(), Cancelled> {
    let Some((reader, pattern)) = images.masks.first() else { return Ok(()) };
    for phase in &measured.phases {
        let all: Vec<usize> = phase.seen().collect();
        let shown: Vec<Result<FigureData, CaseFault>> = all
            .par_iter()
            .take(MOST)
            .filter_map(|row| measured.patients.get(*row))
            .map(|patient| {
                watch.check()?;
                let file = |pattern: &str| place(folder, pattern, patient, &phase.name);
                let drawn = Drawn { path: file(pattern), label: spec.label.clone(), perturbation: None };
                let case = Case { image: file(&images.pattern), masks: vec![drawn.clone()] };
                let seen = cases::look(&case, &drawn, &spec.protocol, &View::default())?;
                let words = [phase.name.clone(), format!("mask of {reader}"), format!("label {}", seen.label)];
                let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
                let drawn = figure(patient.clone(), words.join(", "), &seen);
                let title = [name, phase.name.as_str(), patient.as_str()].into_iter().filter(|word| !word.is_empty());
                Ok(FigureData::new(title.collect::<Vec<_>>().join(", "), &drawn))
            })
            .collect();
        for shown in shown {
            match shown {
                Ok(figure) => answer.figures.push(figure),
                Err(CaseFault::Stopped(stopped)) => return Err(stopped),
                Err(fault) => answer.notes.push(format!("slices not drawn: {fault}")),
            }
        }
        if all.len() > MOST {
            answer.notes.push(format!(
                "slices of the first {MOST} of {} patients are drawn; `diptych extract --figures` draws them all",
                all.len()
            ));
        }
    }
    Ok(())
}
