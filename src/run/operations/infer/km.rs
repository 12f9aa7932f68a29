//! `km(os ~ arm)`: curves, numbers at risk, medians, log-rank.

use crate::figures::km::{Curve, Step as Corner, SurvivalCurves};
use crate::figures::words;
use crate::plan::node::{Infer, TimeUnit};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable, shown_p};
use crate::run::step::Step;
use crate::run::world::coded;
use crate::stats::{Censored, Estimate, Outcome};
use crate::survival::cox::{self, CoxData, CoxOptions};
use crate::survival::kaplan_meier::{Transform, kaplan_meier};
use crate::survival::life_table::Counted;
use crate::survival::logrank::logrank;

use super::super::describe::shown_unit;
use super::level;
use super::matrix::{landmark, response};

/// Patients of one curve.
pub struct Group {
    pub label: String,
    pub outcome: Censored,
}

/// The groups of the formula's right side; without one, everybody together.
pub struct Groups {
    pub cohort: String,
    /// The endpoint's name: `os`.
    pub outcome: String,
    pub groups: Vec<Group>,
    pub missing: usize,
    pub before_landmark: usize,
    pub unit: Option<TimeUnit>,
}

impl Groups {
    /// # Errors
    /// No time to an event; nobody.
    pub fn new(step: &Step<'_>, spec: &Infer) -> Result<Self, Fault> {
        let set = step.world.rows(&spec.rows)?;
        let endpoint = response(step, spec)?;
        let mut codes: Vec<Vec<Option<u32>>> = Vec::new();
        let mut labels: Vec<(String, Vec<String>)> = Vec::new();
        for factor in spec.formula.terms.iter().flat_map(|term| &term.factors) {
            let cells = step.world.evaluate(&factor.expression, set.table)?;
            let declared = step
                .world
                .table(set.table)?
                .dictionary
                .columns
                .get(&factor.label)
                .map_or(Vec::new(), |e| e.levels.clone());
            let (code, levels) = coded(&cells, &declared);
            if levels.len() > 20 {
                return Err(Fault::data(
                    "data::many-groups",
                    format!("`{}` has {} values, too many for groups", factor.label, levels.len()),
                )
                .helped("compare groups, such as `age >= 65`"));
            }
            codes.push(code);
            labels.push((factor.label.clone(), levels));
        }
        let mut rows: Vec<usize> = set
            .rows
            .iter()
            .copied()
            .filter(|row| endpoint.known[*row] && codes.iter().all(|codes| codes[*row].is_some()))
            .collect();
        let missing = set.rows.len() - rows.len();
        let (outcome, before_landmark) =
            landmark(&endpoint.outcome, &mut rows, spec.settings.real_if_given("landmark"));
        let Outcome::Survival(censored) = outcome else {
            return Err(Fault::run("run::wrong-endpoint", format!("`{}` wants a time to an event", spec.procedure)));
        };
        let mut places: Vec<Vec<u32>> =
            rows.iter().map(|row| codes.iter().filter_map(|codes| codes[*row]).collect()).collect();
        let all = places.clone();
        places.sort();
        places.dedup();
        let groups = places
            .into_iter()
            .map(|place| {
                let members: Vec<usize> = (0..rows.len()).filter(|row| all[*row] == place).collect();
                let words: Vec<String> = place
                    .iter()
                    .zip(&labels)
                    .map(|(code, (label, levels))| named(label, &levels[*code as usize]))
                    .collect();
                let label = if words.is_empty() { "all".to_owned() } else { words.join(", ") };
                Group { label, outcome: censored.select(&members) }
            })
            .collect::<Vec<_>>();
        if groups.is_empty() {
            return Err(Fault::data(
                "data::empty",
                format!("no patient of `{}` has an outcome and a group", set.label),
            ));
        }
        Ok(Groups {
            cohort: set.label,
            outcome: endpoint.name.clone(),
            groups,
            missing,
            before_landmark,
            unit: endpoint.unit,
        })
    }

    pub fn factor(&self) -> f64 {
        self.unit.map_or(1.0, TimeUnit::days)
    }
}

