//! `users import`: everything is read and checked first, outside the write lock; then all rows go in, or none.

mod check;
mod columns;
mod json;
mod report;
mod row;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use jiff::tz::TimeZone;

use crate::actions::users::import::report::DiagnosticCollector;
use crate::actions::users::import::row::RowReader;
use crate::actions::users::import::row::SensitiveColumns;
use crate::actions::users::tabular::Delimiter;
use crate::actions::users::tabular::Input;
use crate::actions::users::targets::NAMED_IN_DATA;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::fold;
use crate::domain::management::ProtectedUsers;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::domain::role::Permission;
use crate::domain::role::RoleId;
use crate::store::import::Imported;
use crate::store::import::RowPlace;
use crate::store::import_effects::RowRemoval;
use crate::store::import_effects::UpdateEffects;

pub use report::NAMED;
pub use row::RowLocation;

/// How many users an event names whom the operator may not touch; the others are counted.
const NAMED_IN_EVENT: usize = 20;

/// How many languages of an input are counted: more than there are.
const MOST_LOCALES: usize = 1_000;

/// What is said of an end without a lock.
const NO_LOCK: &str = "the user is not locked: say `locked` in the column status";
/// What is said of a role or an address that puts a user outside the operator's limits, or of such a user.
const OUTSIDE_LIMITS: &str = "is outside your limits (`cxme-admin whoami` shows them)";
/// What is said of an address in a domain that is not one of the organization's.
const FOREIGN_EMAIL: &str = "its domain is not one of the organization's";
/// What is said of a hash by which a password would work again that was ended.
const ENDED_PASSWORD: &str = "is that of a password that was ended (`--end-passwords`): leave it empty";
/// What is said of what concerns a password where there can be none.
const SAML: &str = "the user signs in with SAML";

/// What the operator wants.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Which users the rows may be for.
    pub mode: Mode,
    /// The columns of which an empty field clears the value.
    pub clear: Vec<Clearable>,
    /// What stands between the fields of a CSV; `None`: recognized.
    pub delimiter: Option<Delimiter>,
    /// Ignore columns that are not known.
    pub ignore_unknown: bool,
    /// The name of the input, for the event.
    pub source: String,
    /// Whether another address is told to the former one and to the new one.
    pub notify: bool,
    /// The zone of a time that names none.
    pub time_zone: TimeZone,
}

impl ImportOptions {
    fn updates(&self) -> bool {
        self.mode != Mode::Add
    }
}

/// Which users rows may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// New ones alone.
    Add,
    /// New ones, and those that exist.
    Update,
    /// Those that exist alone.
    UpdateOnly,
}

/// A column that can be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", parse_err_ty = String, parse_err_fn = unknown_clearable)]
pub enum Clearable {
    /// The person's name.
    Name,
    /// The language.
    Locale,
    /// The end of a lock: it lasts until the user is unlocked.
    LockedUntil,
}

impl Clearable {
    /// The name of the column.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

fn unknown_clearable(_: &str) -> String {
    "name, locale and locked_until can be cleared".to_owned()
}

/// Why an operator may not import a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowDenial {
    /// It is for a user whose role may do more than the operator's, or gives such a role.
    Rank,
    /// It is for a user outside the operator's limits, or puts a user there.
    Limits,
}

/// A row that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Where it stands in the input.
    pub place: RowLocation,
    /// The column; empty: the row as a whole.
    pub field: &'static str,
    /// What is wrong; one line.
    pub fault: String,
    /// Why the operator may not import it, where that is what is wrong.
    pub(super) denial: Option<RowDenial>,
    /// The username, where the operator may not.
    pub username: Option<String>,
}

impl BadRow {
    fn new(place: RowLocation, field: &'static str, fault: impl Into<String>) -> Self {
        Self { place, field, fault: fault.into(), denial: None, username: None }
    }
}

