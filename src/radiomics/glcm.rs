//! Grey level co-occurrence.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

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

/// √ of the second largest eigenvalue of Q(i, j) = Σ_k p(i, k) p(j, k) / (p_x(i) p_y(k) + ε).
///
/// Without ε, Q is similar to A Aᵀ with A = p / √(p_x p_y), which is symmetric; for a symmetric matrix A itself is,
/// and its eigenvalues squared are those of Q. ε changes Q where grey levels are rare, by up to a hundredth of those
/// cells, so eigenvalues near the second are corrected for it. Grey levels that share no neighbour fall into blocks,
/// each with an eigenvalue of 1; blocks are solved one by one, since equal eigenvalues have no vector of their own.
fn maximal_correlation(p: &[f64], px: &[f64], py: &[f64], k: usize) -> f64 {
    if k < 2 {
        return 1.0;
    }
    let over = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    let (sx, sy): (Vec<f64>, Vec<f64>) = (px.iter().map(|v| v.sqrt()).collect(), py.iter().map(|v| v.sqrt()).collect());
    let a: Vec<f64> = (0..k * k).map(|at| over(p[at], sx[at / k] * sy[at % k])).collect();
    let rarest = px.iter().chain(py).copied().filter(|v| *v > 0.0).fold(1.0, f64::min);
    let b: Option<Vec<f64>> = (rarest * rarest < EPSILON * 1e9).then(|| {
        let shrink = |at: usize| px[at / k] * py[at % k];
        (0..k * k).map(|at| a[at] * over(shrink(at), shrink(at) + EPSILON)).collect()
    });
    let blocks = blocks(p, k);
    let symmetric = px == py && (0..k).all(|i| (0..i).all(|j| p[i * k + j] == p[j * k + i]));
    let mut values = vec![0.0, 0.0];
    for block in &blocks {
        let whole = blocks.len() == 1 && block.len() == k;
        leading_eigenvalues(&a, b.as_deref(), k, block, whole && symmetric, &mut values);
    }
    values.sort_by(|x, y| y.total_cmp(x));
    values[1].max(0.0).sqrt()
}

/// Groups of rows that are joined by a shared column; rows without entries are left out.
fn blocks(p: &[f64], k: usize) -> Vec<Vec<usize>> {
    let mut block_of = vec![usize::MAX; k];
    let mut column_done = vec![false; k];
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for start in 0..k {
        if block_of[start] != usize::MAX || p[start * k..(start + 1) * k].iter().all(|v| *v == 0.0) {
            continue;
        }
        let mut members = vec![start];
        block_of[start] = blocks.len();
        let mut next = 0;
        while let Some(i) = members.get(next).copied() {
            next += 1;
            for column in 0..k {
                if p[i * k + column] == 0.0 || column_done[column] {
                    continue;
                }
                column_done[column] = true;
                for j in 0..k {
                    if p[j * k + column] > 0.0 && block_of[j] == usize::MAX {
                        block_of[j] = blocks.len();
                        members.push(j);
                    }
                }
            }
        }
        members.sort_unstable();
        blocks.push(members);
    }
    blocks
}

