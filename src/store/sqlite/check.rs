//! Integrity checks of the file.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::free_space::LOG_PAGES;
use super::paths::beside;
use super::schema;
use crate::domain::text;
use crate::store::stop_signals;
use crate::store::types::check::FileFaults;
use crate::store::types::open::ExpectedVersion;

/// The most lines that `integrity_check` gives.
const MOST: usize = 100;

/// The cache of SQLite for a whole `integrity_check`, in KiB with a minus sign: it looks each row up in each index, and with the usual
/// 2 MiB it reads the pages of a large index from the file again and again.
const CACHE: i32 = -16_384;

impl Store {
    /// Examines the file in another thread with its own connection, while `meanwhile` runs with `reading`. Both read the whole
    /// store, each on its own processor, and whichever thread is free takes the next table. If no thread or connection can be had,
    /// or the store was opened for reading only, one runs after the other.
    pub fn examine_file_while<T>(
        &self,
        reading: &ReadTransaction<'_>,
        meanwhile: impl FnOnce() -> T,
    ) -> (FileFaults, T) {
        let Some(tables) = reading.tables_of_own_schema().filter(|_| !self.is_for_reading).map(Mutex::new) else {
            let value = meanwhile();
            return (reading.file_faults(), value);
        };
        let (path, rule) = (self.path.clone(), self.rule);
        let examine = || {
            let store = Store::open(&path, &rule, ExpectedVersion::CurrentOrOlder).ok()?;
            let reading = store.read().ok()?;
            let is_sound = is_sound(&reading.integrity_check(Evaluated::Structure));
            let references = reading.dangling_references();
            Some((is_sound && reading.are_sound(&tables), references))
        };
        thread::scope(|scope| {
            let started = {
                let _deferred = stop_signals::defer();
                thread::Builder::new().spawn_scoped(scope, examine)
            };
            let value = meanwhile();
            let are_sound = reading.are_sound(&tables);
            let found = started.ok().and_then(|thread| match thread.join() {
                Ok(found) => found,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            let faults = match found {
                Some((true, references)) if are_sound => FileFaults { integrity: Ok(Vec::new()), references },
                Some((_, references)) => FileFaults { integrity: reading.integrity_check(Evaluated::All), references },
                None => reading.file_faults(),
            };
            (faults, value)
        })
    }
}

/// A log is long if it has this many times the length at which it is moved into the file.
const LONG: u64 = 8;

impl Store {
    /// The length of the log in bytes if it is long, which means that a reader keeps it from being emptied.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn long_log(&self) -> Result<Option<u64>> {
        let page_size: i64 = self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let limit = LONG * u64::from(LOG_PAGES.unsigned_abs()) * page_size.unsigned_abs();
        // Only its metadata is read: to close a file of the store would drop the locks of SQLite.
        let length = std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |log| log.len());
        Ok(Some(length).filter(|length| *length > limit))
    }
}

/// What SQLite examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evaluated {
    /// Everything, with a line for each fault.
    All,
    /// The pages and the types of the values, by `quick_check`; not the content of indexes and not the CHECK constraints, which
    /// take SQLite most of the time. [`ReadTransaction::is_sound_table`] checks those faster.
    Structure,
}

/// Whether `integrity_check` found nothing.
fn is_sound(found: &Result<Vec<String>>) -> bool {
    found.as_ref().is_ok_and(Vec::is_empty)
}

