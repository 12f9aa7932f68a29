//! Masks: label maps, and segmentations with several named segments in several layers.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{Fault, ImagingError};
use super::geometry::{Geometry, VoxelBox, VoxelPosition};
use super::resample::{Interpolation, Outcome, resample};
use super::volume::{Number, Volume, VoxelType, Voxels};
use crate::on_voxels;

/// One structure of a segmentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub label: u32,
    /// Index into [`Segmentation::layers`]; structures that overlap lie in different layers.
    pub layer: usize,
}

/// What is done when a mask does not lie on the grid of its image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mismatch {
    /// It is a fault that states both grids.
    #[default]
    Refuse,
    /// The mask is resampled to the image's grid, the nearest voxel's label for each.
    ResampleMask,
}

/// How far two grids may differ and count as one, in voxels: the headers of some formats are rounded.
const TOLERANCE: f64 = 1e-3;

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
        for index in 0usize.. {
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
            // Files from before segments shared layers give each one its own.
            let own = entry("Layer").is_none() && entry("LabelValue").is_none() && layers.len() > 1;
            let layer = if own { index } else { whole("Layer", 0)? as usize };
            if layer >= layers.len() {
                let value = format!("Layer {layer} of segment {name}");
                let fault = Fault::Header { field: "Segment", value, reason: "is not in the file" };
                return Err(ImagingError::new(path, fault));
            }
            segments.push(Segment { name, label, layer });
        }
        Ok(Segmentation { layers, segments })
    }

    /// The segmentation on `grid`, or the mismatch of grids as a fault unless it is to be resampled.
    ///
    /// # Errors
    /// [`Fault::GridMismatch`] with both grids.
    pub fn on(self, grid: &Geometry, mismatch: Mismatch) -> Result<Segmentation, Fault> {
        let Some(layer) = self.layers.first() else { return Ok(self) };
        match (grid.mismatch(&layer.geometry, TOLERANCE), mismatch) {
            (None, _) => Ok(self),
            (Some(found), Mismatch::Refuse) => Err(Fault::GridMismatch(Box::new(found))),
            (Some(_), Mismatch::ResampleMask) => {
                let nearest = |layer: &Volume| resample(layer, grid, Interpolation::Nearest, Outcome::SourceType);
                let layers = self.layers.iter().map(nearest).collect::<Result<_, _>>()?;
                Ok(Segmentation { layers, segments: self.segments })
            }
        }
    }

    /// The segmentation on a larger grid that its own is a part of, empty around it; none when its own is no such part,
    /// or something is segmented outside.
    pub fn within(&self, grid: &Geometry) -> Option<Segmentation> {
        let own = &self.layers.first()?.geometry;
        let position = |corner: [usize; 3]| grid.position(own.point(VoxelPosition(corner.map(|index| index as f64)))).0;
        let first = position([0; 3]);
        let whole = first.map(f64::round);
        // Corners one after the other: origin, and the ends of the three axes.
        for axis in 0..4 {
            let mut corner = [0; 3];
            if let (Some(end), Some(size)) = (corner.get_mut(axis), own.size().get(axis)) {
                *end = size - 1;
            }
            let found = position(corner);
            if (0..3).any(|k| !((found[k] - whole[k] - corner[k] as f64).abs() < 0.02)) {
                return None;
            }
        }
        let [columns, rows, slices] = own.size();
        let [wide, high, deep] = grid.size();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let mut out = vec![0u32; grid.voxels()];
            let voxels = &layer.voxels;
            on_voxels!(voxels, values => for z in 0..slices {
                for y in 0..rows {
                    let line = values.get((z * rows + y) * columns..)?.get(..columns)?;
                    for (x, value) in line.iter().enumerate().filter(|(_, value)| value.real() != 0.0) {
                        let at = [x as f64 + whole[0], y as f64 + whole[1], z as f64 + whole[2]];
                        if !(at[0] >= 0.0 && at[1] >= 0.0 && at[2] >= 0.0) {
                            return None;
                        }
                        let [x, y, z] = at.map(|index| index as usize);
                        if x >= wide || y >= high || z >= deep {
                            return None;
                        }
                        out[(z * high + y) * wide + x] = value.real() as u32;
                    }
                }
            });
            let voxels = match layer.voxels.kind() {
                VoxelType::U8 => Voxels::U8(out.into_iter().map(|label| label as u8).collect()),
                _ => Voxels::U32(out),
            };
            layers.push(Volume::new(grid.clone(), voxels).ok()?);
        }
        Some(Segmentation { layers, segments: self.segments.clone() })
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

