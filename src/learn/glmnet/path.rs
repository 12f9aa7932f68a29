//! The path of solutions over lambda, for any likelihood with one linear predictor.

use serde::{Deserialize, Serialize};

use crate::progress::Watch;

use super::super::least_squares::{add_scaled, dot};
use super::super::seam::FitError;
use super::super::training::refuse;
use super::descent::{Quadratic, Workspace};
use super::standardise::StandardisedColumns;

/// A likelihood of one linear predictor a row. Rows' weights sum to 1 and are the family's own.
pub trait Family: Sync {
    /// Minus the mean log-likelihood, up to a constant.
    fn loss(&self, eta: &[f64]) -> f64;

    /// First derivative of the mean log-likelihood in each linear predictor, and minus its second
    /// derivative (or the diagonal of it), which is not negative.
    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]);

    /// The loss of the saturated model.
    fn saturated(&self) -> f64;

    fn has_intercept(&self) -> bool {
        true
    }

    /// Whether the loss is quadratic, so that one reweighting is all.
    fn is_quadratic(&self) -> bool {
        false
    }
}

impl<F: Family> Family for &F {
    fn loss(&self, eta: &[f64]) -> f64 {
        (**self).loss(eta)
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]) {
        (**self).derivatives(eta, score, curvature);
    }

    fn saturated(&self) -> f64 {
        (**self).saturated()
    }

    fn has_intercept(&self) -> bool {
        (**self).has_intercept()
    }

    fn is_quadratic(&self) -> bool {
        (**self).is_quadratic()
    }
}

/// Penalty factors that leave the features of `unpenalised` (names with commas between them) free;
/// `None` where it names nothing.
///
/// # Errors
/// [`FitError::NotEstimable`] for a name that no feature has.
pub fn sparing(names: &[String], unpenalised: &str, learner: &'static str) -> Result<Option<Vec<f64>>, FitError> {
    let free: Vec<&str> = unpenalised.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = free.iter().find(|free| !names.iter().any(|name| name == *free)) {
        return Err(refuse(learner, format!("`unpenalised` names `{unknown}`, which is none of its features")));
    }
    let factor = |name: &String| f64::from(u8::from(!free.contains(&name.as_str())));
    Ok((!free.is_empty()).then(|| names.iter().map(factor).collect()))
}

/// What is penalised and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Penalty {
    /// 1 is the lasso, 0 ridge.
    pub alpha: f64,
    /// One a feature, not negative; zero leaves a feature unpenalised. Rescaled to mean 1, as
    /// glmnet does. `None` is 1 each.
    pub factors: Option<Vec<f64>>,
}

/// Which lambdas.
#[derive(Clone, Debug, PartialEq)]
pub enum Lambdas {
    /// From the smallest lambda at which all penalised coefficients are zero down to `min_ratio`
    /// times it, evenly on the log scale. `None` takes 0.01 with fewer rows than features, else
    /// 0.0001. As glmnet, stops early where the deviance no longer falls.
    Automatic { count: usize, min_ratio: Option<f64> },
    /// These, sorted descending.
    Given(Vec<f64>),
}

impl Default for Lambdas {
    fn default() -> Self {
        Lambdas::Automatic { count: 100, min_ratio: None }
    }
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// glmnet's `thresh`: the largest move of a coordinate, as a share of the null deviance.
    pub threshold: f64,
    /// Passes over the working set allowed for the whole path.
    pub passes: usize,
    pub standardise: bool,
}

impl Default for Control {
    fn default() -> Self {
        Control { threshold: 1e-7, passes: 1_000_000, standardise: true }
    }
}

/// Solutions over lambda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Descending.
    pub lambda: Vec<f64>,
    /// Zero for a likelihood without one.
    pub intercept: Vec<f64>,
    /// Nonzero coefficients by feature, on the scale of the features as given.
    pub slopes: Vec<Vec<(usize, f64)>>,
    /// Share of the null deviance explained.
    pub deviance_ratio: Vec<f64>,
    /// `2 n (loss of the null model - saturated loss)`.
    pub null_deviance: f64,
    /// Number of features given.
    pub features: usize,
    /// Why the path is shorter than asked, where it is.
    pub stopped: Option<String>,
}

