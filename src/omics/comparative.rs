//! Two contrasts side by side: which sets they share, which they oppose, and which are of one.
//!
//! A set passes a contrast with an adjusted p below `alpha`. Passing both with NES of one sign is
//! shared, of two signs opposing; passing one is specific to it, which says that the other gave no
//! evidence, not that there is no effect there.

use super::gsea::GseaResult;

/// How two contrasts meet in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meeting {
    Shared,
    Opposing,
    First,
    Second,
    Neither,
}

/// One set in two contrasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub set: String,
    pub collection: String,
    /// NES and adjusted p.
    pub first: (f64, f64),
    pub second: (f64, f64),
    pub meeting: Meeting,
    /// Genes in both leading edges.
    pub both: Vec<String>,
}

/// The sets that were tested in both, in the order of the first.
pub fn compared(first: &[GseaResult], second: &[GseaResult], alpha: f64) -> Vec<Compared> {
    first
        .iter()
        .filter_map(|a| {
            let b = second.iter().find(|b| b.set == a.set && b.collection == a.collection)?;
            let (nes, p) = ((a.nes?, b.nes?), (a.adjusted?, b.adjusted?));
            let meeting = match (p.0 < alpha, p.1 < alpha) {
                (true, true) if (nes.0 > 0.0) == (nes.1 > 0.0) => Meeting::Shared,
                (true, true) => Meeting::Opposing,
                (true, false) => Meeting::First,
                (false, true) => Meeting::Second,
                (false, false) => Meeting::Neither,
            };
            let both = a.leading_edge.iter().filter(|gene| b.leading_edge.contains(gene)).cloned().collect();
            Some(Compared {
                set: a.set.clone(),
                collection: a.collection.clone(),
                first: (nes.0, p.0),
                second: (nes.1, p.1),
                meeting,
                both,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(set: &str, nes: f64, adjusted: f64) -> GseaResult {
        GseaResult {
            set: set.into(),
            collection: "c".into(),
            size: 10,
            measured: 10,
            es: nes / 3.0,
            nes: Some(nes),
            p: Some(adjusted / 2.0),
            log2_error: None,
            adjusted: Some(adjusted),
            fdr: None,
            leading_edge: vec!["x".into(), set.into()],
        }
    }

    #[test]
    fn sets_are_shared_opposed_or_of_one() {
        let first = [result("a", 2.0, 0.01), result("b", 2.0, 0.01), result("c", 2.0, 0.01), result("d", 1.0, 0.6)];
        let second = [result("a", 1.8, 0.02), result("b", -1.8, 0.02), result("c", 1.0, 0.6), result("d", 1.0, 0.5)];
        let told = compared(&first, &second, 0.05);
        let meetings: Vec<Meeting> = told.iter().map(|set| set.meeting).collect();
        assert_eq!(meetings, [Meeting::Shared, Meeting::Opposing, Meeting::First, Meeting::Neither]);
        assert_eq!(told[0].both, ["x", "a"]);
    }
}
