//! Where voxels lie: millimetres of the patient and positions on the grid are different types, so that one is
//! never added to the other by accident.

use std::fmt;

use super::inverse::by_singular_values;

/// A point or a length in millimetres, axes left, posterior, superior (LPS).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Millimetres(pub [f64; 3]);

/// A position on the grid in voxels, (x, y, z); whole numbers are voxel centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoxelPosition(pub [f64; 3]);

/// A box of voxels, `low` inclusive, `high` exclusive, (x, y, z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoxelBox {
    pub low: [usize; 3],
    pub high: [usize; 3],
}

impl VoxelBox {
    pub fn size(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.high[axis].saturating_sub(self.low[axis]))
    }

    pub fn voxels(&self) -> usize {
        self.size().iter().product()
    }

    /// The box with `margin` more voxels on every side, clipped to a grid of `size`.
    pub fn widened(&self, margin: [usize; 3], size: [usize; 3]) -> VoxelBox {
        VoxelBox {
            low: std::array::from_fn(|axis| self.low[axis].saturating_sub(margin[axis])),
            high: std::array::from_fn(|axis| (self.high[axis] + margin[axis]).min(size[axis])),
        }
    }
}

/// Why a geometry cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeometryFault {
    #[error("it has no voxels ({} x {} x {})", .0[0], .0[1], .0[2])]
    Empty([usize; 3]),
    #[error("{} x {} x {} voxels are more than can be addressed", .0[0], .0[1], .0[2])]
    TooLarge([usize; 3]),
    #[error("the spacing {} x {} x {} mm is not positive and finite", .0[0], .0[1], .0[2])]
    Spacing([f64; 3]),
    #[error("its origin is not finite")]
    Origin,
    #[error("its axes are no directions in space (determinant {0})")]
    Direction(f64),
}

