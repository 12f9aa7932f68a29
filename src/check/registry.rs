//! What the engines offer, found by the word that a study uses. The checker knows no learner,
//! step, metric or rule by itself: everything comes from the registries' cards.

use crate::card::{Card, EndpointKind};
use crate::learn::{Learner, Step};
use crate::plan::procedures::{self, Procedure};
use crate::stats::Metric;

pub(super) fn learners() -> impl Iterator<Item = &'static dyn Learner> {
    crate::learn::learners().iter().chain(crate::survival::learners()).copied()
}

pub(super) fn steps() -> impl Iterator<Item = &'static dyn Step> {
    crate::fuse::all_steps()
}

pub(super) fn metrics() -> impl Iterator<Item = &'static dyn Metric> {
    crate::stats::metrics().iter().chain(crate::survival::metrics()).copied()
}

pub(super) fn rules() -> impl Iterator<Item = &'static Card> {
    crate::fuse::rules().iter().map(|rule| rule.card())
}

pub(super) fn procedure(name: &str) -> Option<&'static Procedure> {
    procedures::all().iter().copied().find(|procedure| procedure.card.name == name)
}

/// The thing of this name that serves the endpoint, or else the thing of this name.
pub(super) fn pick<T: Copy>(
    things: impl Iterator<Item = T>,
    card: impl Fn(&T) -> &'static Card,
    name: &str,
    kind: EndpointKind,
) -> Option<(T, bool)> {
    let mut other = None;
    for thing in things {
        let found = card(&thing);
        if found.name == name {
            if found.serves(kind) {
                return Some((thing, true));
            }
            other.get_or_insert((thing, false));
        }
    }
    other
}

/// Words after `show` in `evaluate` that are drawings or analyses rather than metrics, with the endpoints
/// that they serve.
pub(crate) const FIGURES: &[(&str, &[EndpointKind])] = &[
    ("calibration", &[EndpointKind::Binary, EndpointKind::Survival]),
    ("decision-curve", &[EndpointKind::Binary, EndpointKind::Survival]),
    ("roc", &[EndpointKind::Binary, EndpointKind::Survival]),
    ("precision-recall", &[EndpointKind::Binary]),
    ("confusion", &[EndpointKind::Binary, EndpointKind::Nominal]),
    ("scores", &[EndpointKind::Binary, EndpointKind::Survival, EndpointKind::Continuous]),
    ("NRI", &[EndpointKind::Binary]),
    ("IDI", &[EndpointKind::Binary]),
    ("Hosmer-Lemeshow", &[EndpointKind::Binary]),
];

/// Words after `show` in `describe`.
pub(crate) const DESCRIPTIONS: &[&str] = &["table", "response_rates", "follow_up", "median_survival", "missing"];

pub(crate) const ADJUSTMENTS: &[&str] = &["holm", "bonferroni", "hochberg", "BH", "BY"];

pub(crate) const CORRELATIONS: &[&str] = &["spearman", "pearson", "kendall"];

/// Methods of explanation.
pub(crate) fn explanations() -> impl Iterator<Item = &'static Card> {
    crate::explain::methods().iter().copied()
}

/// Methods of enrichment.
pub(crate) fn enrichments() -> impl Iterator<Item = &'static Card> {
    crate::omics::enrichments().iter().map(|method| method.card())
}

/// Tests of every gene.
pub(crate) fn gene_tests() -> impl Iterator<Item = &'static dyn crate::omics::method::Test> {
    crate::omics::tests().iter().copied()
}

pub(crate) const CUTS: &[&str] =
    &["median", "tertiles", "maximally_selected", "youden", "sensitivity", "specificity", "cost"];
