//! Stationary (undecimated) wavelets, as PyWavelets' `swtn` computes them.
//!
//! Along each axis `y[n] = Σ_j h[j] x[(n + F/2 − j) mod N]`, summed from j = 0 but for what lies beyond the image's end,
//! on the image repeated periodically; an axis of odd length is first padded by its own first voxel. Only the region and what its voxels reach is computed.

use std::f64::consts::SQRT_2;
use std::ops::{AddAssign, Mul};

use super::wavelet_tables::WAVELETS;
use super::{Derived, Filter, Offered, Part, Skipped};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::volume::Number;
use crate::imaging::{Volume, VoxelType};
use crate::on_voxels;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "wavelet",
    title: "Stationary wavelet",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "family",
            domain: Domain::Text,
            default: Initial::Choice("coif1"),
            summary: "haar, db1-db20, sym2-sym20, coif1-coif5, bior1.1-bior6.8 or rbio1.1-rbio6.8.",
        },
        Parameter {
            name: "level",
            domain: Domain::Integer { low: 1, high: 8 },
            default: Initial::Integer(1),
            summary: "Levels of decomposition.",
        },
        Parameter {
            name: "start_level",
            domain: Domain::Integer { low: 0, high: 8 },
            default: Initial::Integer(0),
            summary: "Levels of smoothing before the first that gives images.",
        },
    ],
    summary: "Eight sub-bands: low- or high-pass along x, y and z.",
    documentation: "Undecimated wavelet decomposition with periodic borders. The letters of a sub-band are for x, y, z: \
HLL is high-pass along x. With flat textures the axis across the plane is left out and there are four sub-bands. \
Equals PyWavelets' `swtn` with one level at a time, which PyRadiomics uses.",
    references: &["Mallat S. A wavelet tour of signal processing. 3rd ed. Academic Press, 2009."],
    example: "features radiomics from ct\n  filter wavelet(family = coif1)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        let family = settings.choice("family").to_owned();
        if filters(&family).is_none() {
            return Err(format!(
                "no wavelet is called `{family}`: known are haar, db1 to db20, sym2 to sym20, coif1 to coif5, \
                 and bior and rbio 1.1 to 6.8"
            ));
        }
        let (level, start_level) = (settings.count("level"), settings.count("start_level"));
        Ok(Filter::Wavelet(Settings { family, level, start_level }))
    },
};

/// The parameters of the filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub family: String,
    pub level: usize,
    pub start_level: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { family: "coif1".into(), level: 1, start_level: 0 }
    }
}

/// The low-pass and high-pass decomposition filters of a wavelet.
pub fn filters(family: &str) -> Option<(Vec<f64>, Vec<f64>)> {
    let (_, low, high) = WAVELETS.iter().find(|entry| entry.0 == family)?;
    let high = if high.is_empty() {
        let sign = |k: usize| if k.is_multiple_of(2) { -1.0 } else { 1.0 };
        low.iter().rev().enumerate().map(|(k, v)| sign(k) * v).collect()
    } else {
        high.to_vec()
    };
    Some((low.to_vec(), high))
}

trait Real: Number + Mul<Output = Self> + AddAssign + Default {
    fn from_real(value: f64) -> Self;
}
impl Real for f32 {
    fn from_real(value: f64) -> f32 {
        value as f32
    }
}
impl Real for f64 {
    fn from_real(value: f64) -> f64 {
        value
    }
}

/// A box of the periodic image.
#[derive(Clone, Copy)]
struct Extent {
    size: [usize; 3],
    /// The position in the image of the box's first voxel; may lie before it.
    first: [isize; 3],
    /// After how many voxels the image repeats.
    period: [usize; 3],
}

