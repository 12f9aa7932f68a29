use super::diagnostic::Diagnostic;
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let _ = text;
    Err(vec![])
}
