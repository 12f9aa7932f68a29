//! JPEG: baseline and extended with 8 bits (lossy), and the lossless process with up to 16 bits.

use jpeg_decoder::{Decoder, Error, PixelFormat, UnsupportedFeature};

/// The samples of one frame, row by row.
///
/// # Errors
/// What is wrong with the stream.
pub fn decode(packed: &[u8], rows: usize, columns: usize) -> Result<Vec<i64>, String> {
    let mut decoder = Decoder::new(packed);
    decoder.read_info().map_err(|error| said(&error))?;
    let info = decoder.info().ok_or("its stream has no header")?;
    // Before anything is allocated by what the stream says.
    if (usize::from(info.height), usize::from(info.width)) != (rows, columns) {
        let (height, width) = (info.height, info.width);
        return Err(format!("its stream has {height} rows of {width} pixels, not those of the image"));
    }
    let bytes = decoder.decode().map_err(|error| said(&error))?;
    match info.pixel_format {
        PixelFormat::L8 => Ok(bytes.into_iter().map(i64::from).collect()),
        PixelFormat::L16 => {
            Ok(bytes.as_chunks::<2>().0.iter().map(|pair| i64::from(u16::from_ne_bytes(*pair))).collect())
        }
        other => Err(format!("its stream is {other:?}, where one number per pixel is needed")),
    }
}

fn said(error: &Error) -> String {
    match error {
        Error::Unsupported(UnsupportedFeature::SamplePrecision(bits)) => {
            format!("its samples have {bits} bits, which is supported for the lossless process only")
        }
        other => other.to_string(),
    }
}
