//! The words of the store's errors.

use std::path::Path;

use super::BUG;
use super::CONFIGURATION;
use super::DATA;
use super::IO;
use super::LATER;
use super::OPEN_FILES;
use super::PROCESSES;
use super::RenderedError;
use super::of_file;
use super::unknown_names::screenful;
use crate::cli;
use crate::outbox::SendReport;
use crate::store::StoreError;

pub(super) fn of_store(error: &StoreError) -> RenderedError {
    match error {
        StoreError::Missing(_) => RenderedError::new(CONFIGURATION, error).hint("create it: cxme-admin init"),
        StoreError::Older { .. } => RenderedError::new(CONFIGURATION, error).hint("upgrade it: cxme-admin store migrate"),
        StoreError::PreRelease { .. } => RenderedError::new(CONFIGURATION, error).hint(
            "it was left as it is; to keep its users: export them with that program (`users export --with-hashes --to users.csv`), \
             move the store away, then `cxme-admin init` and `cxme-admin users import users.csv`",
        ),
        StoreError::Newer { .. } => RenderedError::new(CONFIGURATION, error).hint("install the newer cxme-admin"),
        StoreError::Exists(_) => RenderedError::new(CONFIGURATION, error)
            .hint("it was left as it is; name another one with `--store` or `[store] path`"),
        StoreError::NotOurs(_) => RenderedError::new(CONFIGURATION, error).hint(
            "it was left as it is; if it is your store, it is damaged: cxme-admin store check; otherwise name another one with \
             `--store` or `[store] path`",
        ),
        StoreError::Leftover(_) => RenderedError::new(CONFIGURATION, error)
            .hint("move it away, to the store that it belongs to: SQLite would play it back over the new one"),
        StoreError::Empty(_) => RenderedError::new(CONFIGURATION, error)
            .hint("it was left as it is; give a file that `init` or `store backup` created"),
        StoreError::Schema { path, difference } => RenderedError::new(CONFIGURATION, error).hint(match difference.ends_with("is missing") {
            true => other_copy(path),
            false => "a foreign trigger or view can falsify the store: restore an unmodified copy".to_owned(),
        }),
        StoreError::DamagedCopy { path, faults } => {
            let details = if faults.len() == 1 { Vec::new() } else { screenful(faults, Clone::clone) };
            RenderedError { details, ..RenderedError::new(DATA, error) }.hint(other_copy(path))
        }
        StoreError::UnsoundCopy { faults, .. } => {
            let details = if faults.len() == 1 { Vec::new() } else { screenful(faults, Clone::clone) };
            RenderedError { details, ..RenderedError::new(IO, error) }
                .hint("the copy was read from the disk again; whether the store itself is damaged: cxme-admin store check")
        }
        StoreError::NoBackup(_) => RenderedError::new(DATA, error).hint("name the file: cxme-admin store restore FILE"),
        StoreError::SeveralStores { .. } => {
            RenderedError::new(DATA, error).hint("name the file: cxme-admin store restore FILE")
        }
        StoreError::BackupAhead(_) => RenderedError::new(DATA, error)
            .hint("compare the times with `ls -l`, then name the file: cxme-admin store restore FILE"),
        StoreError::PageSize { .. } => RenderedError::new(CONFIGURATION, error).hint(
            "give a copy that `store backup` created of this store; or move the store and the files beside it away",
        ),
        StoreError::NoLockFile { .. } => {
            RenderedError::new(CONFIGURATION, error).hint("move it away; the file of locks is created when it is needed")
        }
        StoreError::HasLog(_) => RenderedError::new(CONFIGURATION, error).hint(
            "it was left as it is; give a file that `store backup` created, in a directory where nobody else may write",
        ),
        StoreError::FileSystem { .. } => RenderedError::new(CONFIGURATION, error),
        StoreError::NoRoom { .. } => RenderedError::new(IO, error)
            .hint("free some space there: it must hold both the restored store and the replaced one"),
        StoreError::Scarce { .. } => {
            RenderedError::new(IO, error).hint("free some space there and run the command again; logins work meanwhile")
        }
        StoreError::NoRoomForJob { .. } => RenderedError::new(IO, error).hint(
            "free some space there; to end the passwords all the same, and mail when there is room: the same with `--queue-only`, then \
             `jobs run`",
        ),
        StoreError::IsTheStore(_) => RenderedError::new(DATA, error).hint("give a copy that `store backup` created"),
        StoreError::Sending(_) => {
            RenderedError::new(LATER, error).hint("let it end, or stop it with SIGTERM, and keep `jobs run` from starting")
        }
        StoreError::BeingRestored => RenderedError::new(LATER, error)
            .hint("wait until it has ended, then see what it restored: cxme-admin audit list --limit 1"),
        StoreError::Loose(problem) => of_file(problem),
        StoreError::NoDescriptors(_) => {
            RenderedError::new(LATER, error).hint(format!("{OPEN_FILES}, then: cxme-admin jobs run"))
        }
        StoreError::NoThread(_) => {
            RenderedError::new(LATER, error).hint(format!("{PROCESSES}, then: cxme-admin jobs run"))
        }
        StoreError::NoMemory(_) => RenderedError::new(LATER, error).hint(
            "raise the limit of memory (`ulimit -v`, `ulimit -d`; LimitAS= or LimitDATA= of the service), then: cxme-admin jobs run",
        ),
        StoreError::LockHeld => RenderedError::new(LATER, error).hint("try again later; `fuser FILE-shm` shows who has it open"),
        StoreError::Replaced(_) => RenderedError::new(LATER, error)
            .hint("run the command again; to put another store in place, use `cxme-admin store restore`"),
        StoreError::Busy => RenderedError::new(LATER, error).hint("try again later; `fuser FILE` shows who has it open"),
        StoreError::BusySending(sender) => RenderedError::new(LATER, error).hint(match (&sender.elsewhere, sender.process) {
            (Some(_), _) => "try again later; if that process is stopped or hangs, end it there".to_owned(),
            (None, number) => format!(
                "try again later; what it does: ps -fp {number}; if it is stopped, to let it continue: kill -CONT {number}"
            ),
        }),
        StoreError::Full | StoreError::ReadOnly(_) | StoreError::Closed(_) | StoreError::Disk(_) => {
            RenderedError::new(IO, error)
        }
        StoreError::NoNumbers(_) => RenderedError::new(IO, error).hint(
            "another program has written to the file: cxme-admin store check; restore the newest sound backup",
        ),
        StoreError::Corrupt(_) | StoreError::Row(_) | StoreError::Value(_) => {
            RenderedError::new(IO, error).hint("all that is damaged, and what to do: cxme-admin store check")
        }
        StoreError::NotExaminable(_) => RenderedError::new(IO, error)
            .hint("root can examine it and restore a backup: sudo env -u SUDO_UID cxme-admin store check"),
        StoreError::Sql(_) | StoreError::Conflict(_) | StoreError::Unrecorded => {
            RenderedError::new(BUG, error).hint("this is a bug: please report it with the command that you ran")
        }
    }
}

/// What to do where the store failed while mail was being sent.
pub fn run_again(report: &SendReport) -> &'static str {
    if report.accepted + report.in_doubt == 0 {
        "fix that, then continue with cxme-admin jobs run"
    } else {
        "fix that, then continue with cxme-admin jobs run, which sends the mails in flight again"
    }
}

/// What to do where a copy cannot be restored: without another one, its users are not lost.
fn other_copy(copy: &Path) -> String {
    let copy = cli::as_typed(&[copy.into()]);
    format!(
        "it was left as it is, and the store as well; restore another copy; the users of this one: cxme-admin --store {copy} users \
         export --with-hashes --to users.csv, which `users import --update` takes (docs/backup.md)"
    )
}
