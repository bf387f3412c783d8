//! The account at the relay.

use secrecy::SecretString;

use crate::domain::relay::LoginMethod;

/// The account at the relay.
#[derive(Debug, Clone)]
pub struct Login {
    /// The username.
    pub username: String,
    /// The password; for XOAUTH2 and OAUTHBEARER an access token.
    pub password: SecretString,
    /// The login method.
    pub method: LoginMethod,
}
