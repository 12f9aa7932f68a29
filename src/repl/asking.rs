//! Answering: what is asked runs with all that it stands on, and nothing else; what came of it is
//! told, and whether an answer that was had before no longer holds is known.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use crate::plan::{NodeId, Operation};
use crate::report::{self, Circumstances};
use crate::run::results::Look;
use crate::run::{self, Fault, FaultKind, Inputs, Report, Store};

use super::reply::{Piece, Reply, Sound};
use super::session::{Last, Session};

/// Where the code was when it failed, as the panic hook last heard.
pub(super) static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// An error inside Diptych itself, with the place in its code for whoever reports it.
fn placed(mut failure: run::Failure) -> run::Failure {
    for fault in failure.faults.iter_mut().filter(|fault| fault.code == "run::internal") {
        let place = PANICKED.lock().ok().and_then(|mut place| place.take());
        if let (Some(place), Some(help)) = (place, &mut fault.help) {
            help.push_str(&format!("; name this place: {place}"));
        }
    }
    failure
}

impl Session {
    /// The store of the project, or of this process where the project has none.
    pub(super) fn store(&mut self) -> Store {
        let home = self.home.clone();
        self.store
            .get_or_insert_with(|| match home.map(|home| Store::at(&home)) {
                Some(Ok(store)) => store,
                _ => Store::memory(),
            })
            .clone()
    }

    /// Computes what is asked.
    pub(super) fn computed(&mut self, sound: &Sound, asked: &[NodeId]) -> Result<Report, run::Failure> {
        let inputs = Inputs { folder: self.folder.clone(), files: self.files.clone(), ..Inputs::default() };
        let store = self.store();
        self.clock.restart();
        let begun = Instant::now();
        let report = catch_unwind(AssertUnwindSafe(|| run::answer(&sound.plan, asked, &inputs, &store, &self.watch)))
            .unwrap_or_else(|_| {
                let fault = Fault::run("run::internal", "an error inside Diptych itself stopped this computation")
                    .helped("please report it with the study; the session goes on");
                Err(run::Failure { faults: vec![fault], skipped: Vec::new(), report: None })
            });
        self.clock.stop(begun.elapsed());
        let report = report.map_err(placed);
        let told = match &report {
            Ok(report) => Some(report),
            Err(failure) => failure.report.as_deref(),
        };
        self.last = Last::default();
        if let Some(report) = told {
            self.last.computed.clone_from(&report.computed);
            self.last.stored.clone_from(&report.stored);
            for answer in &report.results.answers {
                if let Some(node) = sound.plan.find(&answer.declaration)
                    && let Some(hash) = sound.plan.hash(node.id)
                {
                    self.asked.entry(node.name.clone()).or_default().insert(hash);
                }
            }
        }
        report
    }

    /// Computes what is asked, and tells it.
    pub(super) fn ask(&mut self, sound: &Sound, asked: &[NodeId]) -> Reply {
        let mut reply = Reply::default();
        if asked.is_empty() {
            return reply;
        }
        let report = self.computed(sound, asked);
        let (report, faults) = match report {
            Ok(report) => (Some(report), Vec::new()),
            Err(failure) => (failure.report.map(|report| *report), failure.faults),
        };
        if let Some(report) = report {
            let names: Vec<&str> = asked.iter().map(|id| sound.plan.node(*id).name.as_str()).collect();
            for answer in report.results.answers {
                if names.contains(&answer.declaration.as_str()) {
                    self.last.figures.extend(answer.figures.iter().cloned());
                    self.last.tables.extend(answer.tables.iter().cloned());
                    reply.push(Piece::Answer(Box::new(answer)));
                }
            }
            for notice in report.results.notices {
                let notice = format!("{}: {} ({})", notice.declaration, notice.message, notice.code);
                // Once a session is enough.
                if self.told.insert(notice.clone()) {
                    reply.push(Piece::Caution(notice));
                }
            }
            for caution in self.count_looks(sound, &report.results.looks) {
                reply.push(Piece::Caution(caution));
            }
        }
        let stopped = faults.iter().any(|fault| fault.kind == FaultKind::Stopped);
        if stopped {
            reply.push(Piece::Caution("stopped; what was finished is kept, and asking again takes it up".to_owned()));
        }
        let faults: Vec<Fault> = faults.into_iter().filter(|fault| fault.kind != FaultKind::Stopped).collect();
        if !faults.is_empty() {
            reply.push(Piece::Faults(faults, sound.sources.clone()));
        }
        reply
    }

