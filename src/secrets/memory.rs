//! The memory for Argon2.

use std::collections::TryReserveError;

use argon2::Block;
use zeroize::Zeroize;

/// The size of a huge page on x86-64, and on AArch64 with pages of 4 KiB; a multiple of every page size.
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

/// Blocks that are kept from one hash to the next. Otherwise a third of the time of a single hash would be spent in
/// the kernel, on 16,384 page faults for 64 MiB. So the memory is kept, and huge pages are requested for it.
#[derive(Default)]
pub(super) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Reserves memory for `count` blocks: if the process may not have it, a later hash would end the process.
    ///
    /// # Errors
    /// If the system refuses it.
    pub(super) fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        if self.0.capacity() < count {
            self.release();
            self.0.try_reserve_exact(count)?;
            ask_for_huge_pages(&mut self.0);
        }
        Ok(())
    }

    /// `count` blocks, with any content.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            // If this fails, the next line ends the process like any other failed allocation.
            let _ = self.reserve(count);
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }

    /// Number of blocks.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Frees all memory.
    pub(super) fn release(&mut self) {
        self.0 = Vec::new();
    }
}

/// Wipes `blocks`. With what Argon2 leaves in them, guessing a password would cost less than a full hash.
pub(super) fn wipe(blocks: &mut [Block]) {
    blocks.iter_mut().for_each(Zeroize::zeroize);
}

/// Asks the kernel to back the untouched capacity of `blocks` with huge pages, if it has room for one.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(blocks: &mut Vec<Block>) {
    use std::ptr::NonNull;

    use nix::sys::mman::MmapAdvise;
    use nix::sys::mman::madvise;

    let room = blocks.spare_capacity_mut();
    let skipped = room.as_ptr().cast::<u8>().align_offset(HUGE_PAGE);
    let length = size_of_val(room).saturating_sub(skipped) / HUGE_PAGE * HUGE_PAGE;
    if length == 0 {
        return;
    }
    let start = NonNull::from(room).cast::<u8>();
    // A kernel without huge pages refuses; hashing is then slower.
    #[expect(unsafe_code, reason = "no safe function advises the kernel about memory")]
    // SAFETY: the `length` bytes from `start + skipped` on lie within `room`, which is borrowed exclusively. The
    // advice changes neither content nor access, only the size of the pages behind it.
    let _: nix::Result<()> = unsafe { madvise(start.add(skipped).cast(), length, MmapAdvise::MADV_HUGEPAGE) };
}

/// Other kernels choose the page size on their own.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_blocks: &mut Vec<Block>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_is_kept_and_can_be_freed() {
        let mut memory = HashMemory::default();
        for count in [8, 5_000, 64] {
            assert_eq!(memory.blocks(count).len(), count);
        }
        assert_eq!(memory.len(), 5_000);
        memory.release();
        assert_eq!(memory.len(), 0);
    }

    #[test]
    fn wiped_blocks_are_zero() {
        let mut memory = HashMemory::default();
        let blocks = memory.blocks(16);
        blocks[15].as_mut()[127] = 7;
        wipe(blocks);
        assert!(blocks.iter().all(|block| block.as_ref().iter().all(|&word| word == 0)));
    }
}
