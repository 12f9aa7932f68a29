//! `componentwise_gbsa`: boosting of one feature at a time under censoring.

use ndarray::{Array2, ArrayView2, Axis};
use rand::seq::index::sample;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::boosting_loss::{BoostingLoss, LossOfFollowUp};
use super::cox::baseline::CumulativeHazard;
use super::cox_learner::not_estimable;
use super::error::check_follow_up;
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::training::{complete, freeze, refuse, same_columns, thaw};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};

pub struct ComponentwiseBoosting;

static CARD: Card = Card {
    name: "componentwise_gbsa",
    title: "Component-wise gradient boosting survival analysis",
    role: Role::Learner,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "rounds",
            domain: Domain::Integer { low: 1, high: 1_000_000 },
            default: Initial::Integer(100),
            summary: "Number of steps, each along one feature.",
        },
        Parameter {
            name: "learning_rate",
            domain: Domain::RealOpen { low: 0.0, high: 10.0 },
            default: Initial::Real(0.1),
            summary: "Factor of each step (shrinkage).",
        },
        Parameter {
            name: "subsample",
            domain: Domain::Real { low: 0.01, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Patients drawn without replacement for each step, as a share of all.",
        },
        Parameter {
            name: "loss",
            domain: Domain::Choice(&["coxph", "squared", "ipcwls"]),
            default: Initial::Choice("coxph"),
            summary: "Partial likelihood, squared residuals of log time, or those weighted for censoring.",
        },
    ],
    summary: "A sparse linear model: each round moves the coefficient that lowers the loss most.",
    documentation: "\
The score is linear, `f = b0 + x b`, and starts at 0. Each round takes the negative gradient `r` of the loss (as in `gbsa`),
finds the one column `j`, the constant among them, whose least-squares fit `c_j = sum w x_j r / sum w x_j^2` leaves the
smallest `sum w (r - c_j x_j)^2`, and adds `learning_rate c_j` to its coefficient. Features that never win stay at 0, so
the learner selects. The first of equals wins; a column that is 0 everywhere never does.

With `coxph` the risk is `f` and survival is `exp(-H0(t) exp(f))` with Breslow's baseline of the training patients; with the
losses of log time the risk is `-f` and there is no survival curve.

Features should be on one scale (`z-score`), for the larger column moves further with the same coefficient. Follows
scikit-survival's `ComponentwiseGradientBoostingSurvivalAnalysis`; case weights and, for `ipcwls`, the weights of censoring
enter the least-squares fits, which scikit-survival leaves out there. Importance is the signed coefficient.",
    references: &[
        "Hothorn T, Buhlmann P, Dudoit S, Molinaro A, van der Laan MJ. Survival ensembles. Biostatistics 2006;7:355-73.",
        "Buhlmann P, Yu B. Boosting with the L2 loss: regression and classification. J Am Stat Assoc 2003;98:324-39.",
    ],
    example: "componentwise_gbsa(clinical, rounds in (50, 100, 200))",
};

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentwiseModel {
    pub intercept: f64,
    /// One a feature; 0 where it never won.
    pub coefficients: Vec<f64>,
    pub loss: BoostingLoss,
    /// Cumulative hazard of `f = 0`; `None` for the losses of time.
    pub baseline: Option<CumulativeHazard>,
}

impl Learner for ComponentwiseBoosting {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        complete(task, CARD.name)?;
        check_follow_up(outcome).map_err(|error| not_estimable(CARD.name, error))?;
        let loss = BoostingLoss::named(settings.choice("loss"));
        let objective =
            LossOfFollowUp::new(loss, outcome, task.weights).map_err(|error| not_estimable(CARD.name, error))?;
        let rows = task.x.nrows();
        let drawn = ((settings.real("subsample") * rows as f64) as usize).max(1);
        let rate = settings.real("learning_rate");
        // Features as rows, for each is walked from end to end.
        let columns = task.x.t().as_standard_layout().to_owned();
        let mut model =
            ComponentwiseModel { intercept: 0.0, coefficients: vec![0.0; columns.nrows()], loss, baseline: None };
        let (mut score, mut residual) = (vec![0.0; rows], vec![0.0; rows]);
        for round in 0..settings.count("rounds") {
            watch.check()?;
            objective.residuals(&score, &mut residual);
            let mut weights = objective.weights().to_vec();
            if drawn < rows {
                let mut inside = vec![0.0; rows];
                for row in sample(&mut stream.indexed(round as u64).rng(), rows, drawn) {
                    inside[row] = weights[row];
                }
                weights = inside;
            }
            let Some((best, step)) = steepest(&columns, &residual, &weights) else {
                return Err(refuse(CARD.name, "no column of a draw of patients differs from 0"));
            };
            let step = rate * step;
            match best {
                None => {
                    model.intercept += step;
                    score.iter_mut().for_each(|score| *score += step);
                }
                Some(feature) => {
                    model.coefficients[feature] += step;
                    for (score, x) in score.iter_mut().zip(columns.row(feature)) {
                        *score += step * x;
                    }
                }
            }
            if score.iter().any(|score| !score.is_finite()) {
                return Err(refuse(CARD.name, "the boosted score overflows; take a smaller `learning_rate`"));
            }
            watch.advance(CARD.name, 1);
        }
        if !loss.is_of_time() {
            let baseline = objective.likelihood().baseline(&score);
            if !baseline.is_finite() {
                return Err(refuse(CARD.name, "the baseline hazard overflows; take a smaller `learning_rate`"));
            }
            model.baseline = Some(baseline);
        }
        Ok(Box::new(model))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: ComponentwiseModel = thaw(frozen)?;
        if !model.baseline.as_ref().is_none_or(CumulativeHazard::is_sound) {
            return Err(FitError::Frozen { reason: "its parts have different lengths".to_owned() });
        }
        Ok(Box::new(model))
    }
}

