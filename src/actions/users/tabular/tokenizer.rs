//! CSV taken apart (RFC 4180, strict about quotes): a quote that is never closed and text behind a closing one are errors with
//! their line. What is loosened: any line end, any delimiter, blanks around a quoted field, and quotes within a field that does
//! not begin with one stand for themselves.
//!
//! The work is that of a machine fed with pieces, so that the input can be cut anywhere.

use super::Delimiter;
use super::InputError;
use super::LONGEST_ROW;
use super::NUL;
use crate::secrets::zeroizing::ZeroizingBuf;

const TOO_LONG: &str = "the row is longer than 64 KiB: is a quote not closed?";

/// A row as it was found: fields of bytes.
#[derive(Debug)]
pub struct RawRow {
    /// The line that it begins on, from 1.
    line: u64,
    /// Wiped in the end: a batch has passwords.
    bytes: ZeroizingBuf<Vec<u8>>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    broken: Option<String>,
}

impl Default for RawRow {
    fn default() -> Self {
        // Room for the longest row: a buffer that grows would leave a copy behind.
        let bytes = ZeroizingBuf::new(Vec::with_capacity(LONGEST_ROW + 1));
        Self { line: 0, bytes, ends: Vec::new(), broken: None }
    }
}

impl RawRow {
    /// The line that it begins on, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with its quotes; its fields mean nothing then.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The fields.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// How many fields there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Whether no field holds anything but blanks.
    pub fn is_blank(&self) -> bool {
        self.broken.is_none() && self.bytes.iter().all(|byte| byte.is_ascii_whitespace())
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.broken = None;
    }
}

/// Where in a row the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first character of a row.
    RowStart,
    /// Before a field; blanks may have been seen.
    FieldStart,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes the field, unless another one follows.
    Closing,
    /// Behind the closing quote, and blanks.
    Closed,
    /// Behind text that follows a closing quote: what comes up to the end of the line means nothing.
    Broken,
}

/// The machine.
#[derive(Debug, Clone)]
pub(super) struct Tokenizer {
    delimiter: u8,
    state: State,
    /// The line that has been reached.
    line: u64,
    /// The last character was a CR: a LF that follows belongs to it.
    after_cr: bool,
    /// The line of the quote that was opened last.
    quote: u64,
}

impl Tokenizer {
    /// One that knows no delimiter yet, at the start of the input.
    pub(super) fn new() -> Self {
        // NUL is refused before it is compared with anything.
        Self { delimiter: 0, state: State::RowStart, line: 1, after_cr: false, quote: 1 }
    }

    /// The same with a delimiter.
    pub(super) fn with(self, delimiter: Delimiter) -> Self {
        Self { delimiter: delimiter.byte(), ..self }
    }

    /// Reads on in `row`. Gives how much of the input was used, and whether the row has ended; if not, all was used.
    pub(super) fn feed(&mut self, input: &[u8], row: &mut RawRow) -> Result<(usize, bool), InputError> {
        let mut at = 0;
        let too_long = |row: &RawRow| (row.bytes.len() > LONGEST_ROW).then(|| InputError::line(row.line, TOO_LONG));
        while let Some(&byte) = input.get(at) {
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                if self.state == State::Quoted {
                    row.bytes.push(byte);
                }
                at += 1;
                continue;
            }
            if self.state == State::RowStart {
                row.clear();
                row.line = self.line;
                self.state = State::FieldStart;
            }
            match self.state {
                State::Plain => at += self.plain(&input[at..], row),
                State::Quoted => at += self.quoted(&input[at..], row),
                State::Broken => {
                    at += input[at..].iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(input.len() - at)
                }
                _ => {}
            }
            let Some(&byte) = input.get(at) else { break };
            at += 1;
            let ended = self.step(byte, row)?;
            if ended {
                return too_long(row).map_or(Ok((at, true)), Err);
            }
        }
        too_long(row).map_or(Ok((at, false)), Err)
    }

    /// The input has ended. Whether a row has ended with it.
    pub(super) fn finish(&mut self, row: &mut RawRow) -> Result<bool, InputError> {
        match self.state {
            State::RowStart => Ok(false),
            State::Quoted => Err(InputError::line(self.quote, "the quote that opens here is never closed")),
            _ => {
                self.end_row(row);
                Ok(true)
            }
        }
    }

    /// Takes what is plain text in a field without quotes.
    fn plain(&self, input: &[u8], row: &mut RawRow) -> usize {
        let delimiter = self.delimiter;
        let is_special = |&byte: &u8| byte == delimiter || matches!(byte, b'\r' | b'\n' | 0);
        let count = input.iter().position(is_special).unwrap_or(input.len());
        row.bytes.extend_from_slice(&input[..count]);
        count
    }

    /// Takes what is plain text between quotes.
    fn quoted(&self, input: &[u8], row: &mut RawRow) -> usize {
        let is_special = |&byte: &u8| matches!(byte, b'"' | b'\r' | b'\n' | 0);
        let count = input.iter().position(is_special).unwrap_or(input.len());
        row.bytes.extend_from_slice(&input[..count]);
        count
    }

    /// Takes one character. Whether it ends the row.
    fn step(&mut self, byte: u8, row: &mut RawRow) -> Result<bool, InputError> {
        if byte == 0 {
            return Err(InputError::line(self.line, NUL));
        }
        if matches!(byte, b'\r' | b'\n') {
            self.line += 1;
            self.after_cr = byte == b'\r';
            if self.state == State::Quoted {
                row.bytes.push(byte);
                return Ok(false);
            }
            self.end_row(row);
            return Ok(true);
        }
        let is_blank = matches!(byte, b' ' | b'\t') && byte != self.delimiter;
        match self.state {
            State::Quoted => self.state = State::Closing,
            State::Closing if byte == b'"' => {
                row.bytes.push(byte);
                self.state = State::Quoted;
            }
            State::Broken => {}
            _ if byte == self.delimiter => {
                row.ends.push(row.bytes.len());
                self.state = State::FieldStart;
            }
            State::Closing | State::Closed if is_blank => self.state = State::Closed,
            State::Closing | State::Closed => self.break_row(row),
            State::FieldStart if byte == b'"' => {
                row.bytes.truncate(row.ends.last().copied().unwrap_or(0));
                self.quote = self.line;
                self.state = State::Quoted;
            }
            State::RowStart | State::FieldStart | State::Plain => {
                row.bytes.push(byte);
                self.state = if is_blank && self.state != State::Plain { State::FieldStart } else { State::Plain };
            }
        }
        Ok(false)
    }

    /// Text follows a closing quote.
    fn break_row(&mut self, row: &mut RawRow) {
        row.broken = Some(if self.quote == self.line {
            "text follows a closing quote; a quote within quotes is written twice".to_owned()
        } else {
            format!("the quote that opens on line {} is closed on line {}, with text behind it", self.quote, self.line)
        });
        self.state = State::Broken;
    }

    fn end_row(&mut self, row: &mut RawRow) {
        row.ends.push(row.bytes.len());
        self.state = State::RowStart;
    }
}
