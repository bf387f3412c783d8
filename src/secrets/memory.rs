//! The memory that Argon2 fills.

use std::collections::TryReserveError;

use argon2::Block;
use zeroize::Zeroize;

/// The size of a huge page on x86-64 and on AArch64 with pages of 4 KiB; a multiple of every size of a page.
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

/// Blocks that are kept from hash to hash. A third of what a single hash costs is otherwise the kernel's: 16,384 page
/// faults for 64 MiB. So the memory is kept, and asked for in huge pages.
#[derive(Default)]
pub(super) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Takes the room of `count` blocks: where the process may not have it, a later hash would end the process.
    ///
    /// # Errors
    /// When the system does not give it.
    pub(super) fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        if self.0.capacity() < count {
            self.release();
            self.0.try_reserve_exact(count)?;
            ask_for_huge_pages(&mut self.0);
        }
        Ok(())
    }

    /// `count` blocks, with whatever was in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            // Without it, the next line ends the process as any other allocation does.
            let _ = self.reserve(count);
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }

    /// How many blocks are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Gives all memory back.
    pub(super) fn release(&mut self) {
        self.0 = Vec::new();
    }
}

/// Wipes `blocks`. What Argon2 leaves in them would let a password be guessed at less than its full cost.
pub(super) fn wipe(blocks: &mut [Block]) {
    blocks.iter_mut().for_each(Zeroize::zeroize);
}

/// Asks the kernel to back the untouched room of `blocks` with huge pages, where there is room for one.
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
    // A kernel without huge pages refuses; the hash is then the same and slower.
    #[expect(unsafe_code, reason = "no safe function advises the kernel about memory")]
    // SAFETY: `skipped + length` bytes from `start` on lie within `room`, which is borrowed exclusively. The advice
    // changes neither content nor access, only the size of the pages behind it.
    let _: nix::Result<()> = unsafe { madvise(start.add(skipped).cast(), length, MmapAdvise::MADV_HUGEPAGE) };
}

/// Other kernels choose the size of pages on their own.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_blocks: &mut Vec<Block>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_is_kept_and_is_given_back() {
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
