//! Whether the rows satisfy the CHECK constraints of their tables. SQLite's `integrity_check` evaluates the constraints too, but
//! spends more than a third of its time on them, because most of them state the type of a value, each with a function call and a
//! string comparison. Here one function call checks the types of a whole row. The constraints are read from the schema.

use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

use super::ReadTransaction;
use super::Result;
use super::index_entries::Index;
use super::index_entries::Summary;
use super::sql_token::token;

/// The types that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Integer,
    Text,
    Blob,
}

/// The constraints of one table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Constraints<'sql> {
    /// The columns with a type, as `has_types` reads them: one letter each, a capital letter if NULL is allowed.
    letters: String,
    /// The same columns.
    columns: Vec<&'sql str>,
    /// The other conditions, none of which may be false, in SQL.
    others: Vec<&'sql str>,
}

impl ReadTransaction<'_> {
    /// The names of the tables of the program, in the order of their names.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn tables(&self) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = self.transaction.prepare(sql)?;
        statement.query_map([], |row| row.get(0))?.collect()
    }

    /// Whether each row of a table satisfies its CHECK constraints, and each index of the table has exactly the entries that it
    /// must have. The faults are not described: `integrity_check` does that. `quick_check` must have found no fault before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn is_sound_table(&self, table: &str) -> Result<bool> {
        let sql = "SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'";
        let is_index_itself: bool = self.transaction.query_row(sql, [table], |row| row.get(0))?;
        if is_index_itself {
            // Such tables are small.
            let sql = "SELECT integrity_check = 'ok' FROM pragma_integrity_check(?1)";
            return Ok(self.transaction.query_row(sql, [table], |row| row.get(0))?);
        }
        let Some(indexes) = self.indexes(table)? else { return Ok(false) };
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let created: String = self.transaction.query_row(sql, [table], |row| row.get(0))?;
        let broken = Constraints::of(&created).broken().unwrap_or_else(|| "FALSE".to_owned());
        let mut sums = vec![format!("count(*) FILTER (WHERE {broken})")];
        sums.extend(indexes.iter().map(Index::of_rows));
        // Reads the rows, and not an index.
        let sql = format!("SELECT {} FROM \"{}\" NOT INDEXED", sums.join(", "), table.replace('"', "\"\""));
        let mut statement = self.transaction.prepare(&sql)?;
        let (broken, rows) = statement.query_row([], |row| {
            let rows = (1..sums.len()).map(|column| row.get(column));
            Ok((row.get::<_, i64>(0)?, rows.collect::<rusqlite::Result<Vec<Option<Summary>>>>()?))
        })?;
        for (index, rows) in indexes.iter().zip(rows) {
            let Some(rows) = rows else { return Ok(false) };
            if !self.has_entries_of(index, &rows)? {
                return Ok(false);
            }
        }
        Ok(broken == 0)
    }
}

impl<'sql> Constraints<'sql> {
    /// The constraints in the statement that creates a table.
    fn of(created: &'sql str) -> Self {
        let mut found = Self::default();
        for condition in conditions(created) {
            match of_type(condition) {
                Some((column, letter)) => {
                    found.columns.push(column);
                    found.letters.push(letter);
                }
                None => found.others.push(condition),
            }
        }
        found
    }

    /// The condition, in SQL, that a row breaks a constraint; `None`: there are no constraints. As in a constraint, NULL is not
    /// false.
    fn broken(&self) -> Option<String> {
        let types = (!self.columns.is_empty())
            .then(|| format!("NOT has_types('{}', {})", self.letters, self.columns.join(", ")));
        // A condition may end with a comment, which the line break ends.
        let others = self.others.iter().map(|condition| format!("NOT ({condition}\n)"));
        let all: Vec<String> = types.into_iter().chain(others).collect();
        (!all.is_empty()).then(|| all.join(" OR "))
    }
}

/// Whether each of the values has the type that its letter says: `has_types(letters, value…)`.
pub(super) fn has_types(context: &Context<'_>) -> bool {
    let ValueRef::Text(letters) = context.get_raw(0) else { return false };
    letters.len() + 1 == context.len()
        && letters.iter().enumerate().all(|(index, letter)| {
            let expected = match context.get_raw(index + 1) {
                ValueRef::Null => return letter.is_ascii_uppercase(),
                ValueRef::Integer(_) => Allowed::Integer,
                ValueRef::Text(_) => Allowed::Text,
                ValueRef::Blob(_) => Allowed::Blob,
                ValueRef::Real(_) => return false,
            };
            letter.to_ascii_lowercase() == expected.letter()
        })
}

