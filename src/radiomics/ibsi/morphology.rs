//! Shape in the IBSI convention, with spatial autocorrelation.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::f64::consts::PI;

use rustfft::{FftPlanner, num_complex::Complex};

use super::{Features, Prepared, hull};
use crate::radiomics::region::Region;
use crate::radiomics::shape;
use crate::radiomics::surface::{PaddedMask, hull_candidates, measure};

/// Adds the `morph_` features.
pub fn features(prepared: &Prepared, values: &[f64], out: &mut Features) {
    let region = &prepared.morphological;
    let padded = PaddedMask::new(region.size, &region.inside);
    let surface = measure(&padded, region.spacing);
    let (v, a) = (surface.volume, surface.area);
    let n = region.voxels as f64;
    let mut put = |tag: &str, value: f64| {
        out.insert(format!("morph_{tag}"), value.is_finite().then_some(value));
    };
    put("volume", v);
    put("vol_approx", n * region.spacing.iter().product::<f64>());
    put("area_mesh", a);
    put("av", a / v);
    put("comp_1", v / (PI.sqrt() * a.powf(1.5)));
    put("comp_2", 36.0 * PI * v * v / (a * a * a));
    let sphere = (36.0 * PI * v * v).cbrt();
    put("sph_dispr", a / sphere);
    put("sphericity", sphere / a);
    put("asphericity", a / sphere - 1.0);
    put("com", centre_shift(region, &prepared.intensity, values));
    put("diam", surface.diameter);
    let axes = shape::axes(region).map(|value| (value * n / (n - 1.0)).max(0.0));
    let [least, minor, major] = axes.map(|value| 4.0 * value.sqrt());
    put("pca_maj_axis", major);
    put("pca_min_axis", minor);
    put("pca_least_axis", least);
    put("pca_elongation", minor / major);
    put("pca_flatness", least / major);
    let [x, y, z]: [f64; 3] = std::array::from_fn(|k| region.size[k] as f64 * region.spacing[k]);
    put("vol_dens_aabb", v / (x * y * z));
    put("area_dens_aabb", a / (2.0 * (x * y + y * z + x * z)));
    let half = [major / 2.0, minor / 2.0, least / 2.0];
    put("vol_dens_aee", 3.0 * v / (4.0 * PI * half[0] * half[1] * half[2]));
    put("area_dens_aee", a / ellipsoid_area(half));
    if let Some((hull_volume, hull_area)) = hull::measure(&hull_candidates(&padded), region.spacing) {
        put("vol_dens_conv_hull", v / hull_volume);
        put("area_dens_conv_hull", a / hull_area);
    }
    put("integ_int", v * values.iter().sum::<f64>() / values.len() as f64);
    let (moran, geary) = autocorrelation(&prepared.intensity, values);
    put("moran_i", moran);
    put("geary_c", geary);
}

/// Distance in mm between the centres of the region and of its intensities.
fn centre_shift(shape: &Region, intensity: &Region, values: &[f64]) -> f64 {
    let mut plain = [0.0; 3];
    each_voxel(shape, |at| (0..3).for_each(|k| plain[k] += at[k]));
    let mut weighted = [0.0; 3];
    let mut next = values.iter();
    let mut total = 0.0;
    each_voxel(intensity, |at| {
        let value = next.next().copied().unwrap_or(0.0);
        total += value;
        (0..3).for_each(|k| weighted[k] += value * at[k]);
    });
    let n = shape.voxels as f64;
    (0..3).map(|k| (plain[k] / n - weighted[k] / total).powi(2)).sum::<f64>().sqrt()
}

/// Calls `visit` with each voxel's place in the image in mm along the grid's axes.
fn each_voxel(region: &Region, mut visit: impl FnMut([f64; 3])) {
    let [nx, ny, _] = region.size;
    for (at, flag) in region.inside.iter().enumerate() {
        if *flag != 0 {
            let index = [at % nx, at / nx % ny, at / nx / ny];
            visit(std::array::from_fn(|k| (index[k] + region.place.low[k]) as f64 * region.spacing[k]));
        }
    }
}

/// Area of an ellipsoid with half axes a ≥ b ≥ c, by Maas' series of Legendre polynomials to the twentieth.
fn ellipsoid_area([a, b, c]: [f64; 3]) -> f64 {
    let (alpha2, beta2) = (1.0 - b * b / (a * a), 1.0 - c * c / (a * a));
    // q_ν = (αβ)^ν P_ν((α² + β²) / 2αβ), by the recurrence of P_ν.
    let (middle, square) = (0.5 * (alpha2 + beta2), alpha2 * beta2);
    let (mut before, mut now) = (1.0, middle);
    let mut sum = 1.0;
    for order in 1..=20 {
        let v = order as f64;
        sum += now / (1.0 - 4.0 * v * v);
        let next = ((2.0 * v + 1.0) * middle * now - v * square * before) / (v + 1.0);
        (before, now) = (now, next);
    }
    4.0 * PI * a * b * sum
}

