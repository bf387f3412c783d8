//! Backups that are kept in a directory: their names, whether one is sound before it gets its name, and the earlier ones.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::File;
use std::num::NonZeroU32;
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::config::DbConfig;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::StoreError;
use super::backup::BackupInProgress;
use super::backup::WrittenCopy;
use super::file_header::FileHeader;
use super::file_identity::FileIdentity;
use super::free_space::OpenMode;
use super::guarded_connection::GuardedConnection;
use super::open::connect;
use super::open::identify;
use super::schema::APPLICATION_ID;
use crate::domain::backup_name::BackupName;
use crate::domain::backup_name::Rotation;
use crate::domain::backup_name::StoreLabel;
use crate::private_file::FileError;
use crate::private_file::FinishedFile;
use crate::private_file::FsCredentials;
use crate::private_file::Sibling;
use crate::private_file::SiblingFile;
use crate::store::stop_signals;
use crate::store::types::metadata::FIRST_KEY_FINGERPRINT;
use crate::store::types::metadata::KEY_FINGERPRINT;

/// How much of two files is compared at once, in bytes.
const COMPARED: usize = 1 << 20;

/// A backup in a directory, complete and on the disk under its name.
#[derive(Debug)]
pub struct KeptBackup {
    file: FinishedFile,
    name: BackupName,
}

/// The earlier backups of a store in a directory.
#[derive(Debug)]
pub struct EarlierBackups {
    /// Those that are more than are to be kept, oldest first.
    pub surplus: Vec<SiblingFile>,
    /// Those whose names are later than the clock.
    pub ahead: Vec<PathBuf>,
    /// What has the name of a backup of this store and is none, or belongs to another account: neither counted nor deleted.
    pub others: Vec<PathBuf>,
}

impl ReadTransaction<'_> {
    /// The label by which the store's backups are known.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn store_label(&self) -> Result<StoreLabel> {
        let first = self.fact(FIRST_KEY_FINGERPRINT)?;
        let fingerprint = first.map_or_else(|| self.fact(KEY_FINGERPRINT), |first| Ok(Some(first)))?;
        Ok(StoreLabel::of_fingerprint(&fingerprint.unwrap_or_default()))
    }
}

impl Store {
    /// Begins a copy of the store in a directory, under the first name for this time that is free.
    ///
    /// # Errors
    /// As [`Store::begin_copy`].
    pub fn begin_copy_in(
        &self,
        directory: &Path,
        store: StoreLabel,
        now: Timestamp,
    ) -> Result<(BackupInProgress, BackupName)> {
        let first = BackupName::new(store, now);
        let is_of_this_second = |name: &BackupName| (name.store(), name.time()) == (store, first.time());
        // Behind all of this second: a name that was freed would make the new one look older. A directory that cannot be read is told below.
        let others = backups_in(directory).unwrap_or_default().into_iter().map(|(name, _)| name);
        let mut name = others.filter(is_of_this_second).max().map_or(first, BackupName::next);
        loop {
            match self.begin_copy(&directory.join(name.to_string())) {
                Err(StoreError::Loose(FileError::Exists { .. })) => name = name.next(),
                begun => return Ok((begun?, name)),
            }
        }
    }

    /// Opens a copy that was written, for reading alone, as it is on the disk and not in memory.
    ///
    /// # Errors
    /// When it cannot be opened, or is not what was written.
    pub fn open_written(&self, copy: &WrittenCopy) -> Result<Self> {
        copy.unfinished.sync_and_forget()?;
        let place = copy.unfinished.place();
        if let Some(private) = &copy.private {
            // SQLite may not open the copy: the private one is examined, and the copy is compared with it.
            let (one, other) = (private.writer()?, copy.unfinished.writer()?);
            let is_same = has_same_content(&one, &other).map_err(|error| copy.unfinished.problem("read", error))?;
            if !is_same {
                let faults = vec!["the disk has something else than what was written".to_owned()];
                return Err(StoreError::UnsoundCopy { path: place.to_owned(), faults });
            }
        }
        let opened = copy.private.as_ref().unwrap_or(&copy.unfinished).path();
        let _own = (copy.private.is_none() && copy.has_own_rights).then(FsCredentials::own);
        let _deferred = stop_signals::defer();
        let connection = connect(opened, &self.rule, OpenMode::Unchanging)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        identify(&connection, place)?;
        Ok(Self {
            connection: GuardedConnection::new(connection),
            path: opened.to_owned(),
            file: FileIdentity::at(opened)?,
            rule: self.rule,
            notes_changes: Cell::default(),
            keeps_erased: Cell::default(),
            was_free: Cell::new(Instant::now()),
            is_for_reading: true,
            schema: self.schema,
        })
    }

