//! No text makes the parser or the formatter panic, hang or overflow a stack, and no layout
//! changes a meaning: on mutated studies, on nesting without end, and on generated studies.
//!
//! The mutations run for two seconds; `DIPTYCH_FUZZ_SECONDS=600` runs them for ten minutes.

use std::time::{Duration, Instant};

use diptych::syntax::ast::SourceId;
use diptych::syntax::{Diagnostic, check_shape, expression, format, is_complete, keywords, parse};
use proptest::prelude::*;

use super::{EVERYDAY, PRIME, formatted, told};

/// A small generator of its own, so that a seed names the same mutations everywhere (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }
}

/// What a mutation may put in: signs with meaning, signs without, and odd bytes.
const TOKENS: [&str; 76] = [
    "(",
    ")",
    ",",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    "..",
    "+",
    "-",
    "*",
    "/",
    "^",
    ":",
    "::",
    "~",
    "\"",
    "`",
    "#",
    "##",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t",
    " ",
    "and ",
    " or ",
    " not ",
    " in ",
    " is ",
    " missing",
    " then ",
    " as ",
    " from ",
    " for ",
    " on ",
    " over ",
    " by ",
    " at ",
    " where ",
    " against ",
    " to ",
    " step ",
    "%",
    "1",
    "0.5",
    "1e9",
    "1e999",
    "2021-01-31",
    "2021-13-31",
    "5 mm",
    "10^9/L",
    "x",
    "IL-6",
    "early ",
    "late ",
    "leave-out ",
    "table ",
    "model ",
    "include ",
    "\\",
    "\\\"",
    "{",
    "}",
    "[",
    "&",
    "\u{a0}",
    "\u{feff}",
    "é",
    "μ",
    "\u{201c}",
    "😀",
    "\0",
];

fn corpus() -> Vec<String> {
    let mut corpus = vec![PRIME.to_owned(), EVERYDAY.to_owned(), include_str!("bad.study").to_owned()];
    corpus.extend(keywords::DECLARATIONS.iter().map(|keyword| keyword.example.to_owned()));
    corpus
}

fn mutate(dice: &mut Dice, corpus: &[String]) -> String {
    let mut bytes = corpus[dice.roll(corpus.len())].clone().into_bytes();
    // Short pieces are reached deeper.
    if dice.roll(2) == 0 {
        let start = dice.roll(bytes.len());
        let end = (start + dice.roll(400)).min(bytes.len());
        bytes = bytes[start..end].to_vec();
    }
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(bytes.len() + 1);
        let end = (at + dice.roll(12)).min(bytes.len());
        match dice.roll(6) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.splice(at..at, TOKENS[dice.roll(TOKENS.len())].bytes()).for_each(drop),
            2 => bytes.splice(at..end, TOKENS[dice.roll(TOKENS.len())].bytes()).for_each(drop),
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = dice.roll(bytes.len() + 1);
                bytes.splice(to..to, copy).for_each(drop);
            }
            4 => {
                let other = corpus[dice.roll(corpus.len())].as_bytes();
                let from = dice.roll(other.len());
                let to = (from + dice.roll(60)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied()).for_each(drop);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = dice.roll(256) as u8;
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn spans_are_true(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let spans = diagnostic.related.iter().map(|(span, _)| span).chain([&diagnostic.span]);
        for span in spans {
            assert!(text.get(span.start..span.end).is_some(), "{diagnostic:?} in {text:?}");
        }
        assert!(!diagnostic.message.is_empty() && !diagnostic.label.is_empty(), "{diagnostic:?} in {text:?}");
        for jargon in ["expected", "Rule", "EOI", "ident", "token"] {
            let spoken = !diagnostic.message.contains(jargon) || text.contains(jargon) || jargon == "expected";
            assert!(spoken, "{diagnostic:?}");
        }
    }
}