/// The column with the best weighted least-squares fit of the residuals (`None` is the constant)
/// and its coefficient.
fn steepest(columns: &Array2<f64>, residual: &[f64], weights: &[f64]) -> Option<(Option<usize>, f64)> {
    // sum w (r - c x)^2 is smallest where (sum w x r)^2 / sum w x^2 is largest.
    let gain =
        |products: f64, squares: f64| (squares > 0.0).then(|| (products * products / squares, products / squares));
    let constant = gain(residual.iter().zip(weights).map(|(r, w)| w * r).sum(), weights.iter().sum());
    let mut best = constant.map(|(gained, step)| (None, gained, step));
    for (feature, column) in columns.axis_iter(Axis(0)).enumerate() {
        let (mut products, mut squares) = (0.0, 0.0);
        for ((x, r), w) in column.iter().zip(residual).zip(weights) {
            products += w * x * r;
            squares += w * x * x;
        }
        if let Some((gained, step)) = gain(products, squares)
            && best.is_none_or(|(_, most, _)| gained > most)
        {
            best = Some((Some(feature), gained, step));
        }
    }
    best.map(|(feature, _, step)| (feature, step))
}

impl ComponentwiseModel {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        same_columns(x, self.coefficients.len(), CARD.name)?;
        let terms =
            |row: ndarray::ArrayView1<'_, f64>| row.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum::<f64>();
        Ok(x.rows().into_iter().map(|row| self.intercept + terms(row)).collect())
    }
}

impl Model for ComponentwiseModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let sign = if self.loss.is_of_time() { -1.0 } else { 1.0 };
        Ok(Prediction::Risk(self.scores(x)?.into_iter().map(|score| sign * score).collect()))
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let scores = self.scores(x)?;
        Ok(self.baseline.as_ref().map(|baseline| baseline.curves(&scores, times)))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.coefficients.clone())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use crate::stats::Censored;

    const REFERENCE: &[(&str, [f64; 4])] = &[
        ("coxph", [0.0, 0.0, 0.8112126224927069, 0.022177520933934845]),
        ("squared", [1.6205469584048928, 0.0, -0.012974753369377638, -0.1642365799752207]),
    ];

    /// 12 patients, 3 features; scikit-survival's coefficients of them by `scripts/reference/componentwise.py`.
    fn cohort() -> (Array2<f64>, Outcome) {
        let x = Array2::from_shape_fn((12, 3), |(row, column)| {
            let (row, column) = (row as f64, column as f64);
            ((row * 1.7 + column * 2.3).sin() * 10.0).round() / 10.0 + if column == 0.0 { row / 12.0 } else { 0.0 }
        });
        let time = vec![9.0, 7.0, 12.0, 3.0, 8.0, 11.0, 2.0, 6.0, 5.0, 1.0, 10.0, 4.0];
        (x, Outcome::Survival(Censored::new(time, vec![1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1])))
    }

    fn fitted(given: &[(&'static str, Value)]) -> Result<Box<dyn Model>, FitError> {
        let (x, outcome) = cohort();
        let names: Vec<String> = (0..3).map(|column| format!("x{column}")).collect();
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::new(&CARD, given.iter().cloned()).unwrap();
        ComponentwiseBoosting.fit(&task, &settings, &Stream::root(1), &Watch::silent())
    }

    #[test]
    fn coefficients_are_those_of_scikit_survival() {
        for (loss, expected) in REFERENCE {
            let model = fitted(&[("rounds", Value::Integer(50)), ("loss", Value::Text((*loss).to_owned()))]).unwrap();
            let model = model.as_any().downcast_ref::<ComponentwiseModel>().unwrap();
            let ours = std::iter::once(model.intercept).chain(model.coefficients.iter().copied());
            for (ours, theirs) in ours.zip(expected) {
                assert!((ours - theirs).abs() < 1e-9, "{loss}: {ours} beside {theirs}");
            }
        }
    }

    #[test]
    fn it_comes_back_has_curves_and_refuses_what_cannot_be_fitted() {
        let (x, _) = cohort();
        let model = fitted(&[("subsample", Value::Real(0.5))]).unwrap();
        let thawed = ComponentwiseBoosting.thaw(&model.freeze()).unwrap();
        assert_eq!(model.predict(x.view()).unwrap(), thawed.predict(x.view()).unwrap());
        let curves = model.curves(x.view(), &[0.5, 6.0]).unwrap().unwrap();
        assert!(curves.survival.column(0).iter().all(|s| *s == 1.0));
        assert!(curves.survival.column(1).iter().all(|s| (0.0..1.0).contains(s)));
        assert!(model.predict(x.slice(ndarray::s![.., ..2])).is_err());
        let names = ["a".to_owned()];
        let none = Outcome::Survival(Censored::new(vec![1.0, 2.0], vec![0, 0]));
        let flat = Array2::zeros((2, 1));
        let task = Task { x: flat.view(), names: &names, outcome: &none, weights: None };
        let error = ComponentwiseBoosting.fit(&task, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent());
        assert!(error.err().unwrap().to_string().contains("no events"));
    }
}
