//! Gene sets: read, asked of each contrast, scored in each sample, and told.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::json;

use crate::figures::leading_edge::{Gene, LeadingEdge};
use crate::omics::gmt::{self, Collection};
use crate::omics::gsea::{GseaResult, Ranking, score};
use crate::omics::method::{Found, Subject};
use crate::omics::sets::{Sets, measured};
use crate::omics::single_sample::Scores;
use crate::omics::{OmicsError, enrichments};
use crate::plan::node::{Contrast, Enrich};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;
use crate::stats::multiplicity::Adjustment;

use super::expressed::{CLIP, CLUSTERED, drawn};
use super::genes::{Analysis, on_log_scale};
use super::samples::Gathered;
use super::slug;

/// Sets whose running sum is drawn.
const CURVES: usize = 4;
/// Genes of the leading edge that are drawn.
const EDGE: usize = 40;

/// What one method answered in one contrast.
pub struct Asked {
    /// Place of the contrast among the analyses.
    pub analysis: usize,
    /// Place of the method among the study's.
    pub enrich: usize,
    pub method: String,
    pub weight: f64,
    pub found: Result<Found, String>,
    pub refused: Sets,
}

/// Scores of each gathered sample.
pub struct Scored {
    pub method: String,
    pub how: String,
    pub scores: Scores,
    pub refused: Sets,
    pub adjustment: Adjustment,
}

/// The collections of each method.
///
/// # Errors
/// A file that cannot be read.
pub fn read(step: &Step<'_>, spec: &Contrast) -> Result<BTreeMap<String, Collection>, Fault> {
    let mut collections = BTreeMap::new();
    for path in spec.enrich.iter().flat_map(|enrich| &enrich.files) {
        if collections.contains_key(path) {
            continue;
        }
        let unreadable = |error: std::io::Error| {
            Fault::data("data::unreadable", format!("the gene sets `{path}` cannot be read: {error}"))
        };
        let bytes = std::fs::read(step.world.folder.join(path)).map_err(unreadable)?;
        let bytes = if path.to_ascii_lowercase().ends_with(".gz") {
            let mut content = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut content).map_err(unreadable)?;
            content
        } else {
            bytes
        };
        collections.insert(path.clone(), gmt::parse(path, &String::from_utf8_lossy(&bytes))?);
    }
    Ok(collections)
}

fn of_method(enrich: &Enrich, collections: &BTreeMap<String, Collection>, genes: &[String]) -> Sets {
    let wanted: Vec<Collection> = enrich.files.iter().filter_map(|file| collections.get(file).cloned()).collect();
    measured(&wanted, genes, enrich.settings.count("min"), enrich.settings.count("max"))
}

/// Asks every contrast's sets of the methods that want a contrast.
///
/// # Errors
/// Stopped.
pub fn asked(
    step: &Step<'_>,
    spec: &Contrast,
    analyses: &[Analysis],
    collections: &BTreeMap<String, Collection>,
) -> Result<Vec<Asked>, Fault> {
    let mut all = Vec::new();
    for (place, analysis) in analyses.iter().enumerate() {
        for (number, enrich) in spec.enrich.iter().enumerate() {
            let Some(method) = enrichments().iter().find(|m| m.card().name == enrich.method && !m.per_sample()) else {
                continue;
            };
            step.watch.check()?;
            let sets = of_method(enrich, collections, analysis.matrix.genes());
            let subject =
                Subject { matrix: &analysis.matrix, contrast: Some((&analysis.design, &analysis.differential)) };
            // The stream is that of the contrast's own words, so that another one changes nothing.
            let stream = step.stream.named(&analysis.asked.label).named(&enrich.method).indexed(number as u64);
            let found = if sets.tested.is_empty() {
                Err("no gene set has genes enough that were measured".to_owned())
            } else {
                match method.run(&subject, &sets.tested, &enrich.settings, &stream, step.watch) {
                    Ok(found) => Ok(found),
                    Err(OmicsError::Cancelled(cancelled)) => return Err(cancelled.into()),
                    Err(error) => Err(error.to_string()),
                }
            };
            let weight = enrich.settings.real_if_given("weight").unwrap_or(1.0);
            let method = enrich.method.clone();
            all.push(Asked { analysis: place, enrich: number, method, weight, found, refused: sets });
        }
    }
    Ok(all)
}

/// Scores every gathered sample by the methods that do so.
///
/// # Errors
/// Stopped, or no set that can be scored.
pub fn scored(
    step: &Step<'_>,
    spec: &Contrast,
    gathered: &Gathered,
    collections: &BTreeMap<String, Collection>,
) -> Result<Vec<Scored>, Fault> {
    let mut all = Vec::new();
    let mut log = None;
    for enrich in &spec.enrich {
        let Some(method) = enrichments().iter().find(|m| m.card().name == enrich.method && m.per_sample()) else {
            continue;
        };
        let matrix = log.get_or_insert_with(|| on_log_scale(&gathered.matrix));
        let sets = of_method(enrich, collections, matrix.genes());
        let subject = Subject { matrix, contrast: None };
        let stream = step.stream.named(&enrich.method);
        if let Found::Scored { scores, how } =
            method.run(&subject, &sets.tested, &enrich.settings, &stream, step.watch)?
        {
            let adjustment =
                Adjustment::from_word(enrich.settings.choice("adjust")).unwrap_or(Adjustment::BenjaminiHochberg);
            all.push(Scored { method: enrich.method.clone(), how, scores, refused: sets, adjustment });
        }
    }
    Ok(all)
}

