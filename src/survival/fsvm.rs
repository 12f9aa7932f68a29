//! Fast survival support vector machine: ranking, regression and their mixture.

use std::any::Any;

use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Censored, Outcome, Prediction};

pub struct FastSurvivalSvm;

pub static CARD: Card = Card {
    name: "fsvm",
    title: "Fast survival support vector machine",
    role: Role::Learner,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "alpha",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(1.0),
            summary: "Weight of the loss against the penalty; less means more regularisation.",
        },
        Parameter {
            name: "rank_ratio",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Share of the ranking loss; the rest goes to the regression of log time.",
        },
        Parameter {
            name: "intercept",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Whether the regression has an intercept, which is not penalised.",
        },
        Parameter {
            name: "iterations",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(200),
            summary: "Newton steps at the most; not reaching the optimum in them is an error.",
        },
    ],
    summary: "Linear risk score by a squared hinge loss over comparable pairs; has no survival curve.",
    documentation: "\
Minimises

    ½ w'w + α/2 [ r Σ_P max(0, 1 − (w'x_i − w'x_j))² + (1 − r) Σ ζ_i² ]

over the pairs `P` in which patient `j` has the event before `i`'s time, where `ζ` is the residual of
log time on `w'x + b`, and counts only where positive for the censored. A truncated Newton method
finds the minimum; value, gradient and Hessian products cost O(n log n) through Fenwick trees.
The risk score is `−(w'x + b)`, higher meaning earlier. Importance is the change of the risk score by one unit of the
feature. Wants features on one scale.

Follows scikit-survival's `FastSurvivalSVM`; for `rank_ratio` below 1 that one predicts the time
`exp(w'x + b)`, which ranks the same in reverse. Differs on purpose: patients with equal times are not
comparable, where scikit-survival breaks such ties at random.",
    references: &["Pölsterl S, Navab N, Katouzian A. Fast training of support vector machines for survival analysis. \
         ECML PKDD 2015. Lecture Notes in Computer Science 9285:243-259."],
    example: "fsvm(clinical, alpha in (0.01, 0.1, 1), rank_ratio = 1)",
};

/// A fitted machine: `w` and `b` of `w'x + b`, which grows with survival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedSvm {
    pub coefficients: Vec<f64>,
    pub intercept: f64,
    /// Value of the objective at the minimum.
    pub objective: f64,
}

/// The loss and the share of each of its terms.
#[derive(Clone, Copy, Debug)]
pub struct SvmPlan {
    pub alpha: f64,
    pub rank_ratio: f64,
    pub intercept: bool,
    pub iterations: usize,
}

