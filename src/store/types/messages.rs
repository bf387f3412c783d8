//! Messages to be queued and as stored, and the state of their links.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::email_address::EmailAddress;
use crate::domain::job::JobId;
use crate::domain::link;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::operator::Account;
use crate::domain::user::UserId;

/// A message to be queued.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// What it is for.
    pub content: NewContent<'a>,
    /// The user; none for a test.
    pub user: Option<UserId>,
    /// Where it goes.
    pub address: &'a EmailAddress,
    /// Who asked for it.
    pub operator: &'a Account,
    /// When.
    pub created_at: Timestamp,
}

/// The purpose of a message, with the values that only such a message has.
#[derive(Debug, Clone, Copy)]
pub enum NewContent<'a> {
    /// A link.
    Link {
        /// For a user who never had a password.
        invitation: bool,
        /// The lifetime of the link, counted from its last delivery.
        lifetime: Duration,
        /// The operator's own words.
        note: Option<&'a str>,
    },
    /// Notice of a changed password or address.
    Notice(NoticeCause),
    /// A mail of `mail test`.
    Test,
}

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// What it is for.
    pub kind: MailKind,
    /// Its state.
    pub state: MessageState,
    /// The user's number.
    pub user: Option<UserId>,
    /// The user's name, while they exist.
    pub username: Option<String>,
    /// Where it goes; empty: its user was deleted.
    pub address: String,
    /// The OS account that asked for it.
    pub operator: String,
    /// That account's number.
    pub operator_uid: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub last_try_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The status of its link, if it has one.
    pub link: Option<LinkStatus>,
    /// What a notice tells of.
    pub cause: Option<NoticeCause>,
    /// The operator's own words.
    pub note: Option<String>,
    /// Its Message-ID, once it was tried.
    pub message_id: Option<String>,
    /// The reply of the server, or why it was cancelled.
    pub reply: Option<String>,
    /// How often it was in doubt: up to this many additional copies may have arrived.
    pub times_in_doubt: u32,
    /// The job it belongs to.
    pub job: Option<JobId>,
}

impl Message {
    /// The address; `None`: its user was deleted.
    pub fn known_address(&self) -> Option<&str> {
        Some(self.address.as_str()).filter(|address| !address.is_empty())
    }
}

/// The status of a link; never its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// Its lifetime, counted from the last delivery.
    pub lifetime: Duration,
    /// When it expires; none before the first try.
    pub expires_at: Option<Timestamp>,
    /// The latest time that the store has seen since `expires_at` was set.
    pub seen_at: Option<Timestamp>,
    /// Its mail is in flight: the relay may have it before its reply is recorded.
    pub is_sending: bool,
    /// When the relay last accepted its mail, or may have.
    pub delivered_at: Option<Timestamp>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revoked_why: Option<String>,
}

/// Whether a link can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase", parse_err_ty = String, parse_err_fn = unknown_link_state)]
pub enum LinkState {
    /// No mail with it may have arrived.
    Unsent,
    /// It can be used.
    Open,
    /// It was used.
    Used,
    /// Its lifetime has ended.
    Expired,
    /// It was revoked.
    Revoked,
}

impl LinkState {
    /// The word in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

fn unknown_link_state(_: &str) -> String {
    "expected unsent, open, used, expired or revoked".to_owned()
}

impl LinkStatus {
    /// Whether the link sets a password at `now`: it is [`LinkState::Open`].
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.state(now) == LinkState::Open
    }

    /// Whether its mail may have arrived. `links.rs` has a copy of this in SQL.
    pub(in crate::store) fn may_have_arrived(&self) -> bool {
        self.expires_at.is_some() && (self.is_sending || self.delivered_at.is_some())
    }

    /// Whether it has expired at `now`, or had at a time that the store has seen.
    pub(in crate::store) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|time| time <= link::link_time(now, self.seen_at))
    }

    /// The state of the link at `now`.
    pub fn state(&self, now: Timestamp) -> LinkState {
        match self {
            Self { used_at: Some(_), .. } => LinkState::Used,
            Self { revoked_at: Some(_), .. } => LinkState::Revoked,
            Self { .. } if !self.may_have_arrived() => LinkState::Unsent,
            Self { .. } if self.has_expired(now) => LinkState::Expired,
            Self { .. } => LinkState::Open,
        }
    }
}
