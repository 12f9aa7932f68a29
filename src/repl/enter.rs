//! Enter in a cell that is not whole yet: the next line begins where its clauses stand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, RepeatCount};

use super::line::is_whole;

/// Keys that follow each other faster are not typed but pasted, with the blanks that they need.
const TYPED: Duration = Duration::from_millis(8);

/// When the last key was heard; shared by the line that hears it and by Enter.
#[derive(Clone, Default)]
pub struct LastKey {
    at: Arc<Mutex<Option<Instant>>>,
}

impl LastKey {
    pub fn heard(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_just_now(&self) -> bool {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < TYPED)
    }
}

/// What Enter does.
pub struct Enter {
    pub last: LastKey,
}

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let (line, at) = (context.line(), context.pos());
        let pasted = self.last.is_just_now();
        self.last.heard();
        if pasted || at < line.trim_end().len() || is_whole(line) {
            return None;
        }
        Some(Cmd::Insert(1, format!("\n{}", " ".repeat(indent(line)))))
    }
}

/// Blanks before the line below: two for a clause, two more where the line above goes on.
fn indent(text: &str) -> usize {
    let last = text.trim_end().lines().last().unwrap_or("");
    let own = last.len() - last.trim_start().len();
    if crate::syntax::goes_on(text) { own + 2 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn clauses_stand_below_their_head_and_what_goes_on_deeper() {
        assert_eq!(indent("model A for os"), 2);
        assert_eq!(indent("model A for os\n  learn cox"), 2);
        assert_eq!(indent("model A for os\n  prepare host by median then"), 4);
        assert_eq!(indent("cox(os ~ age +"), 2);
    }
}
