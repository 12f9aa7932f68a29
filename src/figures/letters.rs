//! The embedded typeface: where letters stand in a word.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont};
use std::sync::OnceLock;

use super::borrowed::font_with;

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

/// A letter with where it begins and ends.
pub(super) struct Letter {
    pub letter: char,
    /// None where the embedded face lacks it.
    pub id: Option<GlyphId>,
    pub start: f32,
    pub end: f32,
}

/// The letters of a text, kerned, from 0.
pub(super) fn letters(face: &FontRef<'_>, text: &str, size: f32) -> Vec<Letter> {
    let scaled = face.as_scaled(per_em(face, size));
    let mut out: Vec<Letter> = Vec::with_capacity(text.len());
    let mut x = 0.0;
    for letter in text.chars() {
        let id = Some(face.glyph_id(letter)).filter(|id| id.0 != 0);
        if let (Some(before), Some(id)) = (out.last().and_then(|last| last.id), id) {
            x += scaled.kern(before, id);
        }
        let end = x + id.map_or_else(|| unknown(letter) * size, |id| scaled.h_advance(id));
        out.push(Letter { letter, id, start: x, end });
        x = end;
    }
    out
}

/// The breadth of a letter that the embedded face lacks, in ems: what fonts of its script give it.
fn unknown(letter: char) -> f32 {
    match letter {
        c if c.is_control() => 0.0,
        // From the Korean Jamo to the end of the scripts of East Asia, and their further planes.
        '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' => 1.0,
        '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FF60}' | '\u{1F000}'..='\u{3FFFF}' => 1.0,
        _ => 0.6,
    }
}

/// Whether the embedded face has a letter, or needs none for it.
pub(super) fn embedded(letter: char) -> bool {
    letter.is_control() || face(false).is_some_and(|face| face.glyph_id(letter).0 != 0)
}

/// Where a PNG finds a letter that the embedded face lacks.
pub(super) fn borrowed(letter: char) -> Option<&'static FontRef<'static>> {
    if letter.is_control() { None } else { font_with(letter).map(|font| &font.face) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_whole_and_has_the_signs_that_figures_use() {
        for bold in [false, true] {
            let face = face(bold).expect("the embedded face");
            // Signs of figures, and what names of columns, units and patients are written with.
            for sign in "−–…≥≤±×∞₁₀₂²³λαβγδκμµσΔχω|←→↑↓°‰éèüöäßñçøåčłşőžĐ".chars()
            {
                assert_ne!(face.glyph_id(sign).0, 0, "{sign}");
            }
        }
        // An em of Liberation Sans is 2048 units, and its digits are 1139 wide.
        let face = face(false).expect("the embedded face");
        let wide = letters(face, "00", 2048.0).last().map_or(0.0, |l| l.end);
        assert!((wide - 2278.0).abs() < 0.5, "{wide}");
    }

    #[test]
    fn letters_that_are_not_embedded_take_the_same_place_everywhere() {
        let face = face(false).expect("the embedded face");
        let wide = |text: &str| letters(face, text, 10.0).last().map_or(0.0, |l| l.end);
        assert_eq!(wide("年龄"), 20.0);
        assert!((wide("年0") - 10.0 - wide("0")).abs() < 1e-4);
        assert!(!embedded('年') && embedded('µ') && embedded('é'));
    }
}