/// `yes` and `0` say nothing without the column.
fn named(label: &str, level: &str) -> String {
    if matches!(level, "yes" | "no") || level.parse::<f64>().is_ok() {
        format!("{label}: {level}")
    } else {
        level.to_owned()
    }
}

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let transform = match spec.settings.choice("interval") {
        "log-log" => Transform::LogLog,
        "plain" => Transform::Plain,
        _ => Transform::Log,
    };
    curves(&step.node.name, &Groups::new(step, spec)?, level(step, spec), transform)
}

/// Curves, numbers at risk, medians and the log-rank test of groups.
///
/// # Errors
/// Follow-up that makes no curve.
pub fn curves(title: &str, groups: &Groups, level: f64, transform: Transform) -> Result<Answer, Fault> {
    let factor = groups.factor();
    let words = match transform {
        Transform::LogLog => "log-log",
        Transform::Plain => "plain",
        _ => "log",
    };
    let mut answer = Answer::default();
    let median = format!("median{}", shown_unit(groups.unit));
    let mut table = ResultTable::new("medians", title, ["group", "patients", "events", &median, "missing"]);
    let last = groups.groups.iter().flat_map(|group| &group.outcome.time).copied().fold(0.0, f64::max) / factor;
    let ticks = ticks(last);
    let mut columns = vec!["group".to_owned()];
    columns.extend(ticks.iter().map(|tick| format!("{tick}")));
    let mut risk = ResultTable {
        name: "at-risk".to_owned(),
        title: format!("Patients at risk (survival){}", shown_unit(groups.unit)),
        columns,
        ..ResultTable::default()
    };
    let mut drawn = Vec::new();
    for (place, group) in groups.groups.iter().enumerate() {
        let n = group.outcome.len();
        let events = group.outcome.events();
        let curve = kaplan_meier(&group.outcome, None, Counted::Event, transform, level)
            .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
        let mut estimate = curve.quantile(0.5);
        "median survival".clone_into(&mut estimate.name);
        let estimate = scaled(estimate, factor).with_events(Some(events)).with_missing(groups.missing);
        let record =
            EstimateRecord::new(&estimate, Kind::Descriptive).of("", &format!("{}, {}", groups.cohort, group.label));
        let missing = if place == 0 { Cell::count(groups.missing) } else { Cell::Empty };
        table.push([Cell::text(group.label.as_str()), Cell::count(n), Cell::count(events), record.cell(1), missing]);
        answer.estimates.push(record);
        let mut row = vec![Cell::text(group.label.as_str())];
        row.extend(ticks.iter().map(|tick| {
            let time = tick * factor;
            Cell::text(format!("{} ({:.2})", curve.at_risk(&group.outcome, time), curve.at(time)))
        }));
        risk.rows.push(row);
        let steps = (0..curve.survival.len()).map(|at| Corner {
            time: curve.table.time[at] / factor,
            at_risk: curve.table.at_risk[at] as u64,
            events: curve.table.events[at] as u64,
            censored: curve.table.censored[at] as u64,
            survival: curve.survival[at],
            lower: curve.bounds[at].map(|b| b.lower).filter(|v| v.is_finite()),
            upper: curve.bounds[at].map(|b| b.upper).filter(|v| v.is_finite()),
        });
        let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
        drawn.push(Curve {
            name: group.label.clone(),
            n: n as u64,
            events: events as u64,
            median: estimate.value.as_ref().ok().copied(),
            median_limits: (
                finite(estimate.interval.map(|interval| interval.lower)),
                finite(estimate.interval.map(|interval| interval.upper)),
            ),
            steps: steps.collect(),
        });
    }
    table.notes.push(format!(
        "Kaplan-Meier; median by the curve and its {}% bounds (Brookmeyer-Crowley, {words} transformed)",
        level * 100.0
    ));
    if groups.before_landmark > 0 {
        table.notes.push(format!(
            "{} patients are not followed up to the landmark and are not counted",
            groups.before_landmark
        ));
    }
    let mut said = Vec::new();
    if groups.groups.len() > 1 {
        let pooled = pooled(&groups.groups);
        match logrank(&pooled.0, &pooled.1, groups.groups.len(), None, 0.0) {
            Ok(found) => {
                let t = &found.test;
                answer.notes.push(format!(
                    "Log-rank test: chi-square {:.2} on {} df, P {}.",
                    t.statistic,
                    t.df,
                    shown_p(t.p)
                ));
                said.push(format!("log-rank {}", words::p_is(t.p)));
                let mut tests =
                    ResultTable::new("log-rank", "Log-rank test", ["group", "patients", "observed", "expected"]);
                for (place, group) in groups.groups.iter().enumerate() {
                    tests.push([
                        Cell::text(group.label.as_str()),
                        Cell::count(found.n[place]),
                        Cell::number(found.observed[place], 0),
                        Cell::number(found.expected[place], 1),
                    ]);
                }
                tests.notes.push(format!("chi-square {:.2} on {} df, P {}", t.statistic, t.df, shown_p(t.p)));
                answer.tables.push(tests);
            }
            Err(error) => answer.notes.push(format!("Log-rank test: not estimable: {error}.")),
        }
    }
    answer.tables.insert(0, table);
    answer.tables.insert(1, risk);
    let shown_level = (level * 1000.0).round() / 10.0;
    if let [first, second] = groups.groups.as_slice()
        && let Some((ratio, lower, upper)) = hazard_ratio(&groups.groups, level)
    {
        let apart = words::apart(&[first.label.as_str(), second.label.as_str()]);
        let ratio = words::ratio_ci(ratio, lower, upper, level);
        said.insert(0, format!("HR {ratio}, {} against {}", apart[1], apart[0]));
    }
    let figure = SurvivalCurves {
        time: match groups.unit {
            Some(unit) => format!("Time ({unit})"),
            None => "Time".to_owned(),
        },
        outcome: format!("Probability of {}", groups.outcome),
        cohort: groups.cohort.clone(),
        method: format!("{shown_level}% confidence bands, {words} transformed"),
        curves: drawn,
        missing: groups.missing as u64,
        notes: said,
    };
    answer.figures.push(FigureData::new(title, &figure));
    Ok(answer)
}

