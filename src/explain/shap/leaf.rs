//! The models of a design, each with its prepared rows and what its columns come from.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis};

use super::super::ExplainError;
use super::{Features, Patients, failed};
use crate::fuse::{FittedDesign, Learned};
use crate::learn::Block;

/// The models of a design, in the order of its parts.
pub(super) fn leaves(design: &FittedDesign) -> Vec<&Learned> {
    match (design.learned(), design.fused()) {
        (Some(learned), _) => vec![learned],
        (_, Some(fused)) => fused.parts().iter().flat_map(|part| leaves(&part.design)).collect(),
        _ => Vec::new(),
    }
}

/// One model with its prepared rows and background.
pub(super) struct Leaf<'a> {
    pub learned: &'a Learned,
    /// Original feature of each column.
    pub owner: Vec<usize>,
    pub x: Array2<f64>,
    /// Row of `x` of each row asked for.
    pub at: Vec<Option<usize>>,
    pub background: Array2<f64>,
    pub behind: Vec<Option<usize>>,
}

/// A leaf on the rows of one pattern.
pub(super) struct LeafView<'a> {
    /// Its number among all leaves.
    pub number: usize,
    pub learned: &'a Learned,
    pub owner: &'a [usize],
    pub x: Array2<f64>,
    pub background: Array2<f64>,
}

impl<'a> Leaf<'a> {
    pub fn new(
        learned: &'a Learned,
        features: &Features,
        patients: Patients<'_>,
        background: Patients<'_>,
    ) -> Result<Self, ExplainError> {
        let placed = |positions: Vec<usize>, asked: usize| {
            let mut at = vec![None; asked];
            positions.into_iter().enumerate().for_each(|(row, position)| at[position] = Some(row));
            at
        };
        let (x, positions) = learned.features(patients.blocks, patients.rows).map_err(failed)?;
        let (behind_x, behind) = learned.features(background.blocks, background.rows).map_err(failed)?;
        Ok(Leaf {
            learned,
            owner: owners(learned, background.blocks, features),
            x,
            at: placed(positions, patients.rows.len()),
            background: behind_x,
            behind: placed(behind, background.rows.len()),
        })
    }

    pub fn view(&self, number: usize, members: &[usize], others: &[usize]) -> LeafView<'_> {
        let chosen = |places: &[usize], at: &[Option<usize>]| -> Vec<usize> {
            places.iter().filter_map(|place| at[*place]).collect()
        };
        LeafView {
            number,
            learned: self.learned,
            owner: &self.owner,
            x: self.x.select(Axis(0), &chosen(members, &self.at)),
            background: self.background.select(Axis(0), &chosen(others, &self.behind)),
        }
    }
}

/// The original feature that each column of a model comes from, where one is known: the column of
/// that name in its block, or the one whose indicator it is.
pub(super) fn origins(learned: &Learned, blocks: &BTreeMap<String, Block>, features: &Features) -> Vec<Option<usize>> {
    traced(learned, blocks, features).into_iter().map(|(known, _)| known).collect()
}

/// The same; a column that no original one is known of stands for the first of its block.
fn owners(learned: &Learned, blocks: &BTreeMap<String, Block>, features: &Features) -> Vec<usize> {
    traced(learned, blocks, features).into_iter().map(|(known, first)| known.unwrap_or(first)).collect()
}

/// The origin of each column, and the first feature of its block.
fn traced(learned: &Learned, blocks: &BTreeMap<String, Block>, features: &Features) -> Vec<(Option<usize>, usize)> {
    let names = learned.names();
    let mut origins = Vec::with_capacity(names.len());
    for pipeline in learned.pipelines() {
        let block = pipeline.block();
        let given = blocks.get(block).map_or(0, |block| block.columns().len());
        let width = pipeline.trace().last().map_or(given, |step| step.after);
        let own: Vec<(usize, &str)> = features
            .0
            .iter()
            .enumerate()
            .filter(|(_, (of, _))| of == block)
            .map(|(place, (_, column))| (place, column.as_str()))
            .collect();
        let by_name: BTreeMap<&str, usize> = own.iter().rev().map(|(place, column)| (*column, *place)).collect();
        let find = |name: &str| {
            by_name.get(name).copied().or_else(|| {
                let stems = own
                    .iter()
                    .filter(|(_, column)| name.strip_prefix(column).is_some_and(|rest| rest.starts_with('=')));
                stems.max_by_key(|(_, column)| column.len()).map(|(place, _)| *place)
            })
        };
        let first = own.first().map_or(0, |(place, _)| *place);
        for name in names.iter().skip(origins.len()).take(width).collect::<Vec<_>>() {
            let joined = name.strip_prefix(block).and_then(|rest| rest.strip_prefix('.'));
            origins.push((find(name).or_else(|| joined.and_then(find)), first));
        }
    }
    origins.resize(names.len(), (None, 0));
    origins
}
