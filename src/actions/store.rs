//! `store check`, `store backup`, `store restore`, `store migrate`.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::actions::ActionError;
use crate::actions::App;
use crate::actions::ChangeOptions;
use crate::actions::EventDetails;
use crate::actions::Result;
use crate::actions::Transaction as _;
use crate::actions::View;
use crate::domain::action::Action;
use crate::domain::event::ChainVerifier;
use crate::domain::operator::Operator;
use crate::domain::selection::Selection;
use crate::domain::text;
use crate::store::ReadTransaction;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::check::FileFaults;
use crate::store::damaged::DamagedStore;
use crate::store::metadata::KEY_FINGERPRINT;
use crate::store::passwords_back::EndedPasswords;
use crate::store::passwords_back::PasswordsBack;
use crate::store::restore::RestoreInProgress;
use crate::store::restore::UnsettledRows;
use crate::store::times::TimesAhead;

/// What is examined last.
pub const KEY: &str = "reset key";

/// How the line of a part begins that SQLite cannot read.
pub const CANNOT: &str = "cannot be examined";

/// What was examined, and what is wrong with it.
#[derive(Debug, Default)]
pub struct StoreReport {
    /// What.
    pub what: &'static str,
    /// One line a fault; empty: sound.
    pub faults: Vec<String>,
    /// What is no fault, and worth a look.
    pub warning: Option<String>,
}

/// What a damaged store still says.
#[derive(Debug)]
pub struct Salvage {
    /// What was examined.
    pub examined: Vec<StoreReport>,
    /// The newest backup that an event tells of and that is still there.
    pub backup: Option<(PathBuf, Timestamp)>,
    /// The schema version of its tables.
    pub schema_version: i64,
}

impl StoreReport {
    fn new(what: &'static str, faults: Vec<String>) -> Self {
        Self { what, faults, ..Self::default() }
    }

    /// Whether it is the content of the store, which a backup restores.
    pub fn is_of_content(&self) -> bool {
        ["header", "log", "schema", "integrity", "references", "rows", "audit"].contains(&self.what)
    }

    /// Each fault, with what was examined.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.faults.iter().map(|fault| format!("{}: {fault}", self.what))
    }
}

/// What [`check`] compares the store with, besides itself.
#[derive(Debug, Default)]
pub struct CheckExpectations {
    /// What is wrong with the reset key's file, if anything is.
    pub key_fault: Option<String>,
    /// The fingerprint of the key in it.
    pub key_fingerprint: Option<[u8; 32]>,
}

/// Examines the store: its file system, its schema, its pages, the references, the rows, the chain of events, the clock, and
/// whether the reset key is its own.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check(app: &App, expected: &CheckExpectations) -> Result<Vec<StoreReport>> {
    app.view(Action::StoreCheck, |view| {
        let file_system = match app.store.refuse_unsafe_file_system() {
            Ok(()) => Vec::new(),
            Err(error @ StoreError::FileSystem { .. }) => vec![error.to_string()],
            Err(error) => return Err(error.into()),
        };
        let mut all = vec![StoreReport::new("file system", file_system)];
        let (contents, (addresses, times)) = contents(&app.store, view, || (view.colliding_addresses(), times(view)))?;
        all.extend(contents.examined);
        let warning = app.store.long_log()?.map(|length| long(app.store.path(), length));
        all.extend(warning.map(|warning| StoreReport { what: "log", warning: Some(warning), ..StoreReport::default() }));
        // No damage: a copy that has them is restored all the same.
        all.push(StoreReport::new("addresses", lines(addresses)?));
        all.push(StoreReport { what: "clock", warning: behind(view.now(), contents.newest), ..StoreReport::default() });
        all.push(times?);
        let warning = ineffective(&view.operators().unwrap_or_default());
        all.extend(warning.map(|warning| StoreReport { what: "operators", warning: Some(warning), ..StoreReport::default() }));
        let mut key_faults: Vec<String> = expected.key_fault.iter().cloned().collect();
        // One that cannot be read is among the rows.
        let own_key = view.fact(KEY_FINGERPRINT).unwrap_or_default();
        if expected.key_fingerprint.is_some_and(|fingerprint| own_key.as_deref() != Some(&fingerprint[..])) {
            key_faults.push(
                "the key file is not the reset key of this store, and may be another's: name the right one with [reset] key_file"
                    .to_owned(),
            );
        }
        all.push(StoreReport::new(KEY, key_faults));
        Ok(all)
    })
}

