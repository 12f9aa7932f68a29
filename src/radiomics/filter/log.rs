//! Laplacian of Gaussian by recursive filters.
//!
//! ITK's `LaplacianRecursiveGaussianImageFilter`, step for step, because its approximation of the Gaussian is part of
//! the features' definition: Deriche's fourth-order recursion in `f64` along each line, edges extended, `f32` between
//! passes; the second derivative along one axis, then smoothing along the others, summed over axes per spacing² and
//! scaled by σ².
//! Source: Deriche, INRIA RR-1893 (1993); Farnebäck and Westin, IEEE Trans Image Process 15 (2006).

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::{Derived, Filter, Offered, Skipped};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::volume::Number;
use crate::imaging::{Volume, VoxelBox};
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "LoG",
    title: "Laplacian of Gaussian",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[Parameter {
        name: "sigma",
        domain: Domain::Reals { low: 0.0, high: 1000.0 },
        default: Initial::Required,
        summary: "Standard deviations of the Gaussian in mm, one image each.",
    }],
    summary: "Edges and blobs of the size of sigma.",
    documentation: "σ² (∂²/∂x² + ∂²/∂y² + ∂²/∂z²) of the image smoothed with a Gaussian of σ mm, by ITK's recursive \
approximation, so that values equal those of PyRadiomics and SimpleITK. An image shorter than 4 voxels or than \
⌈σ / spacing⌉ + 1 voxels along an axis gives none.",
    references: &["Deriche R. Recursively implementing the Gaussian and its derivatives. INRIA RR-1893, 1993."],
    example: "features radiomics from ct\n  filter LoG(sigma = 4 mm)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        let sigmas = settings.reals("sigma");
        match sigmas.iter().find(|sigma| **sigma <= 0.0) {
            Some(sigma) => Err(format!("a Gaussian has a positive standard deviation, not {sigma} mm")),
            None => Ok(Filter::LoG { sigmas: sigmas.into_iter().map(Sigma::new).collect() }),
        }
    },
};

/// A standard deviation in mm with the way its number was written, which PyRadiomics carries into names.
#[derive(Clone, Debug, PartialEq)]
pub struct Sigma {
    pub millimetres: f64,
    pub written: String,
}

impl Sigma {
    /// Written as Python writes a float: 4 becomes `4.0`.
    pub fn new(millimetres: f64) -> Sigma {
        Sigma { millimetres, written: format!("{millimetres:?}") }
    }
}

const LANES: usize = 8;
type Lanes = [f64; LANES];

/// Coefficients of the recursion along one axis.
struct Recursion {
    n: [f64; 4],
    d: [f64; 4],
    m: [f64; 4],
    bn: [f64; 4],
    bm: [f64; 4],
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Smoothing,
    SecondDerivative,
}

/// Numerator coefficients of one term of the exponential series, with their moments.
fn numerators(sigma: f64, a1: f64, b1: f64, a2: f64, b2: f64) -> ([f64; 4], f64, f64, f64) {
    let (w1, l1, w2, l2) = (0.6681, -1.3932, 2.0787, -1.3732);
    let (sin1, sin2): (f64, f64) = ((w1 / sigma).sin(), (w2 / sigma).sin());
    let (cos1, cos2): (f64, f64) = ((w1 / sigma).cos(), (w2 / sigma).cos());
    let (exp1, exp2): (f64, f64) = ((l1 / sigma).exp(), (l2 / sigma).exp());
    let n0 = a1 + a2;
    let mut n1 = exp2 * (b2 * sin2 - (a2 + 2.0 * a1) * cos2);
    n1 += exp1 * (b1 * sin1 - (a1 + 2.0 * a2) * cos1);
    let mut n2 = (a1 + a2) * cos2 * cos1;
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2;
    n2 *= 2.0 * exp1 * exp2;
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2;
    let mut n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2);
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1);
    ([n0, n1, n2, n3], n0 + n1 + n2 + n3, n1 + 2.0 * n2 + 3.0 * n3, n1 + 4.0 * n2 + 9.0 * n3)
}

