//! Every gene of one contrast.

use serde_json::json;

use crate::frame::Cells;
use crate::omics::design::{Contrast as Along, Design};
use crate::omics::differential::Differential;
use crate::omics::method::Question;
use crate::omics::scale::Scale;
use crate::omics::{Expression, OmicsError, cpm, filter, tmm, voom};
use crate::plan::node::Contrast;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;

use super::samples::{Asked, Gathered, covariate};
use super::{RATE, slug};

/// Fewest and most genes of the table; the figure's data holds all.
const SHOWN: (usize, usize) = (50, 1000);
/// Genes told as estimates.
const ESTIMATED: usize = 10;
/// Prior count of log counts per million.
const PRIOR: f64 = 2.0;

/// One contrast with its test of every gene.
pub struct Analysis {
    pub asked: Asked,
    pub design: Design,
    /// On the log scale, complete samples.
    pub matrix: Expression,
    /// Places of those samples among the gathered ones.
    pub kept: Vec<usize>,
    /// Samples left out because a covariate is missing.
    pub incomplete: usize,
    pub differential: Differential,
    pub notes: Vec<String>,
}

impl Analysis {
    /// Whether each sample is in the group.
    pub fn inside(&self) -> Option<&[bool]> {
        match self.design.contrast() {
            Along::Groups(of) => Some(of),
            Along::Slope(_) => None,
        }
    }
}

/// # Errors
/// What keeps the contrast from being estimated.
pub fn analyse(
    step: &Step<'_>,
    spec: &Contrast,
    gathered: &Gathered,
    covariates: &[(String, Cells)],
    asked: &Asked,
) -> Result<Analysis, OmicsError> {
    step.watch.check()?;
    let valued: Vec<usize> = (0..asked.values.len()).filter(|place| asked.values[*place].is_some()).collect();
    let kept: Vec<usize> =
        valued.iter().copied().filter(|place| covariates.iter().all(|(_, cells)| !cells.is_missing(*place))).collect();
    let incomplete = valued.len() - kept.len();
    let values: Vec<f64> = kept.iter().filter_map(|place| asked.values[*place]).collect();
    let along = match asked.groups {
        Some(_) => Along::Groups(values.iter().map(|value| *value == 1.0).collect()),
        None => Along::Slope(values),
    };
    let columns = covariates.iter().map(|(name, cells)| (name.clone(), covariate(cells, &kept))).collect();
    let design = Design::new(along, columns)?;
    let raw = gathered.matrix.of_samples(&kept);
    let test = crate::omics::tests()
        .iter()
        .find(|test| test.card().name == spec.test)
        .ok_or_else(|| OmicsError::none(format!("there is no test `{}`", spec.test)))?;
    let (matrix, weights, notes) = prepared(&raw, &design, test.adjusts())?;
    let question = Question { matrix: &matrix, design: &design, weights: weights.as_deref(), level: step.level() };
    let differential = test.run(&question, &spec.test_settings, step.watch)?;
    Ok(Analysis { asked: asked.clone(), design, matrix, kept, incomplete, differential, notes })
}

type Prepared = (Expression, Option<Vec<f64>>, Vec<String>);

/// The matrix on the log scale, with weights where its values were counts.
fn prepared(raw: &Expression, design: &Design, weighted: bool) -> Result<Prepared, OmicsError> {
    match raw.scale {
        Scale::Log => Ok((raw.clone(), None, Vec::new())),
        Scale::Tpm => Ok((cpm::log_tpm(raw), None, vec!["TPM enter as log2(TPM + 1)".to_owned()])),
        Scale::Counts => {
            let kept = filter::kept(raw, filter::smallest(design), &raw.totals(), filter::Least::default());
            if kept.len() < 2 {
                return Err(OmicsError::none(format!("{} genes have counts enough to be compared", kept.len())));
            }
            let lost = raw.genes().len() - kept.len();
            let counts = raw.of_genes(&kept);
            let libraries = tmm::effective_libraries(&counts);
            let mut notes = vec![format!("{lost} of {} genes have too few counts and are left out", raw.genes().len())];
            if weighted {
                let voom = voom::voom(&counts, design, &libraries)?;
                notes.push("counts normalised by TMM, log2 counts per million weighted by voom".to_owned());
                Ok((voom.matrix, Some(voom.weights), notes))
            } else {
                notes.push(format!("counts normalised by TMM, log2 counts per million (prior count {PRIOR})"));
                Ok((cpm::log_cpm(&counts, &libraries, PRIOR), None, notes))
            }
        }
    }
}

