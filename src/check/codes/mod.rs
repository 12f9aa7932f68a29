//! The pages of the checker's codes, one file per family; `diptych explain CODE` prints them.

mod accept;
mod cycle;
mod data;
mod dictionary;
mod kind;
mod leak;
mod level;
mod missing;
mod name;
mod range;
mod setting;
mod time;
mod unit;
mod use_file;
mod vacuous;

use crate::syntax;
use crate::syntax::Code;

/// Every code of words, shape and meaning.
pub fn all() -> impl Iterator<Item = &'static Code> {
    let own = [
        accept::CODES,
        cycle::CODES,
        data::CODES,
        dictionary::CODES,
        kind::CODES,
        leak::CODES,
        level::CODES,
        missing::CODES,
        name::CODES,
        range::CODES,
        setting::CODES,
        time::CODES,
        unit::CODES,
        use_file::CODES,
        vacuous::CODES,
    ];
    syntax::codes::all().chain(own.into_iter().flatten())
}

/// The page of a code; its last part alone serves where it is unique.
pub fn page(code: &str) -> Option<&'static Code> {
    all().find(|page| page.code == code).or_else(|| {
        let mut short = all().filter(|page| page.code.rsplit("::").next() == Some(code));
        short.next().filter(|_| short.next().is_none())
    })
}
