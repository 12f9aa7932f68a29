//! Digamma, trigamma, tetragamma and the inverse of trigamma, which limma's prior is made of.
//!
//! Upward recurrence to 16 and the asymptotic series there (Abramowitz & Stegun 6.3.18, 6.4.11),
//! good to a few units in the last place for positive arguments.

/// Bernoulli numbers `B_2 .. B_16`.
const BERNOULLI: [f64; 8] =
    [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0, -3617.0 / 510.0];
const LARGE: f64 = 16.0;

pub(super) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let mut power = 1.0;
    let mut series = 0.0;
    for (index, number) in BERNOULLI.iter().enumerate() {
        power *= square;
        series += number / (2.0 * (index + 1) as f64) * power;
    }
    x.ln() - 0.5 / x - series - below
}

pub(super) fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let mut power = 1.0 / x;
    let mut series = 0.0;
    for number in BERNOULLI {
        power *= square;
        series += number * power;
    }
    1.0 / x + 0.5 * square + series + below
}

/// Derivative of [`trigamma`].
fn tetragamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let mut power = square;
    let mut series = 0.0;
    for (index, number) in BERNOULLI.iter().enumerate() {
        power *= square;
        series += (2 * index + 3) as f64 * number * power;
    }
    -square - square / x - series + below
}

/// The `y` with `trigamma(y) = x`: Newton's method on `1 / trigamma`, which is convex and nearly
/// linear (Smyth 2004, appendix).
pub(super) fn trigamma_inverse(x: f64) -> f64 {
    if x > 1e7 {
        return 1.0 / x.sqrt();
    }
    if x < 1e-6 {
        return 1.0 / x;
    }
    let mut y = 0.5 + 1.0 / x;
    for _ in 0..50 {
        let value = trigamma(y);
        let step = value * (1.0 - value / x) / tetragamma(y);
        y += step;
        if -step / y < 1e-8 {
            break;
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    // digamma, trigamma and psigamma(, 2) of R 4.2.
    #[test]
    fn agree_with_r() {
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 4e-15 * b.abs(), "{a} is not {b}");
        near(digamma(0.5), -1.963510026021423);
        near(digamma(49.0), 3.881581510162586);
        near(trigamma(0.5), 4.934802200544679);
        near(trigamma(23.0), 0.04443713353657865);
        near(tetragamma(1.7), -0.604089084103459);
        for x in [1e-8, 0.001, 0.3, 2.0, 900.0, 1e8] {
            let y = trigamma_inverse(x);
            assert!((trigamma(y) / x - 1.0).abs() < 1e-6, "{x}");
        }
    }
}
