//! NIfTI-1 and NIfTI-2, `.nii` and `.nii.gz`.
//!
//! Geometry follows ITK's reader: the sform when it is set and its axes are perpendicular, else the qform, else
//! the spacing alone; the axes right, anterior, superior of the file become left, posterior, superior.
//! Source: the NIfTI-1.1 header definition, <https://nifti.nimh.nih.gov/nifti-1>.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::bytes::{plausible, read_voxels, write_voxels};
use super::error::{Fault, ImagingError};
use super::geometry::{Geometry, Millimetres};
use super::volume::{Number, Volume, VoxelType, Voxels};
use super::whole::write_whole;
use crate::on_voxels;

/// Reads a NIfTI image of three dimensions (or four, the fourth of length one).
///
/// Integers with a slope and intercept become `f32`, as ITK reads them.
///
/// # Errors
/// [`ImagingError`] with the fault.
pub fn read(path: &Path) -> Result<Volume, ImagingError> {
    read_faulty(path).map_err(|fault| ImagingError::new(path, fault))
}

fn read_faulty(path: &Path) -> Result<Volume, Fault> {
    let mut file = File::open(path)?;
    let file_bytes = file.metadata()?.len();
    let mut magic = [0u8; 2];
    let deflated = file.read(&mut magic)? == 2 && magic == [0x1f, 0x8b];
    file.seek(SeekFrom::Start(0))?;
    let reader = BufReader::with_capacity(1 << 16, file);
    if deflated { parse(MultiGzDecoder::new(reader), file_bytes, true) } else { parse(reader, file_bytes, false) }
}

/// The fields of a header that matter here, of either version.
struct Header {
    little: bool,
    dim: [i64; 8],
    datatype: i16,
    pixdim: [f64; 8],
    offset: u64,
    slope: f64,
    intercept: f64,
    qform: i32,
    sform: i32,
    quaternion: [f64; 3],
    qoffset: [f64; 3],
    srow: [[f64; 4]; 3],
}

/// Numbers at byte offsets of a header whose length was checked.
struct Fields<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Fields<'_> {
    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut out = [0u8; N];
        if let Some(slice) = self.bytes.get(at..at + N) {
            out.copy_from_slice(slice);
        }
        if !self.little {
            out.reverse();
        }
        out
    }
    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.take(at))
    }
    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.take(at))
    }
    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.take(at))
    }
    fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.take(at)))
    }
    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.take(at))
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<(), Fault> {
    let expected = buffer.len() as u64;
    let mut found = 0;
    while found < buffer.len() {
        match source.read(&mut buffer[found..]) {
            Ok(0) => return Err(Fault::Truncated { expected, found: found as u64 }),
            Ok(n) => found += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(Fault::Truncated { expected, found: found as u64 });
            }
            Err(error) => return Err(Fault::Io(error)),
        }
    }
    Ok(())
}

