//! What an answer says where a number is open, absent or asked for twice: limits beyond follow-up,
//! a score that is the same for all, a model against itself, horizons in units of their own.

use diptych::Study;
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::run::Store;
use diptych::run::results::{Answer, Kind, Results};
use polars::prelude::*;
use rand_xoshiro::rand_core::Rng;

const STUDY: &str = "study TOLD
  seed 1

table patients

endpoint os = survival(months as months, died == 1)

features x from patients
  columns a, b

model A for os
  prepare x by z-score
  learn cox
  fuse cox(x)

model N for os
  prepare x by z-score
  learn coxnet
  fuse coxnet(x, lambda = 10)

groups risk from N at median

km(os ~ arm)
evaluate A, N over 3 folds
  against A
  at 6 months, 1 year
  show C-index, Brier
explain A by permutation(repeats = 3) over 3 folds
explain A by partial_dependence(points = 4)
correlate a, b by spearman
";

fn cohort() -> DataFrame {
    let mut rng = Stream::root(8).named("cohort").rng();
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let (mut a, mut b, mut arm, mut months, mut died) = (vec![], vec![], vec![], vec![], vec![]);
    for row in 0..90 {
        let (x, y, place) = (unit(), unit(), row / 3);
        // Of the second arm's 30 patients 16 die, so that its median is reached and the upper limit is
        // not; of the third arm's 11, so that only the lower limit is.
        let dead = [0, 16, 11][row % 3];
        let (event, censored) = if row % 3 == 0 {
            (-unit().ln() / (0.06 * (2.0 * x).exp()), 14.0 + 10.0 * unit())
        } else if place < dead {
            (1.0 + place as f64, 30.0)
        } else {
            (30.0, 20.0 + 0.1 * place as f64)
        };
        a.push(x);
        b.push(y);
        arm.push(["first", "second", "third"][row % 3]);
        months.push(event.min(censored).max(0.01));
        died.push(i32::from(event <= censored));
    }
    df!("a" => a, "b" => b, "arm" => arm, "months" => months, "died" => died).expect("columns")
}

fn answer<'r>(results: &'r Results, start: &str) -> &'r Answer {
    results.answers.iter().find(|answer| answer.declaration.starts_with(start)).expect("an answer")
}

#[test]
fn what_is_open_absent_or_doubled_is_told() {
    let study = Study::new("told.study", STUDY).bind("patients", &cohort()).expect("a table");
    let finished = study.run(&Store::none(), &Watch::silent()).expect("a sound study");
    let results = &finished.report.results;

    let medians: Vec<String> = answer(results, "km").tables[0].rows.iter().map(|row| row[3].shown()).collect();
    assert!(medians[0].contains('–') && !medians[0].contains("not"), "{medians:?}");
    assert!(medians[1].ends_with("–not reached)"), "{medians:?}");
    assert!(medians[2].starts_with("not reached (") && medians[2].ends_with("–not reached)"), "{medians:?}");

    let evaluated = answer(results, "evaluate");
    let of = |model: &str, metric: &str, horizon: Option<&str>| -> Vec<_> {
        let own = evaluated.estimates.iter().filter(|record| record.model == model && record.metric == metric);
        own.filter(|record| record.horizon.as_deref() == horizon).collect()
    };
    // Out of fold and apparent: `A` is asked for and compared with, and told once.
    assert_eq!(of("A", "C-index", None).len(), 2);
    assert_eq!(of("N against A", "difference in C-index", None).len(), 1);
    assert!(!evaluated.estimates.iter().any(|record| record.model == "A against A"));
    let (half, whole) = (of("A", "Brier", Some("6 months")), of("A", "Brier", Some("1 year")));
    assert!(half[0].value.is_some() && half[0].events < whole[0].events, "{half:?} {whole:?}");

    // What is lost by a shuffle is lost from the C-index that is told: that of pairs within a fold.
    let told = of("A", "C-index", None).into_iter().find(|record| record.kind == Kind::OutOfFold).unwrap();
    let shuffled = results.estimates().find(|record| record.metric.starts_with("loss of C-index")).unwrap();
    let whole = format!("C-index {:.3} less its mean", told.value.unwrap());
    assert!(shuffled.how.contains(&whole), "{} {:?}", shuffled.how, told.value);

    for constant in of("N", "C-index", None) {
        assert_eq!((constant.value, constant.lower, constant.upper), (Some(0.5), None, None));
        assert_eq!(constant.no_interval.as_deref(), Some("the score is the same for all patients"));
    }
    let notes: Vec<&String> =
        evaluated.notes.iter().chain(evaluated.tables.iter().flat_map(|table| &table.notes)).collect();
    assert!(notes.iter().any(|note| note.contains("N tells no patients apart on patients")), "{notes:?}");
    assert!(notes.iter().any(|note| note.starts_with("no interval of C-index of N")), "{notes:?}");
    assert!(answer(results, "groups").notes.iter().any(|note| note.contains("the same score")));

    for record in results.estimates() {
        assert!(record.n > 0 && !record.declaration.is_empty() && !record.cohort.is_empty(), "{record:?}");
        assert!(record.value.is_none() || !record.how.is_empty(), "{record:?}");
        assert!(record.value.is_some() || record.why.is_some(), "{record:?}");
        let told = record.lower.is_some() || record.no_interval.is_some() || record.value.is_none();
        assert!(told, "neither interval nor reason: {record:?}");
        if let (Some(value), Some(lower)) = (record.value, record.lower) {
            assert!(lower <= value && record.upper.is_none_or(|upper| value <= upper), "{record:?}");
        }
    }
}

/// Two rows of each patient: what resamples patients says so, and what takes rows as patients is told of.
#[test]
fn rows_of_one_patient_stay_together_or_are_told() {
    let study = "study EYES
  seed 1

table eyes
  key id
  repeated

endpoint lost = binary(b > 0.5)
endpoint os = survival(months as months, died == 1)

features x from eyes
  columns a

model A for lost
  fuse logistic(x)

evaluate A over 3 folds
  show AUC, Brier, calibration
cox(os ~ a)
cox(os ~ a + cluster(id))
";
    let mut eyes = cohort();
    let ids: Vec<String> = (0..eyes.height()).map(|row| format!("P{}", row / 2)).collect();
    eyes.with_column(Column::new("id".into(), ids)).expect("a column");
    let study = Study::new("eyes.study", study).bind("eyes", &eyes).expect("a table");
    let results = study.run(&Store::none(), &Watch::silent()).expect("a sound study").report.results;

    let pairs = format!("{} rows of {} patients", eyes.height(), eyes.height() / 2);
    let evaluated = answer(&results, "evaluate");
    for record in evaluated.estimates.iter().filter(|record| record.kind == Kind::OutOfFold) {
        let shown = record.lower.is_some() || record.no_interval.is_some();
        assert!(record.how.contains(&pairs) && shown, "{record:?}");
        assert!(!record.how.contains("DeLong") && !record.how.contains("Wald"), "{record:?}");
    }
    let told: Vec<&str> = results
        .notices
        .iter()
        .filter(|notice| notice.code == "data::rows-of-one-patient")
        .map(|notice| notice.declaration.as_str())
        .collect();
    assert_eq!(told, ["cox(os ~ a)"]);
}
