//! What decides whether a password is still valid, besides its row: the periods of the clock, and the greatest ages. The ages are
//! those of the configuration: they are in the store for the view `login`, so that its readers need no configuration.

use std::time::Duration;

use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;
use super::time;
use crate::domain::password_age::MaxAges;
use crate::domain::password_age::PasswordTimes;
use crate::domain::role::RoleId;

/// The number that stands for every role without a row of its own.
const GENERAL: i64 = 0;

/// The greatest ages, to be compared with each row.
pub(super) const MAX_AGES: &str = "SELECT role_id, seconds FROM password_max_ages";

impl ReadTransaction<'_> {
    /// What decides whether passwords are still valid.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn password_times(&self) -> Result<PasswordTimes> {
        let sql = "SELECT number, latest FROM clock_periods ORDER BY number";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let periods = statement
            .query_map([], |row| damage::named("clock_periods", row, |row| Ok((row.get(0)?, time(row.get(1)?)))))?;
        let periods = periods.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(PasswordTimes { periods, max_ages: self.password_max_ages()? })
    }

    /// The greatest ages that are in force.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn password_max_ages(&self) -> Result<MaxAges> {
        let mut statement = self.transaction.prepare_cached(MAX_AGES)?;
        let mut rows = statement.query([])?;
        let mut ages = MaxAges::default();
        while let Some(row) = rows.next()? {
            let (role, seconds) =
                damage::named("password_max_ages", row, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
            let age = Duration::from_secs(seconds.unsigned_abs());
            match role {
                GENERAL => ages.general = Some(age),
                role => drop(ages.of_roles.insert(RoleId(role), age)),
            }
        }
        Ok(ages)
    }
}

impl WriteTransaction<'_> {
    /// Brings the greatest ages into force, where they are others.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_password_max_ages(&self, ages: &MaxAges) -> Result<()> {
        if self.password_max_ages()? == *ages {
            return Ok(());
        }
        self.transaction.execute("DELETE FROM password_max_ages", [])?;
        let general = ages.general.map(|age| (GENERAL, age));
        for (role, age) in general.into_iter().chain(ages.of_roles.iter().map(|(role, age)| (role.0, *age))) {
            let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
            let sql = "INSERT INTO password_max_ages (role_id, seconds) VALUES (?1, ?2)";
            self.transaction.execute(sql, params![role, seconds])?;
        }
        Ok(())
    }
}