/// The grid of a volume: size in voxels, origin and spacing in millimetres, and the unit vectors of its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    size: [usize; 3],
    origin: Millimetres,
    spacing: Millimetres,
    /// `direction[row][axis]`: component `row` (left, posterior, superior) of the grid's `axis`.
    direction: [[f64; 3]; 3],
    to_point: [[f64; 3]; 3],
    to_position: [[f64; 3]; 3],
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn determinant(m: &[[f64; 3]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// The inverse of a matrix, in ITK's arithmetic as far as that goes.
fn inverse(m: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    if let Some(found) = by_singular_values(m) {
        return found;
    }
    let d = determinant(m);
    let cofactor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    std::array::from_fn(|row| std::array::from_fn(|column| cofactor(column, row) / d))
}

impl Geometry {
    /// Checks and builds a geometry.
    ///
    /// # Errors
    /// [`GeometryFault`] when a size is zero or absurd, a spacing not positive, or the axes are dependent.
    pub fn new(
        size: [usize; 3],
        origin: Millimetres,
        spacing: Millimetres,
        direction: [[f64; 3]; 3],
    ) -> Result<Geometry, GeometryFault> {
        if size.contains(&0) {
            return Err(GeometryFault::Empty(size));
        }
        let voxels = size.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
        if voxels.is_none_or(|n| n > isize::MAX as usize / 16) {
            return Err(GeometryFault::TooLarge(size));
        }
        if spacing.0.iter().any(|mm| !(mm.is_finite() && *mm > 0.0)) {
            return Err(GeometryFault::Spacing(spacing.0));
        }
        if origin.0.iter().any(|mm| !mm.is_finite()) {
            return Err(GeometryFault::Origin);
        }
        let d = determinant(&direction);
        if !d.is_finite() || d.abs() < 1e-6 {
            return Err(GeometryFault::Direction(d));
        }
        let to_point: [[f64; 3]; 3] =
            std::array::from_fn(|row| std::array::from_fn(|axis| direction[row][axis] * spacing.0[axis]));
        Ok(Geometry { size, origin, spacing, direction, to_position: inverse(&to_point), to_point })
    }

    /// A grid of `size` voxels at the origin with the axes of the patient.
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn axis_aligned(size: [usize; 3], spacing: [f64; 3]) -> Result<Geometry, GeometryFault> {
        Geometry::new(size, Millimetres([0.0; 3]), Millimetres(spacing), IDENTITY)
    }

    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    pub fn origin(&self) -> Millimetres {
        self.origin
    }

    pub fn spacing(&self) -> Millimetres {
        self.spacing
    }

    pub fn direction(&self) -> &[[f64; 3]; 3] {
        &self.direction
    }

    /// The volume of one voxel in cubic millimetres.
    pub fn voxel_volume(&self) -> f64 {
        self.spacing.0.iter().product()
    }

    /// Whether the axes are those of the patient, up to their signs.
    pub fn is_axis_aligned(&self) -> bool {
        (0..3).all(|row| (0..3).all(|axis| row == axis || self.direction[row][axis] == 0.0))
    }

    /// Where a position on the grid lies in the patient.
    pub fn point(&self, position: VoxelPosition) -> Millimetres {
        Millimetres(std::array::from_fn(|row| {
            let mut sum = 0.0;
            for axis in 0..3 {
                sum += self.to_point[row][axis] * position.0[axis];
            }
            sum + self.origin.0[row]
        }))
    }

    /// Where the centre of a voxel lies in the patient. ITK starts this sum at the origin and that of a position
    /// between voxels at nothing, which differs in the last digit.
    pub fn centre(&self, voxel: [usize; 3]) -> Millimetres {
        Millimetres(std::array::from_fn(|row| {
            let mut sum = self.origin.0[row];
            for axis in 0..3 {
                sum += self.to_point[row][axis] * voxel[axis] as f64;
            }
            sum
        }))
    }

    /// Where a point of the patient lies on the grid.
    pub fn position(&self, point: Millimetres) -> VoxelPosition {
        let offset: [f64; 3] = std::array::from_fn(|row| point.0[row] - self.origin.0[row]);
        VoxelPosition(std::array::from_fn(|axis| {
            let mut sum = 0.0;
            for (row, millimetres) in offset.iter().enumerate() {
                sum += self.to_position[axis][row] * millimetres;
            }
            sum
        }))
    }

    /// The grid of a box of voxels of this one.
    pub fn cropped(&self, region: &VoxelBox) -> Result<Geometry, GeometryFault> {
        Geometry::new(region.size(), self.centre(region.low), self.spacing, self.direction)
    }

    /// How this grid differs from another: origin beyond `tolerance` of a voxel, spacing or direction beyond
    /// `tolerance`, or another size.
    pub fn mismatch(&self, other: &Geometry, tolerance: f64) -> Option<GeometryMismatch> {
        let near = |a: f64, b: f64, scale: f64| (a - b).abs() <= tolerance * scale;
        let same = self.size == other.size
            && (0..3).all(|axis| {
                let voxel = self.spacing.0[0].abs();
                near(self.origin.0[axis], other.origin.0[axis], voxel)
                    && near(self.spacing.0[axis], other.spacing.0[axis], voxel)
                    && (0..3).all(|row| near(self.direction[row][axis], other.direction[row][axis], 1.0))
            });
        (!same).then(|| GeometryMismatch { image: self.clone(), mask: other.clone() })
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.size;
        let Millimetres([sx, sy, sz]) = self.spacing;
        let Millimetres([ox, oy, oz]) = self.origin;
        write!(f, "{x} x {y} x {z} voxels of {sx} x {sy} x {sz} mm at ({ox}, {oy}, {oz}) mm")?;
        // Files whose axes are scaled leave digits of rounding behind.
        let turned = |row: usize, axis: usize| (self.direction[row][axis] - IDENTITY[row][axis]).abs() > 1e-9;
        if (0..3).any(|row| (0..3).any(|axis| turned(row, axis))) {
            write!(f, ", axes {:?}", self.direction)?;
        }
        Ok(())
    }
}

/// The two grids that ought to be one.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryMismatch {
    pub image: Geometry,
    pub mask: Geometry,
}

impl fmt::Display for GeometryMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the image has {}; the mask has {}", self.image, self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_points_are_each_others_inverse() {
        let (s, c) = (0.3f64.sin(), 0.3f64.cos());
        let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let geometry =
            Geometry::new([4, 5, 6], Millimetres([1.0, -2.0, 30.0]), Millimetres([0.7, 0.8, 2.5]), direction).unwrap();
        let position = VoxelPosition([1.25, 3.0, -0.5]);
        let back = geometry.position(geometry.point(position));
        for axis in 0..3 {
            assert!((back.0[axis] - position.0[axis]).abs() < 1e-12);
        }
    }

    #[test]
    fn impossible_grids_are_refused() {
        let at = Millimetres([0.0; 3]);
        assert!(matches!(Geometry::axis_aligned([0, 1, 1], [1.0; 3]), Err(GeometryFault::Empty(_))));
        assert!(matches!(Geometry::axis_aligned([1 << 40, 1 << 40, 1], [1.0; 3]), Err(GeometryFault::TooLarge(_))));
        assert!(matches!(Geometry::axis_aligned([1, 1, 1], [1.0, 0.0, 1.0]), Err(GeometryFault::Spacing(_))));
        assert!(matches!(Geometry::axis_aligned([1, 1, 1], [1.0, f64::NAN, 1.0]), Err(GeometryFault::Spacing(_))));
        let flat = [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(matches!(Geometry::new([1; 3], at, Millimetres([1.0; 3]), flat), Err(GeometryFault::Direction(_))));
    }

    #[test]
    fn a_mismatch_states_both_grids() {
        let one = Geometry::axis_aligned([2, 2, 2], [1.0; 3]).unwrap();
        let two = Geometry::axis_aligned([2, 2, 2], [1.0, 1.0, 2.0]).unwrap();
        assert!(one.mismatch(&one, 1e-6).is_none());
        let text = one.mismatch(&two, 1e-6).unwrap().to_string();
        assert!(text.contains("1 x 1 x 1 mm") && text.contains("1 x 1 x 2 mm"), "{text}");
    }
}
