//! Speed of statistics and explanations; ignored, run by the scripts in `scripts/bench`.

use diptych::explain::{SplitRule, Tree, TreeEnsemble, path_dependent};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::performance::{BootstrapInterval, PerformancePlan, evaluate_binary};
use ndarray::Array2;
use serde_json::Value;

/// CPU seconds of the calling thread (Linux): wall time means nothing on a busy machine.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux keeps CPU time of a thread");
    text.split_whitespace().next().and_then(|field| field.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

fn timed<T: Send>(work: impl FnOnce() -> T + Send) -> (T, f64) {
    one_thread(|| {
        let start = cpu_seconds();
        let result = work();
        (result, cpu_seconds() - start)
    })
}

fn one_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread").install(work)
}

/// Reads what `scripts/bench/shap_trees.py` wrote to `DIPTYCH_BENCH`, explains the same rows and
/// prints seconds and the worst difference.
#[test]
#[ignore = "run by scripts/bench/shap_trees.py"]
fn tree_shap() {
    let Some(path) = std::env::var_os("DIPTYCH_BENCH") else {
        println!("skipped: DIPTYCH_BENCH is not set");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the file of the script");
    let stored: Value = serde_json::from_str(&text).expect("JSON");
    let list = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
    let indices = |value: &Value| -> Vec<u32> {
        list(value).iter().map(|v| if *v < 0.0 { Tree::LEAF } else { *v as u32 }).collect()
    };
    let matrix = |value: &Value| {
        let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(list).collect();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let trees: Vec<Tree> = stored["trees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tree| Tree {
            left: indices(&tree["left"]),
            right: indices(&tree["right"]),
            feature: indices(&tree["feature"]),
            threshold: list(&tree["threshold"]),
            value: list(&tree["value"]),
            cover: list(&tree["cover"]),
            missing_left: Vec::new(),
        })
        .collect();
    let (x, theirs) = (matrix(&stored["x"]), matrix(&stored["shap"]));
    let ensemble = TreeEnsemble {
        features: x.ncols(),
        scale: 1.0 / trees.len() as f64,
        trees,
        base: 0.0,
        rule: SplitRule::AtMost,
        single_precision: true,
    };
    let mut best = f64::INFINITY;
    let mut worst = 0.0f64;
    for _ in 0..3 {
        let (ours, seconds) = timed(|| path_dependent(&ensemble, x.view(), &Watch::silent()).unwrap());
        best = best.min(seconds);
        worst = ours.values.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    }
    println!("diptych: {best:.3} CPU s, one thread, best of 3; worst difference {worst:.1e}");
}

/// 1,000 resamples of a full evaluation with calibration and decision curve at n = 500.
#[test]
#[ignore = "a measurement"]
fn bootstrap_of_a_full_evaluation() {
    let n = 500;
    let p: Vec<f64> = (0..n).map(|i| 0.02 + 0.96 * ((i * 311) % n) as f64 / n as f64).collect();
    let events: Vec<bool> = (0..n).map(|i| ((i * 173 + 31) % n) as f64 / (n as f64) < 0.8 * p[i] + 0.05).collect();
    for interval in [BootstrapInterval::Percentile, BootstrapInterval::Bca] {
        let plan = PerformancePlan { threshold: Some(0.5), interval, ..PerformancePlan::default() };
        let (done, seconds) =
            timed(|| evaluate_binary(&events, &p, &plan, &Stream::root(1), &Watch::silent()).unwrap());
        println!(
            "1000 resamples of a full evaluation, n = 500, {interval:?}: {seconds:.3} CPU s, one thread, {} estimates",
            done.estimates.len()
        );
    }
}
