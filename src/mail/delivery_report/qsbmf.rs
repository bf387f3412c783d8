//! The reports of qmail: plain text in the qmail-send Bounce Message Format, <https://cr.yp.to/proto/qsbmf.txt>. A paragraph for
//! each recipient, which begins with the address in angle brackets and a colon; then a line of dashes and the mail.

use mailparse::ParsedMail;

use super::ReportedRecipient;
use super::fields::Words;
use super::fields::reply;
use crate::domain::bounce::ReportedResult;
use crate::domain::reply::EnhancedStatus;

/// How the text begins.
pub(super) const BEGINNING: &str = "Hi. This is the";
/// What begins the words of another server.
const REMOTE: &str = "Remote host said:";

/// The recipients of a report, and the mail behind them; `None`: it is no such report.
pub(super) fn read(message: &ParsedMail<'_>) -> Option<(Vec<ReportedRecipient>, Vec<u8>)> {
    let body = message.get_body_raw().ok()?;
    let text = String::from_utf8_lossy(&body).replace("\r\n", "\n");
    let text = text.trim_start();
    if !text.starts_with(BEGINNING) {
        return None;
    }
    let mut recipients = Vec::new();
    let mut rest = text;
    while let Some((paragraph, after)) = rest.split_once("\n\n") {
        let (paragraph, after) = (paragraph.trim_start_matches('\n'), after.trim_start_matches('\n'));
        if paragraph.starts_with('-') {
            return Some((recipients, after.as_bytes().to_vec()));
        }
        recipients.extend(recipient(paragraph));
        rest = after;
    }
    Some((recipients, Vec::new()))
}

/// A recipient of a paragraph; `None`: it is about none.
fn recipient(paragraph: &str) -> Option<ReportedRecipient> {
    let (address, words) = paragraph.strip_prefix('<')?.split_once(">:")?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let words = words.join(" ");
    // qmail's own words have their status at the end: `Sorry, no mailbox here by that name. (#5.1.1)`.
    let own = words.rsplit_once("(#").and_then(|(_, status)| EnhancedStatus::at_start(status.split(')').next()?));
    let said = words.split_once(REMOTE).map_or(words.as_str(), |(_, said)| said.trim());
    let Words { code, remote, text } = Words::of(said);
    let result = ReportedResult::of("failed", own, code, remote);
    let reply = reply(code, remote.or(own), text);
    Some(ReportedRecipient { addresses: vec![address.to_owned()], result, reply })
}
