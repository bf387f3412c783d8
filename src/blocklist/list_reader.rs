//! Reads a published list, plain or compressed by gzip: a key for each line.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::header::MAGIC;
use super::key::{Spellings, word_key};
use super::list_line::{NTLM_DIGITS, RANGE_DIGITS, SHA1_DIGITS, hash_key};
use crate::domain::policy;
use crate::domain::policy::MAX_BYTES;

/// How much is read at once, in bytes.
const BUFFER: usize = 256 * 1024;

/// In so many of the first lines of a list of words no hash may be. Further on, one may be somebody's password.
const FIRST_LINES: u64 = 10;

/// The most bytes of a line that are kept: no hash and no password is as long.
const LONGEST_LINE: usize = 4 * MAX_BYTES;

/// What the lines of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// `HASH` or `HASH:COUNT`, SHA-1 in 40 hexadecimal digits.
    Sha1,
    /// The same with NTLM hashes of 32 digits.
    Ntlm,
    /// A password a line, in UTF-8.
    Words,
}

impl ListFormat {
    /// The spelling that entries of such a list are looked up in.
    pub fn spellings(self) -> Spellings {
        let none = Spellings::default();
        match self {
            Self::Sha1 => Spellings { sha1: true, ..none },
            Self::Ntlm => Spellings { ntlm: true, ..none },
            Self::Words => Spellings { words: true, ..none },
        }
    }

    /// The entries, as they are counted.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1 hash",
            Self::Ntlm => "NTLM hash",
            Self::Words => "word",
        }
    }

    /// The bytes that a line has at least, compressed: hashes do not get shorter than their bits.
    pub(super) fn compressed_line(self) -> u64 {
        match self {
            Self::Sha1 => 20,
            Self::Ntlm => 16,
            Self::Words => 4,
        }
    }

    fn digits(self) -> Option<usize> {
        match self {
            Self::Sha1 => Some(SHA1_DIGITS),
            Self::Ntlm => Some(NTLM_DIGITS),
            Self::Words => None,
        }
    }
}

/// Opens a list for reading, from its beginning.
pub type OpenList<'a> = Box<dyn FnMut() -> io::Result<Box<dyn Read + 'a>> + 'a>;

/// A list to be read.
pub struct ListInput<'a> {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes, where it can be opened several times; a pipe cannot.
    pub size: Option<u64>,
    /// Opens it.
    pub open: OpenList<'a>,
}

impl fmt::Debug for ListInput<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ListInput").field("name", &self.name).field("size", &self.size).finish_non_exhaustive()
    }
}

/// What was read of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadList {
    /// Its name.
    pub name: String,
    /// What its lines are.
    pub format: ListFormat,
    /// The lines that are entries.
    pub entries: u64,
    /// The lines of a list of words that no password can be: not UTF-8, with control characters, or too long.
    pub skipped: u64,
}

/// Why a list cannot be read. No line is repeated: it may be somebody's password.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A line is not as the others.
    #[error("{list}: line {line}: expected {digits} hexadecimal digits, or those and `:COUNT`")]
    Line {
        /// The list.
        list: String,
        /// The line, counted from 1.
        line: u64,
        /// The digits of a hash.
        digits: usize,
    },
    /// The first line is no hash, and one of the next is.
    #[error("{list}: line {line} is a hash, and the first line is none")]
    Mixed {
        /// The list.
        list: String,
        /// The line, counted from 1.
        line: u64,
    },
    /// It is no list of hashes or words, as told by its first bytes.
    #[error("{list}: {what}")]
    Kind {
        /// The list.
        list: String,
        /// What it is.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// It has no entry.
    #[error("{list}: has no entry")]
    Empty {
        /// The list.
        list: String,
    },
    /// It ends in the middle of compressed data.
    #[error("{list}: is cut short, or damaged: {error}")]
    Compressed {
        /// The list.
        list: String,
        /// What is wrong.
        error: io::Error,
    },
    /// The system could not read it.
    #[error("{list}: cannot be read: {error}")]
    Io {
        /// The list.
        list: String,
        /// What the system said.
        error: io::Error,
    },
}

/// A list that is being read.
pub(super) struct ListReader<'a> {
    name: String,
    lines: Box<dyn BufRead + 'a>,
    is_compressed: bool,
    format: Option<ListFormat>,
    /// Whether the format was given, and not told by the first line.
    is_given: bool,
    line: Zeroizing<Vec<u8>>,
    number: u64,
    bytes: u64,
    entries: u64,
    skipped: u64,
}

/// How other kinds of files begin.
const KINDS: [(&[u8], &str, &str); 8] = [
    (&MAGIC, "is a blocklist filter already", "name the lists that it was built of"),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed by zstd",
        "pipe it in: zstd -dc FILE | cxme-admin policy blocklist build - --out LIST",
    ),
    (b"\xfd7zXZ\0", "is compressed by xz", "pipe it in: xz -dc FILE | cxme-admin policy blocklist build - --out LIST"),
    (
        b"7z\xbc\xaf\x27\x1c",
        "is a 7z archive",
        "pipe it in: 7z x -so FILE | cxme-admin policy blocklist build - --out LIST",
    ),
    (b"BZh", "is compressed by bzip2", "pipe it in: bzip2 -dc FILE | cxme-admin policy blocklist build - --out LIST"),
    (b"PK\x03\x04", "is a ZIP archive", "pipe it in: unzip -p FILE | cxme-admin policy blocklist build - --out LIST"),
    (b"\xff\xfe", "is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"),
];

