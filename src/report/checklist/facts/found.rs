//! What the run found: flow, characteristics, performance, comparisons, features.

use crate::plan::node::Operation;
use crate::report::escape::{html, listed};
use crate::run::results::Kind;
use crate::run::{Answer, EstimateRecord};

use super::Facts;
use crate::report::checklist::Filled::{self, Absent, Author, Part, Told};

impl Facts<'_> {
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
