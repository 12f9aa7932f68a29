//! What came of the contrasts, in plain sentences: whether any gene passes, and whether sets do.

use crate::omics::method::Found;
use crate::run::results::Answer;

use super::RATE;
use super::genes::Analysis;
use super::sets::{Asked, Scored};

pub fn tell(answer: &mut Answer, analyses: &[Analysis], found: &[Asked], scored: &[Scored]) {
    let mut sentences = Vec::new();
    for (place, analysis) in analyses.iter().enumerate() {
        let label = &analysis.asked.label;
        let (up, down) = analysis.differential.passing(RATE);
        let genes = analysis.differential.genes.len();
        let sets: Vec<String> = found.iter().filter(|asked| asked.analysis == place).filter_map(passing).collect();
        let rate = RATE * 100.0;
        sentences.push(match (up + down, sets.is_empty()) {
            (0, true) => format!("{label}: no gene of {genes} passes a false discovery rate of {rate}%."),
            (0, false) => {
                let any = found.iter().filter(|asked| asked.analysis == place).any(|asked| count(asked).0 > 0);
                let turn = if any { "but these gene sets do" } else { "and no gene set does" };
                format!("{label}: no gene of {genes} passes a false discovery rate of {rate}%, {turn}: {}.", sets.join("; "))
            }
            (_, true) => format!("{label}: of {genes} genes, {up} are higher and {down} lower (false discovery rate {rate}%)."),
            (_, false) => format!(
                "{label}: of {genes} genes, {up} are higher and {down} lower (false discovery rate {rate}%); gene sets: {}.",
                sets.join("; ")
            ),
        });
    }
    let slopes = analyses.iter().any(|analysis| analysis.asked.groups.is_none());
    if slopes && analyses.iter().any(|analysis| analysis.asked.groups.is_some()) {
        let samples = analyses.iter().map(|analysis| analysis.differential.samples).max().unwrap_or(0);
        sentences.push(format!(
            "Each model is contrasted as groups and as a slope; with {samples} patients the slope is the one to rest on, because \
             a cut throws away where in its group a patient stands."
        ));
    }
    for method in scored {
        let lost = method.refused.refused.len();
        let all = lost + method.refused.tested.len();
        if lost > 0 {
            sentences.push(format!("{}: {lost} of {all} sets are not scored, see their coverage.", method.method));
        }
    }
    answer.notes.splice(0..0, sentences);
}

/// Sets that pass and sets tested.
fn count(asked: &Asked) -> (usize, usize) {
    match &asked.found {
        Ok(Found::Ranked { results, .. }) => {
            (results.iter().filter(|result| result.adjusted.is_some_and(|p| p < RATE)).count(), results.len())
        }
        Ok(Found::Listed { lists, .. }) => (
            lists.iter().flat_map(|(.., results)| results).filter(|result| result.adjusted < RATE).count(),
            lists.iter().map(|(.., results)| results.len()).sum(),
        ),
        _ => (0, 0),
    }
}

/// `GSEA 12 of 50, foremost HALLMARK_E2F_TARGETS (up)`.
fn passing(asked: &Asked) -> Option<String> {
    let (passing, all) = count(asked);
    let Ok(found) = &asked.found else { return None };
    let words = match found {
        Found::Ranked { results, .. } => {
            let mut best: Vec<_> = results.iter().filter(|r| r.adjusted.is_some_and(|p| p < RATE)).collect();
            best.sort_by(|a, b| a.p.unwrap_or(1.0).total_cmp(&b.p.unwrap_or(1.0)));
            let names = best.iter().take(5).map(|r| format!("{} ({})", r.set, if r.es > 0.0 { "up" } else { "down" }));
            names.collect::<Vec<_>>().join(", ")
        }
        Found::Listed { lists, .. } => {
            let mut best: Vec<_> = lists
                .iter()
                .flat_map(|(list, _, results)| results.iter().map(move |result| (list, result)))
                .filter(|(_, result)| result.adjusted < RATE)
                .collect();
            best.sort_by(|a, b| a.1.p.total_cmp(&b.1.p));
            let names = best.iter().take(5).map(|(list, result)| format!("{} ({list})", result.set));
            names.collect::<Vec<_>>().join(", ")
        }
        Found::Scored { .. } => return None,
    };
    let foremost = if words.is_empty() { String::new() } else { format!(", foremost {words}") };
    Some(format!("{} {passing} of {all}{foremost}", asked.method))
}
