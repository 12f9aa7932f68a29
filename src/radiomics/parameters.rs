//! PyRadiomics' parameter files (YAML or JSON) as settings of this engine.
//!
//! The parts of YAML that such files use are read: maps and lists by indentation or in brackets, plain and quoted
//! words, comments. Anchors, tags and block text are refused.

use super::discretise::Discretisation;
use super::filter::{Filter, lbp2d, lbp3d, log, wavelet};
use super::preprocess::interpolation_named;
use super::settings::{
    ClassChoice, FeatureClass, ImageChoice, Normalisation, Resampling, Resegmentation, ResegmentationMode, Settings,
};
use super::texture::{TextureSettings, WeightingNorm};
use super::yaml::{Node, parse};
use crate::imaging::Interpolation;

/// Why a parameter file cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParameterFault {
    #[error("line {line}: {reason}")]
    Syntax { line: usize, reason: &'static str },
    #[error("`{0}` is no part of a parameter file (setting, imageType, featureClass, voxelSetting)")]
    UnknownPart(String),
    #[error("`{0}` is no setting of PyRadiomics")]
    UnknownSetting(String),
    #[error("`{name}` must be {expected}")]
    Value { name: String, expected: &'static str },
    #[error("`{0}` is no image type of PyRadiomics")]
    UnknownImageType(String),
    #[error("`{0}` is no feature class of PyRadiomics")]
    UnknownClass(String),
    #[error("class {class} has no feature `{name}`")]
    UnknownFeature { class: &'static str, name: String },
    #[error("`{what}` is not offered here: {reason}")]
    NotOffered { what: String, reason: &'static str },
}

/// Reads the text of a parameter file.
///
/// # Errors
/// [`ParameterFault`] with the line, or the name of the setting.
pub fn read_parameters(text: &str) -> Result<Settings, ParameterFault> {
    settings(&parse(text)?)
}

const KNOWN: [&str; 39] = [
    "minimumROIDimensions",
    "minimumROISize",
    "geometryTolerance",
    "correctMask",
    "additionalInfo",
    "label",
    "label_channel",
    "binWidth",
    "binCount",
    "normalize",
    "normalizeScale",
    "removeOutliers",
    "resampledPixelSpacing",
    "interpolator",
    "padDistance",
    "distances",
    "force2D",
    "force2Ddimension",
    "resegmentRange",
    "resegmentMode",
    "resegmentShape",
    "preCrop",
    "sigma",
    "start_level",
    "level",
    "wavelet",
    "gradientUseSpacing",
    "lbp2DRadius",
    "lbp2DSamples",
    "lbp2DMethod",
    "lbp3DLevels",
    "lbp3DIcosphereRadius",
    "lbp3DIcosphereSubdivision",
    "voxelArrayShift",
    "symmetricalGLCM",
    "weightingNorm",
    "gldm_a",
    "enableCExtensions",
    "verbose",
];

/// Settings by name; later ones override earlier ones.
struct Given<'a>(Vec<&'a [(String, Node)]>);

impl Given<'_> {
    fn get(&self, name: &str) -> Option<&Node> {
        let found = self.0.iter().rev().find_map(|map| map.iter().find(|(key, _)| key == name));
        found.map(|(_, node)| node).filter(|node| **node != Node::Null)
    }

    fn number(&self, name: &str, least: f64, open: bool) -> Result<Option<f64>, ParameterFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Number(value, _)) if *value > least || (!open && *value == least) => Ok(Some(*value)),
            Some(_) => {
                let expected = if open && least == 0.0 { "a number above 0" } else { "a number in its range" };
                Err(ParameterFault::Value { name: name.into(), expected })
            }
        }
    }

    fn count(&self, name: &str, least: usize) -> Result<Option<usize>, ParameterFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Number(value, true)) if *value >= least as f64 && *value < 4e9 => Ok(Some(*value as usize)),
            Some(_) => Err(ParameterFault::Value {
                name: name.into(),
                expected: if least == 0 { "a whole number from 0" } else { "a whole number from 1" },
            }),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ParameterFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Flag(value)) => Ok(Some(*value)),
            Some(_) => Err(ParameterFault::Value { name: name.into(), expected: "true or false" }),
        }
    }

    fn word(&self, name: &str) -> Result<Option<&str>, ParameterFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Text(value)) => Ok(Some(value)),
            Some(_) => Err(ParameterFault::Value { name: name.into(), expected: "a word" }),
        }
    }

    fn numbers(&self, name: &str) -> Result<Option<Vec<(f64, bool)>>, ParameterFault> {
        let expected = "a list of numbers";
        match self.get(name) {
            None => Ok(None),
            Some(Node::List(items)) => items
                .iter()
                .map(|item| match item {
                    Node::Number(value, whole) => Ok((*value, *whole)),
                    _ => Err(ParameterFault::Value { name: name.into(), expected }),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(ParameterFault::Value { name: name.into(), expected }),
        }
    }
}

fn map_of<'a>(name: &str, node: &'a Node) -> Result<&'a [(String, Node)], ParameterFault> {
    match node {
        Node::Map(map) => Ok(map),
        Node::Null => Ok(&[]),
        _ => Err(ParameterFault::Value { name: name.into(), expected: "a map of names to values" }),
    }
}

