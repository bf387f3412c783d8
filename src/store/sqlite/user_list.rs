//! Lists of users, row by row: a million of them pass through without one allocation a field.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::ToSql;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::outdated_passwords;
use super::time;
use super::users::COLUMNS;
use super::users::locked_at;
use super::users::user;
use crate::domain::email_address;
use crate::domain::email_domain;
use crate::domain::fold;
use crate::domain::role::RoleId;
use crate::domain::selection::PoliciesInForce;
use crate::domain::selection::Selection;
use crate::domain::selection::UserOrder;
use crate::domain::selection::UserQuery;
use crate::domain::user::PasswordStatus;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::domain::user::lock_is_in_force;

/// A user in a list, still in SQLite's hands. Texts that are not UTF-8 (somebody edited the file) read as empty.
#[derive(Debug)]
pub struct UserRow<'row> {
    row: &'row Row<'row>,
}

impl<'row> UserRow<'row> {
    /// The name to sign in with.
    pub fn username(&self) -> &'row str {
        self.text(1).unwrap_or("")
    }

    /// The address.
    pub fn email(&self) -> &'row str {
        self.text(2).unwrap_or("")
    }

    /// The person's name.
    pub fn name(&self) -> &'row str {
        self.text(3).unwrap_or("")
    }

    /// The number.
    pub fn id(&self) -> i64 {
        self.number(0).unwrap_or(0)
    }

    /// The role.
    pub fn role(&self) -> RoleId {
        RoleId(self.number(4).unwrap_or(0))
    }

    /// How they sign in.
    pub fn sign_in(&self) -> SignIn {
        if self.text(5) == Some("saml") { SignIn::Saml } else { SignIn::Password }
    }

    /// The language.
    pub fn locale(&self) -> Option<&'row str> {
        self.text(6)
    }

    /// Active or locked at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        let is_locked = self.number(7).is_some() && lock_is_in_force(self.locked_until(), now);
        if is_locked { Status::Locked } else { Status::Active }
    }

    /// When the lock ends by itself.
    pub fn locked_until(&self) -> Option<Timestamp> {
        self.number(8).map(time)
    }

    /// Raised by whatever ends sessions.
    pub fn session_epoch(&self) -> i64 {
        self.number(10).unwrap_or(0)
    }

    /// The last login noted.
    pub fn last_login_at(&self) -> Option<Timestamp> {
        self.number(11).map(time)
    }

    /// When the user was added.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.number(12).map(time)
    }

    /// When the record last changed.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.number(13).map(time)
    }

    /// When the password was set; `None`: there is none.
    pub fn password_set_at(&self) -> Option<Timestamp> {
        self.number(14).map(time)
    }

    /// Whether they must choose another password.
    pub fn must_change_password(&self) -> bool {
        self.number(16) == Some(1)
    }

    /// When the password ends, where it is temporary.
    pub fn password_expires_at(&self) -> Option<Timestamp> {
        self.number(19).map(time)
    }

    /// What is known of the password; `None`: there is none. The policy that it met is left out.
    pub fn password(&self) -> Option<PasswordStatus> {
        Some(PasswordStatus {
            set_at: self.password_set_at()?,
            policy: None,
            expires_at: self.password_expires_at(),
            period: self.number(20),
            is_own: self.number(21) == Some(1),
        })
    }

    /// When a delivery report said that the address takes no mail.
    pub fn bounced_at(&self) -> Option<Timestamp> {
        self.number(17).map(time)
    }

    /// What the remote server said then.
    pub fn bounce_reply(&self) -> Option<&'row str> {
        self.text(18)
    }

    /// The hash of the password, where the list was asked for hashes.
    pub fn password_hash(&self) -> Option<&'row str> {
        self.text(22)
    }

    /// All of the user, for a list whose rows need more than a few fields.
    ///
    /// # Errors
    /// When the row cannot be read.
    pub fn to_user(&self) -> Result<User> {
        Ok(user(self.row)?)
    }

    fn text(&self, column: usize) -> Option<&'row str> {
        self.row.get_ref(column).ok()?.as_str_or_null().ok()?
    }

    fn number(&self, column: usize) -> Option<i64> {
        self.row.get_ref(column).ok()?.as_i64_or_null().ok()?
    }
}

/// The domain of an address in the form in which domains are compared: [`email_domain::canonical`] in SQL.
pub(super) const EMAIL_DOMAIN: &str =
    "lower(substr(coalesce(email_key, email), instr(coalesce(email_key, email), '@') + 1))";

/// [`EMAIL_DOMAIN`] of the rows of a table that has other tables beside it.
pub(super) fn email_domain_of(table: &str) -> String {
    let address = format!("coalesce({table}.email_key, {table}.email)");
    format!("lower(substr({address}, instr({address}, '@') + 1))")
}

