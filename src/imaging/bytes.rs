//! Streams of bytes to voxels: swaps, counts, and never allocates beyond what the file can hold.

use std::io::Read;

use super::error::Fault;
use super::volume::{VoxelType, Voxels};

/// What one byte of a deflated stream can at most become.
const DEFLATE_LIMIT: u128 = 1032;

/// Checks that a file of `file_bytes` can hold the voxels that its header announces.
pub(super) fn plausible(voxels: u128, kind: VoxelType, file_bytes: u64, deflated: bool) -> Result<usize, Fault> {
    let announced = voxels.saturating_mul(kind.bytes() as u128);
    let most = u128::from(file_bytes) * if deflated { DEFLATE_LIMIT } else { 1 };
    if announced > most || announced > isize::MAX as u128 {
        return Err(Fault::AnnouncesTooMuch { announced, file_bytes });
    }
    Ok(voxels as usize)
}

/// Reads `count` voxels from a stream of bytes.
pub(super) fn read_voxels(
    mut source: impl Read,
    kind: VoxelType,
    count: usize,
    little_endian: bool,
) -> Result<Voxels, Fault> {
    let mut store = kind.store(count);
    let width = kind.bytes();
    let expected = (count as u64) * width as u64;
    let mut buffer = vec![0u8; 1 << 16];
    let mut found = 0u64;
    while found < expected {
        let want = buffer.len().min((expected - found) as usize);
        let mut filled = 0;
        while filled < want {
            match source.read(&mut buffer[filled..want]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(Fault::Io(error)),
            }
        }
        found += filled as u64;
        if filled < want {
            return Err(Fault::Truncated { expected, found });
        }
        append(&mut store, &buffer[..filled], little_endian);
    }
    Ok(store)
}

fn append(store: &mut Voxels, bytes: &[u8], little: bool) {
    macro_rules! push {
        ($values:expr, $kind:ty, $width:literal) => {
            $values.extend(
                bytes
                    .as_chunks::<$width>()
                    .0
                    .iter()
                    .map(|chunk| if little { <$kind>::from_le_bytes(*chunk) } else { <$kind>::from_be_bytes(*chunk) }),
            )
        };
    }
    match store {
        Voxels::U8(values) => values.extend_from_slice(bytes),
        Voxels::I8(values) => push!(values, i8, 1),
        Voxels::U16(values) => push!(values, u16, 2),
        Voxels::I16(values) => push!(values, i16, 2),
        Voxels::U32(values) => push!(values, u32, 4),
        Voxels::I32(values) => push!(values, i32, 4),
        Voxels::U64(values) => push!(values, u64, 8),
        Voxels::I64(values) => push!(values, i64, 8),
        Voxels::F32(values) => push!(values, f32, 4),
        Voxels::F64(values) => push!(values, f64, 8),
    }
}

/// The voxels as little-endian bytes.
pub(super) fn write_voxels(mut sink: impl std::io::Write, voxels: &Voxels) -> std::io::Result<()> {
    macro_rules! put {
        ($values:expr) => {
            for chunk in $values.chunks(8192) {
                let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
                sink.write_all(&bytes)?;
            }
        };
    }
    match voxels {
        Voxels::U8(values) => sink.write_all(values)?,
        Voxels::I8(values) => put!(values),
        Voxels::U16(values) => put!(values),
        Voxels::I16(values) => put!(values),
        Voxels::U32(values) => put!(values),
        Voxels::I32(values) => put!(values),
        Voxels::U64(values) => put!(values),
        Voxels::I64(values) => put!(values),
        Voxels::F32(values) => put!(values),
        Voxels::F64(values) => put!(values),
    }
    Ok(())
}
