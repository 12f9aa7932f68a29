//! Bayesian model averaging of base models for a censored endpoint.
//!
//! Each base model enters as its out-of-fold risk score on the same patients. Every subset of
//! the scores, the empty one included, is fitted by Cox regression, so that all subsets have a likelihood
//! on identical patients, whatever made the scores. The posterior weight of subset `s` is
//! proportional to `exp(-BIC_s / 2)` with `BIC_s = -2 l_s + k_s log(events)`, every subset being
//! equally likely before. Predicted survival is the weighted mean of the subsets' curves
//! (Volinsky and Raftery), so a base model without curves of its own gets them here.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::cox::baseline::{CumulativeHazard, baseline};
use super::cox::{CoxData, CoxOptions, Ties, fit};
use super::error::{SurvivalError, same_length};
use crate::progress::Watch;
use crate::stats::Censored;

/// More scores than this have too many subsets.
pub const MOST_SCORES: usize = 12;

/// What the weights of the subsets are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weighting {
    /// `exp(-BIC / 2)` with the number of events: posterior probabilities.
    #[default]
    Bic,
    /// `exp(-AIC / 2)`: a heuristic.
    Aic,
    /// Concordance above one half of the subset's linear predictor, scaled to sum to 1: a
    /// heuristic; the subset without scores has weight 0.
    Concordance,
}

/// Which coefficients a subset may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Signs {
    /// A subset with a negative coefficient is left out: a score tells risk, and a fit that turns it
    /// round follows the noise of out-of-fold predictions.
    #[default]
    Nonnegative,
    Free,
}

/// How to average.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct AverageOptions {
    pub weighting: Weighting,
    pub signs: Signs,
    /// The median event time where `None`.
    pub horizon: Option<f64>,
}

/// One subset of the scores, fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Which scores it has, by index.
    pub scores: Vec<usize>,
    /// One a score of the subset.
    pub coefficients: Vec<f64>,
    pub standard_errors: Vec<f64>,
    pub log_likelihood: f64,
    /// The criterion behind the weight; `None` under concordance weights.
    pub criterion: Option<f64>,
    /// Weights sum to 1 over the members.
    pub weight: f64,
    /// Means of the scores of the subset, and the cumulative baseline hazard there.
    means: Vec<f64>,
    baseline: CumulativeHazard,
}

/// An average of Cox regressions, frozen: predicts without the training patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Averaged {
    pub names: Vec<String>,
    pub weighting: Weighting,
    pub n: usize,
    pub events: usize,
    /// By number of the subset, those left out apart: bit `j` tells whether score `j` is in it.
    pub members: Vec<Member>,
    /// Subsets that have no estimate or turn a score round, with the reason; they have no weight.
    pub left_out: Vec<(Vec<usize>, String)>,
    /// Weight of the subsets that contain each score: its posterior probability of inclusion.
    pub inclusion: Vec<f64>,
    /// Mean of each coefficient over the subsets, 0 where it is absent, and its standard deviation.
    pub mean: Vec<f64>,
    pub sd: Vec<f64>,
    /// End of follow-up of the training patients: curves are flat after it.
    pub follow_up: f64,
    /// The time at which [`Averaged::risk`] is taken.
    pub horizon: f64,
}

