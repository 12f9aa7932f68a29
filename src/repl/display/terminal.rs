//! What the terminal can do: found out once, before the first line is read.

use std::io::IsTerminal;

use super::super::query;

/// How colours are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    None,
    /// The 256 of xterm.
    Palette,
    True,
}

/// How pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    None,
    /// Braille and blocks.
    Text,
    Kitty,
    Iterm,
    Sixel,
}

/// A terminal, or the lack of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Terminal {
    pub is_terminal: bool,
    pub width: usize,
    pub height: usize,
    pub colour: Colour,
    pub dark: bool,
    pub pictures: Pictures,
    pub pager: bool,
    /// Pixels of a cell, where the terminal says.
    pub cell: Option<(u32, u32)>,
    /// Colours that a sixel picture may have.
    pub registers: usize,
    /// What was typed while the terminal was asked.
    pub typed: String,
}

impl Terminal {
    /// No terminal: plain text at full width, plots in characters at 100 columns.
    pub fn plain() -> Self {
        Terminal {
            is_terminal: false,
            width: 100,
            height: usize::MAX,
            colour: Colour::None,
            dark: false,
            pictures: Pictures::Text,
            pager: false,
            cell: None,
            registers: query::REGISTERS,
            typed: String::new(),
        }
    }

    /// The terminal at standard output, by what it and the environment say.
    pub fn found() -> Self {
        if !std::io::stdout().is_terminal() {
            return Terminal::plain();
        }
        let word = |name: &str| std::env::var(name).unwrap_or_default();
        let (term, program) = (word("TERM"), word("TERM_PROGRAM"));
        let no_colour = !word("NO_COLOR").is_empty() || term == "dumb";
        let colour = match () {
            () if no_colour => Colour::None,
            () if matches!(word("COLORTERM").as_str(), "truecolor" | "24bit") => Colour::True,
            () => Colour::Palette,
        };
        let answers = query::ask();
        let in_multiplexer = term.starts_with("screen") || term.starts_with("tmux") || !word("TMUX").is_empty();
        let pictures = match () {
            () if term == "dumb" => Pictures::Text,
            () if answers.kitty && !in_multiplexer => Pictures::Kitty,
            () if matches!(program.as_str(), "iTerm.app" | "WezTerm" | "mintty") && !in_multiplexer => Pictures::Iterm,
            () if answers.sixel => Pictures::Sixel,
            () => Pictures::Text,
        };
        // `COLORFGBG` ends in the number of the background: 7 and 15 are light.
        let by_word = word("COLORFGBG").rsplit(';').next().and_then(|last| last.parse::<u8>().ok());
        let dark = answers.dark.or(by_word.map(|number| !matches!(number, 7 | 15))).unwrap_or(true);
        let mut terminal = Terminal {
            is_terminal: true,
            width: 80,
            height: 24,
            colour,
            dark,
            pictures,
            pager: true,
            cell: answers.cell,
            registers: answers.registers.unwrap_or(query::REGISTERS),
            typed: answers.typed,
        };
        terminal.measure();
        terminal
    }

    /// Takes the size of the terminal as it is now.
    pub fn measure(&mut self) {
        if !self.is_terminal {
            return;
        }
        if let Some((columns, rows)) = query::size() {
            self.width = columns.clamp(20, 1000);
            self.height = rows.max(5);
        }
    }

    /// Changes what `:set` names.
    ///
    /// # Errors
    /// What the setting takes.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let yes = |value: &str| match value {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("it is yes or no".to_owned()),
        };
        match name {
            "width" if value == "auto" => self.measure(),
            "width" => {
                let width: usize = value.parse().map_err(|_| "it is a number of columns, or auto".to_owned())?;
                if !(20..=1000).contains(&width) {
                    return Err("it is a number of columns from 20 to 1000".to_owned());
                }
                self.width = width;
            }
            "colour" => self.colour = if yes(value)? { Colour::Palette } else { Colour::None },
            "background" => match value {
                "dark" => self.dark = true,
                "light" => self.dark = false,
                _ => return Err("it is dark or light".to_owned()),
            },
            "pager" => self.pager = yes(value)?,
            "pictures" => {
                self.pictures = match value {
                    "auto" => Terminal::found().pictures,
                    "text" => Pictures::Text,
                    "kitty" => Pictures::Kitty,
                    "iterm" => Pictures::Iterm,
                    "sixel" => Pictures::Sixel,
                    "no" => Pictures::None,
                    _ => return Err("it is auto, text, kitty, iterm, sixel or no".to_owned()),
                }
            }
            _ => return Err("there is no such setting".to_owned()),
        }
        Ok(())
    }
}
