//! What an extraction is asked to do.

use super::discretise::Discretisation;
use super::filter::Filter;
use super::texture::TextureSettings;
use crate::imaging::Interpolation;

/// A class of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureClass {
    Shape,
    Shape2D,
    FirstOrder,
    Glcm,
    Glrlm,
    Glszm,
    Gldm,
    Ngtdm,
}

impl FeatureClass {
    /// All classes, in the order PyRadiomics finds its modules.
    pub const ALL: [FeatureClass; 8] = [
        FeatureClass::FirstOrder,
        FeatureClass::Glcm,
        FeatureClass::Gldm,
        FeatureClass::Glrlm,
        FeatureClass::Glszm,
        FeatureClass::Ngtdm,
        FeatureClass::Shape,
        FeatureClass::Shape2D,
    ];

    /// PyRadiomics' name.
    pub fn name(self) -> &'static str {
        self.card().name
    }

    pub fn named(name: &str) -> Option<FeatureClass> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    pub fn card(self) -> &'static crate::card::Card {
        match self {
            FeatureClass::Shape => &super::shape::CARD,
            FeatureClass::Shape2D => &super::shape2d::CARD,
            FeatureClass::FirstOrder => &super::firstorder::CARD,
            FeatureClass::Glcm => &super::glcm::CARD,
            FeatureClass::Glrlm => &super::glrlm::CARD,
            FeatureClass::Glszm => &super::glszm::CARD,
            FeatureClass::Gldm => &super::gldm::CARD,
            FeatureClass::Ngtdm => &super::ngtdm::CARD,
        }
    }

    /// The features it gives when all are asked for, in PyRadiomics' order.
    pub fn features(self) -> &'static [&'static str] {
        match self {
            FeatureClass::Shape => &super::shape::NAMES,
            FeatureClass::Shape2D => &super::shape2d::NAMES,
            FeatureClass::FirstOrder => &super::firstorder::NAMES,
            FeatureClass::Glcm => &super::glcm::NAMES,
            FeatureClass::Glrlm => &super::glrlm::NAMES,
            FeatureClass::Glszm => &super::glszm::NAMES,
            FeatureClass::Gldm => &super::gldm::NAMES,
            FeatureClass::Ngtdm => &super::ngtdm::NAMES,
        }
    }

    /// Features given only when asked for by name; their values follow those of [`FeatureClass::features`].
    pub fn by_name_only(self) -> &'static [&'static str] {
        match self {
            FeatureClass::Shape => &["Compactness1", "Compactness2", "SphericalDisproportion"],
            FeatureClass::Shape2D => &["SphericalDisproportion"],
            FeatureClass::FirstOrder => &["StandardDeviation"],
            _ => &[],
        }
    }
}

/// A class with the features asked of it; empty asks for all.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassChoice {
    pub class: FeatureClass,
    pub features: Vec<String>,
}

/// A grid to resample to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// mm along x, y, z; 0 keeps the mask's.
    pub spacing: [f64; 3],
    pub interpolation: Interpolation,
}

/// Intensities to mean 0 and standard deviation `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    pub scale: f64,
    /// Values beyond so many standard deviations are set there.
    pub outliers: Option<f64>,
}

/// How thresholds of [`Resegmentation`] are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResegmentationMode {
    /// Intensities.
    Absolute,
    /// Fractions of the region's maximum.
    Relative,
    /// Standard deviations from the region's mean.
    Sigma,
}

/// Voxels outside a range of intensities leave the region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resegmentation {
    pub low: f64,
    pub high: Option<f64>,
    pub mode: ResegmentationMode,
    /// Whether shape is of the reduced region, too.
    pub shape: bool,
}

/// What is done with one filter's images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageChoice {
    pub filter: Filter,
    pub discretisation: Discretisation,
    pub texture: TextureSettings,
    /// Added to intensities in energy and root mean square.
    pub shift: f64,
}

impl ImageChoice {
    /// PyRadiomics' defaults for a filter.
    pub fn new(filter: Filter) -> ImageChoice {
        ImageChoice {
            filter,
            discretisation: Discretisation::Width(25.0),
            texture: TextureSettings::default(),
            shift: 0.0,
        }
    }
}

