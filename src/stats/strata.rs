//! Out-of-fold predictions and which of them may be ranked against each other.
//!
//! Each fold has a model of its own, whose predictions have a level of their own: where the training
//! rows of a fold hold more events, that fold's test rows hold fewer and are predicted higher. A rank
//! statistic over all folds at once therefore compares folds as well as patients, and puts a model
//! that knows nothing below chance. Pairs of patients of one fold are free of that (Airola et al.
//! 2011; Parker et al. 2007), and a statistic of such pairs is a stratified one, as
//! `concordance(... + strata(fold))` of R's survival.

use super::outcome::Outcome;

/// What is said where no fold holds a pair.
pub const POOLED: &str = "no fold holds two patients to rank, so that all are ranked together, which puts a model that \
                          knows nothing below chance";

/// The folds whose pairs are counted, and those that have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Folds of all repeats.
    pub folds: usize,
    pub repeats: usize,
    /// Folds without a pair: of one class, or without a comparable pair.
    pub without: usize,
}

impl Counted {
    /// `pairs within 5 folds`, as the method of an estimate says it.
    pub fn words(&self) -> String {
        let folds = self.folds / self.repeats.max(1);
        let mut words = format!("pairs within each of {folds} folds");
        if self.repeats > 1 {
            words.push_str(&format!(", mean over {} repeats", self.repeats));
        }
        if self.without > 0 {
            words.push_str(&format!(", of which {} hold no pair", self.without));
        }
        words
    }
}

/// The predictions of one repeat, in the order of the judged rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Not a number where the row was not predicted in this repeat.
    pub scores: Vec<f64>,
    /// The fold that held the row out.
    pub fold: Vec<Option<usize>>,
    /// Of a nominal endpoint the probabilities of every class; empty otherwise, and for rows that
    /// were not predicted.
    pub classes: Vec<Vec<f64>>,
}

/// The rows of one fold of one repeat, with the repeat's scores.
pub struct Stratum<'a> {
    pub repeat: usize,
    /// Places among the judged rows.
    pub rows: Vec<usize>,
    pub scores: &'a [f64],
}

/// Out-of-fold predictions, a layer for each repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strata {
    layers: Vec<Layer>,
}

impl Strata {
    pub fn new(layers: Vec<Layer>) -> Self {
        Strata { layers }
    }

    pub fn repeats(&self) -> usize {
        self.layers.len()
    }

    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The same on these places of the judged rows.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        let layers = self.layers.iter().map(|layer| Layer {
            scores: places.iter().map(|place| layer.scores[*place]).collect(),
            fold: places.iter().map(|place| layer.fold[*place]).collect(),
            classes: places.iter().filter_map(|place| layer.classes.get(*place).cloned()).collect(),
        });
        Strata { layers: layers.collect() }
    }

    /// Whether some fold holds patients to rank against each other: one with the event and one
    /// without, a comparable pair, or of every two classes one each. Where each patient is a fold
    /// there are none.
    pub fn ranks(&self, outcome: &Outcome) -> bool {
        let strata = self.strata();
        let any = |pair: &dyn Fn(usize, usize) -> bool| {
            strata.iter().any(|s| s.rows.iter().any(|a| s.rows.iter().any(|b| pair(*a, *b))))
        };
        match outcome {
            Outcome::Binary(events) => any(&|a, b| events[a] && !events[b]),
            Outcome::Survival(censored) => any(&|a, b| {
                let later = censored.time[b] > censored.time[a]
                    || (censored.time[b] == censored.time[a] && censored.event[b] != 1);
                let entered = censored.entry.as_ref().is_none_or(|entry| entry[b] < censored.time[a]);
                a != b && censored.event[a] == 1 && later && entered
            }),
            Outcome::Nominal(classes) => (0..classes.levels.len()).all(|first| {
                (first + 1..classes.levels.len())
                    .all(|second| any(&|a, b| classes.class[a] == first && classes.class[b] == second))
            }),
            Outcome::Continuous(_) => false,
        }
    }

    /// The same with the probability of one class as the score.
    #[must_use]
    pub fn of_class(&self, level: usize) -> Self {
        let score = |numbers: &Vec<f64>| numbers.get(level).copied().unwrap_or(f64::NAN);
        let layers = self.layers.iter().map(|layer| Layer {
            scores: layer.classes.iter().map(score).collect(),
            fold: layer.fold.clone(),
            classes: Vec::new(),
        });
        Strata { layers: layers.collect() }
    }

    /// Every fold of every repeat with the rows that it predicts, repeats and folds in order.
    pub fn strata(&self) -> Vec<Stratum<'_>> {
        let mut strata = Vec::new();
        for (repeat, layer) in self.layers.iter().enumerate() {
            let folds = layer.fold.iter().flatten().max().map_or(0, |last| last + 1);
            let mut rows = vec![Vec::new(); folds];
            for (place, fold) in layer.fold.iter().enumerate() {
                if let (Some(fold), false) = (fold, layer.scores[place].is_nan()) {
                    rows[*fold].push(place);
                }
            }
            let own = rows.into_iter().map(|rows| Stratum { repeat, rows, scores: &layer.scores });
            strata.extend(own);
        }
        strata
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Censored, Classes};

    #[test]
    fn single_patients_and_folds_of_one_class_rank_nobody() {
        let of = |fold: [usize; 4]| {
            Strata::new(vec![Layer { scores: vec![0.5; 4], fold: fold.map(Some).to_vec(), classes: Vec::new() }])
        };
        let (alone, pairs, classes) = (of([0, 1, 2, 3]), of([0, 0, 1, 1]), of([0, 1, 0, 1]));
        let binary = Outcome::Binary(vec![true, false, true, false]);
        assert!(!alone.ranks(&binary) && pairs.ranks(&binary) && !classes.ranks(&binary));
        let survival = Outcome::Survival(Censored::new(vec![1.0, 2.0, 3.0, 4.0], vec![0, 1, 0, 1]));
        assert!(!alone.ranks(&survival) && !pairs.ranks(&survival) && classes.ranks(&survival));
        let levels: Vec<String> = ["a", "b"].map(str::to_owned).to_vec();
        let nominal = Outcome::Nominal(Classes { class: vec![0, 1, 0, 1], levels: levels.into() });
        assert!(!alone.ranks(&nominal) && pairs.ranks(&nominal));
    }
}
