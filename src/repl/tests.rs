//! The session without a terminal, on the study that comes with Diptych.

use std::path::Path;

use super::help::{self, Entry};
use super::{Piece, Reply, Session, complete};
use crate::card::{EndpointKind, Role};
use crate::manual::Topic;
use crate::progress::Watch;
use crate::run::Store;
use crate::run::results::EstimateRecord;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    for name in ["demo.study", "patients.csv", "dictionary.csv"] {
        std::fs::copy(demo.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn estimates(reply: &Reply) -> Vec<EstimateRecord> {
    reply.answers().flat_map(|answer| answer.estimates.clone()).collect()
}

fn sound(reply: Reply) -> Reply {
    let shown = super::display::shown(&reply, &super::display::Terminal::plain());
    assert!(!reply.has_faults(), "{shown}");
    reply
}

const START: &str = r#"table patients from "patients.csv"
  key patient
  dictionary "dictionary.csv"

derive log_size = log10(size)
endpoint response = binary(mrecist in ("CR", "PR"))
endpoint os = survival(months, died == 1)
features host from patients
  columns age, ecog
features tumour from patients
  columns log_size, tumours
model RESPONSE for response
  prepare host by median then z-score
  prepare tumour by median then z-score
  learn logistic
  fuse late logistic(host, tumour)
model SURVIVAL for os
  prepare host by median then z-score
  prepare tumour by median then z-score
  learn cox
  fuse late bma(host, tumour)
"#;

#[test]
fn questions_answer_and_only_what_changed_is_computed_again() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    let pasted = sound(session.enter(START));
    assert!(pasted.words().contains("declared: table patients"), "{}", pasted.words());
    assert!(session.last.computed.is_empty(), "a declaration among others computes nothing");

    let response = sound(session.enter("evaluate RESPONSE\n  show AUC"));
    assert!(estimates(&response).iter().any(|one| one.metric == "AUC" && one.value.is_some()));
    let survival = sound(session.enter("evaluate SURVIVAL\n  show C-index"));
    assert!(estimates(&survival).iter().any(|one| one.metric == "C-index"));

    // Another learner of one model: that model is stale, the other is not.
    let changed = session.enter(
        "model SURVIVAL for os\n  prepare host by median\n  prepare tumour by median then z-score\n  learn cox\n  fuse late bma(host, tumour)",
    );
    assert!(changed.words().contains("stale: model SURVIVAL, evaluate SURVIVAL"), "{}", changed.words());
    assert!(session.last.computed.iter().all(|step| !step.contains("RESPONSE")), "{:?}", session.last.computed);
    // The model was shown when it was declared; what else stands on it waits for its turn.
    assert!(session.last.computed.contains(&"model SURVIVAL".to_owned()), "{:?}", session.last.computed);
    sound(session.enter(":run"));
    // Showing the model asked the same of it.
    assert!(session.last.computed.is_empty(), "{:?}", session.last.computed);
    assert_eq!(session.last.stored, ["evaluate SURVIVAL"]);
    assert!(session.enter(":run").words().contains("all 2 questions are answered"));
    // Undone, the first answer holds again without a computation.
    sound(session.enter(":undo"));
    assert!(session.stale().is_empty());
    sound(session.enter(":run all"));
    assert!(session.last.computed.is_empty(), "{:?}", session.last.computed);
    assert!(session.enter(":redo").words().contains("model SURVIVAL"));
}

#[test]
fn of_ten_models_only_the_changed_one_is_computed_again() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    let model = |number: usize, steps: &str| {
        format!("model M{number} for response\n  prepare host by {steps}\n  learn logistic\n  fuse logistic(host)\n")
    };
    let mut study = START.to_owned();
    for number in 0..10 {
        study.push_str(&model(number, "median then z-score"));
    }
    for number in 0..10 {
        study.push_str(&format!("evaluate M{number}\n  show AUC\n"));
    }
    sound(session.enter(&study));
    assert_eq!(session.last.computed.len(), 20);
    sound(session.enter(":set answers = no"));
    let changed = sound(session.enter(&model(4, "mean then z-score")));
    assert!(changed.words().contains("stale: model M4, evaluate M4;"), "{}", changed.words());
    sound(session.enter(":run"));
    assert_eq!(session.last.computed, ["model M4", "evaluate M4"]);
    let time = sound(session.enter(":time"));
    let Some(Piece::Table(table)) = time.pieces.first() else { panic!("no table") };
    assert!(table.notes[0].starts_with("2 computed, 0 from the store"), "{:?}", table.notes);
    // All ten again: eight others and the changed one come from the store.
    sound(session.enter(":run all"));
    assert!(session.last.computed.is_empty());
}

