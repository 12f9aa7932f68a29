//! Pixel data: from packed bytes to the stored values of one frame.

use super::data_set::DataSet;
use super::fault::DicomFault;
use super::file::{Packing, TransferSyntax};
use super::{jpeg, jpeg_ls, jpeg2000, run_length, tag};

/// How the pixels of an image are laid down: the attributes of the Image Pixel module (PS3.3, C.7.6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    pub rows: usize,
    pub columns: usize,
    pub frames: usize,
    /// Bits that a pixel takes up: 1, 8, 16 or 32.
    pub allocated: u32,
    /// Bits of it that are its value.
    pub stored: u32,
    pub high_bit: u32,
    pub signed: bool,
}

impl PixelFormat {
    /// # Errors
    /// [`DicomFault`] when an attribute is missing, or its value is none that one number per pixel can have.
    pub fn of(data: &DataSet<'_>) -> Result<PixelFormat, DicomFault> {
        let whole = |tag: tag::Tag| data.need_unsigned(tag);
        let wrong = |tag: tag::Tag, value: &dyn std::fmt::Display, reason| DicomFault::Value {
            keyword: tag.keyword,
            value: value.to_string(),
            reason,
        };
        let samples = data.unsigned(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples != 1 {
            return Err(wrong(tag::SAMPLES_PER_PIXEL, &samples, "is not 1: colours are no measurement"));
        }
        let photometric = data.need_text(tag::PHOTOMETRIC_INTERPRETATION)?;
        if !matches!(photometric.as_str(), "MONOCHROME1" | "MONOCHROME2") {
            return Err(wrong(tag::PHOTOMETRIC_INTERPRETATION, &photometric, "is neither MONOCHROME1 nor MONOCHROME2"));
        }
        let (rows, columns) = (whole(tag::ROWS)?, whole(tag::COLUMNS)?);
        for (tag, count) in [(tag::ROWS, rows), (tag::COLUMNS, columns)] {
            if count == 0 || count > u32::from(u16::MAX) {
                return Err(wrong(tag, &count, "is no number of pixels from 1 to 65535"));
            }
        }
        let frames = data.decimal(tag::NUMBER_OF_FRAMES)?.unwrap_or(1.0);
        if !(frames.fract() == 0.0 && (1.0..=4_294_967_295.0).contains(&frames)) {
            return Err(wrong(tag::NUMBER_OF_FRAMES, &frames, "is no number of frames"));
        }
        let allocated = whole(tag::BITS_ALLOCATED)?;
        if !matches!(allocated, 1 | 8 | 16 | 32) {
            return Err(wrong(tag::BITS_ALLOCATED, &allocated, "is none of 1, 8, 16 and 32"));
        }
        let stored = data.unsigned(tag::BITS_STORED)?.unwrap_or(allocated);
        if stored == 0 || stored > allocated {
            return Err(wrong(tag::BITS_STORED, &stored, "does not fit into BitsAllocated"));
        }
        let high_bit = data.unsigned(tag::HIGH_BIT)?.unwrap_or(stored - 1);
        if high_bit >= allocated || high_bit + 1 < stored {
            return Err(wrong(tag::HIGH_BIT, &high_bit, "does not fit BitsStored and BitsAllocated"));
        }
        let signed = match data.unsigned(tag::PIXEL_REPRESENTATION)?.unwrap_or(0) {
            0 => false,
            1 => true,
            other => return Err(wrong(tag::PIXEL_REPRESENTATION, &other, "is neither 0 nor 1")),
        };
        let (rows, columns, frames) = (rows as usize, columns as usize, frames as usize);
        Ok(PixelFormat { rows, columns, frames, allocated, stored, high_bit, signed })
    }

    pub fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Bytes of one frame whose pixels take whole bytes.
    fn frame_bytes(&self) -> usize {
        self.pixels() * self.allocated as usize / 8
    }

    /// The value within the bits that a pixel takes up: what lies outside BitsStored is dropped (overlays hid there
    /// once), and the sign is spread.
    fn value(&self, bits: u32) -> i64 {
        let shifted = bits >> (self.high_bit + 1 - self.stored);
        let kept = if self.stored == 32 { shifted } else { shifted & ((1 << self.stored) - 1) };
        if self.signed && kept >> (self.stored - 1) & 1 == 1 {
            i64::from(kept) - (1i64 << self.stored)
        } else {
            i64::from(kept)
        }
    }

    /// The value of a sample that a codec gave. Codecs know of signs or do not, and what a lossy one overshoots
    /// BitsStored by is a value still, so nothing is masked.
    fn sample(&self, sample: i64) -> i64 {
        let half = 1i64 << (self.stored - 1);
        if !self.signed || sample < half {
            sample
        } else if sample < 2 * half {
            sample - 2 * half
        } else if sample >= 1 << (self.allocated - 1) {
            sample - (1 << self.allocated)
        } else {
            sample
        }
    }

    fn values(&self, bytes: &[u8], little: bool) -> Vec<i64> {
        match self.allocated {
            8 => bytes.iter().map(|byte| self.value(u32::from(*byte))).collect(),
            16 => bytes
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) })
                .map(|bits| self.value(u32::from(bits)))
                .collect(),
            _ => bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|four| if little { u32::from_le_bytes(*four) } else { u32::from_be_bytes(*four) })
                .map(|bits| self.value(bits))
                .collect(),
        }
    }
}