/// One structure as it is gathered, slice by slice.
pub struct Gathered {
    name: String,
    label: u32,
    /// A box of one slice and its flags, x fastest.
    slices: Vec<(VoxelBox, Vec<bool>)>,
}

impl Gathered {
    /// Adds the voxels of a slice of `size`; of one slice given twice, the voxels of both count.
    pub fn add(&mut self, slice: usize, size: [usize; 2], flags: Vec<bool>) {
        let [columns, rows] = size;
        if flags.len() != columns * rows {
            return;
        }
        // Most of a slice is outside: only the box that is not is kept.
        let mut region: Option<VoxelBox> = None;
        for (y, line) in flags.chunks_exact(columns).enumerate() {
            if let (Some(from), Some(to)) = (line.iter().position(|flag| *flag), line.iter().rposition(|flag| *flag)) {
                let found = region.get_or_insert(VoxelBox { low: [from, y, slice], high: [to + 1, y + 1, slice + 1] });
                found.low[0] = found.low[0].min(from);
                found.high[0] = found.high[0].max(to + 1);
                found.high[1] = y + 1;
            }
        }
        let Some(region) = region else { return };
        let kept = (region.low[1]..region.high[1])
            .flat_map(|y| flags[y * columns + region.low[0]..y * columns + region.high[0]].iter().copied())
            .collect();
        self.slices.push((region, kept));
    }
}

/// Puts structures that may overlap onto as few layers as a first fit gives.
pub struct Layering {
    geometry: Geometry,
    layers: Vec<Vec<u16>>,
    segments: Vec<Segment>,
}

impl Layering {
    pub fn new(geometry: Geometry) -> Layering {
        Layering { geometry, layers: Vec::new(), segments: Vec::new() }
    }

    /// A structure to be gathered.
    pub fn region(&self, name: &str, label: u32) -> Gathered {
        Gathered { name: name.to_owned(), label, slices: Vec::new() }
    }

    /// Puts a structure onto the first layer where none of its voxels is taken.
    ///
    /// # Errors
    /// [`Fault::NoLabels`] when its label is beyond 65535, or it reaches out of the grid.
    pub fn place(&mut self, region: Gathered) -> Result<(), Fault> {
        let Ok(label) = u16::try_from(region.label) else {
            return Err(Fault::NoLabels(format!("a label is {}, and at most 65535 are supported", region.label)));
        };
        let [columns, rows, _] = self.geometry.size();
        let voxels = self.geometry.voxels();
        let indices = || {
            region.slices.iter().flat_map(move |(area, flags)| {
                let width = area.size()[0].max(1);
                let at = move |index: usize| {
                    (area.low[2] * rows + area.low[1] + index / width) * columns + area.low[0] + index % width
                };
                flags.iter().enumerate().filter(|(_, flag)| **flag).map(move |(index, _)| at(index))
            })
        };
        if indices().any(|index| index >= voxels) {
            return Err(Fault::NoLabels(format!("`{}` reaches out of the grid", region.name)));
        }
        let free = |layer: &Vec<u16>| indices().all(|index| layer[index] == 0);
        let layer = self.layers.iter().position(free).unwrap_or(self.layers.len());
        if layer == self.layers.len() {
            self.layers.push(vec![0; voxels]);
        }
        for index in indices() {
            self.layers[layer][index] = label;
        }
        self.segments.push(Segment { name: region.name.clone(), label: region.label, layer });
        Ok(())
    }

