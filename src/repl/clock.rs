//! How long each step of the last computation took, heard from its progress.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::progress::{Event, Watch};

/// Shared with the watch that hears the steps.
#[derive(Clone, Default)]
pub struct Clock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    begun: HashMap<String, Instant>,
    took: Vec<(String, Duration)>,
    candidates: Vec<(String, f64)>,
    whole: Duration,
}

impl Clock {
    /// A watch that is timed, and tells `listener` as well.
    pub fn watch(&self, listener: impl Fn(Event<'_>) + Send + Sync + 'static) -> Watch {
        let (clock, begun) = (self.clone(), Instant::now());
        let watch = Watch::with_listener(move |event| {
            clock.hear(&event);
            listener(event);
        });
        watch.with_clock(move || begun.elapsed().as_secs_f64())
    }

    fn hear(&self, event: &Event<'_>) {
        // A poisoned lock only means that another thread failed between two times.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begin { task, .. } => {
                inner.begun.insert((*task).to_owned(), Instant::now());
            }
            Event::End { task } => {
                if let Some(begun) = inner.begun.remove(*task) {
                    inner.took.push(((*task).to_owned(), begun.elapsed()));
                }
            }
            Event::Took { piece, seconds, .. } => inner.candidates.push(((*piece).to_owned(), *seconds)),
            Event::Advance { .. } => {}
        }
    }

    pub fn restart(&self) {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Inner::default();
    }

    pub fn stop(&self, whole: Duration) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).whole = whole;
    }

    pub fn whole(&self) -> Duration {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).whole
    }

    /// Seconds of each candidate of the searches, by its name in the table of candidates.
    pub fn candidates(&self) -> Vec<(String, f64)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).candidates.clone()
    }

    /// What a task of this name took in all.
    pub fn of(&self, task: &str) -> Option<Duration> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let took: Vec<Duration> = inner.took.iter().filter(|(name, _)| name == task).map(|(_, took)| *took).collect();
        (!took.is_empty()).then(|| took.into_iter().sum())
    }
}
