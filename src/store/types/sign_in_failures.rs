//! Refused attempts to be recorded and as counted.

use jiff::Timestamp;

use crate::domain::event::NewEvent;
use crate::domain::operator::Account;
use crate::domain::user::UserId;

/// A refused attempt.
#[derive(Debug)]
pub struct RefusedAttempt<'a> {
    /// The event that tells of it, where it is the only one.
    pub event: NewEvent,
    /// What was said, for the event that tells of several.
    pub refusal: &'a str,
    /// Who can cause it.
    pub kind: AttemptKind<'a>,
}

/// Who can cause a refused attempt, and so how it is recorded.
#[derive(Debug, Clone, Copy)]
pub enum AttemptKind<'a> {
    /// Anyone who tries passwords or codes. Its time must not tell anything, so that it waits for nobody.
    Secret {
        /// Whose password was wrong, and where it came from.
        failure: Option<(UserId, Option<&'a str>)>,
    },
    /// An account that is no operator. It waits a little for others who write.
    Stranger,
    /// An operator. It waits as a change does.
    Operator {
        /// Whether one event may tell of those with the same words. Others have an event each.
        may_be_counted: bool,
    },
}

/// Refused attempts of one kind by one account that no event tells of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAttempts {
    /// What was tried.
    pub action: String,
    /// What was said.
    pub refusal: String,
    /// How many.
    pub count: u64,
    /// When the first of them was.
    pub since: Timestamp,
    /// Who acted, as at the last one.
    pub account: Account,
    /// By what right.
    pub authority: String,
}

impl RefusedAttempts {
    /// The event that tells of them.
    pub fn event(&self, now: Timestamp) -> NewEvent {
        let details =
            serde_json::json!({ "refusal": self.refusal, "count": self.count, "since": self.since.to_string() });
        NewEvent {
            time: now,
            account: self.account.clone(),
            authority: self.authority.clone(),
            action: self.action.clone(),
            outcome: crate::domain::event::EventOutcome::Refused.word(),
            user: None,
            reason: None,
            details: Some(details.to_string()),
        }
    }
}
