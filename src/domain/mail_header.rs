//! A header that the organization adds to its mails (RFC 5322, 2.2 and 3.6.8).

mod provider;

use std::fmt;

use serde_json::Value;

/// The longest name: more than any provider of mail asks for, and with its colon still on one line of 78 (RFC 5322, 2.1.1).
const MAX_NAME: usize = 76;
/// The longest line of a header, its name included (RFC 5322, 2.1.1).
const MAX_LINE: usize = 998;

/// The headers that the program writes, that say what the mail is, or that servers add on its way.
const OWN: [&str; 22] = [
    "apparently-to",
    "authentication-results",
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "delivered-to",
    "dkim-signature",
    "domainkey-signature",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "received-spf",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
    "x-auto-response-suppress",
];
/// The same by the beginning of the name.
const OWN_FAMILIES: [&str; 3] = ["arc-", "content-", "resent-"];

/// The headers by which others are told of a mail, or get it as well: the mail has the link with which a password is chosen.
const TELLING_OTHERS: [(&str, MailHeaderError); 17] = {
    use MailHeaderError::Receipt;
    use MailHeaderError::Recipients;
    [
        // RFC 8098, 2.1; the older ones of sendmail, Eudora, Pegasus and X.400 (RFC 2156).
        ("disposition-notification-to", Receipt),
        ("disposition-notification-options", Receipt),
        ("generate-delivery-report", Receipt),
        ("notice-requested-upon-delivery-to", Receipt),
        ("read-receipt-to", Receipt),
        ("registered-mail-reply-requested-by", Receipt),
        ("return-receipt-requested", Receipt),
        ("return-receipt-to", Receipt),
        ("x-confirm-delivery-to", Receipt),
        ("x-confirm-reading-to", Receipt),
        ("x-pmrqc", Receipt),
        // A bounce quotes the mail.
        ("errors-to", Recipients),
        ("x-errors-to", Recipients),
        // X.400 (RFC 2156).
        ("alternate-recipient", Recipients),
        // Mandrill sends a copy there.
        ("x-mc-bccaddress", Recipients),
        // Mail programs and servers of old took it for `To`.
        ("x-envelope-to", Recipients),
        ("x-rcpt-to", Recipients),
    ]
};

/// The headers by which providers take settings in JSON (SendGrid, SparkPost), and the keys by which others get the mail too.
const SETTINGS: [&str; 2] = ["x-smtpapi", "x-msys-api"];
const RECIPIENT_KEYS: [&str; 5] = ["archive", "bcc", "cc", "forwardspam", "to"];

/// What may be set so: what marks, counts or routes a mail, and nothing that sends it or parts of it anywhere else, rewrites it, or is
/// not known here. Providers add keys.
const SENDGRID: [&str; 6] = ["asm", "asm_group_id", "category", "filters", "ip_pool", "unique_args"];
const SPARKPOST: [&str; 4] = ["campaign_id", "metadata", "options", "tags"];
/// Filters of SendGrid that change nothing in the mail. Any other one may only be disabled.
const SENDGRID_FILTERS: [&str; 5] = [
    "bypass_bounce_management",
    "bypass_list_management",
    "bypass_spam_management",
    "bypass_unsubscribe_management",
    "dkim",
];
const SPARKPOST_OPTIONS: [&str; 3] = ["ip_pool", "skip_suppression", "transactional"];

/// Why a name and a value are not a header that can be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailHeaderError {
    /// The name has characters that no name has, or none.
    #[error("expected a header name: letters, digits and `-`, such as X-PM-Message-Stream")]
    Name,
    /// The name is too long.
    #[error("expected a header name of at most {MAX_NAME} characters")]
    LongName,
    /// The program or the servers on the way write it.
    #[error("cxme-admin or the mail servers write this header: remove it")]
    Own,
    /// It would declare the mail to be one of a mailing list (RFC 2369, RFC 2919, RFC 8058).
    #[error("`List-*` headers are refused: these mails are not from a mailing list; remove it")]
    List,
    /// It asks for a receipt: who reads the mail would be told on, and the answers come to no one who expects them.
    #[error("a mail with a reset link asks for no receipt: remove it")]
    Receipt,
    /// Somebody else would get the mail, or what servers say of it, and with it the link.
    #[error("others would get the mail, and could use the reset link in it: remove it")]
    Recipients,
    /// The provider would change the mail: its links would lead to the provider first, which then knows their codes.
    #[error("the provider would change the mail and its reset link, or report who opens it: remove it, or turn it off")]
    Rewritten,
    /// The provider would not send the mail, or later.
    #[error("the provider would drop the mail, or send it later than it says: remove it")]
    Withheld,
    /// Settings in JSON would do so.
    #[error("its key `{0}` sends the mail to others, who could use the reset link in it: remove the key")]
    RecipientKey(&'static str),
    /// Settings that are not known to be harmless: a provider may post the mail to an address among them.
    #[error("expected only these keys, because others may send the mail or its link elsewhere: {0}")]
    UnknownKey(&'static str),
    /// Settings that are no JSON cannot be looked into, and no provider takes them.
    #[error("expected a JSON object")]
    Settings,
    /// The value is empty or has characters that need an encoding, or that end a line.
    #[error("expected one line of printable ASCII")]
    Value,
    /// Blanks at an end would be lost on the way, and several in a row may be.
    #[error("expected no blanks at the ends, and no two in a row")]
    Blanks,
    /// The header would not fit on a line.
    #[error("expected at most {MAX_LINE} characters with the name")]
    LongValue,
}

/// A header that can be added to each mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHeader {
    name: String,
    value: String,
}

