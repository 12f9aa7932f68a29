//! Numbers and sentences as journals print them.

use std::fmt::Write;

/// A probability alone: `0.03`, `0.004`, `< 0.001`; three digits where two would round it over 0.05.
pub fn p(value: f64) -> String {
    if value < 0.001 {
        "< 0.001".into()
    } else if value < 0.0095 || (0.045..0.055).contains(&value) {
        format!("{value:.3}")
    } else if value > 0.99 {
        "> 0.99".into()
    } else {
        format!("{value:.2}")
    }
}

/// A probability with its letter: `p = 0.03`, `p < 0.001`.
pub fn p_is(value: f64) -> String {
    let said = p(value);
    if said.starts_with(['<', '>']) { format!("p {said}") } else { format!("p = {said}") }
}

/// The stars of a probability: `***` below 0.001, `**` below 0.01, `*` below 0.05.
pub fn stars(value: f64) -> &'static str {
    match value {
        v if v < 0.001 => "***",
        v if v < 0.01 => "**",
        v if v < 0.05 => "*",
        _ => "",
    }
}

/// The legend of [`stars`].
pub const STARS: &str = "* p < 0.05, ** p < 0.01, *** p < 0.001";

/// With a true minus sign and no negative zero.
pub fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(size) if size.bytes().all(|byte| matches!(byte, b'0' | b'.')) => size.to_string(),
        Some(size) => format!("−{size}"),
        None => text,
    }
}

/// About three significant digits, for values whose scale is not known beforehand.
pub fn brief(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.1e}").replace('-', "−");
    }
    let digits = if size >= 100.0 || size == 0.0 { 0 } else { (2 - size.log10().floor() as i32).clamp(0, 5) };
    let text = signed(value, digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// A ratio: two digits after the point, fewer for large ones and three for tiny ones.
pub fn ratio(value: f64) -> String {
    match value {
        v if v.is_infinite() => "∞".into(),
        v if v >= 1e4 => format!("{v:.0e}"),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.095 || v == 0.0 => format!("{v:.2}"),
        v if v >= 0.00095 => format!("{v:.3}"),
        _ => "< 0.001".into(),
    }
}

/// Digits after the point, `least` or as many more (at most 6) as keep a limit from looking like no
/// effect where it is not, and the two limits from looking alike.
pub fn digits_apart(lower: f64, upper: f64, null: f64, least: usize) -> usize {
    let told = |digits: usize| {
        let half = 0.5 * 10f64.powi(-(digits as i32));
        let apart = |limit: f64| limit == null || !limit.is_finite() || (limit - null).abs() >= half;
        apart(lower) && apart(upper) && (upper <= lower || upper - lower >= 8.0 * half)
    };
    (least..6).find(|digits| told(*digits)).unwrap_or(6)
}

/// A ratio and its limits, all with the digits after the point that the smaller of ratio and lower limit wants.
fn ratios(estimate: f64, lower: f64, upper: f64) -> [String; 3] {
    let least = if lower > 0.0 { estimate.min(lower) } else { estimate };
    let digits = match least {
        _ if estimate < 0.095 => 3,
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    let digits = if digits == 2 { digits_apart(lower, upper, 1.0, 2) as i32 } else { digits };
    let least = 0.5 * 10f64.powi(-digits);
    [estimate, lower, upper].map(|value| match value {
        v if v.is_infinite() || v >= 1e4 => ratio(v),
        v if v > 0.0 && v < least => format!("< {:.*}", digits as usize, least * 2.0),
        v => format!("{v:.*}", digits as usize),
    })
}

/// `3.31 (2.06–5.31)`.
pub fn ratio_with(estimate: f64, lower: f64, upper: f64) -> String {
    let [estimate, lower, upper] = ratios(estimate, lower, upper);
    format!("{estimate} ({lower}–{upper})")
}

/// `3.31 (95% CI 2.06–5.31)`.
pub fn ratio_ci(estimate: f64, lower: f64, upper: f64, level: f64) -> String {
    let level = (level * 1000.0).round() / 10.0;
    let [estimate, lower, upper] = ratios(estimate, lower, upper);
    format!("{estimate} ({level}% CI {lower}–{upper})")
}

/// The last row of a figure that draws only the largest: `sum of 3 others`.
pub fn others(count: u64) -> String {
    if count == 1 { "1 other".into() } else { format!("sum of {} others", self::count(count)) }
}

/// What some labels differ by: `1` and `2` of `trt: 1` and `trt: 2`, with what they share before it
/// left out.
pub fn apart(labels: &[&str]) -> Vec<String> {
    let head = |label: &str| label.rsplit_once(": ").map(|(head, _)| head.to_owned());
    let shared = labels.first().and_then(|label| head(label));
    match shared {
        Some(shared) if labels.iter().all(|label| head(label).as_deref() == Some(shared.as_str())) => {
            labels.iter().map(|label| label[shared.len() + 2..].to_owned()).collect()
        }
        _ => labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}

/// `low: n = 52`; with a comma where the name has a colon of its own.
pub fn entry(name: &str, said: &str) -> String {
    match said {
        "" => name.to_owned(),
        said if name.contains(": ") => format!("{name}, {said}"),
        said => format!("{name}: {said}"),
    }
}

/// `0.72 (0.61–0.83)`; with `to` where a limit is below 0.
pub fn estimate_with(value: f64, lower: f64, upper: f64, digits: usize) -> String {
    estimate_between(value, lower, upper, digits, between([lower]))
}

/// [`estimate_with`] with what stands between the limits, for estimates that stand together.
pub fn estimate_between(value: f64, lower: f64, upper: f64, digits: usize, between: &str) -> String {
    format!("{} ({}{between}{})", signed(value, digits), signed(lower, digits), signed(upper, digits))
}

/// A dash between limits, or ` to ` where one of those that stand together is below 0, so that no
/// dash is taken for a minus.
pub fn between(lower: impl IntoIterator<Item = f64>) -> &'static str {
    if lower.into_iter().any(|limit| limit < 0.0) { " to " } else { "–" }
}

/// `risk score` of `the risk score`, in brackets on an axis.
pub fn bare(unit: &str) -> &str {
    unit.strip_prefix("the ").unwrap_or(unit)
}

/// `1 gene`, `1,204 genes`.
pub fn of(count: u64, what: &str) -> String {
    format!("{} {what}{}", self::count(count), if count == 1 { "" } else { "s" })
}

/// ` at 1 year`, after what is told of that time; nothing where there is none.
pub fn at(horizon: Option<&str>) -> String {
    horizon.map_or(String::new(), |horizon| format!(" at {horizon}"))
}

/// `1,204`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `n = 104, 93 events`.
pub fn patients(n: u64, events: Option<u64>) -> String {
    match events {
        Some(events) => format!("n = {}, {} events", count(n), count(events)),
        None => format!("n = {}", count(n)),
    }
}

/// The part of a caption that names curves or groups with their counts: `train (n = 70, 62 events);
/// test (n = 34, 31 events)`.
pub fn each<'a>(groups: impl IntoIterator<Item = (&'a str, u64, Option<u64>)>) -> String {
    let mut out = String::new();
    for (name, n, events) in groups {
        if !out.is_empty() {
            out.push_str("; ");
        }
        let _ = write!(out, "{name} ({})", patients(n, events));
    }
    out
}

