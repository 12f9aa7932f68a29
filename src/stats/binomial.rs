//! Proportions with intervals: exact (Clopper & Pearson 1934) and score (Wilson 1927), and
//! response rates.

use super::distribution::{beta_quantile, normal_multiplier};
use super::estimate::{Estimate, Interval, NotEstimable};

/// Which interval of a proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProportionInterval {
    /// Clopper-Pearson: quantiles of the beta distribution; at least the nominal coverage.
    Exact,
    /// Wilson's score interval: close to the nominal coverage on average.
    Wilson,
}

impl ProportionInterval {
    fn title(self) -> &'static str {
        match self {
            ProportionInterval::Exact => "exact (Clopper-Pearson)",
            ProportionInterval::Wilson => "Wilson",
        }
    }
}

/// The interval of `successes / n`.
///
/// # Errors
/// When `n` is 0 or `successes` exceeds it.
pub fn proportion_interval(
    successes: usize,
    n: usize,
    which: ProportionInterval,
    level: f64,
) -> Result<Interval, NotEstimable> {
    if n == 0 {
        return Err(NotEstimable::new("no patients"));
    }
    if successes > n {
        return Err(NotEstimable::new(format!("{successes} of {n} is no proportion")));
    }
    let (x, size) = (successes as f64, n as f64);
    let (lower, upper) = match which {
        ProportionInterval::Exact => {
            let tail = (1.0 - level) / 2.0;
            let lower = if successes == 0 { 0.0 } else { beta_quantile(tail, x, size - x + 1.0) };
            // By symmetry, so that the tail is small and keeps its digits.
            let upper = if successes == n { 1.0 } else { 1.0 - beta_quantile(tail, size - x, x + 1.0) };
            (lower, upper)
        }
        ProportionInterval::Wilson => {
            let z = normal_multiplier(level);
            let p = x / size;
            let scale = 1.0 + z * z / size;
            let centre = p + z * z / (2.0 * size);
            let half = z * (p * (1.0 - p) / size + z * z / (4.0 * size * size)).sqrt();
            ((((centre - half) / scale).max(0.0)), ((centre + half) / scale).min(1.0))
        }
    };
    Ok(Interval { lower, upper, level })
}

/// A proportion as an estimate.
pub fn proportion(name: &str, successes: usize, n: usize, which: ProportionInterval, level: f64) -> Estimate {
    match proportion_interval(successes, n, which, level) {
        Ok(interval) => Estimate::new(name, successes as f64 / n as f64, n, format!("proportion; {}", which.title()))
            .within(interval.lower, interval.upper, level)
            .with_events(Some(successes)),
        Err(fault) => Estimate::not_estimable(name, n, fault.reason),
    }
}

/// The response of one patient by RECIST or mRECIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Response {
    Complete,
    Partial,
    Stable,
    Progressive,
}

impl Response {
    /// `CR`, `PR`, `SD`, `PD`, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_uppercase().as_str() {
            "CR" => Response::Complete,
            "PR" => Response::Partial,
            "SD" => Response::Stable,
            "PD" => Response::Progressive,
            _ => return None,
        })
    }
}

/// Objective response rate (CR + PR) and disease control rate (CR + PR + SD) with exact
/// intervals. Patients without an evaluable response (`None`) are counted as missing and are not
/// in the denominator; an intention-to-treat rate asks for them as non-responders first.
pub fn response_rates(responses: &[Option<Response>], level: f64) -> [Estimate; 2] {
    let known: Vec<Response> = responses.iter().flatten().copied().collect();
    let missing = responses.len() - known.len();
    let count = |wanted: &[Response]| known.iter().filter(|response| wanted.contains(response)).count();
    let objective = count(&[Response::Complete, Response::Partial]);
    let control = objective + count(&[Response::Stable]);
    [("ORR", objective), ("DCR", control)].map(|(name, successes)| {
        proportion(name, successes, known.len(), ProportionInterval::Exact, level).with_missing(missing)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-10, "{a} is not {b}");
    }

    // binom.test(7, 20) and prop.test(7, 20, correct = FALSE) of R.
    #[test]
    fn agrees_with_r() {
        let exact = proportion_interval(7, 20, ProportionInterval::Exact, 0.95).unwrap();
        close(exact.lower, 0.15390920478454122);
        close(exact.upper, 0.5921885345328295);
        let wilson = proportion_interval(7, 20, ProportionInterval::Wilson, 0.95).unwrap();
        close(wilson.lower, 0.1811918241010821);
        close(wilson.upper, 0.5671457233147637);
        let none = proportion_interval(0, 12, ProportionInterval::Exact, 0.95).unwrap();
        close(none.lower, 0.0);
        close(none.upper, 1.0 - 0.025f64.powf(1.0 / 12.0));
    }

    #[test]
    fn rates_count_what_is_missing() {
        let responses = ["CR", "pr", "SD", "PD"].map(Response::from_word);
        let mut all = responses.to_vec();
        all.push(None);
        let [orr, dcr] = response_rates(&all, 0.95);
        assert_eq!(orr.value, Ok(0.5));
        assert_eq!(dcr.value, Ok(0.75));
        assert_eq!((orr.n, orr.missing, orr.events), (4, 1, Some(2)));
        assert!(response_rates(&[None], 0.95)[0].value.is_err());
    }
}
