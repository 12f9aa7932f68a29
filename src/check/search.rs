//! `choose`, `tune` and resampling: how a model is searched for, and inside which rows.

use crate::card::EndpointKind;
use crate::learn::recipe::{Resampling, Search};
use crate::plan::Rows;
use crate::plan::node::Spelt;
use crate::syntax::ast::{Declaration, Expr, ExprKind, Line, Preposition, Span};

use super::checker::{Checker, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::model::{ModelAbout, resampling_words, visit};
use super::population::Overlap;

/// Among the settings within one standard error of the best, the simplest.
pub(crate) const ONE_STANDARD_ERROR: &str = "one-standard-error";

impl Checker<'_> {
    /// `choose by AUC over 5 folds`.
    pub(super) fn search(
        &mut self,
        declaration: &Declaration,
        keyword: &str,
        endpoint: &super::checker::EndpointAbout,
        rows: &Rows,
    ) -> Option<Search> {
        let clause = declaration.clauses.iter().find(|clause| clause.keyword() == keyword)?;
        self.fit_inside(clause, keyword, rows);
        let metric = match clause.after(Preposition::By).first().or(clause.list.first()) {
            Some(expr) => self.metric(expr, endpoint.kind, &endpoint.name).map(|metric| metric.card().name.to_owned()),
            None => {
                let span = clause.keyword.as_ref().map_or(clause.span, |word| word.span);
                self.tell(
                    Fault::error("kind::no-criterion", span, format!("`{keyword}` does not say by which criterion"))
                        .label("by what?")
                        .help(match endpoint.kind {
                            EndpointKind::Binary | EndpointKind::Nominal => "`by AUC over 5 folds`",
                            _ => "`by C-index over 5 folds`",
                        }),
                );
                None
            }
        };
        let mut one_standard_error = false;
        for rule in clause.after(Preposition::By).iter().skip(1) {
            if name_of(rule).is_some_and(|(word, _)| word == ONE_STANDARD_ERROR) {
                one_standard_error = true;
                continue;
            }
            let text = self.words(rule.span);
            let fault = Fault::error("name::unknown-choice", rule.span, format!("there is no rule `{text}` of choice"))
                .label("no such rule")
                .help(format!("`{keyword} by AUC, {ONE_STANDARD_ERROR} over 5 folds`, or one metric alone"));
            self.tell(fault);
            return None;
        }
        let (mut draws, mut drawn_badly) = (None, false);
        let over = match clause.phrase(Preposition::Over) {
            Some(phrase) => {
                let (mut folds, mut counts) = (Vec::new(), Vec::new());
                for expr in &phrase.list {
                    let is_draws = matches!(&expr.kind, ExprKind::Quantity { unit, .. } if matches!(unit.text.as_str(), "draw" | "draws"));
                    if is_draws { counts.push(expr) } else { folds.push(expr.clone()) }
                }
                for expr in counts {
                    match &expr.kind {
                        ExprKind::Quantity { value, .. }
                            if keyword == "tune" && value.fract() == 0.0 && (1.0..=1e6).contains(value) =>
                        {
                            draws = Some(*value as usize);
                        }
                        _ => {
                            drawn_badly = true;
                            let fault = Fault::error(
                                "range::folds",
                                expr.span,
                                "a whole number of points of a grid is drawn, where it is tuned",
                            );
                            self.tell(fault.label("not so").help("`tune by AUC over 5 folds, 20 draws`"));
                        }
                    }
                }
                if folds.is_empty() {
                    Some(Resampling::Folds { folds: 5, repeats: 1 })
                } else {
                    self.resampling(&folds, phrase.span)
                }
            }
            None => Some(Resampling::Folds { folds: 5, repeats: 1 }),
        };
        if drawn_badly {
            return None;
        }
        Some(Search { metric: metric?, over: over?, draws, one_standard_error })
    }

    /// Choosing, tuning and preparing happen inside the training rows; other rows are a leak.
    pub(super) fn fit_inside(&mut self, clause: &Line, what: &str, rows: &Rows) {
        for expr in clause.after(Preposition::On) {
            let Some(other) = self.rows_of(expr) else { continue };
            if other == *rows {
                continue;
            }
            let words = self.rows_words(&other);
            let fitted = self.rows_words(rows);
            let fault = if self.is_sealed(&other) || self.overlap(&other, rows) == Overlap::None {
                let code = if what == "prepare" { "leak::fitted-on-test" } else { "leak::tuning-on-external" };
                Fault::error(
                    code,
                    expr.span,
                    format!("to {what} on `{words}` uses up the rows that the model is to be judged on"),
                )
                .label("not the training rows")
            } else {
                Fault::error(
                    "leak::fitted-on-test",
                    expr.span,
                    format!("to {what} on `{words}` fits on rows beside the training rows `{fitted}`, the test rows among them"),
                )
                .label("more than the training rows")
            };
            self.tell(fault.help(format!("leave `on` away: it happens on `{fitted}`, and again inside every fold")));
        }
    }

    pub(super) fn cross_fit(
        &mut self,
        declaration: &Declaration,
        search: Option<&Search>,
        parent: Option<&ModelAbout>,
        defaults: &mut Vec<Spelt>,
    ) -> Resampling {
        if let Some(phrase) = declaration.head.phrase(Preposition::Over)
            && let Some(over) = self.resampling(&phrase.list, phrase.span)
        {
            return over;
        }
        if let Some(parent) = parent {
            return parent.cross_fit.clone();
        }
        let over = match search.map(|search| &search.over) {
            Some(over @ (Resampling::Folds { .. } | Resampling::LeaveOut { .. })) => over.clone(),
            _ => Resampling::Folds { folds: 5, repeats: 1 },
        };
        defaults.push(spelt("out-of-fold predictions", format!("over {}", resampling_words(&over))));
        over
    }

    /// `5 folds`, `5 folds, 10 repeats`, `500 bootstraps`, `leave-out centre`.
    pub(super) fn resampling(&mut self, list: &[Expr], span: Span) -> Option<Resampling> {
        let (mut folds, mut repeats, mut bootstraps) = (None, 1, None);
        for expr in list {
            let expr = &self.resolved(expr);
            match &expr.kind {
                ExprKind::Quantity { value, unit } => {
                    let whole = value.fract() == 0.0 && (1.0..=1e6).contains(value);
                    let word = unit.text.trim_end_matches('s');
                    let least = if word == "fold" { 2.0 } else { 1.0 };
                    if !whole || *value < least {
                        self.tell(
                            Fault::error("range::folds", expr.span, format!("there cannot be {value} {unit}"))
                                .label("outside its domain")
                                .help("at least 2 folds, at least 1 repeat, whole numbers"),
                        );
                        return None;
                    }
                    match word {
                        "fold" => folds = Some(*value as usize),
                        "repeat" | "time" => repeats = *value as usize,
                        "bootstrap" | "resample" => bootstraps = Some(*value as usize),
                        _ => {
                            let fault =
                                Fault::error("kind::resampling", unit.span, format!("`{unit}` is no resampling"))
                                    .label("no resampling")
                                    .nearest_of(&unit.text, ["folds", "repeats", "bootstraps"].map(str::to_owned));
                            self.tell(fault);
                            return None;
                        }
                    }
                }
                ExprKind::Qualified { word, of } if word.text == "leave-out" => {
                    let (column, span) = name_of(of)?;
                    let tables = self.all("table");
                    let known = tables.iter().filter_map(|(_, symbol)| symbol.node()).any(|id| {
                        self.tables
                            .get(&id)
                            .is_some_and(|columns| !columns.closed || columns.known.contains_key(&column))
                    });
                    if !known && !self.is_declared(&column) {
                        let candidates: Vec<String> = tables
                            .iter()
                            .filter_map(|(_, symbol)| symbol.node().and_then(|id| self.tables.get(&id)))
                            .flat_map(|columns| columns.known.keys().cloned())
                            .collect();
                        self.tell(
                            Fault::error("name::unknown-column", span, format!("no table has a column `{column}`"))
                                .label("no such column")
                                .nearest_of(&column, candidates),
                        );
                        return None;
                    }
                    return Some(Resampling::LeaveOut { column });
                }
                _ => {
                    self.tell(
                        Fault::error("kind::resampling", expr.span, "this is no resampling")
                            .label("no resampling")
                            .help("`over 5 folds`, `over 500 bootstraps`, `over leave-out centre`"),
                    );
                    return None;
                }
            }
        }
        match (folds, bootstraps) {
            (Some(folds), None) => Some(Resampling::Folds { folds, repeats }),
            (None, Some(resamples)) => Some(Resampling::Bootstraps { resamples }),
            _ => {
                self.tell(Fault::error("kind::resampling", span, "either folds or bootstraps").label("which?"));
                None
            }
        }
    }

    /// Several learners want `choose`; a grid wants `tune`.
    pub(super) fn searches(&mut self, declaration: &Declaration, context: &ModelAbout) {
        let (mut several, mut grid) = (false, None);
        visit(&context.recipe, &mut |_, candidates| {
            several |= candidates.len() > 1;
            if grid.is_none() {
                grid = candidates.iter().find(|candidate| !candidate.grid.is_empty()).map(|c| c.learner.card().name);
            }
        });
        let place = |keyword: &str| {
            declaration
                .clauses
                .iter()
                .find(|clause| clause.keyword() == keyword)
                .or_else(|| declaration.clauses.iter().find(|clause| clause.keyword() == "fuse"))
                .map_or(declaration.head.span, |clause| clause.span)
        };
        self.idle_searches(declaration, context, several, grid.is_some());
        let criterion = match context.kind {
            EndpointKind::Binary | EndpointKind::Nominal => "AUC",
            _ => "C-index",
        };
        let declared = self.errors_of(declaration);
        // `tune` alone walks the grids of all learners, and the best point says which learner.
        if several && context.choose.is_none() && context.tune.is_none() && !declared {
            self.tell(
                Fault::error("kind::no-choice", place("learn"), "several learners, and nothing says how one is chosen")
                    .label("which of them?")
                    .help(format!(
                        "add `choose by {criterion} over 5 folds`, or `tune by {criterion} over 5 folds` to tune them all"
                    )),
            );
        }
        if let (Some(learner), None, false) = (grid, &context.tune, declared) {
            self.tell(
                Fault::error(
                    "kind::no-tuning",
                    place("learn"),
                    format!("`{learner}` has a grid, and nothing says how it is tuned"),
                )
                .label("which values?")
                .help(format!("add `tune by {criterion} over 5 folds`")),
            );
        }
    }

    /// A search with a single candidate searches nothing, and the report would not tell of it.
    fn idle_searches(&mut self, declaration: &Declaration, context: &ModelAbout, several: bool, grid: bool) {
        for (keyword, idle, told) in [
            ("choose", context.choose.is_some() && !several, "there is one learner, so that nothing is chosen"),
            (
                "tune",
                context.tune.is_some() && !grid && !(several && context.choose.is_none()),
                "no learner has a setting with several values",
            ),
        ] {
            if let (true, Some(clause)) = (idle, declaration.clauses(keyword).next()) {
                let help = if keyword == "choose" {
                    "name several after `learn`, or leave `choose` away; settings are tuned by `tune`"
                } else {
                    "give a setting several values, as in `rsf(trees in (100, 500))`, or leave `tune` away"
                };
                self.tell(
                    Fault::warning("vacuous::search", clause.span, format!("`{keyword}` does nothing: {told}"))
                        .label("nothing to search")
                        .help(help),
                );
            }
        }
    }

    /// Whether a `choose` or `tune` is there, though at fault.
    pub(super) fn errors_of(&self, declaration: &Declaration) -> bool {
        self.faults.iter().any(|(_, fault)| {
            fault.is_error()
                && fault.span.source == declaration.span.source
                && declaration
                    .clauses
                    .iter()
                    .filter(|clause| matches!(clause.keyword(), "choose" | "tune"))
                    .any(|clause| clause.span.start <= fault.span.start && fault.span.end <= clause.span.end)
        })
    }
}