/// Fits the machine. `ranks` orders the rows by time; rows of equal rank are not comparable.
///
/// # Errors
/// [`FitError::NotEstimable`]: no comparable pair where one is needed, a time of zero where its
/// logarithm is, no convergence.
pub fn fit<'a>(
    x: ArrayView2<'a, f64>,
    outcome: &Censored,
    ranks: &'a [u32],
    plan: SvmPlan,
    watch: &Watch,
) -> Result<FittedSvm, FitError> {
    let event: Vec<bool> = outcome.event.iter().map(|event| *event == 1).collect();
    if plan.rank_ratio > 0.0 && !has_comparable_pair(ranks, &event) {
        return Err(not_estimable("no pair of patients is comparable: nobody has an event before another's time"));
    }
    let log_time = if plan.rank_ratio < 1.0 {
        if outcome.time.iter().any(|time| *time <= 0.0) {
            return Err(not_estimable("the regression takes the logarithm of times, and a time is zero"));
        }
        Some(Array1::from_iter(outcome.time.iter().map(|time| time.ln())))
    } else {
        None
    };
    let intercept = plan.intercept && log_time.is_some();
    let mut problem = Problem {
        x,
        event,
        ranks,
        levels: ranks.iter().max().map_or(0, |rank| *rank as usize + 1),
        log_time,
        rank_weight: plan.alpha * plan.rank_ratio,
        regression_weight: plan.alpha * (1.0 - plan.rank_ratio),
        intercept,
        order: Vec::new(),
    };
    let mut w = Array1::zeros(x.ncols() + usize::from(intercept));
    if intercept && let Some(log_time) = &problem.log_time {
        w[x.ncols()] = log_time.mean().unwrap_or(0.0);
    }
    let mut scores = problem.scores(&w);
    let mut value = problem.value(&w, &scores);
    let mut first_norm = None;
    for _ in 0..plan.iterations {
        watch.check()?;
        let gradient = problem.gradient(&w, &scores);
        let norm = gradient.dot(&gradient).sqrt();
        let first = *first_norm.get_or_insert(norm);
        if norm <= 1e-10 * first.max(1.0) {
            return Ok(problem.solution(&w, value));
        }
        let step = problem.newton_step(&w, &gradient, &scores);
        let slope = gradient.dot(&step);
        // The objective is convex and piecewise quadratic: halving finds descent, or the step is
        // lost in rounding and this is the minimum.
        let mut length = 1.0;
        loop {
            let trial = &w + &(&step * length);
            let trial_scores = problem.scores(&trial);
            let trial_value = problem.value(&trial, &trial_scores);
            if trial_value <= value + 1e-4 * length * slope {
                (w, scores, value) = (trial, trial_scores, trial_value);
                break;
            }
            length /= 2.0;
            if length < 1e-10 {
                return if norm <= 1e-6 * first.max(1.0) {
                    Ok(problem.solution(&w, value))
                } else {
                    Err(not_estimable("the optimisation does not descend any further"))
                };
            }
        }
    }
    Err(not_estimable("the optimisation did not converge in the given number of iterations"))
}

/// Dense ranks of times: equal times share a rank.
pub fn time_ranks(times: &[f64]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|left, right| times[*left].total_cmp(&times[*right]));
    let mut ranks = vec![0; times.len()];
    let mut rank = 0;
    for pair in order.windows(2) {
        rank += u32::from(times[pair[0]] != times[pair[1]]);
        ranks[pair[1]] = rank;
    }
    ranks
}

fn has_comparable_pair(ranks: &[u32], event: &[bool]) -> bool {
    let last = ranks.iter().max();
    ranks.iter().zip(event).any(|(rank, event)| *event && Some(rank) < last)
}

fn not_estimable(reason: &str) -> FitError {
    FitError::NotEstimable { learner: CARD.name, reason: reason.to_owned() }
}

struct Problem<'a> {
    x: ArrayView2<'a, f64>,
    event: Vec<bool>,
    ranks: &'a [u32],
    levels: usize,
    log_time: Option<Array1<f64>>,
    rank_weight: f64,
    regression_weight: f64,
    intercept: bool,
    /// Rows by ascending `w'x` of the last scores.
    order: Vec<u32>,
}

/// Count and two sums by rank of time.
struct Fenwick(Vec<[f64; 3]>);

impl Fenwick {
    fn new(levels: usize) -> Self {
        Fenwick(vec![[0.0; 3]; levels + 1])
    }

    fn add(&mut self, rank: u32, sums: [f64; 3]) {
        let mut place = rank as usize + 1;
        while place < self.0.len() {
            for (node, sum) in self.0[place].iter_mut().zip(sums) {
                *node += sum;
            }
            place += place & place.wrapping_neg();
        }
    }

    /// Sums over ranks below `rank`.
    fn below(&self, rank: u32) -> [f64; 3] {
        let mut sums = [0.0; 3];
        let mut place = rank as usize;
        while place > 0 {
            for (sum, node) in sums.iter_mut().zip(self.0[place]) {
                *sum += node;
            }
            place &= place - 1;
        }
        sums
    }
}

