//! Importing users: rows are staged in a temporary table, outside the write lock, then judged and written by a few
//! statements that each see all of them. Memory is flat: SQLite keeps the staged rows in a file that no other process
//! can open (it is unlinked at once).

use std::fmt;

use jiff::Timestamp;
use rusqlite::CachedStatement;
use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::named_params;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::WriteTransaction;
use super::clock::PERIOD;
use super::protected_users::is_protected;
use super::users::locked_at;
use crate::domain::email_address;
use crate::domain::management::ProtectedUsers;
use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::store::types::import::Conflict;
use crate::store::types::import::Given;
use crate::store::types::import::Imported;
use crate::store::types::import::Incoming;
use crate::store::types::import::RowPlace;

/// The page cache while a million users go into two indexes, in KiB.
const CACHE_KIB: i32 = 24 * 1024;

/// What stands for [`Given::Nothing`] among the staged rows: no language tag is empty, and no lock ends before 1970.
const CLEARED_TEXT: &str = "";
const CLEARED_TIME: i64 = -1;

/// The staging of rows.
pub struct Staging<'store> {
    /// Looked up once: to find it in the cache for each of a million rows costs as much as to bind its values.
    add: CachedStatement<'store>,
    transaction: Transaction<'store>,
}

impl Store {
    /// Begins to stage rows.
    ///
    /// # Errors
    /// When the directory for temporary files cannot be written.
    pub fn stage(&self) -> Result<Staging<'_>> {
        self.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)?;
        transaction.execute_batch(
            "DROP TABLE IF EXISTS temp.incoming;
             CREATE TEMP TABLE incoming (number INTEGER PRIMARY KEY, line INTEGER, target INTEGER, username TEXT COLLATE NOCASE, \
             username_given INTEGER, email TEXT COLLATE NOCASE, email_key TEXT, name TEXT, role_id INTEGER, sign_in TEXT, sign_in_by_domain TEXT, \
             is_foreign INTEGER, locale TEXT, \
             locked INTEGER, locked_until INTEGER, must_change INTEGER, password_hash TEXT);",
        )?;
        let add = self.connection.prepare_cached(
            "INSERT INTO temp.incoming VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        Ok(Staging { add, transaction })
    }
}

impl fmt::Debug for Staging<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Staging")
    }
}

impl Staging<'_> {
    /// Stages a row.
    ///
    /// # Errors
    /// When the directory for temporary files is full.
    pub fn add(&mut self, row: &Incoming<'_>) -> Result<()> {
        self.add.execute(params![
            row.number.cast_signed(),
            row.line.cast_signed(),
            row.username,
            row.username_given,
            row.email,
            row.email.and_then(email_address::key),
            row.name,
            row.role.map(|role| role.0),
            row.sign_in.map(SignIn::word),
            row.sign_in_by_domain.word(),
            row.is_foreign,
            row.locale.map(|locale| match locale {
                Given::Nothing => CLEARED_TEXT,
                Given::Value(locale) => locale,
            }),
            row.locked,
            row.locked_until.map(|until| match until {
                Given::Nothing => CLEARED_TIME,
                Given::Value(until) => until.as_second(),
            }),
            row.must_change,
            row.password_hash.map(|hash| hash.as_str()),
        ])?;
        Ok(())
    }

    /// Ends the staging.
    ///
    /// # Errors
    /// When the directory for temporary files is full.
    pub fn end(self) -> Result<()> {
        drop(self.add);
        Ok(self.transaction.commit()?)
    }
}

