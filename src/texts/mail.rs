//! The words of mails: what the tool writes to the organization's users.

use std::time::Duration;

use jiff::Timestamp;

use super::Locale;
use super::english::English;
use super::german::German;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;

/// The sentences of mails that every language has. `organization` is the organization's name, if it wants to be named.
pub trait Sentences {
    /// The subject, which is the headline of the HTML part too.
    fn subject(&self, kind: MailKind, organization: Option<&str>) -> String;
    /// The salutation; without a name where none can be shown.
    fn greeting(&self, name: Option<&str>) -> String;
    /// The label before the username.
    fn username(&self) -> &'static str;
    /// Reset, invitation and test: what the mail is, and who wanted it.
    fn purpose(&self, kind: MailKind, organization: Option<&str>) -> String;
    /// Before the link.
    fn open(&self, kind: MailKind) -> &'static str;
    /// On the button that is the link.
    fn button(&self, kind: MailKind) -> &'static str;
    /// Before the link where the button stands above it.
    fn without_button(&self) -> &'static str;
    /// Before the code; `page` is the address at which it is typed.
    fn type_code(&self, page: &str) -> String;
    /// How long, and how often, link and code work.
    fn lasts(&self, life: Duration) -> String;
    /// Before the operator's note.
    fn note(&self) -> &'static str;
    /// Before the requirements of the policy.
    fn requirements(&self) -> &'static str;
    /// Before the link by which the user makes the other one void.
    fn not_me(&self) -> &'static str;
    /// Whom to ask: the organization's contact, a number, an address or a sentence.
    fn help(&self, contact: Option<&str>, organization: Option<&str>) -> String;
    /// What nobody asks for, so that who asks is known for a swindler.
    fn never_asked(&self, organization: Option<&str>) -> String;
    /// Notice: what happened to the password or the address, and when.
    fn changed(&self, cause: NoticeCause, organization: Option<&str>, time: Timestamp) -> String;
    /// Notice: that the next sign-in asks for another password.
    fn must_change(&self) -> &'static str;
    /// Notice: what to do if all is well; nothing is said of a change that the user did not make.
    fn all_well(&self, cause: NoticeCause) -> Option<&'static str>;
    /// Notice: what to do if it is not.
    fn not_expected(&self, cause: NoticeCause, contact: Option<&str>, organization: Option<&str>) -> String;
}

/// The sentences of a language.
pub fn sentences(locale: Locale) -> &'static dyn Sentences {
    match locale {
        Locale::English => &English,
        Locale::German => &German,
    }
}

/// A unit in which a length of time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Days,
    Hours,
    Minutes,
    Seconds,
}

/// A length of time in the longest unit that needs no fraction. It is never said to be longer than it is: what is left
/// over of a minute is dropped. One day is 24 hours, because "1 day" could be taken for "until tomorrow evening".
pub(super) fn counted(length: Duration) -> (u64, Unit) {
    let seconds = length.as_secs();
    let minutes = seconds / 60;
    let hours = minutes / 60;
    match () {
        () if minutes == 0 => (seconds, Unit::Seconds),
        () if !minutes.is_multiple_of(60) => (minutes, Unit::Minutes),
        () if hours >= 48 && hours.is_multiple_of(24) => (hours / 24, Unit::Days),
        () => (hours, Unit::Hours),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_said_as_a_length() {
        let said = |locale: Locale, seconds| sentences(locale).lasts(Duration::from_secs(seconds));
        let cases = [
            (1, "1 second", "1 Sekunde"),
            (59, "59 seconds", "59 Sekunden"),
            (60, "1 minute", "1 Minute"),
            (300, "5 minutes", "5 Minuten"),
            (1_800, "30 minutes", "30 Minuten"),
            (3_659, "1 hour", "1 Stunde"),
            (5_400, "90 minutes", "90 Minuten"),
            (86_400, "24 hours", "24 Stunden"),
            (90_000, "25 hours", "25 Stunden"),
            (172_800, "2 days", "2 Tage"),
            (604_800, "7 days", "7 Tage"),
        ];
        for (seconds, english, german) in cases {
            assert!(said(Locale::English, seconds).contains(&format!(" {english},")), "{seconds}");
            assert!(said(Locale::German, seconds).contains(&format!(" {german},")), "{seconds}");
        }
    }

    #[test]
    fn a_time_is_written_as_the_language_writes_it() {
        let said = |locale: Locale, time: &str| {
            sentences(locale).changed(NoticeCause::ChangedByUser, None, time.parse().unwrap())
        };
        let english = said(Locale::English, "2026-03-04T09:05:59Z");
        assert!(english.contains(" 4 March 2026 at 09:05 UTC"), "{english}");
        let german = said(Locale::German, "2026-03-04T09:05:59Z");
        assert!(german.contains(" 4. März 2026 um 09:05 Uhr (UTC)"), "{german}");
        for month in 1..=12 {
            let time = format!("2026-{month:02}-28T23:59:00Z");
            assert_ne!(said(Locale::English, &time), said(Locale::English, "2025-01-01T00:00:00Z"));
        }
    }

    #[test]
    fn every_sentence_can_be_said_without_the_organizations_name() {
        for locale in Locale::ALL {
            let say = sentences(locale);
            let mut said: Vec<String> = Vec::new();
            for kind in MailKind::ALL {
                said.push(say.subject(kind, None));
                said.push(say.purpose(kind, None));
            }
            for cause in NoticeCause::ALL {
                said.push(say.changed(cause, None, Timestamp::UNIX_EPOCH));
                said.push(say.not_expected(cause, None, None));
            }
            said.extend([say.help(None, None), say.never_asked(None), say.greeting(None)]);
            for sentence in said {
                assert!(!sentence.contains("  ") && !sentence.contains(" ."), "{sentence}");
                assert_eq!(sentence.trim(), sentence);
            }
        }
    }
}
