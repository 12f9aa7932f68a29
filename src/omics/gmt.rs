//! Gene sets from a GMT file: one set a line, its name, a description, and its genes, separated by
//! tabs. Files from spreadsheets come with other line ends, blank lines, and weights after commas
//! (`TP53,1.0`, as Enrichr writes them); those are read too.

use std::collections::HashSet;

use super::error::OmicsError;

/// A named set of genes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneSet {
    pub name: String,
    pub description: String,
    /// Each once, in the order of the file.
    pub genes: Vec<String>,
}

/// The sets of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Name of the file without folder and ending.
    pub name: String,
    pub sets: Vec<GeneSet>,
    /// What the reader decided: sets without genes, names that stand twice.
    pub notes: Vec<String>,
}

/// Reads a collection; `path` names it in faults.
///
/// # Errors
/// A line without tabs, or a file without sets.
pub fn parse(path: &str, text: &str) -> Result<Collection, OmicsError> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = file.strip_suffix(".gz").unwrap_or(file);
    let name = name.strip_suffix(".gmt").unwrap_or(name).to_owned();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut sets: Vec<GeneSet> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    let (mut empty, mut twice) = (Vec::new(), Vec::new());
    for (line, row) in text.split(['\n', '\r']).enumerate() {
        if row.trim().is_empty() {
            continue;
        }
        let mut fields = row.split('\t').map(str::trim);
        let set = fields.next().unwrap_or("");
        let Some(description) = fields.next() else {
            return Err(OmicsError::Line {
                path: path.to_owned(),
                line: line + 1,
                reason: "holds no tab: a gene set is a name, a description and genes, separated by tabs".to_owned(),
            });
        };
        if set.is_empty() {
            return Err(OmicsError::Line { path: path.to_owned(), line: line + 1, reason: "names no set".to_owned() });
        }
        let mut seen = HashSet::new();
        let genes: Vec<String> = fields
            .map(|gene| gene.split_once(',').map_or(gene, |(gene, _)| gene.trim()))
            .filter(|gene| !gene.is_empty() && seen.insert(*gene))
            .map(str::to_owned)
            .collect();
        if genes.is_empty() {
            empty.push(set.to_owned());
            continue;
        }
        if !known.insert(set.to_owned()) {
            twice.push(set.to_owned());
            continue;
        }
        sets.push(GeneSet { name: set.to_owned(), description: description.to_owned(), genes });
    }
    if sets.is_empty() {
        return Err(OmicsError::Format { path: path.to_owned(), reason: "it holds no gene set".to_owned() });
    }
    let mut notes = Vec::new();
    if !empty.is_empty() {
        notes.push(format!("{name}: {} sets have no gene ({})", empty.len(), empty.join(", ")));
    }
    if !twice.is_empty() {
        notes.push(format!("{name}: {} names stand twice, the first is taken ({})", twice.len(), twice.join(", ")));
    }
    Ok(Collection { name, sets, notes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sets_are_read_from_files_as_they_are_met() {
        let text = "\u{feff}A\thttp://x\tTP53\tMYC\tTP53\r\n\r\nB\t\tTP53,1.0\tKRAS,0.5\t\t\nC\tnone\nA\tagain\tX\n";
        let told = parse("sets/small.gmt", text).unwrap();
        assert_eq!(told.name, "small");
        assert_eq!(told.sets.len(), 2);
        assert_eq!(told.sets[0].genes, ["TP53", "MYC"]);
        assert_eq!(told.sets[1].genes, ["TP53", "KRAS"]);
        assert_eq!(told.notes.len(), 2);
        let fault = parse("a.gmt", "A\tx\tTP53\nno tabs here\n").unwrap_err();
        assert!(fault.to_string().starts_with("line 2 of `a.gmt` holds no tab"));
        assert!(parse("a.gmt", "").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_told(text in "[A-C\t\n\r,. é\u{feff}]{0,80}") {
            match parse("x.gmt", &text) {
                Ok(told) => prop_assert!(told.sets.iter().all(|set| !set.name.is_empty() && !set.genes.is_empty())),
                Err(fault) => prop_assert!(!fault.to_string().is_empty()),
            }
        }

        #[test]
        fn any_bytes_are_read_or_told(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse("x.gmt", &String::from_utf8_lossy(&bytes));
        }
    }
}
