//! Radiomics: `features ... from images`, with its clauses as checked settings.

use serde_json::{Value as Json, json};

use crate::plan::node::{Extraction, Keep, Operation};
use crate::plan::{NodeId, Provenance};
use crate::syntax::ast::{Argument, Binary, Declaration, Expr, ExprKind, Line, Preposition, Word};

use super::checker::{BlockAbout, Checker, Symbol, listed, name_of, phrase, spelt};
use super::fault::{Fault, NearestOf};
use super::features::{calls, one_of_words};
use super::registry;
use super::tables::literal_number;
use super::units::{self, Dimension};

/// Filters of images with their settings.
const FILTERS: &[(&str, &[&str])] = &[
    ("original", &[]),
    ("LoG", &["sigma"]),
    ("wavelet", &["family", "levels"]),
    ("square", &[]),
    ("square-root", &[]),
    ("logarithm", &[]),
    ("exponential", &[]),
    ("gradient", &[]),
    ("lbp2d", &["radius", "samples"]),
    ("lbp3d", &["radius", "levels"]),
    ("mean", &["width"]),
];

impl Checker<'_> {
    pub(super) fn extraction(&mut self, declaration: &Declaration, name: &str, images: NodeId) -> Option<Symbol> {
        let Operation::Images(about) = &self.plan.node(images).operation else { return None };
        let (all_phases, masks) = (about.phases.clone(), about.masks.clone());
        let mut faulty = false;
        let mut phases = Vec::new();
        for expr in listed(declaration, "phases") {
            let Some((phase, span)) = name_of(expr) else { continue };
            if all_phases.contains(&phase) {
                phases.push(phase);
            } else {
                let fault = Fault::error("name::unknown-phase", span, format!("the images have no phase `{phase}`"))
                    .label("not among the phases")
                    .nearest_of(&phase, all_phases.clone());
                self.tell(fault);
                faulty = true;
            }
        }
        if phases.is_empty() {
            phases.clone_from(&all_phases);
        }
        if masks.is_empty() {
            self.tell(
                Fault::error(
                    "kind::no-mask",
                    declaration.head.span,
                    "radiomics is measured inside a mask, and the images have none",
                )
                .label("no mask")
                .help("add `masks reader = \"masks/{patient}.nrrd\"` to the images"),
            );
            faulty = true;
        }
        let mut settings: Vec<(String, Json)> = Vec::new();
        let mut scale = None;
        let mut width: Option<(f64, crate::syntax::ast::Span)> = None;
        let mut keep = Vec::new();
        for clause in &declaration.clauses {
            let value = match clause.keyword() {
                "resample" => self.resample(clause),
                "normalize" | "normalise" => {
                    let to = clause.after(Preposition::To).first().and_then(literal_number).unwrap_or(1.0);
                    scale = Some(to);
                    Some(json!({ "scale": to }))
                }
                "discretize" | "discretise" => self.discretize(clause, &mut width),
                "filter" => self.filters(clause),
                "classes" | "convention" => {
                    let words: Vec<String> = clause.list.iter().filter_map(name_of).map(|(word, _)| word).collect();
                    Some(json!(words))
                }
                "keep" => match self.keep(clause, &masks) {
                    Some(rule) => {
                        keep.push(rule);
                        continue;
                    }
                    None => None,
                },
                _ => continue,
            };
            match value {
                Some(value) => {
                    let keyword = clause.keyword().replace("ise", "ize");
                    settings.push((keyword, value));
                }
                None => faulty = true,
            }
        }
        if let (Some(scale), Some((width, span))) = (scale, width)
            && width >= 2.0 * scale
        {
            self.tell(
                Fault::error(
                    "vacuous::grey-levels",
                    span,
                    format!("after normalising to a standard deviation of {scale}, bins of width {width} leave one or two grey levels"),
                )
                .label("destroys the texture")
                .help("normalise to a larger scale, take narrower bins, or `discretize to 32 bins`"),
            );
        }
        if faulty {
            return None;
        }
        let has = |keyword: &str| settings.iter().any(|(known, _)| known == keyword);
        let mut defaults = Vec::new();
        if !has("resample") {
            defaults.push(spelt("resampling", "none: the voxels as they are"));
        }
        if !has("normalize") {
            defaults.push(spelt("normalisation", "none"));
        }
        if !has("discretize") {
            defaults.push(spelt("discretisation", "bins of width 25"));
        }
        if !has("filter") {
            defaults.push(spelt("filters", "original"));
        }
        if !has("classes") {
            defaults.push(spelt("classes", "shape, first order, glcm, glrlm, glszm, gldm, ngtdm"));
        }
        if !has("convention") {
            defaults.push(spelt("convention", "pyradiomics"));
        }
        if let Some((reader, _)) = masks.first() {
            defaults.push(spelt("mask", reader.clone()));
        }
        let id = self.add(
            declaration,
            format!("features {name}"),
            Operation::Extraction(Extraction { images, phases, settings, keep }),
            vec![images],
            Provenance::default(),
            defaults,
        );
        self.blocks.insert(id, BlockAbout::default());
        Some(Symbol::Block(id))
    }

    fn resample(&mut self, clause: &Line) -> Option<Json> {
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
                ExprKind::Quantity { value, .. } | ExprKind::Number(value) if *value > 0.0 => {
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
        match spacing.as_slice() {
            [one] => Some(json!({ "spacing_mm": [one, one, one] })),
            [x, y, z] => Some(json!({ "spacing_mm": [x, y, z] })),
            _ => {
                self.tell(
                    Fault::error("range::spacing", span, "one spacing for all axes, or three")
                        .label("neither one nor three"),
                );
                None
            }
        }
    }

    fn discretize(&mut self, clause: &Line, width: &mut Option<(f64, crate::syntax::ast::Span)>) -> Option<Json> {
        let expr = clause.phrases.first().and_then(|phrase| phrase.list.first()).or_else(|| clause.list.first());
        let Some(expr) = expr else {
            self.tell(
                Fault::error("kind::discretisation", clause.span, "discretisation has a number of bins or a width")
                    .label("into what?")
                    .help("`discretize to 32 bins` or `discretize by 25`"),
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
            return Some(json!({ "bins": value }));
        }
        if !is_bins && value > 0.0 {
            *width = Some((value, place));
            return Some(json!({ "width": value }));
        }
        self.tell(
            Fault::error("range::bins", place, "discretisation has 2 to 4096 bins, or a positive width")
                .label("outside its domain")
                .help("`discretize to 32 bins` or `discretize by 25`"),
        );
        None
    }

    fn filters(&mut self, clause: &Line) -> Option<Json> {
        let mut filters = Vec::new();
        let mut faulty = false;
        for expr in &clause.list {
            let (word, arguments): (Word, &[Argument]) = match &expr.kind {
                ExprKind::Call { function, arguments } => (function.clone(), arguments),
                _ => match name_of(expr) {
                    Some((text, span)) => (Word { text, span }, &[]),
                    None => continue,
                },
            };
            let Some((name, settings)) = FILTERS.iter().find(|(name, _)| *name == word.text) else {
                let names: Vec<&str> = FILTERS.iter().map(|(name, _)| *name).collect();
                let fault =
                    Fault::error("name::unknown-filter", word.span, format!("there is no image filter `{word}`"))
                        .label("no such filter");
                self.tell(one_of_words(fault, &word.text, &names));
                faulty = true;
                continue;
            };
            let mut filter = serde_json::Map::new();
            filter.insert("filter".to_owned(), json!(name));
            for argument in arguments {
                let (setting, value) = match argument {
                    Argument::Setting { name, value } | Argument::Grid { name, values: value } => (name, value),
                    Argument::Data(data) => {
                        self.tell(
                            Fault::error("setting::positional", data.span, "settings have names")
                                .label("which setting?"),
                        );
                        faulty = true;
                        continue;
                    }
                };
                if !settings.contains(&setting.text.as_str()) {
                    let fault =
                        Fault::error("setting::unknown", setting.span, format!("`{name}` has no setting `{setting}`"))
                            .label("no such setting");
                    self.tell(one_of_words(fault, &setting.text, settings));
                    faulty = true;
                    continue;
                }
                let value = self.resolved(value);
                match self.value(&value) {
                    Some(value) => {
                        let key = if setting.text == "sigma" { "sigma_mm" } else { &setting.text };
                        filter.insert(key.to_owned(), json!(value));
                    }
                    None => faulty = true,
                }
            }
            if *name == "LoG" && !filter.contains_key("sigma_mm") {
                self.tell(
                    Fault::error("setting::required", expr.span, "`LoG` needs the setting `sigma`")
                        .label("no `sigma`")
                        .help("`LoG(sigma = 4 mm)`"),
                );
                faulty = true;
            }
            filters.push(Json::Object(filter));
        }
        (!faulty).then_some(Json::Array(filters))
    }

    /// `keep where ICC(2, 1) > 0.75 between reader_1, reader_2`.
    fn keep(&mut self, clause: &Line, masks: &[(String, String)]) -> Option<Keep> {
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
        let mut readers = Vec::new();
        for reader in clause.after(Preposition::Between) {
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
            self.tell(
                Fault::error("kind::keep", clause.span, "agreement is between two readers or more")
                    .label("between whom?")
                    .help("add `between reader_1, reader_2`"),
            );
            return None;
        }
        Some(Keep { measure: form, above: value, readers })
    }

    fn icc_form(&mut self, measure: &Expr) -> Option<String> {
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
            if ["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"].contains(&form.as_str()) {
                return Some(form);
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

    /// What stands after a preposition somewhere in the declaration, with parameters replaced.
    pub(super) fn asked(&mut self, declaration: &Declaration, preposition: Preposition) -> Vec<Expr> {
        match phrase(declaration, preposition) {
            Some((list, _)) => list.iter().map(|expr| self.resolved(expr)).collect(),
            None => Vec::new(),
        }
    }
}
