//! Text into HTML, LaTeX and addresses: whatever a column is called, it arrives as it is.

use std::fmt::Write;

/// Text between tags or inside a quoted attribute.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control signs have no place in HTML.
            sign if sign.is_control() && sign != '\n' && sign != '\t' => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}

/// Words of the language or of the data.
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

/// A sentence of a note: words in backticks are code, DOIs are links, a minus is a minus.
pub fn line(text: &str) -> String {
    let mut out = String::new();
    for (place, piece) in text.split('`').enumerate() {
        // A backtick that closes nothing is itself.
        let closed = place % 2 == 1 && text.matches('`').count() > place;
        match (place % 2 == 1, closed) {
            (true, true) => out.push_str(&code(piece)),
            (true, false) => {
                out.push('`');
                out.push_str(&linked(piece));
            }
            (false, _) => out.push_str(&linked(piece)),
        }
    }
    out
}

/// Links for `doi:10...`, everything else escaped.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("doi:10.") {
        out.push_str(&html(&minus(&rest[..at])));
        let name = &rest[at + 4..];
        let end = name.find(|sign: char| sign.is_whitespace() || matches!(sign, ')' | ',' | ';' | '"' | '<' | '>'));
        let name = name[..end.unwrap_or(name.len())].trim_end_matches(['.', ':']);
        let _ = write!(out, "<a href=\"https://doi.org/{0}\">doi:{0}</a>", html(name));
        rest = &rest[at + 4 + name.len()..];
    }
    out.push_str(&html(&minus(rest)));
    out
}

/// Documentation of a declaration: paragraphs, and lists of lines that begin with `- `.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        if lines.iter().all(|line| line.starts_with("- ")) {
            let items: String = lines.iter().map(|item| format!("<li>{}</li>", line(&item[2..]))).collect();
            let _ = write!(out, "<ul>{items}</ul>");
        } else {
            let _ = write!(out, "<p>{}</p>", line(&lines.join(" ")));
        }
    }
    out
}

/// A hyphen before a number that stands for itself is a minus sign.
pub fn minus(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let begins = before.is_whitespace() || before == '(';
        let number = signs.peek().is_some_and(char::is_ascii_digit);
        out.push(if sign == '-' && begins && number { '\u{2212}' } else { sign });
        before = sign;
    }
    out
}

/// A name for an anchor: letters, digits and hyphens.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for sign in text.chars() {
        if sign.is_alphanumeric() {
            out.extend(sign.to_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_matches('-');
    if out.is_empty() { "part".to_owned() } else { out.to_owned() }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [many @ .., last] => {
            let many: Vec<&str> = many.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", many.join(", "), last.as_ref())
        }
    }
}

