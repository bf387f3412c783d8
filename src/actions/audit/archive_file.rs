//! A file of old events: writing one, and following the chain through one.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

use crate::app::ActionError;
use crate::app::Result;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::event_archive::ArchiveHeader;
use crate::domain::event_archive::ArchiveLine;
use crate::domain::event_archive::ArchivedChange;
use crate::domain::event_archive::ArchivedEvent;
use crate::domain::event_archive::VERSION;
use crate::domain::event_chain::ChainBreak;
use crate::domain::event_chain::ChainVerifier;
use crate::domain::user_change::DELETED;
use crate::store::event_archives::OldRow;

/// The longest line: a longer one is none that the program wrote.
const MAX_LINE: u64 = 64 << 20;

/// What following the chain through a file has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FileReport {
    /// SHA-256 of the file.
    pub(super) sha256: Vec<u8>,
    /// Users whose values were erased, each with an event that had them.
    pub(super) erased: BTreeMap<i64, i64>,
    /// Users whose deletion is an event in the file.
    pub(super) deleted: BTreeSet<i64>,
}

/// Writes what the store gives of old events.
pub(super) struct ArchiveWriter<W> {
    out: W,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins a file.
    pub(super) fn begin(out: W, header: &ArchiveHeader) -> Result<Self> {
        let mut writer = Self { out };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes an event or a user change.
    pub(super) fn row(&mut self, row: OldRow<'_>) -> Result<()> {
        match row {
            OldRow::Event(event) => {
                let archived = ArchivedEvent::new(event).ok_or(ChainBreak::Changed(event.number))?;
                self.line(&archived)
            }
            OldRow::Change(values, digest) => self.line(&ArchivedChange::new(values, digest)),
        }
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

/// A file whose header was read.
pub(super) struct ArchiveReader<'a, R> {
    input: BufReader<Hashing<R>>,
    path: &'a Path,
    /// What it says of itself.
    pub(super) header: ArchiveHeader,
}

/// Hashes what is read.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

impl<'a, R: Read> ArchiveReader<'a, R> {
    /// Reads the header of a file.
    pub(super) fn open(inner: R, path: &'a Path) -> Result<Self> {
        let mut input = BufReader::with_capacity(1 << 16, Hashing { inner, hasher: Sha256::new() });
        let line = next_line(&mut input, path)?.unwrap_or_default();
        let header: ArchiveHeader = serde_json::from_slice(&line)
            .map_err(|_| fault(path, "was not written by `audit archive`: its first line is not the expected one"))?;
        if header.cxme_admin_audit_archive != VERSION {
            return Err(fault(path, "was written by another version of the program"));
        }
        Ok(Self { input, path, header })
    }

    /// Gives each event and each user change to the verifier, which is at the event before the first one.
    ///
    /// # Errors
    /// When the file cannot be read, is cut off, or the chain breaks in it.
    pub(super) fn follow(mut self, chain: &mut ChainVerifier) -> Result<FileReport> {
        let mut report = FileReport::default();
        let (mut last, mut changes) = (self.header.first - 1, 0);
        while let Some(line) = next_line(&mut self.input, self.path)? {
            let line: ArchiveLine = serde_json::from_slice(&line).map_err(|_| {
                fault(self.path, format!("a line behind event {last} is neither an event nor a user change"))
            })?;
            let followed = match &line {
                ArchiveLine::Event(event) => {
                    last = event.number;
                    event.with_fields(|event| chain.follow(event))
                }
                ArchiveLine::Change(change) => {
                    changes += 1;
                    change.with_values(|values, digest| {
                        if values.is_erased() {
                            report.erased.insert(values.user, values.event);
                        }
                        if values.field == DELETED.as_bytes() {
                            report.deleted.insert(values.user);
                        }
                        // Whether the user was deleted is known when all files were read.
                        chain.change(values, digest, true)
                    })
                }
            };
            followed.map_err(|broken| of_file(self.path, &broken))?;
        }
        let ArchiveHeader { last: expected, changes: expected_changes, .. } = self.header;
        if last < expected {
            return Err(fault(self.path, format!("was cut off: it ends with event {last} of {expected}")));
        }
        if (last, changes) != (expected, expected_changes) {
            return Err(fault(self.path, "was edited: its first line does not fit what follows"));
        }
        chain.end_file().map_err(|broken| of_file(self.path, &broken))?;
        report.sha256 = self.input.into_inner().hasher.finalize().to_vec();
        Ok(report)
    }
}

/// The next line without its line break; `None`: the file ends.
fn next_line(input: &mut impl BufRead, path: &Path) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let unread = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(unread)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(fault(path, "was cut off, or was not written by `audit archive`: a line has no end")),
    }
}

/// What is wrong with a file.
pub(super) fn fault(path: &Path, words: impl Into<String>) -> ActionError {
    ArchiveRefusal::File { path: path.display().to_string(), fault: words.into() }.into()
}

fn of_file(path: &Path, broken: &ChainBreak) -> ActionError {
    fault(path, format!("does not verify: {broken}"))
}
