//! What actions run in: [`App`], built from a configuration, and its two transactions. There is no third way to the store:
//!
//! - a [`View`] reads: [`App::view`];
//! - a [`Change`] writes, and is saved together with its event or not at all: [`App::change`].
//!
//! Both ask, before anything else, whether the operator may do what [`Action::permission`] says, so that no command can
//! leave it out. A refusal undoes everything and, where it is one to be remembered ([`Refusal::is_recorded`]), becomes
//! an event of its own. No change is open while a person is asked, a password is hashed or a mail is sent: look in a
//! view, ask and hash, then check again in the change.
//!
//! An app is built without the command line: a [`Setup`] from the configuration, then [`App::open`]. What
//! an app sends mails with comes from it too: [`App::mailer`].

mod attempts;
pub mod error;
mod event_details;
pub mod hashing_cost;
mod mailer;
mod mailer_error;
mod password_command;
mod policy;
pub mod policy_check;
mod setup;
mod setup_error;
mod similar_users;
mod transaction;
mod transport;

use std::cell::OnceCell;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::hashing_cost::HashingCost;
use crate::clock::Clock;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::event::NewEvent;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Account;
use crate::domain::operator::Authority;
use crate::domain::organization::Organization;
use crate::domain::policy::OwnLists;
use crate::domain::policy::RoleRequirements;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::domain::user_change::SaltSeed;
use crate::random::Random;
use crate::secrets::hasher::Hasher;
use crate::store::ReadTransaction;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::open::ExpectedVersion;

pub(crate) use attempts::WrongPassword;
pub use error::ActionError;
pub use event_details::ChangeOptions;
pub use event_details::EventDetails;
pub use mailer_error::MailerError;
pub use password_command::PasswordCommandError;
pub use setup::Setup;
pub use setup_error::SetupError;
pub(crate) use similar_users::similar_users;
pub use transaction::Change;
pub use transaction::Transaction;
pub use transaction::View;

/// Short for the results of actions.
pub type Result<T> = std::result::Result<T, ActionError>;

/// What an operator works with: the store, the organization's rules, the time and randomness. It can be sent to another thread,
/// and serves one at a time.
pub struct App {
    setup: Arc<Setup>,
    store: Store,
    account: Account,
    requirements: OnceCell<RoleRequirements>,
    lists: OnceCell<Arc<OwnLists>>,
    hashing: HashingCost,
    hasher: RefCell<Hasher>,
}

impl App {
    /// Opens the store of a setup for an operator, without asking whether they may do anything there.
    ///
    /// # Errors
    /// When the store is not as it must be, or the configuration names a cost that no hash can have.
    pub fn open(setup: Arc<Setup>, account: Account, expected: ExpectedVersion) -> Result<Self> {
        let store = Store::open(setup.store_path(), &setup.store_rule(), expected)?;
        Self::with_store(setup, account, store)
    }

