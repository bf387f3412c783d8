//! Usernames that are similar to one that no user has. Each query is one search in the index, so that a million users take no longer
//! than ten.

use rusqlite::OptionalExtension as _;

use super::ReadTransaction;
use super::Result;

const SAME: &str = "SELECT username FROM users WHERE username = ?1";
const AFTER: &str = "SELECT username FROM users WHERE username >= ?1 ORDER BY username LIMIT ?2";
const BEFORE: &str = "SELECT username FROM users WHERE username < ?1 ORDER BY username DESC LIMIT ?2";

impl ReadTransaction<'_> {
    /// Those of the names that are usernames, as stored. ASCII case is ignored.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn usernames_among(&self, names: impl IntoIterator<Item = String>) -> Result<Vec<String>> {
        let mut statement = self.transaction.prepare_cached(SAME)?;
        let mut found = Vec::new();
        for name in names {
            found.extend(statement.query_row([name], |row| row.get::<_, String>(0)).optional()?);
        }
        Ok(found)
    }

    /// The usernames before and after a name in their order, at most `count` of each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn usernames_around(&self, name: &str, count: u32) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for sql in [BEFORE, AFTER] {
            let mut statement = self.transaction.prepare_cached(sql)?;
            let names = statement.query_map((name, count), |row| row.get(0))?;
            for name in names {
                found.push(name?);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn each_query_reads_one_range_of_the_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        for sql in [SAME, AFTER, BEFORE] {
            let plan = format!("EXPLAIN QUERY PLAN {sql}");
            let mut statement = connection.prepare(&plan).unwrap();
            let count = statement.parameter_count();
            let values = rusqlite::params_from_iter(std::iter::repeat_n(1, count));
            let steps: Vec<String> =
                statement.query_map(values, |row| row.get(3)).unwrap().map(|step| step.unwrap()).collect();
            assert_eq!(steps.len(), 1, "{sql}: {steps:?}");
            assert!(steps[0].starts_with("SEARCH users USING COVERING INDEX"), "{sql}: {steps:?}");
        }
    }
}
