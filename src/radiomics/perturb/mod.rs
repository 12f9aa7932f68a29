//! Masks as another reader, or the same one on another day, might have drawn them. Features that change with such a
//! mask are not stable, which is how stability is judged where there is no second reader.
//!
//! One file per perturbation, with its card; registering it is one line of [`OFFERED`]. Each is a change of the
//! signed distance to the contour, in mm along the grid's axes, so that shifts of a part of a voxel are shifts: the
//! new region is where the changed distance is not positive. The image is never touched.
//! Source: Zwanenburg et al., Assessing robustness of radiomic features by image perturbation. Sci Rep 2019;9:614.

mod contour_noise;
mod dilation;
mod distance;
mod erosion;
mod rotation;
mod translation;

use crate::card::{self, Card};
use crate::imaging::segmentation::{from_flags, label_box, selected};
use crate::imaging::{Volume, VoxelBox};
use crate::random::Stream;

use distance::Field;

/// A perturbation by its card, and how checked settings become one.
pub struct Offered {
    pub card: &'static Card,
    pub make: fn(&card::Settings) -> Perturbation,
}

/// Every perturbation, in the order in which `perturbations` takes them.
pub static OFFERED: &[&Offered] =
    &[&rotation::OFFERED, &translation::OFFERED, &dilation::OFFERED, &erosion::OFFERED, &contour_noise::OFFERED];

/// One way in which a mask may differ; lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Perturbation {
    Rotation { degrees: f64 },
    Translation { distance: f64 },
    Dilation { distance: f64 },
    Erosion { distance: f64 },
    ContourNoise { deviation: f64, correlation: f64 },
}

impl std::fmt::Display for Perturbation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.card().name;
        match self {
            Perturbation::Rotation { degrees } => write!(f, "{name}(degrees = {degrees})"),
            Perturbation::Translation { distance }
            | Perturbation::Dilation { distance }
            | Perturbation::Erosion { distance } => write!(f, "{name}(distance = {distance} mm)"),
            Perturbation::ContourNoise { deviation, correlation } => {
                write!(f, "{name}(deviation = {deviation} mm, correlation = {correlation} mm)")
            }
        }
    }
}

/// The changed signed distance at a point, in mm along the grid's axes from the field's first voxel.
type Changed<'f> = Box<dyn Fn([f64; 3]) -> f64 + 'f>;

impl Perturbation {
    pub fn card(&self) -> &'static Card {
        match self {
            Perturbation::Rotation { .. } => &rotation::CARD,
            Perturbation::Translation { .. } => &translation::CARD,
            Perturbation::Dilation { .. } => &dilation::CARD,
            Perturbation::Erosion { .. } => &erosion::CARD,
            Perturbation::ContourNoise { .. } => &contour_noise::CARD,
        }
    }

    /// How far from its region the new one may lie, in mm, for a region of this extent.
    fn reach(&self, extent: [f64; 3]) -> f64 {
        match self {
            Perturbation::Rotation { degrees } => rotation::reach(*degrees, extent),
            Perturbation::Translation { distance } | Perturbation::Dilation { distance } => *distance,
            Perturbation::Erosion { .. } => 0.0,
            // Beyond four standard deviations there is next to nothing.
            Perturbation::ContourNoise { deviation, .. } => 4.0 * deviation,
        }
    }

    fn changed<'f>(&self, field: &'f Field, stream: &Stream) -> Changed<'f> {
        match *self {
            Perturbation::Rotation { degrees } => rotation::changed(field, degrees, stream),
            Perturbation::Translation { distance } => translation::changed(field, distance, stream),
            Perturbation::Dilation { distance } => dilation::changed(field, distance),
            Perturbation::Erosion { distance } => erosion::changed(field, distance),
            Perturbation::ContourNoise { deviation, correlation } => {
                contour_noise::changed(field, deviation, correlation, stream)
            }
        }
    }

    /// The region of `label` perturbed, as a mask of ones on the same grid; empty where nothing is left of it, and
    /// where there was nothing.
    pub fn apply(&self, mask: &Volume, label: u32, stream: &Stream) -> Volume {
        let mut flags = vec![0u8; mask.geometry.voxels()];
        if let Some(region) = label_box(mask, label) {
            let spacing = mask.geometry.spacing().0;
            let size = mask.size();
            let extent: [f64; 3] = std::array::from_fn(|axis| region.size()[axis] as f64 * spacing[axis]);
            let reach = self.reach(extent);
            // Two more voxels, so that the distance is known on both sides of the contour.
            let margin = std::array::from_fn(|axis| (reach / spacing[axis]).ceil().min(size[axis] as f64) as usize + 2);
            let place = region.widened(margin, size);
            let field = Field::new(&selected(mask, label, &place), place.size(), spacing);
            let changed = self.changed(&field, stream);
            fill(&mut flags, size, &place, spacing, changed.as_ref());
        }
        // The grid is that of the mask, so the flags fill it.
        from_flags(mask.geometry.clone(), flags).unwrap_or_else(|_| mask.clone())
    }
}

