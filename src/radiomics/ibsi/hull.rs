//! The convex hull of points in space: volume and area.
//!
//! Points are whole half-voxel coordinates, moved by at most a thousandth of one, so that no four lie in a plane;
//! side tests are then exact in whole numbers. Source: the incremental method, de Berg et al., Computational
//! Geometry, chapter 11.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::collections::HashMap;

/// How fine the displacement is.
const SCALE: i64 = 4096;

type Point = [i64; 3];

fn side(a: Point, b: Point, c: Point, p: Point) -> i128 {
    let d = |q: Point| -> [i128; 3] { std::array::from_fn(|k| i128::from(q[k] - a[k])) };
    let (u, v, w) = (d(b), d(c), d(p));
    u[0] * (v[1] * w[2] - v[2] * w[1]) - u[1] * (v[0] * w[2] - v[2] * w[0]) + u[2] * (v[0] * w[1] - v[1] * w[0])
}

/// Volume (mm³) and area (mm²) of the hull of points in half voxels; none when they lie in a plane.
pub fn measure(points: &[[u32; 3]], spacing: [f64; 3]) -> Option<(f64, f64)> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut noise = || {
        // xorshift: the displacement only has to differ from point to point, and to be the same each time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 9) as i64 - 4
    };
    let cloud: Vec<Point> = points.iter().map(|p| p.map(|v| i64::from(v) * SCALE + noise())).collect();
    let first = *cloud.first()?;
    let second = *cloud.iter().max_by_key(|p| (0..3).map(|k| (p[k] - first[k]).pow(2)).sum::<i64>())?;
    let off_line = |p: &Point| -> i128 {
        let u: [i128; 3] = std::array::from_fn(|k| i128::from(second[k] - first[k]));
        let v: [i128; 3] = std::array::from_fn(|k| i128::from(p[k] - first[k]));
        (0..3).map(|k| (u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3]).abs()).sum()
    };
    let third = *cloud.iter().max_by_key(|p| off_line(p))?;
    let fourth = *cloud.iter().max_by_key(|p| side(first, second, third, **p).abs())?;
    let depth = side(first, second, third, fourth);
    // Thinner than the displacement: a plane.
    if depth.abs() < i128::from(SCALE).pow(3) / 64 {
        return None;
    }
    let [a, b] = if depth < 0 { [second, third] } else { [third, second] };
    // Outward: the fourth point lies behind (first, a, b).
    let mut faces: Vec<[Point; 3]> = vec![[first, a, b], [first, fourth, a], [a, fourth, b], [b, fourth, first]];
    for p in &cloud {
        let mut edges: HashMap<(Point, Point), ()> = HashMap::new();
        let before = faces.len();
        faces.retain(|[x, y, z]| {
            let seen = side(*x, *y, *z, *p) > 0;
            if seen {
                for edge in [(*x, *y), (*y, *z), (*z, *x)] {
                    if edges.remove(&(edge.1, edge.0)).is_none() {
                        edges.insert(edge, ());
                    }
                }
            }
            !seen
        });
        if faces.len() < before {
            faces.extend(edges.into_keys().map(|(x, y)| [x, y, *p]));
        }
    }
    let (mut volume, mut area) = (0.0, 0.0);
    for face in faces {
        let mm = face.map(|p| -> [f64; 3] {
            std::array::from_fn(|k| (p[k] - first[k]) as f64 / SCALE as f64 * 0.5 * spacing[k])
        });
        let d = |q: usize| -> [f64; 3] { std::array::from_fn(|k| mm[q][k] - mm[0][k]) };
        let (u, v) = (d(1), d(2));
        let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        area += 0.5 * n.iter().map(|x| x * x).sum::<f64>().sqrt();
        volume += (0..3).map(|k| n[k] * mm[0][k]).sum::<f64>() / 6.0;
    }
    Some((volume.abs(), area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_with_points_inside_and_on_its_faces() {
        let mut points = Vec::new();
        for x in 0..5 {
            for y in 0..4 {
                for z in 0..3 {
                    points.push([x * 2, y * 2, z * 2]);
                }
            }
        }
        let (volume, area) = measure(&points, [1.0, 2.0, 3.0]).unwrap();
        assert!((volume - 4.0 * 6.0 * 6.0).abs() < 0.5, "{volume}");
        assert!((area - 2.0 * (24.0 + 24.0 + 36.0)).abs() < 0.5, "{area}");
        assert!(measure(&[[0, 0, 0], [2, 0, 0], [0, 2, 0], [2, 2, 0]], [1.0; 3]).is_none());
    }
}
