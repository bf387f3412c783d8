//! `[reset]`: the links by which users choose a password.

use std::path::PathBuf;
use std::time::Duration;

use super::document::Section;
use crate::domain::link::INVITATION_LIFE;
use crate::domain::link::LinkTemplate;
use crate::domain::link::LinkTemplateError;
use crate::domain::link::RESET_LIFE;

const DAY: Duration = Duration::from_secs(86_400);

/// How reset links are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetSection {
    /// The link of mails, with the place of the code; without it no reset is sent.
    pub link: Option<LinkTemplate>,
    /// The key that the codes of links are made with; by default `reset.key` beside the store.
    pub key_file: Option<PathBuf>,
    /// How long a link lives after its mail was handed over. NIST SP 800-63B-4, 4.2.1.2 allows no more than 24 hours.
    pub lifetime: Duration,
    /// The same for who never had a password.
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
