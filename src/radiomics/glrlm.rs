//! Grey level run lengths.

use super::level_size::{LevelSizeFeatures, LevelSizeMatrix, mean};
use super::region::{Levels, Row, offsets};
use super::texture::TextureSettings;
use crate::card::{Card, Domain, Initial, Parameter, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 16] = [
    "GrayLevelNonUniformity",
    "GrayLevelNonUniformityNormalized",
    "GrayLevelVariance",
    "HighGrayLevelRunEmphasis",
    "LongRunEmphasis",
    "LongRunHighGrayLevelEmphasis",
    "LongRunLowGrayLevelEmphasis",
    "LowGrayLevelRunEmphasis",
    "RunEntropy",
    "RunLengthNonUniformity",
    "RunLengthNonUniformityNormalized",
    "RunPercentage",
    "RunVariance",
    "ShortRunEmphasis",
    "ShortRunHighGrayLevelEmphasis",
    "ShortRunLowGrayLevelEmphasis",
];

pub static CARD: Card = Card {
    name: "glrlm",
    title: "Grey level run length matrix",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[Parameter {
        name: "weighting",
        domain: Domain::Choice(&["none", "infinity", "euclidean", "manhattan", "no_weighting"]),
        default: Initial::Choice("none"),
        summary: "Sum the directions, weighted by their length, instead of averaging their features.",
    }],
    summary: "How long runs of equal grey level are.",
    documentation: "For each of 13 directions, n(i, j) counts runs of j neighbouring voxels of grey level i. A direction \
in which no line meets two voxels of the region is left out (a flat region has no runs across). Features per \
direction are averaged. Follows PyRadiomics 3.0.1.",
    references: &[
        "Galloway MM. Texture analysis using gray level run lengths. Comput Graph Image Process 1975;4:172-179.",
    ],
    example: "features radiomics from ct\n  classes glrlm",
};

/// Runs along one offset: counts by (rank, length), with the longest length.
///
/// Each voxel knows how far its run has come when the run reaches it, so that a run of length l has one voxel at every
/// length up to l, and the runs of exactly l are the voxels at l less those at l + 1. No branch depends on the image.
fn count_runs(levels: &Levels, rows: &[Row], step: isize) -> (Vec<u64>, usize) {
    let longest = levels.size.iter().copied().max().unwrap_or(1);
    let width = longest + 1;
    // Two tables in turn, so that neighbours alike do not wait for each other.
    let mut reached = [vec![0u32; (levels.grey.len() + 1) * width], vec![0u32; (levels.grey.len() + 1) * width]];
    let ranks = &levels.ranks[..];
    let mut lengths = vec![0u16; ranks.len()];
    for row in rows {
        // The step leads forwards, so where a run comes from has been seen.
        let start = row.start.wrapping_add_signed(-step);
        let count = row.end - row.start;
        let own = &ranks[row.start..row.end];
        if step == 1 {
            let (mut rank, mut length) = (0, 0);
            for (value, target) in own.iter().zip(&mut lengths[row.start..row.end]) {
                length = if *value == rank { length + 1 } else { 1 };
                rank = *value;
                *target = if rank == 0 { 0 } else { length };
            }
        } else {
            let before = &ranks[start..start + count];
            // A step beyond x leaves the row by more than the row is long, because of the padding.
            let (earlier, later) = lengths.split_at_mut(row.start);
            let earlier = &earlier[start..start + count];
            for (((target, come), rank), previous) in later[..count].iter_mut().zip(earlier).zip(own).zip(before) {
                let goes_on = u16::from(rank == previous).wrapping_neg();
                let inside = u16::from(*rank != 0).wrapping_neg();
                *target = ((goes_on & *come) + 1) & inside;
            }
        }
        let mut pairs = own.chunks_exact(2).zip(lengths[row.start..row.end].chunks_exact(2));
        for (rank, length) in pairs.by_ref() {
            reached[0][usize::from(rank[0]) * width + usize::from(length[0])] += 1;
            reached[1][usize::from(rank[1]) * width + usize::from(length[1])] += 1;
        }
        if count % 2 == 1 {
            reached[0][usize::from(own[count - 1]) * width + usize::from(lengths[row.end - 1])] += 1;
        }
    }
    let mut table = vec![0u64; levels.grey.len() * longest];
    for (rank, counts) in table.chunks_exact_mut(longest).enumerate() {
        let at = |length: usize| {
            let place = (rank + 1) * width + length;
            if length > longest { 0 } else { u64::from(reached[0][place]) + u64::from(reached[1][place]) }
        };
        for (place, count) in counts.iter_mut().enumerate() {
            *count = at(place + 1) - at(place + 2);
        }
    }
    (table, longest)
}