/// Conditions and the values they bind, in order.
pub(super) struct Conditions {
    sql: Vec<Cow<'static, str>>,
    pub(super) values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn add(&mut self, sql: impl Into<Cow<'static, str>>, value: impl ToSql + 'static) {
        self.sql.push(sql.into());
        self.values.push(Box::new(value));
    }

    /// The users that a folded text finds ([`crate::domain::search::finds_user`]). LIKE is the fastest, but compares bytes: it
    /// decides alone only where neither the text nor the row has characters that can be written in another way. Folding is
    /// left to the others; a name in normal form D holds letters of ASCII that the same name in normal form C has not.
    fn search(&mut self, folded: &str) {
        const FINDS: &str = "finds_user(?, username, email, users.name, email_key)";
        let has_variants = fold::has_ascii_variants(folded);
        if !folded.is_ascii() {
            return self.add(FINDS, folded.to_owned());
        }
        // With blanks or apostrophes in the text, LIKE looks for a word of it, and folding decides about the rows with that word.
        let word = if has_variants { folded.split([' ', '\'']).max_by_key(|word| word.len()) } else { None };
        let escaped = word.unwrap_or(folded).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        // ESCAPE costs time for each row, and few texts need it.
        let like = if escaped.contains('\\') { "LIKE ? ESCAPE '\\'" } else { "LIKE ?" };
        let pattern = format!("%{escaped}%");
        self.values.extend((0..3).map(|_| -> Box<dyn ToSql> { Box::new(pattern.clone()) }));
        self.values.push(Box::new(folded.to_owned()));
        // Usernames are in ASCII, and an address without a key is.
        let holds = format!(
            "username {like} OR email {like} OR \
             CASE WHEN length(users.name) = octet_length(users.name) THEN users.name {like} ELSE text_holds(?, users.name) END"
        );
        if has_variants {
            self.values.push(Box::new(folded.to_owned()));
            self.add(
                format!("CASE WHEN email_key IS NULL THEN ({holds}) AND {FINDS} ELSE {FINDS} END"),
                folded.to_owned(),
            );
        } else {
            self.add(format!("CASE WHEN email_key IS NULL THEN {holds} ELSE {FINDS} END"), folded.to_owned());
        }
    }

    /// The users whose sign-in differs from what [`crate::domain::organization::Organization::sign_in_of`] gives for their address.
    fn sign_in_unlike(&mut self, domains: &[String]) {
        let places = vec!["?"; domains.len()].join(", ");
        self.sql.push(format!("(sign_in = 'saml') <> ({EMAIL_DOMAIN} IN ({places}))").into());
        let domains = domains.iter().map(|domain| email_domain::canonical(domain).into_owned());
        self.values.extend(domains.map(|domain| -> Box<dyn ToSql> { Box::new(domain) }));
    }

    /// The users whose password met another policy than that of their role.
    fn policy_unlike(&mut self, PoliciesInForce { fingerprints, others_are_few }: &PoliciesInForce) {
        if *others_are_few {
            return self.sql.push(outdated_passwords::FEW.into());
        }
        let (sql, values) = outdated_passwords::condition(fingerprints);
        self.sql.push(sql.into());
        self.values.extend(values);
    }

    pub(super) fn of(selection: &Selection, now: Timestamp) -> Self {
        let mut conditions = Self { sql: Vec::new(), values: Vec::new() };
        if let Some(text) = &selection.search {
            conditions.search(text.folded());
        }
        if let Some(role) = selection.role {
            conditions.add("users.role_id = ?", role.0);
        }
        match selection.status {
            Some(Status::Locked) => conditions.add(locked_at("?"), now.as_second()),
            Some(Status::Active) => conditions.add(format!("NOT {}", locked_at("?")), now.as_second()),
            None => {}
        }
        if let Some(sign_in) = selection.sign_in {
            conditions.add("sign_in = ?", sign_in.word());
        }
        if let Some(domain) = &selection.email_domain {
            conditions.add(format!("{EMAIL_DOMAIN} = ?"), email_domain::canonical(domain).into_owned());
        }
        if selection.no_password {
            conditions.add("password_set_at IS NULL AND sign_in = ?", SignIn::Password.word());
        }
        if selection.with_password {
            conditions.sql.push("password_set_at IS NOT NULL".into());
        }
        if let Some(domains) = &selection.sign_in_unlike_domains {
            conditions.sign_in_unlike(domains);
        }
        if let Some(before) = selection.password_set_before {
            conditions.add("password_set_at < ?", before.as_second());
        }
        if let Some(policies) = &selection.policy_other_than {
            conditions.policy_unlike(policies);
        }
        if selection.bounced {
            conditions.sql.push("bounced_at IS NOT NULL".into());
        }
        if selection.never_logged_in {
            conditions.sql.push("last_login_at IS NULL".into());
        }
        if selection.named.is_some() {
            conditions.sql.push("users.id IN (SELECT id FROM temp.named)".into());
        }
        if selection.not_named.is_some() {
            conditions.sql.push("users.id NOT IN (SELECT id FROM temp.not_named)".into());
        }
        conditions
    }

