//! Intraclass correlation coefficients: the six forms of Shrout & Fleiss (1979) with the
//! intervals of McGraw & Wong (1996), for one feature or for thousands at once.
//!
//! With mean squares between subjects `R`, within subjects `W`, between raters `C` and residual
//! `E`, for `n` subjects and `k` raters:
//!
//! | form | single rater | mean of k raters |
//! |---|---|---|
//! | one-way random, ICC(1,.) | (R - W) / (R + (k-1) W) | (R - W) / R |
//! | two-way random, agreement, ICC(2,.) | (R - E) / (R + (k-1) E + k (C - E) / n) | (R - E) / (R + (C - E) / n) |
//! | two-way mixed, consistency, ICC(3,.) | (R - E) / (R + (k-1) E) | (R - E) / R |

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::distribution::{f_quantile, f_sf};
use super::estimate::{Estimate, NotEstimable};

/// Which coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IccForm {
    /// ICC(1,1) or ICC(1,k): each subject has its own raters.
    OneWay,
    /// ICC(2,1) or ICC(2,k): raters are a sample, and their absolute agreement counts.
    Agreement,
    /// ICC(3,1) or ICC(3,k): raters are fixed, and their offsets do not count.
    Consistency,
}

/// A coefficient's form and whether it is of one rater or of the mean of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IccKind {
    pub form: IccForm,
    /// Of the mean of the raters instead of a single one.
    pub average: bool,
}

impl IccKind {
    /// All six.
    pub const ALL: [IccKind; 6] = [
        IccKind { form: IccForm::OneWay, average: false },
        IccKind { form: IccForm::Agreement, average: false },
        IccKind { form: IccForm::Consistency, average: false },
        IccKind { form: IccForm::OneWay, average: true },
        IccKind { form: IccForm::Agreement, average: true },
        IccKind { form: IccForm::Consistency, average: true },
    ];

    /// `ICC(2,1)`.
    pub fn name(self) -> &'static str {
        match (self.form, self.average) {
            (IccForm::OneWay, false) => "ICC(1,1)",
            (IccForm::Agreement, false) => "ICC(2,1)",
            (IccForm::Consistency, false) => "ICC(3,1)",
            (IccForm::OneWay, true) => "ICC(1,k)",
            (IccForm::Agreement, true) => "ICC(2,k)",
            (IccForm::Consistency, true) => "ICC(3,k)",
        }
    }
}

/// Mean squares of subjects by raters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanSquares {
    pub subjects: usize,
    pub raters: usize,
    pub between_subjects: f64,
    pub within_subjects: f64,
    pub between_raters: f64,
    pub residual: f64,
    /// Subjects left out because a rating is missing.
    pub missing: usize,
}

impl MeanSquares {
    /// Of ratings, subjects by raters; subjects with a missing rating are left out.
    ///
    /// # Errors
    /// Fewer than two complete subjects or raters, or ratings that do not vary.
    pub fn new(ratings: ArrayView2<'_, f64>) -> Result<Self, NotEstimable> {
        let k = ratings.ncols();
        let complete: Vec<_> =
            ratings.rows().into_iter().filter(|row| row.iter().all(|value| value.is_finite())).collect();
        let n = complete.len();
        if k < 2 || n < 2 {
            return Err(NotEstimable::new(format!("{n} complete subjects and {k} raters; two of each are needed")));
        }
        let (size, raters) = (n as f64, k as f64);
        // Around the grand mean, so that features of large level keep their digits.
        let grand = complete.iter().map(|row| row.sum()).sum::<f64>() / (size * raters);
        let (mut total, mut subjects) = (0.0, 0.0);
        let mut columns = vec![0.0; k];
        for row in &complete {
            let mut sum = 0.0;
            for (column, value) in columns.iter_mut().zip(row.iter()) {
                let deviation = value - grand;
                *column += deviation;
                sum += deviation;
                total += deviation * deviation;
            }
            subjects += sum * sum / raters;
        }
        let rater_squares: f64 = columns.iter().map(|sum| sum * sum).sum::<f64>() / size;
        if total.is_nan() || total <= 1e-20 * grand * grand * size {
            return Err(NotEstimable::new("the ratings do not vary"));
        }
        let within = (total - subjects).max(0.0);
        Ok(MeanSquares {
            subjects: n,
            raters: k,
            between_subjects: subjects / (size - 1.0),
            within_subjects: within / (size * (raters - 1.0)),
            between_raters: rater_squares / (raters - 1.0),
            residual: (within - rater_squares).max(0.0) / ((size - 1.0) * (raters - 1.0)),
            missing: ratings.nrows() - n,
        })
    }

