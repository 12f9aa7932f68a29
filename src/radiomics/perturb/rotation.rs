//! The contour turned within its slices.

use super::distance::Field;
use super::{Changed, Offered, Perturbation};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::random::Stream;
use rand::RngExt;

pub static CARD: Card = Card {
    name: "rotation",
    title: "Rotation",
    role: Role::Perturbation,
    endpoints: &[],
    parameters: &[Parameter {
        name: "degrees",
        domain: Domain::Real { low: 0.0, high: 180.0 },
        default: Initial::Real(5.0),
        summary: "How far, in degrees.",
    }],
    summary: "The mask turned within its slices.",
    documentation: "By `degrees` about the region's centre, in the plane of the grid's first two axes; the sense is drawn for each patient.",
    references: &["Zwanenburg A, et al. Assessing robustness of radiomic features by image perturbation. Sci Rep \
2019;9:614."],
    example: "features stable from ct\n  keep where ICC(2, 1) > 0.75 over rotation",
};

pub static OFFERED: Offered =
    Offered { card: &CARD, make: |settings| Perturbation::Rotation { degrees: settings.real("degrees") } };

/// The chord that the farthest point travels.
pub fn reach(degrees: f64, extent: [f64; 3]) -> f64 {
    2.0 * (degrees.to_radians() / 2.0).sin() * extent[0].hypot(extent[1])
}

pub fn changed<'f>(field: &'f Field, degrees: f64, stream: &Stream) -> Changed<'f> {
    let clockwise: bool = stream.rng().random_range(0..2) == 1;
    let (sin, cos) = if clockwise { -degrees } else { degrees }.to_radians().sin_cos();
    let [cx, cy, _] = field.centre;
    Box::new(move |[x, y, z]| {
        let (dx, dy) = (x - cx, y - cy);
        field.at([cx + cos * dx + sin * dy, cy - sin * dx + cos * dy, z])
    })
}
