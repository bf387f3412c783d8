//! Who is acting: the OS account that runs the tool, and the role it has here.

use std::fmt;

use crate::domain::elevation::Elevation;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::domain::uid::ROOT;

/// The OS account that acts, as an event records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub uid: u32,
    /// Its name; the number where the machine knows no name now.
    pub name: String,
    /// Whether the machine knows the name now.
    pub is_name_known: bool,
    /// The audit login uid, which survives su and sudo (proc(5), /proc/self/loginuid), where the kernel keeps one.
    pub login_uid: Option<u32>,
    /// The host.
    pub host: String,
    /// The program whose variable named the account; `None`: it is the account of the process.
    pub elevation: Option<Elevation>,
}

/// What an operator row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum OperatorKind {
    /// A person.
    Person,
    /// A timer, a portal or a login system.
    Service,
}

impl OperatorKind {
    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// An operator as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The number of the OS account.
    pub uid: u32,
    /// Its name when it was added.
    pub account: String,
    /// Person or service.
    pub kind: OperatorKind,
    /// The role.
    pub role: RoleId,
    /// The role's name.
    pub role_name: String,
    /// What the role allows.
    pub permissions: Permissions,
    /// Whom they may act on, besides by rank.
    pub limits: OperatorLimits,
    /// When the operator was disabled; `None`: they are not.
    pub disabled_at: Option<jiff::Timestamp>,
    /// When it was added, in unix seconds.
    pub added_at: jiff::Timestamp,
}

impl Operator {
    /// Whether the role is the built-in Admin. Another role that allows everything today may lack a permission tomorrow.
    pub fn is_admin(&self) -> bool {
        self.role == RoleId::ADMIN
    }

    /// Whether the row has no effect, because it gives root another role than Admin ([`Authority::of`]).
    pub fn is_ineffective(&self) -> bool {
        self.uid == ROOT && !self.is_admin()
    }
}

impl Operator {
    /// Whether an OS account of this number, with this name now, is the one that became an operator: number and name go
    /// together, because a number that was freed is given to somebody else. A name that is not known now, such as while a
    /// directory server is down, locks nobody out.
    pub fn is_account(&self, uid: u32, known_name: Option<&str>) -> bool {
        self.uid == uid && known_name.is_none_or(|name| name == self.account)
    }

    /// Whether somebody can act as this operator, given the name of the number now: one who is disabled cannot, nor one whose
    /// account does not exist. A name that cannot be looked up now is taken to be the operator's.
    pub fn is_usable<E>(&self, name: &Result<Option<String>, E>) -> bool {
        self.disabled_at.is_none() && name.as_ref().map_or(true, |name| name.as_ref() == Some(&self.account))
    }
}

/// By what right an action is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// An operator with this role.
    Operator {
        /// The role.
        id: RoleId,
        /// Its name.
        role: String,
        /// What it allows.
        permissions: Permissions,
        /// Whom they may act on, besides by rank.
        limits: OperatorLimits,
    },
    /// An operator who was disabled.
    Disabled {
        /// The operator's name.
        operator: String,
    },
    /// root without an operator row that makes it Admin: it could write the file anyway, so it acts as Admin, and the event
    /// says so.
    Root,
    /// The number is an operator's, and belongs to an account of another name now.
    OtherName {
        /// The operator's name.
        operator: String,
    },
    /// Nobody that the store knows.
    Stranger,
}

/// Proof that the operator may set a password against the policy. Only [`Authority::require_policy_override`] makes one.
///
/// ```compile_fail,E0423
/// use cxme_admin::domain::operator::PolicyOverride;
/// let bypass = PolicyOverride(());
/// ```
#[derive(Debug)]
pub struct PolicyOverride(());

impl Authority {
    /// By what right an account acts, given the operator with its number, if there is one. root is always Admin, whatever its
    /// row says: logins and timers run as root, and must not depend on a row that an operator can add.
    pub fn of(uid: u32, known_name: Option<&str>, operator: Option<Operator>) -> Self {
        let is_account = |operator: &Operator| operator.is_account(uid, known_name) && !operator.is_ineffective();
        match operator {
            // root's row is one that makes it Admin, or has no effect.
            Some(Operator { account: operator, disabled_at: Some(_), .. }) if uid != ROOT => {
                Self::Disabled { operator }
            }
            Some(operator) if is_account(&operator) => {
                let Operator { role: id, role_name: role, permissions, limits, .. } = operator;
                let limits = if uid == ROOT { OperatorLimits::default() } else { limits };
                Self::Operator { id, role, permissions, limits }
            }
            _ if uid == ROOT => Self::Root,
            Some(Operator { account: operator, .. }) => Self::OtherName { operator },
            None => Self::Stranger,
        }
    }

    /// Refuses when a permission, or one that it requires, is lacking.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] with the first that is.
    pub fn require(&self, permission: Permission) -> Result<(), Refusal> {
        let needed = permission.requires().iter().chain([&permission]);
        match needed.copied().find(|&needed| !self.permissions().has(needed)) {
            Some(permission) => Err(Refusal::NotPermitted { role: self.words().to_owned(), permission }),
            None => Ok(()),
        }
    }