impl ReadTransaction<'_> {
    /// What is wrong with the file as SQLite sees it.
    pub fn file_faults(&self) -> FileFaults {
        FileFaults { integrity: self.integrity_faults(), references: self.dangling_references() }
    }

    /// What SQLite's `integrity_check` finds wrong, at most 100 lines; empty: nothing. It runs only if a faster check found that
    /// something is wrong.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn integrity_faults(&self) -> Result<Vec<String>> {
        let is_proven = self
            .tables_of_own_schema()
            .map(Mutex::new)
            .is_some_and(|tables| is_sound(&self.integrity_check(Evaluated::Structure)) && self.are_sound(&tables));
        if is_proven { Ok(Vec::new()) } else { self.integrity_check(Evaluated::All) }
    }

    /// The tables, if the schema is the program's own; `None`: only SQLite can check the constraints of another schema.
    fn tables_of_own_schema(&self) -> Option<Vec<String>> {
        self.schema_differences().ok()?.is_empty().then(|| self.tables().ok())?
    }

    /// Checks one table after the other, which other threads may do at the same time. Returns whether those that this thread
    /// checked are sound; a table that cannot be read is not.
    fn are_sound(&self, tables: &Mutex<Vec<String>>) -> bool {
        let next = || tables.lock().unwrap_or_else(PoisonError::into_inner).pop();
        std::iter::from_fn(next).all(|table| self.is_sound_table(&table).unwrap_or(false))
    }

    fn integrity_check(&self, evaluated: Evaluated) -> Result<Vec<String>> {
        let cut = self.cut_within_page()?;
        let ignore_constraints =
            |ignores: bool| self.transaction.pragma_update(None, "ignore_check_constraints", ignores);
        let pragma = match evaluated {
            Evaluated::All => {
                self.transaction.pragma_update(None, "cache_size", CACHE)?;
                "PRAGMA integrity_check"
            }
            Evaluated::Structure => {
                ignore_constraints(true)?;
                "PRAGMA quick_check"
            }
        };
        let lines = self.transaction.prepare(pragma).and_then(|mut statement| {
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        });
        ignore_constraints(false)?;
        // The first one has a line before it that names the database.
        let lines = lines?;
        let lines = lines.iter().flat_map(|line| line.lines());
        let lines = lines.filter(|line| *line != "ok" && !line.starts_with("***")).map(str::to_owned);
        let mut lines: Vec<String> = cut.into_iter().chain(lines).take(MOST).collect();
        if lines.is_empty() && evaluated == Evaluated::All {
            lines = self.wrong_counts()?;
        }
        Ok(lines)
    }

    /// The indexes that have more entries than their table has rows for them, in the words of `integrity_check`, which does not
    /// count the entries of partial indexes.
    fn wrong_counts(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for table in self.tables_of_own_schema().unwrap_or_default() {
            for index in self.indexes(&table)?.unwrap_or_default() {
                if !self.has_count_of_rows(&index)? {
                    lines.push(format!("wrong # of entries in index {}", index.name));
                }
            }
        }
        Ok(lines)
    }

    /// A message if the last page is incomplete; `None`: it is complete. SQLite reads zeros for the missing bytes, and does not
    /// notice it if the page may have zeros there.
    fn cut_within_page(&self) -> Result<Option<String>> {
        let number = |pragma| self.transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (page_size, pages) = (number("page_size")?.unsigned_abs(), number("page_count")?.unsigned_abs());
        // Only its metadata is read: to close the file would drop the locks of SQLite.
        let found = self.transaction.path().and_then(|path| std::fs::metadata(path).ok());
        let Some(length) = found.map(|found| found.len()) else { return Ok(None) };
        // SQLite writes only complete pages; any bytes may follow the last one.
        let (is_cut, size) = (length % page_size.max(1) != 0, page_size.saturating_mul(pages));
        Ok((is_cut && length < size).then(|| format!("has {length} bytes instead of {size}: its end is missing")))
    }

    /// Rows that refer to missing rows, as "table: row"; empty: none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dangling_references(&self) -> Result<Vec<String>> {
        let mut statement = self.transaction.prepare("PRAGMA foreign_key_check")?;
        let lines = statement.query_map([], |row| {
            let (table, number): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(format!("{table}: row {}", number.map_or("?".to_owned(), |number| number.to_string())))
        })?;
        Ok(lines.collect::<rusqlite::Result<_>>()?)
    }

    /// Users whose addresses are the same in another form, one line for each pair, at most 100; empty: none. Only another program
    /// can have added them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn colliding_addresses(&self) -> Result<Vec<String>> {
        let sql = "SELECT one.username, one.email, other.username, other.email FROM users AS one JOIN users AS other \
                   ON other.email = one.email_key WHERE one.email_key IS NOT NULL AND other.id <> one.id \
                   ORDER BY one.id, other.id LIMIT 100";
        let mut statement = self.transaction.prepare(sql)?;
        let lines = statement.query_map([], |row| {
            let quoted = |column| row.get::<_, String>(column).map(|word| text::quoted(&word, 80));
            let (one, other) = (format!("{} ({})", quoted(0)?, quoted(1)?), format!("{} ({})", quoted(2)?, quoted(3)?));
            Ok(format!(
                "{one} and {other} have the same address: change one with `users edit USERNAME --email ADDRESS`"
            ))
        })?;
        Ok(lines.collect::<rusqlite::Result<_>>()?)
    }

    /// The differences between the schema and the one that the program creates, one line each; empty: none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn schema_differences(&self) -> Result<Vec<String>> {
        schema::differences(&self.transaction, self.schema)
    }
}
