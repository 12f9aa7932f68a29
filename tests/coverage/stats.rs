//! Coverage of 95 % intervals in simulation: 1,000 data sets of 100 and of 400 patients. Ignored;
//! `scripts/coverage/stats.sh` runs it and prints the table.
//!
//! The log-odds that a model predicts are `lp = x - 0.5` with `x` standard normal; the truth is
//! `logit P(y) = 0.2 + 0.8 lp`, so the calibration slope is 0.8. True values of the other
//! measures are integrals over `x`, by Simpson's rule.

use diptych::random::Stream;
use diptych::stats::{IntervalPlan, Judged, Outcome, Prediction, metrics};
use rand_xoshiro::rand_core::Rng;

fn risk(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

fn truth(x: f64) -> f64 {
    risk(0.2 + 0.8 * (x - 0.5))
}

/// Integral of `f` over the standard normal.
fn mean_over_x(f: impl Fn(f64) -> f64) -> f64 {
    let steps = 2000;
    let width = 16.0 / f64::from(steps);
    (0..=steps)
        .map(|i| {
            let x = -8.0 + width * f64::from(i);
            let weight = if i == 0 || i == steps {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            };
            weight * f(x) * (-x * x / 2.0).exp()
        })
        .sum::<f64>()
        * width
        / 3.0
        / (2.0 * std::f64::consts::PI).sqrt()
}

#[test]
#[ignore = "minutes of simulation"]
fn intervals_cover() {
    let prevalence = mean_over_x(truth);
    let below = |at: f64| mean_over_x(|x| if x < at { 1.0 - truth(x) } else { 0.0 });
    // A coarse outer grid is enough: the inner integral is smooth in `at`.
    let steps = 400;
    let auc = (0..=steps)
        .map(|i| {
            let x = -8.0 + 16.0 * f64::from(i) / f64::from(steps);
            let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            truth(x) * below(x) * density * 16.0 / f64::from(steps)
        })
        .sum::<f64>()
        / (prevalence * (1.0 - prevalence));
    // In the large: the intercept that makes expected and observed agree with slope 1.
    let (mut low, mut high) = (-5.0, 5.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if mean_over_x(|x| truth(x) - risk(middle + x - 0.5)) > 0.0 { low = middle } else { high = middle }
    }
    let predicted = |x: f64| risk(x - 0.5);
    let brier = mean_over_x(|x| truth(x) * (1.0 - predicted(x)).powi(2) + (1.0 - truth(x)) * predicted(x).powi(2));
    let log_loss = mean_over_x(|x| -truth(x) * predicted(x).ln() - (1.0 - truth(x)) * (1.0 - predicted(x)).ln());
    let called = |x: f64| f64::from(u8::from(predicted(x) >= 0.4));
    let cases: [(&str, f64); 8] = [
        ("AUC", auc),
        ("calibration_slope", 0.8),
        ("calibration_intercept", low),
        ("EO", mean_over_x(predicted) / prevalence),
        ("Brier", brier),
        ("log_loss", log_loss),
        ("sensitivity", mean_over_x(|x| truth(x) * called(x)) / prevalence),
        ("specificity", mean_over_x(|x| (1.0 - truth(x)) * (1.0 - called(x))) / (1.0 - prevalence)),
    ];
    let sets = 1000;
    println!("| measure | truth | n = 100 | n = 400 |\n|---|---|---|---|");
    let mut covered = [[0usize; 8]; 2];
    for (size, n) in [100usize, 400].into_iter().enumerate() {
        for set in 0..sets {
            let stream = Stream::root(2024).named("coverage").indexed(n as u64).indexed(set);
            let mut rng = stream.rng();
            let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            let (mut p, mut events) = (Vec::new(), Vec::new());
            for _ in 0..n {
                let x = (-2.0 * unit().ln()).sqrt() * (2.0 * std::f64::consts::PI * unit()).cos();
                p.push(predicted(x));
                events.push(unit() < truth(x));
            }
            let outcome = Outcome::Binary(events);
            let prediction = Prediction::Probability(p);
            let judged = Judged {
                outcome: &outcome,
                prediction: &prediction,
                held: None,
                patients: None,
                curves: None,
                training: None,
                horizon: None,
                threshold: Some(0.4),
            };
            for (place, (name, value)) in cases.iter().enumerate() {
                let metric = metrics().iter().find(|metric| metric.card().name == *name).unwrap();
                let interval = metric.estimate(&judged, &IntervalPlan::default(), &stream).interval;
                covered[size][place] += usize::from(interval.is_some_and(|i| i.lower <= *value && *value <= i.upper));
            }
        }
    }
    for (place, (name, value)) in cases.iter().enumerate() {
        let share = |size: usize| 100.0 * covered[size][place] as f64 / sets as f64;
        println!("| {name} | {value:.4} | {:.1} % | {:.1} % |", share(0), share(1));
    }
    for place in [0, 1] {
        for size in covered {
            assert!((930..=970).contains(&size[place]), "{} of {}", size[place], cases[place].0);
        }
    }
}