impl Path {
    /// Number of coefficients that are not zero, a lambda each.
    pub fn degrees_of_freedom(&self) -> Vec<usize> {
        self.slopes.iter().map(Vec::len).collect()
    }

    /// Intercept and slopes (one a feature) at a lambda: linear between the two nearest lambdas of
    /// the path, constant beyond its ends, as glmnet's `coef`.
    pub fn at(&self, lambda: f64) -> (f64, Vec<f64>) {
        let right = self.lambda.partition_point(|value| *value > lambda);
        let mut slopes = vec![0.0; self.features];
        let mut intercept = 0.0;
        let mut add = |index: usize, share: f64| {
            intercept += share * self.intercept[index];
            for (feature, slope) in &self.slopes[index] {
                slopes[*feature] += share * slope;
            }
        };
        if self.lambda.is_empty() {
            return (intercept, slopes);
        }
        if right == 0 || right == self.lambda.len() || self.lambda[right] == lambda {
            add(right.min(self.lambda.len() - 1), 1.0);
        } else {
            let share = (lambda - self.lambda[right]) / (self.lambda[right - 1] - self.lambda[right]);
            add(right - 1, share);
            add(right, 1.0 - share);
        }
        (intercept, slopes)
    }
}

/// Penalty factors with mean 1 over the features that vary; those that do not have none.
pub(crate) fn factors(
    columns: &StandardisedColumns,
    penalty: &Penalty,
    learner: &'static str,
) -> Result<Vec<f64>, FitError> {
    let features = columns.features();
    let given = match &penalty.factors {
        None => vec![1.0; features],
        Some(factors) if factors.len() != features => {
            return Err(refuse(
                learner,
                format!("there are {} penalty factors for {features} features", factors.len()),
            ));
        }
        Some(factors) => factors.clone(),
    };
    if given.iter().any(|factor| !factor.is_finite() || *factor < 0.0) {
        return Err(refuse(learner, "a penalty factor is negative or not a number"));
    }
    let sum: f64 = given.iter().sum();
    if sum == 0.0 {
        return Err(refuse(learner, "all penalty factors are zero"));
    }
    Ok(given.iter().map(|factor| factor * features as f64 / sum).collect())
}

/// The sequence of lambdas from the gradient of the null model.
pub(crate) fn sequence(
    lambdas: &Lambdas,
    largest: f64,
    rows: usize,
    features: usize,
    learner: &'static str,
) -> Result<Vec<f64>, FitError> {
    match lambdas {
        Lambdas::Given(values) => {
            if values.is_empty() || values.iter().any(|value| !value.is_finite() || *value < 0.0) {
                return Err(refuse(learner, "lambda must be a finite number of at least 0"));
            }
            let mut sorted = values.clone();
            sorted.sort_by(|a, b| b.total_cmp(a));
            Ok(sorted)
        }
        Lambdas::Automatic { count, min_ratio } => {
            let ratio = min_ratio.unwrap_or(if rows < features { 1e-2 } else { 1e-4 });
            let steps = (*count).max(2);
            Ok((0..steps).map(|step| largest * ratio.powf(step as f64 / (steps - 1) as f64)).collect())
        }
    }
}

/// The state of a path: coefficients, linear predictors and the sets of screening.
pub(super) struct Walker<'a, F> {
    columns: &'a StandardisedColumns,
    pub(super) family: F,
    factors: Vec<f64>,
    alpha: f64,
    pub(super) enough: f64,
    pub(super) passes: usize,
    /// One a feature, the intercept last; of standardised features.
    pub(super) beta: Vec<f64>,
    pub(super) eta: Vec<f64>,
    pub(super) score: Vec<f64>,
    curvature: Vec<f64>,
    l1: Vec<f64>,
    l2: Vec<f64>,
    working: Vec<usize>,
    pub(super) in_working: Vec<bool>,
    workspace: Workspace,
    watch: &'a Watch,
}

