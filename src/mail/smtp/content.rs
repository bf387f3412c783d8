//! The content of a mail in SMTP (RFC 5321, 4.5.2): check, dot-stuffing and end.

use memchr::memmem;

use crate::mail::wire::is_strict;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The longest line in bytes, without its CR LF (RFC 5322, 2.1.1).
const MAX_LINE: usize = 998;

/// What is wrong with a content, if anything. Only strict CR LF may be sent: a relay that accepts a bare LF as the
/// end of a line could see a second mail in it (SMTP smuggling).
pub(super) fn fault(content: &[u8]) -> Option<&'static str> {
    if is_strict(content) {
        return None;
    }
    let mut rest = content;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n' | b'\0'));
        let Some(end) = end else { return Some("its last line has no end") };
        if rest[end] == b'\0' {
            return Some("it holds a NUL");
        }
        if !rest[end..].starts_with(b"\r\n") {
            return Some("it holds a bare CR or LF");
        }
        if end > MAX_LINE {
            return Some("it holds a line of more than 998 bytes");
        }
        rest = &rest[end + 2..];
    }
    None
}

/// Whether the header has bytes above 127, which need SMTPUTF8.
pub(super) fn has_header_outside_ascii(content: &[u8]) -> bool {
    if content.is_ascii() {
        return false;
    }
    let end = content.windows(4).position(|window| window == b"\r\n\r\n");
    !content[..end.unwrap_or(content.len())].is_ascii()
}

/// A content as it is sent: with its final dot and the commands behind it.
pub(super) struct EncodedContent {
    /// All bytes, for one write.
    pub(super) bytes: ZeroizingBuf<Vec<u8>>,
    /// The offset of the final dot: if no more bytes than this were sent, the relay cannot have the mail.
    pub(super) dot: usize,
}

/// Dot-stuffs and ends a content that has no [`fault`]. `tail` follows the final dot.
pub(super) fn stuffed(content: &[u8], tail: &str) -> EncodedContent {
    // The offsets of dots at the start of a line: the first byte, and after a line break.
    let first = content.starts_with(b".").then_some(0);
    let dots = || first.into_iter().chain(memmem::find_iter(content, b"\n.").map(|line_break| line_break + 1));
    let dot = content.len() + dots().count();
    // The capacity suffices for all of it. A buffer that grew would leave an unwiped copy of a part of the mail
    // behind.
    let mut bytes = ZeroizingBuf::new(Vec::with_capacity(dot + 3 + tail.len()));
    let mut from = 0;
    for at in dots() {
        bytes.extend_from_slice(&content[from..=at]);
        from = at;
    }
    bytes.extend_from_slice(&content[from..]);
    bytes.extend_from_slice(b".\r\n");
    bytes.extend_from_slice(tail.as_bytes());
    EncodedContent { bytes, dot }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strict_lines_are_accepted() {
        assert_eq!(fault(b""), None);
        assert_eq!(fault(b"A: b\r\n\r\n.\r\n..\r\n"), None);
        assert_eq!(fault(&[&[b'x'; 998][..], b"\r\n"].concat()), None);
        for (content, expected) in [
            (&b"a"[..], "its last line has no end"),
            (b"a\r\n\nb\r\n", "it holds a bare CR or LF"),
            (b"a\rb\r\n", "it holds a bare CR or LF"),
            (b"a\r\r\n", "it holds a bare CR or LF"),
            (b"a\r", "it holds a bare CR or LF"),
            (b"a\r\n.\n", "it holds a bare CR or LF"),
            (b"a\0\r\n", "it holds a NUL"),
            (&[&[b'x'; 999][..], b"\r\n"].concat(), "it holds a line of more than 998 bytes"),
        ] {
            assert_eq!(fault(content), Some(expected), "{content:?}");
        }
    }

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled_and_the_end_is_known() {
        let stuffed = stuffed(b".a\r\n.\r\nb.\r\n...\r\n", "MAIL");
        assert_eq!(&stuffed.bytes[..], b"..a\r\n..\r\nb.\r\n....\r\n.\r\nMAIL");
        assert_eq!(&stuffed.bytes[stuffed.dot..stuffed.dot + 3], b".\r\n");
        assert_eq!(stuffed.bytes.len(), stuffed.bytes.capacity());
    }

    #[test]
    fn the_header_ends_at_the_blank_line() {
        assert!(has_header_outside_ascii("To: ü@x\r\n\r\n".as_bytes()));
        assert!(!has_header_outside_ascii("To: a@x\r\n\r\nü\r\n".as_bytes()));
    }
}
