//! What a run answers: typed tables, estimates and figure data. `results.json` is this, and so is
//! what the embedding API returns; every front end is thin over it.
//!
//! Times, thread counts and what came from the store are not in here: the same study on the same
//! data gives the same bytes.

use serde::{Deserialize, Serialize};

use crate::figures::Figure;
use crate::stats::Estimate;

/// Number of the format of `results.json`; it grows when a field changes its meaning.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub format: u32,
    pub study: StudyRecord,
    pub data: Vec<DataRecord>,
    /// In the order of the study.
    pub answers: Vec<Answer>,
    /// Of the whole run: what the data showed and the study did not foresee.
    pub notices: Vec<Notice>,
    /// Looks at sealed parts, each evaluation that saw their outcome.
    pub looks: Vec<Look>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyRecord {
    pub name: String,
    pub documentation: String,
    pub seed: u64,
    /// Coverage of intervals.
    pub level: f64,
    pub resamples: usize,
    /// Checklists asked for.
    pub report: Vec<String>,
    /// Version of Diptych.
    pub version: String,
}

/// A table as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    pub table: String,
    pub path: Option<String>,
    pub rows: usize,
    pub columns: usize,
    pub patients: usize,
    /// Content hash (BLAKE3) of names, types and values.
    pub hash: String,
    pub notes: Vec<String>,
}

/// Something that the reader must know beside the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub declaration: String,
    /// Stable code, such as `data::few-events`.
    pub code: String,
    pub message: String,
}

/// A sealed part whose outcome was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub part: String,
    pub declaration: String,
}

/// What one declaration answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The step's name in the plan: `evaluate PRIME_R`.
    pub declaration: String,
    pub documentation: String,
    pub tables: Vec<ResultTable>,
    pub estimates: Vec<EstimateRecord>,
    pub figures: Vec<FigureData>,
    pub notes: Vec<String>,
    /// Defaults that the study did not write.
    pub defaults: Vec<(String, String)>,
    /// Leaks that the study accepted, with their reasons; every number here is relabelled.
    pub accepted: Vec<(String, String)>,
}

/// A table of typed cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResultTable {
    /// For a file name: `table-1`, `flow`.
    pub name: String,
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    pub notes: Vec<String>,
}

/// A cell; how it is written out is decided by [`Cell::shown`] and [`Cell::raw`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    Empty,
    Text(String),
    Count(u64),
    /// With so many digits after the point.
    Number {
        value: f64,
        digits: usize,
    },
    /// `n (p%)`.
    CountOf {
        count: u64,
        of: u64,
    },
    P(f64),
    Estimate {
        value: f64,
        lower: Option<f64>,
        upper: Option<f64>,
        digits: usize,
    },
    /// A time to which a survival curve does not come down within follow-up, with the lower limit
    /// where that is reached.
    NotReached {
        lower: Option<f64>,
        digits: usize,
    },
    NotEstimable(String),
}

/// What stands for a limit, or a median, that follow-up does not reach.
const NOT_REACHED: &str = "not reached";

/// How an estimate was made with regard to the rows of the fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// On the rows of the fit: optimistic, told beside a better one.
    Apparent,
    /// Each row predicted by a model fitted without it.
    OutOfFold,
    /// A part of the same split that the model has not seen.
    HeldOut,
    /// Other patients than those of the split, or another centre.
    External,
    /// Apparent minus the optimism of bootstrap resamples.
    OptimismCorrected,
    /// A question without a fitted model: a description or an inference.
    Descriptive,
}

