//! Finds out which of the standard streams were closed when the process started.
//!
//! Before `main`, the Rust runtime opens /dev/null for each closed descriptor of 0, 1 and 2. A printed list would
//! then be lost with exit code 0, and a missing input would look empty. The runtime opens /dev/null for reading and
//! writing, and so do many programs that want to discard a program's output (daemon(3), Python's
//! `subprocess.DEVNULL`, Node.js), so that `main` cannot tell the two apart. Closed descriptors are therefore noted
//! before.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;

use nix::libc;

/// A standard stream, with the number of its descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    Input = 0,
    Output = 1,
}

/// A bit for each descriptor that was closed (1 << number).
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Whether the stream was closed when the process started.
pub(super) fn was_closed(stream: Standard) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << stream as u8) != 0
}

/// Makes the C runtime call [`note_closed`] before the Rust runtime starts.
#[used]
#[expect(unsafe_code, reason = "what is in this section runs before the Rust runtime, and nothing else does")]
// SAFETY: the section is an array of pointers to C functions that return nothing (System V gABI, "Initialization and
// Termination Functions"). glibc passes arguments, which a function without parameters ignores.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    for stream in [Standard::Input, Standard::Output] {
        #[expect(unsafe_code, reason = "the safe form takes a descriptor that is open")]
        // SAFETY: F_GETFD touches no memory, and fails if the number is not an open descriptor.
        let flags = unsafe { libc::fcntl(stream as libc::c_int, libc::F_GETFD) };
        if flags == -1 {
            CLOSED.fetch_or(1 << stream as u8, Ordering::Relaxed);
        }
    }
}
