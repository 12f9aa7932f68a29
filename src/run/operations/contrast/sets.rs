//! Gene sets: read, asked of each contrast, scored in each sample, compared and told.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::json;

use crate::figures::leading_edge::{Gene, LeadingEdge};
use crate::frame::Cells;
use crate::omics::comparative::{Meeting, compared};
use crate::omics::gmt::{self, Collection};
use crate::omics::gsea::{GseaResult, Ranking, score};
use crate::omics::method::{Found, Subject};
use crate::omics::sets::{Sets, measured};
use crate::omics::single_sample::{self, Scores, SetComparison};
use crate::omics::{OmicsError, enrichments};
use crate::plan::node::{Contrast, Enrich};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;
use crate::stats::hypothesis::{Correlation, correlation};
use crate::stats::multiplicity::{Adjustment, adjust_present};

use super::expressed::{CLIP, CLUSTERED, Line, Surroundings, clustered, drawn};
use super::genes::{Analysis, on_log_scale};
use super::samples::Gathered;
use super::{RATE, slug};

/// Sets of the comparative figure.
const DOTS: usize = 30;
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
fn tell_refused(answer: &mut Answer, name: &str, method: &str, sets: &Sets) {
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

/// Places of the results, the smallest P first.
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
        ["set", "collection", "measured", "ES", "NES", "P", "P adjusted", "FDR", "leading edge", "genes"],
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
    table.notes.push(format!("{how}; P adjusted over {} sets by Benjamini-Hochberg", results.len()));
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
        record.no_interval = Some("a permutation gives a P, not an interval".to_owned());
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
        format!("Over-representation among {count} genes that are {list}, {label}"),
        ["set", "collection", "measured", "listed", "fold", "odds ratio", "P", "P adjusted", "genes"],
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
        format!("{how}; P adjusted over {} sets by Benjamini-Hochberg", results.len())
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

/// Dots over all contrasts, and the contrasts of the same kind in pairs.
pub fn compare(answer: &mut Answer, analyses: &[Analysis], found: &[Asked]) {
    let mut methods: Vec<usize> = found.iter().map(|asked| asked.enrich).collect();
    methods.dedup();
    methods.sort_unstable();
    methods.dedup();
    for enrich in methods {
        let ranked: Vec<(&Asked, &[GseaResult], &str)> = found
            .iter()
            .filter(|asked| asked.enrich == enrich)
            .filter_map(|asked| match &asked.found {
                Ok(Found::Ranked { results, how, .. }) => Some((asked, results.as_slice(), how.as_str())),
                _ => None,
            })
            .collect();
        if ranked.is_empty() {
            continue;
        }
        dots(answer, analyses, &ranked);
        for (place, (a, first, _)) in ranked.iter().enumerate() {
            for (b, second, _) in &ranked[place + 1..] {
                let (a, b) = (&analyses[a.analysis].asked, &analyses[b.analysis].asked);
                // Groups with groups, slopes with slopes, of different things.
                if a.source == b.source || a.groups.is_some() != b.groups.is_some() {
                    continue;
                }
                answer.tables.push(pair(&a.label, &b.label, first, second, enrich));
            }
        }
    }
}

fn pair(a: &str, b: &str, first: &[GseaResult], second: &[GseaResult], enrich: usize) -> ResultTable {
    let mut sets = compared(first, second, RATE);
    let place = |meeting: Meeting| match meeting {
        Meeting::Shared => 0,
        Meeting::Opposing => 1,
        Meeting::First => 2,
        Meeting::Second => 3,
        Meeting::Neither => 4,
    };
    sets.sort_by(|x, y| place(x.meeting).cmp(&place(y.meeting)).then(x.first.1.total_cmp(&y.first.1)));
    let mut table = ResultTable::new(
        &format!("compared-{}-{}-{}", enrich + 1, slug(a), slug(b)),
        format!("Enrichment of {a} beside {b}"),
        ["set", "first NES", "first P adjusted", "second NES", "second P adjusted", "is", "in both leading edges"],
    );
    for set in &sets {
        let words = match set.meeting {
            Meeting::Shared => "shared".to_owned(),
            Meeting::Opposing => "opposing".to_owned(),
            Meeting::First => "first only".to_owned(),
            Meeting::Second => "second only".to_owned(),
            Meeting::Neither => "neither".to_owned(),
        };
        table.push([
            Cell::text(set.set.as_str()),
            Cell::number(set.first.0, 2),
            Cell::P(set.first.1),
            Cell::number(set.second.0, 2),
            Cell::P(set.second.1),
            Cell::text(words),
            Cell::count(set.both.len()),
        ]);
    }
    let count = |meeting: Meeting| sets.iter().filter(|set| set.meeting == meeting).count();
    table.notes.push(format!(
        "first is {a}, second {b}; of {} sets {} are shared, {} opposing, {} of the first only, {} of the second only",
        sets.len(),
        count(Meeting::Shared),
        count(Meeting::Opposing),
        count(Meeting::First),
        count(Meeting::Second)
    ));
    table.notes.push(
        "a set of one only has no evidence in the other, which is not evidence of its absence there; the two contrasts \
         may share patients"
            .to_owned(),
    );
    table
}

fn dots(answer: &mut Answer, analyses: &[Analysis], ranked: &[(&Asked, &[GseaResult], &str)]) {
    let mut names: Vec<(&str, &str, f64)> = Vec::new();
    for (_, results, _) in ranked {
        for result in *results {
            let p = result.adjusted.unwrap_or(1.0);
            match names.iter_mut().find(|(set, collection, _)| *set == result.set && *collection == result.collection) {
                Some(known) => known.2 = known.2.min(p),
                None => names.push((&result.set, &result.collection, p)),
            }
        }
    }
    let all = names.len();
    names.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(b.0)));
    names.truncate(DOTS);
    let of = |results: &[GseaResult], set: &str, collection: &str| -> Option<(f64, f64, usize)> {
        let result = results.iter().find(|result| result.set == set && result.collection == collection)?;
        Some((result.nes?, result.adjusted?, result.measured))
    };
    // One order for all contrasts: by the score in the first.
    let first = |set: &str, collection: &str| of(ranked[0].1, set, collection).map_or(0.0, |found| found.0);
    names.sort_by(|a, b| first(b.0, b.1).total_cmp(&first(a.0, a.1)).then(a.0.cmp(b.0)));
    let sets: Vec<_> = names
        .iter()
        .map(|(set, collection, _)| {
            let results: Vec<_> = ranked
                .iter()
                .map(|(_, results, _)| {
                    of(results, set, collection).map(|(nes, p, size)| json!({ "score": nes, "fdr": p, "size": size }))
                })
                .collect();
            json!({ "name": set, "results": results })
        })
        .collect();
    let comparisons: Vec<&String> = ranked.iter().map(|(asked, ..)| &analyses[asked.analysis].asked.label).collect();
    answer.figures.push(FigureData {
        kind: "enrichment".to_owned(),
        title: "Enrichment of gene sets".to_owned(),
        data: json!({
            "score": "NES",
            "method": format!("{}; Benjamini-Hochberg over {all} sets", ranked[0].2),
            "comparisons": comparisons,
            "sets": sets,
            "fdr": RATE,
            "choice": if all > DOTS {
                format!("{DOTS} of {all} sets with the smallest adjusted P in any contrast")
            } else {
                format!("all {all} sets")
            },
        }),
    });
}

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
        ["set", "measured", high.as_str(), low.as_str(), "superiority", "P", "P adjusted"],
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
        record.no_interval = Some("the rank test gives a P".to_owned());
        answer.estimates.push(record);
    }
    let (a, b) = compared.first().map_or((0, 0), |set| set.counts);
    table.notes.push(format!(
        "{}; medians of {a} and {b} samples; Mann-Whitney test, P adjusted over {} sets by {}",
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
        "{label}: {} scores of {} sets as z-scores over all samples; {CLUSTERED}, sets over all samples; stars are P of the \
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
        ["set", "measured", "Spearman's rho", "P", "P adjusted"],
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
        "{}; {} samples, P adjusted over {} sets by {}",
        method.how,
        scores.samples.len(),
        scores.sets.len(),
        method.adjustment.title()
    ));
    answer.tables.push(table);
}
