//! Protects the secrets in the memory of the process, and the process against the caller's limits.

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

/// Disables core files, and keeps other processes of the same account from reading the memory of this process,
/// attaching a debugger to it or seeing its environment in /proc (CWE-528, CWE-316; root still can).
///
/// Programs that this process starts inherit the core limit of 0 bytes, but not the protection against other
/// processes, which execve(2) resets. Must be called before the first secret is read.
///
/// # Errors
/// If the kernel refuses one of the two, which it has no reason to do.
pub fn protect_memory() -> io::Result<()> {
    // Both are needed: a core pattern that pipes to a program ignores the limit, but not the missing dumpable flag.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)?;
    Ok(())
}

/// Makes a write beyond the limit of the file size (`ulimit -f`) fail like a write to a full disk (EFBIG), instead of
/// ending the process: a login can succeed without a write. Programs that this process starts inherit this.
///
/// # Errors
/// If the kernel refuses it, which it has no reason to do.
pub fn ignore_file_size_signal() -> io::Result<()> {
    let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: no handler of ours runs, and nothing else sets this signal.
    unsafe { sigaction(Signal::SIGXFSZ, &ignored) }?;
    Ok(())
}