/// Examines a store that is damaged so that it cannot be asked who is an operator. The caller has checked that this account could
/// read the file without the program.
///
/// # Errors
/// When the file cannot be read.
pub fn examine_damaged(damaged: &DamagedStore) -> Result<Salvage> {
    let DamagedStore { store, header_faults, log_faults, schema_version } = damaged;
    let mut examined =
        vec![StoreReport::new("header", header_faults.clone()), StoreReport::new("log", log_faults.clone())];
    let reading = store.read()?;
    let (contents, ()) = contents(store, &reading, || ())?;
    examined.extend(contents.examined);
    let tables: Vec<String> = contents.readable.iter().map(|(table, count)| format!("{table} {count}")).collect();
    let warning = Some(format!("rows that can be read: {}", tables.join(", ")));
    examined.push(StoreReport { what: "tables", warning, ..StoreReport::default() });
    Ok(Salvage { examined, backup: store.newest_backup(&reading), schema_version: *schema_version })
}

/// The newest backup that an event of the store tells of and that is still there; `None`: there is none, or it is not known.
pub fn newest_backup(app: &App) -> Option<(PathBuf, Timestamp)> {
    app.view(Action::StoreCheck, |view| Ok(app.store.newest_backup(view))).ok().flatten()
}

/// The times that were written while the clock was ahead. Those that only tell when something was are a warning: it may be the
/// present clock that is wrong.
fn times(view: &View<'_>) -> Result<StoreReport> {
    let ahead = match view.times_ahead(view.now()) {
        Ok(ahead) => ahead,
        Err(error) => return Ok(StoreReport::new("times", lines(Err(error))?)),
    };
    let told = |ahead: &TimesAhead| {
        let TimesAhead { what, count, first, time, .. } = ahead;
        format!(
            "{what}: {count} of a clock that was ahead; the first: {} ({time})",
            text::quoted(first, text::MAX_NAME)
        )
    };
    let faults = ahead.iter().filter(|ahead| ahead.takes_effect).map(told).collect();
    let others: Vec<&str> = ahead.iter().filter(|ahead| !ahead.takes_effect).map(|ahead| ahead.what).collect();
    let warning = (!others.is_empty()).then(|| format!("recorded in the future: {}", others.join(", ")));
    Ok(StoreReport { what: "times", faults, warning })
}

/// The times that were written while the clock was ahead, in words; empty: none.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn times_ahead(app: &App) -> Result<Vec<TimesAhead>> {
    app.view(Action::StoreRepairTimes, |view| Ok(view.times_ahead(view.now())?))
}

/// Brings the times that were written while the clock was ahead to the present. Gives what they were.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be written.
pub fn repair_times(app: &App, change_options: &ChangeOptions) -> Result<Vec<TimesAhead>> {
    app.change(Action::StoreRepairTimes, change_options, |change| {
        let ahead = change.times_ahead(change.now())?;
        change.bring_times_to(change.now())?;
        let mut details = EventDetails { is_unchanged: ahead.is_empty(), ..EventDetails::default() };
        for TimesAhead { what, count, .. } in &ahead {
            details.note(&what.replace(' ', "_").replace(['`', '\''], ""), *count);
        }
        Ok((details, ahead))
    })
}

