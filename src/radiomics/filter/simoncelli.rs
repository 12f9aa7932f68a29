//! Simoncelli's non-separable wavelet, by IBSI-2.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::{Derived, Filter, Offered, log::inner};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "simoncelli",
    title: "Simoncelli's wavelet",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[Parameter {
        name: "level",
        domain: Domain::Integer { low: 1, high: 8 },
        default: Initial::Integer(1),
        summary: "Level of decomposition: each halves the frequencies.",
    }],
    summary: "A band of frequencies, the same in all directions.",
    documentation: "Multiplies the image's Fourier transform by cos(π/2 log₂(2ν / m)) where m/4 < ν ≤ m, and by 0 elsewhere; \
ν is the radial frequency as a share of the highest along an axis, m = 2^(1−level). The image repeats periodically.",
    references: &[
        "Simoncelli EP, Freeman WT. The steerable pyramid. Proc ICIP 1995;3:444-447.",
        "Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. Radiology \
2024;310:e231319.",
    ],
    example: "features radiomics from ct\n  filter simoncelli(level = 2)",
};

pub static OFFERED: Offered =
    Offered { card: &CARD, make: |settings| Ok(Filter::Simoncelli { level: settings.count("level") }) };

/// The response over a whole image.
pub fn response(image: &Volume, level: usize) -> Vec<f64> {
    let size = image.size();
    let mut values: Vec<Complex<f64>> =
        image.reals(&image.whole()).into_iter().map(|value| Complex::new(value, 0.0)).collect();
    transform(&mut values, size, true);
    let most = 2f64.powi(1 - level as i32);
    let frequency = |index: usize, n: usize| {
        let signed = if index * 2 >= n + n % 2 { index as f64 - n as f64 } else { index as f64 };
        2.0 * signed / n as f64
    };
    let scale = 1.0 / values.len() as f64;
    for (place, value) in values.iter_mut().enumerate() {
        let at = [place % size[0], place / size[0] % size[1], place / size[0] / size[1]];
        let radius = (0..3).map(|axis| frequency(at[axis], size[axis]).powi(2)).sum::<f64>().sqrt();
        let gain = if radius > most / 4.0 && radius <= most {
            (std::f64::consts::FRAC_PI_2 * (2.0 * radius / most).log2()).cos()
        } else {
            0.0
        };
        *value *= gain * scale;
    }
    transform(&mut values, size, false);
    values.into_iter().map(|value| value.re).collect()
}

/// The transform along all three axes, unscaled.
fn transform(values: &mut [Complex<f64>], size: [usize; 3], forward: bool) {
    let mut planner = FftPlanner::new();
    for axis in 0..3 {
        let n = size[axis];
        let fft = if forward { planner.plan_fft_forward(n) } else { planner.plan_fft_inverse(n) };
        let stride: usize = size[..axis].iter().product();
        let mut line = vec![Complex::default(); n];
        for start in (0..values.len()).filter(|i| (i / stride).is_multiple_of(n)) {
            line.iter_mut().enumerate().for_each(|(i, value)| *value = values[start + i * stride]);
            fft.process(&mut line);
            line.iter().enumerate().for_each(|(i, value)| values[start + i * stride] = *value);
        }
    }
}

/// The response at the region's voxels.
pub fn apply(image: &Volume, region: &Region, level: usize) -> Derived {
    let values = inner(&response(image, level), &image.whole(), region);
    Derived { name: format!("simoncelli-{level}"), values, single: false }
}