impl Problem<'_> {
    /// `w'x`, without the intercept.
    fn scores(&mut self, w: &Array1<f64>) -> Array1<f64> {
        let scores = self.x.dot(&self.slopes(w));
        self.order = (0..scores.len() as u32).collect();
        self.order.sort_by(|left, right| scores[*left as usize].total_cmp(&scores[*right as usize]));
        scores
    }

    fn slopes<'w>(&self, w: &'w Array1<f64>) -> ArrayView1<'w, f64> {
        w.slice(ndarray::s![..self.x.ncols()])
    }

    fn bias(&self, w: &Array1<f64>) -> f64 {
        if self.intercept { w[self.x.ncols()] } else { 0.0 }
    }

    fn solution(&self, w: &Array1<f64>, objective: f64) -> FittedSvm {
        FittedSvm { coefficients: self.slopes(w).to_vec(), intercept: self.bias(w), objective }
    }

    /// For each row with an event: over the rows with a later time whose score is below the own
    /// one plus 1 (the pairs with loss), the count and the sums of `first` and `second`.
    fn later(&self, scores: &Array1<f64>, values: impl Fn(usize) -> (f64, f64)) -> Vec<[f64; 3]> {
        let mut sums = vec![[0.0; 3]; scores.len()];
        let mut tree = Fenwick::new(self.levels);
        let (mut entered, mut all) = (0, [0.0; 3]);
        for row in &self.order {
            let row = *row as usize;
            while entered < self.order.len() {
                let other = self.order[entered] as usize;
                if scores[other] - scores[row] >= 1.0 {
                    break;
                }
                let (first, second) = values(other);
                tree.add(self.ranks[other], [1.0, first, second]);
                for (all, value) in all.iter_mut().zip([1.0, first, second]) {
                    *all += value;
                }
                entered += 1;
            }
            if self.event[row] {
                let upto = tree.below(self.ranks[row] + 1);
                sums[row] = [all[0] - upto[0], all[1] - upto[1], all[2] - upto[2]];
            }
        }
        sums
    }

    /// For each row: over the rows with an event at an earlier time whose score is above the own
    /// one minus 1, the count and the sum of `values`.
    fn earlier(&self, scores: &Array1<f64>, values: impl Fn(usize) -> f64) -> Vec<[f64; 3]> {
        let mut sums = vec![[0.0; 3]; scores.len()];
        let mut tree = Fenwick::new(self.levels);
        let mut entered = self.order.len();
        for row in self.order.iter().rev() {
            let row = *row as usize;
            while entered > 0 {
                let other = self.order[entered - 1] as usize;
                if scores[row] - scores[other] >= 1.0 {
                    break;
                }
                if self.event[other] {
                    tree.add(self.ranks[other], [1.0, values(other), 0.0]);
                }
                entered -= 1;
            }
            sums[row] = tree.below(self.ranks[row]);
        }
        sums
    }

    /// Residuals of log time that count: all of the events, positive ones of the censored.
    fn residuals(&self, w: &Array1<f64>, scores: &Array1<f64>) -> Option<Array1<f64>> {
        let log_time = self.log_time.as_ref()?;
        let bias = self.bias(w);
        Some(Array1::from_shape_fn(scores.len(), |row| {
            let residual = log_time[row] - scores[row] - bias;
            if self.event[row] || residual > 0.0 { residual } else { 0.0 }
        }))
    }

    fn value(&self, w: &Array1<f64>, scores: &Array1<f64>) -> f64 {
        let slopes = self.slopes(w);
        let mut value = 0.5 * slopes.dot(&slopes);
        if self.rank_weight > 0.0 {
            let later = self.later(scores, |row| (scores[row], scores[row] * scores[row]));
            let loss: f64 = later
                .iter()
                .zip(scores)
                .map(|([count, sum, squares], score)| {
                    let margin = 1.0 + score;
                    count * margin * margin - 2.0 * margin * sum + squares
                })
                .sum();
            value += 0.5 * self.rank_weight * loss;
        }
        if let Some(residuals) = self.residuals(w, scores) {
            value += 0.5 * self.regression_weight * residuals.dot(&residuals);
        }
        value
    }

    fn gradient(&self, w: &Array1<f64>, scores: &Array1<f64>) -> Array1<f64> {
        let mut by_row = Array1::zeros(scores.len());
        if self.rank_weight > 0.0 {
            let later = self.later(scores, |row| (scores[row], 0.0));
            let earlier = self.earlier(scores, |row| scores[row]);
            for row in 0..scores.len() {
                let [more, more_sum, _] = later[row];
                let [fewer, fewer_sum, _] = earlier[row];
                by_row[row] += self.rank_weight
                    * (more * (1.0 + scores[row]) - more_sum - (fewer * (1.0 - scores[row]) + fewer_sum));
            }
        }
        if let Some(residuals) = self.residuals(w, scores) {
            by_row.scaled_add(-self.regression_weight, &residuals);
        }
        self.assemble(&self.slopes(w).to_owned(), &by_row, self.regression_part(w, scores))
    }

    /// Sum of the regression's residuals with its sign in the gradient of the intercept.
    fn regression_part(&self, w: &Array1<f64>, scores: &Array1<f64>) -> f64 {
        self.residuals(w, scores).map_or(0.0, |residuals| -self.regression_weight * residuals.sum())
    }

    fn assemble(&self, slopes: &Array1<f64>, by_row: &Array1<f64>, bias: f64) -> Array1<f64> {
        let mut gradient = self.x.t().dot(by_row) + slopes;
        if self.intercept {
            gradient = ndarray::concatenate![ndarray::Axis(0), gradient, Array1::from_elem(1, bias)];
        }
        gradient
    }

    /// Product of the generalised Hessian with `direction`; `counted` marks the residuals that
    /// count.
    fn product(&self, direction: &Array1<f64>, scores: &Array1<f64>, counted: &[bool]) -> Array1<f64> {
        let slopes = self.slopes(direction).to_owned();
        let along = self.x.dot(&slopes);
        let mut by_row = Array1::zeros(along.len());
        if self.rank_weight > 0.0 {
            let later = self.later(scores, |row| (along[row], 0.0));
            let earlier = self.earlier(scores, |row| along[row]);
            for row in 0..along.len() {
                by_row[row] += self.rank_weight
                    * (later[row][0] * along[row] - later[row][1] + earlier[row][0] * along[row] - earlier[row][1]);
            }
        }
        let mut bias_product = 0.0;
        if self.log_time.is_some() {
            let bias = self.bias(direction);
            for (row, _) in counted.iter().enumerate().filter(|(_, counted)| **counted) {
                let product = self.regression_weight * (along[row] + bias);
                by_row[row] += product;
                bias_product += product;
            }
        }
        self.assemble(&slopes, &by_row, bias_product)
    }

    /// Solves the Newton system by conjugate gradients.
    fn newton_step(&self, w: &Array1<f64>, gradient: &Array1<f64>, scores: &Array1<f64>) -> Array1<f64> {
        let counted: Vec<bool> = self.residuals(w, scores).map_or_else(Vec::new, |residuals| {
            residuals.iter().zip(&self.event).map(|(residual, event)| *event || *residual > 0.0).collect()
        });
        let mut step = Array1::zeros(gradient.len());
        let mut residual = gradient.mapv(|value| -value);
        let mut direction = residual.clone();
        let mut square = residual.dot(&residual);
        let goal = 1e-20 * square;
        for _ in 0..4 * gradient.len().max(25) {
            if square <= goal {
                break;
            }
            let product = self.product(&direction, scores, &counted);
            let curvature = direction.dot(&product);
            if curvature <= 0.0 {
                break;
            }
            let length = square / curvature;
            step.scaled_add(length, &direction);
            residual.scaled_add(-length, &product);
            let next = residual.dot(&residual);
            direction = &residual + &(&direction * (next / square));
            square = next;
        }
        step
    }
}

