//! What is said when a disk becomes full under memory of the process. SQLite has the index of its log (`-shm`) in memory that is
//! a file at the same time (mmap(2)); where the file system has no room left for a page of it, which it can need for a page that
//! was written before (btrfs) or never (ext4 with blocks of 1 KiB), the kernel sends SIGBUS. The store is then as after SIGKILL:
//! what was committed is there, and the next process undoes the rest.

use std::io;

use nix::libc;
use nix::libc::c_int;
use nix::libc::c_void;
use nix::libc::siginfo_t;
use nix::sys::signal::SaFlags;
use nix::sys::signal::SigAction;
use nix::sys::signal::SigHandler;
use nix::sys::signal::SigSet;
use nix::sys::signal::Signal;
use nix::sys::signal::raise;
use nix::sys::signal::sigaction;
use nix::unistd::write;

const WORDS: &[u8] = b"error: the disk that holds the store is full: this command was ended in the middle; what it had recorded \
is kept\nhint: free some space there and run the command again; `cxme-admin jobs run` continues a job, and sends again what was \
in flight\n";

/// The exit code of a failed input or output (`EX_IOERR`, sysexits(3head)).
const IO: c_int = 74;

/// From here on SIGBUS by a fault ends the process with words and the exit code of a full disk. One that was sent does what it does
/// to any process.
///
/// # Errors
/// When the kernel refuses it, which it has no reason to do.
pub fn say_when_it_ends_the_process() -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigAction(end), SaFlags::SA_RESETHAND, SigSet::empty());
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: the handler does only what signal-safety(7) allows, and nothing else sets this signal.
    unsafe { sigaction(Signal::SIGBUS, &action) }?;
    Ok(())
}

/// Whether a signal was sent by a process (kill(2), sigqueue(3)), and is no fault of this one (sigaction(2), `si_code`).
pub(super) fn was_sent(info: *const siginfo_t) -> bool {
    #[expect(unsafe_code, reason = "the kernel passes a pointer")]
    // SAFETY: it is null, or what the kernel gave the handler that calls this.
    let info = unsafe { info.as_ref() };
    info.is_some_and(|info| info.si_code <= 0)
}

/// The handler: raise(3), write(2) and _exit(2), as signal-safety(7) allows. After a fault it must not return: the same access
/// would fault again.
extern "C" fn end(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    if was_sent(info) {
        // The default action, which is in force again, ends the process when this returns.
        let _ = Signal::try_from(signal).map(raise);
        return;
    }
    let _ = write(io::stderr(), WORDS);
    #[expect(unsafe_code, reason = "_exit(2) has no safe form")]
    // SAFETY: it ends the process and touches nothing of it.
    unsafe {
        libc::_exit(IO)
    }
}
