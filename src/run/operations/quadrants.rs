//! `quadrants profile, risk`: the four profiles of two groupings, with what became of them.

use crate::figures::quadrants::{Grouping, Point, Quadrants as Picture, Tile};
use crate::plan::node::Quadrants;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Outcome;
use crate::stats::binomial::{ProportionInterval, proportion};
use crate::survival::kaplan_meier::Transform;

use super::groups::GroupsValue;
use super::infer::km::{Asked, Group, Groups, curves};

/// # Errors
/// Groups on another table, or nobody in both groupings.
pub fn run(step: &Step<'_>, spec: &Quadrants) -> Result<Answer, Fault> {
    let (first, second) = (step.groups(spec.first)?, step.groups(spec.second)?);
    let mut answer = Answer::default();
    for on in &spec.on {
        let set = step.world.rows(on)?;
        if first.table != set.table || second.table != set.table {
            return Err(Fault::run("run::not-estimable", "the two groupings are of another table"));
        }
        let both: Vec<(usize, u32, u32)> =
            set.rows.iter().filter_map(|row| Some((*row, *first.group.get(row)?, *second.group.get(row)?))).collect();
        let missing = set.rows.len() - both.len();
        let profiles: Vec<(String, Vec<usize>)> = first
            .labels
            .iter()
            .enumerate()
            .flat_map(|(a, left)| second.labels.iter().enumerate().map(move |(b, right)| (a, left, b, right)))
            .map(|(a, left, b, right)| {
                let rows = both.iter().filter(|(_, x, y)| *x as usize == a && *y as usize == b).map(|(row, ..)| *row);
                (format!("{} {left}, {} {right}", first.name, second.name), rows.collect())
            })
            .collect();
        let mut table = ResultTable::new(
            &format!("profiles-{}", set.label),
            format!("Profiles of {} and {} on {}", first.name, second.name, set.label),
            ["profile", "patients", "share"],
        );
        for (label, rows) in &profiles {
            let estimate = proportion("share", rows.len(), both.len(), ProportionInterval::Exact, step.level());
            let record = EstimateRecord::new(&estimate.with_missing(missing), Kind::Descriptive)
                .of("", &format!("{}, {label}", set.label));
            table.push([Cell::text(label.as_str()), Cell::count_of(rows.len(), both.len()), record.cell(3)]);
            answer.estimates.push(record);
        }
        if missing > 0 {
            table.notes.push(format!("{missing} patients lack one of the two predictions"));
        }
        answer.tables.push(table);
        let mut told: Vec<Vec<String>> = vec![Vec::new(); profiles.len()];
        let mut event = String::new();
        let mut had: std::collections::HashMap<usize, bool> = std::collections::HashMap::new();
        for id in &spec.endpoints {
            let endpoint = step.world.endpoint_on(*id, set.table)?;
            match &endpoint.outcome {
                Outcome::Binary(all) => {
                    if event.is_empty() {
                        event.clone_from(&endpoint.name);
                        had = both
                            .iter()
                            .map(|b| b.0)
                            .filter(|row| endpoint.known[*row])
                            .map(|row| (row, all[row]))
                            .collect();
                    }
                    let mut rates = ResultTable::new(
                        &format!("{}-{}", endpoint.name, set.label),
                        format!("Observed {} by profile on {}", endpoint.name, set.label),
                        ["profile", "patients", "events", "rate", "unknown"],
                    );
                    for (place, (label, rows)) in profiles.iter().enumerate() {
                        let known: Vec<usize> = rows.iter().copied().filter(|row| endpoint.known[*row]).collect();
                        let events = known.iter().filter(|row| all[**row]).count();
                        let name = format!("rate of {}", endpoint.name);
                        let estimate = proportion(&name, events, known.len(), ProportionInterval::Exact, step.level());
                        let unknown = rows.len() - known.len();
                        let record = EstimateRecord::new(&estimate.with_missing(unknown), Kind::Descriptive)
                            .of("", &format!("{}, {label}", set.label));
                        told[place].push(match (record.value, record.lower, record.upper) {
                            (Some(rate), Some(lower), Some(upper)) => format!(
                                "{} {:.0}% ({:.0}–{:.0})",
                                endpoint.name,
                                rate * 100.0,
                                lower * 100.0,
                                upper * 100.0
                            ),
                            _ => format!("{} not estimable", endpoint.name),
                        });
                        rates.push([
                            Cell::text(label.as_str()),
                            Cell::count(known.len()),
                            Cell::count(events),
                            record.cell(3),
                            Cell::count(unknown),
                        ]);
                        answer.estimates.push(record);
                    }
                    answer.tables.push(rates);
                }
                Outcome::Survival(all) => {
                    let groups: Vec<Group> = profiles
                        .iter()
                        .filter_map(|(label, rows)| {
                            let known: Vec<usize> = rows.iter().copied().filter(|row| endpoint.known[*row]).collect();
                            (!known.is_empty()).then(|| Group::new(label.clone(), all.select(&known)))
                        })
                        .collect();
                    if groups.is_empty() {
                        continue;
                    }
                    let unknown = both.iter().filter(|(row, ..)| !endpoint.known[*row]).count();
                    let groups = Groups {
                        cohort: set.label.clone(),
                        outcome: endpoint.name.clone(),
                        groups,
                        missing: unknown,
                        before_landmark: 0,
                        unit: endpoint.unit,
                    };
                    let title = format!("Kaplan-Meier estimates of {} by profile on {}", endpoint.name, set.label);
                    let unit = endpoint.unit.map_or(String::new(), |unit| format!(" {unit}"));
                    let survival = curves(&title, &groups, step.level(), Transform::Log, &Asked::default())?;
                    for (place, (label, _)) in profiles.iter().enumerate() {
                        let cohort = format!("{}, {label}", set.label);
                        let Some(record) = survival.estimates.iter().find(|record| record.cohort == cohort) else {
                            continue;
                        };
                        told[place].push(match record.value {
                            Some(median) => format!("median {} {median:.1}{unit}", endpoint.name),
                            None => format!("median {} not reached", endpoint.name),
                        });
                    }
                    let told = survival;
                    answer.tables.extend(told.tables.into_iter().map(|mut table| {
                        table.name = format!("{}-{}-{}", table.name, endpoint.name, set.label);
                        table
                    }));
                    answer.estimates.extend(told.estimates);
                    answer.figures.extend(told.figures);
                    answer
                        .notes
                        .extend(told.notes.into_iter().map(|note| format!("{}: {}, {note}", set.label, endpoint.name)));
                }
                Outcome::Continuous(_) | Outcome::Nominal(_) => {}
            }
        }
        let grouping = |groups: &GroupsValue| Grouping {
            name: groups.name.clone(),
            model: groups.model.clone(),
            cuts: groups.cuts.clone(),
            labels: groups.labels.clone(),
        };
        let points = both.iter().filter_map(|(row, ..)| {
            Some(Point { x: *first.score.get(row)?, y: *second.score.get(row)?, event: had.get(row).copied() })
        });
        let figure = Picture {
            cohort: set.label.clone(),
            x: grouping(&first),
            y: grouping(&second),
            event,
            points: points.filter(|p| p.x.is_finite() && p.y.is_finite()).collect(),
            tiles: profiles
                .iter()
                .zip(told)
                .enumerate()
                .map(|(place, ((_, rows), told))| Tile {
                    x: place / second.labels.len(),
                    y: place % second.labels.len(),
                    n: rows.len() as u64,
                    told,
                })
                .collect(),
            missing: missing as u64,
        };
        let title = format!("Profiles of {} and {} on {}", first.name, second.name, set.label);
        answer.figures.push(FigureData::new(title, &figure));
    }
    Ok(answer)
}