#[test]
fn a_fault_is_told_in_the_words_that_were_typed_and_nothing_is_taken_in() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    let before = session.text();
    for (line, code) in [
        ("logistic(os ~ age)", "kind::"),
        ("endpoint late = survival(month, died == 1)", "name::unknown-column"),
        ("evaluate RESPONSE on tset", "name::unknown"),
        ("model X for os\n  learn logistic\n  fuse logistic(host)", "kind::"),
        ("describe patients by", "syntax::"),
        ("table other from \"absent.csv\"", "data::"),
    ] {
        let reply = session.enter(line);
        assert!(reply.has_faults(), "{line}");
        assert!(reply.codes().iter().any(|told| told.starts_with(code)), "{line}: {:?}", reply.codes());
        assert_eq!(session.text(), before, "{line}");
    }
    assert!(session.enter(":nonsense").words().contains("no command"));
    assert!(session.enter(":swich main").words().contains("`:switch`"));
}

#[test]
fn what_stands_on_a_definition_that_is_gone_is_set_aside_and_comes_back() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    let dropped = session.enter(":drop tumour");
    assert!(dropped.words().contains("set aside"), "{}", dropped.words());
    assert!(!session.broken.is_empty());
    assert!(session.enter(":why RESPONSE").codes().iter().any(|code| code.starts_with("name::")));
    // The rest still answers.
    sound(session.enter("km(os ~ ecog)"));
    sound(session.enter("features tumour from patients\n  columns log_size"));
    assert!(session.broken.is_empty());
}

#[test]
fn bare_words_answer() {
    let folder = folder();
    let mut session = Session::in_folder(folder.path());
    sound(session.enter(":load demo.study"));
    let text = session.text();
    for line in [
        "host",
        "albi by centre",
        "response",
        "os by therapy",
        "patients",
        "risk",
        "RESPONSE",
        ":flow",
        ":leaks",
        ":data",
        ":data patients",
        ":plan RESPONSE",
        ":why os",
        ":cells",
        ":set",
        ":branch",
        ":help",
        "?rsf",
        "??calibration",
    ] {
        let reply = sound(session.enter(line));
        let drawn = super::display::shown(&reply, &super::display::Terminal::plain());
        assert!(drawn.lines().count() > 1, "{line}: {drawn}");
    }
    // What only looks is not kept; a model asked alone is.
    let kept: Vec<String> = session.cells().iter().map(|cell| cell.subject.words()).collect();
    assert!(!kept.iter().any(|words| words == "host" || words == "albi by centre" || words == "os by therapy"));
    assert!(text.len() <= session.text().len());
    for line in [
        "fuse late logistic(host, tumour)",
        "cox(host, tumour)",
        "early logistic(host, tumour) on external",
        "rsf(host, trees = 20) on external",
    ] {
        let reply = sound(session.enter(line));
        assert!(estimates(&reply).iter().any(|one| one.value.is_some()), "{line}");
        let elsewhere = line.ends_with("external");
        assert!(estimates(&reply).iter().all(|one| (one.cohort == "external") == elsewhere), "{line}");
    }
}

#[test]
fn what_if_shows_both_side_by_side_and_leaves_the_study_alone() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    sound(session.enter("evaluate SURVIVAL\n  show C-index"));
    let before = session.text();
    let reply = sound(session.enter("what if learn coxnet"));
    assert!(reply.words().contains("model SURVIVAL with `learn coxnet`"), "{}", reply.words());
    assert!(!reply.words().contains("model RESPONSE with"), "{}", reply.words());
    let table = reply.pieces.iter().find_map(|piece| match piece {
        Piece::Table(table) => Some(table),
        _ => None,
    });
    let table = table.expect("results side by side");
    assert_eq!(table.columns[2..4], ["main", "what-if-1"]);
    assert!(table.title.ends_with("(out of fold)"), "{}", table.title);
    assert!(table.rows.iter().any(|row| !row[4].shown().is_empty()));
    // What is left out of sight is in the table that `:open` writes.
    let whole = &session.last.tables[0];
    assert_eq!(whole.columns[4..6], ["main", "what-if-1"]);
    assert!(whole.rows.len() > table.rows.len());
    assert_eq!(session.text(), before);
    sound(session.enter(":switch what-if-1"));
    assert!(session.text().contains("learn coxnet"));
    assert!(session.enter(":diff main").words().contains("+   learn coxnet"));
    let none = session.enter("what if nonsense x");
    assert!(none.words().contains("wants a clause"), "{}", none.words());
}