/// One estimate with all that a reader needs to trust it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimateRecord {
    pub declaration: String,
    /// `PRIME_R`, `PRIME_R.clinical`; empty where no model is judged.
    pub model: String,
    /// `train`, `external`, or the cohort's name.
    pub cohort: String,
    /// `AUC`, `C-index`, `hazard ratio of age`.
    pub metric: String,
    /// As the study wrote it: `24 months`.
    pub horizon: Option<String>,
    /// `null` with a reason under `why`.
    pub value: Option<f64>,
    pub why: Option<String>,
    pub lower: Option<f64>,
    /// `null` beside a level where the limit is not reached within follow-up.
    pub upper: Option<f64>,
    pub level: Option<f64>,
    /// Why there is no interval where one would be expected.
    pub no_interval: Option<String>,
    pub n: usize,
    pub events: Option<usize>,
    /// Rows left out because something needed was missing.
    pub missing: usize,
    pub how: String,
    pub kind: Kind,
    /// Codes of accepted leaks upstream.
    pub labels: Vec<String>,
}

/// The data of a figure; drawing it is another matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureData {
    /// `roc`, `calibration`, `km`, `flow`.
    pub kind: String,
    pub title: String,
    pub data: serde_json::Value,
}

impl FigureData {
    /// The numbers of a figure, to be drawn by `figures::read`.
    pub fn new<F: Figure + Serialize>(title: impl Into<String>, figure: &F) -> Self {
        let data = serde_json::to_value(figure).unwrap_or_default();
        FigureData { kind: figure.card().name.to_owned(), title: title.into(), data }
    }
}

impl EstimateRecord {
    /// `AUC at 24 months`: the metric with its horizon, where it has one.
    pub fn measure(&self) -> String {
        let at = crate::figures::words::at(self.horizon.as_deref());
        format!("{}{at}", self.metric)
    }

    pub fn new(estimate: &Estimate, kind: Kind) -> Self {
        let (value, why) = match &estimate.value {
            Ok(value) if value.is_finite() => (Some(*value), None),
            Ok(_) => (None, Some("the computation has no finite result".to_owned())),
            Err(reason) => (None, Some(reason.reason.clone())),
        };
        EstimateRecord {
            declaration: String::new(),
            model: String::new(),
            cohort: String::new(),
            metric: estimate.name.clone(),
            horizon: None,
            value,
            why,
            lower: estimate.interval.map(|interval| interval.lower).filter(|limit| limit.is_finite()),
            upper: estimate.interval.map(|interval| interval.upper).filter(|limit| limit.is_finite()),
            level: estimate.interval.map(|interval| interval.level),
            no_interval: estimate.no_interval.clone(),
            n: estimate.n,
            events: estimate.events,
            missing: estimate.missing,
            how: estimate.how.clone(),
            kind,
            labels: Vec::new(),
        }
    }

    #[must_use]
    pub fn of(mut self, model: &str, cohort: &str) -> Self {
        model.clone_into(&mut self.model);
        cohort.clone_into(&mut self.cohort);
        self
    }

    #[must_use]
    pub fn at(mut self, horizon: Option<&str>) -> Self {
        self.horizon = horizon.map(str::to_owned);
        self
    }

    /// As a cell of a table.
    pub fn cell(&self, digits: usize) -> Cell {
        match (self.value, &self.why) {
            (Some(value), _) => Cell::Estimate { value, lower: self.lower, upper: self.upper, digits },
            (None, _) if self.level.is_some() => Cell::NotReached { lower: self.lower, digits },
            (None, why) => Cell::NotEstimable(why.clone().unwrap_or_default()),
        }
    }
}

impl Kind {
    /// Where and how a model was judged: `train (out of fold)`; a cohort that is called as its evidence is not called so
    /// twice.
    pub fn on(self, cohort: &str) -> String {
        if cohort == self.words() { cohort.to_owned() } else { format!("{cohort} ({})", self.words()) }
    }

