//! Whether an index has exactly one entry for each row of its table, in order. SQLite's `integrity_check` looks up each row in each
//! index, nearly always in another page, and spends half of its time on this. Here the rows and the entries are read in sequence,
//! and sums of keyed hashes are compared, for which the order does not matter. Two different sets have the same sum with a
//! probability of 2^-64, even if an attacker chose them, because each process has its own random key.

use std::cmp::Ordering;
use std::hash::BuildHasher as _;
use std::hash::Hasher;
use std::hash::RandomState;

use rusqlite::Connection;
use rusqlite::functions::Aggregate;
use rusqlite::functions::Context;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use super::ReadTransaction;
use super::Result;
use super::sql_token::token;

/// An index of the program, as the schema describes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// Its name.
    pub(super) name: String,
    table: String,
    /// The expressions of its order, in SQL, and the row number.
    key: String,
    /// `u` if the index is unique, otherwise `-`; then one letter per column for how its values are compared.
    shape: String,
    /// The condition of its rows, in SQL; empty: all rows.
    condition: String,
}

impl ReadTransaction<'_> {
    /// The indexes of a table; `None`: one of them is of a kind that the program does not create.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn indexes(&self, table: &str) -> Result<Option<Vec<Index>>> {
        let sql = "SELECT list.name, list.\"unique\", schema.sql FROM pragma_index_list(?1) AS list \
                   JOIN sqlite_schema AS schema ON schema.type = 'index' AND schema.name = list.name ORDER BY list.name";
        let mut statement = self.transaction.prepare(sql)?;
        let indexes = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let indexes = indexes.collect::<rusqlite::Result<Vec<(String, bool, Option<String>)>>>()?;
        let mut known = Vec::new();
        for (name, is_unique, created) in indexes {
            let sql = "SELECT name, coll, \"desc\" FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";
            let mut statement = self.transaction.prepare(sql)?;
            let columns = statement.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let columns = columns.collect::<rusqlite::Result<Vec<_>>>()?;
            let Some(index) = Index::of(name, table, is_unique, created.as_deref(), &columns) else { return Ok(None) };
            known.push(index);
        }
        Ok(Some(known))
    }

    /// Whether an index has exactly the entries for `rows`, which [`Index::of_rows`] returned for its table, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn has_entries_of(&self, index: &Index, rows: &Summary) -> Result<bool> {
        let Index { name, table, key, shape, condition } = index;
        let clause = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        let sql = format!("SELECT ordered_entries('{shape}', {key}) FROM \"{table}\" INDEXED BY \"{name}\"{clause}");
        let entries: Option<Summary> = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        // The condition may hide entries from the query.
        Ok(entries.as_ref() == Some(rows) && self.count_entries(index)? == count(rows))
    }

    /// Whether an index has as many entries as its table has rows for it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn has_count_of_rows(&self, index: &Index) -> Result<bool> {
        let Index { table, condition, .. } = index;
        let condition = if condition.is_empty() { "TRUE" } else { condition };
        let sql = format!("SELECT count(*) FROM \"{table}\" NOT INDEXED WHERE {condition}");
        let rows: i64 = self.transaction.query_row(&sql, [], |row| row.get(0))?;
        Ok(self.count_entries(index)? == rows.unsigned_abs())
    }

    /// The number of entries in the pages of an index.
    fn count_entries(&self, index: &Index) -> Result<u64> {
        let sql = "SELECT sum(ncell) FROM dbstat WHERE name = ?1";
        let cells: Option<i64> = self.transaction.query_row(sql, [&index.name], |row| row.get(0))?;
        Ok(cells.unwrap_or(0).unsigned_abs())
    }
}

impl Index {
    /// `columns`: the name of each column of the key, the rule by which it is compared, and whether it goes down.
    fn of(
        name: String,
        table: &str,
        is_unique: bool,
        created: Option<&str>,
        columns: &[(Option<String>, String, bool)],
    ) -> Option<Self> {
        let mut shape = if is_unique { "u" } else { "-" }.to_owned();
        for (_, collation, goes_down) in columns {
            shape.push(match collation.as_str() {
                "BINARY" => 'b',
                "NOCASE" => 'n',
                _ => return None,
            });
            if *goes_down {
                return None;
            }
        }
        let (key, condition) = match created {
            Some(created) => parts(created)?,
            // SQLite itself created it, for a UNIQUE.
            None => {
                let names: Option<Vec<&str>> = columns.iter().map(|(name, ..)| name.as_deref()).collect();
                (names?.join(", "), String::new())
            }
        };
        Some(Self { name, table: table.to_owned(), key: format!("{key}, rowid"), shape, condition })
    }

    /// The query, in SQL, for the [`Summary`] of the rows that the index must have.
    pub(super) fn of_rows(&self) -> String {
        let filter = if self.condition.is_empty() { "TRUE" } else { &self.condition };
        format!("entries({}) FILTER (WHERE {filter})", self.key)
    }
}

