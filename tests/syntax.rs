//! The language's surface: the canonical study, everyday lines, and every fault in its words.

mod fuzz;

use diptych::syntax::ast::{ExprKind, SourceId, Sources, Study};
use diptych::syntax::{Diagnostic, check_shape, format, parse};

const PRIME: &str = include_str!("../examples/prime/prime.study");

/// Lines of a first afternoon on a plain CSV.
const EVERYDAY: &str = r#"
table trial from "trial.csv"
endpoint os = survival(months, died == 1)          # duration and flag in one line
endpoint response = binary(recist in ("CR", "PR"))

describe trial by arm                              # Table 1, tests, SMD
km(os ~ arm)                                       # curve, risk table, median, log-rank
cox(os ~ arm + rcs(age, 4) + strata(centre))       # HR table, PH test
cox(os ~ each(age, sex, stage, albi))              # univariable screen
cox(os ~ arm * (age >= 65))                        # interaction
logistic(response ~ albi + stage)                  # OR table
linear(log(crp) ~ age + sex)
cif(relapse ~ arm, competing = death)              # cumulative incidence, Gray
finegray(relapse ~ age, competing = death)
rmst(os ~ arm, at = 24 months)
km(os ~ response, landmark = 3 months)
roc(response ~ each(afp, albi))                    # AUCs with DeLong, compared
icc(volume ~ reader)
evaluate cox(os ~ age + stage) over 500 bootstraps # optimism-corrected C, slope
evaluate PRIME_S over leave-out centre             # internal-external validation
recalibrate PRIME_S on external
sample_size(response, parameters = 12, prevalence = 47%, R2 = 0.2)   # Riley
"#;

/// One file per snapshot, named alike wherever this module stands.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Every diagnostic of a text, as a terminal would order them.
fn faults(text: &str) -> (Study, Vec<Diagnostic>) {
    let parsed = parse(text, SourceId::default());
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(check_shape(&parsed.study));
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    (parsed.study, diagnostics)
}

/// Diagnostics as plain text: place, code, message, the words at fault, label, help.
fn told(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add("a.study", text);
    let (_, diagnostics) = faults(text);
    let mut told = String::new();
    for diagnostic in &diagnostics {
        let located = diagnostic.located(&sources);
        told.push_str(&format!("{}:{} {} {}\n", located.line, located.column, located.code, located.message));
        told.push_str(&format!("    `{}`: {}\n", sources.words(diagnostic.span), located.label));
        for (span, words) in &diagnostic.related {
            told.push_str(&format!("    line {}: {words}\n", sources.place(span.source, span.start).line));
        }
        if let Some(help) = located.help {
            told.push_str(&format!("    help: {help}\n"));
        }
    }
    told
}

#[test]
fn the_canonical_study_has_no_fault() {
    assert_eq!(told(PRIME), "");
    let (study, _) = faults(PRIME);
    assert_eq!(study.declarations.len(), 28);
    assert_eq!(study.declarations[0].documentation.len(), 2);
    let model = study.declarations.iter().find(|declaration| declaration.head.keyword() == "model").unwrap();
    assert_eq!(model.clauses.len(), 6);
    let steps = &model.clauses[0].after(diptych::syntax::ast::Preposition::By)[0];
    assert!(matches!(&steps.kind, ExprKind::Then(steps) if steps.len() == 5), "{steps:?}");
}

#[test]
fn everyday_lines_have_no_fault() {
    assert_eq!(told(EVERYDAY), "");
    let (study, _) = faults(EVERYDAY);
    assert_eq!(study.declarations.len(), 20);
}

/// A tree without its places.
fn shape_of(study: &Study) -> String {
    let debug = format!("{study:?}");
    let mut shape = String::with_capacity(debug.len());
    let mut rest = debug.as_str();
    // `Span { source: SourceId(0), start: 1, end: 2 }`
    while let Some(start) = rest.find("Span { source: ") {
        shape.push_str(&rest[..start]);
        rest = &rest[start..];
        rest = &rest[rest.find(" }").map_or(rest.len(), |end| end + 2)..];
    }
    shape.push_str(rest);
    shape
}

fn words_of_comments(text: &str) -> Vec<String> {
    let mut words: Vec<String> = parse(text, SourceId::default())
        .comments
        .iter()
        .map(|comment| comment.text.trim_start_matches('#').to_owned())
        .collect();
    words.sort();
    words
}

/// Lays a text out and holds the three promises: same meaning, same comments, idempotent.
fn formatted(text: &str) -> String {
    let once = format(text, SourceId::default()).unwrap_or_else(|faults| panic!("{faults:?} in {text}"));
    let again = format(&once, SourceId::default()).unwrap_or_else(|faults| panic!("{faults:?} in {once}"));
    assert_eq!(once, again, "not idempotent on {text:?}");
    let before = shape_of(&parse(text, SourceId::default()).study);
    let after = shape_of(&parse(&once, SourceId::default()).study);
    assert_eq!(before, after, "another meaning:\n{text}\n---\n{once}");
    assert_eq!(words_of_comments(text), words_of_comments(&once), "comments of {text:?}");
    once
}

