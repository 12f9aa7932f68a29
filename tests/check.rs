//! The suites of the checker: `tests/check/*.md`, in the form that their README tells.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use diptych::check::{self, Checked, Folder, Options};
use diptych::plan::{describe, graph, hash};
use diptych::syntax::Severity;
use diptych::syntax::ast::Sources;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn checked(text: &str, files: &BTreeMap<String, Vec<u8>>) -> (Checked, Sources) {
    let mut sources = Sources::default();
    let checked = check::check_text("case.study", text, &mut sources, files, &Options::default());
    (checked, sources)
}

/// Errors and warnings as a suite lists them.
fn told(checked: &Checked, sources: &Sources) -> Vec<[String; 3]> {
    checked
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity != Severity::Note)
        .map(|diagnostic| {
            let words = sources.words(diagnostic.span).split_whitespace().collect::<Vec<_>>().join(" ");
            [diagnostic.code.to_owned(), words, diagnostic.message.clone()]
        })
        .collect()
}

/// Runs one suite and returns its number of cases and what went wrong.
fn suite(path: &Path) -> (usize, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let bless = std::env::var_os("DIPTYCH_BLESS").is_some();
    let mut files = BTreeMap::new();
    let (mut preamble, mut study, mut title) = (String::new(), String::new(), String::new());
    let (mut cases, mut wrong, mut blessed) = (0, String::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        writeln!(blessed, "{line}").unwrap();
        if let Some(heading) = line.strip_prefix("## ") {
            title = heading.to_owned();
        }
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let body = block.join("\n");
        if kind != "faults" || !bless {
            writeln!(blessed, "{body}{}```", if block.is_empty() { "" } else { "\n" }).unwrap();
        }
        match kind {
            "dictionary" => {
                files.insert("dictionary.csv".to_owned(), body.into_bytes());
            }
            "preamble" => preamble = body,
            "study" => study = body,
            "faults" => {
                cases += 1;
                let (checked, sources) = checked(&format!("{preamble}\n\n{study}\n"), &files);
                let found = told(&checked, &sources);
                if bless {
                    for [code, words, message] in &found {
                        writeln!(blessed, "{code} | {words} | {message}").unwrap();
                    }
                    writeln!(blessed, "```").unwrap();
                    continue;
                }
                let wanted: Vec<Vec<&str>> =
                    block.iter().map(|line| line.splitn(3, '|').map(str::trim).collect()).collect();
                let same = found.len() == wanted.len()
                    && found.iter().zip(&wanted).all(|(found, wanted)| {
                        wanted.len() == 3
                            && found[0] == wanted[0]
                            && found[1] == wanted[1]
                            && found[2].contains(wanted[2])
                    });
                if !same {
                    writeln!(wrong, "{}: {title}\n  wanted {wanted:?}\n  found  {found:?}", path.display()).unwrap();
                }
                let errors = checked.diagnostics.iter().any(|diagnostic| diagnostic.is_error());
                assert_eq!(checked.plan.is_none(), errors, "{title}: a plan exactly where there is no error");
            }
            _ => {}
        }
    }
    if bless {
        std::fs::write(path, blessed).unwrap();
    }
    (cases, wrong)
}

#[test]
fn every_suite_of_the_checker_holds() {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder("tests/check")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "md") && !path.ends_with("README.md"));
    paths.sort();
    let (mut cases, mut wrong) = (0, String::new());
    for path in paths {
        let (count, faults) = suite(&path);
        cases += count;
        wrong.push_str(&faults);
    }
    println!("{cases} cases");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn prime_passes_with_its_one_accepted_warning() {
    let path = folder("examples/prime/prime.study");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut sources = Sources::default();
    let world = Folder(path.parent().unwrap().to_path_buf());
    let checked = check::check_text("prime.study", &text, &mut sources, &world, &Options::default());
    let told = told(&checked, &sources);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0][0], "time::immortal-time");
    assert_eq!(told[0][1], "from treatment_start");
    let plan = checked.plan.unwrap();
    let tree = describe::describe(&plan);
    for default in ["30.4375 days", "score direction", "event coding", "intervals: 95%", "defaults", "out-of-fold"] {
        assert!(tree.contains(default), "the plan does not spell out {default}");
    }
    assert!(tree.contains("accepted time::immortal-time: as published"));
    assert!(graph::dot(&plan).starts_with("digraph"));
    assert_eq!(graph::json(&plan)["nodes"].as_array().unwrap().len(), plan.nodes().len());
}

const TRIAL: &str = "table trial from \"trial.csv\"\n\
    endpoint os = survival(months, died == 1)\n\
    features clinical from trial\n  columns age, sex\n\
    model M for os\n  prepare clinical by median\n  learn cox\n  fuse clinical\n\
    evaluate M\n";

fn hash_of(text: &str, name: &str) -> String {
    let (checked, sources) = checked(text, &BTreeMap::new());
    let plan = checked.plan.clone().unwrap_or_else(|| panic!("{:?}", told(&checked, &sources)));
    let node = plan.find(name).unwrap_or_else(|| panic!("no node {name}"));
    plan.hash(node.id).unwrap().to_string()
}