/// Everything that takes a text takes this one.
fn survives(text: &str) {
    let started = Instant::now();
    let parsed = parse(text, SourceId::default());
    spans_are_true(text, &parsed.diagnostics);
    spans_are_true(text, &check_shape(&parsed.study));
    for lost in &parsed.lost {
        assert!(lost.names.iter().all(|name| text.get(name.span.start..name.span.end) == Some(name.text.as_str())));
    }
    let _ = is_complete(text);
    let _ = expression(text, SourceId::default());
    match format(text, SourceId::default()) {
        Ok(_) => drop(formatted(text)),
        Err(faults) => assert!(!faults.is_empty()),
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{} bytes took {:?}", text.len(), started.elapsed());
}

#[test]
fn mutated_studies_never_break_parser_or_formatter() {
    let seconds = std::env::var("DIPTYCH_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(2);
    let end = Instant::now() + Duration::from_secs(seconds);
    let corpus = corpus();
    // Another stretch of seeds for a long run, so that it does not begin by repeating the short.
    let mut seed = if seconds > 2 { 1 << 32 } else { 0 };
    let first = seed;
    while Instant::now() < end {
        let text = mutate(&mut Dice(seed), &corpus);
        if let Err(cause) = std::panic::catch_unwind(|| survives(&text)) {
            eprintln!("seed {seed}: {text:?}");
            std::panic::resume_unwind(cause);
        }
        seed += 1;
    }
    println!("{} mutated studies", seed - first);
}

#[test]
fn nothing_without_end_overflows_a_stack() {
    let many = 5_000;
    let nested =
        |open: &str, close: &str, depth: usize| format!("derive x = {}1{}", open.repeat(depth), close.repeat(depth));
    for text in [
        nested("(", ")", many),
        nested("f(", ")", many),
        nested("f(a = (", "))", many),
        nested("(", "", many),
        nested("", ")", many),
        nested("-", "", many),
        nested("not ", "", many),
        nested("~ ", "", many),
        nested("1 + ", "", many),
        nested("2 ^ ", "", many),
        nested("a then ", "", many),
        nested("a and not ", "", many),
        nested("early ", "", many),
        nested("1 .. ", "", many),
        nested("", " is missing", many),
        nested("", " as g", many),
        nested("(1 + ", ")", 64),
        nested("1 + (", ")", 64),
        "a".repeat(500_000),
        "a.".repeat(100_000),
        "a, ".repeat(100_000),
        "\n  a".repeat(5_000),
        "#\n".repeat(20_000),
        "\"".repeat(20_001),
        "`".repeat(20_001),
        "show (\n".repeat(2_000),
        format!("describe {}z", "a, ".repeat(4_000)),
        // Found by mutation: a unit that is a preposition before a minus.
        "sor at last,2025 at-09-2".to_owned(),
    ] {
        survives(&text);
    }
    // What is within the bounds is read.
    for text in [nested("(", ")", 64), nested("f(", ")", 64), nested("1 + ", "", 200)] {
        assert_eq!(told(&text), "");
        formatted(&text);
    }
}

fn spaces() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "  ", "\t", " \u{a0}"])
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["age", "os", "IL-6", "z-score", "C-index", "afp_1m", "β2", "event", "key", "step", "in-hospital"])
            .prop_map(str::to_owned),
        1 => "[a-z_][a-z0-9_]{0,8}".prop_filter("reserved", |word| {
            !keywords::is_reserved(word) && !keywords::is_qualifier(word) && word != "missing" && word != "step"
        }),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..100_000).prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "0.5",
            "1e-4",
            "70%",
            "70 %",
            "1 mm",
            "5mm",
            "18 years",
            "5 folds",
            "10^9",
            "1.5 10^9/L",
            "2021-01-31",
            "missing",
            "\"TACE\"",
            "\"a # b\"",
            "\"say \\\"so\\\"\"",
            "`1_mRECIST_FU`",
            "`in`",
            "ct.arterial",
            "5 mL/min/1.73m^2",
        ])
        .prop_map(str::to_owned),
    ]
}

fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![word(), literal()];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4).prop_map(|items| items.join(","));
        let operator = prop::sample::select(vec![
            " + ", "+", " - ", "*", " / ", " ^ ", "^", " and ", " or ", " and not ", " + -", " then ", ":",
        ]);
        let comparison = prop::sample::select(vec!["==", " != ", "<", " <= ", ">", ">="]);
        let argument = prop_oneof![
            3 => inner.clone(),
            1 => (word(), spaces(), inner.clone()).prop_map(|(name, space, value)| format!("{name}{space}={value}")),
            1 => inner.clone().prop_map(|value| format!("at = {value}")),
            1 => word().prop_map(|name| format!("{name} in (3, 6,15)")),
            1 => word().prop_map(|name| format!("{name} in 100 .. 500 step 100")),
        ];
        prop_oneof![
            2 => (inner.clone(), operator, inner.clone()).prop_map(|(left, operator, right)| format!("({left}){operator}({right})")),
            2 => (word(), prop::sample::select(vec![" + ", " - ", " and ", " or ", " then ", " * ", " ^ "]), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left}{operator}{right}")),
            1 => (word(), comparison, literal()).prop_map(|(left, operator, right)| format!("({left}{operator}{right})")),
            2 => (word(), prop::collection::vec(argument, 0..4)).prop_map(|(name, arguments)| format!("{name}({})", arguments.join(" , "))),
            1 => (word(), list).prop_map(|(name, list)| format!("({name} in ({list}))")),
            1 => word().prop_map(|name| format!("({name} is not missing)")),
            1 => word().prop_map(|name| format!("({name} as g/L)")),
            1 => inner.clone().prop_map(|value| format!("(not {value})")),
            1 => (word(), inner.clone()).prop_map(|(left, right)| format!("({left} ~ ({right}))")),
            1 => word().prop_map(|name| format!("early rsf({name})")),
        ]
    })
}

fn line(preposition: bool) -> impl Strategy<Value = String> {
    let phrase = (
        prop::sample::select(vec!["from", "for", "on", "over", "by", "where", "to", "between", "at", "against"]),
        prop::collection::vec(expr(), 1..3),
    )
        .prop_map(|(word, list)| format!(" {word} {}", list.join(", ")));
    (
        prop::collection::vec(expr(), 1..4),
        prop::collection::vec(phrase, 0..if preposition { 3 } else { 1 }),
        prop::option::of(expr()),
    )
        .prop_map(|(list, phrases, value)| {
            format!(
                "{}{}{}",
                list.join(" ,"),
                phrases.concat(),
                value.map_or(String::new(), |value| format!("={value}"))
            )
        })
}

fn study() -> impl Strategy<Value = String> {
    let ends = || {
        prop::sample::select(vec![
            "\n",
            "  # why\n",
            "\n\n",
            "\r\n",
            "\n# of its own\n",
            "\n  # indented\n",
            "\n## documents\n",
            "\n\n\n",
        ])
    };
    let head =
        (prop::sample::select(vec!["derive", "describe", "evaluate", "show", "cohort", "fuse"]), line(true), ends())
            .prop_map(|(word, line, end)| format!("{word} {line}{end}"));
    let label = prop::sample::select(vec!["", "\"a label\": ", "leak::fitted-on-test :", "code: "]);
    let clause = (
        prop::sample::select(vec!["  ", "   ", "\t"]),
        prop::sample::select(vec!["include", "show", "at", "nonsense"]),
        label,
        line(true),
        ends(),
    )
        .prop_map(|(indent, word, label, line, end)| format!("{indent}{word} {label}{line}{end}"));
    prop::collection::vec((head, prop::collection::vec(clause, 0..4)), 1..4)
        .prop_map(|declarations| declarations.into_iter().map(|(head, clauses)| head + &clauses.concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layout_keeps_the_meaning_of_generated_studies(text in study()) {
        survives(&text);
    }

    /// What the generator makes is mostly sound, or the property above would be an empty one.
    #[test]
    fn generated_expressions_are_read(value in expr()) {
        let text = format!("derive x = ({value})");
        let codes: Vec<&str> = parse(&text, SourceId::default()).diagnostics.iter().map(|fault| fault.code).collect();
        // The generator writes chains of ranges and the like now and then.
        prop_assert!(codes.iter().all(|code| ["syntax::formula", "syntax::range"].contains(code)), "{codes:?} in {text}");
    }
}
