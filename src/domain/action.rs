//! Every action of the program, and what it takes.

use crate::domain::role::Permission;

/// Every action of the program. What it requires stands here and nowhere else; opening a view or a change asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is named after its command")]
pub enum Action {
    UsersList,
    UsersShow,
    UsersAdd,
    UsersClone,
    UsersEdit,
    UsersDelete,
    UsersLock,
    UsersUnlock,
    UsersImport,
    UsersImportHashes,
    UsersExport,
    UsersExportHashes,
    UsersSetPassword,
    UsersOverridePolicy,
    UsersVerifyPassword,
    UsersChangePassword,
    UsersSendReset,
    UsersSendResetToMany,
    ResetsList,
    ResetsRevoke,
    ResetsRevokeByCode,
    ResetsRedeem,
    JobsRun,
    JobsList,
    JobsShow,
    JobsRecipients,
    JobsPause,
    JobsResume,
    JobsRetry,
    JobsCancel,
    JobsRemind,
    JobsDelete,
    MailTest,
    MailPreview,
    MailQueue,
    MailCancel,
    RolesList,
    RolesShow,
    RolesAdd,
    RolesEdit,
    RolesClone,
    RolesDelete,
    OperatorsList,
    OperatorsAdd,
    OperatorsEdit,
    OperatorsDisable,
    OperatorsEnable,
    OperatorsRemove,
    PolicyShow,
    PolicyCheck,
    AuditList,
    AuditShow,
    AuditVerify,
    AuditHead,
    WhoAmI,
    ConfigShow,
    StoreOpen,
    StoreInit,
    StoreCheck,
    StoreRepairTimes,
    StoreBackup,
    StoreRestore,
    StoreMigrate,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 63] = [
        Self::UsersList,
        Self::UsersShow,
        Self::UsersAdd,
        Self::UsersClone,
        Self::UsersEdit,
        Self::UsersDelete,
        Self::UsersLock,
        Self::UsersUnlock,
        Self::UsersImport,
        Self::UsersImportHashes,
        Self::UsersExport,
        Self::UsersExportHashes,
        Self::UsersSetPassword,
        Self::UsersOverridePolicy,
        Self::UsersVerifyPassword,
        Self::UsersChangePassword,
        Self::UsersSendReset,
        Self::UsersSendResetToMany,
        Self::ResetsList,
        Self::ResetsRevoke,
        Self::ResetsRevokeByCode,
        Self::ResetsRedeem,
        Self::JobsRun,
        Self::JobsList,
        Self::JobsShow,
        Self::JobsRecipients,
        Self::JobsPause,
        Self::JobsResume,
        Self::JobsRetry,
        Self::JobsCancel,
        Self::JobsRemind,
        Self::JobsDelete,
        Self::MailTest,
        Self::MailPreview,
        Self::MailQueue,
        Self::MailCancel,
        Self::RolesList,
        Self::RolesShow,
        Self::RolesAdd,
        Self::RolesEdit,
        Self::RolesClone,
        Self::RolesDelete,
        Self::OperatorsList,
        Self::OperatorsAdd,
        Self::OperatorsEdit,
        Self::OperatorsDisable,
        Self::OperatorsEnable,
        Self::OperatorsRemove,
        Self::PolicyShow,
        Self::PolicyCheck,
        Self::AuditList,
        Self::AuditShow,
        Self::AuditVerify,
        Self::AuditHead,
        Self::WhoAmI,
        Self::ConfigShow,
        Self::StoreOpen,
        Self::StoreInit,
        Self::StoreCheck,
        Self::StoreRepairTimes,
        Self::StoreBackup,
        Self::StoreRestore,
        Self::StoreMigrate,
    ];

    /// The words in an event: the command.
    pub fn word(self) -> &'static str {
        match self {
            Self::UsersList => "users list",
            Self::UsersShow => "users show",
            Self::UsersAdd => "users add",
            Self::UsersClone => "users clone",
            Self::UsersEdit => "users edit",
            Self::UsersDelete => "users delete",
            Self::UsersLock => "users lock",
            Self::UsersUnlock => "users unlock",
            Self::UsersImport => "users import",
            Self::UsersImportHashes => "users import with hashes",
            Self::UsersExport => "users export",
            Self::UsersExportHashes => "users export with hashes",
            Self::UsersSetPassword => "users set-password",
            Self::UsersOverridePolicy => "users set-password against the policy",
            Self::UsersVerifyPassword => "users verify-password",
            Self::UsersChangePassword => "users change-password",
            Self::UsersSendReset => "users send-reset",
            Self::UsersSendResetToMany => "users send-reset to many",
            Self::ResetsList => "resets list",
            Self::ResetsRevoke => "resets revoke",
            Self::ResetsRevokeByCode => "resets revoke by code",
            Self::ResetsRedeem => "resets redeem",
            Self::JobsRun => "jobs run",
            Self::JobsList => "jobs list",
            Self::JobsShow => "jobs show",
            Self::JobsRecipients => "jobs recipients",
            Self::JobsPause => "jobs pause",
            Self::JobsResume => "jobs resume",
            Self::JobsRetry => "jobs retry",
            Self::JobsCancel => "jobs cancel",
            Self::JobsRemind => "jobs remind",
            Self::JobsDelete => "jobs delete",
            Self::MailTest => "mail test",
            Self::MailPreview => "mail preview",
            Self::MailQueue => "mail queue",
            Self::MailCancel => "mail queue with cancel",
            Self::RolesList => "roles list",
            Self::RolesShow => "roles show",
            Self::RolesAdd => "roles add",
            Self::RolesEdit => "roles edit",
            Self::RolesClone => "roles clone",
            Self::RolesDelete => "roles delete",
            Self::OperatorsList => "operators list",
            Self::OperatorsAdd => "operators add",
            Self::OperatorsEdit => "operators edit",
            Self::OperatorsDisable => "operators disable",
            Self::OperatorsEnable => "operators enable",
            Self::OperatorsRemove => "operators remove",
            Self::PolicyShow => "policy show",
            Self::PolicyCheck => "policy check",
            Self::AuditList => "audit list",
            Self::AuditShow => "audit show",
            Self::AuditVerify => "audit verify",
            Self::AuditHead => "audit head",
            Self::WhoAmI => "whoami",
            Self::ConfigShow => "config show",
            Self::StoreOpen => "opening the store",
            Self::StoreInit => "init",
            Self::StoreCheck => "store check",
            Self::StoreRepairTimes => "store check with repair of times",
            Self::StoreBackup => "store backup",
            Self::StoreRestore => "store restore",
            Self::StoreMigrate => "store migrate",
        }
    }

    /// What the operator's role must allow; `None`: every operator may.
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::UsersList
            | Self::UsersShow
            | Self::UsersExport
            | Self::ResetsList
            | Self::MailQueue
            | Self::JobsList
            | Self::JobsShow
            | Self::JobsRecipients => Some(Permission::ViewUsers),
            Self::UsersAdd | Self::UsersClone | Self::UsersImport => Some(Permission::AddUsers),
            Self::UsersEdit => Some(Permission::EditUsers),
            Self::UsersDelete => Some(Permission::DeleteUsers),
            Self::UsersLock | Self::UsersUnlock => Some(Permission::LockUsers),
            Self::UsersImportHashes | Self::UsersExportHashes => Some(Permission::ExportHashes),
            Self::UsersSetPassword => Some(Permission::SetPasswords),
            Self::UsersOverridePolicy => Some(Permission::OverridePolicy),
            Self::UsersVerifyPassword => Some(Permission::VerifyPasswords),
            Self::UsersChangePassword | Self::ResetsRedeem | Self::ResetsRevokeByCode => Some(Permission::Redeem),
            Self::UsersSendReset | Self::ResetsRevoke | Self::MailCancel => Some(Permission::SendResets),
            Self::UsersSendResetToMany
            | Self::JobsRun
            | Self::JobsPause
            | Self::JobsResume
            | Self::JobsRetry
            | Self::JobsCancel
            | Self::JobsRemind
            | Self::JobsDelete => Some(Permission::RunBulkJobs),
            Self::RolesAdd | Self::RolesEdit | Self::RolesClone | Self::RolesDelete => Some(Permission::ManageRoles),
            Self::OperatorsAdd
            | Self::OperatorsEdit
            | Self::OperatorsDisable
            | Self::OperatorsEnable
            | Self::OperatorsRemove => Some(Permission::ManageOperators),
            Self::RolesList
            | Self::RolesShow
            | Self::OperatorsList
            | Self::PolicyShow
            | Self::PolicyCheck
            | Self::MailPreview
            | Self::WhoAmI
            | Self::StoreOpen => None,
            Self::AuditList | Self::AuditShow | Self::AuditVerify | Self::AuditHead => Some(Permission::ViewAudit),
            Self::StoreBackup => Some(Permission::BackUpStore),
            Self::ConfigShow
            | Self::StoreInit
            | Self::StoreCheck
            | Self::StoreRepairTimes
            | Self::StoreRestore
            | Self::StoreMigrate
            | Self::MailTest => Some(Permission::ManageStore),
        }
    }

    /// The action with these words. Its variants (`users set-password against the policy`) are the actions whose words begin
    /// with them and a blank.
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == words)
    }

    /// The words of the action that `words` is most likely a mistyping of: of two edits at most for each eight characters.
    pub fn nearest(words: &str) -> Option<&'static str> {
        let distance = |action: &Self| strsim::damerau_levenshtein(action.word(), words);
        let nearest = Self::ALL.into_iter().min_by_key(distance)?;
        (distance(&nearest) <= 2 + words.chars().count() / 8).then(|| nearest.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_found_by_its_words() {
        for action in Action::ALL {
            assert_eq!(Action::named(action.word()), Some(action));
        }
        assert_eq!(Action::named("users"), None);
    }

    #[test]
    fn the_nearest_action_is_named_and_nothing_far() {
        assert_eq!(Action::nearest("users set-pasword"), Some("users set-password"));
        assert_eq!(Action::nearest("user lock"), Some("users lock"));
        assert_eq!(Action::nearest("set-password"), None);
        assert_eq!(Action::nearest(&"x".repeat(100)), None);
    }

    /// `audit list --action` finds the variants of a command by their words.
    #[test]
    fn an_action_whose_words_begin_with_those_of_another_is_a_variant_of_it() {
        let is_variant = |action: &Action| {
            let of = |other: &Action| action.word().starts_with(&format!("{} ", other.word()));
            Action::ALL.iter().any(of)
        };
        let variants: Vec<&str> = Action::ALL.iter().filter(|action| is_variant(action)).map(|a| a.word()).collect();
        let expected = [
            "users import with hashes",
            "users export with hashes",
            "users set-password against the policy",
            "users send-reset to many",
            "resets revoke by code",
            "mail queue with cancel",
            "store check with repair of times",
        ];
        assert_eq!(variants, expected);
    }
}
