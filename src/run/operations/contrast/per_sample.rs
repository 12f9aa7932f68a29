//! Gene sets scored in each sample: between the groups, or along a score.

use serde_json::json;

use crate::frame::Cells;
use crate::omics::single_sample::{self, Scores, SetComparison};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::stats::Estimate;
use crate::stats::hypothesis::{Correlation, correlation};
use crate::stats::multiplicity::adjust_present;

use super::expressed::{CLUSTERED, Line, Surroundings, clustered};
use super::genes::Analysis;
use super::sets::{Scored, ends, tell_refused};
use super::slug;

/// Scores of each sample: by group, or along the score.
///
/// # Errors
/// Stopped.
pub fn tell_scores(
    answer: &mut Answer,
    analyses: &[Analysis],
    scored: &[Scored],
    covariates: &[(String, Cells)],
) -> Result<(), Fault> {
    for (number, method) in scored.iter().enumerate() {
        for analysis in analyses {
            let scores = of_samples(&method.scores, &analysis.kept);
            let name = format!("{}-{}-{}", slug(&method.method), number + 1, slug(&analysis.asked.label));
            match analysis.inside() {
                Some(inside) => {
                    let compared = by_group(answer, analysis, method, &scores, inside, &name)?;
                    let among = Surroundings { analysis, analyses, covariates };
                    answer.figures.extend(heat(&among, method, &scores, &compared));
                }
                None => along(answer, analysis, method, &scores, &name),
            }
        }
        let name = format!("{}-{}-refused", slug(&method.method), number + 1);
        tell_refused(answer, &name, &method.method, &method.refused);
        answer.notes.extend(method.scores.notes.iter().cloned());
    }
    Ok(())
}

fn of_samples(scores: &Scores, kept: &[usize]) -> Scores {
    let values =
        (0..scores.sets.len()).flat_map(|set| kept.iter().map(move |sample| scores.row(set)[*sample])).collect();
    Scores {
        sets: scores.sets.clone(),
        samples: kept.iter().map(|sample| scores.samples[*sample].clone()).collect(),
        values,
        notes: Vec::new(),
    }
}

fn by_group(
    answer: &mut Answer,
    analysis: &Analysis,
    method: &Scored,
    scores: &Scores,
    inside: &[bool],
    name: &str,
) -> Result<Vec<SetComparison>, Fault> {
    let compared = single_sample::compared(scores, inside, method.adjustment)?;
    let (high, low) = ends(analysis);
    let mut table = ResultTable::new(
        name,
        format!("{} scores, {}", method.method, analysis.asked.label),
        ["set", "measured", high.as_str(), low.as_str(), "superiority", "p", "p adjusted"],
    );
    let samples = scores.samples.len();
    for set in &compared {
        table.push([
            Cell::text(set.set.as_str()),
            Cell::count_of(set.measured, set.size),
            Cell::number(set.medians.0, 3),
            Cell::number(set.medians.1, 3),
            Cell::number(set.superiority, 3),
            set.p.map_or_else(|| Cell::NotEstimable("all scores are equal".to_owned()), Cell::P),
            set.adjusted.map_or(Cell::Empty, Cell::P),
        ]);
        let estimate = Estimate::new(
            format!("probability of a higher score of {}", set.set),
            set.superiority,
            samples,
            format!("{}; Mann-Whitney", method.how),
        );
        let mut record = EstimateRecord::new(&estimate, Kind::Descriptive).of("", &analysis.asked.label);
        record.no_interval = Some("the rank test gives a p value".to_owned());
        answer.estimates.push(record);
    }
    let (a, b) = compared.first().map_or((0, 0), |set| set.counts);
    table.notes.push(format!(
        "{}; medians of {a} and {b} samples; Mann-Whitney test, p adjusted over {} sets by {}",
        method.how,
        compared.len(),
        method.adjustment.title()
    ));
    table.notes.push("superiority is the probability that a sample of the first group has the higher score".to_owned());
    if !analysis.design.covariates().is_empty() {
        table.notes.push("scores are compared without the covariates".to_owned());
    }
    answer.tables.push(table);
    let values = |set: usize, wanted: bool| -> Vec<f64> {
        scores.row(set).iter().zip(inside).filter(|(_, i)| **i == wanted).map(|(v, _)| *v).collect()
    };
    let told: Vec<_> = compared
        .iter()
        .enumerate()
        .map(|(place, set)| {
            json!({
                "name": set.set,
                "coverage": [set.measured, set.size],
                "p": set.p,
                "p_adjusted": set.adjusted,
                "values": [values(place, true), values(place, false)],
            })
        })
        .collect();
    answer.figures.push(FigureData {
        kind: "boxes".to_owned(),
        title: format!("{} scores, {}", method.method, analysis.asked.label),
        data: json!({
            "measure": format!("{} score", method.method),
            "groups": [[high, a], [low, b]],
            "method": format!("Mann-Whitney test; {} over {} sets", method.adjustment.title(), compared.len()),
            "scores": told,
        }),
    });
    Ok(compared)
}

/// Scores of every sample as a heat map, where there are enough sets for one.
fn heat(among: &Surroundings<'_>, method: &Scored, scores: &Scores, compared: &[SetComparison]) -> Option<FigureData> {
    if !(3..=60).contains(&compared.len()) {
        return None;
    }
    let lines: Vec<Line<'_>> = compared
        .iter()
        .enumerate()
        .map(|(place, set)| Line { name: &set.set, adjusted: set.adjusted, values: scores.row(place) })
        .collect();
    let label = &among.analysis.asked.label;
    let words = format!(
        "{label}: {} scores of {} sets as z-scores over all samples; {CLUSTERED}, sets over all samples; stars are p of the \
         Mann-Whitney test, adjusted by {}: {}",
        method.method,
        compared.len(),
        method.adjustment.title(),
        crate::figures::words::STARS
    );
    let figure = clustered(among, &lines, words);
    Some(FigureData::new(format!("{} scores as a heat map, {label}", method.method), &figure))
}

fn along(answer: &mut Answer, analysis: &Analysis, method: &Scored, scores: &Scores, name: &str) {
    let crate::omics::design::Contrast::Slope(values) = analysis.design.contrast() else { return };
    let tests: Vec<_> = (0..scores.sets.len())
        .map(|set| correlation(scores.row(set), values, Correlation::Spearman, analysis.differential.level))
        .collect();
    let p: Vec<Option<f64>> = tests.iter().map(|test| test.as_ref().ok().map(|test| test.p)).collect();
    let adjusted = adjust_present(&p, method.adjustment);
    let mut table = ResultTable::new(
        name,
        format!("{} scores, {}", method.method, analysis.asked.label),
        ["set", "measured", "Spearman's rho", "p", "p adjusted"],
    );
    for ((set, test), adjusted) in scores.sets.iter().zip(&tests).zip(adjusted) {
        let rho = match test {
            Ok(test) => Cell::number(test.effect.as_ref().map_or(f64::NAN, |effect| effect.value), 3),
            Err(reason) => Cell::NotEstimable(reason.reason.clone()),
        };
        table.push([
            Cell::text(set.name.as_str()),
            Cell::count_of(set.members.len(), set.size),
            rho,
            test.as_ref().map_or(Cell::Empty, |test| Cell::P(test.p)),
            adjusted.map_or(Cell::Empty, Cell::P),
        ]);
    }
    table.notes.push(format!(
        "{}; {} samples, p adjusted over {} sets by {}",
        method.how,
        scores.samples.len(),
        scores.sets.len(),
        method.adjustment.title()
    ));
    answer.tables.push(table);
}
