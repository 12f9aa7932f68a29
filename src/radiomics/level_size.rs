//! Matrices of grey level by size: runs, zones, distances and dependences share their features.
//!
//! For counts n(i, j) of grey level i and size j, with N their sum:
//! small emphasis Σ n/j² / N, large Σ n j² / N, low grey Σ n/i² / N, high grey Σ n i² / N and their products;
//! non-uniformity Σ_i (Σ_j n)² / N and Σ_j (Σ_i n)² / N, normalised by another N; variances of i and j under n/N;
//! entropy −Σ p log2 p; energy Σ p².

/// Entries of a matrix of grey level by size, zeros left out.
#[derive(Clone, Debug, Default)]
pub struct LevelSizeMatrix {
    /// (grey level, size, count)
    pub entries: Vec<(f64, f64, f64)>,
}

/// The features of a matrix of grey level by size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LevelSizeFeatures {
    pub small: f64,
    pub large: f64,
    pub low: f64,
    pub high: f64,
    pub small_low: f64,
    pub small_high: f64,
    pub large_low: f64,
    pub large_high: f64,
    pub grey_nonuniformity: f64,
    pub grey_nonuniformity_normalised: f64,
    pub size_nonuniformity: f64,
    pub size_nonuniformity_normalised: f64,
    /// N over Σ n j: the share of possible runs or zones that there are.
    pub percentage: f64,
    /// N, for percentages with another denominator.
    pub total: f64,
    pub grey_variance: f64,
    pub size_variance: f64,
    pub entropy: f64,
    pub energy: f64,
}

/// PyRadiomics' ε in logarithms.
pub const EPSILON: f64 = f64::EPSILON;

impl LevelSizeMatrix {
    /// From a dense table: `table[rank * width + size - 1]`.
    pub fn dense(table: &[u64], width: usize, grey: &[f64], weight: f64) -> LevelSizeMatrix {
        let mut entries = Vec::new();
        for (rank, row) in table.chunks_exact(width.max(1)).enumerate().take(grey.len()) {
            for (size, count) in row.iter().enumerate() {
                if *count > 0 {
                    entries.push((grey[rank], (size + 1) as f64, *count as f64 * weight));
                }
            }
        }
        LevelSizeMatrix { entries }
    }

    /// Adds another matrix to this one.
    pub fn add(&mut self, other: &LevelSizeMatrix) {
        self.entries.extend_from_slice(&other.entries);
        self.entries.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        self.entries.dedup_by(|next, kept| {
            let same = next.0 == kept.0 && next.1 == kept.1;
            if same {
                kept.2 += next.2;
            }
            same
        });
    }

    /// The features; none for a matrix without counts.
    pub fn features(&self) -> Option<LevelSizeFeatures> {
        let total: f64 = self.entries.iter().map(|entry| entry.2).sum();
        if total <= 0.0 {
            return None;
        }
        let mut f = LevelSizeFeatures { total, ..Default::default() };
        let mut possible = 0.0;
        let (mut mean_i, mut mean_j) = (0.0, 0.0);
        let mut by_grey: Vec<(f64, f64)> = Vec::new();
        let mut by_size: Vec<(f64, f64)> = Vec::with_capacity(self.entries.len());
        for &(i, j, n) in &self.entries {
            let (i2, j2) = (i * i, j * j);
            f.small += n / j2;
            f.large += n * j2;
            f.low += n / i2;
            f.high += n * i2;
            f.small_low += n / (i2 * j2);
            f.small_high += n * i2 / j2;
            f.large_low += n * j2 / i2;
            f.large_high += n * i2 * j2;
            possible += n * j;
            mean_i += n * i;
            mean_j += n * j;
            let p = n / total;
            f.entropy -= p * (p + EPSILON).log2();
            f.energy += p * p;
            by_grey.push((i, n));
            by_size.push((j, n));
        }
        (mean_i, mean_j) = (mean_i / total, mean_j / total);
        for &(i, j, n) in &self.entries {
            f.grey_variance += n / total * (i - mean_i) * (i - mean_i);
            f.size_variance += n / total * (j - mean_j) * (j - mean_j);
        }
        for value in [
            &mut f.small,
            &mut f.large,
            &mut f.low,
            &mut f.high,
            &mut f.small_low,
            &mut f.small_high,
            &mut f.large_low,
            &mut f.large_high,
        ] {
            *value /= total;
        }
        let grey = sum_of_squares(by_grey);
        let size = sum_of_squares(by_size);
        f.grey_nonuniformity = grey / total;
        f.grey_nonuniformity_normalised = grey / (total * total);
        f.size_nonuniformity = size / total;
        f.size_nonuniformity_normalised = size / (total * total);
        f.percentage = total / possible;
        Some(f)
    }
}

/// Σ over distinct keys of (Σ of their values)².
fn sum_of_squares(mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut sum = 0.0;
    for group in pairs.chunk_by(|a, b| a.0 == b.0) {
        let marginal: f64 = group.iter().map(|pair| pair.1).sum();
        sum += marginal * marginal;
    }
    sum
}

/// The mean of each feature over matrices, as when features are averaged over directions.
pub fn mean(all: &[LevelSizeFeatures]) -> Option<LevelSizeFeatures> {
    if all.is_empty() {
        return None;
    }
    let n = all.len() as f64;
    let take = |field: fn(&LevelSizeFeatures) -> f64| all.iter().map(field).sum::<f64>() / n;
    Some(LevelSizeFeatures {
        small: take(|f| f.small),
        large: take(|f| f.large),
        low: take(|f| f.low),
        high: take(|f| f.high),
        small_low: take(|f| f.small_low),
        small_high: take(|f| f.small_high),
        large_low: take(|f| f.large_low),
        large_high: take(|f| f.large_high),
        grey_nonuniformity: take(|f| f.grey_nonuniformity),
        grey_nonuniformity_normalised: take(|f| f.grey_nonuniformity_normalised),
        size_nonuniformity: take(|f| f.size_nonuniformity),
        size_nonuniformity_normalised: take(|f| f.size_nonuniformity_normalised),
        percentage: take(|f| f.percentage),
        total: take(|f| f.total),
        grey_variance: take(|f| f.grey_variance),
        size_variance: take(|f| f.size_variance),
        entropy: take(|f| f.entropy),
        energy: take(|f| f.energy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_is_certain() {
        let f = LevelSizeMatrix { entries: vec![(2.0, 3.0, 4.0)] }.features().unwrap();
        assert!((f.small - 1.0 / 9.0).abs() < 1e-15 && f.large == 9.0 && f.high == 4.0);
        assert!(f.grey_variance == 0.0 && f.entropy.abs() < 1e-15 && f.energy == 1.0);
        assert!((f.percentage - 1.0 / 3.0).abs() < 1e-15);
        assert!(LevelSizeMatrix::default().features().is_none());
    }
}