/// The key and the condition in the statement that creates an index.
fn parts(created: &str) -> Option<(String, String)> {
    let (mut rest, mut depth, mut began) = (created, 0_usize, None);
    while let Some(length) = token(rest) {
        let (word, behind) = rest.split_at(length);
        match word {
            "(" => {
                depth += 1;
                began = began.or(Some(behind));
            }
            ")" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let key: &str = began?;
                    let key = key[..key.len() - rest.len()].to_owned();
                    let condition = match behind.trim() {
                        "" => "",
                        condition => condition.strip_prefix("WHERE")?,
                    };
                    return Some((key, condition.to_owned()));
                }
            }
            _ => {}
        }
        rest = behind;
    }
    None
}

/// The number of entries, and their sum.
pub(super) type Summary = [u8; 16];

fn count(summary: &Summary) -> u64 {
    let [count @ .., _, _, _, _, _, _, _, _] = *summary;
    u64::from_be_bytes(count)
}

/// `entries(value…)` and `ordered_entries(shape, value…)`: the [`Summary`] of the values in each row. The rows of the second must
/// be in ascending order; otherwise, or if a number is not an integer, the result is NULL.
struct Entries {
    /// One key for each connection, which nobody else knows.
    keys: RandomState,
    is_ordered: bool,
}

/// Registers the functions with a connection.
pub(super) fn register(connection: &Connection, flags: FunctionFlags) -> rusqlite::Result<()> {
    let keys = RandomState::new();
    let entries = |is_ordered| Entries { keys: keys.clone(), is_ordered };
    connection.create_aggregate_function("entries", -1, flags, entries(false))?;
    connection.create_aggregate_function("ordered_entries", -1, flags, entries(true))
}

/// The state after the entries so far.
#[derive(Debug, Default)]
struct Seen {
    count: u64,
    sum: u64,
    is_broken: bool,
    last: Vec<Value>,
}

/// A value of the previous entry.
#[derive(Debug, Default)]
struct Value {
    kind: u8,
    number: i64,
    bytes: Vec<u8>,
}

/// The type of a value, in the order in which SQLite sorts types, and the value; `None`: it is a number that is not an integer.
fn parted(value: ValueRef<'_>) -> Option<(u8, i64, &[u8])> {
    match value {
        ValueRef::Null => Some((0, 0, &[])),
        ValueRef::Integer(number) => Some((1, number, &[])),
        ValueRef::Real(_) => None,
        ValueRef::Text(bytes) => Some((2, 0, bytes)),
        ValueRef::Blob(bytes) => Some((3, 0, bytes)),
    }
}

impl Seen {
    /// Adds an entry. `shape`: the letters of an index whose entries are read in its order.
    fn add(&mut self, keys: &RandomState, shape: Option<&[u8]>, context: &Context<'_>) -> Option<()> {
        let first = usize::from(shape.is_some());
        let length = context.len() - first;
        let mut hasher = keys.build_hasher();
        let (mut order, mut order_of_key, mut has_null) = (Ordering::Equal, Ordering::Equal, false);
        let is_first = self.last.is_empty();
        if shape.is_some() {
            self.last.resize_with(length, Value::default);
        }
        for place in 0..length {
            let (kind, number, bytes) = parted(context.get_raw(first + place))?;
            hasher.write_u8(kind);
            hasher.write_i64(if kind == 1 { number } else { i64::try_from(bytes.len()).ok()? });
            hasher.write(bytes);
            let Some(shape) = shape else { continue };
            let last = self.last.get_mut(place)?;
            if order == Ordering::Equal {
                // The row number comes last, and has no letter.
                let folds = shape.get(place + 1) == Some(&b'n');
                order = last
                    .kind
                    .cmp(&kind)
                    .then(last.number.cmp(&number))
                    .then_with(|| compare(&last.bytes, bytes, folds));
            }
            if place + 1 < length {
                order_of_key = order;
                has_null |= kind == 0;
            }
            (last.kind, last.number) = (kind, number);
            last.bytes.clear();
            last.bytes.extend_from_slice(bytes);
        }
        if let Some(shape) = shape {
            let is_unique = shape.first() == Some(&b'u') && !has_null;
            let order = if is_unique { order_of_key } else { order };
            self.is_broken |= !is_first && order != Ordering::Less;
        }
        self.count += 1;
        self.sum = self.sum.wrapping_add(hasher.finish());
        Some(())
    }
}

/// Compares texts or blobs as SQLite does; with `folds`, as its NOCASE does.
fn compare(one: &[u8], other: &[u8], folds: bool) -> Ordering {
    if folds {
        one.iter().map(u8::to_ascii_lowercase).cmp(other.iter().map(u8::to_ascii_lowercase))
    } else {
        one.cmp(other)
    }
}

impl Aggregate<Seen, Option<Summary>> for Entries {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Seen> {
        Ok(Seen::default())
    }

