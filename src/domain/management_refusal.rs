//! Why a change of a role or an operator is refused, or an action on a user outside the operator's limits.

use crate::domain::role::Permission;
use crate::domain::role_name;
use crate::domain::role_name::RoleNameError;
use crate::domain::text;
use crate::domain::user::UserId;

/// A reason to refuse, as a fact. Display is one line; names in it are made visible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagementRefusal {
    /// The operator was disabled.
    #[error("operator {} is disabled", text::quoted(.0, 80))]
    Disabled(String),
    /// The user is outside the operator's limits.
    #[error("{user} is outside your limits ({limits})")]
    OutsideLimits {
        /// Whom it was meant for.
        user: String,
        /// The user's number.
        id: UserId,
        /// The limits.
        limits: String,
    },
    /// A user would get a role or an address outside the operator's limits, where the operator could not act on them any more.
    #[error("{user} would be outside your limits ({limits})")]
    LeavesLimits {
        /// Whom it was meant for.
        user: String,
        /// The limits.
        limits: String,
    },
    /// Some of the users that a command is for are outside the operator's limits.
    #[error(
        "{} outside your limits ({limits}): {}{}; nothing was changed",
        if *.count == 1 { "1 user is".to_owned() } else { format!("{count} users are") },
        users.join(", "),
        if *.count > users.len() as u64 { " and others" } else { "" }
    )]
    UsersOutsideLimits {
        /// The first of them.
        users: Vec<String>,
        /// How many they are.
        count: u64,
        /// The limits.
        limits: String,
    },
    /// Rows of an import would act on users outside the operator's limits, or put users there.
    #[error(
        "{rows} {} users outside your limits ({limits}); nothing was imported",
        if *.rows == 1 { "row concerns" } else { "rows concern" }
    )]
    RowsOutsideLimits {
        /// How many.
        rows: u64,
        /// The first of their users. For the event alone.
        usernames: Vec<String>,
        /// The limits.
        limits: String,
    },
    /// A permission was to be granted that the operator's role lacks.
    #[error("`{permission}` cannot be granted: your role, {own}, lacks it")]
    GrantBeyond {
        /// The permission.
        permission: Permission,
        /// The operator's role.
        own: String,
    },
    /// An operator with limits tried to change a role, which others have too.
    #[error("operators with limits cannot change roles (you may act on {0})")]
    Limited(String),
    /// An operator was to get wider limits than those of the operator who gives them, or has such limits.
    #[error("the limits of {account} would be wider than yours ({own})")]
    WiderLimits {
        /// The operator's account.
        account: String,
        /// The limits of the operator who gives them.
        own: String,
    },
    /// An operator with the role Admin was to get limits.
    #[error("{0} has the role Admin, which cannot be limited")]
    AdminHasNoLimits(String),
    /// A built-in role was to be changed.
    #[error("the role {0} is built in and cannot be changed")]
    BuiltInRole(String),
    /// The name is not one that a role can have.
    #[error("the role name {0}")]
    RoleName(#[from] RoleNameError),
    /// Another role has the name, or one that people can take for it.
    #[error("the role name `{}` {}", text::quoted(given, 80), taken(given, other))]
    RoleNameTaken {
        /// The name that was given.
        given: String,
        /// The name of the role that exists.
        other: String,
    },
    /// The operator's own role would have no permission left.
    #[error("your own role, {0}, would have no permission left")]
    LastOwnPermission(String),
    /// The users and operators of a role were to get the same role in its place.
    #[error("the users and operators of the role {0} cannot be moved to the role itself")]
    MoveToItself(String),
    /// More users or operators have a role than the operator confirmed.
    #[error("{} the role now, and you confirmed {confirmed}; nothing was changed", holders(*.found))]
    HoldersChanged {
        /// How many had it when the operator was asked.
        confirmed: u64,
        /// How many have it now.
        found: u64,
    },
    /// The configuration asks something of the passwords of the users with this role, by its name.
    #[error("the configuration names the role {role} ({place}); nothing was changed")]
    RoleInConfiguration {
        /// The role.
        role: String,
        /// The file, the line and the section.
        place: String,
    },
    /// Operators are limited to users with a role that was to be deleted.
    #[error("the role {role} limits whom operators may act on: {}", text::quoted(&operators.join(", "), 200))]
    RoleIsLimit {
        /// The role.
        role: String,
        /// The accounts of the operators.
        operators: Vec<String>,
    },
    /// The account is no operator.
    #[error("{} is not an operator", text::quoted(.0, 80))]
    NoSuchOperator(String),
    /// The account is already an operator.
    #[error("{0} is already an operator")]
    OperatorExists(String),
    /// root is always Admin, and was to be given another role.
    #[error("root is always Admin: it cannot be given the role `{}`", text::quoted(.0, 80))]
    RootIsAdmin(String),
    /// root is always Admin, and was to be disabled or limited.
    #[error("root is always Admin: it cannot be {0}")]
    RootIsUnlimited(&'static str),
    /// Without them nobody could administer the store.
    #[error("{0} is the last operator with the role Admin")]
    LastAdmin(String),
}

fn taken(given: &str, other: &str) -> String {
    match role_name::is_same(given, other) {
        true => "is already in use".to_owned(),
        false => format!("can be taken for `{}`, which is already in use", text::quoted(other, 80)),
    }
}

fn holders(count: u64) -> String {
    if count == 1 { "1 user or operator has".to_owned() } else { format!("{count} users and operators have") }
}

impl ManagementRefusal {
    /// Whether the refusal is an event: somebody tried what they may not do, or what must not be done.
    pub fn is_recorded(&self) -> bool {
        matches!(
            self,
            Self::Disabled(_)
                | Self::OutsideLimits { .. }
                | Self::LeavesLimits { .. }
                | Self::UsersOutsideLimits { .. }
                | Self::RowsOutsideLimits { .. }
                | Self::GrantBeyond { .. }
                | Self::Limited(_)
                | Self::WiderLimits { .. }
                | Self::LastAdmin(_)
                | Self::RootIsAdmin(_)
                | Self::RootIsUnlimited(_)
        )
    }

    /// The user it speaks of, where it is one that exists.
    pub fn user(&self) -> Option<UserId> {
        if let Self::OutsideLimits { id, .. } = self { Some(*id) } else { None }
    }

    /// The users that it is about, the first of so many, where the words leave their names out.
    pub fn users(&self) -> Option<(u64, &[String])> {
        if let Self::RowsOutsideLimits { rows, usernames, .. } = self { Some((*rows, usernames)) } else { None }
    }
}
