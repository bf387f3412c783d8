//! The two transactions that actions run in, and what they have in common.

use std::ops::Deref;

use jiff::Timestamp;

use crate::app::App;
use crate::app::Result;
use crate::app::similar_users;
use crate::domain::email_address::EmailAddress;
use crate::domain::management::ManagedUser;
use crate::domain::management::ManagementError;
use crate::domain::management::ProtectedUsers;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Authority;
use crate::domain::operator::Operator;
use crate::domain::operator::PolicyOverride;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Role;
use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::store::ReadTransaction;
use crate::store::WriteTransaction;

/// The transaction of an action that reads.
pub struct View<'app> {
    pub(super) app: &'app App,
    pub(super) authority: Authority,
    pub(super) now: Timestamp,
    pub(super) reading: ReadTransaction<'app>,
}

/// The transaction of an action that writes.
pub struct Change<'app> {
    pub(super) app: &'app App,
    pub(super) authority: Authority,
    pub(super) now: Timestamp,
    pub(super) writing: WriteTransaction<'app>,
}

/// What views and changes have in common: finding users, and who may act on them.
pub trait Transaction {
    /// The store as the transaction sees it.
    fn reading(&self) -> &ReadTransaction<'_>;
    /// By what right the operator acts.
    fn authority(&self) -> &Authority;
    /// When.
    fn now(&self) -> Timestamp;
    /// The organization and its rules.
    fn app(&self) -> &App;

    /// Asks for a permission besides the action's own.
    ///
    /// # Errors
    /// When the operator's role lacks it.
    fn require(&self, permission: Permission) -> Result<()> {
        Ok(self.authority().require(permission)?)
    }

    /// Asks for the permission to set a password against the policy.
    ///
    /// # Errors
    /// When the operator's role lacks it.
    fn require_policy_override(&self) -> Result<PolicyOverride> {
        Ok(self.authority().require_policy_override()?)
    }

    /// The user with this name or address.
    ///
    /// # Errors
    /// When there is none.
    fn user(&self, reference: &UserReference) -> Result<User> {
        let found = self.reading().user(reference)?;
        found.ok_or_else(|| {
            let near = similar_users(self.app(), self.reading(), self.authority(), reference);
            Refusal::NoSuchUser { given: reference.as_str().to_owned(), near }.into()
        })
    }

    /// That user, if the operator may act on them.
    ///
    /// # Errors
    /// When there is none, or as [`Transaction::require_may_act_on`].
    fn subordinate(&self, reference: &UserReference) -> Result<User> {
        let user = self.user(reference)?;
        self.require_may_act_on(&user)?;
        Ok(user)
    }

    /// Refuses to act on a user whose role may do more than the operator's own, or who is outside the operator's limits.
    ///
    /// # Errors
    /// When the operator may not.
    fn require_may_act_on(&self, user: &User) -> Result<()> {
        Ok(self.may_act_on(user)?.map_err(|error| self.not_manageable(user, error))?)
    }

    /// Whether the operator may act on a user, for callers that pass over those on whom they may not.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn may_act_on(&self, user: &User) -> Result<std::result::Result<(), ManagementError>> {
        let permissions = self.reading().permissions(user.role)?;
        Ok(self.authority().may_act_on(ManagedUser { role: user.role, permissions, email: &user.email }))
    }

    /// That the operator may not act on a user.
    fn not_manageable(&self, user: &User, error: ManagementError) -> Refusal {
        let (authority, id) = (self.authority(), user.id);
        let name = user.username.to_string();
        match error {
            ManagementError::Outranked(permission) => {
                Refusal::Outranked { user: name, id: Some(id), role: authority.words().to_owned(), permission }
            }
            ManagementError::OutsideLimits => {
                ManagementRefusal::OutsideLimits { user: name, id, limits: self.limits_in_words() }.into()
            }
        }
    }

    /// The operator's limits in words.
    fn limits_in_words(&self) -> String {
        self.authority().limits().map(OperatorLimits::words).unwrap_or_default()
    }

    /// Refuses to change an operator whose role may do more than one's own, or who may act on others than oneself.
    ///
    /// # Errors
    /// When it may.
    fn require_may_manage(&self, operator: &Operator) -> Result<()> {
        let authority = self.authority();
        if let Some(permission) = operator.permissions.beyond(authority.permissions()) {
            let (user, role) = (operator.account.clone(), authority.words().to_owned());
            return Err(Refusal::Outranked { user, id: None, role, permission }.into());
        }
        match authority.limits() {
            Some(own) if !operator.limits.are_within(own) => {
                Err(ManagementRefusal::WiderLimits { account: operator.account.clone(), own: own.words() }.into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses to give a role that may do more than the operator's.
    ///
    /// # Errors
    /// When it may.
    fn may_give(&self, role: &Role) -> Result<()> {
        match role.permissions.beyond(self.authority().permissions()) {
            Some(permission) => {
                let (role, own) = (role.name.clone(), self.authority().words().to_owned());
                Err(Refusal::RoleOutranks { role, own, permission }.into())
            }
            None => Ok(()),
        }
    }

    /// Refuses to put a user into a role or a domain outside the operator's limits, where they could not act on them any more.
    ///
    /// # Errors
    /// When it is.
    fn require_within_limits(&self, username: &str, role: RoleId, email: &EmailAddress) -> Result<()> {
        if self.authority().limits().is_none_or(|limits| limits.allow(role, email)) {
            return Ok(());
        }
        let (user, limits) = (username.to_owned(), self.limits_in_words());
        Err(ManagementRefusal::LeavesLimits { user, limits }.into())
    }

    /// The users on whom the operator may not act.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn protected_users(&self) -> Result<ProtectedUsers> {
        let roles = self.reading().roles()?;
        Ok(self.authority().protected_users(roles.iter().map(|role| (role.id, role.permissions))))
    }

    /// Refuses what cannot be done to a user who signs in with SAML.
    ///
    /// # Errors
    /// When they do.
    fn require_password_sign_in(&self, user: &User) -> Result<()> {
        match user.sign_in {
            SignIn::Password => Ok(()),
            SignIn::Saml => Err(Refusal::Saml {
                user: user.username.to_string(),
                id: user.id,
                contact: self.app().organization().saml_contact.clone(),
            }
            .into()),
        }
    }
}

impl<'app> Deref for View<'app> {
    type Target = ReadTransaction<'app>;

    fn deref(&self) -> &ReadTransaction<'app> {
        &self.reading
    }
}

impl<'app> Deref for Change<'app> {
    type Target = WriteTransaction<'app>;

    fn deref(&self) -> &WriteTransaction<'app> {
        &self.writing
    }
}

impl Transaction for View<'_> {
    fn reading(&self) -> &ReadTransaction<'_> {
        &self.reading
    }

    fn authority(&self) -> &Authority {
        &self.authority
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn app(&self) -> &App {
        self.app
    }
}

impl Transaction for Change<'_> {
    fn reading(&self) -> &ReadTransaction<'_> {
        &self.writing
    }

    fn authority(&self) -> &Authority {
        &self.authority
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn app(&self) -> &App {
        self.app
    }
}