fn known(map: &[(String, Node)]) -> Result<(), ParameterFault> {
    match map.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
        Some((name, _)) => Err(ParameterFault::UnknownSetting(name.clone())),
        None => Ok(()),
    }
}

fn settings(root: &Node) -> Result<Settings, ParameterFault> {
    let (mut setting, mut images, mut classes): (&[_], &[_], &[_]) = (&[], &[], &[]);
    for (name, node) in map_of("the file", root)? {
        let map = map_of(name, node)?;
        match name.as_str() {
            "setting" => setting = map,
            "imageType" => images = map,
            "featureClass" => classes = map,
            "voxelSetting" => {}
            other => return Err(ParameterFault::UnknownPart(other.to_owned())),
        }
    }
    known(setting)?;
    let given = Given(vec![setting]);
    let mut out = Settings::default();
    if let Some(label) = given.count("label", 1)? {
        out.label = label as u32;
    }
    out.layer = given.count("label_channel", 0)?;
    if given.flag("normalize")? == Some(true) {
        out.normalisation = Some(Normalisation {
            scale: given.number("normalizeScale", 0.0, true)?.unwrap_or(1.0),
            outliers: given.number("removeOutliers", 0.0, true)?,
        });
    }
    if let Some(spacing) = given.numbers("resampledPixelSpacing")? {
        let expected = "three lengths in mm";
        let [x, y, z] = spacing[..] else {
            return Err(ParameterFault::Value { name: "resampledPixelSpacing".into(), expected });
        };
        let interpolation = match given.get("interpolator") {
            None => Interpolation::BSpline,
            Some(Node::Number(1.0, _)) => Interpolation::Nearest,
            Some(Node::Number(2.0, _)) => Interpolation::Linear,
            Some(Node::Number(3.0, _)) => Interpolation::BSpline,
            Some(Node::Text(name)) => interpolation_named(name).ok_or_else(|| ParameterFault::NotOffered {
                what: name.clone(),
                reason: "interpolators are sitkNearestNeighbor, sitkLinear and sitkBSpline",
            })?,
            Some(_) => return Err(ParameterFault::Value { name: "interpolator".into(), expected: "a word" }),
        };
        out.resampling = Some(Resampling { spacing: [x.0, y.0, z.0], interpolation });
    }
    if let Some(pad) = given.count("padDistance", 0)? {
        out.pad = pad;
    }
    out.crop_first = given.flag("preCrop")?.unwrap_or(false);
    if let Some(range) = given.numbers("resegmentRange")? {
        let mut thresholds: Vec<f64> = range.iter().map(|v| v.0).collect();
        thresholds.sort_by(f64::total_cmp);
        let (low, high) = match thresholds[..] {
            [low] => (low, None),
            [low, high] => (low, Some(high)),
            _ => {
                let expected = "one or two thresholds";
                return Err(ParameterFault::Value { name: "resegmentRange".into(), expected });
            }
        };
        let mode = match given.word("resegmentMode")? {
            None | Some("absolute") => ResegmentationMode::Absolute,
            Some("relative") => ResegmentationMode::Relative,
            Some("sigma") => ResegmentationMode::Sigma,
            Some(_) => {
                let expected = "absolute, relative or sigma";
                return Err(ParameterFault::Value { name: "resegmentMode".into(), expected });
            }
        };
        let shape = given.flag("resegmentShape")?.unwrap_or(false);
        out.resegmentation = Some(Resegmentation { low, high, mode, shape });
    }
    if let Some(least) = given.count("minimumROIDimensions", 1)? {
        out.least_dimensions = least;
    }
    out.least_voxels = given.count("minimumROISize", 1)?;
    if let Some(tolerance) = given.number("geometryTolerance", 0.0, true)? {
        out.tolerance = tolerance;
    }
    out.correct_mask = given.flag("correctMask")?.unwrap_or(false);
    out.flat = flat(&given)?;
    if images.is_empty() {
        out.images = vec![image("Original", &given)?];
    } else {
        out.images = Vec::new();
        for (name, node) in images {
            let own = map_of(name, node)?;
            known(own)?;
            out.images.push(image(name, &Given(vec![setting, own]))?);
        }
    }
    out.classes = if classes.is_empty() {
        FeatureClass::ALL.into_iter().map(|class| ClassChoice { class, features: Vec::new() }).collect()
    } else {
        classes.iter().map(|(name, node)| class(name, node)).collect::<Result<_, _>>()?
    };
    Ok(out)
}

