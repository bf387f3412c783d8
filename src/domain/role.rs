//! Roles and permissions: who may do what.

use std::fmt;
use strum::VariantArray as _;

use crate::domain::text;

/// The number of a role in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub i64);

impl RoleId {
    /// The number of [`ADMIN`], the same in every store, as root's uid is on every machine.
    pub const ADMIN: Self = Self(1);
    /// The number of [`MINIMAL`], the same in every store.
    pub const MINIMAL: Self = Self(2);

    /// The number of [`SERVICE`], the same in every store.
    pub const SERVICE: Self = Self(3);

    /// What a built-in role allows; `None`: the role is not built in, and the store says what it allows. Rows of the store
    /// are never asked for a built-in role: a permission that a later version adds would be missing there.
    pub fn built_in(self) -> Option<Permissions> {
        match self {
            Self::ADMIN => Some(Permissions::all()),
            Self::MINIMAL => Some([Permission::ViewUsers].into_iter().collect()),
            Self::SERVICE => {
                let timers = [Permission::RunBulkJobs, Permission::BackUpStore];
                Some(timers.into_iter().flat_map(|permission| permission.with_required().iter()).collect())
            }
            _ => None,
        }
    }

    /// What a built-in role is for; `None`: the role is not built in.
    pub fn built_in_description(self) -> Option<&'static str> {
        match self {
            Self::ADMIN => Some("May do everything"),
            Self::MINIMAL => Some("For users who administer nothing"),
            Self::SERVICE => Some("For the account whose timers run `jobs run` and `store backup`"),
            _ => None,
        }
    }
}

/// The built-in role that may do everything.
pub const ADMIN: &str = "Admin";
/// The built-in role for users who administer nothing, and for those whose role was deleted.
pub const MINIMAL: &str = "Minimal Permissions";

/// The built-in role for the service account, whose timers run `jobs run` and `store backup`.
pub const SERVICE: &str = "Service";

/// One thing that a role may allow. The order is that of the store's and of `roles permissions`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::EnumCount, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown_permission)]
#[repr(u8)]
pub enum Permission {
    /// See the users and their facts.
    ViewUsers,
    /// Add and import users.
    AddUsers,
    /// Edit users.
    EditUsers,
    /// Delete users.
    DeleteUsers,
    /// Lock and unlock users.
    LockUsers,
    /// Set a user's password.
    SetPasswords,
    /// Mail a reset link to a user.
    SendResets,
    /// Run bulk jobs.
    RunBulkJobs,
    /// Set a new password on the user's own proof.
    Redeem,
    /// Check a password.
    VerifyPasswords,
    /// Create and change roles.
    ManageRoles,
    /// Add, change and remove operators.
    ManageOperators,
    /// Export password hashes.
    ExportHashes,
    /// Set a password against the policy.
    OverridePolicy,
    /// Read the audit.
    ViewAudit,
    /// Back up the store.
    BackUpStore,
    /// Check, migrate and restore the store.
    ManageStore,
}

impl Permission {
    /// What it takes to say that users must change their password, or may keep it, by whichever command: `users set-password`
    /// could do the same.
    pub const MUST_CHANGE: Self = Self::SetPasswords;

    /// The word in the store, in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// One line of help.
    pub fn help(self) -> &'static str {
        match self {
            Self::ViewUsers => "See the users, but never a hash",
            Self::AddUsers => "Add users and import them",
            Self::EditUsers => "Change a user's address, name, role and sign-in",
            Self::DeleteUsers => "Delete users",
            Self::LockUsers => "Lock users and unlock them",
            Self::SetPasswords => "Set a user's password",
            Self::SendResets => "Mail a reset link to a user, and revoke it",
            Self::RunBulkJobs => "Mail reset links to many users, and send the mail in the outbox",
            Self::Redeem => "Set a password with the user's own proof: a code or the old password",
            Self::VerifyPasswords => "Check a password, as login systems do",
            Self::ManageRoles => "Create roles and change them",
            Self::ManageOperators => "Add operators, change and remove them",
            Self::ExportHashes => "Export password hashes, and import them",
            Self::OverridePolicy => "Set a password that the policy refuses",
            Self::ViewAudit => "Read and verify the audit",
            Self::BackUpStore => "Back up the store, with all password hashes",
            Self::ManageStore => "Check, restore and migrate the store, and send a test mail",
        }
    }

    /// The permissions without which this one cannot be used.
    pub fn requires(self) -> &'static [Self] {
        match self {
            Self::AddUsers
            | Self::EditUsers
            | Self::DeleteUsers
            | Self::LockUsers
            | Self::SetPasswords
            | Self::SendResets
            | Self::ExportHashes => &[Self::ViewUsers],
            Self::RunBulkJobs => &[Self::ViewUsers, Self::SendResets],
            Self::OverridePolicy => &[Self::ViewUsers, Self::SetPasswords],
            Self::ViewUsers
            | Self::Redeem
            | Self::VerifyPasswords
            | Self::ManageRoles
            | Self::ManageOperators
            | Self::ViewAudit
            | Self::BackUpStore
            | Self::ManageStore => &[],
        }
    }
}

impl Permission {
    /// This permission and those that it requires.
    pub fn with_required(self) -> Permissions {
        self.requires().iter().copied().chain([self]).collect()
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

fn unknown_permission(text: &str) -> String {
    format!("`{}` is not a permission: see `cxme-admin roles permissions`", text::quoted(text, 40))
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// Every permission.
    pub fn all() -> Self {
        Permission::VARIANTS.iter().copied().collect()
    }

    /// Whether the set holds it.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// The first permission of this set that `other` lacks, in order.
    pub fn beyond(self, other: Self) -> Option<Permission> {
        Permission::VARIANTS.iter().copied().find(|&permission| self.has(permission) && !other.has(permission))
    }

    /// Whether the set holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The permissions of this set that `other` lacks.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The permissions of the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::VARIANTS.iter().copied().filter(move |&permission| self.has(permission))
    }

    fn bit(permission: Permission) -> u32 {
        1 << permission as u8
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | Self::bit(permission)))
    }
}

/// A role as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The number.
    pub id: RoleId,
    /// The name; unique without case.
    pub name: String,
    /// What it is for, in an operator's words; may be empty.
    pub description: String,
    /// Whether it is one of those that cannot be changed.
    pub built_in: bool,
    /// What it allows.
    pub permissions: Permissions,
}

/// The built-in roles: their numbers and names.
pub const BUILT_IN: [(RoleId, &str); 3] =
    [(RoleId::ADMIN, ADMIN), (RoleId::MINIMAL, MINIMAL), (RoleId::SERVICE, SERVICE)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_stands_at_its_place_in_all() {
        for (place, permission) in Permission::VARIANTS.iter().copied().enumerate() {
            assert_eq!(permission as usize, place);
            assert_eq!(permission.word().parse(), Ok(permission));
        }
    }

    #[test]
    fn the_built_in_roles_hold_what_their_permissions_require() {
        for (role, name) in BUILT_IN {
            let permissions = role.built_in().unwrap();
            for permission in permissions.iter() {
                for required in permission.requires() {
                    assert!(permissions.has(*required), "{name}: {permission} requires {required}");
                }
            }
        }
    }

    #[test]
    fn a_role_is_beyond_another_by_what_the_other_lacks() {
        let small: Permissions = [Permission::ViewUsers].into_iter().collect();
        assert_eq!(small.beyond(Permissions::all()), None);
        assert_eq!(Permissions::all().beyond(small), Some(Permission::AddUsers));
    }
}
