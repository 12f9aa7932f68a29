//! The clauses of `features ... from images`, each read into what the extraction is made of.

use serde_json::{Value as Json, json};

use crate::imaging::Interpolation;
use crate::radiomics::ibsi::{Aggregation, Family};
use crate::radiomics::settings::{Resegmentation, ResegmentationMode};
use crate::radiomics::{Discretisation, FeatureClass, Filter, Label, filter};
use crate::syntax::ast::{Argument, ExprKind, Line, Preposition, Span, Word};

use super::checker::{Checker, name_of};
use super::fault::Fault;
use super::features::one_of_words;
use super::tables::literal_number;
use super::units::{self, Dimension};

/// The first word of a clause.
pub(super) fn first_word(clause: &Line) -> Option<String> {
    clause.list.first().and_then(name_of).map(|(word, _)| word)
}

/// What the clauses say, each where it stands.
#[derive(Default)]
pub(super) struct Steps {
    pub spacing: Option<[f64; 3]>,
    pub interpolation: Option<Interpolation>,
    pub normalise: Option<(f64, Span)>,
    pub resegment: Option<Resegmentation>,
    pub discretisation: Option<(Discretisation, Span)>,
    pub filters: Vec<(Filter, Span)>,
    pub classes: Vec<FeatureClass>,
    pub families: Vec<Family>,
    pub aggregation: Vec<Aggregation>,
    /// Where the clause stands, too.
    pub aggregated: Option<Span>,
    pub mismatch: bool,
    pub ibsi: bool,
}

