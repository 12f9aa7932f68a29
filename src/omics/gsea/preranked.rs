//! GSEA on a ranking: ES against random sets of the same size.
//!
//! One random order of genes serves every size: its first `k` genes are a random set of `k`, and
//! the sets of the next size add to them. They are kept as a bit for each rank, so that walking
//! them in rank order needs no sorting. Permutations go in chunks with a random stream each;
//! counts are summed in the order of chunks, so any number of threads gives the same numbers.

use std::collections::BTreeMap;

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use crate::omics::error::OmicsError;
use crate::omics::sets::MeasuredSet;
use crate::progress::Watch;
use crate::random::Stream;

use super::multilevel::{self, Small};
use super::ranking::Ranking;
use super::score::walk;
use super::{GseaResult, adjust};

/// How p are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub weight: f64,
    pub permutations: usize,
    /// Follow p that the permutations do not resolve down to this.
    pub multilevel: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Options { weight: 1.0, permutations: 1000, multilevel: Some(1e-50) }
    }
}

const CHUNK: usize = 128;

/// What the random sets of one size showed.
#[derive(Clone, Debug, Default)]
struct Null {
    positive: u64,
    negative: u64,
    sum_positive: f64,
    sum_negative: f64,
    /// Of each set of this size: random ES at least (for a negative one: at most) as large.
    extreme: Vec<u64>,
}

/// Sets of one size, by their place among all.
struct Size {
    genes: usize,
    sets: Vec<usize>,
    es: Vec<f64>,
}

/// # Errors
/// Stopped.
pub fn preranked(
    ranking: &Ranking,
    sets: &[MeasuredSet],
    options: Options,
    stream: &Stream,
    watch: &Watch,
) -> Result<Vec<GseaResult>, OmicsError> {
    let steps = ranking.steps(options.weight);
    let mut results: Vec<GseaResult> = sets
        .iter()
        .map(|set| {
            let walk = walk(&steps, &ranking.ranks(set));
            GseaResult {
                set: set.name.clone(),
                collection: set.collection.clone(),
                size: set.size,
                measured: set.members.len(),
                es: walk.es,
                nes: None,
                p: None,
                log2_error: None,
                adjusted: None,
                fdr: None,
                leading_edge: walk.leading.iter().map(|rank| ranking.genes()[*rank as usize].clone()).collect(),
            }
        })
        .collect();
    let mut by_size: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, set) in sets.iter().enumerate() {
        if !set.members.is_empty() && set.members.len() < ranking.len() {
            by_size.entry(set.members.len()).or_default().push(place);
        }
    }
    let sizes: Vec<Size> = by_size
        .into_iter()
        .map(|(genes, sets)| Size { genes, es: sets.iter().map(|set| results[*set].es).collect(), sets })
        .collect();
    if sizes.is_empty() {
        return Ok(results);
    }
    let nulls = draw(&steps, &sizes, options.permutations, &stream.named("sets"), watch)?;
    let mut small = Vec::new();
    for (size, null) in sizes.iter().zip(&nulls) {
        for (index, place) in size.sets.iter().enumerate() {
            let result = &mut results[*place];
            let (same, sum) =
                if result.es >= 0.0 { (null.positive, null.sum_positive) } else { (null.negative, null.sum_negative) };
            if same > 0 && sum != 0.0 {
                result.nes = Some(result.es / (sum / same as f64).abs());
            }
            if result.es == 0.0 {
                (result.p, result.log2_error) = (Some(1.0), Some(0.0));
                continue;
            }
            let extreme = null.extreme[index];
            result.p = Some((1 + extreme) as f64 / (1 + same) as f64);
            result.log2_error = Some(multilevel::counting_error(extreme, same));
            // Rarer events are told better by splitting; the share of the sign is what draws tell.
            let share = (same + 1) as f64 / (options.permutations + 1) as f64;
            if options.multilevel.is_some() && extreme < multilevel::FEWEST && same > 0 {
                small.push(Small { place: *place, genes: size.genes, es: result.es, share });
            }
        }
    }
    if let Some(eps) = options.multilevel {
        for (place, p, error) in multilevel::follow(&steps, &small, eps, &stream.named("multilevel"), watch)? {
            results[place].p = Some(p);
            results[place].log2_error = error;
        }
    }
    adjust(&mut results);
    Ok(results)
}

