//! The little Markdown that documentation is written in, on a terminal: headings, lists, code.

use super::{Style, Terminal, folded};

/// Markdown as text fitted to the terminal.
pub(super) fn shown(markdown: &str, terminal: &Terminal) -> String {
    let mut text = String::new();
    let mut fenced = false;
    let mut blank = true;
    let mut paragraph = String::new();
    let flush = |paragraph: &mut String, text: &mut String| {
        if !paragraph.is_empty() {
            text.push_str(&inline(&folded(paragraph, terminal.width), terminal));
            text.push('\n');
            paragraph.clear();
        }
    };
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            flush(&mut paragraph, &mut text);
            fenced = !fenced;
            continue;
        }
        if fenced || line.starts_with("    ") {
            flush(&mut paragraph, &mut text);
            text.push_str(&format!(
                "    {}\n",
                terminal.styled(line.strip_prefix("    ").unwrap_or(line).trim_end(), Style::Code)
            ));
            blank = false;
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut paragraph, &mut text);
            text.push_str(&format!("{}\n", terminal.styled(heading.trim_start_matches('#').trim(), Style::Heading)));
            blank = false;
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut text);
            if !blank {
                text.push('\n');
            }
            blank = true;
        } else if line.starts_with("- ") {
            flush(&mut paragraph, &mut text);
            line.clone_into(&mut paragraph);
            blank = false;
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
            blank = false;
        }
    }
    flush(&mut paragraph, &mut text);
    let kept = text.trim_end().len();
    text.truncate(kept);
    text.push('\n');
    text
}

/// Words between backticks and asterisks stand out, and lose their marks.
fn inline(text: &str, terminal: &Terminal) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*']) {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        let mark = if marked.starts_with("**") { "**" } else { &marked[..1] };
        let inner = &marked[mark.len()..];
        let end = inner.find(mark).filter(|end| *end > 0 && (mark == "`" || !inner[..*end].contains('\n')));
        match end {
            Some(end) if mark != "*" => {
                let style = if mark == "`" { Style::Code } else { Style::Heading };
                out.push_str(&terminal.styled(&inner[..end], style));
                rest = &inner[end + mark.len()..];
            }
            _ => {
                out.push_str(mark);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read() {
        let page = "# rsf: learner\n\n**Forest**. A `word` and\nanother.\n\n- `trees` so many\n\n```\nlearn rsf\n```\n";
        let shown = shown(page, &Terminal::plain());
        assert_eq!(shown, "rsf: learner\n\nForest. A word and another.\n\n- trees so many\n\n    learn rsf\n");
    }
}
