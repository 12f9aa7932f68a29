//! Figures in the terminal and as files.

use crate::figures::{self, Figure, Width};
use crate::run::results::FigureData;

use super::display::{Pictures, Style, Terminal, drawing, iterm, kitty, sixel};

/// Wider than this no picture is drawn: the eye has to follow a curve.
const MOST: usize = 120;

fn read(figure: &FigureData) -> Result<Box<dyn Figure>, String> {
    figures::read(&figure.kind, &figure.data).map_err(|error| error.to_string())
}

/// The figure as SVG.
///
/// # Errors
/// Why it cannot be drawn.
pub fn svg(figure: &FigureData) -> Result<String, String> {
    let figure = read(figure)?;
    let page = figure.draw(figure.width()).map_err(|error| error.to_string())?;
    page.svg().map_err(|error| error.to_string())
}

/// The figure for this terminal, with its title; empty where pictures are not wanted.
pub fn shown(figure: &FigureData, terminal: &Terminal) -> String {
    if terminal.pictures == Pictures::None {
        return String::new();
    }
    match drawn(figure, terminal) {
        Ok(picture) => format!("{}\n{picture}", terminal.styled(&figure.title, Style::Heading)),
        Err(reason) => {
            let line = format!("{} is not drawn: {reason}", figure.title);
            format!("{}\n", terminal.styled(&super::display::folded(&line, terminal.width), Style::Note))
        }
    }
}

fn drawn(figure: &FigureData, terminal: &Terminal) -> Result<String, String> {
    let told = |error: figures::FigureError| error.to_string();
    let figure = read(figure)?;
    let columns = terminal.width.min(MOST);
    match terminal.pictures {
        Pictures::None => Ok(String::new()),
        Pictures::Text => {
            let millimetres = (columns as f64 * drawing::COLUMN).floor() as u16;
            let page = figure.draw(Width::Other(millimetres)).map_err(told)?;
            Ok(drawing::drawn(&page, columns, terminal))
        }
        Pictures::Kitty => {
            let page = figure.draw(figure.width()).map_err(told)?;
            Ok(kitty::shown(&page.png().map_err(told)?, across(page.width, columns)))
        }
        Pictures::Iterm => {
            let page = figure.draw(figure.width()).map_err(told)?;
            Ok(iterm::shown(&page.png().map_err(told)?, across(page.width, columns)))
        }
        Pictures::Sixel => {
            let page = figure.draw(figure.width()).map_err(told)?;
            let (width, height) = page.size();
            let (cell, _) = terminal.cell.unwrap_or((8, 16));
            let pixels = across(page.width, columns) as u32 * cell;
            let sheet = page.sheet().map_err(told)?;
            Ok(sixel::shown(&sheet, (width as usize, height as usize), (pixels as usize).min(width as usize)))
        }
    }
}

