//! Many patients: read, measured in parallel, remembered by what the files hold.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;

use super::extract::ExtractionFault;
use super::ibsi::IbsiFault;
use super::perturb::Perturbation;
use super::preprocess::PreprocessFault;
use super::protocol::{Pieces, Protocol, ProtocolFault, Reading};
use crate::imaging::slices::{self, Slice, View, Window};
use crate::imaging::volume::Number;
use crate::imaging::{self, Fault, Format, ImagingError, Mismatch, Segmentation, Volume};
use crate::on_voxels;
use crate::progress::{Cancelled, Watch};
use crate::random::Stream;

/// An image with the masks that are measured on it.
#[derive(Clone, Debug)]
pub struct Case {
    pub image: PathBuf,
    pub masks: Vec<Drawn>,
}

/// A mask as it was drawn, or changed by a perturbation.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub path: PathBuf,
    pub label: Label,
    /// With the stream of what it draws at random.
    pub perturbation: Option<(Perturbation, Stream)>,
}

/// Which region of a mask.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    Number(u32),
    /// A segment by its name.
    Segment(String),
}

/// Why a region of a case was not measured.
#[derive(Debug, thiserror::Error)]
pub enum CaseFault {
    #[error(transparent)]
    File(#[from] ImagingError),
    #[error("{}: {fault}", path.display())]
    Measure { path: PathBuf, fault: ProtocolFault },
    #[error(transparent)]
    Stopped(#[from] Cancelled),
}

impl CaseFault {
    /// Whether image and mask lie on two grids.
    pub fn is_mismatch(&self) -> bool {
        match self {
            CaseFault::File(error) => matches!(error.fault, Fault::GridMismatch(_)),
            CaseFault::Measure { fault: ProtocolFault::Pyradiomics(ExtractionFault::Preprocess(fault)), .. }
            | CaseFault::Measure { fault: ProtocolFault::Ibsi(IbsiFault::Preprocess(fault)), .. } => {
                matches!(fault, PreprocessFault::GridMismatch(_))
            }
            _ => false,
        }
    }
}

/// Remembers what was measured, by a hash of everything that it follows from. What it cannot keep is measured again.
pub trait Memory: Sync {
    fn get(&self, key: &[u8; 32]) -> Option<Json>;
    fn put(&self, key: &[u8; 32], value: &Json);
}

/// Remembers nothing.
pub struct Forgetful;

impl Memory for Forgetful {
    fn get(&self, _: &[u8; 32]) -> Option<Json> {
        None
    }

    fn put(&self, _: &[u8; 32], _: &Json) {}
}

/// Measures every mask of every case. Results are in the order of the cases and of their masks, and do not depend on
/// the number of threads; `finished` hears the place of each case that is done.
pub fn measure_all(
    cases: &[Case],
    protocol: &Protocol,
    memory: &dyn Memory,
    watch: &Watch,
    finished: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<Result<Reading, CaseFault>>> {
    let results: Vec<OnceLock<Vec<Result<Reading, CaseFault>>>> = cases.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    // As many cases at once as there are threads: more would only fill the memory with images.
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(cases.len()) {
            scope.spawn(|_| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(case), Some(result)) = (cases.get(place), results.get(place)) else { break };
                    // Each place is filled once.
                    let _ = result.set(measure(case, protocol, memory, watch));
                    finished(place);
                }
            });
        }
    });
    results.into_iter().map(|result| result.into_inner().unwrap_or_default()).collect()
}

/// Measures every mask of one case; files are read only when something is not remembered.
pub fn measure(
    case: &Case,
    protocol: &Protocol,
    memory: &dyn Memory,
    watch: &Watch,
) -> Vec<Result<Reading, CaseFault>> {
    let image_hash = content_hash(&case.image);
    let mut image: Option<Volume> = None;
    let mut mask: Option<(PathBuf, Segmentation)> = None;
    let mut results = Vec::new();
    for drawn in &case.masks {
        let key = match (&image_hash, content_hash(&drawn.path)) {
            (Ok(image), Ok(mask)) => Some(key(image, &mask, drawn, protocol)),
            // Reading will say what is wrong.
            _ => None,
        };
        let known = key.and_then(|key| memory.get(&key)).map(|json| Pieces::from_json(&json)).unwrap_or_default();
        let result = match protocol.recall(&known) {
            Some(reading) => Ok(reading),
            None => {
                measure_fresh(case, drawn, protocol, known, &mut image, &mut mask, watch).map(|(pieces, reading)| {
                    if let Some(key) = key {
                        memory.put(&key, &pieces.json());
                    }
                    reading
                })
            }
        };
        results.push(result);
    }
    results
}

