//! Sixel: six rows of pixels at a time, in colours of a fixed cube. Figures have few inks on white,
//! so that a cube of 6 levels a channel shows them well; a terminal with fewer registers than that
//! shows the colours that are met most, and the nearest of them for the rest.

/// The escapes that show `rgb`, brought to `across` pixels of width by the mean of what each covers,
/// in at most so many colours.
pub fn shown(rgb: &[u8], (width, height): (usize, usize), across: usize, registers: usize) -> String {
    let across = across.clamp(1, width.max(1));
    let down = (height * across / width.max(1)).max(1);
    let mut indices = vec![0u8; across * down];
    // A colour is shown as the mean of the pixels that fall into its place in the cube.
    let mut means = [[0u64; 4]; 216];
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
            let index = level(sums[0]) * 36 + level(sums[1]) * 6 + level(sums[2]);
            indices[y * across + x] = index as u8;
            if let Some([red, green, blue, pixels]) = means.get_mut(index as usize) {
                for (all, sum) in [red, green, blue].into_iter().zip(sums) {
                    *all += u64::from(sum / count.max(1));
                }
                *pixels += 1;
            }
        }
    }
    let colours = colours(&indices, registers.max(2));
    let nearest: Vec<u8> = (0..216).map(|index| nearest(index, &colours)).collect();
    for index in &mut indices {
        *index = nearest[usize::from(*index)];
    }
    let mut out = format!("\x1bPq\"1;1;{across};{down}");
    for (register, colour) in colours.iter().enumerate() {
        let [sums @ .., pixels] = means[usize::from(*colour)];
        let [red, green, blue] = sums.map(|sum: u64| (sum * 100).div_ceil(pixels.max(1) * 255));
        out.push_str(&format!("#{register};2;{red};{green};{blue}"));
    }
    for top in (0..down).step_by(6) {
        let band = &indices[top * across..((top + 6).min(down)) * across];
        let mut first = true;
        for index in 0..colours.len() as u8 {
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

/// The colours of the cube that are met most, at most so many, in their order.
fn colours(indices: &[u8], most: usize) -> Vec<u8> {
    let mut counts = [0usize; 216];
    for index in indices {
        counts[usize::from(*index)] += 1;
    }
    let mut found: Vec<u8> = (0..216).filter(|index| counts[usize::from(*index)] > 0).collect();
    found.sort_by_key(|index| std::cmp::Reverse(counts[usize::from(*index)]));
    found.truncate(most);
    found.sort_unstable();
    found
}

/// Levels of red, green and blue, from 0 to 5.
fn levels(index: u8) -> [i32; 3] {
    [index / 36, index / 6 % 6, index % 6].map(i32::from)
}

/// The register whose colour is nearest.
fn nearest(index: u8, colours: &[u8]) -> u8 {
    let own = levels(index);
    let apart = |colour: u8| -> i32 { levels(colour).iter().zip(own).map(|(a, b)| (a - b) * (a - b)).sum() };
    (0..).zip(colours).min_by_key(|(_, colour)| apart(**colour)).map_or(0, |(register, _)| register)
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
        let shown = super::shown(&rgb, (4, 2), 4, 256);
        assert_eq!(shown, "\x1bPq\"1;1;4;2#0;2;0;0;0#1;2;100;100;100#0!4A$#1!4@-\x1b\\\n");
    }

    #[test]
    fn no_more_colours_than_there_are_registers() {
        // Reds of every level, the brightest met most.
        let rgb: Vec<u8> = (0..60u8).flat_map(|pixel| [if pixel > 30 { 255 } else { pixel * 8 }, 0, 0]).collect();
        let shown = super::shown(&rgb, (60, 1), 60, 3);
        assert_eq!(shown.matches(";2;").count(), 3);
        assert!(shown.contains("#2;2;100;0;0") && !shown.contains("#3"), "{shown}");
    }
}
