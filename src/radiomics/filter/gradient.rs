//! Magnitude of the gradient, by ITK's central differences.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::log::inner;
use super::{Derived, Filter, Offered};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "gradient",
    title: "Gradient magnitude",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[Parameter {
        name: "per_millimetre",
        domain: Domain::Flag,
        default: Initial::Flag(true),
        summary: "Differences per mm rather than per voxel.",
    }],
    summary: "How steeply intensities change.",
    documentation: "√Σ ((x₊ − x₋) / 2h)² over the three axes; beyond the image its edge goes on. The result is `f32`.",
    references: &["ITK, GradientMagnitudeImageFilter."],
    example: "features radiomics from ct\n  filter gradient",
};

pub static OFFERED: Offered =
    Offered { card: &CARD, make: |settings| Ok(Filter::Gradient { per_millimetre: settings.flag("per_millimetre") }) };

/// The gradient's magnitude at the region's voxels.
pub fn apply(image: &Volume, region: &Region, per_millimetre: bool) -> Derived {
    let place = region.place.widened([1; 3], image.size());
    let source = image.reals(&place);
    let size = place.size();
    let spacing = if per_millimetre { image.geometry.spacing().0 } else { [1.0; 3] };
    let stride = [1, size[0], size[0] * size[1]];
    let mut out = vec![0f32; source.len()];
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let at = [x, y, z];
                let here = x + y * stride[1] + z * stride[2];
                let mut sum = 0.0;
                for axis in 0..3 {
                    // The box ends where the image does, or a voxel beyond the region, which is not asked for.
                    let low = if at[axis] > 0 { here - stride[axis] } else { here };
                    let high = if at[axis] + 1 < size[axis] { here + stride[axis] } else { here };
                    let half = 0.5 * (1.0 / spacing[axis]);
                    let slope = source[low] * -half + source[high] * half;
                    sum += slope * slope;
                }
                out[here] = sum.sqrt() as f32;
            }
        }
    }
    Derived { name: "gradient".into(), values: inner(&out, &place, region), single: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, VoxelBox, Voxels};

    #[test]
    fn a_ramp_is_equally_steep_inside() {
        let geometry = Geometry::axis_aligned([5, 4, 3], [2.0, 1.0, 1.0]).unwrap();
        let image = Volume::new(geometry, Voxels::F64((0..60).map(|i| (i % 5) as f64 * 6.0).collect())).unwrap();
        let place = VoxelBox { low: [1, 1, 1], high: [4, 3, 2] };
        let region = Region::new(place, [2.0, 1.0, 1.0], vec![1; 6]);
        assert!(apply(&image, &region, true).values.iter().all(|v| *v == 3.0));
        assert!(apply(&image, &region, false).values.iter().all(|v| *v == 6.0));
    }
}