fn measure_fresh(
    case: &Case,
    drawn: &Drawn,
    protocol: &Protocol,
    mut known: Pieces,
    image: &mut Option<Volume>,
    mask: &mut Option<(PathBuf, Segmentation)>,
    watch: &Watch,
) -> Result<(Pieces, Reading), CaseFault> {
    watch.check()?;
    let image = match image {
        Some(image) => image.clone(),
        None if case.masks.len() == 1 => imaging::read_image(&case.image)?,
        None => image.insert(imaging::read_image(&case.image)?).clone(),
    };
    let (_, segmentation) = match mask {
        Some(read) if read.0 == drawn.path => read,
        _ => mask.insert((drawn.path.clone(), read_mask(&drawn.path, &image, protocol)?)),
    };
    let (volume, label) = region(segmentation, drawn, protocol)?;
    let mut protocol = protocol.clone();
    let changed;
    let volume = match &drawn.perturbation {
        None => {
            protocol.set_label(label);
            volume
        }
        Some((perturbation, stream)) => {
            protocol.set_label(1);
            changed = perturbation.apply(volume, label, stream);
            &changed
        }
    };
    protocol.measure(image, volume, &mut known, watch).map_err(|fault| match fault {
        ProtocolFault::Pyradiomics(ExtractionFault::Stopped(stopped))
        | ProtocolFault::Ibsi(IbsiFault::Stopped(stopped)) => CaseFault::Stopped(stopped),
        fault => CaseFault::Measure { path: drawn.path.clone(), fault },
    })?;
    let reading = protocol.recall(&known).unwrap_or_default();
    Ok((known, reading))
}

/// Contours and segments of DICOM lie on the grid of their image; a mask with a grid of its own is matched to the image
/// by the protocol, which has a say in it.
fn read_mask(path: &Path, image: &Volume, protocol: &Protocol) -> Result<Segmentation, CaseFault> {
    let mismatch = if protocol.corrects_mask() { Mismatch::ResampleMask } else { Mismatch::Refuse };
    if Format::of(path) == Some(Format::Dicom) {
        Ok(imaging::read_mask(path, &image.geometry, mismatch)?)
    } else {
        Ok(imaging::read_segmentation(path)?)
    }
}

/// The layer of a segmentation and the label in it that a drawing means.
fn region<'a>(
    segmentation: &'a Segmentation,
    drawn: &Drawn,
    protocol: &Protocol,
) -> Result<(&'a Volume, u32), CaseFault> {
    let told = |fault: Fault| ImagingError::new(&drawn.path, fault);
    Ok(match (&drawn.label, protocol.layer()) {
        (Label::Segment(name), _) => segmentation.named(name).map_err(told)?,
        (Label::Number(label), None) => (segmentation.labelled(*label).map_err(told)?, *label),
        (Label::Number(label), Some(layer)) => {
            let layers = segmentation.layers.len();
            let volume = segmentation.layers.get(layer).ok_or_else(|| told(Fault::NoLayer { layer, layers }))?;
            (volume, *label)
        }
    })
}

/// Slices through the region of a case's first mask, as it was drawn.
#[derive(Clone, Debug)]
pub struct Seen {
    pub slices: [Slice; 3],
    pub window: Window,
    /// Voxels of the region.
    pub voxels: u64,
    pub label: u32,
}

/// Reads image and mask of a case for eyes to check.
///
/// # Errors
/// [`CaseFault`], as a measurement would fail.
pub fn look(case: &Case, drawn: &Drawn, protocol: &Protocol, view: &View) -> Result<Seen, CaseFault> {
    let told = |fault: Fault| ImagingError::new(&drawn.path, fault);
    let image = imaging::read_image(&case.image)?;
    let mut segmentation = read_mask(&drawn.path, &image, protocol)?;
    if protocol.corrects_mask() {
        segmentation = segmentation.on(&image.geometry, Mismatch::ResampleMask).map_err(told)?;
    }
    let (volume, label) = region(&segmentation, drawn, protocol)?;
    let (slices, window) = slices::through(&image, volume, label, view).map_err(told)?;
    let voxels = on_voxels!(&volume.voxels, values => {
        values.iter().filter(|value| value.real() == f64::from(label)).count() as u64
    });
    Ok(Seen { slices, window, voxels, label })
}

/// The hash of everything but the pieces asked for.
fn key(image: &[u8; 32], mask: &[u8; 32], drawn: &Drawn, protocol: &Protocol) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"radiomics");
    hasher.update(image);
    hasher.update(mask);
    let mut protocol = protocol.clone();
    protocol.set_label(1);
    let words = format!("{:?} {:?} {}", drawn.label, drawn.perturbation, protocol.preparation());
    hasher.update(words.as_bytes());
    *hasher.finalize().as_bytes()
}

/// The hash of what a file holds, or of the names and contents of the files in a folder. A header whose voxels lie in
/// other files is known by its volume.
fn content_hash(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    if path.is_dir() {
        let mut names: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        names.sort();
        for name in names.iter().filter(|name| name.is_file()) {
            hasher.update(name.file_name().unwrap_or_default().as_encoded_bytes());
            hasher.update(&content_hash(name)?);
        }
    } else if Format::of(path) == Some(Format::Nrrd) && path.extension().is_some_and(|e| e.eq_ignore_ascii_case("nhdr"))
    {
        let volume = imaging::read_image(path).map_err(io::Error::other)?;
        hasher.update(format!("{}", volume.geometry).as_bytes());
        for value in volume.reals(&volume.whole()) {
            hasher.update(&value.to_bits().to_le_bytes());
        }
    } else {
        let mut file = fs::File::open(path)?;
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                n => hasher.update(&buffer[..n]),
            };
        }
    }
    Ok(*hasher.finalize().as_bytes())
}
