//! Grey level co-occurrence.

use super::eigen::Tridiagonal;
use super::level_size::EPSILON;
use super::region::{Levels, Row, offsets};
use super::texture::{TextureSettings, WeightingNorm, mean_of_existing};
use crate::card::{Card, Domain, Initial, Parameter, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 24] = [
    "Autocorrelation",
    "ClusterProminence",
    "ClusterShade",
    "ClusterTendency",
    "Contrast",
    "Correlation",
    "DifferenceAverage",
    "DifferenceEntropy",
    "DifferenceVariance",
    "Id",
    "Idm",
    "Idmn",
    "Idn",
    "Imc1",
    "Imc2",
    "InverseVariance",
    "JointAverage",
    "JointEnergy",
    "JointEntropy",
    "MCC",
    "MaximumProbability",
    "SumAverage",
    "SumEntropy",
    "SumSquares",
];

pub static CARD: Card = Card {
    name: "glcm",
    title: "Grey level co-occurrence matrix",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "distances",
            domain: Domain::Reals { low: 1.0, high: 64.0 },
            default: Initial::Derived("1"),
            summary: "Distances between the two voxels, as the largest step along an axis.",
        },
        Parameter {
            name: "symmetric",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Count each pair both ways.",
        },
        Parameter {
            name: "weighting",
            domain: Domain::Choice(&["none", "infinity", "euclidean", "manhattan", "no_weighting"]),
            default: Initial::Choice("none"),
            summary: "Sum the directions, weighted by exp(-d²), instead of averaging their features.",
        },
    ],
    summary: "How often two grey levels lie side by side.",
    documentation: "For each of 13 directions, p(i, j) is the share of neighbouring voxels of the region with grey \
levels i and j. Features are computed per direction and averaged over the directions that have a pair; with a \
weighting the matrices are summed first. Empty directions are left out; a feature without any direction is not \
estimable. MCC is the square root of the second largest eigenvalue of \
Q(i, j) = Σ_k p(i, k) p(j, k) / (p_x(i) p_y(k) + ε), 1 for a single grey level. Correlation is 1 where a marginal has \
no variance. Follows PyRadiomics 3.0.1.",
    references: &[
        "Haralick RM, Shanmugam K, Dinstein I. Textural features for image classification. IEEE Trans Syst Man Cybern \
1973;3:610-621.",
        "Zwanenburg A, et al. The Image Biomarker Standardization Initiative. Radiology 2020;295:328-338.",
    ],
    example: "features radiomics from ct\n  classes glcm",
};

/// Counts of pairs (rank of the voxel, rank of its neighbour at `step`), a table of order K + 1 whose rank 0 is
/// "outside" and meaningless.
pub fn pairs(levels: &Levels, rows: &[Row], step: isize) -> Vec<u32> {
    let order = levels.grey.len() + 1;
    let mut table = vec![0u32; order * order];
    for row in rows {
        let here = &levels.ranks[row.start..row.end];
        let start = row.start.wrapping_add_signed(step);
        let there = &levels.ranks[start..start + here.len()];
        for (a, b) in here.iter().zip(there) {
            table[usize::from(*a) * order + usize::from(*b)] += 1;
        }
    }
    table
}

/// A co-occurrence matrix over the ranks 1..=K, not yet normalised.
#[derive(Clone, Debug)]
pub struct Cooccurrence {
    order: usize,
    counts: Vec<f64>,
}

impl Cooccurrence {
    /// From a table of [`pairs`], without its rank 0.
    pub fn new(table: &[u32], symmetric: bool) -> Cooccurrence {
        let full = table.len().isqrt();
        let order = full.saturating_sub(1);
        let mut counts = Vec::with_capacity(order * order);
        for i in 1..full {
            for j in 1..full {
                let back = if symmetric { table[j * full + i] } else { 0 };
                counts.push(f64::from(table[i * full + j]) + f64::from(back));
            }
        }
        Cooccurrence { order, counts }
    }

    pub fn empty(order: usize) -> Cooccurrence {
        Cooccurrence { order, counts: vec![0.0; order * order] }
    }

