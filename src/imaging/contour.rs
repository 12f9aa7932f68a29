//! Closed polygons on a slice, and the voxels within.

/// Turns over every voxel whose centre lies within a closed polygon; the corners are positions in voxels (x, y), voxel
/// centres being whole numbers.
///
/// A centre is within when a ray from it crosses the polygon an odd number of times, so a polygon that touches itself
/// (a keyhole) leaves its hole out, and a second polygon within the first cuts a hole. Of two polygons that share an
/// edge through centres exactly one has those centres.
pub fn turn_over(corners: &[[f64; 2]], size: [usize; 2], flags: &mut [bool]) {
    let [columns, rows] = size;
    if flags.len() < columns * rows || corners.len() < 3 {
        return;
    }
    // Where the polygon crosses each row of centres.
    let mut crossings: Vec<Vec<f64>> = Vec::new();
    let lowest = corners.iter().map(|corner| corner[1]).fold(f64::INFINITY, f64::min).ceil().max(0.0);
    let highest = corners.iter().map(|corner| corner[1]).fold(f64::NEG_INFINITY, f64::max).min(rows as f64 - 1.0);
    if !(lowest <= highest) {
        return;
    }
    let first = lowest as usize;
    crossings.resize(highest as usize + 1 - first, Vec::new());
    for (index, [x0, y0]) in corners.iter().enumerate() {
        let [x1, y1] = corners[(index + 1) % corners.len()];
        let (from, to) = (y0.min(y1).ceil().max(lowest), y0.max(y1).min(highest));
        let mut y = from;
        while y <= to {
            // Half open, so that a corner on a row counts once.
            if (*y0 <= y) != (y1 <= y)
                && let Some(row) = crossings.get_mut(y as usize - first)
            {
                row.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
            }
            y += 1.0;
        }
    }
    for (index, row) in crossings.iter_mut().enumerate() {
        row.sort_by(f64::total_cmp);
        for pair in row.as_chunks::<2>().0 {
            let from = pair[0].ceil().max(0.0) as usize;
            let to = (pair[1].ceil().max(0.0) as usize).min(columns);
            let start = (first + index) * columns;
            for flag in flags.get_mut(start + from.min(to)..start + to).unwrap_or_default() {
                *flag = !*flag;
            }
        }
    }
}

