//! Grey level size zones.

use super::level_size::{LevelSizeFeatures, LevelSizeMatrix};
use super::region::Levels;
use super::texture::TextureSettings;
use crate::card::{Card, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 16] = [
    "GrayLevelNonUniformity",
    "GrayLevelNonUniformityNormalized",
    "GrayLevelVariance",
    "HighGrayLevelZoneEmphasis",
    "LargeAreaEmphasis",
    "LargeAreaHighGrayLevelEmphasis",
    "LargeAreaLowGrayLevelEmphasis",
    "LowGrayLevelZoneEmphasis",
    "SizeZoneNonUniformity",
    "SizeZoneNonUniformityNormalized",
    "SmallAreaEmphasis",
    "SmallAreaHighGrayLevelEmphasis",
    "SmallAreaLowGrayLevelEmphasis",
    "ZoneEntropy",
    "ZonePercentage",
    "ZoneVariance",
];

pub static CARD: Card = Card {
    name: "glszm",
    title: "Grey level size zone matrix",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[],
    summary: "How large connected zones of equal grey level are.",
    documentation: "n(i, j) counts zones of j voxels of grey level i that touch by face, edge or corner (26 neighbours; \
8 in a plane). Follows PyRadiomics 3.0.1.",
    references: &["Thibault G, et al. Texture indexes and gray level size zone matrix. Proc PRIP 2009:140-145."],
    example: "features radiomics from ct\n  classes glszm",
};

/// One zone: its rank, its number of voxels, its slice (of its first voxel) and the least of the marks of its voxels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    pub rank: u16,
    pub voxels: u32,
    pub slice: u32,
    /// Least mark, such as the distance to the border; 0 without marks.
    pub least: u32,
}

struct Run {
    start: u32,
    end: u32,
    rank: u16,
    parent: u32,
    slice: u32,
    least: u32,
}

fn root(runs: &mut [Run], mut at: u32) -> u32 {
    while runs[at as usize].parent != at {
        let grandparent = runs[runs[at as usize].parent as usize].parent;
        runs[at as usize].parent = grandparent;
        at = grandparent;
    }
    at
}

/// Finds the zones. With `flat`, voxels touch only within planes across that axis (0 is z). `marks`, laid out as the
/// padded levels, gives each zone the least mark among its voxels.
///
/// Rows are cut into runs of equal grey level; runs of neighbouring rows that touch are joined.
pub fn zones(levels: &Levels, flat: Option<usize>, marks: Option<&[u32]>) -> Vec<Zone> {
    let width = levels.padded[0] as u32;
    let mut runs: Vec<Run> = Vec::with_capacity(levels.voxels / 2);
    // First run of each row of the padded box, by (z, y).
    let (ny, nz) = (levels.padded[1], levels.padded[2]);
    let mut of_row = vec![(0u32, 0u32); ny * nz];
    let single = flat == Some(2);
    for row in &levels.rows {
        let first = runs.len() as u32;
        let mut at = row.start;
        while at < row.end {
            let rank = levels.ranks[at];
            let start = at;
            at += 1;
            if rank == 0 {
                continue;
            }
            while !single && at < row.end && levels.ranks[at] == rank {
                at += 1;
            }
            let least = marks.map_or(0, |marks| marks[start..at].iter().copied().min().unwrap_or(0));
            let x = (start % width as usize) as u32;
            let parent = runs.len() as u32;
            let end = x + (at - start) as u32;
            runs.push(Run { start: x, end, rank, parent, slice: row.z as u32, least });
        }
        let (y, z) = (row.y + levels.pad, row.z + levels.pad);
        of_row[z * ny + y] = (first, runs.len() as u32);
        let before: &[(usize, usize)] = match flat {
            Some(0) => &[(z, y - 1)],
            Some(1) => &[(z - 1, y)],
            _ => &[(z, y - 1), (z - 1, y - 1), (z - 1, y), (z - 1, y + 1)],
        };
        let reach = u32::from(!single);
        for (z, y) in before {
            let (mut near, last) = of_row[z * ny + y];
            for run in first..runs.len() as u32 {
                let (start, end, rank) = {
                    let run = &runs[run as usize];
                    (run.start, run.end, run.rank)
                };
                while near < last && runs[near as usize].end + reach <= start {
                    near += 1;
                }
                let mut other = near;
                while other < last && runs[other as usize].start < end + reach {
                    if runs[other as usize].rank == rank {
                        let (a, b) = (root(&mut runs, run), root(&mut runs, other));
                        let (low, high) = (a.min(b), a.max(b));
                        runs[high as usize].parent = low;
                    }
                    other += 1;
                }
            }
        }
    }
    let mut size = vec![0u32; runs.len()];
    for run in 0..runs.len() as u32 {
        let top = root(&mut runs, run) as usize;
        size[top] += runs[run as usize].end - runs[run as usize].start;
        runs[top].least = runs[top].least.min(runs[run as usize].least);
    }
    runs.iter()
        .zip(&size)
        .filter(|(_, voxels)| **voxels > 0)
        .map(|(run, voxels)| Zone { rank: run.rank, voxels: *voxels, slice: run.slice, least: run.least })
        .collect()
}

