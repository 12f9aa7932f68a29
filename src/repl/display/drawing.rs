//! A page of marks in characters: lines and areas in braille, eight dots a cell; texts as texts, in
//! rows of their own. The page is not shrunk but laid out anew: a cell is as wide as a letter of
//! the page, and the rows are dealt out so that texts which stand below each other on the page
//! stand below each other here, at even distances.

use crate::figures::{Ink, Mark, PALETTE, Page, Raster};

use super::rows::{ROW, Rows, axis_of, placed};
use super::table::{cut, width};
use super::terminal::{Colour, Terminal};

/// Millimetres of the page that a column takes: about a letter of 8 points.
pub const COLUMN: f64 = 1.5;

/// The page, at most `columns` wide.
pub fn drawn(page: &Page, columns: usize, terminal: &Terminal) -> String {
    let rows = Rows::dealt(page);
    let mut canvas = Canvas::new(columns, rows.count, rows, terminal.colour != Colour::None);
    canvas.lead(page);
    for mark in page.marks() {
        canvas.mark(mark);
    }
    canvas.texts(page);
    canvas.text(terminal)
}

#[derive(Clone, Copy, Default)]
struct Cell {
    /// Braille dots, as bits of the sign's number.
    dots: u8,
    ink: Option<Ink>,
    sign: Option<char>,
    bold: bool,
    /// Of a text, which nothing drawn may cover.
    fixed: bool,
}

struct Canvas {
    /// Whether inks tell curves apart; otherwise their patterns do.
    inked: bool,
    columns: usize,
    count: usize,
    rows: Rows,
    cells: Vec<Cell>,
}

