//! From an image and a mask to named features, in PyRadiomics' order of steps: normalise, resample, check, reduce the
//! region, shape, then per filter: filter, crop, discretise, features.

use rayon::prelude::*;

use super::discretise::{DiscretisationFault, discretise};
use super::filter::{Derived, Part, Skipped};
use super::preprocess::{self, PreprocessFault};
use super::region::{Levels, Region, TooManyLevels};
use super::settings::{ClassChoice, FeatureClass, ImageChoice, Settings};
use super::{firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape, shape2d};
use crate::imaging::Volume;
use crate::progress::{Cancelled, Watch};

/// One feature of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Place of the filter among those of the settings; 0 for shape.
    pub filter: usize,
    /// `original`, `wavelet-LLH`, ...
    pub image: String,
    pub class: FeatureClass,
    pub name: &'static str,
    /// None where the region does not define it.
    pub value: Option<f64>,
}

impl Feature {
    /// PyRadiomics' full name: `original_firstorder_Mean`.
    pub fn full_name(&self) -> String {
        format!("{}_{}_{}", self.image, self.class.name(), self.name)
    }
}

/// What an extraction found.
#[derive(Clone, Debug)]
pub struct Extraction {
    /// In PyRadiomics' order.
    pub features: Vec<Feature>,
    /// Filters that gave no image, and why.
    pub skipped: Vec<Skipped>,
    /// Voxels of the region after resampling and reducing it.
    pub voxels: usize,
    /// Size of the region's box in voxels.
    pub size: [usize; 3],
    /// mm
    pub spacing: [f64; 3],
}

