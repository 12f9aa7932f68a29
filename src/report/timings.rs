//! How long the steps of a run took, heard from its [`Watch`](crate::progress::Watch).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::progress::Event;
use crate::run::operations::model::{CANDIDATES, candidate};
use crate::run::results::{Cell, ResultTable};

/// What a run knows beside its results, which hold only what is the same every time.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// Steps that were computed, with the time that each took, in the order in which they ended.
    pub steps: Vec<(String, Duration)>,
    /// From reading the data to the last answer.
    pub whole: Option<Duration>,
    pub threads: Option<usize>,
    /// Steps whose answers were taken from the store.
    pub stored: Vec<String>,
    /// Operating system and processor: `linux x86_64`.
    pub system: Option<String>,
    /// Seconds of each candidate of a search, by its name in the table of candidates.
    pub candidates: Vec<(String, f64)>,
    /// Steps that failed, with the reason; empty where the run came to its end.
    pub faults: Vec<(String, String)>,
}

/// Listens to a watch and keeps the time between the beginning and the end of each task.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    begun: Instant,
    open: Arc<Mutex<HashMap<String, Instant>>>,
    done: Arc<Mutex<Vec<(String, Duration)>>>,
    candidates: Arc<Mutex<Vec<(String, f64)>>>,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Stopwatch { begun: Instant::now(), open: Arc::default(), done: Arc::default(), candidates: Arc::default() }
    }
}

impl Stopwatch {
    /// Seconds since it was made: a clock for the work that it times.
    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Takes note of an event of a watch.
    pub fn hear(&self, event: &Event<'_>) {
        match event {
            Event::Begin { task, .. } => {
                if let Ok(mut open) = self.open.lock() {
                    open.insert((*task).to_owned(), Instant::now());
                }
            }
            Event::End { task } => {
                let begun = self.open.lock().ok().and_then(|mut open| open.remove(*task));
                if let (Some(begun), Ok(mut done)) = (begun, self.done.lock()) {
                    done.push(((*task).to_owned(), begun.elapsed()));
                }
            }
            Event::Took { piece, seconds, .. } => {
                if let Ok(mut candidates) = self.candidates.lock() {
                    candidates.push(((*piece).to_owned(), *seconds));
                }
            }
            Event::Advance { .. } => {}
        }
    }

    /// What was heard, of the steps of `report`.
    pub fn circumstances(&self, report: &crate::run::Report) -> Circumstances {
        let done = self.done.lock().map(|done| done.clone()).unwrap_or_default();
        let step = |task: &String| task == "reading data" || report.computed.contains(task);
        Circumstances {
            steps: done.into_iter().filter(|(task, _)| step(task)).collect(),
            whole: Some(self.begun.elapsed()),
            threads: Some(rayon::current_num_threads()),
            stored: report.stored.clone(),
            system: Some(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            candidates: self.candidates.lock().map(|candidates| candidates.clone()).unwrap_or_default(),
            faults: Vec::new(),
        }
    }
}

/// A table of candidates with what each took, where that was heard; any other table as it is. The
/// times stand in what is read and never in what is stored: they differ from run to run.
pub fn timed<'t>(table: &'t ResultTable, candidates: &[(String, f64)]) -> Cow<'t, ResultTable> {
    if table.name != CANDIDATES || candidates.is_empty() {
        return Cow::Borrowed(table);
    }
    let times: HashMap<&str, f64> = candidates.iter().map(|(name, seconds)| (name.as_str(), *seconds)).collect();
    let took: Vec<Option<f64>> = table.rows.iter().map(|row| times.get(candidate(row).as_str()).copied()).collect();
    if took.iter().all(Option::is_none) {
        return Cow::Borrowed(table);
    }
    let mut table = table.clone();
    let place = table.columns.iter().position(|column| column == "folds").unwrap_or(table.columns.len());
    table.columns.insert(place, "seconds".to_owned());
    for (row, took) in table.rows.iter_mut().zip(took) {
        row.insert(place.min(row.len()), took.map_or(Cell::Empty, |seconds| Cell::number(seconds, 3)));
    }
    table.notes.push(
        "seconds are of the wall, fit and judgement summed over the folds; several candidates run at a time".to_owned(),
    );
    Cow::Owned(table)
}

/// `0.4 s`, `3 min 20 s`, `2 h 5 min`.
pub fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 0.0005 => "< 1 ms".to_owned(),
        s if s < 0.0995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 59.5 => format!("{s:.0} s"),
        s if s < 3599.5 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_as_people_tell_them() {
        let shown = |seconds: f64| super::shown(Duration::from_secs_f64(seconds));
        assert_eq!(
            [shown(0.012), shown(3.24), shown(75.0), shown(7500.0)],
            ["12 ms", "3.2 s", "1 min 15 s", "2 h 5 min"]
        );
    }

    #[test]
    fn a_stopwatch_hears_what_ended() {
        let watch = Stopwatch::default();
        watch.hear(&Event::Begin { task: "a", total: None });
        watch.hear(&Event::Advance { task: "a", by: 1 });
        watch.hear(&Event::End { task: "a" });
        watch.hear(&Event::End { task: "never begun" });
        assert_eq!(watch.done.lock().unwrap().len(), 1);
    }
}
