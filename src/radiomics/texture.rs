//! Settings that the texture matrices share.

/// The norm that weighs directions by their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightingNorm {
    Infinity,
    Euclidean,
    Manhattan,
    /// Matrices of all directions are summed as they are.
    NoWeighting,
}

impl WeightingNorm {
    /// The length of an offset (z, y, x) in mm, `spacing` being (x, y, z); 1 without weighting.
    pub fn length(self, offset: [isize; 3], spacing: [f64; 3]) -> f64 {
        let mm: [f64; 3] = std::array::from_fn(|k| offset[k].unsigned_abs() as f64 * spacing[2 - k]);
        match self {
            WeightingNorm::Infinity => mm.into_iter().fold(0.0, f64::max),
            WeightingNorm::Euclidean => mm.iter().map(|v| v * v).sum::<f64>().sqrt(),
            WeightingNorm::Manhattan => mm.iter().sum(),
            WeightingNorm::NoWeighting => 1.0,
        }
    }
}

/// How the texture matrices of one image are built.
#[derive(Clone, Debug, PartialEq)]
pub struct TextureSettings {
    /// Distances to neighbours, as the largest absolute component; for co-occurrence, dependence and tone difference.
    pub distances: Vec<usize>,
    /// Only neighbours in the plane across this axis (0 is z, 1 is y, 2 is x).
    pub flat: Option<usize>,
    /// Count each co-occurrence both ways.
    pub symmetric: bool,
    pub weighting: Option<WeightingNorm>,
    /// Largest difference of grey levels that still counts as dependence.
    pub dependence_cutoff: u32,
}

impl Default for TextureSettings {
    fn default() -> Self {
        TextureSettings { distances: vec![1], flat: None, symmetric: true, weighting: None, dependence_cutoff: 0 }
    }
}

/// The mean over those values that exist; none when there are none.
pub fn mean_of_existing(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0u32);
    for value in values.filter(|v| !v.is_nan()) {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}
