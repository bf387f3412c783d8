//! Replies of the relay (RFC 5321, 4.2).

use crate::domain::email_address::EmailAddress;
use crate::domain::relay::Phase;
use crate::domain::reply::EnhancedStatus;
use crate::domain::reply::RelayReply;
use crate::domain::text;
use crate::mail::code_mask::CodeMask;

/// The longest line of a reply in bytes; RFC 5321, 4.5.3.1.5, allows 512.
pub(super) const MAX_LINE: usize = 4096;
/// The highest number of lines of a reply. A long reply to EHLO has about 20.
const MAX_LINES: usize = 128;
/// The longest reply in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// How much of a reply is quoted, in characters.
const QUOTED: usize = 300;
/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits; if lines have different codes, the last one.
    pub(super) code: u16,
    /// The text of each line with that code; at least one.
    pub(super) lines: Vec<String>,
    /// The lines with other codes, including the codes.
    pub(super) others: Vec<String>,
}

/// A reply that may still lack lines.
#[derive(Debug, Default)]
pub(super) struct PartialReply {
    lines: Vec<(u16, String)>,
    bytes: usize,
}

/// Parses a line to the code, whether it is the last line, and the text. A text that is not UTF-8 is accepted,
/// because only the code matters, and the code may have any digits after the first: Postfix's access maps use 571. A
/// code alone is a line without text, with or without the space of RFC 5321, 4.2.1; some relays send other characters
/// in its place.
fn line(line: &[u8]) -> Option<(u16, bool, String)> {
    let (code, rest) = line.split_at_checked(3)?;
    let [hundreds @ b'2'..=b'5', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = code else { return None };
    let digit = |byte: &u8| u16::from(*byte - b'0');
    let code = digit(hundreds) * 100 + digit(tens) * 10 + digit(ones);
    let (is_last, rest) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', rest)) => (true, rest),
        Some((b'-', rest)) => (false, rest),
        Some((mark, _)) if mark.is_ascii_alphanumeric() => return None,
        Some((_, rest)) => (true, rest),
    };
    Some((code, is_last, String::from_utf8_lossy(rest).into_owned()))
}

impl PartialReply {
    /// Whether it has no lines yet.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds the next line, without its end. Returns the reply if it is complete.
    ///
    /// # Errors
    /// Why it is not SMTP.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Option<Reply>, String> {
        let Some((code, is_last, text)) = line(bytes) else {
            return Err(format!("not SMTP: {}", text::quoted(&String::from_utf8_lossy(bytes), 80)));
        };
        self.bytes += bytes.len();
        self.lines.push((code, text));
        if is_last {
            let (own, others): (Vec<_>, Vec<_>) = self.lines.drain(..).partition(|(of_line, _)| *of_line == code);
            let lines = own.into_iter().map(|(_, text)| text).collect();
            let others = others.into_iter().map(|(code, text)| format!("{code} {text}")).collect();
            return Ok(Some(Reply { code, lines, others }));
        }
        if self.lines.len() >= MAX_LINES || self.bytes > MAX_BYTES {
            return Err(format!("a reply without an end: {} lines, {} bytes", self.lines.len(), self.bytes));
        }
        Ok(None)
    }
}

impl Reply {
    /// What a refusal shows about a mail to this recipient.
    pub(super) fn about(&self, phase: Phase, recipient: &EmailAddress) -> RelayReply {
        let status = self.lines.iter().rev().find_map(|line| EnhancedStatus::at_start(line));
        RelayReply::new(phase, self.code, status, &self.lines.join(" "), recipient)
    }

    /// The enhanced status code (RFC 3463) at the start of the text.
    fn status(&self) -> Option<&str> {
        let line = self.lines.first()?;
        EnhancedStatus::at_start(line).and_then(|_| line.split_ascii_whitespace().next())
    }

    /// The code and the text as one line, without control characters and not too long.
    pub(super) fn words(&self) -> String {
        text::quoted(&self.joined(), QUOTED)
    }

    /// Like [`Reply::words`], for a reply to a mail: without the code of the mail.
    pub(super) fn words_about(&self, codes: &CodeMask) -> String {
        text::quoted(&codes.text(&self.joined()), QUOTED)
    }

    fn joined(&self) -> String {
        let mut joined = self.code.to_string();
        for (index, line) in self.lines.iter().enumerate() {
            // Many relays repeat the enhanced status code on each line.
            let repeated = self.status().filter(|_| index > 0).and_then(|status| line.strip_prefix(status));
            let line = repeated.unwrap_or(line).trim();
            if !line.is_empty() {
                joined.push(' ');
                joined.push_str(line);
            }
        }
        if !self.others.is_empty() {
            joined
                .push_str(&format!(" (the last of several codes in one reply; before it: {})", self.others.join(" ")));
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &[u8]) -> Result<Option<Reply>, String> {
        let mut unfinished = PartialReply::default();
        let mut last = Ok(None);
        for line in text.split(|byte| *byte == b'\n') {
            last = Ok(unfinished.take(line)?);
        }
        last
    }

    fn words(text: &str) -> String {
        reply(text.as_bytes()).unwrap().unwrap().words()
    }

    #[test]
    fn a_reply_becomes_one_line() {
        assert_eq!(words("250 2.0.0 Ok: queued as 4X"), "250 2.0.0 Ok: queued as 4X");
        assert_eq!(words("550-5.1.1 no such user\n550-5.1.1\n550 5.1.1 see help"), "550 5.1.1 no such user see help");
        assert_eq!(words("250-\n250 "), "250");
        assert_eq!(words("250"), "250");
        assert_eq!(words("550 \u{1b}[2J\u{202e}x"), "550 \\u{1b}[2J\\u{202e}x");
        assert_eq!(words(&format!("550 {}", "x".repeat(900))).chars().count(), 301);
    }

    #[test]
    fn a_text_that_is_not_utf_8_is_still_a_text() {
        assert_eq!(reply(b"250 \xff\xfe").unwrap().unwrap().words(), "250 \u{fffd}\u{fffd}");
    }

    #[test]
    fn an_invalid_reply_is_described() {
        for text in ["", "25", "2500 ok", "250ok", "abc hello", "150 x", "650 x", " 250 x", "HTTP/1.1 400"] {
            assert!(reply(text.as_bytes()).unwrap_err().starts_with("not SMTP"), "{text}");
        }
        assert!(reply("250-x\n".repeat(200).as_bytes()).unwrap_err().starts_with("a reply without an end: 128 lines"));
        let long = format!("250-{}\n", "x".repeat(4000)).repeat(40);
        assert!(reply(long.as_bytes()).unwrap_err().starts_with("a reply without an end: 17 lines"));
    }

    #[test]
    fn any_three_digits_from_200_to_599_are_a_code() {
        for code in 200..600 {
            for text in [format!("{code} x"), format!("{code}"), format!("{code}: x"), format!("{code}\tx")] {
                assert_eq!(reply(text.as_bytes()).unwrap().unwrap().code, code, "{text}");
            }
        }
    }

    #[test]
    fn of_several_codes_in_one_reply_the_last_counts_and_the_text_has_them_all() {
        let several = reply(b"550-5.1.1 Unknown user\n550-5.1.1 here\n554 5.0.0 Rejected").unwrap().unwrap();
        let words = "554 5.0.0 Rejected (the last of several codes in one reply; before it: 550 5.1.1 Unknown user \
                     550 5.1.1 here)";
        assert_eq!((several.code, several.words().as_str()), (554, words));
        assert_eq!(reply(b"250-ok\n550 no").unwrap().unwrap().code, 550);
    }
}
