//! JPEG-LS, lossless and near-lossless, one component of 2 to 16 bits.
//!
//! Source: ITU-T T.87, Annexes A and C, <https://www.itu.int/rec/T-REC-T.87>; names of variables are those of the
//! recommendation, in lower case.

/// The samples of one frame, row by row.
///
/// # Errors
/// What is wrong with the stream.
pub fn decode(packed: &[u8], rows: usize, columns: usize) -> Result<Vec<i64>, String> {
    let (frame, scan) = Frame::read(packed)?;
    if (frame.rows, frame.columns) != (rows, columns) {
        let Frame { rows, columns, .. } = frame;
        return Err(format!("its stream has {rows} rows of {columns} pixels, not those of the image"));
    }
    // Whatever the stream holds, a line takes at least one bit.
    if rows > scan.len().saturating_mul(8) {
        return Err("its stream is cut short".into());
    }
    let mut coder = Coder::new(frame, scan);
    let mut samples = Vec::new();
    // A line has a sample more on either side: the neighbours of its ends.
    let mut above = vec![0i64; columns + 2];
    let mut line = vec![0i64; columns + 2];
    for _ in 0..rows {
        above[columns + 1] = above[columns];
        line[0] = above[1];
        coder.line(&above, &mut line)?;
        samples.extend_from_slice(&line[1..=columns]);
        std::mem::swap(&mut above, &mut line);
    }
    Ok(samples)
}

/// What the markers before the scan say.
#[derive(Clone, Copy, Default)]
struct Frame {
    rows: usize,
    columns: usize,
    precision: u32,
    maxval: i64,
    near: i64,
    t1: i64,
    t2: i64,
    t3: i64,
    reset: i64,
}

impl Frame {
    /// The frame, and the bytes of its scan.
    fn read(packed: &[u8]) -> Result<(Frame, &[u8]), String> {
        let mut frame = Frame::default();
        let short = || "its header is cut short".to_owned();
        if packed.get(..2) != Some(&[0xff, 0xd8]) {
            return Err("it does not start as JPEG-LS does".into());
        }
        let mut at = 2;
        loop {
            let head = packed.get(at..at + 4).ok_or_else(short)?;
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let body = packed.get(at + 4..(at + 2 + length).max(at + 4)).ok_or_else(short)?;
            let byte = |index: usize| body.get(index).copied().map(i64::from).ok_or_else(short);
            let word = |index: usize| Ok::<i64, String>(byte(index)? << 8 | byte(index + 1)?);
            if head[0] != 0xff {
                return Err("a marker is missing in its header".into());
            }
            match head[1] {
                0xf7 => {
                    frame.precision = byte(0)? as u32;
                    (frame.rows, frame.columns) = (word(1)? as usize, word(3)? as usize);
                    if !(2..=16).contains(&frame.precision) || byte(5)? != 1 {
                        return Err("its stream is none of one component with 2 to 16 bits".into());
                    }
                }
                0xf8 => match byte(0)? {
                    1 => {
                        (frame.maxval, frame.t1, frame.t2) = (word(1)?, word(3)?, word(5)?);
                        (frame.t3, frame.reset) = (word(7)?, word(9)?);
                    }
                    other => return Err(format!("its stream has parameters of kind {other}, which are not supported")),
                },
                0xda => {
                    if byte(0)? != 1 || byte(5)? != 0 {
                        return Err("its scan is none of one component".into());
                    }
                    frame.near = byte(3)?;
                    frame.complete()?;
                    let scan = packed.get(at + 2 + length..).ok_or_else(short)?;
                    return Ok((frame, scan));
                }
                0xdd => {
                    if word(0)? != 0 {
                        return Err("its stream has restart intervals, which are not supported".into());
                    }
                }
                // Comments and the marks of applications.
                0xe0..=0xef | 0xfe => {}
                other => return Err(format!("its header has a marker FF{other:02X}, which JPEG-LS has not")),
            }
            at += 2 + length;
        }
    }

