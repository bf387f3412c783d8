//! The fields of a delivery status: groups of headers, of which each but the first is about one recipient (RFC 3464, 2.1).

use mailparse::MailHeader;
use mailparse::MailHeaderMap as _;

use super::ReportedRecipient;
use crate::domain::bounce::ReportedResult;
use crate::domain::reply::EnhancedStatus;

/// The most of the words that are read, in bytes: several times what is kept.
const MAX_WORDS: usize = 4_096;

/// What a delivery status says of each recipient.
pub(super) fn recipients_in(status: &[u8]) -> Vec<ReportedRecipient> {
    let mut recipients = Vec::new();
    let mut rest = status;
    while !rest.is_empty() {
        let Ok((fields, length)) = mailparse::parse_headers(rest) else { break };
        recipients.extend(recipient(&fields));
        rest = &rest[length.max(1).min(rest.len())..];
    }
    recipients
}

/// A recipient of a group of fields; `None`: it is about the whole message.
fn recipient(fields: &[MailHeader<'_>]) -> Option<ReportedRecipient> {
    let field = |name: &str| fields.get_first_value(name);
    let action = field("Action")?;
    let names = ["Original-Recipient", "Final-Recipient"];
    let addresses: Vec<String> =
        names.iter().filter_map(|name| field(name)).flat_map(|value| addresses(&value)).collect();
    if addresses.is_empty() {
        return None;
    }
    // Comments may follow the status: `5.1.1 (bad destination mailbox address)`.
    let status = field("Status").and_then(|status| EnhancedStatus::at_start(status.trim()));
    let words = field("Diagnostic-Code").map(|value| typed(&value).1.to_owned()).unwrap_or_default();
    let Words { code, remote, text } = Words::of(&words);
    let result = ReportedResult::of(action.trim(), status, code, remote);
    Some(ReportedRecipient { addresses, result, reply: reply(code, remote.or(status), text) })
}

/// The words of a server, taken apart.
pub(super) struct Words {
    /// The SMTP code at the beginning; 0: there is none.
    pub(super) code: u16,
    /// The status behind it.
    pub(super) remote: Option<EnhancedStatus>,
    /// What follows, in which the codes may be repeated for each line of the reply.
    pub(super) text: String,
}

impl Words {
    /// Takes words apart, such as `550-5.1.1 The account 550 5.1.1 does not exist`.
    pub(super) fn of(words: &str) -> Self {
        let end = (0..=words.len().min(MAX_WORDS)).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
        let words = words[..end].trim();
        let digits = words.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let digits = digits.filter(|_| words[3..].is_empty() || words[3..].starts_with([' ', '-']));
        let Some(digits) = digits else {
            let remote = EnhancedStatus::at_start(words);
            let text = if remote.is_some() { without_first(words) } else { words };
            return Self { code: 0, remote, text: text.to_owned() };
        };
        let rest = words[3..].trim_start_matches([' ', '-']);
        let remote = EnhancedStatus::at_start(rest);
        let mut text = if remote.is_some() { without_first(rest) } else { rest }.to_owned();
        // Each line of a reply begins with its code.
        let status = rest.split(' ').next().filter(|_| remote.is_some()).unwrap_or_default();
        for between in ["-", " "] {
            text = text.replace(&format!(" {digits}{between}{status}"), "");
        }
        Self { code: digits.parse().unwrap_or(0), remote, text: text.trim().to_owned() }
    }
}

/// A text without its first word.
fn without_first(text: &str) -> &str {
    text.split_once(' ').map_or("", |(_, rest)| rest.trim_start())
}

/// Words that begin with the codes, as those of a relay do.
pub(super) fn reply(code: u16, status: Option<EnhancedStatus>, text: String) -> String {
    let code = Some(code).filter(|code| *code > 0).map(|code| code.to_string());
    let status = status.map(|EnhancedStatus(class, subject, detail)| format!("{class}.{subject}.{detail}"));
    let text = Some(text).filter(|text| !text.is_empty());
    [code, status, text].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The type and the value of a field such as `rfc822; alice@example.com`.
fn typed(value: &str) -> (&str, &str) {
    value.split_once(';').map_or(("", value.trim()), |(kind, value)| (kind.trim(), value.trim()))
}

/// An address, and what it is where the report encodes it: `+3D` for `=` (RFC 3461, 4), and in the type utf-8 `\x{E9}` for `é` (RFC
/// 6533, 3).
fn addresses(value: &str) -> Vec<String> {
    let (kind, address) = typed(value);
    let address = address.trim_start_matches('<').trim_end_matches('>');
    let decoded = if kind.eq_ignore_ascii_case("utf-8") { without_escapes(address) } else { without_xtext(address) };
    let mut all = vec![address.to_owned()];
    all.extend(decoded.filter(|decoded| decoded != address));
    all.retain(|address| !address.is_empty());
    all
}

/// An address whose `\x{HEX}` are characters.
fn without_escapes(text: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x{") {
        let (hex, after) = after.split_once('}')?;
        decoded.push_str(before);
        decoded.push(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)?);
        rest = after;
    }
    Some(decoded + rest)
}

/// An address whose `+HH` are bytes.
fn without_xtext(text: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'+' {
            let hex = [bytes.next()?, bytes.next()?];
            decoded.push(u8::from_str_radix(str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}