/// Filters along one axis; the result is shorter by the filter's length less one.
fn convolve<T: Real>(source: &[T], extent: Extent, axis: usize, filter: &[T]) -> (Vec<T>, Extent) {
    let mut shorter = extent;
    let size = extent.size;
    let last = filter.len() - 1;
    shorter.size[axis] = size[axis] - last;
    shorter.first[axis] += (last - filter.len() / 2) as isize;
    let length = shorter.size[axis];
    let mut out = vec![T::default(); shorter.size.iter().product()];
    if axis == 0 {
        for (target, row) in out.chunks_exact_mut(length).zip(source.chunks_exact(size[0])) {
            for (j, weight) in filter.iter().enumerate() {
                let shifted = &row[last - j..last - j + target.len()];
                for (sum, value) in target.iter_mut().zip(shifted) {
                    *sum += *weight * *value;
                }
            }
        }
    } else {
        // Blocks of numbers that lie side by side while the axis stands still.
        let inner: usize = size[..axis].iter().product();
        let blocks = source.chunks_exact(inner * size[axis]).zip(out.chunks_exact_mut(inner * length));
        for (block, result) in blocks {
            // Pieces short enough to stay in the nearest cache while all weights pass.
            for (n, target) in result.chunks_exact_mut(inner).enumerate() {
                for start in (0..inner).step_by(1024) {
                    let end = (start + 1024).min(inner);
                    let target = &mut target[start..end];
                    for (j, weight) in filter.iter().enumerate() {
                        let from = (n + last - j) * inner;
                        for (sum, value) in target.iter_mut().zip(&block[from + start..from + end]) {
                            *sum += *weight * *value;
                        }
                    }
                }
            }
        }
    }
    // Where the sum reaches over the image's end, PyWavelets adds what lies beyond it first, from the end on; the last
    // digit of a single-precision sum hangs on it.
    let period = extent.period[axis];
    let inner: usize = size[..axis].iter().product();
    for n in 0..length {
        let place = (shorter.first[axis] + n as isize).rem_euclid(period as isize) as usize;
        let beyond = (place + filter.len() / 2 + 1).saturating_sub(period).min(filter.len());
        // One product or none has no order.
        if beyond < 2 {
            continue;
        }
        for (block, result) in source.chunks_exact(inner * size[axis]).zip(out.chunks_exact_mut(inner * length)) {
            for (lane, target) in result[n * inner..(n + 1) * inner].iter_mut().enumerate() {
                let mut sum = T::default();
                for j in (0..beyond).rev().chain(beyond..filter.len()) {
                    sum += filter[j] * block[(n + last - j) * inner + lane];
                }
                *target = sum;
            }
        }
    }
    (out, shorter)
}

/// Takes a sub-band: its letters as bits, its values, its place.
type Emit<'a, T, E> = &'a mut dyn FnMut(usize, &[T], Extent) -> Result<(), E>;

/// Splits along the remaining axes, low before high, and hands over each sub-band with its letters as bits
/// (the first axis highest).
fn split<T: Real, E>(
    data: &[T],
    extent: Extent,
    axes: &[usize],
    filters: (&[T], &[T]),
    only: Option<bool>,
    bits: usize,
    emit: Emit<'_, T, E>,
) -> Result<(), E> {
    let Some((axis, rest)) = axes.split_first() else { return emit(bits, data, extent) };
    for high in [false, true] {
        if only.is_some_and(|only| only != high) {
            continue;
        }
        let (band, shorter) = convolve(data, extent, *axis, if high { filters.1 } else { filters.0 });
        split(&band, shorter, rest, filters, None, bits * 2 + usize::from(high), emit)?;
    }
    Ok(())
}

/// Computes the sub-bands that belong to `part` and hands them to `visit`.
///
/// # Errors
/// [`Skipped`] for a wavelet that is not known; inside, the first error of `visit`.
pub fn apply<E>(
    image: &Volume,
    region: &Region,
    settings: &Settings,
    flat: Option<usize>,
    part: Part,
    visit: &mut dyn FnMut(Derived) -> Result<(), E>,
) -> Result<Result<(), E>, Skipped> {
    let Some((low, high)) = filters(&settings.family) else {
        return Err(Skipped::UnknownWavelet { name: format!("wavelet {}", settings.family) });
    };
    Ok(if image.voxels.kind() == VoxelType::F32 {
        // PyWavelets keeps coiflets without their factor √2 and multiplies in the image's precision.
        let coiflet = settings.family.starts_with("coif");
        let narrow = |filter: &[f64]| -> Vec<f32> {
            let rounded = |v: &f64| if coiflet { (v / SQRT_2) as f32 * SQRT_2 as f32 } else { *v as f32 };
            filter.iter().map(rounded).collect()
        };
        typed::<f32, E>(image, region, settings, flat, part, (&narrow(&low), &narrow(&high)), visit)
    } else {
        typed::<f64, E>(image, region, settings, flat, part, (&low, &high), visit)
    })
}

