//! Two versions of a study beside each other: their text, their plans, their results.

use std::fmt::Write;

use crate::plan::{NodeId, Plan, describe};
use crate::run::results::{Cell, EstimateRecord, Kind, ResultTable};

use super::branches::Cells;

/// The cells that differ, line by line: `-` before, `+` after.
pub fn texts(before: &Cells, after: &Cells) -> String {
    let mut text = String::new();
    for cell in after {
        match before.iter().find(|other| other.subject == cell.subject) {
            Some(same) if same.text == cell.text => {}
            Some(same) => text.push_str(&lines(&same.text, &cell.text)),
            None => text.push_str(&lines("", &cell.text)),
        }
    }
    for cell in before {
        if !after.iter().any(|other| other.subject == cell.subject) {
            text.push_str(&lines(&cell.text, ""));
        }
    }
    text
}

/// Lines of two texts by their longest common subsequence; what stays the same is shown around
/// what does not.
fn lines(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut longest = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] =
                if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let mut text = String::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            let _ = writeln!(text, "  {}", old[i]);
            i += 1;
            j += 1;
        } else if i < old.len() && (j == new.len() || longest[i + 1][j] >= longest[i][j + 1]) {
            let _ = writeln!(text, "- {}", old[i]);
            i += 1;
        } else {
            let _ = writeln!(text, "+ {}", new[j]);
            j += 1;
        }
    }
    text
}

/// Steps by name: those that only one plan has, those that are defined otherwise, and those that
/// only follow from such a one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    pub added: Vec<String>,
    pub gone: Vec<String>,
    pub changed: Vec<String>,
    pub following: Vec<String>,
    pub same: usize,
    details: String,
}

impl Difference {
    pub fn of(before: &Plan, after: &Plan) -> Self {
        let mut difference = Difference::default();
        for node in after.nodes() {
            let Some(other) = before.find(&node.name) else {
                difference.added.push(node.name.clone());
                continue;
            };
            if before.hash(other.id) == after.hash(node.id) {
                difference.same += 1;
                continue;
            }
            // The first line ends in the hash, which is another one in any case.
            let own = |plan: &Plan, id: NodeId| {
                describe::node(plan, id).lines().skip(1).map(str::to_owned).collect::<Vec<_>>().join("\n")
            };
            let (old, new) = (own(before, other.id), own(after, node.id));
            if old == new {
                difference.following.push(node.name.clone());
            } else {
                difference.changed.push(node.name.clone());
                let _ = writeln!(difference.details, "  {}", node.name);
                let mut told: Vec<String> = Vec::new();
                for line in lines(&old, &new).lines().filter(|line| !line.starts_with("  ")) {
                    let (sign, rest) = line.split_at(1);
                    let line = format!("{sign} {}", rest.replace(['├', '└', '─', '│'], "").trim());
                    // The same step of several blocks is told once.
                    if !told.contains(&line) {
                        let _ = writeln!(difference.details, "    {line}");
                        told.push(line);
                    }
                }
            }
        }
        difference.gone = before
            .nodes()
            .iter()
            .filter(|node| after.find(&node.name).is_none())
            .map(|node| node.name.clone())
            .collect();
        difference
    }

    /// In lines, for reading.
    pub fn words(&self) -> String {
        let mut text = String::new();
        let mut say = |what: &str, names: &[String]| {
            if !names.is_empty() {
                let _ = writeln!(text, "{what}: {}", names.join(", "));
            }
        };
        say("steps defined otherwise", &self.changed);
        say("steps that follow from them", &self.following);
        say("new steps", &self.added);
        say("steps that are gone", &self.gone);
        let _ = writeln!(text, "steps that stay: {}", self.same);
        if !self.details.is_empty() {
            text.push_str(&self.details);
        }
        text
    }
}

/// Estimates of two branches beside each other.
pub struct SideBySide {
    /// Every estimate of the second branch, with that of the first.
    pub whole: ResultTable,
    /// What is shown: one table for each cohort and evidence, without what says nothing new.
    pub shown: Vec<ResultTable>,
}

