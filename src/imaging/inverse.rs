//! The inverse of a 3 x 3 matrix by its singular values, in the arithmetic of LINPACK's `dsvdc`, which ITK inverts the
//! axes of a grid with.
//!
//! The order of sums matters: where a grid lies between the voxels of another, the nearest neighbour hangs on the last
//! digit of a position. Of grids along the axes the inverse is exact.
//! Source: Dongarra et al., LINPACK Users' Guide (1979), chapter 11.

#![allow(clippy::needless_range_loop)] // rows and columns are walked by index

type Matrix = [[f64; 3]; 3];

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

/// The length of a vector, scaled by its largest component on the way.
fn norm(vector: &[f64]) -> f64 {
    if let [only] = vector {
        return only.abs();
    }
    let (mut scale, mut squares) = (0.0f64, 1.0);
    for value in vector.iter().map(|v| v.abs()).filter(|v| *v != 0.0) {
        if scale < value {
            squares = 1.0 + squares * ((scale / value) * (scale / value));
            scale = value;
        } else {
            squares += (value / scale) * (value / scale);
        }
    }
    scale * squares.sqrt()
}

/// The rotation that turns (a, b) onto (r, 0): cosine, sine and r.
fn rotation(a: f64, b: f64) -> (f64, f64, f64) {
    let scale = a.abs() + b.abs();
    if scale == 0.0 {
        return (1.0, 0.0, 0.0);
    }
    let leading = if a.abs() > b.abs() { a } else { b };
    let length = scale * ((a / scale) * (a / scale) + (b / scale) * (b / scale)).sqrt();
    let r = 1f64.copysign(leading) * length;
    (a / r, b / r, r)
}

/// Turns two columns into each other.
fn rotate(columns: &mut Matrix, k: usize, cosine: f64, sine: f64) {
    for i in 0..3 {
        let turned = cosine * columns[k][i] + sine * columns[k + 1][i];
        columns[k + 1][i] = cosine * columns[k + 1][i] - sine * columns[k][i];
        columns[k][i] = turned;
    }
}

/// The matrix as two diagonals between rotations: left and right columns, the diagonal and the one above it.
struct Bidiagonal {
    left: Matrix,
    right: Matrix,
    diagonal: [f64; 3],
    above: [f64; 3],
}

/// Householder reflections from both sides.
fn bidiagonal(matrix: &Matrix) -> Bidiagonal {
    let mut x: Matrix = std::array::from_fn(|column| std::array::from_fn(|row| matrix[row][column]));
    let (mut u, mut v) = ([[0.0; 3]; 3], [[0.0; 3]; 3]);
    let (mut s, mut e) = ([0.0f64; 3], [0.0f64; 3]);
    let mut work = [0.0; 3];
    for l in 0..2 {
        s[l] = norm(&x[l][l..]);
        if s[l] != 0.0 {
            if x[l][l] != 0.0 {
                s[l] = s[l].copysign(x[l][l]);
            }
            let factor = 1.0 / s[l];
            x[l][l..].iter_mut().for_each(|value| *value *= factor);
            x[l][l] += 1.0;
        }
        s[l] = -s[l];
        for j in l + 1..3 {
            if s[l] != 0.0 {
                let t = -dot(&x[l][l..], &x[j][l..]) / x[l][l];
                for i in l..3 {
                    x[j][i] += t * x[l][i];
                }
            }
            e[j] = x[j][l];
        }
        u[l][l..].copy_from_slice(&x[l][l..]);
        if l > 0 {
            continue;
        }
        e[0] = norm(&e[1..]);
        if e[0] != 0.0 {
            if e[1] != 0.0 {
                e[0] = e[0].copysign(e[1]);
            }
            let factor = 1.0 / e[0];
            e[1..].iter_mut().for_each(|value| *value *= factor);
            e[1] += 1.0;
        }
        e[0] = -e[0];
        if e[0] != 0.0 {
            for j in 1..3 {
                for i in 1..3 {
                    work[i] += e[j] * x[j][i];
                }
            }
            for j in 1..3 {
                let t = -e[j] / e[1];
                for i in 1..3 {
                    x[j][i] += t * work[i];
                }
            }
        }
        v[0][1..].copy_from_slice(&e[1..]);
    }
    s[2] = x[2][2];
    e[1] = x[2][1];
    e[2] = 0.0;
    u[2] = [0.0, 0.0, 1.0];
    for l in [1, 0] {
        if s[l] == 0.0 {
            u[l] = [0.0; 3];
            u[l][l] = 1.0;
            continue;
        }
        for j in l + 1..3 {
            let t = -dot(&u[l][l..], &u[j][l..]) / u[l][l];
            for i in l..3 {
                u[j][i] += t * u[l][i];
            }
        }
        u[l][l..].iter_mut().for_each(|value| *value = -*value);
        u[l][l] += 1.0;
        u[l][..l].fill(0.0);
    }
    for l in [2, 1, 0] {
        if l == 0 && e[0] != 0.0 {
            for j in 1..3 {
                let t = -dot(&v[0][1..], &v[j][1..]) / v[0][1];
                for i in 1..3 {
                    v[j][i] += t * v[0][i];
                }
            }
        }
        v[l] = [0.0; 3];
        v[l][l] = 1.0;
    }
    Bidiagonal { left: u, right: v, diagonal: s, above: e }
}