    /// Asks for the permission to set a password against the policy.
    ///
    /// # Errors
    /// As [`Authority::require`].
    pub fn require_policy_override(&self) -> Result<PolicyOverride, Refusal> {
        self.require(Permission::OverridePolicy).map(|()| PolicyOverride(()))
    }

    /// What may be done.
    pub fn permissions(&self) -> Permissions {
        match self {
            Self::Operator { permissions, .. } => *permissions,
            Self::Root => Permissions::all(),
            Self::Disabled { .. } | Self::OtherName { .. } | Self::Stranger => Permissions::default(),
        }
    }

    /// Whom the operator may act on, besides by rank; `None`: there are no limits.
    pub fn limits(&self) -> Option<&OperatorLimits> {
        match self {
            Self::Operator { limits, .. } => Some(limits).filter(|limits| !limits.is_none()),
            Self::Root | Self::Disabled { .. } | Self::OtherName { .. } | Self::Stranger => None,
        }
    }

    /// Whether this is the role of the operator.
    pub fn has_role(&self, role: RoleId) -> bool {
        matches!(self, Self::Operator { id, .. } if *id == role)
    }

    /// Whether the role is the built-in Admin, as in [`Operator::is_admin`], or root acts as that.
    pub fn is_admin(&self) -> bool {
        match self {
            Self::Operator { id, .. } => *id == RoleId::ADMIN,
            Self::Root => true,
            Self::Disabled { .. } | Self::OtherName { .. } | Self::Stranger => false,
        }
    }

    /// The words in an event.
    pub fn words(&self) -> &str {
        match self {
            Self::Operator { role, .. } => role,
            Self::Root => "root, not an operator",
            Self::Disabled { .. } => "disabled operator",
            Self::OtherName { .. } | Self::Stranger => "not an operator",
        }
    }
}

impl Account {
    /// The name, where the machine knows it now.
    pub fn known_name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|_| self.is_name_known)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (uid {})", text::visible(&self.name), self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_name_make_the_operator_unless_the_name_is_not_known_now() {
        let carol = Operator {
            uid: 1000,
            account: "carol".to_owned(),
            kind: OperatorKind::Person,
            role: RoleId(1),
            role_name: String::new(),
            permissions: Permissions::default(),
            limits: OperatorLimits::default(),
            disabled_at: None,
            added_at: jiff::Timestamp::UNIX_EPOCH,
        };
        assert!(carol.is_account(1000, Some("carol")));
        assert!(carol.is_account(1000, None));
        assert!(!carol.is_account(1000, Some("eve")));
        assert!(!carol.is_account(1000, Some("Carol")));
        assert!(!carol.is_account(1001, Some("carol")));
    }

    #[test]
    fn root_is_admin_whatever_its_row_says() {
        let row = |uid, role, account: &str| Operator {
            uid,
            account: account.to_owned(),
            kind: OperatorKind::Person,
            role,
            role_name: String::new(),
            permissions: Permissions::default(),
            limits: OperatorLimits::default(),
            disabled_at: None,
            added_at: jiff::Timestamp::UNIX_EPOCH,
        };
        for role in [RoleId::ADMIN, RoleId::MINIMAL, RoleId::SERVICE, RoleId(77)] {
            for account in ["root", "toor"] {
                let authority = Authority::of(ROOT, Some("root"), Some(row(ROOT, role, account)));
                assert!(authority.is_admin(), "{role:?} {account}");
                assert_eq!(row(ROOT, role, account).is_ineffective(), role != RoleId::ADMIN);
            }
            let other = Authority::of(1000, Some("carol"), Some(row(1000, role, "carol")));
            assert_eq!(other.is_admin(), role == RoleId::ADMIN);
            assert!(!row(1000, role, "carol").is_ineffective());
        }
        assert_eq!(Authority::of(ROOT, None, None).permissions(), Permissions::all());
        // A row that somebody wrote into the file neither disables root nor limits it.
        let disabled = Operator { disabled_at: Some(jiff::Timestamp::UNIX_EPOCH), ..row(ROOT, RoleId::ADMIN, "root") };
        assert!(Authority::of(ROOT, Some("root"), Some(disabled)).is_admin());
    }

    #[test]
    fn a_disabled_operator_may_nothing_by_whichever_name() {
        let carol = Operator {
            uid: 1000,
            account: "carol".to_owned(),
            kind: OperatorKind::Person,
            role: RoleId::ADMIN,
            role_name: String::new(),
            permissions: Permissions::all(),
            limits: OperatorLimits::default(),
            disabled_at: Some(jiff::Timestamp::UNIX_EPOCH),
            added_at: jiff::Timestamp::UNIX_EPOCH,
        };
        for name in [Some("carol"), Some("eve"), None] {
            let authority = Authority::of(1000, name, Some(carol.clone()));
            assert_eq!(authority, Authority::Disabled { operator: "carol".to_owned() });
            assert!(!authority.is_admin() && authority.permissions().is_empty());
        }
        assert!(!carol.is_usable(&Ok::<_, ()>(Some("carol".to_owned()))));
    }
}