/// Without the capital of an axis title, for the middle of a sentence.
pub fn within(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), text.chars().nth(1)) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// With a capital where a sentence begins; a sign or a name with digits stays as it is.
pub fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or("");
    let mut letters = text.chars();
    match letters.next() {
        // A probability keeps its letter.
        Some(letter)
            if first != "p"
                && first.trim_end_matches([',', ';', '.']).chars().all(|c| c.is_lowercase() || c == '-') =>
        {
            letter.to_uppercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// Sentences into a paragraph: blanks between, a point after each, empty ones dropped.
pub fn paragraph<S: AsRef<str>>(sentences: impl IntoIterator<Item = S>) -> String {
    let mut out = String::new();
    for sentence in sentences {
        let sentence = sentence.as_ref().trim();
        if sentence.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(sentence);
        if !sentence.ends_with(['.', '!', '?']) {
            out.push('.');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_journals_do() {
        assert_eq!([1e-300, 0.0012, 0.0496, 0.2, 0.999].map(p), ["< 0.001", "0.001", "0.050", "0.20", "> 0.99"]);
        assert_eq!([0.0094, 0.0096, 0.0104].map(p), ["0.009", "0.01", "0.01"]);
        assert_eq!(p_is(0.0001), "p < 0.001");
        assert_eq!(ratio_with(3.31, 2.06, 5.31), "3.31 (2.06–5.31)");
        assert_eq!(ratio_with(1.0021, 1.0008, 1.0035), "1.0021 (1.0008–1.0035)");
        assert_eq!(ratio_with(1.2, 0.996, 1.45), "1.200 (0.996–1.450)");
        assert_eq!([0.0042, 1e-9, 23.46, 2e5].map(ratio), ["0.004", "< 0.001", "23.5", "2e5"]);
        assert_eq!(ratio_with(3.31, 0.0, f64::INFINITY), "3.31 (0.00–∞)");
        assert_eq!(estimate_with(-0.01, -0.2, 0.18, 2), "−0.01 (−0.20 to 0.18)");
        assert_eq!(signed(-0.001, 2), "0.00");
        assert_eq!(ratio_ci(3.31, 2.06, 5.31, 0.95), "3.31 (95% CI 2.06–5.31)");
        assert_eq!(ratio_with(11.9, 1.43, 99.5), "11.90 (1.43–99.50)");
        assert_eq!(ratio_with(0.004, 0.0002, 0.05), "0.004 (< 0.001–0.050)");
        assert_eq!(ratio_with(250.0, 0.28, 2e5), "250.00 (0.28–2e5)");
        assert_eq!(apart(&["trt: 1", "trt: 2"]), ["1", "2"]);
        assert_eq!(apart(&["low", "trt: 2"]), ["low", "trt: 2"]);
        assert_eq!([entry("trt: 1", "n = 2"), entry("low", "n = 2")], ["trt: 1, n = 2", "low: n = 2"]);
        assert_eq!([0.0, 0.5, -12.345, 1234.5, 1e-7].map(brief), ["0", "0.5", "−12.3", "1234", "1.0e−7"]);
        assert_eq!([of(1, "gene"), of(10_000, "gene")], ["1 gene", "10,000 genes"]);
        assert_eq!([at(Some("1 year")), at(None)], [" at 1 year", ""]);
        assert_eq!([104, 9999, 10_000, 1_234_567].map(count), ["104", "9999", "10,000", "1,234,567"]);
        assert_eq!(
            ["exact for trees", "p53 high", "lowess, 2/3"].map(sentence),
            ["Exact for trees", "p53 high", "Lowess, 2/3"]
        );
        assert_eq!(sentence("p adjusted over 6 pairs"), "p adjusted over 6 pairs");
        assert_eq!(paragraph(["One", "", "Two."]), "One. Two.");
    }
}
