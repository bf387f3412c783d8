//! A process that is stopped (by Ctrl-Z, or by terminal output from the background) keeps its locks and blocks every other writer.
//! Stop signals are therefore blocked during a transaction and delivered after it.
//!
//! They are blocked in the thread that uses the store, and a pending one stops the process when the last guard is dropped. This
//! requires that no other thread receives it meanwhile: threads are started under a [`StopSignalGuard`], so that they inherit its
//! mask. SIGSTOP cannot be blocked.

use std::cell::Cell;

use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;

/// The signals that stop a process.
const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

thread_local! {
    /// The number of [`StopSignalGuard`]s in this thread, and the signals that the first of them blocked.
    static DEFERRED: Cell<(u32, SigSet)> = Cell::new((0, SigSet::empty()));
}

/// While it exists, no signal of the terminal stops the process. It may be nested.
#[derive(Debug)]
pub struct StopSignalGuard {
    /// A mask belongs to its thread.
    _here: std::marker::PhantomData<*const ()>,
}

/// Defers signals that stop the process, until the guard is dropped.
pub fn defer() -> StopSignalGuard {
    block();
    StopSignalGuard { _here: std::marker::PhantomData }
}

impl Drop for StopSignalGuard {
    fn drop(&mut self) {
        unblock();
    }
}

/// Begins to defer them in this thread, until [`unblock`].
pub(super) fn block() {
    let (count, mut blocked) = DEFERRED.get();
    if count == 0 {
        let stopping: SigSet = STOPPING.into_iter().collect();
        // This cannot fail for existing signals. Signals that other code has blocked stay blocked.
        let before = stopping.thread_swap_mask(SigmaskHow::SIG_BLOCK).unwrap_or_else(|_| SigSet::empty());
        blocked = STOPPING.into_iter().filter(|signal| !before.contains(*signal)).collect();
    }
    DEFERRED.set((count + 1, blocked));
}

/// Ends what [`block`] began.
pub(super) fn unblock() {
    let (count, blocked) = DEFERRED.get();
    if count == 1 {
        let _ = blocked.thread_unblock();
    }
    DEFERRED.set((count.saturating_sub(1), blocked));
}

/// Lets a pending stop signal stop the process now, while the thread waits for a lock and holds none. Returns when the process
/// continues.
pub(super) fn stop_if_asked() {
    let (count, blocked) = DEFERRED.get();
    if count > 0 {
        let _ = blocked.thread_unblock();
        let _ = blocked.thread_block();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(signal: Signal) -> bool {
        SigSet::thread_get_mask().unwrap().contains(signal)
    }

    #[test]
    fn deferring_nests_and_leaves_the_mask_as_it_was() {
        assert!(!is_blocked(Signal::SIGTSTP));
        let outer = defer();
        let inner = defer();
        assert!(STOPPING.into_iter().all(is_blocked) && !is_blocked(Signal::SIGINT));
        drop(outer);
        assert!(is_blocked(Signal::SIGTSTP));
        drop(inner);
        assert!(!STOPPING.into_iter().any(is_blocked));

        let mut own = SigSet::empty();
        own.add(Signal::SIGTSTP);
        own.thread_block().unwrap();
        drop(defer());
        assert!(is_blocked(Signal::SIGTSTP) && !is_blocked(Signal::SIGTTOU));
        own.thread_unblock().unwrap();
    }

    #[test]
    fn a_thread_started_meanwhile_takes_no_such_signal_and_the_starter_does_again() {
        let deferred = defer();
        let thread = std::thread::spawn(|| {
            drop(defer());
            is_blocked(Signal::SIGTSTP)
        });
        drop(deferred);
        assert!(thread.join().unwrap());
        assert!(!is_blocked(Signal::SIGTSTP));
    }
}
