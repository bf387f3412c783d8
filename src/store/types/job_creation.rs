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
    /// The users to whom a job sent a link before this moment, who have not used it and whose password has not changed since.
    NotYet(JobId, Timestamp),
    /// The users whose mail of a job failed.
    Failed(JobId),
}

/// The recipients of a job, and the reasons why some users are skipped.
#[derive(Debug, Clone)]
pub struct Recipients<'a> {
    /// Who is meant.
    pub whom: AudiencePart<'a>,
    /// The users on whom the operator may not act.
    pub protected: &'a ProtectedUsers,
    /// The domains that addresses must be in; empty: all domains.
    pub email_domains: &'a [String],
    /// Users who were sent a link since this moment are skipped; `None`: nobody is.
    pub sent_since: Option<Timestamp>,
    /// Their passwords end. No other mail holds back a user who has a password: a stolen one would still work, and that mail ends
    /// with it.
    pub ends_passwords: bool,
    /// Users whose address takes no mail are mailed all the same.
    pub includes_bounced: bool,
    /// When.
    pub now: Timestamp,
}

/// A job to be created.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// The key that the operator gave it.
    pub key: Option<&'a str>,
    /// Who asks for it.
    pub operator: &'a Account,
    /// Why.
    pub reason: Option<&'a str>,
    /// The selection of users, as the operator typed it.
    pub selection: &'a str,
    /// The operator's note in the mails.
    pub note: Option<&'a str>,
    /// The lifetime of the link of a reset.
    pub reset_life: Duration,
    /// The lifetime of the link of an invitation.
    pub invitation_lifetime: Duration,
    /// How it is sent.
    pub sending: JobSendOptions,
    /// The passwords and sessions of the recipients end when the job is created.
    pub ends_passwords: bool,
}

/// A part of the selected users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientSelection {
    /// Why they are skipped; `None`: they are mailed.
    pub skipped: Option<String>,
    /// How many.
    pub count: u64,
    /// How many of them have or had a password, so that their mail is a reset and not an invitation.
    pub resets: u64,
    /// How many of them have a password.
    pub passwords: u64,
}
