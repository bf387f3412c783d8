//! The decoded input in a buffer that can be looked at before it is consumed, and its lines.

use std::io;
use std::io::Read;
use std::ops::Range;

use super::InputError;
use super::LONGEST_ROW;
use super::NUL;
use super::decode::Decoder;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The size of the buffer. More than the longest row, so that a whole header can be looked at.
const CAPACITY: usize = 2 * LONGEST_ROW;

/// Decoded input of which some is read ahead.
#[derive(Debug)]
pub(super) struct DecodedBuffer<'input> {
    decoder: Decoder<'input>,
    /// Wiped in the end: a batch has passwords.
    bytes: ZeroizingBuf<Vec<u8>>,
    start: usize,
    end: usize,
    /// Whether the last byte that was read is no line break.
    ends_within_line: bool,
}

impl<'input> DecodedBuffer<'input> {
    pub(super) fn new(input: &'input mut dyn Read) -> Self {
        Self {
            decoder: Decoder::new(input),
            bytes: ZeroizingBuf::new(vec![0; CAPACITY]),
            start: 0,
            end: 0,
            ends_within_line: false,
        }
    }

    /// What was read ahead.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Steps over the next `count` bytes of what was read ahead.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Reads further ahead. False at the end of the input, and when the buffer is full.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.start == self.end || self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let count = if self.is_full() { 0 } else { self.decoder.read(&mut self.bytes[self.end..])? };
        self.end += count;
        if count > 0 {
            self.ends_within_line = !matches!(self.bytes[self.end - 1], b'\r' | b'\n');
        }
        Ok(count > 0)
    }

    pub(super) fn is_full(&self) -> bool {
        self.end - self.start == self.bytes.len()
    }

    /// Whether what was read so far ends within a line.
    pub(super) fn ends_within_line(&self) -> bool {
        self.ends_within_line
    }

    pub(super) fn decoder(&self) -> &Decoder<'input> {
        &self.decoder
    }
}

/// Reads line by line.
#[derive(Debug)]
pub struct Lines<'input> {
    buffer: DecodedBuffer<'input>,
    /// Of the line that comes next.
    number: u64,
    /// The last line ended with CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl<'input> Lines<'input> {
    pub(super) fn new(buffer: DecodedBuffer<'input>) -> Self {
        Self { buffer, number: 1, after_cr: false }
    }

    /// The next line without its end, and its number.
    ///
    /// # Errors
    /// When the input cannot be read, or the line is longer than 64 KiB.
    pub fn next_line(&mut self) -> Result<Option<(u64, &[u8])>, InputError> {
        let line = self.advance()?;
        Ok(line.map(|(number, place)| (number, &self.buffer.bytes[place])))
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// As [`Lines::next_line`].
    pub fn next_text_line(&mut self) -> Result<Option<(u64, &[u8])>, InputError> {
        loop {
            let Some((number, place)) = self.advance()? else { return Ok(None) };
            if !self.buffer.bytes[place.clone()].trim_ascii().is_empty() {
                return Ok(Some((number, &self.buffer.bytes[place])));
            }
        }
    }

    /// Steps over the next line. Gives its number, and its place in the buffer without its end.
    fn advance(&mut self) -> Result<Option<(u64, Range<usize>)>, InputError> {
        if self.after_cr && (!self.buffer.unread().is_empty() || self.buffer.more()?) {
            self.after_cr = false;
            self.buffer.consume(usize::from(self.buffer.unread().first() == Some(&b'\n')));
        }
        let mut scanned = 0;
        let (length, end) = loop {
            let unread = self.buffer.unread();
            if let Some(place) = unread[scanned..].iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
                self.after_cr = unread[scanned + place] == b'\r';
                break (scanned + place, 1);
            }
            scanned = unread.len();
            if scanned > LONGEST_ROW {
                return Err(InputError::line(self.number, "is longer than 64 KiB"));
            }
            if !self.buffer.more()? {
                if scanned == 0 {
                    return Ok(None);
                }
                break (scanned, 0);
            }
        };
        let number = self.number;
        if self.buffer.unread()[..length].contains(&0) {
            return Err(InputError::line(number, NUL));
        }
        self.number += 1;
        self.buffer.consume(length + end);
        let start = self.buffer.start - length - end;
        Ok(Some((number, start..start + length)))
    }

    /// SHA-256 of the input so far, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        self.buffer.decoder().sha256()
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.buffer.decoder().bytes_read()
    }

    pub(super) fn ends_within_line(&self) -> bool {
        self.buffer.ends_within_line()
    }
}