/// An input that was read and checked, and waits to be written.
#[derive(Debug)]
pub struct CheckedInput {
    options: ImportOptions,
    action: Action,
    sensitive: SensitiveColumns,
    protected: ProtectedUsers,
    is_array: bool,
    rows: u64,
    sha256: String,
    /// Whether the input holds nothing at all, as NDJSON of nobody does.
    pub is_empty: bool,
    /// What it takes away from users.
    pub removals: Removals,
    /// The languages in it, and how many rows have each; of very many, the first.
    pub locales: BTreeMap<String, u64>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// The counts.
    pub imported: Imported,
    /// How many notices of another address were queued.
    pub notices: u64,
    /// What was changed that the operator may not have expected.
    pub effects: UpdateEffects,
    /// The first users from whom something was taken away, in the order of the input: at most
    /// [`NAMED_IN_DATA`].
    pub removals: Vec<(RowLocation, RowRemoval)>,
    /// SHA-256 of the input, in hex.
    pub sha256: String,
}

/// What rows are judged by: the roles there are, and the users on whom the operator may not act.
#[derive(Debug)]
pub(super) struct RowValidator<'app> {
    pub(super) app: &'app App,
    /// By name without case; `None`: the role may do more than the operator's.
    pub(super) roles: HashMap<String, Option<RoleId>>,
    pub(super) limits: OperatorLimits,
    protected: ProtectedUsers,
}

/// Reads and checks users from CSV, NDJSON or a JSON array; which of them, the first character says.
///
/// # Errors
/// [`ActionError::BadRows`] after the first bad rows were given to `report`, in the order of the input; others when the operator
/// may not, or the input or the store cannot be read.
pub fn check(
    app: &App,
    input: &mut dyn Read,
    options: &ImportOptions,
    change_options: &ChangeOptions,
    report: &mut dyn FnMut(BadRow),
) -> Result<CheckedInput> {
    let validate = validate(app)?;
    let input = Input::open(input)?;
    let is_empty = matches!(input, Input::Empty(_));
    let mut reader = RowReader::new(input, options)?;
    let (mut sensitive, mut locales) = (SensitiveColumns::default(), BTreeMap::new());
    let mut report = DiagnosticCollector::new(reader.is_array(), report);
    let mut staging = app.store().stage()?;
    loop {
        // What was wrong before the input broke is still worth knowing.
        let row = match reader.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => {
                report.tell();
                return Err(error);
            }
        };
        sensitive.see(&row);
        row.count_locale(&mut locales, MOST_LOCALES);
        if let Err(fault) = check::stage(&mut staging, &row, &validate, options) {
            report.row(fault?);
        }
    }
    let rows = reader.count;
    staging.end()?;
    let action = if sensitive.hashes { Action::UsersImportHashes } else { Action::UsersImport };
    app.view(action, |view| require_all(view, sensitive, options))?;
    // A plain import that has no conflict is the usual case; the store itself finds the one that has. Looking for all of
    // them costs two sorts of the whole input.
    let mut removals = Removals::default();
    if report.has_bad() || options.updates() || change_options.dry_run {
        removals = report.conflicts(app, action, &validate.protected, options.mode)?;
        report.end(app, action, rows)?;
    }
    Ok(CheckedInput {
        options: options.clone(),
        action,
        sensitive,
        protected: validate.protected,
        is_array: reader.is_array(),
        is_empty,
        rows,
        sha256: reader.sha256(),
        removals,
        locales,
    })
}

