//! Net reclassification improvement and integrated discrimination improvement of a new model
//! over an old one (Pencina et al. 2008, 2011).
//!
//! Both reward miscalibration (Hilden & Gerds 2014): tell them beside calibration and a decision
//! curve, never instead.

use super::distribution::{normal_multiplier, normal_two_sided};
use super::estimate::{Interval, NotEstimable};
use super::hypothesis::{Effect, TestResult};

/// NRI and IDI with their parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Reclassification {
    /// Net share of patients with the event moved up.
    pub nri_events: f64,
    /// Net share of the others moved down.
    pub nri_others: f64,
    /// Their sum, tested against 0.
    pub nri: TestResult,
    /// Difference of discrimination slopes, tested against 0.
    pub idi: TestResult,
}

/// Compares predicted probabilities of the same patients. With `cutoffs` (ascending) a patient
/// moves when the risk category changes; without, when the prediction changes at all
/// (category-free NRI). Standard errors are those of the moved shares and of the mean
/// differences (`improveProb` of Hmisc).
///
/// # Errors
/// Unequal rows, a class that is empty, or (for a test) nobody moved.
pub fn reclassification(
    events: &[bool],
    old: &[f64],
    new: &[f64],
    cutoffs: &[f64],
    level: f64,
) -> Result<Reclassification, NotEstimable> {
    if events.len() != old.len() || events.len() != new.len() {
        return Err(NotEstimable::new("predictions and outcomes are of different numbers of rows"));
    }
    if old.iter().chain(new).any(|p| !(0.0..=1.0).contains(p)) {
        return Err(NotEstimable::new("a prediction is missing or no probability"));
    }
    let category = |p: f64| cutoffs.iter().filter(|cutoff| p >= **cutoff).count();
    let moved = |old: f64, new: f64| -> f64 {
        if cutoffs.is_empty() {
            match new.partial_cmp(&old) {
                Some(std::cmp::Ordering::Greater) => 1.0,
                Some(std::cmp::Ordering::Less) => -1.0,
                _ => 0.0,
            }
        } else {
            (category(new) as f64 - category(old) as f64).clamp(-1.0, 1.0)
        }
    };
    let part = |wanted: bool| -> Result<(f64, f64, f64, f64), NotEstimable> {
        let pairs: Vec<(f64, f64)> = events
            .iter()
            .zip(old.iter().zip(new))
            .filter(|(event, _)| **event == wanted)
            .map(|(_, (old, new))| (moved(*old, *new), new - old))
            .collect();
        if pairs.len() < 2 {
            let whom = if wanted { "with" } else { "without" };
            return Err(NotEstimable::new(format!("{} patients {whom} the event", pairs.len())));
        }
        let n = pairs.len() as f64;
        let net = pairs.iter().map(|pair| pair.0).sum::<f64>() / n;
        let share = pairs.iter().map(|pair| pair.0.abs()).sum::<f64>() / n;
        let mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / n;
        let variance = pairs.iter().map(|pair| (pair.1 - mean).powi(2)).sum::<f64>() / (n - 1.0) / n;
        Ok((net, (share - net * net) / n, mean, variance))
    };
    let (net_events, nri_variance_events, up_events, idi_variance_events) = part(true)?;
    let (net_others, nri_variance_others, up_others, idi_variance_others) = part(false)?;
    let test = |name: &str, effect: &str, value: f64, variance: f64| -> Result<TestResult, NotEstimable> {
        if variance.is_nan() || variance <= 0.0 {
            return Err(NotEstimable::new("no patient is moved, or all of a class move alike"));
        }
        let error = variance.sqrt();
        let half = normal_multiplier(level) * error;
        let z = value / error;
        Ok(TestResult::new(name, "z", z, normal_two_sided(z), events.len()).with_effect(Effect {
            name: effect.to_owned(),
            value,
            interval: Some(Interval { lower: value - half, upper: value + half, level }),
        }))
    };
    let name = if cutoffs.is_empty() { "category-free net reclassification" } else { "net reclassification" };
    Ok(Reclassification {
        nri_events: net_events,
        nri_others: -net_others,
        nri: test(name, "NRI", net_events - net_others, nri_variance_events + nri_variance_others)?,
        idi: test(
            "integrated discrimination improvement",
            "IDI",
            up_events - up_others,
            idi_variance_events + idi_variance_others,
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Hmisc::improveProb(c(.2,.4,.6,.3,.5,.1), c(.3,.7,.55,.2,.4,.15), c(0,1,1,0,1,0)).
    #[test]
    fn agrees_with_improve_prob() {
        let events = [false, true, true, false, true, false];
        let old = [0.2, 0.4, 0.6, 0.3, 0.5, 0.1];
        let new = [0.3, 0.7, 0.55, 0.2, 0.4, 0.15];
        let result = reclassification(&events, &old, &new, &[], 0.95).unwrap();
        assert!((result.nri.effect.as_ref().unwrap().value - NRI.0).abs() < 1e-12);
        assert!((result.nri.statistic_value().unwrap() - NRI.1).abs() < 1e-10);
        assert!((result.idi.effect.as_ref().unwrap().value - IDI.0).abs() < 1e-12);
        assert!((result.idi.statistic_value().unwrap() - IDI.1).abs() < 1e-10);
        let categories = reclassification(&events, &old, &new, &[0.45], 0.95).unwrap();
        assert!(categories.nri_events.abs() < 1e-12);
        assert!(reclassification(&events, &old, &old, &[], 0.95).is_err());
        assert!(reclassification(&[true; 6], &old, &new, &[], 0.95).is_err());
    }

    const NRI: (f64, f64) = (-0.6666666666666666, -0.8660254037844386);
    const IDI: (f64, f64) = (0.033333333333333347, 0.23904572186687889);
}