/// Columns that a page takes as a picture: as large as it is printed, or as the terminal lets it.
fn across(millimetres: f64, columns: usize) -> usize {
    // A column of a usual font is about 2 mm on the glass.
    ((millimetres / 2.0 * 1.5).round() as usize).clamp(20, columns.max(20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    /// Survival that falls in steps, from a fixed recurrence.
    fn curve(name: &str, rate: f64) -> Json {
        let mut steps = Vec::new();
        let (mut survival, mut at_risk, mut time) = (1.0f64, 60u64, 0.0);
        for step in 0..30u64 {
            time += 0.6 + 0.1 * (step % 5) as f64;
            let events = u64::from(step % 3 != 2) * (1 + u64::from(step % 7 == 0));
            let censored = u64::from(step % 4 == 3);
            if at_risk <= events + censored {
                break;
            }
            survival *= 1.0 - rate * events as f64 / at_risk as f64;
            steps.push(json!({
                "time": time, "at_risk": at_risk, "events": events, "censored": censored, "survival": survival,
                "lower": (survival - 0.11).max(0.0), "upper": (survival + 0.09).min(1.0),
            }));
            at_risk -= events + censored;
        }
        json!({ "name": name, "n": 60, "events": 28, "median": null, "median_limits": [null, null], "steps": steps })
    }

    /// A figure of every kind that is drawn, by the name of its snapshot.
    pub(super) fn examples() -> Vec<FigureData> {
        let figure = |kind: &str, data: Json| FigureData { kind: kind.into(), title: format!("A {kind}"), data };
        let curves = json!([curve("low risk", 0.6), curve("high risk", 1.6)]);
        let roc = |name: &str, bend: f64, area: [f64; 3]| {
            let points: Vec<[f64; 2]> =
                (0..=40).map(|step| f64::from(step) / 40.0).map(|x| [x, x.powf(bend)]).collect();
            json!({ "name": name, "n": 120, "events": 55, "area": area, "points": points })
        };
        let estimate = |term: &str, level: &str, value: f64, lower: Option<f64>, upper: Option<f64>| {
            json!({ "term": term, "level": level, "n": 212, "events": 148, "missing": 3,
                "effect": { "estimate": { "value": value, "lower": lower, "upper": upper, "p": 0.03 } } })
        };
        let row = |name: &str, value: Json| json!({ "name": name, "n": 120, "events": 55, "value": value });
        vec![
            figure(
                "km",
                json!({ "time": "Months since treatment", "outcome": "Overall survival", "cohort": "train",
                    "method": "log interval", "curves": curves, "missing": 2,
                    "notes": ["HR 2.31 (1.42 to 3.77), log-rank P < 0.001"] }),
            ),
            figure(
                "roc",
                json!({ "title": "response on train", "method": "DeLong interval", "notes": [],
                    "curves": [roc("RESPONSE", 0.35, [0.74, 0.65, 0.83]), roc("RESPONSE.host", 0.7, [0.59, 0.49, 0.69])] }),
            ),
            figure(
                "forest",
                json!({ "measure": "Hazard ratio", "scale": "ratio", "interval": "95 % CI", "method": "Cox",
                    "rows": [
                        estimate("age", "", 1.02, Some(0.99), Some(1.05)),
                        json!({ "term": "stage", "level": "A", "n": 90, "events": 52, "missing": 3, "effect": "reference" }),
                        estimate("stage", "B", 1.84, Some(1.21), Some(2.80)),
                        estimate("stage", "C", 3.9, Some(0.9), Some(170.0)),
                        json!({ "term": "PVT", "level": "yes", "n": 4, "events": 0, "missing": 3,
                            "effect": { "not-estimable": "no events" } }),
                    ] }),
            ),
            figure(
                "comparison",
                json!({ "metric": "C-index (95 % CI, bootstrap)", "rows": [
                    row("SURVIVAL", json!([0.68, 0.62, 0.74])),
                    row("SURVIVAL.host", json!([0.64, 0.58, 0.70])),
                    row("SURVIVAL.tumour", json!([0.61, 0.55, 0.67])),
                    row("early cox(host, tumour)", Json::Null),
                ] }),
            ),
            figure(
                "heat-map",
                json!({ "scale": "z-score", "clip": 2.0, "row_tree": [], "annotations": [], "method": "not clustered",
                    "groups": [
                        { "name": "response", "columns": (0..12).map(|c| format!("r{c}")).collect::<Vec<_>>(), "tree": [] },
                        { "name": "none", "columns": (0..18).map(|c| format!("n{c}")).collect::<Vec<_>>(), "tree": [] },
                    ],
                    "rows": ((0..8).map(|row| json!({
                        "name": format!("feature {row}"), "remark": "",
                        "values": (0..30).map(|column| {
                            let side = if (column < 12) == (row < 4) { 1.2 } else { -1.2 };
                            side + f64::from((row * 7 + column * 5) % 11) / 10.0 - 0.5
                        }).collect::<Vec<_>>(),
                    }))).collect::<Vec<_>>() }),
            ),
            figure(
                "volcano",
                json!({ "contrast": "high against low", "effect": "log2 fold change", "method": "moderated t",
                    "groups": [["high", 25], ["low", 25]], "fdr": 0.05, "cut": 1.0, "untested": 0,
                    "genes": (0..300).map(|gene| {
                        let effect = (f64::from(gene * 37 % 101) - 50.0) / 20.0;
                        let p = 10f64.powf(-effect.abs() * f64::from(gene * 13 % 29) / 10.0);
                        json!({ "name": format!("G{gene}"), "effect": effect, "p": p, "fdr": (p * 4.0).min(1.0) })
                    }).collect::<Vec<_>>() }),
            ),
            figure(
                "boxes",
                json!({ "measure": "ssGSEA score", "groups": [["high", 20], ["low", 20]], "method": "Wilcoxon",
                    "scores": ((0..3).zip(["Activated B cell", "MDSC", "Monocyte"])).map(|(place, name)| json!({
                        "name": name, "coverage": [18, 20], "p": 0.001, "p_adjusted": 0.003,
                        "values": (0..2).map(|group| (0..20).map(|value| {
                            f64::from(value * 7 % 20) / 40.0 + 0.1 * f64::from(place) + 0.15 * f64::from(group)
                        }).collect::<Vec<_>>()).collect::<Vec<_>>(),
                    })).collect::<Vec<_>>() }),
            ),
        ]
    }

    #[test]
    fn every_figure_reads_at_80_and_120_columns() {
        for figure in examples() {
            for width in [80, 120] {
                let terminal = Terminal { width, is_terminal: true, ..Terminal::plain() };
                let shown = shown(&figure, &terminal);
                for line in shown.lines() {
                    assert!(super::super::display::table::width(line) <= width, "{} at {width}: {line}", figure.kind);
                }
                insta::assert_snapshot!(format!("{}_{width}", figure.kind), shown);
            }
        }
    }
}