/// Sets that cannot be tested, told once for each collection of one method.
pub(super) fn tell_refused(answer: &mut Answer, name: &str, method: &str, sets: &Sets) {
    if sets.refused.is_empty() {
        return;
    }
    let mut table = ResultTable::new(
        name,
        format!("Gene sets that {method} does not test"),
        ["set", "collection", "measured", "reason"],
    );
    for set in &sets.refused {
        table.push([
            Cell::text(set.name.as_str()),
            Cell::text(set.collection.as_str()),
            Cell::count_of(set.measured, set.size),
            Cell::text(set.reason.as_str()),
        ]);
    }
    answer.tables.push(table);
}

/// Tables and figures of the methods that want a contrast.
pub fn tell(answer: &mut Answer, analyses: &[Analysis], found: &[Asked]) {
    for asked in found {
        let analysis = &analyses[asked.analysis];
        let label = &analysis.asked.label;
        let name = format!("{}-{}-{}", slug(&asked.method), asked.enrich + 1, slug(label));
        match &asked.found {
            Err(reason) => answer.notes.push(format!("{}, {label}: {reason}", asked.method)),
            Ok(Found::Ranked { ranking, results, how }) => {
                answer.tables.push(ranked(&name, label, results, how, ranking));
                estimates(answer, analysis, results, how);
                running(answer, analysis, asked, ranking, results, how);
                edge(answer, analysis, ranking, results, how);
            }
            Ok(Found::Listed { lists, how }) => {
                for (list, count, results) in lists {
                    answer.tables.push(listed(&format!("{name}-{}", slug(list)), label, list, *count, results, how));
                }
            }
            Ok(Found::Scored { .. }) => {}
        }
        if asked.analysis == 0 {
            let name = format!("{}-{}-refused", slug(&asked.method), asked.enrich + 1);
            tell_refused(answer, &name, &asked.method, &asked.refused);
        }
    }
}

/// Places of the results, the smallest p first.
fn by_p(results: &[GseaResult]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|a, b| {
        let key = |place: usize| (results[place].p.unwrap_or(2.0), -results[place].nes.unwrap_or(0.0).abs());
        let (a_key, b_key) = (key(*a), key(*b));
        a_key.0.total_cmp(&b_key.0).then(a_key.1.total_cmp(&b_key.1)).then(a.cmp(b))
    });
    order
}

fn ranked(name: &str, label: &str, results: &[GseaResult], how: &str, ranking: &Ranking) -> ResultTable {
    let by_labels = results.iter().any(|result| result.fdr.is_some());
    let mut table = ResultTable::new(
        name,
        format!("Enrichment, {label}"),
        ["set", "collection", "measured", "ES", "NES", "p", "p adjusted", "FDR", "leading edge", "genes"],
    );
    let missing = || Cell::NotEstimable("no random set has an ES of this sign".to_owned());
    for place in by_p(results) {
        let result = &results[place];
        table.push([
            Cell::text(result.set.as_str()),
            Cell::text(result.collection.as_str()),
            Cell::count_of(result.measured, result.size),
            Cell::number(result.es, 3),
            result.nes.map_or_else(missing, |nes| Cell::number(nes, 2)),
            result.p.map_or_else(missing, Cell::P),
            result.adjusted.map_or_else(missing, Cell::P),
            result.fdr.map_or(Cell::Empty, Cell::P),
            Cell::count(result.leading_edge.len()),
            Cell::text(result.leading_edge.iter().take(10).cloned().collect::<Vec<_>>().join(" ")),
        ]);
    }
    table.notes.push(format!("{how}; p adjusted over {} sets by Benjamini-Hochberg", results.len()));
    if by_labels {
        table.notes.push("FDR is that of the normalised scores over the permutations".to_owned());
    } else {
        table.columns.remove(7);
        table.rows.iter_mut().for_each(|row| drop(row.remove(7)));
    }
    table.notes.push("the first ten genes of each leading edge are shown".to_owned());
    if ranking.tied > 0 {
        table.notes.push(format!("{} of {} genes share their rank; they stand by name", ranking.tied, ranking.len()));
    }
    table
}

fn estimates(answer: &mut Answer, analysis: &Analysis, results: &[GseaResult], how: &str) {
    for place in by_p(results).into_iter().take(10) {
        let result = &results[place];
        let name = format!("NES of {}", result.set);
        let samples = analysis.differential.samples;
        let estimate = match result.nes {
            Some(nes) => Estimate::new(name, nes, samples, how),
            None => Estimate::not_estimable(name, samples, "no random set has an ES of this sign"),
        };
        let mut record = EstimateRecord::new(&estimate, Kind::Descriptive).of("", &analysis.asked.label);
        record.no_interval = Some("a permutation gives a p value, not an interval".to_owned());
        answer.estimates.push(record);
    }
}

