//! Gene sets over several contrasts: the same sets beside each other, and what differs.

use serde_json::json;

use crate::omics::comparative::{Meeting, compared};
use crate::omics::gsea::GseaResult;
use crate::omics::method::Found;
use crate::run::results::{Answer, Cell, FigureData, ResultTable};

use super::genes::Analysis;
use super::sets::Asked;
use super::{RATE, slug};

/// Sets of the comparative figure.
const DOTS: usize = 30;

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
        ["set", "first NES", "first p adjusted", "second NES", "second p adjusted", "is", "in both leading edges"],
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
                format!("{DOTS} of {all} sets with the smallest adjusted p in any contrast")
            } else {
                format!("all {all} sets")
            },
        }),
    });
}