impl<'a> ListReader<'a> {
    /// Opens a list. Without a format, its first line tells.
    pub(super) fn open(input: &mut ListInput<'a>, format: Option<ListFormat>) -> Result<Self, ListError> {
        let name = input.name.clone();
        let failed = |error| ListError::Io { list: name.clone(), error };
        let mut opened = (input.open)().map_err(failed)?;
        let mut first = Vec::with_capacity(MAGIC.len());
        opened.by_ref().take(MAGIC.len() as u64).read_to_end(&mut first).map_err(failed)?;
        if let Some((_, what, hint)) = KINDS.into_iter().find(|(magic, ..)| first.starts_with(magic)) {
            return Err(ListError::Kind { list: name, what, hint });
        }
        let is_compressed = first.starts_with(b"\x1f\x8b");
        let mark = if first.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let whole = BufReader::with_capacity(BUFFER, io::Cursor::new(first.split_off(mark)).chain(opened));
        let lines: Box<dyn BufRead> = if is_compressed {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(whole)))
        } else {
            Box::new(whole)
        };
        let line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
        let is_given = format.is_some();
        Ok(Self { name, lines, is_compressed, format, is_given, line, number: 0, bytes: 0, entries: 0, skipped: 0 })
    }

    /// What its lines are: known behind the first entry.
    pub(super) fn format(&self) -> Option<ListFormat> {
        self.format
    }

    /// About how many entries a list of so many bytes has, going by what was read of it.
    pub(super) fn estimate(&self, size: u64) -> u64 {
        match self.format {
            Some(format) if self.is_compressed => size / format.compressed_line(),
            _ if self.bytes == 0 => 0,
            _ => u64::try_from(u128::from(size) * u128::from(self.number) / u128::from(self.bytes)).unwrap_or(u64::MAX),
        }
    }

    /// What was read.
    ///
    /// # Errors
    /// [`ListError::Empty`].
    pub(super) fn report(&self) -> Result<ReadList, ListError> {
        let empty = || ListError::Empty { list: self.name.clone() };
        let format = self.format.filter(|_| self.entries > 0).ok_or_else(empty)?;
        Ok(ReadList { name: self.name.clone(), format, entries: self.entries, skipped: self.skipped })
    }

    /// The key of the next entry; `None` at the end.
    pub(super) fn next_key(&mut self) -> Result<Option<u64>, ListError> {
        loop {
            if !self.read_line().map_err(|error| self.failed(error))? {
                return Ok(None);
            }
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            let format = match self.format {
                Some(format) => format,
                None => *self.format.insert(self.told_by_line()?),
            };
            let key = match format.digits() {
                None if self.is_mixed() => {
                    return Err(ListError::Mixed { list: self.name.clone(), line: self.number });
                }
                None => word(&self.line),
                Some(digits) => {
                    let key = hash_key(&self.line, digits);
                    let wrong = || ListError::Line { list: self.name.clone(), line: self.number, digits };
                    Some(key.ok_or_else(wrong)?)
                }
            };
            match key {
                Some(key) => {
                    self.entries += 1;
                    return Ok(Some(key));
                }
                None => self.skipped += 1,
            }
        }
    }

    /// Whether the list was taken for one of words because the first line of a list of hashes is damaged.
    fn is_mixed(&self) -> bool {
        let is = |digits| hash_key(&self.line, digits).is_some();
        !self.is_given && self.number <= FIRST_LINES && (is(SHA1_DIGITS) || is(NTLM_DIGITS))
    }

    fn failed(&self, error: io::Error) -> ListError {
        let list = self.name.clone();
        let of_data = [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData];
        if self.is_compressed && of_data.contains(&error.kind()) {
            return ListError::Compressed { list, error };
        }
        ListError::Io { list, error }
    }

    fn told_by_line(&self) -> Result<ListFormat, ListError> {
        let is = |digits| hash_key(&self.line, digits).is_some();
        let kind = |what, hint| Err(ListError::Kind { list: self.name.clone(), what, hint });
        match () {
            () if is(SHA1_DIGITS) => Ok(ListFormat::Sha1),
            () if is(NTLM_DIGITS) => Ok(ListFormat::Ntlm),
            () if is(RANGE_DIGITS) => kind(
                "is a range of a list: the first digits of each hash are in the name of the file",
                "download the list as one file",
            ),
            () if self.line.contains(&0) => kind("is no text", "name a list of hashes or words"),
            () => Ok(ListFormat::Words),
        }
    }

    /// Reads a line into the buffer, without its end. What is longer than any entry is not kept. `false`: there is none.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut is_any = false;
        loop {
            let available = match self.lines.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                break;
            }
            is_any = true;
            let end = memchr(b'\n', available);
            let part = &available[..end.unwrap_or(available.len())];
            let room = LONGEST_LINE - self.line.len();
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.lines.consume(used);
            self.bytes += used as u64;
            if end.is_some() {
                break;
            }
        }
        self.number += u64::from(is_any);
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(is_any)
    }
}

/// The key of a word; `None`: it can be no password.
fn word(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
    normal.extend(text.nfc());
    (normal.len() <= MAX_BYTES && policy::forbidden(&normal).is_none()).then(|| word_key(&normal))
}
