//! Every sentence that a user of the organization reads, one file per language.
//!
//! A sentence is a small template with a key, such as `reset.subject`; `keys.rs` lists all of them with their values.
//! `en.toml` and `de.toml` contain all of them. An organization may replace any, and add languages ([`Texts::with`]).

mod check;
pub mod engine;
mod keys;
mod language;
pub mod mail;
pub mod policy;
mod sentences;

pub(crate) use check::CONTROL;
pub(crate) use check::has_control;
pub use language::Language;
pub use language::Texts;
pub use sentences::SentenceFile;
pub use sentences::TextProblem;
