//! Single users: look up, add, change, delete, and the password.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;
use rusqlite::types::Type;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::PERIOD;
use super::damage;
use super::time;
use crate::domain::bounce::Bounce;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::role::RoleId;
use crate::domain::user::Lock;
use crate::domain::user::PasswordStatus;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::domain::user::UserReference;
use crate::domain::user::Username;
use crate::secrets::password_hash::PasswordHash;
use crate::store::types::users::MOST_HISTORY;
use crate::store::types::users::NewPassword;
use crate::store::types::users::NewUser;

/// The columns of a user, without the hash.
pub(super) const COLUMNS: &str = "users.id, username, email, users.name, users.role_id, sign_in, locale, locked_at, \
     locked_until, lock_reason, session_epoch, last_login_at, created_at, updated_at, password_set_at, \
     password_policy, must_change_password, bounced_at, bounce_reply, password_expires_at, password_period, \
     password_is_own";

/// The condition that a user is locked at the moment that `now` binds: [`crate::domain::user::lock_is_in_force`] in SQL.
pub(super) fn locked_at(now: &str) -> String {
    format!("(locked_at IS NOT NULL AND (locked_until IS NULL OR locked_until > {now}))")
}

/// The condition that a lock with the end `until` ends later than one with the end `other`, two expressions of which NULL is no
/// end: [`crate::domain::user::lock_ends_later`] in SQL.
pub(super) fn ends_later(until: &str, other: &str) -> String {
    format!("({other} IS NOT NULL AND ({until} IS NULL OR {until} > {other}))")
}

impl ReadTransaction<'_> {
    /// The user with this name without ASCII case, with this address in whatever form, or with this number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn user(&self, reference: &UserReference) -> Result<Option<User>> {
        self.id_of(reference)?.map_or(Ok(None), |id| self.user_by_id(id))
    }

    /// The number of the user with this name or address.
    pub(super) fn id_of(&self, reference: &UserReference) -> Result<Option<UserId>> {
        let id = match reference {
            UserReference::Username(name) => {
                let mut statement = self.transaction.prepare_cached("SELECT id FROM users WHERE username = ?1")?;
                statement.query_row([name], |row| row.get(0)).optional()?
            }
            UserReference::Email(email) => self.id_of_email(email)?,
            UserReference::Id(id, _) => {
                let mut statement = self.transaction.prepare_cached("SELECT id FROM users WHERE id = ?1")?;
                statement.query_row([id.0], |row| row.get(0)).optional()?
            }
        };
        Ok(id.map(UserId))
    }

    /// The exact address comes first: if another program gave several users one address in several forms, another form names none.
    fn id_of_email(&self, email: &str) -> Result<Option<i64>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM users WHERE email = ?1")?;
        if let Some(id) = statement.query_row([email], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        let sql = "SELECT id FROM users WHERE email_key = ?1 UNION SELECT id FROM users WHERE email = ?1 LIMIT 2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let ids = statement.query_map([email_address::canonical(email)], |row| row.get(0))?;
        let ids = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok(if let [id] = ids[..] { Some(id) } else { None })
    }

    /// Whether a user has this address in whatever form, besides this one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_email_taken(&self, email: &EmailAddress, besides: Option<UserId>) -> Result<bool> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM users WHERE id IS NOT ?3 AND (email = ?1 OR email = ?2 OR email_key = ?2))";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let email = email.as_str();
        let canonical = email_address::canonical(email);
        Ok(statement.query_row(params![email, canonical, besides.map(|user| user.0)], |row| row.get(0))?)
    }

    /// A user by their number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn user_by_id(&self, id: UserId) -> Result<Option<User>> {
        self.user_where("users.id = ?1", id.0)
    }

    fn user_where(&self, condition: &str, value: impl rusqlite::ToSql) -> Result<Option<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
        Ok(self.transaction.prepare_cached(&sql)?.query_row([value], user).optional()?)
    }

    /// The hash of a user's password.
    ///
    /// # Errors
    /// When the store cannot be read; [`StoreError::Row`](super::StoreError::Row) when the hash is malformed (somebody edited the
    /// file).
    pub fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>> {
        let mut statement = self.transaction.prepare_cached("SELECT id, password_hash FROM users WHERE id = ?1")?;
        let hash = statement.query_row([id.0], |row| damage::named("users", row, |row| stored_hash(row, 1)));
        Ok(hash.optional()?.flatten())
    }

    /// How many users have a hash of each kind and cost, with one of each. One that is malformed (somebody edited the file) is
    /// none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn password_hashes_by_cost(&self) -> Result<Vec<(PasswordHash, u64)>> {
        // Variant, version and parameters are the beginning, up to `p=` and its one or two digits.
        let sql = "SELECT min(password_hash), count(*) FROM users WHERE typeof(password_hash) = 'text' \
                   GROUP BY substr(password_hash, 1, instr(password_hash, ',p=') + 4)";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (hash, count): (String, i64) = (row.get(0)?, row.get(1)?);
            found.extend(PasswordHash::parse(&hash).map(|hash| (hash, count.cast_unsigned())));
        }
        Ok(found)
    }

    /// The hashes of some of the users who were added last: enough to know what a hash costs here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn newest_password_hashes(&self) -> Result<Vec<PasswordHash>> {
        let sql = "SELECT password_hash FROM (SELECT password_hash FROM users ORDER BY id DESC LIMIT 1000) \
                   WHERE typeof(password_hash) = 'text' LIMIT 100";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let hashes = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(hashes.iter().filter_map(|hash| PasswordHash::parse(hash).ok()).collect())
    }

    /// The passwords a user had before, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn password_history(&self, id: UserId, limit: u32) -> Result<Vec<PasswordHash>> {
        let sql = "SELECT id, password_hash FROM password_history WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let hashes = statement.query_map(params![id.0, limit], |row| {
            damage::named("password_history", row, |row| row.get::<_, String>(1))
        })?;
        let mut history = Vec::new();
        for hash in hashes {
            history.extend(PasswordHash::parse(&hash?));
        }
        Ok(history)
    }
}