/// One step of the shifted QR iteration on rows `low` to `high`, both inclusive.
fn step(parts: &mut Bidiagonal, low: usize, high: usize) {
    let (s, e) = (&mut parts.diagonal, &mut parts.above);
    let scale = [s[high], s[high - 1], e[high - 1], s[low], e[low]].iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let (last, before, between) = (s[high] / scale, s[high - 1] / scale, e[high - 1] / scale);
    let (first, beside) = (s[low] / scale, e[low] / scale);
    let b = ((before + last) * (before - last) + between * between) / 2.0;
    let c = (last * between) * (last * between);
    let mut shift = 0.0;
    if b != 0.0 || c != 0.0 {
        shift = (b * b + c).sqrt();
        if b < 0.0 {
            shift = -shift;
        }
        shift = c / (b + shift);
    }
    let mut f = (first + last) * (first - last) + shift;
    let mut g = first * beside;
    for k in low..high {
        let (cosine, sine, r) = rotation(f, g);
        if k != low {
            e[k - 1] = r;
        }
        f = cosine * s[k] + sine * e[k];
        e[k] = cosine * e[k] - sine * s[k];
        g = sine * s[k + 1];
        s[k + 1] *= cosine;
        rotate(&mut parts.right, k, cosine, sine);
        let (cosine, sine, r) = rotation(f, g);
        s[k] = r;
        f = cosine * e[k] + sine * s[k + 1];
        s[k + 1] = -sine * e[k] + cosine * s[k + 1];
        g = sine * e[k + 1];
        e[k + 1] *= cosine;
        rotate(&mut parts.left, k, cosine, sine);
    }
    e[high - 1] = f;
}

/// The inverse; none where a singular value is negligible or the iteration does not end.
pub(super) fn by_singular_values(matrix: &Matrix) -> Option<Matrix> {
    let mut parts = bidiagonal(matrix);
    let mut high = 2;
    let mut turns = 0;
    loop {
        // The block that still has numbers above its diagonal.
        let mut low = high;
        while low > 0 {
            let (s, e) = (&parts.diagonal, &mut parts.above);
            let sum = s[low - 1].abs() + s[low].abs();
            if sum + e[low - 1].abs() == sum {
                e[low - 1] = 0.0;
                break;
            }
            low -= 1;
        }
        if low < high {
            let (s, e) = (&parts.diagonal, &parts.above);
            for row in low..=high {
                let around =
                    if row < high { e[row].abs() } else { 0.0 } + if row > low { e[row - 1].abs() } else { 0.0 };
                if around + s[row].abs() == around {
                    return None;
                }
            }
            turns += 1;
            if turns > 100 {
                return None;
            }
            step(&mut parts, low, high);
            continue;
        }
        let Bidiagonal { left, right, diagonal, .. } = &mut parts;
        let mut row = high;
        if diagonal[row] < 0.0 {
            diagonal[row] = -diagonal[row];
            right[row].iter_mut().for_each(|value| *value = -*value);
        }
        while row < 2 && diagonal[row] < diagonal[row + 1] {
            diagonal.swap(row, row + 1);
            right.swap(row, row + 1);
            left.swap(row, row + 1);
            row += 1;
        }
        if high == 0 {
            break;
        }
        high -= 1;
    }
    let Bidiagonal { left, right, diagonal, .. } = parts;
    // What rounding leaves of a singular value that is zero.
    if diagonal[2] <= diagonal[0] * 1e-14 {
        return None;
    }
    let inverse: Matrix = std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            (0..3).fold(0.0, |sum, k| sum + right[k][row] * (1.0 / diagonal[k]) * left[k][column])
        })
    });
    inverse.iter().flatten().all(|value| value.is_finite()).then_some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_the_patient_are_inverted_exactly() {
        let inverse = by_singular_values(&[[0.0, -0.810547, 0.0], [0.976_562_5, 0.0, 0.0], [0.0, 0.0, 3.0]]).unwrap();
        assert_eq!(inverse, [[0.0, 1.0 / 0.976_562_5, 0.0], [-1.0 / 0.810547, 0.0, 0.0], [0.0, 0.0, 1.0 / 3.0]]);
    }

    #[test]
    fn nothing_has_no_inverse() {
        // What is merely near to singular has one, and a geometry refuses such axes by their determinant.
        assert_eq!(by_singular_values(&[[0.0; 3]; 3]), None);
    }

    /// Inverses as SimpleITK 2.5.7 holds them, to the last digit: `scripts/reference/inverse.py`.
    #[test]
    fn oblique_axes_are_inverted_as_itk_does() {
        for line in include_str!("../../tests/data/inverse.csv").lines().skip(1) {
            let values: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let at = |start: usize| {
                std::array::from_fn(|row| std::array::from_fn(|column| values[start + row * 3 + column]))
            };
            assert_eq!(by_singular_values(&at(0)), Some(at(9)));
        }
    }
}
