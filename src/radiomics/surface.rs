//! The surface of a mask by marching cubes with vertices at the middle of edges.
//!
//! The triangles of a cube are those of the classic table (Lorensen and Cline, Computer Graphics 21:163, 1987) in
//! the half-table form that PyRadiomics uses: a cube whose corner 7 is inside is its complement, turned inside out.
//! Area and volume depend on a cube's pattern and place alone, so patterns are counted and the table is applied once.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::collections::BTreeMap;

/// Corners of a cube as steps along (z, y, x).
#[cfg(test)]
const CORNERS: [[usize; 3]; 8] =
    [[0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 0, 0], [1, 0, 1], [1, 1, 1], [1, 1, 0]];

/// Middles of the twelve edges, (z, y, x) in half voxels.
const EDGES: [[u8; 3]; 12] = [
    [0, 0, 1],
    [0, 1, 2],
    [0, 2, 1],
    [0, 1, 0],
    [2, 0, 1],
    [2, 1, 2],
    [2, 2, 1],
    [2, 1, 0],
    [1, 0, 0],
    [1, 0, 2],
    [1, 2, 2],
    [1, 2, 0],
];

/// Triangles of each pattern below 128: three edges, in hexadecimal, per triangle.
const TRIANGLES: [&str; 128] = [
    "",
    "083",
    "190",
    "183198",
    "12a",
    "08312a",
    "92a029",
    "2832a8a98",
    "b23",
    "b2008b",
    "190b23",
    "b2119b98b",
    "3a1ba3",
    "a1008a8ba",
    "9033b9ba9",
    "98aba8",
    "478",
    "043473",
    "190478",
    "194147173",
    "12a478",
    "34730412a",
    "92a902478",
    "2a9297273479",
    "478b23",
    "b47b24204",
    "190478b23",
    "47b94bb29192",
    "3a1ba3478",
    "ba114b10447b",
    "4789033b9ba9",
    "47b4b99ba",
    "954",
    "954083",
    "054015",
    "854835315",
    "12a954",
    "08312a954",
    "2a5542240",
    "2a5325354834",
    "954b23",
    "b2008b954",
    "054015b23",
    "215258b28548",
    "3a1ba3954",
    "549a1008a8ba",
    "54050ba5bb03",
    "548a58ba8",
    "789579",
    "309539357",
    "780017715",
    "157173",
    "78957912a",
    "12a309395357",
    "0288258572a5",
    "2a5253357",
    "579789b23",
    "579972209b27",
    "b23018178157",
    "21b17b157",
    "7895793a1ba3",
    "5705097b0a10ba0",
    "ba003ba50078570",
    "ba557b",
    "65a",
    "08365a",
    "19065a",
    "18319865a",
    "165126",
    "165126083",
    "965906026",
    "598582526832",
    "b2365a",
    "b2008b65a",
    "190b2365a",
    "b2119b98b65a",
    "63b653513",
    "08b0b50515b6",
    "63b036065059",
    "65969bb98",
    "47865a",
    "04347365a",
    "19047865a",
    "19414717365a",
    "478165126",
    "043473165126",
    "478965906026",
    "739479329596269",
    "b2347865a",
    "b47b2420465a",
    "190b2347865a",
    "47b94bb2919265a",
    "47863b653513",
    "51b5b610b47b04b",
    "47863b036065059",
    "65969b4797b9",
    "a4964a",
    "a4964a083",
    "01aa60640",
    "18316886461a",
    "149124264",
    "149124264083",
    "024426",
    "832824426",
    "b23a4964a",
    "b2008ba4964a",
    "b2301aa60640",
    "64161a148b2118b",
    "964369139b63",
    "18b081b61149641",
    "63b036640",
    "86468b",
    "67a78a89a",
    "67a0a709a073",
    "67a1a7178018",
    "67a1a7173",
    "126168189678",
    "269129679309739",
    "078706602",
    "273267",
    "b2367a78a89a",
    "207b2709767a9a7",
    "67a1a7178018b23",
    "b2117ba61167",
    "896678169b63136",
    "09167b",
    "07870603bb60",
    "67b",
];

/// A mask in a box with a border of one empty voxel all around; x fastest.
#[derive(Clone, Debug)]
pub struct PaddedMask {
    /// Size with the border, (x, y, z).
    pub size: [usize; 3],
    pub inside: Vec<u8>,
}

