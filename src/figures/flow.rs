//! The flow of patients: from a table through a cohort's conditions into the parts of a split.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::page::{Align, BLACK_INK, GREY, Page as Sheet, wrap};
use super::{Figure, FigureError, Page, Width, field, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "flow",
    title: "Flow of patients",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "How many patients each condition left, why the others went, and into which parts the cohort was split.",
    documentation: "A box to the right of the stem counts those that a condition removed, and of them those for whom it was \
        unknown. Counts reconcile: each box is the one before less those to its right, and the parts of a split with those \
        in no part make the cohort; numbers that do not are refused.",
    references: &["Schulz KF et al. BMJ 2010;340:c332", "von Elm E et al. BMJ 2007;335:806-808"],
    example: "figure flow",
};

/// A condition, in the order of the cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Patients who fulfil it stay; else they go.
    pub include: bool,
    pub label: String,
    pub before: u64,
    pub removed: u64,
    /// Patients for whom it is unknown, as something needed is missing.
    pub unknown: u64,
    /// Whether those stay.
    pub unknown_stays: bool,
    pub after: u64,
}

/// A part of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub n: u64,
    /// Events of an endpoint known there: `response: 31`.
    pub remark: String,
}

/// A split of the cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    pub name: String,
    pub parts: Vec<Part>,
    /// In no part.
    pub unused: u64,
}

/// The numbers of a flow chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub source: String,
    pub start: u64,
    pub conditions: Vec<Condition>,
    pub cohort: String,
    pub end: u64,
    pub splits: Vec<Split>,
}

const SIZE: f64 = 7.5;
const LINE: f64 = 3.4;

impl Flow {
    /// Whether every count follows from the one before.
    fn reconcile(&self) -> Result<(), FigureError> {
        let wrong = |reason: String| Err(FigureError::Value { figure: "flow", reason });
        let mut now = self.start;
        for condition in &self.conditions {
            if condition.before != now || condition.after.checked_add(condition.removed) != Some(now) {
                return wrong(format!("the counts of `{}` do not reconcile", condition.label));
            }
            now = condition.after;
        }
        if now != self.end {
            return wrong(format!("{now} patients pass the conditions and {} are in the cohort", self.end));
        }
        for split in &self.splits {
            let sum = split.parts.iter().map(|part| part.n).sum::<u64>() + split.unused;
            if sum != self.end {
                return wrong(format!("the parts of `{}` make {sum} of {} patients", split.name, self.end));
            }
        }
        Ok(())
    }
}

fn arrow(page: &mut Sheet, from: (f64, f64), to: (f64, f64)) {
    page.line(from, to, BLACK_INK, 0.25);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / length, dy / length);
    let base = (to.0 - ux * 1.8, to.1 - uy * 1.8);
    page.area(vec![to, (base.0 - uy * 0.8, base.1 + ux * 0.8), (base.0 + uy * 0.8, base.1 - ux * 0.8)], BLACK_INK, 1.0);
}

/// What a box says: a name, bold, and what is told of it.
struct Said {
    lines: Vec<String>,
    bold: usize,
}

impl Said {
    /// The name on as many lines as it needs, and the count.
    fn new(name: &str, count: u64, room: f64) -> Self {
        // Bold letters are a tenth wider than those that are measured.
        let mut lines = wrap(name, SIZE, (room - 3.0) * 0.88, 8);
        let bold = lines.len();
        lines.push(n(count));
        Said { lines, bold }
    }

    fn height(&self) -> f64 {
        LINE * self.lines.len() as f64 + 2.8
    }
}

fn n(count: u64) -> String {
    format!("n = {}", words::count(count))
}

fn boxed(page: &mut Sheet, at: (f64, f64), width: f64, said: &Said) {
    page.frame(at, width, said.height(), BLACK_INK, 0.25);
    for (place, line) in said.lines.iter().enumerate() {
        let y = at.1 + 1.4 + LINE * (place as f64 + 0.5);
        if place < said.bold {
            page.bold((at.0 + width / 2.0, y), line, SIZE, Align::Centre, BLACK_INK);
        } else {
            page.text((at.0 + width / 2.0, y), line, SIZE, Align::Centre, BLACK_INK);
        }
    }
}

