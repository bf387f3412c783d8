//! From the bytes of a keyboard to the keys of a secret line: escape sequences are taken out, and what is left is text and
//! the three keys that edit it.
//!
//! Which key does what is the terminal's own setting (stty(1): erase, kill, werase, eof), beside the usual characters. An
//! escape sequence is swallowed as a whole and does nothing. It never swallows the key after it: a sequence that is not
//! complete ends where the keyboard pauses ([`ESCAPE_GAP`]), and at the first byte that cannot belong to it.

use std::time::Duration;

use nix::libc::_POSIX_VDISABLE;
use nix::sys::termios::SpecialCharacterIndices;
use nix::sys::termios::Termios;
use zeroize::Zeroize;
use zeroize::Zeroizing;

use super::PromptError;

/// The most bytes of text and keys that a line can have: far more than a password may, and as many as the kernel holds of a
/// line where it edits one itself (N_TTY_BUF_SIZE; termios(3), "Canonical mode").
pub(super) const LONGEST: usize = 4094;

/// A terminal sends the bytes of a sequence at once. What comes later than this after an ESC is a key of its own.
pub(super) const ESCAPE_GAP: Duration = Duration::from_millis(100);

/// Takes the last character away.
pub(super) const ERASE: u8 = 0x7f;
/// Takes the whole line away.
pub(super) const KILL: u8 = 0x15;
/// Takes the last word away.
pub(super) const ERASE_WORD: u8 = 0x17;

const BACKSPACE: u8 = 0x08;
const END_OF_INPUT: u8 = 0x04;
const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The numbers of the sequences that stand before and after pasted text, `ESC [ 200 ~` and `ESC [ 201 ~`, where a program
/// has asked the terminal for them and has not taken that back.
const PASTE_BEGINS: &[u8] = b"200";
const PASTE_ENDS: &[u8] = b"201";

/// What a control character is while it is edited: one of the 32 noncharacters that Unicode keeps for a program's own use.
/// So Backspace takes it away as any other character, and it is never lost without a word.
const STAND_INS: std::ops::RangeInclusive<u32> = 0xfdd0..=0xfdef;

/// A control character as it is edited. DEL and C1, which have no stand-in of their own, share that of U+0001.
pub(super) fn stand_in(control: char) -> char {
    let number = u32::from(control);
    char::from_u32(STAND_INS.start() + if number < 0x20 { number } else { 1 }).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The control character that a stand-in was; any other character is itself.
pub(super) fn without_stand_in(character: char) -> char {
    let number = u32::from(character);
    if STAND_INS.contains(&number) {
        char::from_u32(number - STAND_INS.start()).unwrap_or(character)
    } else {
        character
    }
}

/// The keys of a terminal, where they are not the usual ones.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeyBindings {
    erase: Option<u8>,
    kill: Option<u8>,
    erase_word: Option<u8>,
    end_of_input: Option<u8>,
}

impl KeyBindings {
    /// As the terminal is set.
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

/// Where in an escape sequence the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In none.
    Text,
    /// After ESC.
    Escape,
    /// After ESC [, a control sequence (ECMA-48, 5.4).
    Control,
    /// After ESC [ [, of which the Linux console makes its first five function keys.
    Function,
    /// After ESC O, a key of the keypad, or an arrow in application mode.
    Keypad,
    /// In a string that only a terminal's reply holds (OSC, DCS, APC, PM, SOS), up to BEL or ESC \.
    Reply,
    /// After an ESC in such a string.
    ReplyEscape,
}

/// What a byte did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyResult {
    /// The line continues.
    More,
    /// Enter.
    Enter,
    /// Ctrl-D. A line without its Enter is no answer.
    EndOfInput,
    /// A line break within pasted text.
    LineBreakInPaste,
}

/// A line while it is typed. Its memory is wiped when it is dropped.
pub(super) struct Keys {
    layout: KeyBindings,
    /// Text as it came, and [`ERASE`], [`KILL`] and [`ERASE_WORD`]. [`KILL`] stands only at its start.
    line: Zeroizing<Vec<u8>>,
    state: State,
    /// The parameters of a control sequence, as far as they are of interest.
    parameters: Vec<u8>,
    pasting: bool,
    /// A paste ended that began in no line.
    stray_end: bool,
    too_long: bool,
}

impl Keys {
    /// An empty line.
    pub(super) fn new(layout: KeyBindings) -> Self {
        Self {
            layout,
            // Of its full size from the start: a buffer that grows would leave copies behind.
            line: Zeroizing::new(Vec::with_capacity(LONGEST)),
            state: State::Text,
            parameters: Vec::new(),
            pasting: false,
            stray_end: false,
            too_long: false,
        }
    }

    /// Whether a sequence has begun and not ended: what comes after a pause is no part of it.
    pub(super) fn is_within_sequence(&self) -> bool {
        self.state != State::Text
    }

    /// The line so far, as it came.
    pub(super) fn so_far(&self) -> &[u8] {
        &self.line
    }

    /// The keyboard paused.
    pub(super) fn pause(&mut self) {
        self.state = State::Text;
    }

    /// Takes the next byte.
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
                // A sequence of interest is shorter; of a longer one it is enough to know that it is none.
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
                // It belongs to no sequence: the one before it ends, and this is a key of its own.
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

    /// What was pasted is text, and no key of it edits or ends anything.
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
            // It was no key but a part of the text, which must not be lost without a word.
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
        self.too_long |= self.line.len() + bytes.len() > LONGEST;
        if !self.too_long {
            self.line.extend_from_slice(bytes);
        }
    }

    /// The line after Enter.
    ///
    /// # Errors
    /// `TooLong`, and `LineBreakInPaste` where a paste began or ended in another line.
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
