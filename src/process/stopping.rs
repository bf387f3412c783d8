//! Stop signals (SIGINT, SIGTERM and SIGHUP), for work that must end in good order.

use std::io;
use std::thread;

use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;

/// The signals of Ctrl-C, kill(1), and a closed terminal.
const STOPPING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// From now on calls `on_signal` for each stop signal, in a thread of its own, instead of ending the process. Threads
/// started after this do not receive these signals either; programs that are started get them as usual.
///
/// This lasts until the process ends, because what is left to do after the work takes too little time to be
/// interrupted.
pub(super) fn watch(on_signal: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    let mut signals: SigSet = STOPPING.into_iter().collect();
    // An ignored signal remains ignored: nohup(1) ignores SIGHUP, and a shell script ignores signals for its
    // background jobs.
    for signal in STOPPING {
        if is_ignored(signal)? {
            signals.remove(signal);
        }
    }
    signals.thread_block()?;
    // Ctrl-Z must not be handled by that thread: it would stop the process while another thread holds a lock.
    let stops: SigSet = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().collect();
    let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let started = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = signals.wait() {
            on_signal(signal as i32);
        }
    });
    before.thread_set_mask()?;
    started.map(drop)
}

/// Whether the process ignores a signal, from proc_pid_status(5): querying with sigaction(2) through nix would also
/// set it.
fn is_ignored(signal: Signal) -> io::Result<bool> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    Ok(mask & 1 << (signal as i32 - 1) != 0)
}
