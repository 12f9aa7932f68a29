//! Correlation filter.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use rayon::prelude::*;

use super::columns::thaw;
use super::rank_correlation::Ranks;
use super::selected::Selected;

static CARD: Card = Card {
    name: "correlation",
    title: "Correlation filter",
    role: Role::Step,
    endpoints: &[],
    parameters: &[Parameter {
        name: "max",
        domain: Domain::Real { low: 0.0, high: 1.0 },
        default: Initial::Real(0.9),
        summary: "Largest absolute correlation that two columns may have if both stay.",
    }],
    summary: "Keeps one representative of each cluster of correlated columns (Spearman).",
    documentation: "Clusters are stars in the graph that joins columns with |ρ| > `max`, ρ being Spearman’s rank correlation over the training rows that have both values: the column with the most neighbours (of equals the one with the larger sum of |ρ| to them, then the earlier) represents itself and all its neighbours, which are dropped; this repeats with what is left. So no two kept columns have |ρ| > `max`, and every dropped column has a kept one with |ρ| > `max`. Columns of levels and constant columns stay. The number told for a column is its largest |ρ| to another.",
    references: &[],
    example: "prepare radiomics by variance(min = 0.01) then correlation(max = 0.9) then z-score",
};

/// Correlation filter.
pub struct CorrelationFilter;

impl Step for CorrelationFilter {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let max = settings.real("max");
        let numeric: Vec<usize> = (0..block.columns().len())
            .filter(|index| matches!(block.columns()[*index].values, Values::Number(_)))
            .collect();
        let ranks: Vec<Ranks> = numeric
            .iter()
            .filter_map(|index| match &block.columns()[*index].values {
                Values::Number(values) => Some(Ranks::new(values)),
                Values::Level { .. } => None,
            })
            .collect();
        let p = numeric.len();
        // Neighbours above the limit, and the largest correlation, column by column.
        let found: Vec<(Vec<(usize, f64)>, f64)> = (0..p)
            .into_par_iter()
            .map(|a| {
                watch.check()?;
                let mut neighbours = Vec::new();
                let mut largest = 0.0f64;
                for b in (0..p).filter(|b| *b != a) {
                    let rho = ranks[a.min(b)].correlation(&ranks[a.max(b)]).map_or(0.0, f64::abs);
                    largest = largest.max(rho);
                    if rho > max {
                        neighbours.push((b, rho));
                    }
                }
                Ok((neighbours, largest))
            })
            .collect::<Result<_, FitError>>()?;
        let mut left = vec![true; p];
        let mut stays = vec![false; p];
        loop {
            let strength = |a: usize| {
                let own = found[a].0.iter().filter(|(b, _)| left[*b]);
                own.fold((0usize, 0.0f64), |(count, sum), (_, rho)| (count + 1, sum + rho))
            };
            let mut best: Option<(usize, (usize, f64))> = None;
            for a in (0..p).filter(|a| left[*a]) {
                let own = strength(a);
                if best.is_none_or(|(_, top)| own.0 > top.0 || (own.0 == top.0 && own.1 > top.1)) {
                    best = Some((a, own));
                }
            }
            let Some((a, (count, _))) = best else { break };
            if count == 0 {
                (0..p).filter(|b| left[*b]).for_each(|b| stays[b] = true);
                break;
            }
            stays[a] = true;
            left[a] = false;
            found[a].0.iter().for_each(|(b, _)| left[*b] = false);
        }
        let dropped: std::collections::HashSet<usize> =
            (0..p).filter(|index| !stays[*index]).map(|index| numeric[index]).collect();
        let names = block.names();
        let scores = numeric.iter().zip(&found).map(|(index, (_, rho))| (names[*index].clone(), *rho)).collect();
        let kept =
            (0..names.len()).filter(|index| !dropped.contains(index)).map(|index| names[index].clone()).collect();
        Ok(Box::new(Selected::new(CARD.name, "largest correlation", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use rand::RngExt;

    #[test]
    fn keeps_one_of_each_cluster() {
        let mut rng = Stream::root(4).rng();
        let mut x = ndarray::Array2::from_shape_fn((60, 6), |_| rng.random_range(-1.0f64..1.0));
        for row in 0..60 {
            x[[row, 1]] = x[[row, 0]].exp();
            x[[row, 2]] = x[[row, 0]] + 0.05 * x[[row, 3]];
        }
        let names: Vec<String> = (0..6).map(|index| format!("x{index}")).collect();
        let block = Block::from_matrix(&names, &x);
        let outcome = Outcome::Binary(vec![true; 60]);
        let settings = Settings::new(&CARD, [("max", Value::Real(0.8))]).unwrap();
        let fitted = CorrelationFilter.fit(&block, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(fitted.apply(&block).unwrap().names(), ["x0", "x3", "x4", "x5"]);
        let (_, scores) = fitted.scores().unwrap();
        assert!((scores[0].1 - 1.0).abs() < 1e-12 && scores[4].1 < 0.5);
    }
}
