//! The write-ahead log, read without SQLite ("Database File Format", section 4). SQLite ignores a log from its first invalid frame
//! on, because a process that is killed may leave its last frames incomplete. So a log that is damaged in the middle loses
//! committed changes, and no command would say so.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;

use super::Result;
use super::paths::beside;
use crate::private_file::FileError;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The first bytes of a log; the last bit gives the byte order of its checksums.
const MAGIC: u32 = 0x377f_0682;

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LogFault {
    Header,
    /// The number of the frame, from 1, and the number of commits that end with it or after it.
    Frame {
        number: u64,
        commits: u64,
    },
}

/// The faults of the log of a store, one line each; empty: none, or there is no log. Call this before SQLite opens the store.
///
/// # Errors
/// When the log cannot be read.
pub(super) fn faults(store: &Path) -> Result<Vec<String>> {
    let path = beside(store, "-wal");
    let examine = || match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => examine(BufReader::with_capacity(1 << 20, opened?)),
    };
    let failed = |error| FileError::Io { path: path.clone(), doing: "read", error };
    let Some(first) = examine().map_err(failed)? else { return Ok(Vec::new()) };
    // Another process may have been writing it: a permanent fault is found again.
    let Some(fault) = examine().map_err(failed)?.filter(|again| is_same(&first, again)) else { return Ok(Vec::new()) };
    let name = path.display();
    Ok(vec![match fault {
        LogFault::Header => format!("{name}: its beginning is damaged: the changes in it are lost to SQLite"),
        LogFault::Frame { number, commits } => {
            format!("{name}: frame {number} is damaged: {commits} changes from there on are lost to SQLite")
        }
    }])
}

fn is_same(first: &LogFault, again: &LogFault) -> bool {
    match (first, again) {
        (LogFault::Frame { number, .. }, LogFault::Frame { number: other, .. }) => number == other,
        _ => first == again,
    }
}

fn examine(mut log: impl Read) -> io::Result<Option<LogFault>> {
    let mut header = [0; HEADER];
    let length = read_up_to(&mut log, &mut header)?;
    if length == 0 {
        return Ok(None);
    }
    let word = |at: usize| be(&header, at);
    let is_big_endian = word(0) & 1 == 1;
    let sums = checksum((0, 0), &header[..24], is_big_endian);
    let page_size = word(8) as usize;
    let is_sound = length == HEADER
        && word(0) & !1 == MAGIC
        && sums == (word(24), word(28))
        && (512..=65_536).contains(&page_size)
        && page_size.is_power_of_two();
    let mut frame = vec![0; FRAME_HEADER + if is_sound { page_size } else { 4_096 }];
    if !is_sound {
        // A log without frames loses nothing.
        let is_empty = read_up_to(&mut log, &mut frame)? < FRAME_HEADER + 512;
        return Ok((!is_empty).then_some(LogFault::Header));
    }
    let (mut sums, mut number, mut broken) = (sums, 0, None);
    let mut commits = 0;
    while read_up_to(&mut log, &mut frame)? == frame.len() {
        number += 1;
        let word = |at: usize| be(&frame, at);
        let is_of_this_log = (word(8), word(12)) == (be(&header, 16), be(&header, 20));
        if broken.is_none() {
            let next = checksum(checksum(sums, &frame[..8], is_big_endian), &frame[FRAME_HEADER..], is_big_endian);
            if is_of_this_log && next == (word(16), word(20)) {
                sums = next;
                continue;
            }
            broken = Some(number);
        }
        commits += u64::from(is_of_this_log && word(4) > 0);
    }
    // The last transaction may be incomplete because its process was killed: the log ends with it.
    let fault = broken.filter(|_| commits > 1).map(|number| LogFault::Frame { number, commits });
    Ok(fault)
}

fn be(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The checksums over some bytes, whose number is a multiple of eight.
fn checksum((mut first, mut second): (u32, u32), bytes: &[u8], is_big_endian: bool) -> (u32, u32) {
    let word = |bytes: [u8; 4]| if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(word([pair[0], pair[1], pair[2], pair[3]])).wrapping_add(second);
        second = second.wrapping_add(word([pair[4], pair[5], pair[6], pair[7]])).wrapping_add(first);
    }
    (first, second)
}

/// Fills the buffer up to the end of the file, and returns the number of bytes.
fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::private_file::Rule;
    use crate::store::Store;
    use crate::store::types::open::ExpectedVersion;

    /// A store with a log of three commits, copied while it is open: closing would empty the log.
    fn with_log() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let (open, path) = (directory.path().join("open.db"), directory.path().join("store.db"));
        Store::create(&open, 0o600, |_| Ok(())).unwrap();
        let store = Store::open(&open, &Rule::store(false), ExpectedVersion::Current).unwrap();
        for name in ["a", "b", "c"] {
            let writing = store.write().unwrap();
            writing.set_fact(name, b"1").unwrap();
            writing.commit().unwrap();
        }
        fs::copy(beside(&open, "-wal"), beside(&path, "-wal")).unwrap();
        (directory, path)
    }

    fn with_byte_changed(path: &Path, at: usize) -> Vec<String> {
        let log = beside(path, "-wal");
        let mut bytes = fs::read(&log).unwrap();
        bytes[at] ^= 0xff;
        fs::write(&log, bytes).unwrap();
        faults(path).unwrap()
    }

    #[test]
    fn a_log_that_is_sound_missing_or_ends_half_written_has_no_fault() {
        let (_folder, path) = with_log();
        assert_eq!(faults(&path).unwrap(), [""; 0]);
        let log = beside(&path, "-wal");
        let bytes = fs::read(&log).unwrap();
        for length in [0, 20, 32, bytes.len() - 5_000, bytes.len() - 1] {
            fs::write(&log, &bytes[..length]).unwrap();
            assert_eq!(faults(&path).unwrap(), [""; 0], "{length} bytes");
        }
        fs::remove_file(&log).unwrap();
        assert_eq!(faults(&path).unwrap(), [""; 0]);
    }

    #[test]
    fn the_last_frame_may_be_half_written_and_one_before_it_is_damage() {
        let (_folder, path) = with_log();
        let length = fs::metadata(beside(&path, "-wal")).unwrap().len() as usize;
        assert_eq!(with_byte_changed(&path, length - 1), [""; 0]);
        let found = with_byte_changed(&path, HEADER + FRAME_HEADER + 9);
        assert!(found[0].contains("frame 1 is damaged: 3 changes"), "{found:?}");
        let found = with_byte_changed(&path, 9);
        assert!(found[0].contains("its beginning is damaged"), "{found:?}");
    }
}
