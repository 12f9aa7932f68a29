//! Grey level dependence: how many neighbours of a voxel have its grey level.

use super::level_size::{LevelSizeFeatures, LevelSizeMatrix};
use super::region::{Levels, Row, offsets};
use super::texture::TextureSettings;
use crate::card::{Card, Domain, Initial, Parameter, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 14] = [
    "DependenceEntropy",
    "DependenceNonUniformity",
    "DependenceNonUniformityNormalized",
    "DependenceVariance",
    "GrayLevelNonUniformity",
    "GrayLevelVariance",
    "HighGrayLevelEmphasis",
    "LargeDependenceEmphasis",
    "LargeDependenceHighGrayLevelEmphasis",
    "LargeDependenceLowGrayLevelEmphasis",
    "LowGrayLevelEmphasis",
    "SmallDependenceEmphasis",
    "SmallDependenceHighGrayLevelEmphasis",
    "SmallDependenceLowGrayLevelEmphasis",
];

pub static CARD: Card = Card {
    name: "gldm",
    title: "Grey level dependence matrix",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "distances",
            domain: Domain::Reals { low: 1.0, high: 64.0 },
            default: Initial::Derived("1"),
            summary: "Distances to neighbours, as the largest step along an axis.",
        },
        Parameter {
            name: "cutoff",
            domain: Domain::Integer { low: 0, high: i64::MAX },
            default: Initial::Integer(0),
            summary: "Largest difference of grey levels that still counts as dependent.",
        },
    ],
    summary: "How many neighbours of a voxel share its grey level.",
    documentation: "n(i, j) counts voxels of grey level i with j − 1 neighbours in the region whose grey level differs \
by at most the cutoff; the voxel itself is counted. IBSI's neighbouring grey level dependence matrix is the same. \
Follows PyRadiomics 3.0.1.",
    references: &["Sun C, Wee WG. Neighboring gray level dependence matrix for texture classification. \
Comput Vis Graph Image Process 1983;23:341-352."],
    example: "features radiomics from ct\n  classes gldm",
};

/// The matrix over the given rows.
pub fn matrix(levels: &Levels, rows: &[Row], settings: &TextureSettings) -> LevelSizeMatrix {
    let half = offsets(&settings.distances, settings.flat);
    let steps: Vec<isize> = half.iter().flat_map(|o| [levels.step(*o), -levels.step(*o)]).collect();
    let width = steps.len() + 1;
    let mut table = vec![0u64; levels.grey.len() * width];
    let mut dependents: Vec<u16> = Vec::new();
    let cutoff = f64::from(settings.dependence_cutoff);
    for row in rows {
        let here = &levels.ranks[row.start..row.end];
        dependents.clear();
        dependents.resize(here.len(), 0);
        for step in &steps {
            let start = row.start.wrapping_add_signed(*step);
            let there = &levels.ranks[start..start + here.len()];
            if settings.dependence_cutoff == 0 {
                for ((count, a), b) in dependents.iter_mut().zip(here).zip(there) {
                    *count += u16::from(a == b);
                }
            } else {
                for ((count, a), b) in dependents.iter_mut().zip(here).zip(there) {
                    if *a > 0 && *b > 0 {
                        let difference = levels.grey[usize::from(*a) - 1] - levels.grey[usize::from(*b) - 1];
                        *count += u16::from(difference.abs() <= cutoff);
                    }
                }
            }
        }
        for (rank, count) in here.iter().zip(&dependents) {
            if *rank > 0 {
                table[(usize::from(*rank) - 1) * width + usize::from(*count)] += 1;
            }
        }
    }
    LevelSizeMatrix::dense(&table, width, &levels.grey, 1.0)
}

/// PyRadiomics' names for the features of a matrix.
pub fn in_order(f: &LevelSizeFeatures) -> [f64; 14] {
    [
        f.entropy,
        f.size_nonuniformity,
        f.size_nonuniformity_normalised,
        f.size_variance,
        f.grey_nonuniformity,
        f.grey_variance,
        f.high,
        f.large,
        f.large_high,
        f.large_low,
        f.low,
        f.small,
        f.small_high,
        f.small_low,
    ]
}

/// The features of one image, in the order of [`NAMES`].
pub fn features(levels: &Levels, settings: &TextureSettings) -> [Option<f64>; 14] {
    matrix(levels, &levels.rows, settings).features().map_or([None; 14], |f| in_order(&f).map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;
    use crate::radiomics::region::Region;

    #[test]
    fn dependences_of_the_worked_example() {
        let image = [5, 2, 5, 4, 4, 3, 3, 3, 1, 3, 2, 1, 1, 1, 3, 4, 2, 2, 2, 3, 3, 5, 3, 3, 2];
        let region = Region::new(VoxelBox { low: [0; 3], high: [5, 5, 1] }, [1.0; 3], vec![1; 25]);
        let levels = Levels::new(&region, &image, 1).unwrap();
        let matrix = matrix(&levels, &levels.rows, &TextureSettings::default());
        let count =
            |grey: f64, size: f64| matrix.entries.iter().find(|e| e.0 == grey && e.1 == size).map_or(0.0, |e| e.2);
        let expected = [
            [0.0, 1.0, 2.0, 1.0],
            [1.0, 2.0, 3.0, 0.0],
            [1.0, 4.0, 4.0, 0.0],
            [1.0, 2.0, 0.0, 0.0],
            [3.0, 0.0, 0.0, 0.0],
        ];
        for (i, row) in expected.iter().enumerate() {
            for (j, n) in row.iter().enumerate() {
                assert_eq!(count((i + 1) as f64, (j + 1) as f64), *n, "{i} {j}");
            }
        }
    }
}
