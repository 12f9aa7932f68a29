//! Columns that can change a prediction of a fitted design: those that reach a learner, and all
//! columns of a block whose preparation looks from one column at another.

use std::collections::{BTreeMap, BTreeSet};

use crate::fuse::FittedDesign;
use crate::learn::Block;

/// Steps that treat every column for itself once they are fitted.
const COLUMNWISE: [&str; 20] = [
    "columns",
    "correlation",
    "cox_lasso",
    "elastic_net",
    "fill",
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
    "univariate",
    "variance",
    "z-score",
];

/// For each block the columns that can change a prediction.
pub(super) fn active(design: &FittedDesign, blocks: &BTreeMap<String, Block>) -> BTreeMap<String, BTreeSet<String>> {
    let mut active: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let whole = std::iter::once(design);
    let parts = design.parts();
    for design in whole.chain(parts.iter().map(|(_, design)| *design)) {
        let Some(learned) = design.learned() else { continue };
        for pipeline in learned.pipelines() {
            let Some(block) = blocks.get(pipeline.block()) else { continue };
            let columnwise = pipeline.steps().all(|(name, _)| COLUMNWISE.contains(&name));
            let set = active.entry(pipeline.block().to_owned()).or_default();
            for column in block.columns() {
                // An indicator begins with the name of its column; a name that two blocks share
                // carries that of its block.
                let reaches = |name: &String| {
                    name.starts_with(&column.name)
                        || name
                            .strip_prefix(pipeline.block())
                            .and_then(|rest| rest.strip_prefix('.'))
                            .is_some_and(|rest| rest.starts_with(&column.name))
                };
                if !columnwise || learned.names().iter().any(reaches) {
                    set.insert(column.name.clone());
                }
            }
        }
    }
    active
}
