//! Procedures of inference over a formula, one file each: the card and what shape of question it
//! takes. The runner dispatches on the card's name. Registering one is one line below.
//!
//! May import: `card`. Deliberately absent: the computation, which is the engines'.

mod bland_altman;
mod cif;
mod cox;
mod finegray;
mod icc;
mod kappa;
mod km;
mod linear;
mod logistic;
mod rmst;
mod roc;
mod sample_size;

use crate::card::{Card, Domain, Initial, Parameter};

/// A procedure with the shape of the question that it answers.
#[derive(Debug)]
pub struct Procedure {
    pub card: &'static Card,
    pub left: Left,
    pub right: Right,
    /// Names of other endpoints or conditions as `competing = death`.
    pub competing: bool,
    /// Takes a column of case weights as `weights = w`.
    pub weights: bool,
    /// Groups are compared within the levels of `strata(x)`; regressions always take it.
    pub strata: bool,
}

/// What stands left of `~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// A declared endpoint of a kind that the card serves.
    Endpoint,
    /// A number of each row, or a continuous endpoint.
    Number,
    /// Whatever a reader writes down: a number or a level.
    Reading,
}

/// What stands right of `~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Terms of a regression: interactions, splines, strata, `each`.
    Terms,
    /// Groups alone; `1` asks for everybody together.
    Groups,
    /// Markers: one or `each` of several.
    Markers,
    /// No formula: the endpoint is the one argument.
    None,
}

/// Every procedure, in alphabetical order.
pub fn all() -> &'static [&'static Procedure] {
    static PROCEDURES: &[&Procedure] = &[
        &bland_altman::PROCEDURE,
        &cif::PROCEDURE,
        &cox::PROCEDURE,
        &finegray::PROCEDURE,
        &icc::PROCEDURE,
        &kappa::PROCEDURE,
        &km::PROCEDURE,
        &linear::PROCEDURE,
        &logistic::PROCEDURE,
        &rmst::PROCEDURE,
        &roc::PROCEDURE,
        &sample_size::PROCEDURE,
    ];
    PROCEDURES
}

const LEVEL: Parameter = Parameter {
    name: "level",
    domain: Domain::RealOpen { low: 0.0, high: 1.0 },
    default: Initial::Real(0.95),
    summary: "Coverage of the intervals.",
};

const LANDMARK: Parameter = Parameter {
    name: "landmark",
    domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
    default: Initial::Derived("time zero of the endpoint"),
    summary: "Follow-up starts here, in days; who had the event or left before is not counted.",
};

const IMPUTATIONS: Parameter = Parameter {
    name: "imputations",
    domain: Domain::Integer { low: 2, high: 1000 },
    default: Initial::Derived("rows with a missing value are left out"),
    summary: "Completed copies of the data by chained equations, estimates pooled by Rubin's rules.",
};

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_in_order_and_examples_use_them() {
        let names: Vec<&str> = super::all().iter().map(|procedure| procedure.card.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for procedure in super::all() {
            assert!(procedure.card.example.contains(procedure.card.name), "{}", procedure.card.name);
        }
    }
}
