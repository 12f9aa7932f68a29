//! The values of one column.

use chrono::NaiveDate;

use super::expression::Type;

/// A typed column. A missing value is `None`, or NaN among numbers; numbers are never infinite.
#[derive(Clone, Debug)]
pub enum Cells {
    Number(Vec<f64>),
    Text(Vec<Option<String>>),
    Date(Vec<Option<NaiveDate>>),
    Flag(Vec<Option<bool>>),
    /// Days.
    Duration(Vec<f64>),
}

impl Cells {
    pub fn kind(&self) -> Type {
        match self {
            Cells::Number(_) => Type::Number,
            Cells::Text(_) => Type::Text,
            Cells::Date(_) => Type::Date,
            Cells::Flag(_) => Type::Flag,
            Cells::Duration(_) => Type::Duration,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Cells::Number(values) | Cells::Duration(values) => values.len(),
            Cells::Text(values) => values.len(),
            Cells::Date(values) => values.len(),
            Cells::Flag(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Cells::Number(values) | Cells::Duration(values) => values[row].is_nan(),
            Cells::Text(values) => values[row].is_none(),
            Cells::Date(values) => values[row].is_none(),
            Cells::Flag(values) => values[row].is_none(),
        }
    }

    /// Number of missing values.
    pub fn missing(&self) -> usize {
        (0..self.len()).filter(|row| self.is_missing(*row)).count()
    }

    /// Whether there is no value at all, so that the column has no type of its own.
    pub fn all_missing(&self) -> bool {
        (0..self.len()).all(|row| self.is_missing(row))
    }

    /// Missing values of a type.
    pub fn none(kind: Type, rows: usize) -> Self {
        match kind {
            Type::Number => Cells::Number(vec![f64::NAN; rows]),
            Type::Duration => Cells::Duration(vec![f64::NAN; rows]),
            Type::Text => Cells::Text(vec![None; rows]),
            Type::Date => Cells::Date(vec![None; rows]),
            Type::Flag => Cells::Flag(vec![None; rows]),
        }
    }

    /// The rows at `rows`, in that order; `None` gives a missing value.
    #[must_use]
    pub fn select(&self, rows: impl Iterator<Item = Option<usize>>) -> Self {
        match self {
            Cells::Number(values) => Cells::Number(rows.map(|row| row.map_or(f64::NAN, |row| values[row])).collect()),
            Cells::Duration(values) => {
                Cells::Duration(rows.map(|row| row.map_or(f64::NAN, |row| values[row])).collect())
            }
            Cells::Text(values) => Cells::Text(rows.map(|row| row.and_then(|row| values[row].clone())).collect()),
            Cells::Date(values) => Cells::Date(rows.map(|row| row.and_then(|row| values[row])).collect()),
            Cells::Flag(values) => Cells::Flag(rows.map(|row| row.and_then(|row| values[row])).collect()),
        }
    }

    /// The value as text, `None` where it is missing: `71`, `A`, `2021-01-31`, `yes`.
    pub fn text(&self, row: usize) -> Option<String> {
        match self {
            Cells::Number(values) | Cells::Duration(values) => {
                let value = values[row];
                (!value.is_nan()).then(|| format!("{value}"))
            }
            Cells::Text(values) => values[row].clone(),
            Cells::Date(values) => values[row].map(|date| date.to_string()),
            Cells::Flag(values) => values[row].map(|flag| if flag { "yes".to_owned() } else { "no".to_owned() }),
        }
    }

    /// As numbers: numbers, days, and flags as 0 and 1. `None` for text and dates that hold values.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Cells::Number(values) | Cells::Duration(values) => Some(values.clone()),
            Cells::Flag(values) => {
                Some(values.iter().map(|flag| flag.map_or(f64::NAN, |flag| f64::from(u8::from(flag)))).collect())
            }
            _ if self.all_missing() => Some(vec![f64::NAN; self.len()]),
            _ => None,
        }
    }

    /// As flags: flags, and numbers that are 0 or 1. `None` for anything else.
    pub fn flags(&self) -> Option<Vec<Option<bool>>> {
        match self {
            Cells::Flag(values) => Some(values.clone()),
            Cells::Number(values) => values
                .iter()
                .map(|value| match *value {
                    value if value.is_nan() => Some(None),
                    0.0 => Some(Some(false)),
                    1.0 => Some(Some(true)),
                    _ => None,
                })
                .collect(),
            _ if self.all_missing() => Some(vec![None; self.len()]),
            _ => None,
        }
    }

    /// As dates. `None` for anything else.
    pub fn dates(&self) -> Option<Vec<Option<NaiveDate>>> {
        match self {
            Cells::Date(values) => Some(values.clone()),
            _ if self.all_missing() => Some(vec![None; self.len()]),
            _ => None,
        }
    }

    /// As text. `None` for anything else.
    pub fn texts(&self) -> Option<Vec<Option<String>>> {
        match self {
            Cells::Text(values) => Some(values.clone()),
            _ if self.all_missing() => Some(vec![None; self.len()]),
            _ => None,
        }
    }

    /// Distinct values as text: numbers and dates ascending, text in alphabetical order.
    pub fn levels(&self) -> Vec<String> {
        match self {
            Cells::Number(values) | Cells::Duration(values) => {
                let mut distinct: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
                distinct.sort_by(f64::total_cmp);
                distinct.dedup();
                distinct.iter().map(|value| format!("{value}")).collect()
            }
            Cells::Flag(values) => [false, true]
                .into_iter()
                .filter(|level| values.contains(&Some(*level)))
                .map(|level| if level { "yes".to_owned() } else { "no".to_owned() })
                .collect(),
            _ => {
                let mut distinct: Vec<String> = (0..self.len()).filter_map(|row| self.text(row)).collect();
                distinct.sort();
                distinct.dedup();
                distinct
            }
        }
    }

    /// Hash of type and values: missing values count as such whatever stands behind them, and -0
    /// is 0, so that equal columns hash equally however they were read.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[self.kind() as u8]);
        hasher.update(&(self.len() as u64).to_le_bytes());
        match self {
            Cells::Number(values) | Cells::Duration(values) => {
                for value in values {
                    let bits = if value.is_nan() {
                        u64::MAX
                    } else if *value == 0.0 {
                        0
                    } else {
                        value.to_bits()
                    };
                    hasher.update(&bits.to_le_bytes());
                }
            }
            Cells::Text(values) => {
                for value in values {
                    match value {
                        None => {
                            hasher.update(&u64::MAX.to_le_bytes());
                        }
                        Some(text) => {
                            hasher.update(&(text.len() as u64).to_le_bytes());
                            hasher.update(text.as_bytes());
                        }
                    }
                }
            }
            Cells::Date(values) => {
                for value in values {
                    let days = value.map_or(i64::MAX, |date| i64::from(chrono::Datelike::num_days_from_ce(&date)));
                    hasher.update(&days.to_le_bytes());
                }
            }
            Cells::Flag(values) => {
                for value in values {
                    hasher.update(&[value.map_or(2, u8::from)]);
                }
            }
        }
        *hasher.finalize().as_bytes()
    }
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.hash() == other.hash()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_columns_hash_equally_whatever_stands_behind_the_missing() {
        let other_nan = f64::from_bits(0x7ff8_0000_0000_0001);
        assert_eq!(Cells::Number(vec![0.0, f64::NAN]).hash(), Cells::Number(vec![-0.0, other_nan]).hash());
        assert_ne!(Cells::Number(vec![0.0]).hash(), Cells::Duration(vec![0.0]).hash());
        assert_ne!(
            Cells::Text(vec![Some("a".into()), Some("bc".into())]).hash(),
            Cells::Text(vec![Some("ab".into()), Some("c".into())]).hash()
        );
        assert_ne!(Cells::Text(vec![None]).hash(), Cells::Text(vec![Some(String::new())]).hash());
    }

    #[test]
    fn a_column_without_values_is_of_any_type() {
        let empty = Cells::none(Type::Number, 3);
        assert_eq!(empty.dates(), Some(vec![None; 3]));
        assert_eq!(empty.flags(), Some(vec![None; 3]));
        assert_eq!(Cells::Number(vec![2.0]).flags(), None);
    }
}