    pub fn add(&mut self, other: &Cooccurrence, weight: f64) {
        for (sum, value) in self.counts.iter_mut().zip(&other.counts) {
            *sum += value * weight;
        }
    }

    /// The features in the order of [`NAMES`]; none for an empty matrix. NaN marks a feature that this matrix does
    /// not define. `highest` is the number of grey levels N_g, `with_mcc` asks for the costly one.
    pub fn features(&self, grey: &[f64], highest: f64, with_mcc: bool) -> Option<[f64; 24]> {
        let k = self.order;
        let total: f64 = self.counts.iter().sum();
        if total <= 0.0 || k != grey.len() {
            return None;
        }
        let p: Vec<f64> = self.counts.iter().map(|count| count / total).collect();
        let mut px = vec![0.0; k];
        let mut py = vec![0.0; k];
        for (i, row) in p.chunks_exact(k).enumerate() {
            for (j, value) in row.iter().enumerate() {
                px[i] += value;
                py[j] += value;
            }
        }
        let ux: f64 = px.iter().zip(grey).map(|(p, i)| p * i).sum();
        let uy: f64 = py.iter().zip(grey).map(|(p, j)| p * j).sum();
        let top = highest as usize;
        let mut sums = vec![0.0; 2 * top + 1];
        let mut differences = vec![0.0; top.max(1)];
        let mut f = Sums::default();
        for (i, row) in p.chunks_exact(k).enumerate() {
            let gi = grey[i];
            for (j, value) in row.iter().enumerate() {
                if *value == 0.0 {
                    continue;
                }
                let (v, gj) = (*value, grey[j]);
                f.autocorrelation += v * gi * gj;
                let c = gi + gj - ux - uy;
                let c2 = c * c;
                f.tendency += v * c2;
                f.shade += v * c2 * c;
                f.prominence += v * c2 * c2;
                f.covariance += v * (gi - ux) * (gj - uy);
                f.energy += v * v;
                f.entropy -= v * (v + EPSILON).log2();
                f.cross_entropy -= v * (px[i] * py[j] + EPSILON).log2();
                f.maximum = f.maximum.max(v);
                sums[(gi + gj) as usize] += v;
                differences[(gi - gj).abs() as usize] += v;
            }
        }
        let variance_x: f64 = px.iter().zip(grey).map(|(p, i)| p * (i - ux) * (i - ux)).sum();
        let variance_y: f64 = py.iter().zip(grey).map(|(p, j)| p * (j - uy) * (j - uy)).sum();
        let (sigma_x, sigma_y) = (variance_x.sqrt(), variance_y.sqrt());
        let correlation = if sigma_x * sigma_y == 0.0 { 1.0 } else { f.covariance / (sigma_x * sigma_y + EPSILON) };
        let entropy_of = |m: &[f64]| -m.iter().map(|p| p * (p + EPSILON).log2()).sum::<f64>();
        let (hx, hy) = (entropy_of(&px), entropy_of(&py));
        let mut product_entropy = 0.0;
        for a in px.iter().filter(|a| **a > 0.0) {
            for b in py.iter().filter(|b| **b > 0.0) {
                let ab = a * b;
                product_entropy -= ab * (ab + EPSILON).log2();
            }
        }
        let divisor = hx.max(hy);
        let imc1 = if divisor == 0.0 { 0.0 } else { (f.entropy - f.cross_entropy) / divisor };
        let imc2 = if product_entropy == f.entropy {
            0.0
        } else {
            (1.0 - (-2.0 * (product_entropy - f.entropy)).exp()).sqrt()
        };
        let mut d = Differences::default();
        for (step, p) in differences.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let step = step as f64;
            d.mean += step * p;
            d.contrast += step * step * p;
            d.entropy -= p * (p + EPSILON).log2();
            d.id += p / (1.0 + step);
            d.idm += p / (1.0 + step * step);
            d.idmn += p / (1.0 + step * step / (highest * highest));
            d.idn += p / (1.0 + step / highest);
            if step > 0.0 {
                d.inverse_variance += p / (step * step);
            }
        }
        let difference_variance: f64 =
            differences.iter().enumerate().map(|(step, p)| p * (step as f64 - d.mean) * (step as f64 - d.mean)).sum();
        let sum_average: f64 = sums.iter().enumerate().map(|(s, p)| s as f64 * p).sum();
        let mcc = if with_mcc { maximal_correlation(&p, &px, &py, k) } else { f64::NAN };
        Some([
            f.autocorrelation,
            f.prominence,
            f.shade,
            f.tendency,
            d.contrast,
            correlation,
            d.mean,
            d.entropy,
            difference_variance,
            d.id,
            d.idm,
            d.idmn,
            d.idn,
            imc1,
            imc2,
            d.inverse_variance,
            ux,
            f.energy,
            f.entropy,
            mcc,
            f.maximum,
            sum_average,
            entropy_of(&sums),
            variance_x,
        ])
    }
}

