//! `linear(log(crp) ~ age + sex)`.

use crate::figures::words::p_is;
use crate::learn::linear_regression;
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Cell, EstimateRecord, Kind};
use crate::run::step::Step;
use crate::stats::{Estimate, Outcome};

use super::matrix::Frame;
use super::{Coefficient, Fitted, joint, level};

pub(super) fn fit(step: &Step<'_>, spec: &Infer, frame: &Frame) -> Result<Fitted, Fault> {
    let Outcome::Continuous(y) = &frame.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`linear` wants a number on the left"));
    };
    let fit = linear_regression::fit(frame.x.view(), &frame.names, y, frame.weights.as_deref(), level(step, spec))?;
    let mut slopes = fit.estimates().into_iter();
    let mut coefficients = Vec::new();
    for (column, name) in frame.names.iter().enumerate() {
        let (estimate, own) = match fit.kept.iter().position(|kept| *kept == column) {
            Some(place) => (
                slopes.next().unwrap_or_else(|| Estimate::not_estimable(name.as_str(), fit.n, "no estimate")),
                fit.coefficients.get(place + 1),
            ),
            None => {
                let reason = format!("`{name}` is determined by the other covariates");
                (Estimate::not_estimable(format!("slope of {name}"), fit.n, reason), None)
            }
        };
        coefficients.push(Coefficient {
            estimate: EstimateRecord::new(&estimate, Kind::Descriptive),
            p: own.map(|c| c.p),
            link: own.map(|c| (c.estimate, c.standard_error.powi(2))),
        });
    }
    let mut whole = Vec::new();
    if let Some(intercept) = fit.coefficients.first() {
        whole.push(("intercept".to_owned(), Cell::number(intercept.estimate, 3)));
    }
    if let Some((f, between, within, p)) = fit.overall {
        whole.push(("F test".to_owned(), Cell::text(format!("F {f:.2} on {between} and {within} df, {}", p_is(p)))));
    }
    if let Some(r) = fit.r_squared {
        whole.push(("R squared".to_owned(), Cell::number(r, 3)));
    }
    let place = |column: usize| fit.kept.iter().position(|kept| *kept == column).map(|place| place + 1);
    let covariance = |i: usize, j: usize| match (place(i), place(j)) {
        (Some(i), Some(j)) => fit.vcov[i][j],
        _ => f64::NAN,
    };
    whole.extend(joint(frame, |column| place(column).map(|place| fit.coefficients[place].estimate), covariance, fit.n));
    whole.push(("residual SD".to_owned(), Cell::number(fit.sigma, 3)));
    Ok(Fitted {
        coefficients,
        n: fit.n,
        events: None,
        measure: "slope",
        how: format!(
            "{}; t intervals",
            if frame.weights.is_some() { "weighted least squares" } else { "least squares" }
        ),
        whole,
        freedom: fit.residual_freedom as f64,
        ..Fitted::empty()
    })
}
