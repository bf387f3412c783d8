//! A mail's headers and parts in bytes (RFC 5322, RFC 2046), by the library that writes mails.

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

/// What is one mail's own in its headers, and the boundary between its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonalHeaders<'a> {
    pub(super) recipient: &'a EmailAddress,
    pub(super) date: Timestamp,
    /// Without its angle brackets.
    pub(super) message_id: &'a str,
    pub(super) boundary: &'a str,
}

/// A mail in bytes: `head` has the headers that it shares with others.
///
/// # Errors
/// What the library refuses.
pub(super) fn formatted(
    head: &MessageBuilder,
    own: &PersonalHeaders<'_>,
    [text, html]: [&str; 2],
) -> Result<ZeroizingBuf<Vec<u8>>, String> {
    let body = MultiPart::alternative()
        .boundary(own.boundary)
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(text)))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(encoded(html)));
    // Its own envelope goes nowhere, but without it the library would parse the headers that it has just written.
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

/// The headers that mails share, in bytes, with places for what is each mail's own.
#[derive(Debug)]
pub(super) struct PreparedHead {
    pieces: Vec<Piece>,
    /// What is before the content of the text part and of the HTML part: as they are, and in quoted-printable.
    parts: [[Vec<u8>; 2]; 2],
}

impl PreparedHead {
    /// Writes a mail's headers once. `None`: they hold the words that mark the places.
    pub(super) fn new(head: &MessageBuilder) -> Option<Self> {
        let recipient = EmailAddress::stored("recipient@place.invalid".to_owned());
        // As long as a boundary is: where a header is folded depends on it.
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

    /// A mail in bytes.
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
            + parts.iter().map(PersonalLines::most).sum::<usize>();
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

/// What is before the content of a part.
fn part_head(part: ContentType, encoding: ContentTransferEncoding) -> Vec<u8> {
    let empty = SinglePart::builder().header(part).body(Body::dangerous_pre_encoded(Vec::new(), encoding));
    let mut head = empty.formatted();
    // The line break belongs to the boundary behind the content.
    head.truncate(head.len() - 2);
    head
}

/// An address in a header.
pub(super) fn mailbox(name: Option<String>, email: &EmailAddress) -> lettre::message::Mailbox {
    lettre::message::Mailbox::new(name, address(email))
}

/// It was judged before, by us and not by lettre, whose judgement differs.
fn address(email: &EmailAddress) -> Address {
    Address::new_dangerous(email.local_part(), email.domain())
}

/// A header of ASCII words that are the program's own.
pub(super) fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A mail cannot be older than 1970: lettre would panic.
fn date(date: Timestamp) -> SystemTime {
    let seconds = u64::try_from(date.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn date_text(time: Timestamp) -> String {
    let mut headers = Headers::new();
    headers.set(Date::new(date(time)));
    headers.get_raw("Date").unwrap_or_default().to_owned()
}

/// A part as it goes over the wire. ASCII in short lines stays as it is; all else becomes quoted-printable, whatever
/// its letters: base64 would hide the link from filters and from people who read the source.
fn encoded(part: &str) -> Body {
    if quoted_printable::is_needless(part) {
        return Body::dangerous_pre_encoded(part.as_bytes().to_vec(), ContentTransferEncoding::SevenBit);
    }
    Body::dangerous_pre_encoded(quoted_printable::encode(part), ContentTransferEncoding::QuotedPrintable)
}
