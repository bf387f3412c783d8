//! What sending needs of the machine, asked for before anything is begun. Later a shortage would end the process (an allocation
//! that fails does: Rust has no stable way to handle it), or cost a mail its attempt.

use std::hint::black_box;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

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

/// What else a command needs between [`require`] and its run: pipes for its locks and for signals, and the memory for creating a job.
const PIPES_BEFORE: usize = 4;
const MEMORY_BEFORE: usize = 24 << 20;
/// The threads of a run: it hears signals, delivers, and looks up names.
const THREADS: usize = 3;
/// The processes of one mail that a program takes: itself, and the one to which it gives the mail (as Postfix's sendmail(1) starts
/// postdrop(1)). Limits of processes count threads too, so as many threads show whether they could be started.
const PROCESSES_A_PROGRAM: usize = 2;
/// The stack of a thread that does nothing.
const STACK: usize = 64 << 10;

/// Asks for what a run over so many connections needs, with what a command needs until it comes to it, and gives it back. For what may
/// not be done where no mail can be sent after it.
///
/// # Errors
/// [`StoreError::NoDescriptors`], [`StoreError::NoMemory`] and [`StoreError::NoThread`].
pub fn require(transport: &Transport, connections: usize) -> Result<()> {
    check_with(transport, connections, PIPES_BEFORE, MEMORY_BEFORE)?;
    let processes = if matches!(transport, Transport::Sendmail(_)) { PROCESSES_A_PROGRAM * connections } else { 0 };
    let all_are_asked_for = Mutex::new(());
    thread::scope(|scope| {
        // Until this is given back none of them ends, so that they are there at once.
        let _asking = all_are_asked_for.lock().unwrap_or_else(PoisonError::into_inner);
        for number in 0..THREADS + processes {
            let wait = || drop(all_are_asked_for.lock());
            let thread = thread::Builder::new();
            let thread = if number < THREADS { thread } else { thread.stack_size(STACK) };
            thread.spawn_scoped(scope, wait).map_err(StoreError::NoThread)?;
        }
        Ok(())
    })
}

/// Asks for what a run over so many connections needs, and gives it back. Only a further connection to a relay does without: the run
/// goes on over fewer.
///
/// # Errors
/// [`StoreError::NoDescriptors`] and [`StoreError::NoMemory`].
pub(super) fn check(transport: &Transport, connections: usize) -> Result<()> {
    check_with(transport, connections, 0, 0)
}

fn check_with(transport: &Transport, connections: usize, more_pipes: usize, more_memory: usize) -> Result<()> {
    let more = match transport {
        Transport::Folder(_) => PIPES_A_FILE,
        Transport::Sendmail(_) => PIPES_A_PROGRAM,
        Transport::Smtp(_) | Transport::Memory(_) => 0,
    };
    let count = SPARE_PIPES + more_pipes + more * connections.saturating_sub(1);
    let spare: io::Result<Vec<_>> = (0..count).map(|_| io::pipe()).collect();
    drop(spare.map_err(StoreError::NoDescriptors)?);
    let memory = MEMORY + more_memory;
    if may_have(memory) { Ok(()) } else { Err(StoreError::NoMemory(memory)) }
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