impl<'a, F: Family> Walker<'a, F> {
    pub(super) fn new(
        columns: &'a StandardisedColumns,
        family: F,
        factors: Vec<f64>,
        alpha: f64,
        control: &Control,
        watch: &'a Watch,
    ) -> Self {
        let (rows, size) = (columns.rows(), columns.features() + 1);
        Walker {
            columns,
            family,
            factors,
            alpha,
            enough: 0.0,
            passes: control.passes,
            beta: vec![0.0; size],
            eta: vec![0.0; rows],
            score: vec![0.0; rows],
            curvature: vec![0.0; rows],
            l1: vec![0.0; size],
            l2: vec![0.0; size],
            working: Vec::new(),
            in_working: vec![false; size],
            workspace: Workspace::default(),
            watch,
        }
    }

    fn penalty(&self) -> f64 {
        self.working
            .iter()
            .map(|column| {
                let b = self.beta[*column];
                self.l1[*column] * b.abs() + 0.5 * self.l2[*column] * b * b
            })
            .sum()
    }

    pub(super) fn enter(&mut self, column: usize) {
        if !self.in_working[column] {
            self.in_working[column] = true;
            self.working.push(column);
        }
    }

    /// Score and curvature at the current linear predictors.
    pub(super) fn refresh(&mut self) {
        self.family.derivatives(&self.eta, &mut self.score, &mut self.curvature);
    }

    /// Minimises over the working set. The first move's size in the metric of the threshold, or
    /// `None` when the passes are used up.
    pub(super) fn solve(&mut self) -> Result<Option<f64>, FitError> {
        let mut objective = self.family.loss(&self.eta) + self.penalty();
        let mut first = None;
        for _ in 0..500 {
            self.watch.check()?;
            self.refresh();
            let old: Vec<f64> = self.working.iter().map(|column| self.beta[*column]).collect();
            let problem = Quadratic {
                columns: self.columns,
                score: &self.score,
                curvature: &self.curvature,
                l1: &self.l1,
                l2: &self.l2,
            };
            let used = self.workspace.descend(&problem, &self.working, &mut self.beta, self.enough, self.passes);
            if used > self.passes {
                return Ok(None);
            }
            self.passes -= used;
            let moves: Vec<f64> = self.working.iter().zip(&old).map(|(column, old)| self.beta[*column] - old).collect();
            let mut change = vec![0.0; self.columns.rows()];
            for (column, by) in self.working.iter().zip(&moves) {
                if *by != 0.0 {
                    add_scaled(&mut change, *by, self.columns.column(*column));
                }
            }
            let moved =
                moves.iter().zip(self.workspace.squares()).map(|(by, square)| by * by * square).fold(0.0, f64::max);
            add_scaled(&mut self.eta, 1.0, &change);
            let first = *first.get_or_insert(moved);
            if self.family.is_quadratic() || moved <= self.enough {
                return Ok(Some(first));
            }
            // The quadratic is an approximation: halve a step that does not descend.
            let mut reached = self.family.loss(&self.eta) + self.penalty();
            let mut share = 1.0;
            while (reached.is_nan() || reached > objective + 1e-13 * objective.abs()) && share > 1e-6 {
                share /= 2.0;
                add_scaled(&mut self.eta, -share, &change);
                for ((column, old), by) in self.working.iter().zip(&old).zip(&moves) {
                    self.beta[*column] = old + share * by;
                }
                reached = self.family.loss(&self.eta) + self.penalty();
            }
            objective = reached;
        }
        Ok(None)
    }

    /// Adds the columns of `candidates` whose gradient is beyond the penalty; whether there were any.
    pub(super) fn violations(&mut self, candidates: &[usize], gradient: &mut [f64]) -> bool {
        let mut any = false;
        for column in candidates {
            let value = dot(self.columns.column(*column), &self.score);
            gradient[*column] = value;
            // Rounding alone is no violation: at the largest lambda one gradient equals the penalty.
            if value.abs() > self.l1[*column] * (1.0 + 1e-12) {
                self.enter(*column);
                any = true;
            }
        }
        any
    }

    pub(super) fn set_lambda(&mut self, lambda: f64) {
        for (column, factor) in self.factors.iter().enumerate() {
            self.l1[column] = lambda * self.alpha * factor;
            self.l2[column] = lambda * (1.0 - self.alpha) * factor;
        }
    }
}

