//! The signed Euclidean distance to a region's contour, negative inside.
//!
//! Source: Felzenszwalb & Huttenlocher, Distance transforms of sampled functions. Theory Comput 2012;8:415-428.

/// Signed distances in mm at the voxels of a box.
pub struct Field {
    values: Vec<f64>,
    size: [usize; 3],
    pub spacing: [f64; 3],
    /// Centre of the region, in mm from the first voxel.
    pub centre: [f64; 3],
}

impl Field {
    /// From the flags of a box, x fastest.
    pub fn new(inside: &[u8], size: [usize; 3], spacing: [f64; 3]) -> Field {
        let outwards = squared(inside, size, spacing, 1);
        let inwards = squared(inside, size, spacing, 0);
        let values = outwards.iter().zip(&inwards).map(|(out, inner)| out.sqrt() - inner.sqrt()).collect();
        let mut sum = [0.0; 3];
        let mut count: f64 = 0.0;
        for (i, _) in inside.iter().enumerate().filter(|(_, flag)| **flag != 0) {
            let at = [i % size[0], i / size[0] % size[1], i / size[0] / size[1]];
            for axis in 0..3 {
                sum[axis] += at[axis] as f64 * spacing[axis];
            }
            count += 1.0;
        }
        Field { values, size, spacing, centre: sum.map(|total| total / count.max(1.0)) }
    }

    /// The distance at a point, linear between voxels and constant beyond the box.
    pub fn at(&self, point: [f64; 3]) -> f64 {
        let mut low = [0; 3];
        let mut share = [0.0; 3];
        for axis in 0..3 {
            let position = (point[axis] / self.spacing[axis]).clamp(0.0, (self.size[axis] - 1) as f64);
            low[axis] = position.floor() as usize;
            share[axis] = position - low[axis] as f64;
        }
        let mut sum = 0.0;
        for corner in 0..8usize {
            let mut weight = 1.0;
            let mut index = 0;
            for axis in (0..3).rev() {
                let up = corner >> axis & 1;
                weight *= if up == 1 { share[axis] } else { 1.0 - share[axis] };
                index = index * self.size[axis] + (low[axis] + up).min(self.size[axis] - 1);
            }
            if weight > 0.0 {
                sum += weight * self.values[index];
            }
        }
        sum
    }
}

/// The squared distance of each voxel to the nearest whose flag is `to`; as far as the box is wide where none is.
fn squared(inside: &[u8], size: [usize; 3], spacing: [f64; 3], to: u8) -> Vec<f64> {
    let wide: f64 = (0..3).map(|axis| (size[axis] as f64 * spacing[axis]).powi(2)).sum();
    let mut values: Vec<f64> = inside.iter().map(|flag| if u8::from(*flag != 0) == to { 0.0 } else { wide }).collect();
    let longest = size.into_iter().max().unwrap_or(0);
    let (mut line, mut hull, mut from) = (Vec::new(), vec![0usize; longest], vec![0.0; longest + 1]);
    for axis in 0..3 {
        let stride: usize = size[..axis].iter().product();
        let length = size[axis];
        for start in (0..values.len()).filter(|i| (i / stride).is_multiple_of(length)) {
            line.clear();
            line.extend((0..length).map(|i| values[start + i * stride]));
            lower_envelope(&line, spacing[axis], &mut hull, &mut from, |i, value| values[start + i * stride] = value);
        }
    }
    values
}

/// min over j of line[j] + (h (i − j))² for every i: the lower envelope of parabolas.
fn lower_envelope(line: &[f64], h: f64, hull: &mut [usize], from: &mut [f64], mut set: impl FnMut(usize, f64)) {
    let h2 = h * h;
    let mut last = 0;
    hull[0] = 0;
    from[0] = f64::NEG_INFINITY;
    from[1] = f64::INFINITY;
    for q in 1..line.len() {
        let meet = |p: usize| {
            let (a, b) = (q as f64, p as f64);
            ((line[q] + h2 * a * a) - (line[p] + h2 * b * b)) / (2.0 * h2 * (a - b))
        };
        let mut s = meet(hull[last]);
        while last > 0 && s <= from[last] {
            last -= 1;
            s = meet(hull[last]);
        }
        last += 1;
        hull[last] = q;
        from[last] = s;
        from[last + 1] = f64::INFINITY;
    }
    let mut k = 0;
    for i in 0..line.len() {
        while from[k + 1] < i as f64 {
            k += 1;
        }
        let step = i as f64 - hull[k] as f64;
        set(i, h2 * step * step + line[hull[k]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_search_over_all_voxels() {
        let (size, spacing) = ([7, 6, 5], [1.0, 0.7, 2.5]);
        let inside: Vec<u8> = (0..210).map(|i| u8::from((i * 37 + i / 11) % 9 < 2)).collect();
        let at = |i: usize| [i % 7, i / 7 % 6, i / 42];
        for to in [0, 1] {
            let found = squared(&inside, size, spacing, to);
            for i in 0..210 {
                let nearest = (0..210)
                    .filter(|j| inside[*j] == to)
                    .map(|j| (0..3).map(|k| ((at(i)[k] as f64 - at(j)[k] as f64) * spacing[k]).powi(2)).sum::<f64>())
                    .fold(f64::INFINITY, f64::min);
                assert!((found[i] - nearest).abs() < 1e-9, "{i}: {} {nearest}", found[i]);
            }
        }
    }
}
