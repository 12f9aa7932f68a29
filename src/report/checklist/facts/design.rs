//! How the study was done: data, participants, outcome, predictors, models and their evaluation.

use crate::card::EndpointKind;
use crate::learn::recipe::{Recipe, Resampling};
use crate::plan::Rows;
use crate::plan::node::Operation;
use crate::report::escape::html;
use crate::report::methods::kind;
use crate::run::Answer;
use crate::run::results::{Cell, Kind};

use super::Facts;
use crate::report::checklist::Filled::{self, Absent, Author, Part, Told};

impl Facts<'_> {
    pub fn data_source(&self) -> Filled {
        match self.methods("methods-data") {
            Some(at) => {
                Part(format!("{at}: files, rows, patients."), "the rationale, and how far the data are representative")
            }
            None => Author("describe the sources of data"),
        }
    }

    pub fn dates(&self) -> Filled {
        Author("give the dates of accrual and of the end of follow-up")
    }

    pub fn eligibility(&self) -> Filled {
        let stated =
            self.nodes(|operation| matches!(operation, Operation::Cohort(cohort) if !cohort.conditions.is_empty()));
        match (self.methods("methods-participants"), stated.is_empty()) {
            (Some(at), false) => Told(format!("{at}: criteria of {}.", Self::names(&stated))),
            _ => Author("the study states no criteria; say who was eligible and how patients were found"),
        }
    }

    pub fn outcome(&self) -> Filled {
        match self.methods("methods-outcomes") {
            Some(at) => Part(format!("{at}."), "why this outcome, and how and by whom it was assessed"),
            None => Author("define the outcome"),
        }
    }

    pub fn predictors(&self) -> Filled {
        match self.methods("methods-predictors") {
            Some(at) => Part(format!("{at}: blocks, columns and derived variables."), "how and when each was measured"),
            None => Author("define all predictors"),
        }
    }

    pub fn sample_size(&self) -> Filled {
        let asked: Vec<&Answer> =
            self.answers(|operation| matches!(operation, Operation::Infer(infer) if infer.procedure == "sample_size"));
        match self.links(&asked) {
            Some(at) => Part(format!("{at}."), "how the study size was arrived at"),
            None => Author("the study holds no calculation of sample size; say how its size was arrived at"),
        }
    }

    pub fn missing_data(&self) -> Filled {
        match self.methods("methods-missing") {
            Some(at) => Told(format!("{at}; counts stand beside each estimate.")),
            None => Author("say how missing data were handled"),
        }
    }

    /// Parts, folds, frozen use: what each patient was used for.
    pub fn use_of_data(&self) -> Filled {
        let splits = self.nodes(|operation| matches!(operation, Operation::Split(_)));
        let mut said = Vec::new();
        if let (false, Some(at)) = (splits.is_empty(), self.methods("methods-participants")) {
            said.push(format!("{at}: parts of {}", Self::names(&splits)));
        }
        if let (false, Some(at)) = (self.models().is_empty(), self.methods("methods-models")) {
            said.push(format!("{at}: rows of each fit and its folds"));
        }
        if let Some(at) = self.methods("methods-evaluation") {
            said.push(format!("{at}: who was predicted by what"));
        }
        if said.is_empty() { Author("say how the data were used") } else { Told(format!("{}.", said.join("; "))) }
    }

    pub fn handling(&self) -> Filled {
        match (self.models().is_empty(), self.methods("methods-models"), self.methods("methods-analysis")) {
            (false, Some(at), _) => Told(format!("{at}: steps of each block, in order, with their settings.")),
            (true, _, Some(at)) if !self.inferences().is_empty() => Told(format!("{at}: formulas.")),
            _ => Author("say how predictors were handled"),
        }
    }

    /// Steps that put features on one scale.
    pub fn scaling(&self) -> Filled {
        const SCALES: [&str; 3] = ["z-score", "min-max", "robust"];
        let mut used: Vec<&str> = Vec::new();
        for (_, model) in self.models() {
            for plan in model.design.prepare.values().flatten() {
                let name = plan.step.card().name;
                if SCALES.contains(&name) && !used.contains(&name) {
                    used.push(name);
                }
            }
        }
        match (used.is_empty(), self.models().is_empty(), self.methods("methods-models")) {
            (false, _, Some(at)) => Told(format!("{at}: {}.", html(&used.join(", ")))),
            (true, false, Some(at)) => Part(format!("{at}: the steps of each block."), "whether features were scaled"),
            _ => Author("say how features were scaled"),
        }
    }

    /// Steps after which fewer features were left.
    pub fn reduction(&self) -> Filled {
        let fewer = |answer: &&Answer| {
            answer.tables.iter().filter(|table| table.name == "preparation").any(|table| {
                let place = |name: &str| table.columns.iter().position(|column| column == name);
                let (Some(before), Some(after)) = (place("features before"), place("features after")) else {
                    return false;
                };
                table.rows.iter().any(|row| match (row.get(before), row.get(after)) {
                    (Some(Cell::Count(before)), Some(Cell::Count(after))) => after < before,
                    _ => false,
                })
            })
        };
        let answers: Vec<&Answer> = self.with_table("preparation").into_iter().filter(fewer).collect();
        match (self.links(&answers), self.methods("methods-models")) {
            (Some(at), Some(how)) => Told(format!("{how}; {at}: features before and after each step.")),
            _ if self.models().is_empty() => Author("say how the number of features was reduced"),
            _ => Absent("No step left fewer features than came in.".to_owned()),
        }
    }

    pub fn model_building(&self) -> Filled {
        match (self.models().is_empty(), self.methods("methods-models")) {
            (false, Some(at)) => Part(
                format!("{at}: preparation, learners with settings and grids, choice, tuning, fusion, folds."),
                "why these types of model",
            ),
            _ => Absent("The study develops no prediction model.".to_owned()),
        }
    }

    pub fn tuning(&self) -> Filled {
        let models = self.models();
        let searched = models.iter().any(|(_, model)| model.design.tune.is_some() || model.design.choose.is_some());
        match (models.is_empty(), self.methods("methods-models")) {
            (false, Some(at)) if searched => Told(format!("{at}: grids, metric and folds of the search.")),
            (false, Some(at)) => Told(format!("{at}: settings were fixed, nothing was tuned.")),
            _ => Absent("The study develops no prediction model.".to_owned()),
        }
    }

    pub fn choice_of_model(&self) -> Filled {
        let models = self.models();
        let chosen = models.iter().any(|(_, model)| model.design.choose.is_some());
        match (models.is_empty(), self.methods("methods-models")) {
            (false, Some(at)) if chosen => Told(format!("{at}: learners were compared by a metric over folds.")),
            (false, Some(at)) => Told(format!("{at}: the learners were fixed beforehand, none was chosen by results.")),
            _ => Absent("The study develops no prediction model.".to_owned()),
        }
    }

    pub fn clusters(&self) -> Filled {
        let over: Vec<&Answer> = self.answers(|operation| {
            matches!(operation, Operation::Evaluate(evaluate) if matches!(evaluate.over, Some(Resampling::LeaveOut { .. })))
        });
        match (self.links(&over), self.methods("methods-evaluation")) {
            (Some(_), Some(at)) => Told(format!("{at}: each level was left out in turn.")),
            _ => Absent("The plan does not study differences between clusters.".to_owned()),
        }
    }

    pub fn clusters_found(&self) -> Filled {
        match self.answered(|operation| {
            matches!(operation, Operation::Evaluate(evaluate) if matches!(evaluate.over, Some(Resampling::LeaveOut { .. })))
        }) {
            Some(at) => Told(format!("{at}.")),
            None => Absent("Differences between clusters were not studied.".to_owned()),
        }
    }

    pub fn measures(&self) -> Filled {
        let mut metrics: Vec<String> = Vec::new();
        for evaluate in self.evaluations() {
            for metric in evaluate.metrics.iter().chain(&evaluate.figures) {
                if !metrics.contains(metric) {
                    metrics.push(metric.clone());
                }
            }
        }
        match self.methods("methods-evaluation") {
            Some(at) if !metrics.is_empty() => {
                Part(format!("{at}: {}.", html(&metrics.join(", "))), "why these measures")
            }
            _ => Absent("The study evaluates no prediction model.".to_owned()),
        }
    }

    pub fn updating(&self) -> Filled {
        match (
            self.answered(|operation| matches!(operation, Operation::Recalibrate(_))),
            self.methods("methods-evaluation"),
        ) {
            (Some(_), Some(at)) => Told(format!("{at}: recalibration.")),
            _ => Absent("No model was updated.".to_owned()),
        }
    }

    pub fn updated(&self) -> Filled {
        match self.answered(|operation| matches!(operation, Operation::Recalibrate(_))) {
            Some(at) => Told(format!("{at}.")),
            None => Absent("No model was updated.".to_owned()),
        }
    }

    pub fn predictions(&self) -> Filled {
        match self.methods("methods-evaluation") {
            Some(at) => Told(format!("{at}: out of fold on the rows of the fit, frozen elsewhere.")),
            None => Absent("The study evaluates no prediction model.".to_owned()),
        }
    }

    pub fn class_imbalance(&self) -> Filled {
        let models = self.models();
        let binary = models.iter().any(|(_, model)| kind(self.plan, model.endpoint) == Some(EndpointKind::Binary));
        if !binary {
            return Absent("No model predicts classes.".to_owned());
        }
        let speaks = |name: &str| {
            let name = name.to_lowercase();
            name.contains("balance")
                || name.contains("class_weight")
                || name.contains("smote")
                || name.contains("oversample")
        };
        let mut named: Vec<String> = Vec::new();
        for (_, model) in &models {
            for plan in model.design.prepare.values().flatten() {
                if speaks(plan.step.card().name) {
                    named.push(plan.step.card().name.to_owned());
                }
            }
            named.extend(settings(&model.design.recipe).into_iter().filter(|name| speaks(name)));
        }
        match (named.is_empty(), self.methods("methods-models")) {
            (false, Some(at)) => {
                Part(format!("{at}: {}.", html(&named.join(", "))), "why, and what was recalibrated after it")
            }
            _ => Absent("No step or setting of the plan resamples or weighs classes.".to_owned()),
        }
    }

    pub fn output(&self) -> Filled {
        let kinds: Vec<EndpointKind> =
            self.models().iter().filter_map(|(_, model)| kind(self.plan, model.endpoint)).collect();
        let mut said = Vec::new();
        if kinds.contains(&EndpointKind::Binary) {
            said.push("a probability of the event for binary outcomes");
        }
        if kinds.contains(&EndpointKind::Survival) {
            said.push("a risk score, and survival curves where the learner has them, for survival outcomes");
        }
        if kinds.contains(&EndpointKind::Continuous) {
            said.push("a number for continuous outcomes");
        }
        if kinds.contains(&EndpointKind::Nominal) {
            said.push("a probability of each class for nominal outcomes");
        }
        if said.is_empty() {
            return Absent("The study develops no prediction model.".to_owned());
        }
        let models = said.join("; ");
        match self.methods("methods-groups") {
            Some(at) => Told(format!("Models give {models}. {at}: cuts and where they were taken.")),
            None => Told(format!("Models give {models}. No groups are cut from them.")),
        }
    }

    pub fn training_against_evaluation(&self) -> Filled {
        let kinds: Vec<Kind> = self.judged().iter().map(|estimate| estimate.kind).collect();
        if kinds.iter().any(|kind| matches!(kind, Kind::External | Kind::HeldOut)) {
            let parts = self.evaluations().iter().flat_map(|of| &of.on).all(|rows| matches!(rows, Rows::Part { .. }));
            match self.methods("methods-participants") {
                Some(at) if parts => Part(
                    format!(
                        "{at}: how the parts of one cohort differ; its criteria, outcomes and predictors are the same."
                    ),
                    "differences in setting",
                ),
                Some(at) => Part(format!("{at}."), "differences in setting, criteria, outcome and predictors"),
                None => Author("say how development and evaluation data differ"),
            }
        } else if kinds.is_empty() {
            Absent("No model was evaluated.".to_owned())
        } else {
            Absent("Models were evaluated on patients of the development data only, by resampling.".to_owned())
        }
    }
}

/// Names of the settings of every learner and rule.
fn settings(recipe: &Recipe) -> Vec<String> {
    match recipe {
        Recipe::Learn { candidates, .. } => candidates
            .iter()
            .flat_map(|candidate| {
                let given = candidate.settings.iter().map(|(name, _)| name.to_owned());
                given.chain(candidate.grid.iter().map(|(name, _)| (*name).to_owned())).collect::<Vec<_>>()
            })
            .collect(),
        Recipe::Late { settings: given, parts, .. } => given
            .iter()
            .map(|(name, _)| name.to_owned())
            .chain(parts.iter().flat_map(|part| self::settings(&part.recipe)))
            .collect(),
    }
}