/// Averages over all subsets of `scores` (patients by base models, each out of fold). The risk
/// is that of the event by the horizon.
///
/// # Errors
/// Input that a Cox regression rejects, more than [`MOST_SCORES`] scores, or no subset with weight.
pub fn average(
    scores: ArrayView2<'_, f64>,
    names: &[String],
    outcome: &Censored,
    options: &AverageOptions,
    watch: &Watch,
) -> Result<Averaged, SurvivalError> {
    let AverageOptions { weighting, signs, horizon } = *options;
    let k = scores.ncols();
    if k == 0 {
        return Err(SurvivalError::NoCovariates);
    }
    if k > MOST_SCORES {
        return Err(SurvivalError::because(format!("{k} models have too many subsets; average at most {MOST_SCORES}")));
    }
    same_length("the names of the models", k, names.len())?;
    super::cox::check(&CoxData::new(scores.view(), names, outcome), &CoxOptions::default())?;
    let events = outcome.events();
    let mut members = Vec::with_capacity(1 << k);
    let mut left_out = Vec::new();
    for mask in 0..1usize << k {
        watch.check()?;
        let subset: Vec<usize> = (0..k).filter(|score| mask >> score & 1 == 1).collect();
        let member = if subset.is_empty() { Ok(null(outcome)?) } else { one(scores, names, outcome, &subset) };
        match member {
            Ok(member) if signs == Signs::Nonnegative && member.coefficients.iter().any(|b| *b < 0.0) => {
                left_out.push((subset, "a score would be turned round".to_owned()));
            }
            Ok(member) => members.push(member),
            Err(SurvivalError::Cancelled(cancelled)) => return Err(cancelled.into()),
            Err(reason) => left_out.push((subset, reason.to_string())),
        }
    }
    weigh(&mut members, scores, outcome, weighting, events)?;
    let mut averaged = Averaged {
        names: names.to_vec(),
        weighting,
        n: outcome.len(),
        events,
        left_out,
        inclusion: vec![0.0; k],
        mean: vec![0.0; k],
        sd: vec![0.0; k],
        follow_up: outcome.time.iter().copied().fold(0.0, f64::max),
        horizon: horizon.unwrap_or_else(|| median_event(outcome)),
        members,
    };
    for score in 0..k {
        let mut second = 0.0;
        for member in &averaged.members {
            if let Some(at) = member.scores.iter().position(|other| *other == score) {
                averaged.inclusion[score] += member.weight;
                averaged.mean[score] += member.weight * member.coefficients[at];
                second += member.weight * (member.standard_errors[at].powi(2) + member.coefficients[at].powi(2));
            }
        }
        averaged.sd[score] = (second - averaged.mean[score].powi(2)).max(0.0).sqrt();
    }
    Ok(averaged)
}

/// The subset without scores: the hazard of all patients alike, under Efron's ties.
fn null(outcome: &Censored) -> Result<Member, SurvivalError> {
    let order = super::cox::likelihood::RiskOrder::new(outcome, None);
    let risk = vec![1.0; outcome.len()];
    let table = super::cox::events::event_times(&[], 0, outcome, None, &risk, &order, Ties::Efron);
    let none = Array2::zeros((outcome.len(), 0));
    let likelihood = super::cox::likelihood::PartialLikelihood {
        x: none.view(),
        outcome,
        weights: None,
        offset: None,
        order: &order,
        ties: Ties::Efron,
    };
    let mut sum = 0.0;
    let (times, values) = table
        .iter()
        .map(|event| {
            sum += event.hazard;
            (event.time, sum)
        })
        .unzip();
    Ok(Member {
        scores: Vec::new(),
        coefficients: Vec::new(),
        standard_errors: Vec::new(),
        log_likelihood: likelihood.at(&[]).value,
        criterion: None,
        weight: 0.0,
        means: Vec::new(),
        baseline: CumulativeHazard { times, values },
    })
}

fn one(
    scores: ArrayView2<'_, f64>,
    names: &[String],
    outcome: &Censored,
    subset: &[usize],
) -> Result<Member, SurvivalError> {
    let x = scores.select(Axis(1), subset);
    let names: Vec<String> = subset.iter().map(|score| names[*score].clone()).collect();
    let fitted = fit(&CoxData::new(x.view(), &names, outcome), &CoxOptions::default())?;
    let mut standard_errors = Vec::with_capacity(subset.len());
    for coefficient in &fitted.coefficients {
        match coefficient {
            Ok(coefficient) => standard_errors.push(coefficient.se),
            Err(reason) => return Err(SurvivalError::because(reason.reason.clone())),
        }
    }
    Ok(Member {
        scores: subset.to_vec(),
        standard_errors,
        log_likelihood: fitted.log_likelihood[1],
        criterion: None,
        weight: 0.0,
        baseline: baseline(&fitted, 0, true),
        coefficients: fitted.beta,
        means: fitted.means,
    })
}