#[derive(Default)]
struct Sums {
    autocorrelation: f64,
    prominence: f64,
    shade: f64,
    tendency: f64,
    covariance: f64,
    energy: f64,
    entropy: f64,
    cross_entropy: f64,
    maximum: f64,
}

#[derive(Default)]
struct Differences {
    mean: f64,
    contrast: f64,
    entropy: f64,
    id: f64,
    idm: f64,
    idmn: f64,
    idn: f64,
    inverse_variance: f64,
}

/// √ of the second largest eigenvalue of Q.
///
/// Without ε, Q is similar to A Aᵀ with A = p / √(p_x p_y), which is symmetric; for a symmetric matrix A itself is,
/// and its eigenvalues squared are those of Q. ε changes Q where grey levels are rare, by up to a thousandth of those
/// cells; its effect on the eigenvalue is added to first order.
fn maximal_correlation(p: &[f64], px: &[f64], py: &[f64], k: usize) -> f64 {
    if k < 2 {
        return 1.0;
    }
    let scale = |m: &[f64]| -> Vec<f64> { m.iter().map(|v| if *v > 0.0 { 1.0 / v.sqrt() } else { 0.0 }).collect() };
    let (sx, sy) = (scale(px), scale(py));
    let a: Vec<f64> = (0..k * k).map(|at| p[at] * sx[at / k] * sy[at % k]).collect();
    let symmetric = px == py && (0..k).all(|i| (0..i).all(|j| p[i * k + j] == p[j * k + i]));
    let (reduced, value, root) = if symmetric {
        let reduced = Tridiagonal::reduce(a, k);
        let mut values = reduced.eigenvalues();
        values.sort_by(|x, y| y.abs().total_cmp(&x.abs()));
        (reduced, values[1] * values[1], values[1])
    } else {
        let mut square = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let dot: f64 = a[i * k..(i + 1) * k].iter().zip(&a[j * k..(j + 1) * k]).map(|(x, y)| x * y).sum();
                square[i * k + j] = dot;
                square[j * k + i] = dot;
            }
        }
        let reduced = Tridiagonal::reduce(square, k);
        let values = reduced.eigenvalues();
        (reduced, values[k - 2], values[k - 2])
    };
    let rarest = px.iter().chain(py).copied().filter(|v| *v > 0.0).fold(1.0, f64::min);
    let mut value = value.max(0.0);
    if rarest * rarest < EPSILON * 1e9 {
        let v = reduced.eigenvector(root);
        let right: Vec<f64> = (0..k).map(|i| v[i] * sx[i]).collect();
        let left: Vec<f64> = (0..k).map(|i| v[i] * px[i].sqrt()).collect();
        let turned: Vec<f64> = (0..k).map(|c| (0..k).map(|j| p[j * k + c] * right[j]).sum()).collect();
        let mut change = 0.0;
        for i in 0..k {
            for c in 0..k {
                let product = px[i] * py[c];
                if p[i * k + c] > 0.0 && product > 0.0 {
                    change += left[i] * p[i * k + c] * turned[c] * (1.0 / product - 1.0 / (product + EPSILON));
                }
            }
        }
        value -= change;
    }
    value.max(0.0).sqrt()
}

