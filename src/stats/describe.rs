//! Table 1: columns described by group, with the test and the size of each difference.
//!
//! Rules, which [`DescribeRules`] can replace per column:
//! - A number is told as mean ± SD when the Shapiro-Wilk test does not reject normality at 0.05
//!   in any group, otherwise as median (IQR, quantiles of type 7).
//! - Two groups: Welch's t or Mann-Whitney. More: ANOVA or Kruskal-Wallis.
//! - Levels: chi-square without correction; Fisher's exact test when a count expected under
//!   independence is below 5 in more than a fifth of the cells, or below 1 in any (Cochran).
//!   Should the exact sum be out of reach, the chi-square test stands with a note.
//!
//! Percentages are of the values present; missing values are counted beside, never a level.
//! Rows whose group is missing are left out and counted.

use serde::{Deserialize, Serialize};

use super::estimate::NotEstimable;
use super::hypothesis::{
    Exactness, TestResult, anova, chi_square, expected_counts, fisher, kruskal_wallis, mann_whitney, shapiro_wilk,
    student_t, welch_t,
};
use super::multiplicity::{Adjustment, adjust_present};
use super::ranks::quantile_of_sorted;
use super::standardised_difference::{of_counts, of_numbers};

/// A column to describe.
#[derive(Clone, Copy, Debug)]
pub enum Described<'a> {
    /// NaN is missing.
    Numbers(&'a [f64]),
    /// Codes are places in `levels`; `None` is missing.
    Levels { codes: &'a [Option<u32>], levels: &'a [String] },
}

impl Described<'_> {
    fn len(&self) -> usize {
        match self {
            Described::Numbers(values) => values.len(),
            Described::Levels { codes, .. } => codes.len(),
        }
    }
}

/// How a number is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberSummary {
    MeanSd,
    MedianIqr,
}

/// A test asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestedTest {
    StudentT,
    WelchT,
    MannWhitney,
    Anova,
    KruskalWallis,
    ChiSquare,
    /// With Yates' correction, for 2 x 2.
    ChiSquareYates,
    Fisher,
}

/// A column with what was asked for it.
#[derive(Clone, Copy, Debug)]
pub struct Variable<'a> {
    pub name: &'a str,
    pub unit: Option<&'a str>,
    pub values: Described<'a>,
    /// `None` goes by the rule.
    pub summary: Option<NumberSummary>,
    /// `None` goes by the rule.
    pub test: Option<RequestedTest>,
}

/// Groups of the rows: a place in `labels` each, or missing.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    pub codes: &'a [Option<u32>],
    pub labels: &'a [String],
}

/// What holds for the whole table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DescribeRules {
    /// Significance level at which Shapiro-Wilk rejects normality.
    pub normality: f64,
    /// Adjusts the p-values of the table as one family.
    pub adjustment: Adjustment,
    /// Coverage of the intervals that tests carry.
    pub level: f64,
    /// Whether tests are made at all: Table 1 of a randomised trial does without.
    pub tests: bool,
}

impl Default for DescribeRules {
    fn default() -> Self {
        DescribeRules { normality: 0.05, adjustment: Adjustment::None, level: 0.95, tests: true }
    }
}

/// One column of Table 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupHead {
    pub label: String,
    /// Rows of the group.
    pub n: usize,
}

/// The summary of a column in one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    Mean {
        mean: f64,
        sd: Option<f64>,
        n: usize,
        missing: usize,
    },
    Median {
        median: f64,
        lower_quartile: f64,
        upper_quartile: f64,
        minimum: f64,
        maximum: f64,
        n: usize,
        missing: usize,
    },
    /// Counts by level.
    Counts {
        counts: Vec<u64>,
        n: usize,
        missing: usize,
    },
    /// No value present.
    Empty {
        missing: usize,
    },
}

impl Cell {
    /// Missing values of the cell.
    pub fn missing(&self) -> usize {
        match self {
            Cell::Mean { missing, .. }
            | Cell::Median { missing, .. }
            | Cell::Counts { missing, .. }
            | Cell::Empty { missing } => *missing,
        }
    }
}

/// One row of Table 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescribedVariable {
    pub name: String,
    pub unit: Option<String>,
    /// Levels of a categorical column, in their order.
    pub levels: Vec<String>,
    pub overall: Cell,
    /// In the order of the groups.
    pub groups: Vec<Cell>,
    /// `None` without groups or when tests are off.
    pub test: Option<Result<TestResult, NotEstimable>>,
    pub p_adjusted: Option<f64>,
    /// Standardised mean difference; the mean over pairs of groups when there are more than two.
    pub smd: Option<f64>,
    /// Why the summary is what it is: "Shapiro-Wilk p = 0.003 in arm B".
    pub rule: String,
}

