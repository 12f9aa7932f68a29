//! What every figure has to keep: numbers as they were, drawings within a tolerance, and nothing that
//! clips or overlaps, on ordinary and on awkward data.

pub(crate) mod examples;
mod legible;

use super::{Figure, FigureError, KINDS, Width, read, write};
use examples::{Example, all};
use serde_json::Value as Json;

fn widths() -> [Width; 2] {
    [Width::Column, Width::Full]
}

#[test]
fn every_kind_has_an_example_and_travels_as_json() {
    let examples = all();
    for kind in KINDS {
        let plain = examples.iter().any(|e| e.kind == kind.card.name && e.name == "plain");
        assert!(plain, "{} has no plain example, which holds its numbers and its drawing", kind.card.name);
    }
    for Example { kind, name, data } in &examples {
        let figure = read(kind, data).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        assert_eq!(figure.card().name, *kind);
        let (caption, alt) = (figure.caption(), figure.alt());
        assert!(
            caption.ends_with('.') && !caption.contains("NaN") && !caption.contains(" inf "),
            "{kind} {name}: {caption}"
        );
        assert!(alt.starts_with(figure.card().title), "{kind} {name}: {alt}");
    }
    assert!(matches!(read("pie", &Json::Null), Err(FigureError::Unknown { .. })));
    assert!(matches!(read("km", &Json::Null), Err(FigureError::Shape { .. })));
}

#[test]
fn nothing_clips_or_overlaps_and_no_number_is_none() {
    let mut faults = Vec::new();
    for Example { kind, name, data } in all() {
        let figure = read(kind, &data).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        for width in widths() {
            let page = match figure.draw(width) {
                Ok(page) => page,
                // Some figures say that a column is too narrow for them.
                Err(FigureError::Value { reason, .. }) if reason.contains("full width") && width == Width::Column => {
                    continue;
                }
                Err(error) => {
                    faults.push(format!("{kind} {name} {width:?}: {error}"));
                    continue;
                }
            };
            let svg = page.svg().unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
            // The letters of a raster may happen to read so.
            let mut parts = svg.split(";base64,");
            let own = parts.next().unwrap_or_default();
            let after = parts.filter_map(|part| part.split_once('"').map(|(_, after)| after));
            if std::iter::once(own).chain(after).any(|part| part.contains("NaN") || part.contains("inf\"")) {
                faults.push(format!("{kind} {name} {width:?}: a number in the SVG is none"));
            }
            faults.extend(legible::faults(&page).into_iter().map(|fault| format!("{kind} {name} {width:?}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_numbers_behind_each_figure_are_those_that_were() {
    for Example { kind, name, data } in all().into_iter().filter(|e| e.name == "plain") {
        let figure = read(kind, &data).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        let csv = figure.csv();
        let mut lines: Vec<String> = csv.lines().take(12).map(str::to_owned).collect();
        let more = csv.lines().count().saturating_sub(lines.len());
        if more > 0 {
            lines.push(format!("{more} more lines, sum {:016x}", sum_of(&csv)));
        }
        insta::assert_snapshot!(format!("{kind}-csv"), lines.join("\n"));
    }
}

/// FNV-1a of a CSV with its numbers at nine digits, which machines agree on.
fn sum_of(csv: &str) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for field in csv.split([',', '\n']) {
        let said = field.parse::<f64>().map_or(field.to_owned(), |value| format!("{value:.8e}"));
        for byte in said.bytes().chain([b',']) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    sum
}

#[test]
fn a_number_beyond_the_first_lines_changes_the_sum() {
    let csv = |last: f64| format!("x,y\n{}1,{last}\n", "0.5,2\n".repeat(40));
    assert_ne!(sum_of(&csv(0.25)), sum_of(&csv(0.26)));
    assert_eq!(sum_of(&csv(1.0 / 3.0)), sum_of(&csv(1.0 / 3.0 + 1e-15)));
}

/// Ink of a drawing on a grid of 32 by 32 cells, in hundredths; what is kept in
/// `tests/ink/KIND.txt`.
fn inked(figure: &dyn Figure) -> Vec<u32> {
    let page = figure.draw(figure.width()).expect("a drawing");
    page.ink(32, 32).expect("a grid").iter().map(|ink| (ink * 100.0).round() as u32).collect()
}

/// Renew with `UPDATE_INK=1 cargo test --lib -- figures::tests::drawings`, and look at what changed.
#[test]
fn drawings_are_those_that_were_within_a_tolerance() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/figures/tests/ink");
    let mut faults = Vec::new();
    for Example { kind, name, data } in all().into_iter().filter(|e| e.name == "plain") {
        let figure = read(kind, &data).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        let ink = inked(figure.as_ref());
        let path = folder.join(format!("{kind}.txt"));
        if std::env::var_os("UPDATE_INK").is_some() {
            let rows: Vec<String> =
                ink.chunks(32).map(|row| row.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")).collect();
            std::fs::create_dir_all(&folder).expect("the folder of the grids");
            std::fs::write(&path, rows.join("\n") + "\n").expect("a grid is written");
            continue;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{kind} has no grid of ink"));
        let kept: Vec<u32> = kept.split_whitespace().map(|cell| cell.parse().expect("a number")).collect();
        assert_eq!(kept.len(), ink.len(), "{kind}");
        let off: Vec<u32> = kept.iter().zip(&ink).map(|(a, b)| a.abs_diff(*b)).collect();
        let mean = f64::from(off.iter().sum::<u32>()) / off.len() as f64;
        let most = off.iter().copied().max().unwrap_or(0);
        // A line that is rounded to the pixel beside it moves 3 hundredths of a cell at most.
        if mean > 0.1 || most > 4 {
            faults.push(format!("{kind} is drawn otherwise: mean {mean:.2}, largest {most} hundredths"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_figure_is_three_files_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = all().into_iter().find(|e| e.kind == "km").expect("curves");
    let figure = read("km", &example.data).expect("curves");
    let written = write(folder.path(), "km", figure.as_ref()).expect("three files");
    assert!(written.foreign.is_empty());
    assert!(written.files.iter().all(|path| path.exists()));
    struct Nothing;
    impl Figure for Nothing {
        fn card(&self) -> &'static crate::card::Card {
            &super::km::CARD
        }
        fn csv(&self) -> String {
            String::new()
        }
        fn draw(&self, _: Width) -> Result<super::Page, FigureError> {
            Err(super::empty("km", "nothing"))
        }
        fn caption(&self) -> String {
            String::new()
        }
    }
    assert!(write(folder.path(), "none", &Nothing).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 3);
}

/// Draws every example into the folder `FIGURE_GALLERY`: see `scripts/gallery`.
#[test]
#[ignore = "writes a gallery to look at"]
fn gallery() {
    let Some(folder) = std::env::var_os("FIGURE_GALLERY").map(std::path::PathBuf::from) else { return };
    for Example { kind, name, data } in all() {
        let figure = read(kind, &data).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
        for (width, word) in [(figure.width(), "own"), (Width::Column, "column"), (Width::Full, "full")] {
            if word != "own" && width == figure.width() {
                continue;
            }
            let Ok(page) = figure.draw(width) else { continue };
            std::fs::create_dir_all(&folder).expect("the gallery");
            std::fs::write(folder.join(format!("{kind}-{name}-{word}.png")), page.png().expect("a PNG"))
                .expect("written");
        }
    }
}