impl MailHeader {
    /// Checks a name and a value.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(name: &str, value: &str) -> Result<Self, MailHeaderError> {
        // RFC 5322, 2.2 allows all printable ASCII but the colon; providers use these, and others confuse servers.
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(is_fit) {
            return Err(MailHeaderError::Name);
        }
        if name.len() > MAX_NAME {
            return Err(MailHeaderError::LongName);
        }
        if OWN.contains(&lower.as_str()) || OWN_FAMILIES.iter().any(|family| lower.starts_with(family)) {
            return Err(MailHeaderError::Own);
        }
        if lower.starts_with("list-") {
            return Err(MailHeaderError::List);
        }
        if let Some((_, error)) = TELLING_OTHERS.iter().find(|(other, _)| *other == lower) {
            return Err(*error);
        }
        if value.is_empty() || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(MailHeaderError::Value);
        }
        if value.starts_with(' ') || value.ends_with(' ') || value.contains("  ") {
            return Err(MailHeaderError::Blanks);
        }
        if name.len() + ": ".len() + value.len() > MAX_LINE {
            return Err(MailHeaderError::LongValue);
        }
        if let Some(error) = provider::fault(&lower, value) {
            return Err(error);
        }
        if SETTINGS.contains(&lower.as_str()) {
            let settings: Value = serde_json::from_str(value).map_err(|_| MailHeaderError::Settings)?;
            if !settings.is_object() {
                return Err(MailHeaderError::Settings);
            }
            if let Some(key) = recipient_key(&settings) {
                return Err(MailHeaderError::RecipientKey(key));
            }
            match lower.as_str() {
                "x-smtpapi" if !is_harmless_for_sendgrid(&settings) => {
                    return Err(MailHeaderError::UnknownKey(FOR_SENDGRID));
                }
                "x-msys-api" if !is_harmless_for_sparkpost(&settings) => {
                    return Err(MailHeaderError::UnknownKey(FOR_SPARKPOST));
                }
                _ => {}
            }
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value: printable ASCII in one line.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the two have the same name (RFC 5322, 1.2.2: without regard to case).
    pub fn is_named_as(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
    }
}

const FOR_SENDGRID: &str = "asm, asm_group_id, category, ip_pool, unique_args, and filters that are disabled ({\"enable\": 0}), bypass_* or dkim";
const FOR_SPARKPOST: &str =
    "campaign_id, metadata, tags, and options that are false, ip_pool, skip_suppression or transactional";

/// Whether each key of an object is one of these, and its value passes; any other value fails.
fn each_is(value: &Value, mut is_fit: impl FnMut(&str, &Value) -> bool) -> bool {
    value.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| is_fit(name, value)))
}

fn is_harmless_for_sendgrid(settings: &Value) -> bool {
    let is_disabled = |setting: &Value| *setting == 0 || *setting == false || *setting == "0";
    let is_switch = |name: &str, filter: &Value| {
        each_is(filter, |settings, value| {
            settings == "settings"
                && each_is(value, |key, setting| {
                    is_disabled(setting) || key == "enable" && SENDGRID_FILTERS.contains(&name)
                })
        })
    };
    each_is(settings, |key, value| match key {
        "filters" => each_is(value, is_switch),
        key => SENDGRID.contains(&key),
    })
}

fn is_harmless_for_sparkpost(settings: &Value) -> bool {
    each_is(settings, |key, value| match key {
        "options" => each_is(value, |option, setting| *setting == false || SPARKPOST_OPTIONS.contains(&option)),
        key => SPARKPOST.contains(&key),
    })
}

/// The first key, at any depth, by which others get the mail.
fn recipient_key(settings: &Value) -> Option<&'static str> {
    match settings {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let key = RECIPIENT_KEYS.into_iter().find(|key| key.eq_ignore_ascii_case(name));
            key.or_else(|| recipient_key(value))
        }),
        Value::Array(values) => values.iter().find_map(recipient_key),
        _ => None,
    }
}