/// A file's content as an address that needs no network, for an attribute in double quotes.
pub fn data_address(kind: &str, content: &str) -> String {
    let mut out = format!("data:{kind};charset=utf-8,");
    for byte in content.bytes() {
        if byte.is_ascii_alphanumeric() || KEPT.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Signs that stand for themselves in an address of data; a third of a drawing is blanks.
const KEPT: &[u8] = b"-._~,/:;=()+@!' ";

/// Text in the body of a LaTeX document.
pub fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in minus(text).chars() {
        match sign {
            '\\' => out.push_str("\\textbackslash{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(sign);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            // The name of this sign needs another font encoding than the usual one.
            '"' => out.push_str("\\symbol{34}"),
            '`' => out.push_str("\\textasciigrave{}"),
            '\u{2212}' => out.push_str("\\ensuremath{-}"),
            '×' => out.push_str("\\ensuremath{\\times}"),
            '≤' => out.push_str("\\ensuremath{\\leq}"),
            '≥' => out.push_str("\\ensuremath{\\geq}"),
            '±' => out.push_str("\\ensuremath{\\pm}"),
            '²' => out.push_str("\\ensuremath{^2}"),
            '³' => out.push_str("\\ensuremath{^3}"),
            'µ' => out.push_str("\\ensuremath{\\mu}"),
            '≈' => out.push_str("\\ensuremath{\\approx}"),
            '≠' => out.push_str("\\ensuremath{\\neq}"),
            '→' => out.push_str("\\ensuremath{\\rightarrow}"),
            '∞' => out.push_str("\\ensuremath{\\infty}"),
            '√' => out.push_str("\\ensuremath{\\surd}"),
            '·' => out.push_str("\\ensuremath{\\cdot}"),
            '°' => out.push_str("\\ensuremath{^\\circ}"),
            '⁰'..='⁹' | '⁻' | '¹' => {
                let plain = match sign {
                    '⁻' => '-',
                    '¹' => '1',
                    sign => char::from_digit(u32::from(sign).saturating_sub(0x2070), 10).unwrap_or('?'),
                };
                let _ = write!(out, "\\ensuremath{{^{{{plain}}}}}");
            }
            '…' => out.push_str("\\ldots{}"),
            '\u{2009}' | '\u{a0}' => out.push('~'),
            sign if sign.is_control() => out.push(' '),
            sign => match GREEK.iter().find(|(letter, _)| *letter == sign) {
                Some((_, name)) => {
                    let _ = write!(out, "\\ensuremath{{{name}}}");
                }
                None => out.push(sign),
            },
        }
    }
    out
}

/// Greek letters by their names in LaTeX; a capital that looks like a Latin one has none.
const GREEK: [(char, &str); 34] = [
    ('α', "\\alpha"),
    ('β', "\\beta"),
    ('γ', "\\gamma"),
    ('δ', "\\delta"),
    ('ε', "\\varepsilon"),
    ('ζ', "\\zeta"),
    ('η', "\\eta"),
    ('θ', "\\theta"),
    ('ι', "\\iota"),
    ('κ', "\\kappa"),
    ('λ', "\\lambda"),
    ('μ', "\\mu"),
    ('ν', "\\nu"),
    ('ξ', "\\xi"),
    ('ο', "o"),
    ('π', "\\pi"),
    ('ρ', "\\rho"),
    ('ς', "\\varsigma"),
    ('σ', "\\sigma"),
    ('τ', "\\tau"),
    ('υ', "\\upsilon"),
    ('φ', "\\varphi"),
    ('χ', "\\chi"),
    ('ψ', "\\psi"),
    ('ω', "\\omega"),
    ('Γ', "\\Gamma"),
    ('Δ', "\\Delta"),
    ('Θ', "\\Theta"),
    ('Λ', "\\Lambda"),
    ('Π', "\\Pi"),
    ('Σ', "\\Sigma"),
    ('Φ', "\\Phi"),
    ('Ψ', "\\Psi"),
    ('Ω', "\\Omega"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sign_of_a_column_is_markup() {
        assert_eq!(html("<b>&\"'"), "&lt;b&gt;&amp;&quot;&#39;");
        assert_eq!(
            latex("<b>&\"50%_{x}\\"),
            "\\textless{}b\\textgreater{}\\&\\symbol{34}50\\%\\_\\{x\\}\\textbackslash{}"
        );
        assert_eq!(line("`<b>` is -1.5 (-2 to 0-1)"), "<code>&lt;b&gt;</code> is −1.5 (−2 to 0-1)");
        assert_eq!(line("odd ` one"), "odd ` one");
        assert_eq!(data_address("text/csv", "a,\"b\"\n#é"), "data:text/csv;charset=utf-8,a,%22b%22%0A%23%C3%A9");
    }

    #[test]
    fn a_doi_becomes_a_link_and_ends_where_it_ends() {
        assert_eq!(
            line("(doi:10.7937/TCIA.5FNA-0924)."),
            "(<a href=\"https://doi.org/10.7937/TCIA.5FNA-0924\">doi:10.7937/TCIA.5FNA-0924</a>)."
        );
    }

    #[test]
    fn anchors_are_plain() {
        assert_eq!(slug("evaluate RESPONSE: early logistic(a, b)"), "evaluate-response-early-logistic-a-b");
        assert_eq!(slug("<>"), "part");
    }
}
