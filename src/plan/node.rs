//! The nodes of a plan. A node is what a declaration means once every name is resolved, every
//! unit converted and every default spelt out; its parameters are plain data.

use std::fmt;

use crate::card::Settings;
use crate::frame::dictionary::Dictionary;
use crate::frame::expression::Expression;
use crate::learn::recipe::{Design, Resampling};
use crate::learn::threshold::Criterion;
use crate::radiomics::{Label, Perturbation, Protocol};
use crate::stats::icc::IccKind;
use crate::syntax::ast::Span;

use super::provenance::Provenance;

/// The place of a node in its plan. Inputs always stand before the nodes that use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One step of the plan.
#[derive(Clone)]
pub struct Node {
    pub id: NodeId,
    /// The step's own place in the study, as every report calls it: `model PRIME_R`,
    /// `evaluate PRIME_R`, `PRIME_R.clinical`. Unique in the plan: where two questions would have
    /// one name, the later takes more of its own words, or a number.
    pub name: String,
    /// What the step is called whatever else the study declares. Its random stream and its place in
    /// the store take their name from it, so that a neighbour of the same name changes no number.
    pub stem: String,
    /// `##` documentation of the declaration.
    pub documentation: String,
    pub operation: Operation,
    /// Every node that the operation reads, in the order of its fields.
    pub inputs: Vec<NodeId>,
    pub provenance: Provenance,
    /// Defaults that the study did not write, as a reviewer would ask for them.
    pub defaults: Vec<Spelt>,
    /// Leaks that the study accepted with a reason; every number below is relabelled.
    pub accepted: Vec<Acceptance>,
    pub span: Span,
}

/// A default spelt out: `ties: Efron`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelt {
    pub what: String,
    pub value: String,
}

/// `accept leak::fitted-on-test: "reason"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    pub code: String,
    pub reason: String,
}

/// What a node does.
#[derive(Clone)]
pub enum Operation {
    // Data
    Table(Table),
    Images(Images),
    Derive(Derive),
    // Population
    Cohort(Cohort),
    Split(Split),
    // What is predicted, and from what
    Endpoint(Endpoint),
    Columns(Columns),
    Extraction(Extraction),
    // Models
    Model(Model),
    Groups(Groups),
    // Questions
    Flow(Flow),
    Describe(Describe),
    Correlate(Correlate),
    Evaluate(Evaluate),
    Explain(Explain),
    Quadrants(Quadrants),
    Stratify(Stratify),
    Contrast(Contrast),
    Infer(Infer),
    Recalibrate(Recalibrate),
}

/// Rows of a table: what an operation is asked on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rows {
    /// Every row.
    Table(NodeId),
    Cohort(NodeId),
    Part {
        split: NodeId,
        part: String,
    },
}

/// One row per `key`.
#[derive(Clone)]
pub struct Table {
    /// As the study writes it, relative to the study's folder; a frame bound by this table's
    /// name takes its place.
    pub path: Option<String>,
    /// Column that identifies the patient; `None` where each row is one.
    pub key: Option<String>,
    /// Several rows a key are lawful (several lesions per patient): rows of one key are kept
    /// together in every split and fold.
    pub repeated: bool,
    /// What is said of the columns before data is read; empty where nothing is.
    pub dictionary: Dictionary,
    /// Genes by patients: an `expression` table.
    pub expression: Option<Genes>,
}

/// What is said of a table of expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Genes {
    /// `counts`, `TPM`, `log`; `None` where the values decide.
    pub scale: Option<String>,
    /// File that names the genes.
    pub names: Option<String>,
}

#[derive(Clone)]
pub struct Images {
    /// `ct/{patient}/{phase}`, relative to the study's folder.
    pub pattern: String,
    pub phases: Vec<String>,
    /// Reader and pattern, in the order of the study; the first reader's masks are extracted.
    pub masks: Vec<(String, String)>,
}

/// A column computed from the columns of one table.
#[derive(Clone)]
pub struct Derive {
    pub table: NodeId,
    pub column: String,
    pub expression: Expression,
}

