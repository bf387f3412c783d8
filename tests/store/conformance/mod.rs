//! What every engine of the store does: each public function of `Store`, `ReadTransaction` and `WriteTransaction`, by topic and through
//! the facade alone. `tests/layout.rs` fails for a function that no file here calls, and lists those that belong to one engine.

mod bounces;
mod bulk;
mod clock;
mod ended_passwords;
mod event_archives;
mod events;
mod facts;
mod import;
mod jobs;
mod links;
mod listing;
mod locks;
mod messages;
mod operators;
mod outbox;
mod password_ages;
mod quotas;
mod relay;
mod retries;
mod roles;
mod sign_in;
mod transactions;
mod user_changes;
mod users;

use std::path::PathBuf;
use std::time::Duration;

use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::management::ProtectedUsers;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::policy::PersonalWords;
use cxme_admin::domain::policy::Policy;
use cxme_admin::domain::role;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::User;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::Hasher;
use cxme_admin::secrets::Password;
use cxme_admin::secrets::admission::AcceptedHash;
use cxme_admin::secrets::admission::FormerPasswords;
use cxme_admin::secrets::password_hash::HashParameters;
use cxme_admin::secrets::password_hash::PasswordHash;
use cxme_admin::secrets::reset_code::NONCE;
use cxme_admin::secrets::reset_code::ResetCodeHash;
use cxme_admin::store::ReadTransaction;
use cxme_admin::store::Result;
use cxme_admin::store::Store;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::attempts::AttemptResult;
use cxme_admin::store::attempts::AttemptStart;
use cxme_admin::store::messages::Message;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::users::NewPassword;
use cxme_admin::store::users::NewUser;
use jiff::Timestamp;
use zeroize::Zeroizing;

/// The users with these roles, as an operator's protected ones.
fn with_roles(roles: &[RoleId]) -> ProtectedUsers {
    ProtectedUsers { outranking: roles.to_vec(), ..ProtectedUsers::default() }
}

/// When each test begins.
pub(crate) const BEGIN: i64 = 1_800_000_000;

/// How long the links of these tests can be used.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// An engine of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
}

impl Engine {
    const ALL: [Self; 1] = [Self::Sqlite];

    /// A store of each engine, with the built-in roles and nothing else.
    pub(crate) fn each() -> impl Iterator<Item = Fixture> {
        Self::ALL.into_iter().map(Fixture::new)
    }
}

/// A store that no other test uses.
pub(crate) struct Fixture {
    engine: Engine,
    store: Store,
    // After the store: fields are dropped in their order.
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new(engine: Engine) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let store = match engine {
            Engine::Sqlite => {
                Store::create(&path, 0o600, |writing| writing.add_built_in_roles()).unwrap();
                Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap()
            }
        };
        assert_eq!(store.path(), path);
        Self { engine, store, directory }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    /// The same store, opened once more.
    fn other(&self) -> Store {
        match self.engine {
            Engine::Sqlite => Store::open(&self.path(), &Rule::store(false), ExpectedVersion::Current).unwrap(),
        }
    }