impl Allowed {
    fn letter(self) -> u8 {
        match self {
            Self::Integer => b'i',
            Self::Text => b't',
            Self::Blob => b'b',
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [("'integer'", Self::Integer), ("'text'", Self::Text), ("'blob'", Self::Blob)]
            .into_iter()
            .find_map(|(own, kind)| (own == word).then_some(kind))
    }
}

/// The column of a condition that says nothing but a type, `typeof(column) = 'text'` or `typeof(column) IN ('text', 'null')`, and
/// the letter of the type; `None`: it is another condition.
fn of_type(condition: &str) -> Option<(&str, char)> {
    let (column, kind) = condition.strip_prefix("typeof(")?.split_once(')')?;
    let is_name = column.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let letter = |word| Allowed::of_word(word).map(|kind| char::from(kind.letter()));
    let letter = match kind.strip_prefix(" = ") {
        Some(word) => letter(word)?,
        None => letter(kind.strip_prefix(" IN (")?.strip_suffix(", 'null')")?)?.to_ascii_uppercase(),
    };
    is_name.then_some((column, letter))
}

/// The conditions of all CHECK constraints in a statement.
fn conditions(created: &str) -> Vec<&str> {
    let (mut found, mut rest, mut is_check) = (Vec::new(), created, false);
    // How many parentheses are open, and where the condition began that is being read, behind how many.
    let (mut depth, mut began) = (0_usize, None);
    while let Some(length) = token(rest) {
        let (word, behind) = rest.split_at(length);
        match word {
            "(" => {
                depth += 1;
                if is_check && began.is_none() {
                    began = Some((behind, depth));
                }
            }
            ")" => {
                if let Some((from, _)) = began.filter(|(_, at)| *at == depth) {
                    found.push(&from[..from.len() - rest.len()]);
                    began = None;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        let is_space = word.trim_start().is_empty() || word.starts_with("--");
        is_check = word.eq_ignore_ascii_case("check") || is_check && is_space;
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::schema;
    use crate::store::sqlite::functions;

    #[test]
    fn the_conditions_are_found_among_comments_quotes_and_parentheses() {
        let sql = "CREATE TABLE t (\n -- CHECK (no)\n a INTEGER CHECK (typeof(a) IN ('integer', 'null')), \
                   b TEXT NOT NULL DEFAULT 'CHECK (no)' check\n(typeof(b) = 'text'), \"check\" BLOB, \
                   CHECK ((a = 1) = (b = ')')), CHECK (b <> 'it''s ('), CHECK (typeof(a || b) = 'text'), \
                   CHECK (typeof(a) IN ('integer', 'real')))";
        let found = Constraints::of(sql);
        assert_eq!((found.letters.as_str(), found.columns), ("It", vec!["a", "b"]));
        let others =
            ["(a = 1) = (b = ')')", "b <> 'it''s ('", "typeof(a || b) = 'text'", "typeof(a) IN ('integer', 'real')"];
        assert_eq!(found.others, others);
    }

    /// Every constraint of the schema is found: as many as the word is there, outside of comments.
    #[test]
    fn no_constraint_of_the_schema_is_left_out() {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        let mut statement = connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut all = 0;
        for created in tables.map(std::result::Result::unwrap) {
            let found = Constraints::of(&created);
            let written: usize =
                created.lines().map(|line| line.split("--").next().unwrap().matches("CHECK (").count()).sum();
            assert_eq!(found.columns.len() + found.others.len(), written, "{created}");
            all += written;
        }
        assert!(all > 100, "{all}");
    }

    /// A row in each table.
    const ROWS: &str = "PRAGMA foreign_keys = OFF; INSERT INTO metadata VALUES ('key', x'00'); \
         INSERT INTO roles (id, name, built_in) VALUES (1, 'Desk', 0); INSERT INTO role_permissions VALUES (1, 'view-users'); \
         INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES (1000, 'carol', 'person', 1, 0); \
         INSERT INTO operator_role_limits VALUES (1000, 1); INSERT INTO operator_domain_limits VALUES (1000, 'example.com'); \
         INSERT INTO users (id, username, email, name, role_id, sign_in, locked_at, created_at, updated_at, password_set_at, \
         password_hash) VALUES (1, 'alice', 'alice@example.com', 'Alice', 1, 'password', 0, 0, 0, 0, 'hash'); \
         INSERT INTO password_history VALUES (1, 1, 0, 'hash', 1); \
         INSERT INTO events (time, operator, operator_uid, host, identified_by, authority, action, outcome, changes_digest, hash) \
         VALUES (0, 'carol', 1000, 'host', 'uid', 'Admin', 'init', 'done', zeroblob(32), zeroblob(32)); \
         INSERT INTO jobs (state, operator, operator_uid, created_at, selection) VALUES ('running', 'carol', 1000, 0, 'all'); \
         INSERT INTO messages (kind, state, user_id, address, operator, operator_uid, created_at, due_at, lifetime, nonce, code_hash) \
         VALUES ('reset', 'queued', 1, 'alice@example.com', 'carol', 1000, 0, 0, 60, zeroblob(16), zeroblob(32)); \
         INSERT INTO sign_in_failures VALUES (1, 1, 0, NULL); INSERT OR REPLACE INTO clock_periods VALUES (1, 0); \
         INSERT INTO password_max_ages VALUES (0, 1); \
         INSERT INTO refused_attempts (action, refusal, event_at, count, operator, operator_uid, host, identified_by, authority) \
         VALUES ('users list', 'no', 0, 0, 'mallory', 1001, 'host', 'uid', 'none'); \
         INSERT INTO user_changes VALUES (1, 1, 1, 'name', NULL, 'Alice', zeroblob(16), zeroblob(32)); \
         INSERT INTO event_archives VALUES (1, 1, zeroblob(32), 0, 0, 'old.ndjson', zeroblob(32), 2); \
         INSERT INTO relay_hold VALUES (1, 0, 0, '', 0); INSERT INTO deliveries VALUES (0, 0, 1); \
         DROP TRIGGER refuse_update_of_events; DROP TRIGGER refuse_update_of_user_changes; \
         DROP TRIGGER revoke_links_of_changed_user;";

    const VALUES: [&str; 12] = [
        "NULL",
        "0",
        "1",
        "-1",
        "9223372036854775807",
        "1.5",
        "'odd'",
        "'1'",
        "'sending'",
        "x''",
        "zeroblob(32)",
        "CAST(x'ff' AS TEXT)",
    ];

    /// Whatever a value is, a constraint is broken here exactly where SQLite says so.
    #[test]
    fn a_row_is_judged_as_by_sqlite_whatever_each_of_its_values_is() {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        connection.execute_batch(ROWS).unwrap();
        let reading = ReadTransaction {
            transaction: connection.unchecked_transaction().unwrap(),
            schema: &schema::Schema::CURRENT,
        };
        let (mut kept, mut broken) = (0, 0);
        for table in reading.tables().unwrap() {
            assert!(reading.is_sound_table(&table).unwrap(), "{table}");
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
            let columns = statement.query_map([&table], |row| row.get::<_, String>(0)).unwrap();
            for column in columns.map(std::result::Result::unwrap) {
                for value in VALUES {
                    connection.execute_batch("SAVEPOINT one; PRAGMA ignore_check_constraints = ON").unwrap();
                    let count = connection.execute(&format!("UPDATE {table} SET {column} = {value}"), []);
                    connection.execute_batch("PRAGMA ignore_check_constraints = OFF").unwrap();
                    if count == Ok(1) {
                        let mut check = connection.prepare(&format!("PRAGMA integrity_check({table})")).unwrap();
                        let lines = check.query_map([], |row| row.get::<_, String>(0)).unwrap();
                        let is_broken = lines.map(std::result::Result::unwrap).any(|line| line != "ok");
                        let is_sound = reading.is_sound_table(&table).unwrap();
                        // What no index of the program holds is left to SQLite.
                        assert!(is_sound != is_broken || value == "1.5" && !is_sound, "{table}.{column} {value}");
                        *if is_broken { &mut broken } else { &mut kept } += 1;
                    } else {
                        // Such as a NULL where there must be none, which SQLite does not take in any way.
                        assert!(count.is_err(), "there is no row in {table}");
                    }
                    connection.execute_batch("ROLLBACK TO one; RELEASE one").unwrap();
                }
            }
        }
        assert!(broken > 500 && kept > 200, "{broken} broken, {kept} kept");
    }
}
