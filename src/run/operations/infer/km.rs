//! `km(os ~ arm)`: curves, numbers at risk, medians, log-rank.

use crate::figures::km::{Curve, Step as Corner, SurvivalCurves};
use crate::figures::words;
use crate::figures::words::p_is;
use crate::plan::node::{Infer, TimeUnit};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::run::world::coded;
use crate::stats::multiplicity::Adjustment;
use crate::stats::{Censored, Estimate, Outcome};
use crate::survival::cox::{self, ChiSquared, CoxData, CoxOptions};
use crate::survival::kaplan_meier::{Transform, kaplan_meier};
use crate::survival::life_table::Counted;
use crate::survival::logrank::{Pair, logrank, pairwise};
use crate::survival::nelson_aalen::nelson_aalen;

use super::super::describe::{at_time, shown_unit};
use super::level;
use super::matrix::{combined, landmark, response, weights};

/// Patients of one curve.
pub struct Group {
    pub label: String,
    pub outcome: Censored,
    /// Stratum of each, within which groups are compared.
    pub strata: Option<Vec<u32>>,
    /// Case weights.
    pub weights: Option<Vec<f64>>,
}

impl Group {
    /// Neither stratified nor weighted.
    pub fn new(label: String, outcome: Censored) -> Self {
        Group { label, outcome, strata: None, weights: None }
    }
}

/// What is asked beside curves, medians and the log-rank test.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Days at which survival is told.
    pub at: Vec<f64>,
    /// Shares whose time is told.
    pub quantiles: Vec<f64>,
    /// Weight `S(t-)^rho` of the test.
    pub rho: f64,
    pub trend: bool,
    /// Every pair of groups, p adjusted so.
    pub pairwise: Option<Adjustment>,
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
        let mut strata = Vec::new();
        for (_, expression) in &spec.formula.strata {
            let (code, levels) = coded(&step.world.evaluate(expression, set.table)?, &[]);
            strata.push((code, levels.len()));
        }
        let weights = weights(step, spec, set.table)?;
        let mut rows: Vec<usize> = set
            .rows
            .iter()
            .copied()
            .filter(|row| endpoint.known[*row] && codes.iter().all(|codes| codes[*row].is_some()))
            .filter(|row| strata.iter().all(|(codes, _)| codes[*row].is_some()))
            .filter(|row| weights.as_ref().is_none_or(|weights| !weights[*row].is_nan()))
            .collect();
        let missing = set.rows.len() - rows.len();
        let (outcome, before_landmark) =
            landmark(&endpoint.outcome, &mut rows, spec.settings.real_if_given("landmark"));
        let Outcome::Survival(censored) = outcome else {
            return Err(Fault::run("run::wrong-endpoint", format!("`{}` wants a time to an event", spec.procedure)));
        };
        let (strata, _) = combined(&strata, &rows);
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
                Group {
                    label,
                    outcome: censored.select(&members),
                    strata: strata.as_ref().map(|strata| members.iter().map(|row| strata[*row]).collect()),
                    weights: weights.as_ref().map(|w| members.iter().map(|row| w[rows[*row]]).collect()),
                }
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
    let asked = Asked {
        at: spec.settings.reals("at"),
        quantiles: spec.settings.reals("quantiles"),
        rho: spec.settings.real_if_given("rho").unwrap_or(0.0),
        trend: spec.settings.flag("trend"),
        pairwise: Adjustment::from_word(spec.settings.choice("pairwise")),
    };
    curves(&step.node.stem, &Groups::new(step, spec)?, level(step, spec), transform, &asked)
}