impl PaddedMask {
    /// Adds the border to a mask of `size`.
    pub fn new(size: [usize; 3], inside: &[u8]) -> PaddedMask {
        let padded = size.map(|n| n + 2);
        let mut out = vec![0; padded.iter().product()];
        if size[0] > 0 {
            for (row, line) in inside.chunks_exact(size[0]).enumerate() {
                let (y, z) = (row % size[1], row / size[1]);
                let start = ((z + 1) * padded[1] + y + 1) * padded[0] + 1;
                out[start..start + size[0]].copy_from_slice(line);
            }
        }
        PaddedMask { size: padded, inside: out }
    }
}

/// Area, volume and widest distances of a mask's surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surface {
    /// mm²
    pub area: f64,
    /// mm³
    pub volume: f64,
    /// Widest distance between vertices, mm.
    pub diameter: f64,
    /// The same among vertices with equal z (slice), y (column), x (row).
    pub planar: [f64; 3],
}

/// Measures the surface; `spacing` is (x, y, z) in mm.
pub fn measure(mask: &PaddedMask, spacing: [f64; 3]) -> Surface {
    let (area, volume) = area_and_volume(mask, spacing);
    let vertices = Vertices::of(mask);
    let planar = [
        vertices.widest_in_planes(2, spacing),
        vertices.widest_in_planes(1, spacing),
        vertices.widest_in_planes(0, spacing),
    ];
    Surface { area, volume, diameter: vertices.widest(spacing), planar }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - b[1] * a[2], a[2] * b[0] - b[2] * a[0], a[0] * b[1] - b[0] * a[1]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The triangles of one pattern, vertices in mm relative to the cube's origin, axes (z, y, x), outward.
pub(crate) fn triangles(pattern: usize, spacing: [f64; 3]) -> Vec<[[f64; 3]; 3]> {
    let (half, turned) = if pattern >= 128 { (pattern ^ 0xff, true) } else { (pattern, false) };
    let scale = [spacing[2], spacing[1], spacing[0]];
    let vertex = |digit: &u8| {
        let edge = EDGES[(*digit as char).to_digit(16).unwrap_or(0) as usize];
        std::array::from_fn(|axis| f64::from(edge[axis]) * 0.5 * scale[axis])
    };
    TRIANGLES[half]
        .as_bytes()
        .chunks_exact(3)
        .map(|t| {
            let [a, b, c] = [vertex(&t[0]), vertex(&t[1]), vertex(&t[2])];
            if turned { [b, a, c] } else { [a, b, c] }
        })
        .collect()
}

/// Calls `visit(pattern, x, y, z)` for every cube that the surface crosses.
pub(crate) fn crossed_cubes(mask: &PaddedMask, mut visit: impl FnMut(usize, usize, usize, usize)) {
    let [nx, ny, nz] = mask.size;
    for z in 0..nz - 1 {
        for y in 0..ny - 1 {
            let row = |dz: usize, dy: usize| &mask.inside[((z + dz) * ny + y + dy) * nx..][..nx];
            let rows = [row(0, 0), row(0, 1), row(1, 0), row(1, 1)];
            if rows.iter().all(|row| row.iter().all(|v| *v == 0)) {
                continue;
            }
            // Bits of CORNERS for the left face (x) and the right face (x + 1).
            let face = |x: usize, bits: [u32; 4]| -> usize { (0..4).map(|k| (rows[k][x] as usize) << bits[k]).sum() };
            for x in 0..nx - 1 {
                let pattern = face(x, [0, 3, 4, 7]) | face(x + 1, [1, 2, 5, 6]);
                if pattern != 0 && pattern != 255 {
                    visit(pattern, x, y, z);
                }
            }
        }
    }
}

fn area_and_volume(mask: &PaddedMask, spacing: [f64; 3]) -> (f64, f64) {
    let mut counts = [0u64; 256];
    let mut places = [[0u64; 3]; 256];
    crossed_cubes(mask, |pattern, x, y, z| {
        counts[pattern] += 1;
        for (sum, place) in places[pattern].iter_mut().zip([z, y, x]) {
            *sum += place as u64;
        }
    });
    let scale = [spacing[2], spacing[1], spacing[0]];
    let (mut area, mut volume) = (0.0, 0.0);
    for pattern in 1..255 {
        if counts[pattern] == 0 {
            continue;
        }
        let mut own_area = 0.0;
        let mut own_volume = 0.0;
        let mut facing = [0.0; 3];
        for [a, b, c] in triangles(pattern, spacing) {
            let (ac, bc) = (std::array::from_fn(|i| a[i] - c[i]), std::array::from_fn(|i| b[i] - c[i]));
            let normal = cross(ac, bc);
            own_area += 0.5 * dot(normal, normal).sqrt();
            own_volume += dot(cross(a, b), c);
            for (sum, value) in facing.iter_mut().zip(normal) {
                *sum += value;
            }
        }
        area += counts[pattern] as f64 * own_area;
        // Moving a triangle by o adds o · (a × b + b × c + c × a), which is o · normal.
        let moved: f64 = (0..3).map(|axis| places[pattern][axis] as f64 * scale[axis] * facing[axis]).sum();
        volume += counts[pattern] as f64 * own_volume + moved;
    }
    (area, volume / 6.0)
}

/// Vertices in half voxels, (x, y, z); only those that can end a widest distance.
struct Vertices {
    /// Ends of each row along x: key (z, y).
    along_x: BTreeMap<(u32, u32), (u32, u32)>,
    /// Ends of each row along y: key (z, x).
    along_y: BTreeMap<(u32, u32), (u32, u32)>,
}

impl Vertices {
    fn of(mask: &PaddedMask) -> Vertices {
        let [nx, ny, nz] = mask.size;
        // Row ends in flat tables over half voxels, which are quicker to fill than trees.
        let (hx, hy, hz) = (2 * nx, 2 * ny, 2 * nz);
        let none = (u32::MAX, 0u32);
        let mut x_ends = vec![none; hy * hz];
        let mut y_ends = vec![none; hx * hz];
        let mut add = |x: usize, y: usize, z: usize| {
            let end = &mut x_ends[z * hy + y];
            *end = (end.0.min(x as u32), end.1.max(x as u32));
            let end = &mut y_ends[z * hx + x];
            *end = (end.0.min(y as u32), end.1.max(y as u32));
        };
        let stride = [1, nx, nx * ny];
        for z in 0..nz - 1 {
            for y in 0..ny - 1 {
                let row = (z * ny + y) * nx;
                for x in 0..nx - 1 {
                    let at = row + x;
                    let here = mask.inside[at];
                    if here != mask.inside[at + stride[0]] {
                        add(2 * x + 1, 2 * y, 2 * z);
                    }
                    if here != mask.inside[at + stride[1]] {
                        add(2 * x, 2 * y + 1, 2 * z);
                    }
                    if here != mask.inside[at + stride[2]] {
                        add(2 * x, 2 * y, 2 * z + 1);
                    }
                }
            }
        }
        let collect = |ends: Vec<(u32, u32)>, width: usize| {
            ends.into_iter()
                .enumerate()
                .filter(|(_, end)| *end != none)
                .map(|(i, end)| (((i / width) as u32, (i % width) as u32), end))
                .collect()
        };
        Vertices { along_x: collect(x_ends, hy), along_y: collect(y_ends, hx) }
    }

    /// Points of each plane where coordinate `axis` is constant, as (u, v) in half voxels of the other two axes.
    fn planes(&self, axis: usize) -> BTreeMap<u32, Vec<[u32; 2]>> {
        let mut planes: BTreeMap<u32, Vec<[u32; 2]>> = BTreeMap::new();
        if axis == 0 {
            for ((z, x), (low, high)) in &self.along_y {
                planes.entry(*x).or_default().extend([[*low, *z], [*high, *z]]);
            }
        } else {
            for ((z, y), (low, high)) in &self.along_x {
                let (plane, other) = if axis == 1 { (*y, *z) } else { (*z, *y) };
                planes.entry(plane).or_default().extend([[*low, other], [*high, other]]);
            }
        }
        planes
    }

    /// The widest distance within planes of constant `axis` (0 x, 1 y, 2 z).
    fn widest_in_planes(&self, axis: usize, spacing: [f64; 3]) -> f64 {
        let scale = match axis {
            0 => [spacing[1], spacing[2]],
            1 => [spacing[0], spacing[2]],
            _ => [spacing[0], spacing[1]],
        };
        let mut widest: f64 = 0.0;
        for (_, points) in self.planes(axis) {
            let hull = hull(points);
            for (i, a) in hull.iter().enumerate() {
                for b in &hull[..i] {
                    let d: [f64; 2] =
                        std::array::from_fn(|k| f64::from(a[k]) * 0.5 * scale[k] - f64::from(b[k]) * 0.5 * scale[k]);
                    widest = widest.max(d[0] * d[0] + d[1] * d[1]);
                }
            }
        }
        widest.sqrt()
    }

    fn widest(&self, spacing: [f64; 3]) -> f64 {
        let mut points: Vec<[f64; 3]> = Vec::new();
        for (z, plane) in self.planes(2) {
            for [x, y] in hull(plane) {
                let half = [x, y, z];
                points.push(std::array::from_fn(|k| f64::from(half[k]) * 0.5 * spacing[k]));
            }
        }
        widest_distance(points)
    }
}

/// Vertices of the surface in half voxels, (x, y, z), that can be corners of its convex hull.
pub(crate) fn hull_candidates(mask: &PaddedMask) -> Vec<[u32; 3]> {
    let mut out = Vec::new();
    for (z, plane) in Vertices::of(mask).planes(2) {
        out.extend(hull(plane).into_iter().map(|[x, y]| [x, y, z]));
    }
    out
}

/// The convex hull of points of a plane, without points inside its edges.
fn hull(mut points: Vec<[u32; 2]>) -> Vec<[u32; 2]> {
    points.sort_unstable();
    points.dedup();
    if points.len() < 4 {
        return points;
    }
    let turn = |o: [u32; 2], a: [u32; 2], b: [u32; 2]| {
        let d = |p: [u32; 2], k: usize| i64::from(p[k]) - i64::from(o[k]);
        d(a, 0) * d(b, 1) - d(a, 1) * d(b, 0)
    };
    let half = |points: &mut dyn Iterator<Item = [u32; 2]>| {
        let mut chain: Vec<[u32; 2]> = Vec::new();
        for point in points {
            while chain.len() >= 2 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0 {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut out = half(&mut points.iter().copied());
    out.extend(half(&mut points.iter().rev().copied()));
    out
}

/// The widest distance between any two points: points far from the middle are tried first, and the search stops
/// where no pair can be wider.
pub(crate) fn widest_distance(points: Vec<[f64; 3]>) -> f64 {
    if points.len() < 2 {
        return 0.0;
    }
    let bound = |pick: fn(f64, f64) -> f64, axis: usize| points.iter().map(|p| p[axis]).reduce(pick).unwrap_or(0.0);
    let middle: [f64; 3] = std::array::from_fn(|axis| 0.5 * (bound(f64::min, axis) + bound(f64::max, axis)));
    let distance = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f64>();
    let mut sorted: Vec<(f64, [f64; 3])> = points.iter().map(|p| (distance(p, &middle).sqrt(), *p)).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut widest: f64 = 0.0;
    for (i, (radius, a)) in sorted.iter().enumerate() {
        let reach = widest.sqrt() * (1.0 - 1e-12);
        if 2.0 * radius < reach {
            break;
        }
        for (other, b) in &sorted[i + 1..] {
            if radius + other < reach {
                break;
            }
            widest = widest.max(distance(a, b));
        }
    }
    widest.sqrt()
}

/// Corners of the table, for the tests of other files.
#[cfg(test)]
const fn corners() -> [[usize; 3]; 8] {
    CORNERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_voxel_is_an_octahedron() {
        let surface = measure(&PaddedMask::new([1, 1, 1], &[1]), [1.0; 3]);
        assert!((surface.volume - 1.0 / 6.0).abs() < 1e-12, "{}", surface.volume);
        assert!((surface.area - 3f64.sqrt()).abs() < 1e-12);
        assert_eq!(surface.diameter, 1.0);
        assert_eq!(surface.planar, [1.0; 3]);
    }

    #[test]
    fn table_and_corners_agree() {
        // Every vertex of a pattern lies between a corner inside and one outside.
        for pattern in 1..255usize {
            for triangle in triangles(pattern, [1.0; 3]) {
                for vertex in triangle {
                    let near: Vec<bool> = corners()
                        .iter()
                        .enumerate()
                        .filter(|(_, c)| (0..3).map(|k| (c[k] as f64 - vertex[k]).powi(2)).sum::<f64>() < 0.3)
                        .map(|(bit, _)| pattern >> bit & 1 == 1)
                        .collect();
                    assert_eq!(near.len(), 2);
                    assert_ne!(near[0], near[1]);
                }
            }
        }
    }

    #[test]
    fn a_box_of_voxels_is_measured() {
        let surface = measure(&PaddedMask::new([3, 4, 5], &[1; 60]), [2.0, 1.0, 0.5]);
        assert!(surface.volume < 60.0 && surface.volume > 40.0);
        // Vertices in the middle of faces: 5 x ... the widest runs between opposite cut corners.
        assert!(surface.diameter > surface.planar.iter().copied().fold(0.0, f64::max));
    }
}
