//! Intensities in the IBSI convention: local peaks, statistics, histogram, intensity-volume histogram.

use super::{Features, IbsiSettings, Prepared, VolumeHistogram};
use crate::radiomics::discretise::{Discretisation, discretise};
use crate::radiomics::firstorder::{Statistics, entropy_and_uniformity};

/// Radius in mm of a sphere of 1 cm³.
const PEAK_RADIUS: f64 = 6.203_504_908_994;

/// Mean intensity of the image within 1 cm³ of the brightest voxel, and the highest such mean of any voxel.
pub fn local_peaks(prepared: &Prepared, out: &mut Features) {
    let region = &prepared.intensity;
    let spacing = region.spacing;
    let size = prepared.image.size();
    let reach: [usize; 3] = std::array::from_fn(|k| (PEAK_RADIUS / spacing[k]).floor() as usize);
    let place = region.place.widened(reach, size);
    let values = prepared.image.reals(&place);
    let extent = place.size();
    let mut offsets = Vec::new();
    let signed = reach.map(|r| r as isize);
    for z in -signed[2]..=signed[2] {
        for y in -signed[1]..=signed[1] {
            for x in -signed[0]..=signed[0] {
                let mm = [x as f64 * spacing[0], y as f64 * spacing[1], z as f64 * spacing[2]];
                if mm.iter().map(|v| v * v).sum::<f64>() <= PEAK_RADIUS * PEAK_RADIUS {
                    offsets.push([x, y, z]);
                }
            }
        }
    }
    let [nx, ny, _] = region.size;
    let (mut brightest, mut local, mut highest) = (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (at, flag) in region.inside.iter().enumerate() {
        if *flag == 0 {
            continue;
        }
        let own = [at % nx, at / nx % ny, at / nx / ny];
        let here: [isize; 3] = std::array::from_fn(|k| (own[k] + region.place.low[k] - place.low[k]) as isize);
        let get = |p: [isize; 3]| {
            (0..3)
                .all(|k| p[k] >= 0 && p[k] < extent[k] as isize)
                .then(|| values[(p[2] as usize * extent[1] + p[1] as usize) * extent[0] + p[0] as usize])
        };
        let (mut sum, mut n) = (0.0, 0.0);
        for offset in &offsets {
            if let Some(value) = get(std::array::from_fn(|k| here[k] + offset[k])) {
                sum += value;
                n += 1.0;
            }
        }
        let mean = sum / n;
        highest = highest.max(mean);
        let value = get(here).unwrap_or(f64::NEG_INFINITY);
        if value > brightest {
            (brightest, local) = (value, mean);
        } else if value == brightest {
            local = local.max(mean);
        }
    }
    out.insert("loc_peak_loc".into(), local.is_finite().then_some(local));
    out.insert("loc_peak_glob".into(), highest.is_finite().then_some(highest));
}

fn shared_statistics(prefix: &str, values: &[f64], out: &mut Features) -> Option<Statistics> {
    let s = Statistics::new(values)?;
    let mut put = |tag: &str, value: f64| {
        out.insert(format!("{prefix}_{tag}"), value.is_finite().then_some(value));
    };
    let [m2, m3, m4] = s.moments;
    put("mean", s.mean);
    put("var", m2);
    put("skew", if m2 == 0.0 { 0.0 } else { m3 / m2.powf(1.5) });
    put("kurt", if m2 == 0.0 { 0.0 } else { m4 / (m2 * m2) - 3.0 });
    put("median", s.median);
    put("min", s.minimum);
    put("p10", s.p10);
    put("p90", s.p90);
    put("max", s.maximum);
    put("iqr", s.p75 - s.p25);
    put("range", s.maximum - s.minimum);
    put("mad", s.mean_absolute_deviation);
    put("rmad", s.robust_mean_absolute_deviation);
    put("medad", values.iter().map(|v| (v - s.median).abs()).sum::<f64>() / s.n);
    put("cov", m2.sqrt() / s.mean);
    put("qcod", (s.p75 - s.p25) / (s.p75 + s.p25));
    Some(s)
}

/// Adds the `stat_` features.
pub fn statistics(values: &[f64], out: &mut Features) {
    let Some(s) = shared_statistics("stat", values, out) else { return };
    let energy: f64 = values.iter().map(|v| v * v).sum();
    out.insert("stat_energy".into(), Some(energy));
    out.insert("stat_rms".into(), Some((energy / s.n).sqrt()));
}

/// Adds the `ih_` features of discretised intensities.
pub fn histogram(grey: &[u32], how: Discretisation, out: &mut Features) {
    let values: Vec<f64> = grey.iter().map(|level| f64::from(*level)).collect();
    let Some(s) = shared_statistics("ih", &values, out) else { return };
    let highest = match how {
        Discretisation::Number(count) => count,
        _ => s.maximum as usize,
    };
    let mut counts = vec![0.0f64; highest + 1];
    for level in grey {
        counts[*level as usize] += 1.0;
    }
    // The commonest level; of several, the one nearest to the mean.
    let mode = (1..=highest)
        .max_by(|a, b| {
            let near = |level: usize| (level as f64 - s.mean).abs();
            counts[*a].total_cmp(&counts[*b]).then(near(*b).total_cmp(&near(*a)))
        })
        .unwrap_or(0);
    let (entropy, uniformity) = entropy_and_uniformity(counts.iter().copied());
    out.insert("ih_mode".into(), Some(mode as f64));
    out.insert("ih_entropy".into(), Some(entropy));
    out.insert("ih_uniformity".into(), Some(uniformity));
    if highest < 2 {
        return;
    }
    let gradient: Vec<f64> = (1..=highest)
        .map(|level| {
            if level == 1 {
                counts[2] - counts[1]
            } else if level == highest {
                counts[level] - counts[level - 1]
            } else {
                (counts[level + 1] - counts[level - 1]) / 2.0
            }
        })
        .collect();
    let first = |better: fn(f64, f64) -> bool| {
        let mut best = 0;
        for (at, value) in gradient.iter().enumerate() {
            if better(*value, gradient[best]) {
                best = at;
            }
        }
        best
    };
    let (steepest, lowest) = (first(|a, b| a > b), first(|a, b| a < b));
    out.insert("ih_max_grad".into(), Some(gradient[steepest]));
    out.insert("ih_max_grad_g".into(), Some((steepest + 1) as f64));
    out.insert("ih_min_grad".into(), Some(gradient[lowest]));
    out.insert("ih_min_grad_g".into(), Some((lowest + 1) as f64));
}

/// Adds the `ivh_` features.
pub fn volume_histogram(values: &[f64], settings: &IbsiSettings, out: &mut Features) {
    if values.is_empty() {
        return;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The bins' intensities, and each voxel on them.
    let (bins, on_bins): (Vec<f64>, Vec<f64>) = match settings.volume_histogram {
        VolumeHistogram::Units => {
            let (from, to) = settings.range.unwrap_or((low, high));
            let count = (to - from).floor().clamp(0.0, 1e7) as usize;
            ((0..=count).map(|k| from + k as f64).collect(), values.to_vec())
        }
        VolumeHistogram::Width(width) => {
            let (from, to) = settings.range.unwrap_or((low, high));
            let count = ((to - from) / width).ceil().clamp(1.0, 1e7) as usize;
            let centre = |k: f64| from + (k + 0.5) * width;
            let own = values.iter().map(|v| centre(((v - from) / width).floor().min(count as f64 - 1.0))).collect();
            ((0..count).map(|k| centre(k as f64)).collect(), own)
        }
        VolumeHistogram::Number(count) => {
            let Ok(levels) = discretise(values, Discretisation::Number(count), false) else { return };
            ((1..=count).map(|k| k as f64).collect(), levels.into_iter().map(f64::from).collect())
        }
    };
    let mut sorted = on_bins;
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let share = |at: f64| (sorted.len() - sorted.partition_point(|v| *v < at)) as f64 / n;
    let (Some(first), Some(last)) = (bins.first().copied(), bins.last().copied()) else { return };
    let span = last - first;
    let volume_at = |fraction: f64| {
        bins.iter().find(|i| span == 0.0 || (**i - first) / span >= fraction - 1e-12).map(|i| share(*i))
    };
    let intensity_at = |fraction: f64| bins.iter().copied().find(|i| share(*i) <= fraction).or(Some(last));
    let (v10, v90) = (volume_at(0.1), volume_at(0.9));
    let (i10, i90) = (intensity_at(0.1), intensity_at(0.9));
    let minus = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    out.insert("ivh_v10".into(), v10);
    out.insert("ivh_v90".into(), v90);
    out.insert("ivh_i10".into(), i10);
    out.insert("ivh_i90".into(), i90);
    out.insert("ivh_diff_v10_v90".into(), minus(v10, v90));
    out.insert("ivh_diff_i10_i90".into(), minus(i10, i90));
}
