//! Changes of many users at once. The users of a selection are resolved first, into a table that only this connection sees;
//! each change is then one statement over them, so that a hundred thousand users are one transaction and take seconds.

use jiff::Timestamp;
use rusqlite::named_params;
use rusqlite::params;
use sha2::Digest as _;
use sha2::Sha256;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::protected_users::is_protected;
use super::user_list::Conditions;
use super::users;
use super::users::COLUMNS;
use super::users::ends_later;
use super::users::locked_at;
use crate::domain::management::ProtectedUsers;
use crate::domain::selection::Selection;
use crate::domain::user::Lock;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::store::types::selected_users::BulkEdit;
use crate::store::types::selected_users::BulkEditOutcome;
use crate::store::types::selected_users::BulkLockOutcome;
use crate::store::types::selected_users::BulkUnlockOutcome;

/// The condition that a user is one of those chosen.
const CHOSEN: &str = "id IN (SELECT id FROM temp.chosen)";

impl ReadTransaction<'_> {
    /// Resolves a selection to the users that it holds now, and counts them. Every function with `chosen` in its name is about
    /// these users, until the next call. Names of `selection.named` that no user has are ignored; ask
    /// [`ReadTransaction::unknown_names`] first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn choose_users(&self, selection: &Selection, now: Timestamp) -> Result<u64> {
        self.prepare_names(selection)?;
        self.transaction.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY); DELETE FROM temp.chosen;",
        )?;
        let conditions = Conditions::of(selection, now);
        let sql = format!("INSERT INTO temp.chosen SELECT users.id FROM users{}", conditions.clause());
        Ok(self.transaction.execute(&sql, conditions.values().as_slice())? as u64)
    }

    /// Leaves a user out of the chosen ones. Gives whether they were one of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leave_out_of_chosen(&self, user: UserId) -> Result<bool> {
        let sql = "DELETE FROM temp.chosen WHERE id = ?1";
        Ok(self.transaction.prepare_cached(sql)?.execute([user.0])? > 0)
    }

    /// SHA-256 over the ids of the chosen users, which tells whether a selection still holds the same users.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn chosen_digest(&self) -> Result<[u8; 32]> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM temp.chosen ORDER BY id")?;
        let (mut rows, mut digest) = (statement.query([])?, Sha256::new());
        while let Some(row) = rows.next()? {
            digest.update(row.get::<_, i64>(0)?.to_be_bytes());
        }
        Ok(digest.finalize().into())
    }

    /// The first `limit` of the chosen users, by address.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_chosen(&self, limit: usize) -> Result<Vec<User>> {
        self.first_chosen_where("true", limit)
    }

    /// The first `limit` of the chosen users who have a password, by address.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_chosen_with_password(&self, limit: usize) -> Result<Vec<User>> {
        self.first_chosen_where("password_hash IS NOT NULL", limit)
    }

    /// How many of the chosen users are protected from the operator, and the first `limit` of them, by address.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn chosen_and_protected(&self, protected: &ProtectedUsers, limit: usize) -> Result<(u64, Vec<User>)> {
        if protected.is_empty() {
            return Ok((0, Vec::new()));
        }
        let condition = is_protected(protected, "users");
        let sql = format!("SELECT count(*) FROM users WHERE {CHOSEN} AND {condition}");
        let count: i64 = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        let first = if count == 0 { Vec::new() } else { self.first_chosen_where(&condition, limit)? };
        Ok((count.unsigned_abs(), first))
    }

    fn first_chosen_where(&self, condition: &str, limit: usize) -> Result<Vec<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {CHOSEN} AND {condition} ORDER BY email LIMIT {limit}");
        let mut statement = self.transaction.prepare(&sql)?;
        Ok(statement.query_map([], users::user)?.collect::<rusqlite::Result<_>>()?)
    }

    fn count_chosen_where(&self, condition: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM users WHERE {CHOSEN} AND {condition}");
        let count: i64 = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

impl WriteTransaction<'_> {
    /// Locks the chosen users as [`crate::domain::user::User::locking`] says, ends the sessions of those who get the lock, and
    /// counts them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn lock_chosen(&self, lock: &Lock, now: Timestamp) -> Result<BulkLockOutcome> {
        let (is_locked, ends_later) = (locked_at("?1"), ends_later("locked_until", "?2"));
        let (now, until) = (now.as_second(), lock.until.map(Timestamp::as_second));
        let sql = format!("SELECT count(*) FROM users WHERE {CHOSEN} AND {is_locked} AND {ends_later}");
        let kept: i64 = self.transaction.query_row(&sql, params![now, until], |row| row.get(0))?;
        let sql = format!(
            "UPDATE users SET locked_at = ?1, locked_until = ?2, \
               lock_reason = ifnull(?3, CASE WHEN {is_locked} THEN lock_reason END), \
               session_epoch = session_epoch + 1, updated_at = ?1 \
             WHERE {CHOSEN} AND NOT ({is_locked} \
               AND ({ends_later} OR (locked_until IS ?2 AND lock_reason IS ifnull(?3, lock_reason))))"
        );
        let changed = self.transaction.execute(&sql, params![now, until, lock.reason])?;
        Ok(BulkLockOutcome { changed: changed as u64, kept: kept.unsigned_abs() })
    }

    /// Ends the locks of the chosen users, and clears their wrong passwords since the last right one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn unlock_chosen(&self, now: Timestamp) -> Result<BulkUnlockOutcome> {
        let changed =
            self.count_chosen_where("(locked_at IS NOT NULL OR id IN (SELECT user_id FROM sign_in_failures))")?;
        let sql = format!(
            "UPDATE users SET locked_at = NULL, locked_until = NULL, lock_reason = NULL, updated_at = ?1 \
             WHERE {CHOSEN} AND locked_at IS NOT NULL"
        );
        let unlocked = self.transaction.execute(&sql, [now.as_second()])?;
        let of_chosen = "sign_in_failures WHERE user_id IN (SELECT id FROM temp.chosen)";
        let sql = format!("SELECT ifnull(sum(count), 0) FROM {of_chosen}");
        let failures: i64 = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        // They are no field of the row, of which triggers note each change.
        let sql = format!(
            "INSERT INTO temp.changed_users SELECT user_id, 'failed_logins', CAST(count AS TEXT), NULL FROM {of_chosen}"
        );
        self.transaction.execute(&sql, [])?;
        let cleared = self.transaction.execute(&format!("DELETE FROM {of_chosen}"), [])?;
        let (unlocked, cleared) = (unlocked as u64, cleared as u64);
        Ok(BulkUnlockOutcome { changed, unlocked, cleared, failures: failures.unsigned_abs() })
    }

    /// Deletes the chosen users and what belongs to them, and counts them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete_chosen(&self) -> Result<u64> {
        Ok(self.transaction.execute(&format!("DELETE FROM users WHERE {CHOSEN}"), [])? as u64)
    }

    /// Edits the chosen users. Another way to sign in ends their sessions, and SAML removes their passwords.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn edit_chosen(&self, edit: &BulkEdit, now: Timestamp) -> Result<BulkEditOutcome> {
        let without_password = match edit.must_change {
            Some(true) => self.count_chosen_where("password_hash IS NULL")?,
            _ => 0,
        };
        let to_saml = edit.sign_in == Some(SignIn::Saml);
        let passwords_removed = if to_saml { self.count_chosen_where("password_hash IS NOT NULL")? } else { 0 };
        let sql = format!(
            "UPDATE users SET role_id = n.role_id, sign_in = n.sign_in, locale = n.locale, \
               must_change_password = n.must_change_password, \
               password_set_at = CASE n.sign_in WHEN 'password' THEN password_set_at END, \
               password_policy = CASE n.sign_in WHEN 'password' THEN password_policy END, \
               password_expires_at = CASE WHEN n.must_change_password THEN password_expires_at END, \
               password_is_own = password_is_own * (n.sign_in = 'password'), \
               password_hash = CASE n.sign_in WHEN 'password' THEN password_hash END, \
               bounced_at = n.bounced_at, bounce_reply = CASE WHEN n.bounced_at IS NOT NULL THEN bounce_reply END, \
               session_epoch = session_epoch + (n.sign_in <> users.sign_in), updated_at = :now \
             FROM (SELECT id, ifnull(:role, role_id) AS role_id, ifnull(:sign_in, sign_in) AS sign_in, \
                     CASE WHEN :has_locale THEN :locale ELSE locale END AS locale, \
                     CASE WHEN ifnull(:sign_in, sign_in) = 'saml' THEN 0 WHEN password_hash IS NULL AND :must_change \
                       THEN must_change_password ELSE ifnull(:must_change, must_change_password) END \
                       AS must_change_password, \
                     CASE WHEN NOT :clear_bounce THEN bounced_at END AS bounced_at \
                   FROM main.users WHERE {CHOSEN}) AS n \
             WHERE n.id = users.id AND (n.role_id, n.sign_in, n.locale, n.must_change_password, n.bounced_at) \
               IS NOT (users.role_id, users.sign_in, users.locale, users.must_change_password, users.bounced_at)"
        );
        let changed = self.transaction.execute(
            &sql,
            named_params! {
                ":now": now.as_second(),
                ":role": edit.role.map(|role| role.0),
                ":sign_in": edit.sign_in.map(SignIn::word),
                ":has_locale": edit.locale.is_some(),
                ":locale": edit.locale.clone().flatten(),
                ":must_change": edit.must_change,
                ":clear_bounce": edit.clear_bounce,
            },
        )?;
        if to_saml {
            let sql = "DELETE FROM password_history WHERE is_ended IS NULL AND user_id IN (SELECT id FROM temp.chosen)";
            self.transaction.execute(sql, [])?;
        }
        Ok(BulkEditOutcome { changed: changed as u64, passwords_removed, without_password })
    }
}