#[derive(Clone)]
pub struct Cohort {
    pub table: NodeId,
    pub conditions: Vec<Condition>,
}

#[derive(Clone)]
pub struct Condition {
    /// `include` keeps the rows where it holds, `exclude` those where it does not.
    pub include: bool,
    /// Words for the flow chart.
    pub label: String,
    pub expression: Expression,
    pub missing: MissingCondition,
}

/// What becomes of a row on which a condition is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingCondition {
    /// It leaves, counted apart ("unknown").
    Leaves,
    Stays,
}

#[derive(Clone)]
pub struct Split {
    pub cohort: NodeId,
    pub parts: Vec<PartPlan>,
    /// Endpoint or columns whose shares are held equal between the parts.
    pub balance: Vec<Balance>,
    /// Parts whose outcomes are sealed: every look is counted.
    pub sealed: Vec<String>,
}

#[derive(Clone)]
pub enum Balance {
    Endpoint(NodeId),
    Column(String),
}

#[derive(Clone)]
pub struct PartPlan {
    pub name: String,
    /// Of the rows that fulfil `predicate`, in `(0, 1]`; `None` takes them all.
    pub share: Option<f64>,
    pub predicate: Option<Expression>,
}

#[derive(Clone)]
pub struct Endpoint {
    pub table: NodeId,
    pub definition: EndpointDefinition,
}

#[derive(Clone)]
pub enum EndpointDefinition {
    Binary {
        event: Expression,
    },
    /// From dates, in days.
    SurvivalDates {
        from: Expression,
        to: Expression,
        /// The earliest that is present ends follow-up of those without event.
        censor: Vec<Expression>,
    },
    /// From a duration and a flag.
    SurvivalDuration {
        time: Expression,
        event: Expression,
        unit: Option<TimeUnit>,
        /// Events that compete, in the order of their numbers (2, 3, ...).
        competing: Vec<Expression>,
        entry: Option<Expression>,
    },
    Continuous {
        value: Expression,
    },
    Nominal {
        value: Expression,
        /// Classes in the order of the dictionary; empty where the data say which there are.
        levels: Vec<String>,
    },
}

/// A month is 365.25 / 12 = 30.4375 days; the plan says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    Days,
    Weeks,
    Months,
    Years,
}

impl TimeUnit {
    pub fn days(self) -> f64 {
        match self {
            TimeUnit::Days => 1.0,
            TimeUnit::Weeks => 7.0,
            TimeUnit::Months => 365.25 / 12.0,
            TimeUnit::Years => 365.25,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Days => "days",
            TimeUnit::Weeks => "weeks",
            TimeUnit::Months => "months",
            TimeUnit::Years => "years",
        })
    }
}

/// A block of columns of a table, derived ones among them.
#[derive(Clone)]
pub struct Columns {
    pub table: NodeId,
    pub selections: Vec<Selection>,
    /// Derive nodes that the block may need.
    pub derived: Vec<NodeId>,
}

#[derive(Clone)]
pub enum Selection {
    Named(Vec<String>),
    /// A predicate over what is known of a column: `name`, `role`, `type`, `unit`. Resolved by
    /// the checker where there is a dictionary, otherwise when data is read.
    Where(Expression),
}

/// Radiomics of every phase of a set of images.
#[derive(Clone)]
pub struct Extraction {
    pub images: NodeId,
    /// Tables whose patients are measured, by their keys.
    pub tables: Vec<NodeId>,
    /// Phases taken; all unless the study says otherwise.
    pub phases: Vec<String>,
    /// Which region of the masks.
    pub label: Label,
    /// The extraction clauses as the study wrote them, by clause keyword and in order.
    pub settings: Vec<(String, serde_json::Value)>,
    /// What they mean to the engine.
    pub protocol: Protocol,
    pub keep: Vec<Keep>,
    /// Whether one patient who cannot be measured stops the study.
    pub strict: bool,
    /// Whether slices with outlines are drawn for eyes to check.
    pub slices: bool,
}

