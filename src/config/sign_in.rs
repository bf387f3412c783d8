//! `[sign_in]`: what wrong passwords cost.

use super::document::Section;

/// The most consecutive failures that NIST SP 800-63B-4 section 3.2.2 allows before they are limited.
const MOST_FAILURES: u32 = 100;

/// How logins are guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInSection {
    /// How many wrong passwords of one user cost nothing.
    pub max_failures: u32,
}

impl Default for SignInSection {
    fn default() -> Self {
        Self { max_failures: MOST_FAILURES }
    }
}

impl SignInSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let reason = "NIST SP 800-63B-4 section 3.2.2 allows at most 100";
        let default = Self::default();
        Self { max_failures: section.whole("max_failures", 1..=MOST_FAILURES, reason).unwrap_or(default.max_failures) }
    }
}