/// The axis across the plane of flat textures: 0 for z, 1 for y, 2 for x.
fn axis(given: &Given<'_>) -> Result<usize, ParameterFault> {
    let axis = given.count("force2Ddimension", 0)?.unwrap_or(0);
    if axis > 2 {
        return Err(ParameterFault::Value { name: "force2Ddimension".into(), expected: "0, 1 or 2" });
    }
    Ok(axis)
}

fn flat(given: &Given<'_>) -> Result<Option<usize>, ParameterFault> {
    let axis = axis(given)?;
    Ok((given.flag("force2D")? == Some(true)).then_some(axis))
}

fn image(name: &str, given: &Given<'_>) -> Result<ImageChoice, ParameterFault> {
    let filter = match name {
        "Original" => Filter::Original,
        "LoG" => {
            let sigmas = given.numbers("sigma")?.unwrap_or_default();
            let sigma = |(millimetres, whole): (f64, bool)| log::Sigma {
                millimetres,
                written: if whole { format!("{millimetres}") } else { format!("{millimetres:?}") },
            };
            Filter::LoG { sigmas: sigmas.into_iter().map(sigma).collect() }
        }
        "Wavelet" => {
            let family = given.word("wavelet")?.unwrap_or("coif1").to_owned();
            if wavelet::filters(&family).is_none() {
                let reason = "wavelets are haar, db1-db20, sym2-sym20, coif1-coif5, bior and rbio";
                return Err(ParameterFault::NotOffered { what: family, reason });
            }
            let level = given.count("level", 1)?.unwrap_or(1);
            let start_level = given.count("start_level", 0)?.unwrap_or(0);
            if level + start_level > 16 {
                return Err(ParameterFault::Value { name: "level".into(), expected: "at most 16 with start_level" });
            }
            Filter::Wavelet(wavelet::Settings { family, level, start_level })
        }
        "Square" => Filter::Square,
        "SquareRoot" => Filter::SquareRoot,
        "Logarithm" => Filter::Logarithm,
        "Exponential" => Filter::Exponential,
        "Gradient" => Filter::Gradient { per_millimetre: given.flag("gradientUseSpacing")?.unwrap_or(true) },
        "LBP2D" => Filter::Lbp2d(slices_patterns(given)?),
        "LBP3D" => Filter::Lbp3d(sphere_patterns(given)?),
        other => return Err(ParameterFault::UnknownImageType(other.to_owned())),
    };
    let discretisation = match given.count("binCount", 1)? {
        Some(count) => Discretisation::Count(count),
        None => Discretisation::Width(given.number("binWidth", 0.0, true)?.unwrap_or(25.0)),
    };
    let mut distances = Vec::new();
    for (distance, whole) in given.numbers("distances")?.unwrap_or(vec![(1.0, true)]) {
        if !whole || !(1.0..=64.0).contains(&distance) {
            let expected = "a list of whole numbers from 1 to 64";
            return Err(ParameterFault::Value { name: "distances".into(), expected });
        }
        distances.push(distance as usize);
    }
    let weighting = match given.word("weightingNorm")? {
        None => None,
        Some("manhattan") => Some(WeightingNorm::Manhattan),
        Some("euclidean") => Some(WeightingNorm::Euclidean),
        Some("infinity") => Some(WeightingNorm::Infinity),
        Some("no_weighting") => Some(WeightingNorm::NoWeighting),
        Some(_) => {
            let expected = "manhattan, euclidean, infinity, no_weighting or null";
            return Err(ParameterFault::Value { name: "weightingNorm".into(), expected });
        }
    };
    Ok(ImageChoice {
        filter,
        discretisation,
        texture: TextureSettings {
            distances,
            flat: flat(given)?,
            symmetric: given.flag("symmetricalGLCM")?.unwrap_or(true),
            weighting,
            dependence_cutoff: given.count("gldm_a", 0)?.unwrap_or(0) as u32,
        },
        shift: given.number("voxelArrayShift", f64::NEG_INFINITY, false)?.unwrap_or(0.0),
    })
}

