//! The prompt on a terminal: reads a line, lets the session answer it, shows the answer.

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::PoisonError;

use rustyline::config::{BellStyle, Config};
use rustyline::error::ReadlineError;
use rustyline::hint::HistoryHinter;
use rustyline::history::DefaultHistory;
use rustyline::{Cmd, CompletionType, Editor, EventHandler, KeyCode, KeyEvent, Modifiers};

use crate::cli::show::{complain, print};

use super::asking::PANICKED;
use super::display::{self, Terminal};
use super::enter::{Enter, LastKey};
use super::line::Line;
use super::quiet::Quiet;
use super::reply::{Piece, Reply};
use super::session::Session;

/// Lines of history that are kept.
const MEMORY: usize = 5000;

/// What the prompt begins with.
pub struct Start {
    /// A study to be loaded.
    pub study: Option<PathBuf>,
    /// The folder of the session.
    pub folder: PathBuf,
    pub set: Vec<(String, String)>,
}

/// Runs the prompt until it is left; whether it could be run.
pub fn run(start: Start) -> bool {
    keep_panics();
    let interactive = std::io::stdin().is_terminal();
    let mut terminal = Terminal::found();
    let progress = crate::cli::progress::listener();
    let mut session = Session::in_folder(start.folder).told(progress);
    crate::cli::progress::stop_when_working(&session.watch());
    session.set_parameters(start.set);
    if interactive && terminal.is_terminal {
        print(&format!(
            "Diptych {}. Type `:help` for help, Tab to complete, Ctrl-D to leave.\n",
            env!("CARGO_PKG_VERSION")
        ));
    }
    if let Some(study) = start.study {
        let reply = session.enter(&format!(":load \"{}\"", study.display()));
        tell(&reply, &mut terminal);
        if !interactive && reply.has_faults() {
            return false;
        }
    }
    if interactive { typed(&mut session, terminal) } else { piped(&mut session, &mut terminal) }
}

/// Lines of a file or a pipe: each declaration is answered as if it had been pasted.
fn piped(session: &mut Session, terminal: &mut Terminal) -> bool {
    let mut sound = true;
    let Ok(text) = std::io::read_to_string(std::io::stdin()) else {
        complain("standard input is no text");
        return false;
    };
    for cell in pieces(&text) {
        let reply = answered(session, &cell);
        sound &= !reply.has_faults();
        if tell(&reply, terminal).leaves {
            break;
        }
    }
    sound
}

/// The declarations, questions and commands of a text, one after the other.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in text.lines() {
        let continues = line.starts_with(char::is_whitespace) || line.trim().is_empty();
        let comment_leads = pieces.last().is_some_and(|last| last.lines().all(|line| line.starts_with('#')));
        match pieces.last_mut() {
            Some(last) if continues || comment_leads => {
                last.push('\n');
                last.push_str(line);
            }
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

fn typed(session: &mut Session, mut terminal: Terminal) -> bool {
    let config =
        Config::builder().max_history_size(MEMORY).and_then(|config| config.history_ignore_dups(true)).map(|config| {
            config
                .completion_type(CompletionType::List)
                .completion_prompt_limit(200)
                .completion_show_all_if_ambiguous(true)
                .bell_style(BellStyle::None)
                .auto_add_history(false)
                .indent_size(2)
                .tab_stop(2)
                .build()
        });
    let editor = config.and_then(Editor::<Line, DefaultHistory>::with_config);
    let mut editor = match editor {
        Ok(editor) => editor,
        Err(error) => {
            complain(&format!("the terminal cannot be read: {error}"));
            return false;
        }
    };
    // Alt-Enter ends a line where Enter would end the cell.
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), EventHandler::Simple(Cmd::Newline));
    editor.bind_sequence(KeyEvent(KeyCode::Up, Modifiers::ALT), EventHandler::Simple(Cmd::HistorySearchBackward));
    editor.bind_sequence(KeyEvent(KeyCode::Down, Modifiers::ALT), EventHandler::Simple(Cmd::HistorySearchForward));
    let last_key = LastKey::default();
    let enter = EventHandler::Conditional(Box::new(Enter { last: last_key.clone() }));
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::NONE), enter);
    let mut remembered = session.home().map(|home| home.join("history"));
    if let Some(file) = &remembered {
        // A project without history has none yet.
        let _ = editor.load_history(file);
    }
    let mut initial = std::mem::take(&mut terminal.typed);
    loop {
        terminal.measure();
        editor.set_helper(Some(Line {
            catalogue: session.catalogue(),
            folder: session.folder().to_owned(),
            terminal: terminal.clone(),
            history: HistoryHinter::new(),
            last_key: last_key.clone(),
        }));
        let prompt = match session.branch() {
            "main" => "> ".to_owned(),
            branch => format!("{branch}> "),
        };
        let read = if initial.is_empty() {
            editor.readline(&prompt)
        } else {
            editor.readline_with_initial(&prompt, (&std::mem::take(&mut initial), ""))
        };
        match read {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                // A line that is not remembered is still answered.
                let _ = editor.add_history_entry(line.trim_end());
                // It may have another size than before the line was typed.
                terminal.measure();
                let quiet = Quiet::please();
                let reply = answered(session, &line);
                drop(quiet);
                let now = session.home().map(|home| home.join("history"));
                if now != remembered {
                    if let Some(file) = &now {
                        // The history of another project goes before what was typed in this session.
                        let _ = editor.load_history(file);
                    }
                    remembered = now;
                }
                if let Some(file) = &remembered
                    && session.home().is_some_and(|home| std::fs::create_dir_all(home).is_ok())
                {
                    let _ = editor.save_history(file);
                }
                let told = tell(&reply, &mut terminal);
                initial = told.edit;
                if told.leaves {
                    return true;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return true,
            Err(error) => {
                complain(&format!("the terminal cannot be read: {error}"));
                return false;
            }
        }
    }
}

