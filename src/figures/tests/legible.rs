//! Whether text stands within its page and apart from other text.

use super::super::page::{bold_width, text_width};
use super::super::{Align, Mark, Page};

/// Left, top, right, bottom.
type Rect = (f64, f64, f64, f64);

/// The box of a text: letters are about seven tenths of their size high.
fn extent(mark: &Mark) -> Option<(Rect, &str)> {
    let Mark::Text { at, text, size, align, bold, upright, .. } = mark else { return None };
    if text.trim().is_empty() {
        return None;
    }
    let wide = if *bold { bold_width(text, *size) } else { text_width(text, *size) };
    let high = size / 72.0 * 25.4 * 0.70;
    let from = match align {
        Align::Left => 0.0,
        Align::Centre => -wide / 2.0,
        Align::Right => -wide,
    };
    let (x, y) = *at;
    if *upright {
        Some(((x - high / 2.0, y - wide / 2.0, x + high / 2.0, y + wide / 2.0), text))
    } else {
        Some(((x + from, y - high / 2.0, x + from + wide, y + high / 2.0), text))
    }
}

/// What is wrong with a page's text.
pub fn faults(page: &Page) -> Vec<String> {
    let texts: Vec<(Rect, &str)> = page.marks().iter().filter_map(extent).collect();
    let mut faults = Vec::new();
    for (rect, text) in &texts {
        if rect.0 < -0.05 || rect.1 < -0.05 || rect.2 > page.width + 0.05 || rect.3 > page.height + 0.05 {
            faults.push(format!(
                "`{text}` leaves the page of {:.0} by {:.0} at {:.1}, {:.1}, {:.1}, {:.1}",
                page.width, page.height, rect.0, rect.1, rect.2, rect.3
            ));
        }
    }
    for (place, (a, one)) in texts.iter().enumerate() {
        for (b, other) in &texts[place + 1..] {
            let (across, down) = (a.2.min(b.2) - a.0.max(b.0), a.3.min(b.3) - a.1.max(b.1));
            if across > 0.15 && down > 0.25 {
                faults.push(format!(
                    "`{one}` and `{other}` overlap by {across:.1} by {down:.1} mm at {:.0}, {:.0}",
                    a.0, a.1
                ));
            }
        }
    }
    faults
}

#[test]
fn overlaps_and_clips_are_found() {
    let mut page = Page::new(30.0, 10.0);
    page.text((2.0, 5.0), "one", 8.0, Align::Left, (0, 0, 0));
    page.text((12.0, 5.0), "two", 8.0, Align::Left, (0, 0, 0));
    assert!(faults(&page).is_empty());
    page.text((3.0, 5.5), "three", 8.0, Align::Left, (0, 0, 0));
    page.text((29.0, 5.0), "four", 8.0, Align::Left, (0, 0, 0));
    assert_eq!(faults(&page).len(), 2, "{:?}", faults(&page));
}
