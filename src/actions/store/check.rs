//! `store check`.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::event_chain::ChainVerifier;
use crate::domain::operator::Operator;
use crate::domain::text;
use crate::store::ReadTransaction;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::check::FileFaults;
use crate::store::damaged::DamagedStore;
use crate::store::metadata::KEY_FINGERPRINT;
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
    /// What is there, where that is worth telling.
    pub found: Option<String>,
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
    /// A head of the audit log that was kept elsewhere, which must be in the chain.
    pub head: Option<Vec<u8>>,
}

/// Examines the store: its file system, its schema, its pages, the references, the rows, the chain of events, the clock, and
/// whether the reset key is its own.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check(app: &App, expected: &CheckExpectations) -> Result<Vec<StoreReport>> {
    app.view(Action::StoreCheck, |view| {
        let file_system = match app.store().refuse_unsafe_file_system() {
            Ok(()) => Vec::new(),
            Err(error @ StoreError::FileSystem { .. }) => vec![error.to_string()],
            Err(error) => return Err(error.into()),
        };
        let mut all = vec![StoreReport::new("file system", file_system)];
        let (contents, (addresses, times)) = contents(app.store(), view, expected.head.clone(), || {
            (view.colliding_addresses(), times(view))
        })?;
        all.extend(contents.examined);
        let warning = app.store().long_log()?.map(|length| long(app.store().path(), length));
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
    let (contents, ()) = contents(store, &reading, None, || ())?;
    examined.extend(contents.examined);
    let tables: Vec<String> = contents.readable.iter().map(|(table, count)| format!("{table} {count}")).collect();
    let warning = Some(format!("rows that can be read: {}", tables.join(", ")));
    examined.push(StoreReport { what: "tables", warning, ..StoreReport::default() });
    Ok(Salvage { examined, backup: store.newest_backup(&reading), schema_version: *schema_version })
}

/// The newest backup that an event of the store tells of and that is still there; `None`: there is none, or it is not known.
pub fn newest_backup(app: &App) -> Option<(PathBuf, Timestamp)> {
    app.view(Action::StoreCheck, |view| Ok(app.store().newest_backup(view))).ok().flatten()
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
    Ok(StoreReport { what: "times", faults, warning, found: None })
}

/// What the file holds.
pub(super) struct Contents {
    pub(super) examined: Vec<StoreReport>,
    /// When the newest event was since the last repair of times, in unix seconds.
    pub(super) newest: Option<i64>,
    /// How many rows of each table can be read.
    pub(super) readable: Vec<(&'static str, u64)>,
}

/// Examines what the file holds, and `more` beside it. `head` must be in the chain of events. What SQLite cannot read is a fault like another, and not the end of the
/// examination.
pub(super) fn contents<T>(
    store: &Store,
    reading: &ReadTransaction<'_>,
    head: Option<Vec<u8>>,
    more: impl FnOnce() -> T,
) -> Result<(Contents, T)> {
    let (mut newest, mut last) = (None, 0);
    let (of_file, (followed, rows, more)) = store.examine_file_while(reading, || {
        let followed: Result<_> = reading.follow_chain(ChainVerifier::new(head), |event| {
            // What was recorded before a repair of times was recorded by the clock that was ahead.
            let is_repair =
                event.action == Action::StoreRepairTimes.word() && event.outcome == EventOutcome::Done.word();
            newest = if is_repair { Some(event.time) } else { newest.max(Some(event.time)) };
            last = event.number;
        });
        let rows = reading.row_faults(followed.is_ok());
        (followed, rows, more())
    });
    let FileFaults { integrity, references } = of_file;
    let events = followed.as_ref().ok().map(|report| text::counted(report.events.unsigned_abs(), "event"));
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
        StoreReport { found: events, ..StoreReport::new("audit", chain_faults) },
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
        StoreError::Sql(words) => Ok(words),
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
