//! `[saml]`: users whose passwords an identity provider has.

use super::document::Section;
use super::email_domain;

/// The organization's identity provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SamlSection {
    /// The email domains of users who sign in by SAML when they are added, in lower case.
    pub email_domains: Vec<String>,
    /// The contact of such users for a new password; may be empty.
    pub contact: String,
}

impl SamlSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            email_domains: section.list("email_domains", email_domain::validate).unwrap_or(default.email_domains),
            contact: section.text("contact").unwrap_or(default.contact),
        }
    }
}
