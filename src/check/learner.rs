//! A learner as a study writes it: what it is given, its settings and its grid.

use crate::card::EndpointKind;
use crate::learn::Unread;
use crate::learn::recipe::{Candidate, Recipe};
use crate::plan::node::Spelt;
use crate::syntax::ast::{Argument, Expr, ExprKind, Span, Word};

use super::algebra::Blocks;
use super::checker::{Checker, EndpointAbout, name_of};
use super::fault::{Fault, NearestOf};
use super::model::ModelAbout;
use super::registry;

impl Checker<'_> {
    /// `rsf(clinical, arterial, trees = 500)`.
    pub(super) fn learned(
        &mut self,
        function: &Word,
        arguments: &[Argument],
        span: Span,
        context: &ModelAbout,
        blocks: &mut Blocks,
    ) -> Option<Recipe> {
        let endpoint = self.endpoints.get(&context.endpoint)?.clone();
        let candidate = self.candidate_of(function, arguments, span, &endpoint, context.tune.is_some());
        let mut names = Vec::new();
        let mut faulty = false;
        for argument in arguments {
            if let Argument::Data(data) = argument {
                match self.block(data, blocks) {
                    Some(name) if names.contains(&name) => {
                        self.tell(
                            Fault::warning("name::listed-twice", data.span, format!("`{name}` is given twice"))
                                .label("taken once"),
                        );
                    }
                    Some(name) => names.push(name),
                    None => faulty = true,
                }
            }
        }
        let (candidate, _) = candidate?;
        if faulty {
            return None;
        }
        if names.is_empty() {
            self.tell(
                Fault::error("kind::no-block", span, format!("`{function}` has no features to learn from"))
                    .label("learns from what?")
                    .help(format!("`{function}(clinical)`")),
            );
            return None;
        }
        Some(Recipe::Learn { blocks: names, candidates: vec![candidate] })
    }

    /// A learner in `learn`, with its settings and the grid to tune: its own default grid only where
    /// the model says how it is tuned.
    pub(super) fn candidate(
        &mut self,
        expr: &Expr,
        endpoint: &EndpointAbout,
        tuned: bool,
    ) -> Option<(Candidate, Vec<Spelt>)> {
        match &expr.kind {
            ExprKind::Call { function, arguments } => {
                self.candidate_of(function, arguments, expr.span, endpoint, tuned)
            }
            _ => match name_of(expr) {
                Some((text, span)) => self.candidate_of(&Word { text, span }, &[], expr.span, endpoint, tuned),
                None => {
                    self.tell(Fault::error("kind::learner", expr.span, "a learner is named here").label("no learner"));
                    None
                }
            },
        }
    }

    fn candidate_of(
        &mut self,
        function: &Word,
        arguments: &[Argument],
        span: Span,
        endpoint: &EndpointAbout,
        tuned: bool,
    ) -> Option<(Candidate, Vec<Spelt>)> {
        let name = &function.text;
        let picked = registry::pick(registry::learners(), |learner| learner.card(), name, endpoint.kind);
        let (learner, serves) = match picked {
            Some(found) => found,
            None => {
                self.unknown_learner(function, endpoint.kind);
                return None;
            }
        };
        if !serves {
            self.wrong_endpoint(learner.card(), function.span, endpoint, &fitting(endpoint.kind));
            return None;
        }
        let given = self.settings(learner.card(), span, arguments, &[], true)?;
        // A setting with several values is not fixed, so that it makes no other one void by its value.
        let fixed = written(arguments, false);
        let void = if given.grid.iter().any(|(setting, _)| matches!(*setting, "penalty" | "kernel")) {
            Unread::NONE
        } else {
            learner.unread(&given.settings, &written(arguments, true))
        };
        self.all_read(learner.card(), void, arguments);
        let mut grid = given.grid;
        if grid.is_empty() && tuned {
            // Its own grid, without what the study fixed and what that makes void.
            let idle = |setting: &&str| fixed.contains(setting) || void.settings.contains(setting);
            grid = learner.grid().into_iter().filter(|(setting, _)| !idle(setting)).collect();
        }
        let spelt = given
            .defaults
            .into_iter()
            .filter(|default| !grid.iter().any(|(setting, _)| *setting == default.what))
            .map(|default| Spelt { what: format!("{name}: {}", default.what), value: default.value })
            .collect();
        Some((Candidate { learner, settings: given.settings, grid }, spelt))
    }

    fn unknown_learner(&mut self, function: &Word, kind: EndpointKind) {
        let name = &function.text;
        let mut names: Vec<String> = registry::learners()
            .filter(|learner| learner.card().serves(kind))
            .map(|learner| learner.card().name.to_owned())
            .collect();
        names.dedup();
        let fault = Fault::error("name::unknown-learner", function.span, format!("there is no learner `{name}`"))
            .label("no such learner");
        let fault = if registry::steps().any(|step| step.card().name == name) {
            fault.help(format!("`{name}` is a step of a preparation: `prepare ... by {name}`"))
        } else if registry::rules().any(|card| card.name == name) {
            fault.help(format!("`{name}` fuses models: `fuse late {name}(...)`"))
        } else {
            match super::fault::nearest(name, names.clone()) {
                Some(_) => fault.nearest_of(name, names),
                None => fault.help(format!("for a {kind} endpoint there are {}", super::fault::alternatives(names))),
            }
        };
        self.tell(fault);
    }

    /// Tells that a learner, a metric or a procedure serves another kind of endpoint.
    pub(super) fn wrong_endpoint(
        &mut self,
        card: &'static crate::card::Card,
        span: Span,
        endpoint: &EndpointAbout,
        fits: &str,
    ) {
        let kinds: Vec<String> = card.endpoints.iter().map(ToString::to_string).collect();
        let (name, kind) = (&endpoint.name, endpoint.kind);
        let what = match kind {
            EndpointKind::Survival => "a censored survival",
            EndpointKind::Binary => "a binary",
            EndpointKind::Continuous => "a continuous",
            EndpointKind::Nominal => "a nominal",
        };
        self.tell(
            Fault::error(
                "kind::endpoint-kind",
                span,
                format!("`{}` is for a {} endpoint, and `{name}` is {what} one", card.name, kinds.join(" or ")),
            )
            .label(format!("`{name}` is {kind}"))
            .help(fits.to_owned()),
        );
    }
}

/// Names of the settings that arguments give, with those of several values where asked.
pub(super) fn written(arguments: &[Argument], grids: bool) -> Vec<&str> {
    let named = arguments.iter().filter_map(|argument| match argument {
        Argument::Setting { name, .. } => Some(name.text.as_str()),
        Argument::Grid { name, .. } if grids => Some(name.text.as_str()),
        _ => None,
    });
    named.collect()
}

/// What serves an endpoint instead.
fn fitting(kind: EndpointKind) -> String {
    let mut names: Vec<String> = registry::learners()
        .filter(|learner| learner.card().serves(kind))
        .map(|learner| learner.card().name.to_owned())
        .collect();
    names.dedup();
    format!("for this endpoint there are {}", super::fault::alternatives(names))
}
