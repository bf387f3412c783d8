//! The first 100 bytes of a database ("Database File Format", section 1.3), read without SQLite, because they can be read from a
//! damaged file too.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::Result;
use super::denied::of_other_file;
use super::schema;
use super::schema::Schema;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::Rule;

/// How many bytes it has.
const HEADER: usize = 100;
/// The highest file format version: that of a write-ahead log.
const NEWEST_FILE_FORMAT: u8 = 2;
/// The highest schema format, since 2006.
const NEWEST_SCHEMA_FORMAT: u8 = 4;
/// The first bytes of each database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileHeader {
    page_size: u64,
    /// How many bytes the pages have; `None`: it is not known from here.
    size: Option<u64>,
    /// The mark of the program that the file belongs to.
    pub(super) application_id: i64,
    /// The number of migrations that the file has had, if the header is not damaged.
    pub(super) schema_version: i64,
    /// The file format versions for writing and for reading.
    versions: (u8, u8),
    schema_format: u8,
}

impl FileHeader {
    /// Reads the header; `None`: the file is not a database.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(file: &File) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER];
        match file.read_exact_at(&mut header, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        if !header.starts_with(MAGIC) {
            return Ok(None);
        }
        let number = |at: usize| header[at..at + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        // 65,536 is written as 1.
        let page_size = match u64::from(number(14) & 0xffff) {
            1 => 65_536,
            other => other,
        };
        // The number of pages counts if it was written with the last change.
        let is_known = number(24) == number(92) && number(28) > 0;
        let size = is_known.then(|| u64::from(number(28)) * page_size);
        let signed = |at| i64::from(number(at).cast_signed());
        Ok(Some(Self {
            page_size,
            size,
            application_id: signed(68),
            schema_version: signed(60),
            versions: (header[18], header[19]),
            // SQLite looks at this byte of the four alone.
            schema_format: header[47],
        }))
    }

    /// The number of bytes of a file of this `length` that belong to the database. SQLite ignores what follows them.
    ///
    /// # Errors
    /// When the end of the file is missing, in words.
    pub(super) fn size(&self, length: u64) -> std::result::Result<u64, String> {
        match self.size {
            Some(size) if length < size => {
                Err(format!("has {length} bytes, and {size} by its header: its end is missing"))
            }
            Some(size) => Ok(size),
            None => Ok(length),
        }
    }
}

/// Whether a file begins like a store: with the mark of the program in its header, or with the tables of a store after the header.
pub(super) fn has_mark(path: &Path) -> bool {
    const EXAMINED: u64 = 1 << 20;
    let mut bytes = Vec::new();
    // A file that cannot be read has no mark. SQLite has not opened this file, because it is no database.
    let read = File::open(path).and_then(|file| file.take(EXAMINED).read_to_end(&mut bytes));
    let mark = u32::try_from(schema::APPLICATION_ID).unwrap_or_default().to_be_bytes();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    read.is_ok() && (bytes.get(68..72) == Some(&mark[..]) || has(b"\0") && has(b"refused_attempts"))
}

/// The header of a damaged store, `None` if the file does not begin like a database, and the faults of the header, one line each;
/// empty: none.
///
/// # Errors
/// When the file is not as the rule says, or cannot be read.
pub(super) fn examine(path: &Path, rule: &Rule) -> Result<(Option<FileHeader>, Vec<String>)> {
    let file = private_file::open(path, rule).map_err(|problem| of_other_file(problem, path))?;
    let failed = |error| FileError::Io { path: path.to_owned(), doing: "read", error };
    let length = file.metadata().map_err(failed)?.len();
    let Some(header) = FileHeader::read(&file).map_err(failed)? else {
        return Ok((None, vec![format!("no database begins like this file of {length} bytes")]));
    };
    let mut faults = Vec::new();
    if !(512..=65_536).contains(&header.page_size) || !header.page_size.is_power_of_two() {
        faults.push(format!("a page cannot have {} bytes", header.page_size));
    }
    if header.application_id != schema::APPLICATION_ID {
        faults.push(format!("has the mark {:#010x}, which is not that of a cxme-admin store", header.application_id));
    }
    if !Schema::CURRENT.knows(header.schema_version) {
        faults.push(format!(
            "has schema version {}, this program knows {}",
            header.schema_version,
            Schema::CURRENT.known_versions()
        ));
    }
    let (write, read) = header.versions;
    for (what, version) in [("write", write), ("read", read)] {
        // SQLite treats lower values as the oldest format.
        if version > NEWEST_FILE_FORMAT {
            faults.push(format!("names the {what} version {version}, and there are 1 and 2"));
        }
    }
    if header.schema_format > NEWEST_SCHEMA_FORMAT {
        faults.push(format!("names the schema format {}, and there are 1 to 4", header.schema_format));
    }
    faults.extend(header.size(length).err());
    Ok((Some(header), faults))
}
