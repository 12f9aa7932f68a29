//! Tables made of Cox regressions: univariable and multivariable, adjustment before and after,
//! interaction.

use super::cox::{ChiSquared, Coefficient, CoxData, CoxFit, CoxOptions, fit};
use super::design::{Complete, Design};
use super::error::{SurvivalError, same_length};
use crate::stats::{Censored, NotEstimable};

/// One term of a table.
#[derive(Clone, Debug)]
pub struct TermRow {
    pub term: String,
    /// Name and estimate of each column of the term.
    pub coefficients: Vec<(String, Result<Coefficient, NotEstimable>)>,
    /// Likelihood-ratio test of the term: against the model without it.
    pub test: Result<ChiSquared, NotEstimable>,
    pub n: usize,
    pub events: usize,
    /// Rows left out because a value of the model was missing.
    pub missing: usize,
}

fn fitted(complete: &Complete, outcome: &Censored, options: &CoxOptions) -> Result<CoxFit, SurvivalError> {
    let outcome = outcome.select(&complete.rows);
    fit(&CoxData::new(complete.view(), &complete.names, &outcome), options)
}

/// `2 (l_larger - l_smaller)` of nested fits on the same patients.
///
/// # Errors
/// Fits of other patients, not nested, or with a monotone likelihood.
pub fn likelihood_ratio(smaller: &CoxFit, larger: &CoxFit) -> Result<ChiSquared, SurvivalError> {
    if smaller.n != larger.n || smaller.events != larger.events {
        return Err(SurvivalError::because("nested models are compared on the same patients only"));
    }
    if larger.likelihood_ratio.df <= smaller.likelihood_ratio.df {
        return Err(SurvivalError::because("the larger model has no further coefficient that can be estimated"));
    }
    let df = larger.likelihood_ratio.df - smaller.likelihood_ratio.df;
    Ok(ChiSquared::new(2.0 * (larger.log_likelihood[1] - smaller.log_likelihood[1]).max(0.0), df))
}

fn row(term: &str, columns: &[usize], fit: &CoxFit, test: Result<ChiSquared, NotEstimable>, missing: usize) -> TermRow {
    let coefficients =
        columns.iter().map(|column| (fit.names[*column].clone(), fit.coefficients[*column].clone())).collect();
    TermRow { term: term.to_owned(), coefficients, test, n: fit.n, events: fit.events, missing }
}

/// A row of the univariable table, or the term and why it cannot be fitted.
pub type UnivariableRow = Result<TermRow, (String, SurvivalError)>;

/// Each term alone, on the rows where it is not missing. A term that cannot be fitted has the
/// reason in its place.
///
/// # Errors
/// An outcome of other rows.
pub fn univariable(
    design: &Design,
    outcome: &Censored,
    options: &CoxOptions,
) -> Result<Vec<UnivariableRow>, SurvivalError> {
    let terms = design.terms();
    let one = |term: &&str| {
        let whole = design.take(&[*term], &(0..outcome.len()).collect::<Vec<_>>());
        let rows: Vec<usize> =
            (0..outcome.len()).filter(|row| whole.x.row(*row).iter().all(|value| value.is_finite())).collect();
        let complete = design.take(&[*term], &rows);
        let fitted = fitted(&complete, outcome, options).map_err(|error| ((*term).to_owned(), error))?;
        let columns: Vec<usize> = (0..complete.names.len()).collect();
        Ok(row(term, &columns, &fitted, Ok(fitted.likelihood_ratio), complete.missing))
    };
    if design.complete_rows().iter().any(|row| *row >= outcome.len()) {
        return Err(SurvivalError::because("the design has other rows than the outcome"));
    }
    Ok(terms.iter().map(one).collect())
}

/// All terms together on the complete rows, each with the likelihood-ratio test of leaving it out.
///
/// # Errors
/// As [`fit`] of a Cox regression.
pub fn multivariable(
    design: &Design,
    outcome: &Censored,
    options: &CoxOptions,
) -> Result<(CoxFit, Vec<TermRow>), SurvivalError> {
    let complete = design.complete();
    let full = fitted(&complete, outcome, options)?;
    let names = design.terms();
    let mut rows = Vec::with_capacity(names.len());
    for (term, columns) in &complete.terms {
        let others: Vec<&str> = names.iter().copied().filter(|name| name != term).collect();
        let test = if others.is_empty() {
            Ok(full.likelihood_ratio)
        } else {
            let smaller = fitted(&design.take(&others, &complete.rows), outcome, options)?;
            likelihood_ratio(&smaller, &full).map_err(|error| NotEstimable::new(error.to_string()))
        };
        rows.push(row(term, columns, &full, test, complete.missing));
    }
    Ok((full, rows))
}

/// A coefficient before and after adding covariates, on the same patients.
#[derive(Clone, Debug)]
pub struct Attenuation {
    pub column: String,
    pub before: Result<Coefficient, NotEstimable>,
    pub after: Result<Coefficient, NotEstimable>,
    /// `(before - after) / before` of the coefficients: 1 is full attenuation, below 0 a
    /// strengthening; absent where either has no estimate.
    pub share: Option<f64>,
}

