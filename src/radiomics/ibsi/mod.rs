//! The convention of the Image Biomarker Standardisation Initiative (IBSI-1): its steps, its features, its tags.
//!
//! Where it differs from PyRadiomics: the grid is aligned at its centre; the mask is interpolated linearly and cut at
//! one half; intensities are rounded after interpolation; bins start at the lower bound of the range that is kept;
//! kurtosis is less 3; covariances divide by n − 1; voxels without neighbours do not count in tone differences; and
//! textures are aggregated by slice, by direction, or over all.
//! Source: Zwanenburg et al., arXiv:1612.07003.

use std::collections::BTreeMap;

use super::discretise::{Discretisation, DiscretisationFault, discretise};
use super::filter::{Derived, Filter, Part, Skipped};
use super::preprocess::{PreprocessFault, resegment};
use super::region::{Levels, Region, TooManyLevels};
use super::settings::{Resegmentation, ResegmentationMode};
use crate::imaging::resample::{Outcome, resample, resample_label};
use crate::imaging::segmentation::{from_flags, label_box, labels, selected};
use crate::imaging::{Geometry, Interpolation, Millimetres, Volume, VoxelPosition, Voxels};
use crate::progress::{Cancelled, Watch};

pub mod family;
pub mod hull;
pub mod intensity;
pub mod morphology;
pub mod texture;

pub use family::{Aggregation, Family};

/// How intensities are binned for the intensity-volume histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VolumeHistogram {
    /// Whole intensity units.
    Units,
    /// Bins of this width, by their centres.
    Width(f64),
    /// So many bins.
    Number(usize),
}

/// What is done before and how features are aggregated.
#[derive(Clone, Debug, PartialEq)]
pub struct IbsiSettings {
    pub label: u32,
    /// mm; 0 keeps an axis as it is.
    pub spacing: Option<[f64; 3]>,
    pub interpolation: Interpolation,
    /// Round intensities to whole numbers after interpolation.
    pub round: bool,
    /// Lowest and highest intensity kept.
    pub range: Option<(f64, f64)>,
    /// Intensities beyond so many standard deviations leave the region.
    pub outliers: Option<f64>,
    /// `SizeFrom` takes its lowest from the range, if one is given.
    pub discretisation: Discretisation,
    pub volume_histogram: VolumeHistogram,
    pub aggregation: Vec<Aggregation>,
    pub families: Vec<Family>,
    /// The image itself, or responses of filters beside or instead of it.
    pub filters: Vec<Filter>,
    /// Bring a mask on another grid to that of its image.
    pub correct_mask: bool,
}

impl Default for IbsiSettings {
    /// Everything of the image as it is, in space, with 32 bins.
    fn default() -> Self {
        IbsiSettings {
            label: 1,
            spacing: None,
            interpolation: Interpolation::Linear,
            round: false,
            range: None,
            outliers: None,
            discretisation: Discretisation::Number(32),
            volume_histogram: VolumeHistogram::Units,
            aggregation: vec![Aggregation::Volume],
            families: Family::ALL.to_vec(),
            filters: vec![Filter::Original],
            correct_mask: false,
        }
    }
}

