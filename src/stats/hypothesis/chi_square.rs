//! Pearson's chi-square test of a contingency table.

use super::TestResult;
use crate::stats::distribution::chi_square_sf;
use crate::stats::estimate::NotEstimable;

/// Rows and columns that hold a count; the others say nothing about association.
pub(super) fn occupied(table: &[Vec<u64>]) -> Result<Vec<Vec<u64>>, NotEstimable> {
    let width = table.first().map_or(0, Vec::len);
    if table.iter().any(|row| row.len() != width) {
        return Err(NotEstimable::new("the rows of the table are of different lengths"));
    }
    let columns: Vec<usize> = (0..width).filter(|column| table.iter().any(|row| row[*column] > 0)).collect();
    let table: Vec<Vec<u64>> = table
        .iter()
        .filter(|row| row.iter().any(|count| *count > 0))
        .map(|row| columns.iter().map(|column| row[*column]).collect())
        .collect();
    if table.len() < 2 || columns.len() < 2 {
        return Err(NotEstimable::new("fewer than two rows or columns of the table have counts"));
    }
    Ok(table)
}

/// Counts expected under independence, row by column.
pub fn expected_counts(table: &[Vec<u64>]) -> Vec<Vec<f64>> {
    let n = table.iter().flatten().sum::<u64>() as f64;
    let width = table.first().map_or(0, Vec::len);
    let columns: Vec<f64> = (0..width).map(|j| table.iter().map(|row| row[j]).sum::<u64>() as f64).collect();
    table
        .iter()
        .map(|row| {
            let sum = row.iter().sum::<u64>() as f64;
            columns.iter().map(|column| sum * column / n).collect()
        })
        .collect()
}

/// Pearson's chi-square test of independence; `yates` subtracts up to 1/2 from each deviation of
/// a 2 x 2 table. Empty rows and columns are left out.
///
/// # Errors
/// Fewer than two rows or columns with counts.
pub fn chi_square(table: &[Vec<u64>], yates: bool) -> Result<TestResult, NotEstimable> {
    let table = occupied(table)?;
    let expected = expected_counts(&table);
    let (rows, columns) = (table.len(), table[0].len());
    let cells = || table.iter().flatten().map(|count| *count as f64).zip(expected.iter().flatten().copied());
    let corrected = yates && rows == 2 && columns == 2;
    let correction = if corrected { cells().map(|(o, e)| (o - e).abs()).fold(0.5, f64::min) } else { 0.0 };
    let statistic: f64 = cells().map(|(o, e)| ((o - e).abs() - correction).powi(2) / e).sum();
    let df = ((rows - 1) * (columns - 1)) as f64;
    let n = table.iter().flatten().sum::<u64>() as usize;
    let name = if corrected { "chi-square test with Yates' correction" } else { "chi-square test" };
    let mut result = TestResult::new(name, "χ²", statistic, chi_square_sf(statistic, df), n).with_df(&[df]);
    let small = cells().filter(|(_, e)| *e < 5.0).count();
    if small > 0 {
        result = result.with_note(format!("{small} of {} cells have an expected count below 5", rows * columns));
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    // chisq.test(matrix(c(12, 5, 7, 16), 2)) of R.
    #[test]
    fn agrees_with_r() {
        let table = vec![vec![12, 7], vec![5, 16]];
        assert!((chi_square(&table, true).unwrap().p - 0.0282575285).abs() < 1e-7);
        assert!((chi_square(&table, false).unwrap().p - 0.0119390914).abs() < 1e-7);
    }

    #[test]
    fn empty_levels_are_left_out() {
        let with = vec![vec![12, 0, 7], vec![5, 0, 16], vec![0, 0, 0]];
        let without = vec![vec![12, 7], vec![5, 16]];
        assert_eq!(chi_square(&with, false), chi_square(&without, false));
        assert!(chi_square(&[vec![3, 0], vec![4, 0]], false).is_err());
        assert!(chi_square(&[], false).is_err());
    }
}
