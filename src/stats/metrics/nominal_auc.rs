use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classes, mean_area};

/// Area under the ROC curve over pairs of classes of a nominal endpoint.
pub struct NominalAuc;

static CARD: Card = Card {
    name: "AUC",
    title: "Area under the ROC curve over pairs of classes",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Mean over pairs of classes of the probability that a patient of the one is told from a patient of the other; 0.5 is chance.",
    documentation: r"Hand and Till's $M$. Of classes $i$ and $j$ let $A(i|j)$ be the probability that a patient of $i$ has a higher predicted
probability of $i$ than a patient of $j$, ties as half, among the patients of these two. With $c$ classes

$$M = \frac{2}{c (c-1)} \sum_{i<j} \tfrac12 \left[ A(i|j) + A(j|i) \right],$$

as scikit-learn's `roc_auc_score(multi_class = 'ovo')`; `multiclass.roc` of pROC ranks by one number instead and turns
curves that lie below the diagonal, so that its value may be higher. It does not depend on how frequent the classes are.
With two classes it is their AUC. The interval is normal, by the influence of every patient on all areas, with DeLong's
divisors. Out of fold pairs are those of one fold, as of two classes. Not estimable when a class has no patient.",
    references: &[
        "Hand DJ, Till RJ. A simple generalisation of the area under the ROC curve for multiple class classification problems. Mach Learn 2001;45:171-186.",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 1988;44:837-845.",
    ],
    example: "evaluate TYPE on test by AUC",
};

impl Metric for NominalAuc {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        Ok(classes(judged)?.pairs()?.area)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        let found = classes(judged).and_then(|ranked| ranked.pairs());
        mean_area(judged, plan, CARD.name, found)
    }
}
