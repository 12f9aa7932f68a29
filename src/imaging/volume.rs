//! A volume: voxels of the type that the file had, with their geometry.

use super::error::Fault;
use super::geometry::{Geometry, GeometryFault, VoxelBox};

/// The numbers of a volume, x fastest, in the type of their file.
#[derive(Clone, Debug, PartialEq)]
pub enum Voxels {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// The type of a voxel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoxelType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Runs the same code on the voxels of whichever type.
#[macro_export]
macro_rules! on_voxels {
    ($voxels:expr, $values:ident => $body:expr) => {
        match $voxels {
            $crate::imaging::volume::Voxels::U8($values) => $body,
            $crate::imaging::volume::Voxels::I8($values) => $body,
            $crate::imaging::volume::Voxels::U16($values) => $body,
            $crate::imaging::volume::Voxels::I16($values) => $body,
            $crate::imaging::volume::Voxels::U32($values) => $body,
            $crate::imaging::volume::Voxels::I32($values) => $body,
            $crate::imaging::volume::Voxels::U64($values) => $body,
            $crate::imaging::volume::Voxels::I64($values) => $body,
            $crate::imaging::volume::Voxels::F32($values) => $body,
            $crate::imaging::volume::Voxels::F64($values) => $body,
        }
    };
}

impl VoxelType {
    pub fn bytes(self) -> usize {
        match self {
            VoxelType::U8 | VoxelType::I8 => 1,
            VoxelType::U16 | VoxelType::I16 => 2,
            VoxelType::U32 | VoxelType::I32 | VoxelType::F32 => 4,
            VoxelType::U64 | VoxelType::I64 | VoxelType::F64 => 8,
        }
    }

    pub fn is_integer(self) -> bool {
        !matches!(self, VoxelType::F32 | VoxelType::F64)
    }

    /// An empty store with room for `capacity` voxels.
    pub(crate) fn store(self, capacity: usize) -> Voxels {
        match self {
            VoxelType::U8 => Voxels::U8(Vec::with_capacity(capacity)),
            VoxelType::I8 => Voxels::I8(Vec::with_capacity(capacity)),
            VoxelType::U16 => Voxels::U16(Vec::with_capacity(capacity)),
            VoxelType::I16 => Voxels::I16(Vec::with_capacity(capacity)),
            VoxelType::U32 => Voxels::U32(Vec::with_capacity(capacity)),
            VoxelType::I32 => Voxels::I32(Vec::with_capacity(capacity)),
            VoxelType::U64 => Voxels::U64(Vec::with_capacity(capacity)),
            VoxelType::I64 => Voxels::I64(Vec::with_capacity(capacity)),
            VoxelType::F32 => Voxels::F32(Vec::with_capacity(capacity)),
            VoxelType::F64 => Voxels::F64(Vec::with_capacity(capacity)),
        }
    }

    /// Real numbers as voxels of this type; whole types drop the fraction and stop at their range, as a C cast
    /// behind a range check does.
    pub fn cast(self, values: Vec<f64>) -> Voxels {
        match self {
            VoxelType::U8 => Voxels::U8(values.iter().map(|v| *v as u8).collect()),
            VoxelType::I8 => Voxels::I8(values.iter().map(|v| *v as i8).collect()),
            VoxelType::U16 => Voxels::U16(values.iter().map(|v| *v as u16).collect()),
            VoxelType::I16 => Voxels::I16(values.iter().map(|v| *v as i16).collect()),
            VoxelType::U32 => Voxels::U32(values.iter().map(|v| *v as u32).collect()),
            VoxelType::I32 => Voxels::I32(values.iter().map(|v| *v as i32).collect()),
            VoxelType::U64 => Voxels::U64(values.iter().map(|v| *v as u64).collect()),
            VoxelType::I64 => Voxels::I64(values.iter().map(|v| *v as i64).collect()),
            VoxelType::F32 => Voxels::F32(values.iter().map(|v| *v as f32).collect()),
            VoxelType::F64 => Voxels::F64(values),
        }
    }
}

/// A number of any voxel type, and the two floating types that filters compute in.
pub trait Number: Copy + PartialOrd {
    fn real(self) -> f64;
    fn single(self) -> f32;
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            #[inline(always)]
            fn real(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn single(self) -> f32 {
                self as f32
            }
        }
    )*};
}
number!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