#[test]
fn what_is_saved_runs_to_the_same_numbers() {
    let folder = folder();
    let mut session = Session::in_folder(folder.path());
    sound(session.enter(START));
    let mut told = estimates(&sound(session.enter("evaluate RESPONSE\n  show AUC,Brier")));
    told.extend(estimates(&sound(session.enter("rsf( host,tumour,trees=25 )"))));
    told.extend(estimates(&sound(session.enter("cox( os ~ age+ecog )"))));
    sound(session.enter("albi_like by ecog").clone().pieces.is_empty().then(Reply::default).unwrap_or_default());
    assert!(session.enter(":save mine").words().contains("mine.study written"));
    let saved = std::fs::read_to_string(folder.path().join("mine.study")).unwrap();
    assert_eq!(saved, crate::syntax::format(&saved, crate::syntax::ast::SourceId::default()).unwrap());
    let study = crate::Study::open(&folder.path().join("mine.study")).unwrap();
    let finished = study.run(&Store::none(), &Watch::silent()).expect("the saved study runs");
    let again: Vec<&EstimateRecord> = finished.report.results.estimates().collect();
    assert!(told.len() > 6);
    for estimate in &told {
        assert!(again.contains(&estimate), "{estimate:?} is not in the run of what was saved\n{saved}");
    }
    // Loaded into a new session it answers from the store.
    let mut other = Session::in_folder(folder.path());
    sound(other.enter(":load mine.study"));
    sound(other.enter(":run"));
    assert!(other.last.computed.is_empty(), "{:?}", other.last.computed);
}

#[test]
fn what_was_done_is_written_as_a_notebook() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    // Prose that is entered alone leads what follows, even if that is only right at the second try.
    sound(session.enter("## Survival by *ecog*, as it was asked."));
    assert!(session.enter("km(os ~ ecogg)").has_faults());
    sound(session.enter("km(os ~ ecog)"));
    sound(session.enter(":report notebook n.html"));
    let page = std::fs::read_to_string(folder.path().join("n.html")).unwrap();
    let order = ["log10", "as it was asked", "Cell 9"].map(|words| page.find(words));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}");
    sound(session.enter(":report r.html"));
    assert!(std::fs::read_to_string(folder.path().join("r.html")).unwrap().contains("Reproducibility"));
}

#[test]
fn looks_at_a_sealed_part_are_counted() {
    let folder = folder();
    let mut session = Session::in_folder(folder.path());
    sound(session.enter(&format!(
        "{START}\nsplit centres from patients\n  part train where centre == \"A\"\n  part external where centre == \"B\"\n  seal external"
    )));
    assert!(session.enter(":looks").words().is_empty());
    let first = sound(session.enter("evaluate RESPONSE on external\n  show AUC"));
    assert!(first.words().contains("looked at once"), "{}", first.words());
    let again = sound(session.enter("evaluate RESPONSE on external\n  show AUC"));
    assert!(again.words().contains("looked at once"), "{}", again.words());
    let second = sound(session.enter("evaluate SURVIVAL on external\n  show C-index"));
    assert!(second.words().contains("looked at 2 times"), "{}", second.words());
    // The endpoint asked in passing does not look.
    assert!(!sound(session.enter("response")).words().contains("looked at"));
    let other = Session::in_folder(folder.path());
    assert_eq!(other.looks.counts().get("external"), Some(&2));
}

#[test]
fn an_interrupted_computation_leaves_the_session_alive() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    let watch = session.watch();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        watch.cancel();
    });
    let begun = std::time::Instant::now();
    let reply = session.enter("rsf(host, trees = 100000)");
    stopper.join().unwrap();
    assert!(reply.words().contains("stopped"), "{} {:?}", reply.words(), reply.codes());
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    sound(session.enter("km(os ~ ecog)"));
}

