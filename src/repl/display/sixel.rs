//! Sixel: six rows of pixels at a time, in colours of a fixed cube. Figures have few inks on white,
//! so that a cube of 6 levels a channel shows them well.

/// The escapes that show `rgb`, brought to `across` pixels of width by the mean of what each covers.
pub fn shown(rgb: &[u8], (width, height): (usize, usize), across: usize) -> String {
    let across = across.clamp(1, width.max(1));
    let down = (height * across / width.max(1)).max(1);
    let mut indices = vec![0u8; across * down];
    for y in 0..down {
        let rows = y * height / down..((y + 1) * height / down).max(y * height / down + 1);
        for x in 0..across {
            let columns = x * width / across..((x + 1) * width / across).max(x * width / across + 1);
            let (mut sums, mut count) = ([0u32; 3], 0u32);
            for row in rows.clone() {
                for column in columns.clone() {
                    if let Some(pixel) = rgb.get((row * width + column) * 3..(row * width + column) * 3 + 3) {
                        for (sum, part) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(*part);
                        }
                        count += 1;
                    }
                }
            }
            let level = |sum: u32| ((sum / count.max(1)) * 5 + 127) / 255;
            indices[y * across + x] = (level(sums[0]) * 36 + level(sums[1]) * 6 + level(sums[2])) as u8;
        }
    }
    let mut used = [false; 216];
    for index in &indices {
        used[usize::from(*index)] = true;
    }
    let mut out = format!("\x1bPq\"1;1;{across};{down}");
    for (index, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        let percent = |level: usize| level * 20;
        out.push_str(&format!("#{index};2;{};{};{}", percent(index / 36), percent(index / 6 % 6), percent(index % 6)));
    }
    for top in (0..down).step_by(6) {
        let band = &indices[top * across..((top + 6).min(down)) * across];
        let mut first = true;
        for index in 0..216u8 {
            if !band.contains(&index) {
                continue;
            }
            if !first {
                out.push('$');
            }
            first = false;
            out.push_str(&format!("#{index}"));
            let sixels = (0..across).map(|x| {
                let bits = band
                    .chunks(across)
                    .enumerate()
                    .fold(0u8, |bits, (row, line)| bits | (u8::from(line[x] == index) << row));
                char::from(63 + bits)
            });
            repeated(&mut out, sixels);
        }
        out.push('-');
    }
    out.push_str("\x1b\\\n");
    out
}

/// Equal signs are counted rather than repeated.
fn repeated(out: &mut String, signs: impl Iterator<Item = char>) {
    let mut flush = |sign: char, count: usize| {
        if count > 3 {
            out.push_str(&format!("!{count}{sign}"));
        } else {
            for _ in 0..count {
                out.push(sign);
            }
        }
    };
    let mut last: Option<(char, usize)> = None;
    for sign in signs {
        last = match last {
            Some((known, count)) if known == sign => Some((sign, count + 1)),
            other => {
                if let Some((known, count)) = other {
                    flush(known, count);
                }
                Some((sign, 1))
            }
        };
    }
    if let Some((known, count)) = last {
        flush(known, count);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_colours_of_two_rows() {
        // White above black, four pixels wide.
        let mut rgb = vec![255u8; 12];
        rgb.extend([0u8; 12]);
        let shown = super::shown(&rgb, (4, 2), 4);
        assert_eq!(shown, "\x1bPq\"1;1;4;2#0;2;0;0;0#215;2;100;100;100#0!4A$#215!4@-\x1b\\\n");
    }
}
