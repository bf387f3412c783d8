//! The words of mails in English. They are ASCII, so that a mail without foreign names needs no encoding.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::English;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::texts::mail::Sentences;
use crate::texts::mail::Unit;
use crate::texts::mail::counted;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Sentences for English {
    fn subject(&self, kind: MailKind, organization: Option<&str>) -> String {
        match (kind, organization) {
            (MailKind::Reset, Some(name)) => format!("Choose a new password for {name}"),
            (MailKind::Reset, None) => "Choose a new password".to_owned(),
            (MailKind::ForcedReset, Some(name)) => {
                format!("Choose a new password for {name}: your old one no longer works")
            }
            (MailKind::ForcedReset, None) => "Choose a new password: your old one no longer works".to_owned(),
            (MailKind::Invitation, Some(name)) => format!("Your account at {name}: choose a password"),
            (MailKind::Invitation, None) => "Your new account: choose a password".to_owned(),
            (MailKind::Notice, Some(name)) => format!("Your password for {name} was changed"),
            (MailKind::Notice, None) => "Your password was changed".to_owned(),
            (MailKind::AddressNotice, Some(name)) => format!("The email address of your {name} account was changed"),
            (MailKind::AddressNotice, None) => "The email address of your account was changed".to_owned(),
            (MailKind::Test, Some(name)) => format!("Test mail from {name}"),
            (MailKind::Test, None) => "Test mail".to_owned(),
        }
    }

    fn greeting(&self, name: Option<&str>) -> String {
        name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
    }

    fn username(&self) -> &'static str {
        "Your username:"
    }

    fn purpose(&self, kind: MailKind, organization: Option<&str>) -> String {
        let of = of(organization);
        match kind {
            MailKind::Invitation => {
                format!("An administrator of {of} has made an account for you. You choose its password.")
            }
            MailKind::ForcedReset => format!(
                "For security reasons, an administrator of {of} has disabled your old password. You were signed out everywhere, \
                 and can sign in again once you have chosen a new password. If you used the old one anywhere else, change it \
                 there too."
            ),
            MailKind::Test => format!(
                "This is a test mail from {of}, sent by an administrator. It has arrived, so mail works. There is \
                 nothing to do."
            ),
            MailKind::Reset | MailKind::Notice | MailKind::AddressNotice => {
                format!("An administrator of {of} asks you to choose a new password for your account.")
            }
        }
    }

    fn open(&self, kind: MailKind) -> &'static str {
        match kind {
            MailKind::Invitation => "Open this link to choose your password:",
            _ => "Open this link to choose your new password:",
        }
    }

    fn button(&self, kind: MailKind) -> &'static str {
        match kind {
            MailKind::Invitation => "Choose a password",
            _ => "Choose a new password",
        }
    }

    fn without_button(&self) -> &'static str {
        "If the button does not work, open this link:"
    }

    fn type_code(&self, page: &str) -> String {
        format!("If the link does not open, go to {page} and type this code:")
    }

    fn lasts(&self, life: Duration) -> String {
        let (number, unit) = counted(life);
        let unit = match unit {
            Unit::Days => "day",
            Unit::Hours => "hour",
            Unit::Minutes => "minute",
            Unit::Seconds => "second",
        };
        let plural = if number == 1 { "" } else { "s" };
        format!(
            "The link and the code work for {number} {unit}{plural}, only once, and end when a newer mail of this kind \
             is sent."
        )
    }

    fn note(&self) -> &'static str {
        "The administrator writes:"
    }

    fn requirements(&self) -> &'static str {
        "What the password must be:"
    }

    fn not_me(&self) -> &'static str {
        "If this was not meant for you, or you did not expect it, leave the link above alone and open this one, which \
         makes it void:"
    }

    fn help(&self, contact: Option<&str>, organization: Option<&str>) -> String {
        match contact {
            Some(contact) => format!("Questions? {contact}"),
            None => format!("Questions? Ask the administrators of {}.", of(organization)),
        }
    }

    fn never_asked(&self, organization: Option<&str>) -> String {
        format!("Nobody at {} will ever ask you for your password or for a code.", of(organization))
    }

    fn changed(&self, cause: NoticeCause, organization: Option<&str>, time: Timestamp) -> String {
        let time = written(time);
        match cause {
            NoticeCause::SetByOperator => {
                format!("An administrator of {} has set a new password for your account on {time}.", of(organization))
            }
            NoticeCause::ChangedByUser => {
                format!("The password of your account was changed on {time}, with the former password.")
            }
            NoticeCause::ChosenByLink => {
                format!("The password of your account was changed on {time}, with the link that was mailed to you.")
            }
            NoticeCause::AddressReplaced => format!(
                "An administrator of {} changed the email address of your account on {time}. From now on, mail about your \
                 account goes to the new address and no longer to this one.",
                of(organization)
            ),
            NoticeCause::AddressSet => format!(
                "An administrator of {} changed the email address of your account on {time}. From now on, mail about your \
                 account goes to this address.",
                of(organization)
            ),
        }
    }

    fn must_change(&self) -> &'static str {
        "When you next sign in, you will be asked to choose a password of your own."
    }

    fn all_well(&self, cause: NoticeCause) -> Option<&'static str> {
        match cause {
            NoticeCause::SetByOperator | NoticeCause::AddressReplaced | NoticeCause::AddressSet => None,
            NoticeCause::ChangedByUser | NoticeCause::ChosenByLink => Some("If this was you, there is nothing to do."),
        }
    }

    fn not_expected(&self, cause: NoticeCause, contact: Option<&str>, organization: Option<&str>) -> String {
        let doubt = match cause {
            NoticeCause::SetByOperator | NoticeCause::AddressReplaced => "If you did not expect this",
            NoticeCause::AddressSet => "If you did not expect this, or this is not your account",
            NoticeCause::ChangedByUser | NoticeCause::ChosenByLink => "If this was not you",
        };
        match contact {
            Some(contact) => format!("{doubt}, say so at once: {contact}"),
            None => format!("{doubt}, tell the administrators of {} at once.", of(organization)),
        }
    }
}

fn of(organization: Option<&str>) -> &str {
    organization.unwrap_or("your organization")
}

/// A time as a sentence has it.
fn written(time: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(time);
    let month = MONTHS[usize::from(time.month().unsigned_abs()) - 1];
    format!("{} {month} {} at {:02}:{:02} UTC", time.day(), time.year(), time.hour(), time.minute())
}
