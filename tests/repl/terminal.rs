//! A terminal for tests: a pseudo-terminal with the prompt in it, and a screen that is read.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::libc;
use nix::pty::{Winsize, openpty};

/// A session of `diptych` as a user sees it.
pub struct Terminal {
    child: Child,
    keys: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

const ROWS: u16 = 4000;

impl Terminal {
    /// Starts `diptych` with `arguments` in `folder`, in a terminal of so many columns.
    pub fn start(folder: &Path, arguments: &[&str], columns: u16) -> Self {
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        let slave = File::from(pty.slave);
        let master = File::from(pty.master);
        let share = || Stdio::from(slave.try_clone().expect("a handle"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_diptych"));
        command
            .args(arguments)
            .current_dir(folder)
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1")
            .env_remove("PAGER")
            .stdin(share())
            .stdout(share())
            .stderr(share());
        // SAFETY: both calls are async-signal-safe and touch nothing but the new process.
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                if libc::ioctl(0, libc::TIOCSCTTY, 0) == -1 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().expect("diptych starts");
        drop(command);
        drop(slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, columns, 0)));
        let mut output = master.try_clone().expect("a handle");
        let mut answers = master.try_clone().expect("a handle");
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0u8; 8192];
            while let Ok(count) = output.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                // What the terminal is, when it is asked.
                if bytes[..count].windows(3).any(|signs| signs == b"\x1b[c") {
                    let _ = answers.write_all(b"\x1b[?62;c");
                }
                shared.lock().expect("the screen").process(&bytes[..count]);
            }
        });
        Terminal { child, keys: master, screen }
    }

    /// Everything that stands on the screen.
    pub fn screen(&self) -> String {
        let contents = self.screen.lock().expect("the screen").screen().contents();
        contents.trim_end().to_owned()
    }

    pub fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys are taken");
    }

    /// Waits until the screen below `from` signs shows `words`.
    pub fn wait(&self, from: usize, words: &str) -> String {
        self.wait_for(from, words, Duration::from_secs(120))
    }

    pub fn wait_for(&self, from: usize, words: &str, patience: Duration) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            let below = below(&screen, from);
            if below.contains(words) {
                return below.to_owned();
            }
            assert!(begun.elapsed() < patience, "no `{words}` within {patience:?}; the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the last line is an empty prompt.
    pub fn ready(&self) {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            let last = screen.lines().last().unwrap_or("");
            if last.ends_with('>') && last.split_whitespace().count() == 1 {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(180), "no prompt; the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types a line and waits until it is answered; what stands below it.
    pub fn enter(&mut self, line: &str) -> String {
        let before = self.screen().len();
        if line.contains('\n') {
            // As a terminal pastes it.
            self.send(&format!("\x1b[200~{line}\x1b[201~\r"));
        } else {
            self.send(&format!("{line}\r"));
        }
        let last = line.lines().last().unwrap_or(line).trim();
        let seen: String = last.chars().take(20).collect();
        self.wait(before.saturating_sub(2), &seen);
        // The prompt below the answer, not the one that the line stands in.
        let begun = Instant::now();
        while self.screen().len() <= before + line.len() && begun.elapsed() < Duration::from_millis(1500) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.ready();
        below(&self.screen(), before).to_owned()
    }

    /// Waits until the process has ended.
    pub fn ended(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

/// What stands behind so many bytes.
fn below(screen: &str, mut from: usize) -> &str {
    while from > 0 && !screen.is_char_boundary(from) {
        from -= 1;
    }
    screen.get(from..).unwrap_or("")
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