impl Checker<'_> {
    pub(super) fn label(&mut self, clause: &Line) -> Option<Label> {
        let expr = self.resolved(clause.list.first()?);
        match &expr.kind {
            ExprKind::Text(name) => Some(Label::Segment(name.clone())),
            ExprKind::Number(value) if value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(value) => {
                Some(Label::Number(*value as u32))
            }
            _ => {
                self.tell(
                    Fault::error(
                        "kind::label",
                        expr.span,
                        "a label is a whole number from 1, or a segment's name in quotes",
                    )
                    .label("no label")
                    .help("`label 5` or `label \"liver\"`"),
                );
                None
            }
        }
    }

    pub(super) fn resample(&mut self, clause: &Line, steps: &mut Steps) -> Option<Json> {
        let (list, span) = clause
            .phrase(Preposition::To)
            .map(|phrase| (phrase.list.as_slice(), phrase.span))
            .unwrap_or((&clause.list, clause.span));
        let mut spacing = Vec::new();
        // `1, 1, 3 mm`: the last unit holds for all.
        let unit = list.iter().rev().find_map(|expr| match &expr.kind {
            ExprKind::Quantity { unit, .. } => Some(unit),
            _ => None,
        });
        let factor = match unit.and_then(|unit| units::parse(&unit.text)) {
            Some(unit) if unit.dimension == Dimension::Length => unit.factor,
            _ => {
                self.tell(
                    Fault::error("unit::dimension", span, "the spacing of voxels is a length")
                        .label("no length")
                        .help("`resample to 1 mm`"),
                );
                return None;
            }
        };
        for expr in list {
            match &expr.kind {
                ExprKind::Quantity { value, .. } | ExprKind::Number(value)
                    if *value > 0.0 || (*value == 0.0 && list.len() == 3) =>
                {
                    spacing.push(value * factor)
                }
                _ => {
                    self.tell(
                        Fault::error("range::spacing", expr.span, "the spacing of voxels is a positive length")
                            .label("no spacing"),
                    );
                    return None;
                }
            }
        }
        let spacing = match *spacing.as_slice() {
            [one] => [one; 3],
            [x, y, z] => [x, y, z],
            _ => {
                self.tell(
                    Fault::error("range::spacing", span, "one spacing for all axes, or three")
                        .label("neither one nor three"),
                );
                return None;
            }
        };
        let by = clause.after(Preposition::By).first().and_then(name_of).map(|(word, _)| word);
        steps.interpolation = match by.as_deref() {
            Some("linear") => Some(Interpolation::Linear),
            Some("nearest") => Some(Interpolation::Nearest),
            Some(_) => Some(Interpolation::BSpline),
            None => None,
        };
        steps.spacing = Some(spacing);
        Some(match by {
            Some(by) => json!({ "spacing_mm": spacing, "by": by }),
            None => json!({ "spacing_mm": spacing }),
        })
    }

    /// `resegment to -150 .. 250` or `resegment to 3 sigma`.
    pub(super) fn resegment(&mut self, clause: &Line, steps: &mut Steps) -> Option<Json> {
        let expr = clause.after(Preposition::To).first()?;
        let how = match &expr.kind {
            ExprKind::Range { low, high, step: None } => match (literal_number(low), literal_number(high)) {
                (Some(low), Some(high)) if low < high => {
                    Some((low, high, ResegmentationMode::Absolute, json!({ "range": [low, high] })))
                }
                _ => None,
            },
            ExprKind::Quantity { value, unit } if unit.text == "sigma" && *value > 0.0 => {
                Some((-value, *value, ResegmentationMode::Sigma, json!({ "sigma": value })))
            }
            _ => None,
        };
        let Some((low, high, mode, told)) = how else {
            self.tell(
                Fault::error(
                    "range::intensities",
                    expr.span,
                    "a region is reduced to a range of intensities, low to high",
                )
                .label("no range")
                .help("`resegment to -150 .. 250` or `resegment to 3 sigma`"),
            );
            return None;
        };
        steps.resegment = Some(Resegmentation { low, high: Some(high), mode, shape: false });
        Some(told)
    }

    pub(super) fn discretize(&mut self, clause: &Line, steps: &mut Steps) -> Option<Json> {
        let expr = clause.phrases.first().and_then(|phrase| phrase.list.first()).or_else(|| clause.list.first());
        let Some(expr) = expr else {
            self.tell(
                Fault::error("kind::discretisation", clause.span, "discretisation has a number of bins or a width")
                    .label("into what?")
                    .help("`discretize to 32 bins` or `discretize to 25`"),
            );
            return None;
        };
        let place = clause.phrases.first().map_or(expr.span, |phrase| phrase.span);
        let (value, is_bins) = match &expr.kind {
            ExprKind::Quantity { value, unit } => (*value, unit.text.starts_with("bin")),
            ExprKind::Number(value) => (*value, false),
            ExprKind::Qualified { of, .. } => (literal_number(of).unwrap_or(f64::NAN), false),
            _ => (f64::NAN, false),
        };
        if is_bins && value.fract() == 0.0 && (2.0..=4096.0).contains(&value) {
            steps.discretisation = Some((Discretisation::Count(value as usize), place));
            return Some(json!({ "bins": value }));
        }
        if !is_bins && value > 0.0 {
            steps.discretisation = Some((Discretisation::Width(value), place));
            return Some(json!({ "width": value }));
        }
        self.tell(
            Fault::error("range::bins", place, "discretisation has 2 to 4096 bins, or a positive width")
                .label("outside its domain")
                .help("`discretize to 32 bins` or `discretize to 25`"),
        );
        None
    }

    pub(super) fn filters(&mut self, clause: &Line, steps: &mut Steps) -> Option<Json> {
        let mut told = Vec::new();
        let mut faulty = false;
        for expr in &clause.list {
            let (word, arguments): (Word, &[Argument]) = match &expr.kind {
                ExprKind::Call { function, arguments } => (function.clone(), arguments),
                _ => match name_of(expr) {
                    Some((text, span)) => (Word { text, span }, &[]),
                    None => continue,
                },
            };
            let Some(offered) = filter::OFFERED.iter().find(|offered| offered.card.name == word.text) else {
                let names: Vec<&str> = filter::OFFERED.iter().map(|offered| offered.card.name).collect();
                let fault =
                    Fault::error("name::unknown-filter", word.span, format!("there is no image filter `{word}`"))
                        .label("no such filter");
                self.tell(one_of_words(fault, &word.text, &names));
                faulty = true;
                continue;
            };
            for argument in arguments {
                if let Argument::Data(data) = argument {
                    self.tell(
                        Fault::error("setting::positional", data.span, "settings have names").label("which setting?"),
                    );
                    faulty = true;
                }
            }
            let Some(given) = self.settings(offered.card, expr.span, arguments, &[], false) else {
                faulty = true;
                continue;
            };
            let made = match (offered.make)(&given.settings) {
                Ok(made) => made,
                Err(reason) => {
                    self.tell(Fault::error("setting::out-of-domain", expr.span, reason).label("not as its card says"));
                    faulty = true;
                    continue;
                }
            };
            // Features are called after the image that they are measured on.
            let same =
                |known: &Filter| *known == made || matches!((known, &made), (Filter::Wavelet(_), Filter::Wavelet(_)));
            if steps.filters.iter().any(|(known, _)| same(known)) {
                self.tell(
                    Fault::error(
                        "name::declared-twice",
                        expr.span,
                        format!("two filters `{word}` would give features of the same names"),
                    )
                    .label("already a filter")
                    .help("measure it in a block of its own"),
                );
                faulty = true;
                continue;
            }
            let mut words = serde_json::Map::new();
            words.insert("filter".to_owned(), json!(offered.card.name));
            words.extend(given.settings.iter().map(|(name, value)| (name.to_owned(), json!(value))));
            told.push(Json::Object(words));
            steps.filters.push((made, expr.span));
        }
        (!faulty).then_some(Json::Array(told))
    }

    pub(super) fn classes(&mut self, clause: &Line, steps: &mut Steps) -> Option<Json> {
        let mut faulty = false;
        let mut told = Vec::new();
        for expr in &clause.list {
            let Some((word, span)) = name_of(expr) else { continue };
            // Each convention has classes that the other has not.
            let known = match (steps.ibsi, Family::named(&word), FeatureClass::named(&word)) {
                (true, Some(family), _) => {
                    if !steps.families.contains(&family) {
                        steps.families.push(family);
                    }
                    true
                }
                (false, _, Some(class)) => {
                    if !steps.classes.contains(&class) {
                        steps.classes.push(class);
                    }
                    true
                }
                _ => false,
            };
            if known {
                told.push(word);
                continue;
            }
            let names: Vec<&str> = if steps.ibsi {
                Family::ALL.iter().map(|family| family.name()).collect()
            } else {
                FeatureClass::ALL.iter().map(|class| class.name()).collect()
            };
            let convention = if steps.ibsi { "ibsi" } else { "pyradiomics" };
            let message = format!("the convention `{convention}` has no class of features `{word}`");
            let fault = Fault::error("name::unknown-class", span, message).label("no such class");
            self.tell(one_of_words(fault, &word, &names));
            faulty = true;
        }
        (!faulty).then(|| json!(told))
    }
}