    pub fn words(self) -> &'static str {
        match self {
            Kind::Apparent => "apparent",
            Kind::OutOfFold => "out of fold",
            Kind::HeldOut => "held out",
            Kind::External => "external",
            Kind::OptimismCorrected => "optimism-corrected",
            Kind::Descriptive => "descriptive",
        }
    }
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    pub fn count(count: usize) -> Self {
        Cell::Count(count as u64)
    }

    pub fn events(events: Option<usize>) -> Self {
        events.map_or(Cell::Empty, Cell::count)
    }

    /// A number, or why there is none.
    pub fn number(value: f64, digits: usize) -> Self {
        if value.is_finite() {
            Cell::Number { value, digits }
        } else {
            Cell::NotEstimable("the computation has no finite result".to_owned())
        }
    }

    pub fn count_of(count: usize, of: usize) -> Self {
        Cell::CountOf { count: count as u64, of: of as u64 }
    }

    /// As a reader sees it.
    pub fn shown(&self) -> String {
        self.shown_between(match self {
            Cell::Estimate { lower: Some(lower), upper: Some(upper), .. } => between(*lower, *upper),
            _ => "",
        })
    }

    /// As a reader sees it in a column whose intervals have this between their limits.
    pub fn shown_between(&self, between: &str) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Number { value, digits } => fixed(*value, *digits),
            Cell::CountOf { count, of: 0 } => count.to_string(),
            // A tenth of a percent says nothing of fewer than a hundred patients.
            Cell::CountOf { count, of } => {
                let digits = usize::from(*of >= 100);
                format!("{count} ({}%)", fixed(100.0 * *count as f64 / *of as f64, digits))
            }
            Cell::P(p) => crate::figures::words::p(*p),
            Cell::Estimate { value, lower: Some(lower), upper: Some(upper), digits } => {
                let even = even(*lower, *upper, *digits).filter(|_| value.abs() < 1e6);
                let [value, lower, upper] =
                    [value, lower, upper].map(|number| even.map_or(fixed(*number, *digits), |d| rounded(*number, d)));
                format!("{value} ({lower}{between}{upper})")
            }
            Cell::Estimate { value, lower: Some(lower), upper: None, digits } => {
                format!("{} ({})", fixed(*value, *digits), open_interval(*lower, *digits))
            }
            Cell::Estimate { value, digits, .. } => fixed(*value, *digits),
            Cell::NotReached { lower: Some(lower), digits } => {
                format!("{NOT_REACHED} ({})", open_interval(*lower, *digits))
            }
            Cell::NotReached { lower: None, .. } => NOT_REACHED.to_owned(),
            Cell::NotEstimable(_) => "not estimable".to_owned(),
        }
    }

    /// At full precision, for a CSV file.
    pub fn raw(&self) -> String {
        match self {
            Cell::Number { value, .. } | Cell::P(value) => value.to_string(),
            Cell::Estimate { value, lower: Some(lower), upper: Some(upper), .. } => {
                format!("{value} ({lower} to {upper})")
            }
            Cell::Estimate { value, lower: Some(lower), upper: None, .. } => {
                format!("{value} ({lower} to {NOT_REACHED})")
            }
            Cell::Estimate { value, .. } => value.to_string(),
            Cell::NotReached { lower: Some(lower), .. } => format!("{NOT_REACHED} ({lower} to {NOT_REACHED})"),
            Cell::NotEstimable(reason) => format!("not estimable: {reason}"),
            other => other.shown(),
        }
    }
}

/// So many digits after the point; large and tiny numbers as `1.23 × 10⁻⁵` instead.
pub fn fixed(value: f64, digits: usize) -> String {
    let size = value.abs();
    if size != 0.0 && (size >= 1e6 || size < 0.5 * 10f64.powi(-(digits as i32))) {
        return powers(value);
    }
    rounded(value, digits)
}

/// So many digits after the point, without a negative zero.
fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    // No negative zero.
    if text.trim_start_matches('-').bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// `2.06–5.31`; with `to` where a limit is below zero, so that no dash is taken for a minus.
