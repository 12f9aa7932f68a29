//! `kappa(mrecist ~ reader)`: agreement of readers on levels.

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::kappa::{Kappa, KappaWeights, cohen_kappa, fleiss_kappa};

use super::level;
use super::readings::Readings;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let level = level(step, spec);
    let readings = Readings::gather(step, spec)?;
    let (codes, levels) = readings.levels();
    let weights = match spec.settings.choice("weights") {
        "linear" => KappaWeights::Linear,
        "quadratic" => KappaWeights::Quadratic,
        _ => KappaWeights::Unweighted,
    };
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "kappa",
        step.node.stem.clone(),
        ["readers", "agreement", "kappa", "p", "patients", "left out"],
    );
    let mut push = |who: String, agreement: Cell, found: Kappa| {
        let mut record = EstimateRecord::new(&found.estimate, Kind::Descriptive).of("", &readings.cohort);
        record.metric = format!("{} of {who}", record.metric);
        table.push([
            Cell::text(who),
            agreement,
            record.cell(3),
            found.p.map_or(Cell::Empty, Cell::P),
            Cell::count(record.n),
            Cell::count(record.missing),
        ]);
        answer.estimates.push(record);
    };
    for (first, second) in readings.pairs() {
        let column = |reader: usize| -> Vec<Option<u32>> { codes.iter().map(|own| own[reader]).collect() };
        let (a, b) = (column(first), column(second));
        let both = a.iter().zip(&b).filter(|(a, b)| a.is_some() && b.is_some()).count();
        let same = a.iter().zip(&b).filter(|(a, b)| a.is_some() && a == b).count();
        let found = cohen_kappa(&a, &b, levels.len(), weights, level)?;
        let who = format!("{}, {}", readings.readers[first], readings.readers[second]);
        push(who, Cell::count_of(same, both), found);
    }
    if readings.readers.len() > 2 {
        let counts: Vec<Vec<u32>> = codes
            .iter()
            .filter(|own| own.iter().all(Option::is_some))
            .map(|own| {
                let mut count = vec![0; levels.len()];
                own.iter().flatten().for_each(|code| count[*code as usize] += 1);
                count
            })
            .collect();
        let agreed = counts.iter().filter(|count| count.iter().filter(|c| **c > 0).count() == 1).count();
        let mut found = fleiss_kappa(&counts, level)?;
        found.estimate = found.estimate.with_missing(readings.patients() - counts.len());
        push("all (Fleiss)".to_owned(), Cell::count_of(agreed, counts.len()), found);
    }
    table.notes.push(format!("levels in order: {}", levels.join(", ")));
    table.notes.push(match weights {
        KappaWeights::Unweighted => "Cohen's kappa of each pair, large-sample interval; p that it is 0".to_owned(),
        KappaWeights::Linear => "Cohen's kappa with linear weights, large-sample interval; p that it is 0".to_owned(),
        KappaWeights::Quadratic => {
            "Cohen's kappa with quadratic weights, large-sample interval; p that it is 0".to_owned()
        }
    });
    answer.tables.push(table);
    Ok(answer)
}
