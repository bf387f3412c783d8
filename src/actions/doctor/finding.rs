//! What a check found.

use crate::app::ActionError;
use crate::mail::outcome::TransportError;

/// What kind of fault a check found, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// The content of the store.
    Data,
    /// Input or output.
    InputOutput,
    /// The relay refuses permanently.
    Relay,
    /// It may pass by itself, or waits for somebody.
    Later,
    /// The configuration, files that it names, or this machine.
    Configuration,
    /// The program itself.
    Bug,
}

/// A fault, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub class: FaultClass,
    /// What is wrong, in one line.
    pub words: String,
    /// The next step; empty: the words say it.
    pub next: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// All is well: what is there.
    Ok(String),
    /// The program works, and somebody should look at this.
    Warning(Fault),
    /// Something does not work.
    Failed(Fault),
    /// Not checked, and why.
    NotChecked(String),
}

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// An error of the program's layers.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// The relay.
    #[error("{}", .0.message)]
    Relay(TransportError),
}

/// The result of a check.
pub type CheckResult = Result<Finding, CheckError>;

/// The result of a check, with the name of what was checked.
#[derive(Debug)]
pub struct CheckLine {
    /// The name.
    pub name: &'static str,
    /// The result.
    pub result: CheckResult,
}

impl Fault {
    /// A fault.
    pub fn new(class: FaultClass, words: impl Into<String>, next: impl Into<String>) -> Self {
        Self { class, words: words.into(), next: next.into() }
    }
}

impl Finding {
    /// All is well.
    pub fn ok(words: impl Into<String>) -> Self {
        Self::Ok(words.into())
    }

    /// A warning.
    pub fn warning(class: FaultClass, words: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Warning(Fault::new(class, words, next))
    }

    /// A failure.
    pub fn failed(class: FaultClass, words: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Failed(Fault::new(class, words, next))
    }

    /// Not checked.
    pub fn not_checked(why: impl Into<String>) -> Self {
        Self::NotChecked(why.into())
    }
}
