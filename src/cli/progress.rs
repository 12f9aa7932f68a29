//! Progress of long work on a terminal, and Ctrl-C.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::progress::{Event, Watch};
use crate::report::Stopwatch;

/// A watch that draws on standard error if that is a terminal, and tells the stopwatch.
pub fn watch(stopwatch: &Stopwatch) -> Watch {
    let stopwatch = stopwatch.clone();
    if !std::io::stderr().is_terminal() {
        return Watch::with_listener(move |event| stopwatch.hear(&event));
    }
    let bars = MultiProgress::new();
    let known: Mutex<HashMap<String, ProgressBar>> = Mutex::default();
    Watch::with_listener(move |event| {
        stopwatch.hear(&event);
        // A poisoned lock only means that another thread's drawing failed.
        let mut known = known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Begin { task, total } => {
                let bar = bars.add(total.map_or_else(ProgressBar::new_spinner, ProgressBar::new));
                let template = "{spinner} {msg} {wide_bar} {pos}/{len} {eta}";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_message(task.to_owned());
                known.insert(task.to_owned(), bar);
            }
            Event::Advance { task, by } => {
                if let Some(bar) = known.get(task) {
                    bar.inc(by);
                }
            }
            Event::End { task } => {
                if let Some(bar) = known.remove(task) {
                    bar.finish_and_clear();
                }
            }
        }
    })
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
