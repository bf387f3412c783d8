//! Converts the bytes of a keyboard to the keys of a secret line: drops escape sequences, and keeps text and the
//! three editing keys.
//!
//! Which key does what depends on the terminal's settings (stty(1): erase, kill, werase, eof), besides the usual
//! characters. An escape sequence is dropped as a whole, and never the key after it: an incomplete sequence ends
//! where the keyboard pauses ([`ESCAPE_GAP`]), and at the first byte that cannot belong to it.

use std::time::Duration;

use nix::libc::_POSIX_VDISABLE;
use nix::sys::termios::SpecialCharacterIndices;
use nix::sys::termios::Termios;
use zeroize::Zeroize;
use zeroize::Zeroizing;

use super::PromptError;

/// The longest line, in bytes of text and keys: far more than a password may have, and as much as the kernel buffers
/// when it edits a line itself (N_TTY_BUF_SIZE; termios(3), "Canonical mode").
pub(super) const MAX_LINE: usize = 4094;

/// A terminal sends the bytes of a sequence at once. A byte this long after an ESC is a key of its own.
pub(super) const ESCAPE_GAP: Duration = Duration::from_millis(100);

/// Deletes the last character.
pub(super) const ERASE: u8 = 0x7f;
/// Deletes the line.
pub(super) const KILL: u8 = 0x15;
/// Deletes the last word.
pub(super) const ERASE_WORD: u8 = 0x17;

const BACKSPACE: u8 = 0x08;
const END_OF_INPUT: u8 = 0x04;
const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The numbers in the sequences before and after pasted text, `ESC [ 200 ~` and `ESC [ 201 ~`, which a terminal sends
/// if a program has requested them and has not ended that.
const PASTE_BEGINS: &[u8] = b"200";
const PASTE_ENDS: &[u8] = b"201";

/// Represents a control character during editing: one of the 32 noncharacters that Unicode reserves for internal use.
/// So Backspace deletes it like any other character, and it is never lost silently.
const STAND_INS: std::ops::RangeInclusive<u32> = 0xfdd0..=0xfdef;

/// The stand-in for a control character. DEL and C1, which have none of their own, share that of U+0001.
pub(super) fn stand_in(control: char) -> char {
    let number = u32::from(control);
    char::from_u32(STAND_INS.start() + if number < 0x20 { number } else { 1 }).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The control character of a stand-in; any other character unchanged.
pub(super) fn without_stand_in(character: char) -> char {
    let number = u32::from(character);
    if STAND_INS.contains(&number) {
        char::from_u32(number - STAND_INS.start()).unwrap_or(character)
    } else {
        character
    }
}

/// The keys of a terminal that differ from the usual ones.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeyBindings {
    erase: Option<u8>,
    kill: Option<u8>,
    erase_word: Option<u8>,
    end_of_input: Option<u8>,
}

impl KeyBindings {
    /// The settings of a terminal.
    pub(super) fn of(settings: &Termios) -> Self {
        let key = |index: SpecialCharacterIndices| {
            let byte = settings.control_chars[index as usize];
            Some(byte).filter(|&byte| byte != _POSIX_VDISABLE && byte.is_ascii_control())
        };
        Self {
            erase: key(SpecialCharacterIndices::VERASE),
            kill: key(SpecialCharacterIndices::VKILL),
            erase_word: key(SpecialCharacterIndices::VWERASE),
            end_of_input: key(SpecialCharacterIndices::VEOF),
        }
    }
}

/// The position in an escape sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside of sequences.
    Text,
    /// After ESC.
    Escape,
    /// After ESC [, a control sequence (ECMA-48, 5.4).
    Control,
    /// After ESC [ [, with which the Linux console begins its first five function keys.
    Function,
    /// After ESC O: a key of the keypad, or an arrow key in application mode.
    Keypad,
    /// In a string that only a terminal sends as a reply (OSC, DCS, APC, PM, SOS), up to BEL or ESC \.
    Reply,
    /// After an ESC in such a string.
    ReplyEscape,
}

/// The effect of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyResult {
    /// The line continues.
    More,
    /// Enter.
    Enter,
    /// Ctrl-D. A line without Enter is not an answer.
    EndOfInput,
    /// A line break in pasted text.
    LineBreakInPaste,
}

/// A line that is being typed. Its memory is wiped on drop.
pub(super) struct Keys {
    layout: KeyBindings,
    /// Text as it arrived, and [`ERASE`], [`KILL`] and [`ERASE_WORD`]. [`KILL`] only occurs at the start.
    line: Zeroizing<Vec<u8>>,
    state: State,
    /// The parameters of a control sequence, as far as they matter.
    parameters: Vec<u8>,
    pasting: bool,
    /// A paste ended that did not begin in this line.
    stray_end: bool,
    too_long: bool,
}

impl Keys {
    /// An empty line.
    pub(super) fn new(layout: KeyBindings) -> Self {
        Self {
            layout,
            // Allocated in full size, because a buffer that grows would leave copies behind.
            line: Zeroizing::new(Vec::with_capacity(MAX_LINE)),
            state: State::Text,
            parameters: Vec::new(),
            pasting: false,
            stray_end: false,
            too_long: false,
        }
    }