/// Curves, numbers at risk, medians and the log-rank test of groups.
///
/// # Errors
/// Follow-up that makes no curve.
pub fn curves(title: &str, groups: &Groups, level: f64, transform: Transform, asked: &Asked) -> Result<Answer, Fault> {
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
    let weighted = groups.groups.iter().any(|group| group.weights.is_some());
    let mut times = ResultTable::new(
        "survival",
        format!("Survival at times{}", shown_unit(groups.unit)),
        ["time", "group", "at risk", "survival", "cumulative hazard"],
    );
    let by = format!("time{}", shown_unit(groups.unit));
    let mut quantiles = ResultTable::new("quantiles", "Quantiles of survival", ["group", "with the event", &by]);
    let mut drawn = Vec::new();
    for (place, group) in groups.groups.iter().enumerate() {
        let n = group.outcome.len();
        let events = group.outcome.events();
        let weights = group.weights.as_deref();
        let curve = kaplan_meier(&group.outcome, weights, Counted::Event, transform, level)
            .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
        for share in &asked.quantiles {
            let mut estimate = scaled(curve.quantile(*share), factor).with_events(Some(events));
            estimate.name = format!("time by which {}% have had the event", share * 100.0);
            let record = EstimateRecord::new(&estimate.with_missing(groups.missing), Kind::Descriptive)
                .of("", &format!("{}, {}", groups.cohort, group.label));
            quantiles.push([
                Cell::text(group.label.as_str()),
                Cell::text(format!("{}%", share * 100.0)),
                record.cell(1),
            ]);
            answer.estimates.push(record);
        }
        if !asked.at.is_empty() {
            let hazard = nelson_aalen(&group.outcome, weights, Counted::Event, level)
                .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
            for time in &asked.at {
                let mut estimate = curve.estimate_at(*time);
                estimate.name = format!("survival at {}", at_time(time / factor, groups.unit));
                let record = EstimateRecord::new(&estimate.with_missing(groups.missing), Kind::Descriptive)
                    .of("", &format!("{}, {}", groups.cohort, group.label));
                let place = hazard.table.time.partition_point(|known| known <= time).checked_sub(1);
                let bounds = place.and_then(|place| hazard.bounds[place]);
                times.push([
                    Cell::number(time / factor, 2),
                    Cell::text(group.label.as_str()),
                    Cell::count(curve.at_risk(&group.outcome, *time)),
                    record.cell(3),
                    Cell::Estimate {
                        value: hazard.at(*time),
                        lower: bounds.map(|bounds| bounds.lower),
                        upper: bounds.map(|bounds| bounds.upper),
                        digits: 3,
                    },
                ]);
                answer.estimates.push(record);
            }
        }
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
    if groups.groups.len() > 1 && weighted {
        answer.notes.push("No log-rank test: its variance is not defined for case weights.".to_owned());
    } else if groups.groups.len() > 1 {
        said.extend(compared(groups, asked, &mut answer));
    }
    answer.tables.insert(0, table);
    answer.tables.insert(1, risk);
    if !quantiles.rows.is_empty() {
        quantiles.notes.push(format!("{words} transformed bounds inverted (Brookmeyer-Crowley), {}%", level * 100.0));
        answer.tables.insert(2, quantiles);
    }
    if !times.rows.is_empty() {
        times.notes.push(format!(
            "Kaplan-Meier with Greenwood's {words} interval; Nelson-Aalen, interval on the log scale; {}%",
            level * 100.0
        ));
        answer.tables.insert(2, times);
    }
    let shown_level = (level * 1000.0).round() / 10.0;
    if let [first, second] = groups.groups.as_slice()
        && !weighted
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
        outcome: format!("Survival probability ({})", groups.outcome),
        cohort: groups.cohort.clone(),
        method: format!("{shown_level}% confidence bands, {words} transformed"),
        curves: drawn,
        missing: groups.missing as u64,
        notes: said,
    };
    answer.figures.push(FigureData::new(title, &figure));
    Ok(answer)
}