/// Adds the two largest eigenvalues of a block's rows, and those close to the second, corrected for ε when `b`
/// (A less what ε takes) is given.
fn leading_eigenvalues(a: &[f64], b: Option<&[f64]>, k: usize, block: &[usize], symmetric: bool, out: &mut Vec<f64>) {
    let n = block.len();
    let rows = |m: &[f64]| -> Vec<f64> { block.iter().flat_map(|i| m[i * k..(i + 1) * k].iter().copied()).collect() };
    let own = rows(a);
    let (reduced, mut roots): (Tridiagonal, Vec<(f64, f64)>) = if symmetric {
        let reduced = Tridiagonal::reduce(own.clone(), n);
        let roots = reduced.eigenvalues().into_iter().map(|root| (root * root, root)).collect();
        (reduced, roots)
    } else {
        let reduced = Tridiagonal::reduce(product_transposed(&own, &own, n, k), n);
        let roots = reduced.eigenvalues().into_iter().map(|root| (root, root)).collect();
        (reduced, roots)
    };
    roots.sort_by(|x, y| y.0.total_cmp(&x.0));
    let second = roots.get(1).map_or(0.0, |root| root.0);
    let Some(b) = b else {
        out.extend(roots.iter().take(2).map(|root| root.0));
        return;
    };
    let less = rows(b);
    let mut full: Option<Vec<f64>> = None;
    for (value, root) in roots.iter().take_while(|(value, _)| *value >= 0.95 * second).take(8) {
        let v = reduced.eigenvector(*root);
        let mut turned = vec![0.0; k];
        for (row, weight) in own.chunks_exact(k).zip(&v) {
            for (sum, value) in turned.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        let change: f64 =
            (0..n).map(|i| v[i] * (0..k).map(|c| (own[i * k + c] - less[i * k + c]) * turned[c]).sum::<f64>()).sum();
        out.push(if change.abs() < 1e-8 * value.abs() {
            value - change
        } else {
            let matrix = full.get_or_insert_with(|| product_transposed(&less, &own, n, k));
            refined_eigenvalue(matrix, n, value - change, v)
        });
    }
}

/// B Aᵀ of two n × k matrices, skipping zeros of B.
fn product_transposed(b: &[f64], a: &[f64], n: usize, k: usize) -> Vec<f64> {
    // Columns of A side by side, so that each term adds to a whole row.
    let mut columns = vec![0.0; n * k];
    for i in 0..n {
        for j in 0..k {
            columns[j * n + i] = a[i * k + j];
        }
    }
    let mut out = vec![0.0; n * n];
    for (target, row) in out.chunks_exact_mut(n).zip(b.chunks_exact(k)) {
        for (weight, column) in row.iter().zip(columns.chunks_exact(n)).filter(|(w, _)| **w != 0.0) {
            for (sum, value) in target.iter_mut().zip(column) {
                *sum += weight * value;
            }
        }
    }
    out
}

/// The eigenvalue of a nearly symmetric matrix close to `value`, by two-sided inverse iteration from a close vector.
fn refined_eigenvalue(matrix: &[f64], n: usize, value: f64, start: Vec<f64>) -> f64 {
    let (mut value, mut right, mut left) = (value, start.clone(), start);
    for _ in 0..3 {
        let Some(factors) = Factors::new(matrix, n, value) else { return value };
        factors.solve(&mut right);
        factors.solve_transposed(&mut left);
        for vector in [&mut right, &mut left] {
            let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
            vector.iter_mut().for_each(|x| *x /= norm);
        }
        let (mut top, mut bottom) = (0.0, 0.0);
        for (i, row) in matrix.chunks_exact(n).enumerate() {
            top += left[i] * row.iter().zip(&right).map(|(m, x)| m * x).sum::<f64>();
            bottom += left[i] * right[i];
        }
        let next = top / bottom;
        if !next.is_finite() {
            return value;
        }
        let done = (next - value).abs() < 1e-11;
        value = next;
        if done {
            break;
        }
    }
    value
}

/// P (M − shift) = L U with row exchanges.
struct Factors {
    n: usize,
    lu: Vec<f64>,
    order: Vec<usize>,
}

impl Factors {
    fn new(matrix: &[f64], n: usize, shift: f64) -> Option<Factors> {
        let mut lu = matrix.to_vec();
        for i in 0..n {
            lu[i * n + i] -= shift;
        }
        let size = lu.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if !(size.is_finite() && size > 0.0) {
            return None;
        }
        let mut order: Vec<usize> = (0..n).collect();
        for c in 0..n {
            let pivot = (c..n).max_by(|i, j| lu[i * n + c].abs().total_cmp(&lu[j * n + c].abs()))?;
            if pivot != c {
                order.swap(pivot, c);
                for j in 0..n {
                    lu.swap(c * n + j, pivot * n + j);
                }
            }
            if lu[c * n + c].abs() < size * f64::EPSILON {
                lu[c * n + c] = size * f64::EPSILON;
            }
            let (above, below) = lu.split_at_mut((c + 1) * n);
            let top = &above[c * n..];
            for row in below.chunks_exact_mut(n).filter(|row| row[c] != 0.0) {
                let factor = row[c] / top[c];
                row[c] = factor;
                for (value, upper) in row[c + 1..].iter_mut().zip(&top[c + 1..]) {
                    *value -= factor * upper;
                }
            }
        }
        Some(Factors { n, lu, order })
    }

    fn solve(&self, x: &mut Vec<f64>) {
        let n = self.n;
        let mut y: Vec<f64> = self.order.iter().map(|row| x[*row]).collect();
        for i in 0..n {
            y[i] -= self.lu[i * n..i * n + i].iter().zip(&y).map(|(l, v)| l * v).sum::<f64>();
        }
        for i in (0..n).rev() {
            let known: f64 = self.lu[i * n + i + 1..(i + 1) * n].iter().zip(&y[i + 1..]).map(|(u, v)| u * v).sum();
            y[i] = (y[i] - known) / self.lu[i * n + i];
        }
        *x = y;
    }

    fn solve_transposed(&self, x: &mut [f64]) {
        let n = self.n;
        let mut y = x.to_vec();
        for i in 0..n {
            y[i] /= self.lu[i * n + i];
            let value = y[i];
            for j in i + 1..n {
                y[j] -= self.lu[i * n + j] * value;
            }
        }
        for i in (0..n).rev() {
            let value = y[i];
            for j in 0..i {
                y[j] -= self.lu[i * n + j] * value;
            }
        }
        for (row, value) in self.order.iter().zip(y) {
            x[*row] = value;
        }
    }
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
