use crate::syntax::diagnostic::Code;
pub(super) static CODES: &[Code] = &[];