/// The tests of groups: of all, for trend, of pairs. Told is what stands on the figure.
fn compared(groups: &Groups, asked: &Asked, answer: &mut Answer) -> Option<String> {
    let (outcome, numbers) = pooled(&groups.groups);
    let strata = pooled_strata(&groups.groups);
    let count = groups.groups.len();
    let name = if asked.rho == 0.0 { "Log-rank test".to_owned() } else { format!("G-rho test, rho {}", asked.rho) };
    let name = if strata.is_some() { format!("Stratified {}", lower_first(&name)) } else { name };
    let found = match logrank(&outcome, &numbers, count, strata.as_deref(), asked.rho) {
        Ok(found) => found,
        Err(error) => {
            answer.notes.push(format!("{name}: not estimable: {error}."));
            return None;
        }
    };
    let told = |test: &ChiSquared| format!("chi-square {:.2} on {} df, {}", test.statistic, test.df, p_is(test.p));
    answer.notes.push(format!("{name}: {}.", told(&found.test)));
    let mut tests = ResultTable::new("log-rank", name.clone(), ["group", "patients", "observed", "expected"]);
    // Weighted sums of events are no counts.
    let digits = if asked.rho == 0.0 { 0 } else { 1 };
    for (place, group) in groups.groups.iter().enumerate() {
        tests.push([
            Cell::text(group.label.as_str()),
            Cell::count(found.n[place]),
            Cell::number(found.observed[place], digits),
            Cell::number(found.expected[place], 1),
        ]);
    }
    tests.notes.push(told(&found.test));
    if asked.trend {
        let scores: Vec<f64> = (1..=count).map(|place| place as f64).collect();
        match found.trend(&scores) {
            Ok(test) => {
                answer.notes.push(format!("Trend over the groups: {}.", told(&test)));
                tests.notes.push(format!("trend over the groups in their order: {}", told(&test)));
            }
            Err(error) => answer.notes.push(format!("Trend over the groups: not estimable: {error}.")),
        }
    }
    answer.tables.push(tests);
    if let Some(how) = asked.pairwise {
        match pairwise(&outcome, &numbers, count, strata.as_deref(), asked.rho, how) {
            Ok(pairs) => answer.tables.push(pair_table(groups, &name, &pairs, how)),
            Err(error) => answer.notes.push(format!("Pairs of groups: not estimable: {error}.")),
        }
    }
    Some(format!("{} {}", lower_first(&name.replace(" test", "")), words::p_is(found.test.p)))
}

fn pair_table(groups: &Groups, name: &str, pairs: &[Pair], how: Adjustment) -> ResultTable {
    let mut table = ResultTable::new(
        "pairs",
        format!("{name}: pairs of groups"),
        ["first", "second", "chi-square", "p", "p adjusted"],
    );
    for pair in pairs {
        let label = |number: u32| groups.groups.get(number as usize).map_or("", |group| group.label.as_str());
        let (statistic, p) = match &pair.test {
            Ok(test) => (Cell::number(test.statistic, 2), Cell::P(test.p)),
            Err(error) => (Cell::NotEstimable(error.to_string()), Cell::Empty),
        };
        table.push([
            Cell::text(label(pair.groups.0)),
            Cell::text(label(pair.groups.1)),
            statistic,
            p,
            pair.adjusted.map_or(Cell::Empty, Cell::P),
        ]);
    }
    table.notes.push(format!("each pair on its own patients; adjustment: {}", how.title()));
    table
}

fn lower_first(words: &str) -> String {
    let mut signs = words.chars();
    signs.next().map_or(String::new(), |first| first.to_lowercase().collect::<String>() + signs.as_str())
}

/// Stratum of each row of [`pooled`], where there are strata.
pub fn pooled_strata(groups: &[Group]) -> Option<Vec<u32>> {
    let strata: Option<Vec<&Vec<u32>>> = groups.iter().map(|group| group.strata.as_ref()).collect();
    strata.map(|strata| strata.into_iter().flatten().copied().collect())
}

/// Hazard ratio of the second of two groups against the first with its limits, where estimable.
fn hazard_ratio(groups: &[Group], level: f64) -> Option<(f64, f64, f64)> {
    let (outcome, numbers) = pooled(groups);
    let x = ndarray::Array2::from_shape_fn((numbers.len(), 1), |(row, _)| f64::from(numbers[row]));
    let names = [groups.get(1)?.label.clone()];
    let options = CoxOptions { level, ..CoxOptions::default() };
    let strata = pooled_strata(groups);
    let data = CoxData { strata: strata.as_deref(), ..CoxData::new(x.view(), &names, &outcome) };
    let fit = cox::fit(&data, &options).ok()?;
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
