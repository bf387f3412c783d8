//! The organization that the store belongs to: what its configuration says about users.

use crate::domain::email_address::EmailAddress;
use crate::domain::policy::PersonalWords;
use crate::domain::user::SignIn;
use crate::domain::user::User;

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

    /// The words that must not make up the password of this user.
    pub fn personal_words<'a>(&'a self, user: &'a User) -> PersonalWords<'a> {
        PersonalWords {
            username: user.username.as_str(),
            email: user.email.as_str(),
            name: &user.name,
            organization: &self.name,
            email_domains: &self.email_domains,
        }
    }
}
