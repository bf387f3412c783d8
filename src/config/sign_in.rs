//! `[sign_in]`: the limits on wrong passwords.

use super::document::Section;

/// The most consecutive failures that NIST SP 800-63B-4 section 3.2.2 allows before they are rate-limited.
const MAX_FAILURES: u32 = 100;

/// The protection of logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInSection {
    /// How many wrong passwords of a user have no consequence.
    pub max_failures: u32,
}

impl Default for SignInSection {
    fn default() -> Self {
        Self { max_failures: MAX_FAILURES }
    }
}

impl SignInSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let reason = "NIST SP 800-63B-4 section 3.2.2 allows at most 100";
        let default = Self::default();
        Self { max_failures: section.whole("max_failures", 1..=MAX_FAILURES, reason).unwrap_or(default.max_failures) }
    }
}