impl Figure for Flow {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("step,label,before,removed,unknown,after\n");
        let _ = writeln!(out, "source,{},,,,{}", field(&self.source), self.start);
        for c in &self.conditions {
            let word = if c.include { "include" } else { "exclude" };
            let _ = writeln!(out, "{word},{},{},{},{},{}", field(&c.label), c.before, c.removed, c.unknown, c.after);
        }
        let _ = writeln!(out, "cohort,{},,,,{}", field(&self.cohort), self.end);
        for split in &self.splits {
            for part in &split.parts {
                let _ = writeln!(
                    out,
                    "part,{},{},,,{}",
                    field(&format!("{}: {}", split.name, part.name)),
                    self.end,
                    part.n
                );
            }
            if split.unused > 0 {
                let _ = writeln!(out, "unused,{},{},,,{}", field(&split.name), self.end, split.unused);
            }
        }
        out
    }

    fn caption(&self) -> String {
        let parts = self.splits.iter().map(|split| {
            let parts = words::each(split.parts.iter().map(|part| (part.name.as_str(), part.n, None)));
            let unused =
                if split.unused > 0 { format!("; {} in no part", words::count(split.unused)) } else { String::new() };
            format!("Parts of {}: {parts}{unused}", split.name)
        });
        let first = format!(
            "Of {} patients in {}, {} {} excluded and {} make the cohort {}",
            words::count(self.start),
            self.source,
            words::count(self.start.saturating_sub(self.end)),
            if self.start.saturating_sub(self.end) == 1 { "was" } else { "were" },
            words::count(self.end),
            self.cohort
        );
        words::paragraph(std::iter::once(first).chain(parts))
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        self.reconcile()?;
        let total = width.millimetres();
        let stem = total * 0.44;
        let side = total * 0.46;
        let (left, right) = (2.0, total - 2.0 - side);
        // Two passes would measure and draw; one that draws on a tall page and cuts it is simpler.
        let mut page = Sheet::new(total, 0.0);
        let middle = left + stem / 2.0;
        let mut y = 2.0;
        let first = Said::new(&self.source, self.start, stem);
        boxed(&mut page, (left, y), stem, &first);
        y += first.height();
        for condition in &self.conditions {
            let kept = if condition.include { "not " } else { "" };
            let reason = format!("Excluded: {kept}{}", condition.label);
            let mut said = Said::new(&reason, condition.removed, side);
            if condition.unknown > 0 {
                let fate = if condition.unknown_stays { ", who stay" } else { " of them" };
                said.lines.push(format!("unknown for {}{fate}", words::count(condition.unknown)));
            }
            let gap = 3.0;
            let tall = said.height();
            boxed(&mut page, (right, y + gap), side, &said);
            arrow(&mut page, (middle, y + gap + tall / 2.0), (right, y + gap + tall / 2.0));
            let next = y + gap + tall + gap;
            page.line((middle, y), (middle, next), BLACK_INK, 0.25);
            page.text((middle - 1.5, next - 1.0), &n(condition.after), 6.5, Align::Right, GREY);
            y = next;
        }
        arrow(&mut page, (middle, y), (middle, y + 4.0));
        y += 4.0;
        let cohort = Said::new(&self.cohort, self.end, stem);
        boxed(&mut page, (left, y), stem, &cohort);
        y += cohort.height();
        for split in &self.splits {
            let boxes = split.parts.len() + usize::from(split.unused > 0);
            if boxes == 0 {
                continue;
            }
            // At most four abreast; more go to the next line.
            let abreast = boxes.min(if width == Width::Full { 4 } else { 2 });
            let room = (total - 4.0 - 3.0 * (abreast as f64 - 1.0)) / abreast as f64;
            let mut all: Vec<Said> = split
                .parts
                .iter()
                .map(|part| {
                    let mut said = Said::new(&part.name, part.n, room);
                    said.lines.extend(wrap(&part.remark, SIZE, room - 3.0, 2));
                    said
                })
                .collect();
            if split.unused > 0 {
                all.push(Said::new("in no part", split.unused, room));
            }
            page.line((middle, y), (middle, y + 4.0), BLACK_INK, 0.25);
            // Further lines hang on a stem between the first two boxes of each.
            let between = 2.0 + room + 1.5;
            let mut before = 0.0;
            let several = all.len() > abreast;
            for (line, row) in all.chunks(abreast).enumerate() {
                let bar = y + 4.0;
                let tall = row.iter().map(Said::height).fold(0.0, f64::max);
                let centre = |place: usize| 2.0 + (room + 3.0) * place as f64 + room / 2.0;
                let from = if line == 0 { middle } else { between };
                let reach = [Some(from), several.then_some(between)].into_iter().flatten();
                let ends = reach.fold((centre(0), centre(row.len() - 1)), |(a, b), x| (a.min(x), b.max(x)));
                if line > 0 {
                    page.line((between, y - before - 4.0), (between, bar), BLACK_INK, 0.25);
                }
                before = tall;
                page.line((ends.0, bar), (ends.1, bar), BLACK_INK, 0.25);
                for (place, said) in row.iter().enumerate() {
                    arrow(&mut page, (centre(place), bar), (centre(place), bar + 4.0));
                    boxed(&mut page, (centre(place) - room / 2.0, bar + 4.0), room, said);
                }
                y = bar + 4.0 + tall;
            }
            page.text((left, y + 3.0), &format!("Split: {}", split.name), 6.5, Align::Left, GREY);
            y += 5.0;
        }
        page.height = y + 2.0;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Flow {
        let condition = |label: &str, before, removed, unknown| Condition {
            include: true,
            label: label.into(),
            before,
            removed,
            unknown,
            unknown_stays: false,
            after: before - removed,
        };
        let part = |name: &str, n| Part { name: name.into(), n, remark: String::new() };
        Flow {
            source: "patients".into(),
            start: 105,
            conditions: vec![condition("unresectable HCC", 105, 5, 2), condition("Child-Pugh A or B", 100, 0, 0)],
            cohort: "eligible".into(),
            end: 100,
            splits: vec![Split {
                name: "centres".into(),
                parts: vec![part("train", 70), part("internal", 28)],
                unused: 2,
            }],
        }
    }

    #[test]
    fn numbers_and_drawing() {
        assert!(example().csv().contains("include,unresectable HCC,105,5,2,100\n"));
        assert!(example().caption().contains("Of 105 patients in patients, 5 were excluded"));
        for width in [Width::Column, Width::Full] {
            let svg = example().draw(width).and_then(|p| p.svg()).expect("a drawing");
            assert!(svg.contains("Excluded: not") && svg.contains("in no part"));
        }
    }

    #[test]
    fn counts_that_do_not_reconcile_are_refused() {
        let mut flow = example();
        flow.conditions[1].before = 99;
        assert!(matches!(flow.draw(Width::Full), Err(FigureError::Value { .. })));
        let mut flow = example();
        flow.splits[0].unused = 0;
        assert!(matches!(flow.draw(Width::Full), Err(FigureError::Value { .. })));
    }
}
