//! Data that is held back until all of it was read from the store. A reader of the output may take hours, as a pager does, and a
//! transaction that was open meanwhile would let the log beside the store grow without end, and keep in it what was deleted.

use std::fs::File;
use std::io;
use std::io::Seek as _;
use std::io::Write;
use std::path::PathBuf;

use crate::private_file;

/// So much is held in memory, in bytes: some 20,000 users. More goes to a file that has no name.
const IN_MEMORY: usize = 4 << 20;

/// What is held back.
#[derive(Debug)]
pub(super) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    /// The file is created beside this one; `None`: there is no store, and little to hold.
    beside: Option<PathBuf>,
}

impl Spool {
    pub(super) fn new(beside: Option<PathBuf>) -> Self {
        Self { memory: Vec::new(), file: None, beside }
    }

    /// Writes all of it, in the order in which it came.
    pub(super) fn copy_to(mut self, out: &mut dyn Write) -> io::Result<()> {
        self.flush()?;
        match self.file {
            None => out.write_all(&self.memory),
            Some(mut file) => file.rewind().and_then(|()| io::copy(&mut file, out)).map(drop),
        }
    }

    fn empty_memory(&mut self) -> io::Result<()> {
        let Some(beside) = self.beside.as_ref() else { return Ok(()) };
        let written = match &mut self.file {
            Some(file) => file.write_all(&self.memory),
            None => private_file::create_unnamed(beside)
                .map_err(io::Error::other)
                .and_then(|file| self.file.insert(file).write_all(&self.memory)),
        };
        self.memory.clear();
        let directory = beside.parent().unwrap_or(beside).display();
        let in_words = |error: io::Error| {
            let words = format!(
                "{directory}: cannot hold the output until it is read: {error}; write it to a file, which needs no copy there"
            );
            io::Error::new(error.kind(), words)
        };
        written.map_err(in_words)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_full = self.memory.len() + bytes.len() > IN_MEMORY;
        if self.beside.is_some() && (is_full || self.memory.try_reserve(bytes.len()).is_err()) {
            self.empty_memory()?;
        }
        self.memory.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.file.is_some() { self.empty_memory() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_out_in_its_order_and_no_file_is_left() {
        let directory = tempfile::tempdir().unwrap();
        for lines in [0, 10, 200_000] {
            let mut spool = Spool::new(Some(directory.path().join("store.db")));
            let all: String = (0..lines).map(|line| format!("line {line} of a list that is long enough\n")).collect();
            all.lines().for_each(|line| writeln!(spool, "{line}").unwrap());
            assert_eq!((spool.file.is_some(), spool.memory.capacity() <= 2 * IN_MEMORY), (lines == 200_000, true));
            let mut out = Vec::new();
            spool.copy_to(&mut out).unwrap();
            assert!(out == all.as_bytes(), "{lines}");
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn without_room_for_a_file_the_words_name_the_directory() {
        let mut spool = Spool::new(Some("/proc/absent/store.db".into()));
        let error = spool.write_all(&vec![0; IN_MEMORY + 1]).and_then(|()| spool.write_all(&[0])).unwrap_err();
        assert!(error.to_string().starts_with("/proc/absent: cannot hold the output until it is read: "), "{error}");
    }
}
