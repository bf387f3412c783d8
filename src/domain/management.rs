//! On whom an operator may act: the rank of roles, and the operator's limits. One rule for one user, and the same for many.

use crate::domain::email_address::EmailAddress;
use crate::domain::operator::Authority;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;

/// What the rule asks of a user whom an operator wants to act on.
#[derive(Debug, Clone, Copy)]
pub struct ManagedUser<'a> {
    /// The user's role.
    pub role: RoleId,
    /// What it allows.
    pub permissions: Permissions,
    /// The user's address.
    pub email: &'a EmailAddress,
}

/// Why an operator may not act on a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagementError {
    /// The user's role allows this, and the operator's does not.
    Outranked(Permission),
    /// The user is outside the operator's limits.
    OutsideLimits,
}

impl Authority {
    /// Whether the operator may act on a user: nobody acts on a user whose role may do more than their own, or who is outside
    /// their limits.
    ///
    /// [`ProtectedUsers`] is the same rule for many users at once; a property test holds its SQL to this function.
    ///
    /// # Errors
    /// Why not.
    pub fn may_act_on(&self, user: ManagedUser<'_>) -> Result<(), ManagementError> {
        if let Some(permission) = user.permissions.beyond(self.permissions()) {
            return Err(ManagementError::Outranked(permission));
        }
        match self.limits().is_some_and(|limits| !limits.allow(user.role, user.email)) {
            true => Err(ManagementError::OutsideLimits),
            false => Ok(()),
        }
    }

    /// The users on whom the operator may not act, given all roles and what they allow.
    pub fn protected_users(&self, roles: impl IntoIterator<Item = (RoleId, Permissions)>) -> ProtectedUsers {
        let none = OperatorLimits::default();
        let limits = self.limits().unwrap_or(&none);
        let mut protected =
            ProtectedUsers { only_domains: limits.domains.iter().cloned().collect(), ..ProtectedUsers::default() };
        for (role, permissions) in roles {
            if permissions.beyond(self.permissions()).is_some() {
                protected.outranking.push(role);
            } else if !limits.allow_role(role) {
                protected.outside.push(role);
            }
        }
        protected
    }
}

/// The users on whom an operator may not act, as the store can ask for them. Empty: none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProtectedUsers {
    /// Those with these roles, which may do more than the operator's own.
    pub outranking: Vec<RoleId>,
    /// Those with these roles, which are outside the operator's limits.
    pub outside: Vec<RoleId>,
    /// Those in other domains than these; empty: none of them.
    pub only_domains: Vec<String>,
}

impl ProtectedUsers {
    /// Whether the operator may act on everybody.
    pub fn is_empty(&self) -> bool {
        self.outranking.is_empty() && self.outside.is_empty() && self.only_domains.is_empty()
    }

    /// Those whose role may do more than the operator's.
    #[must_use]
    pub fn by_rank(&self) -> Self {
        Self { outranking: self.outranking.clone(), ..Self::default() }
    }

    /// Those outside the operator's limits.
    #[must_use]
    pub fn by_limits(&self) -> Self {
        Self { outranking: Vec::new(), ..self.clone() }
    }
}
