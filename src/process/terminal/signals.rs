//! The signals that arrive during a prompt.
//!
//! Each is only noted when it arrives. The prompt then ends, the terminal gets its settings back, and the signal is
//! raised again with its previous action. So the process is killed by it (the shell sees 128 + its number), stops
//! until `fg`, or does what another part of the program has set up. Between prompts nothing is installed here.
//!
//! This uses sigaction(2) and not the crate signal-hook, whose handlers stay installed permanently: the next Ctrl-C
//! would be lost, or would kill a program that has meanwhile set up an orderly end.

use std::io;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
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

use crate::process::full_disk::was_sent;

/// The signals that end the process by default (signal(7)): all but SIGKILL, SIGSEGV, which the Rust runtime handles,
/// [`FAULTS`], and the real-time signals, which are only sent to programs that know them.
const DEADLY: [Signal; 15] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGALRM,
    Signal::SIGPIPE,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
    Signal::SIGSTKFLT,
    Signal::SIGIO,
    Signal::SIGPWR,
];

/// The signals of faults, after which the process could not continue. They are only noted if a process sent them.
const FAULTS: [Signal; 6] =
    [Signal::SIGBUS, Signal::SIGABRT, Signal::SIGILL, Signal::SIGFPE, Signal::SIGSYS, Signal::SIGTRAP];

/// The signals that stop the process: Ctrl-Z, and using the terminal from the background.
const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// The signal after a stop that could not be noted (SIGSTOP): the shell may have changed the terminal.
const CONTINUING: [Signal; 1] = [Signal::SIGCONT];

/// The caught signals, a bit for each (1 << number).
static NOTED: AtomicU64 = AtomicU64::new(0);

/// Wakes poll(2), also if another thread received the signal.
static WAKE_PIPE: OnceLock<WakePipe> = OnceLock::new();

/// Signal actions belong to the whole process, so there is one watch at a time.
static ONE_WATCH: Mutex<()> = Mutex::new(());

struct WakePipe {
    writer: UnixStream,
    reader: UnixStream,
}

/// Notes signals from [`SignalWatch::begin`] until [`SignalWatch::end`].
pub(super) struct SignalWatch {
    before: Vec<(Signal, SigAction)>,
    wake_pipe: &'static WakePipe,
    _turn: MutexGuard<'static, ()>,
}

impl SignalWatch {
    /// Starts noting. An ignored signal (nohup(1), a background job of a shell script) remains ignored.
    pub(super) fn begin() -> io::Result<Self> {
        let turn = ONE_WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        let wake_pipe = wake_pipe()?;
        while (&wake_pipe.reader).read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
        NOTED.store(0, Ordering::SeqCst);

        let mut watch = Self { before: Vec::new(), wake_pipe, _turn: turn };
        // No SA_RESTART: a terminal call that the kernel would restart, from the background forever, returns instead.
        let noting = SigAction::new(SigHandler::Handler(note), SaFlags::empty(), SigSet::empty());
        let noting_sent = SigAction::new(SigHandler::SigAction(note_sent), SaFlags::empty(), SigSet::empty());
        for signal in DEADLY.into_iter().chain(STOPPING).chain(CONTINUING).chain(FAULTS) {
            let before = act(signal, if FAULTS.contains(&signal) { &noting_sent } else { &noting })?;
            if matches!(before.handler(), SigHandler::SigIgn) {
                act(signal, &before)?;
                NOTED.fetch_and(!bit(signal), Ordering::SeqCst);
            } else {
                watch.before.push((signal, before));
            }
        }
        Ok(watch)
    }

    /// Becomes readable when a signal arrives.
    pub(super) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake_pipe.reader.as_fd()
    }

    /// Whether a signal has arrived.
    #[expect(clippy::unused_self, reason = "only while a watch is on does the answer mean anything")]
    pub(super) fn has_caught(&self) -> bool {
        NOTED.load(Ordering::SeqCst) != 0
    }

    /// Restores the action of every signal, and returns the signals that arrived.
    pub(super) fn end(self) -> CaughtSignals {
        // First the actions: signals that arrive after that need not be noted.
        drop(self);
        CaughtSignals(NOTED.swap(0, Ordering::SeqCst))
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        for (signal, before) in self.before.drain(..) {
            // It fails for signals that cannot be caught, and none of these is one.
            let _ = act(signal, &before);
        }
    }
}

