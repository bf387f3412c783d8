//! A store with users, a key and a transport to a relay.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::email_address::EmailAddress;
use cxme_admin::domain::event::EventOutcome;
use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::job::JobId;
use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::operator::Operator;
use cxme_admin::domain::operator::OperatorKind;
use cxme_admin::domain::operator_limits::OperatorLimits;
use cxme_admin::domain::organization::Organization;
use cxme_admin::domain::policy::RoleRequirements;
use cxme_admin::domain::relay::Security;
use cxme_admin::domain::role;
use cxme_admin::domain::role::Permissions;
use cxme_admin::domain::role::RoleId;
use cxme_admin::domain::user::SignIn;
use cxme_admin::domain::user::UserId;
use cxme_admin::domain::user_change::SaltSeed;
use cxme_admin::mail::compose::Composer;
use cxme_admin::mail::context::MailIdentity;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::texts::MailTexts;
use cxme_admin::mail::transport::MemoryTransport;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox;
use cxme_admin::outbox::Mailer;
use cxme_admin::outbox::Progress;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::SendReport;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::secrets::ResetKey;
use cxme_admin::store::Result;
use cxme_admin::store::Store;
use cxme_admin::store::WriteTransaction;
use cxme_admin::store::messages::Message;
use cxme_admin::store::messages::NewContent;
use cxme_admin::store::messages::NewMessage;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::outbox::Scope;
use cxme_admin::store::users::NewUser;
use jiff::Timestamp;
use jiff::ToSpan as _;

/// The time at the start of a test.
const NOW: &str = "2026-11-24T08:00:00Z";
/// The operator who requests the mails.
const OPERATOR: u32 = 61_001;
/// The lifetime of links in these tests.
pub(crate) const LIFETIME: Duration = Duration::from_secs(3_600);

