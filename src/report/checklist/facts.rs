//! What plan and run can say to an item, each fact in one place. Items of several guidelines that
//! ask for the same thing share its answer.

use crate::card::EndpointKind;
use crate::learn::recipe::{Recipe, Resampling};
use crate::plan::node::{Evaluate, Infer, Model, Operation};
use crate::plan::{Node, Plan, Rows};
use crate::report::answers::{anchor, tells};
use crate::report::escape::{code, html, listed};
use crate::report::methods::{Section, bare, kind};
use crate::run::results::{Cell, Kind};
use crate::run::{Answer, EstimateRecord, Results};

use super::Filled::{self, Absent, Author, Part, Told};

/// Plan and results as the items ask for them.
pub struct Facts<'a> {
    pub plan: &'a Plan,
    pub results: &'a Results,
    methods: Vec<(&'a str, &'a str)>,
}

impl<'a> Facts<'a> {
    pub fn new(plan: &'a Plan, results: &'a Results, methods: &'a [Section]) -> Self {
        Facts { plan, results, methods: methods.iter().map(|section| (section.id, section.title)).collect() }
    }

    /// A link to a part of Methods, if there is one.
    pub fn methods(&self, id: &str) -> Option<String> {
        let (id, title) = self.methods.iter().find(|(known, _)| *known == id)?;
        Some(format!("<a href=\"#{id}\">Methods, {}</a>", html(title)))
    }