/// Whether a line along `offset` (z, y, x) meets two voxels, neighbours or not.
fn line_meets_two(levels: &Levels, rows: &[Row], offset: [isize; 3]) -> bool {
    let mut seen = std::collections::HashSet::new();
    for row in rows {
        let width = levels.padded[0];
        for at in row.start..row.end {
            if levels.ranks[at] == 0 {
                continue;
            }
            let place = [row.z as isize, row.y as isize, (at % width) as isize];
            let moving = offset.iter().position(|v| *v != 0).unwrap_or(2);
            let steps = place[moving] * offset[moving].signum() / offset[moving].abs().max(1);
            let line: [isize; 3] = std::array::from_fn(|k| place[k] - steps * offset[k]);
            if !seen.insert(line) {
                return true;
            }
        }
    }
    false
}

/// The matrix of one direction; none when no line meets two voxels.
pub fn runs(
    levels: &Levels,
    rows: &[Row],
    offset: [isize; 3],
    weight: f64,
    drop_flat: bool,
) -> Option<LevelSizeMatrix> {
    let (table, longest) = count_runs(levels, rows, levels.step(offset));
    let has_run = table.iter().enumerate().any(|(i, n)| *n > 0 && i % longest > 0);
    if drop_flat && !has_run && !line_meets_two(levels, rows, offset) {
        return None;
    }
    Some(LevelSizeMatrix::dense(&table, longest, &levels.grey, weight))
}

/// PyRadiomics' names for the features of a matrix.
pub fn in_order(f: &LevelSizeFeatures) -> [f64; 16] {
    [
        f.grey_nonuniformity,
        f.grey_nonuniformity_normalised,
        f.grey_variance,
        f.high,
        f.large,
        f.large_high,
        f.large_low,
        f.low,
        f.entropy,
        f.size_nonuniformity,
        f.size_nonuniformity_normalised,
        f.percentage,
        f.size_variance,
        f.small,
        f.small_high,
        f.small_low,
    ]
}

/// The features of one image, in the order of [`NAMES`].
pub fn features(levels: &Levels, spacing: [f64; 3], settings: &TextureSettings) -> [Option<f64>; 16] {
    let mut per_matrix = Vec::new();
    let mut sum = LevelSizeMatrix::default();
    for offset in offsets(&[1], settings.flat) {
        let weight = settings.weighting.map_or(1.0, |norm| norm.length(offset, spacing));
        let Some(matrix) = runs(levels, &levels.rows, offset, weight, true) else { continue };
        if settings.weighting.is_some() {
            sum.add(&matrix);
        } else {
            per_matrix.extend(matrix.features());
        }
    }
    if settings.weighting.is_some() {
        per_matrix.extend(sum.features());
    }
    mean(&per_matrix).map_or([None; 16], |f| in_order(&f).map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;
    use crate::radiomics::region::Region;

    #[test]
    fn runs_of_the_worked_example() {
        let image = [5, 2, 5, 4, 4, 3, 3, 3, 1, 3, 2, 1, 1, 1, 3, 4, 2, 2, 2, 3, 3, 5, 3, 3, 2];
        let region = Region::new(VoxelBox { low: [0; 3], high: [5, 5, 1] }, [1.0; 3], vec![1; 25]);
        let levels = Levels::new(&region, &image, 1).unwrap();
        let matrix = runs(&levels, &levels.rows, [0, 0, 1], 1.0, true).unwrap();
        let count =
            |grey: f64, length: f64| matrix.entries.iter().find(|e| e.0 == grey && e.1 == length).map_or(0.0, |e| e.2);
        let expected = [[1.0, 0.0, 1.0], [3.0, 0.0, 1.0], [4.0, 1.0, 1.0], [1.0, 1.0, 0.0], [3.0, 0.0, 0.0]];
        for (i, row) in expected.iter().enumerate() {
            for (j, n) in row.iter().enumerate() {
                assert_eq!(count((i + 1) as f64, (j + 1) as f64), *n, "{i} {j}");
            }
        }
        // Across the only slice there is no line with two voxels.
        assert!(runs(&levels, &levels.rows, [1, 0, 0], 1.0, true).is_none());
    }
}