#[test]
fn hashes_see_content_and_nothing_else() {
    let before = hash_of(TRIAL, "evaluate M");
    let moved = format!("# a comment\n\nendpoint other = survival(months, relapsed == 1)\n{TRIAL}km(os ~ arm)\n");
    assert_eq!(before, hash_of(&moved, "evaluate M"), "another declaration changes nothing here");
    assert_ne!(before, hash_of(&TRIAL.replace("median", "mean"), "evaluate M"), "a changed input changes it");
    assert_ne!(before, hash_of(&TRIAL.replace("died == 1", "died == 2"), "evaluate M"));
    let table = hash_of(TRIAL, "table trial");
    assert_eq!(table, hash_of(&TRIAL.replace("median", "mean"), "table trial"), "what lies upstream is not touched");
}

#[test]
fn the_hash_of_a_plan_is_that_of_its_content() {
    let plan = |text: &str| hash::of_plan(&checked(text, &BTreeMap::new()).0.plan.unwrap());
    assert_eq!(plan(TRIAL), plan(&format!("{TRIAL}\n# the end\n")));
    assert_ne!(plan(TRIAL), plan(&format!("study S\n  seed 2\n{TRIAL}")));
}

#[test]
fn parameters_are_set_from_outside() {
    let text = format!("parameter cut = 60\n{TRIAL}cohort old from trial\n  include \"old\": age >= cut\n");
    let with = |value: &str| {
        let mut sources = Sources::default();
        let options = Options { set: vec![("cut".to_owned(), value.to_owned())], ..Options::default() };
        check::check_text("s", &text, &mut sources, &check::NoFiles, &options)
    };
    let tree = describe::describe(&with("70").plan.unwrap());
    assert!(tree.contains("age >= 70"), "{tree}");
    let wrong = with("\"old\"");
    assert!(wrong.plan.is_none());
    assert_eq!(
        wrong.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect::<Vec<_>>(),
        ["kind::parameter"]
    );
}

#[test]
fn data_as_read_gives_types_where_no_dictionary_does() {
    use diptych::frame::dictionary::{ColumnEntry, Dictionary};
    use diptych::frame::expression::Type;
    let column = |kind, nullable| ColumnEntry {
        kind,
        unit: None,
        role: None,
        levels: Vec::new(),
        range: None,
        known_at: None,
        nullable: Some(nullable),
    };
    let mut schema = Dictionary::default();
    let mut arm = column(Type::Text, false);
    arm.levels = vec!["A".to_owned(), "B".to_owned()];
    schema.columns.insert("arm".to_owned(), arm);
    for (name, kind, nullable) in [
        ("months", Type::Number, false),
        ("died", Type::Number, false),
        ("age", Type::Number, true),
        ("sex", Type::Number, false),
    ] {
        schema.columns.insert(name.to_owned(), column(kind, nullable));
    }
    let check_with = |text: &str| {
        let mut sources = Sources::default();
        let options = Options { tables: [("trial".to_owned(), schema.clone())].into(), ..Options::default() };
        let checked = check::check_text("s", text, &mut sources, &check::NoFiles, &options);
        told(&checked, &sources).into_iter().map(|[code, words, _]| format!("{code} {words}")).collect::<Vec<_>>()
    };
    assert_eq!(check_with(TRIAL), Vec::<String>::new());
    assert_eq!(check_with(&TRIAL.replace("median", "z-score")), ["missing::no-policy clinical"]);
    assert_eq!(check_with(&TRIAL.replace("age, sex", "age, sexx")), ["name::unknown-column sexx"]);
    // What the data does not hold may still exist: a warning, where a dictionary would make it an error.
    let rare = check_with(&format!("{TRIAL}\ncohort c from trial\n  include \"c\": arm in (\"A\", \"C\")\n"));
    assert_eq!(rare, ["level::unknown \"C\""]);
}

#[test]
fn every_code_has_its_page() {
    let pages: Vec<&str> = check::codes::all().map(|page| page.code).collect();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(folder("src/check")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for piece in text.split('"').filter(|piece| piece.contains("::") && piece.len() < 40) {
            let is_code = piece.split("::").count() == 2
                && piece.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == ':')
                && piece.split("::").all(|part| part.len() > 1)
                && !piece.ends_with('-');
            if is_code && !pages.contains(&piece) {
                missing.push(piece.to_owned());
            }
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "codes without a page: {missing:?}");
    let mut sorted = pages.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), pages.len(), "a code has two pages");
}

/// Studies cut off and with words taken out: whatever is told, nothing panics.
#[test]
fn no_mutilated_study_panics() {
    let mut studies = vec![std::fs::read_to_string(folder("examples/prime/prime.study")).unwrap()];
    for suite in ["leakage", "sound", "time"] {
        let text = std::fs::read_to_string(folder(&format!("tests/check/{suite}.md"))).unwrap();
        let blocks = text.split("```study\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        studies.push(blocks.collect::<Vec<_>>().join("\n"));
    }
    let files: BTreeMap<String, Vec<u8>> =
        [("dictionary.csv".to_owned(), std::fs::read(folder("examples/prime/dictionary.csv")).unwrap())].into();
    for study in &studies {
        let step = (study.len() / 12).max(1);
        for end in (0..study.len()).step_by(step).filter(|end| study.is_char_boundary(*end)) {
            checked(&study[..end], &files);
        }
        let words: Vec<&str> = study.split_inclusive(' ').collect();
        for gap in 0..12 {
            let kept: String =
                words.iter().enumerate().filter(|(place, _)| place % 12 != gap).map(|(_, word)| *word).collect();
            checked(&kept, &files);
        }
    }
}
