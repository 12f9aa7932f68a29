//! The language's surface: the canonical study, everyday lines, and every fault in its words.

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
    while let Some(start) = rest.find("Span {") {
        shape.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find("} }").map_or(rest.len(), |end| {
            // `Span { source: SourceId(0), start: 1, end: 2 }`
            rest.find(" }").map_or(end, |end| end + 2)
        });
        let end = rest.find(" }").map_or(end, |end| end + 2);
        rest = &rest[end..];
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
