//! `keep where ICC(2, 1) > 0.75 between reader_1, reader_2`: which features stay, by their agreement.

use crate::card::Settings;
use crate::plan::node::{Agreement, Keep};
use crate::radiomics::{Perturbation, perturb};
use crate::stats::icc::IccKind;
use crate::syntax::ast::{Argument, Binary, Expr, ExprKind, Line, Preposition, Word};

use super::checker::{Checker, name_of};
use super::fault::{Fault, NearestOf};
use super::features::{calls, one_of_words};
use super::registry;
use super::tables::literal_number;

/// Stands for every perturbation with its defaults.
const ALL: &str = "perturbations";

impl Checker<'_> {
    /// `keep where ICC(2, 1) > 0.75 between reader_1, reader_2`.
    pub(super) fn keep(&mut self, clause: &Line, masks: &[(String, String)]) -> Option<Keep> {
        let expr = clause.after(Preposition::Where).first().or(clause.list.first());
        let Some(expr) = expr else {
            self.tell(
                Fault::error("kind::keep", clause.span, "`keep` does not say which features").label("keep which?"),
            );
            return None;
        };
        let mut words = Vec::new();
        calls(expr, &mut words);
        if let Some(step) = registry::steps().find(|step| words.iter().any(|word| word == step.card().name)) {
            let name = step.card().name;
            let outcome = if step.sees_outcome() { " and sees their outcomes" } else { "" };
            self.tell(
                Fault::error(
                    "leak::selection-before-split",
                    expr.span,
                    format!(
                        "`{name}` would be fitted on every row before the split, the test rows among them{outcome}"
                    ),
                )
                .label("a fitted selection of features")
                .help(format!("make it a step of the model: `prepare ... by {name}(...)`")),
            );
            return None;
        }
        let (measure, above) = match &expr.kind {
            ExprKind::Binary { operator: Binary::Greater | Binary::GreaterOrEqual, left, right } => (left, right),
            _ => {
                self.tell(
                    Fault::error("kind::keep", expr.span, "`keep` compares an agreement of readers with a number")
                        .label("no such comparison")
                        .help("`keep where ICC(2, 1) > 0.75 between reader_1, reader_2`"),
                );
                return None;
            }
        };
        let form = self.icc_form(measure)?;
        let above_expr = self.resolved(above);
        let Some(value) = literal_number(&above_expr) else {
            self.tell(
                Fault::error("kind::keep", above.span, "an agreement is compared with a number").label("no number"),
            );
            return None;
        };
        if !(0.0..1.0).contains(&value) {
            let keeps = if value >= 1.0 { "no feature" } else { "every feature" };
            self.tell(
                Fault::error(
                    "vacuous::agreement",
                    above.span,
                    format!("an ICC lies below 1: above {value} there is {keeps}"),
                )
                .label("decides nothing")
                .help("agreement is usually wanted above 0.75"),
            );
            return None;
        }
        let between = match (clause.phrase(Preposition::Between), clause.phrase(Preposition::Over)) {
            (None, Some(over)) => Agreement::Perturbations(self.perturbations(&over.list)?),
            (Some(between), None) => Agreement::Readers(self.readers(clause, &between.list, masks)?),
            (Some(_), Some(over)) => {
                self.tell(
                    Fault::error(
                        "kind::keep",
                        over.span,
                        "agreement is between readers or over perturbations of one reader's masks",
                    )
                    .label("beside `between`")
                    .help("give each a `keep` of its own: features have to pass both"),
                );
                return None;
            }
            (None, None) => {
                self.tell(no_readers(clause));
                return None;
            }
        };
        Some(Keep { measure: form, above: value, between })
    }

    fn readers(&mut self, clause: &Line, list: &[Expr], masks: &[(String, String)]) -> Option<Vec<String>> {
        let mut readers = Vec::new();
        for reader in list {
            let Some((name, span)) = name_of(reader) else { continue };
            if masks.iter().any(|(known, _)| *known == name) {
                readers.push(name);
            } else {
                let fault =
                    Fault::error("name::unknown-reader", span, format!("there are no masks of a reader `{name}`"))
                        .label("no such reader")
                        .nearest_of(&name, masks.iter().map(|(name, _)| name.clone()));
                self.tell(fault);
                return None;
            }
        }
        if readers.len() < 2 {
            self.tell(no_readers(clause));
            return None;
        }
        Some(readers)
    }

    fn perturbations(&mut self, list: &[Expr]) -> Option<Vec<Perturbation>> {
        let mut found: Vec<Perturbation> = Vec::new();
        let mut faulty = false;
        for expr in list {
            let (word, arguments): (Word, &[Argument]) = match &expr.kind {
                ExprKind::Call { function, arguments } => (function.clone(), arguments),
                _ => match name_of(expr) {
                    Some((text, span)) => (Word { text, span }, &[]),
                    None => continue,
                },
            };
            if word.text == ALL {
                found.extend(perturb::OFFERED.iter().map(|all| (all.make)(&Settings::defaults(all.card))));
                continue;
            }
            let Some(offered) = perturb::OFFERED.iter().find(|offered| offered.card.name == word.text) else {
                let names: Vec<&str> = perturb::OFFERED.iter().map(|offered| offered.card.name).chain([ALL]).collect();
                let fault = Fault::error(
                    "name::unknown-perturbation",
                    word.span,
                    format!("masks have no perturbation `{word}`"),
                )
                .label("no such perturbation");
                self.tell(one_of_words(fault, &word.text, &names));
                faulty = true;
                continue;
            };
            match self.settings(offered.card, expr.span, arguments, &[], false) {
                Some(given) => found.push((offered.make)(&given.settings)),
                None => faulty = true,
            }
        }
        (!faulty && !found.is_empty()).then_some(found)
    }

    fn icc_form(&mut self, measure: &Expr) -> Option<IccKind> {
        if let ExprKind::Call { function, arguments } = &measure.kind
            && function.text == "ICC"
        {
            let form: Vec<String> = arguments
                .iter()
                .filter_map(|argument| match argument {
                    Argument::Data(data) => Some(self.words(data.span)),
                    _ => None,
                })
                .collect();
            let form = format!("ICC({})", form.join(","));
            if let Some(kind) = IccKind::ALL.into_iter().find(|kind| kind.name() == form) {
                return Some(kind);
            }
        }
        self.tell(
            Fault::error(
                "kind::agreement",
                measure.span,
                "agreement is an ICC: ICC(1,1), (2,1), (3,1), or (1,k), (2,k), (3,k)",
            )
            .label("no form of the ICC")
            .help("`ICC(2, 1)`"),
        );
        None
    }
}

fn no_readers(clause: &Line) -> Fault {
    Fault::error("kind::keep", clause.span, "agreement is between two readers or more, or over perturbations")
        .label("between whom?")
        .help("add `between reader_1, reader_2`, or `over perturbations` where there is no second reader")
}
