//! A simulated cohort in which response depends on the shape of the tumour and survival on
//! laboratory values: the explanations of the two models tell so, and with the effects swapped
//! they swap.

use diptych::Study;
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::run::Store;
use diptych::run::results::{Cell, Results};
use polars::prelude::*;
use rand_xoshiro::rand_core::Rng;

const STUDY: &str = "study RECOVERED
  seed 11

table patients

endpoint response = binary(responded == 1)
endpoint os = survival(months as months, died == 1)

features shape from patients
  columns shape_1, shape_2, shape_3, shape_4

features labs from patients
  columns lab_1, lab_2, lab_3, lab_4

model R for response
  prepare shape by z-score
  prepare labs by z-score
  learn gtbr(rounds = 20)
  fuse late logistic(shape, labs)

model S for os
  prepare shape by z-score
  prepare labs by z-score
  learn cox
  fuse late bma(shape, labs)

explain R, S by SHAP(background = 40) over 5 folds
";

/// 240 patients; response depends on shape and survival on the laboratory, or the other way round.
fn cohort(swapped: bool) -> DataFrame {
    let mut rng = Stream::root(5).named("cohort").rng();
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let n = 240;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 8];
    let (mut responded, mut months, mut died) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let normal: Vec<f64> =
            (0..8).map(|_| (-2.0 * unit().ln()).sqrt() * (2.0 * std::f64::consts::PI * unit()).cos()).collect();
        columns.iter_mut().zip(&normal).for_each(|(column, value)| column.push(*value));
        let (of_response, of_survival) = if swapped { (4, 0) } else { (0, 4) };
        let eta = 2.2 * normal[of_response] - 1.6 * normal[of_response + 1];
        responded.push(i32::from(unit() < 1.0 / (1.0 + (-eta).exp())));
        let hazard = (1.2 * normal[of_survival] - 0.9 * normal[of_survival + 1]).exp() / 20.0;
        let event = -unit().ln() / hazard;
        let censored = 60.0 * unit();
        months.push(event.min(censored).max(0.01));
        died.push(i32::from(event <= censored));
    }
    let mut frame = df!("responded" => responded, "months" => months, "died" => died).expect("columns");
    for (place, values) in columns.into_iter().enumerate() {
        let kind = if place < 4 { "shape" } else { "lab" };
        let name = format!("{kind}_{}", place % 4 + 1);
        frame.with_column(Column::new(name.into(), values)).expect("a column");
    }
    frame
}

/// The two leading features of a model, and the largest gap of additivity that the table tells.
fn leading(results: &Results, model: &str) -> Vec<String> {
    let answer = results.answers.iter().find(|answer| answer.declaration.starts_with("explain")).expect("an answer");
    let name = format!("shapley-{model}-patients");
    let table = answer.tables.iter().find(|table| table.name == name).expect("a table of Shapley values");
    let told = table.notes.iter().find(|note| note.contains("sum to the prediction")).expect("additivity is told");
    let gap: f64 = told
        .split("within ")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .and_then(|number| {
            let plain = |sign: char| match "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|own| own == sign) {
                Some(digit) => digit.to_string(),
                None if sign == '⁻' || sign == '−' => "-".to_owned(),
                None => sign.to_string(),
            };
            number.trim().replace(" × 10", "e").chars().map(plain).collect::<String>().parse().ok()
        })
        .expect("a number");
    assert!(gap < 1e-8, "{told}");
    let text = |row: &Vec<Cell>| row.first().map(Cell::shown).unwrap_or_default();
    let mut first: Vec<String> = table.rows.iter().take(2).map(text).collect();
    first.sort();
    first
}

#[test]
fn what_was_built_in_is_found_and_swaps() {
    for swapped in [false, true] {
        let study = Study::new("recovered.study", STUDY).bind("patients", &cohort(swapped)).expect("a frame");
        let finished = study.run(&Store::none(), &Watch::silent()).expect("a sound study");
        let results = &finished.report.results;
        let (shape, labs) = (["shape_1", "shape_2"], ["lab_1", "lab_2"]);
        let (response, survival) = if swapped { (labs, shape) } else { (shape, labs) };
        assert_eq!(leading(results, "R"), response, "swapped: {swapped}");
        assert_eq!(leading(results, "S"), survival, "swapped: {swapped}");
    }
}
