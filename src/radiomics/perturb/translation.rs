//! The whole contour moved.

use super::distance::Field;
use super::{Changed, Offered, Perturbation};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::random::Stream;
use rand::RngExt;

pub static CARD: Card = Card {
    name: "translation",
    title: "Translation",
    role: Role::Perturbation,
    endpoints: &[],
    parameters: &[Parameter {
        name: "distance",
        domain: Domain::Real { low: 0.0, high: 100.0 },
        default: Initial::Real(1.0),
        summary: "How far, in mm.",
    }],
    summary: "The mask moved as a whole.",
    documentation: "By `distance` mm in a random direction of space, drawn for each patient.",
    references: &["Zwanenburg A, et al. Assessing robustness of radiomic features by image perturbation. Sci Rep \
2019;9:614."],
    example: "features stable from ct\n  keep where ICC(2, 1) > 0.75 over translation",
};

pub static OFFERED: Offered =
    Offered { card: &CARD, make: |settings| Perturbation::Translation { distance: settings.real("distance") } };

pub fn changed<'f>(field: &'f Field, distance: f64, stream: &Stream) -> Changed<'f> {
    // Uniform over the sphere: height and angle are independent (Archimedes).
    let mut rng = stream.rng();
    let z: f64 = rng.random_range(-1.0..1.0);
    let angle = rng.random_range(0.0..std::f64::consts::TAU);
    let flat = (1.0 - z * z).sqrt();
    let shift = [flat * angle.cos() * distance, flat * angle.sin() * distance, z * distance];
    Box::new(move |at| field.at(std::array::from_fn(|axis| at[axis] - shift[axis])))
}
