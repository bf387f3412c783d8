//! What providers do with a mail where one of their own headers asks for it (Postmark, Mailgun, Mandrill, Mailjet, Brevo and
//! others). A reset mail must arrive, now, at its user alone, and with its link as it is.

use super::MailHeaderError;
use super::MailHeaderError::Recipients;
use super::MailHeaderError::Rewritten;
use super::MailHeaderError::Withheld;

/// Values that turn a setting off.
const OFF: [&str; 5] = ["0", "false", "no", "none", "off"];

/// Headers that do harm unless their value turns them off.
const SETTINGS: [(&str, MailHeaderError); 14] = [
    // Links with parameters of Google Analytics.
    ("x-mc-googleanalytics", Rewritten),
    ("x-mc-googleanalyticscampaign", Rewritten),
    // Another text in place of the mail, or one in which the provider replaces what looks like a variable.
    ("x-mailgun-template-name", Rewritten),
    ("x-mc-autohtml", Rewritten),
    ("x-mc-autotext", Rewritten),
    ("x-mc-template", Rewritten),
    ("x-mj-templateid", Rewritten),
    ("x-mj-templatelanguage", Rewritten),
    ("x-pm-template", Rewritten),
    // One mail a campaign for each user, and none for who resets the password once more.
    ("x-mailjet-deduplicatecampaign", Withheld),
    // Later than the link lives, or than the program knows.
    ("deferred-delivery", Withheld),
    ("x-mailgun-delivery-time-optimize-period", Withheld),
    ("x-mailgun-deliver-by", Withheld),
    ("x-mc-sendat", Withheld),
];

/// Headers that send the mail, or an error report with parts of it, to others.
const RECIPIENTS: [&str; 9] = [
    "envelope-to",
    "x-archive-to",
    "x-forward-to",
    "x-mailgun-archive-to",
    "x-mj-templateerrorreporting",
    "x-original-to",
    "x-recipient",
    "x-recipients",
    "x-to",
];

/// The kinds of settings, by a part of the name between its hyphens: the provider's own name stands before it.
const PARTS: [(&str, MailHeaderError); 6] = [
    ("bcc", Recipients),
    ("cc", Recipients),
    ("drop", Withheld),
    ("sandbox", Withheld),
    ("testmode", Withheld),
    ("webview", Rewritten),
];

/// Why a provider must not get this header. `name` is in lower case.
pub(super) fn fault(name: &str, value: &str) -> Option<MailHeaderError> {
    if RECIPIENTS.contains(&name) {
        return Some(Recipients);
    }
    // A list of settings is off when all of them are.
    let is_off = value.split(',').all(|value| OFF.iter().any(|off| off.eq_ignore_ascii_case(value.trim())));
    let setting = SETTINGS.iter().find(|(setting, _)| *setting == name).map(|(_, error)| *error);
    let part =
        || PARTS.iter().find(|(part, _)| name.split(['-', '_']).any(|own| own == *part)).map(|(_, error)| *error);
    let error = setting.or_else(part).or_else(|| is_tracking(name).then_some(Rewritten))?;
    // Others get the mail by whatever value.
    (error == Recipients || !is_off).then_some(error)
}

/// Whether a header switches tracking: `X-PM-TrackLinks`, `X-Mailgun-Track-Clicks`, `X-MC-Track`, `X-Mailjet-TrackOpen`. The number of
/// a shipment or a ticket is none.
fn is_tracking(name: &str) -> bool {
    let mut parts = name.split(['-', '_']);
    let is_number = name.ends_with("id") || name.ends_with("number");
    name.starts_with("x-") && !is_number && parts.any(|part| part.starts_with("track") || part.ends_with("tracking"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail_header::MailHeader;

    #[test]
    fn a_provider_rewrites_drops_and_forwards_nothing() {
        for (name, value, error) in [
            ("X-PM-TrackLinks", "HtmlAndText", Rewritten),
            ("X-PM-TrackOpens", "true", Rewritten),
            ("X-Mailgun-Track", "yes", Rewritten),
            ("X-Mailgun-Track-Clicks", "htmlonly", Rewritten),
            ("X-MC-Track", "opens,clicks", Rewritten),
            ("X-MC-Track", "none,clicks_all", Rewritten),
            ("X-Mailjet-TrackClick", "1", Rewritten),
            ("X-Mailin-Track-Links", "1", Rewritten),
            ("X-Any-ClickTracking", "on", Rewritten),
            ("X-MC-Template", "welcome", Rewritten),
            ("X-MJ-TemplateLanguage", "1", Rewritten),
            ("X-Mailgun-Drop-Message", "yes", Withheld),
            ("X-Sib-Sandbox", "drop", Withheld),
            ("X-MC-SendAt", "2030-01-01 00:00:00", Withheld),
            ("X-Mailjet-DeduplicateCampaign", "y", Withheld),
            ("X-MJ-TemplateErrorReporting", "a@example.com", Recipients),
            ("X-Bcc", "a@example.com", Recipients),
            ("X-CC", "no", Recipients),
            ("X-Provider-Bcc", "a@example.com", Recipients),
            ("X-To", "a@example.com", Recipients),
            ("Envelope-To", "a@example.com", Recipients),
        ] {
            assert_eq!(MailHeader::new(name, value).err(), Some(error), "{name}: {value}");
        }
    }

    #[test]
    fn what_turns_a_setting_off_is_taken_and_what_is_none_too() {
        for (name, value) in [
            ("X-PM-TrackLinks", "None"),
            ("X-PM-TrackOpens", "false"),
            ("X-Mailgun-Track", "no"),
            ("X-MC-Track", "none"),
            ("X-Mailjet-TrackClick", "0"),
            ("X-Mailgun-Drop-Message", "no"),
            ("X-MJ-TemplateLanguage", "false"),
            ("X-Tracking-ID", "4711"),
            ("X-Track-Number", "4711"),
            ("X-Mailgun-Tag", "reset"),
            ("X-MJ-CustomID", "reset"),
            ("X-MC-Subaccount", "it"),
            ("X-Complaints-To", "abuse@example.com"),
            ("X-Accepted", "x"),
        ] {
            assert_eq!(MailHeader::new(name, value).err(), None, "{name}: {value}");
        }
    }
}