/// Adjustment before and after: the coefficients of `focal` with the terms `base`, and with
/// `base` and `added`, on the rows complete for all of them; and the likelihood-ratio test of
/// `added`.
///
/// # Errors
/// As [`fit`] of a Cox regression, or a term that is not in the design.
pub fn attenuation(
    design: &Design,
    outcome: &Censored,
    focal: &str,
    base: &[&str],
    added: &[&str],
    options: &CoxOptions,
) -> Result<(Vec<Attenuation>, ChiSquared), SurvivalError> {
    let known = design.terms();
    for term in base.iter().chain(added).chain([&focal]) {
        if !known.contains(term) {
            return Err(SurvivalError::because(format!("there is no term `{term}`")));
        }
    }
    let everything: Vec<usize> = (0..outcome.len()).collect();
    let small: Vec<&str> = known.iter().copied().filter(|term| *term == focal || base.contains(term)).collect();
    let large: Vec<&str> = known.iter().copied().filter(|term| small.contains(term) || added.contains(term)).collect();
    let whole = design.take(&large, &everything);
    let rows: Vec<usize> =
        everything.into_iter().filter(|row| whole.x.row(*row).iter().all(|value| value.is_finite())).collect();
    let (before_x, after_x) = (design.take(&small, &rows), design.take(&large, &rows));
    let (before, after) = (fitted(&before_x, outcome, options)?, fitted(&after_x, outcome, options)?);
    let columns = |complete: &Complete| -> Vec<usize> {
        complete.terms.iter().find(|(term, _)| term == focal).map_or(Vec::new(), |(_, columns)| columns.clone())
    };
    let (from, to) = (columns(&before_x), columns(&after_x));
    same_length("the focal term", from.len(), to.len())?;
    let changes = from
        .into_iter()
        .zip(to)
        .map(|(i, j)| {
            let (before, after) = (before.coefficients[i].clone(), after.coefficients[j].clone());
            let share = match (&before, &after) {
                (Ok(b), Ok(a)) if b.value != 0.0 => Some((b.value - a.value) / b.value),
                _ => None,
            };
            Attenuation { column: before_x.names[i].clone(), before, after, share }
        })
        .collect();
    Ok((changes, likelihood_ratio(&before, &after)?))
}

/// Interaction: the fit with the products of two terms, and the likelihood-ratio test of them
/// against all terms without.
///
/// # Errors
/// As [`fit`] of a Cox regression, or a term that is not in the design.
pub fn interaction(
    design: &Design,
    outcome: &Censored,
    first: &str,
    second: &str,
    options: &CoxOptions,
) -> Result<(CoxFit, ChiSquared), SurvivalError> {
    let mut with = design.clone();
    with.interaction(first, second)?;
    let complete = with.complete();
    let larger = fitted(&complete, outcome, options)?;
    let smaller = fitted(&design.take(&design.terms(), &complete.rows), outcome, options)?;
    let test = likelihood_ratio(&smaller, &larger)?;
    Ok((larger, test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohort() -> (Design, Censored) {
        let n = 30;
        let mut design = Design::new(n);
        let age: Vec<f64> = (0..n).map(|row| ((row * 7) % 13) as f64).collect();
        let mut dose: Vec<f64> = (0..n).map(|row| ((row * 5) % 11) as f64).collect();
        dose[3] = f64::NAN;
        design.number("age", &age).unwrap();
        design.number("dose", &dose).unwrap();
        let outcome = Censored::new(
            (0..n).map(|row| 1.0 + ((row * 17) % 29) as f64).collect(),
            (0..n).map(|row| u8::from(row % 3 != 0)).collect(),
        );
        (design, outcome)
    }

    #[test]
    fn tables_count_their_rows() {
        let (design, outcome) = cohort();
        let options = CoxOptions::default();
        let alone = univariable(&design, &outcome, &options).unwrap();
        assert_eq!(alone[0].as_ref().unwrap().n, 30);
        assert_eq!((alone[1].as_ref().unwrap().n, alone[1].as_ref().unwrap().missing), (29, 1));
        let (full, rows) = multivariable(&design, &outcome, &options).unwrap();
        assert_eq!((full.n, rows.len()), (29, 2));
        assert_eq!(rows[0].test.as_ref().unwrap().df, 1);
        let (changes, test) = attenuation(&design, &outcome, "age", &[], &["dose"], &options).unwrap();
        assert!(changes[0].share.is_some() && test.df == 1);
        assert_eq!(rows[1].test.as_ref().unwrap().statistic, test.statistic);
        let (_, test) = interaction(&design, &outcome, "age", "dose", &options).unwrap();
        assert_eq!(test.df, 1);
        assert!(attenuation(&design, &outcome, "age", &[], &["sex"], &options).is_err());
    }
}