    /// The earlier backups beside one that is begun.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn earlier_than_begun(
        &self,
        backup: &BackupInProgress,
        name: BackupName,
        keep: NonZeroU32,
        now: Timestamp,
    ) -> Result<EarlierBackups> {
        let siblings = backup.unfinished.siblings(is_of(name.store()), is_store, &self.unopened())?;
        Ok(EarlierBackups::new(siblings, name, keep, now))
    }

    /// The earlier backups beside one that is kept.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn earlier_than(&self, kept: &KeptBackup, keep: NonZeroU32, now: Timestamp) -> Result<EarlierBackups> {
        let siblings = kept.file.siblings(is_of(kept.name.store()), is_store, &self.unopened())?;
        Ok(EarlierBackups::new(siblings, kept.name, keep, now))
    }

    /// The file of the store itself, which somebody may have put among the backups: it is never deleted, nor opened beside SQLite.
    fn unopened(&self) -> Vec<(u64, u64)> {
        self.path.metadata().map(|found| (found.dev(), found.ino())).into_iter().collect()
    }
}

impl WrittenCopy {
    /// Where the copy will be.
    pub fn place(&self) -> &Path {
        self.unfinished.place()
    }

    /// Gives a copy that [`Store::begin_copy_in`] began its name, or the next one where another run has taken it. It is on the disk
    /// when this returns; when it fails, there is none.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish_in_directory(self) -> Result<KeptBackup> {
        let next = |place: &Path| Some(place.with_file_name(name_of(place.file_name()?)?.next().to_string()));
        let file = self.unfinished.finish_under(next)?;
        let name =
            file.place().file_name().and_then(name_of).ok_or_else(|| StoreError::NotOurs(file.place().to_owned()))?;
        Ok(KeptBackup { file, name })
    }
}

impl KeptBackup {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.place()
    }

    /// Removes it again, because its event could not be recorded.
    pub fn remove(self) {
        self.file.remove();
    }

    /// Deletes an earlier backup.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn delete(&self, earlier: &SiblingFile) -> Result<()> {
        Ok(self.file.remove_sibling(earlier)?)
    }

    /// Puts the deletions on the disk.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn sync_directory(&self) -> Result<()> {
        Ok(self.file.sync_directory()?)
    }
}

impl EarlierBackups {
    fn new(siblings: Vec<Sibling>, new: BackupName, keep: NonZeroU32, now: Timestamp) -> Self {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for sibling in siblings {
            match sibling {
                Sibling::Own(file) => own.extend(file.path().file_name().and_then(name_of).map(|name| (name, file))),
                Sibling::Other(path) => others.push(path),
            }
        }
        let Rotation { surplus, ahead } = Rotation::new(new, own.iter().map(|(name, _)| *name), keep, now);
        let file_of = |name: BackupName| own.iter().find(|(other, _)| *other == name).map(|(_, file)| file.clone());
        Self {
            surplus: surplus.into_iter().filter_map(file_of).collect(),
            ahead: ahead.into_iter().filter_map(file_of).map(|file| file.path().to_owned()).collect(),
            others,
        }
    }
}

/// The backups in a directory by their names, newest first.
///
/// # Errors
/// [`StoreError::NoBackup`], [`StoreError::SeveralStores`], or when the directory cannot be read.
pub fn backups_in(directory: &Path) -> Result<Vec<(BackupName, PathBuf)>> {
    // The operator names it.
    let _own = FsCredentials::own();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => FileError::NoDirectory { directory: directory.to_owned() },
        _ => FileError::Io { path: directory.to_owned(), doing: "read", error },
    };
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        backups.extend(name_of(&name).map(|backup| (backup, directory.join(&name))));
    }
    backups.sort_unstable_by(|one, other| other.0.time().cmp(&one.0.time()).then_with(|| other.0.cmp(&one.0)));
    let Some((newest, _)) = backups.first() else { return Err(StoreError::NoBackup(directory.to_owned())) };
    match backups.iter().find(|(name, _)| name.store() != newest.store()) {
        None => Ok(backups),
        Some((other, _)) => {
            Err(StoreError::SeveralStores { directory: directory.to_owned(), one: *newest, other: *other })
        }
    }
}

/// The name of a backup in a directory, if it is one.
fn name_of(name: &OsStr) -> Option<BackupName> {
    name.to_str()?.parse().ok()
}

/// Whether a name is that of a backup of this store.
fn is_of(store: StoreLabel) -> impl Fn(&OsStr) -> bool {
    move |name| name_of(name).is_some_and(|name| name.store() == store)
}

/// Whether a file is a store to its end, as far as its header says.
fn is_store(file: &File) -> bool {
    let length = file.metadata().map_or(0, |found| found.len());
    let header = FileHeader::read(file).ok().flatten();
    header.is_some_and(|header| header.application_id == APPLICATION_ID && header.size(length).is_ok())
}

/// Whether two files have the same bytes.
fn has_same_content(one: &File, other: &File) -> std::io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut of_one, mut of_other, mut at) = (vec![0; COMPARED], vec![0; COMPARED], 0);
    loop {
        let count = one.read_at(&mut of_one, at)?;
        if count == 0 {
            return Ok(true);
        }
        other.read_exact_at(&mut of_other[..count], at)?;
        if of_one[..count] != of_other[..count] {
            return Ok(false);
        }
        at += count as u64;
    }
}
