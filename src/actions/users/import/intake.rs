//! The input on its way in: hashed for the event, and bounded, because a quote that is never closed would make one row of
//! all that follows.

use std::cell::Cell;
use std::cell::RefCell;
use std::io;
use std::io::Read;
use std::rc::Rc;

use sha2::Digest as _;
use sha2::Sha256;

/// The longest row, in bytes.
pub(super) const LONGEST_ROW: u64 = 64 * 1024;
/// What the readers hold in their buffers.
pub(super) const BUFFER: usize = 128 * 1024;

/// The input, read through.
pub(super) struct Intake<'input> {
    input: &'input mut dyn Read,
    hasher: Rc<RefCell<Sha256>>,
    since_row: Rc<Cell<u64>>,
}

/// What was read so far, as a digest.
pub(super) struct Digest(Rc<RefCell<Sha256>>);

/// Tells the intake that a row has ended.
pub(super) struct RowEnd(Rc<Cell<u64>>);

impl<'input> Intake<'input> {
    pub(super) fn new(input: &'input mut dyn Read) -> Self {
        Self { input, hasher: Rc::default(), since_row: Rc::default() }
    }

    pub(super) fn digest(&self) -> Digest {
        Digest(Rc::clone(&self.hasher))
    }

    pub(super) fn row_end(&self) -> RowEnd {
        RowEnd(Rc::clone(&self.since_row))
    }
}

impl Read for Intake<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > LONGEST_ROW + BUFFER as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 64 KiB: is a quote not closed?",
            ));
        }
        let count = self.input.read(buffer)?;
        self.since_row.set(self.since_row.get() + count as u64);
        self.hasher.borrow_mut().update(&buffer[..count]);
        Ok(count)
    }
}

impl Digest {
    pub(super) fn hex(&self) -> String {
        self.0.borrow().clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl RowEnd {
    pub(super) fn mark(&self) {
        self.0.set(0);
    }
}
