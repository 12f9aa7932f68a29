//! Radiomics: `features ... from images`, with its clauses as checked settings and as the protocol of
//! the engine. `extraction_clauses` reads the clauses.

use serde_json::{Value as Json, json};

use crate::imaging::Interpolation;
use crate::plan::node::{Extraction, Operation, Spelt};
use crate::plan::{NodeId, Provenance};
use crate::radiomics::ibsi::{Aggregation, Family, IbsiSettings, VolumeHistogram};
use crate::radiomics::settings::{Caution, ClassChoice, ImageChoice, Normalisation, Resampling, ResegmentationMode};
use crate::radiomics::{Discretisation, Filter, Label, Protocol, Settings, read_parameters};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Line, Preposition};

use super::checker::{BlockAbout, Checker, Symbol, listed, name_of, phrase, spelt};
use super::extraction_clauses::{Steps, first_word};
use super::fault::{Fault, NearestOf};
use super::tables::literal_number;

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
        let tables: Vec<NodeId> = self.all("table").into_iter().filter_map(|(_, symbol)| symbol.node()).collect();
        let mut settings: Vec<(String, Json)> = Vec::new();
        // The convention says which classes there are, wherever it stands.
        let ibsi = |clause: &Line| clause.keyword() == "convention" && first_word(clause).as_deref() == Some("ibsi");
        let mut steps = Steps { ibsi: declaration.clauses.iter().any(ibsi), ..Steps::default() };
        let (mut keep, mut label, mut file) = (Vec::new(), None, None);
        for clause in &declaration.clauses {
            let value = match clause.keyword() {
                "resample" => self.resample(clause, &mut steps),
                "resegment" => self.resegment(clause, &mut steps),
                "normalize" => {
                    let to = clause.after(Preposition::To).first().and_then(literal_number).unwrap_or(1.0);
                    steps.normalise = Some((to, clause.span));
                    if to > 0.0 {
                        Some(json!({ "scale": to }))
                    } else {
                        self.tell(
                            Fault::error(
                                "range::scale",
                                clause.span,
                                "the scale of normalised intensities is positive",
                            )
                            .label("no scale"),
                        );
                        None
                    }
                }
                "discretize" => self.discretize(clause, &mut steps),
                "filter" => self.filters(clause, &mut steps),
                "classes" => self.classes(clause, &mut steps),
                "convention" => Some(json!(first_word(clause))),
                "aggregate" => {
                    let words: Vec<String> = clause.list.iter().filter_map(name_of).map(|(word, _)| word).collect();
                    steps.aggregation =
                        Aggregation::ALL.into_iter().filter(|of| words.iter().any(|w| w == of.name())).collect();
                    steps.aggregated = Some(clause.span);
                    Some(json!(words))
                }
                "mismatch" => {
                    steps.mismatch = first_word(clause).as_deref() == Some("resample");
                    Some(json!(first_word(clause)))
                }
                "settings" => match self.parameter_file(clause) {
                    Some((path, read)) => {
                        file = Some((read, clause.span));
                        Some(json!(path))
                    }
                    None => None,
                },
                "label" => match self.label(clause) {
                    Some(given) => {
                        label = Some(given);
                        continue;
                    }
                    None => None,
                },
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
                Some(value) => settings.push((clause.keyword().to_owned(), value)),
                None => faulty = true,
            }
        }
        if faulty {
            return None;
        }
        let mut defaults = Vec::new();
        let protocol = match file {
            Some((read, span)) => {
                if let Some((other, _)) = settings.iter().find(|(keyword, _)| keyword != "settings") {
                    self.tell(
                        Fault::error(
                            "setting::file",
                            span,
                            format!("a parameter file and `{other}` say the same thing"),
                        )
                        .label("beside other settings")
                        .help("put all into the file, or all into the study"),
                    );
                    return None;
                }
                Protocol::Pyradiomics(read)
            }
            None if steps.ibsi => self.ibsi(&steps, declaration, &mut defaults)?,
            None => {
                if let Some(span) = steps.aggregated {
                    self.tell(
                        Fault::error(
                            "kind::convention",
                            span,
                            "the convention `pyradiomics` has textures in space, or flat by its parameter file",
                        )
                        .label("not in this convention")
                        .help("add `convention ibsi`, or give `settings \"params.yaml\"` with `force2D: true`"),
                    );
                    return None;
                }
                Protocol::Pyradiomics(pyradiomics(&steps, &mut defaults))
            }
        };
        if !protocol.corrects_mask() {
            defaults.push(spelt("a mask on another grid than its image", "the patient cannot be measured"));
        }
        if let Protocol::Pyradiomics(settings) = &protocol {
            self.cautions(settings, &steps, declaration)?;
        }
        if let Some((reader, _)) = masks.first() {
            defaults.push(spelt("mask", reader.clone()));
        }
        let label = label.unwrap_or_else(|| {
            defaults.push(spelt("label", protocol.label().to_string()));
            Label::Number(protocol.label())
        });
        let strict =
            listed(declaration, "failures").first().and_then(|expr| name_of(expr)).is_some_and(|(w, _)| w == "stop");
        if !strict {
            defaults.push(spelt("patients who cannot be measured", "missing values, told and counted"));
        }
        let slices = declaration.clauses.iter().any(|clause| clause.keyword() == "show");
        let inputs = std::iter::once(images).chain(tables.iter().copied()).collect();
        let id = self.add(
            declaration,
            format!("features {name}"),
            Operation::Extraction(Extraction {
                images,
                tables,
                phases,
                label,
                settings,
                protocol,
                keep,
                strict,
                slices,
            }),
            inputs,
            Provenance::default(),
            defaults,
        );
        self.blocks.insert(id, BlockAbout::default());
        Some(Symbol::Block(id))
    }

    fn parameter_file(&mut self, clause: &Line) -> Option<(String, Settings)> {
        let expr = self.resolved(clause.list.first()?);
        let ExprKind::Text(path) = &expr.kind else {
            self.tell(Fault::error("kind::path", expr.span, "a file's name stands in quotes").label("not a file name"));
            return None;
        };
        let read = match self.world.read(path) {
            Ok(bytes) => read_parameters(&String::from_utf8_lossy(&bytes)).map_err(|fault| fault.to_string()),
            Err(reason) => Err(reason),
        };
        match read {
            Ok(settings) => Some((path.clone(), settings)),
            Err(reason) => {
                self.tell(
                    Fault::error(
                        "setting::file",
                        expr.span,
                        format!("the parameter file `{path}` cannot be taken: {reason}"),
                    )
                    .label("not taken"),
                );
                None
            }
        }
    }

    /// Settings that leave no texture to measure.
    fn cautions(&mut self, settings: &Settings, steps: &Steps, declaration: &Declaration) -> Option<()> {
        for caution in settings.cautions() {
            let Caution::TextureDestroyed { scale, width } = caution else { continue };
            let span = match (&steps.discretisation, &steps.normalise) {
                (Some((_, span)), _) | (None, Some((_, span))) => *span,
                (None, None) => declaration.head.span,
            };
            let message = format!(
                "after normalising to a standard deviation of {scale}, bins of width {width} leave {} grey levels",
                if width >= 2.0 * scale { "one or two" } else { "hardly a handful of" }
            );
            let fault = if width >= 2.0 * scale {
                Fault::error("vacuous::grey-levels", span, message)
            } else {
                Fault::warning("vacuous::grey-levels", span, message)
            };
            let stops = fault.is_error();
            self.tell(
                fault
                    .label("destroys the texture")
                    .help("normalise to a larger scale, take narrower bins, or `discretize to 32 bins`"),
            );
            if stops {
                return None;
            }
        }
        Some(())
    }

    /// The steps by the convention of IBSI.
    fn ibsi(&mut self, steps: &Steps, declaration: &Declaration, defaults: &mut Vec<Spelt>) -> Option<Protocol> {
        if let Some((_, span)) = steps.normalise {
            self.tell(
                Fault::error("kind::convention", span, "the convention `ibsi` has no normalisation of intensities")
                    .label("not in this convention")
                    .help("leave it away, or measure it in a block of its own with `convention pyradiomics`"),
            );
            return None;
        }
        let range = steps.resegment.filter(|how| how.mode == ResegmentationMode::Absolute);
        let range = range.map(|how| (how.low, how.high.unwrap_or(f64::INFINITY)));
        let discretisation = match (&steps.discretisation, range) {
            (Some((Discretisation::Count(count), _)), _) => Discretisation::Number(*count),
            (Some((Discretisation::Width(width), _)), Some((lowest, _))) => {
                Discretisation::SizeFrom { width: *width, lowest }
            }
            (Some((_, span)), _) => {
                self.tell(
                    Fault::error(
                        "kind::convention",
                        *span,
                        "bins of one width start at the lowest intensity that is kept",
                    )
                    .label("starting where?")
                    .help("add the range: `resegment to -500 .. 400`"),
                );
                return None;
            }
            (None, _) => {
                self.tell(
                    Fault::error(
                        "kind::discretisation",
                        declaration.head.span,
                        "the convention `ibsi` has no discretisation by default",
                    )
                    .label("no `discretize`")
                    .help("add `discretize to 32 bins`"),
                );
                return None;
            }
        };
        let interpolation = steps.interpolation.unwrap_or(Interpolation::Linear);
        if steps.spacing.is_none() {
            defaults.push(spelt("resampling", "none: the voxels as they are"));
        } else {
            if steps.interpolation.is_none() {
                defaults.push(spelt("interpolation", "linear"));
            }
            defaults.push(spelt("intensities", "rounded to whole units after interpolation"));
        }
        let mut aggregation = steps.aggregation.clone();
        if aggregation.is_empty() {
            defaults.push(spelt("aggregation", "textures in space, by direction and merged"));
            aggregation.push(Aggregation::Volume);
        }
        let mut families = steps.families.clone();
        if families.is_empty() {
            let names: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
            defaults.push(spelt("classes", names.join(", ")));
            families.extend(Family::ALL);
        }
        let mut filters: Vec<Filter> = steps.filters.iter().map(|(filter, _)| filter.clone()).collect();
        if filters.is_empty() {
            defaults.push(spelt("filters", "original"));
            filters.push(Filter::Original);
        }
        defaults.push(spelt("intensity-volume histogram", "bins of one unit; of a filter's response 1000 bins"));
        Some(Protocol::Ibsi(IbsiSettings {
            label: 1,
            spacing: steps.spacing,
            interpolation,
            round: steps.spacing.is_some(),
            range,
            outliers: steps.resegment.filter(|how| how.mode == ResegmentationMode::Sigma).and_then(|how| how.high),
            discretisation,
            volume_histogram: VolumeHistogram::Units,
            aggregation,
            families,
            filters,
            correct_mask: steps.mismatch,
        }))
    }

    /// What stands after a preposition somewhere in the declaration, with parameters replaced.
    pub(super) fn asked(&mut self, declaration: &Declaration, preposition: Preposition) -> Vec<Expr> {
        match phrase(declaration, preposition) {
            Some((list, _)) => list.iter().map(|expr| self.resolved(expr)).collect(),
            None => Vec::new(),
        }
    }
}