impl Recursion {
    fn new(sigma_mm: f64, spacing: f64, order: Order) -> Recursion {
        let sigma = sigma_mm / spacing;
        let (w1, l1, w2, l2) = (0.6681, -1.3932, 2.0787, -1.3732);
        let (cos1, cos2): (f64, f64) = ((w1 / sigma).cos(), (w2 / sigma).cos());
        let (exp1, exp2): (f64, f64) = ((l1 / sigma).exp(), (l2 / sigma).exp());
        let d4 = exp1 * exp1 * exp2 * exp2;
        let mut d3 = -2.0 * cos1 * exp1 * exp2 * exp2;
        d3 += -2.0 * cos2 * exp2 * exp1 * exp1;
        let mut d2 = 4.0 * cos2 * cos1 * exp1 * exp2;
        d2 += exp1 * exp1 + exp2 * exp2;
        let d1 = -2.0 * (exp2 * cos2 + exp1 * cos1);
        let sd = 1.0 + d1 + d2 + d3 + d4;
        let dd = d1 + 2.0 * d2 + 3.0 * d3 + 4.0 * d4;
        let ed = d1 + 4.0 * d2 + 9.0 * d3 + 16.0 * d4;
        let (zero, sn0, dn0, en0) = numerators(sigma, 1.3530, 1.8151, -0.3531, 0.0902);
        let n = match order {
            Order::Smoothing => {
                let alpha = 2.0 * sn0 / sd - zero[0];
                zero.map(|v| v * (1.0 / alpha))
            }
            Order::SecondDerivative => {
                let (two, sn2, dn2, en2) = numerators(sigma, -1.3563, 5.2318, 0.3446, -2.2355);
                let beta = -(2.0 * sn2 - sd * two[0]) / (2.0 * sn0 - sd * zero[0]);
                let n: [f64; 4] = std::array::from_fn(|k| two[k] + beta * zero[k]);
                let (sn, dn, en) = (sn2 + beta * sn0, dn2 + beta * dn0, en2 + beta * en0);
                let mut alpha = en * sd * sd - ed * sn * sd - 2.0 * dn * dd * sd + 2.0 * dd * dd * sn;
                alpha /= sd * sd * sd;
                let scale = sigma_mm * sigma_mm / alpha;
                n.map(|v| v * scale)
            }
        };
        let d = [d1, d2, d3, d4];
        let m = [n[1] - d1 * n[0], n[2] - d2 * n[0], n[3] - d3 * n[0], -d4 * n[0]];
        let sn = n[0] + n[1] + n[2] + n[3];
        let sm = m[0] + m[1] + m[2] + m[3];
        Recursion { n, d, m, bn: d.map(|v| v * sn / sd), bm: d.map(|v| v * sm / sd) }
    }

