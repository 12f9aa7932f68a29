//! Minimum sample size to develop a prediction model (Riley et al. 2019, 2020).
//!
//! With `P` candidate parameters and an anticipated Cox-Snell `R²`:
//! 1. shrinkage at least `S` (0.9): `n = P / ((S - 1) ln(1 - R² / S))`;
//! 2. optimism in Nagelkerke's R² at most `d` (0.05): criterion 1 with
//!    `S = R² / (R² + d max R²)`;
//! 3. the overall risk within `margin` (0.05): binary `n = (1.96 / margin)² p (1 - p)`; survival
//!    the least n at which the exponential incidence at the time point has a 95 % interval within
//!    the margin.
//!
//! `max R² = 1 - exp(2 lnL0 / n)` with `lnL0 / n = p ln p + (1 - p) ln(1 - p)` for a binary and
//! `e ln e - e`, `e` events a patient, for a survival outcome.

use serde::{Deserialize, Serialize};

use super::distribution::{normal_density, normal_multiplier, normal_quantile};
use super::estimate::NotEstimable;

/// How strong the model is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Strength {
    /// Cox-Snell R².
    CoxSnell(f64),
    /// Nagelkerke R², as a share of the largest possible.
    Nagelkerke(f64),
    /// C statistic of a binary model, turned into R² by normal linear predictors of equal
    /// variance in the two classes (Riley et al. 2021), by numerical integration.
    CStatistic(f64),
}

/// The outcome to be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum OutcomePlan {
    Binary {
        prevalence: f64,
    },
    Survival {
        /// Events a person and time unit.
        rate: f64,
        /// Time point of prediction, in the same unit.
        time_point: f64,
        /// Mean follow-up, in the same unit.
        mean_follow_up: f64,
    },
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleSizePlan {
    pub outcome: OutcomePlan,
    /// Candidate predictor parameters, not variables: a factor of three levels has two.
    pub parameters: usize,
    pub strength: Strength,
    /// 0.9 unless asked otherwise.
    pub shrinkage: f64,
    /// 0.05 unless asked otherwise.
    pub optimism: f64,
    /// 0.05 unless asked otherwise.
    pub margin: f64,
}

/// What is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleSize {
    /// For criteria 1 to 3.
    pub criteria: [usize; 3],
    /// The largest of them.
    pub n: usize,
    /// Events expected among them.
    pub events: f64,
    pub events_per_parameter: f64,
    /// Shrinkage expected at that size.
    pub shrinkage: f64,
    pub cox_snell: f64,
    pub max_cox_snell: f64,
}

/// The least number of patients that meets all three criteria.
///
/// # Errors
/// A value out of its range, or an R² above the largest possible.
pub fn sample_size(plan: &SampleSizePlan) -> Result<SampleSize, NotEstimable> {
    let fault = |reason: String| Err(NotEstimable::new(reason));
    let open = |value: f64| value > 0.0 && value < 1.0;
    if plan.parameters == 0 {
        return fault("a model has at least one parameter".to_owned());
    }
    for (name, value) in [("shrinkage", plan.shrinkage), ("optimism", plan.optimism), ("margin", plan.margin)] {
        if !open(value) {
            return fault(format!("{name} of {value} is not between 0 and 1"));
        }
    }
    let (null, events_each) = match plan.outcome {
        OutcomePlan::Binary { prevalence } => {
            if !open(prevalence) {
                return fault(format!("a prevalence of {prevalence} is not between 0 and 1"));
            }
            (prevalence * prevalence.ln() + (1.0 - prevalence) * (1.0 - prevalence).ln(), prevalence)
        }
        OutcomePlan::Survival { rate, time_point, mean_follow_up } => {
            let given = [rate, time_point, mean_follow_up];
            if given.iter().any(|value| !value.is_finite() || *value <= 0.0) {
                return fault("rate, time point and mean follow-up are positive".to_owned());
            }
            let events = rate * mean_follow_up;
            (events * events.ln() - events, events)
        }
    };
    let max = 1.0 - (2.0 * null).exp();
    let r2 = match (plan.strength, plan.outcome) {
        (Strength::CoxSnell(r2), _) => r2,
        (Strength::Nagelkerke(share), _) => share * max,
        (Strength::CStatistic(c), OutcomePlan::Binary { prevalence }) => {
            if !(c > 0.5 && c < 1.0) {
                return fault(format!("a C statistic of {c} is not between 0.5 and 1"));
            }
            cox_snell_of_c(c, prevalence)
        }
        (Strength::CStatistic(_), OutcomePlan::Survival { .. }) => {
            return fault("a C statistic gives no R² for a survival outcome; give R²".to_owned());
        }
    };
    if !(r2 > 0.0 && r2 < max) {
        return fault(format!("a Cox-Snell R² of {r2:.4} is not between 0 and its largest value {max:.4}"));
    }
    if r2 >= plan.shrinkage {
        return fault(format!("a Cox-Snell R² of {r2:.4} is not below the shrinkage {}", plan.shrinkage));
    }
    let p = plan.parameters as f64;
    let needed = |s: f64| p / ((s - 1.0) * (1.0 - r2 / s).ln());
    let first = needed(plan.shrinkage).ceil();
    let second = needed(r2 / (r2 + plan.optimism * max)).ceil();
    let z = normal_multiplier(0.95);
    let third = match plan.outcome {
        OutcomePlan::Binary { prevalence } => (z / plan.margin).powi(2) * prevalence * (1.0 - prevalence),
        OutcomePlan::Survival { rate, time_point, mean_follow_up } => {
            // The upper bound is the one to fail last: exp is convex, so the lower one is farther.
            let risk = |rate: f64| 1.0 - (-rate.max(0.0) * time_point).exp();
            let enough = |n: f64| {
                let half = z * (rate / (n * mean_follow_up)).sqrt();
                (risk(rate + half) - risk(rate)).max(risk(rate) - risk(rate - half)) <= plan.margin
            };
            let (mut low, mut high) = (0.0, 1.0);
            while !enough(high) && high < 1e12 {
                (low, high) = (high, high * 2.0);
            }
            while high - low > 1.0 {
                let middle = ((low + high) / 2.0f64).floor();
                if enough(middle) { high = middle } else { low = middle }
            }
            high
        }
    }
    .ceil();
    let n = first.max(second).max(third);
    Ok(SampleSize {
        criteria: [first as usize, second as usize, third as usize],
        n: n as usize,
        events: n * events_each,
        events_per_parameter: n * events_each / p,
        shrinkage: expected_shrinkage(n, p, r2),
        cox_snell: r2,
        max_cox_snell: max,
    })
}

