//! Coverage of 95 % intervals of a censored endpoint: 1,000 data sets of 100 and of 400 patients.
//! Ignored; `scripts/coverage/stats.sh` runs it and prints the table.
//!
//! Survival is exponential with `log hazard = 0.7 x`, `x` standard normal; a third is censored,
//! uniformly. The model predicts `1.25 * 0.7 x`, so that the true calibration slope is 0.8. The
//! concordance has no closed form under censoring: its truth is that of 400,000 patients.

use diptych::random::Stream;
use diptych::stats::{Censored, IntervalPlan, Judged, Metric, Outcome, Prediction};
use diptych::survival::calibration_slope::CalibrationSlope;
use diptych::survival::concordance::{HarrellC, harrell};
use diptych::survival::cox::{CoxData, CoxOptions, fit};
use rand_xoshiro::rand_core::Rng;

const EFFECT: f64 = 0.7;

fn draw(stream: &Stream, n: usize) -> (Vec<f64>, Censored) {
    let mut rng = stream.rng();
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let (mut x, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let value = (-2.0 * unit().ln()).sqrt() * (2.0 * std::f64::consts::PI * unit()).cos();
        let died = -unit().ln() / (EFFECT * value).exp();
        let left = 3.2 * unit();
        x.push(value);
        time.push(died.min(left));
        event.push(u8::from(died <= left));
    }
    (x, Censored::new(time, event))
}

#[test]
#[ignore = "minutes of simulation"]
fn survival_intervals_cover() {
    let root = Stream::root(2025).named("coverage");
    let (x, outcome) = draw(&root.named("truth"), 400_000);
    let concordance = harrell(&outcome, &x).expect("a concordance");
    let share = outcome.events() as f64 / outcome.len() as f64;
    println!("events: {:.1} %", 100.0 * share);
    let cases = [("C-index", concordance), ("HR", EFFECT.exp()), ("calibration_slope (survival)", 0.8)];
    let sets = 1000;
    let mut covered = [[0usize; 3]; 2];
    for (size, n) in [100usize, 400].into_iter().enumerate() {
        for set in 0..sets {
            let stream = root.indexed(n as u64).indexed(set);
            let (x, censored) = draw(&stream, n);
            let design = ndarray::Array2::from_shape_fn((n, 1), |(row, _)| x[row]);
            let names = ["x".to_owned()];
            let fitted = fit(&CoxData::new(design.view(), &names, &censored), &CoxOptions::default()).expect("a fit");
            let ratio = fitted.coefficients[0].as_ref().expect("a coefficient");
            let outcome = Outcome::Survival(censored);
            let prediction = Prediction::Risk(x.iter().map(|x| 1.25 * EFFECT * x).collect());
            let judged = Judged {
                outcome: &outcome,
                prediction: &prediction,
                held: None,
                patients: None,
                curves: None,
                training: None,
                horizon: None,
                threshold: None,
            };
            let plan = IntervalPlan::default();
            let inside = |metric: &dyn Metric, truth: f64| {
                let interval = metric.estimate(&judged, &plan, &stream).interval;
                usize::from(interval.is_some_and(|i| i.lower <= truth && truth <= i.upper))
            };
            covered[size][0] += inside(&HarrellC, cases[0].1);
            covered[size][1] += usize::from(ratio.lower <= cases[1].1 && cases[1].1 <= ratio.upper);
            covered[size][2] += inside(&CalibrationSlope, cases[2].1);
        }
    }
    println!("| measure | truth | n = 100 | n = 400 |\n|---|---|---|---|");
    for (place, (name, value)) in cases.iter().enumerate() {
        let share = |size: usize| 100.0 * covered[size][place] as f64 / sets as f64;
        println!("| {name} | {value:.4} | {:.1} % | {:.1} % |", share(0), share(1));
    }
    for (place, (name, _)) in cases.iter().enumerate() {
        for size in covered {
            assert!((930..=970).contains(&size[place]), "{} of {name}", size[place]);
        }
    }
}