fn parse(mut source: impl Read, file_bytes: u64, deflated: bool) -> Result<Volume, Fault> {
    let mut bytes = vec![0u8; 540];
    fill(&mut source, &mut bytes[..348])?;
    let mut head = [0u8; 4];
    head.copy_from_slice(&bytes[..4]);
    let (version, little) = match (i32::from_le_bytes(head), i32::from_be_bytes(head)) {
        (348, _) => (1, true),
        (_, 348) => (1, false),
        (540, _) => (2, true),
        (_, 540) => (2, false),
        _ => return Err(Fault::NoSignature("NIfTI")),
    };
    let mut consumed = 348u64;
    let header = if version == 1 {
        if &bytes[344..347] != b"n+1" {
            let value = String::from_utf8_lossy(&bytes[344..347]).into_owned();
            let reason = "is not `n+1`: header and voxels in two files are not supported";
            return Err(Fault::Header { field: "magic", value, reason });
        }
        let f = Fields { bytes: &bytes, little };
        Header {
            little,
            dim: std::array::from_fn(|i| i64::from(f.i16(40 + 2 * i))),
            datatype: f.i16(70),
            pixdim: std::array::from_fn(|i| f.f32(76 + 4 * i)),
            offset: whole_offset(f.f32(108))?,
            slope: f.f32(112),
            intercept: f.f32(116),
            qform: i32::from(f.i16(252)),
            sform: i32::from(f.i16(254)),
            quaternion: std::array::from_fn(|i| f.f32(256 + 4 * i)),
            qoffset: std::array::from_fn(|i| f.f32(268 + 4 * i)),
            srow: std::array::from_fn(|r| std::array::from_fn(|c| f.f32(280 + 16 * r + 4 * c))),
        }
    } else {
        fill(&mut source, &mut bytes[348..540])?;
        consumed = 540;
        let f = Fields { bytes: &bytes, little };
        Header {
            little,
            dim: std::array::from_fn(|i| f.i64(16 + 8 * i)),
            datatype: f.i16(12),
            pixdim: std::array::from_fn(|i| f.f64(104 + 8 * i)),
            offset: whole_offset(f.i64(168) as f64)?,
            slope: f.f64(176),
            intercept: f.f64(184),
            qform: f.i32(344),
            sform: f.i32(348),
            quaternion: std::array::from_fn(|i| f.f64(352 + 8 * i)),
            qoffset: std::array::from_fn(|i| f.f64(376 + 8 * i)),
            srow: std::array::from_fn(|r| std::array::from_fn(|c| f.f64(400 + 32 * r + 8 * c))),
        }
    };
    let size = size(&header)?;
    let kind = kind(header.datatype)?;
    let voxels = size.iter().map(|n| *n as u128).product();
    let count = plausible(voxels, kind, file_bytes, deflated)?;
    let geometry = geometry(&header, size)?;
    let skip = header.offset.saturating_sub(consumed);
    let skipped = std::io::copy(&mut (&mut source).take(skip), &mut std::io::sink());
    match skipped {
        Ok(n) if n == skip => {}
        Ok(_) => return Err(Fault::Truncated { expected: (count * kind.bytes()) as u64, found: 0 }),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(Fault::Truncated { expected: (count * kind.bytes()) as u64, found: 0 });
        }
        Err(error) => return Err(Fault::Io(error)),
    }
    let voxels = read_voxels(source, kind, count, header.little)?;
    let scaled = header.slope.is_finite()
        && header.slope != 0.0
        && header.intercept.is_finite()
        && (header.slope != 1.0 || header.intercept != 0.0);
    let voxels = if scaled { rescale(voxels, header.slope, header.intercept) } else { voxels };
    Volume::new(geometry, voxels)
}

fn whole_offset(offset: f64) -> Result<u64, Fault> {
    if offset.is_finite() && (0.0..1e15).contains(&offset) {
        Ok(offset as u64)
    } else {
        Err(Fault::Header { field: "vox_offset", value: offset.to_string(), reason: "is no place in a file" })
    }
}

fn size(header: &Header) -> Result<[usize; 3], Fault> {
    let fault = |reason| Fault::Header { field: "dim", value: format!("{:?}", header.dim), reason };
    let dimensions = header.dim[0];
    if !(1..=7).contains(&dimensions) {
        return Err(fault("does not start with a number of dimensions from 1 to 7"));
    }
    let along = |axis: usize| if (axis as i64) <= dimensions { header.dim[axis] } else { 1 };
    if (4..=7).any(|axis| along(axis) > 1) {
        return Err(fault("has more than three dimensions"));
    }
    let mut size = [0; 3];
    for axis in 0..3 {
        size[axis] =
            usize::try_from(along(axis + 1)).ok().filter(|n| *n > 0).ok_or(fault("has an axis without voxels"))?;
    }
    Ok(size)
}

