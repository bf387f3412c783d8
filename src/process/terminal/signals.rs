//! The signals that come while a question waits.
//!
//! Each is only noted when it comes. The question then ends, the terminal gets its settings back, and the signal is
//! raised again with the action that it had before: so the process dies by it (the shell sees 128 + its number), stops
//! until `fg`, or does what another part of the program has arranged. Between questions nothing here is installed.
//!
//! Written on sigaction(2) and not on the crate signal-hook, whose handlers stay installed for good: the next Ctrl-C
//! would be lost, or would kill a program that has meanwhile arranged to end in good order.

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

/// End the process, unless it says otherwise (signal(7)): all but SIGKILL, SIGSEGV, which the Rust runtime handles, [`FAULTS`], and
/// the real-time ones, which nobody sends to a program that knows none.
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

/// End the process in a fault of its own, after which it could not continue. They are noted where they were sent.
const FAULTS: [Signal; 6] =
    [Signal::SIGBUS, Signal::SIGABRT, Signal::SIGILL, Signal::SIGFPE, Signal::SIGSYS, Signal::SIGTRAP];

/// Stop the process: Ctrl-Z, and touching the terminal from the background.
const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// The process goes on after a stop that could not be noted (SIGSTOP): the shell may have changed the terminal.
const CONTINUING: [Signal; 1] = [Signal::SIGCONT];

/// Signals that came, a bit each (1 << number).
static NOTED: AtomicU64 = AtomicU64::new(0);

/// Wakes poll(2) up, also when another thread got the signal.
static BELL: OnceLock<Bell> = OnceLock::new();

/// What a signal does belongs to the whole process: one question at a time.
static TURN: Mutex<()> = Mutex::new(());

struct Bell {
    rope: UnixStream,
    ear: UnixStream,
}

/// Notes signals from [`SignalWatch::begin`] until [`SignalWatch::end`].
pub(super) struct SignalWatch {
    before: Vec<(Signal, SigAction)>,
    bell: &'static Bell,
    _turn: MutexGuard<'static, ()>,
}

impl SignalWatch {
    /// Begins to note. A signal that is ignored (nohup(1), a job in the background of a shell script) stays ignored.
    pub(super) fn begin() -> io::Result<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = bell()?;
        while (&bell.ear).read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
        NOTED.store(0, Ordering::SeqCst);

        let mut watch = Self { before: Vec::new(), bell, _turn: turn };
        // No SA_RESTART: a terminal call that the kernel would otherwise begin again, from the background for ever,
        // returns instead.
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

    /// Becomes readable when a signal comes.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.ear.as_fd()
    }

    /// Whether a signal has come.
    #[expect(clippy::unused_self, reason = "only while a watch is on does the answer mean anything")]
    pub(super) fn rang(&self) -> bool {
        NOTED.load(Ordering::SeqCst) != 0
    }

    /// Gives every signal back its action, and says which ones came.
    pub(super) fn end(self) -> CaughtSignals {
        // The actions first: what comes after that does not have to be noted.
        drop(self);
        CaughtSignals(NOTED.swap(0, Ordering::SeqCst))
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        for (signal, before) in self.before.drain(..) {
            // It fails for signals that cannot be caught, and none of those was.
            let _ = act(signal, &before);
        }
    }
}

/// The signals that came during a watch.
pub(super) struct CaughtSignals(u64);

impl CaughtSignals {
    /// Lets them do what they would have done: returns if that neither ends the process nor stops it, or when it goes on.
    pub(super) fn raise(&self) -> io::Result<()> {
        for signal in DEADLY.into_iter().chain(FAULTS).chain(STOPPING).filter(|signal| self.holds(*signal)) {
            raise(signal)?;
        }
        Ok(())
    }

    /// Whether one came.
    pub(super) fn any(&self) -> bool {
        self.0 != 0
    }

    /// Whether one came that was to end the process.
    pub(super) fn deadly(&self) -> bool {
        DEADLY.into_iter().chain(FAULTS).any(|signal| self.holds(signal))
    }

    fn holds(&self, signal: Signal) -> bool {
        self.0 & bit(signal) != 0
    }
}

/// The handler. It may run between any two instructions: two atomics and a write(2), as signal-safety(7) allows.
extern "C" fn note(signal: c_int) {
    let errno = Errno::last_raw();
    NOTED.fetch_or(1 << signal, Ordering::SeqCst);
    if let Some(bell) = BELL.get() {
        // A full pipe has been heard already.
        let _ = (&bell.rope).write(&[0]);
    }
    Errno::set_raw(errno);
}

/// The handler of [`FAULTS`]. A fault happens again when this returns, and then ends the process; abort(3) ends it as well.
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

/// The bell, made at the first question and kept: a handler may still be at its rope.
fn bell() -> io::Result<&'static Bell> {
    if let Some(bell) = BELL.get() {
        return Ok(bell);
    }
    let (rope, ear) = UnixStream::pair()?;
    rope.set_nonblocking(true)?;
    ear.set_nonblocking(true)?;
    Ok(BELL.get_or_init(|| Bell { rope, ear }))
}

/// Gives `signal` its default action.
pub(in crate::process) fn restore_default(signal: Signal) -> nix::Result<()> {
    act(signal, &SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty())).map(drop)
}

/// Gives `signal` an action, and returns the one before.
fn act(signal: Signal, action: &SigAction) -> nix::Result<SigAction> {
    #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
    // SAFETY: `action` is the default, or `note` or `note_sent`, which do only what signal-safety(7) allows and live as long as the
    // process, or what sigaction(2) itself has returned for the same signal.
    unsafe {
        sigaction(signal, action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `signal` has its default action (which it gets for the instant of asking).
    fn is_default(signal: Signal) -> bool {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        let now = act(signal, &default).unwrap();
        act(signal, &now).unwrap();
        matches!(now.handler(), SigHandler::SigDfl)
    }

    #[test]
    fn after_a_watch_every_signal_has_its_action_back_and_what_came_is_known() {
        let watch = SignalWatch::begin().unwrap();
        assert!(!watch.rang());
        raise(Signal::SIGCONT).unwrap();
        raise(Signal::SIGTSTP).unwrap();
        assert!(watch.rang());
        let noted = watch.end();
        assert!(noted.holds(Signal::SIGTSTP) && noted.holds(Signal::SIGCONT) && !noted.deadly());

        // Other tests watch too.
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
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