impl ReadTransaction<'_> {
    /// Finds for each staged row the user it means.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn match_incoming(&self) -> Result<()> {
        let sql = "UPDATE temp.incoming SET target = CASE WHEN username_given \
                   THEN (SELECT id FROM main.users WHERE users.username = incoming.username) \
                   ELSE coalesce((SELECT id FROM main.users WHERE users.email = incoming.email), \
                   (SELECT CASE count(*) WHEN 1 THEN min(id) END FROM main.users WHERE users.email_key = {CANONICAL})) END";
        self.transaction.execute(&sql.replace("{CANONICAL}", CANONICAL), [])?;
        Ok(())
    }

    /// Gives every row that cannot be imported to `visit`, with its place and the reason, in the order of the rows.
    /// With `only_existing` a row that means no user is one of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn each_conflict(
        &self,
        protected: &ProtectedUsers,
        only_existing: bool,
        now: Timestamp,
        mut visit: impl FnMut(RowPlace, Conflict),
    ) -> Result<()> {
        let mut statement = self.transaction.prepare(&conflicts(protected, only_existing))?;
        let mut rows = statement.query(named_params! { ":now": now.as_second() })?;
        while let Some(row) = rows.next()? {
            let number = |column: usize| row.get(column).map(i64::unsigned_abs);
            let place = |first| Ok::<_, rusqlite::Error>(RowPlace { number: number(first)?, line: number(first + 1)? });
            let earlier = || place(3);
            let conflict = match row.get::<_, i64>(2)? {
                0 => Conflict::UsernameTwice(earlier()?),
                1 => Conflict::EmailTwice(earlier()?),
                2 => Conflict::UsernameTaken,
                3 => Conflict::EmailTaken,
                4 => Conflict::NoEmail,
                5 => Conflict::Outranked,
                6 => Conflict::SamlWithHash,
                7 => Conflict::EndWithoutLock,
                8 => Conflict::NothingToChange,
                kind @ (9 | 10) => Conflict::NoUser { by_username: kind == 9 },
                11 => Conflict::ForeignEmail,
                12 => Conflict::EndedPassword,
                _ => Conflict::OutsideLimits,
            };
            visit(place(0)?, conflict);
        }
        Ok(())
    }

    /// Whether [`ReadTransaction::each_conflict`] would name a row that its user cannot have, other than by a name or an address that is
    /// taken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_conflict_with_a_user(&self, only_existing: bool, now: Timestamp) -> Result<bool> {
        let sql = format!("SELECT EXISTS ({})", conflicts_with_the_user(only_existing));
        Ok(self.transaction.query_row(&sql, named_params! { ":now": now.as_second() }, |row| row.get(0))?)
    }
}

/// The canonical form of the address of a staged row ([`email_address::canonical`]).
const CANONICAL: &str = "coalesce(incoming.email_key, lower(incoming.email))";

/// Whether the row `i` gives the user `u` another address, and not the same in another form.
pub(super) const HAS_OTHER_EMAIL: &str =
    "i.email IS NOT NULL AND coalesce(i.email_key, lower(i.email)) <> coalesce(u.email_key, lower(u.email))";

/// The statement that finds conflicts. The order of the kinds is that of the numbers in it.
fn conflicts(protected: &ProtectedUsers, only_existing: bool) -> String {
    let [outranks, is_outside] = [protected.by_rank(), protected.by_limits()].map(|some| is_protected(&some, "users"));
    let with_the_user = conflicts_with_the_user(only_existing);
    format!(
        "WITH doubled AS (
           SELECT number, line, 0 AS kind, first FROM (SELECT number, line, min(number) OVER (PARTITION BY username) AS first \
             FROM temp.incoming WHERE username_given OR target IS NULL) WHERE first < number
           UNION ALL SELECT number, line, 1, first FROM (SELECT number, line, min(number) OVER (PARTITION BY {CANONICAL}) AS first \
             FROM temp.incoming WHERE email IS NOT NULL) WHERE first < number)
         SELECT number, line, kind, first, (SELECT line FROM temp.incoming AS i WHERE i.number = first) FROM doubled
         UNION ALL SELECT number, line, 2, 0, 0 FROM temp.incoming JOIN users ON users.username = incoming.username \
           WHERE target IS NULL
         UNION ALL SELECT number, line, 3, 0, 0 FROM temp.incoming JOIN users ON users.email = incoming.email \
           WHERE target IS NOT users.id
         UNION ALL SELECT number, line, 3, 0, 0 FROM temp.incoming JOIN users ON users.email_key = {CANONICAL} \
           WHERE target IS NOT users.id AND users.email <> incoming.email
         UNION ALL SELECT number, line, 5, 0, 0 FROM temp.incoming JOIN users ON users.id = target \
           WHERE {outranks}
         UNION ALL SELECT number, line, 13, 0, 0 FROM temp.incoming JOIN users ON users.id = target \
           WHERE {is_outside} AND NOT {outranks}
         UNION ALL {with_the_user}
         ORDER BY 1, 3"
    )
}

