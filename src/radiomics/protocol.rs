//! A protocol: everything that decides which features an image and a mask give, in one of the two conventions. It
//! falls into pieces that can be remembered by themselves, so that a changed setting measures again only what it
//! touches.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::extract::{self, ExtractionFault};
use super::ibsi::{self, IbsiFault, IbsiSettings};
use super::settings::{ClassChoice, FeatureClass, Settings};
use crate::imaging::Volume;
use crate::progress::Watch;

/// Grows when the engine measures something else by the same settings.
const ENGINE: u32 = 2;

/// What is measured, and by whose definitions.
#[derive(Clone, Debug, PartialEq)]
pub enum Protocol {
    /// PyRadiomics' steps, definitions and names.
    Pyradiomics(Settings),
    /// Those of the Image Biomarker Standardisation Initiative; names are IBSI's tags.
    Ibsi(IbsiSettings),
}

/// What one region gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Name and value; none where the region does not define the feature.
    pub features: Vec<(String, Option<f64>)>,
    /// Filters that gave no image, and why.
    pub skipped: Vec<String>,
}

/// Why a region was not measured.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolFault {
    #[error(transparent)]
    Pyradiomics(#[from] ExtractionFault),
    #[error(transparent)]
    Ibsi(#[from] IbsiFault),
}

/// Readings of one region by what asked for them: what a memory keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pieces(BTreeMap<String, Reading>);

/// A part of a protocol that is measured and remembered by itself.
struct Piece {
    key: String,
    /// Filter and class of a PyRadiomics protocol; shape has no filter.
    filter: Option<usize>,
    class: usize,
}

impl Protocol {
    pub fn label(&self) -> u32 {
        match self {
            Protocol::Pyradiomics(settings) => settings.label,
            Protocol::Ibsi(settings) => settings.label,
        }
    }

    pub fn set_label(&mut self, label: u32) {
        match self {
            Protocol::Pyradiomics(settings) => settings.label = label,
            Protocol::Ibsi(settings) => settings.label = label,
        }
    }

    /// The layer of the mask that holds the label, if it is said.
    pub fn layer(&self) -> Option<usize> {
        match self {
            Protocol::Pyradiomics(settings) => settings.layer,
            Protocol::Ibsi(_) => None,
        }
    }

    /// Whether a mask on another grid is brought to that of its image.
    pub fn corrects_mask(&self) -> bool {
        match self {
            Protocol::Pyradiomics(settings) => settings.correct_mask,
            Protocol::Ibsi(settings) => settings.correct_mask,
        }
    }

    pub fn set_corrects_mask(&mut self, corrects: bool) {
        match self {
            Protocol::Pyradiomics(settings) => settings.correct_mask = corrects,
            Protocol::Ibsi(settings) => settings.correct_mask = corrects,
        }
    }

    /// What ought to be reconsidered, in words.
    pub fn cautions(&self) -> Vec<String> {
        match self {
            Protocol::Pyradiomics(settings) => settings.cautions().iter().map(ToString::to_string).collect(),
            Protocol::Ibsi(_) => Vec::new(),
        }
    }

    /// What all pieces share: engine, convention, and the steps before any filter.
    pub fn preparation(&self) -> String {
        match self {
            Protocol::Pyradiomics(settings) => {
                let bare = Settings { images: Vec::new(), classes: Vec::new(), ..settings.clone() };
                format!("{ENGINE} pyradiomics {bare:?}")
            }
            Protocol::Ibsi(_) => format!("{ENGINE} ibsi"),
        }
    }

    /// Settings in which every filter gives one family of images.
    fn divided(settings: &Settings) -> Settings {
        let images = settings.images.iter().flat_map(|choice| {
            choice.filter.divided().into_iter().map(|filter| super::settings::ImageChoice { filter, ..choice.clone() })
        });
        Settings { images: images.collect(), ..settings.clone() }
    }

    fn pieces(&self) -> Vec<Piece> {
        let settings = match self {
            Protocol::Pyradiomics(settings) => settings,
            Protocol::Ibsi(settings) => {
                let bare = IbsiSettings { label: 1, ..settings.clone() };
                return vec![Piece { key: format!("{bare:?}"), filter: None, class: 0 }];
            }
        };
        let mut pieces = Vec::new();
        let shaped = |class: &ClassChoice| matches!(class.class, FeatureClass::Shape | FeatureClass::Shape2D);
        for (place, class) in settings.classes.iter().enumerate().filter(|(_, class)| shaped(class)) {
            pieces.push(Piece { key: format!("{class:?}"), filter: None, class: place });
        }
        for (filter, choice) in settings.images.iter().enumerate() {
            for (place, class) in settings.classes.iter().enumerate().filter(|(_, class)| !shaped(class)) {
                // First-order features see no neighbours, so only the plane of the filter counts for them.
                let key = if class.class == FeatureClass::FirstOrder {
                    format!(
                        "{class:?} {:?} {:?} {:?} {:?}",
                        choice.filter, choice.discretisation, choice.shift, choice.texture.flat
                    )
                } else {
                    format!("{class:?} {:?} {:?} {:?}", choice.filter, choice.discretisation, choice.texture)
                };
                pieces.push(Piece { key, filter: Some(filter), class: place });
            }
        }
        pieces
    }

    /// The whole reading, if every piece of it is known.
    pub fn recall(&self, known: &Pieces) -> Option<Reading> {
        match self {
            Protocol::Ibsi(_) => known.0.get(&self.pieces().first()?.key).cloned(),
            Protocol::Pyradiomics(settings) => {
                let whole = Protocol::Pyradiomics(Self::divided(settings));
                let mut reading = Reading::default();
                let mut pieces = whole.pieces().into_iter().peekable();
                while let Some(piece) = pieces.next() {
                    let first = known.0.get(&piece.key)?;
                    let Some(filter) = piece.filter else {
                        reading.features.extend(first.features.iter().cloned());
                        continue;
                    };
                    // The classes of one filter, image by image as PyRadiomics orders them.
                    let mut of_filter = vec![first];
                    while let Some(next) = pieces.next_if(|next| next.filter == Some(filter)) {
                        of_filter.push(known.0.get(&next.key)?);
                    }
                    let image = |name: &str| name.split('_').next().unwrap_or("").to_owned();
                    let mut images: Vec<String> = Vec::new();
                    for (name, _) in of_filter.iter().flat_map(|piece| &piece.features) {
                        let image = image(name);
                        if !images.contains(&image) {
                            images.push(image);
                        }
                    }
                    for wanted in &images {
                        for piece in &of_filter {
                            reading
                                .features
                                .extend(piece.features.iter().filter(|(n, _)| image(n) == *wanted).cloned());
                        }
                    }
                    reading.skipped.extend(first.skipped.iter().cloned());
                }
                Some(reading)
            }
        }
    }

    /// Measures what is not known yet and adds it.
    ///
    /// # Errors
    /// [`ProtocolFault`]; what was known stays.
    pub fn measure(
        &self,
        image: Volume,
        mask: &Volume,
        known: &mut Pieces,
        watch: &Watch,
    ) -> Result<(), ProtocolFault> {
        match self {
            Protocol::Ibsi(settings) => {
                let found = ibsi::extract(&image, mask, settings, watch)?;
                let features = found.features.into_iter().collect();
                let skipped = found.skipped.iter().map(ToString::to_string).collect();
                if let Some(piece) = self.pieces().pop() {
                    known.0.insert(piece.key, Reading { features, skipped });
                }
                Ok(())
            }
            Protocol::Pyradiomics(settings) => {
                let mut settings = Self::divided(settings);
                let pieces = Protocol::Pyradiomics(settings.clone()).pieces();
                let missing: Vec<&Piece> = pieces.iter().filter(|piece| !known.0.contains_key(&piece.key)).collect();
                // Only the filters and classes of which something is missing.
                let filters: Vec<usize> =
                    (0..settings.images.len()).filter(|f| missing.iter().any(|p| p.filter == Some(*f))).collect();
                let classes: Vec<usize> =
                    (0..settings.classes.len()).filter(|c| missing.iter().any(|p| p.class == *c)).collect();
                let all_classes = std::mem::take(&mut settings.classes);
                settings.classes = classes.iter().filter_map(|c| all_classes.get(*c).cloned()).collect();
                let all_images = std::mem::take(&mut settings.images);
                settings.images = filters.iter().filter_map(|f| all_images.get(*f).cloned()).collect();
                let found = extract::extract(image, mask, &settings, watch)?;
                let mut fresh: BTreeMap<(Option<usize>, FeatureClass), Reading> = BTreeMap::new();
                for feature in &found.features {
                    let shape = matches!(feature.class, FeatureClass::Shape | FeatureClass::Shape2D);
                    let filter = if shape { None } else { filters.get(feature.filter).copied() };
                    let reading = fresh.entry((filter, feature.class)).or_default();
                    reading.features.push((feature.full_name(), feature.value));
                }
                for piece in missing {
                    let Some(class) = all_classes.get(piece.class) else { continue };
                    let mut reading = fresh.remove(&(piece.filter, class.class)).unwrap_or_default();
                    if reading.features.is_empty() {
                        reading.skipped = found.skipped.iter().map(ToString::to_string).collect();
                    }
                    known.0.insert(piece.key.clone(), reading);
                }
                Ok(())
            }
        }
    }
}

impl Pieces {
    pub fn json(&self) -> Json {
        let piece = |reading: &Reading| json!({ "features": reading.features, "skipped": reading.skipped });
        Json::Object(self.0.iter().map(|(key, reading)| (key.clone(), piece(reading))).collect())
    }

    /// What was written by [`Pieces::json`]; what cannot be read is not known.
    pub fn from_json(json: &Json) -> Pieces {
        let piece = |json: &Json| {
            let features = serde_json::from_value(json.get("features")?.clone()).ok()?;
            let skipped = serde_json::from_value(json.get("skipped")?.clone()).ok()?;
            Some(Reading { features, skipped })
        };
        let known = json.as_object().into_iter().flatten();
        Pieces(known.filter_map(|(key, json)| Some((key.clone(), piece(json)?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, Voxels};
    use crate::radiomics::read_parameters;

    fn case() -> (Volume, Volume) {
        let geometry = Geometry::axis_aligned([12, 11, 10], [1.0, 1.0, 2.0]).unwrap();
        let voxel = |i: usize| ((i * 7919 + i / 13 * 31) % 211) as i16;
        let image = Voxels::I16((0..geometry.voxels()).map(voxel).collect());
        let inside = |i: usize| u8::from((3..9).contains(&(i % 12)) && (2..8).contains(&(i / 12 % 11)) && i / 132 > 2);
        let mask = Voxels::U8((0..geometry.voxels()).map(inside).collect());
        (Volume::new(geometry.clone(), image).unwrap(), Volume::new(geometry, mask).unwrap())
    }

    fn protocol(text: &str) -> Protocol {
        Protocol::Pyradiomics(read_parameters(text).unwrap())
    }

    #[test]
    fn pieces_put_together_are_the_whole() {
        let (image, mask) = case();
        let text = "imageType: {Original: {}, Wavelet: {}, LoG: {sigma: [2.0, 3.0]}}";
        let settings = read_parameters(text).unwrap();
        let whole = extract::extract(image.clone(), &mask, &settings, &Watch::silent()).unwrap();
        let whole: Vec<(String, Option<f64>)> = whole.features.iter().map(|f| (f.full_name(), f.value)).collect();
        let mut known = Pieces::default();
        // First a part, then the rest, then everything again from what was kept.
        let part = protocol("imageType: {Wavelet: {}}\nfeatureClass: {glcm: , firstorder: }");
        part.measure(image.clone(), &mask, &mut known, &Watch::silent()).unwrap();
        let protocol = protocol(text);
        assert_eq!(protocol.recall(&known), None);
        protocol.measure(image, &mask, &mut known, &Watch::silent()).unwrap();
        let known = Pieces::from_json(&known.json());
        assert_eq!(protocol.recall(&known).unwrap().features, whole);
    }

    #[test]
    fn a_changed_setting_measures_again_only_what_it_touches() {
        let keys = |text: &str| protocol(text).pieces().into_iter().map(|piece| piece.key).collect::<Vec<_>>();
        let shared = |one: &str, two: &str| keys(one).iter().filter(|key| keys(two).contains(key)).count();
        let base = "setting: {binWidth: 25}\nimageType: {Original: {}, Wavelet: {}}";
        let all = keys(base).len();
        assert_eq!(shared(base, "setting: {binWidth: 25}\nimageType: {Original: {}, Wavelet: {}, Square: {}}"), all);
        // Shape, in space and flat, and first order stay when only the neighbourhood changes.
        assert_eq!(shared(base, "setting: {distances: [1, 2]}\nimageType: {Original: {}, Wavelet: {}}"), 2 + 2);
        assert_eq!(shared(base, "imageType: {Original: {}, Wavelet: {binWidth: 10}}"), 2 + 6);
    }
}
