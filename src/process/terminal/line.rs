//! From the bytes of a line that the kernel has edited, and shown, to an answer: all of it, or none.

use zeroize::Zeroizing;

use super::PromptError;

/// The most bytes that Linux holds of a line, with its line break (N_TTY_BUF_SIZE; termios(3), "Canonical mode").
pub(super) const CAPACITY: usize = 4096;

/// The most bytes that an answer can have. Of a longer one the kernel keeps the first 4,095 and says nothing, so that
/// 4,095 bytes may be a cut line.
pub(super) const LONGEST: usize = CAPACITY - 2;

/// What a terminal sends before and after pasted text, if a program has asked it to and has not taken that back.
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// The answer in `line`, which is what one read(2) gave.
///
/// # Errors
/// `EndOfInput` without a line break at its end, `TooLong`, `LineBreakInPaste`, `NotUtf8`.
pub(super) fn answer(line: &[u8]) -> Result<Zeroizing<String>, PromptError> {
    let line = line.strip_suffix(b"\n").ok_or(PromptError::EndOfInput)?;
    if line.len() > LONGEST {
        return Err(PromptError::TooLong);
    }
    let line = without_paste_markers(line)?;
    let text = str::from_utf8(&line).map_err(|_| PromptError::NotUtf8)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A marker without its partner means that its partner stands in another line: the paste held a line break.
fn without_paste_markers(line: &[u8]) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    // The capacity is what it can need at most: a buffer that grows would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(line.len()));
    let mut pasting = false;
    let mut rest = line;
    while let Some(&byte) = rest.first() {
        let marker = if pasting { PASTE_ENDS } else { PASTE_BEGINS };
        if let Some(after) = rest.strip_prefix(marker) {
            pasting = !pasting;
            rest = after;
        } else if !pasting && rest.starts_with(PASTE_ENDS) {
            return Err(PromptError::LineBreakInPaste);
        } else {
            text.push(byte);
            rest = &rest[1..];
        }
    }
    if pasting { Err(PromptError::LineBreakInPaste) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &[u8]) -> String {
        answer(line).unwrap().to_string()
    }

    #[test]
    fn every_byte_of_the_line_is_kept() {
        assert_eq!(text(b"\n"), "");
        assert_eq!(text(b" a\0b\tc\x1b[A \r\n"), " a\0b\tc\x1b[A \r");
        assert_eq!(text("häß 🐎\n".as_bytes()), "häß 🐎");
    }

    #[test]
    fn a_line_without_its_line_break_is_no_answer() {
        assert!(matches!(answer(b""), Err(PromptError::EndOfInput)));
        assert!(matches!(answer(b"abc"), Err(PromptError::EndOfInput)));
    }

    #[test]
    fn bytes_that_are_not_utf8_refuse_the_whole_line() {
        assert!(matches!(answer(b"caf\xe9\n"), Err(PromptError::NotUtf8)));
        assert!(matches!(answer(b"\xc3\n"), Err(PromptError::NotUtf8)));
    }

    #[test]
    fn a_line_that_the_kernel_may_have_cut_is_refused() {
        let line = |length: usize| [vec![b'a'; length], b"\n".to_vec()].concat();
        assert_eq!(text(&line(LONGEST)).len(), LONGEST);
        assert!(matches!(answer(&line(LONGEST + 1)), Err(PromptError::TooLong)));
    }

    #[test]
    fn the_markers_of_a_paste_are_no_part_of_the_answer() {
        assert_eq!(text(b"\x1b[200~pasted\x1b[201~\n"), "pasted");
        assert_eq!(text(b"typed \x1b[200~pasted\x1b[201~, \x1b[200~twice\x1b[201~\n"), "typed pasted, twice");
    }

    #[test]
    fn a_paste_that_goes_on_in_another_line_is_refused() {
        assert!(matches!(answer(b"\x1b[200~a\n"), Err(PromptError::LineBreakInPaste)));
        assert!(matches!(answer(b"b\x1b[201~\n"), Err(PromptError::LineBreakInPaste)));
    }
}
