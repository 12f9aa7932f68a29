//! Declarations to a typed plan: names, kinds, units, rows seen, time.
//!
//! May import: `syntax`, `plan` and the cards of the engines. Reads no data but a dictionary.
