//! What is compared: two groups or a slope, adjusted for covariates.

use crate::learn::least_squares::Orthogonal;

use super::error::OmicsError;

/// What the contrast is along.
#[derive(Clone, Debug, PartialEq)]
pub enum Contrast {
    /// Whether each sample is of the group that is compared with the others.
    Groups(Vec<bool>),
    /// A number of each sample; the effect is that of one unit of it.
    Slope(Vec<f64>),
}

/// A covariate of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariate {
    Number(Vec<f64>),
    /// Levels enter as indicators: a batch, a centre, or the patient of paired samples.
    Levels(Vec<String>),
}

/// A linear model for every gene: intercept, covariates, and the contrast last.
#[derive(Clone, Debug)]
pub struct Design {
    contrast: Contrast,
    covariates: Vec<(String, Covariate)>,
    /// Sample after sample within a column.
    columns: Vec<Vec<f64>>,
}

impl Contrast {
    pub fn len(&self) -> usize {
        match self {
            Contrast::Groups(of) => of.len(),
            Contrast::Slope(of) => of.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Samples in the group and beside it; `None` of a slope.
    pub fn sizes(&self) -> Option<(usize, usize)> {
        match self {
            Contrast::Groups(of) => {
                let inside = of.iter().filter(|inside| **inside).count();
                Some((inside, of.len() - inside))
            }
            Contrast::Slope(_) => None,
        }
    }

    fn values(&self) -> Vec<f64> {
        match self {
            Contrast::Groups(of) => of.iter().map(|inside| f64::from(u8::from(*inside))).collect(),
            Contrast::Slope(of) => of.clone(),
        }
    }
}

impl Design {
    /// # Errors
    /// An empty group, a constant slope, a missing value, a contrast that the covariates determine,
    /// or no sample left to estimate the variance.
    pub fn new(contrast: Contrast, covariates: Vec<(String, Covariate)>) -> Result<Self, OmicsError> {
        let n = contrast.len();
        if let Some((inside, outside)) = contrast.sizes()
            && (inside == 0 || outside == 0)
        {
            return Err(OmicsError::none(format!("one group is empty: {inside} and {outside} samples")));
        }
        if let Contrast::Slope(values) = &contrast {
            if values.iter().any(|value| !value.is_finite()) {
                return Err(OmicsError::none("a sample has no value to take the slope along"));
            }
            if values.iter().all(|value| *value == values[0]) {
                return Err(OmicsError::none(
                    "the score or value along which the slope is taken is the same for all samples",
                ));
            }
        }
        let mut columns = vec![vec![1.0; n]];
        for (name, covariate) in &covariates {
            match covariate {
                Covariate::Number(values) => {
                    if values.len() != n || values.iter().any(|value| !value.is_finite()) {
                        return Err(OmicsError::none(format!("the covariate {name} is missing for a sample")));
                    }
                    columns.push(values.clone());
                }
                Covariate::Levels(levels) => {
                    if levels.len() != n {
                        return Err(OmicsError::none(format!("the covariate {name} is missing for a sample")));
                    }
                    let mut distinct: Vec<&String> = levels.iter().collect();
                    distinct.sort();
                    distinct.dedup();
                    for level in distinct.into_iter().skip(1) {
                        columns.push(levels.iter().map(|of| f64::from(u8::from(of == level))).collect());
                    }
                }
            }
        }
        columns.push(contrast.values());
        let design = Design { contrast, covariates, columns };
        let factors = design.factors(None);
        if factors.kept().last() != Some(&(design.columns.len() - 1)) {
            let names: Vec<&str> = design.covariates.iter().map(|(name, _)| name.as_str()).collect();
            return Err(OmicsError::none(format!("the contrast is determined by {}", names.join(", "))));
        }
        if factors.rank() >= n {
            return Err(OmicsError::none(format!(
                "{n} samples for {} coefficients leave nothing to estimate the variance from",
                factors.rank()
            )));
        }
        Ok(design)
    }

    pub fn contrast(&self) -> &Contrast {
        &self.contrast
    }

    pub fn covariates(&self) -> &[(String, Covariate)] {
        &self.covariates
    }

    pub fn samples(&self) -> usize {
        self.contrast.len()
    }

    /// Orthogonal factors of the columns, each sample weighted by the square root of its weight.
    pub(super) fn factors(&self, weights: Option<&[f64]>) -> Orthogonal {
        let n = self.samples();
        let mut columns = Vec::with_capacity(n * self.columns.len());
        for column in &self.columns {
            match weights {
                None => columns.extend_from_slice(column),
                Some(weights) => {
                    columns.extend(column.iter().zip(weights).map(|(value, weight)| value * weight.sqrt()))
                }
            }
        }
        Orthogonal::new(columns, n, 1e-7)
    }

    /// How the model is written, for a Methods section.
    pub fn words(&self) -> String {
        if self.covariates.is_empty() {
            return "unadjusted".to_owned();
        }
        let names: Vec<&str> = self.covariates.iter().map(|(name, _)| name.as_str()).collect();
        format!("adjusted for {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_compared_is_told() {
        let groups = |of: &[bool]| Contrast::Groups(of.to_vec());
        let told = |contrast, covariates| Design::new(contrast, covariates).map(|_| ()).map_err(|e| e.to_string());
        assert!(told(groups(&[true, true]), vec![]).is_err_and(|e| e.contains("empty")));
        assert!(told(groups(&[true, false]), vec![]).is_err_and(|e| e.contains("variance")));
        assert!(told(groups(&[]), vec![]).is_err());
        assert!(told(Contrast::Slope(vec![1.0, 1.0, 1.0]), vec![]).is_err());
        assert!(told(Contrast::Slope(vec![1.0, f64::NAN, 1.0]), vec![]).is_err());
        let batch = Covariate::Levels(["a", "a", "b", "b"].map(str::to_owned).to_vec());
        let confounded = told(groups(&[true, true, false, false]), vec![("batch".to_owned(), batch.clone())]);
        assert!(confounded.is_err_and(|e| e.contains("determined by batch")));
        assert_eq!(told(groups(&[true, false, true, false]), vec![("batch".to_owned(), batch)]), Ok(()));
    }
}
