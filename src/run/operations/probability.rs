//! What `show calibration, decision-curve, Hosmer-Lemeshow` adds to an evaluation: whether
//! predicted probabilities can be believed and acted upon. One table for all models and cohorts,
//! and the data of each figure.

use crate::figures::calibration::{Bin, Curve};
use crate::figures::words;
use crate::plan::node::Evaluate;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::bootstrap::{BootstrapInterval, ResampleFault, Units, percentile, replicates};
use crate::stats::decision_curve::{DecisionPoint, default_thresholds};
use crate::stats::performance::{Evidence, PerformancePlan, evaluate_binary};
use crate::stats::{Censored, Estimate, Outcome, Prediction};
use crate::survival::calibration::{Calibration, calibration, smoothed_at};
use crate::survival::decision_curve::decision_curve;

use super::drawn::evaluation as drawn;
use super::judge::Judgement;

const DIGITS: usize = 3;
/// Steps of a smoothed calibration curve.
const CURVE: usize = 60;
/// Groups of a calibration plot, where there are ten patients for each.
const GROUPS: usize = 10;

/// Thresholds of the table; the figure has every percent.
const TOLD: [f64; 5] = [0.1, 0.2, 0.3, 0.4, 0.5];

fn groups(patients: usize) -> usize {
    GROUPS.min(patients / 10).max(2)
}

/// `slope 0.91 (0.62–1.20)` of each; limits of those that stand together are written alike.
fn said(told: &[(&str, Option<&Estimate>)]) -> Vec<String> {
    let between = words::between(told.iter().filter_map(|(_, estimate)| Some((*estimate)?.interval?.lower)));
    let one = |(word, estimate): &(&str, Option<&Estimate>)| {
        let estimate = (*estimate)?;
        let value = *estimate.value.as_ref().ok()?;
        Some(match estimate.interval {
            Some(i) => format!("{word} {}", words::estimate_between(value, i.lower, i.upper, 2, between)),
            None => format!("{word} {}", words::signed(value, 2)),
        })
    };
    told.iter().filter_map(one).collect()
}

/// The tables, gathered over models and cohorts.
pub struct Probabilities {
    calibration: ResultTable,
    decision: ResultTable,
    fit: ResultTable,
}

impl Default for Probabilities {
    fn default() -> Self {
        Probabilities {
            calibration: ResultTable::new(
                "calibration",
                "Calibration",
                ["model", "cohort", "evidence", "measure", "estimate", "patients", "events"],
            ),
            decision: ResultTable::new(
                "decision-curve",
                "Decision curve: net benefit",
                [
                    "model",
                    "cohort",
                    "evidence",
                    "threshold",
                    "net benefit",
                    "treat all",
                    "standardised",
                    "spared per 100",
                ],
            ),
            fit: ResultTable::new(
                "hosmer-lemeshow",
                "Hosmer-Lemeshow test",
                ["model", "cohort", "evidence", "chi-square", "df", "p", "patients"],
            ),
        }
    }
}

impl Probabilities {
    /// The tables that something was written into.
    pub fn finish(mut self, answer: &mut Answer) {
        drawn::together(&mut answer.figures);
        self.calibration.notes.push(
            "right is: intercept 0, slope 1, expected over observed 1; ICI, E90: mean and 90% quantile of the distance \
             between predicted and smoothed observed risk"
                .to_owned(),
        );
        self.calibration.notes.push(
            "resampling adds to a distance, which cannot be negative: intervals of ICI and E90 lie high where calibration \
             is close, and their lower limit is no higher than the estimate"
                .to_owned(),
        );
        self.decision.notes.push(
            "net benefit of treating those whose predicted risk reaches the threshold; treating nobody has 0; \
             standardised by the prevalence; spared: treatments without need spared in 100 patients against treating all"
                .to_owned(),
        );
        answer.tables.extend([self.calibration, self.decision, self.fit].into_iter().filter(|t| !t.rows.is_empty()));
    }

