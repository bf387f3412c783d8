//! `users import`: everything is read and checked first, outside the write lock; then all rows go in, or none.

mod intake;
mod row;

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::io::Read;

use crate::actions::ActionError;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene;
use crate::actions::users::import::intake::Intake;
use crate::actions::users::import::row::Reader;
use crate::actions::users::import::row::Sensitive;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::RoleId;
use crate::store::import::Conflict;
use crate::store::import::Imported;

/// What the operator wants.
#[derive(Debug, Clone)]
pub struct Options {
    /// Change users that exist already, instead of refusing their rows.
    pub update: bool,
    /// The name of the input, for the event.
    pub source: String,
}

/// A row that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line in the input.
    pub line: u64,
    /// The column; empty: the row as a whole.
    pub field: &'static str,
    /// What is wrong; one line.
    pub fault: String,
    /// Whether the operator may not: the row is for a user whose role may do more than the operator's, or gives such a role.
    pub outranks: bool,
}

impl BadRow {
    fn new(line: u64, field: &'static str, fault: impl Into<String>) -> Self {
        Self { line, field, fault: fault.into(), outranks: false }
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The counts.
    pub imported: Imported,
    /// SHA-256 of the input, in hex.
    pub sha256: String,
}

/// What rows are judged by: the roles there are, and those that the operator may not touch.
#[derive(Debug)]
pub(super) struct Judge<'desk> {
    pub(super) desk: &'desk Desk,
    /// By lower-case name; `None`: the role may do more than the operator's.
    pub(super) roles: HashMap<String, Option<RoleId>>,
    forbidden: Vec<RoleId>,
}

/// Imports users from CSV or NDJSON; which of the two, the first character says.
///
/// # Errors
/// [`ActionError::BadRows`] after every bad row was given to `report`; others when the operator may not, or the input
/// or the store cannot be read.
pub fn import(
    desk: &Desk,
    input: &mut dyn Read,
    options: &Options,
    intent: &Intent,
    report: &mut dyn FnMut(BadRow),
) -> Result<Outcome> {
    let judge = judge(desk)?;
    let intake = Intake::new(input);
    let digest = intake.digest();
    let mut reader = Reader::new(intake)?;
    let mut sensitive = Sensitive::default();
    let mut rows = 0_u64;
    let mut report = Report { report, bad: 0, outrank: 0 };
    let staging = desk.store.stage()?;
    while let Some(row) = reader.next_row()? {
        rows += 1;
        sensitive.see(&row);
        if let Err(fault) = row::stage(&staging, &row, &judge, options.update) {
            report.bad(fault?);
        }
    }
    staging.end()?;
    let action = if sensitive.hashes { Action::UsersImportHashes } else { Action::UsersImport };
    desk.view(action, |view| require_all(view, sensitive, options))?;
    // A plain import that has no conflict is the usual case; the store itself finds the one that has. Looking for all of
    // them costs two sorts of the whole input.
    if report.bad > 0 || options.update || intent.dry_run {
        report_conflicts(desk, action, &judge, options, &mut report)?;
        report.end(desk, action, rows)?;
    }
    let sha256 = digest.hex();
    let written = desk.change(action, intent, |change| {
        // The role of the operator, and those of the users, may be others than when the rows were read.
        require_all(change, sensitive, options)?;
        if options.update {
            change.match_incoming()?;
        }
        let outranking = change.count_incoming_of(&change.outranking()?)?;
        if outranking > 0 {
            let role = change.standing().words().to_owned();
            return Err(Refusal::RowsOutrank { rows: outranking, role }.into());
        }
        let imported = change.import(RoleId::MINIMAL, change.now())?;
        let mut record = Record::default();
        record.note("source", options.source.as_str());
        record.note("sha256", sha256.as_str());
        record.note("added", imported.added);
        record.note("changed", imported.changed);
        record.note("unchanged", imported.unchanged);
        Ok((record, imported))
    });
    match written {
        Ok(imported) => Ok(Outcome { imported, sha256 }),
        Err(ActionError::Store(error)) if error.is_conflict() => {
            report_conflicts(desk, action, &judge, options, &mut report)?;
            report.end(desk, action, rows)?;
            Err(ActionError::BadInput(
                "two rows would swap usernames or email addresses: import one of them first".to_owned(),
            ))
        }
        Err(error) => Err(error),
    }
}