fn slices_patterns(given: &Given<'_>) -> Result<lbp2d::Settings, ParameterFault> {
    let mut out = lbp2d::Settings::default();
    if let Some(radius) = given.number("lbp2DRadius", 0.0, true)? {
        out.radius = radius;
    }
    if let Some(samples) = given.count("lbp2DSamples", 2)? {
        out.samples = samples;
    }
    if out.radius > 64.0 || out.samples > 30 {
        let name = if out.samples > 30 { "lbp2DSamples" } else { "lbp2DRadius" };
        return Err(ParameterFault::Value { name: name.into(), expected: "at most 30 samples at most 64 voxels away" });
    }
    if let Some(method) = given.word("lbp2DMethod")? {
        out.method = lbp2d::Method::named(method).ok_or_else(|| ParameterFault::NotOffered {
            what: method.to_owned(),
            reason: "methods are uniform, nri_uniform, default and ror; var is undefined where neighbours are equal",
        })?;
    }
    // PyRadiomics takes the axis even where features are not flat.
    out.across = axis(given)?;
    Ok(out)
}

fn sphere_patterns(given: &Given<'_>) -> Result<lbp3d::Settings, ParameterFault> {
    let mut out = lbp3d::Settings::default();
    if let Some(levels) = given.count("lbp3DLevels", 1)? {
        out.levels = levels;
    }
    if let Some(radius) = given.number("lbp3DIcosphereRadius", 0.0, true)? {
        out.radius = radius;
    }
    if let Some(subdivision) = given.count("lbp3DIcosphereSubdivision", 0)? {
        out.subdivision = subdivision;
    }
    let most = [("lbp3DLevels", out.levels as f64, 8.0), ("lbp3DIcosphereRadius", out.radius, 64.0)];
    let most = most.into_iter().chain([("lbp3DIcosphereSubdivision", out.subdivision as f64, 4.0)]);
    match most.into_iter().find(|(_, given, most)| given > most) {
        Some((name, ..)) => Err(ParameterFault::Value {
            name: name.into(),
            expected: "at most 8 levels, a radius of 64 voxels, 4 subdivisions",
        }),
        None => Ok(out),
    }
}

