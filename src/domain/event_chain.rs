//! Checking the chain of events, and where it breaks.

use crate::domain::event::CHAIN_START;
use crate::domain::event::EventFields;
use crate::domain::event_archive::EventArchive;
use crate::domain::event_archive::tells_of_archive;
use crate::domain::text;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::ChangesDigest;

/// The chain, event by event, and the user changes of each: says where it first breaks.
#[derive(Debug)]
pub struct ChainVerifier {
    before: Vec<u8>,
    count: i64,
    sought: Option<Vec<u8>>,
    found: bool,
    /// What the newest event says of its user changes.
    expected: Vec<u8>,
    /// Of those that were found.
    changes: ChangesDigest,
    erased: u64,
    /// The number before the first event that was checked.
    start: i64,
    /// The files into which events were moved, as the store records them.
    archives: Vec<EventArchive>,
    /// The events that tell of one of these.
    told: Vec<i64>,
    /// Whether it follows a file alone, of which the store has no record yet.
    is_of_file: bool,
}

/// What the check of a whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainReport {
    /// How many events were checked.
    pub events: i64,
    /// How many events before them were moved out of the store, and were not checked.
    pub archived: i64,
    /// How many user changes have lost their values with their users.
    pub erased: u64,
}

/// Where and how a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A number is missing: the event was deleted, or another inserted.
    #[error("event {expected} is missing (the next one has number {found})")]
    Missing {
        /// The number that should follow.
        expected: i64,
        /// The number that does.
        found: i64,
    },
    /// An event does not have the hash that its fields give.
    #[error("event {0} was changed after it was written, or the one before it was")]
    Changed(i64),
    /// A value that an event recorded does not have the digest that it had.
    #[error("event {event}: the change of user {user}, {}, was edited after it was written", text::quoted(.field, 40))]
    ChangeEdited {
        /// The event.
        event: i64,
        /// The user's number.
        user: i64,
        /// The field, whatever it holds.
        field: String,
    },
    /// The values are gone, and the user was not deleted.
    #[error("event {event}: the values of user {user} were erased, and no event says that the user was deleted")]
    ErasedWithoutDeletion {
        /// The event.
        event: i64,
        /// The user's number.
        user: i64,
    },
    /// The user changes of an event are others than it says.
    #[error("event {0}: user changes were added, removed or edited after it was written")]
    Changes(i64),
    /// A user change belongs to no event.
    #[error("a user change names event {0}, which does not exist")]
    StrayChange(i64),
    /// The newest events are gone: the store has counted further.
    #[error("the events after event {newest} are missing: the store has counted to {counted}")]
    CutOff {
        /// The number of the newest event.
        newest: i64,
        /// The highest number that the store has given to an event.
        counted: i64,
    },
    /// The store's count of its events is gone, or lower than the newest event: the person who edited it may have deleted newer events.
    #[error("newer events than event {newest} may be missing: the store's count of its events was removed or edited")]
    CountEdited {
        /// The number of the newest event.
        newest: i64,
    },
    /// What the store records of a file of moved events is not what the event says.
    #[error("the store's record of the file that event {0} tells of was edited or removed")]
    ArchiveEdited(i64),
    /// No event tells of a file of moved events that the store records.
    #[error(
        "the store records that the events up to {0} were moved to a file, and no event tells of it: events were deleted"
    )]
    ArchiveUntold(i64),
    /// The files do not lead to the events that are in the store.
    #[error("the events of the files end with event {found}, and those in the store begin behind event {expected}")]
    ArchiveGap {
        /// The last event of the files.
        found: i64,
        /// The last event that was moved.
        expected: i64,
    },
    /// There is no event at all.
    #[error("the audit log is empty: all events were deleted, including the one that `init` recorded")]
    Empty,
    /// The head that was kept elsewhere is in no event.
    #[error("no event has the hash given with `--head`: events were cut off or rewritten since it was noted")]
    HeadNotFound,
    /// The same, where events were moved out of the store.
    #[error(
        "no event behind event {0} has the hash given with `--head`: give the files of moved events with `--archive`; if it is not \
         in them either, events were cut off or rewritten since it was noted"
    )]
    HeadNotFoundBehind(i64),
}

impl ChainVerifier {
    /// A chain to be checked from its start; `sought` is a head that was kept elsewhere.
    pub fn new(sought: Option<Vec<u8>>) -> Self {
        Self {
            before: CHAIN_START.to_vec(),
            count: 0,
            sought,
            found: false,
            expected: ChangesDigest::default().finish().to_vec(),
            changes: ChangesDigest::default(),
            erased: 0,
            start: 0,
            archives: Vec::new(),
            told: Vec::new(),
            is_of_file: false,
        }
    }

    /// The part of a chain that begins behind the event with this number and hash.
    pub fn of_part(number: i64, hash: Vec<u8>) -> Self {
        Self { before: hash, count: number, start: number, is_of_file: true, ..Self::new(None) }
    }

