//! JPEG 2000, lossless and lossy, through a decoder without unsafe code.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

/// The samples of one frame, row by row.
///
/// # Errors
/// What is wrong with the stream.
pub fn decode(packed: &[u8], rows: usize, columns: usize) -> Result<Vec<i64>, String> {
    // Some writers wrap the codestream in a JP2 file, which the standard forbids and readers bear.
    let start = packed.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]);
    let stream = start.and_then(|start| packed.get(start..)).ok_or("it has no codestream")?;
    let size = Size::of(stream).ok_or("its header is cut short")?;
    if (size.rows, size.columns) != (rows as u64, columns as u64) {
        let Size { rows, columns, .. } = size;
        return Err(format!("its stream has {rows} rows of {columns} pixels, not those of the image"));
    }
    if size.components != 1 || !(1..=16).contains(&size.precision) {
        let Size { components, precision, .. } = size;
        return Err(format!("its stream has {components} components of {precision} bits, not one of at most 16"));
    }
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
    let image = Image::new(stream, &settings).map_err(|error| error.to_string())?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|error| error.to_string())?;
    let samples = decoded.components().first().ok_or("its stream has no component")?.samples();
    if samples.len() != rows * columns {
        return Err(format!("its stream has {} pixels", samples.len()));
    }
    // The decoder shifts every stream by half its range, which is right for unsigned ones only.
    let shift = if size.signed { 1i64 << (size.precision - 1) } else { 0 };
    // A lossy stream may overshoot the range of its samples.
    let most = ((1u32 << size.precision) - 1) as f32;
    Ok(samples.iter().map(|sample| sample.round().clamp(0.0, most) as i64 - shift).collect())
}

/// What the SIZ marker says (ISO/IEC 15444-1, A.5.1).
struct Size {
    rows: u64,
    columns: u64,
    components: u16,
    precision: u8,
    signed: bool,
}

impl Size {
    fn of(stream: &[u8]) -> Option<Size> {
        let word = |at: usize| stream.get(at..at + 4)?.first_chunk().map(|four| u64::from(u32::from_be_bytes(*four)));
        let components = u16::from_be_bytes(*stream.get(40..42)?.first_chunk()?);
        let depth = *stream.get(42)?;
        Some(Size {
            columns: word(8)?.checked_sub(word(16)?)?,
            rows: word(12)?.checked_sub(word(20)?)?,
            components,
            precision: (depth & 0x7f) + 1,
            signed: depth & 0x80 != 0,
        })
    }
}
