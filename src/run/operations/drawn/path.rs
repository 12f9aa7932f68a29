//! Regularisation paths of a fitted model: of every penalised regression that selected or learned.
//!
//! The path is fitted again on the training rows at the lambdas of the cross-validation; a model
//! keeps the strength that it chose and by what, not the path.

use ndarray::ArrayView2;

use crate::card::Value;
use crate::figures::path::{Coefficient, Path as Drawn};
use crate::learn::elastic_net::NetModel;
use crate::learn::glmnet::cross_validation::fit_path;
use crate::learn::glmnet::{Control, Lambdas, Path, Penalty, Tuned};
use crate::learn::steps::columns::moments;
use crate::progress::Watch;
use crate::run::operations::model::ModelValue;
use crate::run::results::FigureData;
use crate::stats::Outcome;
use crate::survival::coxnet::{self, CoxnetModel};

/// One penalised regression with what it was fitted on.
struct Net<'a> {
    /// `PRIME_R.radiomics`.
    of: &'a str,
    /// `elastic_net`.
    by: &'a str,
    names: &'a [String],
    x: ArrayView2<'a, f64>,
    outcome: &'a Outcome,
    tuned: &'a Tuned,
    standardise: bool,
    /// `AUC`, where it is not the likelihood's own measure.
    measure: Option<&'a str>,
    folds: Option<String>,
}

/// Paths of the model and its parts, those of the preparation first.
pub fn figures(model: &ModelValue) -> Vec<FigureData> {
    let mut designs = vec![(model.name.clone(), &model.fitted)];
    designs.extend(model.fitted.parts().into_iter().map(|(part, design)| (format!("{}.{part}", model.name), design)));
    let mut figures = Vec::new();
    for (of, design) in designs {
        let Some(learned) = design.learned() else { continue };
        let outcome = |positions: &[usize]| {
            let rows: Vec<usize> = positions.iter().map(|position| model.rows[*position]).collect();
            model.data.endpoint.outcome.select(&rows)
        };
        for pipeline in learned.pipelines() {
            let Some(block) = model.data.blocks.get(pipeline.block()) else { continue };
            for (place, (by, fitted)) in pipeline.steps().enumerate() {
                let Some(tuned) = fitted.tuned() else { continue };
                let Ok((block, positions)) = pipeline.reaching(place, block, &model.rows) else { continue };
                let Ok(x) = block.matrix() else { continue };
                let plan = model.design.prepare.get(pipeline.block()).and_then(|steps| steps.get(place));
                // `PRIME_R.clinical` has said the block already.
                let own = of.rsplit('.').next() == Some(pipeline.block());
                let of = if own { of.clone() } else { format!("{of}, {}", pipeline.block()) };
                figures.extend(
                    Net {
                        of: &of,
                        by,
                        names: &block.names(),
                        x: x.view(),
                        outcome: &outcome(&positions),
                        tuned,
                        standardise: true,
                        measure: None,
                        folds: plan.map(|plan| plan.settings.count("folds").to_string()),
                    }
                    .figure(),
                );
            }
        }
        let Some(learner) = learned.learner() else { continue };
        let fitted = learned.model().as_any();
        let tuned = match (fitted.downcast_ref::<NetModel>(), fitted.downcast_ref::<CoxnetModel>()) {
            (Some(model), _) => model.net.tuned.clone(),
            (_, Some(model)) => model.net.tuned.clone(),
            _ => continue,
        };
        let Ok((x, positions)) = learned.features(&model.data.blocks, &model.rows) else { continue };
        let setting = |name: &str| learned.settings().iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let measure = match setting("measure") {
            Some(Value::Text(measure)) if measure != "deviance" => Some(measure.as_str()),
            _ => None,
        };
        figures.extend(
            Net {
                of: &of,
                by: learner.card().name,
                names: learned.names(),
                x: x.view(),
                outcome: &outcome(&positions),
                tuned: &tuned,
                // scikit-learn's C is the strength on features as given.
                standardise: setting("C").is_none() && !matches!(setting("standardise"), Some(Value::Flag(false))),
                measure,
                folds: setting("folds").map(ToString::to_string),
            }
            .figure(),
        );
    }
    figures
}

