//! A matrix of expression: genes by samples, complete.

use super::scale::Scale;

/// Genes by samples. Every value is finite: genes with a missing value are left out when it is
/// read, and counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    genes: Vec<String>,
    samples: Vec<String>,
    /// Gene after gene.
    values: Vec<f64>,
    pub scale: Scale,
    /// What was decided on the way: orientation, scale, duplicates, what was left out.
    pub notes: Vec<String>,
}

impl Expression {
    /// `values` gene after gene. A gene of which a value is not finite is left out, which a note
    /// counts; values beyond the shape are ignored, and absent ones are missing.
    pub fn new(genes: Vec<String>, samples: Vec<String>, values: Vec<f64>, scale: Scale) -> Self {
        let width = samples.len();
        let mut notes = Vec::new();
        let whole = |gene: usize| {
            let row = values.get(gene * width..(gene + 1) * width);
            row.is_some_and(|row| row.iter().all(|value| value.is_finite()))
        };
        let kept: Vec<usize> = (0..genes.len()).filter(|gene| whole(*gene)).collect();
        if kept.len() == genes.len() && values.len() == genes.len() * width {
            return Expression { genes, samples, values, scale, notes };
        }
        let lost = genes.len() - kept.len();
        notes.push(format!("{lost} of {} genes are left out because a value is missing", genes.len()));
        let mut complete = Vec::with_capacity(kept.len() * width);
        for gene in &kept {
            complete.extend_from_slice(&values[gene * width..(gene + 1) * width]);
        }
        let genes = kept.into_iter().map(|gene| genes[gene].clone()).collect();
        Expression { genes, samples, values: complete, scale, notes }
    }

    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    pub fn samples(&self) -> &[String] {
        &self.samples
    }

    /// Values of one gene.
    pub fn row(&self, gene: usize) -> &[f64] {
        &self.values[gene * self.samples.len()..(gene + 1) * self.samples.len()]
    }

    /// Genes in order, each with its values.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.genes.iter().enumerate().map(|(gene, name)| (name.as_str(), self.row(gene)))
    }

    /// Gene after gene.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Values of one sample.
    pub fn column(&self, sample: usize) -> Vec<f64> {
        self.values.iter().skip(sample).step_by(self.samples.len().max(1)).copied().collect()
    }

    /// Sum of each sample: its library size, of counts.
    pub fn totals(&self) -> Vec<f64> {
        let mut totals = vec![0.0; self.samples.len()];
        for (_, row) in self.rows() {
            for (total, value) in totals.iter_mut().zip(row) {
                *total += value;
            }
        }
        totals
    }

    /// The samples at `places`, in that order.
    #[must_use]
    pub fn of_samples(&self, places: &[usize]) -> Self {
        let mut values = Vec::with_capacity(self.genes.len() * places.len());
        for (_, row) in self.rows() {
            values.extend(places.iter().map(|place| row[*place]));
        }
        Expression {
            genes: self.genes.clone(),
            samples: places.iter().map(|place| self.samples[*place].clone()).collect(),
            values,
            scale: self.scale,
            notes: self.notes.clone(),
        }
    }

    /// The genes at `places`, in that order.
    #[must_use]
    pub fn of_genes(&self, places: &[usize]) -> Self {
        let mut values = Vec::with_capacity(places.len() * self.samples.len());
        for place in places {
            values.extend_from_slice(self.row(*place));
        }
        Expression {
            genes: places.iter().map(|place| self.genes[*place].clone()).collect(),
            samples: self.samples.clone(),
            values,
            scale: self.scale,
            notes: self.notes.clone(),
        }
    }

    /// Other values of the same genes and samples.
    #[must_use]
    pub fn with_values(&self, values: Vec<f64>, scale: Scale) -> Self {
        debug_assert_eq!(values.len(), self.values.len(), "values of the same genes and samples");
        Expression { values, scale, ..self.clone() }
    }

    /// The same values under other names of the genes.
    #[must_use]
    pub fn renamed(self, genes: Vec<String>) -> Self {
        debug_assert_eq!(genes.len(), self.genes.len(), "a name for each gene");
        Expression { genes, ..self }
    }

    /// Content hash of names, scale and values.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for name in self.genes.iter().chain(&self.samples) {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(self.scale.word().as_bytes());
        for value in &self.values {
            // -0 is 0.
            hasher.update(&(value + 0.0).to_bits().to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_gene_with_a_missing_value_is_left_out_and_counted() {
        let values = vec![1.0, 2.0, f64::NAN, 1.0, 3.0, 4.0];
        let matrix = Expression::new(names(&["a", "b", "c"]), names(&["x", "y"]), values, Scale::Log);
        assert_eq!(matrix.genes(), ["a", "c"]);
        assert_eq!(matrix.row(1), [3.0, 4.0]);
        assert!(matrix.notes[0].starts_with("1 of 3 genes"));
        assert_eq!(matrix.column(1), [2.0, 4.0]);
        assert_eq!(matrix.of_samples(&[1]).values(), [2.0, 4.0]);
        assert_eq!(matrix.of_genes(&[1]).genes(), ["c"]);
        assert_eq!(matrix.totals(), [4.0, 6.0]);
    }

    #[test]
    fn short_values_are_missing_values() {
        let matrix = Expression::new(names(&["a", "b"]), names(&["x", "y"]), vec![1.0, 2.0, 3.0], Scale::Log);
        assert_eq!(matrix.genes(), ["a"]);
    }
}
