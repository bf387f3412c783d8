//! The bytes of the input, hashed for the event, and turned into UTF-8 where a byte order mark says that they are UTF-16.

use std::fmt;
use std::io;
use std::io::Read;

use sha2::Digest as _;
use sha2::Sha256;

use crate::secrets::zeroizing::ZeroizingBuf;

/// How much is decoded at a time, in bytes.
const PIECE: usize = 16 * 1024;

/// Reads the input as UTF-8, without a byte order mark. Input without one is passed on as it is.
pub(super) struct Decoder<'input> {
    raw: Raw<'input>,
    state: State,
}

enum State {
    /// Nothing was read yet.
    Start,
    /// UTF-8, or what claims to be: the bytes that were read to look for a mark, and how many of them are passed on.
    Bytes { first: Vec<u8>, passed: usize },
    /// UTF-16.
    Utf16(Box<Utf16>),
}

/// The input with its digest.
struct Raw<'input> {
    input: &'input mut dyn Read,
    hasher: Sha256,
    bytes: u64,
}

/// Decoding of UTF-16 (RFC 2781).
struct Utf16 {
    big_endian: bool,
    /// The first byte of a unit.
    half: Option<u8>,
    /// The first unit of a surrogate pair.
    high: Option<u16>,
    position: LinePosition,
    /// Wiped in the end, as the piece is that it was decoded from: a batch has passwords.
    decoded: ZeroizingBuf<Vec<u8>>,
    passed: usize,
}

/// The line that has been reached, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinePosition {
    line: u64,
    after_cr: bool,
}

impl LinePosition {
    pub(super) fn start() -> Self {
        Self { line: 1, after_cr: false }
    }

    pub(super) fn line(self) -> u64 {
        self.line
    }

    /// Counts one more character.
    pub(super) fn pass(&mut self, character: u32) {
        const LF: u32 = b'\n' as u32;
        const CR: u32 = b'\r' as u32;
        let ends = character == CR || (character == LF && !self.after_cr);
        self.line += u64::from(ends);
        self.after_cr = character == CR;
    }
}

impl<'input> Decoder<'input> {
    pub(super) fn new(input: &'input mut dyn Read) -> Self {
        Self { raw: Raw { input, hasher: Sha256::new(), bytes: 0 }, state: State::Start }
    }

    /// SHA-256 of what was read so far, in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        self.raw.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// How many bytes were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.raw.bytes
    }
}

impl Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.hasher.update(&buffer[..count]);
                    self.bytes += count as u64;
                    return Ok(count);
                }
            }
        }
    }

    /// The first bytes, without a mark, and what the mark says.
    fn start(&mut self) -> io::Result<State> {
        let (mut first, mut end) = ([0; 3], 0);
        while end < first.len() {
            match self.read(&mut first[end..])? {
                0 => break,
                count => end += count,
            }
        }
        Ok(match &first[..end] {
            [0xff, 0xfe, rest @ ..] => State::Utf16(Box::new(Utf16::new(false, rest)?)),
            [0xfe, 0xff, rest @ ..] => State::Utf16(Box::new(Utf16::new(true, rest)?)),
            [0xef, 0xbb, 0xbf] => State::Bytes { first: Vec::new(), passed: 0 },
            bytes => State::Bytes { first: bytes.to_vec(), passed: 0 },
        })
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Start = self.state {
            self.state = self.raw.start()?;
        }
        match &mut self.state {
            State::Start => Ok(0),
            State::Bytes { first, passed } if *passed < first.len() => Ok(pass_on(first, passed, buffer)),
            State::Bytes { .. } => self.raw.read(buffer),
            State::Utf16(utf16) => utf16.read(&mut self.raw, buffer),
        }
    }
}

/// Copies what is left of `bytes` to `buffer`, as much as fits.
fn pass_on(bytes: &[u8], passed: &mut usize, buffer: &mut [u8]) -> usize {
    let rest = &bytes[*passed..];
    let count = rest.len().min(buffer.len());
    buffer[..count].copy_from_slice(&rest[..count]);
    *passed += count;
    count
}

impl Utf16 {
    fn new(big_endian: bool, first: &[u8]) -> io::Result<Self> {
        let position = LinePosition::start();
        // A unit of two bytes becomes at most three. A buffer that grows would leave a copy behind.
        let decoded = ZeroizingBuf::new(Vec::with_capacity(2 * PIECE));
        let mut new = Self { big_endian, half: None, high: None, position, decoded, passed: 0 };
        new.decode(first)?;
        Ok(new)
    }

    fn read(&mut self, raw: &mut Raw<'_>, buffer: &mut [u8]) -> io::Result<usize> {
        while self.passed == self.decoded.len() {
            self.decoded.clear();
            self.passed = 0;
            let mut piece = ZeroizingBuf::new(vec![0; PIECE]);
            let count = raw.read(&mut piece)?;
            if count == 0 {
                return if self.half.is_some() || self.high.is_some() {
                    Err(self.bad("ends within a character"))
                } else {
                    Ok(0)
                };
            }
            self.decode(&piece[..count])?;
        }
        Ok(pass_on(&self.decoded, &mut self.passed, buffer))
    }

    fn decode(&mut self, bytes: &[u8]) -> io::Result<()> {
        for &byte in bytes {
            let Some(half) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let pair = [half, byte];
            let unit = if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.unit(unit)?;
        }
        Ok(())
    }

    fn unit(&mut self, unit: u16) -> io::Result<()> {
        let is_high = (0xd800..0xdc00).contains(&unit);
        if is_high && self.high.is_none() {
            self.high = Some(unit);
            return Ok(());
        }
        let units = self.high.take().into_iter().chain([unit]);
        for character in char::decode_utf16(units) {
            let character = character.map_err(|_| self.bad("holds half of a surrogate pair"))?;
            self.position.pass(u32::from(character));
            self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }

    fn bad(&self, fault: &str) -> io::Error {
        let words = format!("line {}: the input is marked as UTF-16 and {fault}", self.position.line());
        io::Error::new(io::ErrorKind::InvalidData, words)
    }
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Decoder").field("bytes", &self.raw.bytes).finish_non_exhaustive()
    }
}