/// The matrix of all gathered samples on the log scale, for scores of each sample.
pub fn on_log_scale(raw: &Expression) -> Expression {
    match raw.scale {
        Scale::Log => raw.clone(),
        Scale::Tpm => cpm::log_tpm(raw),
        Scale::Counts => cpm::log_cpm(raw, &tmm::effective_libraries(raw), PRIOR),
    }
}

/// Table, estimates and volcano.
pub fn tell(answer: &mut Answer, analysis: &Analysis) {
    let told = &analysis.differential;
    let label = &analysis.asked.label;
    let order = told.by_p();
    let (up, down) = told.passing(RATE);
    let shown = (up + down).clamp(SHOWN.0, SHOWN.1).min(order.len());
    let mut table = ResultTable::new(
        &format!("genes-{}", slug(label)),
        format!("Genes, {label}"),
        ["gene", analysis.asked.effect.as_str(), "mean", "statistic", "p", "p adjusted"],
    );
    for place in &order[..shown] {
        let gene = &told.genes[*place];
        let bound = |value: f64| value.is_finite().then_some(value);
        table.push([
            Cell::text(gene.gene.as_str()),
            Cell::Estimate {
                value: gene.log_fold_change,
                lower: bound(gene.lower),
                upper: bound(gene.upper),
                digits: 2,
            },
            Cell::number(gene.average, 2),
            Cell::number(gene.statistic, 2),
            gene.p.map_or(Cell::Empty, Cell::P),
            gene.adjusted.map_or(Cell::Empty, Cell::P),
        ]);
    }
    table.notes.push(format!(
        "{}; p adjusted over {} genes by {}; the {shown} of smallest p are shown, the volcano holds all",
        told.how,
        told.genes.len(),
        told.adjustment.title()
    ));
    if let Some(prior) = &told.prior {
        let middle = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            crate::stats::ranks::quantile_of_sorted(&sorted, 0.5).unwrap_or(f64::NAN)
        };
        table.notes.push(format!(
            "prior variance {:.4} on {:.2} degrees of freedom, residual {:.0}",
            middle(&prior.variance),
            middle(&prior.df),
            prior.residual_df
        ));
    }
    if analysis.incomplete > 0 {
        table.notes.push(format!("{} samples lack a covariate and are left out", analysis.incomplete));
    }
    table.notes.extend(told.notes.iter().chain(&analysis.notes).cloned());
    answer.tables.push(table);

    for place in order.iter().take(ESTIMATED) {
        let gene = &told.genes[*place];
        let name = format!("{} of {}", analysis.asked.effect, gene.gene);
        let estimate = Estimate::new(name, gene.log_fold_change, told.samples, told.how.as_str())
            .within(gene.lower, gene.upper, told.level)
            .with_missing(analysis.asked.values.len() - analysis.kept.len());
        answer.estimates.push(EstimateRecord::new(&estimate, Kind::Descriptive).of("", label));
    }

    let genes: Vec<_> = told
        .genes
        .iter()
        .filter_map(|gene| {
            Some(json!({ "name": gene.gene, "effect": gene.log_fold_change, "p": gene.p?, "fdr": gene.adjusted? }))
        })
        .collect();
    let groups = match (&analysis.asked.groups, told.sizes) {
        (Some((inside, outside)), Some((a, b))) => json!([[inside, a], [outside, b]]),
        _ => json!([["all", told.samples]]),
    };
    answer.figures.push(FigureData {
        kind: "volcano".to_owned(),
        title: format!("Genes, {label}"),
        data: json!({
            "contrast": label,
            "effect": analysis.asked.effect,
            "method": format!("{}; {}", told.how, told.adjustment.title()),
            "groups": groups,
            "fdr": RATE,
            "cut": 0.0,
            "untested": told.genes.len() - genes.len(),
            "genes": genes,
        }),
    });
}