pub(crate) struct World {
    /// The directory to remove at the end; `None`: its creator removes it.
    _directory: Option<tempfile::TempDir>,
    pub(crate) store: Store,
    pub(crate) clock: ScriptedClock,
    /// The role of the users; `None` in a store that was created elsewhere.
    role: Option<RoleId>,
    seed: std::cell::Cell<u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let now = NOW.parse().unwrap();
        let role = Some(RoleId::ADMIN);
        Store::create(&path, 0o600, |store| {
            store.add_built_in_roles()?;
            store.add_operator(&Operator {
                uid: OPERATOR,
                account: "carol".to_owned(),
                kind: OperatorKind::Person,
                role: RoleId::ADMIN,
                role_name: role::ADMIN.to_owned(),
                permissions: Permissions::all(),
                limits: OperatorLimits::default(),
                disabled_at: None,
                added_at: now,
            })
        })
        .unwrap();
        Self { _directory: Some(directory), role, ..Self::at(&path) }
    }

    /// The same store, for another process.
    pub(crate) fn at(path: &Path) -> Self {
        let store = Store::open(path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        // Each process has its own nonces.
        let seed = u64::from(std::process::id()) << 32;
        let clock = ScriptedClock::new(NOW.parse().unwrap());
        Self { _directory: None, store, clock, role: None, seed: std::cell::Cell::new(seed) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        cxme_admin::clock::Clock::now(&self.clock)
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.set(self.now() + seconds.seconds());
    }

    /// Another connection to the same store.
    pub(crate) fn again(&self) -> Store {
        Store::open(self.store.path(), &Rule::store(false), ExpectedVersion::Current).unwrap()
    }

    pub(crate) fn change<T>(&self, run: impl FnOnce(&WriteTransaction<'_>) -> Result<T>) -> T {
        let writing = self.store.write().unwrap();
        let value = run(&writing).unwrap();
        if writing.has_user_changes().unwrap() {
            let event = NewEvent {
                time: self.now(),
                account: operator(),
                authority: "Admin".to_owned(),
                action: "users edit".to_owned(),
                outcome: EventOutcome::Done.word(),
                user: None,
                reason: None,
                details: None,
            };
            writing.append_event_of_change(&event, &SaltSeed::new([0; 32])).unwrap();
        }
        writing.commit().unwrap();
        value
    }

    /// Changes the store without the program.
    pub(crate) fn sql(&self, statements: &str) {
        sql_at(self.store.path(), statements);
    }

    /// How many messages are in a state.
    pub(crate) fn count(&self, state: MessageState) -> usize {
        let sql = "SELECT count(*) FROM messages WHERE state = ?1";
        value_at(self.store.path(), sql, [state.word()]).try_into().unwrap()
    }

    /// Puts the messages that meet a condition into a new job, which runs and has no other message.
    pub(crate) fn put_in_job(&self, condition: &str) -> JobId {
        self.sql(
            "INSERT INTO jobs (state, operator, operator_uid, created_at, selection) VALUES ('running', 'x', 0, 1, 'x')",
        );
        let id = value_at(self.store.path(), "SELECT max(id) FROM jobs", []);
        self.sql(&format!("UPDATE messages SET job_id = {id} WHERE {condition}"));
        JobId(id)
    }

    pub(crate) fn user(&self, name: &str) -> UserId {
        self.change(|store| self.add_user(store, name))
    }

    /// Queues a reset for a user.
    pub(crate) fn queue(&self, user: UserId) -> MessageId {
        self.change(|store| self.queue_reset(store, user))
    }

    /// Creates users with one queued reset each.
    pub(crate) fn queued(&self, count: usize) -> Vec<MessageId> {
        let one = |store: &WriteTransaction<'_>, number| {
            self.queue_reset(store, self.add_user(store, &format!("user{number}"))?)
        };
        self.change(|store| (0..count).map(|number| one(store, number)).collect())
    }

    /// Queues a reset for a new user with an address in this domain.
    pub(crate) fn queue_at(&self, name: &str, domain: &str) -> MessageId {
        self.change(|store| self.queue_reset(store, self.add_user_at(store, name, domain)?))
    }

    /// Queues a mail of `mail test`.
    pub(crate) fn queue_test(&self, address: &str) -> MessageId {
        self.change(|store| {
            store.queue_message(&NewMessage {
                content: NewContent::Test,
                user: None,
                address: &address.parse().unwrap(),
                operator: &operator(),
                created_at: self.now(),
            })
        })
    }

    fn add_user(&self, store: &WriteTransaction<'_>, name: &str) -> Result<UserId> {
        self.add_user_at(store, name, "example.com")
    }

    fn add_user_at(&self, store: &WriteTransaction<'_>, name: &str, domain: &str) -> Result<UserId> {
        store.add_user(&NewUser {
            username: name.parse().unwrap(),
            email: format!("{name}@{domain}").parse().unwrap(),
            name: name.to_uppercase(),
            role: self.role.unwrap(),
            sign_in: SignIn::Password,
            locale: None,
            created_at: self.now(),
        })
    }

    fn queue_reset(&self, store: &WriteTransaction<'_>, user: UserId) -> Result<MessageId> {
        let operator = operator();
        let address: EmailAddress = store.user_by_id(user)?.unwrap().email;
        store.queue_message(&NewMessage {
            content: NewContent::Link { invitation: false, lifetime: LIFETIME, note: None },
            user: Some(user),
            address: &address,
            operator: &operator,
            created_at: self.now(),
        })
    }

    pub(crate) fn key(&self) -> ResetKey {
        ResetKey::generate(&ScriptedRandom::new(7))
    }

    pub(crate) fn post(&self, transport: Transport) -> Mailer {
        let identity = MailIdentity {
            from: "no-reply@example.com".parse().unwrap(),
            reply_to: None,
            bounce_to: None,
            organization: &Organization::default(),
            link: Some("https://reset.example.com/#{code}".parse().unwrap()),
            policy: &RoleRequirements::default(),
            headers: &[],
            time_zone: jiff::tz::TimeZone::UTC,
            texts: MailTexts::built_in().unwrap(),
        };
        Mailer {
            composer: Arc::new(Composer::new(identity).unwrap()),
            transport: Arc::new(transport),
            key: Some(self.key()),
            organization: Organization::default(),
            queue_lifetime: Duration::from_secs(86_400),
        }
    }

    /// Sends due messages over this many connections, without retries.
    pub(crate) fn send(&self, transport: Transport, connections: usize) -> SendReport {
        self.send_order(transport, Scope::OfNoJob, connections, Duration::ZERO)
    }

    pub(crate) fn send_order(
        &self,
        transport: Transport,
        scope: Scope,
        connections: usize,
        retry_for: Duration,
    ) -> SendReport {
        self.send_with(transport, &SendOptions { scope, connections, retry_for, ..SendOptions::default() })
    }

    pub(crate) fn send_with(&self, transport: Transport, order: &SendOptions) -> SendReport {
        self.send_observed(transport, order, &mut |_| ())
    }

    pub(crate) fn send_observed(
        &self,
        transport: Transport,
        order: &SendOptions,
        observer: &mut dyn FnMut(&Progress<'_>),
    ) -> SendReport {
        let seed = self.seed.get();
        self.seed.set(seed + 1);
        let (post, random) = (self.post(transport), ScriptedRandom::new(seed));
        outbox::run_observed(&self.store, &post, order, &self.clock, &random, observer).unwrap()
    }

    /// Delivers due messages to memory, and returns the mails as text.
    pub(crate) fn mails(&self) -> Vec<String> {
        let memory = MemoryTransport::default();
        self.send(Transport::Memory(memory.clone()), 1);
        memory.mails().iter().map(|mail| String::from_utf8_lossy(&mail.content).into_owned()).collect()
    }

    pub(crate) fn message(&self, id: MessageId) -> Message {
        self.store.read().unwrap().message(id).unwrap().unwrap()
    }
}

/// A transport to a relay on this machine.
pub(crate) fn smtp(port: u16) -> Transport {
    Transport::Smtp(Box::new(Relay::new("127.0.0.1", port, Security::None, None).unwrap()))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how much a test does, and for whom, is said by whoever starts it")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the large test runs were requested.
pub(crate) fn is_long() -> bool {
    variable("CXME_TEST_LONG").is_some()
}

/// Whether strace can inject failures of system calls here. Without it the test prints that and passes, but never in
/// CI.
#[expect(clippy::print_stdout, reason = "shown by whoever wants to see what was left out")]
pub(crate) fn can_trace() -> bool {
    let traced = std::process::Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let can = traced.is_ok_and(|traced| traced.status.success());
    if !can {
        assert!(variable("CI").is_none(), "not tested: needs strace, and the right to trace");
        println!("not tested: needs strace, and the right to trace");
    }
    can
}

/// The code in a mail's link.
pub(crate) fn code_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("https://reset.example.com/#").unwrap();
    rest.chars().take(26).collect()
}

/// The account of the operator who queues the mails.
fn operator() -> Account {
    Account {
        uid: OPERATOR,
        name: "carol".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    }
}

/// Changes the store at a path without the program, as another process does.
pub(crate) fn sql_at(path: &Path, statements: &str) {
    connection_at(path).execute_batch(statements).unwrap();
}

/// A number that a query of the store at a path gives, read without the program.
pub(crate) fn value_at(path: &Path, sql: &str, values: impl rusqlite::Params) -> i64 {
    connection_at(path).query_row(sql, values, |row| row.get(0)).unwrap()
}

/// The only way of these tests to the store past the program.
fn connection_at(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    connection
}