    /// One model on one cohort.
    ///
    /// # Errors
    /// Stopped.
    pub fn add(
        &mut self,
        step: &Step<'_>,
        spec: &Evaluate,
        judgement: &Judgement,
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let wants = |word: &str| spec.figures.iter().any(|figure| figure == word);
        if !(wants("calibration") || wants("decision-curve") || wants("Hosmer-Lemeshow")) {
            return Ok(());
        }
        match (&judgement.outcome, &judgement.prediction) {
            (Outcome::Binary(events), Prediction::Probability(p)) => {
                self.binary(step, spec, judgement, (events, p), answer)
            }
            (Outcome::Survival(censored), _) => self.survival(step, spec, judgement, censored, answer),
            _ => {
                answer.notes.push(format!(
                    "{} on {} predicts no probability, so that it has no calibration or decision curve",
                    judgement.model, judgement.cohort
                ));
                Ok(())
            }
        }
    }

    fn binary(
        &mut self,
        step: &Step<'_>,
        spec: &Evaluate,
        judgement: &Judgement,
        (events, p): (&[bool], &[f64]),
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let wants = |word: &str| spec.figures.iter().any(|figure| figure == word);
        let plan = PerformancePlan {
            evidence: if judgement.kind == Kind::Apparent { Evidence::Apparent } else { Evidence::External },
            level: step.level(),
            resamples: step.intervals().resamples,
            interval: if spec.bca { BootstrapInterval::Bca } else { BootstrapInterval::Percentile },
            hosmer_lemeshow: wants("Hosmer-Lemeshow").then_some(GROUPS),
            patients: judgement.patients.clone(),
            bins: groups(events.len()),
            ..PerformancePlan::default()
        };
        let done = match evaluate_binary(events, p, &plan, &stream(step, judgement, ""), step.watch) {
            Ok(done) => done,
            Err(ResampleFault::Cancelled(cancelled)) => return Err(cancelled.into()),
            Err(ResampleFault::NotEstimable(reason)) => {
                answer.notes.push(format!("{} on {}: {reason}", judgement.model, judgement.cohort));
                return Ok(());
            }
        };
        if wants("calibration") {
            for name in ["calibration_intercept", "calibration_slope", "EO", "ICI", "E90"] {
                if let Some(estimate) = done.estimate(name) {
                    let mut estimate = estimate.clone();
                    // The kind of evidence stands in its own column.
                    let evidence = format!("{}; ", plan.evidence);
                    estimate.how = format!("{}; {}", judgement.how, estimate.how.replacen(&evidence, "", 1));
                    self.measure(judgement, name, &estimate, None, answer);
                }
            }
            let smooth = done.calibration.as_ref().map_err(|reason| reason.reason.clone()).map(|curve| {
                let known = curve.iter().filter(|point| point.predicted.is_finite() && point.observed.is_finite());
                known
                    .map(|point| (point.predicted, point.observed, point.interval.map(|i| (i.lower, i.upper))))
                    .collect()
            });
            let bins = done.bins.iter().map(|bin| Bin {
                n: bin.n as u64,
                predicted: bin.predicted,
                observed: bin.observed,
                lower: judgement.patients.is_none().then_some(bin.interval.lower),
                upper: judgement.patients.is_none().then_some(bin.interval.upper),
            });
            let told = [("intercept", "calibration_intercept"), ("slope", "calibration_slope")];
            let told = said(&told.map(|(word, name)| (word, done.estimate(name))));
            let curve = drawn::calibrated(judgement, told, smooth, bins.collect(), p);
            let method = format!("{}; {} groups", done.calibration_how, done.bins.len());
            answer.figures.push(drawn::calibration(judgement, None, method, curve));
        }
        if wants("decision-curve") {
            self.benefits(judgement, &done.decision, None, (events.len(), done.events), plan.resamples, answer);
            answer.figures.push(drawn::decision(judgement, None, done.events, &done.decision));
        }
        if let Some(tested) = &done.hosmer_lemeshow {
            let (statistic, df, p) = match tested {
                Ok(test) => (
                    test.statistic_value().map_or(Cell::Empty, |value| Cell::number(value, 2)),
                    test.df.first().map_or(Cell::Empty, |df| Cell::number(*df, 0)),
                    Cell::P(test.p),
                ),
                Err(reason) => (Cell::NotEstimable(reason.reason.clone()), Cell::Empty, Cell::Empty),
            };
            self.fit.push([
                Cell::text(judgement.model.as_str()),
                Cell::text(judgement.cohort.as_str()),
                Cell::text(judgement.kind.words()),
                statistic,
                df,
                p,
                Cell::count(events.len()),
            ]);
            let note = "the test has little power in small samples and rejects any model in large ones".to_owned();
            if !self.fit.notes.contains(&note) {
                self.fit.notes.push(format!("{GROUPS} groups of equal size"));
                self.fit.notes.push(note);
            }
        }
        Ok(())
    }