/// Table 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table1 {
    pub n: usize,
    pub groups: Vec<GroupHead>,
    /// Rows left out because their group is missing.
    pub ungrouped: usize,
    pub variables: Vec<DescribedVariable>,
    pub adjustment: Adjustment,
}

/// Describes `variables` by group.
///
/// # Errors
/// Columns or groups of different numbers of rows; a code outside its levels.
pub fn describe(
    variables: &[Variable<'_>],
    grouping: Option<Grouping<'_>>,
    rules: &DescribeRules,
) -> Result<Table1, NotEstimable> {
    let total = grouping.map(|g| g.codes.len()).or_else(|| variables.first().map(|v| v.values.len())).unwrap_or(0);
    for variable in variables {
        if variable.values.len() != total {
            return Err(NotEstimable::new(format!(
                "column `{}` has {} rows, not {total}",
                variable.name,
                variable.values.len()
            )));
        }
        if let Described::Levels { codes, levels } = variable.values
            && codes.iter().flatten().any(|code| *code as usize >= levels.len())
        {
            return Err(NotEstimable::new(format!("column `{}` has a code without a level", variable.name)));
        }
    }
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut kept: Vec<usize> = (0..total).collect();
    let mut heads = Vec::new();
    if let Some(grouping) = grouping {
        members = vec![Vec::new(); grouping.labels.len()];
        kept.clear();
        for (row, code) in grouping.codes.iter().enumerate() {
            let Some(code) = code else { continue };
            let Some(group) = members.get_mut(*code as usize) else {
                return Err(NotEstimable::new("a group code has no label"));
            };
            group.push(row);
            kept.push(row);
        }
        heads = grouping
            .labels
            .iter()
            .zip(&members)
            .map(|(label, rows)| GroupHead { label: label.clone(), n: rows.len() })
            .collect();
    }
    let mut described: Vec<DescribedVariable> = variables
        .iter()
        .map(|variable| match variable.values {
            Described::Numbers(values) => describe_numbers(variable, values, &kept, &members, &heads, rules),
            Described::Levels { codes, levels } => describe_levels(variable, codes, levels, &kept, &members, rules),
        })
        .collect();
    let p: Vec<Option<f64>> = described
        .iter()
        .map(|variable| variable.test.as_ref().and_then(|test| test.as_ref().ok()).map(|test| test.p))
        .collect();
    if rules.adjustment != Adjustment::None {
        for (variable, p) in described.iter_mut().zip(adjust_present(&p, rules.adjustment)) {
            variable.p_adjusted = p;
        }
    }
    Ok(Table1 {
        n: kept.len(),
        groups: heads,
        ungrouped: total - kept.len(),
        variables: described,
        adjustment: rules.adjustment,
    })
}

fn describe_numbers(
    variable: &Variable<'_>,
    values: &[f64],
    kept: &[usize],
    members: &[Vec<usize>],
    heads: &[GroupHead],
    rules: &DescribeRules,
) -> DescribedVariable {
    let present =
        |rows: &[usize]| -> Vec<f64> { rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect() };
    let all = present(kept);
    let groups: Vec<Vec<f64>> = members.iter().map(|rows| present(rows)).collect();
    let (summary, rule) = match variable.summary {
        Some(summary) => (summary, "as requested".to_owned()),
        None => normality_rule(&all, &groups, heads, rules.normality),
    };
    let cell = |values: &[f64], rows: usize| number_cell(values, rows - values.len(), summary);
    let occupied: Vec<&[f64]> = groups.iter().map(Vec::as_slice).filter(|group| !group.is_empty()).collect();
    let test = (rules.tests && members.len() > 1).then(|| number_test(variable.test, &occupied, summary, rules.level));
    DescribedVariable {
        name: variable.name.to_owned(),
        unit: variable.unit.map(str::to_owned),
        levels: Vec::new(),
        overall: cell(&all, kept.len()),
        groups: groups.iter().zip(members).map(|(values, rows)| cell(values, rows.len())).collect(),
        test,
        p_adjusted: None,
        smd: mean_over_pairs(&groups, of_numbers),
        rule,
    }
}

fn number_cell(values: &[f64], missing: usize, summary: NumberSummary) -> Cell {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p| quantile_of_sorted(&sorted, p);
    let (Some(minimum), Some(lower_quartile), Some(median), Some(upper_quartile), Some(maximum)) =
        (quantile(0.0), quantile(0.25), quantile(0.5), quantile(0.75), quantile(1.0))
    else {
        return Cell::Empty { missing };
    };
    let n = values.len();
    match summary {
        NumberSummary::MedianIqr => {
            Cell::Median { median, lower_quartile, upper_quartile, minimum, maximum, n, missing }
        }
        NumberSummary::MeanSd => {
            let mean = values.iter().sum::<f64>() / n as f64;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            Cell::Mean { mean, sd: (n > 1).then(|| (squares / (n as f64 - 1.0)).sqrt()), n, missing }
        }
    }
}

fn normality_rule(all: &[f64], groups: &[Vec<f64>], heads: &[GroupHead], alpha: f64) -> (NumberSummary, String) {
    let samples: Vec<(&[f64], &str)> = if groups.is_empty() {
        vec![(all, "all rows")]
    } else {
        groups.iter().map(Vec::as_slice).zip(heads.iter().map(|head| head.label.as_str())).collect()
    };
    let mut judged = 0;
    for (values, label) in samples {
        if let Ok(test) = shapiro_wilk(values) {
            judged += 1;
            if test.p < alpha {
                return (NumberSummary::MedianIqr, format!("Shapiro-Wilk p = {:.3e} in {label}", test.p));
            }
        }
    }
    if judged == 0 {
        // Nothing could be tested (too few, too many or constant values): the safe summary.
        return (NumberSummary::MedianIqr, "normality could not be tested".to_owned());
    }
    (NumberSummary::MeanSd, format!("Shapiro-Wilk p at least {alpha} in every group"))
}

fn number_test(
    requested: Option<RequestedTest>,
    groups: &[&[f64]],
    summary: NumberSummary,
    level: f64,
) -> Result<TestResult, NotEstimable> {
    if groups.len() < 2 {
        return Err(NotEstimable::new("fewer than two groups have values"));
    }
    let pair = || match groups {
        [a, b] => Ok((*a, *b)),
        _ => Err(NotEstimable::new(format!("the test compares two groups; {} have values", groups.len()))),
    };
    let test = requested.unwrap_or(match (groups.len(), summary) {
        (2, NumberSummary::MeanSd) => RequestedTest::WelchT,
        (2, NumberSummary::MedianIqr) => RequestedTest::MannWhitney,
        (_, NumberSummary::MeanSd) => RequestedTest::Anova,
        (_, NumberSummary::MedianIqr) => RequestedTest::KruskalWallis,
    });
    match test {
        RequestedTest::StudentT => pair().and_then(|(a, b)| student_t(a, b, level)),
        RequestedTest::WelchT => pair().and_then(|(a, b)| welch_t(a, b, level)),
        RequestedTest::MannWhitney => pair().and_then(|(a, b)| mann_whitney(a, b, Exactness::Automatic)),
        RequestedTest::Anova => anova(groups),
        RequestedTest::KruskalWallis => kruskal_wallis(groups),
        RequestedTest::ChiSquare | RequestedTest::ChiSquareYates | RequestedTest::Fisher => {
            Err(NotEstimable::new("the test is for levels, and the column holds numbers"))
        }
    }
}

fn describe_levels(
    variable: &Variable<'_>,
    codes: &[Option<u32>],
    levels: &[String],
    kept: &[usize],
    members: &[Vec<usize>],
    rules: &DescribeRules,
) -> DescribedVariable {
    let count = |rows: &[usize]| -> Vec<u64> {
        let mut counts = vec![0u64; levels.len()];
        for row in rows {
            if let Some(code) = codes[*row] {
                counts[code as usize] += 1;
            }
        }
        counts
    };
    let cell = |counts: Vec<u64>, rows: usize| {
        let n = counts.iter().sum::<u64>() as usize;
        if n == 0 { Cell::Empty { missing: rows } } else { Cell::Counts { counts, n, missing: rows - n } }
    };
    let groups: Vec<Vec<u64>> = members.iter().map(|rows| count(rows)).collect();
    let (test, rule) = if rules.tests && members.len() > 1 {
        let (test, rule) = level_test(variable.test, &groups, rules.level);
        (Some(test), rule)
    } else {
        (None, "counts".to_owned())
    };
    DescribedVariable {
        name: variable.name.to_owned(),
        unit: variable.unit.map(str::to_owned),
        levels: levels.to_vec(),
        overall: cell(count(kept), kept.len()),
        smd: mean_over_pairs(&groups, of_counts),
        groups: groups.into_iter().zip(members).map(|(counts, rows)| cell(counts, rows.len())).collect(),
        test,
        p_adjusted: None,
        rule,
    }
}

fn level_test(
    requested: Option<RequestedTest>,
    table: &[Vec<u64>],
    level: f64,
) -> (Result<TestResult, NotEstimable>, String) {
    match requested {
        Some(RequestedTest::ChiSquare) => return (chi_square(table, false), "as requested".to_owned()),
        Some(RequestedTest::ChiSquareYates) => return (chi_square(table, true), "as requested".to_owned()),
        Some(RequestedTest::Fisher) => return (fisher(table, level), "as requested".to_owned()),
        Some(_) => {
            let fault = NotEstimable::new("the test is for numbers, and the column holds levels");
            return (Err(fault), "as requested".to_owned());
        }
        None => {}
    }
    let occupied: Vec<Vec<u64>> = {
        let width = table.first().map_or(0, Vec::len);
        let columns: Vec<usize> = (0..width).filter(|j| table.iter().any(|row| row[*j] > 0)).collect();
        table
            .iter()
            .filter(|row| row.iter().any(|count| *count > 0))
            .map(|row| columns.iter().map(|j| row[*j]).collect())
            .collect()
    };
    let expected = expected_counts(&occupied);
    let cells = expected.iter().flatten().count();
    let small = expected.iter().flatten().filter(|count| **count < 5.0).count();
    let tiny = expected.iter().flatten().any(|count| *count < 1.0);
    if 5 * small > cells || tiny {
        match fisher(table, level) {
            Ok(result) => return (Ok(result), format!("{small} of {cells} expected counts below 5")),
            Err(fault) => {
                let test = chi_square(table, false).map(|test| test.with_note(fault.reason.clone()));
                return (test, format!("{small} of {cells} expected counts below 5, but {}", fault.reason));
            }
        }
    }
    (chi_square(table, false), "expected counts are large enough".to_owned())
}

/// The mean of the absolute pairwise differences; for two groups the difference itself.
fn mean_over_pairs<T>(groups: &[Vec<T>], difference: impl Fn(&[T], &[T]) -> Option<f64>) -> Option<f64> {
    if let [a, b] = groups {
        return difference(a, b);
    }
    let mut sum = 0.0;
    let mut pairs = 0;
    for (index, a) in groups.iter().enumerate() {
        for b in &groups[index + 1..] {
            sum += difference(a, b)?.abs();
            pairs += 1;
        }
    }
    (pairs > 0).then(|| sum / f64::from(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<'a>(name: &'a str, values: &'a [f64]) -> Variable<'a> {
        Variable { name, unit: None, values: Described::Numbers(values), summary: None, test: None }
    }

    #[test]
    fn a_small_table() {
        let age = [50.0, 61.0, f64::NAN, 58.0, 63.0, 70.0, 55.0, 66.0];
        let sex: Vec<Option<u32>> = [0, 1, 0, 1, 1, 0, 1, 0].map(Some).to_vec();
        let levels = ["female".to_owned(), "male".to_owned()];
        let codes = [Some(0), Some(0), Some(0), Some(0), Some(1), Some(1), Some(1), None];
        let labels = ["A".to_owned(), "B".to_owned()];
        let variables = [
            numbers("age", &age),
            Variable {
                name: "sex",
                unit: None,
                values: Described::Levels { codes: &sex, levels: &levels },
                summary: None,
                test: None,
            },
        ];
        let rules = DescribeRules { adjustment: Adjustment::Holm, ..DescribeRules::default() };
        let table = describe(&variables, Some(Grouping { codes: &codes, labels: &labels }), &rules).unwrap();
        assert_eq!((table.n, table.ungrouped), (7, 1));
        assert_eq!(table.variables[0].groups[0].missing(), 1);
        assert!(matches!(table.variables[0].groups[0], Cell::Mean { n: 3, .. }));
        let sex = table.variables[1].test.as_ref().unwrap().as_ref().unwrap();
        assert_eq!(sex.test, "Fisher's exact test");
        assert_eq!(table.variables[1].groups[1], Cell::Counts { counts: vec![1, 2], n: 3, missing: 0 });
        assert!(table.variables.iter().all(|variable| variable.p_adjusted.is_some()));
    }

    #[test]
    fn constant_empty_and_ungrouped_columns() {
        let codes = [Some(0), Some(0), Some(1), Some(1)];
        let labels = ["A".to_owned(), "B".to_owned(), "C".to_owned()];
        let grouping = Some(Grouping { codes: &codes, labels: &labels });
        let variables = [numbers("constant", &[1.0; 4]), numbers("empty", &[f64::NAN; 4])];
        let table = describe(&variables, grouping, &DescribeRules::default()).unwrap();
        assert!(table.variables[0].test.as_ref().unwrap().is_err());
        assert_eq!(table.variables[1].overall, Cell::Empty { missing: 4 });
        let alone = describe(&variables[..1], None, &DescribeRules::default()).unwrap();
        assert!(alone.variables[0].test.is_none());
        assert!(describe(&[numbers("short", &[1.0])], grouping, &DescribeRules::default()).is_err());
        assert_eq!(describe(&[], None, &DescribeRules::default()).unwrap().n, 0);
    }
}
