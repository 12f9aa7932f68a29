//! GSEA by permutation of the labels of the samples: genes keep their correlation, and the null
//! distribution is that of the sets themselves.

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use crate::omics::error::OmicsError;
use crate::omics::matrix::Expression;
use crate::omics::sets::MeasuredSet;
use crate::progress::Watch;
use crate::random::Stream;

use super::preranked::below;
use super::ranking::{Ranking, steps};
use super::score::walk;
use super::{GseaResult, adjust};

/// Fewest samples of a group; with less, permutations are too few to tell anything.
pub const FEWEST: usize = 7;
/// Smallest standard deviation, as a share of the mean.
const FLOOR: f64 = 0.2;

/// Difference of the means over the sum of the standard deviations, as GSEA: a standard deviation
/// is at least 0.2 of the mean's size, and 0.2 where the mean is 0.
pub fn signal_to_noise(values: &[f64], inside: &[bool]) -> f64 {
    let (mut sums, mut squares, mut counts) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    for (value, inside) in values.iter().zip(inside) {
        let group = usize::from(*inside);
        sums[group] += value;
        counts[group] += 1.0;
    }
    let means = [0, 1].map(|group| sums[group] / counts[group]);
    for (value, inside) in values.iter().zip(inside) {
        let group = usize::from(*inside);
        squares[group] += (value - means[group]).powi(2);
    }
    let spread = [0, 1].map(|group| {
        let mean: f64 = means[group];
        let least = if mean == 0.0 { FLOOR } else { FLOOR * mean.abs() };
        (squares[group] / (counts[group] - 1.0)).sqrt().max(least)
    });
    (means[1] - means[0]) / (spread[0] + spread[1])
}