    /// The coefficient alone.
    pub fn coefficient(&self, kind: IccKind) -> f64 {
        let (n, k) = (self.subjects as f64, self.raters as f64);
        let (r, w, c, e) = (self.between_subjects, self.within_subjects, self.between_raters, self.residual);
        match (kind.form, kind.average) {
            (IccForm::OneWay, false) => (r - w) / (r + (k - 1.0) * w),
            (IccForm::OneWay, true) => (r - w) / r,
            (IccForm::Agreement, false) => (r - e) / (r + (k - 1.0) * e + k * (c - e) / n),
            (IccForm::Agreement, true) => (r - e) / (r + (c - e) / n),
            (IccForm::Consistency, false) => (r - e) / (r + (k - 1.0) * e),
            (IccForm::Consistency, true) => (r - e) / r,
        }
    }

    /// `F`, its degrees of freedom and p, of the test that the coefficient is 0.
    pub fn test(&self, form: IccForm) -> (f64, f64, f64, f64) {
        let (n, k) = (self.subjects as f64, self.raters as f64);
        let (error, df2) = match form {
            IccForm::OneWay => (self.within_subjects, n * (k - 1.0)),
            IccForm::Agreement | IccForm::Consistency => (self.residual, (n - 1.0) * (k - 1.0)),
        };
        let f = self.between_subjects / error;
        (f, n - 1.0, df2, f_sf(f, n - 1.0, df2))
    }

    /// The interval of a coefficient; absent where raters agree perfectly or nothing varies
    /// between subjects.
    pub fn interval(&self, kind: IccKind, level: f64) -> Option<(f64, f64)> {
        let (n, k) = (self.subjects as f64, self.raters as f64);
        let upper = 0.5 + level / 2.0;
        let single = match kind.form {
            IccForm::OneWay | IccForm::Consistency => {
                let (f, df1, df2, _) = self.test(kind.form);
                let (low, high) = (f / f_quantile(upper, df1, df2), f * f_quantile(upper, df2, df1));
                ((low - 1.0) / (low + k - 1.0), (high - 1.0) / (high + k - 1.0))
            }
            IccForm::Agreement => {
                let (r, c, e) = (self.between_subjects, self.between_raters, self.residual);
                let icc = self.coefficient(IccKind { form: IccForm::Agreement, average: false });
                let f = c / e;
                let part = n * (1.0 + (k - 1.0) * icc) - k * icc;
                let df = (k - 1.0) * (n - 1.0) * (k * icc * f + part).powi(2)
                    / ((n - 1.0) * (k * icc * f).powi(2) + part * part);
                let (high, low) = (f_quantile(upper, n - 1.0, df), f_quantile(upper, df, n - 1.0));
                let rest = k * c + (k * n - k - n) * e;
                (n * (r - high * e) / (high * rest + n * r), n * (low * r - e) / (rest + n * low * r))
            }
        };
        // The mean of k raters by Spearman-Brown, which is what the direct formulas give.
        let (lower, upper) = if kind.average {
            let step = |icc: f64| icc * k / (1.0 + icc * (k - 1.0));
            (step(single.0), step(single.1))
        } else {
            single
        };
        (lower.is_finite() && upper.is_finite()).then_some((lower, upper))
    }

    /// The coefficient with its interval.
    pub fn estimate(&self, kind: IccKind, level: f64) -> Estimate {
        let how = match kind.form {
            IccForm::OneWay => "one-way random effects; F interval",
            IccForm::Agreement => "two-way random effects, absolute agreement; Satterthwaite F interval",
            IccForm::Consistency => "two-way mixed effects, consistency; F interval",
        };
        let estimate =
            Estimate::new(kind.name(), self.coefficient(kind), self.subjects, how).with_missing(self.missing);
        match self.interval(kind, level) {
            Some((lower, upper)) => estimate.within(lower, upper, level),
            None => Estimate {
                no_interval: Some("the raters agree perfectly, or the subjects do not differ".to_owned()),
                ..estimate
            },
        }
    }
}