/// What a row says that its user cannot have; no constraint of the schema would tell.
fn conflicts_with_the_user(only_existing: bool) -> String {
    let is_locked = locked_at(":now");
    let sign_in_after = sign_in_after();
    let unmatched = match only_existing {
        false => "SELECT number, line, 4, 0, 0 FROM temp.incoming WHERE target IS NULL AND email IS NULL",
        true => "SELECT number, line, 10 - username_given, 0, 0 FROM temp.incoming WHERE target IS NULL",
    };
    format!(
        "{unmatched}
         UNION ALL SELECT number, line, 6, 0, 0 FROM temp.incoming AS i LEFT JOIN users AS u ON u.id = target \
           WHERE i.password_hash IS NOT NULL AND {sign_in_after} = 'saml'
         UNION ALL SELECT number, line, 7, 0, 0 FROM temp.incoming AS i WHERE i.locked_until <> {CLEARED_TIME} \
           AND i.locked IS NULL AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = i.target AND {is_locked})
         UNION ALL SELECT number, line, 8, 0, 0 FROM temp.incoming AS i LEFT JOIN users AS u ON u.id = target \
           WHERE i.must_change AND {sign_in_after} = 'saml'
         UNION ALL SELECT number, line, 11, 0, 0 FROM temp.incoming AS i LEFT JOIN users AS u ON u.id = target \
           WHERE i.is_foreign AND (u.id IS NULL OR ({HAS_OTHER_EMAIL}))
         UNION ALL SELECT number, line, 12, 0, 0 FROM temp.incoming AS i JOIN users AS u ON u.id = target \
           WHERE i.password_hash IS NOT u.password_hash AND EXISTS (SELECT 1 FROM password_history AS ended \
           WHERE ended.user_id = u.id AND ended.is_ended = 1 AND ended.password_hash = i.password_hash)"
    )
}

/// How the user `u` of the row `i` signs in afterwards.
fn sign_in_after() -> String {
    format!(
        "coalesce(i.sign_in, CASE WHEN u.id IS NULL OR ({HAS_OTHER_EMAIL}) THEN i.sign_in_by_domain END, u.sign_in)"
    )
}

/// The values that matched users would have, beside those they have.
pub(super) fn updated() -> String {
    let is_locked = locked_at(":now");
    let sign_in_after = sign_in_after();
    format!(
        "
    SELECT u.id, i.number, i.line, u.username AS old_username, u.password_hash IS NOT NULL AS had_password,
           u.is_locked AS was_locked, u.locked_until AS old_locked_until, u.role_id AS old_role_id,
           CASE WHEN i.username_given THEN i.username ELSE u.username END AS username, coalesce(i.email, u.email) AS email,
           CASE WHEN i.email IS NULL THEN u.email_key ELSE i.email_key END AS email_key,
           coalesce(i.name, u.name) AS name, coalesce(i.role_id, u.role_id) AS role_id,
           {sign_in_after} AS sign_in,
           nullif(coalesce(i.locale, u.locale), '{CLEARED_TEXT}') AS locale,
           CASE WHEN i.locked IS NULL OR i.locked = u.is_locked THEN u.locked_at WHEN i.locked THEN :now END AS locked_at,
           CASE WHEN coalesce(i.locked, u.is_locked) AND i.locked_until IS NOT NULL THEN nullif(i.locked_until, {CLEARED_TIME})
                WHEN i.locked IS NULL OR i.locked = u.is_locked THEN u.locked_until END AS locked_until,
           CASE WHEN i.locked IS NULL OR i.locked = u.is_locked THEN u.lock_reason END AS lock_reason,
           coalesce(i.must_change, u.must_change_password) AS must_change_password,
           coalesce(i.password_hash, u.password_hash) AS password_hash
      FROM temp.incoming i JOIN (SELECT *, {is_locked} AS is_locked FROM main.users) u ON u.id = i.target"
    )
}

