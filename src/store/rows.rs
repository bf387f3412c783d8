//! Whether each row is one that the commands can read. It is read by their own functions, so that nothing which one of them
//! would call damaged is missed; what SQLite's own checks and the schema find is not repeated here.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::Reading;
use super::Result;
use super::clock::SEEN;
use super::events;
use super::jobs;
use super::messages;
use super::operators;
use super::outbox;
use super::sign_in_failures;
use super::user_changes;
use super::users;
use crate::domain::role::BUILT_IN;
use crate::domain::text;
use crate::secrets::password_hash::PasswordHash;

/// The most faults that are listed, as of SQLite's `integrity_check`.
const MOST: usize = 100;

/// The highest number that is not near the end of what SQLite can count: none is reached by counting.
const FAR_FROM_THE_END: i64 = i64::MAX >> 1;

/// What is counted up, by table: the column, and the highest value that it has or had.
const COUNTED: [(&str, &str, &str); 12] = [
    ("role", "number", "SELECT max(id) FROM role"),
    ("user", "number", "SELECT max(id) FROM user"),
    ("password_history", "number", "SELECT max(id) FROM password_history"),
    ("event", "number", "SELECT max(number) FROM event"),
    ("user_changes", "number", "SELECT max(id) FROM user_changes"),
    ("job", "number", "SELECT max(id) FROM job"),
    ("message", "number", "SELECT max(id) FROM message"),
    ("clock_period", "number", "SELECT max(number) FROM clock_period"),
    ("user", "session_epoch", "SELECT max(session_epoch) FROM user"),
    ("user", "password_rehashes", "SELECT max(password_rehashes) FROM user"),
    ("sign_in_failures", "count", "SELECT max(count) FROM sign_in_failures"),
    ("deliveries", "count", "SELECT max(count) FROM deliveries"),
];

/// Faults, until there are enough.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// Adds one, which two functions may find that read the same row.
    fn add(&mut self, table: &str, key: &str, column: &str, fault: &str) {
        let line = format!("{table}: row {key}: {column}: {fault}");
        if !self.is_full() && !self.0.contains(&line) {
            self.0.push(line);
        }
    }
}