/// Writes what was checked, all rows or none. `confirmed` is what the operator agreed to take away from users; `None`:
/// anything.
///
/// # Errors
/// [`Refusal::Removals`] when it would take away more; others when the operator may not, users were changed since the
/// input was read, or the store cannot be written.
pub fn write(
    app: &App,
    checked: &CheckedInput,
    confirmed: Option<Removals>,
    change_options: &ChangeOptions,
    report: &mut dyn FnMut(BadRow),
) -> Result<ImportOutcome> {
    let CheckedInput { options, action, sensitive, protected, sha256, .. } = checked;
    let written = app.change(*action, change_options, |change| {
        // The role of the operator, and those of the users, may be others than when the rows were read.
        require_all(change, *sensitive, options)?;
        if options.updates() {
            change.match_incoming()?;
        }
        let protected = change.protected_users()?;
        let (rows, usernames) = change.incoming_and_protected(&protected.by_rank(), NAMED_IN_EVENT)?;
        if rows > 0 {
            let role = change.authority().words().to_owned();
            return Err(Refusal::RowsOutrank { rows, usernames, role }.into());
        }
        let (rows, usernames) = change.incoming_and_protected(&protected.by_limits(), NAMED_IN_EVENT)?;
        if rows > 0 {
            let limits = change.limits_in_words();
            return Err(ManagementRefusal::RowsOutsideLimits { rows, usernames, limits }.into());
        }
        // Each was found above, unless the users are others than they were then.
        if options.updates() && change.has_conflict_with_a_user(options.mode == Mode::UpdateOnly, change.now())? {
            return Err(ActionError::BadInput("users were changed while the input was read: run it again".to_owned()));
        }
        let is_told = options.notify && options.updates();
        let notices = if is_told { change.queue_address_notices(app.account(), change.now())? } else { 0 };
        let effects = if options.updates() { change.update_effects(change.now())? } else { UpdateEffects::default() };
        if confirmed.is_some_and(|confirmed| effects.removals.exceeds(confirmed)) {
            return Err(Refusal::Removals(effects.removals).into());
        }
        let removals = match effects.users {
            0 => Vec::new(),
            _ => change.first_removals(NAMED_IN_DATA, change.now())?,
        };
        let imported = change.import(RoleId::MINIMAL, change.now())?;
        let mut record = EventDetails::default();
        record.note("source", options.source.as_str());
        record.note("sha256", sha256.as_str());
        record.note("added", imported.added);
        record.note("changed", imported.changed);
        record.note("unchanged", imported.unchanged);
        if notices > 0 {
            record.note("notices", notices);
        }
        let Removals { passwords, locks } = effects.removals;
        let counts =
            [("passwords_removed", passwords), ("locks_shortened", locks), ("roles_changed", effects.roles_changed)];
        counts.into_iter().filter(|(_, count)| *count > 0).for_each(|(name, count)| record.note(name, count));
        Ok((record, (imported, notices, effects, removals)))
    });
    match written {
        Ok((imported, notices, effects, removals)) => {
            let placed =
                |row: RowPlace| RowLocation { number: row.number, line: row.line, is_element: checked.is_array };
            let removals = removals.into_iter().map(|removal| (placed(removal.place), removal)).collect();
            Ok(ImportOutcome { imported, notices, effects, removals, sha256: sha256.clone() })
        }
        Err(ActionError::Store(error)) if error.is_conflict() => {
            let mut report = DiagnosticCollector::new(checked.is_array, report);
            report.conflicts(app, *action, protected, options.mode)?;
            report.end(app, *action, checked.rows)?;
            Err(ActionError::BadInput(
                "two rows would swap usernames or email addresses: import one of them first".to_owned(),
            ))
        }
        Err(error) => Err(error),
    }
}

fn validate(app: &App) -> Result<RowValidator<'_>> {
    app.view(Action::UsersImport, |view| {
        let (protected, mut roles) = (view.protected_users()?, HashMap::new());
        for role in view.roles()? {
            let is_allowed = !protected.outranking.contains(&role.id);
            roles.insert(fold::simple(&role.name).into_owned(), is_allowed.then_some(role.id));
        }
        let limits = view.authority().limits().cloned().unwrap_or_default();
        Ok(RowValidator { app, roles, limits, protected })
    })
}

/// What an import needs besides its own permission depends on what it does: hashes go round the gate, and an update edits.
fn require_all(scene: &impl Transaction, sensitive: SensitiveColumns, options: &ImportOptions) -> Result<()> {
    scene.require(Permission::AddUsers)?;
    if options.updates() {
        scene.require(Permission::EditUsers)?;
    }
    if sensitive.statuses {
        scene.require(Permission::LockUsers)?;
    }
    // In a plain import it is about users who are new: with a hash, which needs more, or about the password that one who may set
    // it will set.
    if sensitive.must_changes && options.updates() {
        scene.require(Permission::MUST_CHANGE)?;
    }
    Ok(())
}

impl fmt::Display for BadRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        match self.field {
            "" => write!(formatter, "{place}: {}", self.fault),
            field => write!(formatter, "{place}, {field}: {}", self.fault),
        }
    }
}