    /// Fills in what the stream leaves to the defaults (C.2.4.1.1).
    fn complete(&mut self) -> Result<(), String> {
        if self.precision == 0 {
            return Err("its scan comes before its frame".into());
        }
        let most = (1i64 << self.precision) - 1;
        if self.maxval == 0 {
            self.maxval = most;
        }
        let (maxval, near) = (self.maxval, self.near);
        if maxval > most || maxval < 1 || near > (maxval / 2).min(255) {
            return Err(format!("its parameters cannot be: a largest value of {maxval} with a tolerance of {near}"));
        }
        let clamp = |i: i64, j: i64| if i > maxval || i < j { j } else { i };
        let [d1, d2, d3] = if maxval >= 128 {
            let factor = (maxval.min(4095) + 128) / 256;
            [factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near]
        } else {
            let factor = 256 / (maxval + 1);
            [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
        };
        let given = |value: i64, default: i64| if value == 0 { default } else { value };
        self.t1 = given(self.t1, clamp(d1, near + 1));
        self.t2 = given(self.t2, clamp(d2, self.t1));
        self.t3 = given(self.t3, clamp(d3, self.t2));
        self.reset = given(self.reset, 64);
        let ordered = near < self.t1 && self.t1 <= self.t2 && self.t2 <= self.t3 && self.t3 <= maxval;
        if !ordered || self.reset < 3 {
            return Err("its thresholds are out of order".into());
        }
        Ok(())
    }
}

/// Bits from the most significant; after a byte FF the next has seven (C.2.1).
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    after_ff: bool,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(byte) = self.bytes.get(self.at).copied() else { return };
            if self.after_ff && byte >= 0x80 {
                // The marker that ends the scan.
                return;
            }
            let width = if self.after_ff { 7 } else { 8 };
            self.held = self.held << width | u64::from(byte);
            self.count += width;
            self.after_ff = byte == 0xff;
            self.at += 1;
        }
    }

    fn take(&mut self, width: u32) -> Result<i64, String> {
        if self.count < width {
            self.fill();
        }
        if self.count < width {
            return Err("its stream is cut short".into());
        }
        self.count -= width;
        Ok((self.held >> self.count & ((1 << width) - 1)) as i64)
    }

    /// How many zeros come before the next one, which is consumed; at most `most`.
    fn zeros(&mut self, most: u32) -> Result<u32, String> {
        let mut zeros = 0;
        while zeros < most {
            if self.take(1)? == 1 {
                return Ok(zeros);
            }
            zeros += 1;
        }
        if self.take(1)? == 1 { Ok(zeros) } else { Err("its stream has a code that is too long".into()) }
    }
}

/// The order of the code for run lengths (A.2.1).
const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Statistics of one context.
#[derive(Clone, Copy)]
struct Context {
    a: i64,
    b: i64,
    c: i64,
    n: i64,
}

struct Coder<'a> {
    frame: Frame,
    bits: Bits<'a>,
    range: i64,
    qbpp: u32,
    limit: u32,
    contexts: Vec<Context>,
    /// Contexts of interrupted runs; `b` counts negative errors.
    runs: [Context; 2],
    run_index: usize,
}

fn bits_for(values: i64) -> u32 {
    64 - (values - 1).max(0).leading_zeros()
}

