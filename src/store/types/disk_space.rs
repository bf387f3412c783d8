//! The free space of a disk.

use std::fmt;
use std::time::Duration;

/// The space that a change may need: for SQLite's log with its index, the pages that a small change touches, and the record of the
/// change.
pub(in crate::store) const LEAST: DiskSpace =
    DiskSpace { bytes: 1024 * 1024, files: Some(8), is_refused: false, reserved: 0 };

/// The free space of a disk for the account that the program runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    pub(in crate::store) bytes: u64,
    /// How many files can be created; `None`: the file system does not count them.
    pub(in crate::store) files: Option<u64>,
    /// Whether the file system did not give the bytes that it says are free.
    pub(in crate::store) is_refused: bool,
    /// The bytes that are reserved besides, for moving the log into the store.
    pub(in crate::store) reserved: u64,
}

impl fmt::Display for DiskSpace {
    /// Shows the one that is short: bytes or files.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.files {
            _ if self.bytes < LEAST.bytes && self.reserved > 0 => {
                let (free, reserved) = (self.bytes / 1024, self.reserved.div_ceil(1024));
                write!(formatter, "{free} KiB left besides {reserved} KiB to move its log into it")
            }
            _ if self.bytes < LEAST.bytes => write!(formatter, "{} KiB left", self.bytes / 1024),
            Some(files) if Some(files) < LEAST.files => write!(formatter, "{files} files left"),
            _ => write!(formatter, "less than 1 MiB left"),
        }
    }
}

/// The disk of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskCheck {
    /// The room for the account that runs the program, in bytes.
    pub free: u64,
    /// The time of a sync (fdatasync(2)) after 4 KiB were written.
    pub sync: Duration,
}
