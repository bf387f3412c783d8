//! What is wrong with rows, told in the order of the input: faults of a row alone are seen while it is read, conflicts with
//! other rows and with the store when all are there.

use super::BadRow;
use super::ENDED_PASSWORD;
use super::FOREIGN_EMAIL;
use super::Mode;
use super::NAMED_IN_EVENT;
use super::NO_LOCK;
use super::OUTSIDE_LIMITS;
use super::RowDenial;
use super::SAML;
use super::row::RowLocation;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::management::ProtectedUsers;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::store::import::Conflict;
use crate::store::import::RowPlace;

/// How many faults are named; of the others only the rows are counted.
pub const NAMED: usize = 100;

/// Collects what is wrong.
pub(super) struct DiagnosticCollector<'report> {
    tell: &'report mut dyn FnMut(BadRow),
    is_array: bool,
    /// The first faults of each kind; one more than are named, so that it can be said that there are more.
    rows: Vec<BadRow>,
    conflicts: Vec<BadRow>,
    bad: u64,
    /// The rows that the operator may not import, by rank and by limits.
    denied: [u64; 2],
    /// The first users of those rows.
    denied_usernames: Vec<String>,
}

impl<'report> DiagnosticCollector<'report> {
    pub(super) fn new(is_array: bool, tell: &'report mut dyn FnMut(BadRow)) -> Self {
        Self {
            tell,
            is_array,
            rows: Vec::new(),
            conflicts: Vec::new(),
            bad: 0,
            denied: [0; 2],
            denied_usernames: Vec::new(),
        }
    }

    /// A row that is wrong in itself.
    pub(super) fn row(&mut self, row: BadRow) {
        self.bad += 1;
        self.count_denial(row.denial);
        self.denied_usernames.extend(row.username.clone().filter(|_| self.denied_usernames.len() < NAMED_IN_EVENT));
        keep(&mut self.rows, row);
    }

    fn count_denial(&mut self, denial: Option<RowDenial>) {
        if let Some(denial) = denial {
            self.denied[denial as usize] += 1;
        }
    }

    pub(super) fn has_bad(&self) -> bool {
        self.bad > 0
    }

    /// Looks for conflicts among the staged rows, and with the store. Gives what the rows take away from users.
    pub(super) fn conflicts(
        &mut self,
        app: &App,
        action: Action,
        protected: &ProtectedUsers,
        mode: Mode,
    ) -> Result<Removals> {
        app.view(action, |view| {
            if mode != Mode::Add {
                view.match_incoming()?;
            }
            // A row may be in conflict by its username and by its address, and is one row all the same.
            let mut last = None;
            let only_existing = mode == Mode::UpdateOnly;
            let is_element = self.is_array;
            let placed = |row: RowPlace| RowLocation { number: row.number, line: row.line, is_element };
            view.each_conflict(protected, only_existing, view.now(), |row, conflict| {
                let (field, fault) = words(conflict, mode, placed);
                let denial = match conflict {
                    Conflict::Outranked => Some(RowDenial::Rank),
                    Conflict::OutsideLimits => Some(RowDenial::Limits),
                    _ => None,
                };
                self.bad += u64::from(last != Some(row));
                self.count_denial(denial);
                last = Some(row);
                keep(&mut self.conflicts, BadRow { denial, ..BadRow::new(placed(row), field, fault) });
            })?;
            let more = NAMED_IN_EVENT - self.denied_usernames.len();
            let denied =
                if self.denied[RowDenial::Rank as usize] > 0 { protected.by_rank() } else { protected.by_limits() };
            self.denied_usernames.extend(view.incoming_and_protected(&denied, more)?.1);
            Ok(if mode == Mode::Add { Removals::default() } else { view.update_effects(view.now())?.removals })
        })
    }

    /// Tells what was found, in the order of the rows.
    pub(super) fn tell(&mut self) {
        let mut found = std::mem::take(&mut self.rows);
        found.append(&mut self.conflicts);
        found.sort_by_key(|row| row.place);
        found.into_iter().for_each(&mut *self.tell);
    }

    /// Ends the import where rows were bad. That the operator may not comes first, and is remembered.
    pub(super) fn end(&mut self, app: &App, action: Action, rows: u64) -> Result<()> {
        self.tell();
        let usernames = std::mem::take(&mut self.denied_usernames);
        let refusal = match self.denied {
            [0, 0] => None,
            [0, rows] => {
                let authority = app.current_authority()?;
                let limits = authority.limits().map(OperatorLimits::words).unwrap_or_default();
                Some(ManagementRefusal::RowsOutsideLimits { rows, usernames, limits }.into())
            }
            [rows, _] => {
                Some(Refusal::RowsOutrank { rows, usernames, role: app.current_authority()?.words().to_owned() })
            }
        };
        if let Some(refusal) = refusal {
            return Err(app.refuse(action, refusal));
        }
        if self.bad > 0 { Err(ActionError::BadRows { bad: self.bad, rows }) } else { Ok(()) }
    }
}

fn keep(rows: &mut Vec<BadRow>, row: BadRow) {
    if rows.len() <= NAMED {
        rows.push(row);
    }
}

fn words(conflict: Conflict, mode: Mode, placed: impl Fn(RowPlace) -> RowLocation) -> (&'static str, String) {
    let taken = || match mode {
        Mode::Add => "already in use (`--update` changes existing users)".to_owned(),
        Mode::Update | Mode::UpdateOnly => "already in use".to_owned(),
    };
    match conflict {
        Conflict::UsernameTwice(earlier) => ("username", format!("already on {}", placed(earlier))),
        Conflict::EmailTwice(earlier) => ("email", format!("already on {}", placed(earlier))),
        Conflict::UsernameTaken => ("username", taken()),
        Conflict::EmailTaken => ("email", taken()),
        Conflict::NoEmail => ("email", "is missing, and no user has this username".to_owned()),
        Conflict::NoUser { by_username } => {
            let field = if by_username { "username" } else { "email" };
            (field, "no such user, and `--update-only` adds nobody".to_owned())
        }
        Conflict::Outranked => ("role", "the user's role has permissions that your role lacks".to_owned()),
        Conflict::OutsideLimits => ("", format!("the user {OUTSIDE_LIMITS}")),
        Conflict::SamlWithHash => ("password_hash", SAML.to_owned()),
        Conflict::EndWithoutLock => ("locked_until", NO_LOCK.to_owned()),
        Conflict::NothingToChange => ("must_change_password", SAML.to_owned()),
        Conflict::ForeignEmail => ("email", FOREIGN_EMAIL.to_owned()),
        Conflict::EndedPassword => ("password_hash", ENDED_PASSWORD.to_owned()),
    }
}
