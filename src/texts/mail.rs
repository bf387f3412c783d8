//! The sentences of mails to the organization's users.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::context;

use super::Language;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;

/// The keys of the months, from January.
const MONTHS: [&str; 12] = [
    "month.january",
    "month.february",
    "month.march",
    "month.april",
    "month.may",
    "month.june",
    "month.july",
    "month.august",
    "month.september",
    "month.october",
    "month.november",
    "month.december",
];

/// The sentences of mails in one language, for an organization.
#[derive(Debug, Clone, Copy)]
pub struct Sentences<'a> {
    /// The language.
    pub language: &'a Language,
    /// The organization's name; `None`: it is not shown.
    pub organization: Option<&'a str>,
    /// The help contact: an address, a number or a sentence.
    pub contact: Option<&'a str>,
    /// The time zone of times.
    pub time_zone: &'a TimeZone,
}

impl Sentences<'_> {
    /// The subject, which is also the heading of the HTML part.
    pub fn subject(&self, kind: MailKind) -> String {
        self.of_organization(&format!("{}.subject", section(kind)))
    }

    /// The salutation, with the name if there is one.
    pub fn greeting(&self, name: Option<&str>) -> String {
        self.language.sentence("mail.greeting", context! { name })
    }

    /// The label of the username.
    pub fn username(&self) -> String {
        self.plain("mail.username")
    }

    /// What the mail is and who requested it, for resets, invitations and test mails.
    pub fn purpose(&self, kind: MailKind) -> Option<String> {
        has_purpose(kind).then(|| self.of_organization(&format!("{}.purpose", section(kind))))
    }

    /// The sentence before the link; `None`: the mail has none.
    pub fn open(&self, kind: MailKind) -> Option<String> {
        kind.has_link().then(|| self.plain(&format!("{}.open", section(kind))))
    }

    /// The label of the button with the link; `None`: the mail has none.
    pub fn button(&self, kind: MailKind) -> Option<String> {
        kind.has_link().then(|| self.plain(&format!("{}.button", section(kind))))
    }

    /// The sentence before the plain link below the button.
    pub fn without_button(&self) -> String {
        self.plain("mail.without_button")
    }

    /// The sentence before the code; `page` is the address where it can be entered.
    pub fn type_code(&self, page: &str) -> String {
        self.language.sentence("mail.type_code", context! { page })
    }

    /// How long the link and the code are valid, and that they work once.
    pub fn lasts(&self, lifetime: Duration) -> String {
        let duration = duration(self.language, lifetime);
        self.language.sentence("mail.lasts", context! { duration })
    }

    /// The sentence before the operator's note.
    pub fn note(&self) -> String {
        self.plain("mail.note")
    }

    /// The sentence before the requirements of the policy.
    pub fn requirements(&self) -> String {
        self.plain("mail.requirements")
    }

    /// The sentence before the link with which the user cancels the request.
    pub fn not_me(&self) -> String {
        self.plain("mail.not_me")
    }

    /// The help contact in a sentence.
    pub fn help(&self) -> String {
        let (contact, organization) = (self.contact, self.organization);
        self.language.sentence("mail.help", context! { contact, organization })
    }

    /// What the organization never asks for, so that users recognize phishing.
    pub fn never_asked(&self) -> String {
        self.of_organization("mail.never_asked")
    }

    /// For a notice: what was changed, and when.
    pub fn changed(&self, cause: NoticeCause, time: Timestamp) -> String {
        let (time, organization) = (self.written(time), self.organization);
        self.language.sentence(&format!("{}.changed", section_of_cause(cause)), context! { time, organization })
    }

    /// For a notice: that the user must change the password at the next sign-in.
    pub fn must_change(&self) -> String {
        self.plain("notice.must_change")
    }

    /// For a notice: that nothing is to be done if the user made the change; `None` if the cause is not a change by
    /// the user.
    pub fn all_well(&self, cause: NoticeCause) -> Option<String> {
        let is_own_change = matches!(cause, NoticeCause::ChangedByUser | NoticeCause::ChosenByLink);
        is_own_change.then(|| self.plain(&format!("{}.all_well", section_of_cause(cause))))
    }

    /// For a notice: what to do otherwise.
    pub fn not_expected(&self, cause: NoticeCause) -> String {
        let (contact, organization) = (self.contact, self.organization);
        self.language.sentence(&format!("{}.not_expected", section_of_cause(cause)), context! { contact, organization })
    }

    fn plain(&self, key: &str) -> String {
        self.language.sentence(key, context! {})
    }

    fn of_organization(&self, key: &str) -> String {
        self.language.sentence(key, context! { organization => self.organization })
    }

    /// A time as written in a sentence.
    fn written(&self, time: Timestamp) -> String {
        let info = self.time_zone.to_offset_info(time);
        let time = info.offset().to_datetime(time);
        let month = usize::from(time.month().unsigned_abs());
        // Zones without a name are represented by their offset, such as +03.
        let name = info.abbreviation();
        let zone = if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name.to_owned() };
        self.language.sentence(
            "time.written",
            context! {
                day => time.day(),
                month => self.plain(MONTHS[month - 1]),
                month_number => month,
                year => time.year(),
                hour => format!("{:02}", time.hour()),
                minute => format!("{:02}", time.minute()),
                zone,
            },
        )
    }
}

