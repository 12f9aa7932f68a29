//! RLE: each byte of the pixels is a segment of its own, most significant first, packed with PackBits (PS3.5, Annex G).

/// The bytes of one frame, least significant first.
///
/// # Errors
/// What is wrong with the stream.
pub fn unpack(packed: &[u8], pixels: usize, width: usize) -> Result<Vec<u8>, String> {
    let word = |at: usize| -> Result<usize, String> {
        let four = packed.get(at..at + 4).ok_or("its header is cut short")?;
        Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
    };
    let segments = word(0)?;
    if segments != width {
        return Err(format!("it has {segments} segments where a pixel has {width} bytes"));
    }
    // A run of two bytes becomes at most 128.
    if pixels > packed.len().saturating_mul(64) {
        return Err(format!("{} bytes cannot become {pixels} pixels", packed.len()));
    }
    let mut out = vec![0u8; pixels * width];
    for segment in 0..segments {
        let start = word(4 + 4 * segment)?;
        let end = if segment + 1 < segments { word(8 + 4 * segment)? } else { packed.len() };
        let bytes = packed.get(start..end).ok_or("a segment lies outside the frame")?;
        let place = width - 1 - segment;
        let found = unpack_segment(bytes, out.iter_mut().skip(place).step_by(width));
        if found < pixels {
            return Err(format!("a segment has {found} bytes where {pixels} are needed"));
        }
    }
    Ok(out)
}

/// Unpacks one segment; gives how many bytes came out.
fn unpack_segment<'a>(bytes: &[u8], mut out: impl Iterator<Item = &'a mut u8>) -> usize {
    let (mut at, mut found) = (0, 0);
    while let Some(control) = bytes.get(at) {
        at += 1;
        let control = *control as i8;
        match control {
            0.. => {
                for _ in 0..=control {
                    let (Some(byte), Some(place)) = (bytes.get(at), out.next()) else { return found };
                    *place = *byte;
                    at += 1;
                    found += 1;
                }
            }
            -128 => {}
            _ => {
                let Some(byte) = bytes.get(at) else { return found };
                at += 1;
                for _ in 0..1 - i32::from(control) {
                    let Some(place) = out.next() else { return found };
                    *place = *byte;
                    found += 1;
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(segments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0u8; 64];
        bytes[0] = segments.len() as u8;
        for (index, segment) in segments.iter().enumerate() {
            let start = bytes.len() as u32;
            bytes[4 + 4 * index..8 + 4 * index].copy_from_slice(&start.to_le_bytes());
            bytes.extend_from_slice(segment);
        }
        bytes
    }

    #[test]
    fn runs_literals_and_the_no_operation() {
        // High bytes: three times 1; low bytes: 7, 8 as they are, then nothing, then 9 twice, one too many.
        let bytes = packed(&[&[(-2i8) as u8, 1], &[1, 7, 8, 0x80, (-1i8) as u8, 9]]);
        assert_eq!(unpack(&bytes, 3, 2).unwrap(), [7, 1, 8, 1, 9, 1]);
    }

    #[test]
    fn damage_is_named() {
        assert!(unpack(&[1, 0], 1, 1).unwrap_err().contains("header"));
        assert!(unpack(&packed(&[&[0, 5]]), 1, 2).unwrap_err().contains("segments"));
        assert!(unpack(&packed(&[&[0, 5]]), 2, 1).unwrap_err().contains("1 bytes where 2"));
        assert!(unpack(&packed(&[&[0, 5]]), usize::MAX, 1).unwrap_err().contains("cannot become"));
        let mut bytes = packed(&[&[0, 5]]);
        bytes[4] = 200;
        assert!(unpack(&bytes, 1, 1).unwrap_err().contains("outside"));
    }
}