    fn survival(
        &mut self,
        step: &Step<'_>,
        spec: &Evaluate,
        judgement: &Judgement,
        censored: &Censored,
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let wants = |word: &str| spec.figures.iter().any(|figure| figure == word);
        let Some(curves) = &judgement.curves else {
            answer.notes.push(format!(
                "{} on {} only ranks patients: it has no calibration or decision curve",
                judgement.model, judgement.cohort
            ));
            return Ok(());
        };
        let units = judgement.patients.as_deref().map_or_else(|| Units::rows(censored.len()), Units::of);
        for (at, label) in spec.horizons.iter().zip(&spec.horizon_labels) {
            step.watch.check()?;
            let Some(column) = curves.times.iter().position(|time| time == at) else { continue };
            // Only follow-up until the horizon enters.
            let by = |row: &usize| censored.event[*row] == 1 && censored.time[*row] <= *at;
            let by_horizon = (0..censored.len()).filter(by).count();
            let risk = curves.survival.column(column).mapv(|survival| (1.0 - survival).clamp(0.0, 1.0));
            let title = titled(judgement, Some(label));
            if wants("calibration") {
                let groups = groups(censored.len());
                match calibration(censored, risk.view(), *at, groups, step.level()) {
                    Ok(found) => {
                        let mut ratio = found.ratio.clone();
                        // Expected over observed, as for a binary endpoint.
                        ratio.value = ratio.value.map(|value| 1.0 / value);
                        ratio.interval = ratio.interval.map(|i| crate::stats::Interval {
                            lower: 1.0 / i.upper,
                            upper: 1.0 / i.lower,
                            level: i.level,
                        });
                        ratio.how =
                            "mean predicted risk over Kaplan-Meier; normal interval of its logarithm".to_owned();
                        // Intervals of both take rows as independent.
                        let together = |estimate: Estimate, of: &(dyn Fn(&Calibration) -> f64 + Sync)| {
                            if judgement.patients.is_none() || estimate.value.is_err() {
                                return Ok(estimate);
                            }
                            let stream = stream(step, judgement, label).named(&estimate.name);
                            let again = |rows: &[usize]| {
                                let risk = ndarray::Array1::from_iter(rows.iter().map(|row| risk[*row]));
                                let own = censored.select(rows);
                                calibration(&own, risk.view(), *at, groups, step.level()).map_or(f64::NAN, |c| of(&c))
                            };
                            let values = replicates(&units, step.intervals().resamples, &stream, step.watch, again)?;
                            let method = estimate.how.split(';').next().unwrap_or_default().to_owned();
                            let how = format!(
                                "{method}; {}, {} patients with all their rows",
                                crate::stats::bootstrap::described("percentile", &values),
                                units.count()
                            );
                            let estimate = Estimate { how, interval: None, ..estimate };
                            Ok::<Estimate, Fault>(match percentile(&values, step.level()) {
                                Some((lower, upper)) => estimate.within(lower, upper, step.level()),
                                None => estimate,
                            })
                        };
                        ratio.events = Some(by_horizon);
                        let ratio =
                            together(ratio, &|found| found.ratio.value.as_ref().map_or(f64::NAN, |ratio| 1.0 / ratio))?;
                        self.measure(judgement, "EO", &ratio, Some(label), answer);
                        let n = censored.len();
                        let slope = match &found.slope {
                            Ok(c) => Estimate::new(
                                "calibration_slope",
                                c.value,
                                n,
                                "Cox on cloglog of the predicted risk; Wald",
                            )
                            .within(c.lower.ln(), c.upper.ln(), step.level()),
                            Err(error) => Estimate::not_estimable("calibration_slope", n, error.to_string()),
                        };
                        let slope =
                            together(slope, &|found| found.slope.as_ref().map_or(f64::NAN, |slope| slope.value))?;
                        self.measure(judgement, "calibration_slope", &slope, Some(label), answer);
                        let (first, last) = risk.iter().fold((1.0_f64, 0.0_f64), |(a, b), r| (a.min(*r), b.max(*r)));
                        let grid: Vec<f64> =
                            (0..=CURVE).map(|i| first + (last - first) * i as f64 / CURVE as f64).collect();
                        let curve = smoothed_at(censored, risk.view(), *at, &grid);
                        let again = match curve {
                            Ok(_) => {
                                let stream = stream(step, judgement, label).named("ICI");
                                replicates(&units, step.intervals().resamples, &stream, step.watch, |rows| {
                                    let own = censored.select(rows);
                                    let risk = ndarray::Array1::from_iter(rows.iter().map(|row| risk[*row]));
                                    smoothed_at(&own, risk.view(), *at, &grid)
                                        .unwrap_or_else(|_| (f64::NAN, vec![f64::NAN; grid.len()]))
                                })?
                            }
                            Err(_) => Vec::new(),
                        };
                        let ici = match &curve {
                            Ok((ici, _)) => {
                                let values: Vec<f64> = again.iter().map(|(ici, _)| *ici).collect();
                                let how = format!(
                                    "Cox on a restricted cubic spline of cloglog; {}",
                                    crate::stats::bootstrap::described("percentile", &values)
                                );
                                let estimate = Estimate::new("ICI", *ici, n, how);
                                match percentile(&values, step.level()) {
                                    Some((lower, upper)) => estimate.within(lower, upper, step.level()).enclosed(),
                                    None => {
                                        let why = "fewer than ten resamples could be estimated".to_owned();
                                        Estimate { no_interval: Some(why), ..estimate }
                                    }
                                }
                            }
                            Err(error) => Estimate::not_estimable("ICI", n, error.to_string()),
                        };
                        self.measure(judgement, "ICI", &ici, Some(label), answer);
                        let smooth = curve.as_ref().map_err(ToString::to_string).map(|(_, curve)| {
                            let places = grid.iter().zip(curve).enumerate();
                            let known = places.filter(|(_, (x, y))| x.is_finite() && y.is_finite());
                            known
                                .map(|(place, (x, y))| {
                                    let values: Vec<f64> = again.iter().map(|(_, curve)| curve[place]).collect();
                                    (*x, *y, percentile(&values, step.level()))
                                })
                                .collect()
                        });
                        let bins = found.groups.iter().filter_map(|group| {
                            Some(Bin {
                                n: group.n as u64,
                                predicted: group.predicted,
                                observed: *group.observed.value.as_ref().ok()?,
                                lower: group.observed.interval.map(|i| i.lower),
                                upper: group.observed.interval.map(|i| i.upper),
                            })
                        });
                        let told = said(&[("slope", Some(&slope))]);
                        let curve = drawn::calibrated(judgement, told, smooth, bins.collect(), &risk.to_vec());
                        let curve = Curve { events: by_horizon as u64, ..curve };
                        let method =
                            "Cox regression on a restricted cubic spline of the predicted risk, band by pointwise \
                                      percentile bootstrap; groups of equal size with Kaplan-Meier estimates"
                                .to_owned();
                        answer.figures.push(drawn::calibration(judgement, Some(label), method, curve));
                    }
                    Err(error) => answer.notes.push(format!("calibration of {title}: not estimable: {error}")),
                }
            }
            if wants("decision-curve") {
                let resamples = step.intervals().resamples;
                let found = decision_curve(
                    censored,
                    &risk.to_vec(),
                    *at,
                    &default_thresholds(),
                    resamples,
                    judgement.patients.as_deref(),
                    step.level(),
                    &stream(step, judgement, label),
                    step.watch,
                );
                match found {
                    Ok(points) => {
                        let counts = (censored.len(), by_horizon);
                        self.benefits(judgement, &points, Some(label), counts, resamples, answer);
                        answer.figures.push(drawn::decision(judgement, Some(label), by_horizon, &points));
                    }
                    Err(ResampleFault::Cancelled(cancelled)) => return Err(cancelled.into()),
                    Err(ResampleFault::NotEstimable(reason)) => {
                        answer.notes.push(format!("decision curve of {title}: {reason}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn measure(
        &mut self,
        judgement: &Judgement,
        name: &str,
        estimate: &Estimate,
        label: Option<&str>,
        answer: &mut Answer,
    ) {
        let mut estimate = estimate.clone().with_missing(judgement.missing);
        if estimate.events.is_none() {
            estimate.events = judgement.outcome.events();
        }
        let mut record =
            EstimateRecord::new(&estimate, judgement.kind).of(&judgement.model, &judgement.cohort).at(label);
        name.clone_into(&mut record.metric);
        self.calibration.push([
            Cell::text(judgement.model.as_str()),
            Cell::text(judgement.cohort.as_str()),
            Cell::text(judgement.kind.words()),
            Cell::text(label.map_or_else(|| measured(name), |label| format!("{} at {label}", measured(name)))),
            record.cell(DIGITS),
            Cell::count(record.n),
            Cell::events(record.events),
        ]);
        // What was asked for as a metric is told there already.
        let told = answer.estimates.iter().any(|other| {
            (&other.model, &other.cohort, &other.metric, &other.horizon, other.kind)
                == (&record.model, &record.cohort, &record.metric, &record.horizon, record.kind)
        });
        if !told {
            answer.estimates.push(record);
        }
    }

    fn benefits(
        &mut self,
        judgement: &Judgement,
        points: &[DecisionPoint],
        label: Option<&str>,
        (n, events): (usize, usize),
        resamples: usize,
        answer: &mut Answer,
    ) {
        for told in TOLD {
            let Some(point) = points.iter().find(|point| (point.threshold - told).abs() < 1e-9) else { continue };
            let how = format!("{}; net benefit; percentile bootstrap, {resamples} resamples", judgement.how);
            let name = format!("net benefit at a threshold of {:.0}%", 100.0 * told);
            let mut estimate = Estimate::new(name, point.net_benefit, n, how).with_events(Some(events));
            estimate = match point.interval {
                Some(i) => estimate.within(i.lower, i.upper, i.level),
                None => Estimate { no_interval: Some("the resamples give no interval".to_owned()), ..estimate },
            };
            let record = EstimateRecord::new(&estimate.with_missing(judgement.missing), judgement.kind)
                .of(&judgement.model, &judgement.cohort)
                .at(label);
            let threshold = format!("{:.0}%", 100.0 * told);
            self.decision.push([
                Cell::text(judgement.model.as_str()),
                Cell::text(judgement.cohort.as_str()),
                Cell::text(judgement.kind.words()),
                Cell::text(label.map_or_else(|| threshold.clone(), |label| format!("{threshold} at {label}"))),
                record.cell(DIGITS),
                Cell::number(point.treat_all, DIGITS),
                point.standardised.map_or(Cell::Empty, |value| Cell::number(value, DIGITS)),
                Cell::number(point.avoided_per_100, 1),
            ]);
            answer.estimates.push(record);
        }
    }
}

fn stream(step: &Step<'_>, judgement: &Judgement, label: &str) -> crate::random::Stream {
    step.stream
        .named(&judgement.model)
        .named(&judgement.cohort)
        .named(judgement.kind.words())
        .named("probability")
        .named(label)
}

/// A measure of calibration in words.
fn measured(name: &str) -> String {
    if name == "EO" { "expected over observed".to_owned() } else { name.replace('_', " ") }
}

fn titled(judgement: &Judgement, label: Option<&str>) -> String {
    let at = words::at(label);
    format!("{} on {}{at}", judgement.model, judgement.kind.on(&judgement.cohort))
}
