//! The messages of an mbox file (RFC 4155), or the one message that a mail server writes to a program: read as a stream, of each
//! message only the beginning.

use std::io;
use std::io::BufRead;
use std::io::Read as _;

/// The most that is read of a line at a time, in bytes.
const CHUNK: u64 = 8 * 1024;

/// Reads messages one after the other. Input that begins with a line `From ` is an mbox; anything else is one message.
#[derive(Debug)]
pub struct MboxReader<R> {
    input: R,
    /// The most that is kept of a message, in bytes.
    limit: usize,
    /// Whether it is an mbox; `None`: nothing was read yet.
    is_mbox: Option<bool>,
    /// Whether there is a message that was not given yet.
    has_more: bool,
}

impl<R: BufRead> MboxReader<R> {
    /// A reader of `input`, which keeps at most `limit` bytes of each message.
    pub fn new(input: R, limit: usize) -> Self {
        Self { input, limit, is_mbox: None, has_more: true }
    }

    /// The beginning of the next message, without the line `From ` before it; `None`: there is none.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn next_message(&mut self) -> io::Result<Option<Vec<u8>>> {
        if !self.has_more {
            return Ok(None);
        }
        let (mut message, mut line) = (Vec::new(), Vec::new());
        // A separator stands behind an empty line.
        let (mut begins_line, mut is_after_blank) = (true, false);
        loop {
            line.clear();
            if (&mut self.input).take(CHUNK).read_until(b'\n', &mut line)? == 0 {
                self.has_more = false;
                return Ok(Some(message).filter(|message| !message.is_empty()));
            }
            let is_first = self.is_mbox.is_none();
            if is_first {
                self.is_mbox = Some(is_separator(&line));
            }
            let is_separator =
                begins_line && self.is_mbox == Some(true) && (is_first || is_after_blank && is_separator(&line));
            let is_blank = begins_line && matches!(line.as_slice(), b"\n" | b"\r\n");
            let ends_line = line.ends_with(b"\n");
            if is_separator {
                if !is_first {
                    self.skip_rest_of_line(ends_line)?;
                    return Ok(Some(message));
                }
            } else {
                let room = self.limit.saturating_sub(message.len());
                message.extend_from_slice(&line[..line.len().min(room)]);
            }
            (begins_line, is_after_blank) = (ends_line, is_blank);
        }
    }

    fn skip_rest_of_line(&mut self, has_ended: bool) -> io::Result<()> {
        if has_ended {
            return Ok(());
        }
        let mut rest = Vec::new();
        loop {
            rest.clear();
            let read = (&mut self.input).take(CHUNK).read_until(b'\n', &mut rest)?;
            if read == 0 || rest.ends_with(b"\n") {
                return Ok(());
            }
        }
    }
}

/// Whether a line separates messages: `From `, a sender, and a date in the form of asctime(3), such as `Sat Nov 28 14:05:11 2026`. A
/// sentence that begins with "From " has no time of day and year.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let is_time = |word: &[u8]| {
        (5..=8).contains(&word.len())
            && word[2] == b':'
            && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
    };
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    words().any(is_time) && words().any(is_year)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn messages(input: impl AsRef<[u8]>, limit: usize) -> Vec<String> {
        let mut reader = MboxReader::new(Cursor::new(input.as_ref()), limit);
        let mut all = Vec::new();
        while let Some(message) = reader.next_message().unwrap() {
            all.push(String::from_utf8_lossy(&message).into_owned());
        }
        all
    }

    const FROM: &str = "From MAILER-DAEMON Sat Nov 28 14:05:11 2026\n";

    #[test]
    fn an_mbox_has_its_messages_and_anything_else_is_one() {
        assert_eq!(
            messages(format!("{FROM}A: 1\n\none\n\n{FROM}B: 2\n\ntwo\n"), 99),
            ["A: 1\n\none\n\n", "B: 2\n\ntwo\n"]
        );
        assert_eq!(messages("A: 1\n\none\n", 99), ["A: 1\n\none\n"]);
        assert_eq!(messages("", 99), [""; 0]);
        assert_eq!(messages(FROM, 99), [""; 0]);
        // A message that a server writes to a program is not an mbox, whatever its text has.
        let quoted = format!("A: 1\n\n{FROM}\n");
        assert_eq!(messages(&quoted, 99), [quoted]);
        let crlf = format!("{FROM}A: 1\n\none\n\n{FROM}B: 2\n").replace('\n', "\r\n");
        assert_eq!(messages(crlf, 99), ["A: 1\r\n\r\none\r\n\r\n", "B: 2\r\n"]);
    }

    #[test]
    fn a_sentence_that_begins_with_from_separates_nothing() {
        let text = "A: 1\n\nFrom now on, at 12:00 we close.\n\nFrom 2026 on.\n>From me Sat Nov 28 14:05:11 2026\n";
        assert_eq!(messages(format!("{FROM}{text}"), 999), [text]);
        let without_blank = format!("A: 1\n\nlast line\n{FROM}");
        assert_eq!(messages(format!("{FROM}{without_blank}"), 999), [without_blank]);
    }

    #[test]
    fn of_a_large_message_the_beginning_is_kept_and_the_next_one_is_found() {
        let large = format!("A: 1\n\n{}\n", "x".repeat(3_000_000));
        let found = messages(format!("{FROM}{large}\n{FROM}B: 2\n"), 100);
        assert_eq!((found.len(), found[0].len(), found[1].as_str()), (2, 100, "B: 2\n"));
        // A separator of any length.
        let long = format!("From {} Sat Nov 28 14:05:11 2026 {}\n", "y".repeat(100), "z".repeat(20_000));
        assert_eq!(messages(format!("{FROM}A: 1\n\n{long}B: 2\n"), 100), ["A: 1\n\n", "B: 2\n"]);
    }
}