    /// The segmentation.
    ///
    /// # Errors
    /// As [`Volume::new`].
    pub fn finish(self) -> Result<Segmentation, Fault> {
        let narrow = self.segments.iter().all(|segment| segment.label <= 255);
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in self.layers {
            let voxels = if narrow {
                Voxels::U8(layer.into_iter().map(|label| label as u8).collect())
            } else {
                Voxels::U16(layer)
            };
            layers.push(Volume::new(self.geometry.clone(), voxels)?);
        }
        Ok(Segmentation { layers, segments: self.segments })
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
    use crate::imaging::Millimetres;

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
    fn old_files_give_each_segment_its_layer() {
        let names = ["Segment0_ID", "Segment1_ID"].map(|key| (key.to_owned(), key.to_lowercase()));
        let layers = vec![mask(vec![1; 12]), mask(vec![0; 12])];
        let found = Segmentation::from_layers(Path::new("m.seg.nrrd"), layers, &BTreeMap::from(names)).unwrap();
        let places: Vec<_> = found.segments.iter().map(|segment| (segment.label, segment.layer)).collect();
        assert_eq!(places, [(1, 0), (1, 1)]);
    }

    #[test]
    fn structures_share_layers_where_they_do_not_overlap() {
        let geometry = Geometry::axis_aligned([3, 2, 2], [1.0; 3]).unwrap();
        let mut layering = Layering::new(geometry);
        for (label, flags) in [(1, [1, 1, 0, 0, 0, 0]), (2, [0, 1, 1, 0, 0, 0]), (3, [0, 0, 0, 1, 0, 1]), (4, [0; 6])] {
            let mut region = layering.region(&format!("s{label}"), label);
            region.add(1, [3, 2], flags.map(|flag| flag == 1).to_vec());
            layering.place(region).unwrap();
        }
        let mut outside = layering.region("outside", 5);
        outside.add(2, [3, 2], vec![true; 6]);
        assert!(layering.place(outside).is_err());
        let found = layering.finish().unwrap();
        assert_eq!(found.segments.iter().map(|segment| segment.layer).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert_eq!(found.layers[0].voxels, Voxels::U8(vec![0, 0, 0, 0, 0, 0, 1, 1, 0, 3, 0, 3]));
        assert_eq!(label_box(&found.layers[1], 2), Some(VoxelBox { low: [1, 0, 1], high: [3, 1, 2] }));
    }

    #[test]
    fn a_part_of_a_grid_is_set_into_it() {
        let whole = Geometry::axis_aligned([5, 4, 6], [1.0; 3]).unwrap();
        let part = whole.cropped(&VoxelBox { low: [1, 2, 3], high: [4, 4, 5] }).unwrap();
        let map = Volume::new(part, Voxels::U8(vec![0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 5, 0])).unwrap();
        let found = Segmentation { layers: vec![map], segments: vec![] }.within(&whole).unwrap();
        assert_eq!(found.layers[0].geometry, whole);
        assert_eq!(label_box(&found.layers[0], 5), Some(VoxelBox { low: [2, 3, 3], high: [3, 4, 5] }));
        assert_eq!(label_box(&found.layers[0], 2), Some(VoxelBox { low: [3, 2, 4], high: [4, 3, 5] }));
        // Half a voxel off, larger voxels, and a mask that reaches out are no part.
        for (at, spacing) in
            [([1.5, 2.0, 3.0], [1.0; 3]), ([1.0, 2.0, 3.0], [1.2, 1.0, 1.0]), ([4.0, 2.0, 3.0], [1.0; 3])]
        {
            let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            let other = Geometry::new([3, 2, 2], Millimetres(at), Millimetres(spacing), identity).unwrap();
            let map = Volume::new(other, Voxels::U8(vec![1; 12])).unwrap();
            assert_eq!(Segmentation { layers: vec![map], segments: vec![] }.within(&whole), None);
        }
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
