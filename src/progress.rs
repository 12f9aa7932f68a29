//! How long work is watched and stopped: one token, handed down from the front end to the
//! innermost loop. An engine calls [`Watch::check`] often enough to stop within a fraction of a
//! second and [`Watch::advance`] when a countable piece is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The work was stopped from outside; what was finished is kept by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Cancelled;

/// What a front end hears of long work.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A task begins; `total` pieces if known.
    Begin { task: &'a str, total: Option<u64> },
    /// `by` more pieces of the task are done.
    Advance { task: &'a str, by: u64 },
    /// The task ended, finished or not.
    End { task: &'a str },
    /// A named piece of the task, such as a candidate of a search, took so long in all.
    Took { task: &'a str, piece: &'a str, seconds: f64 },
}

type Listener = dyn Fn(Event<'_>) + Send + Sync;
type Clock = dyn Fn() -> f64 + Send + Sync;

/// The cancellation token together with the listener for progress. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watch {
    cancelled: Arc<AtomicBool>,
    listener: Option<Arc<Listener>>,
    clock: Option<Arc<Clock>>,
}

impl Watch {
    /// Never stops and tells nobody, for tests and short work.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Tells `listener` of progress.
    pub fn with_listener(listener: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Watch { cancelled: Arc::default(), listener: Some(Arc::new(listener)), clock: None }
    }

    /// Gives the work a clock: seconds since any fixed point. Times are told, and enter no result.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Watch { clock: Some(Arc::new(clock)), ..self }
    }

    /// What the clock says; 0 where there is none.
    pub fn seconds(&self) -> f64 {
        self.clock.as_ref().map_or(0.0, |clock| clock())
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Makes the token good for the next piece of work, after a cancelled one has returned.
    pub fn renew(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Cancelled`] once somebody called [`Watch::cancel`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    pub fn begin(&self, task: &str, total: Option<u64>) {
        self.tell(Event::Begin { task, total });
    }

    pub fn advance(&self, task: &str, by: u64) {
        self.tell(Event::Advance { task, by });
    }

    pub fn end(&self, task: &str) {
        self.tell(Event::End { task });
    }

    pub fn took(&self, task: &str, piece: &str, seconds: f64) {
        self.tell(Event::Took { task, piece, seconds });
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_watch_stops_its_clones() {
        let watch = Watch::silent();
        let clone = watch.clone();
        assert_eq!(clone.check(), Ok(()));
        watch.cancel();
        assert_eq!(clone.check(), Err(Cancelled));
        watch.renew();
        assert_eq!(clone.check(), Ok(()));
    }
}