/// The signals that arrived during a watch.
pub(super) struct CaughtSignals(u64);

impl CaughtSignals {
    /// Raises them with their previous actions. Returns if no action ends or stops the process, or when it continues.
    pub(super) fn raise(&self) -> io::Result<()> {
        for signal in DEADLY.into_iter().chain(FAULTS).chain(STOPPING).filter(|signal| self.holds(*signal)) {
            raise(signal)?;
        }
        Ok(())
    }

    /// Whether any signal arrived.
    pub(super) fn any(&self) -> bool {
        self.0 != 0
    }

    /// Whether a signal arrived that ends the process.
    pub(super) fn deadly(&self) -> bool {
        DEADLY.into_iter().chain(FAULTS).any(|signal| self.holds(signal))
    }

    fn holds(&self, signal: Signal) -> bool {
        self.0 & bit(signal) != 0
    }
}

/// The handler. It may run between any two instructions, so it only uses two atomics and a write(2), as
/// signal-safety(7) allows.
extern "C" fn note(signal: c_int) {
    let errno = Errno::last_raw();
    NOTED.fetch_or(1 << signal, Ordering::SeqCst);
    if let Some(wake_pipe) = WAKE_PIPE.get() {
        // If the pipe is full, the wake-up is already pending.
        let _ = (&wake_pipe.writer).write(&[0]);
    }
    Errno::set_raw(errno);
}

/// The handler of [`FAULTS`]. A real fault happens again when this returns, and then ends the process, as does
/// abort(3).
extern "C" fn note_sent(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    if was_sent(info) {
        note(signal);
    } else {
        let _ = Signal::try_from(signal).map(restore_default);
    }
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as c_int)
}

/// The pipe, which is created at the first prompt and kept, because a handler may still be using it.
fn wake_pipe() -> io::Result<&'static WakePipe> {
    if let Some(wake_pipe) = WAKE_PIPE.get() {
        return Ok(wake_pipe);
    }
    let (writer, reader) = UnixStream::pair()?;
    writer.set_nonblocking(true)?;
    reader.set_nonblocking(true)?;
    Ok(WAKE_PIPE.get_or_init(|| WakePipe { writer, reader }))
}

/// Restores the default action of `signal`.
pub(in crate::process) fn restore_default(signal: Signal) -> nix::Result<()> {
    act(signal, &SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty())).map(drop)
}

/// Sets the action of `signal`, and returns the previous one.
fn act(signal: Signal, action: &SigAction) -> nix::Result<SigAction> {
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: `action` is the default; or `note` or `note_sent`, which only do what signal-safety(7) allows and live
    // as long as the process; or an action that sigaction(2) returned for the same signal.
    unsafe {
        sigaction(signal, action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `signal` has its default action, which this sets for an instant.
    fn is_default(signal: Signal) -> bool {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        let now = act(signal, &default).unwrap();
        act(signal, &now).unwrap();
        matches!(now.handler(), SigHandler::SigDfl)
    }

    #[test]
    fn after_a_watch_every_action_is_restored_and_the_caught_signals_are_known() {
        let watch = SignalWatch::begin().unwrap();
        assert!(!watch.has_caught());
        raise(Signal::SIGCONT).unwrap();
        raise(Signal::SIGTSTP).unwrap();
        assert!(watch.has_caught());
        let noted = watch.end();
        assert!(noted.holds(Signal::SIGTSTP) && noted.holds(Signal::SIGCONT) && !noted.deadly());

        // Other tests watch too.
        let _turn = ONE_WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(is_default(Signal::SIGTSTP) && is_default(Signal::SIGALRM));
    }

    #[test]
    fn an_ignored_signal_stays_ignored() {
        // The Rust runtime ignores SIGPIPE.
        let watch = SignalWatch::begin().unwrap();
        raise(Signal::SIGPIPE).unwrap();
        assert!(!watch.end().holds(Signal::SIGPIPE));
    }
}
