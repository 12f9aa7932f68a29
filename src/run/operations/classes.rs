//! What an evaluation tells of each class of a nominal endpoint: how well it is told from the rest,
//! how often it is called rightly, and what is called instead.

use crate::run::results::{Answer, Cell, EstimateRecord, ResultTable};
use crate::stats::binomial::{ProportionInterval, proportion};
use crate::stats::{Estimate, Outcome, Prediction};

use super::evaluate::DIGITS;
use super::judge::Judgement;

/// Adds the table of classes and, where asked, the table of observed and called classes.
pub fn told(judgement: &Judgement, confusion: bool, level: f64, answer: &mut Answer) {
    let (Outcome::Nominal(classes), Prediction::Classes(p)) = (&judgement.outcome, &judgement.prediction) else {
        return;
    };
    let title = format!("{} on {} ({})", judgement.model, judgement.cohort, judgement.kind.words());
    let name = |what: &str| {
        format!("{what}-{}-{}-{}", judgement.model, judgement.cohort, judgement.kind.words().replace(' ', "-"))
    };
    let count = classes.levels.len();
    let mut called = vec![vec![0usize; count]; count];
    for (class, own) in classes.class.iter().zip(p.called()) {
        called[*class][*own as usize] += 1;
    }
    let ranked = crate::stats::hand_till::Ranked { classes, p, held: judgement.held.as_ref() };
    let mut table = ResultTable::new(
        &name("classes"),
        format!("{title}: each class"),
        ["class", "patients", "AUC against the rest", "called rightly", "right where called"],
    );
    for (place, class) in classes.levels.iter().enumerate() {
        let n = classes.len();
        let auc_name = format!("AUC of {class} against the rest");
        let auc = match ranked.against_rest(place) {
            Ok(found) => {
                let within = if judgement.held.is_some() { ", of pairs within a fold" } else { "" };
                let how = format!("{}; trapezoid{within}, DeLong", judgement.how);
                let estimate = Estimate::new(auc_name, found.area, n, how);
                match found.interval(level) {
                    Some(interval) => estimate.within(interval.lower, interval.upper, level),
                    None => {
                        let why = "the class has a single patient, or every patient ranks alike".to_owned();
                        Estimate { no_interval: Some(why), ..estimate }
                    }
                }
            }
            Err(reason) => Estimate::not_estimable(auc_name, n, reason.reason),
        };
        let right = called[place][place];
        let of_class = called[place].iter().sum();
        let as_class = called.iter().map(|row| row[place]).sum();
        let share = |what: &str, of: usize, none: &str| {
            if of == 0 {
                return Estimate::not_estimable(what, 0, none);
            }
            let estimate = proportion(what, right, of, ProportionInterval::Wilson, level);
            Estimate { how: format!("{}; most probable class, {}", judgement.how, estimate.how), ..estimate }
        };
        let estimates = [
            auc,
            share(&format!("sensitivity of {class}"), of_class, "nobody is of the class"),
            share(&format!("PPV of {class}"), as_class, "nobody is called so"),
        ];
        let mut row = vec![Cell::text(class.as_str()), Cell::count(of_class)];
        for estimate in estimates {
            let estimate = estimate.with_events(Some(of_class)).with_missing(judgement.missing);
            let record = EstimateRecord::new(&estimate, judgement.kind).of(&judgement.model, &judgement.cohort);
            row.push(record.cell(DIGITS));
            answer.estimates.push(record);
        }
        table.rows.push(row);
    }
    table.notes.push(
        "called is the class with the highest probability; sensitivity and PPV with Wilson's intervals".to_owned(),
    );
    answer.tables.push(table);
    if !confusion {
        return;
    }
    let mut columns = vec!["observed".to_owned()];
    columns.extend(classes.levels.iter().map(|class| format!("called {class}")));
    columns.push("patients".to_owned());
    let mut table = ResultTable::new(&name("confusion"), format!("{title}: observed and called classes"), [""; 0]);
    table.columns = columns;
    for (class, row) in classes.levels.iter().zip(&called) {
        let mut cells = vec![Cell::text(class.as_str())];
        cells.extend(row.iter().map(|count| Cell::count(*count)));
        cells.push(Cell::count(row.iter().sum()));
        table.rows.push(cells);
    }
    answer.tables.push(table);
}