fn typed<T: Real, E>(
    image: &Volume,
    region: &Region,
    settings: &Settings,
    flat: Option<usize>,
    part: Part,
    filters: (&[T], &[T]),
    visit: &mut dyn FnMut(Derived) -> Result<(), E>,
) -> Result<(), E> {
    let axes: Vec<usize> = (0..3).filter(|axis| flat != Some(2 - axis)).collect();
    let length = filters.0.len();
    let (before, after) = (length - 1 - length / 2, length / 2);
    let passes = settings.start_level + settings.level;
    let size = image.size();
    let indices: [Vec<usize>; 3] = std::array::from_fn(|axis| {
        let (first, last) = (region.place.low[axis] as isize, region.place.high[axis] as isize);
        if !axes.contains(&axis) {
            return (first as usize..last as usize).collect();
        }
        let period = (size[axis] + size[axis] % 2) as isize;
        let reach = (passes * before) as isize;
        (first - reach..last + (passes * after) as isize)
            .map(|at| at.rem_euclid(period) as usize)
            // The voxel that pads an odd axis is its first.
            .map(|at| if at == size[axis] { 0 } else { at })
            .collect()
    });
    let mut data: Vec<T> = Vec::with_capacity(indices.iter().map(Vec::len).product());
    on_voxels!(&image.voxels, values => for z in &indices[2] {
        for y in &indices[1] {
            let row = &values[(z * size[1] + y) * size[0]..][..size[0]];
            data.extend(indices[0].iter().map(|x| T::from_real(row[*x].real())));
        }
    });
    let mut extent = Extent {
        size: std::array::from_fn(|axis| indices[axis].len()),
        first: std::array::from_fn(|axis| {
            let reach = if axes.contains(&axis) { passes * before } else { 0 };
            region.place.low[axis] as isize - reach as isize
        }),
        period: std::array::from_fn(|axis| size[axis] + size[axis] % 2),
    };
    for _ in 0..settings.start_level {
        for axis in &axes {
            (data, extent) = convolve(&data, extent, *axis, filters.0);
        }
    }
    let only = match part {
        Part::Whole => None,
        Part::Band(high) => Some(high),
    };
    let single = size_of::<T>() == 4;
    for level in 1..=settings.level {
        let remaining = settings.level - level;
        let offset: [usize; 3] = std::array::from_fn(|axis| if axes.contains(&axis) { remaining * before } else { 0 });
        let mut smooth: Option<(Vec<T>, Extent)> = None;
        split(&data, extent, &axes, filters, only, 0, &mut |bits, band: &[T], shape: Extent| {
            let final_level = level == settings.level;
            if bits == 0 && !final_level {
                smooth = Some((band.to_vec(), shape));
                return Ok(());
            }
            let letters: String = (0..axes.len()).rev().map(|k| if bits >> k & 1 == 1 { 'H' } else { 'L' }).collect();
            let prefix = if level == 1 { "wavelet-".to_owned() } else { format!("wavelet{level}-") };
            visit(Derived { name: prefix + &letters, values: pick(band, shape.size, offset, region), single })
        })?;
        if let Some((band, shape)) = smooth {
            (data, extent) = (band, shape);
        }
    }
    Ok(())
}

/// The region's voxels from a volume whose voxel `offset` is the first of the region's box.
fn pick<T: Real>(band: &[T], shape: [usize; 3], offset: [usize; 3], region: &Region) -> Vec<f64> {
    let mut out = Vec::with_capacity(region.voxels);
    for (row, line) in region.inside.chunks_exact(region.size[0].max(1)).enumerate() {
        let (y, z) = (row % region.size[1] + offset[1], row / region.size[1] + offset[2]);
        let start = (z * shape[1] + y) * shape[0] + offset[0];
        let values = &band[start..start + line.len()];
        out.extend(line.iter().zip(values).filter(|(flag, _)| **flag != 0).map(|(_, v)| v.real()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, VoxelBox, Voxels};

    fn bands(part: Part, level: usize) -> Vec<Derived> {
        let geometry = Geometry::axis_aligned([5, 4, 3], [1.0; 3]).unwrap();
        let image = Volume::new(geometry, Voxels::I16((0..60).map(|i| (i * 37 % 23) as i16).collect())).unwrap();
        let region = Region::new(VoxelBox { low: [0; 3], high: [5, 4, 3] }, [1.0; 3], vec![1; 60]);
        let settings = Settings { level, ..Settings::default() };
        let mut out = Vec::new();
        apply::<()>(&image, &region, &settings, None, part, &mut |derived| {
            out.push(derived);
            Ok(())
        })
        .unwrap()
        .unwrap();
        out
    }

    #[test]
    fn bands_are_named_and_halves_make_the_whole() {
        let whole = bands(Part::Whole, 1);
        assert_eq!(whole.len(), 8);
        let halves: Vec<Derived> =
            [Part::Band(false), Part::Band(true)].into_iter().flat_map(|p| bands(p, 1)).collect();
        for (a, b) in whole.iter().zip(&halves) {
            assert_eq!((&a.name, &a.values), (&b.name, &b.values));
        }
        assert_eq!(bands(Part::Whole, 2).len(), 15);
    }

    #[test]
    fn high_pass_filters_have_no_mean_and_unknown_wavelets_are_refused() {
        for (name, _, _) in WAVELETS {
            let (low, high) = filters(name).unwrap();
            assert_eq!(low.len(), high.len());
            assert!(high.iter().sum::<f64>().abs() < 1e-6, "{name}");
            assert!((low.iter().sum::<f64>() - 2f64.sqrt()).abs() < 1e-6, "{name}");
        }
        assert!(filters("morlet").is_none());
    }
}