/// The stored values of one frame, row by row.
///
/// # Errors
/// [`DicomFault`] when the pixel data are too short, or cannot be unpacked.
pub fn frame(
    data: &DataSet<'_>,
    syntax: TransferSyntax,
    format: &PixelFormat,
    index: usize,
) -> Result<Vec<i64>, DicomFault> {
    let element = data.get(tag::PIXEL_DATA).ok_or(DicomFault::Missing(tag::PIXEL_DATA.keyword))?;
    let short = |found: usize, frames: usize| DicomFault::PixelData {
        rows: format.rows,
        columns: format.columns,
        expected: (format.frame_bytes() as u64).saturating_mul(frames as u64),
        found: found as u64,
    };
    if format.allocated == 1 {
        let (keyword, value) = (tag::BITS_ALLOCATED.keyword, "1".to_owned());
        return Err(DicomFault::Value { keyword, value, reason: "is for segmentations, not for images" });
    }
    if syntax.packing == Packing::Native {
        let start = format.frame_bytes().checked_mul(index);
        let bytes = start.and_then(|start| element.value.get(start..start.checked_add(format.frame_bytes())?));
        let bytes = bytes.ok_or_else(|| short(element.value.len(), format.frames))?;
        return Ok(format.values(bytes, syntax.encoding.little));
    }
    if !element.open {
        let reason = "is not divided into fragments though its transfer syntax is a compressed one";
        return Err(DicomFault::Codec { codec: codec(syntax.packing), reason: reason.into() });
    }
    let packed = packed_frame(data, format, index, syntax.packing)?;
    let values = match syntax.packing {
        Packing::RunLength => {
            let bytes = run_length::unpack(&packed, format.pixels(), format.allocated as usize / 8)
                .map_err(|reason| failed(syntax.packing, reason))?;
            format.values(&bytes, true)
        }
        packing => {
            let decoded = match packing {
                Packing::Jpeg => jpeg::decode(&packed, format.rows, format.columns),
                Packing::JpegLs => jpeg_ls::decode(&packed, format.rows, format.columns),
                _ => jpeg2000::decode(&packed, format.rows, format.columns),
            };
            decoded.map_err(|reason| failed(packing, reason))?.into_iter().map(|sample| format.sample(sample)).collect()
        }
    };
    if values.len() != format.pixels() {
        return Err(short(values.len() * format.allocated as usize / 8, 1));
    }
    Ok(values)
}

fn codec(packing: Packing) -> &'static str {
    match packing {
        Packing::Native => "native",
        Packing::RunLength => "RLE",
        Packing::Jpeg => "JPEG",
        Packing::JpegLs => "JPEG-LS",
        Packing::Jpeg2000 => "JPEG 2000",
    }
}

fn failed(packing: Packing, reason: String) -> DicomFault {
    DicomFault::Codec { codec: codec(packing), reason }
}

/// The bytes of one compressed frame. A frame is one fragment unless there is one frame only, or the offset table says
/// where each one starts.
fn packed_frame<'a>(
    data: &DataSet<'a>,
    format: &PixelFormat,
    index: usize,
    packing: Packing,
) -> Result<std::borrow::Cow<'a, [u8]>, DicomFault> {
    let fragments = data.fragments(tag::PIXEL_DATA)?;
    let missing = |reason: &str| failed(packing, reason.to_owned());
    let Some((table, fragments)) = fragments.split_first() else {
        return Err(missing("it has no fragments"));
    };
    if format.frames == 1 && fragments.len() != 1 {
        return Ok(fragments.concat().into());
    }
    if fragments.len() == format.frames {
        return fragments.get(index).map(|bytes| (*bytes).into()).ok_or_else(|| missing("it has too few fragments"));
    }
    let offsets: Vec<u64> = table.as_chunks::<4>().0.iter().map(|four| u64::from(u32::from_le_bytes(*four))).collect();
    if offsets.len() != format.frames {
        return Err(missing(
            "its fragments are not as many as its frames, and no offset table says which belong together",
        ));
    }
    let (low, high) = (offsets.get(index).copied(), offsets.get(index + 1).copied().unwrap_or(u64::MAX));
    let low = low.ok_or_else(|| missing("it has too few frames"))?;
    let mut at = 0u64;
    let mut bytes = Vec::new();
    for fragment in fragments {
        if (low..high).contains(&at) {
            bytes.extend_from_slice(fragment);
        }
        at += 8 + fragment.len() as u64;
    }
    Ok(bytes.into())
}
