//! Lists of users as other programs write them: CSV with any delimiter, NDJSON, JSON arrays, plain lines, in UTF-8 or in
//! UTF-16 with a byte order mark. Everything is read as a stream, and lines are counted as an editor counts them: CR LF, LF and
//! CR each end one, in any mixture, and blank ones count.

mod buffer;
mod decode;
mod delimiter;
mod flag;
mod json;
mod names;
mod rows;
#[cfg(test)]
mod tests;
mod tokenizer;

use std::io;
use std::io::Read;

use crate::app::ActionError;
use buffer::DecodedBuffer;

pub use buffer::Lines;
pub use delimiter::Delimiter;
pub use flag::parse_flag;
pub use json::Element;
pub use json::Elements;
pub use names::Names;
pub use names::read_names;
pub use rows::CsvRows;
pub use rows::Header;
pub use tokenizer::RawRow;

/// The longest row, in bytes: a quote that is never closed would make one row of all that follows.
const LONGEST_ROW: usize = 64 * 1024;

/// What a NUL byte in the input most often means.
const NUL: &str = "holds a NUL byte: if the file is UTF-16, save it with a byte order mark, or as UTF-8";

/// What is said of a field or a line that is not UTF-8.
pub const NOT_UTF8: &str = "is not UTF-8 (in a spreadsheet: save as CSV UTF-8)";

/// Why the input cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The stream failed, or is not in the encoding that its mark says.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line breaks the format in a way that hides where the next row begins.
    #[error("line {line}: {fault}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        fault: String,
    },
}

impl InputError {
    fn line(line: u64, fault: impl Into<String>) -> Self {
        Self::Line { line, fault: fault.into() }
    }
}

impl From<InputError> for ActionError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Io(error) => Self::Stream(error),
            line @ InputError::Line { .. } => Self::BadInput(line.to_string()),
        }
    }
}

/// The input, by its format.
#[derive(Debug)]
pub enum Input<'input> {
    /// Nothing but blanks.
    Empty(Text<'input>),
    /// JSON objects, one a line.
    JsonLines(Lines<'input>),
    /// One JSON array.
    JsonArray(Elements<'input>),
    /// Something else: CSV or plain lines.
    Text(Text<'input>),
}

/// Input that is not JSON.
#[derive(Debug)]
pub struct Text<'input>(DecodedBuffer<'input>);

impl<'input> Input<'input> {
    /// Tells the format by the first character that is not blank.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn open(input: &'input mut dyn Read) -> Result<Self, InputError> {
        let mut buffer = DecodedBuffer::new(input);
        loop {
            let first = buffer.unread().iter().find(|byte| !byte.is_ascii_whitespace()).copied();
            match first {
                Some(b'{') => return Ok(Self::JsonLines(Lines::new(buffer))),
                Some(b'[') => return Ok(Self::JsonArray(Elements::new(buffer))),
                Some(_) => return Ok(Self::Text(Text(buffer))),
                None if buffer.more()? => {}
                None if buffer.is_full() => return Ok(Self::Text(Text(buffer))),
                None => return Ok(Self::Empty(Text(buffer))),
            }
        }
    }
}

impl<'input> Text<'input> {
    /// Input that is no JSON, whatever its first character is.
    pub fn open(input: &'input mut dyn Read) -> Self {
        Self(DecodedBuffer::new(input))
    }

    /// The first row, if it can be read as the header of a CSV.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn header(&mut self, is_known: impl Fn(&str) -> bool) -> Result<Option<Header>, InputError> {
        rows::header(&mut self.0, is_known)
    }

    /// Reads it as CSV, of which the first row is the header. Without a delimiter it is the one that makes known columns of
    /// the header, or the one that a line `sep=;` before it names.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn csv(
        self,
        delimiter: Option<Delimiter>,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<(CsvRows<'input>, Header), InputError> {
        CsvRows::open(self.0, delimiter, is_known)
    }

    /// Whether the first row is a header with a column of which `is_known` holds.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn has_column(&mut self, is_known: impl Fn(&str) -> bool) -> Result<bool, InputError> {
        rows::has_column(&mut self.0, is_known)
    }

    /// Reads it line by line.
    pub fn lines(self) -> Lines<'input> {
        Lines::new(self.0)
    }
}
