//! Files that are removed when a signal ends the process while it writes them: Ctrl-C leaves nothing behind, as an error does.
//!
//! The signals do what they did before, after the files are gone. A process that handles them itself, or ignores them, is left
//! as it is; SIGKILL leaves a file, which the next process removes ([`super::UnfinishedFile`]).

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

/// What ends a process that does not say otherwise, and can be caught.
const DEADLY: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// The names of a file, and of what SQLite keeps beside it.
type Names = [CString; 1 + COMPANIONS.len()];

/// More than one process writes at once. What finds no place is left by a signal, and removed by the next process.
static WRITTEN: [AtomicPtr<Names>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];

static INSTALLED: Once = Once::new();

/// While it lives, a signal that ends the process removes the file, and what SQLite keeps beside it.
#[derive(Debug)]
pub(super) struct RemovedOnSignal {
    place: Option<(&'static AtomicPtr<Names>, *mut Names)>,
}

impl RemovedOnSignal {
    /// Has the file removed whose name nobody else has chosen. A relative path is of the directory that the process is in now.
    pub(super) fn new(path: &Path) -> Self {
        INSTALLED.call_once(install);
        let name = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            CString::new(name.as_bytes()).unwrap_or_default()
        };
        let [wal, shm, journal] = COMPANIONS;
        // Never freed: a handler in another thread may still read it. It is a few hundred bytes for each file.
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

/// Has each signal handled that still has its default action.
fn install() {
    let action = SigAction::new(SigHandler::Handler(remove), SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in DEADLY {
        #[expect(unsafe_code, reason = "sigaction(2) has no safe form")]
        // SAFETY: `remove` does only what signal-safety(7) allows and lives as long as the process; the other action is what
        // sigaction(2) itself has returned for the same signal.
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

/// The handler: atomics, unlink(2) and raise(3), as signal-safety(7) allows. The signal has its default action by now
/// (SA_RESETHAND), and ends the process when this returns.
extern "C" fn remove(signal: c_int) {
    for place in &WRITTEN {
        let names = place.load(Ordering::SeqCst);
        #[expect(unsafe_code, reason = "a pointer in an atomic has no safe form")]
        // SAFETY: it is null, or was leaked above and is never freed or changed.
        let names = unsafe { names.as_ref() };
        for name in names.into_iter().flatten() {
            let _ = unlink(name.as_c_str());
        }
    }
    if let Ok(signal) = Signal::try_from(signal) {
        let _ = raise(signal);
    }
}
