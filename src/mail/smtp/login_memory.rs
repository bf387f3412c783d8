//! What the connections to one relay learn about its login.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use secrecy::SecretString;
use tokio::sync::Mutex;

use super::Login;
use crate::mail::thread::in_thread;

/// The source of the password. An error is one line that contains no part of it.
type Source = dyn Fn() -> Result<SecretString, String> + Send + Sync;

/// Gets the password of the relay again, such as an access token that has expired. It may block for a while.
#[derive(Clone)]
pub struct PasswordRenewal {
    source: Arc<Source>,
    /// The configuration key that names the source.
    key: &'static str,
}

impl PasswordRenewal {
    /// A renewal that calls `source`, which the configuration names by `key`.
    pub fn new(key: &'static str, source: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), key }
    }
}

impl fmt::Debug for PasswordRenewal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PasswordRenewal").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What earlier logins have shown, shared by all connections.
#[derive(Debug, Default)]
pub(super) struct LoginMemory {
    refuses_plain: AtomicBool,
    /// The newest password, if it was renewed.
    newest: Mutex<Option<SecretString>>,
}

impl LoginMemory {
    pub(super) fn refuses_plain(&self) -> bool {
        self.refuses_plain.load(Ordering::Relaxed)
    }

    pub(super) fn note_refused_plain(&self) {
        self.refuses_plain.store(true, Ordering::Relaxed);
    }

    /// The login with the newest password.
    pub(super) async fn newest(&self, login: &Login) -> Login {
        let password = self.newest.lock().await.clone().unwrap_or_else(|| login.password.clone());
        Login { password, ..login.clone() }
    }

    /// The login with another password than the refused one: the one that another connection has renewed, or else a
    /// new one from the source. Only one connection renews it at a time.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub(super) async fn renewed(&self, refused: &Login, renewal: &PasswordRenewal) -> Result<Login, String> {
        let mut newest = self.newest.lock().await;
        let with = |password: &SecretString| Login { password: password.clone(), ..refused.clone() };
        if let Some(login) = newest.as_ref().map(with).filter(|login| login.password() != refused.password()) {
            return Ok(login);
        }
        let PasswordRenewal { source, key } = renewal.clone();
        // The source may wait for a program or a file; the other connections continue meanwhile.
        let given = in_thread(move || source()).await.unwrap_or_else(|error| Err(error.to_string()));
        let login = given.map(|password| with(&password)).map_err(|why| format!("asked again for it: {why}"))?;
        if login.password() == refused.password() {
            // Another attempt with the same password could lock the account.
            return Err(format!("`{key}`, asked again, gives the same"));
        }
        *newest = Some(login.password.clone());
        Ok(login)
    }
}
