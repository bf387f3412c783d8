//! What sending needs of the machine, asked for before anything is begun. Later a shortage would end the process (an allocation
//! that fails does: Rust has no stable way to handle it), or cost a mail its attempt.

use std::hint::black_box;
use std::io;

use crate::mail::transport::Transport;
use crate::store::Result;
use crate::store::StoreError;

/// How many pipes, of two descriptors each, must be free for the workers' runtime, one connection, its certificates and the
/// look-up of a name.
const SPARE_PIPES: usize = 6;
/// How many more each further connection needs at once where a mail becomes a file: the directories on the way to it, and the file.
const PIPES_A_FILE: usize = 2;
/// And where a program takes it: the pipes to and from it, at both ends, and the one by which its start is reported.
const PIPES_A_PROGRAM: usize = 4;
/// The memory of the stacks of three threads (2 MiB each), of TLS, of a large mail and of SQLite's cache, in bytes.
const MEMORY: usize = 24 << 20;

/// Asks for what a run over so many connections needs, and gives it back. Only a further connection to a relay does without: the run
/// goes on over fewer.
///
/// # Errors
/// [`StoreError::NoDescriptors`] and [`StoreError::NoMemory`].
pub(super) fn check(transport: &Transport, connections: usize) -> Result<()> {
    let more = match transport {
        Transport::Folder(_) => PIPES_A_FILE,
        Transport::Sendmail(_) => PIPES_A_PROGRAM,
        Transport::Smtp(_) | Transport::Memory(_) => 0,
    };
    let count = SPARE_PIPES + more * connections.saturating_sub(1);
    let spare: io::Result<Vec<_>> = (0..count).map(|_| io::pipe()).collect();
    drop(spare.map_err(StoreError::NoDescriptors)?);
    if may_have(MEMORY) { Ok(()) } else { Err(StoreError::NoMemory(MEMORY)) }
}

/// Whether the process may have so many bytes more, as far as limits of its address space and data say (setrlimit(2)). The memory
/// is not touched.
pub fn may_have(bytes: usize) -> bool {
    let mut asked: Vec<u8> = Vec::new();
    let is_given = asked.try_reserve_exact(bytes).is_ok();
    // Or the compiler would leave out what nobody uses, and say yes.
    black_box(&mut asked);
    is_given
}
