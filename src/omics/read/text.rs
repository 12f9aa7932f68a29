//! Delimited text: names in the first column (or in that of the key), numbers elsewhere. Cells
//! become numbers as they are read, so that a large matrix is held once.

use crate::omics::error::OmicsError;

use super::grid::Grid;

/// Text that stands for a missing value.
const MISSING: &[&str] = &["", "NA", "NaN", "nan", "null", "NULL", "N/A", "#N/A"];

pub(super) fn read(path: &str, text: &str, key: Option<&str>) -> Result<Grid, OmicsError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let empty = || OmicsError::Format { path: path.to_owned(), reason: "it is empty".to_owned() };
    let (_, head) = lines.next().ok_or_else(empty)?;
    let delimiter = delimiter(head);
    let header = fields(head, delimiter);
    let width = lines.peek().map(|(_, line)| fields(line, delimiter).len()).ok_or_else(empty)?;
    // R writes no name above the names of rows.
    let header = if header.len() + 1 == width { [vec![String::new()], header].concat() } else { header };
    let names = key.and_then(|key| header.iter().position(|name| name == key)).unwrap_or(0);
    let mut body = Body::new(path, header, names);
    for (line, row) in lines {
        if row.contains('"') {
            body.push(line, fields(row, delimiter).iter().map(String::as_str))?;
        } else {
            body.push(line, row.split(delimiter))?;
        }
    }
    body.finish(key)
}

/// Rows as they come in.
pub(super) struct Body<'p> {
    path: &'p str,
    header: Vec<String>,
    /// Place of the column of names.
    names: usize,
    rows: Vec<String>,
    /// Row after row, the column of names left out.
    values: Vec<f64>,
    /// Whether a column holds a number.
    numbers: Vec<bool>,
    /// The first cell of a column that is no number: its line and text.
    words: Vec<Option<(usize, String)>>,
}

impl<'p> Body<'p> {
    pub fn new(path: &'p str, header: Vec<String>, names: usize) -> Self {
        let width = header.len();
        Body {
            path,
            header,
            names,
            rows: Vec::new(),
            values: Vec::new(),
            numbers: vec![false; width],
            words: vec![None; width],
        }
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Takes a row; `line` counts from 0.
    pub fn push<'c>(&mut self, line: usize, cells: impl Iterator<Item = &'c str>) -> Result<(), OmicsError> {
        let mut found = 0;
        let mut name = "";
        for cell in cells {
            let (column, cell) = (found, cell.trim());
            found += 1;
            if column == self.names {
                name = cell;
                continue;
            }
            if column >= self.header.len() {
                continue;
            }
            let value = match cell.parse::<f64>().ok().filter(|value| value.is_finite()) {
                Some(value) => {
                    self.numbers[column] = true;
                    value
                }
                None => {
                    if !MISSING.contains(&cell) && self.words[column].is_none() {
                        self.words[column] = Some((line, cell.to_owned()));
                    }
                    f64::NAN
                }
            };
            self.values.push(value);
        }
        if found != self.header.len() {
            let reason = format!("has {found} fields where the header has {}", self.header.len());
            return Err(OmicsError::Line { path: self.path.to_owned(), line: line + 1, reason });
        }
        self.rows.push(name.to_owned());
        Ok(())
    }

    /// The grid. A column without a single number is left out; a cell that is no number where others
    /// are is a fault.
    pub fn finish(self, key: Option<&str>) -> Result<Grid, OmicsError> {
        let others: Vec<usize> = (0..self.header.len()).filter(|column| *column != self.names).collect();
        let kept: Vec<usize> = (0..others.len()).filter(|place| self.numbers[others[*place]]).collect();
        if kept.is_empty() {
            return Err(OmicsError::Format {
                path: self.path.to_owned(),
                reason: "no column holds numbers".to_owned(),
            });
        }
        for place in &kept {
            let column = others[*place];
            if let Some((line, text)) = &self.words[column] {
                let reason = format!("holds \"{text}\" in column `{}`, where numbers stand", self.header[column]);
                return Err(OmicsError::Line { path: self.path.to_owned(), line: line + 1, reason });
            }
        }
        let mut notes = Vec::new();
        let mut values = self.values;
        if kept.len() < others.len() {
            let left_out: Vec<String> = others
                .iter()
                .filter(|column| !self.numbers[**column])
                .map(|column| format!("`{}`", self.header[*column]))
                .collect();
            notes.push(format!("columns that hold no numbers are left out: {}", crate::frame::fault::list(&left_out)));
            values = values.chunks(others.len()).flat_map(|row| kept.iter().map(move |place| row[*place])).collect();
        }
        Ok(Grid {
            corner: self.header[self.names].clone(),
            rows: self.rows,
            columns: kept.iter().map(|place| self.header[others[*place]].clone()).collect(),
            values,
            key: key.map(str::to_owned),
            notes,
        })
    }
}

/// Tabs before semicolons before commas: gene names may hold commas.
fn delimiter(head: &str) -> char {
    ['\t', ';', ','].into_iter().find(|delimiter| head.contains(*delimiter)).unwrap_or(',')
}

/// The fields of a line, quotes taken off.
pub(super) fn fields(line: &str, delimiter: char) -> Vec<String> {
    if !line.contains('"') {
        return line.split(delimiter).map(|field| field.trim().to_owned()).collect();
    }
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            character if character == delimiter && !quoted => fields.push(String::new()),
            character => field.push(character),
        }
    }
    fields.into_iter().map(|field| field.trim().to_owned()).collect()
}
