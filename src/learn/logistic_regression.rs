//! Inference by logistic regression: maximum likelihood with Wald, likelihood-ratio and profile
//! intervals, and Firth's penalised likelihood where the data are separated.
//!
//! `log(p / (1 - p)) = b0 + b'x`. The log-likelihood is maximised by Fisher scoring, each step a
//! weighted least-squares problem solved by orthogonal factors, as R's `glm` does. Where a linear
//! combination of the covariates separates the classes no maximum exists; that is proved by the
//! direction in which the likelihood still rises, and Firth's penalty `1/2 log |I(b)|` (Biometrika
//! 1993; Heinze and Schemper, Stat Med 2002) is then used, unless it is switched off.

mod likelihood;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::progress::Watch;
use crate::stats::{Estimate, Interval};

use likelihood::{Problem, Search};

use super::least_squares::Orthogonal;
use super::seam::FitError;
use super::training::{logistic, refuse};

const NAME: &str = "logistic";
/// As R's `glm`: below this share of its length a column is taken for a combination of others.
const ALIASED: f64 = 1e-7;

/// When Firth's penalty is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Firth {
    /// When separation is found.
    #[default]
    WhenSeparated,
    Always,
    /// Separation is an error.
    Never,
}

/// How to fit.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub firth: Firth,
    /// Coverage of the intervals.
    pub level: f64,
    /// Whether likelihood-ratio tests and profile intervals of each coefficient are wanted; they
    /// cost some twenty fits a coefficient.
    pub profile: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { firth: Firth::WhenSeparated, level: 0.95, profile: true }
    }
}

/// Which likelihood was maximised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    MaximumLikelihood,
    Firth,
}

/// A coefficient with its tests and intervals, on the scale of log odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    pub name: String,
    pub estimate: f64,
    pub standard_error: f64,
    pub z: f64,
    /// Two-sided p of the Wald test.
    pub p_wald: f64,
    pub wald: Interval,
    /// Chi-square (1 degree of freedom) and p of the likelihood-ratio test of a zero coefficient;
    /// of the penalised likelihood under [`Method::Firth`].
    pub likelihood_ratio: Option<(f64, f64)>,
    /// Bounds of the profile-likelihood interval; a bound is absent where the likelihood does not
    /// fall far enough on that side.
    pub profile: Option<(Option<f64>, Option<f64>)>,
}

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticFit {
    /// Intercept first, then the covariates that are not aliased, in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, from the inverse information.
    pub vcov: Vec<Vec<f64>>,
    /// Columns of `x` behind the coefficients after the intercept.
    pub kept: Vec<usize>,
    /// Names of covariates that others determine; they have no coefficient.
    pub aliased: Vec<String>,
    pub method: Method,
    /// Covariates whose combination separates the classes, where one does.
    pub separated_by: Option<Vec<String>>,
    /// Without Firth's penalty, at the coefficients.
    pub log_likelihood: f64,
    /// Of the intercept alone.
    pub null_log_likelihood: f64,
    /// Fitted probabilities, a row each.
    pub fitted: Vec<f64>,
    pub n: usize,
    pub events: usize,
    pub steps: usize,
}

impl LogisticFit {
    pub fn deviance(&self) -> f64 {
        -2.0 * self.log_likelihood
    }

    pub fn null_deviance(&self) -> f64 {
        -2.0 * self.null_log_likelihood
    }

    pub fn aic(&self) -> f64 {
        self.deviance() + 2.0 * self.coefficients.len() as f64
    }

    /// With the logarithm of the number of rows, as R's `BIC`.
    pub fn bic(&self) -> f64 {
        self.deviance() + (self.n as f64).ln() * self.coefficients.len() as f64
    }

    /// Chi-square, degrees of freedom and p of all covariates together against the intercept alone
    /// (unpenalised likelihoods).
    pub fn overall(&self) -> (f64, usize, f64) {
        let chi_square = (2.0 * (self.log_likelihood - self.null_log_likelihood)).max(0.0);
        let freedom = self.coefficients.len() - 1;
        (chi_square, freedom, chi_square_p(chi_square, freedom))
    }

    /// How it was fitted, in a sentence for the report.
    pub fn how(&self) -> String {
        match (&self.method, &self.separated_by) {
            (Method::MaximumLikelihood, _) => "logistic regression by maximum likelihood".to_owned(),
            (Method::Firth, None) => "logistic regression with Firth's penalty".to_owned(),
            (Method::Firth, Some(names)) => format!(
                "logistic regression with Firth's penalty, because {} separate{} the classes",
                names.join(", "),
                if names.len() == 1 { "s" } else { "" }
            ),
        }
    }