impl Learner for FastSurvivalSvm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        if outcome.entry.is_some() {
            return Err(not_estimable("it takes no left-truncated follow-up"));
        }
        if task.weights.is_some() {
            return Err(not_estimable("it takes no case weights"));
        }
        if task.x.ncols() == 0 {
            return Err(not_estimable("there is no feature"));
        }
        for (column, name) in task.x.columns().into_iter().zip(task.names) {
            if column.iter().any(|value| !value.is_finite()) {
                return Err(FitError::Missing { learner: CARD.name, column: name.clone() });
            }
        }
        let plan = SvmPlan {
            alpha: settings.real("alpha"),
            rank_ratio: settings.real("rank_ratio"),
            intercept: settings.flag("intercept"),
            iterations: settings.count("iterations"),
        };
        let ranks = time_ranks(&outcome.time);
        Ok(Box::new(fit(task.x.view(), outcome, &ranks, plan, watch)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let svm = FittedSvm::deserialize(frozen).map_err(|error| FitError::Frozen { reason: error.to_string() })?;
        Ok(Box::new(svm))
    }
}

impl Model for FittedSvm {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        if x.ncols() != self.coefficients.len() {
            return Err(FitError::Shape { expected: self.coefficients.len(), given: x.ncols() });
        }
        let scores = x.dot(&ArrayView1::from(&self.coefficients));
        Ok(Prediction::Risk(scores.iter().map(|score| -(score + self.intercept)).collect()))
    }

    /// Change of the risk score by one unit of the feature.
    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.coefficients.iter().map(|coefficient| -coefficient).collect())
    }

    fn freeze(&self) -> Json {
        serde_json::to_value(self).unwrap_or(Json::Null)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const PLAN: SvmPlan = SvmPlan { alpha: 1.0, rank_ratio: 0.5, intercept: true, iterations: 200 };

    /// The objective by its definition, pair by pair.
    fn by_definition(x: ArrayView2<'_, f64>, outcome: &Censored, svm: &FittedSvm, plan: SvmPlan) -> f64 {
        let scores = x.dot(&ArrayView1::from(&svm.coefficients));
        let mut value = 0.5 * svm.coefficients.iter().map(|w| w * w).sum::<f64>();
        for i in 0..outcome.len() {
            for j in 0..outcome.len() {
                if outcome.time[i] > outcome.time[j] && outcome.event[j] == 1 {
                    let loss = (1.0 - scores[i] + scores[j]).max(0.0);
                    value += 0.5 * plan.alpha * plan.rank_ratio * loss * loss;
                }
            }
            let residual = outcome.time[i].ln() - scores[i] - svm.intercept;
            let counts = outcome.event[i] == 1 || residual > 0.0;
            value += 0.5 * plan.alpha * (1.0 - plan.rank_ratio) * residual * residual * f64::from(u8::from(counts));
        }
        value
    }

    fn data() -> (ndarray::Array2<f64>, Censored) {
        let x = array![[0.1, 1.0], [-0.4, 0.3], [1.2, -0.7], [0.8, 0.2], [-1.1, -0.5], [0.3, 0.9], [-0.6, -1.3]];
        (x, Censored::new(vec![5.0, 2.0, 8.0, 8.0, 1.0, 4.0, 3.0], vec![1, 1, 0, 1, 1, 0, 1]))
    }

    #[test]
    fn the_minimum_has_the_objective_of_the_definition_and_no_better_neighbour() {
        let (x, outcome) = data();
        let svm = fit(x.view(), &outcome, &time_ranks(&outcome.time), PLAN, &Watch::silent()).unwrap();
        assert!((svm.objective - by_definition(x.view(), &outcome, &svm, PLAN)).abs() < 1e-12);
        for place in 0..2 {
            for step in [-1e-3, 1e-3] {
                let mut moved = svm.clone();
                moved.coefficients[place] += step;
                assert!(by_definition(x.view(), &outcome, &moved, PLAN) > svm.objective);
            }
        }
    }

    #[test]
    fn what_cannot_be_ranked_is_said() {
        let (x, mut outcome) = data();
        outcome.event = vec![0; 7];
        let ranks = time_ranks(&outcome.time);
        let ranking = SvmPlan { rank_ratio: 1.0, ..PLAN };
        let error = fit(x.view(), &outcome, &ranks, ranking, &Watch::silent()).unwrap_err();
        assert!(error.to_string().contains("no pair of patients is comparable"));
        outcome.time[0] = 0.0;
        let error = fit(x.view(), &outcome, &ranks, SvmPlan { rank_ratio: 0.0, ..PLAN }, &Watch::silent());
        assert!(error.unwrap_err().to_string().contains("logarithm"));
    }
}
