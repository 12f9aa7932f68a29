//! `contrast rna by PRIME_R.radiomics on tcga`: genes and sets of genes that go with a prediction,
//! a grouping or a column.
//!
//! `samples` brings patients and matrix together and says what is contrasted, `genes` tests every
//! gene, `expressed` draws the leading ones, `sets` asks the gene sets, `across` sets contrasts beside
//! each other, `per_sample` tells the scores of each sample, `verdict` says plainly what came of it.
//! Models predict frozen; on the rows of their fit out of fold, and never on rows that are in part
//! those.

mod across;
mod expressed;
mod genes;
mod per_sample;
mod samples;
mod sets;
mod verdict;

use crate::omics::OmicsError;
use crate::plan::node::Contrast;
use crate::run::fault::Fault;
use crate::run::results::Answer;
use crate::run::step::Step;

/// The false discovery rate that the answer speaks of.
const RATE: f64 = 0.05;

/// # Errors
/// No patient with expression; a model that has seen some of the patients; gene sets that cannot
/// be read.
pub fn run(step: &Step<'_>, spec: &Contrast) -> Result<Answer, Fault> {
    let gathered = samples::gather(step, spec)?;
    let collections = sets::read(step, spec)?;
    let mut answer = Answer::default();
    let mut asked = Vec::new();
    for along in &spec.by {
        asked.extend(samples::contrasts(step, along, &gathered)?);
    }
    let covariates = samples::covariates(step, spec, &gathered)?;
    answer.tables.push(samples::table(&gathered, &asked));
    answer.notes.extend(gathered.matrix.notes.iter().cloned());
    let scored = sets::scored(step, spec, &gathered, &collections)?;

    let (mut analyses, mut reasons, mut failed) = (Vec::new(), Vec::new(), false);
    for contrast in asked {
        match genes::analyse(step, spec, &gathered, &covariates, &contrast) {
            Ok(analysis) => analyses.push(analysis),
            Err(OmicsError::Cancelled(cancelled)) => return Err(cancelled.into()),
            Err(error) => {
                failed |= !matches!(error, OmicsError::NotEstimable(_));
                reasons.push(format!("{}: {error}", contrast.label));
            }
        }
    }
    if analyses.is_empty() && failed {
        return Err(Fault::run("run::not-estimable", reasons.join("; ")));
    }
    answer.notes.splice(0..0, reasons);
    // A score that is the same for all patients is an answer: the study goes on and says so.
    if analyses.is_empty() {
        return Ok(answer);
    }
    for analysis in &analyses {
        genes::tell(&mut answer, analysis);
    }
    expressed::tell(&mut answer, &analyses, &covariates);
    let found = sets::asked(step, spec, &analyses, &collections)?;
    sets::tell(&mut answer, &analyses, &found);
    across::compare(&mut answer, &analyses, &found);
    per_sample::tell_scores(&mut answer, &analyses, &scored, &covariates)?;
    verdict::tell(&mut answer, &analyses, &found, &scored);
    Ok(answer)
}

/// A part of a file's name: letters, digits and hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() {
            slug.extend(character.to_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_make_file_names() {
        assert_eq!(super::slug("PRIME_R.radiomics: high against low"), "prime-r-radiomics-high-against-low");
    }
}
