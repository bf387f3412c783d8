//! Every sentence that a user of the organization reads, a file per language.
//!
//! A sentence is a small template with a key, such as `reset.subject`; `keys.rs` lists them all, each with the values that it
//! is given. `en.toml` and `de.toml` have all of them. An organization may override any, and add languages ([`Texts::with`]).

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