impl Reading<'_> {
    /// The rows that a command could not use, as "table: row: column: what is wrong", at most 100; empty: none. The rows pass
    /// through one by one. `has_read_events`: following the chain to its end has read each event already.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn row_faults(&self, has_read_events: bool) -> Result<Vec<String>> {
        let mut faults = Faults::default();
        let all = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let message = format!("SELECT {}, {SEEN} FROM message", messages::COLUMNS);
        let of_hash = |row: &Row<'_>| row.get::<_, Option<String>>(1).map(drop);
        self.read_each(&mut faults, "operator", operators::COLUMNS, |row| operators::operator(row).map(drop))?;
        self.read_each(&mut faults, "user", &all(users::COLUMNS, "user"), |row| users::user(row).map(drop))?;
        self.read_each(&mut faults, "user", &all("id, password_hash", "user"), of_hash)?;
        self.read_each(&mut faults, "password_history", &all("id, password_hash", "password_history"), of_hash)?;
        if !has_read_events {
            self.read_each(&mut faults, "event", events::COLUMNS, |row| events::event(row).map(drop))?;
        }
        self.read_each(&mut faults, "user_changes", user_changes::COLUMNS, |row| user_changes::change(row).map(drop))?;
        self.read_each(&mut faults, "job", &all(jobs::COLUMNS, "job"), |row| jobs::job(row).map(drop))?;
        self.read_each(&mut faults, "message", &message, |row| messages::message(row).map(drop))?;
        self.read_each(&mut faults, "message", &outbox::every_due(), |row| outbox::due(row).map(drop))?;
        self.read_each(&mut faults, "message", "SELECT id, sender FROM message", |row| {
            row.get::<_, Option<u32>>(1).map(drop)
        })?;
        self.read_each(&mut faults, "sign_in_failures", sign_in_failures::FAILURES, |row| {
            sign_in_failures::failures(row).map(drop)
        })?;
        self.read_each(&mut faults, "refused_attempts", sign_in_failures::ATTEMPTS, |row| {
            sign_in_failures::attempts(row).map(drop)
        })?;
        self.read_each(&mut faults, "role", "SELECT id, name, built_in FROM role", |row| {
            row.get::<_, String>(1).and(row.get::<_, bool>(2)).map(drop)
        })?;
        self.read_each(&mut faults, "role_permission", "SELECT role_id, permission FROM role_permission", |row| {
            row.get::<_, String>(1).map(drop)
        })?;
        self.read_each(&mut faults, "fact", "SELECT name, value FROM fact", |row| row.get::<_, Vec<u8>>(1).map(drop))?;
        self.read_each(&mut faults, "clock_period", "SELECT number, latest FROM clock_period", |row| {
            row.get::<_, i64>(1).map(drop)
        })?;
        self.check_hashes(&mut faults, "user")?;
        self.check_hashes(&mut faults, "password_history")?;
        self.check_email_keys(&mut faults)?;
        self.check_built_in_roles(&mut faults)?;
        self.check_counters(&mut faults)?;
        Ok(faults.0)
    }

    /// Reads each row as a command does. The first column says which row it is.
    fn read_each(
        &self,
        faults: &mut Faults,
        table: &str,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut statement = self.transaction.prepare(sql)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if faults.is_full() {
                break;
            }
            let Err(error) = read(row) else { continue };
            // What is wrong with one column; everything else is of the file as a whole.
            let Some((column, fault)) = of_column(&error) else { return Err(error.into()) };
            let column = names.get(column).map_or_else(|| "?".to_owned(), |name| text::quoted(name, 40));
            faults.add(table, &key(row), &column, &fault);
        }
        Ok(())
    }

    /// The hashes that no password can be compared with.
    fn check_hashes(&self, faults: &mut Faults, table: &str) -> Result<()> {
        let sql = format!("SELECT id, password_hash FROM {table} WHERE password_hash IS NOT NULL");
        let mut statement = self.transaction.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if faults.is_full() {
                break;
            }
            // One that is no text was found before.
            let ValueRef::Text(bytes) = row.get_ref(1)? else { continue };
            let Ok(hash) = std::str::from_utf8(bytes) else { continue };
            if let Err(error) = PasswordHash::parse(hash) {
                faults.add(table, &key(row), "password_hash", &error.to_string());
            }
        }
        Ok(())
    }

    /// The canonical forms by which users are found that are not those of their addresses.
    fn check_email_keys(&self, faults: &mut Faults) -> Result<()> {
        let sql = "SELECT id FROM user WHERE email_key IS NOT canonical_email(email) ORDER BY id";
        let mut statement = self.transaction.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            faults.add("user", &key(row), "email_key", "is not the canonical form of the address");
        }
        Ok(())
    }

    /// What the built-in roles allow follows from their numbers, and what is shown are their names.
    fn check_built_in_roles(&self, faults: &mut Faults) -> Result<()> {
        for (id, name) in BUILT_IN {
            let key = id.0.to_string();
            // As bytes: that they are text is examined above.
            let sql = "SELECT CAST(name AS BLOB) FROM role WHERE id = ?1";
            let found: Option<Vec<u8>> = self.transaction.query_row(sql, [id.0], |row| row.get(0)).optional()?;
            match found {
                None => faults.add("role", &key, "id", &format!("missing: it is the built-in role `{name}`")),
                Some(found) if found != name.as_bytes() => {
                    faults.add("role", &key, "name", &format!("not `{name}`, as this built-in role is called"));
                }
                Some(_) => {}
            }
        }
        let mut statement = self.transaction.prepare("SELECT id, built_in = 1 FROM role")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, is_marked): (i64, bool) = (row.get(0)?, row.get(1)?);
            match (BUILT_IN.iter().any(|(built_in, _)| built_in.0 == id), is_marked) {
                (true, false) => faults.add("role", &key(row), "built_in", "not marked as a built-in role"),
                (false, true) => {
                    faults.add("role", &key(row), "built_in", "marked as a built-in role, and is none");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The table that has no number left for a new row; `None`: each has one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn table_without_numbers(&self) -> Result<Option<&'static str>> {
        for (table, what, sql) in COUNTED.into_iter().filter(|(_, what, _)| *what == "number") {
            if self.highest(table, what, sql)? == Some(i64::MAX) {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }

    /// The highest value that a counter has or had.
    fn highest(&self, table: &str, what: &str, sql: &str) -> Result<Option<i64>> {
        // What is no number is a fault of its row.
        let highest: Option<i64> = self.transaction.query_row(sql, [], |row| row.get(0)).unwrap_or_default();
        if what != "number" {
            return Ok(highest);
        }
        let sql = "SELECT max(CAST(seq AS INTEGER)) FROM sqlite_sequence WHERE name = ?1";
        Ok(highest.max(self.transaction.query_row(sql, [table], |row| row.get(0))?))
    }

    /// Numbers from which counting could not continue: SQLite would say that the disk is full.
    fn check_counters(&self, faults: &mut Faults) -> Result<()> {
        for (table, what, sql) in COUNTED {
            if let Some(highest) = self.highest(table, what, sql)?.filter(|highest| *highest > FAR_FROM_THE_END) {
                let next = i128::from(highest) + 1;
                faults.0.push(format!("{table}: the next {what} would be {next}: almost no numbers are left"));
            }
        }
        Ok(())
    }
}

/// The first column of a row, which says which one it is.
fn key(row: &Row<'_>) -> String {
    match row.get_ref(0) {
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Text(bytes)) => text::quoted(&String::from_utf8_lossy(bytes), 40),
        _ => "?".to_owned(),
    }
}

/// Which column cannot be read, and why.
fn of_column(error: &rusqlite::Error) -> Option<(usize, String)> {
    use rusqlite::Error;
    match error {
        Error::InvalidColumnType(column, _, found) => Some((*column, format!("is of the type {found}"))),
        Error::IntegralValueOutOfRange(column, value) => Some((*column, format!("{value} is out of range"))),
        Error::FromSqlConversionFailure(column, _, error) => Some((*column, error.to_string())),
        Error::Utf8Error(column, error) => Some((*column, error.to_string())),
        _ => None,
    }
}
