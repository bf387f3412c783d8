//! Every action of the program, and what it takes.

use strum::VariantArray as _;

use crate::domain::role::Permission;

/// Every action of the program. What it requires stands here and nowhere else; opening a view or a change asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[expect(missing_docs, reason = "each variant is named after its command")]
pub enum Action {
    #[strum(serialize = "users list")]
    UsersList,
    #[strum(serialize = "users show")]
    UsersShow,
    #[strum(serialize = "users add")]
    UsersAdd,
    #[strum(serialize = "users clone")]
    UsersClone,
    #[strum(serialize = "users edit")]
    UsersEdit,
    #[strum(serialize = "users delete")]
    UsersDelete,
    #[strum(serialize = "users lock")]
    UsersLock,
    #[strum(serialize = "users unlock")]
    UsersUnlock,
    #[strum(serialize = "users import")]
    UsersImport,
    #[strum(serialize = "users import with hashes")]
    UsersImportHashes,
    #[strum(serialize = "users export")]
    UsersExport,
    #[strum(serialize = "users export with hashes")]
    UsersExportHashes,
    #[strum(serialize = "users set-password")]
    UsersSetPassword,
    #[strum(serialize = "users set-password against the policy")]
    UsersOverridePolicy,
    #[strum(serialize = "users verify-password")]
    UsersVerifyPassword,
    #[strum(serialize = "users change-password")]
    UsersChangePassword,
    #[strum(serialize = "users send-reset")]
    UsersSendReset,
    #[strum(serialize = "users send-reset to many")]
    UsersSendResetToMany,
    #[strum(serialize = "resets list")]
    ResetsList,
    #[strum(serialize = "resets revoke")]
    ResetsRevoke,
    #[strum(serialize = "resets revoke by code")]
    ResetsRevokeByCode,
    #[strum(serialize = "resets redeem")]
    ResetsRedeem,
    #[strum(serialize = "jobs run")]
    JobsRun,
    #[strum(serialize = "jobs list")]
    JobsList,
    #[strum(serialize = "jobs show")]
    JobsShow,
    #[strum(serialize = "jobs recipients")]
    JobsRecipients,
    #[strum(serialize = "jobs wait")]
    JobsWait,
    #[strum(serialize = "jobs pause")]
    JobsPause,
    #[strum(serialize = "jobs resume")]
    JobsResume,
    #[strum(serialize = "jobs retry")]
    JobsRetry,
    #[strum(serialize = "jobs cancel")]
    JobsCancel,
    #[strum(serialize = "jobs remind")]
    JobsRemind,
    #[strum(serialize = "jobs delete")]
    JobsDelete,
    #[strum(serialize = "mail test")]
    MailTest,
    #[strum(serialize = "mail preview")]
    MailPreview,
    #[strum(serialize = "mail queue")]
    MailQueue,
    #[strum(serialize = "mail queue with cancel")]
    MailCancel,
    #[strum(serialize = "mail bounces")]
    MailBounces,
    #[strum(serialize = "roles list")]
    RolesList,
    #[strum(serialize = "roles show")]
    RolesShow,
    #[strum(serialize = "roles add")]
    RolesAdd,
    #[strum(serialize = "roles edit")]
    RolesEdit,
    #[strum(serialize = "roles clone")]
    RolesClone,
    #[strum(serialize = "roles delete")]
    RolesDelete,
    #[strum(serialize = "operators list")]
    OperatorsList,
    #[strum(serialize = "operators add")]
    OperatorsAdd,
    #[strum(serialize = "operators edit")]
    OperatorsEdit,
    #[strum(serialize = "operators disable")]
    OperatorsDisable,
    #[strum(serialize = "operators enable")]
    OperatorsEnable,
    #[strum(serialize = "operators remove")]
    OperatorsRemove,
    #[strum(serialize = "policy show")]
    PolicyShow,
    #[strum(serialize = "policy check")]
    PolicyCheck,
    #[strum(serialize = "audit list")]
    AuditList,
    #[strum(serialize = "audit show")]
    AuditShow,
    #[strum(serialize = "audit verify")]
    AuditVerify,
    #[strum(serialize = "audit head")]
    AuditHead,
    #[strum(serialize = "audit export")]
    AuditExport,
    #[strum(serialize = "audit archive")]
    AuditArchive,
    #[strum(serialize = "metrics")]
    Metrics,
    #[strum(serialize = "whoami")]
    WhoAmI,
    #[strum(serialize = "doctor")]
    Doctor,
    #[strum(serialize = "config show")]
    ConfigShow,
    #[strum(serialize = "opening the store")]
    StoreOpen,
    #[strum(serialize = "init")]
    StoreInit,
    #[strum(serialize = "store check")]
    StoreCheck,
    #[strum(serialize = "store check with repair of times")]
    StoreRepairTimes,
    #[strum(serialize = "store backup")]
    StoreBackup,
    #[strum(serialize = "store restore")]
    StoreRestore,
    #[strum(serialize = "store migrate")]
    StoreMigrate,
}