/// Random sets of every size.
fn draw(
    steps: &[f64],
    sizes: &[Size],
    permutations: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Vec<Null>, OmicsError> {
    let chunks: Vec<usize> = (0..permutations.div_ceil(CHUNK)).collect();
    let parts: Vec<Vec<Null>> = chunks
        .into_par_iter()
        .map(|chunk| {
            watch.check()?;
            let draws = CHUNK.min(permutations - chunk * CHUNK);
            Ok(draw_chunk(steps, sizes, draws, &stream.indexed(chunk as u64)))
        })
        .collect::<Result<_, OmicsError>>()?;
    let mut all: Vec<Null> =
        sizes.iter().map(|size| Null { extreme: vec![0; size.sets.len()], ..Null::default() }).collect();
    for part in parts {
        for (sum, null) in all.iter_mut().zip(part) {
            sum.positive += null.positive;
            sum.negative += null.negative;
            sum.sum_positive += null.sum_positive;
            sum.sum_negative += null.sum_negative;
            for (sum, count) in sum.extreme.iter_mut().zip(null.extreme) {
                *sum += count;
            }
        }
    }
    Ok(all)
}

fn draw_chunk(steps: &[f64], sizes: &[Size], draws: usize, stream: &Stream) -> Vec<Null> {
    let n = steps.len();
    let mut rng = stream.rng();
    let mut order: Vec<u32> = (0..n as u32).collect();
    let mut bits = vec![0u64; n.div_ceil(64)];
    let mut nulls: Vec<Null> =
        sizes.iter().map(|size| Null { extreme: vec![0; size.sets.len()], ..Null::default() }).collect();
    for _ in 0..draws {
        bits.fill(0);
        let (mut taken, mut total) = (0, 0.0);
        for (size, null) in sizes.iter().zip(&mut nulls) {
            while taken < size.genes {
                let other = taken + below(&mut rng, n - taken);
                order.swap(taken, other);
                let rank = order[taken] as usize;
                bits[rank / 64] |= 1 << (rank % 64);
                total += steps[rank];
                taken += 1;
            }
            let es = score(steps, &bits, size.genes, total);
            if es >= 0.0 {
                null.positive += 1;
                null.sum_positive += es;
            }
            if es <= 0.0 {
                null.negative += 1;
                null.sum_negative += es;
            }
            for (count, observed) in null.extreme.iter_mut().zip(&size.es) {
                *count += u64::from(if *observed >= 0.0 { es >= *observed } else { es <= *observed });
            }
        }
    }
    nulls
}

/// A number below `bound` (Lemire's multiplication; the bias of 2^-64 is not seen).
pub(super) fn below(rng: &mut impl Rng, bound: usize) -> usize {
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// ES of the ranks whose bits are set.
fn score(steps: &[f64], bits: &[u64], genes: usize, total: f64) -> f64 {
    let out = 1.0 / (steps.len() - genes) as f64;
    let (whole, flat) = if total > 0.0 { (1.0 / total, false) } else { (1.0 / genes as f64, true) };
    let (mut top, mut bottom) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut sum = 0.0;
    let mut index = 0u32;
    for (word, bits) in bits.iter().enumerate() {
        let mut bits = *bits;
        while bits != 0 {
            let rank = word as u32 * 64 + bits.trailing_zeros();
            bits &= bits - 1;
            let missed = f64::from(rank - index) * out;
            let below = sum * whole - missed;
            sum += if flat { 1.0 } else { steps[rank as usize] };
            let above = sum * whole - missed;
            index += 1;
            top = top.max(above);
            bottom = bottom.min(below);
        }
    }
    if top > -bottom {
        top
    } else if top < -bottom {
        bottom
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(n: usize) -> Ranking {
        let genes: Vec<String> = (0..n).map(|gene| format!("g{gene:04}")).collect();
        let statistics: Vec<f64> = (0..n).map(|gene| 3.0 - 6.0 * gene as f64 / n as f64).collect();
        Ranking::new(&genes, &statistics).unwrap()
    }

    fn set(name: &str, members: Vec<u32>) -> MeasuredSet {
        MeasuredSet { name: name.into(), collection: "c".into(), size: members.len(), members }
    }

    #[test]
    fn the_bits_walk_as_the_ranks_do() {
        let ranking = ranking(300);
        let steps = ranking.steps(1.0);
        let ranks = [3u32, 17, 64, 65, 200, 299];
        let mut bits = vec![0u64; 5];
        let mut total = 0.0;
        for rank in ranks {
            bits[rank as usize / 64] |= 1 << (rank % 64);
            total += steps[rank as usize];
        }
        assert!((score(&steps, &bits, 6, total) - walk(&steps, &ranks).es).abs() < 1e-14);
    }

    #[test]
    fn enriched_sets_are_found_and_threads_do_not_count() {
        let ranking = ranking(500);
        let sets = [
            set("top", (0..20).collect()),
            set("bottom", (480..500).collect()),
            set("even", (0..500).step_by(25).collect()),
        ];
        let run =
            |threads: usize| {
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                    preranked(&ranking, &sets, Options::default(), &Stream::root(7), &Watch::silent()).unwrap()
                })
            };
        let told = run(1);
        assert_eq!(told, run(3));
        assert!(told[0].p.unwrap() < 1e-8 && told[0].es == 1.0 && told[0].nes.unwrap() > 1.5);
        assert!(told[1].p.unwrap() < 1e-8 && told[1].nes.unwrap() < -1.5);
        assert!(told[2].p.unwrap() > 0.2);
        assert_eq!(told[1].leading_edge.first().map(String::as_str), Some("g0499"));
    }

    #[test]
    fn a_cancelled_run_stops() {
        let watch = Watch::silent();
        watch.cancel();
        let told = preranked(&ranking(50), &[set("a", vec![1, 2, 3])], Options::default(), &Stream::root(1), &watch);
        assert!(matches!(told, Err(OmicsError::Cancelled(_))));
    }
}