    /// Whether a sequence has begun and not ended: input after a pause does not belong to it.
    pub(super) fn is_within_sequence(&self) -> bool {
        self.state != State::Text
    }

    /// The line so far, unedited.
    pub(super) fn so_far(&self) -> &[u8] {
        &self.line
    }

    /// Notes that the keyboard paused.
    pub(super) fn pause(&mut self) {
        self.state = State::Text;
    }

    /// Handles the next byte.
    pub(super) fn take(&mut self, byte: u8) -> KeyResult {
        match (self.state, byte) {
            (State::Text, _) if self.pasting => return self.pasted(byte),
            (State::Text, _) => return self.typed(byte),
            (State::Escape | State::Control | State::Keypad, ESCAPE) => self.state = State::Escape,
            (State::Escape, b'[') => {
                self.parameters.clear();
                self.state = State::Control;
            }
            (State::Escape, b'O') => self.state = State::Keypad,
            (State::Escape, b']' | b'P' | b'_' | b'^' | b'X') if !self.pasting => self.state = State::Reply,
            (State::Control, b'[') if self.parameters.is_empty() => self.state = State::Function,
            (State::Control, 0x20..=0x3f) => {
                // The sequences that matter are shorter; a longer one only has to be recognized as different.
                if self.parameters.len() <= PASTE_ENDS.len() {
                    self.parameters.push(byte);
                }
            }
            (State::Control, 0x40..=0x7e) => self.end_control(byte),
            (State::Keypad, b'0'..=b'9' | b';') => {}
            (State::Function | State::Keypad, 0x40..=0x7e) => self.end_sequence(),
            (State::Reply, BELL) => self.state = State::Text,
            (State::Reply, ESCAPE) => self.state = State::ReplyEscape,
            (State::ReplyEscape, b'\\') => self.state = State::Text,
            (State::ReplyEscape, _) => {
                self.state = State::Escape;
                return self.take(byte);
            }
            (State::Reply, byte) if byte >= b' ' => {}
            _ => {
                // The byte belongs to no sequence: the current one ends, and the byte is a key of its own.
                self.end_sequence();
                return self.take(byte);
            }
        }
        KeyResult::More
    }

    fn typed(&mut self, byte: u8) -> KeyResult {
        let is = |key: Option<u8>| key == Some(byte);
        match byte {
            b'\n' | b'\r' => return KeyResult::Enter,
            END_OF_INPUT => return KeyResult::EndOfInput,
            _ if is(self.layout.end_of_input) => return KeyResult::EndOfInput,
            ESCAPE => self.state = State::Escape,
            ERASE | BACKSPACE => self.push(&[ERASE]),
            _ if is(self.layout.erase) => self.push(&[ERASE]),
            KILL => self.kill(),
            _ if is(self.layout.kill) => self.kill(),
            ERASE_WORD => self.push(&[ERASE_WORD]),
            _ if is(self.layout.erase_word) => self.push(&[ERASE_WORD]),
            _ if byte.is_ascii_control() => self.push_control(byte),
            _ => self.push(&[byte]),
        }
        KeyResult::More
    }

    /// Pasted bytes are text; none of them edits or ends the line.
    fn pasted(&mut self, byte: u8) -> KeyResult {
        match byte {
            b'\n' | b'\r' => return KeyResult::LineBreakInPaste,
            ESCAPE => self.state = State::Escape,
            _ if byte.is_ascii_control() => self.push_control(byte),
            _ => self.push(&[byte]),
        }
        KeyResult::More
    }

    fn end_control(&mut self, last: u8) {
        let is_marker = |number: &[u8]| last == b'~' && self.parameters == number;
        if self.pasting && is_marker(PASTE_ENDS) {
            (self.pasting, self.state) = (false, State::Text);
            return;
        }
        if !self.pasting && is_marker(PASTE_BEGINS) {
            self.pasting = true;
            self.state = State::Text;
            return;
        }
        self.stray_end |= is_marker(PASTE_ENDS);
        self.end_sequence();
    }

    fn end_sequence(&mut self) {
        self.state = State::Text;
        if self.pasting {
            // This ESC was no key but a part of the text, which must not be lost silently.
            self.push_control(ESCAPE);
        }
    }

    fn kill(&mut self) {
        self.line.zeroize();
        self.too_long = false;
        self.push(&[KILL]);
    }

    fn push_control(&mut self, control: u8) {
        let mut bytes = [0; 4];
        self.push(stand_in(char::from(control)).encode_utf8(&mut bytes).as_bytes());
    }

    fn push(&mut self, bytes: &[u8]) {
        self.too_long |= self.line.len() + bytes.len() > MAX_LINE;
        if !self.too_long {
            self.line.extend_from_slice(bytes);
        }
    }

    /// The line after Enter.
    ///
    /// # Errors
    /// `TooLong`, and `LineBreakInPaste` if a paste began or ended in another line.
    pub(super) fn line(self) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        if self.stray_end || self.pasting {
            return Err(PromptError::LineBreakInPaste);
        }
        if self.too_long {
            return Err(PromptError::TooLong);
        }
        Ok(self.line)
    }
}

#[cfg(test)]
mod tests;
