//! What the audit log records of a refusal.

use super::Refusal;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::user::UserId;

impl Refusal {
    /// Whether the refusal is an event: somebody tried what they may not do, or what must not be done.
    pub fn is_recorded(&self) -> bool {
        if let Self::Management(refusal) = self {
            return refusal.is_recorded();
        }
        matches!(
            self,
            Self::NotAnOperator { .. }
                | Self::OtherName { .. }
                | Self::NotPermitted { .. }
                | Self::NotElevated { .. }
                | Self::NamedFile { .. }
                | Self::CallersDiffer { .. }
                | Self::Outranked { .. }
                | Self::RoleOutranks { .. }
                | Self::RowsOutrank { .. }
                | Self::UsersOutrank { .. }
                | Self::Saml { .. }
                | Self::WrongPassword { .. }
                | Self::CodeNotAccepted { .. }
                // Somebody could try out one former password of a user after another.
                | Self::Policy { former_of: Some(_), .. }
        )
    }

    /// Whether strangers can cause it, as often as they like: then it is counted, and an event a minute tells of many.
    pub fn is_attempt(&self) -> bool {
        matches!(
            self,
            Self::WrongPassword { .. }
                | Self::CodeNotAccepted { .. }
                | Self::NotAnOperator { .. }
                | Self::OtherName { .. }
                | Self::Management(ManagementRefusal::Disabled(_))
        )
    }

    /// The user as the operator named them, where the words leave it out.
    pub fn given(&self) -> Option<&str> {
        match self {
            Self::WrongPassword { given } => Some(given),
            _ => None,
        }
    }

    /// The users that it is about, the first of so many, where the words leave their names out.
    pub fn users(&self) -> Option<(u64, &[String])> {
        match self {
            Self::RowsOutrank { rows, usernames, .. } => Some((*rows, usernames)),
            Self::Management(refusal) => refusal.users(),
            _ => None,
        }
    }

    /// Why, where the words leave it out.
    pub fn why(&self) -> Option<&'static str> {
        match self {
            Self::CodeNotAccepted { why, .. } => Some(why),
            Self::Policy { former_of: Some(_), .. } => Some("former password"),
            _ => None,
        }
    }

    /// The user it speaks of, where it is one that exists.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Saml { id, .. } => Some(*id),
            Self::Outranked { id, .. } => *id,
            Self::Management(refusal) => refusal.user(),
            Self::CodeNotAccepted { user, .. } => *user,
            Self::Policy { former_of, .. } => *former_of,
            _ => None,
        }
    }
}