/// The steps by the convention of PyRadiomics.
fn pyradiomics(steps: &Steps, defaults: &mut Vec<Spelt>) -> Settings {
    let mut settings = Settings::default();
    match steps.spacing {
        Some(spacing) => {
            if steps.interpolation.is_none() {
                defaults.push(spelt("interpolation", "cubic B-spline; masks to the nearest voxel"));
            }
            let interpolation = steps.interpolation.unwrap_or(Interpolation::BSpline);
            settings.resampling = Some(Resampling { spacing, interpolation });
        }
        None => defaults.push(spelt("resampling", "none: the voxels as they are")),
    }
    match steps.normalise {
        Some((scale, _)) => settings.normalisation = Some(Normalisation { scale, outliers: None }),
        None => defaults.push(spelt("normalisation", "none")),
    }
    settings.correct_mask = steps.mismatch;
    settings.resegmentation = steps.resegment;
    let discretisation = match &steps.discretisation {
        Some((how, _)) => *how,
        None => {
            defaults.push(spelt("discretisation", "bins of width 25"));
            Discretisation::Width(25.0)
        }
    };
    let mut filters: Vec<Filter> = steps.filters.iter().map(|(filter, _)| filter.clone()).collect();
    if filters.is_empty() {
        defaults.push(spelt("filters", "original"));
        filters.push(Filter::Original);
    }
    settings.images =
        filters.into_iter().map(|filter| ImageChoice { discretisation, ..ImageChoice::new(filter) }).collect();
    if steps.classes.is_empty() {
        let names: Vec<&str> = settings.classes.iter().map(|choice| choice.class.name()).collect();
        defaults.push(spelt("classes", names.join(", ")));
    } else {
        settings.classes =
            steps.classes.iter().map(|class| ClassChoice { class: *class, features: Vec::new() }).collect();
    }
    defaults.push(spelt("convention", "pyradiomics"));
    settings
}
