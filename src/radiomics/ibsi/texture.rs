//! Texture in the IBSI convention: the same matrices, aggregated by slice, by direction and over all.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::{Aggregation, Family, Features, IbsiSettings, Prepared};
use crate::radiomics::glcm::{self, Cooccurrence, pairs};
use crate::radiomics::gldm;
use crate::radiomics::glrlm::runs;
use crate::radiomics::glszm::{Zone, matrix, zones};
use crate::radiomics::level_size::{LevelSizeFeatures, LevelSizeMatrix, mean};
use crate::radiomics::ngtdm::{self, ToneDifferences, differences};
use crate::radiomics::region::{Levels, Region, offsets};
use crate::radiomics::texture::{TextureSettings, mean_of_existing};

/// IBSI's tags of co-occurrence features, by PyRadiomics' names.
const COOCCURRENCE: [(&str, &str); 25] = [
    ("joint_max", "MaximumProbability"),
    ("joint_avg", "JointAverage"),
    ("joint_var", "SumSquares"),
    ("joint_entr", "JointEntropy"),
    ("diff_avg", "DifferenceAverage"),
    ("diff_var", "DifferenceVariance"),
    ("diff_entr", "DifferenceEntropy"),
    ("sum_avg", "SumAverage"),
    ("sum_var", "ClusterTendency"),
    ("sum_entr", "SumEntropy"),
    ("energy", "JointEnergy"),
    ("contrast", "Contrast"),
    ("dissimilarity", "DifferenceAverage"),
    ("inv_diff", "Id"),
    ("inv_diff_norm", "Idn"),
    ("inv_diff_mom", "Idm"),
    ("inv_diff_mom_norm", "Idmn"),
    ("inv_var", "InverseVariance"),
    ("corr", "Correlation"),
    ("auto_corr", "Autocorrelation"),
    ("clust_tend", "ClusterTendency"),
    ("clust_shade", "ClusterShade"),
    ("clust_prom", "ClusterProminence"),
    ("info_corr1", "Imc1"),
    ("info_corr2", "Imc2"),
];