/// Hazard ratio of the second of two groups against the first with its limits, where estimable.
fn hazard_ratio(groups: &[Group], level: f64) -> Option<(f64, f64, f64)> {
    let (outcome, numbers) = pooled(groups);
    let x = ndarray::Array2::from_shape_fn((numbers.len(), 1), |(row, _)| f64::from(numbers[row]));
    let names = [groups.get(1)?.label.clone()];
    let options = CoxOptions { level, ..CoxOptions::default() };
    let fit = cox::fit(&CoxData::new(x.view(), &names, &outcome), &options).ok()?;
    let ratio = fit.coefficients.first()?.as_ref().ok()?;
    let told = [ratio.hazard_ratio, ratio.lower, ratio.upper];
    told.iter().all(|v| v.is_finite()).then_some((ratio.hazard_ratio, ratio.lower, ratio.upper))
}

/// All groups together with the number of each row's group.
pub fn pooled(groups: &[Group]) -> (Censored, Vec<u32>) {
    let mut pooled = Censored::new(Vec::new(), Vec::new());
    let mut entries = Vec::new();
    let mut numbers = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        pooled.time.extend(&group.outcome.time);
        pooled.event.extend(&group.outcome.event);
        entries.extend(group.outcome.entry.clone().unwrap_or_else(|| vec![0.0; group.outcome.len()]));
        numbers.extend(std::iter::repeat_n(place as u32, group.outcome.len()));
    }
    if groups.iter().any(|group| group.outcome.entry.is_some()) {
        pooled.entry = Some(entries);
    }
    (pooled, numbers)
}

/// In the unit in which times are shown.
pub fn scaled(mut estimate: Estimate, factor: f64) -> Estimate {
    if let Ok(value) = &mut estimate.value {
        *value /= factor;
    }
    if let Some(interval) = &mut estimate.interval {
        interval.lower /= factor;
        interval.upper /= factor;
    }
    estimate
}

/// About six round times from 0 to the end of follow-up.
fn ticks(last: f64) -> Vec<f64> {
    if last <= 0.0 || !last.is_finite() {
        return vec![0.0];
    }
    let raw = last / 6.0;
    let size = 10f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 3.0, 5.0, 6.0, 10.0].iter().map(|factor| factor * size).find(|step| *step >= raw).unwrap_or(raw);
    (0..).map(|index| f64::from(index) * step).take_while(|tick| *tick <= last).collect()
}
