//! A job to be created, and its recipients.

use std::time::Duration;

use jiff::Timestamp;

use super::jobs::JobSendOptions;
use crate::domain::job::JobId;
use crate::domain::management::ProtectedUsers;
use crate::domain::operator::Account;
use crate::domain::selection::Selection;

/// Who is meant.
#[derive(Debug, Clone)]
pub enum AudiencePart<'a> {
    /// The users of a selection.
    Selected(&'a Selection),
    /// The users to whom a job brought a link before this moment that they did not use, and whose password was not changed
    /// since.
    NotYet(JobId, Timestamp),
    /// The users whose mail of a job failed.
    Failed(JobId),
}

/// Who is mailed, and who is not.
#[derive(Debug, Clone)]
pub struct Recipients<'a> {
    /// Who is meant.
    pub whom: AudiencePart<'a>,
    /// On whom the operator may not act.
    pub protected: &'a ProtectedUsers,
    /// The domains that addresses must be in; empty: any.
    pub email_domains: &'a [String],
    /// Who was sent a link since then is left out; `None`: nobody.
    pub sent_since: Option<Timestamp>,
    /// Their passwords end. No other mail holds back a user who has one: a stolen one would still work, and that mail ends with it.
    pub ends_passwords: bool,
    /// When.
    pub now: Timestamp,
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// What the operator calls it.
    pub key: Option<&'a str>,
    /// Who asks for it.
    pub operator: &'a Account,
    /// Why.
    pub reason: Option<&'a str>,
    /// Which users, in the operator's words.
    pub selection: &'a str,
    /// The operator's own words in the mails.
    pub note: Option<&'a str>,
    /// How long the link of a reset lives.
    pub reset_life: Duration,
    /// How long that of an invitation lives.
    pub invitation_lifetime: Duration,
    /// How it is sent.
    pub sending: JobSendOptions,
    /// The passwords and sessions of those who are mailed end with its creation.
    pub ends_passwords: bool,
}

/// Some of the users that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientSelection {
    /// Why they are not mailed; `None`: they are.
    pub skipped: Option<String>,
    /// How many.
    pub count: u64,
    /// How many of them have a password, or had one that was ended, so that theirs is a reset and no invitation.
    pub resets: u64,
    /// How many of them have a password.
    pub passwords: u64,
}