impl Net<'_> {
    fn path(&self) -> Option<Path> {
        let penalty = Penalty { alpha: self.tuned.alpha, factors: None };
        let control = Control { standardise: self.standardise, ..Control::default() };
        let lambdas = match self.tuned.lambdas.len() {
            0 => Lambdas::default(),
            _ => Lambdas::Given(self.tuned.lambdas.clone()),
        };
        let watch = Watch::silent();
        match self.outcome {
            Outcome::Survival(censored) => {
                coxnet::fit_path(self.x, censored, None, &penalty, &lambdas, &control, &watch).ok()
            }
            other => fit_path(self.x, other, None, &penalty, &lambdas, &control, &watch).ok(),
        }
    }

    fn figure(&self) -> Option<FigureData> {
        let path = self.path()?;
        let steps = path.lambda.len();
        let mut values: Vec<Option<Vec<f64>>> = vec![None; self.names.len()];
        for (step, slopes) in path.slopes.iter().enumerate() {
            for (feature, slope) in slopes {
                values.get_mut(*feature)?.get_or_insert_with(|| vec![0.0; steps])[step] = *slope;
            }
        }
        let coefficients: Vec<Coefficient> = values
            .into_iter()
            .enumerate()
            .filter_map(|(feature, slopes)| {
                let spread = moments(&self.x.column(feature).to_vec())?.1.sqrt();
                // What is drawn is drawn to a thousandth; more digits would only be carried about.
                let told = |slope: f64| (slope * spread * 1e6).round() / 1e6;
                Some(Coefficient {
                    feature: self.names[feature].clone(),
                    values: slopes?.into_iter().map(told).collect(),
                })
            })
            .collect();
        if steps < 2 || coefficients.is_empty() {
            return None;
        }
        let tuned = self.tuned;
        // The lambdas of a path that ended early are fewer than those that were judged.
        let error: Vec<(f64, f64)> = tuned.mean.iter().copied().zip(tuned.standard_error.iter().copied()).collect();
        let error = error.get(..steps).unwrap_or_default().to_vec();
        let higher = matches!(self.measure, Some("AUC" | "C-index"));
        let ends = ends(&tuned.lambdas, &error, higher);
        let measure = self.measure.unwrap_or(match self.outcome {
            Outcome::Binary(_) => "binomial deviance",
            Outcome::Survival(_) => "partial-likelihood deviance",
            Outcome::Continuous(_) => "mean squared error",
            Outcome::Nominal(_) => "multinomial deviance",
        });
        let penalty = match tuned.alpha {
            1.0 => "lasso penalty".to_owned(),
            0.0 => "ridge penalty".to_owned(),
            alpha => format!("elastic-net penalty, L1 ratio {alpha}"),
        };
        let how = match (&self.folds, error.is_empty()) {
            (_, true) => "lambda was given".to_owned(),
            (Some(folds), _) => format!("lambda by {folds}-fold cross-validation within the training patients"),
            (None, _) => "lambda by cross-validation within the training patients".to_owned(),
        };
        let (rows, events) = (self.outcome.len() as u64, self.outcome.events().map(|events| events as u64));
        let figure = Drawn {
            model: format!("{} ({})", self.of, self.by),
            n: rows,
            events,
            lambdas: path.lambda,
            coefficients,
            measure: measure.to_owned(),
            error,
            chosen: tuned.lambda,
            least: ends.map(|ends| ends.0),
            one_error: ends.map(|ends| ends.1),
            method: format!("{penalty}; coefficients per standard deviation; {how}"),
        };
        Some(FigureData::new(format!("Regularisation path of {} in {}", self.by, self.of), &figure))
    }
}

/// The lambda of the best mean, and the largest within one standard error of it.
fn ends(lambdas: &[f64], error: &[(f64, f64)], higher: bool) -> Option<(f64, f64)> {
    let sign = if higher { -1.0 } else { 1.0 };
    let best = (0..error.len()).min_by(|a, b| (sign * error[*a].0).total_cmp(&(sign * error[*b].0)))?;
    let bar = sign * error[best].0 + error[best].1;
    let one = (0..=best).find(|place| sign * error[*place].0 <= bar)?;
    Some((*lambdas.get(best)?, *lambdas.get(one)?))
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn ends_are_those_of_the_rules() {
        let lambdas = [0.8, 0.4, 0.2, 0.1];
        let error = [(1.5, 0.2), (1.3, 0.2), (1.2, 0.15), (1.4, 0.2)];
        assert_eq!(ends(&lambdas, &error, false), Some((0.2, 0.4)));
        assert_eq!(ends(&lambdas, &error, true), Some((0.8, 0.8)));
        assert_eq!(ends(&[], &[], false), None);
    }
}