/// `keep where ICC(2, 1) > 0.75 between reader_1, reader_2`.
#[derive(Clone)]
pub struct Keep {
    pub measure: IccKind,
    pub above: f64,
    pub between: Agreement,
}

/// Readings that have to agree.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreement {
    /// Of several readers' masks.
    Readers(Vec<String>),
    /// Of the first reader's mask as it is and perturbed.
    Perturbations(Vec<Perturbation>),
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} {}", self.measure.name(), self.above, self.between)
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Agreement::Readers(readers) => write!(f, "between {}", readers.join(", ")),
            Agreement::Perturbations(perturbations) => {
                let words: Vec<String> = perturbations.iter().map(ToString::to_string).collect();
                write!(f, "over {}", words.join(", "))
            }
        }
    }
}

#[derive(Clone)]
pub struct Model {
    pub endpoint: NodeId,
    /// Name of each block and the node that measures it.
    pub blocks: Vec<(String, NodeId)>,
    pub design: Design,
    /// Rows that it is fitted on.
    pub rows: Rows,
}

/// A model, or one of its parts by name: `PRIME_R.clinical`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRef {
    pub model: NodeId,
    pub part: Option<String>,
}

/// Patients cut into groups by a model's prediction.
#[derive(Clone)]
pub struct Groups {
    pub model: ModelRef,
    pub cut: Cut,
    /// Rows from which the cut is taken; `None` for a given number.
    pub from: Option<Rows>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
    At(Vec<f64>),
    Median,
    Tertiles,
    /// Maximally selected rank statistic, with its p corrected.
    MaximallySelected,
    Youden,
    /// The cut that reaches a sensitivity or a specificity, or costs least.
    Threshold(Criterion),
}

#[derive(Clone)]
pub struct Flow {
    pub cohort: NodeId,
    pub splits: Vec<NodeId>,
}

#[derive(Clone)]
pub struct Describe {
    pub rows: Rows,
    pub by: Option<Grouping>,
    /// Columns described; empty takes all that the table has, keys and dates apart.
    pub columns: Vec<String>,
    /// `table`, `response_rates`, `follow_up`, `median_survival`.
    pub show: Vec<String>,
    pub endpoints: Vec<NodeId>,
    /// Columns told as mean, as median, as levels, whatever the rule says.
    pub mean: Vec<String>,
    pub median: Vec<String>,
    pub levels: Vec<String>,
    /// Adjustment of the p of the table by its word.
    pub adjust: Option<String>,
}

impl Describe {
    /// Table 1 of these rows, by the rules alone.
    pub fn of(rows: Rows) -> Self {
        Describe {
            rows,
            by: None,
            columns: Vec::new(),
            show: Vec::new(),
            endpoints: Vec::new(),
            mean: Vec::new(),
            median: Vec::new(),
            levels: Vec::new(),
            adjust: None,
        }
    }
}

#[derive(Clone)]
pub enum Grouping {
    /// A column, derived or not, or a condition.
    Expression {
        label: String,
        expression: Expression,
    },
    /// The parts of a split.
    Parts(NodeId),
    Groups(NodeId),
}

#[derive(Clone)]
pub struct Correlate {
    pub models: Vec<ModelRef>,
    /// Blocks whose redundancy is asked: every feature of one with every feature of the others.
    pub blocks: Vec<(String, NodeId)>,
    pub columns: Vec<(String, Expression)>,
    pub method: String,
    pub rows: Rows,
}

#[derive(Clone)]
pub struct Evaluate {
    pub models: Vec<ModelRef>,
    pub against: Vec<ModelRef>,
    pub on: Vec<Rows>,
    /// Resampling asked for (`over 500 bootstraps`, `over leave-out centre`); `None` takes the
    /// out-of-fold predictions on training rows and the frozen model elsewhere.
    pub over: Option<Resampling>,
    /// Days.
    pub horizons: Vec<f64>,
    /// As the study wrote them, for labels: `6 months`.
    pub horizon_labels: Vec<String>,
    /// Cards of metrics, in order.
    pub metrics: Vec<String>,
    /// Figures and further analyses asked for: `calibration`, `decision-curve`, `NRI`.
    pub figures: Vec<String>,
    /// Adjustment of the p of comparisons by its word.
    pub adjust: Option<String>,
    /// Bias-corrected and accelerated bootstrap intervals instead of percentiles.
    pub bca: bool,
    /// Estimates on the rows of the fit are wanted as such.
    pub apparent: bool,
    pub threshold: Option<f64>,
}