    pub(super) fn clause(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!(" WHERE {}", self.sql.join(" AND ")) }
    }

    /// The same for a statement that binds other values before these: the first of them is `?first`.
    pub(super) fn clause_from(&self, first: usize) -> String {
        let mut numbered = String::new();
        for (place, part) in self.clause().split('?').enumerate() {
            if place > 0 {
                numbered += &format!("?{}", first + place - 1);
            }
            numbered += part;
        }
        numbered
    }

    pub(super) fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}

fn order(query: &UserQuery) -> String {
    let direction = if query.reverse { "DESC" } else { "ASC" };
    let column = match query.order {
        UserOrder::Email => return format!("email {direction}"),
        UserOrder::Username => return format!("username {direction}"),
        UserOrder::Name => "users.name COLLATE NOCASE",
        UserOrder::Created => "created_at",
        UserOrder::PasswordSet => "password_set_at",
        UserOrder::LastLogin => "last_login_at",
    };
    format!("{column} {direction}, email {direction}")
}

impl ReadTransaction<'_> {
    /// Gives each user that the query means to `visit`, in its order. Names of `selection.named` that no user has are
    /// passed over; ask [`ReadTransaction::unknown_names`] first.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_user<E: From<StoreError>>(
        &self,
        query: &UserQuery,
        with_hashes: bool,
        now: Timestamp,
        mut visit: impl FnMut(&UserRow<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(error.into());
        self.prepare_names(&query.selection)?;
        let conditions = Conditions::of(&query.selection, now);
        let hash = if with_hashes { ", password_hash" } else { "" };
        let limit = query.limit.map(|_| format!(" LIMIT {}", super::limit(query.limit))).unwrap_or_default();
        let sql = format!("SELECT {COLUMNS}{hash} FROM users{} ORDER BY {}{limit}", conditions.clause(), order(query));
        let mut statement = self.transaction.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query(conditions.values().as_slice()).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            visit(&UserRow { row })?;
        }
        Ok(())
    }

    /// How many users a selection means.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_users(&self, selection: &Selection, now: Timestamp) -> Result<u64> {
        self.prepare_names(selection)?;
        let conditions = Conditions::of(selection, now);
        let sql = format!("SELECT count(*) FROM users{}", conditions.clause());
        let count: i64 = self.transaction.query_row(&sql, conditions.values().as_slice(), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The places in the list of those names that no user has.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unknown_names(&self, names: &[UserReference]) -> Result<Vec<usize>> {
        let mut unknown = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if self.id_of(name)?.is_none() {
                unknown.push(place);
            }
        }
        Ok(unknown)
    }

    /// The places in the list of those names beside which an address is given that is not the user's, in whatever form.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn names_with_other_email(&self, names: &[UserReference], emails: &[Option<Box<str>>]) -> Result<Vec<usize>> {
        let mut others = Vec::new();
        for (place, (name, email)) in names.iter().zip(emails).enumerate() {
            let Some(email) = email else { continue };
            let Some(id) = self.id_of(name)? else { continue };
            let mut statement = self.transaction.prepare_cached("SELECT email FROM users WHERE id = ?1")?;
            let stored: String = statement.query_row([id.0], |row| row.get(0))?;
            if !email_address::is_same(&stored, email) {
                others.push(place);
            }
        }
        Ok(others)
    }

    /// Fills temporary tables with the users named and the policies that are outdated, so that the list is one statement.
    pub(super) fn prepare_names(&self, selection: &Selection) -> Result<()> {
        if let Some(PoliciesInForce { fingerprints, others_are_few: true }) = &selection.policy_other_than {
            self.prepare_outdated(fingerprints)?;
        }
        for (table, names) in [("named", &selection.named), ("not_named", &selection.not_named)] {
            let Some(names) = names else { continue };
            self.transaction.execute_batch(&format!(
                "CREATE TEMP TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY); DELETE FROM temp.{table};"
            ))?;
            let insert = format!("INSERT OR IGNORE INTO temp.{table} VALUES (?1)");
            for name in names.iter() {
                if let Some(id) = self.id_of(name)? {
                    self.transaction.prepare_cached(&insert)?.execute([id.0])?;
                }
            }
        }
        Ok(())
    }
}