/// The outline of a region of a slice: closed polygons along the edges of its voxels, corners in voxels (x, y).
///
/// Regions that touch at a corner only have outlines of their own. The outer outline runs with the region on its
/// right (y downwards: clockwise), a hole's the other way round.
pub fn outlines(size: [usize; 2], inside: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<[f64; 2]>> {
    let [columns, rows] = size;
    // Unit edges on the lattice of corners: right, down, left, up from (x, y), each with the region on its right.
    let width = columns + 1;
    let mut edges = vec![0u8; width * (rows + 1)];
    for y in 0..rows {
        for x in 0..columns {
            if !inside(x, y) {
                continue;
            }
            let corner = |x: usize, y: usize| y * width + x;
            if y == 0 || !inside(x, y - 1) {
                edges[corner(x, y)] |= 1;
            }
            if x + 1 == columns || !inside(x + 1, y) {
                edges[corner(x + 1, y)] |= 2;
            }
            if y + 1 == rows || !inside(x, y + 1) {
                edges[corner(x + 1, y + 1)] |= 4;
            }
            if x == 0 || !inside(x - 1, y) {
                edges[corner(x, y + 1)] |= 8;
            }
        }
    }
    let mut found = Vec::new();
    for start in 0..edges.len() {
        while edges[start] != 0 {
            let mut outline: Vec<[f64; 2]> = Vec::new();
            let (mut at, mut direction) = (start, edges[start].trailing_zeros());
            loop {
                edges[at] &= !(1 << direction);
                // Corners lie half a voxel from centres.
                let corner = [(at % width) as f64 - 0.5, (at / width) as f64 - 0.5];
                if runs_on(&outline, corner) {
                    outline.pop();
                }
                outline.push(corner);
                at = match direction {
                    0 => at + 1,
                    1 => at + width,
                    2 => at - 1,
                    _ => at - width,
                };
                if at == start {
                    break;
                }
                // Where two regions touch at a corner, a right turn stays with the one at hand.
                let turns = [(direction + 1) % 4, direction, (direction + 3) % 4];
                match turns.into_iter().find(|turn| edges[at] >> turn & 1 == 1) {
                    Some(turn) => direction = turn,
                    None => break,
                }
            }
            if outline.first().is_some_and(|first| runs_on(&outline, *first)) {
                outline.pop();
            }
            found.push(outline);
        }
    }
    found
}

/// Whether the last corner lies on the line from the one before it to the next.
fn runs_on(outline: &[[f64; 2]], next: [f64; 2]) -> bool {
    match outline {
        [.., a, b] => (a[0] == b[0] && b[0] == next[0]) || (a[1] == b[1] && b[1] == next[1]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(polygons: &[&[[f64; 2]]], size: [usize; 2]) -> Vec<bool> {
        let mut flags = vec![false; size[0] * size[1]];
        for polygon in polygons {
            turn_over(polygon, size, &mut flags);
        }
        flags
    }

    fn count(flags: &[bool]) -> usize {
        flags.iter().filter(|flag| **flag).count()
    }

    #[test]
    fn centres_within_are_in() {
        let square = [[0.5, 0.5], [3.5, 0.5], [3.5, 2.5], [0.5, 2.5]];
        let flags = filled(&[&square], [5, 4]);
        assert_eq!(count(&flags), 6);
        assert!(flags[6] && flags[13] && !flags[5] && !flags[9]);
        // A second polygon within cuts a hole.
        let hole = [[1.5, 0.6], [2.5, 0.6], [2.5, 1.5], [1.5, 1.5]];
        assert_eq!(count(&filled(&[&square, &hole], [5, 4])), 5);
        // The same as a keyhole: out along a line and back on it.
        let keyhole = [
            [0.5, 0.5],
            [3.5, 0.5],
            [3.5, 2.5],
            [2.5, 1.5],
            [2.5, 0.6],
            [1.5, 0.6],
            [1.5, 1.5],
            [2.5, 1.5],
            [3.5, 2.5],
            [0.5, 2.5],
        ];
        assert_eq!(count(&filled(&[&keyhole], [5, 4])), 5);
    }

    #[test]
    fn neighbours_share_no_centre_and_lose_none() {
        let (left, right) =
            ([[0.0, 0.0], [2.0, 0.0], [2.0, 3.0], [0.0, 3.0]], [[2.0, 0.0], [4.0, 0.0], [4.0, 3.0], [2.0, 3.0]]);
        let both = filled(&[&left, &right], [5, 4]);
        assert_eq!(count(&both), count(&filled(&[&left], [5, 4])) + count(&filled(&[&right], [5, 4])));
        assert_eq!(count(&both), 12);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let large = [[-10.0, -10.0], [90.0, -10.0], [90.0, 90.0], [-10.0, 90.0]];
        assert_eq!(count(&filled(&[&large], [5, 4])), 20);
        let away = [[10.0, 10.0], [90.0, 10.0], [90.0, 90.0]];
        assert_eq!(count(&filled(&[&away], [5, 4])), 0);
        let nowhere = [[f64::NAN, 0.0], [1.0, f64::INFINITY], [2.0, 2.0]];
        let _ = filled(&[&nowhere], [5, 4]);
    }

    #[test]
    fn outlines_fill_to_what_they_outline() {
        let size = [7, 6];
        let picture = [
            ".......", //
            ".###...", ".#.##..", ".###.#.", "....#..", "#......",
        ];
        let inside = |x: usize, y: usize| picture[y].as_bytes()[x] == b'#';
        let found = outlines(size, &inside);
        let polygons: Vec<&[[f64; 2]]> = found.iter().map(Vec::as_slice).collect();
        let flags = filled(&polygons, size);
        for y in 0..6 {
            for x in 0..7 {
                assert_eq!(flags[y * 7 + x], inside(x, y), "{x} {y}");
            }
        }
        assert_eq!(found.len(), 5);
    }
}
