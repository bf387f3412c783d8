//! `audit verify`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use super::archive_file::ArchiveReader;
use super::archive_file::fault;
use crate::app::App;
use crate::app::Result;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::event_archive::EventArchive;
use crate::domain::event_chain::ChainBreak;
use crate::domain::event_chain::ChainReport;
use crate::domain::event_chain::ChainVerifier;
use crate::domain::user::UserId;

/// A file that the operator names, opened.
pub struct NamedArchive {
    /// Its path.
    pub path: PathBuf,
    /// What is read of it.
    pub input: Box<dyn Read>,
}

/// Checks the chain, with the user changes of each event, and that a head kept elsewhere is in it: behind the events that were moved
/// out, or from the first event on, where their files are given.
///
/// # Errors
/// [`ActionError::Chain`](crate::app::ActionError::Chain) with the first break; [`ArchiveRefusal`] where a file is missing, edited
/// or of another store.
pub fn verify(app: &App, head: Option<Vec<u8>>, files: Vec<NamedArchive>) -> Result<ChainReport> {
    app.view(Action::AuditVerify, |view| {
        let mut chain = ChainVerifier::new(head);
        if !files.is_empty() {
            follow_files(view, &mut chain, files)?;
        }
        view.follow_chain(chain, |_| ())
    })
}

fn follow_files(view: &View<'_>, chain: &mut ChainVerifier, files: Vec<NamedArchive>) -> Result<()> {
    let archives = view.event_archives()?;
    chain.know(&archives)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let mut readers = BTreeMap::new();
    for (file, path) in files.into_iter().zip(&paths) {
        let reader = ArchiveReader::open(file.input, path)?;
        let (first, last) = (reader.header.first, reader.header.last);
        if !archives.iter().any(|archive| (archive.first, archive.last) == (first, last)) {
            let words = format!("has events {first} to {last}, which were not moved out of this store");
            return Err(fault(path, words));
        }
        if readers.insert(first, (reader, path)).is_some() {
            return Err(fault(path, format!("has events {first} to {last}, as another file that was given")));
        }
    }
    let (mut erased, mut deleted) = (BTreeMap::new(), BTreeSet::new());
    for archive in &archives {
        let EventArchive { first, last, file, .. } = archive;
        let Some((reader, path)) = readers.remove(first) else {
            return Err(ArchiveRefusal::NotGiven { first: *first, last: *last, file: file.clone() }.into());
        };
        let report = reader.follow(chain)?;
        if !chain.is_at(*last, &archive.last_hash) {
            return Err(fault(path, "is of another store, or was written anew: its last event has another hash"));
        }
        if report.sha256 != archive.sha256 {
            return Err(fault(path, "was edited: its SHA-256 is another one than the store recorded"));
        }
        erased.extend(report.erased);
        deleted.extend(report.deleted);
    }
    for (user, event) in erased {
        let is_told = deleted.contains(&user) || view.is_deletion_told(UserId(user))?;
        if !is_told || view.username(UserId(user))?.is_some() {
            return Err(ChainBreak::ErasedWithoutDeletion { event, user }.into());
        }
    }
    Ok(())
}
