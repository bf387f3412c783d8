//! Who may get a link: one rule, asked when a link is queued, when a job selects its users, and again when the mail is sent.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::domain::bounce::Bounce;
use crate::domain::management::ManagedUser;
use crate::domain::management::ManagementError;
use crate::domain::operator::Authority;
use crate::domain::organization::Organization;
use crate::domain::user::SignIn;

/// What the rule asks of a user.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The user, as the rule asks who may act on whom.
    pub user: ManagedUser<'a>,
    /// How the user signs in.
    pub sign_in: SignIn,
    /// Whether a lock is in force.
    pub is_locked: bool,
    /// That their address takes no mail; `None`: nothing is known of it, or they are mailed all the same.
    pub bounce: Option<&'a Bounce>,
}

/// Why a user gets no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineligible {
    /// The operator who asks may not act on the user.
    NotManageable(ManagementError),
    /// The user signs in at the identity provider.
    Saml,
    /// The user is locked, and could not use it.
    Locked,
    /// The address is in none of the organization's domains.
    EmailDomain,
    /// A server reported that the address takes no mail.
    Bounces,
}

impl Ineligible {
    /// The words in the row of a user whom a job skips.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotManageable(_) => "no permission over this user",
            Self::Saml => "SAML",
            Self::Locked => "locked",
            Self::EmailDomain => "domain not allowed",
            Self::Bounces => "address bounces",
        }
    }

    /// The same with what is known of this user.
    pub fn words(self, candidate: &Candidate<'_>, now: Timestamp) -> Cow<'static, str> {
        match (self, candidate.bounce) {
            (Self::Bounces, Some(bounce)) => bounce.words(now).into(),
            _ => self.word().into(),
        }
    }
}

/// Whether a user may get a link from an operator. The first reason wins, so that an operator who may not act on a user learns
/// nothing else about them.
///
/// `store/sqlite/job_creation.rs` has a fast copy of this in SQL, which a property test holds to it.
///
/// # Errors
/// Why not.
pub fn check(candidate: &Candidate<'_>, operator: &Authority, organization: &Organization) -> Result<(), Ineligible> {
    operator.may_act_on(candidate.user).map_err(Ineligible::NotManageable)?;
    if candidate.sign_in == SignIn::Saml {
        return Err(Ineligible::Saml);
    }
    if candidate.is_locked {
        return Err(Ineligible::Locked);
    }
    if !organization.takes(candidate.user.email) {
        return Err(Ineligible::EmailDomain);
    }
    candidate.bounce.map_or(Ok(()), |_| Err(Ineligible::Bounces))
}
