//! Small p of ES by adaptive multilevel splitting (Korotkevich et al. 2021).
//!
//! To reach a rare event, 101 random sets are sorted by their positive deviation; the lower half is
//! replaced by copies of the upper half, which are then moved by exchanging genes without falling
//! below the median. Each level halves the probability, which is the mean of a beta distribution,
//! and so is what remains within the last level. Deviations that are positive while ES is negative
//! are taken out by the share of sets in which they are. Estimators and numbers follow fgsea 1.24;
//! the walk of the chain is our own.

use std::collections::BTreeMap;

use rand_xoshiro::rand_core::Rng;
use rayon::prelude::*;

use crate::omics::error::OmicsError;
use crate::omics::polygamma::{digamma, trigamma};
use crate::progress::Watch;
use crate::random::Stream;

use super::preranked::below;

/// Sets that are moved at once.
const SAMPLES: usize = 101;
const HALF: usize = SAMPLES.div_ceil(2);
/// With fewer extreme random sets than this splitting tells p better than counting.
pub(super) const FEWEST: u64 = 10;
/// Trials for each exchange that is wanted, after which the sets are taken to be stuck.
const PATIENCE: usize = 200;

/// A set whose p is small.
pub(super) struct Small {
    pub place: usize,
    pub genes: usize,
    pub es: f64,
    /// Share of random sets with an ES of its sign, by which p is conditioned.
    pub share: f64,
}

/// Standard error of log2 p from counts.
pub(super) fn counting_error(extreme: u64, of: u64) -> f64 {
    ((trigamma(extreme as f64 + 1.0) - trigamma(of as f64 + 2.0)).max(0.0)).sqrt() / std::f64::consts::LN_2
}

/// Mean of the log of a beta variable.
fn mean_log(a: f64, b: f64) -> f64 {
    digamma(a) - digamma(b + 1.0)
}

/// p of each set, with the standard error of its log2; no error where the splitting could not go
/// further and p is a bound from above.
pub(super) fn follow(
    steps: &[f64],
    small: &[Small],
    eps: f64,
    stream: &Stream,
    watch: &Watch,
) -> Result<Vec<(usize, f64, Option<f64>)>, OmicsError> {
    let mut tasks: BTreeMap<(usize, bool), Vec<&Small>> = BTreeMap::new();
    for set in small {
        tasks.entry((set.genes, set.es > 0.0)).or_default().push(set);
    }
    let reversed: Vec<f64> = steps.iter().rev().copied().collect();
    let told: Vec<Vec<(usize, f64, Option<f64>)>> = tasks
        .into_par_iter()
        .map(|((genes, up), sets)| {
            let steps = if up { steps } else { &reversed };
            let most = sets.iter().map(|set| set.es.abs()).fold(0.0, f64::max);
            let name = if up { "up" } else { "down" };
            let mut ruler = Ruler::new(steps, genes, &stream.named(name).indexed(genes as u64));
            ruler.extend(most, eps, watch)?;
            Ok(sets
                .into_iter()
                .map(|set| {
                    let (joint, reached) = ruler.probability(set.es.abs());
                    let p = (joint / set.share).clamp(f64::MIN_POSITIVE, 1.0);
                    if p < eps {
                        return (set.place, eps, None);
                    }
                    let levels = (1.0 - joint.log2()).floor().max(1.0);
                    let each = trigamma(HALF as f64) - trigamma(SAMPLES as f64 + 1.0);
                    (set.place, p, reached.then(|| (levels * each).sqrt() / std::f64::consts::LN_2))
                })
                .collect())
        })
        .collect::<Result<_, OmicsError>>()?;
    Ok(told.into_iter().flatten().collect())
}

/// Deviations in order, 51 a level, each level half as probable as the one before.
struct Ruler<'a, R> {
    steps: &'a [f64],
    rng: R,
    /// Ranks, ascending, of each set.
    sets: Vec<Vec<u32>>,
    deviations: Vec<f64>,
    /// Sets of the level above each deviation whose ES is positive.
    positive: Vec<u32>,
    stuck: bool,
}