/// The coefficient of ratings, subjects by raters.
pub fn icc(ratings: ArrayView2<'_, f64>, kind: IccKind, level: f64) -> Estimate {
    match MeanSquares::new(ratings) {
        Ok(squares) => squares.estimate(kind, level),
        Err(fault) => Estimate::not_estimable(kind.name(), ratings.nrows(), fault.reason),
    }
}

/// The coefficient of every feature: `readings` has one matrix a rater (segmentation, scan), each
/// subjects by features in the same order. This is the stability filter of radiomics.
///
/// # Errors
/// Readings of different subjects or features.
pub fn icc_of_features(
    readings: &[ArrayView2<'_, f64>],
    kind: IccKind,
    level: f64,
) -> Result<Vec<Estimate>, NotEstimable> {
    let Some(first) = readings.first() else {
        return Err(NotEstimable::new("no readings"));
    };
    let (n, features) = first.dim();
    if readings.iter().any(|reading| reading.dim() != (n, features)) {
        return Err(NotEstimable::new("the readings are of different subjects or features"));
    }
    Ok((0..features)
        .into_par_iter()
        .map_init(
            || Array2::zeros((n, readings.len())),
            |ratings, feature| {
                for (mut column, reading) in ratings.columns_mut().into_iter().zip(readings) {
                    column.assign(&reading.column(feature));
                }
                icc(ratings.view(), kind, level)
            },
        )
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn shrout_fleiss() -> Array2<f64> {
        array![
            [9.0, 2.0, 5.0, 8.0],
            [6.0, 1.0, 3.0, 2.0],
            [8.0, 4.0, 6.0, 8.0],
            [7.0, 1.0, 2.0, 6.0],
            [10.0, 5.0, 6.0, 9.0],
            [6.0, 2.0, 4.0, 7.0]
        ]
    }

    // Shrout & Fleiss (1979), Table 4, and psych::ICC of R.
    #[test]
    fn published_example() {
        let expected = [0.165741768, 0.289763780, 0.714840715, 0.442797134, 0.620050548, 0.909315542];
        for (kind, expected) in IccKind::ALL.into_iter().zip(expected) {
            let estimate = icc(shrout_fleiss().view(), kind, 0.95);
            assert!((estimate.value.unwrap() - expected).abs() < 1e-8, "{}", kind.name());
        }
        let agreement = icc(shrout_fleiss().view(), IccKind::ALL[1], 0.95).interval.unwrap();
        assert!((agreement.lower - 0.018786513).abs() < 1e-6);
        assert!((agreement.upper - 0.761084370).abs() < 1e-6);
    }

    #[test]
    fn features_at_once_and_degenerate_ratings() {
        let one = shrout_fleiss();
        let (first, second) = (one.slice(ndarray::s![.., ..2]), one.slice(ndarray::s![.., 2..]));
        let all = icc_of_features(&[first, second], IccKind::ALL[2], 0.95).unwrap();
        let alone = icc(
            array![[9.0, 5.0], [6.0, 3.0], [8.0, 6.0], [7.0, 2.0], [10.0, 6.0], [6.0, 4.0]].view(),
            IccKind::ALL[2],
            0.95,
        );
        assert_eq!(all[0], alone);
        assert!(icc(array![[1.0, 1.0], [1.0, 1.0]].view(), IccKind::ALL[0], 0.95).value.is_err());
        assert!(icc(array![[1.0, 2.0]].view(), IccKind::ALL[0], 0.95).value.is_err());
        let perfect = icc(array![[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]].view(), IccKind::ALL[1], 0.95);
        assert_eq!(perfect.value, Ok(1.0));
        assert!(perfect.no_interval.is_some());
        let missing = icc(array![[1.0, 1.5], [2.0, 2.0], [4.0, f64::NAN], [3.0, 3.5]].view(), IccKind::ALL[1], 0.95);
        assert_eq!((missing.n, missing.missing), (3, 1));
    }
}
