//! Random numbers of the distributions that simulations draw from.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::random::Stream;

/// Draws from one stream.
pub struct Draw(Xoshiro256PlusPlus);

impl Draw {
    pub fn new(stream: &Stream) -> Self {
        Draw(stream.rng())
    }

    /// In `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        // 1 - u lies in (0, 1], so that its logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// In `0 .. below`; 0 where there is nothing to choose from.
    pub fn index(&mut self, below: usize) -> usize {
        if below == 0 { 0 } else { ((self.uniform() * below as f64) as usize).min(below - 1) }
    }

    /// One of several.
    pub fn of<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        choices.get(self.index(choices.len()))
    }

    /// Time to an event with the hazard `shape / scale^shape * t^(shape - 1) * exp(log_hazard)`.
    pub fn weibull(&mut self, shape: f64, scale: f64, log_hazard: f64) -> f64 {
        let exponential = -(1.0 - self.uniform()).ln();
        scale * (exponential / log_hazard.exp()).powf(1.0 / shape)
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.uniform()).ln() * mean
    }

    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut draw = Draw::new(&Stream::root(1).named("moments"));
        let n = 20_000;
        let normal: Vec<f64> = (0..n).map(|_| draw.normal()).collect();
        let mean = normal.iter().sum::<f64>() / n as f64;
        let variance = normal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let mut times: Vec<f64> = (0..n).map(|_| draw.weibull(1.3, 20.0, 0.5)).collect();
        times.sort_by(f64::total_cmp);
        let median = 20.0 * (2f64.ln() / 0.5f64.exp()).powf(1.0 / 1.3);
        assert!((times[n / 2] / median - 1.0).abs() < 0.03);
        let mut order: Vec<usize> = (0..10).collect();
        draw.shuffle(&mut order);
        order.sort_unstable();
        assert_eq!(order, (0..10).collect::<Vec<_>>());
    }
}
