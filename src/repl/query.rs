//! Asking the terminal what it is: its size, its background, whether it shows pictures. The
//! questions go out together, with one last that every terminal answers, so that nothing waits
//! for those that are not understood.

use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Every terminal answers the last question, at once on the same machine and after a while from the
/// other side of the world. An answer that came later would stand in the line, so that much time is
/// given; a terminal that never answers is only waited for once.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Colour registers of a terminal that does not say.
pub const REGISTERS: usize = 256;

/// What the terminal answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    pub kitty: bool,
    pub sixel: bool,
    pub dark: Option<bool>,
    pub cell: Option<(u32, u32)>,
    /// Colour registers for sixel, where there is sixel and the terminal says.
    pub registers: Option<usize>,
    /// What the user typed meanwhile.
    pub typed: String,
}

/// Columns and rows.
pub fn size() -> Option<(usize, usize)> {
    let (columns, rows) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some((usize::from(columns), usize::from(rows)))
}

/// Asks the terminal at standard input and output.
pub fn ask() -> Answers {
    let mut answers = Answers::default();
    if let Ok(window) = crossterm::terminal::window_size()
        && window.columns > 0
        && window.rows > 0
        && window.width > 0
    {
        answers.cell =
            Some((u32::from(window.width / window.columns), u32::from(window.height.max(1) / window.rows).max(1)));
    }
    let term = std::env::var("TERM").unwrap_or_default();
    if !std::io::stdin().is_terminal() || matches!(term.as_str(), "" | "dumb" | "linux") {
        return answers;
    }
    if crossterm::terminal::enable_raw_mode().is_err() {
        return answers;
    }
    // A picture of one pixel that is not shown; the colour of the background; the device's attributes.
    let mut read = read(&hear(b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b]11;?\x1b\\\x1b[c"));
    if read.sixel && !read.kitty {
        // How many colours sixel has; only such a terminal knows the question.
        let heard = hear(b"\x1b[?1;1;0S\x1b[c");
        read.registers = registers(&heard);
        read.typed.push_str(&typed(&String::from_utf8_lossy(&heard)));
    }
    // Should this fail, rustyline sets the terminal as it wants it.
    let _ = crossterm::terminal::disable_raw_mode();
    Answers { cell: answers.cell, ..read }
}

/// What is heard after the questions, up to the attributes that every terminal ends with.
fn hear(questions: &[u8]) -> Vec<u8> {
    let mut out = std::io::stdout().lock();
    let mut heard = Vec::new();
    if out.write_all(questions).and_then(|()| out.flush()).is_err() {
        return heard;
    }
    let stdin = std::io::stdin();
    let begun = Instant::now();
    while let Some(left) = PATIENCE.checked_sub(begun.elapsed()) {
        let mut waiting = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::from(u16::try_from(left.as_millis()).unwrap_or(u16::MAX));
        if poll(&mut waiting, patience).unwrap_or(0) == 0 {
            break;
        }
        let mut bytes = [0u8; 256];
        // Unbuffered, so that what is typed ahead of the answers stays where rustyline reads it.
        let Ok(file) = stdin.as_fd().try_clone_to_owned() else { break };
        match std::fs::File::from(file).read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(count) => heard.extend_from_slice(&bytes[..count]),
        }
        if attributes(&heard).is_some() {
            break;
        }
    }
    heard
}

/// The parameters of the answer that ends in `last`: `62;4` of `ESC [ ? 62 ; 4 c`.
fn parameters(heard: &[u8], last: u8) -> Option<&[u8]> {
    let mut rest = heard;
    while let Some(at) = rest.windows(3).position(|signs| signs == b"\x1b[?") {
        rest = rest.get(at + 3..)?;
        let length = rest.iter().position(|sign| !(sign.is_ascii_digit() || *sign == b';'))?;
        if rest.get(length) == Some(&last) {
            return rest.get(..length);
        }
    }
    None
}

fn attributes(heard: &[u8]) -> Option<&[u8]> {
    parameters(heard, b'c')
}

/// The number in `ESC [ ? 1 ; 0 ; 256 S`.
fn registers(heard: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(parameters(heard, b'S')?).ok()?;
    text.strip_prefix("1;0;")?.parse().ok()
}

fn read(heard: &[u8]) -> Answers {
    let text = String::from_utf8_lossy(heard);
    let sixel = attributes(heard).is_some_and(|words| words.split(|sign| *sign == b';').any(|word| word == b"4"));
    let dark = text.split("]11;rgb:").nth(1).and_then(|rest| {
        let channels: Vec<f64> = rest
            .split(['/', '\x1b', '\x07'])
            .take(3)
            .filter_map(|hex| {
                let most = 16f64.powi(i32::try_from(hex.len()).ok()?) - 1.0;
                Some(f64::from(u32::from_str_radix(hex, 16).ok()?) / most)
            })
            .collect();
        let [red, green, blue] = channels.as_slice() else { return None };
        Some(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)
    });
    Answers { kitty: text.contains("_Gi=31;OK"), sixel, dark, typed: typed(&text), ..Answers::default() }
}

/// The signs of a text that are in no answer: up to the first end of a line, which nothing can be
/// told to the editor of.
fn typed(text: &str) -> String {
    let mut typed = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let length = match rest.as_bytes() {
            [0x1b, b'[', body @ ..] => {
                2 + body.iter().position(u8::is_ascii_alphabetic).map_or(body.len(), |at| at + 1)
            }
            [0x1b, b']' | b'_' | b'P', ..] => ["\x1b\\", "\x07"]
                .iter()
                .filter_map(|end| Some(rest.get(2..)?.find(end)? + 2 + end.len()))
                .min()
                .unwrap_or(rest.len()),
            [b'\r' | b'\n', ..] => break,
            _ => {
                if !sign.is_control() {
                    typed.push(sign);
                }
                sign.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or("");
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let kitty = read(b"\x1b_Gi=31;OK\x1b\\\x1b]11;rgb:1a1a/1b1b/2626\x1b\\\x1b[?62;c");
        assert_eq!(kitty, Answers { kitty: true, dark: Some(true), ..Answers::default() });
        let xterm = read(b"\x1b]11;rgb:ffff/ffff/ffff\x07\x1b[?63;1;2;4;6c");
        assert_eq!(xterm, Answers { sixel: true, dark: Some(false), ..Answers::default() });
        assert_eq!(read(b""), Answers::default());
        assert_eq!(registers(b"\x1b[?1;0;16S\x1b[?63;4c"), Some(16));
        assert_eq!(registers(b"\x1b[?1;3S\x1b[?63;4c"), None);
        assert_eq!(read(b"\x1b]11;rgb:zz/"), Answers::default());
    }

    #[test]
    fn what_is_typed_among_the_answers_is_kept() {
        let heard = "km\x1b_Gi=31;OK\x1b\\(o\x1b]11;rgb:ffff/ffff/ffff\x07s \x1b[A~ä\x1b[?62;c)\rrest";
        assert_eq!(read(heard.as_bytes()).typed, "km(os ~ä)");
    }
}
