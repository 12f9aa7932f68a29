//! How long the steps of a run took, heard from its [`Watch`](crate::progress::Watch).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::progress::Event;

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
    /// Steps that failed, with the reason; empty where the run came to its end.
    pub faults: Vec<(String, String)>,
}

/// Listens to a watch and keeps the time between the beginning and the end of each task.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    begun: Instant,
    open: Arc<Mutex<HashMap<String, Instant>>>,
    done: Arc<Mutex<Vec<(String, Duration)>>>,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Stopwatch { begun: Instant::now(), open: Arc::default(), done: Arc::default() }
    }
}

impl Stopwatch {
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
            faults: Vec::new(),
        }
    }
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