/// Tests every set by `permutations` of the labels.
///
/// # Errors
/// A group of fewer than [`FEWEST`] samples; no ranking; stopped.
pub fn by_phenotype(
    matrix: &Expression,
    inside: &[bool],
    sets: &[MeasuredSet],
    weight: f64,
    permutations: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<(Ranking, Vec<GseaResult>), OmicsError> {
    let count = inside.iter().filter(|inside| **inside).count();
    let other = inside.len() - count;
    if count < FEWEST || other < FEWEST {
        return Err(OmicsError::none(format!(
            "permuting the labels of {count} and {other} patients tells too little; at least {FEWEST} in each group are wanted"
        )));
    }
    let statistics = |labels: &[bool]| -> Vec<f64> {
        (0..matrix.genes().len()).map(|gene| signal_to_noise(matrix.row(gene), labels)).collect()
    };
    let ranking = Ranking::new(matrix.genes(), &statistics(inside))?;
    let observed: Vec<super::score::Walk> =
        sets.iter().map(|set| walk(&ranking.steps(weight), &ranking.ranks(set))).collect();

    let nulls: Vec<Vec<f64>> = (0..permutations)
        .into_par_iter()
        .map(|permutation| {
            watch.check()?;
            let mut rng = stream.indexed(permutation as u64).rng();
            let mut labels = inside.to_vec();
            shuffle(&mut labels, &mut rng);
            let values = statistics(&labels);
            let mut order: Vec<u32> = (0..values.len() as u32).collect();
            order.sort_unstable_by(|a, b| values[*b as usize].total_cmp(&values[*a as usize]).then(a.cmp(b)));
            let sorted: Vec<f64> = order.iter().map(|gene| values[*gene as usize]).collect();
            let mut rank = vec![0u32; order.len()];
            for (place, gene) in order.iter().enumerate() {
                rank[*gene as usize] = place as u32;
            }
            let steps = steps(&sorted, weight);
            Ok(sets
                .iter()
                .map(|set| {
                    let mut ranks: Vec<u32> = set.members.iter().map(|gene| rank[*gene as usize]).collect();
                    ranks.sort_unstable();
                    walk(&steps, &ranks).es
                })
                .collect())
        })
        .collect::<Result<_, OmicsError>>()?;

    let mut scaled_nulls = (Vec::new(), Vec::new());
    let mut results = Vec::with_capacity(sets.len());
    for (place, (set, walk)) in sets.iter().zip(&observed).enumerate() {
        let of_set = || nulls.iter().map(|null| null[place]);
        let mean = |up: bool| {
            let (sum, count) = of_set()
                .filter(|es| if up { *es > 0.0 } else { *es < 0.0 })
                .fold((0.0, 0usize), |(sum, count), es| (sum + es.abs(), count + 1));
            (count > 0).then(|| (sum / count as f64, count))
        };
        let (up, down) = (mean(true), mean(false));
        for es in of_set() {
            match (es > 0.0, up, down) {
                (true, Some((mean, _)), _) => scaled_nulls.0.push(es / mean),
                (false, _, Some((mean, _))) if es < 0.0 => scaled_nulls.1.push(es / mean),
                _ => {}
            }
        }
        let same = if walk.es >= 0.0 { up } else { down };
        let extreme = of_set().filter(|es| if walk.es >= 0.0 { *es >= walk.es } else { *es <= walk.es }).count();
        results.push(GseaResult {
            set: set.name.clone(),
            collection: set.collection.clone(),
            size: set.size,
            measured: set.members.len(),
            es: walk.es,
            nes: same.map(|(mean, _)| walk.es / mean),
            p: same.map(|(_, count)| ((1 + extreme) as f64 / (1 + count) as f64).min(1.0)),
            log2_error: None,
            adjusted: None,
            fdr: None,
            leading_edge: walk.leading.iter().map(|rank| ranking.genes()[*rank as usize].clone()).collect(),
        });
    }
    false_discovery(&mut results, &mut scaled_nulls.0, &mut scaled_nulls.1);
    adjust(&mut results);
    Ok((ranking, results))
}

/// Subramanian's FDR: the share of null NES of this sign beyond a NES, over that of observed ones.
fn false_discovery(results: &mut [GseaResult], up: &mut [f64], down: &mut [f64]) {
    up.sort_by(f64::total_cmp);
    down.sort_by(f64::total_cmp);
    let observed: Vec<f64> = results.iter().filter_map(|result| result.nes).collect();
    let raw: Vec<Option<f64>> = results
        .iter()
        .map(|result| {
            let nes = result.nes?;
            let (beyond, all) = if nes >= 0.0 {
                (up.len() - up.partition_point(|null| *null < nes), up.len())
            } else {
                (down.partition_point(|null| *null <= nes), down.len())
            };
            let same: Vec<&f64> = observed.iter().filter(|other| (**other >= 0.0) == (nes >= 0.0)).collect();
            let as_far = same.iter().filter(|other| if nes >= 0.0 { ***other >= nes } else { ***other <= nes }).count();
            let null = beyond as f64 / all.max(1) as f64;
            Some((null / (as_far as f64 / same.len() as f64)).min(1.0))
        })
        .collect();
    for (result, fdr) in results.iter_mut().zip(raw) {
        result.fdr = fdr;
    }
}

fn shuffle(labels: &mut [bool], rng: &mut impl Rng) {
    for last in (1..labels.len()).rev() {
        labels.swap(last, below(rng, last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    fn matrix(n: usize) -> (Expression, Vec<bool>) {
        let mut rng = Stream::root(5).rng();
        let inside: Vec<bool> = (0..n).map(|sample| sample % 2 == 0).collect();
        let genes: Vec<String> = (0..120).map(|gene| format!("g{gene}")).collect();
        let values = (0..120)
            .flat_map(|gene| inside.iter().map(move |inside| if gene < 12 && *inside { 1.5 } else { 0.0 }))
            .map(|shift| shift + below(&mut rng, 1000) as f64 / 400.0 + 4.0)
            .collect();
        (Expression::new(genes, (0..n).map(|s| s.to_string()).collect(), values, Scale::Log), inside)
    }

    #[test]
    fn a_shifted_set_is_found() {
        let (matrix, inside) = matrix(20);
        let set = |name: &str, members: Vec<u32>| MeasuredSet {
            name: name.into(),
            collection: "c".into(),
            size: members.len(),
            members,
        };
        let sets = [set("shifted", (0..12).collect()), set("other", (30..50).collect())];
        let (ranking, told) =
            by_phenotype(&matrix, &inside, &sets, 1.0, 200, &Stream::root(1), &Watch::silent()).unwrap();
        assert!(ranking.genes()[0].len() > 1);
        assert!(told[0].es > 0.8 && told[0].p.unwrap() < 0.03 && told[0].fdr.unwrap() < 0.05, "{:?}", told[0]);
        assert!(told[1].p.unwrap() > 0.05);
    }

    #[test]
    fn small_groups_are_refused() {
        let (matrix, inside) = matrix(10);
        let told = by_phenotype(&matrix, &inside, &[], 1.0, 200, &Stream::root(1), &Watch::silent());
        assert!(told.unwrap_err().to_string().contains("at least 7"));
        assert_eq!(signal_to_noise(&[0.0; 4], &[true, true, false, false]), 0.0);
    }
}
