//! Progress of long work on a terminal, and Ctrl-C.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::progress::{Event, Watch};
use crate::report::Stopwatch;

/// A watch that draws on standard error if that is a terminal, and tells the stopwatch.
pub fn watch(stopwatch: &Stopwatch) -> Watch {
    let (heard, clock, draw) = (stopwatch.clone(), stopwatch.clone(), listener());
    let watch = Watch::with_listener(move |event| {
        heard.hear(&event);
        draw(event);
    });
    watch.with_clock(move || clock.seconds())
}

/// Draws progress on standard error if that is a terminal.
pub fn listener() -> impl Fn(Event<'_>) + Send + Sync + 'static {
    let is_terminal = std::io::stderr().is_terminal();
    let bars = MultiProgress::new();
    let tasks: Mutex<Tasks> = Mutex::default();
    move |event| {
        if !is_terminal {
            return;
        }
        // A poisoned lock only means that another thread's drawing failed.
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.hear(&event, &bars);
    }
}

/// Work shorter than this is not worth a bar that comes and goes.
const UNSEEN: Duration = Duration::from_millis(400);

/// How often a bar moves when nothing is told.
const BEAT: Duration = Duration::from_millis(200);
/// Columns that the name of a task may take.
const NAME: usize = 44;
/// The task of the whole computation, which stands first.
const WHOLE: &str = "steps";

/// What runs at the moment, by name; tasks of one name are counted together.
#[derive(Default)]
struct Tasks {
    since: Option<Instant>,
    running: BTreeMap<String, Task>,
}

#[derive(Default)]
struct Task {
    /// None for a task that only tells how far it is, such as resamples.
    running: usize,
    total: Option<u64>,
    done: u64,
    bar: Option<ProgressBar>,
}

impl Tasks {
    fn hear(&mut self, event: &Event<'_>, bars: &MultiProgress) {
        match event {
            Event::Took { .. } => {}
            Event::Begin { task, total } => {
                let known = self.running.entry((*task).to_owned()).or_default();
                known.running += 1;
                known.total = match (known.total, total) {
                    (Some(known), Some(more)) => Some(known + more),
                    (None, total) => *total,
                    (known, None) => known,
                };
                if let (Some(bar), Some(total)) = (&known.bar, known.total) {
                    bar.set_length(total);
                }
                self.since.get_or_insert_with(Instant::now);
            }
            Event::Advance { task, by } => {
                if self.since.is_none() {
                    return;
                }
                let known = self.running.entry((*task).to_owned()).or_default();
                known.done += by;
                if let Some(bar) = &known.bar {
                    bar.inc(*by);
                }
            }
            Event::End { task } => {
                if let Some(known) = self.running.get_mut(*task) {
                    known.running = known.running.saturating_sub(1);
                }
                // Counts that nobody ends go with whatever ends.
                self.running.retain(|_, known| {
                    if known.running == 0 {
                        known.clear(bars);
                    }
                    known.running > 0
                });
                if self.running.is_empty() && self.since.take().is_some_and(|since| since.elapsed() >= UNSEEN) {
                    // A line that could not be cleared is no reason to stop.
                    let _ = bars.clear();
                }
            }
        }
        if self.since.is_some_and(|since| since.elapsed() >= UNSEEN) {
            for (name, task) in self.running.iter_mut().filter(|(_, task)| task.bar.is_none()) {
                task.bar = Some(bar(name, task, bars));
            }
        }
    }
}

impl Task {
    fn clear(&mut self, bars: &MultiProgress) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            bars.remove(&bar);
        }
    }
}

fn bar(name: &str, task: &Task, bars: &MultiProgress) -> ProgressBar {
    let bar = task.total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let bar = if name == WHOLE { bars.insert(0, bar) } else { bars.add(bar) };
    let template = match task.total {
        Some(_) => "{msg} {wide_bar} {pos}/{len}{left}",
        None if task.running == 0 => "{msg} {spinner} {pos} done",
        None => "{msg} {spinner} {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            // Before the first piece is done nothing is known of the rest.
            if state.pos() > 0 && Some(state.pos()) < state.len() {
                let _ = write!(out, ", about {} left", HumanDuration(state.eta()));
            }
        }));
    }
    let mut shown: String = name.chars().take(NAME).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    bar.set_message(shown);
    bar.set_position(task.done);
    bar.enable_steady_tick(BEAT);
    bar
}

/// Ctrl-C while something is computed cancels the watch, and nothing else: the prompt lives on.
pub fn stop_when_working(watch: &Watch) {
    let watch = watch.clone();
    // Without a handler Ctrl-C ends the process, and the store is safe all the same.
    let _ = ctrlc::set_handler(move || watch.cancel());
}

/// Ctrl-C cancels the watch; what is finished is kept. A second one ends the process at once.
pub fn stop_at_interrupt(watch: &Watch) {
    let watch = watch.clone();
    // Without a handler Ctrl-C ends the process, and the store is safe all the same.
    let _ = ctrlc::set_handler(move || {
        if watch.is_cancelled() {
            std::process::exit(130);
        }
        watch.cancel();
    });
}
