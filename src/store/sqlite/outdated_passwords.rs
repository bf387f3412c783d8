//! The users whose password met another policy than the one of their role. There are few policies and roles, so what outdated passwords
//! have is looked up first, by one step through an index for each; then the users are found by the same index. Where they are many, such as
//! all of them after a change of the policy, each row is compared as it comes, or a list of the first fifty would read them all.

use rusqlite::OptionalExtension as _;
use rusqlite::ToSql;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use crate::domain::policy::Fingerprints;
use crate::domain::role::RoleId;

/// The condition that a user has one of the outdated pairs of policy and role that [`ReadTransaction::prepare_outdated`] has found.
pub(super) const FEW: &str = "users.id IN (SELECT outdated_user.id FROM temp.outdated CROSS JOIN main.users AS outdated_user \
     INDEXED BY users_by_policy WHERE outdated_user.password_set_at IS NOT NULL \
     AND outdated_user.password_policy IS outdated.policy AND outdated_user.role_id = outdated.role_id)";

/// From so many on, outdated passwords are not few: a list that compares each row finds the first ones soon enough.
const MANY: i64 = 20_000;

/// The condition that a user's password is outdated, with the values that it binds.
pub(super) fn condition(Fingerprints { general, of_roles }: &Fingerprints) -> (String, Vec<Box<dyn ToSql>>) {
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    for (role, fingerprint) in of_roles {
        values.push(Box::new(role.0));
        values.push(Box::new(fingerprint.clone()));
    }
    values.push(Box::new(general.clone()));
    let in_force = match of_roles.len() {
        0 => "?".to_owned(),
        roles => format!("CASE users.role_id{} ELSE ? END", " WHEN ? THEN ?".repeat(roles)),
    };
    (format!("password_set_at IS NOT NULL AND password_policy IS NOT {in_force}"), values)
}

impl ReadTransaction<'_> {
    /// Whether few users have a password that met another policy than that of their role.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn are_outdated_passwords_few(&self, fingerprints: &Fingerprints) -> Result<bool> {
        self.prepare_outdated(fingerprints)?;
        let sql = "SELECT count(*) < ?1 FROM (SELECT 1 FROM temp.outdated CROSS JOIN main.users INDEXED BY users_by_policy \
                   WHERE password_set_at IS NOT NULL AND password_policy IS outdated.policy \
                   AND users.role_id = outdated.role_id LIMIT ?1)";
        Ok(self.transaction.prepare_cached(sql)?.query_row([MANY], |row| row.get(0))?)
    }

    /// Fills a temporary table with the pairs of policy and role that outdated passwords have.
    pub(super) fn prepare_outdated(&self, fingerprints: &Fingerprints) -> Result<()> {
        self.transaction.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS outdated (policy TEXT, role_id INTEGER); DELETE FROM temp.outdated;",
        )?;
        let mut add = self.transaction.prepare_cached("INSERT INTO temp.outdated VALUES (?1, ?2)")?;
        let sql = "SELECT role_id FROM users INDEXED BY users_by_policy WHERE password_set_at IS NOT NULL \
                   AND password_policy IS ?1 AND role_id > ?2 ORDER BY role_id LIMIT 1";
        let mut next_role = self.transaction.prepare_cached(sql)?;
        for policy in self.policies_met()? {
            let mut role = i64::MIN;
            loop {
                let next = next_role.query_row(params![policy, role], |row| row.get(0)).optional()?;
                let Some(next) = next else { break };
                role = next;
                if policy.as_deref() != Some(fingerprints.of(RoleId(role))) {
                    add.execute(params![policy, role])?;
                }
            }
        }
        Ok(())
    }

    /// The policies that passwords met, each once; `None` is among them: of some passwords none is known.
    fn policies_met(&self) -> Result<Vec<Option<String>>> {
        let sql = "SELECT password_policy FROM users INDEXED BY users_by_policy \
                   WHERE password_set_at IS NOT NULL AND password_policy > ?1 ORDER BY password_policy LIMIT 1";
        let mut next = self.transaction.prepare_cached(sql)?;
        let (mut found, mut last) = (vec![None, Some(String::new())], String::new());
        loop {
            let policy: Option<String> = next.query_row([&last], |row| row.get(0)).optional()?;
            let Some(policy) = policy else { return Ok(found) };
            found.push(Some(policy.clone()));
            last = policy;
        }
    }
}
