//! A desk for logins: it needs the store, and no other part of the configuration.

use super::Context;
use super::sign_in;
use crate::actions::Desk;
use crate::actions::PolicySource;
use crate::actions::Rules;
use crate::config::Config;
use crate::domain::action::Action;
use crate::secrets::password_hash::HashParameters;
use crate::store::open::Expect;

impl Context {
    /// As [`Context::desk`], for a command that checks passwords and sets none: a configuration whose `[store]` can be read
    /// is enough, and no file that it names is read.
    ///
    /// # Errors
    /// As [`Context::desk`].
    pub fn login_desk(&mut self, action: Action) -> anyhow::Result<Desk> {
        let desk = self.open_desk(Expect::Current, Config::load_for_login, login_rules)?;
        desk.authorize(action, &[])?;
        Ok(desk)
    }
}

/// What checking a password needs. A cost that no hash can have falls back to the default, as one that cannot be read does.
fn login_rules(config: &Config) -> anyhow::Result<Rules> {
    let argon2 = &config.password.argon2;
    let hashing = HashParameters::new(argon2.memory_kib, argon2.iterations, argon2.parallelism).unwrap_or_default();
    Ok(Rules { hashing, sign_in: sign_in(config), policy: PolicySource::default(), ..Rules::default() })
}