/// The features of one image, in the order of [`NAMES`].
pub fn features(levels: &Levels, spacing: [f64; 3], settings: &TextureSettings, with_mcc: bool) -> [Option<f64>; 24] {
    let directions = offsets(&settings.distances, settings.flat);
    let highest = levels.highest();
    let mut per_matrix: Vec<[f64; 24]> = Vec::new();
    match settings.weighting {
        None => {
            for direction in directions {
                let table = pairs(levels, &levels.rows, levels.step(direction));
                let matrix = Cooccurrence::new(&table, settings.symmetric);
                per_matrix.extend(matrix.features(&levels.grey, highest, with_mcc));
            }
        }
        Some(norm) => {
            let mut sum = Cooccurrence::empty(levels.grey.len());
            for direction in directions {
                let table = pairs(levels, &levels.rows, levels.step(direction));
                let length = norm.length(direction, spacing);
                let weight = if norm == WeightingNorm::NoWeighting { 1.0 } else { (-length * length).exp() };
                sum.add(&Cooccurrence::new(&table, settings.symmetric), weight);
            }
            per_matrix.extend(sum.features(&levels.grey, highest, with_mcc));
        }
    }
    std::array::from_fn(|feature| mean_of_existing(per_matrix.iter().map(|values| values[feature])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;
    use crate::radiomics::region::Region;

    /// The example of the PyRadiomics manual and of Haralick's paper.
    fn example() -> Levels {
        let image = [1, 2, 5, 2, 3, 3, 2, 1, 3, 1, 1, 3, 5, 5, 2, 1, 1, 1, 1, 2, 1, 2, 4, 3, 5];
        let region = Region::new(VoxelBox { low: [0; 3], high: [5, 5, 1] }, [1.0; 3], vec![1; 25]);
        Levels::new(&region, &image, 1).unwrap()
    }

    #[test]
    fn pairs_of_the_worked_example() {
        let levels = example();
        let table = pairs(&levels, &levels.rows, levels.step([0, 0, 1]));
        let matrix = Cooccurrence::new(&table, true);
        let expected = [
            6.0, 4.0, 3.0, 0.0, 0.0, 4.0, 0.0, 2.0, 1.0, 3.0, 3.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0,
            3.0, 2.0, 0.0, 2.0,
        ];
        assert_eq!(matrix.counts, expected);
    }

    #[test]
    fn one_level_has_defined_features() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [3, 3, 1] }, [1.0; 3], vec![1; 9]);
        let levels = Levels::new(&region, &[4; 9], 1).unwrap();
        let values = features(&levels, [1.0; 3], &TextureSettings::default(), true);
        let get = |name: &str| values[NAMES.iter().position(|n| *n == name).unwrap()].unwrap();
        assert_eq!(get("Correlation"), 1.0);
        assert_eq!(get("MCC"), 1.0);
        assert_eq!(get("Imc1"), 0.0);
        assert_eq!(get("Imc2"), 0.0);
        assert_eq!(get("Autocorrelation"), 16.0);
    }

    #[test]
    fn a_lone_voxel_has_no_pairs() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [1, 1, 1] }, [1.0; 3], vec![1]);
        let levels = Levels::new(&region, &[1], 1).unwrap();
        assert!(features(&levels, [1.0; 3], &TextureSettings::default(), true).iter().all(Option::is_none));
    }

    #[test]
    fn both_routes_to_the_maximal_correlation_agree() {
        let levels = example();
        let table = pairs(&levels, &levels.rows, levels.step([0, 0, 1]));
        let p: Vec<f64> = {
            let m = Cooccurrence::new(&table, true);
            let t: f64 = m.counts.iter().sum();
            m.counts.iter().map(|c| c / t).collect()
        };
        let px: Vec<f64> = p.chunks_exact(5).map(|r| r.iter().sum()).collect();
        let quick = maximal_correlation(&p, &px, &px, 5);
        let mut py = px.clone();
        py[0] = f64::from_bits(py[0].to_bits() + 1);
        assert!((quick - maximal_correlation(&p, &px, &py, 5)).abs() < 1e-12);
    }
}