    /// Filters lines side by side. `data` and `out` have one entry per voxel of the line, at least four.
    fn run(&self, data: &[Lanes], out: &mut [Lanes]) {
        let length = data.len();
        let [n0, n1, n2, n3] = self.n;
        let [d1, d2, d3, d4] = self.d;
        let edge = data[0];
        // Beyond the edge the line goes on as its first voxel; its filtered past is known in closed form.
        let mut past = [[0.0; LANES]; 4];
        for (i, value) in out.iter_mut().enumerate().take(4) {
            for l in 0..LANES {
                let at = |back: usize| if back > i { edge[l] } else { data[i - back][l] };
                let mut sum = at(0) * n0 + at(1) * n1 + at(2) * n2 + at(3) * n3;
                let feedback = |k: usize| {
                    if k < i { past[i - 1 - k][l] * self.d[k] } else { edge[l] * self.bn[k] }
                };
                sum -= feedback(0) + feedback(1) + feedback(2) + feedback(3);
                value[l] = sum;
            }
            past[i] = *value;
        }
        let [mut p4, mut p3, mut p2, mut p1] = past;
        for i in 4..length {
            let (a, b, c, e) = (&data[i], &data[i - 1], &data[i - 2], &data[i - 3]);
            let mut now = [0.0; LANES];
            for l in 0..LANES {
                let mut sum = a[l] * n0 + b[l] * n1 + c[l] * n2 + e[l] * n3;
                sum -= p1[l] * d1 + p2[l] * d2 + p3[l] * d3 + p4[l] * d4;
                now[l] = sum;
            }
            out[i] = now;
            (p4, p3, p2, p1) = (p3, p2, p1, now);
        }
        // The same from the other end, added.
        let [m1, m2, m3, m4] = self.m;
        let edge = data[length - 1];
        let mut past = [[0.0; LANES]; 4];
        for i in 0..4 {
            let place = length - 1 - i;
            let mut now = [0.0; LANES];
            for l in 0..LANES {
                let at = |ahead: usize| if ahead > i { edge[l] } else { data[place + ahead][l] };
                let mut sum = at(1) * m1 + at(2) * m2 + at(3) * m3 + at(4) * m4;
                let feedback = |k: usize| {
                    if k < i { past[i - 1 - k][l] * self.d[k] } else { edge[l] * self.bm[k] }
                };
                sum -= feedback(0) + feedback(1) + feedback(2) + feedback(3);
                now[l] = sum;
                out[place][l] += sum;
            }
            past[i] = now;
        }
        let [mut p4, mut p3, mut p2, mut p1] = past;
        for i in (0..length - 4).rev() {
            let (a, b, c, e) = (&data[i + 1], &data[i + 2], &data[i + 3], &data[i + 4]);
            let mut now = [0.0; LANES];
            for l in 0..LANES {
                let mut sum = a[l] * m1 + b[l] * m2 + c[l] * m3 + e[l] * m4;
                sum -= p1[l] * d1 + p2[l] * d2 + p3[l] * d3 + p4[l] * d4;
                now[l] = sum;
                out[i][l] += sum;
            }
            (p4, p3, p2, p1) = (p3, p2, p1, now);
        }
    }
}

/// Lines of a box along one axis: where each starts, and how far apart its voxels lie.
struct Lines {
    count: usize,
    length: usize,
    stride: usize,
    axis: usize,
    size: [usize; 3],
}

impl Lines {
    fn new(size: [usize; 3], axis: usize) -> Lines {
        let stride = size[..axis].iter().product();
        Lines { count: size.iter().product::<usize>() / size[axis], length: size[axis], stride, axis, size }
    }

    fn start(&self, line: usize) -> usize {
        match self.axis {
            0 => line * self.size[0],
            1 => line / self.size[0] * self.size[0] * self.size[1] + line % self.size[0],
            _ => line,
        }
    }

    fn filter(
        &self,
        recursion: &Recursion,
        read: impl Fn(usize) -> f64,
        mut write: impl FnMut(usize, f32),
        buffers: &mut Buffers,
    ) {
        buffers.data.resize(self.length, [0.0; LANES]);
        buffers.out.resize(self.length, [0.0; LANES]);
        let mut line = 0;
        while line < self.count {
            let starts: [usize; LANES] = std::array::from_fn(|l| self.start((line + l).min(self.count - 1)));
            for (i, lanes) in buffers.data.iter_mut().enumerate() {
                for (lane, start) in lanes.iter_mut().zip(&starts) {
                    *lane = read(start + i * self.stride);
                }
            }
            recursion.run(&buffers.data, &mut buffers.out);
            let used = LANES.min(self.count - line);
            for (i, lanes) in buffers.out.iter().enumerate() {
                for (lane, start) in lanes.iter().zip(&starts).take(used) {
                    write(start + i * self.stride, *lane as f32);
                }
            }
            line += LANES;
        }
    }
}

#[derive(Default)]
struct Buffers {
    data: Vec<Lanes>,
    out: Vec<Lanes>,
}

