//! Masks: label maps, and segmentations with several named segments in several layers.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{Fault, ImagingError};
use super::geometry::{Geometry, VoxelBox};
use super::volume::{Number, Volume, Voxels};
use crate::on_voxels;

/// One structure of a segmentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub label: u32,
    /// Index into [`Segmentation::layers`]; structures that overlap lie in different layers.
    pub layer: usize,
}

/// A segmentation: layers of label maps on one grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    pub layers: Vec<Volume>,
    /// Named segments, in the order of the file; empty for a plain label map.
    pub segments: Vec<Segment>,
}

impl Segmentation {
    /// Builds a segmentation from the layers and the `Segment<N>_...` entries of a file.
    ///
    /// # Errors
    /// When a voxel is no whole number from 0, or an entry names a layer that is not there.
    pub fn from_layers(
        path: &Path,
        layers: Vec<Volume>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Segmentation, ImagingError> {
        for layer in &layers {
            let wrong = on_voxels!(&layer.voxels, values => values
                .iter()
                .map(|v| v.real())
                .find(|v| !(v.fract() == 0.0 && (0.0..=u32::MAX as f64).contains(v))));
            if let Some(value) = wrong {
                return Err(ImagingError::new(
                    path,
                    Fault::NoLabels(format!("a voxel holds {value}, where labels are whole numbers from 0")),
                ));
            }
        }
        let mut segments = Vec::new();
        for index in 0.. {
            let entry = |what: &str| metadata.get(&format!("Segment{index}_{what}"));
            if entry("ID").is_none() && entry("Name").is_none() && entry("LabelValue").is_none() {
                break;
            }
            let name = entry("Name").or(entry("ID")).cloned().unwrap_or_else(|| format!("Segment {index}"));
            let whole = |what: &'static str, absent: u32| match entry(what) {
                None => Ok(absent),
                Some(text) => text.trim().parse::<u32>().map_err(|_| {
                    let reason = "is no whole number";
                    ImagingError::new(path, Fault::Header { field: "Segment", value: format!("{what} {text}"), reason })
                }),
            };
            let label = whole("LabelValue", 1)?;
            let layer = whole("Layer", 0)? as usize;
            if layer >= layers.len() {
                let value = format!("Layer {layer} of segment {name}");
                let fault = Fault::Header { field: "Segment", value, reason: "is not in the file" };
                return Err(ImagingError::new(path, fault));
            }
            segments.push(Segment { name, label, layer });
        }
        Ok(Segmentation { layers, segments })
    }

    /// The layer and label of a named segment.
    ///
    /// # Errors
    /// [`Fault::SegmentAbsent`] with the names that are there.
    pub fn named(&self, name: &str) -> Result<(&Volume, u32), Fault> {
        let present = || self.segments.iter().map(|segment| segment.name.clone()).collect();
        self.segments
            .iter()
            .find(|segment| segment.name == name)
            .and_then(|segment| Some((self.layers.get(segment.layer)?, segment.label)))
            .ok_or_else(|| Fault::SegmentAbsent { name: name.to_owned(), present: present() })
    }

    /// The layer that holds a label: the one its segment names, else the first where it occurs.
    ///
    /// # Errors
    /// [`Fault::LabelAbsent`] with the labels that are there.
    pub fn labelled(&self, label: u32) -> Result<&Volume, Fault> {
        let declared = self.segments.iter().find(|segment| segment.label == label).map(|segment| segment.layer);
        let order = declared.into_iter().chain(0..self.layers.len());
        for layer in order.filter_map(|index| self.layers.get(index)) {
            if label_box(layer, label).is_some() {
                return Ok(layer);
            }
        }
        let mut present: Vec<u32> = self.layers.iter().flat_map(labels).collect();
        present.sort_unstable();
        present.dedup();
        Err(Fault::LabelAbsent { label, present })
    }
}

