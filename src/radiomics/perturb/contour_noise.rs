//! The contour moved in and out at random, smoothly along itself.

use super::distance::Field;
use super::{Changed, Offered, Perturbation};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::random::Stream;
use rand::RngExt;

/// Waves that make up the random field.
const WAVES: usize = 64;

pub static CARD: Card = Card {
    name: "contour-noise",
    title: "Contour noise",
    role: Role::Perturbation,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "deviation",
            domain: Domain::Real { low: 0.0, high: 100.0 },
            default: Initial::Real(1.0),
            summary: "Standard deviation of the contour, in mm.",
        },
        Parameter {
            name: "correlation",
            domain: Domain::RealOpen { low: 0.0, high: 1000.0 },
            default: Initial::Real(5.0),
            summary: "Distance over which the contour moves together, in mm.",
        },
    ],
    summary: "The contour moved in and out at random.",
    documentation: "The distance to the contour plus a Gaussian random field of standard deviation `deviation` and covariance exp(−d² / 2`correlation`²), drawn for each patient: √(2/K) Σ cos(w·x + φ) over K = 64 waves with Gaussian w (random Fourier features).",
    references: &["Zwanenburg A, et al. Assessing robustness of radiomic features by image perturbation. Sci Rep \
2019;9:614."],
    example: "features stable from ct\n  keep where ICC(2, 1) > 0.75 over contour-noise",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| Perturbation::ContourNoise {
        deviation: settings.real("deviation"),
        correlation: settings.real("correlation"),
    },
};

pub fn changed<'f>(field: &'f Field, deviation: f64, correlation: f64, stream: &Stream) -> Changed<'f> {
    let mut rng = stream.rng();
    let mut normal = || {
        let (u, v): (f64, f64) = (rng.random_range(f64::EPSILON..1.0), rng.random_range(0.0..std::f64::consts::TAU));
        (-2.0 * u.ln()).sqrt() * v.cos()
    };
    let directions: Vec<[f64; 3]> = (0..WAVES).map(|_| std::array::from_fn(|_| normal() / correlation)).collect();
    let waves: Vec<([f64; 3], f64)> =
        directions.into_iter().map(|wave| (wave, rng.random_range(0.0..std::f64::consts::TAU))).collect();
    let size = deviation * (2.0 / WAVES as f64).sqrt();
    Box::new(move |at| {
        let distance = field.at(at);
        // Far from the contour no wave reaches.
        if distance.abs() > size * WAVES as f64 {
            return distance;
        }
        let noise: f64 =
            waves.iter().map(|(wave, phase)| (wave[0] * at[0] + wave[1] * at[1] + wave[2] * at[2] + phase).cos()).sum();
        distance + size * noise
    })
}