fn listed(
    name: &str,
    label: &str,
    list: &str,
    count: usize,
    results: &[crate::omics::ora::OraResult],
    how: &str,
) -> ResultTable {
    let mut table = ResultTable::new(
        name,
        format!("Over-representation among the {list} genes ({count}), {label}"),
        ["set", "collection", "measured", "listed", "fold", "odds ratio", "p", "p adjusted", "genes"],
    );
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|a, b| results[*a].p.total_cmp(&results[*b].p).then(a.cmp(b)));
    for place in order {
        let result = &results[place];
        table.push([
            Cell::text(result.set.as_str()),
            Cell::text(result.collection.as_str()),
            Cell::count_of(result.measured, result.size),
            Cell::count(result.overlap),
            Cell::number(result.fold, 2),
            if result.odds.is_finite() {
                Cell::number(result.odds, 2)
            } else {
                Cell::NotEstimable("no gene outside the list or outside the set".to_owned())
            },
            Cell::P(result.p),
            Cell::P(result.adjusted),
            Cell::text(result.genes.iter().take(10).cloned().collect::<Vec<_>>().join(" ")),
        ]);
    }
    table.notes.push(if count == 0 {
        format!("no gene is {list}")
    } else {
        format!("{how}; p adjusted over {} sets by Benjamini-Hochberg", results.len())
    });
    table
}

/// Words for the ends of a ranking.
pub fn ends(analysis: &Analysis) -> (String, String) {
    match &analysis.asked.groups {
        Some((inside, outside)) => (inside.clone(), outside.clone()),
        None => (format!("high {}", analysis.asked.source), format!("low {}", analysis.asked.source)),
    }
}

fn metric(how: &str) -> &'static str {
    if how.contains("signal to noise") { "signal to noise" } else { "the statistic of the test" }
}

/// Ranks of a set's genes, and its running sum.
fn running(
    answer: &mut Answer,
    analysis: &Analysis,
    asked: &Asked,
    ranking: &Ranking,
    results: &[GseaResult],
    how: &str,
) {
    let chosen: Vec<usize> = by_p(results).into_iter().take(CURVES).collect();
    let curves: Vec<_> = chosen
        .iter()
        .filter_map(|place| {
            let result = &results[*place];
            let set =
                asked.refused.tested.iter().find(|s| s.name == result.set && s.collection == result.collection)?;
            let ranks = ranking.ranks(set);
            let points = score::running_sum(ranking, asked.weight, &ranks);
            Some(json!({
                "set": result.set,
                "size": ranks.len(),
                "points": points,
                "hits": ranks.iter().map(|rank| rank + 1).collect::<Vec<_>>(),
                "score": result.es,
                "normalised": result.nes,
                "p": result.p,
                "fdr": result.fdr.or(result.adjusted),
            }))
        })
        .collect();
    let statistics = ranking.statistics();
    let step = (statistics.len() / 300).max(1);
    let thinned: Vec<(f64, f64)> = (0..statistics.len())
        .filter(|rank| rank % step == 0 || rank + 1 == statistics.len())
        .map(|rank| ((rank + 1) as f64, statistics[rank]))
        .collect();
    answer.figures.push(FigureData {
        kind: "running-score".to_owned(),
        title: format!("Running score, {}", analysis.asked.label),
        data: json!({
            "contrast": analysis.asked.label,
            "genes": ranking.len(),
            "metric": metric(how),
            "ranking": thinned,
            "ends": ends(analysis),
            "method": how,
            "curves": curves,
        }),
    });
}

/// Expression of the leading edge of the most certain set, samples by group.
fn edge(answer: &mut Answer, analysis: &Analysis, ranking: &Ranking, results: &[GseaResult], how: &str) {
    let Some(result) = by_p(results).first().map(|place| &results[*place]).filter(|r| !r.leading_edge.is_empty())
    else {
        return;
    };
    let matrix = &analysis.matrix;
    let leading: Vec<(&String, usize, usize)> = result
        .leading_edge
        .iter()
        .take(EDGE)
        .filter_map(|gene| {
            let place = matrix.genes().iter().position(|other| other == gene)?;
            Some((gene, place, ranking.genes().iter().position(|other| other == gene)? + 1))
        })
        .collect();
    let drawn = drawn(analysis, &leading.iter().map(|(_, place, _)| matrix.row(*place)).collect::<Vec<_>>());
    let genes = leading.iter().zip(drawn.values).map(|((name, _, rank), values)| Gene {
        name: (*name).clone(),
        rank: *rank as u64,
        values,
    });
    let figure = LeadingEdge {
        set: result.set.clone(),
        contrast: analysis.asked.label.clone(),
        size: result.measured as u64,
        edge: result.leading_edge.len() as u64,
        genes: genes.collect(),
        groups: drawn.groups,
        clip: CLIP,
        method: format!("{how}; {CLUSTERED}"),
    };
    answer.figures.push(FigureData::new(format!("Leading edge of {}, {}", result.set, analysis.asked.label), &figure));
}
