//! What allowing and denying permissions makes of a role: a permission that requires others brings them along, and those that
//! require a denied one go with it.

use crate::domain::role::Permission;
use crate::domain::role::Permissions;

/// The permissions that a role is to get and to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionEdit {
    allow: Permissions,
    deny: Permissions,
}

/// What an edit makes of a role's permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditedPermissions {
    /// What the role allows then.
    pub permissions: Permissions,
    /// What it did not allow before.
    pub gained: Permissions,
    /// What it allowed before and does not allow any more.
    pub lost: Permissions,
    /// The part of `gained` that was not named: others require it.
    pub brought: Permissions,
    /// The part of `lost` that was not named: it requires what was denied.
    pub taken_along: Permissions,
}

/// A permission is to be allowed, and another one that it requires, or the same, is to be denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContradictoryEdit {
    /// To be allowed.
    pub allowed: Permission,
    /// To be denied.
    pub denied: Permission,
}

impl PermissionEdit {
    /// An edit that allows and denies these permissions.
    ///
    /// # Errors
    /// When it allows what requires something that it denies.
    pub fn new(allow: Permissions, deny: Permissions) -> Result<Self, ContradictoryEdit> {
        for allowed in allow.iter() {
            if let Some(denied) = deny.iter().find(|denied| allowed.with_required().has(*denied)) {
                return Err(ContradictoryEdit { allowed, denied });
            }
        }
        Ok(Self { allow, deny })
    }

    /// Whether it changes no role.
    pub fn is_empty(self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }

    /// Applies the edit to what a role allows now.
    pub fn apply(self, before: Permissions) -> EditedPermissions {
        let allow: Permissions = self.allow.iter().flat_map(|permission| permission.with_required().iter()).collect();
        let stays = |permission: &Permission| permission.with_required().iter().all(|needed| !self.deny.has(needed));
        let permissions: Permissions = before.union(allow).iter().filter(stays).collect();
        let (gained, lost) = (permissions.without(before), before.without(permissions));
        let (brought, taken_along) = (gained.without(self.allow), lost.without(self.deny));
        EditedPermissions { permissions, gained, lost, brought, taken_along }
    }
}

#[cfg(test)]
mod tests {
    use strum::EnumCount as _;
    use strum::VariantArray as _;

    use proptest::prelude::*;

    use super::*;

    fn set(words: &str) -> Permissions {
        words.split_whitespace().map(|word| word.parse::<Permission>().unwrap()).collect()
    }

    fn words(permissions: Permissions) -> String {
        permissions.iter().map(Permission::word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_required_comes_along_and_what_requires_goes_along() {
        let edit = |before, allow, deny| Some(PermissionEdit::new(set(allow), set(deny)).ok()?.apply(set(before)));
        let added = edit("", "run-bulk-jobs", "").unwrap();
        assert_eq!(words(added.permissions), "view-users send-resets run-bulk-jobs");
        assert_eq!(words(added.brought), "view-users send-resets");
        let taken = edit("view-users lock-users send-resets run-bulk-jobs view-audit", "", "send-resets").unwrap();
        assert_eq!(words(taken.permissions), "view-users lock-users view-audit");
        assert_eq!(
            (words(taken.lost), words(taken.taken_along)),
            ("send-resets run-bulk-jobs".to_owned(), "run-bulk-jobs".to_owned())
        );
        let both = edit("view-users set-passwords", "send-resets", "set-passwords").unwrap();
        assert_eq!(
            (words(both.permissions), words(both.gained)),
            ("view-users send-resets".to_owned(), "send-resets".to_owned())
        );
        let none = edit("view-users", "view-users", "set-passwords").unwrap();
        assert_eq!((none.gained, none.lost), (Permissions::default(), Permissions::default()));
        let wrong = ContradictoryEdit { allowed: Permission::SetPasswords, denied: Permission::ViewUsers };
        assert_eq!(PermissionEdit::new(set("set-passwords"), set("view-users")), Err(wrong));
        assert!(edit("", "view-audit", "view-audit").is_none());
    }

    proptest! {
        #[test]
        fn a_role_has_what_its_permissions_require_whatever_is_allowed_and_denied(
            before in 0_usize..1 << Permission::COUNT,
            allow in 0_usize..1 << Permission::COUNT,
            deny in 0_usize..1 << Permission::COUNT,
        ) {
            let set = |bits: usize| -> Permissions {
                Permission::VARIANTS.iter().copied().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, one)| one).collect()
            };
            let before: Permissions = set(before).iter().flat_map(|permission| permission.with_required().iter()).collect();
            if let Ok(edit) = PermissionEdit::new(set(allow), set(deny)) {
                let edited = edit.apply(before);
                for permission in edited.permissions.iter() {
                    prop_assert_eq!(permission.with_required().beyond(edited.permissions), None);
                }
                prop_assert_eq!(edited.permissions, before.union(edited.gained).without(edited.lost));
                prop_assert_eq!(set(allow).beyond(edited.permissions), None);
                prop_assert!(set(deny).iter().all(|denied| !edited.permissions.has(denied)));
            }
        }
    }
}