/// The `S` with `n = P / ((S - 1) ln(1 - R² / S))`.
fn expected_shrinkage(n: f64, p: f64, r2: f64) -> f64 {
    let (mut low, mut high) = (r2, 1.0);
    for _ in 0..200 {
        let s = 0.5 * (low + high);
        // (S - 1) ln(1 - R² / S) falls from infinity to 0 as S rises from R² to 1.
        if (s - 1.0) * (1.0 - r2 / s).ln() * n > p { low = s } else { high = s }
    }
    0.5 * (low + high)
}

/// Cox-Snell R² of the logistic model whose linear predictor is normal with variance 1 and means
/// `sqrt(2) z(C)` apart in the two classes.
fn cox_snell_of_c(c: f64, prevalence: f64) -> f64 {
    let distance = std::f64::consts::SQRT_2 * normal_quantile(c);
    let log_odds = (prevalence / (1.0 - prevalence)).ln() - distance * distance / 2.0;
    let null = prevalence * prevalence.ln() + (1.0 - prevalence) * (1.0 - prevalence).ln();
    // Expected log-likelihood by Simpson's rule over x; the integrand dies like exp(-x² / 2).
    let steps = 4000;
    let (low, high) = (-10.0, 10.0 + distance);
    let width = (high - low) / f64::from(steps);
    let term = |x: f64| {
        let eta = log_odds + distance * x;
        let softplus = |v: f64| if v > 0.0 { v + (-v).exp().ln_1p() } else { v.exp().ln_1p() };
        -prevalence * normal_density(x - distance) * softplus(-eta)
            - (1.0 - prevalence) * normal_density(x) * softplus(eta)
    };
    let sum: f64 = (0..=steps)
        .map(|i| {
            let weight = if i == 0 || i == steps {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            };
            weight * term(low + width * f64::from(i))
        })
        .sum();
    1.0 - (-2.0 * (sum * width / 3.0 - null)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(outcome: OutcomePlan, parameters: usize, strength: Strength) -> SampleSizePlan {
        SampleSizePlan { outcome, parameters, strength, shrinkage: 0.9, optimism: 0.05, margin: 0.05 }
    }

    // The examples in the help of pmsampsize (Ensor 2020): n = 662 and n = 5143.
    #[test]
    fn published_examples() {
        let binary =
            sample_size(&plan(OutcomePlan::Binary { prevalence: 0.174 }, 24, Strength::CoxSnell(0.288))).unwrap();
        assert_eq!(binary.criteria, [623, 662, 221]);
        assert_eq!(binary.n, 662);
        let outcome = OutcomePlan::Survival { rate: 0.065, time_point: 2.0, mean_follow_up: 2.07 };
        let survival = sample_size(&plan(outcome, 30, Strength::CoxSnell(0.051))).unwrap();
        assert_eq!(survival.n, 5143);
        assert!((survival.max_cox_snell - 0.555).abs() < 5e-4);
        assert!((survival.shrinkage - 0.9).abs() < 1e-4);
    }

    #[test]
    fn a_c_statistic_is_an_r2() {
        // Riley et al. 2021: C = 0.8 at 10 % prevalence is about R² = 0.10.
        let r2 = cox_snell_of_c(0.8, 0.1);
        assert!((0.08..0.12).contains(&r2), "{r2}");
        assert!(cox_snell_of_c(0.500001, 0.3) < 1e-9);
    }

    #[test]
    fn impossible_wishes_are_told() {
        let binary = OutcomePlan::Binary { prevalence: 0.1 };
        assert!(sample_size(&plan(binary, 5, Strength::CoxSnell(0.6))).is_err());
        assert!(sample_size(&plan(binary, 0, Strength::CoxSnell(0.1))).is_err());
        assert!(sample_size(&plan(OutcomePlan::Binary { prevalence: 1.0 }, 5, Strength::CoxSnell(0.1))).is_err());
        assert!(sample_size(&plan(binary, 5, Strength::Nagelkerke(0.15))).is_ok());
    }
}
