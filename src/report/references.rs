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
                self.cited.iter().position(|known| known == reference).unwrap_or_else(|| {
                    self.cited.push(reference.to_owned());
                    self.cited.len() - 1
                }) + 1
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
    }
}
