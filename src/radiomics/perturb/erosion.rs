//! The region shrunk.

use super::distance::Field;
use super::{Changed, Offered, Perturbation};
use crate::card::{Card, Domain, Initial, Parameter, Role};

pub static CARD: Card = Card {
    name: "erosion",
    title: "Erosion",
    role: Role::Perturbation,
    endpoints: &[],
    parameters: &[Parameter {
        name: "distance",
        domain: Domain::Real { low: 0.0, high: 100.0 },
        default: Initial::Real(1.0),
        summary: "How far, in mm.",
    }],
    summary: "The mask shrunk on all sides.",
    documentation: "The voxels whose centre lies deeper than `distance` mm below the region's contour. A region that vanishes is not measured, and is counted.",
    references: &["Zwanenburg A, et al. Assessing robustness of radiomic features by image perturbation. Sci Rep \
2019;9:614."],
    example: "features stable from ct\n  keep where ICC(2, 1) > 0.75 over erosion",
};

pub static OFFERED: Offered =
    Offered { card: &CARD, make: |settings| Perturbation::Erosion { distance: settings.real("distance") } };

pub fn changed(field: &Field, distance: f64) -> Changed<'_> {
    Box::new(move |at| field.at(at) + distance)
}
