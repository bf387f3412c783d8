//! process
pub mod hardening;
pub mod terminal;
