//! Choosing between learners and tuning their settings, on folds of the training rows.
//!
//! Folds are dealt once and the preparation of each fold is fitted once; all candidates share
//! both. The order is that of the study: `choose` compares learners, each with its settings (of a
//! setting with a grid, the first value); `tune` then walks the grid of the winner. Without
//! `choose`, `tune` walks the grids of all; without `tune`, `choose` compares every grid point. A
//! candidate's grid is whole when it comes here: what the study says or, where it tunes and says none,
//! the learner's own ([`Learner::grid`]) without the settings that the study fixes.

use std::collections::BTreeMap;

use rand::seq::index::sample;
use rayon::prelude::*;

use crate::card::{Settings, Value};
use crate::learn::folds::{self, Fold};
use crate::learn::recipe::{Candidate, Design, Search};
use crate::learn::seam::{FitError, Learner};
use crate::stats::{Direction, Judged, Metric, Outcome};

use super::learned::{self, Matrix};
use super::work::{Cohort, FuseError, Work};

/// Grids beyond this are a mistake rather than a plan.
const MOST_POINTS: usize = 100_000;

/// Which search a candidate was tried in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    Choose,
    Tune,
}

/// One line of the table of candidates.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tried {
    pub stage: Stage,
    pub learner: String,
    /// Settings in which the candidates of this search differ.
    pub settings: BTreeMap<String, Value>,
    pub metric: String,
    /// Mean of the metric over folds, and its standard deviation (divisor n - 1); `None` where
    /// it could not be judged.
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    /// Folds in which the metric was estimable.
    pub folds: usize,
    /// Folds in which it was not, or in which the fit failed, with the first reason.
    pub failed: usize,
    pub reason: Option<String>,
    pub chosen: bool,
}

/// What a search ends with.
pub(super) struct Winner {
    pub learner: &'static dyn Learner,
    pub settings: Settings,
    pub tried: Vec<Tried>,
    pub seconds: Vec<f64>,
}

#[derive(Clone)]
struct Point {
    learner: &'static dyn Learner,
    settings: Settings,
    /// What sets it apart from others of its learner.
    varied: BTreeMap<String, Value>,
}

/// One fold with everything prepared.
struct Bench {
    train: Matrix,
    train_outcome: Outcome,
    test: Matrix,
    test_outcome: Outcome,
}

/// Chooses and tunes on `rows` alone.
pub(super) fn winner(
    design: &Design,
    blocks: &[String],
    candidates: &[Candidate],
    cohort: &Cohort<'_>,
    rows: &[usize],
    work: &Work<'_>,
) -> Result<Winner, FuseError> {
    let mut tried = Vec::new();
    let mut seconds = Vec::new();
    let mut benches: Option<(&Search, Vec<Bench>)> = None;
    let mut remaining: Vec<&Candidate> = candidates.iter().collect();
    if remaining.is_empty() {
        return Err(FuseError::Design { reason: "a model wants at least one learner".to_owned() });
    }
    let mut best: Option<Point> = None;

    if let Some(search) = &design.choose
        && remaining.len() > 1
    {
        let mut points = Vec::new();
        let mut owner = Vec::new();
        for (index, candidate) in remaining.iter().enumerate() {
            let of_candidate =
                if design.tune.is_some() { vec![representative(candidate)?] } else { grid(candidate, None, work)? };
            owner.extend(std::iter::repeat_n(index, of_candidate.len()));
            points.extend(of_candidate);
        }
        let prepared = bench(design, blocks, cohort, rows, search, work)?;
        let index = judge(Stage::Choose, search, &points, &prepared, cohort, work, &mut tried, &mut seconds)?;
        remaining = vec![remaining[owner[index]]];
        best = Some(points.swap_remove(index));
        benches = Some((search, prepared));
    }
    if let Some(search) = &design.tune {
        let mut points = Vec::new();
        for candidate in &remaining {
            points.extend(grid(candidate, search.draws, work)?);
        }
        if points.len() > 1 {
            let prepared = match benches {
                Some((earlier, prepared)) if earlier.over == search.over => prepared,
                _ => bench(design, blocks, cohort, rows, search, work)?,
            };
            let index = judge(Stage::Tune, search, &points, &prepared, cohort, work, &mut tried, &mut seconds)?;
            best = Some(points.swap_remove(index));
        } else if best.is_none() {
            best = points.pop();
        }
    }
    let best = match best {
        Some(best) => best,
        None if remaining.len() == 1 => {
            let mut points = grid_as_given(remaining[0])?;
            if points.len() > 1 {
                let name = remaining[0].learner.card().name;
                return Err(FuseError::Design { reason: format!("`{name}` has a grid and no `tune`") });
            }
            points.swap_remove(0)
        }
        None => return Err(FuseError::Design { reason: "there are several learners and no `choose`".to_owned() }),
    };
    Ok(Winner { learner: best.learner, settings: best.settings, tried, seconds })
}