impl Voxels {
    pub fn kind(&self) -> VoxelType {
        match self {
            Voxels::U8(_) => VoxelType::U8,
            Voxels::I8(_) => VoxelType::I8,
            Voxels::U16(_) => VoxelType::U16,
            Voxels::I16(_) => VoxelType::I16,
            Voxels::U32(_) => VoxelType::U32,
            Voxels::I32(_) => VoxelType::I32,
            Voxels::U64(_) => VoxelType::U64,
            Voxels::I64(_) => VoxelType::I64,
            Voxels::F32(_) => VoxelType::F32,
            Voxels::F64(_) => VoxelType::F64,
        }
    }

    pub fn len(&self) -> usize {
        on_voxels!(self, values => values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many voxels are NaN or infinite.
    pub fn not_finite(&self) -> u64 {
        match self {
            Voxels::F32(values) => values.iter().filter(|v| !v.is_finite()).count() as u64,
            Voxels::F64(values) => values.iter().filter(|v| !v.is_finite()).count() as u64,
            _ => 0,
        }
    }
}

/// A volume of voxels with one number each.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    pub geometry: Geometry,
    pub voxels: Voxels,
}

impl Volume {
    /// # Errors
    /// [`Fault::Truncated`] when the voxels do not fill the grid.
    pub fn new(geometry: Geometry, voxels: Voxels) -> Result<Volume, Fault> {
        if geometry.voxels() != voxels.len() {
            return Err(Fault::Truncated { expected: geometry.voxels() as u64, found: voxels.len() as u64 });
        }
        Ok(Volume { geometry, voxels })
    }

    pub fn size(&self) -> [usize; 3] {
        self.geometry.size()
    }

    /// The whole grid as a box.
    pub fn whole(&self) -> VoxelBox {
        VoxelBox { low: [0; 3], high: self.size() }
    }

    /// The voxels of a box as reals, x fastest.
    pub fn reals(&self, region: &VoxelBox) -> Vec<f64> {
        on_voxels!(&self.voxels, values => crop(values, self.size(), region, Number::real))
    }

    /// The volume of a box.
    ///
    /// # Errors
    /// [`GeometryFault::Empty`] when the box is empty.
    pub fn cropped(&self, region: &VoxelBox) -> Result<Volume, GeometryFault> {
        let geometry = self.geometry.cropped(region)?;
        let size = self.size();
        let voxels = match &self.voxels {
            Voxels::U8(v) => Voxels::U8(crop(v, size, region, |x| x)),
            Voxels::I8(v) => Voxels::I8(crop(v, size, region, |x| x)),
            Voxels::U16(v) => Voxels::U16(crop(v, size, region, |x| x)),
            Voxels::I16(v) => Voxels::I16(crop(v, size, region, |x| x)),
            Voxels::U32(v) => Voxels::U32(crop(v, size, region, |x| x)),
            Voxels::I32(v) => Voxels::I32(crop(v, size, region, |x| x)),
            Voxels::U64(v) => Voxels::U64(crop(v, size, region, |x| x)),
            Voxels::I64(v) => Voxels::I64(crop(v, size, region, |x| x)),
            Voxels::F32(v) => Voxels::F32(crop(v, size, region, |x| x)),
            Voxels::F64(v) => Voxels::F64(crop(v, size, region, |x| x)),
        };
        Ok(Volume { geometry, voxels })
    }
}

fn crop<T: Copy, U>(values: &[T], size: [usize; 3], region: &VoxelBox, convert: impl Fn(T) -> U) -> Vec<U> {
    let mut out = Vec::with_capacity(region.voxels());
    for z in region.low[2]..region.high[2] {
        for y in region.low[1]..region.high[1] {
            let row = (z * size[1] + y) * size[0];
            out.extend(values[row + region.low[0]..row + region.high[0]].iter().map(|value| convert(*value)));
        }
    }
    out
}
