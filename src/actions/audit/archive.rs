//! `audit archive`.

use std::io::BufWriter;
use std::io::Seek as _;
use std::path::Path;

use super::archive_file::ArchiveReader;
use super::archive_file::ArchiveWriter;
use super::archive_file::fault;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::event_archive::ArchiveHeader;
use crate::domain::event_archive::EventArchive;
use crate::domain::event_archive::KEPT_DAYS;
use crate::domain::event_archive::hex;
use crate::domain::event_chain::ChainVerifier;
use crate::domain::role::Permission;
use crate::private_file::FinishedFile;
use crate::private_file::UnfinishedFile;
use crate::store::StoreError;
use crate::store::event_archives::OldEvents;

/// The events that are to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePlan {
    /// Those before this moment, in unix seconds.
    pub before: i64,
    /// Which those are; `None`: there are none.
    pub old: Option<OldEvents>,
}

/// The permission that moving events needs besides that of its action: they can be read in the file.
pub const BESIDES: [Permission; 1] = [Permission::ViewAudit];

/// The events before a moment, in unix seconds.
///
/// # Errors
/// When the operator may not, or the moment is not old enough.
pub fn plan(app: &App, before: i64) -> Result<ArchivePlan> {
    app.view(Action::AuditArchive, |view| {
        BESIDES.iter().try_for_each(|permission| view.require(*permission))?;
        if before > view.now().as_second() - KEPT_DAYS * 86_400 {
            return Err(ArchiveRefusal::TooNew(KEPT_DAYS).into());
        }
        Ok(ArchivePlan { before, old: view.old_events(before)? })
    })
}

/// Moves the events of a plan out of the store into a new file: it is written, read again from its first event to its last, and on
/// the disk in its place before the store is changed. Returns what the store records of it.
///
/// # Errors
/// When the operator may not, the file cannot be written or does not verify, or the events have changed since. Then they are in the
/// store, and there is no file.
pub fn archive(
    app: &App,
    before: i64,
    old: &OldEvents,
    path: &Path,
    change_options: &ChangeOptions,
) -> Result<EventArchive> {
    let file = UnfinishedFile::begin(path).map_err(StoreError::from)?;
    let mut archive = EventArchive {
        first: old.first,
        last: old.last,
        last_hash: old.last_hash.clone(),
        before,
        changes: old.changes,
        file: path.display().to_string(),
        sha256: Vec::new(),
        event: 0,
    };
    let header = ArchiveHeader::new(&archive, &old.hash_before);
    app.view(Action::AuditArchive, |view| {
        let out = BufWriter::with_capacity(1 << 16, file.writer().map_err(StoreError::from)?);
        let mut writer = ArchiveWriter::begin(out, &header)?;
        view.each_old_row(old.last, |row| writer.row(row))?;
        writer.end()
    })
    .map_err(|error| of_writing(error, path))?;
    archive.sha256 = verified(&file, old, path)?;
    let mut finished: Option<FinishedFile> = None;
    let mut file = Some(file);
    let moved = app.change(Action::AuditArchive, change_options, |change| {
        BESIDES.iter().try_for_each(|permission| change.require(*permission))?;
        // Somebody may have moved events meanwhile, or deleted a user, whose values are erased here and stand in the file.
        if change.old_events(before)?.as_ref().map(|now| (now.first, now.erased)) != Some((old.first, old.erased))
            || change.event(old.last)?.is_none_or(|event| event.hash != old.last_hash)
        {
            return Err(ArchiveRefusal::Changed.into());
        }
        if let Some(file) = file.take() {
            finished = Some(file.finish().map_err(StoreError::from)?);
        }
        archive.event = change.next_event_number()?;
        change.move_out(&archive)?;
        let mut details = EventDetails::default();
        details.note("to", archive.file.as_str());
        // Hashes have the form of a key, and are none.
        details.details.extend(archive.details());
        Ok((details, ()))
    });
    match (moved, finished) {
        (Err(error), Some(finished)) => {
            finished.remove();
            Err(error)
        }
        (Err(error), None) => Err(error),
        (Ok(()), _) => Ok(archive),
    }
}

/// Asks whether a file could be created at a path, and creates none.
///
/// # Errors
/// When there is one, or its directory does not take it.
pub fn check_place(path: &Path) -> Result<()> {
    Ok(UnfinishedFile::begin(path).map(drop).map_err(StoreError::from)?)
}

/// Reads the file again, and gives its digest.
fn verified(file: &UnfinishedFile, old: &OldEvents, path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| ActionError::Store(StoreError::from(file.problem("read", error)));
    let mut reader = file.writer().map_err(StoreError::from)?;
    reader.sync_all().map_err(failed)?;
    reader.rewind().map_err(failed)?;
    let reader = ArchiveReader::open(reader, path)?;
    if reader.header.last_hash != hex(&old.last_hash) {
        return Err(fault(path, "could not be read as it was written"));
    }
    let mut chain = ChainVerifier::of_part(old.first - 1, old.hash_before.clone());
    Ok(reader.follow(&mut chain)?.sha256)
}

/// A full disk is told with the file.
fn of_writing(error: ActionError, path: &Path) -> ActionError {
    match error {
        ActionError::Stream(error) => {
            std::io::Error::new(error.kind(), format!("{}: {error}; nothing was moved", path.display())).into()
        }
        error => error,
    }
}
