//! The messages that wait to be sent.

use std::time::Duration;

use jiff::Timestamp;

use super::damage::RowFault;
use crate::domain::bounce::Bounce;
use crate::domain::email_address::EmailAddress;
use crate::domain::job::JobId;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::role::RoleId;
use crate::domain::user::Lock;
use crate::domain::user::SignIn;
use crate::domain::user::UserId;
use crate::secrets::reset_code::NONCE;

/// A message that is due, with the user as they are now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its number.
    pub id: MessageId,
    /// What it is for.
    pub kind: MailKind,
    /// Where it is on its way.
    pub state: MessageState,
    /// Where it goes.
    pub address: EmailAddress,
    /// The OS account that asked for it, by name.
    pub operator: String,
    /// The same by number.
    pub operator_uid: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it was in doubt.
    pub doubts: u32,
    /// When it was tried first: the mail's Date.
    pub first_try_at: Option<Timestamp>,
    /// Since when its lifetime in the queue counts: the first counted try, and later by the time its job was paused.
    pub lifetime_from: Option<Timestamp>,
    /// Its last try does not count, because the relay refused everything then.
    pub given_back: bool,
    /// How long its link lives.
    pub lifetime: Option<Duration>,
    /// What a notice tells of.
    pub cause: Option<NoticeCause>,
    /// The operator's own words.
    pub note: Option<String>,
    /// From an earlier try.
    pub nonce: Option<[u8; NONCE]>,
    /// From an earlier try.
    pub message_id: Option<String>,
    /// The user's number.
    pub user: Option<UserId>,
    /// The user, while they exist.
    pub recipient: Option<Recipient>,
    /// Whether the user was sent another link since the message was queued.
    pub has_later_link: bool,
    /// Whether its own link was used or revoked.
    pub has_ended_link: bool,
    /// Whether it belongs to a job.
    pub is_of_job: bool,
}

/// The user of a message, as they are now.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The name to sign in with.
    pub username: String,
    /// The person's name.
    pub name: String,
    /// Their address, which may be another one by now.
    pub email: EmailAddress,
    /// The language.
    pub locale: Option<String>,
    /// How they sign in.
    pub sign_in: SignIn,
    /// The role.
    pub role: RoleId,
    /// The lock, in force or past.
    pub lock: Option<Lock>,
    /// Whether they must choose another password at the next sign-in.
    pub must_change: bool,
    /// That their address takes no mail.
    pub bounce: Option<Bounce>,
}

/// Which messages are to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// These.
    These(Vec<MessageId>),
    /// All due messages of no job.
    OfNoJob,
    /// All due messages of this job.
    Job(JobId),
}

impl Scope {
    /// The job whose messages they are, if they are a job's.
    pub fn job(&self) -> Option<JobId> {
        if let Self::Job(job) = self { Some(*job) } else { None }
    }
}

/// A value of a column as it is, of whatever type: somebody who edited the store may have left another one than the column has.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum StoredValue {
    /// None.
    Null,
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text; bytes, because it need not be UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A waiting message whose row, or the row of its user, cannot be read. It is left as it is.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Its number.
    pub id: MessageId,
    /// Whether it was never tried.
    pub(in crate::store) is_fresh: bool,
    /// Since when it is due, whatever the column holds.
    pub(in crate::store) due_at: StoredValue,
    /// What is wrong.
    pub fault: RowFault,
}

/// A waiting message, if it can be read.
pub type Found = Result<Due, Unreadable>;

/// How far a run has read the messages that are due, so that it reads each of them once, although it may leave one unsent for a while.
/// A message that another process puts back behind this position is for the next run.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The job; `None`: messages of no job.
    pub(in crate::store) job: Option<JobId>,
    /// The last message that was never tried, by time and id. Messages that were put back because the relay could not be used come
    /// last.
    pub(in crate::store) fresh: (StoredValue, i64),
    /// The last message that is tried again, by time and id.
    pub(in crate::store) again: (StoredValue, i64),
}

impl Cursor {
    /// The position before the first message.
    pub fn of(job: Option<JobId>) -> Self {
        // Before the messages of a clock that was set before 1970 too.
        let beginning = (StoredValue::Integer(i64::MIN), i64::MIN);
        Self { job, fresh: beginning.clone(), again: beginning }
    }

    /// Moves past a message.
    pub fn pass(&mut self, due: &Due) {
        let key = (StoredValue::Integer(due.due_at.as_second()), due.id.0);
        if due.state == MessageState::Queued { self.fresh = key } else { self.again = key }
    }

    /// Moves past a message that cannot be read.
    pub fn pass_unreadable(&mut self, message: &Unreadable) {
        let key = (message.due_at.clone(), message.id.0);
        if message.is_fresh { self.fresh = key } else { self.again = key }
    }
}

/// The messages that wait for another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTry {
    /// How many.
    pub count: u64,
    /// When the first of them is tried.
    pub due_at: Timestamp,
    /// Why it waits: the words of its last try.
    pub reply: String,
}