/// A hash in a column, if there is one.
pub(super) fn stored_hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<PasswordHash>> {
    let Some(hash) = damage::optional_text(row, column)? else { return Ok(None) };
    let failed = |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error));
    PasswordHash::parse(hash).map(Some).map_err(failed)
}

impl WriteTransaction<'_> {
    /// Adds a user. Name and address must be free: look first, nobody can come in between.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_user(&self, new: &NewUser) -> Result<UserId> {
        let NewUser { username, email, name, role, sign_in, locale, created_at } = new;
        self.transaction.execute(
            "INSERT INTO users (username, email, name, role_id, sign_in, locale, created_at, updated_at, added_by_event, email_key) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9)",
            params![
                username.as_str(),
                email.as_str(),
                name,
                role.0,
                sign_in.word(),
                locale,
                created_at.as_second(),
                self.next_event_number()?,
                email_address::key(email.as_str()),
            ],
        )?;
        Ok(UserId(self.transaction.last_insert_rowid()))
    }

    /// Writes back the fields that `users edit` changes. A user who signs in with SAML has no password afterwards, and no history of
    /// passwords but those that were ended: who comes back from SAML must not choose one of them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn update_user(&self, user: &User) -> Result<()> {
        let sql = "UPDATE users SET username = ?2, email = ?3, name = ?4, role_id = ?5, sign_in = ?6, locale = ?7, \
                   session_epoch = ?8, updated_at = ?9, email_key = ?10, \
                   must_change_password = must_change_password * (?6 <> 'saml'), \
                   password_hash = CASE WHEN ?6 <> 'saml' THEN password_hash END, \
                   password_set_at = CASE WHEN ?6 <> 'saml' THEN password_set_at END, \
                   password_policy = CASE WHEN ?6 <> 'saml' THEN password_policy END, \
                   password_expires_at = CASE WHEN ?6 <> 'saml' THEN password_expires_at END, \
                   password_is_own = password_is_own * (?6 <> 'saml') WHERE id = ?1";
        self.transaction.execute(
            sql,
            params![
                user.id.0,
                user.username.as_str(),
                user.email.as_str(),
                user.name,
                user.role.0,
                user.sign_in.word(),
                user.locale,
                user.session_epoch,
                user.updated_at.as_second(),
                email_address::key(user.email.as_str()),
            ],
        )?;
        if user.sign_in == SignIn::Saml {
            let sql = "DELETE FROM password_history WHERE user_id = ?1 AND is_ended IS NULL";
            self.transaction.execute(sql, [user.id.0])?;
        }
        Ok(())
    }

    /// Says whether a user must choose another password at the next sign-in. Only a user who has one can have to. A password that the
    /// user may keep is not temporary any more.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_must_change(&self, id: UserId, must_change: bool) -> Result<()> {
        let sql = "UPDATE users SET must_change_password = ?2, password_expires_at = CASE WHEN ?2 THEN password_expires_at END \
                   WHERE id = ?1 AND (password_hash IS NOT NULL OR NOT ?2)";
        self.transaction.execute(sql, params![id.0, must_change])?;
        Ok(())
    }

    /// Locks or unlocks a user and raises their session epoch when `locked_at` is given.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_lock(&self, id: UserId, lock: Option<&Lock>, now: Timestamp) -> Result<()> {
        let sql = "UPDATE users SET locked_at = ?2, locked_until = ?3, lock_reason = ?4, \
                   session_epoch = session_epoch + (?2 IS NOT NULL), updated_at = ?5 WHERE id = ?1";
        let until = lock.and_then(|lock| lock.until).map(Timestamp::as_second);
        let reason = lock.and_then(|lock| lock.reason.as_deref());
        let (locked_at, now) = (lock.map(|_| now.as_second()), now.as_second());
        self.transaction.execute(sql, params![id.0, locked_at, until, reason, now])?;
        Ok(())
    }

    /// Deletes a user and what belongs to them; their number is never given again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete_user(&self, id: UserId) -> Result<()> {
        self.transaction.execute("DELETE FROM users WHERE id = ?1", [id.0])?;
        Ok(())
    }

    /// Sets a password and ends everything older: the old hash goes into the history, and the session epoch rises.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_password(&self, id: UserId, new: &NewPassword) -> Result<()> {
        let NewPassword { accepted, must_change, keep_sessions, set_at, expires_at, is_own } = new;
        let (hash, policy) = (accepted.hash().as_str(), accepted.policy());
        let set_at = set_at.as_second();
        self.transaction.execute(
            "INSERT INTO password_history (user_id, replaced_at, password_hash) \
             SELECT id, ?2, password_hash FROM users WHERE id = ?1 AND password_hash IS NOT NULL",
            params![id.0, set_at],
        )?;
        self.transaction.execute(
            "DELETE FROM password_history WHERE user_id = ?1 AND is_ended IS NULL AND id NOT IN \
             (SELECT id FROM password_history WHERE user_id = ?1 AND is_ended IS NULL ORDER BY id DESC LIMIT ?2)",
            params![id.0, MOST_HISTORY],
        )?;
        let sql = format!(
            "UPDATE users SET password_hash = ?2, password_set_at = ?3, password_policy = ?4, must_change_password = ?5, \
             session_epoch = session_epoch + ?6, updated_at = ?3, password_expires_at = ?7, password_period = {PERIOD}, \
             password_is_own = ?8 WHERE id = ?1"
        );
        let (raised, expires_at) = (i64::from(!keep_sessions), expires_at.map(Timestamp::as_second));
        let values = params![id.0, hash, set_at, policy, must_change, raised, expires_at, is_own];
        self.transaction.prepare_cached(&sql)?.execute(values)?;
        Ok(())
    }
}

