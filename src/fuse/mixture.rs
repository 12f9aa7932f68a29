//! Predictions of patients who are put together from others, column by column, which is what an
//! explanation asks for.
//!
//! Where every preparation treats each column for itself once it is fitted, the prepared row of a
//! mixture is the mixture of prepared rows. So rows are prepared once, and a mixture names for each
//! feature the row that its value comes from.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};

use crate::learn::Block;

use super::fitted::FittedDesign;
use super::learned::Learned;
use super::work::FuseError;

/// Steps that treat every column for itself once they are fitted.
const COLUMNWISE: [&str; 20] = [
    "combat",
    "correlation",
    "cox_lasso",
    "elastic_net",
    "lasso",
    "mRMR",
    "mean",
    "median",
    "min-max",
    "missing",
    "mode",
    "near_zero_variance",
    "one_hot",
    "ordinal",
    "rank_correlation",
    "robust",
    "stability",
    "univariate",
    "variance",
    "z-score",
];

/// An original feature: its block and its column.
pub type Feature = (String, String);

/// One learner of a design over the prepared rows.
struct Leaf<'d> {
    learned: &'d Learned,
    x: Array2<f64>,
    /// For each prepared column the feature that it comes from.
    origin: Vec<usize>,
}

/// Rows of a table, prepared, to be mixed.
pub struct Mixture<'d> {
    design: &'d FittedDesign,
    leaves: Vec<Leaf<'d>>,
    features: Vec<Feature>,
}

/// The original features that can change a prediction of a design, in the order of blocks and
/// columns; `None` where a preparation looks from one column at another, so that all can.
pub fn reaching(design: &FittedDesign, blocks: &BTreeMap<String, Block>) -> Option<Vec<Feature>> {
    let mut found: Vec<Feature> = Vec::new();
    for learned in learners(design) {
        for name in learned.names() {
            let feature = origin(learned, blocks, name)?;
            if !found.contains(&feature) {
                found.push(feature);
            }
        }
        if !is_columnwise(learned) {
            return None;
        }
    }
    let place = |(block, column): &Feature| {
        let of = blocks.get(block).map_or(&[][..], Block::columns);
        (block.clone(), of.iter().position(|known| known.name == *column))
    };
    found.sort_by_key(place);
    Some(found)
}

fn is_columnwise(learned: &Learned) -> bool {
    learned.pipelines().iter().all(|pipeline| pipeline.steps().all(|(name, _)| COLUMNWISE.contains(&name)))
}

/// Every learner of a design, those of its parts in their order.
fn learners(design: &FittedDesign) -> Vec<&Learned> {
    match (design.learned(), design.fused()) {
        (Some(learned), _) => vec![learned],
        (None, Some(fused)) => fused.parts().iter().flat_map(|part| learners(&part.design)).collect(),
        (None, None) => Vec::new(),
    }
}

/// The original feature of a prepared column: the one of its name, or of which it is an indicator
/// (`stage=B`); a name that several blocks share carries that of its block.
fn origin(learned: &Learned, blocks: &BTreeMap<String, Block>, name: &str) -> Option<Feature> {
    let mut best: Option<Feature> = None;
    for pipeline in learned.pipelines() {
        let block = pipeline.block();
        let bare = name.strip_prefix(block).and_then(|rest| rest.strip_prefix('.'));
        for column in blocks.get(block)?.columns() {
            let is_of = |name: &str| {
                name.strip_prefix(column.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            };
            let longer = best.as_ref().is_none_or(|(_, known)| column.name.len() > known.len());
            if longer && (is_of(name) || bare.is_some_and(is_of)) {
                best = Some((block.to_owned(), column.name.clone()));
            }
        }
    }
    best
}

impl<'d> Mixture<'d> {
    /// Prepares `rows`; `None` where a preparation looks from one column at another, or a row lacks
    /// what the design needs.
    ///
    /// # Errors
    /// As [`FittedDesign::predict`].
    pub fn new(
        design: &'d FittedDesign,
        blocks: &BTreeMap<String, Block>,
        rows: &[usize],
    ) -> Result<Option<Self>, FuseError> {
        let Some(features) = reaching(design, blocks) else { return Ok(None) };
        let mut leaves = Vec::new();
        for learned in learners(design) {
            let (x, positions) = learned.features(blocks, rows)?;
            if positions.len() != rows.len() {
                return Ok(None);
            }
            let origin = learned
                .names()
                .iter()
                .map(|name| origin(learned, blocks, name).and_then(|of| features.iter().position(|known| *known == of)))
                .collect::<Option<Vec<usize>>>();
            let Some(origin) = origin else { return Ok(None) };
            leaves.push(Leaf { learned, x, origin });
        }
        Ok(Some(Mixture { design, leaves, features }))
    }

    /// The features that are mixed.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Predictions of mixtures: each row of `sources` has for each feature the number of the row
    /// that its value comes from.
    ///
    /// # Errors
    /// A row that was not prepared, or as [`FittedDesign::predict`].
    pub fn predict(&self, sources: ArrayView2<'_, f64>) -> Result<Vec<f64>, FuseError> {
        let prepared = self.leaves.first().map_or(0, |leaf| leaf.x.nrows());
        if sources.iter().any(|source| !(*source >= 0.0 && (*source as usize) < prepared)) {
            return Err(FuseError::Design { reason: "a mixture names a row that was not prepared".to_owned() });
        }
        let mut leaves = self.leaves.iter();
        self.of(self.design, &mut leaves, sources)
    }

    fn of<'l>(
        &'l self,
        design: &FittedDesign,
        leaves: &mut std::slice::Iter<'l, Leaf<'d>>,
        sources: ArrayView2<'_, f64>,
    ) -> Result<Vec<f64>, FuseError> {
        if let Some(fused) = design.fused() {
            let mut scores = Array2::zeros((sources.nrows(), fused.parts().len()));
            for (place, part) in fused.parts().iter().enumerate() {
                let own = self.of(&part.design, leaves, sources)?;
                scores.column_mut(place).assign(&ndarray::Array1::from(own));
            }
            let all: Vec<usize> = (0..fused.parts().len()).collect();
            let combiner = fused.combiner_of(&all).map_err(|reason| FuseError::Design { reason })?;
            let combined = combiner.combine(scores.view()).map_err(FuseError::at("fusion"))?;
            return Ok(combined.scores().to_vec());
        }
        let Some(leaf) = leaves.next() else {
            return Err(FuseError::Design {
                reason: "a design has fewer learners than it was prepared for".to_owned(),
            });
        };
        let x = Array2::from_shape_fn((sources.nrows(), leaf.x.ncols()), |(row, column)| {
            leaf.x[[sources[[row, leaf.origin[column]]] as usize, column]]
        });
        let predicted = leaf.learned.model().predict(x.view()).map_err(FuseError::at("prediction"))?;
        Ok(predicted.scores().to_vec())
    }
}
