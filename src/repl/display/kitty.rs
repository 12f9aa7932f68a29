//! Kitty's graphics protocol: a PNG in pieces of base64, scaled to a number of columns and rows. Both
//! are told: given the columns alone, kitty before 0.27 keeps the height in pixels.

use crate::figures::base64;

/// Bytes of base64 that one escape may hold.
const PIECE: usize = 4096;

/// The escapes that show a PNG.
pub fn shown(png: &[u8], columns: usize, rows: usize) -> String {
    let coded = base64(png);
    let pieces: Vec<&str> =
        coded.as_bytes().chunks(PIECE).filter_map(|piece| std::str::from_utf8(piece).ok()).collect();
    let mut out = String::new();
    for (place, piece) in pieces.iter().enumerate() {
        let more = u8::from(place + 1 < pieces.len());
        // Transmit and show; no answer is wanted.
        let keys =
            if place == 0 { format!("a=T,f=100,q=2,c={columns},r={rows},m={more}") } else { format!("m={more}") };
        out.push_str(&format!("\x1b_G{keys};{piece}\x1b\\"));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_picture_is_sent_in_pieces() {
        let shown = super::shown(&[7; 10_000], 60, 24);
        assert!(shown.starts_with("\x1b_Ga=T,f=100,q=2,c=60,r=24,m=1;"));
        assert_eq!(shown.matches("\x1b_G").count(), 4);
        assert_eq!(shown.matches("\x1b_Gm=0;").count(), 1);
    }
}