/// The labels other than 0 that occur, ascending.
pub fn labels(mask: &Volume) -> Vec<u32> {
    let mut present = std::collections::BTreeSet::new();
    let mut last = 0;
    on_voxels!(&mask.voxels, values => for value in values {
        let label = value.real() as u32;
        if label != last {
            last = label;
            if label != 0 {
                present.insert(label);
            }
        }
    });
    present.into_iter().collect()
}

/// The smallest box that holds every voxel with `label`; none when there is no such voxel.
pub fn label_box(mask: &Volume, label: u32) -> Option<VoxelBox> {
    let [nx, _, _] = mask.size();
    let mut region: Option<VoxelBox> = None;
    let mut grow = |x0: usize, x1: usize, y: usize, z: usize| {
        let region = region.get_or_insert(VoxelBox { low: [x0, y, z], high: [x1, y + 1, z + 1] });
        region.low[0] = region.low[0].min(x0);
        region.high[0] = region.high[0].max(x1);
        region.low[1] = region.low[1].min(y);
        region.high[1] = region.high[1].max(y + 1);
        region.high[2] = z + 1;
    };
    let ny = mask.size()[1];
    on_voxels!(&mask.voxels, values => for (row, line) in values.chunks_exact(nx).enumerate() {
        if let Some(first) = line.iter().position(|v| is_label(*v, label)) {
            let last = line.iter().rposition(|v| is_label(*v, label)).unwrap_or(first);
            grow(first, last + 1, row % ny, row / ny);
        }
    });
    region
}

/// Which voxels of a box carry `label`: 1 inside, 0 outside, x fastest.
pub fn selected(mask: &Volume, label: u32, region: &VoxelBox) -> Vec<u8> {
    let [nx, ny, _] = mask.size();
    let mut out = Vec::with_capacity(region.voxels());
    on_voxels!(&mask.voxels, values => for z in region.low[2]..region.high[2] {
        for y in region.low[1]..region.high[1] {
            let row = (z * ny + y) * nx;
            let line = &values[row + region.low[0]..row + region.high[0]];
            out.extend(line.iter().map(|v| u8::from(is_label(*v, label))));
        }
    });
    out
}

#[inline(always)]
fn is_label<T: Number>(value: T, label: u32) -> bool {
    // Fractions were refused when the mask was read; masks made in memory are truncated, as a cast to labels does.
    value.real() as u32 == label && value.real() >= 0.0
}

/// A mask of ones and zeros as a label map.
///
/// # Errors
/// As [`Volume::new`].
pub fn from_flags(geometry: Geometry, flags: Vec<u8>) -> Result<Volume, Fault> {
    Volume::new(geometry, Voxels::U8(flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(values: Vec<u8>) -> Volume {
        Volume::new(Geometry::axis_aligned([3, 2, 2], [1.0; 3]).unwrap(), Voxels::U8(values)).unwrap()
    }

    #[test]
    fn boxes_and_labels() {
        let map = mask(vec![0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 5, 0]);
        assert_eq!(labels(&map), vec![2, 5]);
        assert_eq!(label_box(&map, 5), Some(VoxelBox { low: [1, 1, 0], high: [2, 2, 2] }));
        assert_eq!(label_box(&map, 7), None);
        let layers = Segmentation { layers: vec![map], segments: vec![] };
        assert!(matches!(layers.labelled(7), Err(Fault::LabelAbsent { present, .. }) if present == vec![2, 5]));
    }

    #[test]
    fn fractions_and_lost_layers_are_refused() {
        let geometry = Geometry::axis_aligned([1, 1, 1], [1.0; 3]).unwrap();
        let half = Volume::new(geometry, Voxels::F32(vec![0.5])).unwrap();
        let path = Path::new("m.nii");
        assert!(Segmentation::from_layers(path, vec![half], &BTreeMap::new()).is_err());
        let metadata =
            BTreeMap::from([("Segment0_ID".to_owned(), "a".to_owned()), ("Segment0_Layer".to_owned(), "3".to_owned())]);
        assert!(Segmentation::from_layers(path, vec![mask(vec![0; 12])], &metadata).is_err());
    }
}
