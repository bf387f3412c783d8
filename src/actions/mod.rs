//! The actions of the program, one a file. Each runs in one of two transactions, and there is no third way to the store:
//!
//! - a [`View`] reads: [`App::view`];
//! - a [`Change`] writes, and is saved together with its event or not at all: [`App::change`].
//!
//! Both ask, before anything else, whether the operator may do what [`Action::permission`] says, so that no command can
//! leave it out. A refusal undoes everything and, where it is one to be remembered ([`Refusal::is_recorded`]), becomes
//! an event of its own. No change is open while a person is asked, a password is hashed or a mail is sent: look in a
//! view, ask and hash, then check again in the change.

mod attempts;
pub mod audit;
pub mod error;
pub mod init;
pub mod jobs;
pub mod mail;
pub mod mailer;
mod near;
pub mod operators;
pub mod policy;
pub mod policy_check;
mod policy_source;
mod rates;
pub mod resets;
pub mod roles;
pub mod store;
mod total;
mod transaction;
pub mod users;
pub mod whoami;
mod without_password;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use jiff::Timestamp;

use crate::actions::policy_check::HashingCost;
use crate::clock::Clock;
use crate::domain::action::Action;
use crate::domain::event::EventOutcome;
use crate::domain::event::NewEvent;
use crate::domain::operator::Account;
use crate::domain::operator::Authority;
use crate::domain::organization::Organization;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::secret_form::without_codes_and_keys;
use crate::domain::secret_form::without_secrets;
use crate::domain::sign_in::SignInRules;
use crate::domain::text;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::domain::user_change::SaltSeed;
use crate::random::Random;
use crate::secrets::hasher::Hasher;
use crate::store::ReadTransaction;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::WriteTransaction;

pub use error::ActionError;
pub use error::MailerError;
pub use policy_source::PolicyError;
pub use policy_source::PolicySource;
pub use total::Total;
pub use transaction::Transaction;

/// Short for the results of this layer.
pub type Result<T> = std::result::Result<T, ActionError>;

/// What an operator works with: the store, the organization's rules, the time and randomness.
pub struct App {
    store: Store,
    account: Account,
    organization: Organization,
    policy: OnceCell<Policy>,
    policy_source: PolicySource,
    hashing: HashingCost,
    hasher: RefCell<Hasher>,
    sign_in: SignInRules,
    clock: Box<dyn Clock>,
    random: RefCell<Box<dyn Random>>,
}

/// The rules and parts of an [`App`], besides the store and the operator.
#[derive(Debug, Default)]
pub struct AppRules {
    /// The organization.
    pub organization: Organization,
    /// Its password requirements.
    pub policy: PolicySource,
    /// What a hash costs.
    pub hashing: HashingCost,
    /// How logins are guarded.
    pub sign_in: SignInRules,
}

impl fmt::Debug for PolicySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PolicySource")
    }
}

/// What the operator says about a change besides its object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeOptions {
    /// Why; kept in the event.
    pub reason: Option<String>,
    /// Do everything, then undo it instead of saving.
    pub dry_run: bool,
}

/// What the event of a change says besides who, when and what.
#[derive(Debug, Default)]
pub struct EventDetails {
    /// The user it was done to, if it was one.
    pub user: Option<UserId>,
    /// Old and new values, never a secret.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// Whether everything was so already: then there is no event.
    pub is_unchanged: bool,
}

/// The transaction of an action that reads.
pub struct View<'app> {
    app: &'app App,
    authority: Authority,
    now: Timestamp,
    reading: ReadTransaction<'app>,
}

/// The transaction of an action that writes.
pub struct Change<'app> {
    app: &'app App,
    authority: Authority,
    now: Timestamp,
    writing: WriteTransaction<'app>,
}

impl App {
    /// An app.
    pub fn new(
        store: Store,
        account: Account,
        rules: AppRules,
        clock: Box<dyn Clock>,
        random: Box<dyn Random>,
    ) -> Self {
        let AppRules { organization, policy, hashing, sign_in } = rules;
        Self {
            store,
            account,
            organization,
            policy: OnceCell::new(),
            policy_source: policy,
            hashing,
            hasher: RefCell::new(hashing.hasher()),
            sign_in,
            clock,
            random: RefCell::new(random),
        }
    }