#[test]
fn the_canonical_study_is_laid_out_canonically() {
    assert_eq!(formatted(PRIME), PRIME);
    formatted(EVERYDAY);
}

/// A study with seven faults, each of another kind: all seven are told, and nothing else.
#[test]
fn seven_faults_are_seven_diagnostics() {
    let text = "\
study SEVEN
  sede 1

tabel patients from \"patients.csv\"
  key patient

cohort eligible from patients
  include \"adults\": (age >= 18
  include \"ECOG 0-1\": ecog <=
  exclude \"pregnant\" pregnant

derive ratio = a / * b

model m for os
  learn rsf gbsa
  fuse late bma(clinical, radiomics)
";
    let (_, diagnostics) = faults(text);
    assert_eq!(diagnostics.len(), 7, "{}", told(text));
    snapshot("syntax_seven_faults", &(told(text)));
}

/// Every page has an example of its fault that has this fault and no other, and a sound one.
#[test]
fn pages_of_codes_show_their_fault() {
    // These need a line of a length that no page shows, or are not of a study.
    let elsewhere = ["syntax::too-long", "syntax::too-many-operators", "syntax::no-value"];
    for page in diptych::syntax::codes::all() {
        let (_, sound) = faults(page.good);
        if page.code != "syntax::no-value" {
            assert!(sound.is_empty(), "{}: {}", page.code, told(page.good));
        }
        if !elsewhere.contains(&page.code) {
            let codes: Vec<&str> = faults(page.bad).1.iter().map(|fault| fault.code).collect();
            assert_eq!(codes, [page.code], "{}", told(page.bad));
        }
        assert!(page.explanation.ends_with('.') && !page.title.ends_with('.'), "{}", page.code);
    }
}

/// The example of every keyword is sound, and what the table says of it is complete.
#[test]
fn examples_of_keywords_are_sound() {
    for keyword in diptych::syntax::keywords::DECLARATIONS {
        assert_eq!(told(keyword.example), "", "{}", keyword.word);
        assert!(keyword.example.starts_with(keyword.word), "{}", keyword.word);
        formatted(keyword.example);
        for clause in keyword.clauses {
            assert!(clause.summary.ends_with('.') && !clause.documentation.is_empty(), "{}", clause.word);
            let under = format!("{}\n  {}", keyword.example.lines().next().unwrap(), clause.example);
            assert_eq!(told(&under), "", "{} of {}", clause.word, keyword.word);
        }
    }
}

/// Faults of syntax and shape in their words, one line of `bad.study` each.
#[test]
fn faults_are_told_in_the_statistician_s_words() {
    snapshot("syntax_faults", &(told(include_str!("syntax/bad.study"))));
}

#[test]
fn names_literals_and_settings_are_read() {
    let text = r#"
derive a = `1_mRECIST_FU` == "CR" or il6 in (IL-6, z-score)
derive b = age - 1 .. age-1
derive c = 70% + 1 mm + 18 years + 10^9 + x as 10^9/L + 5 mL/min/1.73m^2
derive d = not a is missing and b not in (1, 2) or c is not present
derive e = -2^2^3 - -x
model m for os
  learn rsf(trees in 100 .. 500 step 100, leaf in (3, 6, 15), at = 24 months, on = 1), missing(max = 30%)
rsf(clinical) on internal
albi by centre
fuse late logistic(clinical, radiomics)
early rsf(clinical, arterial)
key > 5
unit by centre
evaluate m over leave-out centre
column crp
  unit mg/L
  levels "low", "high"
derive f = survival(t, event in (1, 2))
"#;
    assert_eq!(told(text), "");
    snapshot("syntax_tree", &(formatted(text) + "\n" + &shape_of(&faults(text).0)));
}

#[test]
fn comments_are_kept_and_lifted() {
    let text = "\
\u{feff}# top\r
\r
\r
## documents a\r
derive a = b + # why\r
    c # end\r
  # below a\r
derive d =\te\u{a0}+ f


cohort x from y # trailing
  # before

  include \"z\": (a and
    # inside
  \tb)

  exclude \"q\": c
  ## not documentation
## documents nothing
";
    snapshot("syntax_comments", &(formatted(text)));
}

#[test]
fn the_prompt_knows_when_a_text_is_whole() {
    use diptych::syntax::is_complete;
    for whole in [
        "",
        "flow eligible",
        "albi by centre",
        "cox(os ~ age)",
        "cohort a from b\n  include \"x\": y\n\n",
        "endpoint os = survival(a, b)",
        "describe a by b",
    ] {
        assert!(is_complete(whole), "{whole:?}");
    }
    for open in [
        "cox(os ~",
        "cox(os ~ age",
        "derive a = b +",
        "cohort a from b",
        "cohort a from b\n  include \"x\": y",
        "describe a by",
    ] {
        assert!(!is_complete(open), "{open:?}");
    }
}