/// IBSI's tags of the features of a matrix of grey level by size, for its five families in this order.
struct SizeTags {
    prefix: &'static str,
    small: &'static str,
    large: &'static str,
    low: &'static str,
    high: &'static str,
    products: [&'static str; 4],
    sizes: [&'static str; 2],
    percentage: &'static str,
    variance: &'static str,
    entropy: &'static str,
}

const RUNS: SizeTags = SizeTags {
    prefix: "rlm",
    small: "sre",
    large: "lre",
    low: "lgre",
    high: "hgre",
    products: ["srlge", "srhge", "lrlge", "lrhge"],
    sizes: ["rlnu", "rlnu_norm"],
    percentage: "r_perc",
    variance: "rl_var",
    entropy: "rl_entr",
};
const ZONES: SizeTags = SizeTags {
    prefix: "szm",
    small: "sze",
    large: "lze",
    low: "lgze",
    high: "hgze",
    products: ["szlge", "szhge", "lzlge", "lzhge"],
    sizes: ["zsnu", "zsnu_norm"],
    percentage: "z_perc",
    variance: "zs_var",
    entropy: "zs_entr",
};
const DISTANCES: SizeTags = SizeTags {
    prefix: "dzm",
    small: "sde",
    large: "lde",
    low: "lgze",
    high: "hgze",
    products: ["sdlge", "sdhge", "ldlge", "ldhge"],
    sizes: ["zdnu", "zdnu_norm"],
    percentage: "z_perc",
    variance: "zd_var",
    entropy: "zd_entr",
};
const DEPENDENCES: SizeTags = SizeTags {
    prefix: "ngl",
    small: "lde",
    large: "hde",
    low: "lgce",
    high: "hgce",
    products: ["ldlge", "ldhge", "hdlge", "hdhge"],
    sizes: ["dcnu", "dcnu_norm"],
    percentage: "dc_perc",
    variance: "dc_var",
    entropy: "dc_entr",
};

impl SizeTags {
    /// Adds the features; `percentage` is theirs already with the right denominator.
    fn put(&self, suffix: &str, features: Option<LevelSizeFeatures>, out: &mut Features) {
        let Some(f) = features else { return };
        let pairs = [
            (self.small, f.small),
            (self.large, f.large),
            (self.low, f.low),
            (self.high, f.high),
            (self.products[0], f.small_low),
            (self.products[1], f.small_high),
            (self.products[2], f.large_low),
            (self.products[3], f.large_high),
            ("glnu", f.grey_nonuniformity),
            ("glnu_norm", f.grey_nonuniformity_normalised),
            (self.sizes[0], f.size_nonuniformity),
            (self.sizes[1], f.size_nonuniformity_normalised),
            (self.percentage, f.percentage),
            ("gl_var", f.grey_variance),
            (self.variance, f.size_variance),
            (self.entropy, f.entropy),
        ];
        for (tag, value) in pairs {
            out.insert(format!("{}_{tag}_{suffix}", self.prefix), Some(value));
        }
        if self.prefix == "ngl" {
            out.insert(format!("ngl_dc_energy_{suffix}"), Some(f.energy));
        }
    }
}

fn with_percentage(matrix: &LevelSizeMatrix, voxels: f64) -> Option<LevelSizeFeatures> {
    let mut f = matrix.features()?;
    f.percentage = f.total / voxels;
    Some(f)
}

/// Adds the texture features of the families asked for, and more of their kind.
pub fn features(prepared: &Prepared, levels: &Levels, settings: &IbsiSettings, out: &mut Features) {
    let wanted = |families: &[Family]| families.iter().any(|family| settings.families.contains(family));
    let planar = settings.aggregation.iter().any(|of| *of != Aggregation::Volume);
    let volume = settings.aggregation.contains(&Aggregation::Volume);
    for planar in [planar.then_some(true), volume.then_some(false)].into_iter().flatten() {
        if wanted(&[Family::Cooccurrence]) {
            cooccurrence(levels, planar, out);
        }
        if wanted(&[Family::RunLength]) {
            run_lengths(levels, planar, out);
        }
        if wanted(&[Family::SizeZone, Family::DistanceZone]) {
            zones_and_distances(prepared, levels, planar, out);
        }
        if wanted(&[Family::ToneDifference, Family::Dependence]) {
            neighbours(levels, planar, out);
        }
    }
}

/// The slices that hold voxels; one group of all for three dimensions.
fn slices(levels: &Levels, planar: bool) -> Vec<Option<usize>> {
    if !planar {
        return vec![None];
    }
    let mut out: Vec<Option<usize>> = levels.rows.iter().map(|row| Some(row.z)).collect();
    out.dedup();
    out
}

fn voxels_in(levels: &Levels, slice: Option<usize>) -> f64 {
    let inside =
        |row: &crate::radiomics::region::Row| levels.ranks[row.start..row.end].iter().filter(|rank| **rank > 0).count();
    levels.rows_of(slice).iter().map(inside).sum::<usize>() as f64
}

fn cooccurrence(levels: &Levels, planar: bool, out: &mut Features) {
    let directions = offsets(&[1], planar.then_some(0));
    let slices = slices(levels, planar);
    let order = levels.grey.len();
    let highest = levels.highest();
    let mut single = Vec::new();
    let mut by_slice = vec![Cooccurrence::empty(order); slices.len()];
    let mut by_direction = vec![Cooccurrence::empty(order); directions.len()];
    for (s, slice) in slices.iter().enumerate() {
        for (d, direction) in directions.iter().enumerate() {
            let table = pairs(levels, levels.rows_of(*slice), levels.step(*direction));
            let matrix = Cooccurrence::new(&table, true);
            by_slice[s].add(&matrix, 1.0);
            by_direction[d].add(&matrix, 1.0);
            if planar {
                single.extend(matrix.features(&levels.grey, highest, false));
            }
        }
    }
    let mut all = Cooccurrence::empty(order);
    by_direction.iter().for_each(|matrix| all.add(matrix, 1.0));
    let mut put = |suffix: &str, found: &[[f64; 24]]| {
        for (tag, name) in COOCCURRENCE {
            let Some(at) = glcm::NAMES.iter().position(|known| *known == name) else { continue };
            out.insert(format!("cm_{tag}_{suffix}"), mean_of_existing(found.iter().map(|values| values[at])));
        }
    };
    let of = |matrices: &[Cooccurrence]| -> Vec<[f64; 24]> {
        matrices.iter().filter_map(|matrix| matrix.features(&levels.grey, highest, false)).collect()
    };
    if planar {
        put("2D_avg", &single);
        put("2D_comb", &of(&by_slice));
        put("2_5D_avg", &of(&by_direction));
        put("2_5D_comb", &of(&[all]));
    } else {
        put("3D_avg", &of(&by_direction));
        put("3D_comb", &of(&[all]));
    }
}

fn run_lengths(levels: &Levels, planar: bool, out: &mut Features) {
    let directions = offsets(&[1], planar.then_some(0));
    let slices = slices(levels, planar);
    let mut single = Vec::new();
    let mut by_slice = Vec::new();
    let mut by_direction = vec![LevelSizeMatrix::default(); directions.len()];
    for slice in &slices {
        let mut own = LevelSizeMatrix::default();
        for (d, direction) in directions.iter().enumerate() {
            if let Some(matrix) = runs(levels, levels.rows_of(*slice), *direction, 1.0, false) {
                own.add(&matrix);
                by_direction[d].add(&matrix);
                single.extend(matrix.features());
            }
        }
        by_slice.extend(own.features());
    }
    let mut all = LevelSizeMatrix::default();
    by_direction.iter().for_each(|matrix| all.add(matrix));
    let directed: Vec<LevelSizeFeatures> = by_direction.iter().filter_map(LevelSizeMatrix::features).collect();
    if planar {
        RUNS.put("2D_avg", mean(&single), out);
        RUNS.put("2D_comb", mean(&by_slice), out);
        RUNS.put("2_5D_avg", mean(&directed), out);
        RUNS.put("2_5D_comb", all.features(), out);
    } else {
        RUNS.put("3D_avg", mean(&directed), out);
        RUNS.put("3D_comb", all.features(), out);
    }
}

/// How many steps across faces each voxel of the region lies from the outside, 1 at the border, laid out as the
/// padded levels of another box of the same image.
fn border_distances(shape: &Region, levels: &Levels, place: [usize; 3], planar: bool) -> Vec<u32> {
    let padded = shape.size.map(|n| n + 2);
    let stride = [1, padded[0], padded[0] * padded[1]];
    let mut distance = vec![0u32; padded.iter().product()];
    let [nx, ny, _] = shape.size;
    let mut left: Vec<usize> = Vec::new();
    for (at, flag) in shape.inside.iter().enumerate() {
        if *flag != 0 {
            let to = at % nx + 1 + (at / nx % ny + 1) * stride[1] + (at / nx / ny + 1) * stride[2];
            distance[to] = u32::MAX;
            left.push(to);
        }
    }
    let axes = if planar { 2 } else { 3 };
    let mut layer = 1;
    while !left.is_empty() {
        let touches = |at: &usize| stride[..axes].iter().any(|s| distance[at - s] < layer || distance[at + s] < layer);
        let (reached, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(touches);
        for at in &reached {
            distance[*at] = layer;
        }
        left = if reached.is_empty() { Vec::new() } else { rest };
        layer += 1;
    }
    let mut out = vec![0u32; levels.ranks.len()];
    for row in &levels.rows {
        for at in row.start..row.end {
            let x = at % levels.padded[0] - levels.pad;
            let own = [x + place[0], row.y + place[1], row.z + place[2]];
            let from: usize = (0..3).map(|k| (own[k] - shape.place.low[k] + 1) * stride[k]).sum();
            out[at] = distance[from];
        }
    }
    out
}

/// What counts as a zone's size.
type Size = fn(&Zone) -> u32;

fn zones_and_distances(prepared: &Prepared, levels: &Levels, planar: bool, out: &mut Features) {
    let marks = border_distances(&prepared.morphological, levels, prepared.intensity.place.low, planar);
    let all: Vec<Zone> = zones(levels, planar.then_some(0), Some(&marks));
    let voxels = levels.voxels as f64;
    let families: [(&SizeTags, Size); 2] = [(&ZONES, |z| z.voxels), (&DISTANCES, |z| z.least)];
    for (tags, size) in families {
        let merged = with_percentage(&matrix(levels, &all, size), voxels);
        if planar {
            let by_slice: Vec<LevelSizeFeatures> = slices(levels, true)
                .into_iter()
                .filter_map(|slice| {
                    let own: Vec<Zone> =
                        all.iter().filter(|zone| Some(zone.slice as usize) == slice).copied().collect();
                    with_percentage(&matrix(levels, &own, size), voxels_in(levels, slice))
                })
                .collect();
            tags.put("2D", mean(&by_slice), out);
            tags.put("2_5D", merged, out);
        } else {
            tags.put("3D", merged, out);
        }
    }
}

fn neighbours(levels: &Levels, planar: bool, out: &mut Features) {
    let settings = TextureSettings { flat: planar.then_some(0), ..TextureSettings::default() };
    let mut tones = Vec::new();
    let mut all_tones = ToneDifferences::default();
    let mut dependences = Vec::new();
    let mut all_dependences = LevelSizeMatrix::default();
    for slice in slices(levels, planar) {
        let rows = levels.rows_of(slice);
        let own = differences(levels, rows, &settings, false);
        tones.extend(own.features());
        all_tones.add(&own);
        let own = gldm::matrix(levels, rows, &settings);
        dependences.extend(with_percentage(&own, voxels_in(levels, slice)));
        all_dependences.add(&own);
    }
    let mut put = |suffix: &str, found: &[[f64; 5]]| {
        for (at, name) in ngtdm::NAMES.iter().enumerate() {
            let tag = format!("ngt_{}_{suffix}", name.to_ascii_lowercase());
            out.insert(tag, mean_of_existing(found.iter().map(|values| values[at])));
        }
    };
    let merged: Vec<[f64; 5]> = all_tones.features().into_iter().collect();
    if planar {
        put("2D", &tones);
        put("2_5D", &merged);
        DEPENDENCES.put("2D", mean(&dependences), out);
        DEPENDENCES.put("2_5D", with_percentage(&all_dependences, levels.voxels as f64), out);
    } else {
        put("3D", &merged);
        DEPENDENCES.put("3D", with_percentage(&all_dependences, levels.voxels as f64), out);
    }
}
