//! Results to HTML, tables, Methods text and checklists.