/// The section for a kind of mail in the file of a language.
fn section(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Reset => "reset",
        MailKind::ForcedReset => "forced_reset",
        MailKind::Invitation => "invitation",
        MailKind::Notice => "notice",
        MailKind::AddressNotice => "address_notice",
        MailKind::Test => "test",
    }
}

fn section_of_cause(cause: NoticeCause) -> &'static str {
    match cause {
        NoticeCause::SetByOperator => "notice.set_by_operator",
        NoticeCause::ChangedByUser => "notice.changed_by_user",
        NoticeCause::ChosenByLink => "notice.chosen_by_link",
        NoticeCause::AddressReplaced => "address_notice.replaced",
        NoticeCause::AddressSet => "address_notice.set",
    }
}

fn has_purpose(kind: MailKind) -> bool {
    match kind {
        MailKind::Reset | MailKind::ForcedReset | MailKind::Invitation | MailKind::Test => true,
        MailKind::Notice | MailKind::AddressNotice => false,
    }
}

/// A duration in the words of a language.
pub(super) fn duration(language: &Language, length: Duration) -> String {
    let (number, unit) = counted(length);
    language.sentence(unit, context! { number })
}

/// A duration in the largest unit that needs no fraction, with the key of the unit. Seconds beyond full minutes are
/// dropped, so that it is never said to be longer than it is. A day is given as 24 hours, because "1 day" could be
/// taken for "until tomorrow evening".
fn counted(length: Duration) -> (u64, &'static str) {
    let seconds = length.as_secs();
    let minutes = seconds / 60;
    let hours = minutes / 60;
    match () {
        () if minutes == 0 => (seconds, "duration.seconds"),
        () if !minutes.is_multiple_of(60) => (minutes, "duration.minutes"),
        () if hours >= 48 && hours.is_multiple_of(24) => (hours / 24, "duration.days"),
        () => (hours, "duration.hours"),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::texts::Texts;

    fn sentences<'a>(tag: &str, time_zone: &'a TimeZone) -> Sentences<'a> {
        let language = Texts::built_in().find(tag).unwrap();
        Sentences { language, organization: None, contact: None, time_zone }
    }

    #[test]
    fn a_lifetime_is_written_as_a_duration() {
        let said = |tag, seconds| sentences(tag, &TimeZone::UTC).lasts(Duration::from_secs(seconds));
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
            assert!(said("en", seconds).contains(&format!(" {english}.")), "{seconds}: {}", said("en", seconds));
            assert!(said("de", seconds).contains(&format!(" {german} und ")), "{seconds}: {}", said("de", seconds));
        }
    }

    #[test]
    fn a_time_is_written_in_its_language_and_time_zone() {
        let said = |tag: &str, zone: &str, time: &str| {
            let zone = TimeZone::get(zone).unwrap();
            sentences(tag, &zone).changed(NoticeCause::ChangedByUser, time.parse().unwrap())
        };
        for (zone, time, english, german) in [
            ("UTC", "2026-03-04T09:05:59Z", "4 March 2026 at 09:05 UTC,", "4. März 2026 um 09:05 Uhr (UTC) "),
            ("Europe/Berlin", "2026-03-04T09:05:59Z", "4 March 2026 at 10:05 CET,", "4. März 2026 um 10:05 Uhr (MEZ) "),
            (
                "Europe/Berlin",
                "2026-07-31T22:05:00Z",
                "1 August 2026 at 00:05 CEST,",
                "1. August 2026 um 00:05 Uhr (MESZ) ",
            ),
            (
                "America/New_York",
                "2026-01-01T04:00:00Z",
                "31 December 2025 at 23:00 EST,",
                "31. Dezember 2025 um 23:00 Uhr (EST) ",
            ),
            (
                "America/Sao_Paulo",
                "2026-01-01T12:00:00Z",
                "1 January 2026 at 09:00 UTC-03,",
                "1. Januar 2026 um 09:00 Uhr (UTC-03) ",
            ),
        ] {
            let (in_english, in_german) = (said("en", zone, time), said("de", zone, time));
            assert!(in_english.contains(english), "{in_english}");
            assert!(in_german.contains(german), "{in_german}");
        }
        for month in 2..=12 {
            let of = |month| said("en", "UTC", &format!("2026-{month:02}-28T23:59:00Z"));
            assert_ne!(of(month), of(1));
        }
    }

    #[test]
    fn every_sentence_can_be_written_without_the_organizations_name() {
        for language in Texts::built_in().languages() {
            let zone = TimeZone::UTC;
            let say = sentences(language.tag(), &zone);
            let mut said: Vec<String> = Vec::new();
            for &kind in MailKind::VARIANTS {
                said.push(say.subject(kind));
                said.extend(say.purpose(kind));
            }
            for &cause in NoticeCause::VARIANTS {
                said.push(say.changed(cause, Timestamp::UNIX_EPOCH));
                said.push(say.not_expected(cause));
            }
            said.extend([say.help(), say.never_asked(), say.greeting(None)]);
            for sentence in said {
                assert!(!sentence.is_empty() && !sentence.contains("  ") && !sentence.contains(" ."), "{sentence}");
                assert_eq!(sentence.trim(), sentence);
            }
        }
    }
}
