//! `explain PRIME_R by SHAP over 5 folds`: why a model predicts what it predicts. Patients of the
//! fit are explained by models that were fitted without them, others by the frozen model.
//!
//! One file a method: `shap`, `permutation`, `dependence`. Here is what they share: which model
//! explains which patients.

mod dependence;
mod permutation;
mod shap;
mod subject;

use crate::explain::ExplainError;
use crate::plan::node::Explain;
use crate::run::fault::Fault;
use crate::run::results::Answer;
use crate::run::step::Step;

use subject::Subject;

/// # Errors
/// A model that cannot be fitted again; a prediction that is not finite on the scale asked for;
/// stopped.
pub fn run(step: &Step<'_>, spec: &Explain) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    for reference in &spec.models {
        let model = step.model(reference.model)?;
        let label = step.label(reference);
        let cross = subject::crossed(step, spec, &model, &label)?;
        let other = subject::other_table(step, spec, reference, &model)?;
        let subject = Subject::new(step, spec, reference, &model, cross.as_ref(), other.as_ref(), label)?;
        match spec.method.as_str() {
            "permutation" => permutation::run(step, spec, &subject, &mut answer)?,
            "partial_dependence" => dependence::run(step, spec, &subject, &mut answer)?,
            _ => shap::run(step, spec, &subject, &mut answer)?,
        }
    }
    Ok(answer)
}

fn fault(error: ExplainError) -> Fault {
    match error {
        ExplainError::Cancelled(cancelled) => cancelled.into(),
        other => Fault::run("run::not-explained", other.to_string()),
    }
}