fn kind(datatype: i16) -> Result<VoxelType, Fault> {
    Ok(match datatype {
        2 => VoxelType::U8,
        256 => VoxelType::I8,
        512 => VoxelType::U16,
        4 => VoxelType::I16,
        768 => VoxelType::U32,
        8 => VoxelType::I32,
        1280 => VoxelType::U64,
        1024 => VoxelType::I64,
        16 => VoxelType::F32,
        64 => VoxelType::F64,
        other => {
            let reason = "is no type with one real number per voxel";
            return Err(Fault::Header { field: "datatype", value: other.to_string(), reason });
        }
    })
}

fn rescale(voxels: Voxels, slope: f64, intercept: f64) -> Voxels {
    match voxels {
        Voxels::F64(values) => Voxels::F64(values.into_iter().map(|v| v * slope + intercept).collect()),
        other => Voxels::F32(on_voxels!(&other, values => values
            .iter()
            .map(|v| (v.real() * slope + intercept) as f32)
            .collect())),
    }
}

fn geometry(header: &Header, size: [usize; 3]) -> Result<Geometry, Fault> {
    let mut spacing: [f64; 3] = std::array::from_fn(|axis| header.pixdim[axis + 1].abs());
    for (axis, length) in spacing.iter_mut().enumerate() {
        // A single slice may leave its thickness out; everything else must say it.
        if *length == 0.0 && size[axis] == 1 {
            *length = 1.0;
        }
    }
    let mut axes = [[0.0; 3]; 3];
    let mut origin = [0.0; 3];
    let columns = |m: &[[f64; 4]; 3]| -> [f64; 3] {
        std::array::from_fn(|c| (0..3).map(|r| m[r][c] * m[r][c]).sum::<f64>().sqrt())
    };
    let lengths = columns(&header.srow);
    let perpendicular = lengths.iter().all(|l| l.is_finite() && *l > 0.0)
        && [(0, 1), (0, 2), (1, 2)].iter().all(|(a, b)| {
            let dot: f64 = (0..3).map(|r| header.srow[r][*a] * header.srow[r][*b]).sum();
            (dot / (lengths[*a] * lengths[*b])).abs() < 1e-4
        });
    if header.sform > 0 && (perpendicular || header.qform <= 0) {
        if !perpendicular {
            let reason = "has axes that are not perpendicular, and there is no qform";
            return Err(Fault::Header { field: "sform", value: format!("{:?}", header.srow), reason });
        }
        for r in 0..3 {
            for c in 0..3 {
                axes[r][c] = header.srow[r][c] / lengths[c];
            }
            origin[r] = header.srow[r][3];
        }
    } else if header.qform > 0 {
        let [b, c, d] = header.quaternion;
        let a = (1.0 - (b * b + c * c + d * d)).max(0.0).sqrt();
        let flip = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        axes = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), flip * 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, flip * 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), flip * (a * a + d * d - c * c - b * b)],
        ];
        origin = header.qoffset;
    } else {
        for (axis, row) in axes.iter_mut().enumerate() {
            row[axis] = 1.0;
        }
        axes[0][0] = -1.0;
        axes[1][1] = -1.0;
    }
    // Right and anterior of the file become left and posterior.
    for r in 0..2 {
        origin[r] = -origin[r];
        for value in &mut axes[r] {
            *value = -*value;
        }
    }
    for row in &mut axes {
        for value in row {
            *value += 0.0; // no negative zero
        }
    }
    Ok(Geometry::new(size, Millimetres(origin), Millimetres(spacing), axes)?)
}

/// Writes NIfTI-1 with an sform; gzip when the name ends in `.gz`.
///
/// # Errors
/// [`ImagingError`] when the file cannot be written or an axis is longer than the format allows.
pub fn write(path: &Path, volume: &Volume) -> Result<(), ImagingError> {
    write_faulty(path, volume).map_err(|fault| ImagingError::new(path, fault))
}