/// Why features could not be extracted.
#[derive(Debug, thiserror::Error)]
pub enum ExtractionFault {
    #[error(transparent)]
    Preprocess(#[from] PreprocessFault),
    #[error("{image}: {fault}")]
    Discretisation { image: String, fault: DiscretisationFault },
    #[error("{image}: {fault}")]
    Levels { image: String, fault: TooManyLevels },
    #[error("{class} has no feature `{name}`")]
    UnknownFeature { class: &'static str, name: String },
    #[error(transparent)]
    NotFlat(#[from] shape2d::NotFlat),
    #[error("{image}: {voxels} voxels of the filtered image are not finite")]
    NotFinite { image: String, voxels: usize },
    #[error(transparent)]
    Stopped(#[from] Cancelled),
}

/// Extracts the features that `settings` ask for, of the voxels of `mask` with the settings' label.
///
/// Filters run in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// [`ExtractionFault`], with the reason in the statistician's words.
pub fn extract(
    image: Volume,
    mask: &Volume,
    settings: &Settings,
    watch: &Watch,
) -> Result<Extraction, ExtractionFault> {
    for choice in &settings.classes {
        for name in &choice.features {
            feature_index(choice.class, name)?;
        }
    }
    let prepared = preprocess::prepare(image, mask, settings)?;
    let mut features = Vec::new();
    for choice in &settings.classes {
        match choice.class {
            FeatureClass::Shape => {
                features.extend(chosen(0, "original", choice, &shape::features(&prepared.shape_region)));
            }
            FeatureClass::Shape2D => {
                if let Some(axis) = settings.flat {
                    features.extend(chosen(0, "original", choice, &shape2d::features(&prepared.shape_region, axis)?));
                }
            }
            _ => {}
        }
    }
    // Shape leads, whatever its place among the classes.
    features.sort_by_key(|feature: &Feature| feature.class != FeatureClass::Shape);
    let parts: Vec<(usize, Part)> = settings
        .images
        .iter()
        .enumerate()
        .flat_map(|(index, choice)| choice.filter.parts().into_iter().map(move |part| (index, part)))
        .collect();
    let results: Vec<Result<PartResult, ExtractionFault>> = parts
        .par_iter()
        .map(|(index, part)| {
            let choice = &settings.images[*index];
            let mut groups = Vec::new();
            let mut skipped = Vec::new();
            choice.filter.apply(
                *part,
                &prepared.image,
                &prepared.region,
                choice.texture.flat,
                &mut |derived| {
                    watch.check()?;
                    groups.push(of_image(*index, &derived, &prepared.region, choice, &settings.classes)?);
                    Ok::<(), ExtractionFault>(())
                },
                &mut |why| skipped.push(why),
            )?;
            Ok(PartResult { filter: *index, groups, skipped })
        })
        .collect();
    let mut skipped = Vec::new();
    let mut groups = Vec::new();
    for result in results {
        let result = result?;
        skipped.extend(result.skipped);
        groups.extend(result.groups.into_iter().map(|group| (result.filter, group)));
    }
    // PyRadiomics gives the smoothest sub-band of a wavelet last.
    groups.sort_by_key(|(filter, group): &(usize, Group)| (*filter, group.last));
    features.extend(groups.into_iter().flat_map(|(_, group)| group.features));
    let region = &prepared.region;
    Ok(Extraction { features, skipped, voxels: region.voxels, size: region.size, spacing: region.spacing })
}

struct PartResult {
    filter: usize,
    groups: Vec<Group>,
    skipped: Vec<Skipped>,
}

/// The features of one derived image.
struct Group {
    features: Vec<Feature>,
    last: bool,
}

fn feature_index(class: FeatureClass, name: &str) -> Result<usize, ExtractionFault> {
    class
        .features()
        .iter()
        .chain(class.by_name_only())
        .position(|known| *known == name)
        .ok_or_else(|| ExtractionFault::UnknownFeature { class: class.name(), name: name.to_owned() })
}

/// The features that were asked for, out of all values of a class.
fn chosen(filter: usize, image: &str, choice: &ClassChoice, values: &[Option<f64>]) -> Vec<Feature> {
    let all = choice.class.features().iter().chain(choice.class.by_name_only());
    let feature = |name: &'static str, value: Option<f64>| Feature {
        filter,
        image: image.to_owned(),
        class: choice.class,
        name,
        value: value.filter(|v| v.is_finite()),
    };
    if choice.features.is_empty() {
        return choice.class.features().iter().zip(values).map(|(name, value)| feature(name, *value)).collect();
    }
    let named: Vec<(&'static str, Option<f64>)> = all.copied().zip(values.iter().copied()).collect();
    let mut out: Vec<Feature> = Vec::new();
    for wanted in &choice.features {
        if let Some((name, value)) = named.iter().find(|(name, _)| name == wanted)
            && out.iter().all(|feature| feature.name != *name)
        {
            out.push(feature(name, *value));
        }
    }
    out
}

fn of_image(
    filter: usize,
    derived: &Derived,
    region: &Region,
    choice: &ImageChoice,
    classes: &[ClassChoice],
) -> Result<Group, ExtractionFault> {
    let image = || derived.name.clone();
    let strange = derived.values.iter().filter(|v| !v.is_finite()).count();
    if strange > 0 {
        return Err(ExtractionFault::NotFinite { image: image(), voxels: strange });
    }
    let mut features = Vec::new();
    let textured = classes.iter().any(|c| !matches!(c.class, FeatureClass::Shape | FeatureClass::Shape2D));
    if !textured {
        return Ok(Group { features, last: false });
    }
    let grey = discretise(&derived.values, choice.discretisation, derived.single)
        .map_err(|fault| ExtractionFault::Discretisation { image: image(), fault })?;
    let mut laid_out: Option<Levels> = None;
    let pad = choice.texture.distances.iter().copied().max().unwrap_or(1).max(1);
    let spacing = region.spacing;
    for class in classes {
        if matches!(class.class, FeatureClass::Shape | FeatureClass::Shape2D) {
            continue;
        }
        if class.class == FeatureClass::FirstOrder {
            let volume = spacing.iter().product();
            let values = firstorder::features(&derived.values, &grey, volume, choice.shift);
            features.extend(chosen(filter, &derived.name, class, &values));
            continue;
        }
        let levels = match &laid_out {
            Some(levels) => levels,
            None => laid_out.insert(
                Levels::new(region, &grey, pad).map_err(|fault| ExtractionFault::Levels { image: image(), fault })?,
            ),
        };
        let texture = &choice.texture;
        match class.class {
            FeatureClass::Glcm => {
                let with_mcc = class.features.is_empty() || class.features.iter().any(|name| name == "MCC");
                features.extend(chosen(
                    filter,
                    &derived.name,
                    class,
                    &glcm::features(levels, spacing, texture, with_mcc),
                ));
            }
            FeatureClass::Glrlm => {
                features.extend(chosen(filter, &derived.name, class, &glrlm::features(levels, spacing, texture)));
            }
            FeatureClass::Glszm => {
                features.extend(chosen(filter, &derived.name, class, &glszm::features(levels, texture)))
            }
            FeatureClass::Gldm => {
                features.extend(chosen(filter, &derived.name, class, &gldm::features(levels, texture)))
            }
            FeatureClass::Ngtdm => {
                features.extend(chosen(filter, &derived.name, class, &ngtdm::features(levels, texture)))
            }
            FeatureClass::Shape | FeatureClass::Shape2D | FeatureClass::FirstOrder => {}
        }
    }
    let letters = derived.name.rsplit('-').next().unwrap_or("");
    let last = derived.name.starts_with("wavelet") && letters.chars().all(|letter| letter == 'L');
    Ok(Group { features, last })
}