    /// Ends the app; gives back what it was lent.
    pub fn leave(self) -> (Box<dyn Clock>, Box<dyn Random>) {
        (self.clock, self.random.into_inner())
    }

    /// Runs an action that reads.
    ///
    /// # Errors
    /// When the operator may not, when `action` refuses, or when the store fails.
    pub fn view<T>(&self, action: Action, run: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        self.look(action, run).map_err(|error| self.explained(error))
    }

    fn look<T>(&self, action: Action, run: impl FnOnce(&View<'_>) -> Result<T>) -> Result<T> {
        let reading = self.store.read()?;
        let authority = self.authority(&reading)?;
        let view = View { app: self, authority, now: self.clock.now(), reading };
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
        let now = self.clock.now();
        let change = Change { app: self, authority, now, writing };
        let may = self.require(&change.authority, action).map_err(ActionError::from);
        // What has expired by now stays so. Other events come first: what the change writes may name the number of its own.
        let prepared = may.and_then(|()| {
            change.note_time(now)?;
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
    fn explained(&self, error: ActionError) -> ActionError {
        let ActionError::Store(store_error) = &error else { return error };
        let reading = self.store.read();
        let explained = match store_error {
            StoreError::Full => reading
                .and_then(|reading| reading.table_without_numbers())
                .map(|table| table.map(StoreError::NoNumbers)),
            StoreError::Sql(_) | StoreError::Value(_) => {
                reading.and_then(|reading| reading.first_damage()).map(|found| found.map(StoreError::Corrupt))
            }
            _ => return error,
        };
        explained.ok().flatten().map_or(error, ActionError::from)
    }

    fn salt_seed(&self) -> SaltSeed {
        let mut seed = [0; 32];
        self.random.borrow_mut().fill(&mut seed);
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
        &self.organization
    }

    /// Its password requirements, read when they are first asked for.
    ///
    /// # Errors
    /// [`ActionError::Policy`] when the blocklist cannot be read.
    pub fn policy(&self) -> Result<&Policy> {
        if let Some(policy) = self.policy.get() {
            return Ok(policy);
        }
        let policy = (self.policy_source.0)().map_err(ActionError::Policy)?;
        Ok(self.policy.get_or_init(|| policy))
    }

    /// The OS account that acts.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl EventDetails {
    /// A record about a user, with the username: the number alone would say nothing once the user is deleted. No other value of
    /// the user belongs into an event, because it could not be erased with the user.
    pub fn of(user: &User) -> Self {
        let mut details = Self { user: Some(user.id), ..Self::default() };
        details.note("username", user.username.as_str());
        details
    }

    /// Adds a detail. A text that has the form of a secret is hidden: it came in a wrong place.
    pub fn note(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        let value = match value.into() {
            serde_json::Value::String(text) if name != DIGEST => shown_in_event(name, &text).into_owned().into(),
            value => value,
        };
        self.details.insert(name.to_owned(), value);
    }
}

/// The detail that holds the SHA-256 of a file, which has the form of a reset key.
const DIGEST: &str = "sha256";
/// Details that name a user or a role of the store: a name may look like a generated password.
const NAMES: [&str; 6] = ["username", "usernames", "address", "account", "role", "user"];

fn shown_in_event<'a>(name: &str, text: &'a str) -> Cow<'a, str> {
    if NAMES.contains(&name) { without_codes_and_keys(text) } else { without_secrets(text) }
}

/// The moment so long before.
fn ago(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_sub(time).unwrap_or(Timestamp::MIN)
}

impl<'app> Deref for View<'app> {
    type Target = ReadTransaction<'app>;

    fn deref(&self) -> &ReadTransaction<'app> {
        &self.reading
    }
}

impl<'app> Deref for Change<'app> {
    type Target = WriteTransaction<'app>;

    fn deref(&self) -> &WriteTransaction<'app> {
        &self.writing
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Desk").field("store", &self.store.path()).field("account", &self.account).finish()
    }
}
