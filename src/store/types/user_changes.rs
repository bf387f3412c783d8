//! Which changes of users a list shows.

use crate::domain::user::UserId;

/// Which changes are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeQuery {
    /// Those of this event.
    pub event: Option<i64>,
    /// Those of this user.
    pub user: Option<UserId>,
    /// Those after the change with this id: the last one of the page before; 0: from the first.
    pub after: i64,
    /// At most this many.
    pub limit: u32,
}
