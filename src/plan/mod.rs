//! The typed plan: nodes, types, content hashes, and how it is shown.
//!
//! May import: the parameter types of the engines. Knows neither text nor data.