impl WriteTransaction<'_> {
    /// Writes the staged rows. A conflict that [`ReadTransaction::each_conflict`] would have named makes it fail.
    ///
    /// # Errors
    /// When the store cannot be written, or a name or an address is taken.
    pub fn import(&self, default_role: RoleId, now: Timestamp) -> Result<Imported> {
        let connection: &Connection = &self.transaction;
        let now = now.as_second();
        let matched: i64 =
            connection
                .query_row("SELECT count(*) FROM temp.incoming WHERE target IS NOT NULL", [], |row| row.get(0))?;
        let changed = if matched > 0 { Self::update_matched(connection, now)? } else { 0 };
        let added = connection.execute(
            &format!("INSERT INTO users (username, email, name, role_id, sign_in, locale, locked_at, locked_until, created_at, \
             updated_at, password_set_at, must_change_password, password_hash, added_by_event, email_key, password_period)
             SELECT username, email, coalesce(name, ''), coalesce(role_id, :role), coalesce(sign_in, sign_in_by_domain), \
             nullif(locale, '{CLEARED_TEXT}'), CASE WHEN locked THEN :now END, CASE WHEN locked THEN nullif(locked_until, {CLEARED_TIME}) END, \
             :now, :now, CASE WHEN password_hash IS NOT NULL THEN :now END, \
             coalesce(must_change, 0), password_hash, :event, email_key, {PERIOD} FROM temp.incoming WHERE target IS NULL ORDER BY number"),
            named_params! { ":role": default_role.0, ":now": now, ":event": self.next_event_number()? },
        )?;
        Ok(Imported {
            added: added as u64,
            changed: changed as u64,
            unchanged: matched.unsigned_abs() - changed as u64,
        })
    }

    fn update_matched(connection: &Connection, now: i64) -> Result<usize> {
        // A password that is replaced goes into the history, as with every other way of setting one.
        connection.execute(
            "INSERT INTO password_history (user_id, replaced_at, password_hash) \
             SELECT u.id, ?1, u.password_hash FROM temp.incoming i JOIN main.users u ON u.id = i.target \
             WHERE u.password_hash IS NOT NULL AND i.password_hash IS NOT NULL AND u.password_hash <> i.password_hash",
            [now],
        )?;
        let updated = updated();
        let sql = format!(
            "UPDATE users SET username = n.username, email = n.email, email_key = n.email_key, \
               name = n.name, role_id = n.role_id, sign_in = n.sign_in, locale = n.locale, locked_at = n.locked_at, locked_until = n.locked_until, \
               lock_reason = n.lock_reason, updated_at = :now, \
               must_change_password = CASE n.sign_in WHEN 'saml' THEN 0 ELSE n.must_change_password END, \
               password_set_at = CASE WHEN n.sign_in = 'saml' OR n.password_hash IS NULL THEN NULL \
                                      WHEN n.password_hash IS users.password_hash THEN users.password_set_at ELSE :now END, \
               password_policy = CASE WHEN n.sign_in = 'password' AND n.password_hash IS users.password_hash \
                                      THEN users.password_policy END, \
               password_expires_at = CASE WHEN n.sign_in = 'password' AND n.must_change_password \
                                          AND n.password_hash IS users.password_hash THEN users.password_expires_at END, \
               password_period = CASE WHEN n.password_hash IS users.password_hash THEN users.password_period ELSE {PERIOD} END, \
               password_is_own = users.password_is_own * (n.sign_in = 'password' AND n.password_hash IS users.password_hash), \
               password_hash = CASE n.sign_in WHEN 'saml' THEN NULL ELSE n.password_hash END, \
               session_epoch = session_epoch + (n.sign_in <> users.sign_in OR n.password_hash IS NOT users.password_hash \
                               OR coalesce(n.email_key, lower(n.email)) <> coalesce(users.email_key, lower(users.email)) OR (n.locked_at IS NOT NULL AND n.locked_at IS NOT users.locked_at)) \
             FROM ({updated}) AS n WHERE n.id = users.id AND \
               (n.username COLLATE BINARY, n.email COLLATE BINARY, n.name, n.role_id, n.sign_in, n.locale, n.locked_at, n.locked_until, \
                n.must_change_password, n.password_hash) IS NOT \
               (users.username, users.email, users.name, users.role_id, users.sign_in, users.locale, users.locked_at, users.locked_until, \
                users.must_change_password, users.password_hash)"
        );
        let changed = connection.execute(&sql, named_params! { ":now": now })?;
        connection.execute(
            "DELETE FROM password_history WHERE is_ended IS NULL AND user_id IN (SELECT id FROM users WHERE sign_in = 'saml')",
            [],
        )?;
        Ok(changed)
    }
}