    fn read(&self) -> ReadTransaction<'_> {
        self.store.read().unwrap()
    }

    /// Commits what `run` writes, with an event where it changed users.
    fn change<T>(&self, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
        change(&self.store, run)
    }

    /// Drops what `run` writes.
    fn undone<T>(&self, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
        run(&self.store.write().unwrap()).unwrap()
    }

    fn add_user(&self, name: &str) -> UserId {
        self.change(|writing| writing.add_user(&new_user(name)))
    }

    fn user(&self, id: UserId) -> User {
        self.read().user_by_id(id).unwrap().unwrap()
    }

    fn set_password(&self, id: UserId, n: u32) {
        self.change(|writing| writing.set_password(id, &new_password(n, false)));
    }

    fn message(&self, id: MessageId) -> Message {
        self.read().message(id).unwrap().unwrap()
    }

    fn state(&self, id: MessageId) -> MessageState {
        self.message(id).state
    }

    /// Queues a reset for a user.
    fn queue(&self, user: UserId, seconds: i64) -> MessageId {
        let address = self.user(user).email;
        let content = NewContent::Link { invitation: false, lifetime: LIFETIME, note: None };
        let operator = account();
        let new =
            NewMessage { content, user: Some(user), address: &address, operator: &operator, created_at: at(seconds) };
        self.change(|writing| writing.queue_message(&new))
    }

    /// Starts attempts by the sender with this lock.
    fn start(&self, ids: &[MessageId], sender: u32, seconds: i64) {
        let starts: Vec<AttemptStart> = ids.iter().map(|id| start_of(*id)).collect();
        self.change(|writing| {
            writing.note_time(at(seconds))?;
            writing.start_attempts(&starts, sender, at(seconds))
        });
    }

    fn record(&self, id: MessageId, result: AttemptResult, seconds: i64) {
        self.change(|writing| {
            writing.note_time(at(seconds))?;
            writing.record_attempts(&[(id, result)], at(seconds))
        });
    }

    /// Tries a message, with this state in the end.
    fn try_message(&self, id: MessageId, state: MessageState, due: Option<i64>, seconds: i64) {
        self.start(&[id], SENDER, seconds);
        self.record(id, tried(state, due), seconds);
    }

    fn deliver(&self, id: MessageId, seconds: i64) {
        self.try_message(id, MessageState::Accepted, None, seconds);
    }
}

/// The lock of a process that sends.
const SENDER: u32 = 20;

fn tried(state: MessageState, due: Option<i64>) -> AttemptResult {
    AttemptResult::Tried { state, reply: format!("the relay's words: {state}"), due_at: due.map(at) }
}

/// The hash of the code that [`start_of`] gives a message.
fn code_hash(id: MessageId) -> ResetCodeHash {
    let mut hash = [3; 32];
    hash[..8].copy_from_slice(&id.0.to_be_bytes());
    ResetCodeHash(hash)
}

fn start_of(id: MessageId) -> AttemptStart {
    AttemptStart { id, nonce: [5; NONCE], message_id: format!("{}@example.com", id.0), code_hash: Some(code_hash(id)) }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

/// A hasher that is as cheap as can be.
fn hasher() -> Hasher {
    Hasher::new(HashParameters::new(8, 1, 1).unwrap())
}

/// A password that differs by `n`.
fn password(n: u32) -> Password {
    Password::new(Zeroizing::new(format!("seven violet umbrellas {n}"))).unwrap()
}

fn accepted_by(hasher: &mut Hasher, n: u32) -> AcceptedHash {
    let words = PersonalWords { username: "", email: "", name: "", organization: "", email_domains: &[] };
    let former = FormerPasswords::default();
    hasher.admit(&password(n), &Policy::default(), &words, &former, &ScriptedRandom::new(n.into())).unwrap()
}

fn accepted(n: u32) -> AcceptedHash {
    accepted_by(&mut hasher(), n)
}

fn hash(n: u32) -> PasswordHash {
    accepted(n).hash().clone()
}

pub(crate) fn change<T>(store: &Store, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
    let writing = store.write().unwrap();
    let value = run(&writing).unwrap();
    if writing.has_user_changes().unwrap() {
        writing.append_event_of_change(&new_event(0, None), &SaltSeed::new([7; 32])).unwrap();
    }
    writing.commit().unwrap();
    value
}

fn account() -> Account {
    Account {
        uid: 0,
        name: "root".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    }
}

pub(crate) fn new_event(seconds: i64, user: Option<UserId>) -> NewEvent {
    NewEvent {
        time: at(seconds),
        account: account(),
        authority: role::ADMIN.to_owned(),
        action: "users lock".to_owned(),
        outcome: "done",
        user,
        reason: None,
        details: None,
    }
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        username: name.parse().unwrap(),
        email: format!("{name}@example.com").parse().unwrap(),
        name: String::new(),
        role: RoleId::MINIMAL,
        sign_in: SignIn::Password,
        locale: None,
        created_at: at(0),
    }
}

fn new_password(n: u32, keep_sessions: bool) -> NewPassword {
    NewPassword {
        accepted: accepted(n),
        must_change: true,
        keep_sessions,
        set_at: at(n.into()),
        expires_at: None,
        is_own: false,
    }
}
