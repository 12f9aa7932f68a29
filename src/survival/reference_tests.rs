//! Numbers of R on small synthetic patients; `scripts/reference/survival.R` makes them.

use ndarray::Array2;

use super::competing_risks::{cumulative_incidence, gray_test};
use super::design::{harrell_knots, spline_basis};
use super::finegray::fine_gray;
use crate::stats::Censored;

fn patients() -> Censored {
    let row = |f: fn(usize) -> usize| (0..24).map(f).collect::<Vec<usize>>();
    Censored::new(
        row(|i| 1 + (i * 7) % 19).into_iter().map(|t| t as f64).collect(),
        row(|i| (i * 5) % 3).into_iter().map(|e| e as u8).collect(),
    )
}

fn near(ours: f64, theirs: f64) {
    assert!((ours / theirs - 1.0).abs() < 1e-8, "{ours} beside {theirs}");
}

#[test]
fn cumulative_incidence_is_that_of_cmprsk() {
    let outcome = patients();
    let first = cumulative_incidence(&outcome, 1).unwrap();
    let second = cumulative_incidence(&outcome, 2).unwrap();
    let at = [5.0, 10.0, 15.0];
    let values = [0.0894138755980861, 0.245854442255371, 0.317096123404173];
    let others = [0.0852272727272727, 0.193117318697814, 0.326695470851818];
    let variances = [0.00383495756848959, 0.00991623614928465, 0.0134119918916018];
    let their_variances = [0.00348369901603127, 0.00824050259892530, 0.0139726657931500];
    for k in 0..3 {
        near(first.at(at[k]), values[k]);
        near(second.at(at[k]), others[k]);
        near(first.variance_at(at[k]), variances[k]);
        near(second.variance_at(at[k]), their_variances[k]);
    }
}

#[test]
fn grays_test_is_that_of_cmprsk() {
    let outcome = patients();
    let three: Vec<u32> = (0..24).map(|i| i % 3).collect();
    let two: Vec<u32> = (0..24).map(|i| i % 2).collect();
    for (code, statistic) in [(1, 0.150104691602259), (2, 0.200373695262276)] {
        near(gray_test(&outcome, code, &two, 2, None).unwrap().statistic, statistic);
    }
    for (code, statistic) in [(1, 14.5477124333524), (2, 17.3588186118171)] {
        near(gray_test(&outcome, code, &three, 3, None).unwrap().statistic, statistic);
    }
}

#[test]
fn the_subdistribution_hazard_is_that_of_survival() {
    let outcome = patients();
    let x = Array2::from_shape_fn((24, 2), |(i, j)| if j == 0 { (i * 11 % 13) as f64 } else { (i * 3 % 7) as f64 });
    let names = ["x1".to_owned(), "x2".to_owned()];
    let fitted = fine_gray(x.view(), &names, &outcome, 0.95).unwrap();
    near(fitted.beta[0], 0.0764036058049817);
    near(fitted.beta[1], 0.0884250231936560);
    near(fitted.variance()[[0, 0]].sqrt(), 0.0913422076070004);
    near(fitted.variance()[[1, 1]].sqrt(), 0.1788950689529259);
}

#[test]
fn splines_are_those_of_hmisc() {
    let x: Vec<f64> = (0..24).map(|i| f64::from((i * 11) % 13) + f64::from(i) / 10.0).collect();
    let knots = harrell_knots(&x, 4).unwrap();
    for (ours, theirs) in knots.iter().zip([3.2, 5.465, 9.185, 11.1]) {
        near(*ours, theirs);
    }
    near(spline_basis(x[1], &knots, 0), 7.435794303797469);
    near(spline_basis(x[2], &knots, 0), 3.460983593607171);
    near(spline_basis(x[1], &knots, 1), 2.535885435026440);
    near(spline_basis(x[2], &knots, 1), 0.834867496296495);
}
