//! Who may get a link: one rule, asked when a link is queued, when a job selects its users, and again when the mail is sent.

use crate::domain::email_address::EmailAddress;
use crate::domain::organization::Organization;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::user::SignIn;

/// What the rule asks of a user.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// What the user's role allows.
    pub permissions: Permissions,
    /// How the user signs in.
    pub sign_in: SignIn,
    /// Whether a lock is in force.
    pub is_locked: bool,
    /// The address.
    pub email: &'a EmailAddress,
}

/// Why a user gets no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// The user's role allows this, and that of the operator who asks does not.
    Outranks(Permission),
    /// The user signs in at the identity provider.
    Saml,
    /// The user is locked, and could not use it.
    Locked,
    /// The address is in none of the organization's domains.
    EmailDomain,
}

impl Ineligible {
    /// The words in the row of a user whom a job skips.
    pub fn word(self) -> &'static str {
        match self {
            Self::Outranks(_) => "no permission over this user",
            Self::Saml => "SAML",
            Self::Locked => "locked",
            Self::EmailDomain => "domain not allowed",
        }
    }
}

/// Whether a user may get a link from an operator whose role allows `operator`. The first reason wins, so
/// that an operator who may not act on a user learns nothing else about them.
///
/// `store/job_creation.rs` has a fast copy of this in SQL, which a property test holds to it.
///
/// # Errors
/// Why not.
pub fn check(candidate: &Candidate<'_>, operator: Permissions, organization: &Organization) -> Result<(), Ineligible> {
    if let Some(permission) = candidate.permissions.beyond(operator) {
        return Err(Ineligible::Outranks(permission));
    }
    if candidate.sign_in == SignIn::Saml {
        return Err(Ineligible::Saml);
    }
    if candidate.is_locked {
        return Err(Ineligible::Locked);
    }
    if !organization.takes(candidate.email) {
        return Err(Ineligible::EmailDomain);
    }
    Ok(())
}