#[test]
fn folds_that_were_finished_before_the_interrupt_are_not_computed_again() {
    use crate::progress::Event;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    let folder = folder();
    let forests = Arc::new(AtomicUsize::new(0));
    let stopper: Arc<OnceLock<Watch>> = Arc::default();
    let session = || {
        let (forests, stopper) = (Arc::clone(&forests), Arc::clone(&stopper));
        let folds = AtomicUsize::new(0);
        Session::in_memory(folder.path()).told(move |event| match event {
            Event::Begin { task: "rsf", .. } => {
                forests.fetch_add(1, Ordering::SeqCst);
            }
            // Two folds are finished, then somebody presses Ctrl-C.
            Event::Advance { task: "folds", .. } if folds.fetch_add(1, Ordering::SeqCst) == 1 => {
                if let Some(watch) = stopper.get() {
                    watch.cancel();
                }
            }
            _ => {}
        })
    };
    let line = "rsf(host, trees = 30)";
    let mut undisturbed = session();
    sound(undisturbed.enter(START));
    let whole = estimates(&sound(undisturbed.enter(line)));
    let all = forests.swap(0, Ordering::SeqCst);

    let mut stopped = session();
    stopper.set(stopped.watch()).unwrap();
    sound(stopped.enter(START));
    assert!(stopped.enter(line).words().contains("stopped"));
    forests.store(0, Ordering::SeqCst);
    let resumed = estimates(&sound(stopped.enter(line)));
    let rest = forests.load(Ordering::SeqCst);
    assert!(rest + 2 <= all, "{rest} of {all} forests were grown after the interrupt");
    assert_eq!(resumed, whole);
}

#[test]
fn questions_of_one_name_do_not_change_each_other() {
    let folder = folder();
    let models =
        "model RESPONSE for response\n  prepare host by median then z-score\n  learn logistic\n  fuse logistic(host)\n";
    let first = "evaluate RESPONSE over 4 folds\n  show AUC\n";
    let second = "evaluate RESPONSE over 5 folds\n  show Brier\n";
    let start = START.split("model RESPONSE").next().unwrap();
    let mut both = Session::in_memory(folder.path());
    sound(both.enter(&format!("{start}{models}")));
    sound(both.enter(first));
    let beside = estimates(&sound(both.enter(second)));
    assert!(beside.iter().all(|one| one.declaration == "evaluate RESPONSE over 5 folds"), "{beside:?}");
    let mut alone = Session::in_memory(folder.path());
    sound(alone.enter(&format!("{start}{models}")));
    let by_itself = estimates(&sound(alone.enter(second)));
    assert_eq!(by_itself.len(), beside.len());
    for (one, other) in by_itself.iter().zip(&beside) {
        assert_eq!((one.value, one.lower, one.upper), (other.value, other.lower, other.upper));
    }
    // Without the first, the second is answered from the store, under its shorter name.
    sound(both.enter(":drop evaluate RESPONSE over 4 folds"));
    let again = sound(both.enter(second));
    assert!(both.last.computed.is_empty(), "{:?}", both.last.computed);
    assert!(again.answers().all(|answer| answer.declaration == "evaluate RESPONSE"));
}

#[test]
fn a_panic_in_a_computation_is_told_and_the_session_lives() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path()).told(|event| {
        if let crate::progress::Event::Begin { task: "evaluate RESPONSE", .. } = event {
            panic!("of the test");
        }
    });
    sound(session.enter(START));
    let before = session.text();
    let reply = session.enter("evaluate RESPONSE\n  show AUC");
    assert_eq!(reply.codes(), ["run::internal"]);
    // A question without an answer is no part of the study.
    assert_eq!(session.text(), before);
    sound(session.enter("km(os ~ ecog)"));
}

/// Contexts in which a word of each kind is completed.
fn context(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Page(page) => match (page.topic, page.of) {
            (_, Some(of)) => vec![format!("{of} x\n  ")],
            (Topic::Declaration | Topic::Clause, None) => vec![String::new()],
            (Topic::Diagnostic, _) => vec!["?".to_owned()],
            (Topic::Thing(role), _) => thing(role),
        },
        Entry::Qualifier(_) => {
            vec!["model A for os\n  fuse ".into(), "evaluate A over ".into(), "evaluate A\n  ".into()]
        }
        Entry::Command(_) => vec![":".to_owned()],
    }
}

