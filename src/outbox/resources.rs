//! Checks before a run that the machine has the resources to send mail. Later, a shortage would end the process (a
//! failed allocation does: Rust has no stable way to handle it) or cost a mail its attempt.

use std::hint::black_box;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use crate::mail::transport::Transport;
use crate::store::Result;
use crate::store::StoreError;

/// How many pipes, of two descriptors each, must be free for the workers' runtime, one connection, its certificates
/// and the look-up of a name.
const SPARE_PIPES: usize = 6;
/// How many more each further connection needs if mails are written to files: for the directories on the path and the
/// file.
const PIPES_A_FILE: usize = 2;
/// How many more it needs if a program takes the mails: for the pipes to and from it, both ends of each, and for the
/// pipe that reports its start.
const PIPES_A_PROGRAM: usize = 4;
/// The memory in bytes for the stacks of three threads (2 MiB each), TLS, a large mail and SQLite's cache.
const MEMORY: usize = 24 << 20;

/// What else a command needs between [`require`] and its run: pipes for its locks and signals, and memory for
/// creating a job.
const PIPES_BEFORE: usize = 4;
const MEMORY_BEFORE: usize = 24 << 20;
/// The threads of a run: for signals, delivery, and name look-ups.
const THREADS: usize = 3;
/// The processes for a mail that a program takes: the program, and the process to which it passes the mail (Postfix's
/// sendmail(1) starts postdrop(1)). Limits on processes count threads too, so starting as many threads shows whether
/// they could be started.
const PROCESSES_A_PROGRAM: usize = 2;
/// The stack of a thread that does nothing.
const STACK: usize = 64 << 10;

/// Checks that the resources are there for a run over this many connections and for the command until the run starts,
/// and releases them. For actions that must not be done if no mail can be sent afterwards.
///
/// # Errors
/// [`StoreError::NoDescriptors`], [`StoreError::NoMemory`] and [`StoreError::NoThread`].
pub fn require(transport: &Transport, connections: usize) -> Result<()> {
    check_with(transport, connections, PIPES_BEFORE, MEMORY_BEFORE)?;
    let processes = if matches!(transport, Transport::Sendmail(_)) { PROCESSES_A_PROGRAM * connections } else { 0 };
    let all_started = Mutex::new(());
    thread::scope(|scope| {
        // Keeps the threads from ending, so that all exist at the same time.
        let _starting = all_started.lock().unwrap_or_else(PoisonError::into_inner);
        for number in 0..THREADS + processes {
            let wait = || drop(all_started.lock());
            let thread = thread::Builder::new();
            let thread = if number < THREADS { thread } else { thread.stack_size(STACK) };
            thread.spawn_scoped(scope, wait).map_err(StoreError::NoThread)?;
        }
        Ok(())
    })
}

/// Checks that the resources are there for a run over this many connections, and releases them. A further connection
/// to a relay needs none: without it, the run continues over fewer.
///
/// # Errors
/// [`StoreError::NoDescriptors`] and [`StoreError::NoMemory`].
pub(super) fn check(transport: &Transport, connections: usize) -> Result<()> {
    check_with(transport, connections, 0, 0)
}

fn check_with(transport: &Transport, connections: usize, more_pipes: usize, more_memory: usize) -> Result<()> {
    let more = match transport {
        Transport::Directory(_) => PIPES_A_FILE,
        Transport::Sendmail(_) => PIPES_A_PROGRAM,
        Transport::Smtp(_) | Transport::Memory(_) => 0,
    };
    let count = SPARE_PIPES + more_pipes + more * connections.saturating_sub(1);
    let spare: io::Result<Vec<_>> = (0..count).map(|_| io::pipe()).collect();
    drop(spare.map_err(StoreError::NoDescriptors)?);
    let memory = MEMORY + more_memory;
    if may_have(memory) { Ok(()) } else { Err(StoreError::NoMemory(memory)) }
}

/// Whether the process may allocate this many more bytes within the limits of its address space and data
/// (setrlimit(2)). The memory is not touched.
pub fn may_have(bytes: usize) -> bool {
    let mut allocation: Vec<u8> = Vec::new();
    let is_available = allocation.try_reserve_exact(bytes).is_ok();
    // Without this the compiler would remove the unused allocation and return true.
    black_box(&mut allocation);
    is_available
}