    /// As [`App::open`], where it depends on the account that the store is kept for who the operator is.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn open_as(setup: Arc<Setup>, expected: ExpectedVersion, account: impl FnOnce(u32) -> Account) -> Result<Self> {
        let store = Store::open(setup.store_path(), &setup.store_rule(), expected)?;
        let account = account(store.service_account());
        Self::with_store(setup, account, store)
    }

    /// An app at a store that is open already, such as a copy that is to take the place of the setup's.
    ///
    /// # Errors
    /// When the configuration names a cost that no hash can have.
    pub fn with_store(setup: Arc<Setup>, account: Account, store: Store) -> Result<Self> {
        let hashing = setup.hashing_cost()?;
        let hasher = RefCell::new(hashing.hasher());
        let (requirements, lists) = (OnceCell::new(), OnceCell::new());
        Ok(Self { setup, store, account, requirements, lists, hashing, hasher })
    }

    /// Runs an action that reads.
    ///
    /// # Errors
    /// When the operator may not, when `action` refuses, or when the store fails.
    pub fn view<T>(&self, action: Action, run: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        self.look(action, run).map_err(|error| self.explained(error))
    }

    /// As [`App::view`], for what the operator did not ask for in so many words, such as the completion of a line that they are typing.
    /// `None`: they may not; that is not recorded.
    ///
    /// # Errors
    /// When `action` refuses, or when the store fails.
    pub fn view_quietly<T>(&self, action: Action, run: impl FnOnce(&View<'_>) -> Result<T>) -> Result<Option<T>> {
        let reading = self.store.read()?;
        let authority = self.authority(&reading)?;
        if self.require(&authority, action).is_err() {
            return Ok(None);
        }
        run(&View { app: self, authority, now: self.now(), reading }).map(Some)
    }

    fn look<T>(&self, action: Action, run: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        let reading = self.store.read()?;
        let authority = self.authority(&reading)?;
        let view = View { app: self, authority, now: self.now(), reading };
        let result = self.require(&view.authority, action).map_err(ActionError::from).and_then(|()| run(&view));
        let View { authority, reading, .. } = view;
        // One connection has one transaction at a time, and the refusal needs one to be written in.
        drop(reading);
        self.record_refusal(action, &authority, &ChangeOptions::default(), result)
    }

    /// Runs an action that writes. What it returns beside its result becomes the event, saved in the same transaction; an
    /// action that changed nothing leaves none.
    ///
    /// # Errors
    /// When the operator may not, when `action` refuses, or when the store fails: nothing is changed then.
    pub fn change<T>(
        &self,
        action: Action,
        change_options: &ChangeOptions,
        run: impl FnOnce(&Change<'_>) -> Result<(EventDetails, T)>,
    ) -> Result<T> {
        if let Some(reason) = &change_options.reason {
            let validated = text::check_line(reason, text::MAX_REASON);
            validated.map_err(|fault| Refusal::Field { field: "reason", fault: fault.to_string() })?;
        }
        let has_reason = change_options.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        if let Some(command) = self.setup.config().audit.require_reason.of(action)
            && !has_reason
            && !change_options.dry_run
        {
            self.authorize(action, &[])?;
            return Err(Refusal::ReasonRequired(command).into());
        }
        self.write(action, change_options, run).map_err(|error| self.explained(error))
    }

    fn write<T>(
        &self,
        action: Action,
        change_options: &ChangeOptions,
        run: impl FnOnce(&Change<'_>) -> Result<(EventDetails, T)>,
    ) -> Result<T> {
        let writing = self.store.write()?;
        let authority = self.authority(&writing)?;
        let now = self.now();
        let change = Change { app: self, authority, now, writing };
        let may = self.require(&change.authority, action).map_err(ActionError::from);
        // What has expired by now stays so. Other events come first: what the change writes may name the number of its own.
        let prepared = may.and_then(|()| {
            change.note_time(now)?;
            if !self.setup.is_for_login() {
                change.set_password_max_ages(&self.configured_max_ages(change.reading())?)?;
            }
            Ok(change.append_refused_attempts(now)?)
        });
        let result = prepared.and_then(|()| run(&change));
        let Change { authority, writing, .. } = change;
        let result = result.and_then(|(details, value)| {
            if !change_options.dry_run && !details.is_unchanged {
                let event = self.event(action, &authority, EventOutcome::Done, now, change_options, details);
                if writing.has_user_changes()? {
                    writing.append_event_of_change(&event, &self.salt_seed())?;
                } else {
                    writing.append_event(&event)?;
                }
                writing.commit()?;
            }
            Ok(value)
        });
        self.record_refusal(action, &authority, change_options, result)
    }

    /// The error with its cause, where the store has it. SQLite says that the disk is full also where a table has no number left
    /// for a new row. What a statement that the program wrote cannot do is a bug, unless the store is damaged. No transaction
    /// may be open.
    pub(crate) fn explained(&self, error: ActionError) -> ActionError {
        let ActionError::Store(store_error) = &error else { return error };
        let reading = self.store.read();
        let explained = match store_error {
            StoreError::Full => reading
                .and_then(|reading| reading.table_without_numbers())
                .map(|table| table.map(StoreError::NoNumbers)),
            StoreError::Sql(_) | StoreError::Conflict(_) | StoreError::Value(_) => {
                reading.and_then(|reading| reading.first_damage()).map(|found| found.map(StoreError::Corrupt))
            }
            _ => return error,
        };
        explained.ok().flatten().map_or(error, ActionError::from)
    }

    fn salt_seed(&self) -> SaltSeed {
        let mut seed = [0; 32];
        self.random().fill(&mut seed);
        SaltSeed::new(seed)
    }

    /// Asks whether the operator may do an action, and has these permissions besides: before anything is read, asked or
    /// printed for it. The action itself asks again.
    ///
    /// # Errors
    /// When the operator may not.
    pub fn authorize(&self, action: Action, besides: &[Permission]) -> Result<()> {
        self.view(action, |view| besides.iter().try_for_each(|permission| view.require(*permission)))
    }

    /// Refuses what was tried before its action began: an event, and the error to end with. An operator who may not do the action at
    /// all is told that instead.
    pub fn refuse(&self, action: Action, refusal: Refusal) -> ActionError {
        let refused = self.view(action, |_| Err::<(), _>(ActionError::Refused(refusal.clone())));
        refused.err().unwrap_or(ActionError::Refused(refusal))
    }

    /// What the operator may do, as the store says now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn current_authority(&self) -> Result<Authority> {
        self.authority(&self.store.read()?)
    }

    fn authority(&self, reading: &ReadTransaction<'_>) -> Result<Authority> {
        let Account { uid, .. } = self.account;
        Ok(Authority::of(uid, self.account.known_name(), reading.operator(uid)?))
    }

    fn require(&self, authority: &Authority, action: Action) -> std::result::Result<(), Refusal> {
        match authority {
            Authority::Stranger => return Err(Refusal::NotAnOperator { account: self.account.to_string() }),
            Authority::OtherName { operator } => {
                let (uid, operator, account) = (self.account.uid, operator.clone(), self.account.name.clone());
                return Err(Refusal::OtherName { uid, operator, account });
            }
            Authority::Disabled { operator } => return Err(ManagementRefusal::Disabled(operator.clone()).into()),
            Authority::Operator { .. } | Authority::Root => {}
        }
        action.permission().map_or(Ok(()), |permission| authority.require(permission))
    }

    fn event(
        &self,
        action: Action,
        authority: &Authority,
        outcome: EventOutcome,
        time: Timestamp,
        change_options: &ChangeOptions,
        details: EventDetails,
    ) -> NewEvent {
        NewEvent {
            time,
            account: self.account.clone(),
            authority: authority.words().to_owned(),
            action: action.word().to_owned(),
            outcome: outcome.word(),
            user: details.user,
            reason: change_options.reason.clone(),
            details: (!details.details.is_empty()).then(|| serde_json::Value::Object(details.details).to_string()),
        }
    }

    /// The organization.
    pub fn organization(&self) -> &Organization {
        &self.setup.organization
    }

    /// The OS account that acts.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.setup.clock.as_ref()
    }

    /// The randomness, for generating.
    pub fn random(&self) -> &dyn Random {
        self.setup.random.as_ref()
    }

    /// The store, for what is no view or change: its files, its locks, and the outbox's own records. For actions alone
    /// (`tests/layout.rs`).
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The store itself, where an action ends the app.
    pub(crate) fn into_store(self) -> Store {
        self.store
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").field("store", &self.store.path()).field("account", &self.account).finish()
    }
}
