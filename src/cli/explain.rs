//! `diptych explain CODE`.

use crate::syntax::diagnostic::nearest;
use crate::{check, syntax};

use super::{Exit, show};

pub fn explain(code: &str) -> Exit {
    let pages = || syntax::codes::all().chain(check::codes::all());
    if let Some(page) = pages().find(|page| page.code == code) {
        show::print(&format!(
            "{}: {}\n\n{}\n\nWrong:\n\n{}\n\nRight:\n\n{}\n",
            page.code,
            page.title,
            page.explanation,
            indented(page.bad),
            indented(page.good)
        ));
        return Exit::Done;
    }
    let near = nearest(code, pages().map(|page| page.code));
    show::complain(&match near {
        Some(near) => format!("there is no diagnostic `{code}`; did you mean `{near}`?"),
        None => {
            let codes: Vec<&str> = pages().map(|page| page.code).collect();
            format!("there is no diagnostic `{code}`; there are {}", codes.join(", "))
        }
    });
    Exit::Usage
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
