//! Delivery reports: how a mail server tells that a mail was not delivered. RFC 3464 in a multipart/report (RFC 6522), its
//! international form (RFC 6533), and the plain text of qmail (QSBMF, <https://cr.yp.to/proto/qsbmf.txt>).
//!
//! Whatever a report says is what a stranger says: the caller believes it only of a mail that was sent to that address under that
//! Message-ID.

mod fields;
mod qsbmf;

use mailparse::MailHeaderMap as _;
use mailparse::ParsedMail;

use self::fields::recipients_in;
use super::code_mask::CodeMask;
use crate::domain::bounce::MAX_REPLY;
use crate::domain::bounce::ReportedResult;
use crate::domain::text;

/// How much of a message is read, in bytes. What is behind it is the end of the mail that is returned.
pub const MAX_REPORT: usize = 256 * 1024;
/// The most Message-IDs of a report that are looked at: the References of a long conversation are no report's.
const MAX_IDS: usize = 20;
/// The most recipients of a report: ours have one.
const MAX_RECIPIENTS: usize = 50;
/// Where the codes of the returned mail are looked for, in bytes: our own mails are smaller.
const MAX_RETURNED: usize = 64 * 1024;

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The Message-IDs that it may be about, without angle brackets: of the returned mail first, then of those to which it replies.
    pub message_ids: Vec<String>,
    /// When it was written, as its Date says, in seconds since 1970.
    pub written_at: Option<i64>,
    /// What became of each recipient.
    pub recipients: Vec<ReportedRecipient>,
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// The addresses that the mail was sent to and that it was to be delivered to, as far as the report names them.
    pub addresses: Vec<String>,
    /// What became of the mail.
    pub result: ReportedResult,
    /// The remote server's words, which begin with its codes: without reset codes, printable, at most [`MAX_REPLY`] characters.
    pub reply: String,
}

impl DeliveryReport {
    /// Reads a message, or the beginning of one; `None`: it is no delivery report.
    pub fn parse(message: &[u8]) -> Option<Self> {
        // Most mail in a mailbox is something else, and not worth its parsing.
        let has = |word: &[u8]| memchr::memmem::find(message, word).is_some();
        if !has(b"delivery-status") && !has(b"Delivery-Status") && !has(qsbmf::BEGINNING.as_bytes()) {
            return None;
        }
        // A panic of the library is about this message alone.
        std::panic::catch_unwind(|| Self::read(message)).unwrap_or(None)
    }

    fn read(message: &[u8]) -> Option<Self> {
        let parsed = mailparse::parse_mail(message).ok()?;
        let mut found = Parts::default();
        found.add(&parsed);
        let mut recipients = Vec::new();
        for status in &found.statuses {
            recipients.extend(recipients_in(status));
        }
        if found.statuses.is_empty() {
            let (told, returned) = qsbmf::read(&parsed)?;
            (recipients, found.returned) = (told, vec![returned]);
        }
        if recipients.is_empty() {
            return None;
        }
        recipients.truncate(MAX_RECIPIENTS);
        let mut message_ids = Vec::new();
        for returned in &found.returned {
            add_ids(&mut message_ids, returned, &["Message-ID"]);
        }
        for status in &found.statuses {
            add_ids(&mut message_ids, status, &["Original-Message-ID", "X-Original-Message-ID"]);
        }
        add_ids(
            &mut message_ids,
            message,
            &["In-Reply-To", "References", "Original-Message-ID", "X-Original-Message-ID"],
        );
        message_ids.truncate(MAX_IDS);
        let written_at = parsed.headers.get_first_value("Date").and_then(|date| mailparse::dateparse(&date).ok());
        // A code in the words is masked whether or not the mail is returned that had it.
        let mut with_codes: Vec<&[u8]> = recipients.iter().map(|recipient| recipient.reply.as_bytes()).collect();
        with_codes.extend(found.returned.iter().map(|bytes| &bytes[..bytes.len().min(MAX_RETURNED)]));
        let codes = CodeMask::of(&with_codes.join(&b'\n'));
        for recipient in &mut recipients {
            recipient.reply = text::quoted(&codes.text(&recipient.reply), MAX_REPLY);
        }
        Some(Self { message_ids, written_at, recipients })
    }
}

/// The parts of a report that matter.
#[derive(Debug, Default)]
struct Parts {
    /// What became of the recipients.
    statuses: Vec<Vec<u8>>,
    /// The mail that is returned, or its headers.
    returned: Vec<Vec<u8>>,
}

impl Parts {
    fn add(&mut self, part: &ParsedMail<'_>) {
        match part.ctype.mimetype.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => self.statuses.extend(part.get_body_raw()),
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers" => self.returned.extend(part.get_body_raw()),
            _ => part.subparts.iter().for_each(|part| self.add(part)),
        }
    }
}

/// Adds the Message-IDs in these headers of a message. Other headers may be malformed.
fn add_ids(ids: &mut Vec<String>, message: &[u8], names: &[&str]) {
    let Ok((headers, _)) = mailparse::parse_headers(message.trim_ascii_start()) else { return };
    for name in names {
        for value in headers.get_all_values(name) {
            for id in value.split(['<', '>', ' ', '\t', ',']).filter(|id| id.contains('@')) {
                if !ids.iter().any(|known| known == id) {
                    ids.push(id.to_owned());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