/// The matrix over zones, by a size taken of each.
pub fn matrix(levels: &Levels, zones: &[Zone], size: impl Fn(&Zone) -> u32) -> LevelSizeMatrix {
    let mut keys: Vec<(u16, u32)> = zones.iter().map(|zone| (zone.rank, size(zone))).collect();
    keys.sort_unstable();
    let entries = keys
        .chunk_by(|a, b| a == b)
        .map(|group| (levels.grey[usize::from(group[0].0) - 1], f64::from(group[0].1), group.len() as f64))
        .collect();
    LevelSizeMatrix { entries }
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
        f.size_nonuniformity,
        f.size_nonuniformity_normalised,
        f.small,
        f.small_high,
        f.small_low,
        f.entropy,
        f.percentage,
        f.size_variance,
    ]
}

/// The features of one image, in the order of [`NAMES`].
pub fn features(levels: &Levels, settings: &TextureSettings) -> [Option<f64>; 16] {
    let zones = zones(levels, settings.flat, None);
    matrix(levels, &zones, |zone| zone.voxels).features().map_or([None; 16], |f| in_order(&f).map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;
    use crate::radiomics::region::Region;

    fn levels(size: [usize; 3], image: &[u32]) -> Levels {
        let region = Region::new(VoxelBox { low: [0; 3], high: size }, [1.0; 3], vec![1; image.len()]);
        Levels::new(&region, image, 1).unwrap()
    }

    #[test]
    fn zones_of_the_worked_example() {
        let image = [5, 2, 5, 4, 4, 3, 3, 3, 1, 3, 2, 1, 1, 1, 3, 4, 2, 2, 2, 3, 3, 5, 3, 3, 2];
        let levels = levels([5, 5, 1], &image);
        let mut found: Vec<(u16, u32)> = zones(&levels, None, None).iter().map(|z| (z.rank, z.voxels)).collect();
        found.sort_unstable();
        let expected =
            vec![(1, 4), (2, 1), (2, 1), (2, 4), (3, 1), (3, 3), (3, 5), (4, 1), (4, 2), (5, 1), (5, 1), (5, 1)];
        // The manual's table: one zone of 1 with 4 voxels, and so on; corners touch.
        assert_eq!(found.iter().map(|z| z.1).sum::<u32>(), 25);
        assert_eq!(found.iter().filter(|z| z.0 == 1).count(), expected.iter().filter(|z| z.0 == 1).count());
        assert_eq!(found.iter().filter(|z| z.0 == 5).count(), 3);
    }

    #[test]
    fn zones_equal_a_plain_flood_fill() {
        let size = [7, 6, 5];
        let image: Vec<u32> = (0..210u32).map(|i| i.wrapping_mul(2654435761).rotate_left(9) % 3 + 1).collect();
        let levels = levels(size, &image);
        for flat in [None, Some(0), Some(1), Some(2)] {
            let mut seen = [false; 210];
            let mut expected = Vec::new();
            for start in 0..210 {
                if seen[start] {
                    continue;
                }
                let mut stack = vec![start];
                seen[start] = true;
                let mut count = 0;
                while let Some(at) = stack.pop() {
                    count += 1;
                    let place = [at / 42, at / 7 % 6, at % 7];
                    for other in 0..210 {
                        let there = [other / 42, other / 7 % 6, other % 7];
                        let near = (0..3).all(|k| place[k].abs_diff(there[k]) <= 1)
                            && flat.is_none_or(|axis: usize| place[axis] == there[axis]);
                        if near && !seen[other] && image[other] == image[at] {
                            seen[other] = true;
                            stack.push(other);
                        }
                    }
                }
                expected.push((image[start] as u16, count));
            }
            let mut found: Vec<(u16, u32)> = zones(&levels, flat, None).iter().map(|z| (z.rank, z.voxels)).collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{flat:?}");
        }
    }
}
