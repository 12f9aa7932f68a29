//! Asking the terminal what it is: its size, its background, whether it shows pictures. The
//! questions go out together, with one last that every terminal answers, so that nothing waits
//! for those that are not understood.

use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Longer than a terminal on the same machine takes, and short enough not to be felt.
const PATIENCE: Duration = Duration::from_millis(120);

/// What the terminal answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Answers {
    pub kitty: bool,
    pub sixel: bool,
    pub dark: Option<bool>,
    pub cell: Option<(u32, u32)>,
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
    let heard = hear();
    // Should this fail, rustyline sets the terminal as it wants it.
    let _ = crossterm::terminal::disable_raw_mode();
    let read = read(&heard);
    Answers { cell: answers.cell, ..read }
}

fn hear() -> Vec<u8> {
    let mut out = std::io::stdout().lock();
    // A picture of one pixel that is not shown; the colour of the background; the device's attributes.
    let questions = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b]11;?\x1b\\\x1b[c";
    let mut heard = Vec::new();
    if out.write_all(questions).and_then(|()| out.flush()).is_err() {
        return heard;
    }
    let stdin = std::io::stdin();
    let begun = Instant::now();
    while let Some(left) = PATIENCE.checked_sub(begun.elapsed()) {
        let mut waiting = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::from(u8::try_from(left.as_millis()).unwrap_or(u8::MAX));
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

/// The attributes in `ESC [ ? 62 ; 4 c`.
fn attributes(heard: &[u8]) -> Option<&[u8]> {
    let start = heard.windows(3).position(|signs| signs == b"\x1b[?")? + 3;
    let length = heard[start..].iter().position(|sign| *sign == b'c')?;
    Some(&heard[start..start + length])
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
    Answers { kitty: text.contains("_Gi=31;OK"), sixel, dark, cell: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let kitty = read(b"\x1b_Gi=31;OK\x1b\\\x1b]11;rgb:1a1a/1b1b/2626\x1b\\\x1b[?62;c");
        assert_eq!(kitty, Answers { kitty: true, sixel: false, dark: Some(true), cell: None });
        let xterm = read(b"\x1b]11;rgb:ffff/ffff/ffff\x07\x1b[?63;1;2;4;6c");
        assert_eq!(xterm, Answers { kitty: false, sixel: true, dark: Some(false), cell: None });
        assert_eq!(read(b""), Answers::default());
        assert_eq!(read(b"\x1b]11;rgb:zz/"), Answers::default());
    }
}