pub fn interval(lower: f64, upper: f64, digits: usize) -> String {
    let shown = |limit| even(lower, upper, digits).map_or(fixed(limit, digits), |digits| rounded(limit, digits));
    format!("{}{}{}", shown(lower), between(lower, upper), shown(upper))
}

/// The digits of an interval whose limits are written alike, without powers of ten: so many, or up to
/// two more where otherwise a limit would be 0 that is not. None where both limits are too small or
/// one is too large for that.
fn even(lower: f64, upper: f64, digits: usize) -> Option<usize> {
    let seen = |limit: f64, digits: usize| limit.abs() >= 0.5 * 10f64.powi(-(digits as i32));
    let (near, far) = if lower.abs() < upper.abs() { (lower, upper) } else { (upper, lower) };
    if far.abs() >= 1e6 || !seen(far, digits) {
        return None;
    }
    // Where an interval holds 0, a limit of 0.000 says what is to be said.
    let apart = near != 0.0 && near.signum() == far.signum();
    let more = (digits..=digits + 2).find(|digits| seen(near, *digits));
    Some(if apart { more.unwrap_or(digits) } else { digits })
}

/// What stands between limits.
fn between(lower: f64, upper: f64) -> &'static str {
    if lower < 0.0 || upper < 0.0 { " to " } else { "–" }
}

impl ResultTable {
    /// What stands between the limits of a column, in all its rows alike.
    pub fn between(&self, column: usize) -> &'static str {
        let below = self.rows.iter().filter_map(|row| row.get(column)).any(|cell| {
            matches!(cell, Cell::Estimate { lower: Some(lower), upper: Some(upper), .. } if between(*lower, *upper) == " to ")
        });
        if below { " to " } else { "–" }
    }
}

/// `9.8–not reached`: an interval whose upper limit follow-up does not reach.
pub fn open_interval(lower: f64, digits: usize) -> String {
    format!("{}–{NOT_REACHED}", fixed(lower, digits))
}

/// Three significant digits and a power of ten.
fn powers(value: f64) -> String {
    let text = format!("{value:.2e}");
    let Some((digits, power)) = text.split_once('e') else { return text };
    let raised: String = power
        .chars()
        .map(|sign| match sign {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
        })
        .collect();
    format!("{digits} × 10{raised}")
}