/// The learner at its settings, grid settings at their first value.
fn representative(candidate: &Candidate) -> Result<Point, FuseError> {
    let first: Vec<(&'static str, Value)> =
        candidate.grid.iter().filter_map(|(name, values)| Some((*name, values.first()?.clone()))).collect();
    point(candidate, &first, BTreeMap::new())
}

fn point(
    candidate: &Candidate,
    chosen: &[(&'static str, Value)],
    varied: BTreeMap<String, Value>,
) -> Result<Point, FuseError> {
    let card = candidate.learner.card();
    let others = candidate
        .settings
        .iter()
        .filter(|(name, _)| !chosen.iter().any(|(other, _)| other == name))
        .map(|(name, value)| (name, value.clone()));
    let settings = Settings::new(card, others.chain(chosen.iter().map(|(name, value)| (*name, value.clone()))))
        .map_err(|fault| FuseError::Design { reason: fault.to_string() })?;
    Ok(Point { learner: candidate.learner, settings, varied })
}

/// Every point of the grid; the settings themselves where there is none.
fn grid_as_given(candidate: &Candidate) -> Result<Vec<Point>, FuseError> {
    expand(candidate, &candidate.grid)
}

/// Every point of the grid, or `draws` of them.
fn grid(candidate: &Candidate, draws: Option<usize>, work: &Work<'_>) -> Result<Vec<Point>, FuseError> {
    let points = grid_as_given(candidate)?;
    match draws {
        Some(draws) if draws < points.len() => {
            let stream = work.stream.named("draw").named(candidate.learner.card().name);
            let mut drawn = sample(&mut stream.rng(), points.len(), draws).into_vec();
            drawn.sort_unstable();
            Ok(drawn.into_iter().map(|index| points[index].clone()).collect())
        }
        _ => Ok(points),
    }
}

fn expand(candidate: &Candidate, axes: &[(&'static str, Vec<Value>)]) -> Result<Vec<Point>, FuseError> {
    let name = candidate.learner.card().name;
    let total = axes.iter().try_fold(1usize, |total, (_, values)| total.checked_mul(values.len()));
    match total {
        Some(0) => {
            return Err(FuseError::Design { reason: format!("the grid of `{name}` has a setting without values") });
        }
        Some(total) if total <= MOST_POINTS => {}
        _ => {
            return Err(FuseError::Design {
                reason: format!("the grid of `{name}` has more than {MOST_POINTS} points; draw some at random"),
            });
        }
    }
    let mut chosen: Vec<Vec<(&'static str, Value)>> = vec![Vec::new()];
    for (axis, values) in axes {
        chosen = chosen
            .iter()
            .flat_map(|point| {
                values.iter().map(move |value| {
                    let mut point = point.clone();
                    point.push((*axis, value.clone()));
                    point
                })
            })
            .collect();
    }
    chosen
        .into_iter()
        .map(|chosen| {
            let varied = chosen.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            point(candidate, &chosen, varied)
        })
        .collect()
}

/// Deals the folds of a search and prepares each of them once.
fn bench(
    design: &Design,
    blocks: &[String],
    cohort: &Cohort<'_>,
    rows: &[usize],
    search: &Search,
    work: &Work<'_>,
) -> Result<Vec<Bench>, FuseError> {
    let work = work.named("search");
    let folds = folds::deal(&search.over, &cohort.layout(), rows, &work.stream.named("folds"))?;
    folds
        .par_iter()
        .map(|Fold { repeat, index, train, test }| {
            let work = work.named(&format!("fold {repeat}.{index}"));
            let (pipelines, matrix) = learned::prepare(design, blocks, cohort, train, &work)?;
            let held = learned::apply(&pipelines, cohort.blocks, test)?;
            let outcome_of = |rows: &[usize], positions: &[usize]| {
                cohort.outcome.select(&positions.iter().map(|position| rows[*position]).collect::<Vec<_>>())
            };
            Ok(Bench {
                train_outcome: outcome_of(train, &matrix.positions),
                test_outcome: outcome_of(test, &held.positions),
                train: matrix,
                test: held,
            })
        })
        .collect()
}

/// Fits every point in every fold and returns the index of the best.
#[allow(clippy::too_many_arguments)]
fn judge(
    stage: Stage,
    search: &Search,
    points: &[Point],
    benches: &[Bench],
    cohort: &Cohort<'_>,
    work: &Work<'_>,
    tried: &mut Vec<Tried>,
    seconds: &mut Vec<f64>,
) -> Result<usize, FuseError> {
    let kind = cohort.outcome.kind();
    let metric = super::metric(&search.metric, kind).ok_or_else(|| FuseError::Design {
        reason: format!("there is no metric `{}` for a {kind} endpoint", search.metric),
    })?;
    if metric.needs_horizon() {
        return Err(FuseError::Design {
            reason: format!("`{}` is asked at a time, so it cannot choose or tune", search.metric),
        });
    }
    let work = work.named("search");
    work.watch.begin("candidates", Some((points.len() * benches.len()) as u64));
    let jobs: Vec<(usize, usize)> =
        (0..points.len()).flat_map(|point| (0..benches.len()).map(move |fold| (point, fold))).collect();
    let scores: Vec<Result<(f64, f64), FuseError>> = jobs
        .par_iter()
        .map(|(point, fold)| {
            work.watch.check()?;
            let started = work.watch.seconds();
            let score = score(&points[*point], &benches[*fold], metric, &work.named(&format!("model {fold}")));
            work.watch.advance("candidates", 1);
            score.map(|score| (score, work.watch.seconds() - started))
        })
        .collect();
    work.watch.end("candidates");

    let first = tried.len();
    for (index, point) in points.iter().enumerate() {
        let of_point = &scores[index * benches.len()..(index + 1) * benches.len()];
        let mut values = Vec::new();
        let mut reason = None;
        let mut spent = 0.0;
        for score in of_point {
            match score {
                Ok((value, seconds)) => {
                    values.push(*value);
                    spent += seconds;
                }
                Err(FuseError::Cancelled) => return Err(FuseError::Cancelled),
                Err(error) => {
                    reason.get_or_insert_with(|| error.to_string());
                }
            }
        }
        let n = values.len() as f64;
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / n);
        let sd = mean
            .filter(|_| values.len() > 1)
            .map(|mean| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
        tried.push(Tried {
            stage,
            learner: point.learner.card().name.to_owned(),
            settings: point.varied.clone(),
            metric: search.metric.clone(),
            mean,
            sd,
            folds: values.len(),
            failed: of_point.len() - values.len(),
            reason,
            chosen: false,
        });
        seconds.push(spent);
    }
    let best = pick(&tried[first..], metric.direction(), search.one_standard_error).ok_or_else(|| {
        let reason = tried[first..].iter().find_map(|tried| tried.reason.clone()).unwrap_or_default();
        FuseError::NothingJudged { metric: search.metric.clone(), reason }
    })?;
    tried[first + best].chosen = true;
    Ok(best)
}

/// The best of the candidates: those judged in the most folds come first, so that a candidate
/// that fails where it is hard cannot win; ties go to the earlier one. Under the one-standard-error
/// rule the earliest candidate within one standard error of the best, for grids list the simplest
/// model first.
fn pick(tried: &[Tried], direction: Direction, one_standard_error: bool) -> Option<usize> {
    let sign = match direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    };
    let most = tried.iter().map(|tried| tried.folds).max().filter(|most| *most > 0)?;
    let value = |index: usize| tried[index].mean.filter(|_| tried[index].folds == most).map(|mean| sign * mean);
    let mut best: Option<(usize, f64)> = None;
    for index in 0..tried.len() {
        if let Some(value) = value(index)
            && best.is_none_or(|(_, top)| value > top)
        {
            best = Some((index, value));
        }
    }
    let (index, top) = best?;
    if !one_standard_error {
        return Some(index);
    }
    let error = tried[index].sd.map_or(0.0, |sd| sd / (most as f64).sqrt());
    (0..tried.len()).find(|index| value(*index).is_some_and(|value| value >= top - error))
}

fn score(point: &Point, bench: &Bench, metric: &dyn Metric, work: &Work<'_>) -> Result<f64, FuseError> {
    let Bench { train, train_outcome, test, test_outcome } = bench;
    let name = point.learner.card().name;
    if test.positions.is_empty() {
        return Err(FuseError::NoRows { reason: "no test row of the fold has every block".to_owned() });
    }
    let model = learned::fit_model(point.learner, &point.settings, &train.names, train.x.view(), train_outcome, work)
        .map_err(FuseError::at(name))?;
    if test.x.ncols() > 0 {
        learned::admit(point.learner, &test.names, test.x.view()).map_err(FuseError::at(name))?;
    }
    let prediction = model.predict(test.x.view()).map_err(FuseError::at(name))?;
    let curves = if metric.needs_curves() {
        let times = event_times(train_outcome);
        let curves = model.curves(test.x.view(), &times).map_err(FuseError::at(name))?;
        Some(curves.ok_or_else(|| {
            FuseError::at(name)(FitError::NotEstimable {
                learner: name,
                reason: format!("it predicts a ranking and no survival curves, which {} needs", metric.card().name),
            })
        })?)
    } else {
        None
    };
    let judged = Judged {
        outcome: test_outcome,
        prediction: &prediction,
        held: None,
        patients: None,
        curves: curves.as_ref(),
        training: Some(train_outcome),
        horizon: None,
        threshold: None,
    };
    Ok(metric.score(&judged)?)
}

/// Distinct event times of the training rows, for metrics over time.
fn event_times(outcome: &Outcome) -> Vec<f64> {
    let Outcome::Survival(censored) = outcome else { return Vec::new() };
    let mut times: Vec<f64> =
        (0..censored.len()).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}
