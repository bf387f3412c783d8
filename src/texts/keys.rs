//! The keys of all sentences, and the values of each.

/// The key of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The name, which the file of a language nests in tables.
    pub(super) name: &'static str,
    /// The values that it may use; an optional one is `none` if there is nothing.
    pub(super) may: &'static [Placeholder],
    /// Those of them that it must use, because the sentence makes no sense without them.
    pub(super) must: &'static [&'static str],
    /// Whether a language may lack it, because no mail shows it.
    pub(super) is_optional: bool,
}

/// A value for a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// The name.
    pub(super) name: &'static str,
    /// Sample values; a sentence is tried with each.
    pub(super) samples: &'static [Sample],
}

/// A sample value, with which a sentence is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// No value.
    Nothing,
    /// A text.
    Text(&'static str),
    /// A number.
    Number(i64),
    /// A boolean.
    Switch(bool),
}

use Sample::Nothing;
use Sample::Number;
use Sample::Switch;
use Sample::Text;

const fn value(name: &'static str, samples: &'static [Sample]) -> Placeholder {
    Placeholder { name, samples }
}

const NAME: Placeholder = value("name", &[Nothing, Text("Alex Example")]);
const ORGANIZATION: Placeholder = value("organization", &[Nothing, Text("Example Travel")]);
const CONTACT: Placeholder = value("contact", &[Nothing, Text("help@example.com")]);
const PAGE: Placeholder = value("page", &[Text("https://reset.example.com/")]);
const DURATION: Placeholder = value("duration", &[Text("24 h")]);
const TIME: Placeholder = value("time", &[Text("4 March 2026")]);
const NUMBER: Placeholder = value("number", &[Number(1), Number(2), Number(5), Number(24)]);
const CHARACTERS: Placeholder = value("characters", &[Number(15)]);
const BYTES: Placeholder = value("bytes", &[Number(1_024)]);
const SCORE: Placeholder = value("score", &[Number(0), Number(3)]);
const PASSWORDS: Placeholder = value("passwords", &[Number(1), Number(5)]);
const MIN: Placeholder = value("min", &[Number(15)]);
const MAX: Placeholder = value("max", &[Number(1_024)]);
const HAS: Placeholder = value("has", &[Number(1), Number(7)]);
/// Whether the sentence addresses the user whose password it is about, and not an operator.
const YOURS: Placeholder = value("yours", &[Switch(true), Switch(false)]);

/// The parts of a time.
const OF_TIME: &[Placeholder] = &[
    value("day", &[Number(4)]),
    value("month", &[Text("March")]),
    value("month_number", &[Number(3)]),
    value("year", &[Number(2026)]),
    value("hour", &[Text("09")]),
    value("minute", &[Text("05")]),
    value("zone", &[Text("UTC")]),
];

const fn key(name: &'static str, may: &'static [Placeholder], must: &'static [&'static str]) -> Key {
    Key { name, may, must, is_optional: false }
}

/// A key that no mail shows.
const fn optional(name: &'static str, may: &'static [Placeholder], must: &'static [&'static str]) -> Key {
    Key { name, may, must, is_optional: true }
}

