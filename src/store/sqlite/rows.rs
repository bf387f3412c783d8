//! Whether each row is one that the commands can read. It is read by their own functions, so that nothing which one of them
//! would call damaged is missed; what SQLite's own checks and the schema find is not repeated here.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::damage;
use super::damage::FAR_FROM_THE_END;
use super::event_archives;
use super::events;
use super::jobs;
use super::messages;
use super::operators;
use super::outbox;
use super::password_ages;
use super::sign_in_failures;
use super::user_changes;
use super::users;
use crate::domain::email_address::MAX_ADDRESS;
use crate::domain::role::BUILT_IN;
use crate::domain::text;
use crate::domain::user::MAX_USERNAME;
use crate::store::types::damage::RowFault;
use crate::store::types::rows::MOST;
use crate::store::types::rows::RowFindings;

/// The tables whose rows are numbered, and the highest number that one has.
const NUMBERED: [(&str, &str); 8] = [
    ("roles", "SELECT max(id) FROM roles"),
    ("users", "SELECT max(id) FROM users"),
    ("password_history", "SELECT max(id) FROM password_history"),
    ("events", "SELECT max(number) FROM events"),
    ("user_changes", "SELECT max(id) FROM user_changes"),
    ("jobs", "SELECT max(id) FROM jobs"),
    ("messages", "SELECT max(id) FROM messages"),
    ("clock_periods", "SELECT max(number) FROM clock_periods"),
];

/// What is counted up in a row: the table, the column that says which row it is, and the column.
const COUNTED: [(&str, &str, &str); 6] = [
    ("users", "id", "session_epoch"),
    ("users", "id", "password_rehashes"),
    ("sign_in_failures", "user_id", "count"),
    ("refused_attempts", "action", "count"),
    ("relay_hold", "id", "count"),
    ("deliveries", "minute", "count"),
];

/// What commands take as one line of text: the table, the column that says which row it is, the column, and the most characters.
const BOUNDED: [(&str, &str, &str, usize); 10] = [
    ("users", "id", "username", MAX_USERNAME),
    ("users", "id", "email", MAX_ADDRESS),
    ("users", "id", "name", text::MAX_NAME),
    ("users", "id", "locale", text::MAX_NAME),
    ("users", "id", "lock_reason", text::MAX_REASON),
    ("roles", "id", "name", text::MAX_NAME),
    ("roles", "id", "description", text::MAX_NAME),
    ("operator_domain_limits", "uid", "domain", MAX_ADDRESS),
    ("operators", "uid", "account", text::MAX_NAME),
    ("messages", "id", "address", MAX_ADDRESS),
];

