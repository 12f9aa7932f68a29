//! The prompt in a pseudo-terminal, as a new user has it.

mod terminal;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use terminal::Terminal;

/// The study that comes with Diptych, in a folder of its own.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    for name in ["demo.study", "patients.csv", "dictionary.csv"] {
        std::fs::copy(from.join(name), folder.path().join(name)).expect("the demo is copied");
    }
    folder
}

/// Numbers of an answer, in order; what is to be heeded is told once a session, and is no part of it.
fn numbers(answer: &str) -> Vec<String> {
    let answer = answer.split("\n! ").next().unwrap_or("");
    answer
        .split(|sign: char| !(sign.is_ascii_digit() || sign == '.'))
        .filter(|word| word.contains('.') && word.len() > 2)
        .map(str::to_owned)
        .collect()
}

/// What an hour at the prompt is made of, for one study.
struct Hour {
    load: &'static str,
    /// Begun, and completed by Tab: what is typed, and what must then stand in the line.
    completed: (&'static str, &'static str),
    /// Lines at fault, with the code and a word of the hint that helps.
    mistakes: [(&'static str, &'static str, &'static str); 3],
    alternatives: [&'static str; 4],
    what_if: &'static str,
    redefined: &'static str,
    plot: &'static str,
    long: &'static str,
    /// A question whose answer is asked again after the restart.
    asked: &'static str,
}

fn play(folder: &Path, hour: &Hour) -> String {
    let mut terminal = Terminal::start(folder, &[], 100);
    terminal.ready();
    terminal.enter(":set pager = no");

    let loaded = terminal.enter(hour.load);
    assert!(loaded.contains("questions; `:run` answers them"), "{loaded}");

    // Tab goes on as far as there is one way.
    let before = terminal.screen().len();
    terminal.send(hour.completed.0);
    terminal.send("\t");
    terminal.wait(before - 2, hour.completed.1);
    terminal.send("\r");
    std::thread::sleep(Duration::from_millis(300));
    terminal.ready();

    for (line, code, hint) in hour.mistakes {
        let told = terminal.enter(line);
        assert!(told.contains(code), "{line}: no {code} in\n{told}");
        assert!(told.contains(hint), "{line}: no {hint} in\n{told}");
    }
    let mut seen = Vec::new();
    for line in hour.alternatives {
        let answer = terminal.enter(line);
        assert!(answer.contains("out of fold") || answer.contains("held out"), "{line}:\n{answer}");
        seen.push(numbers(&answer));
    }
    seen.dedup();
    assert!(seen.len() > 1, "the alternatives differ");

    let tried = terminal.enter(hour.what_if);
    assert!(tried.contains("side by side"), "{tried}");
    assert!(tried.contains("what-if-1"), "{tried}");

    let stale = terminal.enter(hour.redefined);
    assert!(!stale.contains("×"), "{stale}");
    assert!(terminal.enter(":undo").contains("is as it was"));

    let plot = terminal.enter(hour.plot);
    assert!(plot.contains("log-rank") || plot.contains("Log-rank"), "{plot}");

    // A long search is stopped, and the prompt lives on.
    let before = terminal.screen().len();
    terminal.send(&format!("{}\r", hour.long));
    std::thread::sleep(Duration::from_millis(1500));
    terminal.send("\x03");
    let stopped = terminal.wait_for(before, "stopped", Duration::from_secs(30));
    assert!(!stopped.contains("panicked"), "{stopped}");
    terminal.ready();

    let first = terminal.enter(hour.asked);
    assert!(terminal.enter(":save mine").contains("mine.study written"));
    terminal.send("\x04");
    assert!(terminal.ended(), "Ctrl-D leaves");
    let mut transcript = terminal.screen();
    drop(terminal);

    let mut again = Terminal::start(folder, &["repl", "mine.study"], 100);
    again.ready();
    let second = again.enter(hour.asked);
    let (first, second) = (numbers(&first), numbers(&second));
    assert!(first.len() > 2, "{first:?}");
    assert_eq!(first, second, "what was saved gives the same numbers");
    let time = again.enter(":time");
    assert!(time.contains("0 computed"), "{time}");
    // The history of the project is there.
    let before = again.screen().len();
    again.send("\x12what if");
    again.wait(before - 2, hour.what_if);
    again.send("\x07");
    again.send("\x15");
    std::thread::sleep(Duration::from_millis(100));
    again.send("\x04");
    assert!(again.ended());
    let _ = write!(transcript, "\n\n{}", again.screen());
    transcript
}

const DEMO: Hour = Hour {
    load: ":load demo.study",
    completed: ("describe treated by thera", "therapy"),
    mistakes: [
        ("logistic(os ~ age)", "kind::", "cox"),
        ("evaluate RESPONSE on extrenal", "name::unknown", "external"),
        ("cox(os ~ agee)", "name::unknown-column", "age"),
    ],
    alternatives: [
        "fuse late logistic(host, tumour)",
        "early logistic(host, tumour)",
        "coxnet(host, tumour)",
        "rsf(host, tumour, trees = 50)",
    ],
    what_if: "what if learn coxnet",
    redefined: "model SURVIVAL for os\n  prepare host by median then one_hot then z-score\n  prepare tumour by median\n  learn cox\n  fuse late bma(host, tumour)\n",
    plot: "km(os ~ therapy)",
    long: "rsf(host, tumour, trees = 90000)",
    asked: "evaluate SURVIVAL on train\n  show C-index\n",
};

#[test]
fn an_hour_at_the_prompt() {
    let folder = demo();
    let transcript = play(folder.path(), &DEMO);
    if let Some(out) = std::env::var_os("DIPTYCH_TRANSCRIPT") {
        std::fs::write(out, transcript).expect("the transcript is written");
    }
}

const HCC_TACE: Hour = Hour {
    load: ":load hcc_tace.study",
    completed: ("describe treated by hepa", "hepatitis"),
    mistakes: [
        ("logistic(os ~ AFP)", "kind::", "cox"),
        ("evaluate RESPONSE on trated", "name::unknown", "treated"),
        ("cox(os ~ agee)", "name::unknown-column", "age"),
    ],
    alternatives: [
        "fuse late logistic(clinical, radiomics)",
        "early cox(clinical, radiomics)",
        "coxnet(clinical)",
        "rsf(clinical, trees = 50)",
    ],
    what_if: "what if learn coxnet",
    redefined: "derive log_afp = log2(AFP)",
    plot: "km(os ~ child_pugh_bc)",
    long: "rsf(clinical, radiomics, trees = 90000)",
    asked: "evaluate SURVIVAL on treated\n  show C-index\n",
};

/// On the real patients, where they are there; minutes of computing, so in the slow suite.
#[test]
#[ignore = "minutes of computing"]
fn an_hour_on_the_hcc_tace_study() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data/tables/hcc_tace/merged_hcc_tace_clinical_radiomics.csv");
    let Ok(data) = data.canonicalize() else {
        println!("skipped: the HCC-TACE table is not there");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let study = std::fs::read_to_string(root.join("examples/hcc_tace/hcc_tace.study")).expect("the study");
    let study =
        study.replace("../../../shared/data/tables/hcc_tace/merged_hcc_tace_clinical_radiomics.csv", "hcc_tace.csv");
    std::os::unix::fs::symlink(&data, folder.path().join("hcc_tace.csv")).expect("a link to the table");
    std::fs::write(folder.path().join("hcc_tace.study"), study).expect("the study is written");
    let transcript = play(folder.path(), &HCC_TACE);
    if let Some(out) = std::env::var_os("DIPTYCH_TRANSCRIPT") {
        std::fs::write(out, transcript).expect("the transcript is written");
    }
}

#[test]
fn what_is_piped_in_is_answered_in_plain_text() {
    let folder = demo();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_diptych"))
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("diptych starts");
    let mut input = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(
        &mut input,
        b"table patients from \"patients.csv\"\n  dictionary \"dictionary.csv\"\n\nendpoint os = survival(months, died == 1)\n\ncox(os ~ age)\n",
    )
    .expect("lines are taken");
    drop(input);
    let output = child.wait_with_output().expect("diptych ends");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("age") && told.contains("HR") || told.contains("hazard"), "{told}");
    assert!(!told.contains('\x1b'), "{told}");
}

#[test]
fn many_declarations_are_pasted_as_one_buffer() {
    let folder = demo();
    let mut terminal = Terminal::start(folder.path(), &[], 80);
    terminal.ready();
    let answer = terminal.enter(
        "table patients from \"patients.csv\"\n  dictionary \"dictionary.csv\"\nendpoint os = survival(months, died == 1)\nfeatures host from patients\n  columns age, ecog\n",
    );
    assert!(answer.contains("declared: table patients, endpoint os, features host"), "{answer}");
    terminal.send("\x04");
    assert!(terminal.ended());
}

#[test]
fn enter_goes_on_indented_where_a_cell_is_not_whole() {
    let folder = demo();
    let mut terminal = Terminal::start(folder.path(), &[], 80);
    terminal.ready();
    terminal.enter(":load demo.study");
    // Typed, with the pauses of somebody who types.
    for keys in ["features extra from patients", "\r", "columns age, ecog", "\r", "\r"] {
        terminal.send(keys);
        std::thread::sleep(Duration::from_millis(200));
    }
    terminal.ready();
    terminal.enter(":save mine");
    let saved = std::fs::read_to_string(folder.path().join("mine.study")).expect("the study is saved");
    assert!(saved.contains("features extra from patients\n  columns age, ecog\n"), "{saved}");
    terminal.send("\x04");
    assert!(terminal.ended());
}

#[test]
fn the_prompt_is_there_at_once() {
    let folder = demo();
    let begun = Instant::now();
    let terminal = Terminal::start(folder.path(), &[], 80);
    terminal.ready();
    let took = begun.elapsed();
    // The measured bound is 50 ms for a release build on a quiet machine; a debug build beside
    // other tests is given room.
    assert!(took < Duration::from_secs(3), "{took:?}");
}
