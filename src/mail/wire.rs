//! The last check of the bytes of a mail: however they were composed, none may be sent that servers could interpret
//! in two ways.

use thiserror::Error;

/// The longest line in bytes, without its CR LF (RFC 5322, 2.1.1).
const MAX_LINE: usize = 998;

/// Why the bytes are not a valid mail. They are not shown, because they may contain a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireFormatError {
    /// A single CR or LF, or a last line without an end (RFC 5321, 2.3.8; RUSTSEC-2026-0561).
    #[error("line {0} of the mail does not end in CR LF, or holds a CR")]
    LineEnd(usize),
    /// A NUL.
    #[error("line {0} of the mail holds a NUL")]
    Nul(usize),
    /// A line that is longer than mail allows.
    #[error("line {0} of the mail is longer than 998 bytes")]
    TooLong(usize),
    /// A byte in the header that only a relay with SMTPUTF8 accepts, though no address needs it; or one in the body.
    #[error("line {0} of the mail is not ASCII")]
    NotAscii(usize),
}

/// Whether all lines end in CR LF, none is longer than 998 bytes, and there is no other CR or LF and no NUL. It
/// compares many bytes at once, so it cannot tell where a problem is.
pub(super) fn is_strict(content: &[u8]) -> bool {
    let Some(last) = content.last() else { return true };
    let pairs = content.iter().zip(&content[1..]);
    let is_loose = pairs.fold(content[0] == b'\n' || *last != b'\n', |is_loose, (one, next)| {
        is_loose | ((*one == b'\r') != (*next == b'\n')) | (*one == b'\0')
    });
    let mut rest = content;
    while rest.len() > MAX_LINE + 2 {
        let Some(end) = rest[..MAX_LINE + 2].iter().rposition(|byte| *byte == b'\n') else { return false };
        rest = &rest[end + 1..];
    }
    !is_loose
}

/// Checks a complete mail before dot-stuffing. `utf8_headers`: an address in the header is not ASCII (RFC 6532).
///
/// # Errors
/// The first problem found.
pub fn check(content: &[u8], utf8_headers: bool) -> Result<(), WireFormatError> {
    if content.is_ascii() && is_strict(content) {
        return Ok(());
    }
    let mut in_header = true;
    for (index, line) in content.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let number = index + 1;
        let line = line.strip_suffix(b"\r\n").ok_or(WireFormatError::LineEnd(number))?;
        in_header &= !line.is_empty();
        if line.contains(&b'\r') {
            return Err(WireFormatError::LineEnd(number));
        }
        if line.contains(&0) {
            return Err(WireFormatError::Nul(number));
        }
        if line.len() > MAX_LINE {
            return Err(WireFormatError::TooLong(number));
        }
        let may_be_utf8 = in_header && utf8_headers;
        if !may_be_utf8 && !line.is_ascii() {
            return Err(WireFormatError::NotAscii(number));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strict_lines_pass() {
        let long = [&[b'x'; 998][..], b"\r\n"].concat();
        assert_eq!(check(&long, false), Ok(()));
        assert_eq!(check(b"A: b\r\n\r\n.\r\nc\r\n", false), Ok(()));
        for (bytes, fault) in [
            (&b"A: b\n"[..], WireFormatError::LineEnd(1)),
            (b"A: b\r\nc", WireFormatError::LineEnd(2)),
            (b"A: b\rc\r\n", WireFormatError::LineEnd(1)),
            (b"A: b\r\r\n", WireFormatError::LineEnd(1)),
            (b"\r\na\0\r\n", WireFormatError::Nul(2)),
            (&[b"x", &long[..]].concat(), WireFormatError::TooLong(1)),
            ("A: ü\r\n".as_bytes(), WireFormatError::NotAscii(1)),
        ] {
            assert_eq!(check(bytes, false), Err(fault));
        }
    }

    proptest::proptest! {
        #[test]
        fn many_bytes_at_once_are_checked_as_one_by_one(lines in proptest::collection::vec(
            proptest::prop_oneof!["[a.]{0,3}\r\n", "[a\r\n\u{0}]{0,3}", "a{990,1001}\r\n"], 0..6,
        )) {
            let content = lines.concat().into_bytes();
            let by_line = content.split_inclusive(|byte| *byte == b'\n').all(|line| {
                line.strip_suffix(b"\r\n").is_some_and(|line| line.len() <= 998 && !line.contains(&b'\r') && !line.contains(&0))
            });
            proptest::prop_assert_eq!(is_strict(&content), by_line);
        }
    }

    #[test]
    fn an_address_outside_ascii_makes_the_header_utf8_but_not_the_body() {
        assert_eq!(check("To: ü@example.com\r\n\r\n".as_bytes(), true), Ok(()));
        assert_eq!(check("To: ü@example.com\r\n\r\nü\r\n".as_bytes(), true), Err(WireFormatError::NotAscii(3)));
    }
}