impl ResultTable {
    pub fn new<const N: usize>(name: &str, title: impl Into<String>, columns: [&str; N]) -> Self {
        ResultTable {
            name: name.to_owned(),
            title: title.into(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn push<const N: usize>(&mut self, row: [Cell; N]) {
        debug_assert_eq!(N, self.columns.len(), "a row has a cell for each column");
        self.rows.push(row.into());
    }

    /// Why cells are not estimable, each reason once: for where a cell has no room for it.
    pub fn reasons(&self) -> Vec<&str> {
        let mut reasons = Vec::new();
        for cell in self.rows.iter().flatten() {
            if let Cell::NotEstimable(reason) = cell
                && !reason.is_empty()
                && !reasons.contains(&reason.as_str())
            {
                reasons.push(reason.as_str());
            }
        }
        reasons
    }

    /// RFC 4180, full precision.
    pub fn csv(&self) -> String {
        fn field(text: &str) -> String {
            if text.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        }
        let mut text = self.columns.iter().map(|name| field(name)).collect::<Vec<_>>().join(",");
        text.push('\n');
        for row in &self.rows {
            text.push_str(&row.iter().map(|cell| field(&cell.raw())).collect::<Vec<_>>().join(","));
            text.push('\n');
        }
        text
    }
}

impl Results {
    /// The answer of a step by its name in the plan.
    pub fn answer(&self, declaration: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.declaration == declaration)
    }

    /// Every estimate of the run, in the order of the study.
    pub fn estimates(&self) -> impl Iterator<Item = &EstimateRecord> {
        self.answers.iter().flat_map(|answer| &answer.estimates)
    }

    /// `results.json`.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_written_for_readers_and_for_files() {
        assert_eq!(Cell::number(f64::NAN, 2).shown(), "not estimable");
        assert_eq!(Cell::count_of(1, 3).shown(), "1 (33%)");
        assert_eq!(Cell::count_of(1, 300).shown(), "1 (0.3%)");
        assert_eq!(Cell::P(0.0004).shown(), "< 0.001");
        assert_eq!(Cell::P(0.0496).shown(), "0.050");
        assert_eq!(Cell::P(0.2).shown(), "0.20");
        let estimate = Cell::Estimate { value: 0.61234, lower: Some(0.5), upper: Some(0.7), digits: 2 };
        assert_eq!(estimate.shown(), "0.61 (0.50–0.70)");
        assert_eq!(interval(-0.5, 0.7, 2), "-0.50 to 0.70");
        assert_eq!(estimate.raw(), "0.61234 (0.5 to 0.7)");
        assert_eq!(fixed(-0.0001, 2), "-1.00 × 10⁻⁴");
        assert_eq!(fixed(1.234e12, 1), "1.23 × 10¹²");
        assert_eq!(fixed(-0.0, 2), "0.00");
        let near = Cell::Estimate { value: -1e-4, lower: Some(-0.014), upper: Some(0.013), digits: 3 };
        assert_eq!(near.shown(), "0.000 (-0.014 to 0.013)");
        assert_eq!(near.shown_between("–"), "0.000 (-0.014–0.013)");
        assert_eq!(interval(-0.005, -1.37e-4, 3), "-0.0050 to -0.0001");
        assert_eq!(interval(-0.005, 1.37e-4, 3), "-0.005 to 0.000");
        assert_eq!(interval(1e-9, 2e-9, 3), "1.00 × 10⁻⁹–2.00 × 10⁻⁹");
    }

    #[test]
    fn a_limit_beyond_follow_up_is_shown_and_null_in_the_file() {
        let median = |estimate: Estimate, lower| {
            EstimateRecord::new(&estimate.within_follow_up(lower, None, 0.95), Kind::Descriptive)
        };
        let open = median(Estimate::new("median", 12.34, 30, "Kaplan-Meier"), Some(9.81));
        assert_eq!(
            (open.lower, open.upper, open.level, open.no_interval.clone()),
            (Some(9.81), None, Some(0.95), None)
        );
        assert_eq!(open.cell(1).shown(), "12.3 (9.8–not reached)");
        assert_eq!(open.cell(1).raw(), "12.34 (9.81 to not reached)");
        let none = || Estimate::not_estimable("median", 30, "survival does not fall to 0.5 within follow-up");
        assert_eq!(median(none(), Some(9.81)).cell(1).shown(), "not reached (9.8–not reached)");
        assert_eq!(median(none(), None).cell(1).shown(), "not reached");
        assert_eq!(EstimateRecord::new(&none(), Kind::Descriptive).cell(1).shown(), "not estimable");
        let stored = serde_json::to_string(&open).unwrap();
        assert_eq!(serde_json::from_str::<EstimateRecord>(&stored).unwrap(), open);
    }

    #[test]
    fn a_number_that_is_none_is_null_with_a_reason() {
        let record =
            EstimateRecord::new(&Estimate::not_estimable("AUC", 12, "no events among 12 patients"), Kind::HeldOut);
        let json = serde_json::to_value(&record).unwrap();
        assert!(json["value"].is_null());
        assert_eq!(json["why"], "no events among 12 patients");
        assert_eq!(json["kind"], "held-out");
    }

    #[test]
    fn a_table_is_written_as_csv() {
        let mut table = ResultTable::new("t", "T", ["a", "b, c"]);
        table.push([Cell::text("x \"y\""), Cell::Number { value: 0.1, digits: 0 }]);
        assert_eq!(table.csv(), "a,\"b, c\"\n\"x \"\"y\"\"\",0.1\n");
    }
}
