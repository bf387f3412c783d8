//! An app for logins: it needs the store, and no other part of the configuration.

use super::Context;
use super::sign_in;
use crate::actions::App;
use crate::actions::AppRules;
use crate::actions::PolicySource;
use crate::actions::policy_check::HashingCost;
use crate::config::Config;
use crate::domain::action::Action;
use crate::secrets::password_hash::HashParameters;
use crate::store::open::ExpectedVersion;

impl Context {
    /// As [`Context::app`], for a command that checks passwords and sets none: a configuration whose `[store]` can be read
    /// is enough, and no file that it names is read.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn login_app(&mut self, action: Action) -> anyhow::Result<App> {
        let app = self.open_app(ExpectedVersion::Current, Config::load_for_login, login_rules)?;
        app.authorize(action, &[])?;
        Ok(app)
    }
}

/// What checking a password needs. A cost that no hash can have is as little known as one that cannot be read.
fn login_rules(config: &Config) -> anyhow::Result<AppRules> {
    let argon2 = &config.password.argon2;
    let parameters = HashParameters::new(argon2.memory_kib, argon2.iterations, argon2.parallelism).ok();
    let is_known = config.password.is_argon2_known;
    let hashing = parameters.filter(|_| is_known).map_or(HashingCost::Unknown, HashingCost::Known);
    Ok(AppRules { hashing, sign_in: sign_in(config), policy: PolicySource::default(), ..AppRules::default() })
}
