//! The two transactions that actions run in, and what they have in common.

use std::ops::Deref;

use jiff::Timestamp;

use crate::app::App;
use crate::app::Result;
use crate::app::similar_users;
use crate::domain::operator::Authority;
use crate::domain::operator::PolicyOverride;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Role;
use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserId;
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

    /// That user, if the operator may act on them: nobody acts on a user whose role may do more than their own.
    ///
    /// # Errors
    /// When there is none, or they outrank the operator.
    fn subordinate(&self, reference: &UserReference) -> Result<User> {
        let user = self.user(reference)?;
        self.outrank(user.role, &user.username.to_string(), Some(user.id))?;
        Ok(user)
    }

    /// Refuses when a role may do more than the operator's.
    ///
    /// # Errors
    /// When it may.
    fn outrank(&self, role: RoleId, user: &str, id: Option<UserId>) -> Result<()> {
        let permissions = self.reading().role(role)?.map(|role| role.permissions).unwrap_or_default();
        match permissions.beyond(self.authority().permissions()) {
            Some(permission) => Err(Refusal::Outranked {
                user: user.to_owned(),
                id,
                role: self.authority().words().to_owned(),
                permission,
            }
            .into()),
            None => Ok(()),
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

    /// The roles that may do more than the operator's.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn outranking(&self) -> Result<Vec<RoleId>> {
        let own = self.authority().permissions();
        let roles = self.reading().roles()?.into_iter().filter(|role| role.permissions.beyond(own).is_some());
        Ok(roles.map(|role| role.id).collect())
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
