//! Edits a secret line with rpassword, which deletes characters, words and the line.
//!
//! rpassword gets the keys after Enter and never the terminal, so that settings, signals and timeouts stay with us.
//! It only gets keys that it handles well: text, Backspace, Ctrl-U, Ctrl-W and one Enter at the end. Otherwise it
//! would drop control characters, replace bytes that are not UTF-8, swallow the key after an ESC, and take the end of
//! the input for Enter.

use std::io::Read;

use rpassword::ConfigBuilder;
use rpassword::read_password_with_config;
use zeroize::Zeroizing;

use super::PromptError;
use super::keys::ERASE;
use super::keys::KILL;
use super::keys::stand_in;
use super::keys::without_stand_in;

/// Represents a byte that is not UTF-8 during editing: a noncharacter, which Unicode reserves for internal use.
const NOT_UTF8: char = '\u{fffe}';

/// The number of bytes of a stand-in, each of which represents one byte.
const GROWTH: usize = 3;

/// What is left of a line of [`Keys`](super::keys::Keys) after editing, including control characters, which are
/// refused when it becomes a password.
///
/// # Errors
/// `NotUtf8` if the result is not UTF-8.
pub(super) fn edit(line: &[u8]) -> Result<Zeroizing<String>, PromptError> {
    let input = Input { bytes: input(line), taken: 0 };
    let config = ConfigBuilder::new().input_reader(input).output_discard().build();
    let edited = Zeroizing::new(read_password_with_config(config)?);
    if edited.contains(NOT_UTF8) {
        return Err(PromptError::NotUtf8);
    }
    let mut text = Zeroizing::new(String::with_capacity(edited.len()));
    text.extend(edited.chars().map(without_stand_in));
    Ok(text)
}

/// The line in the form for rpassword.
fn input(line: &[u8]) -> Zeroizing<Vec<u8>> {
    let room = line.len() * GROWTH;
    // The capacity is the upper bound, because a buffer that grows would leave copies behind.
    let mut input = Zeroizing::new(Vec::with_capacity(3 * room + 2));
    let (kill, rest) = if let Some(rest) = line.strip_prefix(&[KILL]) { (true, rest) } else { (false, line) };
    input.extend(kill.then_some(KILL));
    // rpassword's buffer grows with the text, and old buffers are not wiped. So let it grow before the text
    // comes: Backspace empties it, but keeps its capacity.
    input.extend(std::iter::repeat_n(b'x', room));
    input.extend(std::iter::repeat_n(ERASE, room));
    let mut push = |character: char| input.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    for chunk in rest.utf8_chunks() {
        for character in chunk.valid().chars() {
            // C1 controls, which rpassword would drop. The C0 controls that edit are ASCII bytes, and the line has no
            // others.
            push(if ('\u{80}'..='\u{9f}').contains(&character) { stand_in(character) } else { character });
        }
        if !chunk.invalid().is_empty() {
            push(NOT_UTF8);
        }
    }
    input.push(b'\n');
    input
}

/// Returns the line byte by byte, and wipes it at the end.
struct Input {
    bytes: Zeroizing<Vec<u8>>,
    taken: usize,
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = (&self.bytes[self.taken..]).read(into)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edited(line: &str) -> String {
        edit(line.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn a_line_is_edited_in_characters() {
        for (line, left) in [
            ("", ""),
            ("word", "word"),
            ("häß 🐎", "häß 🐎"),
            ("caf\u{e9}\x7fe", "cafe"),
            ("a🐎\x7fb", "ab"),
            ("a\u{a0}\x7fb", "ab"),
            // Of a decomposed é, the accent first.
            ("e\u{301}\x7f", "e"),
            ("\x7f\x7fa", "a"),
            ("\x15right", "right"),
            ("one two\x17three", "one three"),
            ("one two  \x17", "one "),
            ("one\x17two", "two"),
            (" two  spaces ", " two  spaces "),
        ] {
            assert_eq!(edited(line), left, "{line:?}");
        }
    }

    #[test]
    fn nothing_is_dropped_or_replaced() {
        // As Keys encodes a TAB and a NUL, and as C1 arrives.
        let (tab, nul) = (stand_in('\t'), stand_in('\0'));
        assert_eq!(edited(&format!("a{tab}b{nul}c")), "a\tb\0c");
        assert_eq!(edited(&format!("a{tab}\x7fb")), "ab");
        assert!(edited("a\u{9b}b").contains(char::is_control));
        assert!(edited("a\u{85}b").contains(char::is_control));
        assert_eq!(edited("a\u{fffd}b\u{2028}"), "a\u{fffd}b\u{2028}");
        for bytes in [&b"caf\xe9"[..], b"\xc3", b"a\xc3b", b"\xf0\x9f\x90", b"\xed\xa0\x80", b"\xff\xfea"] {
            assert!(matches!(edit(bytes), Err(PromptError::NotUtf8)), "{bytes:?}");
        }
        // A deleted byte does no harm.
        assert_eq!(edit(b"caf\xe9\x7fe").unwrap().as_str(), "cafe");
    }

    #[test]
    fn the_longest_line_can_be_edited() {
        let line = "x".repeat(super::super::keys::MAX_LINE);
        assert_eq!(edited(&line), line);
    }

    /// A simple model of the same.
    fn model(line: &str) -> String {
        let mut left = String::new();
        for character in line.chars() {
            match character {
                '\x7f' => drop(left.pop()),
                '\x15' => left.clear(),
                '\x17' => left.truncate(left.trim_end().rfind(' ').map_or(0, |space| space + 1)),
                other => left.push(other),
            }
        }
        left
    }

    proptest! {
        #[test]
        fn every_line_is_edited_like_the_model(line in "\x15?[ a-cé🐎\u{301}\x7f\x17]{0,80}") {
            prop_assert_eq!(edited(&line), model(&line));
        }
    }
}
