//! The elements of a JSON array, one after the other, without reading the whole of it.

use super::InputError;
use super::LONGEST_ROW;
use super::NUL;
use super::buffer::DecodedBuffer;
use super::decode::LinePosition;

/// An element of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'text> {
    /// Its place in the array, from 1.
    pub number: u64,
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Its JSON.
    pub text: &'text [u8],
}

/// The elements of an array.
#[derive(Debug)]
pub struct Elements<'input> {
    buffer: DecodedBuffer<'input>,
    text: Vec<u8>,
    position: LinePosition,
    number: u64,
}

impl<'input> Elements<'input> {
    pub(super) fn new(buffer: DecodedBuffer<'input>) -> Self {
        Self { buffer, text: Vec::new(), position: LinePosition::start(), number: 0 }
    }

    /// The next element.
    ///
    /// # Errors
    /// When the input cannot be read, or is not one array.
    pub fn next_element(&mut self) -> Result<Option<Element<'_>>, InputError> {
        let is_first = self.number == 0;
        if is_first {
            // The first character was looked at before this reader was chosen.
            self.skip_blanks()?;
            self.take()?;
        }
        match self.skip_blanks()? {
            Some(b']') => return self.end().map(|()| None),
            Some(b',') if !is_first => {
                self.take()?;
                self.skip_blanks()?;
            }
            Some(_) if is_first => {}
            None => return Err(self.unclosed()),
            Some(_) => {
                return Err(InputError::line(
                    self.position.line(),
                    "expected `,` or `]` between the elements of the array",
                ));
            }
        }
        self.number += 1;
        let line = self.position.line();
        self.value(line)?;
        Ok(Some(Element { number: self.number, line, text: &self.text }))
    }

    /// SHA-256 of the input so far, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        self.buffer.decoder().sha256()
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.buffer.decoder().bytes_read()
    }

    /// Collects the text of one value: up to its closing bracket, or to what follows it. Whether it is JSON is for others to say.
    fn value(&mut self, line: u64) -> Result<(), InputError> {
        self.text.clear();
        let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
        while let Some(byte) = self.peek()? {
            match byte {
                b'\r' | b'\n' if in_string => {
                    return Err(InputError::line(self.position.line(), "a string is not closed on its line"));
                }
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'[' | b'{' => depth += 1,
                b',' | b']' | b'}' if depth == 0 => return Ok(()),
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.text.push(byte);
            self.take()?;
            if self.text.len() > LONGEST_ROW {
                return Err(InputError::line(line, "an element is longer than 64 KiB: is a bracket not closed?"));
            }
            if depth == 0 && !in_string && matches!(byte, b']' | b'}' | b'"') {
                return Ok(());
            }
        }
        Err(self.unclosed())
    }

    /// Behind the array there is nothing.
    fn end(&mut self) -> Result<(), InputError> {
        self.take()?;
        match self.skip_blanks()? {
            None => Ok(()),
            Some(_) => Err(InputError::line(self.position.line(), "text follows the array")),
        }
    }

    fn unclosed(&self) -> InputError {
        InputError::line(self.position.line(), "the input ends within the array")
    }

    fn skip_blanks(&mut self) -> Result<Option<u8>, InputError> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take()?;
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, InputError> {
        if self.buffer.unread().is_empty() {
            self.buffer.more()?;
        }
        Ok(self.buffer.unread().first().copied())
    }

    fn take(&mut self) -> Result<(), InputError> {
        let Some(byte) = self.peek()? else { return Ok(()) };
        if byte == 0 {
            return Err(InputError::line(self.position.line(), NUL));
        }
        self.position.pass(u32::from(byte));
        self.buffer.consume(1);
        Ok(())
    }
}
