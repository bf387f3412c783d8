//! `[organization]`: the organization whose users these are.

use jiff::tz::TimeZone;

use super::document::Section;
use super::email_domain;

/// The organization whose users the store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSection {
    /// The name in mails and on the page; empty: it is not shown.
    pub name: String,
    /// The help contact for users: an address, a number or a sentence; may be empty.
    pub help_contact: String,
    /// The time zone for times in mails.
    pub time_zone: TimeZone,
    /// The email domains that new users must have, in lower case; empty: any.
    pub email_domains: Vec<String>,
    /// Whether users need a second factor besides the password, which allows shorter passwords.
    pub second_factor: bool,
}

impl Default for OrganizationSection {
    fn default() -> Self {
        Self {
            name: String::new(),
            help_contact: String::new(),
            time_zone: TimeZone::UTC,
            email_domains: Vec::new(),
            second_factor: false,
        }
    }
}

impl OrganizationSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            name: section.text("name").unwrap_or(default.name),
            help_contact: section.text("help_contact").unwrap_or(default.help_contact),
            time_zone: section.validated("time_zone", time_zone).unwrap_or(default.time_zone),
            email_domains: section.list("email_domains", email_domain::validate).unwrap_or(default.email_domains),
            second_factor: section.switch("second_factor").unwrap_or(default.second_factor),
        }
    }
}

/// A time zone by its name in the IANA database, of which the system has a copy (tzselect(8)).
fn time_zone(name: &str) -> Result<TimeZone, String> {
    let found = Some(name).filter(|name| !name.is_empty()).and_then(|name| TimeZone::get(name).ok());
    found.ok_or_else(|| {
        "expected a time zone of the IANA database on this machine, such as \"Europe/Berlin\" (`timedatectl list-timezones` \
         lists them; the package is often called tzdata)"
            .to_owned()
    })
}
