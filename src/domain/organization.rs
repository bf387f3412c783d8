//! The organization that the store belongs to: what its configuration says about users.

use crate::domain::email_address::EmailAddress;
use crate::domain::user::SignIn;

/// The facts of the organization that rules depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// Its name; may be empty.
    pub name: String,
    /// Whom a user asks who does not know the requirements; may be empty.
    pub help_contact: String,
    /// The domains that new addresses must be in; empty: any.
    pub email_domains: Vec<String>,
    /// The domains whose users sign in at the SAML identity provider.
    pub saml_domains: Vec<String>,
    /// Who resets the passwords of SAML users; may be empty.
    pub saml_contact: String,
}

impl Organization {
    /// Whether the organization takes users with this address.
    pub fn takes(&self, email: &EmailAddress) -> bool {
        self.email_domains.is_empty() || email.is_in(&self.email_domains)
    }

    /// How a user with this address signs in, where nobody says otherwise.
    pub fn sign_in_of(&self, email: &EmailAddress) -> SignIn {
        if email.is_in(&self.saml_domains) { SignIn::Saml } else { SignIn::Password }
    }
}
