//! A cohort of the kind of the PRIME study: two centres and a third cohort with RNA, CT of two
//! phases as DICOM series, masks by two readers, laboratory values before and at one month,
//! exclusions, missing values; treatment response and survival follow effects that are stated.
//!
//! Two latent numbers drive everything, each standard normal and independent of the other: the
//! *geometry* of the tumour (round and smooth where it is high, long and lobulated where it is low)
//! shapes the lesions in the images, whose texture and enhancement are their own, and the *host* (a poor liver and an inflamed blood count where it is high) shapes the
//! laboratory values. No marginal is copied from patients: levels are those of the reference ranges
//! and of the literature in general, and the truth file states each.

mod expression;
mod patients;
mod truth;

#[cfg(test)]
mod tests;

use std::path::Path;

use rayon::prelude::*;

use crate::imaging::dicom::{SeriesText, write_series};
use crate::progress::Watch;
use crate::random::Stream;
use crate::run::store::write_whole;

use super::SimulationFault;
use super::phantom::{Lesion, Reader, write_mask};

pub use patients::{Group, Patient};
pub use truth::Truth;

/// The study and the dictionary that the cohort is made for.
const STUDY: &str = include_str!("../../../examples/prime/prime.study");
const DICTIONARY: &str = include_str!("../../../examples/prime/dictionary.csv");

/// What drives response and survival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effects {
    /// Geometry drives response, the host drives survival.
    On,
    /// Nothing drives either.
    Off,
    /// The host drives response, geometry drives survival.
    Swapped,
}

/// What is asked of a simulation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// Patients whom the study enrols, in both centres together.
    pub patients: usize,
    /// Patients of the third cohort, with RNA.
    pub sequenced: usize,
    pub seed: u64,
    pub effects: Effects,
    /// Whether images are written; a table without them is enough for a look.
    pub images: bool,
}

impl Default for Simulation {
    fn default() -> Self {
        Simulation::DEFAULT
    }
}

impl Simulation {
    /// A cohort of the size of the published one.
    pub const DEFAULT: Simulation =
        Simulation { patients: 246, sequenced: 33, seed: 20_260_620, effects: Effects::On, images: true };

    /// Everybody, in the order of the table.
    pub fn draw(&self) -> Vec<Patient> {
        patients::draw(self, &Stream::root(self.seed).named("PRIME"))
    }

    /// Writes the cohort into a folder with the study that it is made for.
    ///
    /// # Errors
    /// A file that cannot be written; stopped.
    pub fn write(&self, out: &Path, watch: &Watch) -> Result<Truth, SimulationFault> {
        if self.patients < 20 {
            return Err(SimulationFault::Refused("a study of two centres wants at least 20 patients".to_owned()));
        }
        let stream = Stream::root(self.seed).named("PRIME");
        let patients = self.draw();
        let put = |name: &str, content: &[u8]| {
            let path = out.join(name);
            write_whole(&path, content).map_err(|source| SimulationFault::Unwritable { path, source })
        };
        put("prime.study", STUDY.as_bytes())?;
        put("dictionary.csv", DICTIONARY.as_bytes())?;
        put("patients.csv", patients::csv(&patients).as_bytes())?;
        let sequenced: Vec<&Patient> = patients.iter().filter(|patient| patient.group == Group::Sequenced).collect();
        put("rna.parquet", &expression::parquet(&sequenced, &stream.named("RNA"))?)?;
        for (name, text) in expression::gene_sets(&stream.named("gene sets")) {
            put(name, text.as_bytes())?;
        }
        if self.images {
            let imaged: Vec<&Patient> = patients.iter().filter(|patient| !patient.phases.is_empty()).collect();
            watch.begin("images", Some(imaged.len() as u64));
            let done: Result<Vec<()>, SimulationFault> = imaged
                .par_iter()
                .map(|patient| {
                    watch.check()?;
                    self.image(out, patient, &stream.named("image").named(&patient.key))?;
                    watch.advance("images", 1);
                    Ok(())
                })
                .collect();
            watch.end("images");
            done?;
        }
        // Last: a folder with a truth is a whole one.
        let truth = Truth::of(self, &patients);
        put("truth.json", truth.text().as_bytes())?;
        Ok(truth)
    }

    fn image(&self, out: &Path, patient: &Patient, stream: &Stream) -> Result<(), SimulationFault> {
        let lesion = Lesion::new(patient.centre, patient.geometry, patient.size, &stream.named("lesion"));
        for (number, phase) in patient.phases.iter().enumerate() {
            let volume = lesion.volume(*phase, &stream.named(phase.word()))?;
            let folder = out.join("ct").join(&patient.key).join(phase.word());
            let text = SeriesText {
                patient: patient.key.clone(),
                description: format!("{} phase, simulated", phase.word()),
                number: number as u32 + 1,
                seed: self.seed,
            };
            write_series(&folder, &volume, &text)?;
            let readers: &[Reader] =
                if patient.read_twice { &[Reader::First, Reader::Second] } else { &[Reader::First] };
            for reader in readers {
                let mask = lesion.mask(*reader, &stream.named(phase.word()).named(reader.word()))?;
                let name = format!("{}_{}.seg.nrrd", patient.key, phase.word());
                let path = match reader {
                    Reader::First => out.join("masks").join(name),
                    Reader::Second => out.join("masks/reader_2").join(name),
                };
                write_mask(&path, &mask)?;
            }
        }
        Ok(())
    }
}
