//! The bytes of a file or a pipe that hold a secret, taken apart in lines. Nothing is trimmed but the line break, and the
//! mark that some editors put before the text.
//!
//! Everything here works in the buffer that it is given, which is wiped up to its capacity.

use zeroize::Zeroizing;

/// The most that is read of a file with a password, in bytes: more than any password has, with its newline.
pub const PASSWORD_FILE_LIMIT: usize = 64 * 1024;

/// The byte order mark in UTF-8, which Notepad and others write before the text (RFC 3629, 6).
pub(in crate::secrets) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The same in UTF-16, in both orders.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The bytes of a secret.
pub type Secret = Zeroizing<Vec<u8>>;

/// The text is in UTF-16. Its bytes would be another secret than its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is UTF-16: save it as UTF-8")]
pub struct Utf16;

/// There are not exactly two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not two lines")]
pub struct NotTwoLines;

/// The content without the byte order mark at its start, which is no part of any secret.
///
/// # Errors
/// If it is marked as UTF-16.
pub fn without_mark(mut content: Secret) -> Result<Secret, Utf16> {
    if UTF_16.iter().any(|mark| content.starts_with(mark)) {
        return Err(Utf16);
    }
    if content.starts_with(BYTE_ORDER_MARK) {
        content.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(content)
}

/// The first line, without its line break (`\n` or `\r\n`). What follows is ignored: a password manager prints more.
pub fn first_line(mut content: Secret) -> Secret {
    if let Some(end) = content.iter().position(|&byte| byte == b'\n') {
        content.truncate(end + 1);
    }
    one_line(content)
}

/// The content without its last line break (`\n` or `\r\n`). A line break that is still in it is for the caller to refuse.
pub fn one_line(mut content: Secret) -> Secret {
    if content.last() == Some(&b'\n') {
        content.pop();
        if content.last() == Some(&b'\r') {
            content.pop();
        }
    }
    content
}

/// Two secrets, one on each line. More lines are refused: a secret with a line break in it would be cut there.
///
/// # Errors
/// When there are not two lines.
pub fn two_lines(mut content: Secret) -> Result<(Secret, Secret), NotTwoLines> {
    let end = content.iter().position(|&byte| byte == b'\n').ok_or(NotTwoLines)?;
    let second = Zeroizing::new(content[end + 1..].to_vec());
    if second.is_empty() {
        return Err(NotTwoLines);
    }
    let second = one_line(second);
    if second.contains(&b'\n') {
        return Err(NotTwoLines);
    }
    content.truncate(end + 1);
    Ok((one_line(content), second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(content: &[u8]) -> Secret {
        Zeroizing::new(content.to_vec())
    }

    #[test]
    fn one_mark_is_taken_off_the_start_and_utf_16_is_refused() {
        let text = |content: &[u8]| without_mark(secret(content)).map(|text| text.to_vec());
        assert_eq!(text(b"\xef\xbb\xbfword").unwrap(), b"word");
        assert_eq!(text(b"\xef\xbb\xbf\xef\xbb\xbfword").unwrap(), b"\xef\xbb\xbfword");
        assert_eq!(text(b"word\xef\xbb\xbf").unwrap(), b"word\xef\xbb\xbf");
        assert_eq!(text(b"\xef\xbb\xbf").unwrap(), b"");
        assert_eq!(text(b"").unwrap(), b"");
        assert_eq!(text(b"\xff\xfew\0o\0"), Err(Utf16));
        assert_eq!(text(b"\xfe\xff\0w\0o"), Err(Utf16));
    }

    #[test]
    fn the_first_line_is_taken_and_the_rest_ignored() {
        let line = |content: &[u8]| first_line(secret(content)).to_vec();
        assert_eq!(line(b" word \nlogin: carl\nurl: x\n"), b" word ");
        assert_eq!(line(b"word\r\nlogin"), b"word");
        assert_eq!(line(b"word"), b"word");
        assert_eq!(line(b"\nword\n"), b"");
        assert_eq!(line(b"word\rmore\n"), b"word\rmore");
    }

    #[test]
    fn exactly_one_line_break_is_taken_off_the_end() {
        let line = |content: &[u8]| one_line(secret(content)).to_vec();
        assert_eq!(line(b"word"), b"word");
        assert_eq!(line(b" word \n"), b" word ");
        assert_eq!(line(b"word\r\n"), b"word");
        assert_eq!(line(b"word\n\n"), b"word\n");
        assert_eq!(line(b"word\r"), b"word\r");
        assert_eq!(line(b"\n"), b"");
    }

    #[test]
    fn two_lines_are_two_secrets_and_nothing_else_is() {
        let lines = |content: &[u8]| two_lines(secret(content)).map(|(one, two)| (one.to_vec(), two.to_vec()));
        assert_eq!(lines(b"one\n two "), Ok((b"one".to_vec(), b" two ".to_vec())));
        assert_eq!(lines(b"one\r\ntwo\r\n"), Ok((b"one".to_vec(), b"two".to_vec())));
        assert_eq!(lines(b"one\n\n"), Ok((b"one".to_vec(), Vec::new())));
        for wrong in [&b""[..], b"one", b"one\n", b"one\ntwo\nthree", b"one\ntwo\n\n"] {
            assert_eq!(lines(wrong), Err(NotTwoLines), "{wrong:?}");
        }
    }
}
