//! Grey levels from intensities.

/// How intensities become grey levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Discretisation {
    /// Bins of this width, edges at multiples of it: PyRadiomics' `binWidth`.
    Width(f64),
    /// So many bins between the region's extremes: PyRadiomics' `binCount`.
    Count(usize),
    /// IBSI's fixed bin size: bins of this width from the given lowest intensity.
    SizeFrom { width: f64, lowest: f64 },
    /// IBSI's fixed bin number.
    Number(usize),
    /// Intensities are grey levels already (whole numbers from 1).
    None,
}

/// Why intensities cannot become grey levels.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DiscretisationFault {
    #[error("bins of width {width} would number {bins:.0} over intensities from {low} to {high}")]
    TooManyBins { width: f64, bins: f64, low: f64, high: f64 },
    #[error("an intensity of {0} is no grey level: without discretisation intensities must be whole numbers from 1")]
    NoLevel(f64),
    #[error("an intensity of {value} lies below the lowest bin, which starts at {lowest}")]
    Below { value: f64, lowest: f64 },
    #[error("the width of a bin must be positive and finite, not {0}")]
    Width(f64),
    #[error("the number of bins must be at least 1")]
    NoBins,
    #[error("the region is empty")]
    Empty,
}

/// The modulus with the sign of the divisor, as NumPy takes it.
fn modulus(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
}

/// The grey level of each value. `single` says that the image holds `f32`, whose bin edges NumPy keeps in `f32`
/// when it counts bins.
///
/// # Errors
/// [`DiscretisationFault`].
pub fn discretise(values: &[f64], how: Discretisation, single: bool) -> Result<Vec<u32>, DiscretisationFault> {
    let mut low = f64::INFINITY;
    let mut high = f64::NEG_INFINITY;
    for value in values {
        low = low.min(*value);
        high = high.max(*value);
    }
    if values.is_empty() {
        return Err(DiscretisationFault::Empty);
    }
    let edges = match how {
        Discretisation::Width(width) => {
            if !(width.is_finite() && width > 0.0) {
                return Err(DiscretisationFault::Width(width));
            }
            let start = low - modulus(low, width);
            let bins = ((high + 2.0 * width - start) / width).ceil();
            if !(bins.is_finite() && bins < 2e8) {
                return Err(DiscretisationFault::TooManyBins { width, bins, low, high });
            }
            // NumPy's arange counts in steps of its own first difference.
            let step = (start + width) - start;
            let edges: Vec<f64> = (0..bins as usize).map(|i| start + i as f64 * step).collect();
            if edges.len() == 1 { vec![edges[0] - 0.5, edges[0] + 0.5] } else { edges }
        }
        Discretisation::Count(count) => {
            if count == 0 {
                return Err(DiscretisationFault::NoBins);
            }
            let (first, last) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
            let step = (last - first) / count as f64;
            let round = |edge: f64| if single { f64::from(edge as f32) } else { edge };
            let mut edges: Vec<f64> = (0..=count).map(|i| round(i as f64 * step + first)).collect();
            edges[count] = round(round(last) + 1.0);
            edges
        }
        Discretisation::SizeFrom { width, lowest } => {
            if !(width.is_finite() && width > 0.0) {
                return Err(DiscretisationFault::Width(width));
            }
            if low < lowest {
                return Err(DiscretisationFault::Below { value: low, lowest });
            }
            let bins = (high - lowest) / width;
            if bins > 4e9 {
                return Err(DiscretisationFault::TooManyBins { width, bins, low, high });
            }
            return Ok(values.iter().map(|v| ((v - lowest) / width).floor() as u32 + 1).collect());
        }
        Discretisation::Number(count) => {
            if count == 0 {
                return Err(DiscretisationFault::NoBins);
            }
            let range = high - low;
            let level = |v: &f64| {
                let scaled = if range > 0.0 { count as f64 * (v - low) / range } else { 0.0 };
                (scaled.floor() as u32 + 1).min(count as u32)
            };
            return Ok(values.iter().map(level).collect());
        }
        Discretisation::None => {
            let level = |v: &f64| {
                if v.fract() == 0.0 && (1.0..=4e9).contains(v) {
                    Ok(*v as u32)
                } else {
                    Err(DiscretisationFault::NoLevel(*v))
                }
            };
            return values.iter().map(level).collect();
        }
    };
    let (first, last) = (edges[0], edges.len() - 1);
    let inverse = last as f64 / (edges[last] - first);
    let inverse = if let Discretisation::Width(width) = how { 1.0 / width } else { inverse };
    Ok(values
        .iter()
        .map(|value| {
            // A guess, then the edges decide.
            let mut bin = (((value - first) * inverse) as usize).min(last);
            while bin < last && *value >= edges[bin + 1] {
                bin += 1;
            }
            while bin > 0 && *value < edges[bin] {
                bin -= 1;
            }
            bin as u32 + 1
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_start_at_multiples() {
        let levels = discretise(&[-13.0, -0.5, 0.0, 24.9, 25.0], Discretisation::Width(25.0), false).unwrap();
        assert_eq!(levels, vec![1, 1, 2, 2, 3]);
    }

    #[test]
    fn counts_include_the_highest() {
        let levels = discretise(&[0.0, 1.0, 2.0, 4.0], Discretisation::Count(4), false).unwrap();
        assert_eq!(levels, vec![1, 2, 3, 4]);
        assert_eq!(discretise(&[3.0, 3.0], Discretisation::Count(8), false).unwrap(), vec![5, 5]);
        assert_eq!(discretise(&[0.0, 1.0, 2.0, 4.0], Discretisation::Number(4), false).unwrap(), vec![1, 2, 3, 4]);
    }

    #[test]
    fn impossible_bins_are_refused() {
        assert!(discretise(&[0.0, 1e12], Discretisation::Width(1e-3), false).is_err());
        assert!(discretise(&[0.5], Discretisation::None, false).is_err());
        assert!(discretise(&[], Discretisation::Width(1.0), false).is_err());
        assert!(discretise(&[1.0], Discretisation::Width(0.0), false).is_err());
    }
}
