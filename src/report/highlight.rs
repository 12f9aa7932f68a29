//! The text of a study with its words in the colours of their kind.

use crate::syntax::{TokenKind, tokens};

use super::escape::html;

/// The class of a kind; names and operators are left as they are.
fn class(kind: TokenKind) -> Option<&'static str> {
    Some(match kind {
        TokenKind::Keyword => "k",
        TokenKind::Reserved => "r",
        TokenKind::Qualifier => "q",
        TokenKind::Function => "f",
        TokenKind::Setting => "s",
        TokenKind::Column => "l",
        TokenKind::Number | TokenKind::Unit | TokenKind::Constant => "v",
        TokenKind::Text => "t",
        TokenKind::Comment => "c",
        TokenKind::Documentation => "d",
        TokenKind::Name | TokenKind::Operator => return None,
    })
}

/// For a `pre` element.
pub fn highlighted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    for token in tokens(text) {
        let (Some(before), Some(word)) = (text.get(at..token.start), text.get(token.start..token.end)) else {
            continue;
        };
        out.push_str(&html(before));
        match class(token.kind) {
            Some(class) => out.push_str(&format!("<span class=\"{class}\">{}</span>", html(word))),
            None => out.push_str(&html(word)),
        }
        at = token.end;
    }
    out.push_str(&html(text.get(at..).unwrap_or("")));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_text_is_lost() {
        let text = "## <b>\ncohort c from t\n  include \"a & b\": `x<y` > 1\n";
        let shown = highlighted(text);
        let mut bare = String::new();
        let mut inside = false;
        for sign in shown.chars() {
            match sign {
                '<' => inside = true,
                '>' => inside = false,
                sign if !inside => bare.push(sign),
                _ => {}
            }
        }
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        assert_eq!(bare, text);
        assert!(shown.starts_with("<span class=\"d\">## &lt;b&gt;</span>"));
    }
}
