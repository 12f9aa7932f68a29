//! What the values of a matrix are: counts, TPM, or logarithms.

use super::error::OmicsError;

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Reads of a gene in a library.
    Counts,
    /// Transcripts per million, or another share of the library on the natural scale.
    Tpm,
    /// Logarithms of base 2.
    Log,
}

impl Scale {
    /// The word of a study.
    pub fn word(self) -> &'static str {
        match self {
            Scale::Counts => "counts",
            Scale::Tpm => "TPM",
            Scale::Log => "log",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Scale::Counts, Scale::Tpm, Scale::Log].into_iter().find(|scale| scale.word().eq_ignore_ascii_case(word))
    }
}

/// Largest value that a logarithm of base 2 of expression is taken to have.
const MOST_LOG: f64 = 30.0;

/// What the values are, from the values, or what was declared, if the values allow it; with words
/// that say how it was decided.
///
/// Whole numbers from 0 above 30 are counts; negative values or a largest value up to 30 with
/// fractions are logarithms; values from 0 of which every sample sums to the same within 1 % are
/// TPM. Everything else is asked.
///
/// # Errors
/// [`OmicsError::Scale`] where the values do not say; [`OmicsError::Declared`] where they
/// contradict the declaration.
pub fn detect(
    path: &str,
    values: &[f64],
    totals: &[f64],
    declared: Option<Scale>,
) -> Result<(Scale, String), OmicsError> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (mut low, mut high, mut whole) = (f64::INFINITY, f64::NEG_INFINITY, true);
    for value in finite {
        low = low.min(value);
        high = high.max(value);
        whole &= value.fract() == 0.0;
    }
    if low > high {
        return Err(OmicsError::Format { path: path.to_owned(), reason: "it holds no number".to_owned() });
    }
    if let Some(scale) = declared {
        let found = match scale {
            Scale::Counts if low < 0.0 => Some(format!("the smallest is {low}")),
            Scale::Tpm if low < 0.0 => Some(format!("the smallest is {low}")),
            Scale::Log if high > 1000.0 => Some(format!("the largest is {high}")),
            _ => None,
        };
        return match found {
            Some(found) => Err(OmicsError::Declared { path: path.to_owned(), declared: scale.word(), found }),
            None => Ok((scale, format!("values are {}, as declared", scale.word()))),
        };
    }
    let (least, most) =
        totals.iter().fold((f64::INFINITY, 0.0f64), |(least, most), total| (least.min(*total), most.max(*total)));
    let found = if low < 0.0 {
        return Ok((
            Scale::Log,
            format!("values are taken as logarithms of base 2, because some are negative ({low:.3})"),
        ));
    } else if whole && high > MOST_LOG {
        return Ok((Scale::Counts, "values are taken as counts, because all are whole numbers".to_owned()));
    } else if high > MOST_LOG && totals.len() > 1 && least > 0.0 && (most - least) / most < 0.01 {
        return Ok((Scale::Tpm, format!("values are taken as TPM, because every sample sums to about {most:.0}")));
    } else if !whole && high <= MOST_LOG {
        return Ok((
            Scale::Log,
            format!("values are taken as logarithms of base 2, because none is above {MOST_LOG} (largest {high:.2})"),
        ));
    } else if whole {
        "all are small whole numbers"
    } else {
        "samples sum to different totals"
    };
    Err(OmicsError::Scale { path: path.to_owned(), low, high, found: found.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_say_what_they_are_or_it_is_asked() {
        let of = |values: &[f64], totals: &[f64]| detect("x", values, totals, None).map(|(scale, _)| scale);
        assert_eq!(of(&[0.0, 5.0, 1200.0], &[600.0, 605.0]), Ok(Scale::Counts));
        assert_eq!(of(&[0.0, 5.5, 12.25], &[8.0, 9.0]), Ok(Scale::Log));
        assert_eq!(of(&[-2.0, 5.0, 99.0], &[8.0, 9.0]), Ok(Scale::Log));
        assert_eq!(of(&[0.5, 999_999.5], &[1e6, 1e6]), Ok(Scale::Tpm));
        assert!(matches!(of(&[0.5, 400.5], &[100.0, 900.0]), Err(OmicsError::Scale { .. })));
        assert!(matches!(of(&[0.0, 5.0], &[5.0, 5.0]), Err(OmicsError::Scale { .. })));
        assert!(of(&[], &[]).is_err());
        assert!(detect("x", &[-1.0], &[1.0], Some(Scale::Counts)).is_err());
        assert_eq!(detect("x", &[3.0], &[3.0], Some(Scale::Counts)).map(|(scale, _)| scale), Ok(Scale::Counts));
    }
}
