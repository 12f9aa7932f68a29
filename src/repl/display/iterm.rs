//! The inline images of iTerm2, which WezTerm and mintty show as well.

use crate::figures::base64;

/// The escape that shows a PNG over so many columns.
pub fn shown(png: &[u8], columns: usize) -> String {
    format!("\x1b]1337;File=inline=1;preserveAspectRatio=1;size={};width={columns}:{}\x07\n", png.len(), base64(png))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_size_is_told() {
        assert_eq!(
            super::shown(b"Man", 40),
            "\x1b]1337;File=inline=1;preserveAspectRatio=1;size=3;width=40:TWFu\x07\n"
        );
    }
}
