//! Out-of-fold predictions and which of them may be ranked against each other.
//!
//! Each fold has a model of its own, whose predictions have a level of their own: where the training
//! rows of a fold hold more events, that fold's test rows hold fewer and are predicted higher. A rank
//! statistic over all folds at once therefore compares folds as well as patients, and puts a model
//! that knows nothing below chance. Pairs of patients of one fold are free of that (Airola et al.
//! 2011; Parker et al. 2007), and a statistic of such pairs is a stratified one, as
//! `concordance(... + strata(fold))` of R's survival.

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