/// All sentences.
pub(super) const KEYS: &[Key] = &[
    key("mail.greeting", &[NAME], &[]),
    key("mail.username", &[], &[]),
    key("mail.without_button", &[], &[]),
    key("mail.type_code", &[PAGE], &["page"]),
    key("mail.lasts", &[DURATION], &["duration"]),
    key("mail.note", &[], &[]),
    key("mail.requirements", &[], &[]),
    key("mail.not_me", &[], &[]),
    key("mail.help", &[CONTACT, ORGANIZATION], &["contact"]),
    key("mail.never_asked", &[ORGANIZATION], &[]),
    key("reset.subject", &[ORGANIZATION], &[]),
    key("reset.purpose", &[ORGANIZATION], &[]),
    key("reset.open", &[], &[]),
    key("reset.button", &[], &[]),
    key("forced_reset.subject", &[ORGANIZATION], &[]),
    key("forced_reset.purpose", &[ORGANIZATION], &[]),
    key("forced_reset.open", &[], &[]),
    key("forced_reset.button", &[], &[]),
    key("invitation.subject", &[ORGANIZATION], &[]),
    key("invitation.purpose", &[ORGANIZATION], &[]),
    key("invitation.open", &[], &[]),
    key("invitation.button", &[], &[]),
    key("test.subject", &[ORGANIZATION], &[]),
    key("test.purpose", &[ORGANIZATION], &[]),
    key("notice.subject", &[ORGANIZATION], &[]),
    key("notice.must_change", &[], &[]),
    key("notice.set_by_operator.changed", &[ORGANIZATION, TIME], &["time"]),
    key("notice.set_by_operator.not_expected", &[CONTACT, ORGANIZATION], &["contact"]),
    key("notice.changed_by_user.changed", &[ORGANIZATION, TIME], &["time"]),
    key("notice.changed_by_user.all_well", &[], &[]),
    key("notice.changed_by_user.not_expected", &[CONTACT, ORGANIZATION], &["contact"]),
    key("notice.chosen_by_link.changed", &[ORGANIZATION, TIME], &["time"]),
    key("notice.chosen_by_link.all_well", &[], &[]),
    key("notice.chosen_by_link.not_expected", &[CONTACT, ORGANIZATION], &["contact"]),
    key("address_notice.subject", &[ORGANIZATION], &[]),
    key("address_notice.replaced.changed", &[ORGANIZATION, TIME], &["time"]),
    key("address_notice.replaced.not_expected", &[CONTACT, ORGANIZATION], &["contact"]),
    key("address_notice.set.changed", &[ORGANIZATION, TIME], &["time"]),
    key("address_notice.set.not_expected", &[CONTACT, ORGANIZATION], &["contact"]),
    key("duration.days", &[NUMBER], &["number"]),
    key("duration.hours", &[NUMBER], &["number"]),
    key("duration.minutes", &[NUMBER], &["number"]),
    key("duration.seconds", &[NUMBER], &["number"]),
    key("time.written", OF_TIME, &["day", "year", "hour", "minute"]),
    key("month.january", &[], &[]),
    key("month.february", &[], &[]),
    key("month.march", &[], &[]),
    key("month.april", &[], &[]),
    key("month.may", &[], &[]),
    key("month.june", &[], &[]),
    key("month.july", &[], &[]),
    key("month.august", &[], &[]),
    key("month.september", &[], &[]),
    key("month.october", &[], &[]),
    key("month.november", &[], &[]),
    key("month.december", &[], &[]),
    key("policy.min_length", &[CHARACTERS], &["characters"]),
    key("policy.max_length", &[CHARACTERS], &["characters"]),
    key("policy.lower", &[], &[]),
    key("policy.upper", &[], &[]),
    key("policy.digit", &[], &[]),
    key("policy.symbol", &[], &[]),
    key("policy.not_common", &[], &[]),
    key("policy.not_on_the_organizations_list", &[], &[]),
    key("policy.not_personal", &[YOURS], &[]),
    key("policy.not_words", &[], &[]),
    key("policy.no_pattern", &[], &[]),
    key("policy.min_score", &[SCORE, YOURS], &[]),
    key("policy.history", &[PASSWORDS, YOURS], &["passwords"]),
    key("policy.max_age", &[DURATION, YOURS], &["duration"]),
    key("policy.min_age", &[DURATION, YOURS], &["duration"]),
    optional("policy_note.max_bytes", &[BYTES, CHARACTERS], &["bytes"]),
    optional("policy_note.classes", &[], &[]),
    optional("policy_note.short", &[], &[]),
    optional("policy_note.max_age", &[], &[]),
    optional("policy_note.temporary", &[DURATION], &["duration"]),
    optional("violation.too_short", &[MIN, HAS], &["min"]),
    optional("violation.too_long", &[MAX, HAS], &["max"]),
    optional("violation.lower", &[], &[]),
    optional("violation.upper", &[], &[]),
    optional("violation.digit", &[], &[]),
    optional("violation.symbol", &[], &[]),
    optional("violation.common", &[], &[]),
    optional("violation.personal", &[YOURS], &[]),
    optional("violation.repeated", &[], &[]),
    optional("violation.sequential", &[], &[]),
    optional("violation.too_guessable", &[SCORE, MIN, YOURS], &[]),
    optional("violation.reused", &[PASSWORDS, YOURS], &[]),
    optional("violation.disabled", &[], &[]),
    optional("password_error.empty", &[], &[]),
    optional("password_error.not_utf8", &[], &[]),
    optional("password_error.nul", &[], &[]),
    optional("password_error.tab", &[], &[]),
    optional("password_error.control", &[], &[]),
    optional("password_error.replacement", &[], &[]),
    optional("password_error.line_break", &[], &[]),
    optional("password_error.too_long", &[BYTES, MAX], &["bytes", "max"]),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_every_sentence_with_its_values() {
        let documentation = include_str!("../../docs/texts.md");
        let rows: Vec<&str> =
            documentation.lines().filter(|line| line.contains(".") && line.starts_with(['|'])).collect();
        for key in KEYS {
            let value = |placeholder: &Placeholder| match key.must.contains(&placeholder.name) {
                true => format!("**`{}`**", placeholder.name),
                false => format!("`{}`", placeholder.name),
            };
            let values = key.may.iter().map(value).collect::<Vec<_>>().join(", ");
            let mark = if key.is_optional { "*" } else { "" };
            let row = format!("| {mark}`{}`{mark} | {values} |", key.name).replace("|  |", "| |");
            assert!(rows.contains(&row.as_str()), "docs/texts.md lacks: {row}");
        }
    }
}