/// What the file holds.
struct Contents {
    examined: Vec<StoreReport>,
    /// When the newest event was, in unix seconds.
    newest: Option<i64>,
    /// How many rows of each table can be read.
    readable: Vec<(&'static str, u64)>,
}

/// Examines what the file holds, and `more` beside it. What SQLite cannot read is a fault like another, and not the end of the
/// examination.
fn contents<T>(store: &Store, reading: &ReadTransaction<'_>, more: impl FnOnce() -> T) -> Result<(Contents, T)> {
    let (mut newest, mut last) = (None, 0);
    let (of_file, (followed, rows, more)) = store.examine_file_while(reading, || {
        let followed: Result<_> = reading.follow_chain(ChainVerifier::new(None), |event| {
            newest = newest.max(Some(event.time));
            last = event.number;
        });
        let rows = reading.row_faults(followed.is_ok());
        (followed, rows, more())
    });
    let FileFaults { integrity, references } = of_file;
    let chain_faults = match followed {
        Ok(_) => Vec::new(),
        Err(ActionError::Chain(broken)) => vec![broken.to_string()],
        Err(ActionError::Store(error)) => {
            let words = damage(error)?;
            vec![format!("cannot be followed behind event {last}: {words}")]
        }
        Err(error) => return Err(error),
    };
    let schema = lines(reading.schema_differences())?;
    let integrity = lines(integrity)?;
    let mut rows = rows?;
    // The types of all values are what `integrity_check` has compared, but it does not name the row.
    if !schema.is_empty() || !integrity.is_empty() {
        reading.add_type_faults(&mut rows)?;
    }
    let examined = vec![
        StoreReport::new("schema", schema),
        StoreReport::new("integrity", integrity),
        StoreReport::new("references", lines(references)?),
        StoreReport::new("rows", rows.faults),
        StoreReport::new("audit", chain_faults),
    ];
    Ok((Contents { examined, newest, readable: rows.readable }, more))
}

/// Lines that were found, or what SQLite says of a part that it cannot read.
fn lines(found: crate::store::Result<Vec<String>>) -> Result<Vec<String>> {
    found.or_else(|error| Ok(vec![format!("{CANNOT}: {}", damage(error)?)]))
}

/// What SQLite says of a part of the store that it cannot read, such as a table that is missing.
///
/// # Errors
/// Those that say nothing of the store.
fn damage(error: StoreError) -> Result<String> {
    match error {
        StoreError::Sql(error) => Ok(error.to_string()),
        error => Ok(error.damage().ok_or(error)?),
    }
}

/// Says that the log beside the store is long, and what keeps it so.
fn long(store: &Path, length: u64) -> String {
    let size = text::grouped(length >> 20, ',');
    let store = store.display();
    format!(
        "{store}-wal has {size} MiB: a large change is running, or a program keeps reading the store, which also keeps deleted values \
         in that file; `fuser -v {store}` shows which"
    )
}

/// Says that the clock is behind the newest event. Only a warning: the event's clock may have been the wrong one.
fn behind(now: Timestamp, newest: Option<i64>) -> Option<String> {
    let newest = Timestamp::from_second(newest?).ok().filter(|newest| *newest > now)?;
    Some(format!("the clock ({now}) is behind the newest event ({newest}): check the clock"))
}

/// Names the row of root with another role than Admin: somebody took it for a limit.
fn ineffective(operators: &[Operator]) -> Option<String> {
    let row = operators.iter().find(|operator| operator.is_ineffective())?;
    let role = text::quoted(&row.role_name, text::MAX_NAME);
    Some(format!("root is always Admin: its role `{role}` has no effect; to remove it: cxme-admin operators remove 0"))
}

/// Copies the store while others use it. The event is recorded with the file in its place: a copy that failed has none.
///
/// # Errors
/// When the operator may not, there is a file already, or the disk is full.
pub fn back_up(app: &App, destination: &Path, change_options: &ChangeOptions) -> Result<()> {
    // Asks for the permission, and creates the file.
    let trial = ChangeOptions { dry_run: true, ..change_options.clone() };
    let backup =
        app.change(Action::StoreBackup, &trial, |_| Ok((EventDetails::default(), app.store.begin_copy(destination)?)))?;
    if change_options.dry_run {
        return Ok(());
    }
    let copy = app.store.write_copy(backup)?;
    let mut finished = None;
    let recorded = app.change(Action::StoreBackup, change_options, |_| {
        finished = Some(copy.finish()?);
        let mut details = EventDetails::default();
        details.note("to", destination.display().to_string());
        Ok((details, ()))
    });
    match (recorded, finished) {
        (Err(error), Some(copy)) => {
            copy.remove();
            Err(ActionError::Unfinished { path: destination.to_path_buf(), error: Box::new(error) })
        }
        (recorded, _) => recorded,
    }
}

/// A copy that is ready to take the store's place.
#[derive(Debug, PartialEq, Eq)]
pub struct PreparedRestore {
    /// How many users it has.
    pub users: u64,
    /// When its newest event was, before this one.
    pub newest: Option<Timestamp>,
    /// What was true when it was made, and may not be so any more.
    pub unsettled: UnsettledRows,
    /// The passwords in it that were ended in the store that it replaces.
    pub passwords_back: PasswordsBack,
    /// Where the store that it replaces will be kept, if there is one.
    pub kept: Option<PathBuf>,
}

/// Asks the store that is to be replaced whether the operator may do that, and refuses while mail of it is being sent, since
/// what the sender knows would not be in the copy, or while another process replaces it. Gives whose passwords were ended in it.
///
/// # Errors
/// When the operator may not, mail is being sent, or another process replaces the store.
pub fn may_replace(app: &App) -> Result<EndedPasswords> {
    app.view(Action::StoreRestore, |view| {
        app.store.refuse_if_locked()?;
        Ok(view.all_ended_passwords()?)
    })
}

/// Whose passwords were ended in a damaged store that is to be replaced, as far as it tells. The caller has checked that this account
/// could move the file away without the program.
///
/// # Errors
/// When the file cannot be read for another reason than its damage.
pub fn salvage_ended_passwords(damaged: &DamagedStore) -> Result<EndedPasswords> {
    Ok(damaged.store.read()?.salvaged_ended_passwords()?)
}

/// Examines a copy, and writes into it what makes it safe to go on from, with the event of its being restored. `app` is
/// that of the copy, `ended` what [`may_replace`] gave of the store that is there.
///
/// # Errors
/// [`StoreError::DamagedCopy`] when it is not sound; when the operator may not manage the store.
pub fn prepare_restored(
    app: &App,
    restoring: &RestoreInProgress,
    file: &Path,
    ended: &EndedPasswords,
    change_options: &ChangeOptions,
) -> Result<PreparedRestore> {
    prepare(app, restoring, file, ended, change_options).map_err(|error| match error {
        // It is not the store that is damaged.
        ActionError::Store(error) => error.of_copy(file).into(),
        other => other,
    })
}

fn prepare(
    app: &App,
    restoring: &RestoreInProgress,
    file: &Path,
    ended: &EndedPasswords,
    change_options: &ChangeOptions,
) -> Result<PreparedRestore> {
    let newest = app.view(Action::StoreRestore, |view| {
        let (Contents { examined, newest, .. }, ()) = contents(&app.store, view, || ())?;
        let faults: Vec<String> = examined.iter().flat_map(StoreReport::lines).collect();
        if !faults.is_empty() {
            return Err(StoreError::DamagedCopy { path: file.to_owned(), faults }.into());
        }
        Ok(newest.and_then(|newest| Timestamp::from_second(newest).ok()))
    })?;
    app.change(Action::StoreRestore, change_options, |change| {
        let unsettled = change.unsettle(change.now())?;
        let users = change.count_users(&Selection::default(), change.now())?;
        let mut details = EventDetails::default();
        details.note("from", file.display().to_string());
        details.note("links", unsettled.links);
        details.note("messages", unsettled.messages);
        details.note("jobs", unsettled.jobs);
        let passwords_back = change.passwords_back(ended)?;
        if passwords_back.count > 0 {
            details.note("ended_passwords", passwords_back.count);
        }
        if let Some(uncounted) = passwords_back.uncounted {
            details.note("ended_passwords_uncounted", uncounted.word());
        }
        let kept = restoring.kept().map(Path::to_owned);
        if let Some(kept) = &kept {
            details.note("replaced_store", kept.display().to_string());
        }
        Ok((details, PreparedRestore { users, newest, unsettled, passwords_back, kept }))
    })
}

/// Puts the copy in the store's place.
///
/// # Errors
/// When the store is in use for too long, or the disk does not take it; it is as it was then.
pub fn finish_restored(app: App, restoring: RestoreInProgress) -> Result<()> {
    Ok(restoring.finish(app.store)?)
}

/// What a migration found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct MigrationOutcome {
    /// The version that the store had.
    pub found: i64,
    /// The copy made first; `None`; nothing was done.
    pub copy: Option<PathBuf>,
}

/// Brings the store to the present schema, with a copy made first where there is anything to do: at `copy_to`, or beside
/// the store.
///
/// # Errors
/// When the operator may not, or a step fails; the store is as it was then.
pub fn migrate(app: &App, copy_to: Option<&Path>, change_options: &ChangeOptions) -> Result<MigrationOutcome> {
    let found = app.view(Action::StoreMigrate, |_| Ok(app.store.version()?))?;
    let newest = app.store.newest_version();
    if found == newest || change_options.dry_run {
        return Ok(MigrationOutcome { found, copy: None });
    }
    let copy = copy_to.map_or_else(|| app.store.path().with_extension(format!("before-{found}.db")), Path::to_owned);
    app.store.write_copy(app.store.begin_copy(&copy)?)?.finish()?;
    let found = app.store.migrate()?;
    app.change(Action::StoreMigrate, change_options, |_| {
        let mut details = EventDetails::default();
        details.note("from_version", found);
        details.note("to_version", newest);
        Ok((details, ()))
    })?;
    Ok(MigrationOutcome { found, copy: Some(copy) })
}