fn fill(flags: &mut [u8], size: [usize; 3], place: &VoxelBox, spacing: [f64; 3], changed: &dyn Fn([f64; 3]) -> f64) {
    let [nx, ny, nz] = place.size();
    for z in 0..nz {
        for y in 0..ny {
            let row = ((z + place.low[2]) * size[1] + y + place.low[1]) * size[0] + place.low[0];
            for (x, flag) in flags[row..row + nx].iter_mut().enumerate() {
                let at = [x as f64 * spacing[0], y as f64 * spacing[1], z as f64 * spacing[2]];
                *flag = u8::from(changed(at) <= 0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, Voxels};
    use crate::on_voxels;

    /// A ball of 8 mm with label 2 on an anisotropic grid.
    fn ball() -> Volume {
        let geometry = Geometry::axis_aligned([40, 40, 16], [1.0, 1.0, 2.5]).unwrap();
        let inside = |i: usize| {
            let at = [(i % 40) as f64 - 20.0, (i / 40 % 40) as f64 - 20.0, ((i / 1600) as f64 - 8.0) * 2.5];
            at.iter().map(|v| v * v).sum::<f64>() <= 64.0
        };
        let voxels = (0..geometry.voxels()).map(|i| if inside(i) { 2 } else { 0 }).collect();
        Volume::new(geometry, Voxels::U8(voxels)).unwrap()
    }

    // The macro writes this for every type of voxel.
    #[allow(clippy::unnecessary_cast)]
    fn count(mask: &Volume, label: u32) -> usize {
        on_voxels!(&mask.voxels, values => values.iter().filter(|v| f64::from(**v as f32) == f64::from(label)).count())
    }

    #[test]
    fn regions_grow_shrink_and_move() {
        let mask = ball();
        let stream = Stream::root(1);
        let n = count(&mask, 2);
        let of = |p: Perturbation| p.apply(&mask, 2, &stream);
        assert!(count(&of(Perturbation::Dilation { distance: 1.5 }), 1) > n * 12 / 10);
        assert!(count(&of(Perturbation::Erosion { distance: 1.5 }), 1) < n * 8 / 10);
        for moved in [Perturbation::Rotation { degrees: 10.0 }, Perturbation::Translation { distance: 2.0 }] {
            let moved = count(&of(moved), 1);
            assert!(moved.abs_diff(n) * 10 < n, "{moved} of {n}");
        }
        let noisy = Perturbation::ContourNoise { deviation: 1.0, correlation: 5.0 };
        assert_eq!(of(noisy), of(noisy));
        assert_ne!(of(noisy), noisy.apply(&mask, 2, &Stream::root(2)));
        assert!(count(&of(noisy), 1).abs_diff(n) * 3 < n);
        // Nothing is left, and nothing was there.
        assert_eq!(count(&of(Perturbation::Erosion { distance: 50.0 }), 1), 0);
        assert_eq!(count(&Perturbation::Dilation { distance: 1.0 }.apply(&mask, 7, &stream), 1), 0);
    }

    #[test]
    fn no_change_is_no_change() {
        let mask = ball();
        let stream = Stream::root(1);
        let n = count(&mask, 2);
        for none in [Perturbation::Dilation { distance: 0.0 }, Perturbation::Rotation { degrees: 0.0 }] {
            assert_eq!(count(&none.apply(&mask, 2, &stream), 1), n);
        }
    }

    #[test]
    fn cards_make_their_own_perturbations() {
        for offered in OFFERED {
            let made = (offered.make)(&card::Settings::defaults(offered.card));
            assert_eq!(made.card().name, offered.card.name);
        }
    }
}
