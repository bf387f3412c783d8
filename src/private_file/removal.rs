//! Removes files if a signal ends the process while it writes them, so that Ctrl-C leaves nothing behind, just like
//! an error.
//!
//! After the removal, the signal has its default effect. Signals that the process handles itself or ignores are left
//! alone; SIGKILL leaves a file, which the next process removes ([`super::UnfinishedFile`]).

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering;

use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::unistd::unlink;

use super::COMPANIONS;

/// The catchable signals that end a process by default.
const DEADLY: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// The names of a file and of SQLite's companions.
type Names = [CString; 1 + COMPANIONS.len()];

/// The files being written; several at a time. A file that finds no free slot remains after a signal, and the next
/// process removes it.
static WRITTEN: [AtomicPtr<Names>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];

static INSTALLED: Once = Once::new();

/// While this value lives, a signal that ends the process removes the file and SQLite's companions.
#[derive(Debug)]
pub(super) struct RemovedOnSignal {
    place: Option<(&'static AtomicPtr<Names>, *mut Names)>,
}

impl RemovedOnSignal {
    /// Registers a file with a random name. A relative path refers to the current directory of the process.
    pub(super) fn new(path: &Path) -> Self {
        INSTALLED.call_once(install);
        let name = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            CString::new(name.as_bytes()).unwrap_or_default()
        };
        let [wal, shm, journal] = COMPANIONS;
        // Never freed, because a handler in another thread may still read it; it is a few hundred bytes for each
        // file.
        let names = ptr::from_mut(Box::leak(Box::new([name(""), name(wal), name(shm), name(journal)])));
        let free = |place: &&AtomicPtr<Names>| {
            place.compare_exchange(ptr::null_mut(), names, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        Self { place: WRITTEN.iter().find(free).map(|place| (place, names)) }
    }
}

impl Drop for RemovedOnSignal {
    fn drop(&mut self) {
        if let Some((place, _)) = self.place {
            place.store(ptr::null_mut(), Ordering::SeqCst);
        }
    }
}

/// Installs the handler for each signal that still has its default action.
fn install() {
    let action = SigAction::new(SigHandler::Handler(remove), SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in DEADLY {
        #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
        // SAFETY: `remove` only does what signal-safety(7) allows and lives as long as the process; the other action
        // was returned by sigaction(2) for the same signal.
        unsafe {
            let before = sigaction(signal, &action);
            if let Ok(before) = before
                && !matches!(before.handler(), SigHandler::SigDfl)
            {
                let _ = sigaction(signal, &before);
            }
        }
    }
}

/// The handler, which only uses atomics, unlink(2) and raise(3), as signal-safety(7) allows. SA_RESETHAND has
/// restored the default action, which ends the process when this returns.
extern "C" fn remove(signal: c_int) {
    for place in &WRITTEN {
        let names = place.load(Ordering::SeqCst);
        #[expect(unsafe_code, reason = "a pointer in an atomic has no safe form")]
        // SAFETY: the pointer is null, or was leaked above and is never freed or changed.
        let names = unsafe { names.as_ref() };
        for name in names.into_iter().flatten() {
            let _ = unlink(name.as_c_str());
        }
    }
    if let Ok(signal) = Signal::try_from(signal) {
        let _ = raise(signal);
    }
}
