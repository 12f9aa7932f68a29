use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classes, mean_area};

/// Area under the ROC curve of one class against the rest of a nominal endpoint.
pub struct NominalAucOvr;

static CARD: Card = Card {
    name: "AUC-ovr",
    title: "Area under the ROC curve of one class against the rest",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Mean over the classes of the area under the ROC curve of each against all others; 0.5 is chance.",
    documentation: r"$$\frac1c \sum_k \mathrm{AUC}_k$$

where $\mathrm{AUC}_k$ is the area of the predicted probability of class $k$ among all patients, that class against the
rest, as scikit-learn's `roc_auc_score(multi_class = 'ovr', average = 'macro')`. Unlike the mean over
pairs (`AUC`) it depends on how frequent the classes are. The table of classes has the area of each. Interval and folds are
as of `AUC`. Not estimable when a class has no patient.",
    references: &[
        "Hand DJ, Till RJ. A simple generalisation of the area under the ROC curve for multiple class classification problems. Mach Learn 2001;45:171-186.",
        "Fawcett T. An introduction to ROC analysis. Pattern Recognit Lett 2006;27:861-874.",
    ],
    example: "evaluate TYPE on test by AUC-ovr",
};

impl Metric for NominalAucOvr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        Ok(classes(judged)?.one_vs_rest()?.area)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        let found = classes(judged).and_then(|ranked| ranked.one_vs_rest());
        mean_area(judged, plan, CARD.name, found)
    }
}
