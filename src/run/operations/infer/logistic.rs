//! `logistic(response ~ albi + stage)`.

use crate::figures::words::p_is;
use crate::learn::logistic_regression::{self, Firth, Options};
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Cell, EstimateRecord, Kind};
use crate::run::step::Step;
use crate::stats::{Estimate, Outcome};

use super::matrix::Frame;
use super::{Coefficient, Fitted, joint, level};

pub(super) fn fit(step: &Step<'_>, spec: &Infer, frame: &Frame) -> Result<Fitted, Fault> {
    let Outcome::Binary(labels) = &frame.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`logistic` wants a binary endpoint"));
    };
    let firth = match spec.settings.choice("firth") {
        "yes" => Firth::Always,
        "no" => Firth::Never,
        _ => Firth::WhenSeparated,
    };
    let profile = spec.settings.choice("interval") != "wald" && spec.settings.get("imputations").is_none();
    let options = Options { firth, level: level(step, spec), profile };
    let weights = frame.weights.as_deref();
    let fit = logistic_regression::fit(frame.x.view(), &frame.names, labels, weights, &options, step.watch)?;
    let mut ratios = fit.odds_ratios().into_iter();
    let mut coefficients = Vec::new();
    for (column, name) in frame.names.iter().enumerate() {
        let kept = fit.kept.iter().position(|kept| *kept == column);
        let (estimate, p, link) = match kept {
            Some(place) => {
                let c = &fit.coefficients[place + 1];
                let p = c.likelihood_ratio.map_or(c.p_wald, |(_, p)| p);
                let estimate =
                    ratios.next().unwrap_or_else(|| Estimate::not_estimable(name.as_str(), fit.n, "no estimate"));
                (estimate, Some(p), Some((c.estimate, c.standard_error.powi(2))))
            }
            None => {
                let reason = format!("`{name}` is determined by the other covariates");
                (Estimate::not_estimable(format!("odds ratio of {name}"), fit.n, reason), None, None)
            }
        };
        coefficients.push(Coefficient {
            estimate: EstimateRecord::new(&estimate.with_events(Some(fit.events)), Kind::Descriptive),
            p,
            link,
        });
    }
    let (statistic, freedom, p) = fit.overall();
    let mut notes = Vec::new();
    if let Some(by) = &fit.separated_by {
        notes.push(format!("the classes are separated by {}; Firth's penalised likelihood was used", by.join(", ")));
    }
    if weights.is_some() {
        notes.push("case weights".to_owned());
    }
    let how = if profile {
        "p by likelihood ratio, intervals by profile likelihood where they are finite, else Wald"
    } else {
        "p and intervals by Wald"
    };
    let mut whole = vec![
        (
            "likelihood-ratio test".to_owned(),
            Cell::text(format!("chi-square {statistic:.2} on {freedom} df, {}", p_is(p))),
        ),
        ("AIC".to_owned(), Cell::number(fit.aic(), 1)),
    ];
    let place = |column: usize| fit.kept.iter().position(|kept| *kept == column).map(|place| place + 1);
    let covariance = |i: usize, j: usize| match (place(i), place(j)) {
        (Some(i), Some(j)) => fit.vcov[i][j],
        _ => f64::NAN,
    };
    whole.extend(joint(frame, |column| place(column).map(|place| fit.coefficients[place].estimate), covariance, fit.n));
    Ok(Fitted {
        coefficients,
        n: fit.n,
        events: Some(fit.events),
        measure: "OR",
        how: format!("{}; {how}", fit.how()),
        notes,
        whole,
        freedom: (fit.n - fit.coefficients.len()) as f64,
        ..Fitted::empty()
    })
}
