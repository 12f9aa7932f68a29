//! Design matrices of regressions, term by term: numbers, levels, restricted cubic splines and
//! products of terms. Engines take columns, so a formula is never needed here.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};

use super::error::{SurvivalError, same_length};
use crate::stats::ranks::quantile_of_sorted;

/// Named terms over the same rows; NaN is a missing value.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    rows: usize,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    terms: Vec<(String, Range<usize>)>,
}

/// A design without its incomplete rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Complete {
    pub x: Array2<f64>,
    pub names: Vec<String>,
    /// Name and columns of each term.
    pub terms: Vec<(String, Vec<usize>)>,
    /// The rows that are kept, of those of the design.
    pub rows: Vec<usize>,
    pub missing: usize,
}

impl Design {
    pub fn new(rows: usize) -> Self {
        Design { rows, names: Vec::new(), columns: Vec::new(), terms: Vec::new() }
    }

    fn push(&mut self, term: &str, columns: Vec<(String, Vec<f64>)>) {
        let start = self.columns.len();
        for (name, values) in columns {
            self.names.push(name);
            self.columns.push(values);
        }
        self.terms.push((term.to_owned(), start..self.columns.len()));
    }

    /// A number as it is.
    ///
    /// # Errors
    /// Another number of rows.
    pub fn number(&mut self, name: &str, values: &[f64]) -> Result<&mut Self, SurvivalError> {
        same_length("a term", self.rows, values.len())?;
        self.push(name, vec![(name.to_owned(), values.to_vec())]);
        Ok(self)
    }

    /// Indicators of every level but `reference` (`name=level`).
    ///
    /// # Errors
    /// Another number of rows, a code without a level, or fewer than two levels.
    pub fn levels(
        &mut self,
        name: &str,
        codes: &[Option<u32>],
        levels: &[String],
        reference: usize,
    ) -> Result<&mut Self, SurvivalError> {
        same_length("a term", self.rows, codes.len())?;
        if levels.len() < 2 || reference >= levels.len() {
            return Err(SurvivalError::because(format!("`{name}` needs two levels, one of them the reference")));
        }
        if codes.iter().flatten().any(|code| *code as usize >= levels.len()) {
            return Err(SurvivalError::because(format!("`{name}` has a code without a level")));
        }
        let columns = (0..levels.len())
            .filter(|level| *level != reference)
            .map(|level| {
                let value =
                    |code: &Option<u32>| code.map_or(f64::NAN, |code| f64::from(u8::from(code as usize == level)));
                (format!("{name}={}", levels[level]), codes.iter().map(value).collect())
            })
            .collect();
        self.push(name, columns);
        Ok(self)
    }

    /// A restricted cubic spline: the number and one column less than the inner knots suggest
    /// (`knots - 2`), linear beyond the outer knots. See [`spline_basis`].
    ///
    /// # Errors
    /// Another number of rows; knots that are fewer than three or do not ascend.
    pub fn spline(&mut self, name: &str, values: &[f64], knots: &[f64]) -> Result<&mut Self, SurvivalError> {
        same_length("a term", self.rows, values.len())?;
        if knots.len() < 3 || knots.windows(2).any(|pair| pair[0] >= pair[1] || pair.iter().any(|knot| knot.is_nan())) {
            return Err(SurvivalError::because(format!("the spline of `{name}` needs three ascending knots or more")));
        }
        let mut columns = vec![(name.to_owned(), values.to_vec())];
        for term in 0..knots.len() - 2 {
            let primes = "'".repeat(term + 1);
            let column = values.iter().map(|value| spline_basis(*value, knots, term)).collect();
            columns.push((format!("{name}{primes}"), column));
        }
        self.push(name, columns);
        Ok(self)
    }

    /// Products of the columns of two terms (`first:second`).
    ///
    /// # Errors
    /// A term that is not there.
    pub fn interaction(&mut self, first: &str, second: &str) -> Result<&mut Self, SurvivalError> {
        let find = |name: &str| {
            self.terms
                .iter()
                .find(|(term, _)| term == name)
                .map(|(_, range)| range.clone())
                .ok_or_else(|| SurvivalError::because(format!("there is no term `{name}` to multiply")))
        };
        let (a, b) = (find(first)?, find(second)?);
        let mut columns = Vec::new();
        for j in b {
            for i in a.clone() {
                let product = self.columns[i].iter().zip(&self.columns[j]).map(|(x, y)| x * y).collect();
                columns.push((format!("{}:{}", self.names[i], self.names[j]), product));
            }
        }
        self.push(&format!("{first}:{second}"), columns);
        Ok(self)
    }

    /// Rows without a missing value in any term.
    pub fn complete_rows(&self) -> Vec<usize> {
        (0..self.rows).filter(|row| self.columns.iter().all(|column| column[*row].is_finite())).collect()
    }

