//! The image itself, and filters that look at one voxel at a time: square, square root, logarithm, exponential.
//! Each is scaled to the range of the image it is given, as PyRadiomics does.

use super::{Derived, Filter, Offered, Skipped};
use crate::card::{Card, Role};
use crate::imaging::volume::Number;
use crate::imaging::{Volume, VoxelType};
use crate::on_voxels;
use crate::radiomics::region::Region;

macro_rules! card {
    ($item:ident, $offered:ident, $filter:ident, $name:literal, $title:literal, $summary:literal, $documentation:literal) => {
        pub static $item: Card = Card {
            name: $name,
            title: $title,
            role: Role::Filter,
            endpoints: &[],
            parameters: &[],
            summary: $summary,
            documentation: $documentation,
            references: &["van Griethuysen JJM, et al. Computational radiomics system to decode the radiographic \
phenotype. Cancer Res 2017;77:e104-e107."],
            example: concat!("features radiomics from ct\n  filter original, ", $name),
        };

        pub static $offered: Offered = Offered { card: &$item, make: |_| Ok(Filter::$filter) };
    };
}

card!(ORIGINAL, OFFERED_ORIGINAL, Original, "original", "Original image", "The image as it is.", "No filter.");
card!(
    SQUARE,
    OFFERED_SQUARE,
    Square,
    "square",
    "Square",
    "Squares of intensities.",
    "(c x)² with c = 1 / √max|x| over the image that is filtered, so that the largest magnitude stays."
);
card!(
    SQUARE_ROOT,
    OFFERED_SQUARE_ROOT,
    SquareRoot,
    "squareroot",
    "Square root",
    "Square roots of intensities, with their sign.",
    "√(c x) for x ≥ 0, −√(−c x) below, with c = max|x| over the image that is filtered."
);
card!(
    LOGARITHM,
    OFFERED_LOGARITHM,
    Logarithm,
    "logarithm",
    "Logarithm",
    "Logarithms of intensities, with their sign.",
    "c ln(x + 1) for x ≥ 0, −c ln(−x + 1) below; c scales the largest magnitude to what it was."
);
card!(
    EXPONENTIAL,
    OFFERED_EXPONENTIAL,
    Exponential,
    "exponential",
    "Exponential",
    "Exponentials of intensities.",
    "e^{c x} with c = ln(max|x|) / max|x| over the image that is filtered."
);

fn real_values(image: &Volume, region: &Region) -> Vec<f64> {
    super::log::inner(&image.reals(&region.place), &region.place, region)
}

/// The image itself at the region.
pub fn original(image: &Volume, region: &Region) -> Derived {
    let single = image.voxels.kind() == VoxelType::F32;
    Derived { name: "original".into(), values: real_values(image, region), single }
}

/// The largest magnitude of the whole image.
fn largest(image: &Volume) -> f64 {
    on_voxels!(&image.voxels, values => values.iter().map(|v| v.real().abs()).fold(0.0, f64::max))
}

fn mapped(name: &str, image: &Volume, region: &Region, map: impl Fn(f64) -> f64) -> Derived {
    let values = real_values(image, region).into_iter().map(map).collect();
    Derived { name: name.into(), values, single: false }
}

fn nonzero(name: &str, image: &Volume) -> Result<f64, Skipped> {
    let largest = largest(image);
    if largest > 0.0 { Ok(largest) } else { Err(Skipped::ZeroEverywhere { name: name.into() }) }
}

/// # Errors
/// [`Skipped::ZeroEverywhere`].
pub fn square(image: &Volume, region: &Region) -> Result<Derived, Skipped> {
    let c = 1.0 / nonzero("square", image)?.sqrt();
    Ok(mapped("square", image, region, |v| (c * v) * (c * v)))
}

/// # Errors
/// [`Skipped::ZeroEverywhere`].
pub fn square_root(image: &Volume, region: &Region) -> Result<Derived, Skipped> {
    let c = nonzero("squareroot", image)?;
    Ok(mapped("squareroot", image, region, |v| if v < 0.0 { -(-v * c).sqrt() } else { (v * c).sqrt() }))
}

/// # Errors
/// [`Skipped::ZeroEverywhere`].
pub fn logarithm(image: &Volume, region: &Region) -> Result<Derived, Skipped> {
    let largest = nonzero("logarithm", image)?;
    // The logarithm grows with the magnitude, so the largest stays the largest.
    let scale = largest / (largest + 1.0).ln();
    Ok(mapped("logarithm", image, region, |v| {
        let log = if v < 0.0 { -(-(v - 1.0)).ln() } else { (v + 1.0).ln() };
        log * scale
    }))
}

/// # Errors
/// [`Skipped::ZeroEverywhere`].
pub fn exponential(image: &Volume, region: &Region) -> Result<Derived, Skipped> {
    let largest = nonzero("exponential", image)?;
    let c = largest.ln() / largest;
    Ok(mapped("exponential", image, region, |v| (c * v).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, VoxelBox, Voxels};

    #[test]
    fn the_largest_magnitude_stays() {
        let geometry = Geometry::axis_aligned([4, 1, 1], [1.0; 3]).unwrap();
        let image = Volume::new(geometry.clone(), Voxels::I16(vec![-400, 0, 3, 100])).unwrap();
        let region = Region::new(VoxelBox { low: [0; 3], high: [4, 1, 1] }, [1.0; 3], vec![1; 4]);
        let first = |derived: Result<Derived, Skipped>| derived.unwrap().values[0];
        assert!((first(square(&image, &region)) - 400.0).abs() < 1e-9);
        assert!((first(square_root(&image, &region)) + 400.0).abs() < 1e-9);
        assert!((first(logarithm(&image, &region)) + 400.0).abs() < 1e-9);
        let zero = Volume::new(geometry, Voxels::I16(vec![0; 4])).unwrap();
        assert!(matches!(square(&zero, &region), Err(Skipped::ZeroEverywhere { .. })));
    }
}