fn class(name: &str, node: &Node) -> Result<ClassChoice, ParameterFault> {
    let class = FeatureClass::named(name).ok_or_else(|| ParameterFault::UnknownClass(name.to_owned()))?;
    let expected = "nothing, or a list of features";
    let items = match node {
        Node::Null => return Ok(ClassChoice { class, features: Vec::new() }),
        Node::List(items) => items,
        _ => return Err(ParameterFault::Value { name: name.into(), expected }),
    };
    let mut features = Vec::new();
    for item in items {
        let word = match item {
            Node::Text(word) => word.clone(),
            _ => return Err(ParameterFault::Value { name: name.into(), expected }),
        };
        if !class.features().iter().chain(class.by_name_only()).any(|known| *known == word) {
            return Err(ParameterFault::UnknownFeature { class: class.name(), name: word });
        }
        features.push(word);
    }
    Ok(ClassChoice { class, features })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_of_yaml_mean_the_same() {
        let flow = "# set\nsetting: {resampledPixelSpacing: [1, 1, 2], binWidth: 25, label: 3}\nimageType:\n  Original: {}\n  LoG: {sigma: [4.0, 3]}\n  Wavelet: {wavelet: coif1}\nfeatureClass: {shape: , firstorder: [Mean, '10Percentile'], glcm: }\n";
        let block = "---\nsetting:\n  resampledPixelSpacing:\n  - 1\n  - 1\n  - 2\n  binWidth: 25   # HU\n  label: 3\nimageType:\n  Original: {}\n  LoG:\n    sigma: [4.0,\n      3]\n  Wavelet:\n    wavelet: 'coif1'\nfeatureClass:\n  shape:\n  firstorder:\n    - Mean\n    - 10Percentile\n  glcm: null\n";
        let a = read_parameters(flow).unwrap();
        assert_eq!(a, read_parameters(block).unwrap());
        assert_eq!(a.label, 3);
        let Filter::LoG { sigmas } = &a.images[1].filter else { panic!() };
        assert_eq!(sigmas[0].written, "4.0");
        assert_eq!(sigmas[1].written, "3");
        assert_eq!(a.classes[1].features, ["Mean", "10Percentile"]);
    }

    #[test]
    fn json_is_yaml() {
        let json = "{\n \"setting\": {\"binCount\": 32, \"normalize\": true},\n \"imageType\": {\"Original\": {}}\n}";
        let settings = read_parameters(json).unwrap();
        assert_eq!(settings.images[0].discretisation, Discretisation::Count(32));
        assert_eq!(settings.classes.len(), 8);
    }

    #[test]
    fn own_settings_of_an_image_type_override() {
        let text = "setting:\n  binWidth: 25\nimageType:\n  Original: {}\n  Wavelet:\n    binWidth: 10\n";
        let settings = read_parameters(text).unwrap();
        assert_eq!(settings.images[0].discretisation, Discretisation::Width(25.0));
        assert_eq!(settings.images[1].discretisation, Discretisation::Width(10.0));
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(read_parameters("settings: {}"), Err(ParameterFault::UnknownPart("settings".into())));
        assert_eq!(read_parameters("setting:\n  binwidth: 3"), Err(ParameterFault::UnknownSetting("binwidth".into())));
        assert!(matches!(read_parameters("setting:\n  binWidth: -3"), Err(ParameterFault::Value { .. })));
        assert!(matches!(read_parameters("setting: {binWidth: 3"), Err(ParameterFault::Syntax { line: 1, .. })));
        assert!(matches!(read_parameters("imageType: {Blur: {}}"), Err(ParameterFault::UnknownImageType(_))));
        assert!(matches!(read_parameters("featureClass: {glcm: [Joy]}"), Err(ParameterFault::UnknownFeature { .. })));
        assert!(matches!(
            read_parameters("imageType: {Wavelet: {wavelet: morl}}"),
            Err(ParameterFault::NotOffered { .. })
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z:\\-\\[\\]{}, '\"#\n0-9.]{0,80}") {
            let _ = read_parameters(&text);
        }
    }
}