/// Bits of the dots of a cell, by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl Canvas {
    fn new(columns: usize, count: usize, rows: Rows, inked: bool) -> Self {
        Canvas { inked, columns, count, rows, cells: vec![Cell::default(); columns * count] }
    }

    fn cell(&mut self, column: i64, row: i64) -> Option<&mut Cell> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        if column < self.columns && row < self.count { self.cells.get_mut(row * self.columns + column) } else { None }
    }

    /// A point in dots.
    fn dot_at(&self, (x, y): (f64, f64)) -> (i64, i64) {
        ((x / COLUMN * 2.0).floor() as i64, (self.rows.at(y) * 4.0).floor() as i64)
    }

    fn dot(&mut self, (x, y): (i64, i64), ink: Ink) {
        let bit = DOTS[x.rem_euclid(2) as usize][y.rem_euclid(4) as usize];
        let pale = is_white(ink);
        if let Some(cell) = self.cell(x.div_euclid(2), y.div_euclid(4)) {
            if pale {
                cell.dots &= !bit;
                return;
            }
            cell.dots |= bit;
            // A curve is seen over an axis.
            if cell.ink.is_none_or(is_plain) || !is_plain(ink) {
                cell.ink = Some(ink);
            }
        }
    }

    fn line(&mut self, from: (i64, i64), to: (i64, i64), ink: Ink) {
        let (dx, dy) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
        let steps = dx.max(dy).clamp(1, 4000);
        for step in 0..=steps {
            let along = step as f64 / steps as f64;
            let x = from.0 as f64 + along * (to.0 - from.0) as f64;
            let y = from.1 as f64 + along * (to.1 - from.1) as f64;
            let at = (x.round() as i64, y.round() as i64);
            if self.inked || drawn_without_ink(at, ink) {
                self.dot(at, ink);
            }
        }
    }

    /// One dot in two cells.
    fn guide(&mut self, points: &[(f64, f64)], ink: Ink) {
        for pair in points.windows(2) {
            let (from, to) = (self.dot_at(pair[0]), self.dot_at(pair[1]));
            let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).clamp(1, 4000);
            for step in 0..=steps {
                let x = from.0 + (to.0 - from.0) * step / steps;
                let y = from.1 + (to.1 - from.1) * step / steps;
                if (x + y).rem_euclid(4) == 0 {
                    self.dot((x, y), ink);
                }
            }
        }
    }

    fn sign(&mut self, at: (f64, f64), sign: char, ink: Ink) {
        let (column, row) = ((at.0 / COLUMN).floor() as i64, self.rows.at(at.1).floor() as i64);
        if let Some(cell) = self.cell(column, row) {
            cell.sign = Some(sign);
            cell.ink = Some(ink);
        }
    }

    /// Upright titles without an axis stand above everything.
    fn lead(&mut self, page: &Page) {
        let mut free = 0;
        for mark in page.marks() {
            if let Mark::Text { at, text, upright: true, ink, .. } = mark
                && axis_of(page, *at).is_none()
            {
                let column = ((at.0 / COLUMN).round() as i64).max(0).max(free);
                free = column + width(text) as i64 + 2;
                self.write(column, 0, text, *ink, false);
            }
        }
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Path { points, ink, .. } => {
                // A guide for the eye: enough of it to be followed.
                if is_pale(*ink) {
                    self.guide(points, *ink);
                    return;
                }
                for pair in points.windows(2) {
                    let (from, to) = (self.dot_at(pair[0]), self.dot_at(pair[1]));
                    self.line(from, to, *ink);
                }
            }
            Mark::Area { points, ink, alpha } => self.area(points, *ink, *alpha),
            Mark::Dots { at, radius, ink, .. } => {
                if let ([one], true) = (at.as_slice(), *radius >= 0.7) {
                    self.sign(*one, '●', *ink);
                    return;
                }
                for point in at {
                    let centre = self.dot_at(*point);
                    self.dot(centre, *ink);
                }
            }
            Mark::Image { at, width, height, raster, .. } => self.image(*at, *width, *height, raster),
            Mark::Text { .. } => {}
        }
    }

    /// A small filled shape is a sign, a pale area sparse dots, any other full.
    fn area(&mut self, points: &[(f64, f64)], ink: Ink, alpha: f64) {
        // Stripes under rows guide the eye on paper and disturb it here.
        if is_plain(ink) && (alpha < 0.5 || is_pale(ink)) {
            return;
        }
        let range = |of: fn(&(f64, f64)) -> f64| {
            points.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (range(|point| point.0), range(|point| point.1));
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
        if right - left < 2.6 && bottom - top < 3.0 && alpha > 0.5 && !is_white(ink) {
            let sign = match points.len() {
                3 => {
                    let at = |of: fn(&(f64, f64)) -> f64, edge: f64| {
                        points.iter().filter(|point| (of(point) - edge).abs() < 0.05).count()
                    };
                    // The tip is opposite to the side that two corners share.
                    match () {
                        () if at(|point| point.1, top) == 2 => '▼',
                        () if at(|point| point.1, bottom) == 2 => '▲',
                        () if at(|point| point.0, left) == 2 => '▶',
                        () => '◀',
                    }
                }
                4 if points.iter().any(|point| (point.0 - middle.0).abs() < 0.05) => '◆',
                _ => '■',
            };
            self.sign(middle, sign, ink);
            return;
        }
        let (x0, y0) = self.dot_at((left, top));
        let (x1, y1) = self.dot_at((right, bottom));
        for y in y0.max(0)..=y1.min(self.count as i64 * 4) {
            for x in x0.max(0)..=x1.min(self.columns as i64 * 2) {
                // One dot in two cells: enough to see a band, too little to hide a curve.
                let sparse = alpha < 0.5 && !((x + y / 4 * 2) % 4 == 0 && y % 4 == 1);
                if sparse && !is_white(ink) {
                    continue;
                }
                let place = ((x as f64 + 0.5) / 2.0 * COLUMN, self.height(y));
                if inside(points, place) {
                    self.dot((x, y), ink);
                }
            }
        }
    }

    /// The height of a row of dots: the inverse of [`Rows::at`], by halving.
    fn height(&self, y: i64) -> f64 {
        let wanted = (y as f64 + 0.5) / 4.0;
        let (mut low, mut high) = (-10.0, self.rows.anchors.last().map_or(0.0, |last| last.0) + 400.0 * ROW);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.rows.at(middle) < wanted { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }

    fn image(&mut self, at: (f64, f64), width: f64, height: f64, raster: &Raster) {
        let first = (at.0 / COLUMN).floor() as i64;
        let last = ((at.0 + width) / COLUMN).ceil() as i64;
        let (top, bottom) = (self.rows.at(at.1).floor() as i64, self.rows.at(at.1 + height).ceil() as i64);
        for row in top.max(0)..bottom.min(self.count as i64) {
            let y = self.height(row * 4 + 1);
            let down = (y - at.1) / height;
            for column in first.max(0)..last.min(self.columns as i64) {
                let across = ((column as f64 + 0.5) * COLUMN - at.0) / width;
                if !(0.0..1.0).contains(&across) || !(0.0..1.0).contains(&down) {
                    continue;
                }
                let ink =
                    raster.ink((across * raster.width() as f64) as usize, (down * raster.height() as f64) as usize);
                if let Some(cell) = self.cell(column, row) {
                    cell.sign = Some(shade(ink));
                    cell.ink = Some(ink);
                }
            }
        }
    }

    fn texts(&mut self, page: &Page) {
        for text in placed(page) {
            let row = (self.rows.at(text.y) - 0.5).round() as i64;
            let length = text.length;
            let column = text.column.clamp(0, (self.columns as i64 - length).max(0));
            // A text that would run into another moves aside, or down.
            let spots = [(0, 0), (1, 0), (-1, 0), (2, 0), (-2, 0), (0, 1), (0, -1), (3, 0), (-3, 0)];
            let free = spots
                .into_iter()
                .find(|(right, down)| self.is_free(column + right, row + down, length))
                .unwrap_or((0, 0));
            let (column, row) = (column + free.0, row + free.1);
            // The sample of a legend keeps off its name.
            if let (true, Some(before)) = (text.is_left, self.cell(column - 1, row))
                && before.sign.is_none()
            {
                before.dots = 0;
            }
            self.write(column, row, text.text, text.ink, text.bold);
        }
    }

    fn is_free(&self, column: i64, row: i64, length: i64) -> bool {
        let Ok(row) = usize::try_from(row) else { return false };
        if column < 0 || column + length > self.columns as i64 || row >= self.count {
            return false;
        }
        // A blank stands between two texts.
        let (from, to) = ((column - 1).max(0) as usize, (column + length + 1).min(self.columns as i64) as usize);
        self.cells[row * self.columns + from..row * self.columns + to].iter().all(|cell| !cell.fixed)
    }

    fn write(&mut self, column: i64, row: i64, text: &str, ink: Ink, bold: bool) {
        let room = (self.columns as i64 - column).max(0) as usize;
        let mut at = column;
        for sign in cut(text, room).chars() {
            if let Some(cell) = self.cell(at, row) {
                *cell = Cell { dots: 0, ink: Some(ink), sign: Some(sign), bold, fixed: true };
            }
            at += width(&sign.to_string()) as i64;
        }
    }

    fn text(&self, terminal: &Terminal) -> String {
        let mut lines: Vec<String> = Vec::new();
        for row in self.cells.chunks(self.columns.max(1)) {
            let mut line = String::new();
            let mut current = String::new();
            let used = row.iter().rposition(|cell| cell.dots != 0 || cell.sign.is_some_and(|sign| sign != ' '));
            let mut skip = 0;
            for cell in &row[..used.map_or(0, |last| last + 1)] {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let code = code(cell, terminal);
                if code != current {
                    if !current.is_empty() {
                        line.push_str("\x1b[0m");
                    }
                    if !code.is_empty() {
                        line.push_str(&format!("\x1b[{code}m"));
                    }
                    current = code;
                }
                match (cell.sign, cell.dots) {
                    (Some(sign), _) => {
                        line.push(sign);
                        skip = width(&sign.to_string()).saturating_sub(1);
                    }
                    (None, 0) => line.push(' '),
                    (None, dots) => line.push(char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ')),
                }
            }
            if !current.is_empty() {
                line.push_str("\x1b[0m");
            }
            lines.push(line);
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.join("\n") + "\n"
    }
}

fn is_white(ink: Ink) -> bool {
    ink.0 > 245 && ink.1 > 245 && ink.2 > 245
}

/// Grid lines, stripes and guides: greys near white.
fn is_pale(ink: Ink) -> bool {
    is_plain(ink) && ink.0 > 190 && !is_white(ink)
}

/// Black and greys, which take the terminal's own colour.
pub(super) fn is_plain(ink: Ink) -> bool {
    let (low, high) = (ink.0.min(ink.1).min(ink.2), ink.0.max(ink.1).max(ink.2));
    high - low < 24
}

/// The codes of a cell's colour.
fn code(cell: &Cell, terminal: &Terminal) -> String {
    let Some(ink) = cell.ink.filter(|_| terminal.colour != Colour::None) else {
        return if cell.bold && terminal.colour != Colour::None { "1".to_owned() } else { String::new() };
    };
    // The same signs in a text are letters.
    let shaded = !cell.fixed && cell.sign.is_some_and(|sign| SHADES.contains(&sign));
    if is_plain(ink) && !shaded {
        return match (cell.bold, ink.0 > 70) {
            (true, _) => "1".to_owned(),
            (false, true) => "2".to_owned(),
            (false, false) => String::new(),
        };
    }
    // The inks are made for white paper: on a dark ground they are raised.
    let raise = |channel: u8| {
        if terminal.dark && !shaded { channel + ((255 - u16::from(channel)) * 2 / 5) as u8 } else { channel }
    };
    let (r, g, b) = (raise(ink.0), raise(ink.1), raise(ink.2));
    match terminal.colour {
        Colour::True => format!("38;2;{r};{g};{b}"),
        _ => {
            format!("38;5;{}", 16 + 36 * level(r) + 6 * level(g) + level(b))
        }
    }
}

/// The nearest of the six levels of a channel in the palette of 256 colours, which are not even.
fn level(channel: u8) -> usize {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let apart = |place: &usize| LEVELS.get(*place).map_or(u8::MAX, |level| level.abs_diff(channel));
    (0..LEVELS.len()).min_by_key(apart).unwrap_or(0)
}

const SHADES: [char; 9] = ['░', '▒', '▓', '█', '·', ':', '+', '#', '▫'];

/// How much ink a cell of a raster has; warm and cold inks have signs of their own, so that a
/// diverging scale is read without colours.
fn shade(ink: Ink) -> char {
    let light = (0.299 * f64::from(ink.0) + 0.587 * f64::from(ink.1) + 0.114 * f64::from(ink.2)) / 255.0;
    let step = ((1.0 - light) * 5.0).floor().clamp(0.0, 4.0) as usize;
    let signs = if ink.2 > ink.0 { [' ', '·', ':', '+', '#'] } else { [' ', '░', '▒', '▓', '█'] };
    signs[step]
}

/// Where there are no colours, every further ink of the palette is sparser, whichever way it runs.
fn drawn_without_ink((x, y): (i64, i64), ink: Ink) -> bool {
    match PALETTE.iter().position(|known| *known == ink) {
        Some(1) => (x + y).rem_euclid(6) < 3,
        Some(3) => (x + y).rem_euclid(2) == 0,
        Some(4) => (x + y).rem_euclid(4) == 0,
        Some(5) => (x + y).rem_euclid(8) < 2,
        _ => true,
    }
}

/// Whether a point is inside a polygon, by the crossings of a ray.
fn inside(points: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let mut within = false;
    let mut previous = points.len().wrapping_sub(1);
    for (place, point) in points.iter().enumerate() {
        let Some(other) = points.get(previous) else { return false };
        if (point.1 > y) != (other.1 > y) && x < (other.0 - point.0) * (y - point.1) / (other.1 - point.1) + point.0 {
            within = !within;
        }
        previous = place;
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_keep_their_colour_in_the_palette_and_texts_that_of_the_terminal() {
        let terminal = Terminal { colour: Colour::Palette, dark: false, ..Terminal::plain() };
        let cell = Cell { dots: 1, ink: Some(PALETTE[1]), ..Cell::default() };
        assert_eq!(code(&cell, &terminal), "38;5;166");
        // A colon of a label is no shade of a heat map.
        let colon = Cell { sign: Some(':'), ink: Some((0, 0, 0)), fixed: true, ..Cell::default() };
        assert_eq!(code(&colon, &terminal), "");
        let shade = Cell { fixed: false, ..colon };
        assert_ne!(code(&shade, &terminal), "");
    }
}
