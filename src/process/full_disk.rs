//! Reports a disk that becomes full under mapped memory. SQLite maps the index of its log (`-shm`) into memory
//! (mmap(2)). If the file system has no space for a page of it, which may happen for a page that was written before
//! (btrfs) or for a new one (ext4 with blocks of 1 KiB), the kernel sends SIGBUS. The store is then in the same state
//! as after SIGKILL: what was committed is there, and the next process rolls the rest back.

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

/// Makes a SIGBUS caused by a fault end the process with a message and the exit code of a full disk. A SIGBUS that
/// was sent by a process keeps its default effect.
///
/// # Errors
/// If the kernel refuses it, which it has no reason to do.
pub fn report_fault() -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigAction(handle_fault), SaFlags::SA_RESETHAND, SigSet::empty());
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: the handler only does what signal-safety(7) allows, and nothing else sets this signal.
    unsafe { sigaction(Signal::SIGBUS, &action) }?;
    Ok(())
}

/// Whether a signal was sent by a process (kill(2), sigqueue(3)) and not caused by a fault (sigaction(2), `si_code`).
pub(super) fn was_sent(info: *const siginfo_t) -> bool {
    #[expect(unsafe_code, reason = "the kernel passes a pointer")]
    // SAFETY: the pointer is null, or comes from the kernel through the handler that calls this function.
    let info = unsafe { info.as_ref() };
    info.is_some_and(|info| info.si_code <= 0)
}

/// The handler, which only calls raise(3), write(2) and _exit(2), as signal-safety(7) allows. After a fault it must
/// not return, because the same access would fault again.
extern "C" fn handle_fault(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    if was_sent(info) {
        // SA_RESETHAND has restored the default action, which ends the process when the handler returns.
        let _ = Signal::try_from(signal).map(raise);
        return;
    }
    let _ = write(io::stderr(), WORDS);
    #[expect(unsafe_code, reason = "_exit(2) has no safe form")]
    // SAFETY: _exit(2) ends the process and touches none of its memory.
    unsafe {
        libc::_exit(IO)
    }
}
