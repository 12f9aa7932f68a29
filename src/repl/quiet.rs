//! While something is computed, keys are not echoed: what is typed ahead waits for the prompt, and a
//! Ctrl-C does not stand among the lines of the progress.

use std::os::fd::AsFd;

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// A terminal that does not echo, until this is dropped.
pub struct Quiet {
    before: Option<Termios>,
}

impl Quiet {
    /// Standard input without its echo, if it is a terminal.
    pub fn please() -> Self {
        let stdin = std::io::stdin();
        let before = tcgetattr(stdin.as_fd()).ok().filter(|before| {
            let mut quiet = before.clone();
            quiet.local_flags.remove(LocalFlags::ECHO);
            tcsetattr(stdin.as_fd(), SetArg::TCSANOW, &quiet).is_ok()
        });
        Quiet { before }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Should this fail, rustyline sets the terminal as it wants it.
            let _ = tcsetattr(std::io::stdin().as_fd(), SetArg::TCSANOW, before);
        }
    }
}
