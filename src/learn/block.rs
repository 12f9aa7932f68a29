//! A block of features: named columns over the same rows, before they are a matrix.

use ndarray::Array2;

use super::seam::FitError;

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN is a missing value and nothing else.
    Number(Vec<f64>),
    /// Levels by index; `None` is missing.
    Level { codes: Vec<Option<u32>>, levels: Vec<String> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: Values,
}

/// Columns over the same rows.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Block {
    rows: usize,
    columns: Vec<Column>,
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Number(values) => values.len(),
            Values::Level { codes, .. } => codes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of missing values.
    pub fn missing(&self) -> usize {
        match self {
            Values::Number(values) => values.iter().filter(|value| value.is_nan()).count(),
            Values::Level { codes, .. } => codes.iter().filter(|code| code.is_none()).count(),
        }
    }

    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Values::Number(values) => Values::Number(rows.iter().map(|row| values[*row]).collect()),
            Values::Level { codes, levels } => {
                Values::Level { codes: rows.iter().map(|row| codes[*row]).collect(), levels: levels.clone() }
            }
        }
    }
}

impl Block {
    /// # Panics
    /// If a column has another number of rows: columns come from one table.
    pub fn new(rows: usize, columns: Vec<Column>) -> Self {
        for column in &columns {
            assert_eq!(column.values.len(), rows, "column {} has other rows than its block", column.name);
        }
        Block { rows, columns }
    }

    /// A block of numbers; `matrix` is rows by columns.
    ///
    /// # Panics
    /// If there are not as many names as columns.
    pub fn from_matrix(names: &[String], matrix: &Array2<f64>) -> Self {
        assert_eq!(names.len(), matrix.ncols(), "one name a column");
        let columns = names
            .iter()
            .zip(matrix.columns())
            .map(|(name, values)| Column { name: name.clone(), values: Values::Number(values.to_vec()) })
            .collect();
        Block { rows: matrix.nrows(), columns }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The rows at `rows`, in that order; a row may stand in it more than once.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| Column { name: column.name.clone(), values: column.values.select(rows) })
            .collect();
        Block { rows: rows.len(), columns }
    }

    /// Side by side.
    ///
    /// # Panics
    /// If the blocks have different numbers of rows.
    #[must_use]
    pub fn join(mut self, other: Block) -> Self {
        assert_eq!(self.rows, other.rows, "blocks of one table have the same rows");
        self.columns.extend(other.columns);
        self
    }

    /// Rows by columns; missing values are NaN.
    ///
    /// # Errors
    /// Names the first column that still holds levels: it wants `one_hot` or `ordinal` first.
    pub fn matrix(&self) -> Result<Array2<f64>, FitError> {
        let mut matrix = Array2::zeros((self.rows, self.columns.len()));
        for (index, column) in self.columns.iter().enumerate() {
            match &column.values {
                Values::Number(values) => {
                    for (row, value) in values.iter().enumerate() {
                        matrix[[row, index]] = *value;
                    }
                }
                Values::Level { .. } => return Err(FitError::Levels { column: column.name.clone() }),
            }
        }
        Ok(matrix)
    }
}
