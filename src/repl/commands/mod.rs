//! What is asked of the session itself: `:plan`, `:undo`. One file a command, with its
//! documentation; registering it is one line of [`all`].
//!
//! May import the session. Deliberately absent: drawing.

mod branch;
mod cells;
mod clear_cache;
pub(super) mod data;
mod diff;
mod drop;
mod edit;
mod flow;
pub(super) mod help;
mod leaks;
mod load;
mod looks;
mod open;
mod plan;
mod quit;
mod redo;
mod report;
mod run;
mod save;
pub(super) mod set;
mod switch;
mod time;
mod undo;
mod what_if;
mod why;

use crate::syntax::diagnostic::nearest;

use super::reply::Reply;
use super::session::Session;

/// One command with its documentation.
pub struct Command {
    /// Without the colon: `clear-cache`.
    pub name: &'static str,
    /// What follows it: `FILE`.
    pub usage: &'static str,
    /// One sentence, for completion.
    pub summary: &'static str,
    /// Markdown.
    pub documentation: &'static str,
    pub example: &'static str,
    pub run: fn(&mut Session, &str) -> Reply,
}

/// Every command, in alphabetical order.
pub fn all() -> &'static [&'static Command] {
    static COMMANDS: &[&Command] = &[
        &branch::COMMAND,
        &cells::COMMAND,
        &clear_cache::COMMAND,
        &data::COMMAND,
        &diff::COMMAND,
        &drop::COMMAND,
        &edit::COMMAND,
        &flow::COMMAND,
        &help::COMMAND,
        &leaks::COMMAND,
        &load::COMMAND,
        &looks::COMMAND,
        &open::COMMAND,
        &plan::COMMAND,
        &quit::COMMAND,
        &redo::COMMAND,
        &report::COMMAND,
        &run::COMMAND,
        &save::COMMAND,
        &set::COMMAND,
        &switch::COMMAND,
        &time::COMMAND,
        &undo::COMMAND,
        &what_if::COMMAND,
        &why::COMMAND,
    ];
    COMMANDS
}

/// Runs `line`, a command without its colon.
pub(super) fn run(session: &mut Session, line: &str) -> Reply {
    let mut known: Vec<&Command> = all().to_vec();
    // `what if` is a command of two words.
    known.sort_by_key(|command| std::cmp::Reverse(command.name.len()));
    for command in known {
        if let Some(rest) = line.strip_prefix(command.name)
            && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        {
            return (command.run)(session, rest.trim());
        }
    }
    let word = line.split_whitespace().next().unwrap_or("");
    let near = nearest(word, all().iter().map(|command| command.name));
    Reply::caution(match near {
        Some(near) => format!("there is no command `:{word}`; did you mean `:{near}`?"),
        None => format!("there is no command `:{word}`; `:help` lists them"),
    })
}

/// The word of a file name, with or without quotes.
fn file(words: &str) -> &str {
    words.trim().trim_matches('"')
}

/// What a command says where no sound study is at hand.
fn nothing_yet() -> Reply {
    Reply::note("the study has no declaration yet; begin with `table patients from \"patients.csv\"`")
}
