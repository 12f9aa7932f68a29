//! The language's text: every line of the design is read, faults are told one by one, formatting
//! keeps the meaning.

use diptych::syntax::ast::{ExprKind, SourceId, Sources, Study};
use diptych::syntax::{check_shape, format, parse};

const PRIME: &str = include_str!("../examples/prime/prime.study");

const AFTERNOON: &str = r#"
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
albi by centre
fuse late logistic(clinical, radiomics)
early rsf(clinical, arterial, venous)
rsf(clinical, trees = 1000, leaf in (3, 6, 15)) on internal
`1_mRECIST_FU` by arm
"#;

/// The tree without its places.
fn shape(study: &Study) -> String {
    let text = format!("{study:?}");
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find("end: ").map_or(rest.len(), |end| end + rest[end..].find('}').unwrap_or(0) + 1);
        rest = &rest[end..];
    }
    plain + rest
}

fn faults(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.add("test.study", text);
    let parsed = parse(text, id);
    let mut all = parsed.diagnostics;
    all.extend(check_shape(&parsed.study));
    all.sort_by_key(|fault| fault.span.start);
    all.iter()
        .map(|fault| {
            let at = fault.located(&sources);
            let help = fault.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
            format!("{}:{} {} «{}» {}{help}", at.line, at.column, fault.code, sources.words(fault.span), fault.message)
        })
        .collect()
}

#[test]
fn the_canonical_study_and_the_first_afternoon_are_read_whole() {
    assert_eq!(faults(PRIME), Vec::<String>::new());
    assert_eq!(faults(AFTERNOON), Vec::<String>::new());
    assert_eq!(
        parse(PRIME, SourceId::default()).study.declarations.len(),
        PRIME.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase())).count()
    );
}

#[test]
fn formatting_keeps_meaning_and_comments_and_is_idempotent() {
    for text in [PRIME, AFTERNOON] {
        let once = format(text).expect("a sound text");
        assert_eq!(
            shape(&parse(text, SourceId::default()).study),
            shape(&parse(&once, SourceId::default()).study),
            "{once}"
        );
        assert_eq!(format(&once).expect("a sound text"), once);
        for comment in text.lines().filter_map(|line| line.split_once("# ").map(|(_, comment)| comment.trim())) {
            assert!(once.contains(comment), "{comment} was lost");
        }
        assert!(once.lines().all(|line| line.chars().count() <= 120));
    }
}

#[test]
fn seven_faults_are_seven_diagnostics() {
    let text = "tabel patients from \"p.csv\"\n\
                cohort eligible from patients\n  include age > 18 && ecog <= 1\n  inclde sex == 1\n\
                derive x = (a + b\n\
                derive y = a +\n\
                evaluate M on train on test\n\
                cohort c\n";
    let faults = faults(text);
    assert_eq!(faults.len(), 7, "{faults:#?}");
}

#[test]
fn a_condition_in_an_endpoint_is_no_grid() {
    let parsed = parse("endpoint r = binary(recist in (\"CR\", \"PR\"))", SourceId::default());
    let ExprKind::Call { arguments, .. } = &parsed.study.declarations[0].head.value.as_ref().unwrap().kind else {
        panic!("a call")
    };
    assert!(
        matches!(&arguments[0], diptych::syntax::ast::Argument::Data(expr) if matches!(expr.kind, ExprKind::In { .. }))
    );
}
