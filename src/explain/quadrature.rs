//! Gauss-Legendre quadrature on the unit interval.

/// Nodes and weights of `Q` points, exact for polynomials up to degree `2 Q - 1`.
pub(super) fn gauss_legendre<const Q: usize>() -> ([f64; Q], [f64; Q]) {
    let (mut nodes, mut weights) = ([0.0; Q], [0.0; Q]);
    let n = Q as f64;
    for i in 0..Q {
        // Tricomi's approximation, polished by Newton.
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut derivative = 1.0;
        for _ in 0..100 {
            let (mut before, mut here) = (1.0, x);
            for k in 2..=Q {
                let k = k as f64;
                (before, here) = (here, ((2.0 * k - 1.0) * x * here - (k - 1.0) * before) / k);
            }
            derivative = n * (x * here - before) / (x * x - 1.0);
            let step = here / derivative;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        nodes[i] = 0.5 * (1.0 - x);
        weights[i] = 1.0 / ((1.0 - x * x) * derivative * derivative);
    }
    (nodes, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const Q: usize>() {
        let (nodes, weights) = gauss_legendre::<Q>();
        for degree in 0..2 * Q {
            let sum: f64 = nodes.iter().zip(&weights).map(|(t, w)| w * t.powi(degree as i32)).sum();
            let exact = 1.0 / (degree as f64 + 1.0);
            assert!((sum - exact).abs() < 1e-14, "{Q} points, degree {degree}: {sum} is not {exact}");
        }
    }

    #[test]
    fn integrates_polynomials_exactly() {
        check::<1>();
        check::<2>();
        check::<4>();
        check::<8>();
        check::<16>();
        check::<32>();
    }
}