/// The settings of an extraction; the defaults are PyRadiomics'.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub label: u32,
    /// Which layer of a mask with several holds the label: PyRadiomics' `label_channel`; any that has it unless given.
    pub layer: Option<usize>,
    pub normalisation: Option<Normalisation>,
    pub resampling: Option<Resampling>,
    /// Voxels kept around the region when resampling or cropping first.
    pub pad: usize,
    /// Crop to the region before filtering, when there is no resampling.
    pub crop_first: bool,
    pub resegmentation: Option<Resegmentation>,
    /// How many axes the region must extend along, 1 to 3.
    pub least_dimensions: usize,
    /// The region must have more voxels than this.
    pub least_voxels: Option<usize>,
    /// Largest difference of grids that still counts as equal.
    pub tolerance: f64,
    /// Resample a mask that lies on another grid, instead of refusing it.
    pub correct_mask: bool,
    pub images: Vec<ImageChoice>,
    pub classes: Vec<ClassChoice>,
    /// Shape in a slice is taken across this axis (0 is z), when asked for.
    pub flat: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            label: 1,
            layer: None,
            normalisation: None,
            resampling: None,
            pad: 5,
            crop_first: false,
            resegmentation: None,
            least_dimensions: 2,
            least_voxels: None,
            tolerance: 1e-6,
            correct_mask: false,
            images: vec![ImageChoice::new(Filter::Original)],
            classes: FeatureClass::ALL
                .into_iter()
                .filter(|class| *class != FeatureClass::Shape2D)
                .map(|class| ClassChoice { class, features: Vec::new() })
                .collect(),
            flat: None,
        }
    }
}

/// A setting that is allowed and yet unwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Caution {
    /// Bins so wide beside the normalised range that hardly any texture is left.
    TextureDestroyed { scale: f64, width: f64 },
    /// Bins counted, so that grey levels are not comparable between regions.
    CountedBins { count: usize },
}

impl std::fmt::Display for Caution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Caution::TextureDestroyed { scale, width } => write!(
                f,
                "bins of width {width} after normalising to a standard deviation of {scale}: a region then has about \
                 {:.0} grey levels, so texture features carry next to nothing; normalise to scale 100, or use 32 bins",
                (8.0 * scale / width).ceil().max(1.0) + 1.0
            ),
            Caution::CountedBins { count } => write!(
                f,
                "{count} bins span each region's own range, so grey levels of different regions are not the same \
                 intensities; a fixed width is comparable for calibrated intensities such as CT"
            ),
        }
    }
}

impl Settings {
    /// What ought to be reconsidered, for any image.
    pub fn cautions(&self) -> Vec<Caution> {
        let mut out = Vec::new();
        let textured = self.classes.iter().any(|c| !matches!(c.class, FeatureClass::Shape | FeatureClass::Shape2D));
        if !textured {
            return out;
        }
        for image in &self.images {
            let caution = match (image.discretisation, self.normalisation) {
                // Nearly all voxels lie within four standard deviations of the mean.
                (Discretisation::Width(width), Some(Normalisation { scale, .. })) if width > scale => {
                    Caution::TextureDestroyed { scale, width }
                }
                (Discretisation::Count(count), None) => Caution::CountedBins { count },
                _ => continue,
            };
            if !out.contains(&caution) {
                out.push(caution);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalising_to_one_with_bins_of_25_is_cautioned() {
        let mut settings =
            Settings { normalisation: Some(Normalisation { scale: 1.0, outliers: None }), ..Settings::default() };
        let cautions = settings.cautions();
        assert_eq!(cautions, vec![Caution::TextureDestroyed { scale: 1.0, width: 25.0 }]);
        assert!(cautions[0].to_string().contains("2 grey levels"), "{}", cautions[0]);
        settings.normalisation = Some(Normalisation { scale: 100.0, outliers: None });
        assert!(settings.cautions().is_empty());
    }

    #[test]
    fn classes_are_found_by_their_names() {
        for class in FeatureClass::ALL {
            assert_eq!(FeatureClass::named(class.name()), Some(class));
        }
        assert_eq!(FeatureClass::ALL.iter().map(|c| c.features().len()).sum::<usize>(), 107 + 9);
    }
}