impl ReadTransaction<'_> {
    /// The rows that a command could not use. The rows pass through one by one. `is_chain_whole`: following the chain to its end
    /// has read each event and each user change, and they are only counted. What SQLite cannot read of a table is a fault, and
    /// the others are read all the same.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn row_faults(&self, is_chain_whole: bool) -> Result<RowFindings> {
        let mut found = RowFindings::default();
        let all = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let text = |table| move |row: &Row<'_>| damage::named(table, row, |row| row.get::<_, String>(1)).map(drop);
        self.read_each(&mut found, "operators", operators::COLUMNS, |row| operators::operator(row).map(drop))?;
        self.read_each(&mut found, "users", &all(users::COLUMNS, "users"), |row| users::user(row).map(drop))?;
        self.read_each(&mut found, "users", &outbox::every_recipient(), |row| outbox::recipient(row).map(drop))?;
        for table in ["users", "password_history"] {
            self.read_each(&mut found, table, &all("id, password_hash", table), |row| {
                damage::named(table, row, |row| users::stored_hash(row, 1).map(drop))
            })?;
        }
        if is_chain_whole {
            self.count(&mut found, "events")?;
            self.count(&mut found, "user_changes")?;
        } else {
            self.read_each(&mut found, "events", events::COLUMNS, |row| events::event(row).map(drop))?;
            let changes = user_changes::COLUMNS;
            self.read_each(&mut found, "user_changes", changes, |row| user_changes::change(row).map(drop))?;
        }
        self.read_each(&mut found, "event_archives", event_archives::COLUMNS, |row| {
            event_archives::archive(row).map(drop)
        })?;
        self.read_each(&mut found, "jobs", &all(jobs::COLUMNS, "jobs"), |row| jobs::job(row).map(drop))?;
        let message = all(&messages::columns_alone(), "messages");
        self.read_each(&mut found, "messages", &message, |row| messages::message(row).map(drop))?;
        self.read_each(&mut found, "messages", &outbox::every_message_alone(), |row| outbox::due(row).map(drop))?;
        self.read_each(&mut found, "messages", "SELECT id, sender FROM messages", |row| {
            damage::named("messages", row, |row| row.get::<_, Option<u32>>(1)).map(drop)
        })?;
        self.read_each(&mut found, "sign_in_failures", sign_in_failures::FAILURES, |row| {
            sign_in_failures::failures(row).map(drop)
        })?;
        self.read_each(&mut found, "refused_attempts", sign_in_failures::ATTEMPTS, |row| {
            sign_in_failures::attempts(row).map(drop)
        })?;
        self.read_each(&mut found, "roles", "SELECT id, name, built_in, description FROM roles", |row| {
            let read = |row: &Row<'_>| row.get::<_, String>(1).and(row.get::<_, bool>(2)).and(row.get::<_, String>(3));
            damage::named("roles", row, read).map(drop)
        })?;
        let limits = "SELECT uid, domain FROM operator_domain_limits";
        self.read_each(&mut found, "operator_domain_limits", limits, text("operator_domain_limits"))?;
        self.read_each(&mut found, "operator_role_limits", "SELECT uid, role_id FROM operator_role_limits", |row| {
            damage::named("operator_role_limits", row, |row| row.get::<_, i64>(1)).map(drop)
        })?;
        let permissions = "SELECT role_id, permission FROM role_permissions";
        self.read_each(&mut found, "role_permissions", permissions, text("role_permissions"))?;
        self.read_each(&mut found, "metadata", "SELECT name, value FROM metadata", |row| {
            damage::named("metadata", row, |row| row.get::<_, Vec<u8>>(1)).map(drop)
        })?;
        self.read_each(&mut found, "password_max_ages", password_ages::MAX_AGES, |row| {
            damage::named("password_max_ages", row, |row| row.get::<_, i64>(1)).map(drop)
        })?;
        self.read_each(&mut found, "clock_periods", "SELECT number, latest FROM clock_periods", |row| {
            damage::named("clock_periods", row, |row| row.get::<_, i64>(1)).map(drop)
        })?;
        let checks: [fn(&Self, &mut RowFindings) -> rusqlite::Result<()>; 4] =
            [Self::check_texts, Self::check_email_keys, Self::check_built_in_roles, Self::check_counters];
        for check in checks {
            // Where a table cannot be read, that is said above.
            unless_damaged(check(self, &mut found))?;
        }
        // Where the index is missing, the schema says so.
        for fault in self.message_state_faults().unwrap_or_default() {
            found.push(fault.to_string());
        }
        Ok(found)
    }

    /// Adds the values that have another type than their column, which SQLite's `integrity_check` reports without the row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn add_type_faults(&self, found: &mut RowFindings) -> Result<()> {
        unless_damaged(self.check_types(found))?;
        Ok(())
    }

    /// Counts the rows of a table that have been read.
    fn count(&self, found: &mut RowFindings, table: &'static str) -> Result<()> {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        found.readable.push((table, count.unsigned_abs()));
        Ok(())
    }

    /// The first thing that is damaged, in words; `None`: nothing is found.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_damage(&self) -> Result<Option<String>> {
        if let Some(difference) = self.schema_differences()?.into_iter().next() {
            return Ok(Some(difference));
        }
        let mut rows = self.row_faults(false)?;
        self.add_type_faults(&mut rows)?;
        if let Some(fault) = rows.faults.into_iter().chain(self.dangling_references()?).next() {
            return Ok(Some(fault));
        }
        // Such as a row that breaks a rule of the schema, and of which each value could be right.
        Ok(self.integrity_faults()?.into_iter().next())
    }

    /// Reads each row as a command does.
    fn read_each(
        &self,
        found: &mut RowFindings,
        table: &'static str,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut count = 0;
        let ended = self.read_rows(found, &mut count, sql, read);
        if found.readable.last().is_none_or(|(last, _)| *last != table) {
            found.readable.push((table, count));
        }
        match unless_damaged(ended)? {
            // The schema says so.
            Some(words) if words.starts_with("no such table") => {}
            Some(words) if count == 0 => found.push(format!("{table}: cannot be read: {words}")),
            Some(words) => found.push(format!("{table}: cannot be read behind its first {count} rows: {words}")),
            None => {}
        }
        Ok(())
    }

    fn read_rows(
        &self,
        found: &mut RowFindings,
        count: &mut u64,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.transaction.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            *count += 1;
            match read(row) {
                Ok(()) => {}
                // What is wrong with one column; everything else is of the file as a whole.
                Err(error) => match RowFault::of(&error) {
                    Some(fault) => found.push(fault.to_string()),
                    None => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// The values that have another type than their column. The schema keeps them out: somebody wrote to the file with another
    /// program that was told to ignore it.
    fn check_types(&self, found: &mut RowFindings) -> rusqlite::Result<()> {
        for table in self.tables()? {
            let sql = "SELECT name, lower(type), \"notnull\" OR pk > 0 FROM pragma_table_info(?1)";
            let mut columns = self.transaction.prepare(sql)?;
            let columns = columns.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let columns = columns.collect::<rusqlite::Result<Vec<(String, String, bool)>>>()?;
            let Some((key, ..)) = columns.first() else { continue };
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            for (column, kind, is_needed) in &columns {
                let null = if *is_needed { "" } else { ", 'null'" };
                let sql = format!(
                    "SELECT {0}, typeof({1}) FROM {2} WHERE typeof({1}) NOT IN ('{3}'{null}) LIMIT {MOST}",
                    quoted(key),
                    quoted(column),
                    quoted(&table),
                    kind.replace('\'', ""),
                );
                let mut statement = self.transaction.prepare(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let kind = text::capitalized(&row.get::<_, String>(1)?);
                    found.add(&table, &damage::key_of(row, 0), column, &format!("is of the type {kind}"));
                }
            }
        }
        Ok(())
    }

    /// The texts that no command would have taken: too long, or with characters that drive a terminal.
    fn check_texts(&self, found: &mut RowFindings) -> rusqlite::Result<()> {
        // Most texts are short, and of letters alone.
        let condition = |column: &str, limit: usize| {
            format!(
                "typeof({column}) = 'text' \
                 AND (length({column}) > {limit} OR octet_length({column}) <> length({column}) OR {column} GLOB '*[^ -~]*')"
            )
        };
        let columns = BOUNDED.map(|(table, key, column, limit)| (table, key, column, condition(column, limit)));
        self.each_value_that_is(&columns, |table, key, index, value| {
            let (_, _, column, limit) = BOUNDED[index];
            // One that is not UTF-8 is found above.
            if let Err(fault) = value.as_str().map_or(Ok(()), |text| text::check_line(text, limit)) {
                found.add(table, key, column, &fault.to_string());
            }
            Ok(())
        })
    }

    /// Gives the values to `visit` that meet the condition of their column, with the table, the row and the place in `columns`, which
    /// are of the form: the table, the column that says which row it is, the column, and its condition. One look at each row does for
    /// all columns of a table, which are one behind the other.
    fn each_value_that_is(
        &self,
        columns: &[(&'static str, &str, &str, String)],
        mut visit: impl FnMut(&'static str, &str, usize, ValueRef<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut first = 0;
        for of_table in columns.chunk_by(|one, other| one.0 == other.0) {
            let [(table, key, ..), ..] = of_table else { continue };
            let values: Vec<String> =
                of_table.iter().map(|(_, _, column, condition)| format!("iif({condition}, {column}, NULL)")).collect();
            let conditions: Vec<String> = of_table.iter().map(|(.., condition)| format!("({condition})")).collect();
            let (values, conditions) = (values.join(", "), conditions.join(" OR "));
            let mut statement =
                self.transaction.prepare(&format!("SELECT {key}, {values} FROM {table} WHERE {conditions}"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for index in 0..of_table.len() {
                    let value = row.get_ref(index + 1)?;
                    if value != ValueRef::Null {
                        visit(table, &damage::key_of(row, 0), first + index, value)?;
                    }
                }
            }
            first += of_table.len();
        }
        Ok(())
    }

    /// The canonical forms by which users are found that are not those of their addresses.
    fn check_email_keys(&self, found: &mut RowFindings) -> rusqlite::Result<()> {
        let sql = "SELECT id FROM users WHERE email_key IS NOT canonical_email(email) ORDER BY id";
        let mut statement = self.transaction.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.add("users", &damage::key_of(row, 0), "email_key", "is not the canonical form of the address");
        }
        Ok(())
    }

    /// What the built-in roles allow follows from their numbers, and what is shown are their names.
    fn check_built_in_roles(&self, found: &mut RowFindings) -> rusqlite::Result<()> {
        for (id, name) in BUILT_IN {
            let key = id.0.to_string();
            // As bytes: that they are text is examined above.
            let sql = "SELECT CAST(name AS BLOB) FROM roles WHERE id = ?1";
            let stored: Option<Vec<u8>> = self.transaction.query_row(sql, [id.0], |row| row.get(0)).optional()?;
            match stored {
                None => found.add("roles", &key, "id", &format!("missing: it is the built-in role `{name}`")),
                Some(stored) if stored != name.as_bytes() => {
                    found.add("roles", &key, "name", &format!("not `{name}`, as this built-in role is called"));
                }
                Some(_) => {}
            }
        }
        let mut statement = self.transaction.prepare("SELECT id, built_in = 1 FROM roles")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, is_marked): (i64, bool) = (row.get(0)?, row.get(1)?);
            match (BUILT_IN.iter().any(|(built_in, _)| built_in.0 == id), is_marked) {
                (true, false) => {
                    found.add("roles", &damage::key_of(row, 0), "built_in", "not marked as a built-in role")
                }
                (false, true) => {
                    found.add("roles", &damage::key_of(row, 0), "built_in", "marked as a built-in role, and is none");
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
        for (table, sql) in NUMBERED {
            if self.highest(table, sql)? == Some(i64::MAX) {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }

    /// The highest number that a row has or had.
    fn highest(&self, table: &str, sql: &str) -> rusqlite::Result<Option<i64>> {
        // What is no number is a fault of its row.
        let highest: Option<i64> = self.transaction.query_row(sql, [], |row| row.get(0)).unwrap_or_default();
        let sql = "SELECT max(CAST(seq AS INTEGER)) FROM sqlite_sequence WHERE name = ?1";
        Ok(highest.max(self.transaction.query_row(sql, [table], |row| row.get(0))?))
    }

    /// Numbers from which counting could not continue: SQLite would say that the disk is full, or count in fractions.
    fn check_counters(&self, found: &mut RowFindings) -> rusqlite::Result<()> {
        for (table, sql) in NUMBERED {
            if let Some(highest) = self.highest(table, sql)?.filter(|highest| *highest > FAR_FROM_THE_END) {
                let next = i128::from(highest) + 1;
                found.push(format!("{table}: the next number would be {next}: almost no numbers are left"));
            }
        }
        let columns = COUNTED.map(|(table, key, column)| {
            let condition = format!("typeof({column}) = 'integer' AND {column} NOT BETWEEN 0 AND {FAR_FROM_THE_END}");
            (table, key, column, condition)
        });
        self.each_value_that_is(&columns, |table, key, index, value| {
            found.add(table, key, COUNTED[index].2, &format!("{} is out of range", value.as_i64()?));
            Ok(())
        })
    }
}

/// What SQLite says of a part of the store that it cannot read; `None`: it could.
///
/// # Errors
/// Those that say nothing of the store, such as one of the disk.
pub(super) fn unless_damaged(examined: rusqlite::Result<()>) -> Result<Option<String>> {
    let Err(error) = examined else { return Ok(None) };
    match StoreError::from(error) {
        // Such as a table that is missing.
        StoreError::Sql(words) => Ok(Some(words)),
        error => error.damage().map(Some).ok_or(error),
    }
}