/// A user from the columns of [`COLUMNS`].
pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    damage::named("users", row, user_of)
}

fn user_of(row: &Row<'_>) -> rusqlite::Result<User> {
    let locked_at: Option<i64> = row.get(7)?;
    let lock = match locked_at {
        Some(_) => Some(Lock { until: row.get::<_, Option<i64>>(8)?.map(time), reason: row.get(9)? }),
        None => None,
    };
    let password = match row.get::<_, Option<i64>>(14)? {
        Some(set_at) => Some(PasswordStatus {
            set_at: time(set_at),
            policy: row.get(15)?,
            expires_at: row.get::<_, Option<i64>>(19)?.map(time),
            period: row.get(20)?,
            is_own: row.get(21)?,
        }),
        None => None,
    };
    Ok(User {
        id: UserId(row.get(0)?),
        username: Username::stored(row.get(1)?),
        email: EmailAddress::stored(row.get(2)?),
        name: row.get(3)?,
        role: RoleId(row.get(4)?),
        sign_in: damage::sign_in(row, 5)?,
        locale: row.get(6)?,
        lock,
        password,
        must_change_password: row.get(16)?,
        session_epoch: row.get(10)?,
        bounce: bounce(row, 17)?,
        last_login_at: row.get::<_, Option<i64>>(11)?.map(time),
        created_at: time(row.get(12)?),
        updated_at: time(row.get(13)?),
    })
}

/// That an address takes no mail, of the columns `bounced_at` and `bounce_reply`.
pub(super) fn bounce(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Bounce>> {
    let Some(at) = row.get::<_, Option<i64>>(column)? else { return Ok(None) };
    Ok(Some(Bounce { at: time(at), reply: damage::lossy(row, column + 1)?.unwrap_or_default() }))
}