/// The filtered image at the region's voxels.
///
/// The recursion forgets at e^{-1.37 n spacing / σ}; thirty σ around the region change nothing that `f32` shows.
///
/// # Errors
/// [`Skipped`] when sigma is not positive or the image too small for it.
pub fn apply(image: &Volume, region: &Region, sigma: &Sigma) -> Result<Derived, Skipped> {
    let name = format!("log-sigma-{}-mm-3D", sigma.written.replace('.', "-"));
    let mm = sigma.millimetres;
    if !(mm.is_finite() && mm > 0.0) {
        return Err(Skipped::Sigma { name, sigma: mm });
    }
    let size = image.size();
    let spacing = image.geometry.spacing().0;
    let short = |axis: usize| size[axis] < 4 || (size[axis] as f64) < (mm / spacing[axis]).ceil() + 1.0;
    if (0..3).any(short) {
        return Err(Skipped::TooSmall { name, size });
    }
    let margin: [usize; 3] = std::array::from_fn(|axis| (30.0 * mm / spacing[axis]).ceil() as usize + 4);
    let place = region.place.widened(margin, size);
    let response = response(image, &place, mm, spacing);
    let values = inner(&response, &place, region);
    Ok(Derived { name, values, single: true })
}

/// The response over a box of the image.
pub fn response(image: &Volume, place: &VoxelBox, sigma: f64, spacing: [f64; 3]) -> Vec<f32> {
    let source = image.reals(place);
    let size = place.size();
    let mut sum = vec![0f32; source.len()];
    let mut work = vec![0f32; source.len()];
    let mut buffers = Buffers::default();
    for axis in 0..3 {
        let derivative = Recursion::new(sigma, spacing[axis], Order::SecondDerivative);
        Lines::new(size, axis).filter(&derivative, |i| source[i], |i, v| work[i] = v, &mut buffers);
        for other in (0..3).filter(|other| *other != axis) {
            let smoothing = Recursion::new(sigma, spacing[other], Order::Smoothing);
            let cells = std::cell::Cell::from_mut(&mut work[..]).as_slice_of_cells();
            Lines::new(size, other).filter(&smoothing, |i| cells[i].get().real(), |i, v| cells[i].set(v), &mut buffers);
        }
        let scale = 1.0 / (spacing[axis] * spacing[axis]);
        for (total, value) in sum.iter_mut().zip(&work) {
            *total = (f64::from(*total) + f64::from(*value) * scale) as f32;
        }
    }
    sum
}

/// The region's values from those of a box around it.
pub(crate) fn inner<T: Number>(values: &[T], place: &VoxelBox, region: &Region) -> Vec<f64> {
    let size = place.size();
    let mut out = Vec::with_capacity(region.voxels);
    let offset: [usize; 3] = std::array::from_fn(|axis| region.place.low[axis] - place.low[axis]);
    for (row, line) in region.inside.chunks_exact(region.size[0].max(1)).enumerate() {
        let (y, z) = (row % region.size[1] + offset[1], row / region.size[1] + offset[2]);
        let start = (z * size[1] + y) * size[0] + offset[0];
        let values = &values[start..start + line.len()];
        out.extend(line.iter().zip(values).filter(|(flag, _)| **flag != 0).map(|(_, v)| v.real()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, Voxels};

    #[test]
    fn a_constant_image_has_no_edges_and_a_blob_has() {
        let geometry = Geometry::axis_aligned([20, 20, 20], [1.0; 3]).unwrap();
        let flat = Volume::new(geometry.clone(), Voxels::I16(vec![50; 8000])).unwrap();
        let place = flat.whole();
        assert!(response(&flat, &place, 2.0, [1.0; 3]).iter().all(|v| v.abs() < 1e-3));
        let mut blob = vec![0i16; 8000];
        blob[10 * 400 + 10 * 20 + 10] = 1000;
        let blob = Volume::new(geometry, Voxels::I16(blob)).unwrap();
        let values = response(&blob, &place, 2.0, [1.0; 3]);
        // -3 / (2π)^{3/2} / σ^3 · 1000 at the centre of a point.
        let expected = -3000.0 / (2.0 * std::f64::consts::PI).powf(1.5) / 8.0;
        assert!((f64::from(values[10 * 400 + 10 * 20 + 10]) - expected).abs() < 0.05 * expected.abs());
    }

    #[test]
    fn names_keep_the_written_number() {
        assert_eq!(Sigma::new(4.0).written, "4.0");
        assert_eq!(Sigma::new(0.5).written, "0.5");
    }
}