impl Action {
    /// The words in an event, which stand at each variant: the command.
    pub fn word(self) -> &'static str {
        self.into()
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
            | Self::JobsRecipients
            | Self::JobsWait => Some(Permission::ViewUsers),
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
            | Self::JobsDelete
            | Self::MailBounces => Some(Permission::RunBulkJobs),
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
            | Self::Metrics
            | Self::WhoAmI
            | Self::StoreOpen => None,
            Self::AuditList | Self::AuditShow | Self::AuditVerify | Self::AuditHead | Self::AuditExport => {
                Some(Permission::ViewAudit)
            }
            Self::StoreBackup => Some(Permission::BackUpStore),
            Self::Doctor
            | Self::ConfigShow
            | Self::StoreInit
            | Self::StoreCheck
            | Self::AuditArchive
            | Self::StoreRepairTimes
            | Self::StoreRestore
            | Self::StoreMigrate
            | Self::MailTest => Some(Permission::ManageStore),
        }
    }

    /// The words of its command. Those of a variant begin with the words of another action and a blank.
    pub fn command(self) -> &'static str {
        let word = self.word();
        let is_of = |other: &Self| word.strip_prefix(other.word()).is_some_and(|rest| rest.starts_with(' '));
        Self::VARIANTS.iter().find(|other| is_of(other)).map_or(word, |other| other.word())
    }

    /// Whether it changes something, so that an event tells of it and has the operator's reason.
    pub fn is_change(self) -> bool {
        match self {
            Self::UsersAdd
            | Self::UsersClone
            | Self::UsersEdit
            | Self::UsersDelete
            | Self::UsersLock
            | Self::UsersUnlock
            | Self::UsersImport
            | Self::UsersImportHashes
            | Self::UsersExportHashes
            | Self::UsersSetPassword
            | Self::UsersOverridePolicy
            | Self::UsersChangePassword
            | Self::UsersSendReset
            | Self::UsersSendResetToMany
            | Self::ResetsRevoke
            | Self::ResetsRevokeByCode
            | Self::ResetsRedeem
            | Self::JobsRun
            | Self::JobsPause
            | Self::JobsResume
            | Self::JobsRetry
            | Self::JobsCancel
            | Self::JobsRemind
            | Self::JobsDelete
            | Self::MailTest
            | Self::MailCancel
            | Self::MailBounces
            | Self::RolesAdd
            | Self::RolesEdit
            | Self::RolesClone
            | Self::RolesDelete
            | Self::OperatorsAdd
            | Self::OperatorsEdit
            | Self::OperatorsDisable
            | Self::OperatorsEnable
            | Self::OperatorsRemove
            | Self::AuditArchive
            | Self::StoreInit
            | Self::StoreRepairTimes
            | Self::StoreBackup
            | Self::StoreRestore
            | Self::StoreMigrate => true,
            Self::UsersList
            | Self::UsersShow
            | Self::UsersExport
            | Self::UsersVerifyPassword
            | Self::ResetsList
            | Self::JobsList
            | Self::JobsShow
            | Self::JobsRecipients
            | Self::JobsWait
            | Self::Doctor
            | Self::Metrics
            | Self::MailPreview
            | Self::MailQueue
            | Self::RolesList
            | Self::RolesShow
            | Self::OperatorsList
            | Self::PolicyShow
            | Self::PolicyCheck
            | Self::AuditList
            | Self::AuditShow
            | Self::AuditVerify
            | Self::AuditHead
            | Self::AuditExport
            | Self::WhoAmI
            | Self::ConfigShow
            | Self::StoreOpen
            | Self::StoreCheck => false,
        }
    }

    /// The action with these words. Its variants (`users set-password against the policy`) are the actions whose words begin
    /// with them and a blank.
    pub fn named(words: &str) -> Option<Self> {
        words.parse().ok()
    }

    /// The words of the action that `words` is most likely a mistyping of: of two edits at most for each eight characters.
    pub fn nearest(words: &str) -> Option<&'static str> {
        let distance = |action: &Self| strsim::damerau_levenshtein(action.word(), words);
        let nearest = Self::VARIANTS.iter().copied().min_by_key(distance)?;
        (distance(&nearest) <= 2 + words.chars().count() / 8).then(|| nearest.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_found_by_its_words() {
        for &action in Action::VARIANTS {
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
            Action::VARIANTS.iter().any(of)
        };
        let variants: Vec<&str> =
            Action::VARIANTS.iter().filter(|action| is_variant(action)).map(|a| a.word()).collect();
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
