//! `[reset]`: the links with which users choose a password.

use std::path::PathBuf;
use std::time::Duration;

use super::document::Section;
use crate::domain::link::INVITATION_LIFE;
use crate::domain::link::LinkTemplate;
use crate::domain::link::LinkTemplateError;
use crate::domain::link::RESET_LIFE;

const DAY: Duration = Duration::from_secs(86_400);

/// The settings of reset links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetSection {
    /// The link in mails, with a placeholder for the code; without it no reset is sent.
    pub link: Option<LinkTemplate>,
    /// The key from which the codes are derived; by default `reset.key` beside the store.
    pub key_file: Option<PathBuf>,
    /// How long a link is valid after its mail was first sent. NIST SP 800-63B-4, 4.2.1.2 allows at most 24 hours.
    pub lifetime: Duration,
    /// The same for users who never had a password.
    pub invitation_lifetime: Duration,
}

impl Default for ResetSection {
    fn default() -> Self {
        Self { link: None, key_file: None, lifetime: DAY, invitation_lifetime: 7 * DAY }
    }
}

impl ResetSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            link: section.validated("link", |text| text.parse().map_err(|fault: LinkTemplateError| fault.to_string())),
            key_file: section.file("key_file"),
            lifetime: section.duration("lifetime", RESET_LIFE).unwrap_or(default.lifetime),
            invitation_lifetime: section
                .duration("invitation_lifetime", INVITATION_LIFE)
                .unwrap_or(default.invitation_lifetime),
        }
    }
}
