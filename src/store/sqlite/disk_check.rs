//! How much room the disk of the store has, and how long it takes to have something for certain.

use std::os::unix::fs::FileExt as _;
use std::time::Instant;

use nix::sys::statvfs::statvfs;

use super::Result;
use super::Store;
use super::StoreError;
use super::paths::directory_of;
use crate::private_file::UnfinishedFile;
use crate::store::types::disk_space::DiskCheck;

/// What is written: a page of the store.
const PAGE: usize = 4 * 1024;
/// How often. The one in the middle counts: a single one may meet another program's.
const TIMES: usize = 5;

impl Store {
    /// Checks that there is room for a change, and measures a sync of a private file beside the store, which is removed.
    ///
    /// # Errors
    /// [`StoreError::Scarce`], or that the store cannot be written.
    pub fn check_disk(&self) -> Result<DiskCheck> {
        self.require_room()?;
        let directory = directory_of(self.path());
        let failed = |error: nix::Error| StoreError::Disk(format!("{}: {error}", directory.display()));
        let found = statvfs(directory).map_err(failed)?;
        let free = found.blocks_available().saturating_mul(found.fragment_size());
        let file = UnfinishedFile::beside(self.path(), 0o600)?;
        let writer = file.writer()?;
        let mut times = Vec::with_capacity(TIMES);
        for place in 0..TIMES {
            let written = writer.write_all_at(&[0x5a; PAGE], (place * PAGE) as u64);
            let began = Instant::now();
            let synced = written.and_then(|()| writer.sync_data());
            synced.map_err(|error| StoreError::Loose(file.problem("written", error)))?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(DiskCheck { free, sync: times[TIMES / 2] })
    }
}
