//! The numbered references of a report, in the order in which they are cited.

use super::escape::line;

/// What was cited so far.
#[derive(Clone, Debug, Default)]
pub struct References {
    cited: Vec<String>,
}

impl References {
    /// ` [1, 2]`, or nothing where there is nothing to cite.
    pub fn cite(&mut self, references: &[&str]) -> String {
        let mut numbers: Vec<usize> = references
            .iter()
            .filter(|reference| !reference.trim().is_empty())
            .map(|reference| {
                let reference = reference.trim().trim_end_matches('.');
                match self.cited.iter().position(|known| same(known, reference)) {
                    Some(place) => {
                        // The fuller wording stands.
                        if self.cited[place].len() < reference.len() {
                            reference.clone_into(&mut self.cited[place]);
                        }
                        place + 1
                    }
                    None => {
                        self.cited.push(reference.to_owned());
                        self.cited.len()
                    }
                }
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return String::new();
        }
        let links: Vec<String> = numbers
            .iter()
            .map(|number| format!("<a href=\"#reference-{number}\" aria-label=\"reference {number}\">{number}</a>"))
            .collect();
        format!(" [{}]", links.join(", "))
    }

    /// The list; empty where nothing was cited.
    pub fn html(&self) -> String {
        let items: String = self
            .cited
            .iter()
            .enumerate()
            .map(|(place, reference)| format!("<li id=\"reference-{}\">{}.</li>\n", place + 1, line(reference)))
            .collect();
        if items.is_empty() { String::new() } else { format!("<ol class=\"references\">\n{items}</ol>") }
    }
}

/// Whether two references are one work, however they are written: the same first author, year,
/// volume and page.
fn same(a: &str, b: &str) -> bool {
    a == b || matches!((work(a), work(b)), (Some(a), Some(b)) if a == b)
}

/// First author, year, volume and first page; None where one of them is not told.
fn work(reference: &str) -> Option<(String, u32, u32, u32)> {
    let author = reference.split([' ', ',', '(']).next()?.to_lowercase();
    let year = reference
        .split(|sign: char| !sign.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .find_map(|digits| digits.parse().ok().filter(|year| (1800..2100).contains(year)))?;
    // `39(5):301`, `34:187-220`.
    let (before, after) = reference.rsplit_once(':')?;
    let before = before.trim_end_matches(')');
    let before = before.rsplit_once('(').map_or(before, |(volume, issue)| {
        if issue.chars().all(|sign| sign.is_ascii_digit()) { volume } else { before }
    });
    let volume: String =
        before.chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().iter().rev().collect();
    let page: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
    Some((author, year, volume.parse().ok()?, page.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_one_number_however_often_it_is_cited() {
        let mut references = References::default();
        assert_eq!(references.cite(&[]), "");
        assert!(references.cite(&["A.", "B"]).contains(">1</a>, <a"));
        assert_eq!(references.cite(&["B"]).matches("reference-2").count(), 1);
        assert_eq!(references.html().matches("<li").count(), 2);
        let long =
            "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B 1972;34:187-220.";
        assert!(references.cite(&["Cox (1972) JRSS B 34:187."]).contains("reference-3"));
        assert!(references.cite(&[long]).contains("reference-3"));
        assert!(references.html().contains("life-tables") && !references.html().contains("JRSS"));
        assert!(references.cite(&["Cox DR. Biometrika 1975;62:269-276."]).contains("reference-4"));
    }
}