    /// The whole study as an HTML file: as a report, or as a notebook of its cells.
    ///
    /// # Errors
    /// What the run failed of.
    pub fn page(&mut self, as_notebook: bool) -> Result<String, Reply> {
        let Some(sound) = self.sound.clone() else {
            return Err(Reply::note("the study has no declaration yet"));
        };
        let all: Vec<NodeId> = sound.plan.nodes().iter().map(|node| node.id).collect();
        let report = self
            .computed(&sound, &all)
            .map_err(|failure| Reply { pieces: vec![Piece::Faults(failure.faults, sound.sources.clone())] })?;
        self.count_looks(&sound, &report.results.looks);
        let circumstances = Circumstances {
            steps: report.computed.iter().filter_map(|name| Some((name.clone(), self.clock.of(name)?))).collect(),
            whole: Some(self.clock.whole()),
            threads: Some(rayon::current_num_threads()),
            stored: report.stored.clone(),
            system: Some(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            candidates: self.clock.candidates(),
            faults: Vec::new(),
        };
        let write = if as_notebook { report::notebook } else { report::html };
        Ok(write(&sound.plan, &report.results, &sound.sources, &circumstances))
    }

    /// Counts looks at sealed parts; cautions on each part.
    fn count_looks(&mut self, sound: &Sound, looks: &[Look]) -> Vec<String> {
        let mut cautions = Vec::new();
        let mut looked: Vec<&str> = Vec::new();
        for look in looks {
            let plan = sound.plan.find(&look.declaration).and_then(|node| sound.plan.hash(node.id));
            let plan = plan.map_or(String::new(), |hash| hash.to_string());
            if let Err(error) = self.looks.add(&look.part, &look.declaration, &plan) {
                cautions.push(format!("the look at `{}` could not be written down: {error}", look.part));
            }
            looked.push(&look.part);
        }
        looked.sort_unstable();
        looked.dedup();
        for part in looked {
            let times = self.looks.counts().get(part).copied().unwrap_or(0);
            let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
            cautions.push(format!("the sealed part `{part}` was looked at {times} (`:looks`)"));
        }
        cautions
    }

    /// Questions of the study in its order: nodes that answer, without the models behind them.
    pub(super) fn questions(&self, sound: &Sound) -> Vec<NodeId> {
        sound
            .plan
            .nodes()
            .iter()
            .filter(|node| {
                matches!(
                    node.operation,
                    Operation::Flow(_)
                        | Operation::Describe(_)
                        | Operation::Correlate(_)
                        | Operation::Evaluate(_)
                        | Operation::Explain(_)
                        | Operation::Quadrants(_)
                        | Operation::Stratify(_)
                        | Operation::Contrast(_)
                        | Operation::Infer(_)
                        | Operation::Recalibrate(_)
                )
            })
            .map(|node| node.id)
            .collect()
    }

    /// Whether a node was answered, and not as it is defined now.
    pub(super) fn is_stale(&self, sound: &Sound, id: NodeId) -> bool {
        let node = sound.plan.node(id);
        match (self.asked.get(&node.name), sound.plan.hash(id)) {
            (Some(known), Some(hash)) => !known.contains(&hash),
            _ => false,
        }
    }

    /// Whether a node is answered as it is defined now.
    pub(super) fn is_answered(&self, sound: &Sound, id: NodeId) -> bool {
        let node = sound.plan.node(id);
        sound.plan.hash(id).is_some_and(|hash| self.asked.get(&node.name).is_some_and(|known| known.contains(&hash)))
    }

    /// Names of the steps whose answers no longer hold.
    pub fn stale(&self) -> Vec<String> {
        let Some(sound) = &self.sound else { return Vec::new() };
        sound.plan.nodes().iter().filter(|node| self.is_stale(sound, node.id)).map(|node| node.name.clone()).collect()
    }
}