/// Fits the whole path.
///
/// # Errors
/// [`FitError::NotEstimable`] when no feature varies or the null model has no deviance.
pub fn fit<F: Family>(
    columns: &StandardisedColumns,
    family: &F,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    learner: &'static str,
    watch: &Watch,
) -> Result<Path, FitError> {
    let (rows, features) = (columns.rows(), columns.features());
    let factors = factors(columns, penalty, learner)?;
    let usable: Vec<usize> = (0..features).filter(|feature| columns.usable(*feature)).collect();
    if usable.is_empty() {
        return Err(refuse(learner, "no feature varies"));
    }
    let saturated = family.saturated();
    let mut walker = Walker::new(columns, family, factors, penalty.alpha, control, watch);
    // The null model: intercept, then what is never penalised.
    let start = walker.family.loss(&walker.eta) - saturated;
    walker.enough = 1e-14 * start.abs().max(f64::MIN_POSITIVE);
    if family.has_intercept() {
        walker.enter(features);
        walker.solve()?;
    }
    let null = family.loss(&walker.eta) - saturated;
    if null.is_nan() || null <= 0.0 {
        return Err(refuse(learner, "the endpoint does not vary"));
    }
    walker.enough = control.threshold * null;
    let free: Vec<usize> = usable.iter().copied().filter(|feature| walker.factors[*feature] == 0.0).collect();
    if !free.is_empty() {
        for feature in free {
            walker.enter(feature);
        }
        if walker.solve()?.is_none() {
            return Err(refuse(learner, "the model of the unpenalised features does not converge"));
        }
    }
    walker.refresh();
    let mut gradient = vec![0.0; features];
    let mut largest = 0.0_f64;
    for feature in &usable {
        gradient[*feature] = dot(columns.column(*feature), &walker.score);
        if walker.factors[*feature] > 0.0 {
            largest = largest.max(gradient[*feature].abs() / walker.factors[*feature]);
        }
    }
    largest /= penalty.alpha.max(1e-3);
    let wanted = sequence(lambdas, largest, rows, features, learner)?;
    let automatic = matches!(lambdas, Lambdas::Automatic { .. });

    let mut path = Path {
        lambda: Vec::with_capacity(wanted.len()),
        intercept: Vec::new(),
        slopes: Vec::new(),
        deviance_ratio: Vec::new(),
        null_deviance: 2.0 * null * rows as f64,
        features,
        stopped: None,
    };
    let mut strong = vec![false; features];
    let mut previous = largest;
    for lambda in wanted {
        watch.check()?;
        walker.set_lambda(lambda);
        // Sequential strong rule (Tibshirani et al., JRSS B 2012), and what is already beyond the
        // penalty enters at once.
        let bar = penalty.alpha * (2.0 * lambda - previous);
        for feature in &usable {
            let size = gradient[*feature].abs();
            if size > bar * walker.factors[*feature] {
                strong[*feature] = true;
            }
            if lambda < largest && size > walker.l1[*feature] {
                walker.enter(*feature);
            }
        }
        let converged = loop {
            if walker.solve()?.is_none() {
                break false;
            }
            walker.refresh();
            let (inside, outside): (Vec<usize>, Vec<usize>) = usable
                .iter()
                .copied()
                .filter(|feature| !walker.in_working[*feature])
                .partition(|feature| strong[*feature]);
            if !walker.violations(&inside, &mut gradient) && !walker.violations(&outside, &mut gradient) {
                break true;
            }
        };
        if !converged {
            path.stopped = Some(format!("coordinate descent did not converge at lambda {lambda:.4e}"));
            break;
        }
        let ratio = 1.0 - (family.loss(&walker.eta) - saturated) / null;
        let (intercept, slopes) = columns.original(&walker.beta);
        path.lambda.push(lambda);
        path.intercept.push(if family.has_intercept() { intercept } else { 0.0 });
        path.slopes.push(slopes);
        path.deviance_ratio.push(ratio);
        previous = lambda;
        let fitted = path.deviance_ratio.len();
        if automatic && fitted >= 5 {
            let gain = ratio - path.deviance_ratio[fitted - 2];
            let rests = if family.is_quadratic() { gain < 1e-5 * ratio } else { gain < 1e-5 };
            if rests || ratio > 0.999 {
                break;
            }
        }
    }
    if path.lambda.is_empty() {
        return Err(refuse(learner, path.stopped.unwrap_or_else(|| "there is no lambda".to_owned())));
    }
    Ok(path)
}
