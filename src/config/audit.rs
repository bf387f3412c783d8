//! `[audit]`: what the audit log requires of operators.

use super::document::Section;
use crate::domain::required_reason::RequiredReasons;

/// The rules of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSection {
    /// The commands that are refused without a reason.
    pub require_reason: RequiredReasons,
}

impl AuditSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let command =
            |words: &str| RequiredReasons::command(words).map(str::to_owned).map_err(|error| error.to_string());
        Self { require_reason: RequiredReasons::new(section.list("require_reason", command).unwrap_or_default()) }
    }
}
