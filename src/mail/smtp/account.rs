//! An account with the relay.

use secrecy::SecretString;

use crate::domain::relay::LoginMethod;

/// An account with the relay.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its name.
    pub username: String,
    /// Its password; for XOAUTH2 and OAUTHBEARER an access token.
    pub password: SecretString,
    /// How to log in.
    pub method: LoginMethod,
}