impl<'a> Ruler<'a, rand_xoshiro::Xoshiro256PlusPlus> {
    fn new(steps: &'a [f64], genes: usize, stream: &Stream) -> Self {
        let mut rng = stream.rng();
        let n = steps.len();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let sets = (0..SAMPLES)
            .map(|_| {
                for taken in 0..genes {
                    let other = taken + below(&mut rng, n - taken);
                    order.swap(taken, other);
                }
                let mut set = order[..genes].to_vec();
                set.sort_unstable();
                set
            })
            .collect();
        Ruler { steps, rng, sets, deviations: Vec::new(), positive: Vec::new(), stuck: false }
    }
}

impl<R: Rng> Ruler<'_, R> {
    fn extend(&mut self, es: f64, eps: f64, watch: &Watch) -> Result<(), OmicsError> {
        self.level();
        while self.deviations.last().is_some_and(|bound| es > *bound) && !self.stuck {
            watch.check()?;
            let bound = self.deviations.last().copied().unwrap_or(0.0);
            self.stuck = !self.mix(bound);
            self.level();
            let levels = self.deviations.len() / HALF;
            if eps > 0.0 && levels as f64 > -(0.5 * eps).log2() {
                break;
            }
        }
        Ok(())
    }

    /// Records the lower half and doubles the upper.
    fn level(&mut self) {
        let mut scored: Vec<(f64, usize, bool)> = self
            .sets
            .iter()
            .enumerate()
            .map(|(place, set)| {
                let (top, bottom) = deviations(self.steps, set);
                (top, place, top > -bottom)
            })
            .collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut positive = scored.iter().filter(|(.., positive)| *positive).count() as u32;
        for (deviation, _, is_positive) in &scored[..HALF] {
            self.deviations.push(*deviation);
            positive -= u32::from(*is_positive);
            self.positive.push(positive);
        }
        let mut next = Vec::with_capacity(SAMPLES);
        for (_, place, _) in &scored[HALF..] {
            next.push(self.sets[*place].clone());
            next.push(self.sets[*place].clone());
        }
        next.push(self.sets[scored[HALF - 1].1].clone());
        self.sets = next;
    }

    /// Exchanges genes until each set was moved as often as it has genes, staying above `bound`;
    /// whether that was possible.
    fn mix(&mut self, bound: f64) -> bool {
        let n = self.steps.len();
        let genes = self.sets.first().map_or(0, Vec::len);
        let wanted = SAMPLES * genes;
        let out = 1.0 / (n - genes) as f64;
        let batch = (genes / 10).max(1);
        let (mut moves, mut trials) = (0, 0);
        let mut sets = std::mem::take(&mut self.sets);
        while moves < wanted && trials < PATIENCE * wanted {
            for set in &mut sets {
                let mut total: f64 = set.iter().map(|rank| self.steps[*rank as usize]).sum();
                for _ in 0..batch {
                    trials += 1;
                    let from = below(&mut self.rng, genes);
                    let new = below(&mut self.rng, n) as u32;
                    let old = set[from];
                    let Err(to) = set.binary_search(&new) else { continue };
                    exchange(set, from, to, new);
                    let changed = total - self.steps[old as usize] + self.steps[new as usize];
                    if exceeds(self.steps, set, changed, out, bound) {
                        total = changed;
                        moves += 1;
                    } else {
                        // The way back.
                        let from = if to > from { to - 1 } else { to };
                        let to = set.partition_point(|rank| *rank < old);
                        exchange(set, from, to, old);
                    }
                }
            }
        }
        self.sets = sets;
        moves >= wanted
    }

    /// p of a positive ES at least as large; whether the ruler reaches so far.
    fn probability(&self, es: f64) -> (f64, bool) {
        let last = self.deviations.len() - 1;
        let reached = self.deviations.last().is_some_and(|most| es <= *most);
        let place = self.deviations.partition_point(|deviation| *deviation < es).min(last);
        let remainder = SAMPLES - place % HALF;
        let within = mean_log((remainder + 1) as f64, SAMPLES as f64);
        let log = (place / HALF) as f64 * mean_log(HALF as f64, SAMPLES as f64) + within;
        let sign = mean_log(f64::from(self.positive[place]) + 1.0, remainder as f64);
        ((log + sign).exp().min(1.0), reached)
    }
}

