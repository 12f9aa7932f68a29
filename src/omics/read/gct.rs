//! GenePattern's GCT: 1.2, and 1.3 with metadata of rows and columns, which is left out.

use crate::omics::error::OmicsError;

use super::grid::Grid;
use super::text;

pub(super) fn read(path: &str, content: &str) -> Result<Grid, OmicsError> {
    let fault = |line: usize, reason: String| OmicsError::Line { path: path.to_owned(), line, reason };
    let mut lines = content.lines().enumerate();
    let version = lines.next().map_or("", |(_, line)| line.trim());
    if !matches!(version, "#1.2" | "#1.3") {
        return Err(fault(
            1,
            format!("holds \"{}\" where GCT files say #1.2 or #1.3", version.chars().take(20).collect::<String>()),
        ));
    }
    let sizes: Vec<usize> = lines
        .next()
        .map(|(_, line)| line.split('\t').filter_map(|field| field.trim().parse().ok()).collect())
        .unwrap_or_default();
    let (Some(rows), Some(columns)) = (sizes.first().copied(), sizes.get(1).copied()) else {
        return Err(fault(2, "does not tell the number of rows and columns".to_owned()));
    };
    // 1.2 has one column of description.
    let (descriptions, annotations) = if version == "#1.2" {
        (1, 0)
    } else {
        (sizes.get(2).copied().unwrap_or(0), sizes.get(3).copied().unwrap_or(0))
    };
    let Some((_, head)) = lines.next() else { return Err(fault(3, "is missing".to_owned())) };
    let header = text::fields(head, '\t');
    let first = 1 + descriptions.min(header.len());
    if header.len().checked_sub(first) != Some(columns) {
        return Err(fault(
            3,
            format!("names {} samples, and line 2 says {columns}", header.len().saturating_sub(first)),
        ));
    }
    let samples = header.iter().enumerate().filter(|(column, _)| *column == 0 || *column >= first);
    let mut body = text::Body::new(path, samples.map(|(_, name)| name.clone()).collect(), 0);
    for (line, row) in lines.filter(|(_, line)| !line.trim().is_empty()).skip(annotations) {
        let found = row.split('\t').count();
        if found != header.len() {
            return Err(fault(line + 1, format!("has {found} fields where the header has {}", header.len())));
        }
        let cells = row.split('\t').enumerate().filter(|(column, _)| *column == 0 || *column >= first);
        body.push(line, cells.map(|(_, cell)| cell))?;
    }
    if body.rows() != rows {
        return Err(fault(2, format!("says {rows} genes, and {} follow", body.rows())));
    }
    let mut grid = body.finish(None)?;
    // Genes are rows by definition.
    grid.corner = "gene".to_owned();
    Ok(grid)
}