    /// Takes what the store records of files of moved events, in the order of the events.
    ///
    /// # Errors
    /// When they do not follow each other.
    pub fn know(&mut self, archives: &[EventArchive]) -> Result<(), ChainBreak> {
        let mut last = 0;
        for archive in archives {
            if archive.first != last + 1 {
                return Err(ChainBreak::ArchiveUntold(archive.last));
            }
            last = archive.last;
        }
        self.archives = archives.to_vec();
        Ok(())
    }

    /// Continues with the events that are in the store: behind the moved ones, if their files were not followed.
    ///
    /// # Errors
    /// When the files that were followed end elsewhere.
    pub fn continue_in_store(&mut self) -> Result<(), ChainBreak> {
        let Some(newest) = self.archives.last() else { return Ok(()) };
        if self.count == 0 {
            (self.count, self.start) = (newest.last, newest.last);
            self.before.clone_from(&newest.last_hash);
            self.found |= self.sought.as_ref() == Some(&self.before);
        }
        if self.is_at(newest.last, &newest.last_hash) {
            return Ok(());
        }
        Err(ChainBreak::ArchiveGap { found: self.count, expected: newest.last })
    }

    /// Whether the newest event taken has this number and this hash.
    pub fn is_at(&self, number: i64, hash: &[u8]) -> bool {
        (self.count, self.before.as_slice()) == (number, hash)
    }

    /// Ends a file of moved events.
    ///
    /// # Errors
    /// When the user changes of its last event are not those that it says.
    pub fn end_file(&mut self) -> Result<(), ChainBreak> {
        self.end_changes()?;
        self.expected.clear();
        self.expected.extend_from_slice(&ChangesDigest::default().finish());
        Ok(())
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// When it does not follow from the one before, or that one's user changes are not those that it says.
    pub fn follow(&mut self, event: &EventFields<'_>) -> Result<(), ChainBreak> {
        self.end_changes()?;
        let expected = self.count + 1;
        if event.number != expected {
            return Err(ChainBreak::Missing { expected, found: event.number });
        }
        if event.hash != event.chained_hash(&self.before) {
            return Err(ChainBreak::Changed(event.number));
        }
        if tells_of_archive(event) {
            let is_told = |archive: &EventArchive| archive.is_told_by(event);
            if !self.archives.iter().any(is_told) && !self.is_of_file {
                return Err(ChainBreak::ArchiveEdited(event.number));
            }
            self.told.push(event.number);
        }
        self.count = expected;
        self.before.clear();
        self.before.extend_from_slice(event.hash);
        self.found |= self.sought.as_ref() == Some(&self.before);
        self.expected.clear();
        self.expected.extend_from_slice(event.changes_digest);
        Ok(())
    }

    /// Takes the next user change of the newest event, with the digest that it had when it was written. `is_deleted` says
    /// whether the store records that its user was deleted.
    ///
    /// # Errors
    /// When it belongs to another event, does not have that digest, or was erased without the user.
    pub fn change(&mut self, values: &ChangeValues<'_>, digest: &[u8], is_deleted: bool) -> Result<(), ChainBreak> {
        let ChangeValues { event, user, field, .. } = *values;
        if event != self.count {
            return Err(ChainBreak::StrayChange(event));
        }
        if values.is_erased() {
            if !is_deleted {
                return Err(ChainBreak::ErasedWithoutDeletion { event, user });
            }
            self.erased += 1;
        } else if values.digest() != digest {
            let field = String::from_utf8_lossy(field).into_owned();
            return Err(ChainBreak::ChangeEdited { event, user, field });
        }
        self.changes.add(user, field, digest);
        Ok(())
    }

    fn end_changes(&mut self) -> Result<(), ChainBreak> {
        let changes = std::mem::take(&mut self.changes).finish();
        if self.expected == changes { Ok(()) } else { Err(ChainBreak::Changes(self.count)) }
    }

    /// Ends the check. `counted` is the highest number that the store has given to an event; `None`: its count is gone.
    ///
    /// # Errors
    /// When there are no events, the user changes of the newest are not those that it says, the newest are missing or may be, or
    /// the head that was sought is in none of them.
    pub fn end(mut self, counted: Option<i64>) -> Result<ChainReport, ChainBreak> {
        if self.count == 0 {
            return Err(ChainBreak::Empty);
        }
        self.end_changes()?;
        match counted {
            Some(counted) if counted > self.count => return Err(ChainBreak::CutOff { newest: self.count, counted }),
            Some(counted) if counted == self.count => {}
            _ => return Err(ChainBreak::CountEdited { newest: self.count }),
        }
        // An older one may be told of by an event that was moved itself.
        let untold =
            self.archives.iter().find(|archive| archive.event > self.start && !self.told.contains(&archive.event));
        if let Some(archive) = untold {
            return Err(ChainBreak::ArchiveUntold(archive.last));
        }
        if self.sought.is_some() && !self.found {
            return Err(if self.start == 0 {
                ChainBreak::HeadNotFound
            } else {
                ChainBreak::HeadNotFoundBehind(self.start)
            });
        }
        Ok(ChainReport { events: self.count - self.start, archived: self.start, erased: self.erased })
    }
}

#[cfg(test)]
mod tests;