fn weigh(
    members: &mut [Member],
    scores: ArrayView2<'_, f64>,
    outcome: &Censored,
    weighting: Weighting,
    events: usize,
) -> Result<(), SurvivalError> {
    if weighting == Weighting::Concordance {
        for member in members.iter_mut().filter(|member| !member.scores.is_empty()) {
            let linear = member.linear(scores);
            member.weight = (super::concordance::harrell(outcome, &linear)? - 0.5).max(0.0);
        }
    } else {
        let each = if weighting == Weighting::Bic { (events as f64).ln() } else { 2.0 };
        for member in members.iter_mut() {
            member.criterion = Some(-2.0 * member.log_likelihood + each * member.scores.len() as f64);
        }
        let least = members.iter().filter_map(|member| member.criterion).fold(f64::INFINITY, f64::min);
        for member in members.iter_mut() {
            member.weight = member.criterion.map_or(0.0, |criterion| (-0.5 * (criterion - least)).exp());
        }
    }
    let total: f64 = members.iter().map(|member| member.weight).sum();
    if total.is_nan() || total <= 0.0 {
        return Err(SurvivalError::because("no subset of the models ranks the patients better than chance"));
    }
    members.iter_mut().for_each(|member| member.weight /= total);
    Ok(())
}

fn median_event(outcome: &Censored) -> f64 {
    let mut times: Vec<f64> =
        (0..outcome.len()).filter(|row| outcome.event[*row] == 1).map(|row| outcome.time[row]).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

impl Member {
    fn linear(&self, scores: ArrayView2<'_, f64>) -> Vec<f64> {
        let term = |row: ndarray::ArrayView1<'_, f64>| {
            self.scores
                .iter()
                .zip(&self.coefficients)
                .zip(&self.means)
                .map(|((score, b), mean)| (row[*score] - mean) * b)
                .sum()
        };
        scores.rows().into_iter().map(term).collect()
    }
}

impl Averaged {
    /// Averaged survival, patients by `times`; `None` if the scores are not those of the fit.
    pub fn survival(&self, scores: ArrayView2<'_, f64>, times: &[f64]) -> Option<Array2<f64>> {
        if scores.ncols() != self.names.len() {
            return None;
        }
        let mut survival = Array2::zeros((scores.nrows(), times.len()));
        for member in self.members.iter().filter(|member| member.weight > 0.0) {
            let hazard: Vec<f64> = times.iter().map(|time| member.baseline.at(*time)).collect();
            for (row, linear) in member.linear(scores).into_iter().enumerate() {
                let risk = linear.exp();
                for (at, hazard) in hazard.iter().enumerate() {
                    // No hazard leaves everybody alive, whatever the hazard ratio.
                    let alive = if *hazard == 0.0 { 1.0 } else { (-hazard * risk).exp() };
                    survival[[row, at]] += member.weight * alive;
                }
            }
        }
        // Weights may sum to a rounding error above 1.
        survival.mapv_inplace(|s: f64| s.min(1.0));
        Some(survival)
    }

    /// Averaged risk of the event by the horizon; `None` as [`Averaged::survival`].
    pub fn risk(&self, scores: ArrayView2<'_, f64>) -> Option<Vec<f64>> {
        Some(self.survival(scores, &[self.horizon])?.column(0).iter().map(|s| 1.0 - s).collect())
    }