fn thing(role: Role) -> Vec<String> {
    let each = |after: &str| {
        ["response", "os", "size_end", "class_end"]
            .iter()
            .map(|endpoint| format!("model A for {endpoint}\n  {after} "))
            .collect()
    };
    match role {
        Role::Learner => each("learn"),
        Role::Step => each("prepare host by"),
        Role::Fusion => each("fuse late"),
        Role::Metric => each("choose by"),
        Role::Filter => vec!["features f from ct\n  filter ".to_owned()],
        Role::FeatureClass => vec!["features f from ct\n  classes ".to_owned()],
        Role::Inference => vec![String::new()],
        Role::Function => vec!["derive x = ".to_owned()],
        Role::Perturbation => vec!["features f from ct\n  keep where ICC(2, 1) > 0.75 over ".to_owned()],
        Role::Explanation => vec!["explain A by ".to_owned()],
        Role::Differential | Role::Figure | Role::Enrichment => vec!["?".to_owned()],
    }
}

#[test]
fn everything_that_is_documented_is_completed_with_its_documentation() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    sound(session.enter("endpoint size_end = continuous(size)"));
    sound(session.enter("endpoint class_end = nominal(ecog)"));
    let catalogue = session.catalogue();
    assert!(
        catalogue
            .named("size_end")
            .is_some_and(|named| named.what == super::catalogue::What::Endpoint(EndpointKind::Continuous))
    );
    for entry in help::entries() {
        let (name, kind) = (entry.name(), entry.kind());
        let offered = |before: &str| {
            let (_, found) = complete(before, &catalogue, folder.path());
            found.into_iter().find(|one| one.text.trim_end() == name)
        };
        let found = context(&entry).iter().find_map(|before| offered(before));
        // A word at the prompt completes after `?` in any case.
        let asked = offered("?").unwrap_or_else(|| panic!("?{name} is not completed"));
        assert!(!asked.about.is_empty(), "{name}");
        match entry {
            Entry::Qualifier("apparent") => {}
            _ => assert!(found.is_some(), "{name} ({kind}) is completed in none of {:?}", context(&entry)),
        }
        for card in help::cards().filter(|card| card.name == name) {
            let before = match card.role {
                Role::Learner => format!("model A for os\n  learn {name}("),
                Role::Step => format!("model A for os\n  prepare host by {name}("),
                Role::Filter => format!("features f from ct\n  filter {name}("),
                Role::Inference => format!("{name}("),
                Role::Fusion => format!("model A for os\n  fuse late {name}("),
                _ => continue,
            };
            let (_, found) = complete(&before, &catalogue, folder.path());
            for parameter in card.parameters {
                assert!(
                    found.iter().any(|one| one.text == format!("{} = ", parameter.name)),
                    "{} of {name} is not completed after {before:?}",
                    parameter.name
                );
            }
        }
    }
}

#[test]
fn completion_knows_the_place() {
    let folder = folder();
    let mut session = Session::in_memory(folder.path());
    sound(session.enter(START));
    let catalogue = session.catalogue();
    let texts = |before: &str| {
        let (_, found) = complete(before, &catalogue, folder.path());
        found.into_iter().map(|one| one.text).collect::<Vec<_>>()
    };
    assert_eq!(texts("km(o"), ["os"]);
    assert!(texts("model A for os\n  learn ").contains(&"rsf".to_owned()));
    assert!(!texts("model A for os\n  learn ").contains(&"logistic".to_owned()));
    assert!(texts("model A for response\n  learn l").contains(&"logistic".to_owned()));
    assert_eq!(texts("table t from \"pat"), ["\"patients.csv\""]);
    assert!(texts("describe patients by thera").contains(&"therapy".to_owned()));
    assert!(texts("cohort c from patients\n  include \"x\": therapy == \"").contains(&"\"HAIC\"".to_owned()));
    assert!(texts("evaluate RESPONSE o").contains(&"on".to_owned()));
    assert!(texts("evaluate RES").contains(&"RESPONSE.host".to_owned()));
    assert!(texts("model B for os\n  learn rsf(tr").contains(&"trees = ".to_owned()));
    assert!(texts("what if le").contains(&"learn".to_owned()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_typed_completes_and_colours_without_a_panic(
        text in "(model |A |for |os|\n  |learn |rsf\\(|\"|`|=|,|~|é|\\.|::|-|1_|what if |:|\\?|#|\\)| |\t|ß){0,12}",
    ) {
        let catalogue = super::Catalogue::default();
        let (start, _) = complete(&text, &catalogue, Path::new("."));
        proptest::prop_assert!(start <= text.len() && text.is_char_boundary(start));
        let _ = super::what_if::change(&text);
        let mut session = Session::in_memory(".");
        if !text.trim_start().starts_with([':', '?']) {
            session.enter(&text);
        }
    }
}