/// Moran's I and Geary's C with weights 1 / distance over all pairs of voxels.
///
/// Sums over pairs at equal displacement are correlations, so three Fourier transforms replace n² terms.
fn autocorrelation(region: &Region, values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    // A circular correlation of twice the size holds every displacement.
    let size: [usize; 3] = region.size.map(|n| smooth_length(2 * n));
    let total: usize = size.iter().product();
    let mut centred = vec![Complex::new(0.0, 0.0); total];
    let mut squared = vec![Complex::new(0.0, 0.0); total];
    let mut flags = vec![Complex::new(0.0, 0.0); total];
    let [nx, ny, _] = region.size;
    let mut next = values.iter();
    let mut spread = 0.0;
    for (at, flag) in region.inside.iter().enumerate() {
        if *flag == 0 {
            continue;
        }
        let z = next.next().copied().unwrap_or(mean) - mean;
        let to = ((at / nx / ny) * size[1] + at / nx % ny) * size[0] + at % nx;
        centred[to].re = z;
        squared[to].re = z * z;
        flags[to].re = 1.0;
        spread += z * z;
    }
    let mut planner = FftPlanner::new();
    for data in [&mut centred, &mut squared, &mut flags] {
        transform(data, size, false, &mut planner);
    }
    // Packed as real and imaginary part: correlation of z with z, and of 1 with z²; both are real after symmetrising.
    let mut own = vec![Complex::new(0.0, 0.0); total];
    let mut mixed = vec![Complex::new(0.0, 0.0); total];
    let mut ones = vec![Complex::new(0.0, 0.0); total];
    for k in 0..total {
        own[k] = centred[k] * centred[k].conj();
        mixed[k] = flags[k].conj() * squared[k];
        ones[k] = flags[k] * flags[k].conj();
    }
    drop((centred, squared, flags));
    for data in [&mut own, &mut mixed, &mut ones] {
        transform(data, size, true, &mut planner);
    }
    let (mut weights, mut products, mut differences) = (0.0, 0.0, 0.0);
    for k in 1..total {
        let index = [k % size[0], k / size[0] % size[1], k / size[0] / size[1]];
        let distance = (0..3)
            .map(|axis| {
                let step = index[axis].min(size[axis] - index[axis]) as f64 * region.spacing[axis];
                step * step
            })
            .sum::<f64>()
            .sqrt();
        let w = 1.0 / (distance * total as f64);
        weights += w * ones[k].re;
        products += w * own[k].re;
        // Σ w (z_i − z_j)² = 2 Σ w (z_i² − z_i z_j), displacements and their negatives both counted.
        differences += w * 2.0 * (mixed[k].re - own[k].re);
    }
    (n / weights * products / spread, (n - 1.0) / (2.0 * weights) * differences / spread)
}

/// The next length that transforms quickly.
fn smooth_length(least: usize) -> usize {
    (least..)
        .find(|n| {
            let mut rest = *n;
            for prime in [2, 3, 5] {
                while rest % prime == 0 {
                    rest /= prime;
                }
            }
            rest == 1
        })
        .unwrap_or(least)
}

fn transform(data: &mut [Complex<f64>], size: [usize; 3], inverse: bool, planner: &mut FftPlanner<f64>) {
    for axis in 0..3 {
        let length = size[axis];
        let plan = if inverse { planner.plan_fft_inverse(length) } else { planner.plan_fft_forward(length) };
        if axis == 0 {
            plan.process(data);
            continue;
        }
        let stride: usize = size[..axis].iter().product();
        let mut line = vec![Complex::new(0.0, 0.0); length];
        for block in data.chunks_exact_mut(stride * length) {
            for start in 0..stride {
                for (i, value) in line.iter_mut().enumerate() {
                    *value = block[start + i * stride];
                }
                plan.process(&mut line);
                for (i, value) in line.iter().enumerate() {
                    block[start + i * stride] = *value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;

    #[test]
    fn autocorrelation_equals_the_sum_over_pairs() {
        let size = [4, 3, 3];
        let inside: Vec<u8> = (0..36).map(|i| u8::from(i % 5 != 0)).collect();
        let region = Region::new(VoxelBox { low: [0; 3], high: size }, [1.0, 2.0, 1.5], inside);
        let values: Vec<f64> = (0..region.voxels).map(|i| ((i * 29) % 17) as f64).collect();
        let mut places = Vec::new();
        each_voxel(&region, |at| places.push(at));
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let (mut w, mut top, mut gap) = (0.0, 0.0, 0.0);
        for i in 0..values.len() {
            for j in 0..values.len() {
                if i != j {
                    let d = (0..3).map(|k| (places[i][k] - places[j][k]).powi(2)).sum::<f64>().sqrt();
                    w += 1.0 / d;
                    top += (values[i] - mean) * (values[j] - mean) / d;
                    gap += (values[i] - values[j]).powi(2) / d;
                }
            }
        }
        let spread: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let (moran, geary) = autocorrelation(&region, &values);
        assert!((moran - n / w * top / spread).abs() < 1e-12);
        assert!((geary - (n - 1.0) / (2.0 * w) * gap / spread).abs() < 1e-12);
    }

    #[test]
    fn a_sphere_has_the_area_of_a_sphere() {
        assert!((ellipsoid_area([2.0, 2.0, 2.0]) - 16.0 * PI).abs() < 1e-12);
    }
}
