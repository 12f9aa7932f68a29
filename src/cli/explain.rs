//! `diptych explain NAME`: the page of a diagnostic, or of anything else that a study can say.

use crate::manual;

use super::{Exit, show};

pub fn explain(name: &str) -> Exit {
    let pages = manual::find(name);
    if !pages.is_empty() {
        let texts: Vec<String> = pages.iter().map(|page| page.plain(show::width())).collect();
        show::print(&texts.join("\n"));
        return Exit::Done;
    }
    let near = manual::near(name).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    show::complain(&format!("nothing is called `{name}`{near}"));
    let said: Vec<String> = manual::search(name)
        .iter()
        .take(8)
        .map(|page| format!("  {} ({}): {}", page.name, page.topic.noun(), page.summary))
        .collect();
    if !said.is_empty() {
        show::complain(&format!("it is spoken of under\n{}", said.join("\n")));
    }
    Exit::Usage
}
