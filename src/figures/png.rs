//! Writing PNG: true colour, or a palette where the picture has at most 256 colours, as drawings
//! mostly do.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::collections::HashMap;
use std::io::Write;

/// `rgb` as a PNG; `dpi` is told in the file where it is given.
pub fn encode(width: usize, height: usize, rgb: &[u8], dpi: Option<f64>) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let indexed = palette(rgb, width);
    let mut header = Vec::with_capacity(13);
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([8, if indexed.is_some() { 3 } else { 2 }, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    if let Some(dpi) = dpi {
        let per_metre = ((dpi / 0.0254).round() as u32).to_be_bytes();
        let mut density = [per_metre, per_metre].concat();
        density.push(1);
        chunk(&mut out, b"pHYs", &density);
    }
    let pixels = match &indexed {
        Some((colours, indices)) => {
            chunk(&mut out, b"PLTE", colours);
            compressed(indices, width)
        }
        None => compressed(rgb, width * 3),
    };
    chunk(&mut out, b"IDAT", &pixels);
    chunk(&mut out, b"IEND", &[]);
    out
}

/// The colours and the index of each pixel, where there are few.
fn palette(rgb: &[u8], width: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut colours, mut known) = (Vec::new(), HashMap::new());
    let mut indices: Vec<u8> = Vec::with_capacity(rgb.len() / 3);
    let (mut last, mut index, mut above): (_, _, &[u8]) = (None, 0u8, &[]);
    for row in rgb.chunks(width.max(1) * 3) {
        // Drawings have many rows that repeat the one above.
        if row == above {
            indices.extend_from_within(indices.len() - row.len() / 3..);
            continue;
        }
        above = row;
        for pixel in row.chunks_exact(3) {
            if last != Some(pixel) {
                index = match known.get(pixel) {
                    Some(index) => *index,
                    None => {
                        let next = u8::try_from(known.len()).ok()?;
                        known.insert(pixel, next);
                        colours.extend_from_slice(pixel);
                        next
                    }
                };
                last = Some(pixel);
            }
            indices.push(index);
        }
    }
    Some((colours, indices))
}

/// Rows with their filter, deflated: a row that repeats the one above is all zeros.
fn compressed(bytes: &[u8], stride: usize) -> Vec<u8> {
    let mut filtered = Vec::with_capacity(bytes.len() + bytes.len() / stride.max(1) + 1);
    let mut above: &[u8] = &[];
    for row in bytes.chunks(stride.max(1)) {
        if row == above {
            filtered.push(2);
            filtered.resize(filtered.len() + row.len(), 0);
        } else {
            filtered.push(0);
            filtered.extend_from_slice(row);
        }
        above = row;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(3));
    // Writing into memory does not fail.
    let _ = encoder.write_all(&filtered);
    encoder.finish().unwrap_or_default()
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    out.extend((content.len() as u32).to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(content);
    out.extend(name);
    out.extend(content);
    out.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_indexed_and_many_are_not() {
        let few = encode(2, 2, &[0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0], Some(300.0));
        assert_eq!(few[25], 3);
        assert!(few.windows(4).any(|w| w == b"PLTE"));
        // A row that repeats the one above has its indices.
        let (colours, indices) =
            palette(&[0, 0, 0, 9, 9, 9, 0, 0, 0, 9, 9, 9, 9, 9, 9, 0, 0, 0], 2).expect("two colours");
        assert_eq!((colours.len(), indices), (6, vec![0, 1, 0, 1, 1, 0]));
        let many: Vec<u8> = (0..300u32).flat_map(|i| [(i % 256) as u8, (i / 256) as u8, 7]).collect();
        assert_eq!(encode(300, 1, &many, None)[25], 2);
    }
}