/// Why IBSI features could not be extracted.
#[derive(Debug, thiserror::Error)]
pub enum IbsiFault {
    #[error(transparent)]
    Preprocess(#[from] PreprocessFault),
    #[error(transparent)]
    Discretisation(#[from] DiscretisationFault),
    #[error(transparent)]
    Levels(#[from] TooManyLevels),
    #[error("{image}: {voxels} voxels of the filtered image are not finite")]
    NotFinite { image: String, voxels: usize },
    #[error(transparent)]
    Stopped(#[from] Cancelled),
}

/// What an extraction found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub features: Features,
    /// Filters that gave no image, and why.
    pub skipped: Vec<Skipped>,
}

/// Features by IBSI tag; none where the region does not define one.
pub type Features = BTreeMap<String, Option<f64>>;

/// The regions of both kinds, with the image on the new grid.
pub struct Prepared {
    pub image: Volume,
    /// For shape.
    pub morphological: Region,
    /// For intensities: the morphological one, reduced by range and outliers.
    pub intensity: Region,
}

/// IBSI's grid: as many voxels as cover the image, centred on it.
fn centred_grid(geometry: &Geometry, wanted: [f64; 3]) -> Result<Geometry, PreprocessFault> {
    let (size, old) = (geometry.size(), geometry.spacing().0);
    let spacing: [f64; 3] = std::array::from_fn(|axis| if wanted[axis] == 0.0 { old[axis] } else { wanted[axis] });
    if spacing.iter().any(|mm| !(mm.is_finite() && *mm > 0.0)) {
        return Err(PreprocessFault::Spacing(wanted));
    }
    let count: [f64; 3] = std::array::from_fn(|axis| (size[axis] as f64 * old[axis] / spacing[axis]).ceil());
    if count.iter().any(|n| !(1.0..1e6).contains(n)) {
        return Err(PreprocessFault::Spacing(wanted));
    }
    let first =
        std::array::from_fn(|axis| 0.5 * ((size[axis] as f64 - 1.0) - (count[axis] - 1.0) * spacing[axis] / old[axis]));
    let origin = geometry.point(VoxelPosition(first));
    Ok(Geometry::new(count.map(|n| n as usize), origin, Millimetres(spacing), *geometry.direction())?)
}

/// Puts image and mask on the grid and finds both regions.
///
/// # Errors
/// [`PreprocessFault`].
pub fn prepare(image: &Volume, mask: &Volume, settings: &IbsiSettings) -> Result<Prepared, PreprocessFault> {
    let label = settings.label;
    let Some(bounds) = label_box(mask, label) else {
        return Err(PreprocessFault::LabelAbsent { label, present: labels(mask) });
    };
    if let Some(mismatch) = image.geometry.mismatch(&mask.geometry, 1e-4) {
        if !settings.correct_mask {
            return Err(PreprocessFault::GridMismatch(Box::new(mismatch)));
        }
        let flags = from_flags(image.geometry.clone(), resample_label(mask, label, &image.geometry))?;
        if label_box(&flags, 1).is_none() {
            return Err(PreprocessFault::Vanished { label });
        }
        return prepare(image, &flags, &IbsiSettings { label: 1, correct_mask: false, ..settings.clone() });
    }
    let (image, region) = match settings.spacing {
        None => {
            let region = Region::new(bounds, image.geometry.spacing().0, selected(mask, label, &bounds));
            (image.clone(), region)
        }
        Some(wanted) => {
            let grid = centred_grid(&image.geometry, wanted)?;
            let mut resampled = resample(image, &grid, settings.interpolation, Outcome::Real)?;
            if settings.round
                && let Voxels::F64(values) = &mut resampled.voxels
            {
                values.iter_mut().for_each(|v| *v = v.round());
            }
            let flags: Vec<f64> = selected(mask, label, &mask.whole()).into_iter().map(f64::from).collect();
            let share = Volume::new(mask.geometry.clone(), Voxels::F64(flags))?;
            let share = resample(&share, &grid, Interpolation::Linear, Outcome::Real)?;
            let inside = share.reals(&share.whole()).into_iter().map(|v| u8::from(v >= 0.5)).collect();
            let flags = from_flags(grid, inside)?;
            let place = label_box(&flags, 1).ok_or(PreprocessFault::Vanished { label })?;
            let region = Region::new(place, resampled.geometry.spacing().0, selected(&flags, 1, &place));
            (resampled, region)
        }
    };
    let mut intensity = region.clone();
    if let Some((low, high)) = settings.range {
        let how = Resegmentation { low, high: Some(high), mode: ResegmentationMode::Absolute, shape: false };
        intensity = resegment(&image, &intensity, &how)?;
    }
    if let Some(sigmas) = settings.outliers {
        let how = Resegmentation { low: -sigmas, high: Some(sigmas), mode: ResegmentationMode::Sigma, shape: false };
        intensity = resegment(&image, &intensity, &how)?;
    }
    Ok(Prepared { image, morphological: region, intensity })
}

/// Extracts the features that `settings` ask for: of the image under IBSI's tags, of a filter's response under its name
/// and the tag.
///
/// # Errors
/// [`IbsiFault`].
pub fn extract(image: &Volume, mask: &Volume, settings: &IbsiSettings, watch: &Watch) -> Result<Found, IbsiFault> {
    let prepared = prepare(image, mask, settings)?;
    let mut found = Found::default();
    for filter in &settings.filters {
        watch.check()?;
        if *filter == Filter::Original {
            let box_values = prepared.image.reals(&prepared.intensity.place);
            let values = prepared.intensity.gather(&box_values, |v| v);
            of_image(&prepared, &values, settings, &mut found.features)?;
            continue;
        }
        let (features, skipped) = (&mut found.features, &mut found.skipped);
        filter.apply(
            Part::Whole,
            &prepared.image,
            &prepared.intensity,
            None,
            &mut |derived| {
                watch.check()?;
                let mut own = Features::new();
                of_response(&prepared, &derived, settings, &mut own)?;
                features.extend(own.into_iter().map(|(tag, value)| (format!("{}_{tag}", derived.name), value)));
                Ok::<(), IbsiFault>(())
            },
            &mut |why| skipped.push(why),
        )?;
    }
    let wanted = |family: &Family| settings.families.contains(family);
    let aggregated = |tag: &str| settings.aggregation.iter().any(|of| tag.contains(of.mark()));
    found.features.retain(|name, _| {
        // A response's name ends before the tag, and holds no underscore itself.
        let tag = |family: &Family| name.find(family.prefix()).filter(|at| *at == 0 || name[..*at].ends_with('_'));
        let family = Family::ALL.iter().find(|family| tag(family).is_some());
        family.is_none_or(|family| wanted(family) && (!family.is_texture() || aggregated(name)))
    });
    Ok(found)
}

/// The features of the image itself.
fn of_image(prepared: &Prepared, values: &[f64], settings: &IbsiSettings, out: &mut Features) -> Result<(), IbsiFault> {
    let wanted = |family: Family| settings.families.contains(&family);
    if wanted(Family::Morphology) {
        morphology::features(prepared, values, out);
    }
    if wanted(Family::LocalIntensity) {
        intensity::local_peaks(prepared, out);
    }
    let how = match (settings.discretisation, settings.range) {
        (Discretisation::SizeFrom { width, .. }, Some((low, _))) => Discretisation::SizeFrom { width, lowest: low },
        (how, _) => how,
    };
    of_values(prepared, values, how, settings, out)
}

/// The features of a filter's response. It has no unit and no range of its own, so bins of one width start at its
/// lowest value, and the intensity-volume histogram has 1000 bins; shape and local peaks are the image's.
fn of_response(
    prepared: &Prepared,
    derived: &Derived,
    settings: &IbsiSettings,
    out: &mut Features,
) -> Result<(), IbsiFault> {
    let strange = derived.values.iter().filter(|v| !v.is_finite()).count();
    if strange > 0 {
        return Err(IbsiFault::NotFinite { image: derived.name.clone(), voxels: strange });
    }
    let how = match settings.discretisation {
        Discretisation::SizeFrom { width, .. } => {
            let lowest = derived.values.iter().copied().fold(f64::INFINITY, f64::min);
            Discretisation::SizeFrom { width, lowest }
        }
        how => how,
    };
    let own = IbsiSettings { range: None, volume_histogram: VolumeHistogram::Number(1000), ..settings.clone() };
    of_values(prepared, &derived.values, how, &own, out)
}

/// Statistics, histograms and textures of the region's values.
fn of_values(
    prepared: &Prepared,
    values: &[f64],
    how: Discretisation,
    settings: &IbsiSettings,
    out: &mut Features,
) -> Result<(), IbsiFault> {
    let wanted = |family: Family| settings.families.contains(&family);
    let textured = settings.families.iter().any(|family| family.is_texture());
    if wanted(Family::Statistics) {
        intensity::statistics(values, out);
    }
    if wanted(Family::VolumeHistogram) {
        intensity::volume_histogram(values, settings, out);
    }
    if !(textured || wanted(Family::Histogram)) {
        return Ok(());
    }
    let grey = discretise(values, how, false)?;
    intensity::histogram(&grey, how, out);
    if textured {
        let levels = Levels::new(&prepared.intensity, &grey, 1)?;
        texture::features(prepared, &levels, settings, out);
    }
    Ok(())
}
