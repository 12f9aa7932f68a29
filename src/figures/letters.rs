//! The embedded typeface: where letters stand in a word.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont};
use std::sync::OnceLock;

pub(super) const REGULAR: &[u8] = include_bytes!("font/LiberationSans-Regular.ttf");
pub(super) const BOLD: &[u8] = include_bytes!("font/LiberationSans-Bold.ttf");

/// The face; None only where the embedded file is damaged.
pub(super) fn face(bold: bool) -> Option<&'static FontRef<'static>> {
    static FACES: OnceLock<[Option<FontRef<'static>>; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| [REGULAR, BOLD].map(|bytes| FontRef::try_from_slice(bytes).ok()));
    faces[usize::from(bold)].as_ref()
}

/// A size given by the em, as CSS and PostScript do; the crate counts from ascent to descent.
pub(super) fn per_em(face: &FontRef<'_>, size: f32) -> PxScale {
    let em = face.units_per_em().unwrap_or(2048.0);
    PxScale::from(size * face.height_unscaled() / em)
}

/// The letters of a text with where each begins and ends, kerned, from 0.
pub(super) fn letters(face: &FontRef<'_>, text: &str, size: f32) -> Vec<(GlyphId, f32, f32)> {
    let scaled = face.as_scaled(per_em(face, size));
    let mut out: Vec<(GlyphId, f32, f32)> = Vec::with_capacity(text.len());
    let mut x = 0.0;
    for letter in text.chars() {
        let id = face.glyph_id(letter);
        if let Some((before, ..)) = out.last() {
            x += scaled.kern(*before, id);
        }
        let end = x + scaled.h_advance(id);
        out.push((id, x, end));
        x = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_whole_and_has_the_signs_that_figures_use() {
        for bold in [false, true] {
            let face = face(bold).expect("the embedded face");
            for sign in "−–…≥≤±×∞₁₀₂²λ|←→".chars() {
                assert_ne!(face.glyph_id(sign).0, 0, "{sign}");
            }
        }
        // An em of Liberation Sans is 2048 units, and its digits are 1139 wide.
        let face = face(false).expect("the embedded face");
        let wide = letters(face, "00", 2048.0).last().map_or(0.0, |l| l.2);
        assert!((wide - 2278.0).abs() < 0.5, "{wide}");
    }
}