    pub fn nodes(&self, is: impl Fn(&Operation) -> bool) -> Vec<&'a Node> {
        self.plan.nodes().iter().filter(|node| is(&node.operation)).collect()
    }

    /// The answers that some nodes have in this run.
    pub fn answers(&self, is: impl Fn(&Operation) -> bool) -> Vec<&'a Answer> {
        let nodes = self.nodes(is);
        self.results
            .answers
            .iter()
            .filter(|answer| tells(answer) && nodes.iter().any(|node| node.name == answer.declaration))
            .collect()
    }

    /// Links to answers; `None` where there are none.
    pub fn links(&self, answers: &[&Answer]) -> Option<String> {
        let links: Vec<String> = answers
            .iter()
            .map(|answer| format!("<a href=\"#{}\">{}</a>", anchor(&answer.declaration), html(&answer.declaration)))
            .collect();
        (!links.is_empty()).then(|| format!("Results, {}", listed(&links)))
    }

    fn answered(&self, is: impl Fn(&Operation) -> bool) -> Option<String> {
        self.links(&self.answers(is))
    }

    /// Answers that hold a table of this name.
    fn with_table(&self, name: &str) -> Vec<&'a Answer> {
        self.results.answers.iter().filter(|answer| answer.tables.iter().any(|table| table.name == name)).collect()
    }

    /// Declared models with their names, comparators apart.
    pub fn models(&self) -> Vec<(&'a Node, &'a Model)> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Model(model) => Some((node, model)),
                _ => None,
            })
            .collect()
    }

    fn evaluations(&self) -> Vec<&'a Evaluate> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Evaluate(evaluate) => Some(evaluate),
                _ => None,
            })
            .collect()
    }

    fn inferences(&self) -> Vec<&'a Infer> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Infer(infer) => Some(infer),
                _ => None,
            })
            .collect()
    }

    /// Estimates of how a model predicts.
    fn judged(&self) -> Vec<&'a EstimateRecord> {
        self.results.estimates().filter(|estimate| estimate.kind != Kind::Descriptive).collect()
    }

    fn names(nodes: &[&Node]) -> String {
        listed(&nodes.iter().map(|node| code(bare(&node.name))).collect::<Vec<_>>())
    }

    // What several guidelines ask for.

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

    pub fn flow(&self) -> Filled {
        match self.answered(|operation| matches!(operation, Operation::Flow(_))) {
            Some(at) => Told(format!("{at}: n at each step with its reason.")),
            None => Author("the study asks for no `flow`; report the numbers at each stage"),
        }
    }

    pub fn characteristics(&self) -> Filled {
        match self.links(&self.with_table("table-1")) {
            Some(at) => Told(format!("{at}: characteristics with missing values counted.")),
            None => Author("the study asks for no table of characteristics (`describe`)"),
        }
    }

    pub fn follow_up(&self) -> Filled {
        match self.links(&self.with_table("follow_up")) {
            Some(at) => Told(format!("{at}: median follow-up.")),
            None => Author("the study does not ask for follow-up (`describe ... show follow_up`)"),
        }
    }

    /// Flow together with events and follow-up.
    pub fn flow_with_outcome(&self) -> Filled {
        match (self.flow(), self.links(&self.with_table("response_rates")), self.follow_up()) {
            (Told(flow), Some(rates), _) => Told(format!("{flow} {rates}: rates of events.")),
            (Told(flow), None, Told(follow_up)) => Told(format!("{flow} {follow_up}")),
            (Told(flow), None, _) => Part(flow, "numbers with and without the outcome, and follow-up"),
            (other, ..) => other,
        }
    }

    pub fn compared_with_development(&self) -> Filled {
        let parts = self.answers(|operation| {
            matches!(operation, Operation::Describe(describe) if matches!(describe.by, Some(crate::plan::node::Grouping::Parts(_))))
        });
        match self.links(&parts) {
            Some(at) => Told(format!("{at}: characteristics by part.")),
            None => {
                let outside =
                    self.judged().iter().any(|estimate| matches!(estimate.kind, Kind::External | Kind::HeldOut));
                if outside {
                    Author("describe the parts side by side (`describe ... by` the split)")
                } else {
                    Absent("No evaluation on other patients than those of the development.".to_owned())
                }
            }
        }
    }

    pub fn numbers_analysed(&self) -> Filled {
        let fits = self.answers(|operation| matches!(operation, Operation::Model(_)));
        let judged = self.answers(|operation| matches!(operation, Operation::Evaluate(_) | Operation::Infer(_)));
        let both: Vec<&Answer> = fits.into_iter().chain(judged).collect();
        match self.links(&both) {
            Some(at) => Told(format!("{at}: patients and events of each fit and estimate.")),
            None => Author("give patients and events of each analysis"),
        }
    }

    pub fn specification(&self) -> Filled {
        let with_terms: Vec<&Answer> = self
            .answers(|operation| matches!(operation, Operation::Model(_)))
            .into_iter()
            .filter(|answer| answer.tables.iter().any(|table| table.name == "terms"))
            .collect();
        match (self.links(&with_terms), self.models().is_empty()) {
            (Some(at), _) => Part(
                format!("{at}: what the fitted models hold."),
                "where the fitted model can be had, and under what restrictions",
            ),
            (None, false) => Author("share the fitted model"),
            (None, true) => Absent("The study develops no prediction model.".to_owned()),
        }
    }

    pub fn performance(&self) -> Filled {
        let judged = self.judged();
        if judged.is_empty() {
            return Absent("No model was evaluated.".to_owned());
        }
        let with = judged.iter().filter(|estimate| estimate.lower.is_some()).count();
        match self.answered(|operation| matches!(operation, Operation::Evaluate(_))) {
            Some(at) => Told(format!("{at}: {} estimates, {with} with an interval.", judged.len())),
            None => Author("report the performance"),
        }
    }

    pub fn intervals(&self) -> Filled {
        let all: Vec<&EstimateRecord> = self.results.estimates().collect();
        let with = all.iter().filter(|estimate| estimate.lower.is_some()).count();
        if with == 0 {
            return Author("the run holds no interval");
        }
        let at = self.methods("methods-evaluation").or_else(|| self.methods("methods-analysis"));
        let software = self.methods("methods-software").unwrap_or_default();
        Told(format!(
            "{}: {}% confidence intervals ({with} of {} estimates; the others say why not).",
            [at.unwrap_or_default(), software]
                .into_iter()
                .filter(|link| !link.is_empty())
                .collect::<Vec<_>>()
                .join("; "),
            crate::report::methods::percent(self.results.study.level),
            all.len()
        ))
    }

    pub fn comparisons(&self) -> Filled {
        let tested: Vec<&Answer> = self
            .results
            .answers
            .iter()
            .filter(|answer| answer.estimates.iter().any(|estimate| estimate.metric.starts_with("difference in")))
            .collect();
        match self.links(&tested) {
            Some(at) => Told(format!("{at}: paired differences with their interval and p value.")),
            None => Absent("No models were compared by a test.".to_owned()),
        }
    }

    pub fn subgroups(&self) -> Filled {
        match self
            .answered(|operation| matches!(operation, Operation::Stratify(stratify) if !stratify.within.is_empty()))
        {
            Some(at) => Told(format!("{at}: subgroups with tests of interaction.")),
            None => Absent("No subgroups were analysed.".to_owned()),
        }
    }

    pub fn confounders(&self) -> Filled {
        let adjusted = self.plan.nodes().iter().any(|node| match &node.operation {
            Operation::Infer(infer) => infer.formula.terms.len() + infer.formula.strata.len() > 1,
            Operation::Stratify(stratify) => !stratify.adjust_for.is_empty(),
            _ => false,
        });
        match (adjusted, self.methods("methods-analysis")) {
            (true, Some(at)) => Part(format!("{at}: what estimates are adjusted for."), "why these variables"),
            _ => Author("say how confounding was handled; the plan adjusts for nothing"),
        }
    }

    pub fn explained(&self) -> Filled {
        match self.answered(|operation| matches!(operation, Operation::Explain(_))) {
            Some(at) => Told(format!("{at}.")),
            None => Absent("Predictions were not explained.".to_owned()),
        }
    }

    pub fn data(&self) -> Filled {
        Part(
            "<a href=\"#reproducibility\">Reproducibility</a>: hashes of the tables that were analysed.".to_owned(),
            "where the data can be had",
        )
    }

    pub fn code(&self) -> Filled {
        Part(
            "<a href=\"#study\">Study</a> and <a href=\"#reproducibility\">Reproducibility</a>: the text of the study is \
             the whole of the analysis code; version and seed are given."
                .to_owned(),
            "where the study can be had",
        )
    }

    /// Whether features are extracted within the study.
    pub fn extracts(&self) -> bool {
        !self.nodes(|operation| matches!(operation, Operation::Extraction(_))).is_empty()
    }

    /// What is said of the extraction, where the study holds one.
    pub fn extraction(&self, what: &str, else_author: &'static str) -> Filled {
        match (self.extracts(), self.methods("methods-predictors")) {
            (true, Some(at)) => Told(format!("{at}: {}.", html(what))),
            _ => Author(else_author),
        }
    }

    /// Blocks apart and together, compared.
    pub fn blocks_compared(&self) -> Filled {
        let several = self.models().iter().any(|(_, model)| model.blocks.len() > 1);
        let against = self.evaluations().iter().any(|evaluate| !evaluate.against.is_empty());
        let answers = self
            .answers(|operation| matches!(operation, Operation::Evaluate(evaluate) if !evaluate.against.is_empty()));
        match (several && against, self.links(&answers)) {
            (true, Some(at)) => Part(
                format!("{at}: models of single blocks and of several are compared on the same patients."),
                "which blocks are radiomic, clinical, combined",
            ),
            _ => Absent("No models of different blocks were compared.".to_owned()),
        }
    }

    /// Tables that say how often features were selected, or what each step kept.
    pub fn selection(&self) -> Filled {
        let mut answers = self.with_table("selection");
        for answer in self.with_table("preparation") {
            if !answers.iter().any(|known| known.declaration == answer.declaration) {
                answers.push(answer);
            }
        }
        match self.links(&answers) {
            Some(at) => Told(format!("{at}: features before and after each step, and how often they were kept.")),
            None => Author("report what was selected, and how reproducible it is"),
        }
    }

    /// Evaluation by kind of evidence.
    pub fn testing(&self) -> Filled {
        let mut kinds: Vec<&str> = self.judged().iter().map(|estimate| estimate.kind.words()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        match (kinds.is_empty(), self.methods("methods-evaluation")) {
            (false, Some(at)) => Told(format!("{at}: {}.", listed(&kinds))),
            _ => Absent("No model was evaluated.".to_owned()),
        }
    }

    pub fn quality_checks(&self) -> Filled {
        let mut said = vec!["<a href=\"#cautions\">Cautions</a>: notices of the data"];
        let dictionary = self.nodes(
            |operation| matches!(operation, Operation::Table(table) if !table.dictionary.columns.is_empty() && table.path.is_some()),
        );
        if !dictionary.is_empty() {
            said.push("types, units, levels and ranges were held against the schema");
        }
        let at = self.methods("methods-models").map_or(String::new(), |at| format!("{at}; "));
        Part(format!("{at}{}.", said.join("; ")), "whether this was alike across sociodemographic groups")
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
