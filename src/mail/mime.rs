//! Formats the headers and parts of a mail (RFC 5322, RFC 2046) with lettre.

use std::time::Duration;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::Body;
use lettre::message::MessageBuilder;
use lettre::message::MultiPart;
use lettre::message::SinglePart;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::ContentType;
use lettre::message::header::Date;
use lettre::message::header::HeaderName;
use lettre::message::header::HeaderValue;
use lettre::message::header::Headers;

use super::prepared::PersonalLines;
use super::prepared::Piece;
use super::prepared::pieces;
use super::quoted_printable;
use crate::domain::email_address::EmailAddress;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The headers that are different in each mail, and the boundary between its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonalHeaders<'a> {
    pub(super) recipient: &'a EmailAddress,
    pub(super) date: Timestamp,
    /// Without its angle brackets.
    pub(super) message_id: &'a str,
    pub(super) boundary: &'a str,
}

/// The bytes of a mail. `head` has the headers that it shares with others.
///
/// # Errors
/// If lettre refuses a header.
pub(super) fn formatted(
    head: &MessageBuilder,
    own: &PersonalHeaders<'_>,
    [text, html]: [&str; 2],
) -> Result<ZeroizingBuf<Vec<u8>>, String> {
    let body = MultiPart::alternative()
        .boundary(own.boundary)
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(text)))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(encoded(html)));
    // The envelope is not used, but without it lettre would parse the headers that it has just written.
    let unused = lettre::address::Envelope::new(None, vec![address(own.recipient)]);
    let message = head
        .clone()
        .envelope(unused.map_err(|error| error.to_string())?)
        .to(mailbox(None, own.recipient))
        .date(date(own.date))
        .message_id(Some(format!("<{}>", own.message_id)))
        .multipart(body)
        .map_err(|error| error.to_string())?;
    Ok(ZeroizingBuf::new(message.formatted()))
}

/// The formatted headers that mails share, with gaps for those that are different in each mail.
#[derive(Debug)]
pub(super) struct PreparedHead {
    pieces: Vec<Piece>,
    /// The headers of the text part and of the HTML part, each for 8-bit content and for quoted-printable.
    parts: [[Vec<u8>; 2]; 2],
}

impl PreparedHead {
    /// Formats the headers once. `None`: they contain the texts that mark the gaps.
    pub(super) fn new(head: &MessageBuilder) -> Option<Self> {
        let recipient = EmailAddress::stored("recipient@place.invalid".to_owned());
        // As long as a real boundary, because the folding of a header depends on its length.
        let (message_id, boundary) = ("message-id@place.invalid", "7e0c4f6ab0a7d5a17e0c4f6ab0a7d5a1");
        let own = PersonalHeaders { recipient: &recipient, date: Timestamp::UNIX_EPOCH, message_id, boundary };
        let mail = String::from_utf8(formatted(head, &own, ["", ""]).ok()?.to_vec()).ok()?;
        let (head, _) = mail.split_once(&format!("--{boundary}\r\n"))?;
        let marks = [recipient.as_str(), &date_text(own.date), message_id, boundary].map(str::to_owned);
        let pieces = pieces(head, &marks);
        let places = |of: usize| pieces.iter().filter(|piece| **piece == Piece::Place(of)).count();
        if (0..marks.len()).any(|place| places(place) != 1) {
            return None;
        }
        let parts = [ContentType::TEXT_PLAIN, ContentType::TEXT_HTML].map(|part| {
            [ContentTransferEncoding::SevenBit, ContentTransferEncoding::QuotedPrintable]
                .map(|encoding| part_head(part.clone(), encoding))
        });
        Some(Self { pieces, parts })
    }

    /// The bytes of a mail.
    pub(super) fn formatted(&self, own: &PersonalHeaders<'_>, parts: &[PersonalLines<'_>; 2]) -> ZeroizingBuf<Vec<u8>> {
        let date = date_text(own.date);
        let values = [own.recipient.as_str(), &date, own.message_id, own.boundary];
        let length = |piece: &Piece| match piece {
            Piece::Shared(shared) => shared.len(),
            Piece::Place(place) => values[*place].len(),
        };
        let frame = self.parts.iter().flatten().map(Vec::len).sum::<usize>() + 3 * (own.boundary.len() + 8);
        let room = self.pieces.iter().map(length).sum::<usize>()
            + frame
            + parts.iter().map(PersonalLines::max_length).sum::<usize>();
        let mut content = ZeroizingBuf::new(Vec::with_capacity(room));
        for piece in &self.pieces {
            content.extend_from_slice(match piece {
                Piece::Shared(shared) => shared.as_bytes(),
                Piece::Place(place) => values[*place].as_bytes(),
            });
        }
        let delimiter = |content: &mut Vec<u8>, end: &[u8]| {
            content.extend_from_slice(b"--");
            content.extend_from_slice(own.boundary.as_bytes());
            content.extend_from_slice(end);
        };
        for (part, heads) in parts.iter().zip(&self.parts) {
            delimiter(&mut content, b"\r\n");
            content.extend_from_slice(&heads[usize::from(!part.is_plain)]);
            part.push_onto(&mut content);
            content.extend_from_slice(b"\r\n");
        }
        delimiter(&mut content, b"--\r\n");
        content
    }
}

/// The headers of a part.
fn part_head(part: ContentType, encoding: ContentTransferEncoding) -> Vec<u8> {
    let empty = SinglePart::builder().header(part).body(Body::dangerous_pre_encoded(Vec::new(), encoding));
    let mut head = empty.formatted();
    // The last line break belongs to the boundary behind the content.
    head.truncate(head.len() - 2);
    head
}

/// An address in a header.
pub(super) fn mailbox(name: Option<String>, email: &EmailAddress) -> lettre::message::Mailbox {
    lettre::message::Mailbox::new(name, address(email))
}

/// Skips lettre's validation, which differs from ours: the address was validated before.
fn address(email: &EmailAddress) -> Address {
    Address::new_dangerous(email.local_part(), email.domain())
}

/// A header whose value is ASCII text of this program.
pub(super) fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A mail cannot be dated before 1970, because lettre would panic.
fn date(date: Timestamp) -> SystemTime {
    let seconds = u64::try_from(date.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn date_text(time: Timestamp) -> String {
    let mut headers = Headers::new();
    headers.set(Date::new(date(time)));
    headers.get_raw("Date").unwrap_or_default().to_owned()
}

/// A part as it is sent. ASCII in short lines is unchanged; anything else becomes quoted-printable, in every script:
/// base64 would hide the link from filters and from people who read the source.
fn encoded(part: &str) -> Body {
    if quoted_printable::is_needless(part) {
        return Body::dangerous_pre_encoded(part.as_bytes().to_vec(), ContentTransferEncoding::SevenBit);
    }
    Body::dangerous_pre_encoded(quoted_printable::encode(part), ContentTransferEncoding::QuotedPrintable)
}