/// Estimates of both, by what they are of; those of models before those of descriptions.
pub fn side_by_side(names: (&str, &str), before: &[EstimateRecord], after: &[EstimateRecord]) -> SideBySide {
    let title = format!("`{}` and `{}` side by side", names.0, names.1);
    let columns = ["model", "on", "estimate", "metric", names.0, names.1, "difference"];
    let mut whole = ResultTable::new("what-if", title.clone(), columns);
    let mut shown: Vec<ResultTable> = Vec::new();
    let (mut alike, mut apparent, mut benefits) = (0, 0, 0);
    let of_one = |left: &EstimateRecord, right: &EstimateRecord| {
        left.declaration == right.declaration
            && left.model == right.model
            && left.cohort == right.cohort
            && left.metric == right.metric
            && left.horizon == right.horizon
    };
    // Differences between models are what `against` tells, each in its own branch.
    for record in after.iter().filter(|record| !record.metric.starts_with("difference")) {
        let old = before.iter().find(|old| of_one(old, record) && old.kind == record.kind);
        let difference = match (old.and_then(|old| old.value), record.value) {
            (Some(old), Some(new)) => Cell::number(new - old, 3),
            _ => Cell::Empty,
        };
        let metric = record.measure();
        let model = if record.model.is_empty() { record.declaration.clone() } else { record.model.clone() };
        let (left, right) = (old.map_or(Cell::Empty, |old| old.cell(3)), record.cell(3));
        whole.push([
            Cell::text(model.as_str()),
            Cell::text(record.cohort.as_str()),
            Cell::text(record.kind.words()),
            Cell::text(metric.as_str()),
            left.clone(),
            right.clone(),
            difference.clone(),
        ]);
        let is_alike =
            old.is_some_and(|old| (old.value, old.lower, old.upper) == (record.value, record.lower, record.upper));
        let is_flattering = record.kind == Kind::Apparent
            && after.iter().any(|other| of_one(other, record) && other.kind != Kind::Apparent);
        match () {
            () if is_alike => alike += 1,
            () if is_flattering => apparent += 1,
            () if record.metric.starts_with("net benefit") => benefits += 1,
            () => {
                let on = if record.cohort.is_empty() { String::new() } else { format!(", on {}", record.cohort) };
                let title = format!("{title}{on} ({})", record.kind.words());
                let place = shown.iter().position(|table| table.title == title).unwrap_or_else(|| {
                    let columns = ["model", "metric", names.0, names.1, "difference"];
                    shown.push(ResultTable::new("what-if", title, columns));
                    shown.len() - 1
                });
                if let Some(table) = shown.get_mut(place) {
                    // A name stands once above what is told of it.
                    let above =
                        table.rows.iter().rev().find_map(|row| row.first().filter(|cell| **cell != Cell::Empty));
                    let model = Cell::text(model);
                    let model = if above == Some(&model) { Cell::Empty } else { model };
                    table.push([model, Cell::text(metric), left, right, difference]);
                }
            }
        }
    }
    let mut left_out = Vec::new();
    for (count, what) in
        [(alike, "that are the same in both"), (apparent, "on the rows of the fit"), (benefits, "of net benefit")]
    {
        if count > 0 {
            left_out.push(format!("{count} {what}"));
        }
    }
    if shown.is_empty() {
        shown.push(ResultTable::new("what-if", title, ["model", "metric", names.0, names.1, "difference"]));
    }
    if let Some(last) = shown.last_mut() {
        if !left_out.is_empty() {
            last.notes.push(format!("estimates left out here: {}; `:open` writes them all", left_out.join(", ")));
        }
        let told = "differences are of the estimates; they come without an interval, `against` gives one";
        last.notes.push(told.to_owned());
    }
    SideBySide { whole, shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_stay_are_found() {
        let shown = lines("model A\n  learn rsf\n  fuse rsf(x)", "model A\n  learn cox\n  fuse rsf(x)");
        assert_eq!(shown, "  model A\n-   learn rsf\n+   learn cox\n    fuse rsf(x)\n");
        assert_eq!(lines("", "a"), "+ a\n");
    }
}
