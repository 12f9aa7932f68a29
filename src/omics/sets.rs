//! Gene sets on the genes that were measured: coverage, and what is refused.

use std::collections::HashMap;

use super::gmt::Collection;

/// A set on the measured genes.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSet {
    pub name: String,
    /// Name of its file.
    pub collection: String,
    /// Genes of the set.
    pub size: usize,
    /// Places of those that were measured, ascending.
    pub members: Vec<u32>,
}

/// A set that is not tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub name: String,
    pub collection: String,
    pub size: usize,
    pub measured: usize,
    pub reason: String,
}

/// Sets that can be tested and those that cannot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sets {
    pub tested: Vec<MeasuredSet>,
    pub refused: Vec<Refused>,
}

impl MeasuredSet {
    /// Share of its genes that were measured.
    pub fn coverage(&self) -> f64 {
        self.members.len() as f64 / self.size.max(1) as f64
    }
}

/// The collections on `genes`: sets with fewer than `least` or more than `most` measured genes are
/// refused with the reason, and so are those that hold every gene.
pub fn measured(collections: &[Collection], genes: &[String], least: usize, most: usize) -> Sets {
    let places: HashMap<&str, u32> =
        genes.iter().enumerate().map(|(place, gene)| (gene.as_str(), place as u32)).collect();
    let mut sets = Sets::default();
    for collection in collections {
        for set in &collection.sets {
            let mut members: Vec<u32> =
                set.genes.iter().filter_map(|gene| places.get(gene.as_str()).copied()).collect();
            members.sort_unstable();
            let (size, found) = (set.genes.len(), members.len());
            let reason = if found < least {
                Some(format!("{found} of {size} genes measured; at least {least} are wanted"))
            } else if found > most {
                Some(format!("{found} genes measured; at most {most} are taken"))
            } else if found >= genes.len() {
                Some("it holds every measured gene".to_owned())
            } else {
                None
            };
            match reason {
                Some(reason) => sets.refused.push(Refused {
                    name: set.name.clone(),
                    collection: collection.name.clone(),
                    size,
                    measured: found,
                    reason,
                }),
                None => sets.tested.push(MeasuredSet {
                    name: set.name.clone(),
                    collection: collection.name.clone(),
                    size,
                    members,
                }),
            }
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::gmt::parse;

    #[test]
    fn small_and_whole_sets_are_refused_with_the_reason() {
        let genes: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let collection = parse("x.gmt", "one\t\ta\tz\ntwo\t\tb\ta\tq\nall\t\ta\tb\tc\n").unwrap();
        let sets = measured(&[collection], &genes, 2, 500);
        assert_eq!(sets.tested.len(), 1);
        assert_eq!(sets.tested[0].members, [0, 1]);
        assert!((sets.tested[0].coverage() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(sets.refused.len(), 2);
        assert!(sets.refused[0].reason.starts_with("1 of 2 genes measured"));
        assert!(sets.refused[1].reason.contains("every measured gene"));
    }
}
