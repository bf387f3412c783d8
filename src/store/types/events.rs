//! Which events a list shows.

use crate::domain::user::UserId;

/// Which events a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Those about this user.
    pub user: Option<UserId>,
    /// Those of this action and of its variants, whose words begin with the same words.
    pub action: Option<&'static str>,
    /// Those of this OS account, by number.
    pub operator_uid: Option<u32>,
    /// `done` or `refused`.
    pub outcome: Option<&'static str>,
    /// Those since this moment, in unix seconds.
    pub since: Option<i64>,
    /// Those until this moment, in unix seconds.
    pub until: Option<i64>,
    /// The newest so many.
    pub limit: Option<u64>,
}
