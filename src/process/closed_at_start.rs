//! Which of the standard streams were closed when the process began.
//!
//! Before `main` the Rust runtime opens /dev/null in place of each of the descriptors 0, 1 and 2 that is closed: a list that was
//! printed would be lost with exit code 0, and an input that was never there would count as empty. The runtime opens it for
//! reading and writing, and so do many who give a program an output that nobody reads (daemon(3), Python's
//! `subprocess.DEVNULL`, Node.js): in `main` nothing tells the two apart. What was closed is therefore noted before.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;

use nix::libc;

/// A standard stream, by the number of its descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    Input = 0,
    Output = 1,
}

/// A bit for each descriptor that was closed (1 << number).
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Whether the stream was closed when the process began.
pub(super) fn was_closed(stream: Standard) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << stream as u8) != 0
}

/// Lets the C runtime call [`note_closed`] before the Rust runtime begins.
#[used]
#[expect(unsafe_code, reason = "what is in this section runs before the Rust runtime, and nothing else does")]
// SAFETY: the section is an array of pointers to C functions that return nothing (System V gABI, "Initialization and Termination
// Functions"). glibc passes arguments, which a function without parameters leaves where they are.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    for stream in [Standard::Input, Standard::Output] {
        #[expect(unsafe_code, reason = "the safe form takes a descriptor that is open")]
        // SAFETY: F_GETFD touches no memory, and fails for a number that is no open descriptor.
        let flags = unsafe { libc::fcntl(stream as libc::c_int, libc::F_GETFD) };
        if flags == -1 {
            CLOSED.fetch_or(1 << stream as u8, Ordering::Relaxed);
        }
    }
}
