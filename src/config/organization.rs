//! `[organization]`: whose users these are.

use super::document::Section;
use super::email_domain;

/// The organization whose users the store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationSection {
    /// Its name, in mails and on the page; empty if it does not want to be named.
    pub name: String,
    /// Whom users ask for help: an address, a number or a sentence; may be empty.
    pub help_contact: String,
    /// The email domains that new users must have, in lower case; empty for any.
    pub email_domains: Vec<String>,
    /// Whether users need a second factor besides the password, which allows shorter passwords.
    pub second_factor: bool,
}

impl OrganizationSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            name: section.text("name").unwrap_or(default.name),
            help_contact: section.text("help_contact").unwrap_or(default.help_contact),
            email_domains: section.list("email_domains", email_domain::judge).unwrap_or(default.email_domains),
            second_factor: section.switch("second_factor").unwrap_or(default.second_factor),
        }
    }
}
