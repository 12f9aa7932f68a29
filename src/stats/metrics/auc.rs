use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::delong::{area, placements, placements_within};
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::ranked;

/// Area under the ROC curve.
pub struct Auc;

static CARD: Card = Card {
    name: "AUC",
    title: "Area under the ROC curve",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Probability that a patient with the event scores higher than one without; 0.5 is chance.",
    documentation: r"With $m$ patients with the event and $n$ without,

$$\mathrm{AUC} = \frac{1}{mn} \sum_{i=1}^{m} \sum_{j=1}^{n} \left[ s_i > s_j \right] + \tfrac12 \left[ s_i = s_j \right],$$

the trapezoidal area under the empirical ROC curve, in $O(N \log N)$. The interval is
$\mathrm{AUC} \pm z\,\mathrm{SE}$ with DeLong's variance, clipped to 0 to 1, as in pROC. Higher scores are taken to mean
the event: a model that ranks the wrong way round has an AUC below 0.5 (pROC turns it unless told not to).

Out of fold each fold has a model of its own, and only the pairs of one fold are counted: with $m_f$ and $n_f$ patients in
fold $f$ and $\mathrm{AUC}_f$ its area,

$$\mathrm{AUC} = \frac{\sum_f m_f n_f \mathrm{AUC}_f}{\sum_f m_f n_f},$$

as `concordance(y ~ p + strata(fold))` of R's survival. Ranked over all folds at once the predictions of different models
would be compared, which puts a model that knows nothing below 0.5 (Airola 2011). A fold of one class has no pair and is
told; over repeats the mean is taken. The interval is DeLong's with stratified placements: the influence of each patient on
the area above (LeDell 2015, who weighs folds alike), with DeLong's divisors. The ROC curve drawn out of fold is the mean
of the folds' curves at each specificity, each weighing its pairs, so that the area under it is the AUC. Choosing and
tuning take the mean of the folds' own areas. Average precision, Brier score and calibration take all out-of-fold
predictions together.

Not estimable when nobody or everybody has the event. No interval is told when the classes are separated or one holds a
single patient, or when the score is the same for all: the variance is then 0 or unknown.",
    references: &[
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 1988;44:837-845.",
        "Airola A, Pahikkala T, Waegeman W, De Baets B, Salakoski T. An experimental comparison of cross-validation techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011;55:1828-1844.",
        "LeDell E, Petersen M, van der Laan M. Computationally efficient confidence intervals for cross-validated area under the ROC curve estimates. Electron J Stat 2015;9:1583-1607.",
        "Sun X, Xu W. Fast implementation of DeLong's algorithm. IEEE Signal Process Lett 2014;21:1389-1393.",
    ],
    example: "evaluate PRIME_R on test by AUC",
};

impl Metric for Auc {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let (events, scores) = ranked(judged)?;
        match judged.held {
            Some(strata) => Ok(placements_within(events, strata)?.0.area),
            None => area(events, scores),
        }
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        let n = judged.outcome.len();
        let placed = ranked(judged).and_then(|(events, scores)| match judged.held {
            Some(strata) => placements_within(events, strata)
                .map(|(placed, counted)| (placed, format!("{}; stratified DeLong", counted.words()))),
            None => placements(events, scores).map(|placed| (placed, "trapezoid; DeLong".to_owned())),
        });
        let (placed, how) = match placed {
            Ok(placed) => placed,
            Err(fault) => return Estimate::not_estimable(CARD.name, n, fault.reason),
        };
        let estimate = Estimate::new(CARD.name, placed.area, n, how).with_events(judged.outcome.events());
        match placed.interval(plan.level) {
            Some(interval) => estimate.within(interval.lower, interval.upper, plan.level),
            None => Estimate { no_interval: Some(placed.without_interval().to_owned()), ..estimate },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn has_an_interval_or_says_why_not() {
        let plan = IntervalPlan::default();
        judge(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], |judged| {
            assert_eq!(Auc.score(judged), Ok(0.75));
            let estimate = Auc.estimate(judged, &plan, &Stream::root(1));
            let interval = estimate.interval.unwrap();
            assert!((interval.lower - (0.75 - 1.959963984540054 * 0.125f64.sqrt())).abs() < 1e-10);
            assert_eq!(interval.upper, 1.0);
            assert_eq!((estimate.n, estimate.events), (4, Some(2)));
        });
        judge(&[false, true, true], &[0.1, 0.4, 0.8], |judged| {
            let estimate = Auc.estimate(judged, &plan, &Stream::root(1));
            assert_eq!(estimate.value, Ok(1.0));
            assert!(estimate.no_interval.unwrap().contains("single patient"));
        });
    }
}
