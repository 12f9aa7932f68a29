//! Neighbouring grey tone difference.

use super::region::{Levels, Row, offsets};
use super::texture::TextureSettings;
use crate::card::{Card, Domain, Initial, Parameter, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 5] = ["Busyness", "Coarseness", "Complexity", "Contrast", "Strength"];

pub static CARD: Card = Card {
    name: "ngtdm",
    title: "Neighbouring grey tone difference matrix",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[Parameter {
        name: "distances",
        domain: Domain::Reals { low: 1.0, high: 64.0 },
        default: Initial::Derived("1"),
        summary: "Distances to neighbours, as the largest step along an axis.",
    }],
    summary: "How far a voxel's grey level lies from the mean of its neighbours.",
    documentation: "s(i) sums |i − mean of the neighbours inside the region| over voxels of grey level i. A voxel without \
neighbours adds nothing to s but is counted (the `ibsi` convention leaves it out). Coarseness is 10^6 where all \
differences are 0; contrast, busyness and strength are then 0. Follows PyRadiomics 3.0.1.",
    references: &["Amadasun M, King R. Textural features corresponding to textural properties. \
IEEE Trans Syst Man Cybern 1989;19:1264-1274."],
    example: "features radiomics from ct\n  classes ngtdm",
};

/// Per grey level: how many voxels, and the sum of their differences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToneDifferences {
    /// (grey level, voxels, sum of differences)
    pub entries: Vec<(f64, f64, f64)>,
}

/// Sums the differences over the given rows; voxels without neighbours count when `lone` is set.
pub fn differences(levels: &Levels, rows: &[Row], settings: &TextureSettings, lone: bool) -> ToneDifferences {
    let half = offsets(&settings.distances, settings.flat);
    let steps: Vec<isize> = half.iter().flat_map(|o| [levels.step(*o), -levels.step(*o)]).collect();
    let k = levels.grey.len();
    let mut voxels = vec![0u64; k];
    let mut sums = vec![0.0; k];
    // Where grey levels have no gaps, level = rank + shift, and ranks can be summed instead.
    let shift = levels.grey.first().map_or(0.0, |first| first - 1.0);
    let gapless = levels.grey.iter().enumerate().all(|(rank, level)| *level == rank as f64 + 1.0 + shift);
    let mut total: Vec<u32> = Vec::new();
    let mut count: Vec<u32> = Vec::new();
    for row in rows {
        let here = &levels.ranks[row.start..row.end];
        total.clear();
        total.resize(here.len(), 0);
        count.clear();
        count.resize(here.len(), 0);
        for step in &steps {
            let start = row.start.wrapping_add_signed(*step);
            let there = &levels.ranks[start..start + here.len()];
            if gapless {
                for ((sum, n), b) in total.iter_mut().zip(&mut count).zip(there) {
                    *sum += u32::from(*b);
                    *n += u32::from(*b > 0);
                }
            } else {
                for ((sum, n), b) in total.iter_mut().zip(&mut count).zip(there) {
                    if *b > 0 {
                        *sum += levels.grey[usize::from(*b) - 1] as u32;
                        *n += 1;
                    }
                }
            }
        }
        for ((rank, sum), n) in here.iter().zip(&total).zip(&count) {
            if *rank == 0 || (*n == 0 && !lone) {
                continue;
            }
            let rank = usize::from(*rank) - 1;
            voxels[rank] += 1;
            if *n > 0 {
                let n = f64::from(*n);
                let sum = if gapless { f64::from(*sum) + n * shift } else { f64::from(*sum) };
                sums[rank] += (levels.grey[rank] - sum / n).abs();
            }
        }
    }
    let entries = (0..k).filter(|r| voxels[*r] > 0).map(|r| (levels.grey[r], voxels[r] as f64, sums[r])).collect();
    ToneDifferences { entries }
}

impl ToneDifferences {
    /// Adds another matrix to this one.
    pub fn add(&mut self, other: &ToneDifferences) {
        self.entries.extend_from_slice(&other.entries);
        self.entries.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.entries.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
                kept.2 += next.2;
            }
            same
        });
    }

    /// The features in the order of [`NAMES`]; none without voxels.
    pub fn features(&self) -> Option<[f64; 5]> {
        let n: f64 = self.entries.iter().map(|e| e.1).sum();
        if n <= 0.0 {
            return None;
        }
        let levels = self.entries.len() as f64;
        let all: Vec<(f64, f64, f64)> = self.entries.iter().map(|(i, count, s)| (*i, count / n, *s)).collect();
        let weighted: f64 = all.iter().map(|(_, p, s)| p * s).sum();
        let total: f64 = all.iter().map(|(_, _, s)| s).sum();
        let (mut spread, mut busy, mut complexity, mut strength) = (0.0, 0.0, 0.0, 0.0);
        for (i, p, s) in &all {
            for (j, q, t) in &all {
                let step = i - j;
                spread += p * q * step * step;
                busy += (i * p - j * q).abs();
                complexity += step.abs() * (p * s + q * t) / (p + q);
                strength += (p + q) * step * step;
            }
        }
        let pairs = levels * (levels - 1.0);
        let contrast = if pairs > 0.0 { spread * total / n / pairs } else { 0.0 };
        let coarseness = if weighted != 0.0 { 1.0 / weighted } else { 1e6 };
        let busyness = if busy != 0.0 { weighted / busy } else { 0.0 };
        let strength = if total != 0.0 { strength / total } else { 0.0 };
        Some([busyness, coarseness, complexity / n, contrast, strength])
    }
}

/// The features of one image, in the order of [`NAMES`].
pub fn features(levels: &Levels, settings: &TextureSettings) -> [Option<f64>; 5] {
    differences(levels, &levels.rows, settings, true).features().map_or([None; 5], |f| f.map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;
    use crate::radiomics::region::Region;

    #[test]
    fn differences_of_the_worked_example() {
        let image = [1, 2, 5, 2, 3, 5, 1, 3, 1, 3, 5, 5, 3, 1, 1, 1];
        let region = Region::new(VoxelBox { low: [0; 3], high: [4, 4, 1] }, [1.0; 3], vec![1; 16]);
        let levels = Levels::new(&region, &image, 1).unwrap();
        let found = differences(&levels, &levels.rows, &TextureSettings::default(), true);
        let expected = [(1.0, 6.0, 13.35), (2.0, 2.0, 2.0), (3.0, 4.0, 3.03), (5.0, 4.0, 10.075)];
        for (a, b) in found.entries.iter().zip(expected) {
            assert_eq!((a.0, a.1), (b.0, b.1));
            assert!((a.2 - b.2).abs() < 5e-3, "{a:?}");
        }
    }

    #[test]
    fn a_constant_region_is_coarse() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [3, 1, 1] }, [1.0; 3], vec![1; 3]);
        let levels = Levels::new(&region, &[2, 2, 2], 1).unwrap();
        assert_eq!(features(&levels, &TextureSettings::default()), [0.0, 1e6, 0.0, 0.0, 0.0].map(Some));
    }
}
