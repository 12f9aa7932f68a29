//! Counts of a classification at a threshold.

use super::estimate::NotEstimable;

/// True and false positives and negatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    pub true_positive: usize,
    pub false_positive: usize,
    pub true_negative: usize,
    pub false_negative: usize,
}

impl Confusion {
    /// Calls positive every score at or above `threshold`.
    pub fn at(events: &[bool], scores: &[f64], threshold: f64) -> Self {
        let mut counts = Confusion { true_positive: 0, false_positive: 0, true_negative: 0, false_negative: 0 };
        for (event, score) in events.iter().zip(scores) {
            match (*score >= threshold, *event) {
                (true, true) => counts.true_positive += 1,
                (true, false) => counts.false_positive += 1,
                (false, true) => counts.false_negative += 1,
                (false, false) => counts.true_negative += 1,
            }
        }
        counts
    }

    /// `(successes, trials)` of sensitivity.
    pub fn sensitivity(&self) -> (usize, usize) {
        (self.true_positive, self.true_positive + self.false_negative)
    }

    /// `(successes, trials)` of specificity.
    pub fn specificity(&self) -> (usize, usize) {
        (self.true_negative, self.true_negative + self.false_positive)
    }

    /// `(successes, trials)` of the positive predictive value.
    pub fn positive_predictive_value(&self) -> (usize, usize) {
        (self.true_positive, self.true_positive + self.false_positive)
    }

    /// `(successes, trials)` of the negative predictive value.
    pub fn negative_predictive_value(&self) -> (usize, usize) {
        (self.true_negative, self.true_negative + self.false_negative)
    }

    /// `(successes, trials)` of accuracy.
    pub fn accuracy(&self) -> (usize, usize) {
        (self.true_positive + self.true_negative, self.total())
    }

    /// Number of patients.
    pub fn total(&self) -> usize {
        self.true_positive + self.false_positive + self.true_negative + self.false_negative
    }

    /// `2 TP / (2 TP + FP + FN)`.
    ///
    /// # Errors
    /// When nobody has the event and nobody is called positive.
    pub fn f1(&self) -> Result<f64, NotEstimable> {
        let twice = 2.0 * self.true_positive as f64;
        let all = twice + (self.false_positive + self.false_negative) as f64;
        if all == 0.0 {
            return Err(NotEstimable::new("nobody has the event and nobody is called positive"));
        }
        Ok(twice / all)
    }

    /// Mean of sensitivity and specificity.
    ///
    /// # Errors
    /// When a class is empty.
    pub fn balanced_accuracy(&self) -> Result<f64, NotEstimable> {
        let ((tp, m), (tn, n)) = (self.sensitivity(), self.specificity());
        if m == 0 || n == 0 {
            return Err(NotEstimable::new("only one class was observed"));
        }
        Ok(0.5 * (tp as f64 / m as f64 + tn as f64 / n as f64))
    }

    /// Matthews' correlation coefficient.
    ///
    /// # Errors
    /// When a row or a column of the table is empty.
    pub fn matthews(&self) -> Result<f64, NotEstimable> {
        let [tp, fp, tn, fnn] = [self.true_positive, self.false_positive, self.true_negative, self.false_negative]
            .map(|count| count as f64);
        let square = (tp + fp) * (tp + fnn) * (tn + fp) * (tn + fnn);
        if square == 0.0 {
            return Err(NotEstimable::new("only one class was observed or predicted"));
        }
        Ok((tp * tn - fp * fnn) / square.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_ratios() {
        let counts = Confusion::at(&[true, true, false, false, false], &[0.9, 0.2, 0.5, 0.1, 0.3], 0.5);
        assert_eq!((counts.true_positive, counts.false_positive), (1, 1));
        assert_eq!(counts.sensitivity(), (1, 2));
        assert_eq!(counts.specificity(), (2, 3));
        assert_eq!(counts.f1(), Ok(0.5));
        assert!((counts.matthews().unwrap() - (2.0 - 1.0) / 36.0f64.sqrt()).abs() < 1e-15);
        assert!(Confusion::at(&[false], &[0.1], 0.5).f1().is_err());
        assert!(Confusion::at(&[false, true], &[0.1, 0.1], 0.5).matthews().is_err());
    }
}
