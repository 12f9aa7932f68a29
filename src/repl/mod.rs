//! The prompt: completion, display; thin over the library.
