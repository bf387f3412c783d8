//! What the process denies to others while it holds secrets in its memory.

use std::io;

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::Resource;
use nix::sys::resource::setrlimit;
use nix::sys::signal::SaFlags;
use nix::sys::signal::SigAction;
use nix::sys::signal::SigHandler;
use nix::sys::signal::SigSet;
use nix::sys::signal::Signal;
use nix::sys::signal::sigaction;

/// From here on a crash writes no core file, and no other process of the same account can read this one's memory,
/// attach a debugger to it or see its environment in /proc (CWE-528, CWE-316; root still can).
///
/// The limit of 0 bytes passes to programs that this one starts; that they cannot be peeked at does not, execve(2)
/// takes it back. Call it before the first secret is read.
///
/// # Errors
/// When the kernel refuses one of the two, which it has no reason to do.
pub fn no_core_no_peeking() -> io::Result<()> {
    // Both, because a core pattern that pipes to a program ignores the limit, but not the missing dumpable flag.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)?;
    Ok(())
}

/// From here on a write beyond the largest file that the process may write (`ulimit -f`) fails as on a full disk (EFBIG), and
/// does not end the process: a login needs no write. Programs that this one starts inherit it.
///
/// # Errors
/// When the kernel refuses it, which it has no reason to do.
pub fn no_end_by_file_size() -> io::Result<()> {
    let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: no handler of ours runs, and nothing else sets this signal.
    unsafe { sigaction(Signal::SIGXFSZ, &ignored) }?;
    Ok(())
}