/// The reply to a line; an error inside Diptych itself ends the line, not the session.
fn answered(session: &mut Session, line: &str) -> Reply {
    catch_unwind(AssertUnwindSafe(|| session.enter(line))).unwrap_or_else(|_| {
        let place = PANICKED.lock().unwrap_or_else(PoisonError::into_inner).take();
        Reply::caution(format!(
            "an error inside Diptych itself stopped this line; please report it with the line{}. The study is as it was",
            place.map_or(String::new(), |place| format!(" and this place: {place}"))
        ))
    })
}

#[derive(Default)]
struct Told {
    leaves: bool,
    edit: String,
}

/// Shows a reply, and does what it asks of the prompt.
fn tell(reply: &Reply, terminal: &mut Terminal) -> Told {
    let text = display::shown(reply, terminal);
    if !page(&text, terminal) {
        print(&text);
    }
    let mut told = Told::default();
    for piece in &reply.pieces {
        match piece {
            Piece::Leave => told.leaves = true,
            Piece::Edit(text) => told.edit.clone_from(text),
            Piece::Open(path) => open(path),
            Piece::Set { name, value } => match terminal.set(name, value) {
                Ok(()) => print(&format!("{name} = {value}\n")),
                Err(wanted) => print(&format!("! `{value}` is no {name}: {wanted}\n")),
            },
            _ => {}
        }
    }
    told
}

/// Hands a long text to the pager; whether it took it.
fn page(text: &str, terminal: &Terminal) -> bool {
    // Twice the screen is still read by scrolling.
    if !terminal.is_terminal || !terminal.pager || text.lines().count() < terminal.height.saturating_mul(2) {
        return false;
    }
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less -FRX".to_owned());
    let mut words = pager.split_whitespace();
    let Some(program) = words.next() else { return false };
    let Ok(mut child) = Command::new(program).args(words).env("LESSCHARSET", "utf-8").stdin(Stdio::piped()).spawn()
    else {
        return false;
    };
    if let Some(mut input) = child.stdin.take() {
        // A pager that is left early closes the pipe.
        let _ = input.write_all(text.as_bytes());
    }
    child.wait().is_ok_and(|status| status.success())
}

/// Shows a file by the desktop, where there is one.
fn open(path: &std::path::Path) {
    let has_desktop =
        cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if !has_desktop {
        return;
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // The file is written; that nothing shows it here is no fault.
    let _ = Command::new(program).arg(path).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// A panic inside a computation is told by the session, not by a trace over the prompt.
fn keep_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        *PANICKED.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}
