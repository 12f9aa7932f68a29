//! Areas under ROC curves of several classes, with the influence of every patient.
//!
//! Of classes `i` and `j`, `A(i|j)` is the probability that a patient of `i` has a higher predicted
//! probability of `i` than one of `j`; the area of the pair is the mean of `A(i|j)` and `A(j|i)`, and
//! `M` the mean over all pairs (Hand & Till 2001), which no change of prevalence alters. One class
//! against the rest is the area of its probability among all patients. Both are means of areas of
//! two classes, so that each patient's influence is the mean of its influences on those, and the
//! variance the sum of their squares: with two classes DeLong's.

use super::classes::{ClassProbabilities, Classes};
use super::delong::{Placements, placements, placements_within};
use super::distribution::normal_multiplier;
use super::estimate::{Interval, NotEstimable};
use super::strata::Strata;

/// A mean of areas.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanArea {
    pub area: f64,
    /// Of every patient; not a number where a class holds a single one.
    pub influence: Vec<f64>,
    /// Areas that the mean is over.
    pub areas: usize,
}

impl MeanArea {
    /// The normal interval, clipped to 0 and 1; absent without a variance.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let variance: f64 = self.influence.iter().map(|value| value * value).sum();
        if !variance.is_finite() || variance <= 1e-15 {
            return None;
        }
        let half = normal_multiplier(level) * variance.sqrt();
        Some(Interval { lower: (self.area - half).max(0.0), upper: (self.area + half).min(1.0), level })
    }

    fn nothing(rows: usize) -> Self {
        MeanArea { area: 0.0, influence: vec![0.0; rows], areas: 0 }
    }

    /// Adds an area of the patients in `rows`, of whom `events` are of the class.
    fn add(&mut self, rows: &[usize], events: &[bool], placed: &Placements) {
        self.area += placed.area;
        self.areas += 1;
        let (m, n) = (placed.events.len() as f64, placed.others.len() as f64);
        let (mut of_events, mut of_others) = (placed.events.iter(), placed.others.iter());
        for (row, event) in rows.iter().zip(events) {
            let (value, size) = if *event { (of_events.next(), m) } else { (of_others.next(), n) };
            // DeLong's divisor: with one patient in a class there is no variance.
            let share = 1.0 / (size * (size - 1.0)).sqrt();
            self.influence[*row] +=
                if size > 1.0 { share * (value.unwrap_or(&placed.area) - placed.area) } else { f64::NAN };
        }
    }

    fn mean(mut self) -> Self {
        let areas = self.areas.max(1) as f64;
        self.area /= areas;
        self.influence.iter_mut().for_each(|value| *value /= areas);
        self
    }
}

/// What is judged: observed classes, the probabilities of each, and the folds where they are out of
/// fold.
pub struct Ranked<'a> {
    pub classes: &'a Classes,
    pub p: &'a ClassProbabilities,
    pub held: Option<&'a Strata>,
}

impl Ranked<'_> {
    /// The area of one class's probability on the patients in `rows`.
    fn placed(&self, level: usize, rows: &[usize], events: &[bool]) -> Result<Placements, NotEstimable> {
        match self.held {
            Some(strata) => Ok(placements_within(events, &strata.of_class(level).select(rows))?.0),
            None => {
                let p = self.p.column(level);
                placements(events, &rows.iter().map(|row| p[*row]).collect::<Vec<_>>())
            }
        }
    }

    fn complete(&self) -> Result<(), NotEstimable> {
        if self.p.called().len() != self.classes.len() || self.p.levels() != &self.classes.levels {
            return Err(NotEstimable::new("predictions and outcomes are of different patients or classes"));
        }
        let counts = self.classes.counts();
        match counts.iter().position(|count| *count == 0) {
            Some(none) => Err(NotEstimable::new(format!("no patient is of class {}", self.classes.levels[none]))),
            None => Ok(()),
        }
    }

    /// Hand and Till's `M`.
    ///
    /// # Errors
    /// A class without a patient; another endpoint; no fold with both classes of a pair.
    pub fn pairs(&self) -> Result<MeanArea, NotEstimable> {
        self.complete()?;
        let count = self.classes.levels.len();
        let mut mean = MeanArea::nothing(self.classes.len());
        for first in 0..count {
            for second in first + 1..count {
                let rows: Vec<usize> = (0..self.classes.len())
                    .filter(|row| self.classes.class[*row] == first || self.classes.class[*row] == second)
                    .collect();
                for level in [first, second] {
                    let events: Vec<bool> = rows.iter().map(|row| self.classes.class[*row] == level).collect();
                    mean.add(&rows, &events, &self.placed(level, &rows, &events)?);
                }
            }
        }
        Ok(mean.mean())
    }

    /// One class against all others.
    ///
    /// # Errors
    /// As [`Ranked::pairs`].
    pub fn against_rest(&self, level: usize) -> Result<MeanArea, NotEstimable> {
        self.complete()?;
        let rows: Vec<usize> = (0..self.classes.len()).collect();
        let events = self.classes.of(level);
        let mut one = MeanArea::nothing(rows.len());
        one.add(&rows, &events, &self.placed(level, &rows, &events)?);
        Ok(one)
    }

    /// The mean of all classes, each against the rest.
    ///
    /// # Errors
    /// As [`Ranked::pairs`].
    pub fn one_vs_rest(&self) -> Result<MeanArea, NotEstimable> {
        self.complete()?;
        let rows: Vec<usize> = (0..self.classes.len()).collect();
        let mut mean = MeanArea::nothing(rows.len());
        for level in 0..self.classes.levels.len() {
            let events = self.classes.of(level);
            mean.add(&rows, &events, &self.placed(level, &rows, &events)?);
        }
        Ok(mean.mean())
    }
}