/// Hands bad rows on, and counts them.
struct Report<'report> {
    report: &'report mut dyn FnMut(BadRow),
    bad: u64,
    outrank: u64,
}

impl Report<'_> {
    fn bad(&mut self, row: BadRow) {
        self.bad += 1;
        self.outrank += u64::from(row.outranks);
        (self.report)(row);
    }

    /// Ends the import where rows were bad. That the operator may not comes first, and is remembered.
    fn end(&self, desk: &Desk, action: Action, rows: u64) -> Result<()> {
        if self.outrank > 0 {
            let role = desk.standing_now()?.words().to_owned();
            return Err(desk.refuse(action, Refusal::RowsOutrank { rows: self.outrank, role }));
        }
        if self.bad > 0 { Err(ActionError::BadRows { bad: self.bad, rows }) } else { Ok(()) }
    }
}

fn judge(desk: &Desk) -> Result<Judge<'_>> {
    desk.view(Action::UsersImport, |view| {
        let (mut roles, mut forbidden) = (HashMap::new(), Vec::new());
        for role in view.roles()? {
            let allowed = role.permissions.beyond(view.standing().permissions()).is_none();
            if !allowed {
                forbidden.push(role.id);
            }
            roles.insert(role.name.to_lowercase(), allowed.then_some(role.id));
        }
        Ok(Judge { desk, roles, forbidden })
    })
}

/// What an import needs besides its own permission depends on what it does: hashes go round the gate, and an update edits.
fn require_all(scene: &impl Scene, sensitive: Sensitive, options: &Options) -> Result<()> {
    scene.require(Permission::AddUsers)?;
    if options.update {
        scene.require(Permission::EditUsers)?;
    }
    if sensitive.statuses {
        scene.require(Permission::LockUsers)?;
    }
    Ok(())
}

fn report_conflicts(
    desk: &Desk,
    action: Action,
    judge: &Judge<'_>,
    options: &Options,
    report: &mut Report<'_>,
) -> Result<()> {
    desk.view(action, |view| {
        // A row may be in conflict by its username and by its address, and is one row all the same.
        let mut lines = HashSet::new();
        if options.update {
            view.match_incoming()?;
        }
        let before = report.bad;
        view.each_conflict(&judge.forbidden, |line, conflict| {
            lines.insert(line);
            let (field, fault) = words(conflict);
            report.bad(BadRow { outranks: conflict == Conflict::Outranked, ..BadRow::new(line, field, fault) });
        })?;
        report.bad = before + lines.len() as u64;
        Ok(())
    })
}

fn words(conflict: Conflict) -> (&'static str, String) {
    match conflict {
        Conflict::UsernameTwice(earlier) => ("username", format!("stands in line {earlier} already")),
        Conflict::EmailTwice(earlier) => ("email", format!("stands in line {earlier} already")),
        Conflict::UsernameTaken => ("username", "another user has it (`--update` changes users that exist)".to_owned()),
        Conflict::EmailTaken => ("email", "another user has it (`--update` changes users that exist)".to_owned()),
        Conflict::NoEmail => ("email", "is missing, and no user has this username".to_owned()),
        Conflict::Outranked => ("role", "the user's role has permissions that your role lacks".to_owned()),
        Conflict::SamlWithHash => ("password_hash", "the user signs in with SAML".to_owned()),
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            "" => write!(formatter, "line {}: {}", self.line, self.fault),
            field => write!(formatter, "line {}, {field}: {}", self.line, self.fault),
        }
    }
}