#[derive(Clone)]
pub struct Explain {
    pub models: Vec<ModelRef>,
    /// Name of the method's card.
    pub method: String,
    pub settings: Settings,
    /// Days, and as the study wrote it: the probability of the event by then is explained.
    pub horizon: Option<(f64, String)>,
    pub over: Resampling,
    pub rows: Rows,
}

#[derive(Clone)]
pub struct Quadrants {
    pub first: NodeId,
    pub second: NodeId,
    pub endpoints: Vec<NodeId>,
    pub on: Vec<Rows>,
}

#[derive(Clone)]
pub struct Stratify {
    pub endpoint: NodeId,
    pub by: NodeId,
    pub on: Vec<Rows>,
    pub within: Vec<(String, Expression)>,
    pub adjust_for: Vec<(String, Expression)>,
}

#[derive(Clone)]
pub struct Contrast {
    pub expression: NodeId,
    /// Each asked for itself; their enrichments are compared.
    pub by: Vec<Along>,
    pub rows: Rows,
    pub adjust_for: Vec<(String, Expression)>,
    /// Name of the test's card.
    pub test: String,
    pub test_settings: Settings,
    pub enrich: Vec<Enrich>,
}

/// What expression is contrasted by.
#[derive(Clone)]
pub enum Along {
    /// The prediction, as groups and as a slope.
    Model(ModelRef),
    Groups(NodeId),
    /// Two levels, a condition, or a number.
    Column {
        label: String,
        expression: Expression,
    },
}

/// `GSEA("hallmark.gmt", permutations = 10000)`.
#[derive(Clone)]
pub struct Enrich {
    pub method: String,
    pub files: Vec<String>,
    pub settings: Settings,
}

/// Inference over a formula: `cox(os ~ age + strata(centre))`.
#[derive(Clone)]
pub struct Infer {
    /// Name of the procedure's card.
    pub procedure: String,
    pub endpoint: Option<NodeId>,
    /// Events that compete with that of the endpoint, whichever comes first.
    pub competing: Vec<Competing>,
    pub formula: Formula,
    pub settings: Settings,
    pub rows: Rows,
}

/// An event that precludes the one asked for.
#[derive(Clone)]
pub enum Competing {
    /// A survival endpoint with a time of its own.
    Endpoint(NodeId),
    /// A condition that holds where the follow-up ended with the competing event.
    Event(Expression),
}

#[derive(Clone, Default)]
pub struct Formula {
    /// The left side where it is no declared endpoint.
    pub response: Option<Expression>,
    pub response_label: String,
    pub terms: Vec<Term>,
    pub strata: Vec<(String, Expression)>,
    pub cluster: Option<(String, Expression)>,
    /// Case weights.
    pub weights: Option<(String, Expression)>,
    /// `each(...)`: one fit for each of these, beside `terms`.
    pub each: Vec<Term>,
}

/// A product of factors; one factor is a main effect.
#[derive(Clone)]
pub struct Term {
    pub label: String,
    pub factors: Vec<Factor>,
}

#[derive(Clone)]
pub struct Factor {
    pub label: String,
    pub expression: Expression,
    /// Number of knots of a restricted cubic spline; `None` enters linearly or as levels.
    pub knots: Option<usize>,
}

/// Updates a frozen model on other rows, a known form that is named as such.
#[derive(Clone)]
pub struct Recalibrate {
    pub model: ModelRef,
    pub on: Rows,
    /// `intercept`, `logistic` (intercept and slope), `refit`.
    pub method: String,
}
