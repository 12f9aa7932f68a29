//! One row a gene.
//!
//! The rule: of several rows of one gene the one with the highest mean over all samples stands for
//! it (the first of equals), as GSEA's collapse and WGCNA's `MaxMean` do; rows of counts are summed,
//! because reads of a gene's rows are reads of the gene. Rows without a name are left out.

use std::collections::HashMap;

use super::matrix::Expression;
use super::scale::Scale;

/// The matrix with one row a gene, in the order in which the genes first stand.
#[must_use]
pub fn resolved(matrix: Expression) -> Expression {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut nameless = 0;
    for (place, gene) in matrix.genes().iter().enumerate() {
        let name = gene.trim();
        if name.is_empty() || name == "NA" || name == "---" {
            nameless += 1;
            continue;
        }
        let rows = places.entry(name).or_insert_with(|| {
            order.push(name);
            Vec::new()
        });
        rows.push(place);
    }
    let repeated = places.values().filter(|rows| rows.len() > 1).count();
    if repeated == 0 && nameless == 0 {
        return matrix;
    }
    let sums = matrix.scale == Scale::Counts;
    let mut values = Vec::with_capacity(order.len() * matrix.samples().len());
    let mut surplus = 0;
    for name in &order {
        let rows = places.get(name).map_or(&[][..], Vec::as_slice);
        surplus += rows.len() - 1;
        if sums {
            let mut sum = vec![0.0; matrix.samples().len()];
            for row in rows {
                for (total, value) in sum.iter_mut().zip(matrix.row(*row)) {
                    *total += value;
                }
            }
            values.extend(sum);
        } else {
            let mean = |row: usize| matrix.row(row).iter().sum::<f64>();
            let mut best = rows[0];
            for row in &rows[1..] {
                if mean(*row) > mean(best) {
                    best = *row;
                }
            }
            values.extend_from_slice(matrix.row(best));
        }
    }
    let genes: Vec<String> = order.iter().map(|name| (*name).to_owned()).collect();
    let mut notes = matrix.notes.clone();
    if repeated > 0 {
        let rule = if sums { "their counts are summed" } else { "the row with the highest mean is kept" };
        notes.push(format!("{repeated} genes stand on several rows ({surplus} more than one each): {rule}"));
    }
    if nameless > 0 {
        notes.push(format!("{nameless} rows have no gene and are left out"));
    }
    let mut resolved = Expression::new(genes, matrix.samples().to_vec(), values, matrix.scale);
    resolved.notes = notes;
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(scale: Scale) -> Expression {
        let genes = ["A", "B", "A", ""].map(str::to_owned).to_vec();
        let values = vec![1.0, 2.0, 5.0, 5.0, 3.0, 1.0, 9.0, 9.0];
        Expression::new(genes, vec!["x".to_owned(), "y".to_owned()], values, scale)
    }

    #[test]
    fn the_highest_mean_stands_for_a_gene_and_counts_are_summed() {
        let log = resolved(matrix(Scale::Log));
        assert_eq!(log.genes(), ["A", "B"]);
        assert_eq!(log.row(0), [3.0, 1.0]);
        assert_eq!(resolved(matrix(Scale::Counts)).row(0), [4.0, 3.0]);
        assert_eq!(log.notes.len(), 2);
    }
}
