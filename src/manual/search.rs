//! Finding pages: by name, by nearly that name, by what they say.

use super::{Page, pages};
use crate::syntax::diagnostic::nearest;

/// The pages of that name; a learner and a fusion rule may share one.
pub fn find(name: &str) -> Vec<&'static Page> {
    let name = name.trim().trim_matches('`');
    let exact: Vec<&Page> = pages().iter().filter(|page| page.name == name).collect();
    if exact.is_empty() { pages().iter().filter(|page| page.name.eq_ignore_ascii_case(name)).collect() } else { exact }
}

/// The nearest spelling that has a page.
pub fn near(name: &str) -> Option<&'static str> {
    nearest(name, pages().iter().map(|page| page.name.as_str()))
}

/// Pages that hold every one of the words, those with them in the name first, then in the title,
/// the summary, the text.
pub fn search(words: &str) -> Vec<&'static Page> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &Page)> = pages()
        .iter()
        .filter_map(|page| {
            let layers = [&page.name, &page.title, &page.summary, &page.markdown()].map(|text| text.to_lowercase());
            let depths = words.iter().map(|word| layers.iter().position(|layer| layer.contains(word.as_str())));
            depths.collect::<Option<Vec<usize>>>().map(|depths| (depths.into_iter().sum(), page))
        })
        .collect();
    found.sort_by_key(|(depth, _)| *depth);
    found.into_iter().map(|(_, page)| page).collect()
}
