//! Locks of a small study, before and after a change.

use polars::prelude::*;

use crate::Study;
use crate::progress::Watch;
use crate::run::Store;

use super::{Cause, Lock, differences};

const TEXT: &str = "study L\n  seed 3\n\ntable trial\n  key id\n\ncohort adults from trial\n  include \"adults\": age >= 18\n\n\
                    endpoint response = binary(event == 1)\n\nlogistic(response ~ age)\n";

fn frame(age_of_p4: f64) -> DataFrame {
    df!(
        "id" => ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"],
        "age" => [61.0, 54.0, 70.0, age_of_p4, 66.0, 59.0, 73.0, 51.0],
        "event" => [1, 0, 0, 1, 1, 0, 0, 1],
    )
    .unwrap()
}

fn locked(text: &str, frame: &DataFrame) -> Lock {
    let study = Study::new("l.study", text).bind("trial", frame).unwrap();
    let finished = study.run(&Store::none(), &Watch::silent()).unwrap();
    study.lock(&finished).unwrap()
}

#[test]
fn a_lock_is_text_that_reads_back_and_differs_from_itself_nowhere() {
    let lock = locked(TEXT, &frame(48.0));
    let back = Lock::parse(&lock.text()).unwrap();
    assert_eq!(back, lock);
    assert_eq!(differences(&lock, &back), []);
    assert!(lock.text().lines().all(|line| line.len() < 200), "{}", lock.text());
    assert!(Lock::parse("{\"format\": 99}").unwrap_err().contains("format 99"));
    assert!(Lock::parse("no").is_err());
}

#[test]
fn one_changed_number_is_named_by_column_and_row_with_what_moved() {
    let (was, is) = (locked(TEXT, &frame(48.0)), locked(TEXT, &frame(49.0)));
    let found = differences(&was, &is);
    assert_eq!(found[0].cause, Cause::Data);
    assert_eq!(found[0].message, "`trial`: 1 cell changed: column `age` of id P4");
    assert!(found[1..].iter().all(|difference| difference.cause == Cause::Results));
    assert!(found[1..].iter().any(|difference| difference.message.contains("odds ratio")), "{found:?}");
}

#[test]
fn rows_that_go_and_columns_that_come_are_named() {
    let lock = |frame: &DataFrame| locked(TEXT, frame);
    let whole = frame(48.0);
    let was = lock(&whole);
    let told = |is: &Lock| -> Vec<String> {
        let of_data = |cause| cause == Cause::Data;
        differences(&was, is).into_iter().filter(|d| of_data(d.cause)).map(|d| d.message).collect()
    };
    assert_eq!(told(&lock(&whole.slice(0, 7))), ["`trial`: row P8 is gone"]);
    let mut wider = whole.clone();
    wider.with_column(Column::new("x".into(), [1.0; 8])).unwrap();
    assert_eq!(told(&lock(&wider)), ["`trial`: column `x` is new"]);
    assert_eq!(told(&lock(&whole.reverse())), ["`trial`: the rows stand in another order"]);
}

#[test]
fn a_changed_plan_names_its_step_and_what_in_it() {
    let was = locked(TEXT, &frame(48.0));
    let is = locked(&TEXT.replace("age >= 18", "age >= 19"), &frame(48.0));
    let found = differences(&was, &is);
    assert_eq!(found[0].cause, Cause::Plan);
    assert!(found[0].message.starts_with("`cohort adults` changed: ") && found[0].message.contains("18"), "{found:?}");
    let seeded = locked(&TEXT.replace("seed 3", "seed 4"), &frame(48.0));
    let found = differences(&was, &seeded);
    assert!(found[0].message.contains("seed"), "{found:?}");
}