    /// How the weights were made, for the report.
    pub fn how(&self) -> String {
        let weights = match self.weighting {
            Weighting::Bic => format!("BIC with log({} events): posterior model probabilities", self.events),
            Weighting::Aic => "Akaike weights (a heuristic, not posterior probabilities)".to_owned(),
            Weighting::Concordance => "out-of-fold concordance above ½ (a heuristic, not a probability)".to_owned(),
        };
        let mut how = format!(
            "Cox regressions on {} subsets of the out-of-fold risk scores, weighted by {weights}",
            self.members.len()
        );
        for (subset, reason) in &self.left_out {
            let names: Vec<&str> = subset.iter().map(|score| self.names[*score].as_str()).collect();
            how.push_str(&format!("; {} left out: {reason}", names.join(" with ")));
        }
        how
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patients() -> (Array2<f64>, Vec<String>, Censored) {
        let n = 40;
        let scores = Array2::from_shape_fn((n, 2), |(row, column)| {
            if column == 0 { -(row as f64) + 9.0 * ((row * 5 % 7) as f64) } else { (row * 11 % 13) as f64 }
        });
        let time = (0..n).map(|row| 1.0 + row as f64).collect();
        let event = (0..n).map(|row| u8::from(row % 4 != 3)).collect();
        (scores, vec!["a".to_owned(), "b".to_owned()], Censored::new(time, event))
    }

    #[test]
    fn weights_are_probabilities_and_curves_fall() {
        let (scores, names, outcome) = patients();
        for weighting in [Weighting::Bic, Weighting::Aic, Weighting::Concordance] {
            let options = AverageOptions { weighting, signs: Signs::Free, horizon: None };
            let averaged = average(scores.view(), &names, &outcome, &options, &Watch::silent()).unwrap();
            assert_eq!(averaged.members.len(), 4);
            assert!((averaged.members.iter().map(|member| member.weight).sum::<f64>() - 1.0).abs() < 1e-12);
            let curves = averaged.survival(scores.view(), &[0.5, 5.0, 20.0, 100.0]).unwrap();
            for row in curves.rows() {
                assert!(row[0] == 1.0 || (row[0] - 1.0).abs() < 1e-12);
                assert!(row.windows(2).into_iter().all(|pair| pair[0] >= pair[1]) && row[3] >= 0.0);
            }
            assert!(averaged.survival(scores.slice(ndarray::s![.., ..1]), &[1.0]).is_none());
            let again: Averaged = serde_json::from_value(serde_json::to_value(&averaged).unwrap()).unwrap();
            assert_eq!(again.risk(scores.view()), averaged.risk(scores.view()));
        }
    }

    #[test]
    fn the_weight_of_a_subset_is_that_of_its_bic() {
        let (scores, names, outcome) = patients();
        let averaged = average(scores.view(), &names, &outcome, &AverageOptions::default(), &Watch::silent()).unwrap();
        let (null, first) = (&averaged.members[0], &averaged.members[1]);
        let events = outcome.events() as f64;
        let expected = (first.log_likelihood - null.log_likelihood - 0.5 * events.ln()).exp();
        assert!((first.weight / null.weight / expected - 1.0).abs() < 1e-10);
    }

    #[test]
    fn a_score_that_goes_against_the_outcome_is_in_no_subset_unless_signs_are_free() {
        let (mut scores, names, outcome) = patients();
        let turned = scores.column(0).mapv(|score| -score);
        scores.column_mut(0).assign(&turned);
        let free = AverageOptions { signs: Signs::Free, ..AverageOptions::default() };
        let free = average(scores.view(), &names, &outcome, &free, &Watch::silent()).unwrap();
        assert!(free.mean[0] < 0.0 && free.inclusion[0] > 0.5);
        let held = average(scores.view(), &names, &outcome, &AverageOptions::default(), &Watch::silent()).unwrap();
        assert_eq!((held.mean[0], held.inclusion[0]), (0.0, 0.0));
        assert!(held.how().contains("a left out: a score would be turned round"), "{}", held.how());
    }

    #[test]
    fn degenerate_scores_are_told() {
        let (mut scores, names, outcome) = patients();
        scores.column_mut(1).fill(1.0);
        let averaged = average(scores.view(), &names, &outcome, &AverageOptions::default(), &Watch::silent()).unwrap();
        assert_eq!(averaged.left_out.len(), 2);
        let none = Censored::new(vec![1.0; 40], vec![0; 40]);
        assert!(average(scores.view(), &names, &none, &AverageOptions::default(), &Watch::silent()).is_err());
        let wide = Array2::zeros((40, 13));
        let many: Vec<String> = (0..13).map(|score| score.to_string()).collect();
        assert!(average(wide.view(), &many, &outcome, &AverageOptions::default(), &Watch::silent()).is_err());
    }
}