    fn step(&self, context: &mut Context<'_>, seen: &mut Seen) -> rusqlite::Result<()> {
        let shape = match (self.is_ordered, context.get_raw(0)) {
            (false, _) => None,
            (true, ValueRef::Text(shape)) => Some(shape),
            (true, _) => return Ok(()),
        };
        if seen.add(&self.keys, shape, context).is_none() {
            seen.is_broken = true;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, seen: Option<Seen>) -> rusqlite::Result<Option<Summary>> {
        let Seen { count, sum, is_broken, .. } = seen.unwrap_or_default();
        let mut summary = [0; 16];
        summary[..8].copy_from_slice(&count.to_be_bytes());
        summary[8..].copy_from_slice(&sum.to_be_bytes());
        Ok((!is_broken).then_some(summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;
    use crate::store::sqlite::functions;

    fn migrated() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        connection
    }

    fn reading(connection: &Connection) -> ReadTransaction<'_> {
        ReadTransaction { transaction: connection.unchecked_transaction().unwrap(), schema: &schema::Schema::CURRENT }
    }

    /// The entries that are compared with the rows are read from the index alone, and never from the table.
    #[test]
    fn the_entries_of_each_index_are_read_from_the_index_alone() {
        let connection = migrated();
        let reading = reading(&connection);
        let mut count = 0;
        for table in reading.tables().unwrap() {
            for Index { name, table, key, shape, condition } in reading.indexes(&table).unwrap().unwrap() {
                let clause = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
                let sql = format!(
                    "EXPLAIN SELECT ordered_entries('{shape}', {key}) FROM \"{table}\" INDEXED BY \"{name}\"{clause}"
                );
                let sql_of_root = "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND name = ?1";
                let root: i64 = connection.query_row(sql_of_root, [&name], |row| row.get(0)).unwrap();
                let mut statement = connection.prepare(&sql).unwrap();
                let steps = statement.query_map([], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
                let steps: Vec<(String, i64, i64)> = steps.map(std::result::Result::unwrap).collect();
                let cursors = steps.iter().filter(|(code, _, page)| code == "OpenRead" && *page == root);
                let [cursor] = cursors.map(|(_, cursor, _)| *cursor).collect::<Vec<_>>()[..] else {
                    panic!("{name}: {steps:?}")
                };
                for (code, on, _) in &steps {
                    let reads = ["Column", "Rowid", "IdxRowid", "RowData", "FinishSeek"].contains(&code.as_str());
                    assert!(!reads || *on == cursor, "{name}: {code} of another cursor: {steps:?}");
                }
                count += 1;
            }
        }
        assert!(count > 15, "{count}");
    }

    #[test]
    fn an_entry_that_is_missing_more_twice_another_or_in_another_place_is_found() {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        let summary = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<Summary>>(0)).unwrap();
        let of_rows = |values: &str| summary(&format!("SELECT entries(column1, column2) FROM (VALUES {values})"));
        let of_index = |shape: &str, values: &str| {
            summary(&format!("SELECT ordered_entries('{shape}', column1, column2) FROM (VALUES {values})"))
        };
        let rows = of_rows("('b', 3), ('B', 2), (NULL, 1), (7, 4)");
        assert_eq!(of_index("-n", "(NULL, 1), (7, 4), ('B', 2), ('b', 3)"), rows);
        assert_eq!(of_index("-b", "(NULL, 1), (7, 4), ('B', 2), ('b', 3)"), rows);
        for (shape, values) in [
            ("-n", "(NULL, 1), (7, 4), ('B', 2)"),
            ("-n", "(NULL, 1), (7, 4), ('B', 2), ('b', 3), ('c', 5)"),
            ("-n", "(NULL, 1), (7, 4), ('B', 2), ('b', 3), ('b', 3)"),
            ("-n", "(NULL, 1), (7, 4), ('b', 2), ('b', 3)"),
            ("-n", "(NULL, 1), ('7', 4), ('B', 2), ('b', 3)"),
            ("-n", "(NULL, 1), (7, 4), (x'42', 2), ('b', 3)"),
            ("-n", "(NULL, 1), (7, 4), ('b', 3), ('B', 2)"),
            ("-n", "(7, 4), (NULL, 1), ('B', 2), ('b', 3)"),
            ("un", "(NULL, 1), (7, 4), ('B', 2), ('b', 3)"),
            ("-n", "(NULL, 1), (7.5, 4), ('B', 2), ('b', 3)"),
        ] {
            assert_ne!(of_index(shape, values), rows, "{shape} {values}");
        }
        assert_eq!(of_index("ub", "(NULL, 1), (NULL, 2), (7, 3)"), of_rows("(NULL, 1), (NULL, 2), (7, 3)"));
        assert_eq!(of_index("ub", "(7, 1), (7, 3)"), None);
        assert_eq!(summary("SELECT ordered_entries('-b', 1) WHERE FALSE"), summary("SELECT entries(1) WHERE FALSE"));
    }

    #[test]
    fn the_key_and_the_condition_of_an_index_are_found() {
        let found = |sql| parts(sql).unwrap();
        assert_eq!(found("CREATE INDEX a ON b (c, d)"), ("c, d".to_owned(), String::new()));
        let (key, condition) = found("CREATE UNIQUE INDEX a ON b (substr(c, 1, 8)) WHERE c IN ('(', 'x')");
        assert_eq!((key.as_str(), condition.trim()), ("substr(c, 1, 8)", "c IN ('(', 'x')"));
    }
}