impl fmt::Display for MailHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, value: &str) -> Option<MailHeaderError> {
        MailHeader::new(name, value).err()
    }

    #[test]
    fn the_headers_that_providers_ask_for_are_taken() {
        for (name, value) in [
            ("X-SES-CONFIGURATION-SET", "resets"),
            ("X-PM-Message-Stream", "outbound"),
            ("X-PM-TrackLinks", "None"),
            ("X-Mailgun-Track-Clicks", "no"),
            ("X-SMTPAPI", r#"{"filters": {"clicktrack": {"settings": {"enable": 0}}}}"#),
            ("X-MC-Tags", "reset"),
            ("Feedback-ID", "reset:example"),
            ("Importance", "high"),
            ("Precedence", "bulk"),
        ] {
            let header = MailHeader::new(name, value).unwrap();
            assert_eq!((header.name(), header.value()), (name, value));
        }
    }

    #[test]
    fn headers_that_are_written_already_are_refused_in_every_spelling() {
        for name in OWN.into_iter().chain(["Subject", "MESSAGE-ID", "Content-Type", "Resent-To", "ARC-Seal"]) {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::Own), "{name}");
        }
        for name in ["List-Unsubscribe", "list-id", "LIST-UNSUBSCRIBE-POST"] {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::List), "{name}");
        }
    }

    #[test]
    fn nobody_else_gets_the_mail_or_is_told_that_it_was_read() {
        for (name, error) in TELLING_OTHERS {
            assert_eq!(fault(&name.to_ascii_uppercase(), "a@example.com"), Some(error), "{name}");
        }
        let settings = |json: &str| fault("X-SMTPAPI", json);
        for (json, key) in [
            (r#"{"to": ["a@example.com"]}"#, "to"),
            (r#"{"To": "a@example.com", "category": "x"}"#, "to"),
            (r#"{"\u0074o": "a@example.com"}"#, "to"),
            (r#"{"filters": {"bcc": {"settings": {"enable": 1, "email": "a@example.com"}}}}"#, "bcc"),
            (r#"{"a": [{"cc": 1}]}"#, "cc"),
            (r#"{"filters": {"forwardspam": {}}}"#, "forwardspam"),
        ] {
            assert_eq!(settings(json), Some(MailHeaderError::RecipientKey(key)), "{json}");
        }
        assert_eq!(fault("X-MSYS-API", r#"{"archive": []}"#), Some(MailHeaderError::RecipientKey("archive")));
        for json in ["x", "[]", "{\"to\": [", "{} {}"] {
            assert_eq!(settings(json), Some(MailHeaderError::Settings), "{json}");
        }
        assert_eq!(settings(r#"{"category": "to", "unique_args": {"tool": "x"}}"#), None);
    }

    #[test]
    fn settings_of_providers_are_taken_only_where_they_are_known_to_be_harmless() {
        for json in [
            r#"{"filters": {"spamcheck": {"settings": {"enable": 1, "url": "https://x.example/"}}}}"#,
            r#"{"filters": {"spamcheck": {"settings": {"enable": 0, "url": "https://x.example/"}}}}"#,
            r#"{"filters": {"clicktrack": {"settings": {"enable": 1}}}}"#,
            r#"{"filters": {"dkim": {"settings": {"domain": "x.example"}}}}"#,
            r#"{"filters": {"spamcheck": {"url": "https://x.example/"}}}"#,
            r#"{"filters": [1]}"#,
            r#"{"Filters": {}}"#,
            r#"{"section": {"-a-": "b"}}"#,
            r#"{"new_key": 1}"#,
        ] {
            assert_eq!(fault("X-SMTPAPI", json), Some(MailHeaderError::UnknownKey(FOR_SENDGRID)), "{json}");
        }
        for json in [
            r#"{"filters": {"clicktrack": {"settings": {"enable": 0, "enable_text": false}}}}"#,
            r#"{"filters": {"opentrack": {"settings": {"enable": 0}}, "dkim": {"settings": {"enable": 1}}}}"#,
            r#"{"asm_group_id": 7, "ip_pool": "resets", "category": ["a", "b"], "filters": {}}"#,
            "{}",
        ] {
            assert_eq!(fault("X-SMTPAPI", json), None, "{json}");
        }
        assert_eq!(
            fault("X-MSYS-API", r#"{"options": {"click_tracking": true}}"#),
            Some(MailHeaderError::UnknownKey(FOR_SPARKPOST))
        );
        let settings = r#"{"campaign_id": "resets", "options": {"transactional": true, "click_tracking": false}}"#;
        assert_eq!(fault("X-MSYS-API", settings), None);
    }

    #[test]
    fn characters_that_end_a_line_or_need_an_encoding_are_refused() {
        for name in ["", "X A", "X:", "X-Ä", "X\r\nBcc", "X\0", "X;"] {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::Name), "{name:?}");
        }
        for value in ["", "a\r\nBcc: b@example.com", "a\nb", "a\tb", "Zoë", "\u{7f}", "\0"] {
            assert_eq!(fault("X-A", value), Some(MailHeaderError::Value), "{value:?}");
        }
        for value in [" ", " a", "a ", "a  b"] {
            assert_eq!(fault("X-A", value), Some(MailHeaderError::Blanks), "{value:?}");
        }
        assert_eq!(fault(&"x".repeat(77), "x"), Some(MailHeaderError::LongName));
        assert_eq!(fault("X-A", &"x".repeat(994)), Some(MailHeaderError::LongValue));
        assert_eq!(fault("X-A", &"x".repeat(993)), None);
    }
}
