//! Requests to stop: SIGINT, SIGTERM and SIGHUP, for work that is to end in good order.

use std::io;
use std::thread;

use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;

/// What asks a process to stop: Ctrl-C, kill(1), and a terminal that was closed.
const STOPPING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Lets `hear` know of each request from now on, in a thread of its own, instead of the process being ended by it. Threads
/// that are started after this take no such signal either; programs that are started get them as usual.
///
/// It holds until the process ends: what is left to do after the work takes no time worth interrupting.
pub(super) fn watch(hear: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    let mut signals: SigSet = STOPPING.into_iter().collect();
    // One that is ignored stays so: nohup(1) does that to SIGHUP, and a shell script to what it runs in the background.
    for signal in STOPPING {
        if is_ignored(signal)? {
            signals.remove(signal);
        }
    }
    signals.thread_block()?;
    // Ctrl-Z is not for that thread: it would stop the process while another thread holds a lock.
    let stops: SigSet = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
    let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let started = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = signals.wait() {
            hear(signal as i32);
        }
    });
    before.thread_set_mask()?;
    started.map(drop)
}

/// Whether the process ignores a signal, as the kernel says it (proc_pid_status(5)): asking by sigaction(2) would set it.
fn is_ignored(signal: Signal) -> io::Result<bool> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    Ok(mask & 1 << (signal as i32 - 1) != 0)
}
