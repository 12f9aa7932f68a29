//! Names of genes: versions of Ensembl identifiers, and mapping by a user's table.

use std::collections::HashMap;

use super::matrix::Expression;

/// `ENSG00000141510.17` is `ENSG00000141510`; copies on the Y chromosome keep their mark. Other
/// names are as they are.
pub fn without_version(name: &str) -> &str {
    let digits = name.strip_prefix("ENS").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_uppercase()));
    let is_ensembl = digits.is_some_and(|digits| digits.bytes().take_while(u8::is_ascii_digit).count() >= 11);
    match name.split_once('.') {
        Some((identifier, version))
            if is_ensembl && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            identifier
        }
        _ => name,
    }
}

/// The matrix with versions of Ensembl identifiers taken off, which a note counts.
#[must_use]
pub fn unversioned(matrix: Expression) -> Expression {
    let mut changed = 0;
    let genes: Vec<String> = matrix
        .genes()
        .iter()
        .map(|gene| {
            let plain = without_version(gene);
            changed += usize::from(plain.len() != gene.len());
            plain.to_owned()
        })
        .collect();
    if changed == 0 {
        return matrix;
    }
    let mut matrix = matrix.renamed(genes);
    matrix.notes.push(format!("the version of {changed} Ensembl identifiers is not looked at"));
    matrix
}

/// The matrix under the names that `table` gives; genes that it does not name are left out, and a
/// note counts them. Identifiers are compared without their version.
#[must_use]
pub fn mapped(matrix: Expression, table: &HashMap<String, String>) -> Expression {
    let mut places = Vec::new();
    let mut names = Vec::new();
    for (place, gene) in matrix.genes().iter().enumerate() {
        if let Some(name) = table.get(gene).or_else(|| table.get(without_version(gene)))
            && !name.trim().is_empty()
        {
            places.push(place);
            names.push(name.trim().to_owned());
        }
    }
    let all = matrix.genes().len();
    let mut renamed = matrix.of_genes(&places).renamed(names);
    let lost = all - places.len();
    renamed.notes.push(format!("{} of {all} rows are named by the table of genes; {lost} are left out", places.len()));
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::omics::scale::Scale;

    #[test]
    fn versions_are_taken_off_ensembl_names_only() {
        assert_eq!(without_version("ENSG00000141510.17"), "ENSG00000141510");
        assert_eq!(without_version("ENSMUSG00000059552.14"), "ENSMUSG00000059552");
        assert_eq!(without_version("ENSG00000182378.13_PAR_Y"), "ENSG00000182378.13_PAR_Y");
        assert_eq!(without_version("AC129492.1"), "AC129492.1");
        assert_eq!(without_version("TP53"), "TP53");
    }

    #[test]
    fn a_table_names_rows_and_the_rest_is_counted() {
        let genes = ["ENSG00000141510.17", "ENSG00000000003.2"].map(str::to_owned).to_vec();
        let matrix = Expression::new(genes, vec!["x".to_owned()], vec![1.0, 2.0], Scale::Log);
        let table = HashMap::from([("ENSG00000141510".to_owned(), "TP53".to_owned())]);
        let mapped = mapped(matrix.clone(), &table);
        assert_eq!(mapped.genes(), ["TP53"]);
        assert_eq!(
            mapped.notes.last().map(String::as_str),
            Some("1 of 2 rows are named by the table of genes; 1 are left out")
        );
        assert_eq!(unversioned(matrix).genes()[1], "ENSG00000000003");
    }
}