fn write_faulty(path: &Path, volume: &Volume) -> Result<(), Fault> {
    let geometry = &volume.geometry;
    let mut header = vec![0u8; 352];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348i32.to_le_bytes());
    put(40, &3i16.to_le_bytes());
    for axis in 0..7 {
        let n = geometry.size().get(axis).copied().unwrap_or(1);
        let n = i16::try_from(n).map_err(|_| Fault::Header {
            field: "dim",
            value: n.to_string(),
            reason: "is longer than NIfTI-1 can say",
        })?;
        put(42 + 2 * axis, &n.to_le_bytes());
    }
    let (datatype, bits): (i16, i16) = match volume.voxels.kind() {
        VoxelType::U8 => (2, 8),
        VoxelType::I8 => (256, 8),
        VoxelType::U16 => (512, 16),
        VoxelType::I16 => (4, 16),
        VoxelType::U32 => (768, 32),
        VoxelType::I32 => (8, 32),
        VoxelType::U64 => (1280, 64),
        VoxelType::I64 => (1024, 64),
        VoxelType::F32 => (16, 32),
        VoxelType::F64 => (64, 64),
    };
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    put(76, &1f32.to_le_bytes());
    for axis in 0..7 {
        let length = geometry.spacing().0.get(axis).copied().unwrap_or(1.0) as f32;
        put(80 + 4 * axis, &length.to_le_bytes());
    }
    put(108, &352f32.to_le_bytes());
    put(112, &1f32.to_le_bytes());
    header[123] = 2; // millimetres
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(254, &1i16.to_le_bytes());
    for r in 0..3 {
        let sign = if r < 2 { -1.0 } else { 1.0 };
        for c in 0..3 {
            let value = (sign * geometry.direction()[r][c] * geometry.spacing().0[c]) as f32;
            put(280 + 16 * r + 4 * c, &value.to_le_bytes());
        }
        put(292 + 16 * r, &((sign * geometry.origin().0[r]) as f32).to_le_bytes());
    }
    put(344, b"n+1\0");
    write_whole(path, |mut sink| {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
            let mut packed = GzEncoder::new(sink, Compression::default());
            packed.write_all(&header)?;
            write_voxels(&mut packed, &volume.voxels)?;
            packed.finish()?;
        } else {
            sink.write_all(&header)?;
            write_voxels(&mut sink, &volume.voxels)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Volume {
        let (s, c) = (0.2f64.sin(), 0.2f64.cos());
        let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let geometry =
            Geometry::new([3, 2, 2], Millimetres([10.0, -20.0, 5.0]), Millimetres([0.5, 0.75, 2.0]), direction)
                .unwrap();
        Volume::new(geometry, Voxels::I16((0..12).map(|v| v * 100 - 500).collect())).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.nii", "a.nii.gz"] {
            let path = folder.path().join(name);
            write(&path, &sample()).unwrap();
            let back = read(&path).unwrap();
            assert_eq!(back.voxels, sample().voxels);
            assert!(back.geometry.mismatch(&sample().geometry, 1e-5).is_none(), "{}", back.geometry);
        }
    }

    #[test]
    fn broken_files_say_what_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii");
        write(&path, &sample()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        // An uncompressed file that is too short is found out before a byte is read.
        assert!(read(&path).is_err());
        std::fs::write(&path, &whole[..100]).unwrap();
        assert!(matches!(read(&path).unwrap_err().fault, Fault::Truncated { .. }));
        let mut huge = whole.clone();
        for axis in 0..3 {
            huge[42 + 2 * axis..44 + 2 * axis].copy_from_slice(&30000i16.to_le_bytes());
        }
        std::fs::write(&path, &huge).unwrap();
        assert!(matches!(read(&path).unwrap_err().fault, Fault::AnnouncesTooMuch { .. }));
        std::fs::write(&path, b"not an image at all, but long enough to be one".repeat(20)).unwrap();
        assert!(matches!(read(&path).unwrap_err().fault, Fault::NoSignature(_)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0usize..352, byte in any::<u8>(), at2 in 0usize..352, byte2 in any::<u8>(), cut in 0usize..380) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.nii");
            write(&path, &sample()).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[at] = byte;
            bytes[at2] = byte2;
            bytes.truncate(cut.max(1));
            std::fs::write(&path, &bytes).unwrap();
            let _ = read(&path);
        }
    }
}