impl<'a> Coder<'a> {
    fn new(frame: Frame, scan: &'a [u8]) -> Coder<'a> {
        let range = (frame.maxval + 2 * frame.near) / (2 * frame.near + 1) + 1;
        let bpp = bits_for(frame.maxval + 1).max(2);
        let fresh = Context { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1 };
        Coder {
            frame,
            bits: Bits { bytes: scan, at: 0, held: 0, count: 0, after_ff: false },
            range,
            qbpp: bits_for(range),
            limit: 2 * (bpp + bpp.max(8)),
            contexts: vec![fresh; 365],
            runs: [fresh; 2],
            run_index: 0,
        }
    }

    /// One line; both lines have a sample more on either side.
    fn line(&mut self, above: &[i64], line: &mut [i64]) -> Result<(), String> {
        let end = line.len() - 1;
        let mut x = 1;
        while x < end {
            let (ra, rb, rc, rd) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
            let context = 81 * self.quantised(rd - rb) + 9 * self.quantised(rb - rc) + self.quantised(rc - ra);
            if context == 0 {
                x = self.run(above, line, x, end)?;
            } else {
                line[x] = self.regular(context, ra, rb, rc)?;
                x += 1;
            }
        }
        Ok(())
    }

    fn quantised(&self, d: i64) -> i64 {
        let Frame { near, t1, t2, t3, .. } = self.frame;
        let size = d.abs();
        let level = if size <= near {
            0
        } else if size < t1 {
            1
        } else if size < t2 {
            2
        } else if size < t3 {
            3
        } else {
            4
        };
        if d < 0 { -level } else { level }
    }

    /// The order of the code for errors (A.5.1).
    fn order(n: i64, a: i64) -> u32 {
        let mut k = 0;
        while k < 24 && (n << k) < a {
            k += 1;
        }
        k
    }

    /// A Golomb code of limited length (A.5.3).
    fn golomb(&mut self, k: u32, limit: u32) -> Result<i64, String> {
        let escape = limit.saturating_sub(self.qbpp + 1);
        let zeros = self.bits.zeros(escape)?;
        let value =
            if zeros < escape { i64::from(zeros) << k | self.bits.take(k)? } else { self.bits.take(self.qbpp)? + 1 };
        if value <= 2 * self.range {
            Ok(value)
        } else {
            Err("its stream has an error beyond the range of values".into())
        }
    }

    /// Prediction and error, taken around the range of values (A.4.5).
    fn rebuilt(&self, prediction: i64, error: i64) -> i64 {
        let step = 2 * self.frame.near + 1;
        let mut value = prediction + error * step;
        if value < -self.frame.near {
            value += self.range * step;
        } else if value > self.frame.maxval + self.frame.near {
            value -= self.range * step;
        }
        value.clamp(0, self.frame.maxval)
    }

    fn regular(&mut self, context: i64, ra: i64, rb: i64, rc: i64) -> Result<i64, String> {
        let sign = context.signum();
        // The sum of the quantised differences is at most 4 * 91.
        let q = context.unsigned_abs() as usize;
        let Context { a, b, c, n } = self.contexts[q];
        let px = if rc >= ra.max(rb) {
            ra.min(rb)
        } else if rc <= ra.min(rb) {
            ra.max(rb)
        } else {
            ra + rb - rc
        };
        let px = (px + sign * c).clamp(0, self.frame.maxval);
        let k = Self::order(n, a);
        let mapped = self.golomb(k, self.limit)?;
        let half = mapped >> 1;
        let error = if self.frame.near == 0 && k == 0 && 2 * b <= -n {
            if mapped & 1 == 1 { half } else { -half - 1 }
        } else if mapped & 1 == 1 {
            -half - 1
        } else {
            half
        };
        self.contexts[q] = self.updated(Context { a, b, c, n }, error);
        Ok(self.rebuilt(px, sign * error))
    }

    /// The statistics after an error (A.6).
    fn updated(&self, old: Context, error: i64) -> Context {
        let Context { mut a, mut b, mut c, mut n } = old;
        b += error * (2 * self.frame.near + 1);
        a += error.abs();
        if n >= self.frame.reset {
            (a, b, n) = (a >> 1, b >> 1, n >> 1);
        }
        n += 1;
        if b <= -n {
            b = (b + n).max(1 - n);
            c = (c - 1).max(-128);
        } else if b > 0 {
            b = (b - n).min(0);
            c = (c + 1).min(127);
        }
        Context { a, b, c, n }
    }

    /// A run of the sample before, and the sample that interrupts it; gives where the line goes on (A.7).
    fn run(&mut self, above: &[i64], line: &mut [i64], from: usize, end: usize) -> Result<usize, String> {
        let ra = line[from - 1];
        let mut x = from;
        loop {
            if self.bits.take(1)? == 0 {
                x += self.bits.take(J[self.run_index])? as usize;
                break;
            }
            let full = 1usize << J[self.run_index];
            if end - x >= full && self.run_index < 31 {
                self.run_index += 1;
            }
            x += full.min(end - x);
            if x == end {
                break;
            }
        }
        if x > end {
            return Err("its stream has a run beyond the end of a line".into());
        }
        line[from..x].fill(ra);
        if x == end {
            return Ok(x);
        }
        line[x] = self.interrupted(ra, above[x])?;
        self.run_index = self.run_index.saturating_sub(1);
        Ok(x + 1)
    }

    fn interrupted(&mut self, ra: i64, rb: i64) -> Result<i64, String> {
        let alike = (ra - rb).abs() <= self.frame.near;
        let kind = usize::from(alike);
        let Context { mut a, b: mut negative, c, mut n } = self.runs[kind];
        let k = Self::order(n, if alike { a + (n >> 1) } else { a });
        let mapped = self.golomb(k, self.limit.saturating_sub(J[self.run_index] + 1))?;
        let folded = mapped + kind as i64;
        let odd = folded & 1 == 1;
        let size = (folded + 1) >> 1;
        let error = if (k != 0 || 2 * negative >= n) == odd { -size } else { size };
        if error < 0 {
            negative += 1;
        }
        a += (mapped + 1 - kind as i64) >> 1;
        if n >= self.frame.reset {
            (a, negative, n) = (a >> 1, negative >> 1, n >> 1);
        }
        self.runs[kind] = Context { a, b: negative, c, n: n + 1 };
        let sign = if !alike && ra > rb { -1 } else { 1 };
        Ok(self.rebuilt(if alike { ra } else { rb }, sign * error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of T.87, H.3: four lines of four samples with eight bits.
    const EXAMPLE: [u8; 57] = [
        0xff, 0xd8, 0xff, 0xf7, 0x00, 0x0b, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00, 0xff, 0xda, 0x00,
        0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x6c, 0x80, 0x20, 0x8e, 0x01, 0xc0, 0x00, 0x00,
        0x57, 0x40, 0x00, 0x00, 0x6e, 0xe6, 0x00, 0x00, 0x01, 0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8, 0x00, 0x00, 0x91,
        0x60, 0xff, 0xd9,
    ];

    #[test]
    fn the_recommendations_example() {
        let expected = [0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145];
        assert_eq!(decode(&EXAMPLE, 4, 4).unwrap(), expected);
    }

    #[test]
    fn damage_is_named() {
        let whole = EXAMPLE;
        assert!(decode(&whole, 4, 5).unwrap_err().contains("not those of the image"));
        for cut in 0..whole.len() - 2 {
            assert!(decode(&whole[..cut], 4, 4).is_err() || cut > 50, "{cut}");
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut spoilt = whole;
                spoilt[at] = value;
                let _ = decode(&spoilt, 4, 4);
            }
        }
    }
}