    /// Odds ratios of the covariates with profile intervals where they were asked for and are
    /// finite, else Wald intervals.
    pub fn odds_ratios(&self) -> Vec<Estimate> {
        self.coefficients[1..]
            .iter()
            .map(|coefficient| {
                let (bounds, kind) = match coefficient.profile {
                    Some((Some(lower), Some(upper))) => ((lower, upper), "profile likelihood"),
                    _ => ((coefficient.wald.lower, coefficient.wald.upper), "Wald"),
                };
                let how = format!("{}; {kind}", self.how());
                Estimate::new(format!("odds ratio of {}", coefficient.name), coefficient.estimate.exp(), self.n, how)
                    .within(bounds.0.exp(), bounds.1.exp(), coefficient.wald.level)
                    .with_events(Some(self.events))
            })
            .collect()
    }
}

/// Upper tail of chi-square.
pub(crate) fn chi_square_p(value: f64, freedom: usize) -> f64 {
    if freedom == 0 {
        return 1.0;
    }
    statrs::distribution::ChiSquared::new(freedom as f64).map_or(1.0, |chi| chi.sf(value))
}

/// Two-sided p of a standard normal.
pub(crate) fn normal_p(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

/// Quantile of the standard normal.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// Fits a logistic regression with intercept.
///
/// `x` is rows by covariates, complete; `weights` are frequencies or case weights.
///
/// # Errors
/// [`FitError::NotEstimable`] when a class is absent, when there are not more rows than
/// coefficients, when the classes are separated and `options.firth` is [`Firth::Never`], or when
/// the likelihood has no maximum that can be found.
pub fn fit(
    x: ArrayView2<'_, f64>,
    names: &[String],
    labels: &[bool],
    weights: Option<&[f64]>,
    options: &Options,
    watch: &Watch,
) -> Result<LogisticFit, FitError> {
    let rows = x.nrows();
    if labels.len() != rows || names.len() != x.ncols() {
        return Err(FitError::Shape { expected: rows, given: labels.len() });
    }
    if x.iter().any(|value| !value.is_finite()) {
        return Err(refuse(NAME, "a covariate is missing or infinite"));
    }
    let weights = weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
    let total: f64 = weights.iter().sum();
    let weighted_events: f64 = weights.iter().zip(labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    if weights.len() != rows || weighted_events <= 0.0 || weighted_events >= total {
        return Err(refuse(NAME, format!("only one class among {rows} rows")));
    }
    let mut columns = vec![1.0; rows];
    for column in x.columns() {
        columns.extend(column.iter());
    }
    let used = weights.iter().filter(|weight| **weight > 0.0).count();
    let weighted: Vec<f64> =
        columns.chunks(rows).flat_map(|column| column.iter().zip(&weights).map(|(x, w)| x * w.sqrt())).collect();
    let design = Orthogonal::new(weighted, rows, ALIASED);
    if design.rank() >= used {
        return Err(refuse(
            NAME,
            format!("{} coefficients want more than {used} rows; use `penalty = L2` or select features", design.rank()),
        ));
    }
    let kept: Vec<usize> = design.kept().iter().skip(1).map(|column| column - 1).collect();
    let aliased = (0..names.len()).filter(|column| !kept.contains(column)).map(|column| names[column].clone());
    let columns: Vec<f64> =
        design.kept().iter().flat_map(|column| columns[column * rows..(column + 1) * rows].iter().copied()).collect();
    let problem = Problem { columns, rows, labels, weights: &weights, penalised: false };

    let mut separated_by = None;
    let mut found = None;
    if options.firth != Firth::Always {
        match problem.maximise(None, None, watch)? {
            Search::Converged(state) => found = Some((state, problem.clone())),
            Search::Rising(direction) => match problem.separation(&direction) {
                Some(columns) => {
                    let by: Vec<String> =
                        columns.iter().filter(|c| **c > 0).map(|c| names[kept[c - 1]].clone()).collect();
                    if options.firth == Firth::Never {
                        return Err(refuse(NAME, format!("the classes are separated by {}", by.join(", "))));
                    }
                    separated_by = Some(by);
                }
                None => return Err(refuse(NAME, "the likelihood has no maximum that Fisher scoring finds")),
            },
        }
    }
    let (state, problem) = match found {
        Some(found) => found,
        None => {
            let penalised = Problem { penalised: true, ..problem };
            match penalised.maximise(None, None, watch)? {
                Search::Converged(state) => (state, penalised),
                Search::Rising(_) => {
                    let (coefficients, still) = (design.rank(), "Firth's penalised likelihood is all but flat");
                    let advice = "use `penalty = L2` or select features";
                    return Err(refuse(
                        NAME,
                        format!(
                            "{still} with {coefficients} coefficients on {used} rows, and its maximum not found; {advice}"
                        ),
                    ));
                }
            }
        }
    };
    let labelled: Vec<String> =
        std::iter::once("(Intercept)".to_owned()).chain(kept.iter().map(|column| names[*column].clone())).collect();
    let vcov = problem.covariance(&state.eta);
    let share = weighted_events / total;
    let null_log_likelihood = weighted_events * share.ln() + (total - weighted_events) * (1.0 - share).ln();
    let mut coefficients = Vec::with_capacity(labelled.len());
    let quantile = normal_quantile(0.5 + options.level / 2.0);
    let size = labelled.len();
    for (index, name) in labelled.into_iter().enumerate() {
        watch.check()?;
        let estimate = state.beta[index];
        let standard_error = vcov[index * size + index].sqrt();
        let z = estimate / standard_error;
        let wald = Interval {
            lower: estimate - quantile * standard_error,
            upper: estimate + quantile * standard_error,
            level: options.level,
        };
        let (likelihood_ratio, profile) = if options.profile {
            let chi_square = problem.profile_deviance(index, 0.0, &state, watch)?;
            let test = chi_square.map(|chi_square| (chi_square, chi_square_p(chi_square, 1)));
            let target = quantile;
            let lower = problem.profile_bound(index, -1.0, target, standard_error, &state, watch)?;
            let upper = problem.profile_bound(index, 1.0, target, standard_error, &state, watch)?;
            (test, Some((lower, upper)))
        } else {
            (None, None)
        };
        let p_wald = normal_p(z);
        coefficients.push(Coefficient { name, estimate, standard_error, z, p_wald, wald, likelihood_ratio, profile });
    }
    Ok(LogisticFit {
        coefficients,
        vcov: vcov.chunks(size).map(<[f64]>::to_vec).collect(),
        aliased: aliased.collect(),
        kept,
        method: if problem.penalised { Method::Firth } else { Method::MaximumLikelihood },
        separated_by,
        log_likelihood: problem.log_likelihood(&state.eta),
        null_log_likelihood,
        fitted: state.eta.iter().map(|eta| logistic(*eta)).collect(),
        n: rows,
        events: labels.iter().filter(|label| **label).count(),
        steps: state.steps,
    })
}

/// Signed roots of the profile deviance of one covariate at `values` of its coefficient: the sign
/// is that of the distance to the estimate, the square the fall of twice the log-likelihood.
/// `None` where the other coefficients have no maximum. Columns must be of full rank.
///
/// # Errors
/// As [`fit`] with [`Firth::Never`].
pub fn profile(
    x: ArrayView2<'_, f64>,
    labels: &[bool],
    covariate: usize,
    values: &[f64],
    watch: &Watch,
) -> Result<Vec<Option<f64>>, FitError> {
    let rows = x.nrows();
    if labels.len() != rows || covariate >= x.ncols() {
        return Err(FitError::Shape { expected: rows, given: labels.len() });
    }
    let columns = std::iter::repeat_n(1.0, rows).chain(x.columns().into_iter().flat_map(|column| column.to_vec()));
    let weights = vec![1.0; rows];
    let problem = Problem { columns: columns.collect(), rows, labels, weights: &weights, penalised: false };
    let Search::Converged(best) = problem.maximise(None, None, watch)? else {
        return Err(refuse(NAME, "the likelihood has no maximum"));
    };
    values
        .iter()
        .map(|value| {
            let fall = problem.profile_deviance(covariate + 1, *value, &best, watch)?;
            Ok(fall.map(|fall| fall.sqrt() * (value - best.beta[covariate + 1]).signum()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("x{index}")).collect()
    }

    // The cohort of scripts/reference/learn.py (R: glm, uniroot on the profile deviance; Firth by direct maximisation).
    const AGE: [f64; 12] = [45., 50., 61., 38., 72., 66., 55., 49., 58., 63., 41., 70.];
    const SEX: [f64; 12] = [0., 1., 1., 0., 0., 1., 1., 0., 1., 0., 1., 1.];
    const DEAD: [bool; 12] = [false, false, true, false, true, false, true, false, false, true, false, true];

    fn cohort() -> Array2<f64> {
        Array2::from_shape_fn((12, 2), |(row, column)| if column == 0 { AGE[row] } else { SEX[row] })
    }

    #[test]
    fn a_two_by_two_table_has_its_closed_form() {
        let x = Array2::from_shape_fn((40, 1), |(row, _)| f64::from(u8::from(row < 20)));
        let labels: Vec<bool> = (0..40).map(|row| row < 15 || (20..26).contains(&row)).collect();
        let fit = fit(x.view(), &names(1), &labels, None, &Options::default(), &Watch::silent()).unwrap();
        let odds_ratio = (15.0 * 14.0) / (5.0 * 6.0);
        assert!((fit.coefficients[1].estimate - f64::ln(odds_ratio)).abs() < 1e-10);
        let se = (1.0 / 15.0 + 1.0 / 5.0 + 1.0 / 6.0 + 1.0 / 14.0_f64).sqrt();
        assert!((fit.coefficients[1].standard_error - se).abs() < 1e-10);
        assert_eq!(fit.method, Method::MaximumLikelihood);
        // The likelihood-ratio test of the only covariate is the overall one.
        assert!((fit.coefficients[1].likelihood_ratio.unwrap().0 - fit.overall().0).abs() < 1e-9);
    }

    #[test]
    fn a_profile_bound_lies_where_the_likelihood_has_fallen_by_the_quantile() {
        let fitted = fit(cohort().view(), &names(2), &DEAD, None, &Options::default(), &Watch::silent()).unwrap();
        let (lower, upper) = fitted.coefficients[2].profile.unwrap();
        let problem = Problem {
            columns: std::iter::repeat_n(1.0, 12).chain(AGE).chain(SEX).collect(),
            rows: 12,
            labels: &DEAD,
            weights: &[1.0; 12],
            penalised: false,
        };
        let Ok(Search::Converged(best)) = problem.maximise(None, None, &Watch::silent()) else { panic!() };
        for bound in [lower.unwrap(), upper.unwrap()] {
            let fall = problem.profile_deviance(2, bound, &best, &Watch::silent()).unwrap().unwrap();
            assert!((fall - 3.841_458_820_694_124).abs() < 1e-8, "{fall}");
        }
    }

    #[test]
    fn weights_are_repetitions() {
        let x = cohort();
        let weights: Vec<f64> = (0..12).map(|row| f64::from(row % 3)).collect();
        let rows: Vec<usize> = (0..12).flat_map(|row| std::iter::repeat_n(row, row % 3)).collect();
        let repeated = Array2::from_shape_fn((rows.len(), 2), |(row, column)| x[[rows[row], column]]);
        let labels: Vec<bool> = rows.iter().map(|row| DEAD[*row]).collect();
        for firth in [Firth::Always, Firth::WhenSeparated] {
            let options = Options { firth, profile: false, ..Options::default() };
            let a = fit(x.view(), &names(2), &DEAD, Some(&weights), &options, &Watch::silent()).unwrap();
            let b = fit(repeated.view(), &names(2), &labels, None, &options, &Watch::silent()).unwrap();
            for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
                assert!((a.estimate - b.estimate).abs() < 1e-7 * (1.0 + b.estimate.abs()), "{firth:?}");
            }
        }
    }

    #[test]
    fn separation_is_proved_and_named() {
        let mut x = cohort();
        for (row, dead) in DEAD.iter().enumerate() {
            x[[row, 1]] = if *dead { 2.0 + row as f64 } else { 1.0 - row as f64 };
        }
        let options = Options::default();
        let fitted = fit(x.view(), &names(2), &DEAD, None, &options, &Watch::silent()).unwrap();
        assert_eq!(fitted.method, Method::Firth);
        assert!(fitted.separated_by.clone().unwrap().contains(&"x1".to_owned()));
        assert!(fitted.how().contains("Firth"));
        assert!(fitted.coefficients.iter().all(|c| c.estimate.is_finite() && c.standard_error.is_finite()));
        let never = Options { firth: Firth::Never, ..options };
        assert!(fit(x.view(), &names(2), &DEAD, None, &never, &Watch::silent()).is_err());
    }

    #[test]
    fn firth_of_a_two_by_two_table_adds_half_to_each_cell() {
        // Saturated model: Firth's estimate is the log odds ratio with 1/2 added to each cell.
        let x = Array2::from_shape_fn((20, 1), |(row, _)| f64::from(u8::from(row < 8)));
        let labels: Vec<bool> = (0..20).map(|row| (8..13).contains(&row)).collect();
        let fitted = fit(x.view(), &names(1), &labels, None, &Options::default(), &Watch::silent()).unwrap();
        assert_eq!(fitted.method, Method::Firth);
        let expected = f64::ln((0.5 / 8.5) / (5.5 / 7.5));
        assert!((fitted.coefficients[1].estimate - expected).abs() < 1e-8);
    }

    #[test]
    fn firths_maximum_is_found_where_scoring_is_slow() {
        let mut rng = crate::random::Stream::root(5).rng();
        let x = Array2::from_shape_fn((64, 50), |_| rand::RngExt::random_range(&mut rng, -1.0..1.0));
        let labels: Vec<bool> = (0..64).map(|row| row % 2 == 0).collect();
        let options = Options { profile: false, ..Options::default() };
        let fitted = fit(x.view(), &names(50), &labels, None, &options, &Watch::silent()).unwrap();
        assert_eq!(fitted.method, Method::Firth);
        assert!(fitted.steps > 100, "{} steps ask nothing of the test", fitted.steps);
        // Firth's modified score, of the leverage h = w x' V x: zero at the maximum.
        let row = |row: usize| std::iter::once(1.0).chain(x.row(row).to_vec()).collect::<Vec<f64>>();
        let mut score = [0.0; 51];
        for (index, label) in labels.iter().enumerate() {
            let (x, p) = (row(index), fitted.fitted[index]);
            let quadratic: f64 = (0..51).map(|i| (0..51).map(|j| x[i] * fitted.vcov[i][j] * x[j]).sum::<f64>()).sum();
            let residual = f64::from(u8::from(*label)) - p + p * (1.0 - p) * quadratic * (0.5 - p);
            score.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * residual);
        }
        assert!(score.iter().all(|sum| sum.abs() < 1e-8), "{score:?}");
    }

    #[test]
    fn nearly_a_coefficient_a_row_is_refused() {
        let mut rng = crate::random::Stream::root(5).rng();
        let x = Array2::from_shape_fn((30, 28), |_| rand::RngExt::random_range(&mut rng, -1.0..1.0));
        let labels: Vec<bool> = (0..30).map(|row| row % 2 == 0).collect();
        let options = Options { profile: false, ..Options::default() };
        let refused = fit(x.view(), &names(28), &labels, None, &options, &Watch::silent()).unwrap_err();
        assert!(refused.to_string().contains("29 coefficients on 30 rows"), "{refused}");
    }

    #[test]
    fn degenerate_designs_have_their_reasons() {
        let x = cohort();
        let options = Options::default();
        assert!(fit(x.view(), &names(2), &[true; 12], None, &options, &Watch::silent()).is_err());
        let wide = Array2::from_shape_fn((4, 9), |(i, j)| ((i * 7 + j * 3) % 5) as f64 + (i * j) as f64);
        assert!(fit(wide.view(), &names(9), &[true, false, true, false], None, &options, &Watch::silent()).is_err());
        let doubled = Array2::from_shape_fn((12, 3), |(row, column)| x[[row, column % 2]]);
        let fitted = fit(doubled.view(), &names(3), &DEAD, None, &options, &Watch::silent()).unwrap();
        assert_eq!(fitted.aliased, ["x2"]);
        assert_eq!(fitted.kept, [0, 1]);
    }

    #[test]
    fn agrees_with_glm_uniroot_and_firth_on_twelve() {
        let silent = Watch::silent();
        let ml = fit(cohort().view(), &names(2), &DEAD, None, &Options::default(), &silent).unwrap();
        let expected = [-11.829579703601084, 0.2079823455558202, -0.6552116917980182];
        let errors = [6.4419504023750624, 0.1130037269715731, 1.854394218961829];
        for (index, coefficient) in ml.coefficients.iter().enumerate() {
            assert!((coefficient.estimate - expected[index]).abs() < 1e-8);
            assert!((coefficient.standard_error - errors[index]).abs() < 1e-7);
        }
        for (index, bounds) in
            [(1, (0.04074082236092331, 0.5225232319517384)), (2, (-5.218140459107705, 2.991818223809311))]
        {
            let (lower, upper) = ml.coefficients[index].profile.unwrap();
            assert!((lower.unwrap() - bounds.0).abs() < 1e-7 && (upper.unwrap() - bounds.1).abs() < 1e-7);
        }
        let options = Options { firth: Firth::Always, profile: false, ..Options::default() };
        let firth = fit(cohort().view(), &names(2), &DEAD, None, &options, &silent).unwrap();
        assert!((firth.coefficients[1].estimate - 0.12908863).abs() < 1e-7);
        assert!((firth.coefficients[2].estimate - -0.36873757).abs() < 1e-7);
    }
}