    /// The terms of these names, in the order of the design, on `rows`.
    pub fn take(&self, terms: &[&str], rows: &[usize]) -> Complete {
        let mut kept: Vec<usize> = Vec::new();
        let mut named = Vec::new();
        for (name, range) in self.terms.iter().filter(|(name, _)| terms.contains(&name.as_str())) {
            named.push((name.clone(), (kept.len()..kept.len() + range.len()).collect()));
            kept.extend(range.clone());
        }
        Complete {
            x: Array2::from_shape_fn((rows.len(), kept.len()), |(row, column)| self.columns[kept[column]][rows[row]]),
            names: kept.iter().map(|column| self.names[*column].clone()).collect(),
            terms: named,
            rows: rows.to_vec(),
            missing: self.rows - rows.len(),
        }
    }

    /// Every term on the complete rows.
    pub fn complete(&self) -> Complete {
        let names: Vec<&str> = self.terms.iter().map(|(name, _)| name.as_str()).collect();
        self.take(&names, &self.complete_rows())
    }

    /// Names of the terms in order.
    pub fn terms(&self) -> Vec<&str> {
        self.terms.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl Complete {
    pub fn view(&self) -> ArrayView2<'_, f64> {
        self.x.view()
    }
}

/// Nonlinear basis function `term` (from 0) of Harrell's restricted cubic spline, divided by the
/// squared distance of the outer knots, as `Hmisc::rcspline.eval` has it by default.
pub fn spline_basis(value: f64, knots: &[f64], term: usize) -> f64 {
    let k = knots.len();
    let (last, before) = (knots[k - 1], knots[k - 2]);
    let cube = |x: f64| if x > 0.0 { x * x * x } else { 0.0 };
    if value.is_nan() {
        return f64::NAN;
    }
    let span = last - knots[0];
    let own = knots[term];
    (cube(value - own) - cube(value - before) * (last - own) / (last - before)
        + cube(value - last) * (before - own) / (last - before))
        / (span * span)
}

/// Harrell's default knots: fixed quantiles (type 7) of the values that are not missing. With
/// fewer than 100 values the outer knots are the fifth smallest and fifth largest.
///
/// # Errors
/// `count` outside 3 to 7, or quantiles that coincide.
pub fn harrell_knots(values: &[f64], count: usize) -> Result<Vec<f64>, SurvivalError> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let quantiles: &[f64] = match count {
        3 => &[0.1, 0.5, 0.9],
        4 => &[0.05, 0.35, 0.65, 0.95],
        5 => &[0.05, 0.275, 0.5, 0.725, 0.95],
        6 => &[0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
        7 => &[0.025, 0.183_333, 0.341_667, 0.5, 0.658_333, 0.816_667, 0.975],
        _ => return Err(SurvivalError::because(format!("a spline has 3 to 7 knots, not {count}"))),
    };
    let mut knots: Vec<f64> = quantiles.iter().filter_map(|q| quantile_of_sorted(&sorted, *q)).collect();
    let n = sorted.len();
    if (10..100).contains(&n)
        && let (Some(first), Some(last)) = (knots.first_mut(), sorted.get(n - 5))
    {
        *first = sorted[4];
        if let Some(knot) = knots.last_mut() {
            *knot = *last;
        }
    }
    if knots.len() < count || knots.windows(2).any(|pair| pair[0] >= pair[1] || pair.iter().any(|knot| knot.is_nan())) {
        return Err(SurvivalError::because(format!("the values have too few distinct quantiles for {count} knots")));
    }
    Ok(knots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splines_are_linear_beyond_the_outer_knots() {
        let knots = [1.0, 3.0, 4.0, 7.0];
        for term in 0..2 {
            assert_eq!(spline_basis(0.5, &knots, term), 0.0);
            let f = |x: f64| spline_basis(x, &knots, term);
            assert!((f(9.0) - 2.0 * f(10.0) + f(11.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn terms_keep_their_columns_and_rows_their_order() {
        let mut design = Design::new(3);
        design.number("age", &[1.0, f64::NAN, 3.0]).unwrap();
        let levels = ["a", "b", "c"].map(str::to_owned);
        design.levels("stage", &[Some(0), Some(1), Some(2)], &levels, 0).unwrap();
        design.interaction("age", "stage").unwrap();
        let complete = design.complete();
        assert_eq!((complete.rows.clone(), complete.missing), (vec![0, 2], 1));
        assert_eq!(complete.names, ["age", "stage=b", "stage=c", "age:stage=b", "age:stage=c"]);
        assert_eq!(complete.x.row(1).to_vec(), [3.0, 0.0, 1.0, 0.0, 3.0]);
        assert!(design.interaction("age", "sex").is_err());
        assert!(design.spline("x", &[1.0; 3], &[1.0, 1.0, 2.0]).is_err());
        assert!(harrell_knots(&[1.0; 20], 3).is_err());
    }
}