/// Puts `new` before place `to` in the place of what stands at `from`.
fn exchange(set: &mut [u32], from: usize, to: usize, new: u32) {
    if to > from {
        set.copy_within(from + 1..to, from);
        set[to - 1] = new;
    } else {
        set.copy_within(to..from, to + 1);
        set[to] = new;
    }
}

/// Largest and smallest value of the running sum.
fn deviations(steps: &[f64], set: &[u32]) -> (f64, f64) {
    let total: f64 = set.iter().map(|rank| steps[*rank as usize]).sum();
    let out = 1.0 / (steps.len() - set.len()) as f64;
    let whole = if total > 0.0 { 1.0 / total } else { 0.0 };
    let (mut top, mut bottom, mut sum) = (f64::NEG_INFINITY, f64::INFINITY, 0.0);
    for (index, rank) in set.iter().enumerate() {
        let missed = f64::from(*rank - index as u32) * out;
        bottom = bottom.min(sum * whole - missed);
        sum += steps[*rank as usize];
        top = top.max(sum * whole - missed);
    }
    (top, bottom)
}

/// Whether the running sum rises above `bound` somewhere.
fn exceeds(steps: &[f64], set: &[u32], total: f64, out: f64, bound: f64) -> bool {
    if total <= 0.0 {
        return false;
    }
    let whole = 1.0 / total;
    let mut sum = 0.0;
    set.iter().enumerate().any(|(index, rank)| {
        sum += steps[*rank as usize];
        sum * whole - f64::from(*rank - index as u32) * out > bound
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_keep_the_order_and_can_be_undone() {
        let start = [2u32, 5, 9, 14, 20];
        for from in 0..start.len() {
            for new in [0u32, 3, 6, 11, 15, 30] {
                let mut set = start.to_vec();
                let to = set.binary_search(&new).unwrap_err();
                exchange(&mut set, from, to, new);
                assert!(set.is_sorted(), "{set:?}");
                assert!(set.contains(&new) && !set.contains(&start[from]));
                let back = set.partition_point(|rank| *rank < start[from]);
                let at = set.iter().position(|rank| *rank == new).unwrap();
                exchange(&mut set, at, back, start[from]);
                assert_eq!(set, start);
            }
        }
    }

    /// Two of forty genes: every set can be enumerated.
    #[test]
    fn probabilities_are_those_of_all_sets() {
        let steps: Vec<f64> = (0..40).map(|rank: i32| f64::from((20 - rank).abs()) + 0.37).collect();
        let mut all = Vec::new();
        for a in 0..40u32 {
            for b in a + 1..40 {
                for c in b + 1..40 {
                    let (top, bottom) = deviations(&steps, &[a, b, c]);
                    all.push(if top > -bottom { top } else { bottom });
                }
            }
        }
        let positive = all.iter().filter(|es| **es > 0.0).count() as f64;
        for es in [0.9, 0.97] {
            let exact = all.iter().filter(|other| **other >= es).count() as f64 / positive;
            let small = Small { place: 0, genes: 3, es, share: positive / all.len() as f64 };
            // Splitting is random: the mean of several runs is near.
            let mean: f64 = (0..20)
                .map(|seed| follow(&steps, &[Small { ..small_of(&small) }], 0.0, &Stream::root(seed), &Watch::silent()))
                .map(|told| told.unwrap()[0].1.ln())
                .sum::<f64>()
                / 20.0;
            assert!((mean - exact.ln()).abs() < 0.25, "{} is not {exact}", mean.exp());
        }
    }

    fn small_of(small: &Small) -> Small {
        Small { place: small.place, genes: small.genes, es: small.es, share: small.share }
    }

    #[test]
    fn what_no_set_exceeds_ends() {
        let steps: Vec<f64> = (0..30).map(f64::from).rev().collect();
        let set = Small { place: 4, genes: 3, es: 1.0, share: 0.6 };
        let told = follow(&steps, &[set], 0.0, &Stream::root(3), &Watch::silent()).unwrap();
        assert_eq!(told[0].0, 4);
        // One of the 4060 sets.
        assert!(told[0].1 < 0.02, "{:?}", told[0]);
    }
}
