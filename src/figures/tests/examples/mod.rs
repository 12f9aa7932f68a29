//! Examples of every figure: a plain one with the name `plain`, and awkward ones.

use serde::Serialize;
use serde_json::Value as Json;

use crate::figures::*;

mod features;
mod genes;
mod judged;
mod shapley;
mod survival;
mod tables;

pub struct Example {
    pub kind: &'static str,
    pub name: &'static str,
    pub data: Json,
}

/// Evenly scattered numbers between 0 and 1, the same every time.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Roughly normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() * 1.41 - 4.23
    }

    fn many(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

const LONG: &str = "arterial_wavelet-LLH_glszm_SmallAreaHighGrayLevelEmphasis_after_resampling";
const FEATURES: [&str; 8] = [
    "age",
    "afp",
    "original_glcm_Imc1",
    "albi",
    "original_shape_SurfaceVolumeRatio",
    LONG,
    "Child-Pugh: B",
    "log-sigma-4-0-mm-3D_firstorder_90Percentile",
];

fn feature(place: usize) -> String {
    if place < FEATURES.len() { FEATURES[place].to_owned() } else { format!("{} {}", FEATURES[place % 8], place / 8) }
}

struct Examples(Vec<Example>);

impl Examples {
    fn add<F: Figure + Serialize>(&mut self, name: &'static str, figure: F) {
        let data = serde_json::to_value(&figure).expect("numbers become JSON");
        self.0.push(Example { kind: figure.card().name, name, data });
    }
}

pub fn all() -> Vec<Example> {
    let mut out = Examples(Vec::new());
    survival::survival(&mut out);
    tables::tables(&mut out);
    judged::judged(&mut out);
    features::features(&mut out);
    shapley::shapley(&mut out);
    genes::genes(&mut out);
    out.0
}
